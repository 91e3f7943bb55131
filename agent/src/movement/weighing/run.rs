//! Whether the last readings are a rest: a sequential probability ratio test (A. Wald, "Sequential Analysis", 1947).
//!
//! Two causes could have produced the readings since the last one that did not fit: the scale's own noise around one
//! level, or a hand, a shaking bench, parts still falling, whose scatter has been seen just before. Each reading weighs
//! for one or the other. So a wild hand is told from rest by the third quiet reading, and a hand that lies almost still
//! by the tenth, without a count of readings that is either too hasty or too slow. Owns the run of readings; must not
//! know pieces.

use std::time::Duration;

use super::noise::Noise;

/// Rest is believed when it explains the readings this many e-folds better: one false rest in e^9 = 8000 runs.
const BELIEVED: f64 = 9.0;

/// A run that unrest explains better by this much is over.
const DISBELIEVED: f64 = -2.0;

/// A hand that lies almost still has many readings in which to seem still: so many more are asked for.
const CHANCES: f64 = 2.0;

/// What a reading says at least where a hand trembles no more than the scale does.
const PER_READING_MIN: f64 = 0.25;

/// A reading further from the mean of its run than this many standard deviations begins a new run.
const OUT_SDS: f64 = 4.0;

/// The least time a rest takes: a hand passing through is quicker, and some scales repeat one value many times a second.
const STEADY: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    mean: f64,
    readings: u32,
    belief: f64,
    since: Duration,
    last: f64,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Grown {
    /// The reading belongs to it.
    On,
    /// It does not: it lies this far off and begins a new run.
    Over(f64),
}

impl Run {
    pub(super) fn begin(now: Duration, grams: f64) -> Self {
        Self { mean: grams, readings: 1, belief: 0.0, since: now, last: grams }
    }

    /// Takes a reading; `unrest` is the standard deviation of what it is to be told from.
    pub(super) fn push(&mut self, now: Duration, grams: f64, noise: &Noise, unrest: f64) -> Grown {
        let count = f64::from(self.readings);
        let variance = noise.sd() * noise.sd() * (1.0 + 1.0 / count);
        let off = grams - self.mean;
        // Rounding at the edge of a division throws a quiet reading by a whole one.
        let limit = (OUT_SDS * OUT_SDS * variance).max((1.5 * noise.division()).powi(2));
        let unrest = unrest * unrest;
        let belief = self.belief + 0.5 * (unrest / variance).ln() - off * off / 2.0 * (1.0 / variance - 1.0 / unrest);
        if off * off > limit || belief < DISBELIEVED {
            *self = Self::begin(now, grams);
            return Grown::Over(off.abs());
        }
        self.belief = belief;
        self.readings = self.readings.saturating_add(1);
        self.mean += off / f64::from(self.readings);
        self.last = grams;
        Grown::On
    }

    /// Whether it is a rest. `readings` at least; a single one is enough where the device reports no more often.
    pub(super) fn is_rest(&self, now: Duration, readings: u32) -> bool {
        self.readings >= readings
            && (readings <= 1 || (self.belief >= BELIEVED && now.saturating_sub(self.since) >= STEADY))
    }

    /// Whether it is a rest even where a hand may lie still, trembling by `tremble` only.
    pub(super) fn is_no_hand(&self, noise: &Noise, tremble: f64) -> bool {
        let per_reading = ((tremble / noise.sd()).ln() - 0.5).max(PER_READING_MIN);
        (f64::from(self.readings) - CHANCES) * per_reading >= BELIEVED
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn last(&self) -> f64 {
        self.last
    }

    pub(super) fn readings(&self) -> u32 {
        self.readings
    }

    pub(super) fn since(&self) -> Duration {
        self.since
    }
}
