//! What may be demanded and how likely: a mean, and quantiles at fixed levels.
//!
//! Twenty-one numbers say what the mixtures behind a forecast say, in a hundred bytes, whatever they were mixed from. The mean
//! is kept beside them: it is not the middle of a skewed demand, and recalibrated quantiles must not move it.

use serde::{Deserialize, Serialize};

/// The levels at which quantiles are kept, ascending. Dense where stock is decided.
pub const LEVELS: [f64; 21] = [
    0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995,
    0.999,
];

/// A distribution of demand, in the item's units. Quantiles never fall as the level rises, nothing is negative, all is finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    mean: f64,
    quantiles: [f32; LEVELS.len()],
}

impl Distribution {
    /// The distribution with `mean` and the quantiles that `at` gives for each of [`LEVELS`]. What is negative or not a number
    /// counts as zero, what is beyond `f32` as its largest; a quantile below its forerunner is raised to it.
    #[must_use]
    pub fn new(mean: f64, at: impl Fn(f64) -> f64) -> Self {
        Self::of_quantiles(mean, &LEVELS.map(at))
    }

    /// The same from quantiles in the order of [`LEVELS`].
    #[must_use]
    pub fn of_quantiles(mean: f64, quantiles: &[f64; LEVELS.len()]) -> Self {
        let mut least = 0.0_f32;
        let quantiles = quantiles.map(|quantile| {
            least = least.max(single(quantile));
            least
        });
        Self { mean: if mean.is_finite() { mean.max(0.0) } else { 0.0 }, quantiles }
    }

    /// The distribution of what is surely `value`.
    #[must_use]
    pub fn certain(value: f64) -> Self {
        Self::new(value, |_| value)
    }

    /// Expected demand.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The least demand that is not passed with probability `level`, clamped to 0..1. Between the kept levels it is interpolated,
    /// beyond the last it goes on as an exponential tail.
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        let level = if level.is_nan() { 0.5 } else { level.clamp(0.0, 1.0 - 1e-9) };
        let above = LEVELS.partition_point(|kept| *kept < level - 1e-12);
        let kept = |index: usize| f64::from(self.quantiles[index]);
        if above == 0 {
            return kept(0) * (level / LEVELS[0]).min(1.0);
        }
        let last = LEVELS.len() - 1;
        if above > last {
            // One more decade of the tail is as long as the last one, from .99 to .999.
            let decade = kept(last) - kept(last - 2);
            let decades = ((1.0 - LEVELS[last]) / (1.0 - level)).log10();
            return (kept(last) + decade * decades).min(f64::from(f32::MAX));
        }
        let share = (level - LEVELS[above - 1]) / (LEVELS[above] - LEVELS[above - 1]);
        kept(above - 1) + (kept(above) - kept(above - 1)) * share.min(1.0)
    }

    /// The probability that demand is at most `value`: where [`quantile`](Self::quantile) passes it.
    #[must_use]
    pub fn probability_at_most(&self, value: f64) -> f64 {
        let beyond = self.quantiles.partition_point(|kept| f64::from(*kept) <= value);
        if beyond == 0 {
            let first = f64::from(self.quantiles[0]);
            return if value < 0.0 || first <= 0.0 { 0.0 } else { LEVELS[0] * value / first };
        }
        let last = LEVELS.len() - 1;
        if beyond > last {
            let decade = f64::from(self.quantiles[last]) - f64::from(self.quantiles[last - 2]);
            let decades = if decade > 0.0 { (value - f64::from(self.quantiles[last])) / decade } else { 9.0 };
            return 1.0 - (1.0 - LEVELS[last]) * 10_f64.powf(-decades.clamp(0.0, 6.0));
        }
        let (low, high) = (f64::from(self.quantiles[beyond - 1]), f64::from(self.quantiles[beyond]));
        LEVELS[beyond - 1] + (LEVELS[beyond] - LEVELS[beyond - 1]) * (value - low) / (high - low)
    }

    /// The same with every amount multiplied by `factor`, as an event of so many percent or a what-if does.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self::new(self.mean * factor, |level| self.quantile(level) * factor)
    }

    /// The same with `amount` added to every outcome; what would be negative is zero.
    #[must_use]
    pub fn shifted(&self, amount: f64) -> Self {
        Self::new(self.mean + amount, |level| self.quantile(level) + amount)
    }
}

/// `value` as it is kept: finite and not negative.
fn single(value: f64) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, f64::from(f32::MAX)) as f32 }
}
