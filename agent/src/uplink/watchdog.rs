//! Watches over what a hub settles, not over connections. Pure: state, input, now.
//!
//! A connection may look alive for hours and carry nothing: a middlebox that has forgotten it, a proxy that swallows, a
//! client library that waits for what never comes. The one sign that counts is that records are settled. Where records
//! wait and none is settled for a while, although requests end, everything that is remembered of the way is thrown away:
//! connections, addresses, authorities. That costs one handshake when the hub itself is what is wrong.
//!
//! ```text
//!           records wait                  patience over, a request has ended
//!   Quiet ───────────────▶ Waiting(since) ─────────────────────────────────▶ Waiting(now), bark
//!     ▲                        │  ▲
//!     └── nothing waits ───────┘  └── something is settled
//! ```

use std::time::Duration;

use gateway_proto::record::Seq;

/// Watches one feed.
#[derive(Debug)]
pub struct Watchdog {
    patience: Duration,
    state: State,
    /// The last seq known to be settled.
    through: Seq,
    barks: u64,
    /// Whether this standstill has been told already.
    is_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Quiet,
    /// Records wait, and since then none was settled.
    Waiting {
        since: Duration,
        requests: u64,
    },
}

/// What a feed looks like at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// The newest record.
    pub recorded: Seq,
    /// Everything up to here is settled. It may go back (a hub that was restored): that is progress too.
    pub through: Seq,
    /// Requests that have ended so far, however.
    pub requests_ended: u64,
}

/// Nothing has been settled for too long: begin the way to the hub anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bark {
    /// Since something was settled, or since this way was begun.
    pub standstill: Duration,
    /// The first of this standstill: the one to log.
    pub is_first: bool,
}

impl Watchdog {
    /// `patience`: how long records may wait without any being settled. Longer than a request and the longest wait
    /// after it, or it would bark at every outage's backoff.
    #[must_use]
    pub const fn new(patience: Duration) -> Self {
        Self { patience, state: State::Quiet, through: Seq(0), barks: 0, is_told: false }
    }

    /// Barks so far: how often the way was begun anew. For the metrics.
    #[must_use]
    pub const fn barks(&self) -> u64 {
        self.barks
    }

    /// Looks at the feed. Call it whenever a request has ended, and at [`Watchdog::due`].
    pub fn handle(&mut self, now: Duration, sight: Sight) -> Option<Bark> {
        if sight.recorded <= sight.through {
            self.state = State::Quiet;
            self.through = sight.through;
            self.is_told = false;
            return None;
        }
        let State::Waiting { since, requests } = self.state else {
            self.through = sight.through;
            return self.wait_from(now, sight);
        };
        if sight.through != self.through {
            self.through = sight.through;
            self.is_told = false;
            return self.wait_from(now, sight);
        }
        let standstill = now.saturating_sub(since);
        // Without a request that ended there is nothing that a new way would change: the hub has asked for a long wait.
        if standstill < self.patience || sight.requests_ended <= requests {
            return None;
        }
        self.barks = self.barks.saturating_add(1);
        let is_first = !std::mem::replace(&mut self.is_told, true);
        self.wait_from(now, sight);
        Some(Bark { standstill, is_first })
    }

    /// When to look again though nothing happens.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        match self.state {
            State::Quiet => None,
            State::Waiting { since, .. } => since.checked_add(self.patience),
        }
    }

    fn wait_from(&mut self, now: Duration, sight: Sight) -> Option<Bark> {
        self.state = State::Waiting { since: now, requests: sight.requests_ended };
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sight(recorded: u64, through: u64, requests_ended: u64) -> Sight {
        Sight { recorded: Seq(recorded), through: Seq(through), requests_ended }
    }

    /// Looks at the minutes given, `(minute, recorded, through, requests)`, and hands back when it barked.
    fn barks(looks: &[(u32, u64, u64, u64)]) -> Vec<u32> {
        let mut dog = Watchdog::new(5 * MINUTE);
        let looked = looks.iter().filter(|(minute, recorded, through, requests)| {
            dog.handle(*minute * MINUTE, sight(*recorded, *through, *requests)).is_some()
        });
        looked.map(|(minute, ..)| *minute).collect()
    }

    #[test]
    fn it_barks_when_requests_end_and_nothing_is_settled() {
        assert_eq!(barks(&[(0, 9, 4, 0), (2, 9, 4, 1), (4, 9, 4, 2), (5, 9, 4, 3), (6, 9, 4, 4)]), [5]);
    }

    #[test]
    fn it_is_quiet_while_something_is_settled_however_slowly() {
        let slow: Vec<_> = (0..100).map(|n| (n * 4, 1_000, u64::from(n), u64::from(n))).collect();
        assert!(barks(&slow).is_empty());
    }

    #[test]
    fn it_is_quiet_while_nothing_waits() {
        assert!(barks(&[(0, 9, 9, 0), (60, 9, 9, 0), (61, 10, 9, 0), (62, 10, 9, 1), (63, 10, 10, 2)]).is_empty());
        // The wait counts from the first record that waits, not from the last that was settled.
        assert_eq!(barks(&[(0, 9, 9, 0), (60, 10, 9, 0), (64, 10, 9, 1), (65, 10, 9, 2)]), [65]);
    }

    #[test]
    fn it_does_not_bark_at_a_wait_that_the_hub_has_asked_for() {
        assert_eq!(barks(&[(0, 9, 4, 1), (10, 9, 4, 1), (59, 9, 4, 1), (60, 9, 4, 2)]), [60]);
    }

    #[test]
    fn a_settlement_that_goes_back_is_progress() {
        assert_eq!(barks(&[(0, 9, 4, 0), (4, 9, 2, 1), (8, 9, 2, 2), (9, 9, 2, 3)]), [9]);
    }

    #[test]
    fn one_standstill_is_told_once_and_counted_each_time() {
        let mut dog = Watchdog::new(5 * MINUTE);
        let mut told = Vec::new();
        for minute in 0..=20 {
            told.extend(dog.handle(minute * MINUTE, sight(9, 4, u64::from(minute))).map(|bark| bark.is_first));
        }
        assert_eq!((told, dog.barks()), (vec![true, false, false, false], 4));
        assert_eq!(dog.handle(21 * MINUTE, sight(9, 5, 21)), None);
        let again = dog.handle(26 * MINUTE, sight(9, 5, 22));
        assert_eq!(again, Some(Bark { standstill: 5 * MINUTE, is_first: true }), "a new standstill is told anew");
    }

    #[test]
    fn it_says_when_to_look_again() {
        let mut dog = Watchdog::new(5 * MINUTE);
        assert_eq!(dog.due(), None);
        dog.handle(MINUTE, sight(9, 4, 0));
        assert_eq!(dog.due(), Some(6 * MINUTE));
        dog.handle(2 * MINUTE, sight(9, 9, 1));
        assert_eq!(dog.due(), None);
    }

    #[test]
    fn a_clock_at_its_end_does_not_panic_it() {
        let mut dog = Watchdog::new(Duration::MAX);
        dog.handle(Duration::MAX, sight(u64::MAX, 0, u64::MAX));
        assert_eq!(dog.due(), None);
        assert_eq!(dog.handle(Duration::ZERO, sight(u64::MAX, 0, u64::MAX)), None);
    }
}
