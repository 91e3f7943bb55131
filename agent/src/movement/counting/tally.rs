//! One person's count of a line, and the instant it is held against.

use gateway_proto::{name::Text, time::WallTime};
use serde::{Deserialize, Serialize};

use crate::{device::Mass, movement::calibration::micrograms};

/// The books, and the weight where there is a scale, at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub at: WallTime,
    pub books: i64,
    #[serde(with = "micrograms::option", default, skip_serializing_if = "Option::is_none")]
    pub gross: Option<Mass>,
}

/// One person's count of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Who, by badge.
    pub by: Text,
    pub at: WallTime,
    /// The instant it is held against.
    pub snapshot: Snapshot,
    /// What was found box by box; the first is the count itself.
    pub parts: Vec<Part>,
    /// By how much the books changed between the snapshot and the last word: nobody knows whether that was counted.
    pub moved: i64,
    pub zero: ZeroCount,
    /// When the same person said another number instead, before the counting was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<WallTime>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub by: Text,
    pub at: WallTime,
    pub pieces: u64,
}

/// Nothing found is a typing mistake away from a stockout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroCount {
    NotZero,
    Unconfirmed,
    Confirmed,
}

impl Tally {
    #[must_use]
    pub fn pieces(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.pieces))
    }

    /// Counted less what the books said at the snapshot.
    #[must_use]
    pub fn variance(&self) -> i64 {
        // Both are far inside an i64: the books and the count are bounded where they come in.
        i64::try_from(self.pieces()).unwrap_or(i64::MAX).saturating_sub(self.snapshot.books)
    }

    /// Stands, and nothing moved while it was counted.
    pub(super) fn is_good(&self) -> bool {
        self.superseded.is_none() && self.moved == 0 && self.zero != ZeroCount::Unconfirmed
    }
}
