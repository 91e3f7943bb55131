//! The sheets and rolls labels are bought on.
//!
//! Owns their measures, in millimetres from the upper left corner. Must not know what is printed. Source: the makers'
//! templates; A4 is 210 × 297 mm, Letter 215.9 × 279.4 mm, an ISO/IEC 7810 ID-1 card 85.6 × 53.98 mm.

use std::{borrow::Cow, str::FromStr};

/// The smallest label that is printed on: the smallest symbol and a line of text.
const SIDE_MIN: f64 = 10.0;

/// The largest: the long side of A3.
const SIDE_MAX: f64 = 420.0;

/// White that is kept inside a label: knives and feeds are a millimetre off.
const MARGIN: f64 = 1.5;

/// What office printers cannot reach at the edge of a sheet.
const UNPRINTABLE: f64 = 4.3;

/// Where the labels of a page lie. Lengths in millimetres.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// As on the command line.
    pub name: Cow<'static, str>,
    pub about: &'static str,
    /// Width and height of a page.
    pub page: (f64, f64),
    /// Width and height of a label.
    pub label: (f64, f64),
    pub columns: u32,
    pub rows: u32,
    /// Upper left corner of the first label.
    pub first: (f64, f64),
    /// From one label's corner to the next one's.
    pub pitch: (f64, f64),
}

/// No sheet has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSheet {
    #[error("no such sheet: {0:?}; `labels sheets` lists them, and WIDTHxHEIGHT in mm is a roll of such labels")]
    Name(String),
    #[error("a label of {0} mm cannot be printed; each side is {SIDE_MIN} to {SIDE_MAX} mm")]
    Size(String),
}

const A4: (f64, f64) = (210.0, 297.0);
const LETTER: (f64, f64) = (215.9, 279.4);

impl Sheet {
    /// All that have a name.
    #[must_use]
    #[rustfmt::skip]
    pub fn all() -> [Self; 13] {
        [
            Self::grid("avery-l7160", "A4, 21 labels, 63.5 × 38.1 mm", A4, (63.5, 38.1), (3, 7), (7.25, 15.15), (66.0, 38.1)),
            Self::grid("avery-l7159", "A4, 24 labels, 63.5 × 33.9 mm", A4, (63.5, 33.9), (3, 8), (7.25, 12.9), (66.0, 33.9)),
            Self::grid("avery-l7163", "A4, 14 labels, 99.1 × 38.1 mm", A4, (99.1, 38.1), (2, 7), (4.65, 15.15), (101.6, 38.1)),
            Self::grid("avery-l7651", "A4, 65 labels, 38.1 × 21.2 mm", A4, (38.1, 21.2), (5, 13), (4.75, 10.7), (40.6, 21.2)),
            Self::grid("a4-24", "A4, 24 labels, 70 × 37 mm, edge to edge", A4, (70.0, 37.0), (3, 8), (0.0, 0.5), (70.0, 37.0)),
            Self::grid("a4-cards", "A4, 10 cards to cut out, 85.6 × 54 mm (with --outline)", A4, (85.6, 53.98), (2, 5), (16.4, 11.55), (91.6, 54.98)),
            Self::grid("avery-5160", "Letter, 30 labels, 2 5/8 × 1 in", LETTER, (66.675, 25.4), (3, 10), (4.762_5, 12.7), (69.85, 25.4)),
            Self::grid("avery-5163", "Letter, 10 labels, 4 × 2 in", LETTER, (101.6, 50.8), (2, 5), (3.968_75, 12.7), (106.362_5, 50.8)),
            Self::roll("card-cr80", "plastic card, 85.6 × 54 mm", (85.6, 53.98)),
            Self::roll("label-50x25", "roll, 50 × 25 mm", (50.0, 25.0)),
            Self::roll("label-57x32", "roll, 57 × 32 mm", (57.0, 32.0)),
            Self::roll("label-100x50", "roll, 100 × 50 mm", (100.0, 50.0)),
            Self::roll("label-100x150", "roll, 100 × 150 mm", (100.0, 150.0)),
        ]
    }

    const fn grid(
        name: &'static str,
        about: &'static str,
        page: (f64, f64),
        label: (f64, f64),
        (columns, rows): (u32, u32),
        first: (f64, f64),
        pitch: (f64, f64),
    ) -> Self {
        Self { name: Cow::Borrowed(name), about, page, label, columns, rows, first, pitch }
    }

    const fn roll(name: &'static str, about: &'static str, label: (f64, f64)) -> Self {
        Self::grid(name, about, label, label, (1, 1), (0.0, 0.0), label)
    }

    /// Labels on a page.
    #[must_use]
    pub const fn labels(&self) -> u32 {
        self.columns * self.rows
    }

    /// Upper left corner of a label; `nth` counts row by row.
    #[must_use]
    pub fn corner(&self, nth: u32) -> (f64, f64) {
        let (column, row) = (nth % self.columns.max(1), nth / self.columns.max(1));
        (self.first.0 + f64::from(column) * self.pitch.0, self.first.1 + f64::from(row) * self.pitch.1)
    }

    /// What stays white inside each label, at the sides and above and below.
    #[must_use]
    pub fn margin(&self) -> (f64, f64) {
        if self.labels() == 1 {
            return (MARGIN, MARGIN);
        }
        (MARGIN.max(UNPRINTABLE - self.first.0), MARGIN.max(UNPRINTABLE - self.first.1))
    }
}

impl FromStr for Sheet {
    type Err = UnknownSheet;

    /// A name, the maker's number alone (`l7160`, `5163`), or `WIDTHxHEIGHT` for a roll.
    fn from_str(name: &str) -> Result<Self, UnknownSheet> {
        let wanted = name.to_ascii_lowercase();
        let known = Self::all().into_iter().find(|sheet| {
            sheet.name == wanted || sheet.name.strip_prefix("avery-").is_some_and(|number| number == wanted)
        });
        if let Some(sheet) = known {
            return Ok(sheet);
        }
        let unknown = || UnknownSheet::Name(name.to_owned());
        let (width, height) = wanted.split_once('x').ok_or_else(unknown)?;
        let side = |text: &str| text.parse::<f64>().map_err(|_| unknown());
        let label = (side(width)?, side(height)?);
        let fits = |side: f64| (SIDE_MIN..=SIDE_MAX).contains(&side);
        if !fits(label.0) || !fits(label.1) {
            return Err(UnknownSheet::Size(wanted));
        }
        Ok(Self { name: Cow::Owned(wanted), ..Self::roll("", "roll", label) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_lies_on_its_page_and_none_over_another() {
        for sheet in Sheet::all() {
            let last = sheet.corner(sheet.labels() - 1);
            for (end, page) in [(last.0 + sheet.label.0, sheet.page.0), (last.1 + sheet.label.1, sheet.page.1)] {
                assert!(end <= page + 1e-9, "{}: {end} of {page}", sheet.name);
            }
            assert!(sheet.pitch.0 >= sheet.label.0 && sheet.pitch.1 >= sheet.label.1, "{}", sheet.name);
        }
    }

    #[test]
    fn every_sheet_is_centred_on_its_page() {
        for sheet in Sheet::all() {
            let last = sheet.corner(sheet.labels() - 1);
            let right = sheet.page.0 - last.0 - sheet.label.0;
            let below = sheet.page.1 - last.1 - sheet.label.1;
            assert!(
                (right - sheet.first.0).abs() < 0.06 && (below - sheet.first.1).abs() < 0.06,
                "{}: {right} {below}",
                sheet.name
            );
        }
    }

    #[test]
    fn a_sheet_has_its_name_its_makers_number_or_its_size() {
        for (name, found) in
            [("avery-l7160", "avery-l7160"), ("L7160", "avery-l7160"), ("5163", "avery-5163"), ("60x40", "60x40")]
        {
            assert_eq!(name.parse::<Sheet>().unwrap().name, found);
        }
        assert_eq!("62.5x40".parse::<Sheet>().unwrap().label, (62.5, 40.0));
        for name in ["l7199", "", "x", "axb", "NaNxNaN", "5x5", "infx20", "-20x20"] {
            assert!(name.parse::<Sheet>().is_err(), "{name}");
        }
    }
}
