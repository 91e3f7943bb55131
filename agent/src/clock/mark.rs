//! Marked records, and the `clock` record that puts them right.
//!
//! Pure. A marked record says how long after its boot it was made, so all that is missing is when that boot began, and
//! this is known as soon as the clock of the same boot is trusted: also after a restart of the agent, never after one of
//! the machine. What was made in a boot whose beginning was never known stays marked for good.
//!
//! A `clock` record follows the records that it puts right, in the same feed. Whatever was marked before and is written
//! after it is put right by the next.

use std::collections::BTreeMap;

use gateway_proto::{
    name::{FeedName, Text},
    record::{ClockOffset, Record, UntrustedClock},
    time::WallTime,
};

/// When a boot began, by a clock that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zero {
    pub boot: Text,
    /// Now.
    pub at: WallTime,
    /// When the boot's own clock was at zero.
    pub zero: WallTime,
}

/// For each feed, the newest marked record that no `clock` record of its boot has followed. One a feed: of an earlier boot
/// nothing will ever be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    feeds: BTreeMap<FeedName, Mark>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    at: WallTime,
    clock: UntrustedClock,
}

/// The boot of a system that does not say which boot it is. Two such boots cannot be told apart.
pub(super) fn unknown_boot() -> Text {
    "unknown".parse().expect("a valid text")
}

impl Marks {
    /// Takes a record in the order of its feed.
    pub fn take(&mut self, feed: &FeedName, record: &Record) {
        match record {
            Record::Movement(movement) => self.written(feed, movement.at, movement.clock.as_ref()),
            Record::Count(count) => self.written(feed, count.at, count.clock.as_ref()),
            Record::Clock(offset) => self.put_right(feed, &offset.boot),
            Record::Checkpoint(_) | Record::Order(_) | Record::Health(_) | Record::Unknown(_) => {}
        }
    }

    /// A record was written to a feed, marked or not.
    pub fn written(&mut self, feed: &FeedName, at: WallTime, clock: Option<&UntrustedClock>) {
        if let Some(clock) = clock {
            self.feeds.insert(feed.clone(), Mark { at, clock: clock.clone() });
        }
    }

    /// A `clock` record of this boot was written to a feed.
    pub fn put_right(&mut self, feed: &FeedName, boot: &Text) {
        if self.feeds.get(feed).is_some_and(|mark| mark.clock.boot == *boot) {
            self.feeds.remove(feed);
        }
    }

    /// The `clock` records that are due, one a feed.
    #[must_use]
    pub fn due(&self, known: &Zero) -> Vec<(FeedName, ClockOffset)> {
        if known.boot == unknown_boot() {
            return Vec::new();
        }
        let of_boot = self.feeds.iter().filter(|(_, mark)| mark.clock.boot == known.boot);
        of_boot.map(|(feed, mark)| (feed.clone(), mark.offset(known))).collect()
    }

    /// Whether there is any record to be put right, of whatever boot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }
}

impl Mark {
    fn offset(&self, known: &Zero) -> ClockOffset {
        let mono_ms = i64::try_from(self.clock.mono_ms).unwrap_or(i64::MAX);
        let right = known.zero.millis().saturating_add(mono_ms);
        ClockOffset {
            at: known.at,
            boot: known.boot.clone(),
            // By the newest record. Where the clock was set more than once meanwhile only `zero` is right for all.
            offset_ms: right.saturating_sub(self.at.millis()),
            zero: Some(known.zero),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: i64 = 1_795_000_000_000;

    fn feed(name: &str) -> FeedName {
        name.parse().unwrap()
    }

    fn known(boot: &str) -> Zero {
        let (at, zero) = (WallTime::from_millis(ZERO + 90_000), WallTime::from_millis(ZERO));
        Zero { boot: boot.parse().unwrap(), at, zero }
    }

    fn mark(marks: &mut Marks, feed_name: &str, boot: &str, at: i64, mono_ms: u64) {
        let clock = UntrustedClock { boot: boot.parse().unwrap(), mono_ms };
        marks.written(&feed(feed_name), WallTime::from_millis(at), Some(&clock));
    }

    #[test]
    fn each_feed_with_marked_records_of_this_boot_gets_one_and_only_then() {
        let mut marks = Marks::default();
        assert!(marks.is_empty());
        mark(&mut marks, "acme", "b1", 5_000, 60_000);
        mark(&mut marks, "acme", "b1", 6_000, 61_000);
        mark(&mut marks, "boltco", "b0", 1_000, 10_000);
        marks.written(&feed("clean"), WallTime::from_millis(ZERO), None);
        let due = marks.due(&known("b1"));
        let [(to, offset)] = &due[..] else { panic!("{due:?}") };
        assert_eq!((to, offset.zero), (&feed("acme"), Some(WallTime::from_millis(ZERO))));
        assert_eq!(6_000 + offset.offset_ms, ZERO + 61_000, "what the wall said, put right");
        marks.take(to, &Record::Clock(offset.clone()));
        assert_eq!(marks.due(&known("b1")), []);
        mark(&mut marks, "acme", "b1", 7_000, 62_000);
        assert_eq!(marks.due(&known("b1")).len(), 1, "marked before, written after: once more");
    }

    #[test]
    fn nothing_is_said_of_another_boot_nor_of_one_without_a_name() {
        let mut marks = Marks::default();
        mark(&mut marks, "acme", "b0", 5_000, 60_000);
        assert_eq!(marks.due(&known("b1")), []);
        marks.put_right(&feed("acme"), &"b1".parse().unwrap());
        assert_eq!(marks.due(&known("b0")).len(), 1);
        mark(&mut marks, "acme", "unknown", 5_000, 60_000);
        assert_eq!(marks.due(&known("unknown")), []);
    }
}
