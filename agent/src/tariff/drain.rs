//! How long until nothing waits: from what is acknowledged and what waits, seen now and then.
//!
//! Owns two averages; promises nothing it cannot know. Pure: times and counts come in.

use std::{fmt, time::Duration};

/// How fast an average forgets: after this, what was is a third.
const MEMORY: Duration = Duration::from_secs(60);

/// Seen for less, nothing is said.
const WATCHED_MIN: Duration = Duration::from_secs(3);

/// Without an ack for longer, what was is no guide.
const STALLED: Duration = Duration::from_secs(120);

/// Looks closer together than this are one, so that a burst of acks is no infinite rate.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Longer is no estimate.
const LONGEST: Duration = Duration::from_secs(60 * 86_400);

/// A feed's backlog, watched.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    looked: Option<Look>,
    began: Option<Duration>,
    acked_at: Option<Duration>,
    waiting: u64,
    /// Records a second that leave, less those that come: averaged.
    net: f64,
    /// How much of an average there is, `0..=1`.
    weight: f64,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Duration,
    acked: u64,
    waiting: u64,
}

/// What can be said of a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Estimate {
    /// Nothing waits.
    #[default]
    Empty,
    /// Not watched long enough, or nothing is acknowledged.
    Unknown,
    /// More comes than goes.
    Growing,
    About(Duration),
}

impl Drain {
    /// Takes a look. `acked`: records acknowledged so far, a number that only grows but for a new epoch. `waiting`: those
    /// that are not.
    pub fn handle(&mut self, now: Duration, acked: u64, waiting: u64) {
        self.waiting = waiting;
        let look = Look { at: now, acked, waiting };
        let Some(last) = self.looked else {
            (self.looked, self.began) = (Some(look), Some(now));
            return;
        };
        if acked < last.acked || now < last.at {
            // Another epoch: nothing that was seen holds.
            *self = Self { looked: Some(look), began: Some(now), waiting, ..Self::default() };
            return;
        }
        let passed = now - last.at;
        if passed < LOOK_EVERY {
            return;
        }
        if acked > last.acked {
            self.acked_at = Some(now);
        }
        let left = last.waiting as f64 - waiting as f64;
        let part = 1.0 - (-passed.as_secs_f64() / MEMORY.as_secs_f64()).exp();
        self.net += part * (left / passed.as_secs_f64() - self.net);
        self.weight += part * (1.0 - self.weight);
        self.looked = Some(look);
    }

    /// What can be said now.
    #[must_use]
    pub fn estimate(&self, now: Duration) -> Estimate {
        if self.waiting == 0 {
            return Estimate::Empty;
        }
        let watched = self.began.map_or(Duration::ZERO, |began| now.saturating_sub(began));
        let is_moving = self.acked_at.is_some_and(|at| now.saturating_sub(at) <= STALLED);
        if watched < WATCHED_MIN || !is_moving || self.weight <= 0.0 {
            return Estimate::Unknown;
        }
        // The average began at nothing: what there is of it counts as all of it.
        let net = self.net / self.weight;
        let longest = self.waiting as f64 / LONGEST.as_secs_f64();
        if net <= longest {
            return Estimate::Growing;
        }
        Duration::try_from_secs_f64(self.waiting as f64 / net).map_or(Estimate::Growing, Estimate::About)
    }
}

/// For people: `about 4 min`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |seconds: u64, unit: u64| (seconds + unit / 2) / unit;
        match self {
            Self::Empty => f.write_str("nothing waits"),
            Self::Unknown => f.write_str("unknown"),
            Self::Growing => f.write_str("not in sight: as much comes as goes"),
            Self::About(time) => match time.as_secs() {
                seconds @ 0..=89 => write!(f, "about {} s", seconds.max(1)),
                seconds @ 90..=5_399 => write!(f, "about {} min", whole(seconds, 60)),
                seconds @ 5_400..=172_799 => write!(f, "about {} h", whole(seconds, 3_600)),
                seconds => write!(f, "about {} days", whole(seconds, 86_400)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// So many seconds with so many acks and arrivals in each, from a backlog.
    fn watch(backlog: u64, seconds: u64, acks: u64, arrivals: u64) -> (Drain, Duration) {
        let mut drain = Drain::default();
        let (mut acked, mut waiting) = (0, backlog);
        for second in 0..=seconds {
            drain.handle(S(second), acked, waiting);
            acked += acks.min(waiting);
            waiting = waiting.saturating_sub(acks) + arrivals;
        }
        (drain, S(seconds))
    }

    #[test]
    fn a_steady_drain_is_foretold_within_a_tenth() {
        for (seconds, backlog, acks, arrivals) in
            [(10, 100_000, 400, 0), (300, 1_000_000, 900, 100), (5, 1_000, 20, 0), (60, 10_000, 110, 100)]
        {
            let (drain, now) = watch(backlog, seconds, acks, arrivals);
            let truth = (backlog - seconds * (acks - arrivals)) / (acks - arrivals);
            let Estimate::About(time) = drain.estimate(now) else { panic!("{:?}", drain.estimate(now)) };
            assert!(time.as_secs().abs_diff(truth) * 10 <= truth, "{time:?}, not {truth} s");
        }
    }

    #[test]
    fn a_change_of_rate_is_believed_within_three_minutes() {
        let mut drain = Drain::default();
        let mut acked = 0;
        for second in 0..600 {
            drain.handle(S(second), acked, 1_000_000 - acked);
            acked += 1_000;
        }
        for second in 600..780 {
            drain.handle(S(second), acked, 1_000_000 - acked);
            acked += 100;
        }
        let Estimate::About(time) = drain.estimate(S(780)) else { panic!() };
        let truth = (1_000_000 - acked) / 100;
        assert!(time.as_secs() * 2 > truth && time.as_secs() < truth * 2, "{time:?}, not {truth} s");
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(Drain::default().estimate(S(0)), Estimate::Empty);
        let (drain, now) = watch(1_000, 2, 10, 0);
        assert_eq!(drain.estimate(now), Estimate::Unknown, "too early");
        let (drain, now) = watch(1_000, 60, 0, 0);
        assert_eq!(drain.estimate(now), Estimate::Unknown, "no ack at all");
        let (drain, now) = watch(100_000, 60, 10, 0);
        assert_eq!(drain.estimate(now + STALLED + S(1)), Estimate::Unknown, "no ack for long");
        let (drain, now) = watch(1_000, 60, 10, 20);
        assert_eq!(drain.estimate(now), Estimate::Growing);
        let (drain, now) = watch(1_000, 60, 10, 10);
        assert_eq!(drain.estimate(now), Estimate::Growing);
        let (drain, now) = watch(1_000, 200, 10, 0);
        assert_eq!(drain.estimate(now), Estimate::Empty);
    }

    #[test]
    fn another_epoch_and_a_clock_that_stands_still_are_no_rate() {
        let (mut drain, now) = watch(1_000_000, 60, 1_000, 0);
        drain.handle(now + S(1), 0, 1_000_000);
        assert_eq!(drain.estimate(now + S(1)), Estimate::Unknown);
        let mut drain = Drain::default();
        for acked in 0..1_000 {
            drain.handle(S(7), acked, 5_000 - acked);
        }
        assert_eq!(drain.estimate(S(7)), Estimate::Unknown);
        drain.handle(S(0), u64::MAX, u64::MAX);
        drain.handle(Duration::MAX, u64::MAX, 0);
        drain.handle(Duration::MAX, u64::MAX, u64::MAX);
        assert_ne!(drain.estimate(Duration::MAX), Estimate::Empty);
    }

    #[test]
    fn people_read_one_number() {
        for (seconds, expect) in [
            (0, "about 1 s"),
            (59, "about 59 s"),
            (230, "about 4 min"),
            (7_000, "about 2 h"),
            (3 * 86_400, "about 3 days"),
        ] {
            assert_eq!(Estimate::About(S(seconds)).to_string(), expect);
        }
    }
}
