//! The distributions that are mixed, as probabilities of at most each amount of a series' grid.

use super::lane::{Base, Level, RATES};

/// How many are mixed: an empirical one for each rate, a negative binomial and a hurdle.
pub(super) const COUNT: usize = RATES.len() + 2;

/// Probabilities at one origin: `COUNT` rows of the grid's length.
pub(super) type Rows = Vec<[f64; COUNT]>;

/// What the pool says of a series before its own data do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prior {
    /// Variance over mean in units of the demand size.
    pub(super) spread: f64,
}

/// Weighted empirical distributions at each origin, by one pass over the history: newer values weigh more by as much as
/// older ones would weigh less.
pub(super) fn empirical(base: &Base, grid: &[f64], origins: &[usize]) -> Vec<Rows> {
    let mut out = Vec::with_capacity(origins.len());
    let mut next = origins.iter().copied().peekable();
    let mut mass = vec![[0.0; RATES.len()]; grid.len()];
    let mut weight = [1.0_f64; RATES.len()];
    for seen in 0..=base.values.len() {
        while next.peek() == Some(&seen) {
            next.next();
            out.push(snapshot(&mass));
        }
        let Some(value) = base.values.get(seen).copied() else { break };
        for k in 0..RATES.len() {
            weight[k] /= 1.0 - RATES[k];
            if weight[k] > HEAVY {
                weight[k] /= HEAVY;
                mass.iter_mut().for_each(|mass| mass[k] /= HEAVY);
            }
        }
        if value.is_nan() {
            continue;
        }
        let at = grid.partition_point(|amount| *amount < value - 1e-9).min(grid.len() - 1);
        for k in 0..RATES.len() {
            mass[at][k] += weight[k];
        }
    }
    out
}

/// Where weights are scaled down, far from the largest number.
const HEAVY: f64 = 1e150;

fn snapshot(mass: &[[f64; RATES.len()]]) -> Rows {
    let mut total = [0.0; RATES.len()];
    for mass in mass {
        for k in 0..RATES.len() {
            total[k] += mass[k];
        }
    }
    let mut sum = [0.0; RATES.len()];
    mass.iter()
        .map(|mass| {
            let mut row = [1.0; COUNT];
            for k in 0..RATES.len() {
                sum[k] += mass[k];
                row[k] = if total[k] > 0.0 { sum[k] / total[k] } else { 1.0 };
            }
            row
        })
        .collect()
}

/// Size of a demand by what was seen so far.
fn size(level: &Level) -> f64 {
    if level.demands > 0.0 { (level.means[0] * level.known / level.demands).max(1e-9) } else { 1.0 }
}

/// Variance over mean in units of the demand size, by what was seen so far.
pub(super) fn spread(level: &Level) -> f64 {
    let mean = level.means[0].max(1e-9);
    ((level.square - mean * mean) / mean / size(level)).max(0.02)
}

/// Fills in the negative binomial and the hurdle for a level with expected demand `mean` and probability of demand `share`.
pub(super) fn parametric(rows: &mut Rows, grid: &[f64], level: &Level, mean: f64, share: f64, prior: Prior) {
    let size = size(level);
    let own = spread(level);
    let spread = (own * level.demands + prior.spread * PRIOR) / (level.demands + PRIOR);
    negative_binomial(mean, spread * size, grid, |index, at_most| rows[index][RATES.len()] = at_most);
    // Sizes: its own, and a gamma around their mean for what has not been seen.
    let own_zero = rows[0][1];
    let weight = level.demands / (level.demands + 2.0);
    for index in 0..grid.len() {
        let own = if own_zero < 1.0 { (rows[index][1] - own_zero) / (1.0 - own_zero) } else { 1.0 };
        let smooth = if index == 0 { 0.0 } else { sizes(grid[index], size) };
        rows[index][RATES.len() + 1] = 1.0 - share + share * (weight * own + (1.0 - weight) * smooth);
    }
}

/// Probabilities for an item without demand of its own: a negative binomial with the pool's spread.
pub(super) fn without_history(grid: &[f64], mean: f64, prior: Prior, size: f64) -> Vec<f64> {
    let mut out = vec![1.0; grid.len()];
    negative_binomial(mean, prior.spread * size, grid, |index, at_most| out[index] = at_most);
    out
}

/// Demands that a pool's spread counts for.
const PRIOR: f64 = 4.0;

/// Probability that a size is at most `amount`: exponential tail around the mean.
fn sizes(amount: f64, mean: f64) -> f64 {
    let x = 2.0 * (amount + 0.5 * mean.min(1.0)) / mean;
    1.0 - (-x).exp() * (1.0 + x)
}

/// Steps a recursion over counts may take; beyond that the lattice is made coarser.
const STEPS: f64 = 160.0;

/// Negative binomial with `mean` and variance over mean `ratio`, at each amount of the grid.
fn negative_binomial(mean: f64, ratio: f64, grid: &[f64], mut put: impl FnMut(usize, f64)) {
    let top = grid.last().copied().unwrap_or(0.0);
    let unit = (top / STEPS).max(1.0);
    let mean = (mean / unit).max(1e-6);
    let ratio = (ratio / unit).max(1.02);
    let p = 1.0 / ratio;
    let r = mean * p / (1.0 - p);
    let mut mass = (r * p.ln()).exp();
    let mut sum = mass;
    let mut k = 0.0;
    let q = 1.0 - p;
    for (index, amount) in grid.iter().enumerate() {
        let until = if unit > 1.0 { (amount / unit).round() } else { (amount + 1e-9).floor() };
        while k < until {
            mass *= q * (r + k) / (k + 1.0);
            k += 1.0;
            sum += mass;
        }
        put(index, sum.min(1.0));
    }
}
