//! A bin on its way from one rest to another.

use std::time::Duration;

use super::{
    noise::Noise,
    resting::Resting,
    run::{Grown, Run},
    shaking::{Seen, Shaking},
    touch::{Touch, Touches},
};

/// The scatter of the unrest is followed with this share of each reading that begins a new run.
const SCATTER_SHARE: f64 = 0.3;

/// What the scatter counts as at least (in standard deviations of rest) and at most (in pieces): however wild a hand,
/// three readings in a row by chance are what is feared.
const SCATTER_MIN_SDS: f64 = 3.0;
const SCATTER_MAX_PIECES: f64 = 3.0;

/// Readings that an unrest begins with on one level, so that no hand began it.
const FIRST_READINGS: u32 = 3;

/// Readings on the old level that end an unrest: they change nothing, so that a few are enough.
const BACK_READINGS: u32 = 3;

/// Whether readings came all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Away {
    Watched,
    /// The scale repeated itself; hands may have been there.
    Stuck,
    /// None came for a while; hands may have been there.
    Unheard,
    /// The scale may have started again; its zero may have moved.
    Restarted,
}

#[derive(Debug, Clone)]
pub(super) struct Moving {
    began: Duration,
    calm: Duration,
    old: Option<Resting>,
    away: Away,
    /// How long none came, in all.
    unheard: Duration,
    readings: u32,
    scatter: f64,
    run: Option<Run>,
    /// The run that the unrest began with, once it is over.
    first: Option<Run>,
    shaking: Shaking,
    touches: Touches,
    /// A change by so many pieces, as seen through vibration, and since when.
    candidate: Option<(i64, Duration)>,
}

impl Moving {
    pub(super) fn begin(now: Duration, old: Option<Resting>, away: Away) -> Self {
        Self {
            began: now,
            calm: now,
            old,
            away,
            unheard: Duration::ZERO,
            readings: 0,
            scatter: 0.0,
            run: None,
            first: None,
            shaking: Shaking::begin(now),
            touches: Touches::default(),
            candidate: None,
        }
    }

    /// The same unrest after the scale could not say for a while.
    pub(super) fn interrupted(&self, now: Duration, away: Away) -> Self {
        let away = if self.away == Away::Restarted { self.away } else { away };
        Self { began: self.began, unheard: self.unheard, ..Self::begin(now, self.old, away) }
    }

    pub(super) fn was_away(&mut self, silence: Duration) {
        if self.away != Away::Restarted {
            self.away = Away::Unheard;
        }
        self.handle_silence(silence);
        self.run = None;
    }

    /// Nothing could be heard for so long.
    pub(super) fn handle_silence(&mut self, silence: Duration) {
        self.unheard = self.unheard.saturating_add(silence);
    }

    pub(super) fn unheard(&self) -> Duration {
        self.unheard
    }

    /// Takes a reading. True when there is more to see through vibration.
    pub(super) fn push(&mut self, now: Duration, grams: f64, noise: &Noise, piece: f64) -> bool {
        let old = self.old.map_or(grams, |old| old.level());
        if self.readings == 0 {
            self.calm = now;
            self.scatter = if self.old.is_some() { (grams - old).abs() } else { piece };
        }
        self.readings = self.readings.saturating_add(1);
        let unrest = self.scatter.min(SCATTER_MAX_PIECES * piece).max(SCATTER_MIN_SDS * noise.sd());
        match &mut self.run {
            None => self.run = Some(Run::begin(now, grams)),
            Some(run) => {
                let ended = *run;
                match run.push(now, grams, noise, unrest) {
                    Grown::On => {}
                    Grown::Over(off) => {
                        self.scatter += SCATTER_SHARE * (off - self.scatter);
                        self.touches.handle_ended(&ended, self.readings - 1);
                        if ended.readings() == self.readings - 1 {
                            self.first = Some(ended);
                        }
                    }
                }
            }
        }
        self.shaking.push(now, grams - old, piece)
    }

    /// One reading away and the next one back: it was none.
    pub(super) fn is_spike(&self, grams: f64, noise: &Noise) -> bool {
        self.readings == 1
            && self.away == Away::Watched
            && self.old.is_some_and(|old| (grams - old.level()).abs() <= noise.gate())
    }

    /// Whether the last run of readings is a rest whose level is known within `sd`.
    pub(super) fn is_rest(&self, now: Duration, readings: u32, noise: &Noise, sd: f64) -> bool {
        let Some(run) = &self.run else { return false };
        let is_back = self.away == Away::Watched
            && run.readings() >= BACK_READINGS
            && self.old.is_some_and(|old| (run.mean() - old.level()).abs() <= noise.gate() / 2.0);
        let is_known = noise.sd() * noise.sd() <= sd * sd * f64::from(run.readings()) || readings == 1;
        is_back || (is_known && run.is_rest(now, readings))
    }

    /// Whether the last run is a rest even where a hand may lie in the bin.
    pub(super) fn is_no_hand(&self, noise: &Noise, tremble: f64) -> bool {
        self.run.as_ref().is_some_and(|run| run.is_no_hand(noise, tremble))
    }

    /// The rest that the last run is, and since when.
    pub(super) fn rest(&self) -> Option<(Duration, Resting)> {
        self.run.as_ref().map(|run| (run.since(), Resting::begin(run)))
    }

    /// Whether the weight went from one rest to another between two readings.
    pub(super) fn is_instant(&self, noise: &Noise) -> bool {
        self.run.as_ref().is_some_and(|run| run.readings() == self.readings || self.began_at(run.mean(), noise))
    }

    /// Whether the unrest began on that level; what threw the weight came later.
    pub(super) fn began_at(&self, level: f64, noise: &Noise) -> bool {
        self.first
            .as_ref()
            .is_some_and(|first| first.readings() >= FIRST_READINGS && (first.mean() - level).abs() <= noise.gate())
    }

    /// What the last seconds show through vibration.
    pub(super) fn seen(&mut self, piece: f64, noise: &Noise) -> Option<Seen> {
        self.shaking.seen(piece, noise)
    }

    /// A level between two acts of `pieces` in all that `fits`.
    pub(super) fn touched(&self, pieces: i64, fits: impl Fn(&Touch) -> bool) -> Option<Touch> {
        let run = self.run.as_ref()?;
        self.touches.between(pieces, self.readings.saturating_sub(run.readings()), run.since(), fits)
    }

    /// When the weight turned from the old level to one `change` away, which it had at `since` at the latest.
    pub(super) fn turned(&self, since: Duration, change: f64, piece: f64) -> Duration {
        self.shaking.turned(since, change, piece).map_or(since, |turned| turned.min(since))
    }

    /// Under vibration, the level shows a change by so many pieces, `change` grams. Since when it does.
    pub(super) fn candidate(&mut self, pieces: i64, change: f64, now: Duration, piece: f64) -> Duration {
        match self.candidate {
            Some((same, at)) if same == pieces => at,
            Some(_) | None => {
                let at = self.turned(now, change, piece);
                self.candidate = Some((pieces, at));
                at
            }
        }
    }

    /// Under vibration, a new level is taken for known.
    pub(super) fn step(&mut self, now: Duration, old: Resting) {
        self.old = Some(old);
        self.began = now;
        self.calm = now;
        self.candidate = None;
        self.shaking.restart(now);
    }

    /// Under vibration, the level is the old one.
    pub(super) fn is_calm(&mut self, now: Duration) {
        self.calm = now;
        self.began = now;
        self.candidate = None;
    }

    /// Whether any reading came.
    pub(super) fn is_heard(&self) -> bool {
        self.readings > 0
    }

    pub(super) fn began(&self) -> Duration {
        self.began
    }

    /// When the level was last known.
    pub(super) fn calm(&self) -> Duration {
        self.calm
    }

    pub(super) fn old(&self) -> Option<Resting> {
        self.old
    }

    pub(super) fn away(&self) -> Away {
        self.away
    }
}
