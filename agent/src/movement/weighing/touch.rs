//! Levels that an unrest touched on its way: two acts so close that the weight hardly rested between them.
//!
//! Owns the last few runs that ended before they were believed. A single reading on a whole number of pieces between two
//! hands says little, so that it is asked for more: hands before and after it, and no more than two pieces in all.

use std::time::Duration;

use super::run::Run;

/// Ended runs remembered: a hand stays for ten readings or so.
const TOUCHES: usize = 12;

/// Readings a hand takes at least.
const HAND_READINGS: u32 = 3;

/// Pieces in all of which one reading, or two, may make two acts: of more, chance finds a level between too easily.
const ONE_READING_MAX: u64 = 2;
const TWO_READINGS_MAX: u64 = 4;

/// A single reading is not older than a quick second act.
const ONE_READING_AGE_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    pub(super) level: f64,
    pub(super) at: Duration,
    pub(super) readings: u32,
    /// Readings of the unrest before it.
    before: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Touches {
    held: [Option<Touch>; TOUCHES],
    next: usize,
}

impl Touches {
    /// A run has ended; `readings` of the unrest are with it and before it.
    pub(super) fn handle_ended(&mut self, run: &Run, readings: u32) {
        let touch = Touch {
            level: run.mean(),
            at: run.since(),
            readings: run.readings(),
            before: readings.saturating_sub(run.readings()),
        };
        self.held[self.next % TOUCHES] = Some(touch);
        self.next += 1;
    }

    /// The longest that `fits` as a level between two acts of `pieces` in all, with `readings` of unrest before the rest.
    pub(super) fn between(
        &self,
        pieces: i64,
        readings: u32,
        rest_since: Duration,
        fits: impl Fn(&Touch) -> bool,
    ) -> Option<Touch> {
        let is_between = |touch: &Touch| {
            let after = readings.saturating_sub(touch.before + touch.readings);
            let is_plain = match touch.readings {
                0 | 1 => {
                    pieces.unsigned_abs() <= ONE_READING_MAX
                        && rest_since.saturating_sub(touch.at) <= ONE_READING_AGE_MAX
                }
                2 => pieces.unsigned_abs() <= TWO_READINGS_MAX,
                3.. => true,
            };
            is_plain && touch.before >= HAND_READINGS && after >= HAND_READINGS && fits(touch)
        };
        self.held.iter().flatten().filter(|touch| is_between(touch)).max_by_key(|touch| touch.readings).copied()
    }
}
