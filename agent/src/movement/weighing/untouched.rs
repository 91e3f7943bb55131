//! Steps of whole pieces between two readings, with no hand seen by a scale quick enough to see one.
//!
//! Owns the bet: at 4 readings a second hands show, so that such a step is a shift of the zero. Where they do not show after
//! all, a second step tells, and the first is made good. Must not know how a rest is found.

use super::{Tally, doubt::Doubt, settling::Change, step::Stray, told::Told};

/// Steps of whole pieces with no hand seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspect {
    pieces: i64,
    sure: f64,
    grams: f64,
    /// How much likelier acts are than shifts: the log of it.
    odds: f64,
}

/// Before any act was seen, how many of the scales that are quick enough to see hands do not; fewer with each act that
/// showed one.
const HANDLESS: f64 = 0.02;

impl Tally {
    /// Whole pieces with no hand, where hands show: a shift. Unless it is not the first: a zero that moves time and again
    /// by numbers of pieces is none, it is people whose hands do not show.
    pub(super) fn settle_untouched(&mut self, change: &Change, pieces: i64, sure: f64) -> Option<Told> {
        let variance = change.old.variance(&self.noise) + change.new.variance(&self.noise);
        let odds = self.content.odds(change.old.level(), change.new.level(), variance, pieces, Stray::no_hand());
        let this = Suspect { pieces, sure, grams: change.grams, odds };
        let before = self.suspect.take();
        if self.content.is_shift_back(change.grams) {
            return Some(self.shift(change));
        }
        let Some(before) = before else {
            self.suspect = Some(this);
            return Some(self.shift(change));
        };
        let both = Suspect {
            pieces: before.pieces.saturating_add(pieces),
            sure: before.sure * sure,
            grams: before.grams + change.grams,
            odds: before.odds + odds,
        };
        if both.odds + (HANDLESS / f64::from(self.hands.saturating_add(1))).ln() < 0.0 {
            self.suspect = Some(both);
            return Some(self.shift(change));
        }
        self.no_hands = self.no_hands.saturating_add(2);
        self.content.shift(-before.grams);
        self.content.step(both.pieces, both.sure, both.grams);
        self.reservation = self.reservation.filter(|doubt| !matches!(doubt, Doubt::ZeroShift(_)));
        self.crept += change.old.crept();
        self.rest_at(change.new);
        self.watch_level();
        self.moved(change.since, change.since, both.pieces, both.sure)
    }
}
