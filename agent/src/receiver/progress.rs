//! How far a receiver of alarms is, and what a person is told of one that is not reached. Times are monotonic, measured
//! from any fixed start.

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

impl Progress {
    /// What is wrong with the receiver `name`, a line each, with what a person can do.
    #[must_use]
    pub fn problems(&self, name: &str, now: Duration) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(Trouble { why, since, closed }) = &self.trouble {
            let seconds = now.saturating_sub(*since).as_secs();
            problems.push(match closed {
                Closed::No => format!("alarms to {name}: {why}, since {seconds} s; {} waiting", self.waiting),
                Closed::UntilRestart => format!("alarms to {name}: {why}"),
            });
        }
        if self.set_aside > 0 {
            let count = self.set_aside;
            problems.push(format!(
                "alarms to {name}: {count} set aside because they were refused {REFUSALS_MAX} times; check its address and secret"
            ));
        }
        if self.dropped > 0 {
            problems.push(format!("alarms to {name}: {} never sent; the page shows them", self.dropped));
        }
        problems
    }
}
