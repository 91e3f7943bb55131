//! What was, as what may be: windows of the history, and sums of as many periods on end as the interval has.

use super::{Ask, Distribution, Forecast};

/// Each of the last `window` known periods as likely as the others; the same for windows of the interval's length that are
/// known throughout.
pub(super) fn forecast(history: &[Option<f64>], window: usize, ask: Ask) -> Forecast {
    let singles: Vec<f64> = history.iter().rev().flatten().copied().take(window.max(1)).collect();
    let sums: Vec<f64> = history
        .windows(ask.interval)
        .rev()
        .filter_map(|periods| periods.iter().copied().sum::<Option<f64>>())
        .take(window.max(1))
        .collect();
    let period = of(singles.clone());
    // Where no interval is known throughout, the single periods stand in, as if all were alike.
    let cumulative = if sums.is_empty() { period.scaled(ask.interval as f64) } else { of(sums) };
    Forecast { periods: vec![period; ask.horizon], cumulative }
}

fn of(mut values: Vec<f64>) -> Distribution {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len();
    let mean = values.iter().sum::<f64>() / count.max(1) as f64;
    Distribution::new(mean, |level| {
        let at = ((level * count as f64 - 1e-9).ceil() as usize).clamp(1, count.max(1)) - 1;
        values.get(at).copied().unwrap_or(0.0)
    })
}
