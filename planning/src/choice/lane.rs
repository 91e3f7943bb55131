//! One series as the pool reads it: demand freed of known effects, and the running estimates at past origins.

use super::Series;

/// Discount rates of the running estimates: from the mean of all to about the last half year.
pub(super) const RATES: [f64; 6] = [0.0, 0.03, 0.08, 0.15, 0.3, 0.5];

/// A series, unknown periods as NaN.
pub(super) struct Base {
    pub(super) values: Vec<f64>,
    /// Mean absolute step from one known period to the next: the unit in which losses of a pool are added up.
    pub(super) step: f64,
    /// Mean square of the same.
    pub(super) step_square: f64,
    /// Mean of what is known.
    pub(super) mean: f64,
    /// Mean of what is not zero.
    pub(super) size: f64,
    pub(super) known: usize,
    pub(super) demands: usize,
    pub(super) whole: bool,
}

impl Base {
    /// Demand divided by its known factors; where the pool's longest history began earlier, unknown.
    pub(super) fn of(series: &Series<'_>, len: usize, factor: impl Fn(usize) -> f64) -> Self {
        let clean = |(at, value): (usize, &Option<f64>)| {
            value.filter(|value| value.is_finite()).map_or(f64::NAN, |value| value.clamp(0.0, 1e12) / factor(at))
        };
        let before = std::iter::repeat_n(f64::NAN, len - series.history.len());
        Self::new(before.chain(series.history.iter().enumerate().map(clean)).collect())
    }

    pub(super) fn new(values: Vec<f64>) -> Self {
        let known = values.iter().filter(|value| !value.is_nan()).count();
        let demands = values.iter().filter(|value| **value > 0.0).count();
        let total: f64 = values.iter().filter(|value| **value > 0.0).sum();
        let size = if demands > 0 { total / demands as f64 } else { 1.0 };
        let steps = || values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).filter(|step| !step.is_nan());
        let count = steps().count().max(1) as f64;
        let step = (steps().sum::<f64>() / count).max(0.02 * size);
        let squares: f64 = steps().map(|step| step * step).sum();
        let step_square = (squares / count).max(step * step);
        let mean = (total / known.max(1) as f64).max(0.001 * size);
        let whole = values.iter().all(|value| value.is_nan() || value.fract() == 0.0);
        Self { values, step, step_square, mean, size, known, demands, whole }
    }

    /// Sums of `length` periods, each at its last period.
    pub(super) fn sums(&self, length: usize) -> Self {
        let values = (0..self.values.len())
            .map(|end| if end + 1 < length { f64::NAN } else { self.values[end + 1 - length..=end].iter().sum() })
            .collect();
        Self::new(values)
    }
}

/// Running estimates at one origin.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Level {
    /// Discounted means, one a rate.
    pub(super) means: [f64; RATES.len()],
    /// Discounted shares of periods with demand.
    pub(super) shares: [f64; RATES.len()],
    /// Mean of squares, slowly discounted.
    pub(super) square: f64,
    /// Known periods and those with demand so far.
    pub(super) known: f64,
    pub(super) demands: f64,
}

/// The levels at each of `origins` (ascending numbers of periods seen).
pub(super) fn levels(values: &[f64], origins: &[usize]) -> Vec<Level> {
    let mut out = Vec::with_capacity(origins.len());
    let mut next = origins.iter().copied().peekable();
    let (mut sum, mut share, mut mass) = ([0.0; RATES.len()], [0.0; RATES.len()], [0.0; RATES.len()]);
    let (mut square, mut square_mass) = (0.0, 0.0);
    let (mut known, mut demands) = (0.0, 0.0);
    for seen in 0..=values.len() {
        while next.peek() == Some(&seen) {
            next.next();
            let mut level = Level { known, demands, ..Level::default() };
            for k in 0..RATES.len() {
                let mass = f64::max(mass[k], 1e-12);
                level.means[k] = sum[k] / mass;
                level.shares[k] = share[k] / mass;
            }
            level.square = square / f64::max(square_mass, 1e-12);
            out.push(level);
        }
        let Some(value) = values.get(seen).copied() else { break };
        for k in 0..RATES.len() {
            let keep = 1.0 - RATES[k];
            sum[k] *= keep;
            share[k] *= keep;
            mass[k] *= keep;
        }
        square *= 0.98;
        square_mass *= 0.98;
        if value.is_nan() {
            continue;
        }
        known += 1.0;
        let demand = if value > 0.0 { 1.0 } else { 0.0 };
        demands += demand;
        for k in 0..RATES.len() {
            sum[k] += value;
            share[k] += demand;
            mass[k] += 1.0;
        }
        square += value * value;
        square_mass += 1.0;
    }
    out
}
