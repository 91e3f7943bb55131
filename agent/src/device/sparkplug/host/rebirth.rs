//! When to ask a node for its births.
//!
//! Owns the spacing of requests: a rebirth is the largest message a node has, and a node whose sequence is always wrong
//! would otherwise be asked with every message. Must not know why a rebirth is wanted.

/// After the first request, which goes out at once.
const SPACING_MS: u64 = 5_000;
const SPACING_MAX_MS: u64 = 300_000;
/// A birth that held this long was worth its request: the next trouble is a new one.
const CALM_MS: u64 = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rebirth {
    wanted: bool,
    not_before_ms: u64,
    spacing_ms: u64,
    born_ms: Option<u64>,
}

impl Rebirth {
    pub(super) const fn new() -> Self {
        Self { wanted: false, not_before_ms: 0, spacing_ms: SPACING_MS, born_ms: None }
    }

    /// A birth is wanted, but may come by itself until `not_before_ms`.
    pub(super) const fn expect(&mut self, not_before_ms: u64) {
        *self = Self { wanted: true, not_before_ms, ..Self::new() };
    }

    /// A birth is wanted; `true` when it is to be asked for now.
    pub(super) fn want(&mut self, now_ms: u64) -> bool {
        if !self.wanted && self.born_ms.is_some_and(|born_ms| now_ms.saturating_sub(born_ms) >= CALM_MS) {
            *self = Self::new();
        }
        self.wanted = true;
        // Talking is proof that the node is there: what was to wait for it to come by itself need not.
        if self.spacing_ms == SPACING_MS {
            self.not_before_ms = now_ms.min(self.not_before_ms);
        }
        self.is_due(now_ms)
    }

    /// Whether to ask now, and if so, counts it as asked.
    pub(super) const fn is_due(&mut self, now_ms: u64) -> bool {
        if !self.wanted || now_ms < self.not_before_ms {
            return false;
        }
        self.not_before_ms = now_ms.saturating_add(self.spacing_ms);
        self.spacing_ms = if self.spacing_ms < SPACING_MAX_MS / 2 { self.spacing_ms * 2 } else { SPACING_MAX_MS };
        true
    }

    pub(super) const fn due_ms(&self) -> Option<u64> {
        if self.wanted { Some(self.not_before_ms) } else { None }
    }

    /// The birth has come.
    pub(super) const fn handle_born(&mut self, now_ms: u64) {
        self.wanted = false;
        self.born_ms = Some(now_ms);
    }

    /// There is nobody to ask.
    pub(super) const fn cancel(&mut self) {
        self.wanted = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_spaced_ever_wider_up_to_five_minutes() {
        let mut rebirth = Rebirth::new();
        let asked: Vec<u64> = (0..1_500).map(|second| second * 1_000).filter(|now| rebirth.want(*now)).collect();
        assert_eq!(asked, [0, 5_000, 15_000, 35_000, 75_000, 155_000, 315_000, 615_000, 915_000, 1_215_000]);
    }

    #[test]
    fn a_birth_that_did_not_hold_leaves_the_spacing_as_it_was() {
        let mut rebirth = Rebirth::new();
        let mut asked = Vec::new();
        for now_ms in (0..100_000).step_by(1_000) {
            if rebirth.want(now_ms) {
                asked.push(now_ms);
                rebirth.handle_born(now_ms + 100);
            }
        }
        assert_eq!(asked, [0, 5_000, 15_000, 35_000, 75_000]);
    }

    #[test]
    fn a_birth_that_held_starts_over() {
        let mut rebirth = Rebirth::new();
        assert!(rebirth.want(0) && !rebirth.want(1_000) && rebirth.want(5_000));
        rebirth.handle_born(6_000);
        assert_eq!(rebirth.due_ms(), None);
        assert!(rebirth.want(66_000));
        assert_eq!(rebirth.due_ms(), Some(71_000));
    }

    #[test]
    fn a_birth_that_did_not_hold_does_not_come_to_hold_while_the_next_is_waited_for() {
        let mut rebirth = Rebirth::new();
        rebirth.handle_born(0);
        let asked: Vec<u64> = (1..200).map(|second| second * 1_000).filter(|now| rebirth.want(*now)).collect();
        assert_eq!(asked, [1_000, 6_000, 16_000, 36_000, 76_000, 156_000]);
    }

    #[test]
    fn a_birth_that_may_come_by_itself_is_asked_for_when_it_has_not_or_when_the_node_talks() {
        let mut rebirth = Rebirth::new();
        rebirth.expect(2_000);
        assert!(!rebirth.is_due(1_999) && rebirth.is_due(2_000));
        rebirth.expect(2_000);
        assert!(rebirth.want(500));
        rebirth.cancel();
        assert!(!rebirth.is_due(u64::MAX));
    }
}
