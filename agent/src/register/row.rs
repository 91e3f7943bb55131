//! A fact as a row of cells: what its columns are, and how one cell becomes a value.
//!
//! Owns the forms of numbers, weights and words in files and the faults of single cells. Must not know CSV or which facts
//! there are.

use std::{fmt, str::FromStr};

use super::{
    refusal::Refusal,
    rule::{Misread, Rule, Wanted},
};
use crate::device::{Decimal, Mass};

/// A column of a kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub need: Need,
}

/// Whether a column has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Names the fact: no file without it.
    Key,
    /// Of a new fact; one that is known keeps what it has.
    New,
    /// An empty cell takes the default, a missing column leaves what is known.
    Never,
}

/// A fact that has a row.
pub(super) trait Row: Sized {
    const COLUMNS: &'static [Column];

    /// The name under which it stands in the register, from its row; not yet sure to be one.
    fn name_in(cells: &Cells) -> String;

    /// `None` when a cell it cannot do without is no value. Every unreadable cell is noted.
    fn read(cells: &mut Cells) -> Option<Self>;

    /// The row it is read from, a cell for each column.
    fn cells(&self) -> Vec<String>;
}

/// A value out of a few words.
pub(crate) trait Word: Copy + 'static {
    const ALL: &'static [Self];
    fn word(self) -> &'static str;
}

pub(super) const fn key(name: &'static str) -> Column {
    Column { name, need: Need::Key }
}

pub(super) const fn new(name: &'static str) -> Column {
    Column { name, need: Need::New }
}

pub(super) const fn never(name: &'static str) -> Column {
    Column { name, need: Need::Never }
}

/// The cells of one row in the order of its columns, and what is wrong with them.
#[derive(Debug)]
pub(super) struct Cells {
    columns: &'static [Column],
    texts: Vec<String>,
    refusals: Vec<Refusal>,
}

impl Cells {
    /// As many texts as columns; what is too few counts as empty.
    pub(super) fn new(columns: &'static [Column], texts: Vec<String>) -> Self {
        Self { columns, texts, refusals: Vec::new() }
    }

    /// The text of a cell; empty where there is none.
    pub(super) fn text(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|known| known.name == column);
        at.and_then(|at| self.texts.get(at)).map_or("", String::as_str)
    }

    /// What is wrong, each with the text of its cell.
    pub(super) fn into_refusals(self) -> Vec<(Refusal, String)> {
        self.refusals.iter().map(|refusal| (refusal.clone(), self.text(refusal.field).to_owned())).collect()
    }

    pub(super) fn refuse(&mut self, column: &'static str, rule: Rule) {
        self.refusals.push(Refusal::new(column, rule));
    }

    pub(super) fn needed<T: FromStr<Err: Into<Misread>>>(&mut self, column: &'static str) -> Option<T> {
        if self.text(column).is_empty() {
            self.refuse(column, Rule::Empty(Wanted::Anything));
            return None;
        }
        self.optional(column)
    }

    pub(super) fn optional<T: FromStr<Err: Into<Misread>>>(&mut self, column: &'static str) -> Option<T> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(column, Rule::Misread(error.into()));
                None
            }
        }
    }

    /// A whole number from 0.
    pub(super) fn whole(&mut self, column: &'static str) -> Option<u64> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Some(number),
            Err(_) if digits => {
                self.refuse(column, Rule::TooManyDigits);
                None
            }
            Ok(_) | Err(_) => {
                let rule = not_a_number(text, Rule::NotWhole);
                self.refuse(column, rule);
                None
            }
        }
    }

    /// Grams, exact to the microgram.
    pub(super) fn grams(&mut self, column: &'static str) -> Option<Mass> {
        const MICROGRAMS: i128 = 1_000_000;
        let number = self.decimal(column, Rule::NoGrams)?;
        let scale = 10_i128.pow(u32::from(number.fraction()));
        let micrograms = i128::from(number.mantissa()) * MICROGRAMS;
        if micrograms % scale != 0 {
            self.refuse(column, Rule::TooFine);
            return None;
        }
        let mass = i64::try_from(micrograms / scale).ok().map(Mass::from_micrograms);
        if mass.is_none() {
            self.refuse(column, Rule::TooHeavyToKeep);
        }
        mass
    }

    /// A share, 0.01 for one percent. Anything a float holds; the fact knows its range.
    pub(super) fn share(&mut self, column: &'static str) -> Option<f64> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        // A calibration's share has more digits than a decimal holds, so only the form is that of one.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
        match text.parse::<f64>() {
            Ok(share) if plain && share.is_finite() => Some(share),
            Ok(_) | Err(_) => {
                let rule = not_a_number(text, Rule::NoShare);
                self.refuse(column, rule);
                None
            }
        }
    }

    /// One of a few words, in either case.
    pub(super) fn word<T: Word>(&mut self, column: &'static str) -> Option<T> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let found = T::ALL.iter().copied().find(|value| value.word().eq_ignore_ascii_case(text));
        if found.is_none() {
            self.refuse(column, Rule::NoWord { words: T::ALL.iter().map(|value| value.word()).collect() });
        }
        found
    }

    fn decimal(&mut self, column: &'static str, rule: Rule) -> Option<Decimal> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        if let Ok(number) = Decimal::parse(text) {
            return Some(number);
        }
        let rule = not_a_number(text, rule);
        self.refuse(column, rule);
        None
    }
}

/// Commas are what goes wrong most, and mean two things.
fn not_a_number(text: &str, rule: Rule) -> Rule {
    if text.contains(',') { Rule::Comma } else { rule }
}

/// An optional value as a cell.
pub(super) fn cell<T: fmt::Display>(value: Option<&T>) -> String {
    value.map_or_else(String::new, ToString::to_string)
}

/// A weight as a cell of grams.
pub(super) fn grams(mass: Mass) -> String {
    mass.to_string().trim_end_matches(" g").to_owned()
}

/// Yes and no as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}

impl Word for Answer {
    const ALL: &'static [Self] = &[Self::Yes, Self::No];

    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

/// A mass in JSON: its whole micrograms.
pub(super) mod micrograms {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::device::Mass;

    pub(in super::super) fn serialize<S: Serializer>(mass: &Mass, serializer: S) -> Result<S::Ok, S::Error> {
        mass.micrograms().serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mass, D::Error> {
        i64::deserialize(deserializer).map(Mass::from_micrograms)
    }
}

/// The same where there may be none; with `default`.
pub(super) mod maybe_micrograms {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::device::Mass;

    pub(in super::super) fn serialize<S: Serializer>(mass: &Option<Mass>, serializer: S) -> Result<S::Ok, S::Error> {
        mass.map(Mass::micrograms).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mass>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Mass::from_micrograms))
    }
}
