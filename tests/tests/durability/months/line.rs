//! The line between site and hub: down for seconds or weeks, and when it is up it loses, doubles, delays and reorders.

use sim::Random;

use super::{
    super::power::percent,
    month::{MINUTE, SECOND},
    trouble::Plan,
};

/// The line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) is_up: bool,
    /// Of a hundred messages.
    loses: u64,
    doubles: u64,
    /// Milliseconds that a message takes at most, but for those that are late.
    slow: u64,
}

impl Line {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { is_up: true, loses: plan.loses, doubles: plan.doubles, slow: plan.slow }
    }

    /// From now on it is a good one.
    pub(super) fn is_mended(&mut self) {
        *self = Self { is_up: true, loses: 0, doubles: 0, slow: 50 };
    }

    /// When a message comes, in milliseconds; `None`: never.
    pub(super) fn delay(&self, random: &mut Random) -> Option<u64> {
        if percent(random, self.loses) {
            return None;
        }
        // A few come when nobody waits for them any more.
        let is_late = self.slow > SECOND && percent(random, 2);
        Some(1 + random.below(if is_late { 10 * MINUTE } else { self.slow }))
    }

    pub(super) fn doubles(&self, random: &mut Random) -> bool {
        percent(random, self.doubles)
    }
}
