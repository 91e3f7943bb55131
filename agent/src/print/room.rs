//! Room on a label, and how large a symbol may be in it.
//!
//! Owns the module's size, a whole number of printer dots, the quiet zones, and what is said when there is no room. Must
//! not know where things stand. Lengths are millimetres.

use std::fmt;

use super::{
    lines::Letters,
    symbol::{Symbol, Symbology},
};

/// A limit that is a whole number of dots must not be missed over a rounding.
const HAIR: f64 = 1e-6;

/// Millimetres in an inch.
pub const INCH: f64 = 25.4;

/// How many dots the printer sets in an inch, 150 to 2,400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dpi(u32);

/// Why a label does not fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Misfit {
    #[error(
        "{symbology} of {modules} modules needs {needed:.1} mm at {module:.3} mm a module, the label has {given:.1} mm of \
         {side} for it; {way_out}",
        way_out = way_out(*.symbology)
    )]
    Symbol { symbology: Symbology, modules: u32, module: f64, needed: f64, side: Side, given: f64 },
    #[error("bars would be {given:.1} mm high, {needed:.1} mm are needed to hit them; {way_out}", way_out = way_out(Symbology::Code128))]
    Bars { given: f64, needed: f64 },
    #[error("no room is left for the text {title:?}; choose a larger --sheet")]
    Text { title: String },
}

/// Which side of a label is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Width,
    Height,
}

/// A label's size and what stays white at its edges.
#[derive(Debug, Clone, Copy)]
pub struct Space {
    pub width: f64,
    pub height: f64,
    /// Left and right.
    pub margin_x: f64,
    /// Above and below.
    pub margin_y: f64,
    pub letters: Letters,
}

/// So many modules must keep within a length.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) side: Side,
    pub(super) modules: u32,
    pub(super) length: f64,
}

impl Dpi {
    /// Office printers are driven at this or a multiple.
    pub const USUAL: Self = Self(600);

    /// `None` outside 150..=2400.
    #[must_use]
    pub fn new(dots: u32) -> Option<Self> {
        (150..=2_400).contains(&dots).then_some(Self(dots))
    }

    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Millimetres of a dot.
    #[must_use]
    pub fn dot(self) -> f64 {
        INCH / f64::from(self.0)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Width => "width",
            Self::Height => "height",
        })
    }
}

const fn way_out(symbology: Symbology) -> &'static str {
    match symbology {
        Symbology::Code128 => "choose --symbol datamatrix or qr, or a larger --sheet",
        Symbology::Qr => "choose --symbol datamatrix, or a larger --sheet",
        Symbology::DataMatrix => "choose a larger --sheet, or a shorter code",
    }
}

impl Space {
    pub(super) fn across(self, symbol: &Symbol) -> [Room; 2] {
        Self::along(Side::Width, self.width, self.margin_x, symbol.width(), symbol.symbology())
    }

    pub(super) fn down(self, symbol: &Symbol) -> [Room; 2] {
        Self::along(Side::Height, self.height, self.margin_y, symbol.height(), symbol.symbology())
    }

    /// The quiet zone may lie in the margin, the symbol may not.
    fn along(side: Side, length: f64, margin: f64, modules: u32, symbology: Symbology) -> [Room; 2] {
        [
            Room { side, modules: modules + 2 * symbology.quiet(), length },
            Room { side, modules, length: length - 2.0 * margin },
        ]
    }
}

/// The widest module, in dots, that keeps the symbol and its quiet zones in the given room.
pub(super) fn module(symbol: &Symbol, rooms: &[Room], dpi: Dpi) -> Result<u32, Misfit> {
    let symbology = symbol.symbology();
    let (dot, least) = (dpi.dot(), module_min(symbology, dpi));
    let mut widest = dots((symbology.module_max() / dot + HAIR).floor()).max(least);
    for room in rooms {
        let fitting = dots((room.length / f64::from(room.modules) / dot + HAIR).floor());
        if fitting < least {
            let module = f64::from(least) * dot;
            let needed = f64::from(room.modules) * module;
            let (side, given) = (room.side, room.length.max(0.0));
            return Err(Misfit::Symbol { symbology, modules: symbol.width(), module, needed, side, given });
        }
        widest = widest.min(fitting);
    }
    Ok(widest)
}

/// The narrowest module, in dots.
pub(super) fn module_min(symbology: Symbology, dpi: Dpi) -> u32 {
    dots((symbology.module_min() / dpi.dot() - HAIR).ceil()).max(1)
}

pub(super) fn quiet(symbol: &Symbol, module: u32, dpi: Dpi) -> f64 {
    f64::from(symbol.symbology().quiet() * module) * dpi.dot()
}

/// A number of dots that was computed; what is no such number is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and NaN becomes zero")]
pub(super) fn dots(number: f64) -> u32 {
    number as u32
}
