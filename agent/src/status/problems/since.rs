//! Since when a problem stands: from whoever knows, else from when it was first seen.
//!
//! Owns what was seen; forgets what has passed. Pure: the problems and the time come in. A restart begins anew, which is
//! why what was only seen is told as "at least".

use std::{collections::BTreeMap, time::Duration};

use gateway_proto::time::WallTime;

use super::Problem;
use crate::floor::moment::Moment;

/// When a problem began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Not known yet.
    Unknown,
    /// At this time, by the clock of then.
    At(WallTime),
    /// At this monotonic instant.
    Ran(Duration),
    /// At this monotonic instant or before: it was seen first then.
    Seen(Duration),
}

impl Since {
    /// How long ago, where a clock that nobody sets says so.
    #[must_use]
    pub fn lasted(self, now: &Moment) -> Option<Duration> {
        match self {
            Self::Unknown => None,
            Self::At(at) => {
                let passed = now.wall.millis().saturating_sub(at.millis());
                u64::try_from(passed).ok().map(Duration::from_millis)
            }
            Self::Ran(at) | Self::Seen(at) => Some(now.elapsed.saturating_sub(at)),
        }
    }

    /// When, in wall time.
    #[must_use]
    pub fn wall(self, now: &Moment) -> Option<WallTime> {
        match self {
            Self::Unknown => None,
            Self::At(at) => Some(at),
            Self::Ran(at) | Self::Seen(at) => Some(now.wall_at(at)),
        }
    }

    /// Whether it may have begun before.
    #[must_use]
    pub const fn is_at_least(self) -> bool {
        match self {
            Self::Seen(_) | Self::Unknown => true,
            Self::At(_) | Self::Ran(_) => false,
        }
    }
}

/// What was seen, and when first. As many as there are problems.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    first: BTreeMap<String, Duration>,
}

impl Seen {
    /// Tells each problem of which nobody knows since when it stands when it was first seen here.
    pub fn handle(&mut self, problems: &mut [Problem], now: Duration) {
        let mut first = BTreeMap::new();
        for problem in problems.iter_mut().filter(|problem| problem.since == Since::Unknown) {
            let key = problem.key();
            let at = self.first.remove(&key).unwrap_or(now);
            problem.since = Since::Seen(at);
            first.insert(key, at);
        }
        self.first = first;
    }
}
