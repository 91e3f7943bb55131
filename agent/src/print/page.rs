//! Labels on pages: which label lies where, in printer dots.
//!
//! Owns copies, skipped labels, page breaks and the refusal of a whole job when one of its labels cannot be printed: a
//! sheet with a hole in it is found out at the rack. Must not know file formats.

use std::fmt;

use super::{
    font::win_ansi,
    layout::{Content, Layout, Placed},
    lines::{Letters, Line},
    room::{Dpi, Misfit, Space, dots},
    sheet::Sheet,
    symbol::{Symbol, SymbolError},
    text::Label,
};

/// Labels of one job: some 150 sheets. A page of symbols takes up to half a megabyte.
pub const LABELS_MAX: usize = 10_000;

/// What and how to print.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub sheet: Sheet,
    pub content: Content,
    /// Each label so many times, side by side; at least once.
    pub copies: u32,
    /// Labels of the first sheet that are used already.
    pub skip: u32,
    /// A hairline around each label, to cut along or to check the alignment.
    pub outline: Outline,
    pub dpi: Dpi,
    /// [`Letters::Measured`] for PDF, [`Letters::Substituted`] for SVG.
    pub letters: Letters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outline {
    None,
    Hairline,
}

/// One page; lengths in millimetres from its upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub width: f64,
    pub height: f64,
    pub dpi: Dpi,
    pub outline: Outline,
    pub labels: Vec<Drawn>,
}

/// A label on a page: its corner and size, and what lies in it, measured from the page's corner as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub mark: Option<Mark>,
    pub lines: Vec<Line>,
}

/// A symbol on a page. Everything in it is printer dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub x: u32,
    pub y: u32,
    /// Dark pieces, relative to `x` and `y`.
    pub bars: Vec<Bar>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Why there is nothing to print.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrintError {
    #[error("no labels; name some")]
    None,
    #[error("{0} labels in one go are too many, at most {LABELS_MAX}; print them in parts")]
    TooMany(usize),
    #[error("a sheet has {labels} labels, so none is left after skipping {skip}; skip fewer")]
    Skip { skip: u32, labels: u32 },
    #[error("{0}")]
    Refused(Refusals),
    #[error("PDF's own letters have no {found:?} as in {text:?}; write an .svg, whose reader brings more letters")]
    Letter { found: char, text: String },
}

/// Every label that cannot be printed, by its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusals(pub Vec<(String, Refusal)>);

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    #[error(transparent)]
    Misfit(#[from] Misfit),
}

/// How many refusals are told one by one: one wrong choice of sheet refuses them all for the same reason.
const TOLD: usize = 10;

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.iter().take(TOLD).map(|(code, refusal)| format!("{code}: {refusal}"));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))?;
        match self.0.len().checked_sub(TOLD) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n… and {more} more"),
        }
    }
}

/// Lays labels out on as many pages as they take.
///
/// # Errors
/// [`PrintError`]: with every label that cannot be printed.
pub fn pages(labels: &[Label], job: &Job) -> Result<Vec<Page>, PrintError> {
    let copies = usize::try_from(job.copies.max(1)).unwrap_or(usize::MAX);
    let count = labels.len().saturating_mul(copies);
    let a_sheet = job.sheet.labels();
    match count {
        0 => return Err(PrintError::None),
        _ if count > LABELS_MAX => return Err(PrintError::TooMany(count)),
        _ if job.skip >= a_sheet => return Err(PrintError::Skip { skip: job.skip, labels: a_sheet }),
        _ => {}
    }
    let mut refusals = Vec::new();
    let mut pages: Vec<Page> = Vec::new();
    let mut at = job.skip;
    for label in labels {
        let layout = match lay_out(label, job) {
            Ok(layout) => layout,
            Err(refusal) => {
                refusals.push((label.code.clone(), refusal));
                continue;
            }
        };
        for _ in 0..copies {
            if pages.is_empty() || at == a_sheet {
                at %= a_sheet;
                pages.push(Page::new(job));
            }
            if let Some(page) = pages.last_mut() {
                page.put(&layout, job, at);
            }
            at += 1;
        }
    }
    if refusals.is_empty() { Ok(pages) } else { Err(PrintError::Refused(Refusals(refusals))) }
}

fn lay_out(label: &Label, job: &Job) -> Result<Layout, Refusal> {
    // A line feed in a name is no line of ours, and SVG cannot hold other control characters at all.
    let shown = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let symbol = match job.content {
        Content::Symbol(symbology) => Some(Symbol::encode(symbology, &label.code)?),
        Content::TextOnly => None,
    };
    let label = Label {
        code: shown(&label.code),
        title: shown(&label.title),
        subtitle: shown(&label.subtitle),
        note: shown(&label.note),
    };
    let (width, height) = job.sheet.label;
    let (margin_x, margin_y) = job.sheet.margin();
    let space = Space { width, height, margin_x, margin_y, letters: job.letters };
    Ok(Layout::of(&label, symbol, space, job.dpi)?)
}

impl Page {
    fn new(job: &Job) -> Self {
        let (width, height) = job.sheet.page;
        Self { width, height, dpi: job.dpi, outline: job.outline, labels: Vec::new() }
    }

    fn put(&mut self, layout: &Layout, job: &Job, nth: u32) {
        let (x, y) = job.sheet.corner(nth);
        let (width, height) = job.sheet.label;
        let mark = layout.symbol.as_ref().map(|placed| Mark::of(placed, (x, y), job.dpi));
        let lines = layout.lines.iter().map(|line| Line { x: x + line.x, y: y + line.y, ..line.clone() }).collect();
        self.labels.push(Drawn { x, y, width, height, mark, lines });
    }

    /// The first letter that the faces every PDF reader has do not have.
    #[must_use]
    pub fn foreign_letter(&self) -> Option<(char, &str)> {
        self.labels.iter().flat_map(|label| &label.lines).find_map(|line| {
            let found = line.text.chars().find(|&c| win_ansi(c).is_none())?;
            Some((found, line.text.as_str()))
        })
    }
}

impl Mark {
    /// The corner is moved to the nearest dot: then every edge in the symbol lies on one.
    fn of(placed: &Placed, corner: (f64, f64), dpi: Dpi) -> Self {
        let nearest = |length: f64| dots((length / dpi.dot()).round());
        let bars = placed.symbol.runs().into_iter().map(|run| Bar {
            x: run.x * placed.module,
            y: run.y * placed.row,
            width: run.len * placed.module,
            height: placed.row,
        });
        Self { x: nearest(corner.0 + placed.x), y: nearest(corner.1 + placed.y), bars: bars.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::{symbol::Symbology, text::Kind};

    fn job(sheet: &str) -> Job {
        Job {
            sheet: sheet.parse().unwrap(),
            content: Content::Symbol(Symbology::DataMatrix),
            copies: 1,
            skip: 0,
            outline: Outline::None,
            dpi: Dpi::USUAL,
            letters: Letters::Measured,
        }
    }

    fn bins(count: usize) -> Vec<Label> {
        (1..=count).map(|number| Kind::Bin.label(&format!("A-{number:02}")).unwrap()).collect()
    }

    #[test]
    fn labels_fill_pages_row_by_row_from_the_first_free_one() {
        let pages = pages(&bins(10), &Job { skip: 20, copies: 3, ..job("l7160") }).unwrap();
        assert_eq!(pages.iter().map(|page| page.labels.len()).collect::<Vec<_>>(), [1, 21, 8]);
        // The last label of the first sheet, then the first two of the next.
        let dot = Dpi::USUAL.dot();
        let at =
            |label: &Drawn| label.mark.as_ref().map(|mark| (f64::from(mark.x) * dot, f64::from(mark.y) * dot)).unwrap();
        assert!(at(&pages[0].labels[0]).0 > 139.0 && at(&pages[0].labels[0]).1 > 243.0);
        assert!(at(&pages[1].labels[0]).0 < 70.0 && (70.0..139.0).contains(&at(&pages[1].labels[1]).0));
    }

    #[test]
    fn one_label_that_does_not_fit_refuses_the_job_and_all_such_are_named() {
        let mut labels = bins(14);
        labels[3].code = "BW:BIN:Ä".to_owned();
        let job = Job { content: Content::Symbol(Symbology::Code128), ..job("l7651") };
        let refusal = pages(&labels, &job).unwrap_err().to_string();
        assert!(refusal.contains("BW:BIN:A-01: Code 128 of 156 modules needs 44.7 mm"), "{refusal}");
        assert!(refusal.contains("choose --symbol datamatrix or qr, or a larger --sheet"), "{refusal}");
        assert!(refusal.contains("BW:BIN:Ä: Code 128 has no 'Ä'") && refusal.ends_with("… and 4 more"), "{refusal}");
    }

    #[test]
    fn a_job_without_labels_without_room_or_without_end_is_refused() {
        assert_eq!(pages(&[], &job("l7160")), Err(PrintError::None));
        let skip = Job { skip: 21, ..job("l7160") };
        assert_eq!(pages(&bins(1), &skip), Err(PrintError::Skip { skip: 21, labels: 21 }));
        let copies = Job { copies: u32::MAX, ..job("l7160") };
        assert!(matches!(pages(&bins(2), &copies), Err(PrintError::TooMany(_))));
    }

    #[test]
    fn every_edge_of_a_symbol_lies_on_a_dot_of_any_printer() {
        for dpi in [203, 300, 600] {
            let dpi = Dpi::new(dpi).unwrap();
            let page = &pages(&bins(5), &Job { dpi, ..job("a4-24") }).unwrap()[0];
            let least = Symbology::DataMatrix.module_min();
            let bars: Vec<&Bar> = page.labels.iter().flat_map(|label| &label.mark.as_ref().unwrap().bars).collect();
            let module = bars.iter().map(|bar| bar.width.min(bar.height)).min().unwrap();
            assert!(f64::from(module) * dpi.dot() >= least - 1e-6);
            assert!(bars.iter().all(|bar| bar.width % module == 0 && bar.x % module == 0 && bar.y % module == 0));
        }
    }
}
