//! How a subject stands, and what that makes of it.
//!
//! Owns the order of the states and the latches that keep a state within its band. Must not know time: how long a
//! level has been unknown is the watch-keeper's to judge.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::watch::{Caution, Watch};
use crate::movement::counted::Counted;

/// How a subject stands now. All in base units.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Usable stock: what is in quarantine or expired does not count. Below zero when more was booked out than in.
    pub on_hand: i64,
    /// Expected receipts.
    pub on_order: u64,
    /// Promised to somebody, or owed.
    pub allocated: u64,
    /// The weighed count behind `on_hand`, where there is one.
    pub counted: Option<Counted>,
    pub known: Knowledge,
}

/// Whether the level can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knowledge {
    Known,
    /// Not since this time (monotonic). `on_hand` is what the books say.
    Unknown {
        since: Duration,
        /// The reason and the remedy, for people.
        why: String,
    },
}

/// What a subject's level is, worst first where several hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has been able to say for a while.
    Unknown,
    /// The books are below zero: something was taken that never came.
    Negative,
    /// Nothing on hand.
    Out,
    /// The position is at or below min.
    Low,
    /// The low end of the weighed count would be low.
    Perhaps,
    /// More on hand than max.
    Over,
    #[default]
    Fine,
}

/// What is remembered between two standings so that a state is kept within its band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Latches {
    out: Latch,
    low: Latch,
    perhaps: Latch,
    over: Latch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Latch {
    #[default]
    Open,
    Shut,
}

impl State {
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Negative, Self::Out, Self::Low, Self::Perhaps, Self::Over, Self::Fine];

    /// The word for it on the wire, in settings and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negative => "negative",
            Self::Out => "out",
            Self::Low => "low",
            Self::Perhaps => "perhaps",
            Self::Over => "over",
            Self::Fine => "fine",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Standing {
    /// A level that nobody doubts.
    #[must_use]
    pub fn known(on_hand: i64) -> Self {
        Self { on_hand, on_order: 0, allocated: 0, counted: None, known: Knowledge::Known }
    }

    /// Usable on-hand + on order − allocated.
    #[must_use]
    pub fn position(&self) -> i64 {
        clamped(self.exact_position())
    }

    /// The position if the weighed count were as low as it may be.
    #[must_use]
    pub fn low_position(&self) -> i64 {
        clamped(self.exact_low_position())
    }

    fn exact_position(&self) -> i128 {
        i128::from(self.on_hand) + i128::from(self.on_order) - i128::from(self.allocated)
    }

    fn exact_low_position(&self) -> i128 {
        // What is in doubt comes off, so that on-hand may be more than this one count.
        let doubt = self.counted.map_or(0, |counted| counted.pieces.saturating_sub(counted.low));
        self.exact_position() - i128::from(doubt)
    }
}

impl Latches {
    /// Takes a level that is known and says what it is.
    pub(super) fn judge(&mut self, watch: &Watch, at: &Standing) -> State {
        let (on_hand, position, low_position) = (i128::from(at.on_hand), at.exact_position(), at.exact_low_position());
        self.out = self.out.next(on_hand <= 0, on_hand > watch.out());
        (self.low, self.perhaps) = match watch.low() {
            None => (Latch::Open, Latch::Open),
            Some((min, until)) => (
                self.low.next(position <= min, position > until),
                match watch.bounds().caution {
                    Caution::Point => Latch::Open,
                    Caution::Low => self.perhaps.next(low_position <= min, low_position > until),
                },
            ),
        };
        self.over = match watch.over() {
            None => Latch::Open,
            Some((max, until)) => self.over.next(on_hand > max, on_hand <= until),
        };
        if on_hand < 0 {
            return State::Negative;
        }
        [(self.out, State::Out), (self.low, State::Low), (self.perhaps, State::Perhaps), (self.over, State::Over)]
            .into_iter()
            .find_map(|(latch, state)| (latch == Latch::Shut).then_some(state))
            .unwrap_or(State::Fine)
    }
}

impl Latch {
    fn next(self, shuts: bool, opens: bool) -> Self {
        match (shuts, opens) {
            (true, _) => Self::Shut,
            (false, true) => Self::Open,
            (false, false) => self,
        }
    }
}

fn clamped(units: i128) -> i64 {
    i64::try_from(units).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX })
}
