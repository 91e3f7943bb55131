//! From unrest to rest: what the step between two rests was.
//!
//! Owns what the arithmetic of [`step`](super::step) cannot know: whether a hand was there, whether the bin was, and how
//! long to wait before something strange is believed.

use std::time::Duration;

use super::{
    Hand, Lifted, State, Tally,
    doubt::Doubt,
    mass,
    moving::{Away, Moving},
    resting::Resting,
    step::{Step, Stray},
    told::Told,
    touch::Touch,
};

/// How long a strange weight must rest before it is told: a quiet hand is gone by then.
const STRANGE_HOLD: Duration = Duration::from_secs(5);

/// A hand that lies in the bin trembles by so many pieces at least.
const TREMBLE: f64 = 0.4;

/// How sure a level between two acts must be.
const TOUCH_SURE: f64 = 0.9;

/// Divisions below the empty container before the bin counts as lifted off; or the part of a piece, if that is more.
const LIFTED_DIVISIONS: f64 = 3.0;
const LIFTED_PIECES: f64 = 0.3;
/// More than this share of the container gone is the container gone.
const LIFTED_SHARE: f64 = 0.5;

/// A scale as slow as this sees only some of the hands.
const HANDS_SEEN: Duration = Duration::from_millis(400);
/// Acts that showed a hand before one that does not is taken for no act, where the scale does not tremble by itself.
const HANDS_KNOWN: u32 = 2;
/// Acts that showed a hand for each that did not, where one that does not is taken for no act.
const HANDS_LEARNED: u32 = 10;

/// A hand that came this near before was the same act: a swing of it can pass for the old level.
const STIRRED: Duration = Duration::from_secs(2);

/// How much of a count's certainty is left when it changed while the scale was restarting: its zero moves then.
const SURE_RESTARTED: f64 = 0.6;

/// A step between two rests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    now: Duration,
    /// When the new rest began.
    pub(super) since: Duration,
    pub(super) old: Resting,
    pub(super) new: Resting,
    pub(super) grams: f64,
    away: Away,
    /// No hand was seen.
    is_untouched: bool,
}

impl Tally {
    /// The bin has come to rest.
    pub(super) fn settle(&mut self, now: Duration) -> Option<Told> {
        let State::Moving(moving) = &self.state else { return None };
        let (since, new) = moving.rest()?;
        if self.is_off_scale(moving, &new) {
            return self.settle_off_scale(since, new);
        }
        let Some(old) = self.lifted.map(|lifted| lifted.level).or(moving.old()).filter(|_| self.content.is_known())
        else {
            return self.settle_first(new);
        };
        let (before, after) = (old.level(), new.level());
        let variance = old.variance(&self.noise) + new.variance(&self.noise);
        let step = self.content.judge(before, after, variance, self.stray(moving));
        let is_untouched = self.is_untouched(moving);
        let change = Change { now, since, old, new, grams: after - before, away: moving.away(), is_untouched };
        match step {
            Step::Same => self.settle_same(&change),
            Step::Pieces(pieces, sure) => self.settle_pieces(&change, pieces, sure),
            Step::NotWhole(nearest, off) => self.settle_strange(&change, nearest, off),
        }
    }

    fn settle_same(&mut self, change: &Change) -> Option<Told> {
        let Change { old, new, grams, since, .. } = *change;
        let is_near = grams.abs() <= self.noise.gate() / 2.0;
        // Under vibration a few readings may agree a little off the level by chance; creep takes its time.
        if !is_near && change.away == Away::Watched && self.lifted.is_none() && !self.is_held(change) {
            return None;
        }
        self.stirred = Some(change.now);
        let was_lifted = self.lifted.take().is_some();
        let was_unknown = matches!(self.unknown, Some(Doubt::Scale(_)));
        if let Some(foreign) = self.content.takes_foreign(old.level(), new.level(), 0) {
            self.remove_foreign(foreign);
            self.rest_at(new);
            return Some(Told::Foreign { at: since, nearest: 0, off: -foreign / self.content.piece() });
        }
        if is_near {
            // A few readings say less of the level than all those before the unrest.
            self.rest_at(old.returned());
        } else {
            self.crept += old.crept() + if old.is_seen_shaking() { 0.0 } else { grams };
            self.rest_at(new);
        }
        self.watch_creep();
        if was_lifted {
            Some(Told::Returned { at: since })
        } else if was_unknown {
            self.content.counted().map(Told::Level)
        } else {
            None
        }
    }

    fn settle_pieces(&mut self, change: &Change, pieces: i64, sure: f64) -> Option<Told> {
        let Change { old, new, grams, since, .. } = *change;
        let State::Moving(moving) = &self.state else { return None };
        let piece = self.content.piece();
        // A hand adds weight and takes none: what came has to lie stiller than what went.
        if pieces > 0 && self.readings > 1 && !moving.is_no_hand(&self.noise, TREMBLE * piece) {
            return None;
        }
        let is_watched = change.away == Away::Watched && self.lifted.is_none();
        let variance = old.variance(&self.noise) + new.variance(&self.noise);
        if self.content.may_be_strange(old.level(), new.level(), variance, pieces) && !self.is_held(change) {
            return None;
        }
        if is_watched && change.is_untouched && self.expects_hands() {
            return if self.is_held(change) { self.settle_untouched(change, pieces, sure) } else { None };
        }
        let sure = if change.away == Away::Restarted { sure * SURE_RESTARTED } else { sure };
        // From where it came: for a lifted bin that is not where it was.
        let turn = moving.old().map_or(grams, |from| new.level() - from.level());
        let at = moving.turned(since, turn, piece);
        let began = moving.began();
        let first = self.first_of_two(moving, &old, pieces).filter(|_| is_watched && at == since);
        if is_watched {
            let seen = if change.is_untouched { &mut self.no_hands } else { &mut self.hands };
            *seen = seen.saturating_add(1);
        }
        if let Some(foreign) = self.content.takes_foreign(old.level(), new.level(), pieces) {
            self.remove_foreign(foreign);
        }
        self.crept += old.crept();
        self.lifted = None;
        self.rest_at(new);
        let Some((first, level, first_at)) = first else {
            self.content.step(pieces, sure, grams);
            self.watch_level();
            return self.moved(began.min(at), at, pieces, sure);
        };
        self.content.step(first, sure, level - old.level());
        let told = self.moved(began.min(first_at), first_at, first, sure);
        self.content.step(pieces - first, 1.0, new.level() - level);
        self.watch_level();
        self.pending = self.moved(first_at, at, pieces - first, sure);
        told
    }

    fn settle_strange(&mut self, change: &Change, nearest: i64, off: f64) -> Option<Told> {
        if !self.is_held(change) {
            return None;
        }
        let would_be_seen = self.sees_hands() || change.away != Away::Watched;
        let may_shift = self.lifted.is_none_or(|lifted| lifted.hand == Hand::NotSeen);
        if may_shift && would_be_seen && change.is_untouched {
            return Some(self.shift(change));
        }
        self.crept += change.old.crept();
        self.content.add_foreign(change.grams);
        self.reservation = Some(Doubt::Foreign(mass(self.content.foreign())));
        self.lifted = None;
        self.rest_at(change.new);
        Some(Told::Foreign { at: change.since, nearest, off })
    }

    fn settle_off_scale(&mut self, since: Duration, new: Resting) -> Option<Told> {
        if let Some(told) = self.taken_while_lifted(new) {
            return Some(told);
        }
        let State::Moving(moving) = &self.state else { return None };
        let is_news = self.lifted.is_none() && self.content.is_known();
        if let Some(level) = moving.old().filter(|_| is_news) {
            self.lifted = Some(Lifted { level, hand: self.hand(moving) });
        }
        self.rest_at(new);
        self.unknown = Some(Doubt::Lifted);
        is_news.then_some(Told::Lifted { at: since })
    }

    fn settle_first(&mut self, new: Resting) -> Option<Told> {
        self.lifted = None;
        let known = self.content.first(self.books, new.level(), self.noise.sd(), self.noise.division());
        self.rest_at(new);
        match known {
            Ok(()) => self.content.counted().map(Told::Level),
            Err(off) => {
                self.unknown = Some(Doubt::NotWhole(off));
                None
            }
        }
    }

    /// All weights have moved: the count of before is that of now.
    pub(super) fn shift(&mut self, change: &Change) -> Told {
        let by = mass(change.grams);
        self.content.shift(change.grams);
        self.reservation = Some(Doubt::ZeroShift(by));
        self.lifted = None;
        self.rest_at(change.new);
        Told::ZeroShift { at: change.since, by }
    }

    fn remove_foreign(&mut self, foreign: f64) {
        self.content.remove_foreign(foreign);
        let left = self.content.foreign();
        self.reservation = (left != 0.0).then(|| Doubt::Foreign(mass(left)));
    }

    /// The first of two acts of `pieces` in all, if the weight touched a level between them: how many, to which level, when.
    fn first_of_two(&self, moving: &Moving, old: &Resting, pieces: i64) -> Option<(i64, f64, Duration)> {
        // Pieces poured in touch many levels on their way.
        if pieces > -2 {
            return None;
        }
        let first = |touch: &Touch| {
            let variance = old.variance(&self.noise) + self.noise.variance_of_mean(touch.readings.into());
            let step = self.content.judge(old.level(), touch.level, variance, Stray::AfterHand);
            let Step::Pieces(first, sure) = step else { return None };
            let is_part = first.signum() == pieces.signum() && first.unsigned_abs() < pieces.unsigned_abs();
            (is_part && sure >= TOUCH_SURE).then_some(first)
        };
        let touch = moving.touched(pieces, |touch| first(touch).is_some())?;
        Some((first(&touch)?, touch.level, touch.at))
    }

    /// Whether the container is gone. Far below its weight it is; a little below, the zero may have drifted, and what the
    /// pieces explain they explain better.
    fn is_off_scale(&self, moving: &Moving, new: &Resting) -> bool {
        let under = -self.content.over_tare(new.level());
        let floor = (LIFTED_DIVISIONS * self.noise.division()).max(LIFTED_PIECES * self.content.piece());
        if under <= floor {
            return false;
        }
        let Some(old) = moving.old().filter(|_| self.lifted.is_none()) else { return true };
        let container = self.load.tare.as_grams();
        if container > 0.0 && under > LIFTED_SHARE * container {
            return true;
        }
        let variance = old.variance(&self.noise) + new.variance(&self.noise);
        let stray = self.stray(moving);
        stray != Stray::Untouched
            && matches!(self.content.judge(old.level(), new.level(), variance, stray), Step::NotWhole(..))
    }

    /// How likely the change is something else than pieces.
    fn stray(&self, moving: &Moving) -> Stray {
        if let Some(lifted) = self.lifted {
            let is_carried = lifted.hand != Hand::NotSeen || self.hand(moving) != Hand::NotSeen;
            if is_carried { Stray::AfterHandUnheard } else { Stray::gone() }
        } else if moving.away() != Away::Watched {
            if moving.is_instant(&self.noise) {
                Stray::unheard(moving.unheard(), moving.away())
            } else {
                Stray::AfterHandUnheard
            }
        } else if self.is_untouched(moving) && self.sees_hands() {
            Stray::Untouched
        } else {
            Stray::AfterHand
        }
    }

    /// Pieces taken by a hand from a bin that was thought off its scale: it stood there all the time, and what moved was
    /// the zero, as of a node that started again and zeroed itself under load.
    fn taken_while_lifted(&mut self, new: Resting) -> Option<Told> {
        let State::Moving(moving) = &self.state else { return None };
        let (before, below) = (self.lifted?.level, moving.old()?);
        if moving.away() != Away::Watched || self.is_untouched(moving) {
            return None;
        }
        let variance = below.variance(&self.noise) + new.variance(&self.noise);
        let judged = self.content.judge(below.level(), new.level(), variance, Stray::AfterHand);
        let Step::Pieces(pieces @ ..0, sure) = judged else { return None };
        let by = below.level() - before.level();
        self.content.shift(by);
        self.content.step(pieces, sure, new.level() - below.level());
        self.lifted = None;
        self.reservation = Some(Doubt::ZeroShift(mass(by)));
        let (began, at) = (moving.began(), new.since());
        self.rest_at(new);
        self.moved(began.min(at), at, pieces, sure)
    }

    /// Whether the new rest lasts long enough to believe something strange of it.
    fn is_held(&self, change: &Change) -> bool {
        self.readings == 1 || change.now.saturating_sub(change.since) >= STRANGE_HOLD
    }

    /// Whether the weight went from one rest to another between two readings, and nothing had stirred just before.
    fn is_untouched(&self, moving: &Moving) -> bool {
        let stirred = self.stirred.is_some_and(|stirred| moving.began().saturating_sub(stirred) < STIRRED);
        moving.is_instant(&self.noise) && !stirred
    }

    /// Whether a hand was at what is moving.
    fn hand(&self, moving: &Moving) -> Hand {
        match (self.is_untouched(moving), moving.away()) {
            (false, _) => Hand::Seen,
            (true, Away::Watched) if self.sees_hands() => Hand::NotSeen,
            (true, _) => Hand::Unknown,
        }
    }

    /// Whether the scale is quick enough to see every hand.
    fn sees_hands(&self) -> bool {
        self.pace.step() <= HANDS_SEEN
    }

    /// Whether acts here show a hand, so that one that does not is none. So it is until two in a row did not; a scale that
    /// smooths what it shows has to show some first.
    fn expects_hands(&self) -> bool {
        let are_known = self.hands >= HANDS_KNOWN || self.noise.trembles();
        self.sees_hands() && are_known && self.hands >= self.no_hands.saturating_mul(HANDS_LEARNED)
    }
}
