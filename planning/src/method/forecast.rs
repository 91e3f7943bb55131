//! A forecast: one distribution for each period ahead and one for the sum over the protection interval.

use serde::{Deserialize, Serialize};

use super::Distribution;

/// What is asked of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Periods ahead, at least 1.
    pub horizon: usize,
    /// Length of the protection interval in periods, at least 1: review period plus lead time.
    pub interval: usize,
    /// Periods in a year's (or week's) cycle; 1 where there is none.
    pub season: usize,
}

/// What is expected, from the first period after the history on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// One for each period ahead, the nearest first; as many as were asked for.
    pub periods: Vec<Distribution>,
    /// Demand over the whole protection interval, which begins with the first period ahead.
    pub cumulative: Distribution,
}
