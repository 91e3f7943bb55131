//! Items: the parts a site keeps.

use gateway_proto::{
    limits::QUANTITY_MAX,
    name::{FeedName, ItemCode, Text},
};
use serde::{Deserialize, Serialize};

use super::{
    COMMAND,
    refusal::Refusal,
    row::{self, Answer, Cells, Column, Row, Word, cell, key, micrograms, never, new},
    rule::Rule,
    unit::Unit,
};
use crate::device::Mass;

/// What the site knows of a part. It belongs to one feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub code: ItemCode,
    pub feed: FeedName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// What one of its base units is called. All its quantities are in base units.
    #[serde(default)]
    pub unit: Unit,
    #[serde(default)]
    pub tracking: Tracking,
    /// Whether its parts have a best-before date that a receipt must say.
    #[serde(default)]
    pub expires: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<PieceWeight>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The least and the most of it the whole site should hold, base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_max: Option<u64>,
}

/// How single parts of an item are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    #[default]
    None,
    /// By the lot they were made in.
    Lot,
    /// Each by its own number.
    Serial,
}

/// How often an item is counted: A most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    A,
    B,
    C,
}

/// What one base unit weighs, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PieceWeight {
    /// More than 0, a tonne at most.
    #[serde(rename = "mean_ug", with = "micrograms")]
    pub mean: Mass,
    /// Relative spread of single pieces (coefficient of variation), 0 to 0.5.
    pub cv: f64,
    /// Pieces the mean was taken from, at least 2.
    pub sample_size: u32,
}

impl PieceWeight {
    /// The spread of a weight that somebody wrote down without one: of ordinary machined parts, 0.5 to 1.5 %.
    pub const CV_DEFAULT: f64 = 0.01;
    /// And its sample: the smallest that makers of counting scales allow.
    pub const SAMPLE_DEFAULT: u32 = 10;
    /// Beyond it weight says nothing about number.
    pub const CV_MAX: f64 = 0.5;
}

/// The heaviest thing that stands in a register: a tonne.
pub(super) const WEIGHT_MAX: Mass = Mass::from_micrograms(1_000_000_000_000);

impl Item {
    /// An item of which only what every item has is known.
    #[must_use]
    pub fn new(code: ItemCode, feed: FeedName) -> Self {
        Self {
            code,
            feed,
            description: None,
            unit: Unit::default(),
            tracking: Tracking::None,
            expires: false,
            piece: None,
            class: None,
            site_min: None,
            site_max: None,
        }
    }

    /// The rules it can be held against alone.
    pub(super) fn rules(&self, refusals: &mut Vec<Refusal>) {
        not_a_command("code", self.code.as_str(), refusals);
        if let Some(piece) = &self.piece {
            if piece.mean <= Mass::ZERO || piece.mean > WEIGHT_MAX {
                refusals.push(Refusal::new("piece_weight_g", Rule::NoPieceWeight));
            }
            if !(0.0..=PieceWeight::CV_MAX).contains(&piece.cv) {
                refusals.push(Refusal::new("piece_cv", Rule::PieceSpread));
            }
            if piece.sample_size < 2 {
                refusals.push(Refusal::new("piece_sample", Rule::PieceSample));
            }
        }
        least_and_most(("site_min", self.site_min), ("site_max", self.site_max), refusals);
    }
}

/// Every scan that begins like a command is one.
pub(super) fn not_a_command(field: &'static str, code: &str, refusals: &mut Vec<Refusal>) {
    if code.starts_with(COMMAND) {
        refusals.push(Refusal::new(field, Rule::Command));
    }
}

/// A level for alarms: both are quantities, the first not above the second.
pub(super) fn least_and_most(
    (min_field, min): (&'static str, Option<u64>),
    (max_field, max): (&'static str, Option<u64>),
    refusals: &mut Vec<Refusal>,
) {
    for (field, level) in [(min_field, min), (max_field, max)] {
        within_quantities(field, level, refusals);
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        refusals.push(Refusal::new(min_field, Rule::MinAboveMax { min, max, max_field }));
    }
}

pub(super) fn within_quantities(field: &'static str, level: Option<u64>, refusals: &mut Vec<Refusal>) {
    if level.is_some_and(|level| level > QUANTITY_MAX) {
        refusals.push(Refusal::new(field, Rule::AboveQuantities));
    }
}

impl Row for Item {
    const COLUMNS: &'static [Column] = &[
        key("code"),
        new("feed"),
        never("description"),
        never("unit"),
        never("tracking"),
        never("expires"),
        never("piece_weight_g"),
        never("piece_cv"),
        never("piece_sample"),
        never("class"),
        never("site_min"),
        never("site_max"),
    ];

    fn name_in(cells: &Cells) -> String {
        cells.text("code").to_owned()
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let (code, feed) = (cells.needed("code"), cells.needed("feed"));
        let description = cells.optional("description");
        let unit = cells.optional("unit").unwrap_or_default();
        let tracking = cells.word("tracking").unwrap_or_default();
        let expires = cells.word("expires") == Some(Answer::Yes);
        let piece = piece_weight(cells);
        let class = cells.word("class");
        let (site_min, site_max) = (cells.whole("site_min"), cells.whole("site_max"));
        let item = Self::new(code?, feed?);
        Some(Self { description, unit, tracking, expires, piece, class, site_min, site_max, ..item })
    }

    fn cells(&self) -> Vec<String> {
        let piece = self.piece.as_ref();
        vec![
            self.code.to_string(),
            self.feed.to_string(),
            cell(self.description.as_ref()),
            self.unit.to_string(),
            self.tracking.word().to_owned(),
            if self.expires { Answer::Yes } else { Answer::No }.word().to_owned(),
            piece.map_or_else(String::new, |piece| row::grams(piece.mean)),
            piece.map_or_else(String::new, |piece| piece.cv.to_string()),
            piece.map_or_else(String::new, |piece| piece.sample_size.to_string()),
            self.class.map_or("", Word::word).to_owned(),
            cell(self.site_min.as_ref()),
            cell(self.site_max.as_ref()),
        ]
    }
}

fn piece_weight(cells: &mut Cells) -> Option<PieceWeight> {
    let given = |cells: &Cells, column| !cells.text(column).is_empty();
    let mean = cells.grams("piece_weight_g");
    if !given(cells, "piece_weight_g") {
        for column in ["piece_cv", "piece_sample"] {
            if given(cells, column) {
                cells.refuse(column, Rule::WithoutWeight);
            }
        }
        return None;
    }
    let (cv, sample) = (cells.share("piece_cv"), cells.whole("piece_sample"));
    if given(cells, "piece_cv") && cv.is_none() || given(cells, "piece_sample") && sample.is_none() {
        return None;
    }
    let sample_size = u32::try_from(sample.unwrap_or(PieceWeight::SAMPLE_DEFAULT.into()));
    let Ok(sample_size) = sample_size else {
        cells.refuse("piece_sample", Rule::TooManyDigits);
        return None;
    };
    Some(PieceWeight { mean: mean?, cv: cv.unwrap_or(PieceWeight::CV_DEFAULT), sample_size })
}

impl Word for Tracking {
    const ALL: &'static [Self] = &[Self::None, Self::Lot, Self::Serial];

    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lot => "lot",
            Self::Serial => "serial",
        }
    }
}

impl Word for Class {
    const ALL: &'static [Self] = &[Self::A, Self::B, Self::C];

    fn word(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}
