//! Means and repetitions of what was.

/// The mean of the last `window` known periods; 0 where nothing is known.
pub(super) fn of_last(history: &[Option<f64>], window: usize) -> f64 {
    let (sum, count) = history
        .iter()
        .rev()
        .flatten()
        .take(window.max(1))
        .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// The newest known value of each phase; of a phase never known, the mean of all.
pub(super) fn seasonal_naive(history: &[Option<f64>], season: usize, ahead: usize) -> Vec<f64> {
    let season = season.max(1);
    (0..ahead)
        .map(|step| {
            let phase = (history.len() + step) % season;
            let same = (0..history.len()).rev().filter(|at| at % season == phase);
            same.filter_map(|at| history[at]).next().unwrap_or_else(|| of_last(history, history.len()))
        })
        .collect()
}
