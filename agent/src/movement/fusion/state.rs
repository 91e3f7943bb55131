//! What one bin remembers: the two witnesses, the acts and movements that miss their other half, and what is unanswered.

use std::time::Duration;

use gateway_proto::quantity::Quantity;

use crate::movement::{
    counted::Counted,
    said::{ActId, Said},
};

use super::{
    allocate::Way,
    output::{End, MovementKey, Occasion},
};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// Nothing said since the start.
    Unheard,
    Unknown,
    Known(Counted, i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Unheard,
    Is(Option<i64>),
}

/// Whether the bin was ever counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// The ledger has not said yet.
    Unheard,
    /// The ledger never heard of the item in this bin. What is booked meanwhile makes no count.
    Awaited,
    Over,
}

/// An act without its weight.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) said: Said,
    pub(super) end: End,
    pub(super) way: Way,
    pub(super) heard: Duration,
    /// When it was last restated.
    pub(super) touched: Duration,
    pub(super) storage: Storage,
    pub(super) plan: Plan,
    pub(super) fate: Fate,
    pub(super) cancelling: Cancelling,
}

/// What is known of the act beside the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    None,
    Kept,
    /// Kept with an older quantity.
    Outdated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Weigh,
    /// The scale did not know when the act came.
    Book,
}

/// What happened to an act while it was being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Open,
    Withdrawn,
    SettledElsewhere,
}

/// Whether the act was already offered together with one that undoes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelling {
    Untried,
    Tried,
}

/// Parts in the books that the scale does not show yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) act: ActId,
    pub(super) units: i64,
    pub(super) until: Duration,
}

/// A movement that nobody has spoken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclaimed {
    pub(super) key: MovementKey,
    pub(super) units: i64,
    pub(super) began: Duration,
}

/// How an act was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    Weighed(u64),
    Booked(u64),
}

/// What is unanswered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Flight {
    Proposal { pieces: i64, began: Duration, occasion: Occasion, acts: Vec<ActId> },
    Booking { act: ActId, qty: Quantity },
    Claim { act: ActId, of: Unclaimed },
    TakeBack { of: MovementKey, act: ActId },
}

impl Scale {
    /// Base units on the scale, while it knows.
    pub(super) fn pieces(self) -> Option<i64> {
        match self {
            Self::Known(_, pieces) => Some(pieces),
            Self::Unheard | Self::Unknown => None,
        }
    }
}

impl Waiting {
    /// The change of the bin that the person stated.
    pub(super) fn stated(&self) -> Option<i64> {
        self.said.qty.map(|qty| self.way.signed(qty.signed()))
    }
}
