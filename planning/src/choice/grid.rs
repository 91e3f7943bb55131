//! The amounts at which a series' probabilities are compared: its own values, small counts, and steps beyond what was seen.

use super::lane::Base;

/// Amounts of one series, ascending and distinct.
pub(super) fn of(base: &Base) -> Vec<f64> {
    let mut own: Vec<f64> = base.values.iter().copied().filter(|value| *value > 0.0).collect();
    own.sort_unstable_by(f64::total_cmp);
    own.dedup();
    let top = own.last().copied().unwrap_or(base.size);
    let mut grid = vec![0.0];
    // Own values: all of few, an even choice of many, always the largest.
    const OWN: usize = 24;
    if own.len() <= OWN {
        grid.extend_from_slice(&own);
    } else {
        grid.extend((0..OWN).map(|k| own[k * (own.len() - 1) / (OWN - 1)]));
    }
    if base.whole {
        grid.extend((1..=8).map(f64::from));
    }
    let reach = (base.size * 6.0).max(top * 1.6);
    let (mut amount, steps) = (base.size * 0.15, 20);
    let factor = (reach / amount).powf(1.0 / f64::from(steps));
    for _ in 0..=steps {
        grid.push(if base.whole { amount.round() } else { amount });
        amount *= factor;
    }
    grid.sort_unstable_by(f64::total_cmp);
    grid.dedup_by(|a, b| *a - *b < 1e-9 * *a + 1e-12);
    grid
}
