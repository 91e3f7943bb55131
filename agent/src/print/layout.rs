//! Where the symbol and the lines of text stand on one label.
//!
//! Owns the three arrangements and the height of bars. Text gives way to the symbol, never the other way round. Must not know pages or file formats. Lengths
//! are millimetres from the upper left corner of the label.
//!
//! ```text
//!   bars:  ┌───────────────┐    squares, wide label:  ┌──────────────┐    tall label:  ┌───────┐
//!          │ ║║│║│║║││║║│║ │                          │ ▓▓▓▓  A-01   │                │ ▓▓▓▓▓ │
//!          │     A-01      │                          │ ▓▓▓▓  M8     │                │ ▓▓▓▓▓ │
//!          │    M8-BOLT    │                          │ ▓▓▓▓  note   │                │ A-01  │
//!          └───────────────┘                          └──────────────┘                └───────┘
//! ```

use super::{
    lines::{Align, Column, Line, block_height, set, wishes, within},
    room::{Dpi, Misfit, Room, Side, Space, dots, module, module_min, quiet},
    symbol::{Symbol, Symbology},
    text::Label,
};

/// Bars lower than this are missed by a hand that holds the scanner slanted (ISO/IEC 15417: 5 mm or 15 % of the width,
/// whichever is more).
const BAR_HEIGHT_MIN: f64 = 5.0;
const BAR_HEIGHT_SHARE: f64 = 0.15;

/// Higher bars only cost ink.
const BAR_HEIGHT_MAX: f64 = 25.0;

/// Between bars and the text below them.
const GAP: f64 = 0.8;

/// Text narrower than this says nothing.
const TEXT_WIDTH_MIN: f64 = 8.0;

/// The part of a wide label's width that a square symbol may take before text has to shrink.
const SQUARE_SHARE: f64 = 0.5;

/// A wide label has its text beside the symbol.
const WIDE: f64 = 1.3;

/// What is drawn of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The symbol, and the text beside it.
    Symbol(Symbology),
    /// No symbol: for a shelf's headline.
    TextOnly,
}

/// One label, laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub symbol: Option<Placed>,
    pub lines: Vec<Line>,
}

/// A symbol with its place and size.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub symbol: Symbol,
    pub x: f64,
    pub y: f64,
    /// Width of a module in printer dots.
    pub module: u32,
    /// Height of a row in printer dots: a module's, or that of the bars.
    pub row: u32,
}

impl Layout {
    /// Lays out a label.
    ///
    /// # Errors
    /// [`Misfit`] when the symbol cannot be as large as it must be.
    pub fn of(label: &Label, symbol: Option<Symbol>, space: Space, dpi: Dpi) -> Result<Self, Misfit> {
        match symbol {
            None => text_only(label, space),
            Some(symbol) if symbol.height() == 1 => bars(label, symbol, space, dpi),
            Some(symbol) if space.width >= WIDE * space.height => beside(label, &symbol, space, dpi)
                .or_else(|misfit| below(label, &symbol, space, dpi).map_err(|_| misfit)),
            Some(symbol) => below(label, &symbol, space, dpi)
                .or_else(|misfit| beside(label, &symbol, space, dpi).map_err(|_| misfit)),
        }
    }
}

fn bars(label: &Label, symbol: Symbol, space: Space, dpi: Dpi) -> Result<Layout, Misfit> {
    let widest = module(&symbol, &space.across(&symbol), dpi)?;
    // Narrower bars need less height: on a flat label that is the way to fit.
    let narrower = (module_min(symbol.symbology(), dpi)..=widest).rev();
    let mut misfit = Misfit::Bars { given: 0.0, needed: BAR_HEIGHT_MIN };
    for module in narrower {
        match bars_of(label, &symbol, module, space, dpi) {
            Ok(layout) => return Ok(layout),
            Err(error) => misfit = error,
        }
    }
    Err(misfit)
}

fn bars_of(label: &Label, symbol: &Symbol, module: u32, space: Space, dpi: Dpi) -> Result<Layout, Misfit> {
    let width = f64::from(symbol.width() * module) * dpi.dot();
    let needed = BAR_HEIGHT_MIN.max(BAR_HEIGHT_SHARE * width);
    let mut wishes = wishes(label, (0.2 * space.height).clamp(2.6, 9.0));
    let inner = space.height - 2.0 * space.margin_y;
    // The last lines go first.
    let height = loop {
        let height = inner - GAP - block_height(&wishes);
        if height >= needed {
            break height.min(BAR_HEIGHT_MAX);
        }
        if wishes.len() <= 1 {
            return Err(Misfit::Bars { given: height.max(0.0), needed });
        }
        wishes.pop();
    };
    let top = space.margin_y + (inner - GAP - block_height(&wishes) - height) / 2.0;
    let lines = set(&wishes, top + height + GAP, Column::middle(space), space.letters);
    let lines = lines.ok_or_else(|| Misfit::Text { title: label.title.clone() })?;
    let row = dots((height / dpi.dot()).floor());
    let placed = Placed { symbol: symbol.clone(), x: (space.width - width) / 2.0, y: top, module, row };
    Ok(Layout { symbol: Some(placed), lines })
}

/// A square with its text to the right.
fn beside(label: &Label, symbol: &Symbol, space: Space, dpi: Dpi) -> Result<Layout, Misfit> {
    let rooms = [space.across(symbol), space.down(symbol)].concat();
    let half = Room { side: Side::Width, modules: symbol.width(), length: SQUARE_SHARE * space.width };
    // A long text takes more than its half before it is refused.
    let module = module(symbol, &[&rooms[..], &[half]].concat(), dpi).or_else(|_| module(symbol, &rooms, dpi))?;
    let side = f64::from(symbol.width() * module) * dpi.dot();
    let quiet = quiet(symbol, module, dpi);
    let x = space.margin_x.max(quiet);
    let text_x = x + side + quiet.max(1.5);
    let text_width = space.width - space.margin_x - text_x;
    let no_room = || Misfit::Text { title: label.title.clone() };
    if text_width < TEXT_WIDTH_MIN {
        return Err(no_room());
    }
    let inner = space.height - 2.0 * space.margin_y;
    let wishes = within(wishes(label, (0.3 * space.height).clamp(2.6, 14.0)), inner);
    let top = (space.height - block_height(&wishes)) / 2.0;
    let column = Column { x: text_x, width: text_width, align: Align::Left };
    let lines = set(&wishes, top, column, space.letters).ok_or_else(no_room)?;
    let placed = Placed { symbol: symbol.clone(), x, y: (space.height - side) / 2.0, module, row: module };
    Ok(Layout { symbol: Some(placed), lines })
}

/// A square with its text under it.
fn below(label: &Label, symbol: &Symbol, space: Space, dpi: Dpi) -> Result<Layout, Misfit> {
    let mut wishes = wishes(label, (0.16 * space.height).clamp(2.6, 14.0));
    loop {
        let text = block_height(&wishes);
        let (modules, zone) = (symbol.height(), symbol.symbology().quiet());
        let free = space.height - space.margin_y - text;
        let down = [
            Room { side: Side::Height, modules: modules + 2 * zone, length: free },
            Room { side: Side::Height, modules: modules + zone, length: free - space.margin_y },
        ];
        let module = match module(symbol, &[space.across(symbol), down].concat(), dpi) {
            Ok(module) => module,
            Err(_) if wishes.len() > 1 => {
                wishes.pop();
                continue;
            }
            Err(misfit) => return Err(misfit),
        };
        let side = f64::from(symbol.width() * module) * dpi.dot();
        let quiet = quiet(symbol, module, dpi);
        let above = space.margin_y.max(quiet);
        let free = (space.height - space.margin_y - text - above - side - quiet).max(0.0);
        let y = above + free / 2.0;
        let lines = set(&wishes, y + side + quiet, Column::middle(space), space.letters);
        let lines = lines.ok_or_else(|| Misfit::Text { title: label.title.clone() })?;
        let x = (space.width - side) / 2.0;
        let placed = Placed { symbol: symbol.clone(), x, y, module, row: module };
        return Ok(Layout { symbol: Some(placed), lines });
    }
}

fn text_only(label: &Label, space: Space) -> Result<Layout, Misfit> {
    let inner = space.height - 2.0 * space.margin_y;
    let wishes = within(wishes(label, 0.45 * space.height), inner);
    let top = (space.height - block_height(&wishes)) / 2.0;
    let lines = set(&wishes, top, Column::middle(space), space.letters);
    Ok(Layout { symbol: None, lines: lines.ok_or_else(|| Misfit::Text { title: label.title.clone() })? })
}

#[cfg(test)]
mod tests;
