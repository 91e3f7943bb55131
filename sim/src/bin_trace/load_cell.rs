//! The load cell and its electronics: what a weight becomes until it is a reading.
//!
//! Owns noise, spikes, creep, drift, rounding, range, and the flag of stability.

use super::{Bin, Reading, plan::Plan};
use crate::random::Random;

/// The load cell's noise, in divisions.
const NOISE_DIVISIONS: f64 = 0.45;

/// Creep: this share of the load, reached with this time constant.
const CREEP_SHARE: f64 = 0.0003;
const CREEP_SECONDS: f64 = 600.0;

/// The temperature goes up and down once in five hours or so.
const WARMING_SECONDS: f64 = 3_000.0;

/// A reading out of so many, at four a second, is a spike of up to so many pieces.
const SPIKE_CHANCE: f64 = 0.0007;
const SPIKE_PIECES: f64 = 20.0;

/// What the scale shows no more of, in pieces.
pub(super) const RANGE_PIECES: f64 = 20_000.0;

/// Readings the flag of stability looks at.
const FLAG_READINGS: usize = 4;

#[derive(Debug)]
pub(super) struct LoadCell {
    bin: Bin,
    piece: f64,
    step_seconds: f64,
    /// Grams by which the temperature moves the zero, and where in its turn it begins.
    drift: f64,
    phase: f64,
    crept: f64,
    last: Vec<f64>,
    stuck: Option<Stuck>,
}

/// What it shows instead of the weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stuck {
    /// The same value, grams.
    At(f64),
    /// No number.
    Dumb,
}

impl LoadCell {
    /// With `content` grams on it for long, and a zero that moves by `drift` grams.
    pub(super) fn new(plan: &Plan, content: f64, drift: f64, phase: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "seconds at most")]
        let step_seconds = plan.step_ms as f64 / 1e3;
        Self {
            bin: plan.bin.clone(),
            piece: plan.piece,
            step_seconds,
            drift,
            phase,
            crept: CREEP_SHARE * content,
            last: Vec::new(),
            stuck: None,
        }
    }

    pub(super) fn set_stuck(&mut self, stuck: Option<Stuck>) {
        self.stuck = stuck;
    }

    /// What it showed last.
    pub(super) fn shown(&self) -> Option<f64> {
        self.last.last().copied()
    }

    /// One reading of `grams`, of which `content` is the bin's.
    pub(super) fn read(&mut self, t_ms: u64, grams: f64, content: f64, random: &mut Random) -> Reading {
        let division = self.bin.division;
        #[expect(clippy::cast_precision_loss, reason = "below a day")]
        let seconds = t_ms as f64 / 1e3;
        self.crept += (CREEP_SHARE * content - self.crept) * self.step_seconds / CREEP_SECONDS;
        let drift = self.drift * (seconds / WARMING_SECONDS + self.phase).sin();
        let noise = NOISE_DIVISIONS * division * random.normal();
        let is_spike = random.unit() < SPIKE_CHANCE * self.step_seconds / 0.25;
        let spike = if is_spike { (random.unit() - 0.5) * 2.0 * SPIKE_PIECES * self.piece } else { 0.0 };
        let weight = grams + drift + self.crept + noise + spike;
        let shown = match self.stuck {
            Some(Stuck::At(grams)) => grams,
            Some(Stuck::Dumb) | None => (weight / division).round() * division,
        };
        self.last.push(shown);
        if self.last.len() > FLAG_READINGS {
            self.last.remove(0);
        }
        let ends = self.last.iter().fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(*at), high.max(*at)));
        let is_dumb = self.stuck == Some(Stuck::Dumb) || weight > self.bin.tare + RANGE_PIECES * self.piece;
        Reading {
            t_ms,
            gross: (!is_dumb).then_some(shown),
            stable: self.last.len() == FLAG_READINGS && ends.1 - ends.0 <= 1.01 * division,
        }
    }
}
