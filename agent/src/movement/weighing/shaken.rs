//! From one level to another while the bench shakes.

use std::time::Duration;

use super::{
    State, Tally,
    doubt::Doubt,
    moving::Away,
    step::{Step, Stray},
    told::Told,
};

/// How long a level put in under vibration must stay before it counts: longer than a hand stays.
const PUT_HOLD: Duration = Duration::from_secs(30);

/// How sure a step under vibration must be.
const SURE_MIN: f64 = 0.98;

impl Tally {
    /// A full block under vibration: does it show a level?
    pub(super) fn look_through_shaking(&mut self, now: Duration) -> Option<Told> {
        let is_lifted = self.lifted.is_some();
        let State::Moving(moving) = &mut self.state else { return None };
        let piece = self.content.piece();
        let (Some(old), Some(seen)) = (moving.old(), moving.seen(piece, &self.noise)) else {
            return self.tick(now);
        };
        let is_under = self.content.over_tare(old.level() + seen.mean) < -piece;
        if is_lifted || is_under || !self.content.is_known() || moving.away() == Away::Restarted {
            return self.tick(now);
        }
        let variance = old.variance(&self.noise) + seen.mean_sd * seen.mean_sd;
        let level = old.level() + seen.mean;
        if moving.began_at(level, &self.noise) {
            return self.tick(now);
        }
        match self.content.judge(old.level(), level, variance, Stray::AfterHand) {
            Step::Pieces(pieces, sure) => {
                let at = moving.candidate(pieces, seen.mean, now, piece);
                let is_trusted =
                    sure >= SURE_MIN && (pieces < 0 || (seen.is_known_scatter && now.saturating_sub(at) >= PUT_HOLD));
                if !is_trusted {
                    return self.tick(now);
                }
                let began = moving.began().min(at);
                let (step, step_variance) = self.content.weight_of(pieces);
                // What the pieces should weigh is known better than what the shaking bench shows.
                let share = step_variance / (step_variance + variance);
                let level = old.level() + step + share * (seen.mean - step);
                moving
                    .step(now, old.moved_to(level, (old.variance(&self.noise) + step_variance * (1.0 - share)).sqrt()));
                self.crept += old.crept();
                self.content.step(pieces, sure, step);
                self.unknown = None;
                self.moved(began, at, pieces, sure)
            }
            Step::Same => {
                moving.is_calm(now);
                if self.unknown == Some(Doubt::Unsteady) {
                    self.unknown = None;
                }
                None
            }
            Step::NotWhole(..) => self.tick(now),
        }
    }
}
