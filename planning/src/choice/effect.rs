//! Effects that are known before they happen: events of each series, and the pool's season.
//!
//! Both multiply. Demand is divided by them before it is learned from and forecasts are multiplied by them again.

use super::Series;

/// Periods with events that the pool's effect counts for beside a series' own.
const PRIOR: f64 = 8.0;

/// A factor lies between: an event that stops demand, and one that makes it twenty times as large.
const FACTORS: (f64, f64) = (0.2, 20.0);

/// How much one unit of an event's strength adds to demand, of each series.
pub(super) fn uplifts(pool: &[Series<'_>]) -> Vec<f64> {
    let sums: Vec<(f64, f64, f64)> = pool.iter().map(sums).collect();
    let (above, square) = sums.iter().fold((0.0, 0.0), |(above, square), sum| (above + sum.0, square + sum.1));
    let pooled = if square > 0.0 { above / square } else { 0.0 };
    let events: f64 = sums.iter().map(|sum| sum.2).sum();
    let mean_square = if events > 0.0 { square / events } else { 0.0 };
    sums.iter()
        .map(|(above, square, _)| {
            let prior = PRIOR * mean_square;
            if square + prior > 0.0 { (above + prior * pooled) / (square + prior) } else { 0.0 }
        })
        .collect()
}

/// Of one series: Σ strength × relative excess over quiet periods around, Σ strength², number of periods with events.
fn sums(series: &Series<'_>) -> (f64, f64, f64) {
    let (mut above, mut square, mut count) = (0.0, 0.0, 0.0);
    let (mut level, mut mass) = (0.0, 0.0);
    for (at, value) in series.history.iter().enumerate() {
        let Some(value) = value.filter(|value| value.is_finite() && *value >= 0.0) else { continue };
        let strength = strength(series, at);
        if strength == 0.0 {
            level = level * 0.9 + value;
            mass = mass * 0.9 + 1.0;
        } else if mass > 2.0 && level > 0.0 {
            let excess = (value / (level / mass) - 1.0).clamp(-1.0, 10.0);
            above += strength * excess;
            square += strength * strength;
            count += 1.0;
        }
    }
    (above, square, count)
}

fn strength(series: &Series<'_>, at: usize) -> f64 {
    series.events.get(at).copied().filter(|strength| strength.is_finite()).unwrap_or(0.0)
}

/// The factor of period `at` (0 is the history's first).
pub(super) fn factor(series: &Series<'_>, uplift: f64, at: usize) -> f64 {
    let strength = strength(series, at);
    if strength == 0.0 { 1.0 } else { (1.0 + uplift * strength).clamp(FACTORS.0, FACTORS.1) }
}

/// The pool's season: a factor for each phase, the last entry being the period before the first one ahead. All are 1 where
/// the pool's items do not rise and fall together clearly.
pub(super) fn season(pool: &[Series<'_>], length: usize) -> Vec<f64> {
    let mut index = vec![1.0; length.max(1)];
    if length < 2 {
        return index;
    }
    // Of each period, counted from the last one back: demand over each series' mean, averaged over the series.
    let len = pool.iter().map(|series| series.history.len()).max().unwrap_or(0);
    let mut periods = vec![(0.0, 0.0); len];
    let mut taught = 0;
    for series in pool {
        let known = || series.history.iter().flatten().filter(|value| value.is_finite() && **value >= 0.0);
        let (total, count) = known().fold((0.0, 0.0), |(total, count), value| (total + value, count + 1.0));
        if count < 2.0 * length as f64 || total <= 0.0 {
            continue;
        }
        taught += 1;
        for (period, value) in periods.iter_mut().zip(series.history.iter().rev()) {
            if let Some(value) = value.filter(|value| value.is_finite() && *value >= 0.0) {
                period.0 += value / (total / count);
                period.1 += 1.0;
            }
        }
    }
    let cycles = len / length;
    if taught < SEASON_SERIES || cycles < SEASON_CYCLES {
        return index;
    }
    let ratio = |back: usize| if periods[back].1 > 0.0 { periods[back].0 / periods[back].1 } else { 1.0 };
    let means: Vec<f64> = (0..length)
        .map(|phase| (0..cycles).map(|cycle| ratio(cycle * length + phase)).sum::<f64>() / cycles as f64)
        .collect();
    // What differs between the cycles is no season, however many series share it.
    let apart: f64 = (0..cycles * length).map(|back| (ratio(back) - means[back % length]).powi(2)).sum();
    let noise = apart / ((cycles - 1) * length) as f64 / cycles as f64;
    let middle = means.iter().sum::<f64>() / length as f64;
    let seen = means.iter().map(|mean| (mean - middle).powi(2)).sum::<f64>() / (length - 1) as f64;
    let real = (seen - noise).max(0.0);
    if real.sqrt() < SEASON_LEAST * middle || seen < SEASON_OVER_NOISE * noise {
        return index;
    }
    for (index, mean) in index.iter_mut().zip(&means) {
        *index = (1.0 + (mean / middle - 1.0) * real / seen).clamp(FACTORS.0, FACTORS.1);
    }
    // From "so many periods back" to the order of time.
    index.reverse();
    index
}

/// Series that must have seen two cycles before a pool has a season.
const SEASON_SERIES: usize = 3;

/// Cycles that must have been seen.
const SEASON_CYCLES: usize = 2;

/// Least spread of the phases around their mean; less would only blur the lattice of whole counts.
const SEASON_LEAST: f64 = 0.1;

/// How far the spread of the phases must stand out of what chance between cycles gives: about one in a thousand.
const SEASON_OVER_NOISE: f64 = 3.5;
