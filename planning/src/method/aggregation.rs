//! Longer buckets: what is mostly zero a month is smooth a quarter.

use super::smoothing;

/// Buckets are at most this long, whatever the mean interval.
const BUCKET_MAX: usize = 24;

/// Smoothing of buckets of the mean interval's length, divided by it.
pub(super) fn adida(history: &[Option<f64>]) -> f64 {
    at(history, interval(history))
}

/// The mean of the same over all lengths from 1 to the mean interval.
pub(super) fn imapa(history: &[Option<f64>]) -> f64 {
    let longest = interval(history);
    (1..=longest).map(|length| at(history, length)).sum::<f64>() / longest as f64
}

/// Mean interval between demands, whole periods.
fn interval(history: &[Option<f64>]) -> usize {
    let known = history.iter().flatten().count();
    let demands = history.iter().flatten().filter(|value| **value > 0.0).count();
    let mean = if demands == 0 { 1.0 } else { (known as f64 / demands as f64).round() };
    (mean as usize).clamp(1, BUCKET_MAX.min(known.max(1)))
}

/// Smoothed demand a period by buckets of `length` known periods that end with the last; the rate with the least squared error
/// one step ahead.
fn at(history: &[Option<f64>], length: usize) -> f64 {
    let known: Vec<f64> = history.iter().flatten().copied().collect();
    let start = known.len() % length;
    let buckets: Vec<f64> = known[start..].chunks(length).map(|bucket| bucket.iter().sum()).collect();
    smoothing::simple_best(&buckets) / length as f64
}
