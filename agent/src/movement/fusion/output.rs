//! What a bin's fusion asks for, and what it is answered.

use std::time::Duration;

use gateway_proto::movement::MovementError;

use crate::movement::{
    counted::Counted,
    said::{ActId, Said},
};

use super::patience::{ACTS_MAX, Attendance};

/// Which end of an act a bin is. An act between two bins on scales is said to both of them, and only one answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Keeps the act, books it when there is no weight to go by, says so when nothing came of it.
    Answering,
    /// Only offers the act as the cause of its own weight changes, until it is told what became of it.
    Other,
}

/// A movement in the ledger, by whatever its owner finds it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovementKey(pub u64);

/// What the owner of the bin has to do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Store the act, or its new text, so that a restart can give it back. The person hears an acceptance after that.
    Keep(Said),
    /// The act waits no longer: do not give it back.
    Drop(ActId),
    /// Record what makes the ledger agree with a level. Answer: [`Fusion::proposed`](super::Fusion::proposed).
    Propose(Proposal),
    /// Record the act with its stated quantity, or one. Answer: [`Fusion::booked`](super::Fusion::booked).
    Book(Said),
    /// Take a movement back and record it with the person's ends and names. Answer:
    /// [`Fusion::claimed`](super::Fusion::claimed).
    Claim(Claiming),
    /// Take back a movement that nobody spoke for: the same parts were recorded at the other end of an act. Answer:
    /// [`Fusion::taken_back`](super::Fusion::taken_back).
    TakeBack { of: MovementKey, act: ActId },
    /// The act was withdrawn while it was being recorded: take back what was recorded of it.
    Undo(ActId),
    /// What people should see.
    Flag(Disagreement),
    /// Nothing more will come of this act here.
    Done(ActId),
}

/// What a level is the outcome of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The bin was never counted before: what is there comes from `variance`, whatever was booked meanwhile.
    FirstCount,
    /// Parts came or went. What nobody spoke for has the bin's usual other end.
    Change,
}

/// A level to record.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// What the books should hold in the bin. The pieces on the scale, and those that were recorded as moved but have
    /// not reached the scale yet, or not left it.
    pub pieces: u64,
    /// The level on the scale.
    pub counted: Counted,
    pub occasion: Occasion,
    /// When the weight began to change (monotonic).
    pub began: Duration,
    /// The acts that it may be the outcome of, oldest first, for [`allocate`](super::allocate::allocate).
    pub shares: Vec<Said>,
}

/// A late scan and the movement it speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claiming {
    pub said: Said,
    pub of: MovementKey,
    /// Base units moved.
    pub units: u64,
    /// What the person stated, where it is not `units`.
    pub stated: Option<u64>,
}

/// A movement that a proposal made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Whose; `None`: nobody's that we know of.
    pub act: Option<ActId>,
    pub key: MovementKey,
    /// Base units, positive into the bin.
    pub units: i64,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// Committed. `held`: what the ledger holds for the bin now.
    Recorded { held: Option<i64>, made: Vec<Made> },
    /// The ledger agreed already.
    NoChange { held: Option<i64> },
    /// Not recorded; to be tried again later.
    Failed,
    /// Can never be recorded with these acts.
    Refused,
}

/// What became of a booking, a claim or a taking back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Committed. `held`: what the ledger holds for the bin now.
    Recorded { held: Option<i64> },
    /// Not recorded; to be tried again later.
    Failed,
    /// Can never be recorded: for a claim or a taking back, the movement is not there or was taken back before.
    Refused,
}

/// What became of another quantity for an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restated {
    /// The act still waits, or is being recorded by weight: the quantity is its own from now on.
    Waiting,
    /// The scale had said so many; a difference is flagged.
    Weighed { units: u64 },
    /// So many were recorded by quantity, or are being recorded: take that back and book the new quantity in one transaction, then
    /// call [`Fusion::settled`](super::Fusion::settled) at each end that is a bin on a scale. Where the booking is still
    /// unanswered, after its answer.
    Booked { units: u64 },
    /// Nothing is known of the act any longer.
    Unknown,
}

/// What became of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// It waited, and is gone.
    Dropped,
    /// It is being recorded: [`Output::Undo`] or [`Output::Drop`] follows.
    Recording,
    /// It was recorded: take its movements back. The weight, if any, is then nobody's.
    Recorded,
    /// Nothing is known of the act any longer.
    Unknown,
}

/// Why a bin takes no act. Nothing is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "bin has {ACTS_MAX} acts that still wait for their weight; wait a moment, or undo those that were not done"
    )]
    TooMany,
    #[error("this act was said before; nothing is lost")]
    Again,
    #[error("neither end of the act, or both, are this bin; scan where the parts go")]
    NotHere,
    #[error(transparent)]
    NoMovement(#[from] MovementError),
}

/// Where people and scale do not say the same. Everything is recorded that can be; both facts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disagreement {
    /// A scan, and the weight stayed what it was: nothing was recorded at the bin. For an act that had been recorded
    /// elsewhere or by quantity, its parts were never seen on this scale.
    NoWeightChange { act: ActId, stated: Option<u64> },
    /// The weight says another quantity than the person. The weight was recorded, with what the person stated beside it.
    Quantity { act: ActId, stated: u64, weighed: u64 },
    /// A change without a scan, recorded with the bin's usual other end.
    NoScan { of: MovementKey, units: i64, attendance: Attendance },
    /// The act can never be recorded as it was said.
    Unrecordable { act: ActId },
}

impl Disagreement {
    /// Whether a person has to act; otherwise it is for information.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        match self {
            Self::NoWeightChange { .. } | Self::Quantity { .. } | Self::Unrecordable { .. } => true,
            Self::NoScan { attendance, .. } => *attendance == Attendance::ScanRequired,
        }
    }
}
