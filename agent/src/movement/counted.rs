//! A count with how sure it is.

use serde::{Deserialize, Serialize};

/// So many pieces, and what else it could have been.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Base units.
    pub pieces: u64,
    /// The ends of the interval that holds the truth 95 times in 100, `low ≤ pieces ≤ high`.
    pub low: u64,
    pub high: u64,
    /// The probability that `pieces` is right to the piece, 0 to 1.
    pub sure: f64,
}

impl Counted {
    /// What somebody counted by hand, or nobody doubts.
    #[must_use]
    pub fn exactly(pieces: u64) -> Self {
        Self { pieces, low: pieces, high: pieces, sure: 1.0 }
    }

    /// Whether the interval is a single number.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }
}
