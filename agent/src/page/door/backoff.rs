//! Who has to wait before the next try: a pure state machine of (state, event, now).
//!
//! Three counts, each of failures in a row: of a **source** (an address; of IPv6 the network, since a host has as many
//! addresses as it likes), of a **badge**, and of **all** together, which no number of sources gets around. Some failures are
//! free, people mistype; then each doubles the wait up to a longest. A success clears its source and its badge, never
//! the count of all. The wait of all is short, so that nobody can keep everybody out, and long enough that a PIN of six digits
//! lasts: 30 s a try is 2,880 tries a day at the most, half a year for half of a million.
//!
//! Time is that of the process. What is kept says how long is still to be waited, and a new process begins that wait
//! anew: a restart never shortens it, and no wall clock can.

use std::{collections::BTreeMap, fmt, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::status::problems::{PIN_STORM_OVER, PinStorm};

/// Sources and badges remembered, each. The one with the fewest failures goes; what a crowd of sources gains is what the count
/// of all leaves.
const REMEMBERED_MAX: usize = 256;

/// Characters of a badge that are remembered: more is no badge.
const BADGE_LEN_MAX: usize = 64;

/// How one of the counts grows.
#[derive(Debug, Clone, Copy)]
struct Terms {
    /// Failures without a wait.
    free: u32,
    first: Duration,
    longest: Duration,
    /// After so long without a failure it begins anew.
    forgotten_after: Duration,
}

const ONE: Terms = Terms {
    free: 4,
    first: Duration::from_secs(2),
    longest: Duration::from_secs(15 * 60),
    forgotten_after: Duration::from_secs(24 * 3_600),
};

const ALL: Terms = Terms {
    free: 30,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(30),
    forgotten_after: PIN_STORM_OVER,
};

/// Where an attempt comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source(String);

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_string()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    failures: u32,
    /// When the newest was.
    last: Duration,
    /// Until when nothing is tried.
    until: Duration,
}

/// All counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    sources: BTreeMap<String, Tally>,
    badges: BTreeMap<String, Tally>,
    all: Tally,
}

/// As it is kept: failures, and milliseconds still to be waited.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Written {
    #[serde(default)]
    sources: BTreeMap<String, (u32, u64)>,
    #[serde(default)]
    badges: BTreeMap<String, (u32, u64)>,
    #[serde(default)]
    all: (u32, u64),
}

impl Tally {
    fn wait(&self, now: Duration) -> Option<Duration> {
        let wait = self.until.saturating_sub(now);
        (wait > Duration::ZERO).then_some(wait)
    }

    fn fail(&mut self, terms: Terms, now: Duration) {
        if self.is_forgotten(terms, now) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        if let Some(beyond) = self.failures.checked_sub(terms.free + 1) {
            let doubled = 2_u32.checked_pow(beyond).and_then(|times| terms.first.checked_mul(times));
            self.until = now + doubled.unwrap_or(terms.longest).min(terms.longest);
        }
    }

    fn is_forgotten(&self, terms: Terms, now: Duration) -> bool {
        now.saturating_sub(self.last.max(self.until)) >= terms.forgotten_after
    }

    fn write(&self, now: Duration) -> (u32, u64) {
        (self.failures, u64::try_from(self.until.saturating_sub(now).as_millis()).unwrap_or(u64::MAX))
    }

    fn read((failures, wait_ms): (u32, u64), terms: Terms, now: Duration) -> Self {
        // A file that says more than there can be is believed up to there.
        Self { failures, last: now, until: now + Duration::from_millis(wait_ms).min(terms.longest) }
    }
}

impl Backoff {
    /// How long this attempt has to wait; `None`: it may be made.
    pub(super) fn wait(&self, source: &Source, badge: &str, now: Duration) -> Option<Duration> {
        let of = |tally: Option<&Tally>| tally.and_then(|tally| tally.wait(now));
        [of(self.sources.get(&source.0)), of(self.badges.get(&short(badge))), self.all.wait(now)]
            .into_iter()
            .flatten()
            .max()
    }

    /// A try was wrong; how long the next one of the same has to wait.
    pub(super) fn failed(&mut self, source: &Source, badge: &str, now: Duration) -> Duration {
        fail(&mut self.sources, &source.0, now);
        fail(&mut self.badges, &short(badge), now);
        self.all.fail(ALL, now);
        self.wait(source, badge, now).unwrap_or_default()
    }

    /// A try was right. Whether that changed anything that is kept.
    pub(super) fn succeeded(&mut self, source: &Source, badge: &str) -> bool {
        let cleared = [self.sources.remove(&source.0), self.badges.remove(&short(badge))];
        cleared.iter().any(Option::is_some)
    }

    /// Somebody who may has set a new PIN. Whether that changed anything that is kept.
    pub(super) fn forgive(&mut self, badge: &str) -> bool {
        self.badges.remove(&short(badge)).is_some()
    }

    /// Wrong tries in a row of all together, once they are more than people make; `None`: all is calm.
    pub(super) fn storm(&self) -> Option<PinStorm> {
        let Tally { failures, last, until } = self.all;
        (failures > ALL.free).then_some(PinStorm { tries: failures.into(), last, until })
    }

    /// What is kept of it.
    pub(super) fn write(&self, now: Duration) -> String {
        let write = |tallies: &BTreeMap<String, Tally>| {
            let live = tallies.iter().filter(|(_, tally)| !tally.is_forgotten(ONE, now));
            live.map(|(name, tally)| (name.clone(), tally.write(now))).collect()
        };
        let written = Written { sources: write(&self.sources), badges: write(&self.badges), all: self.all.write(now) };
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// What was kept, for a process that begins at `now`. What cannot be read is nothing.
    pub(super) fn read(text: &str, now: Duration) -> Self {
        let Written { sources, badges, all } = serde_json::from_str(text).unwrap_or_default();
        let read = |tallies: BTreeMap<String, (u32, u64)>| {
            tallies.into_iter().take(REMEMBERED_MAX).map(|(name, tally)| (name, Tally::read(tally, ONE, now))).collect()
        };
        Self { sources: read(sources), badges: read(badges), all: Tally::read(all, ALL, now) }
    }
}

fn short(badge: &str) -> String {
    badge.chars().take(BADGE_LEN_MAX).collect()
}

fn fail(tallies: &mut BTreeMap<String, Tally>, name: &str, now: Duration) {
    if !tallies.contains_key(name) && tallies.len() >= REMEMBERED_MAX {
        tallies.retain(|_, tally| !tally.is_forgotten(ONE, now));
        let least = tallies.iter().min_by_key(|(_, tally)| (tally.failures, tally.last)).map(|(name, _)| name.clone());
        if tallies.len() >= REMEMBERED_MAX
            && let Some(least) = least
        {
            tallies.remove(&least);
        }
    }
    tallies.entry(name.to_owned()).or_default().fail(ONE, now);
}

#[cfg(test)]
mod tests;
