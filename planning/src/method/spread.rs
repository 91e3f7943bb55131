//! From expected demand to distributions, by how far the method was off at its own past origins.
//!
//! Errors of a single period and of the sum over the interval are taken apart, so that what goes on from one period to the
//! next is in the sum. Counts follow a negative binomial (Poisson where they vary less).

use crate::probability;

use super::{Ask, Distribution, Forecast};

/// Past origins at which a method is tried.
const ORIGINS: usize = 24;

/// Demand around the means that `means` gives after `history`, spread as its errors were.
pub(super) fn around(history: &[Option<f64>], ask: Ask, means: impl Fn(&[Option<f64>], usize) -> Vec<f64>) -> Forecast {
    let ahead = means(history, ask.horizon.max(ask.interval));
    let (mut single, mut singles, mut sum, mut sums) = (0.0, 0.0, 0.0, 0.0);
    let first = (history.len() / 3).max(1);
    for origin in (first..history.len()).rev().take(ORIGINS) {
        let expected = means(&history[..origin], ask.interval);
        if let Some(value) = history[origin] {
            single += (value - expected.first().copied().unwrap_or(0.0)).powi(2);
            singles += 1.0;
        }
        let came =
            history.get(origin..origin + ask.interval).and_then(|came| came.iter().copied().sum::<Option<f64>>());
        if let Some(came) = came {
            sum += (came - expected.iter().sum::<f64>()).powi(2);
            sums += 1.0;
        }
    }
    let variance = if singles > 0.0 { single / singles } else { ahead.first().copied().unwrap_or(0.0) };
    let variance_sum = if sums > 0.0 { sum / sums } else { variance * ask.interval as f64 };
    Forecast {
        periods: ahead[..ask.horizon].iter().map(|mean| of(*mean, variance)).collect(),
        cumulative: of(ahead[..ask.interval].iter().sum(), variance_sum),
    }
}

fn of(mean: f64, variance: f64) -> Distribution {
    if mean <= 0.0 {
        return Distribution::certain(0.0);
    }
    let demand = probability::Law::of_counts(mean, variance.max(mean));
    Distribution::new(mean, |level| demand.quantile(level))
}
