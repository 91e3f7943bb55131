//! When a record that a hub refuses is given up.
//!
//! Not at once: a hub in trouble, or something before it, may refuse everything for a while, and what is given up is
//! declared lost.

use crate::record::Seq;

/// Refusals of a record that was sent alone, with growing waits between, until it is set aside.
pub(super) const STRIKES: u32 = 3;

/// Records set aside without one taken between them, after which it is the hub that is looked at askance.
const ASIDE_ROW: u32 = 10;

/// Refusals it takes then: at the longest wait some twenty minutes a record, so that a fault of the hub is found before
/// a backlog is given up.
const STRIKES_IN_A_ROW: u32 = 12;

/// What speaks against a record, and against the hub.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    /// The record that was refused alone, and how often.
    suspect: Option<(Seq, u32)>,
    /// Records set aside since the hub has taken one.
    aside_in_a_row: u32,
}

impl Suspicion {
    /// A record was refused alone: whether it is to be set aside now.
    pub(super) fn is_poison(&mut self, seq: Seq) -> bool {
        let strikes = match self.suspect {
            Some((suspect, strikes)) if suspect == seq => strikes + 1,
            Some(_) | None => 1,
        };
        let needed = if self.aside_in_a_row < ASIDE_ROW { STRIKES } else { STRIKES_IN_A_ROW };
        if strikes < needed {
            self.suspect = Some((seq, strikes));
            return false;
        }
        self.suspect = None;
        self.aside_in_a_row += 1;
        true
    }

    /// The hub has taken records: it is not the hub.
    pub(super) fn handle_taken(&mut self) {
        self.aside_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_that_refuses_one_after_the_other_is_looked_at_askance() {
        let mut suspicion = Suspicion::default();
        let strikes = |seq: u64, suspicion: &mut Suspicion| (1..).find(|_| suspicion.is_poison(Seq(seq)));
        for seq in 1..=u64::from(ASIDE_ROW) {
            assert_eq!(strikes(seq, &mut suspicion), Some(STRIKES));
        }
        assert_eq!(strikes(99, &mut suspicion), Some(STRIKES_IN_A_ROW));
        suspicion.handle_taken();
        assert_eq!(strikes(100, &mut suspicion), Some(STRIKES));
    }

    #[test]
    fn another_record_begins_anew() {
        let mut suspicion = Suspicion::default();
        for seq in [1, 2, 1, 2, 1, 2] {
            assert!(!suspicion.is_poison(Seq(seq)));
        }
    }
}
