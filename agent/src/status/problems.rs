//! What is wrong and what to do: one ordered list out of one snapshot of the agent, for the page, `status` and the
//! metrics alike.
//!
//! Pure: [`of`] reads a [`Snapshot`] and the time it is handed. Owns which conditions are problems, how bad each is, and the
//! order; [`words`] says them in English and German, [`since`] remembers when each was first seen. Must not know pages.
//!
//! | level | means |
//! |---|---|
//! | stop | something is refused or not counted until somebody has been here |
//! | act | nothing is lost, and it will not cure itself |
//! | know | it is worth knowing; it passes, or can wait |

mod find;
pub mod since;
mod snapshot;
mod what;
pub mod words;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use gateway_proto::time::WallTime;
use serde::{Deserialize, Serialize};

pub use self::{
    find::{PIN_STORM_OVER, of},
    since::Since,
    snapshot::{AsideWaiting, FeedFacts, LedgerFault, LedgerTrouble, PageFacts, PinStorm, Snapshot},
    what::{LINE_PATIENCE, What, Whose, days_until},
};
use crate::floor::moment::Moment;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub what: What,
    pub level: Level,
    pub since: Since,
}

/// `disk: 82 % full (820 of 1000 MB), for 42 s; bring the hub's line back`
impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.text)?;
        if let Some(seconds) = self.for_seconds {
            write!(f, ", for {seconds} s")?;
        }
        write!(f, "; {}", self.remedy)
    }
}

/// How bad it is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Stop,
    Act,
    Know,
}
/// A problem as it travels to whoever is not of this program: with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// A word for machines: `device_gone`.
    pub kind: String,
    pub level: Level,
    /// What it is about: `scale-3`, `feed acme`.
    pub name: String,
    pub text: String,
    pub remedy: String,
    /// When it began; `None`: it is not known any better than that it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<WallTime>,
    /// For how many seconds, by a clock that nobody sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Stop, Self::Act, Self::Know];

    /// The word for machines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Act => "act",
            Self::Know => "know",
        }
    }

    /// Whether somebody has to do something.
    #[must_use]
    pub const fn needs_somebody(self) -> bool {
        match self {
            Self::Stop | Self::Act => true,
            Self::Know => false,
        }
    }
}
impl Problem {
    /// Its name among all: stays the same as long as it stands.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.what.kind(), self.what.of_what())
    }

    fn compare(&self, other: &Self) -> Ordering {
        let state = |what: &What| if let What::Alarm(alarm) = what { Some(alarm.state) } else { None };
        (self.level, self.what.rank())
            .cmp(&(other.level, other.what.rank()))
            .then_with(|| state(&self.what).cmp(&state(&other.what)))
            .then_with(|| self.what.of_what().cmp(&other.what.of_what()))
    }

    /// With its words, in English: for the command line and other programs.
    #[must_use]
    pub fn told(&self, now: &Moment) -> Told {
        let words::Said { name, text, remedy } = words::english(&self.what, now);
        Told {
            kind: self.what.kind().to_owned(),
            level: self.level,
            name,
            text,
            remedy,
            since: self.since.wall(now),
            for_seconds: self.since.lasted(now).map(|lasted| lasted.as_secs()),
        }
    }
}
