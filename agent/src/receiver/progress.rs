//! How far a receiver of alarms is, and why one is not reached. Times are monotonic, measured from any fixed start.

use std::time::Duration;

/// How often one alarm may be refused before it is set aside. With the waits between, five minutes or more: a receiver
/// that is just being set up gets it, one that will never take it does not keep the others waiting for long.
pub const REFUSALS_MAX: u32 = 8;

/// How far a receiver is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Everything up to this alarm is settled; the rest is to be handed in again after a restart.
    pub through: u64,
    /// Since the start.
    pub delivered: u64,
    pub waiting: usize,
    /// Refused [`REFUSALS_MAX`] times.
    pub set_aside: u64,
    /// Never tried: pushed out of a full queue, or meant for a receiver that is closed.
    pub dropped: u64,
    pub trouble: Option<Trouble>,
}

/// Why a receiver is not reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// For people.
    pub why: String,
    pub since: Duration,
    pub closed: Closed,
}

/// Whether a receiver is still tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is tried again.
    No,
    /// It said that it is gone for good.
    UntilRestart,
}
