//! A bin at rest: its level, followed; and how often the scale reports.

use std::time::Duration;

use super::{noise::Noise, run::Run};

/// The level is the mean of so many readings at most; older ones fade, so that creep and temperature are followed:
/// at four readings a second within 16 s, and never faster than the gate for single readings allows.
const LEVEL_READINGS: u32 = 64;

/// The share of a reading in the quick mean that watches for a step smaller than the gate.
const QUICK: f64 = 0.25;
/// How far it may leave the level, in pieces.
const QUICK_MAX: f64 = 0.45;

/// Readings after which the level is known well enough to measure creep from.
const BASE_READINGS: u32 = 16;

/// Readings without any unrest before they teach the scale's noise: while a bench shakes there are none.
const CALM_READINGS: u32 = 12;

/// The same value so many times, where it used to change: the scale is stuck.
const STUCK_MIN: u32 = 20;
/// With this probability, as a logarithm.
const STUCK_LOG: f64 = -9.2;
const SAMENESS: f64 = 1.0 / 256.0;
const SAMENESS_FIRST: f64 = 0.9;

/// Grams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resting {
    level: f64,
    readings: u32,
    since: Duration,
    last: f64,
    quick: f64,
    base: Option<f64>,
    /// Readings since the last unrest.
    calm: u32,
    /// Standard deviation of a level that was seen through vibration only.
    shaken_sd: Option<f64>,
    same: u32,
    /// How often a reading equals the one before; as it was when the present repetition began.
    sameness: f64,
    sameness_before: f64,
}

impl Resting {
    pub(super) fn begin(run: &Run) -> Self {
        Self {
            level: run.mean(),
            readings: run.readings(),
            since: run.since(),
            last: run.last(),
            quick: run.mean(),
            base: None,
            calm: 0,
            shaken_sd: None,
            same: 0,
            sameness: SAMENESS_FIRST,
            sameness_before: SAMENESS_FIRST,
        }
    }

    /// Takes a reading. False when it does not belong here.
    pub(super) fn take(&mut self, grams: f64, noise: &mut Noise) -> bool {
        let off = grams - self.level;
        let quick = self.quick + QUICK * (grams - self.quick);
        if off.abs() > noise.gate() || (quick - self.level).abs() > QUICK_MAX * noise.piece() {
            self.quick = self.level;
            return false;
        }
        self.quick = quick;
        self.calm = self.calm.saturating_add(1);
        if self.calm >= CALM_READINGS {
            noise.handle_pair(self.last, grams);
        }
        self.readings = self.readings.saturating_add(1);
        self.level += off / f64::from(self.readings.min(LEVEL_READINGS));
        #[expect(clippy::float_cmp, reason = "a stuck scale repeats the same digits")]
        let is_same = grams == self.last;
        self.note_sameness(is_same);
        self.last = grams;
        if self.base.is_none() && self.readings >= BASE_READINGS {
            self.base = Some(self.level);
        }
        true
    }

    fn note_sameness(&mut self, is_same: bool) {
        if !is_same {
            self.same = 0;
            self.sameness_before = self.sameness;
        }
        self.same = self.same.saturating_add(u32::from(is_same));
        self.sameness += SAMENESS * (f64::from(u8::from(is_same)) - self.sameness);
    }

    /// Whether the last readings repeat each other more than this scale does.
    pub(super) fn is_stuck(&self) -> bool {
        self.same >= STUCK_MIN && f64::from(self.same) * self.sameness_before.ln() < STUCK_LOG
    }

    /// How long the last value has been repeated, with a reading every `step`.
    pub(super) fn repeated(&self, step: Duration) -> Duration {
        step.saturating_mul(self.same)
    }

    /// The weight came back to this level.
    pub(super) fn returned(self) -> Self {
        Self { calm: 0, ..self }
    }

    /// The level moved on under vibration.
    pub(super) fn moved_to(self, level: f64, sd: f64) -> Self {
        Self { level, quick: level, base: None, shaken_sd: Some(sd), ..self }
    }

    pub(super) fn level(&self) -> f64 {
        self.level
    }

    pub(super) fn since(&self) -> Duration {
        self.since
    }

    pub(super) fn is_seen_shaking(&self) -> bool {
        self.shaken_sd.is_some()
    }

    /// Variance of the level.
    pub(super) fn variance(&self, noise: &Noise) -> f64 {
        match self.shaken_sd {
            Some(sd) => sd * sd,
            None => noise.variance_of_mean(f64::from(self.readings.min(LEVEL_READINGS))),
        }
    }

    /// How far the level has crept since it was first known.
    pub(super) fn crept(&self) -> f64 {
        self.base.map_or(0.0, |base| self.level - base)
    }

    /// Creep is measured from here on.
    pub(super) fn rebase(&mut self) {
        self.base = Some(self.level);
    }
}

/// A time without readings this many times as long as usual is an absence, and at least this long: as a quick hand.
const ABSENT_STEPS: u32 = 4;
const ABSENT_MIN: Duration = Duration::from_millis(1_500);

/// How often readings come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    last: Option<Duration>,
    step: Option<Duration>,
}

impl Pace {
    /// Takes the time of a reading. True when it came after an absence.
    pub(super) fn handle_reading(&mut self, now: Duration) -> bool {
        let Some(last) = self.last.replace(now) else { return false };
        let step = now.saturating_sub(last);
        let usual = *self.step.get_or_insert(step);
        if step > ABSENT_MIN.max(usual.saturating_mul(ABSENT_STEPS)) {
            return true;
        }
        self.step = Some((usual.saturating_mul(7).saturating_add(step.min(usual.saturating_mul(2)))) / 8);
        false
    }

    /// How long nothing has come.
    pub(super) fn silence(&self, now: Duration) -> Duration {
        self.last.map_or(Duration::ZERO, |last| now.saturating_sub(last))
    }

    /// The usual time between two readings; as good as for ever while unknown.
    pub(super) fn step(&self) -> Duration {
        self.step.unwrap_or(Duration::MAX)
    }
}
