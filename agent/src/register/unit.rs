//! Units of measure by their short names: `EA`, `BX`. A name only; what a pack holds stands beside the code on it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The name of a unit: 1 to 12 bytes of letters and digits, a letter first, so that "2 BX + 5" can be read.
/// Upper and lower case are the same unit, kept as first written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Unit(Box<str>);

/// Why a text is no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    #[error("unit has {0} bytes; 1 to {max} are allowed", max = Unit::LEN_MAX)]
    Length(usize),
    #[error("unit contains {0:?}; allowed are letters and digits, a letter first")]
    Character(char),
}

impl Unit {
    /// Codes of UN/ECE recommendation 20 have three characters; people write words.
    pub const LEN_MAX: usize = 12;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` names this unit, in either case.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.to_lowercase() == text.to_lowercase()
    }
}

/// Each: what an item is counted in unless its row says otherwise.
impl Default for Unit {
    fn default() -> Self {
        Self("EA".into())
    }
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Unit {}

impl FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.is_empty() || text.len() > Self::LEN_MAX {
            return Err(UnitError::Length(text.len()));
        }
        let wrong = |&(at, c): &(usize, char)| !(c.is_alphabetic() || at > 0 && c.is_ascii_digit());
        match text.char_indices().find(wrong) {
            Some((_, found)) => Err(UnitError::Character(found)),
            None => Ok(Self(text.into())),
        }
    }
}

impl TryFrom<String> for Unit {
    type Error = UnitError;

    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.0.into_string()
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
