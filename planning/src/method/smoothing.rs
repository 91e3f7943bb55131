//! Exponential smoothing: level, trend (damped), season. Holt 1957, Winters 1960, Gardner & McKenzie 1985; additive, in the form of
//! Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., ch. 8.

use super::{average, share};

/// Rates of one member of the family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// Rate of the level.
    pub level: f64,
    /// Trend, if there is one.
    pub trend: Trend,
    /// Season, if there is one.
    pub season: Season,
}

/// The trend of a smoothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trend {
    /// None.
    None,
    /// A trend learned at `rate`, of which each period ahead keeps `damping` (1: all).
    Damped {
        /// Rate of the trend.
        rate: f64,
        /// What is kept of the trend from period to period, 0..=1.
        damping: f64,
    },
}

/// The season of a smoothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Season {
    /// None.
    None,
    /// A difference for each phase, learned at this rate. Wants two cycles of history; with less there is none.
    Additive(f64),
}

impl Smoothing {
    /// Expected demand of `ahead` periods. What is unknown teaches nothing: level and trend go on as they were.
    pub(super) fn means(&self, history: &[Option<f64>], season: usize, ahead: usize) -> Vec<f64> {
        let (rate, damping) = match self.trend {
            Trend::None => (0.0, 0.0),
            Trend::Damped { rate, damping } => (share(rate), share(damping)),
        };
        let (season_rate, cycle) = match self.season {
            Season::Additive(rate) if season > 1 && history.len() >= 2 * season => (share(rate), season),
            Season::Additive(_) | Season::None => (0.0, 1),
        };
        let alpha = share(self.level);
        let first = &history[..cycle.min(history.len())];
        // Without a season the level begins with the first known value, with one as the mean of the first cycle.
        let mut level = match cycle {
            1 => history.iter().flatten().next().copied().unwrap_or(0.0),
            _ => average::of_last(first, cycle),
        };
        let mut slope = 0.0;
        if cycle > 1 && rate > 0.0 {
            slope = (average::of_last(&history[cycle..2 * cycle], cycle) - level) / cycle as f64;
        }
        let mut phases: Vec<f64> = match cycle {
            1 => vec![0.0],
            _ => first.iter().map(|value| value.map_or(0.0, |value| value - level)).collect(),
        };
        for (at, value) in history.iter().enumerate() {
            let expected = level + damping * slope;
            let phase = &mut phases[at % cycle];
            let Some(value) = *value else {
                level = expected;
                slope *= damping;
                continue;
            };
            let next = alpha * (value - *phase) + (1.0 - alpha) * expected;
            slope = rate * (next - level) + (1.0 - rate) * damping * slope;
            *phase = season_rate * (value - expected) + (1.0 - season_rate) * *phase;
            level = next;
        }
        let mut reach = 0.0;
        let mut kept = damping;
        (0..ahead)
            .map(|step| {
                reach += kept;
                kept *= damping;
                (level + reach * slope + phases[(history.len() + step) % cycle]).max(0.0)
            })
            .collect()
    }
}

/// Simple smoothing at `rate`, begun with the first value: the level after the last, and the mean squared error on the way.
fn simple(values: &[f64], rate: f64) -> (f64, f64) {
    let Some((first, rest)) = values.split_first() else { return (0.0, 0.0) };
    let mut level = *first;
    let mut squared = 0.0;
    for value in rest {
        squared += (value - level).powi(2);
        level += rate * (value - level);
    }
    (level, squared)
}

/// The level at the rate among .05 to .5 that would have done best.
pub(super) fn simple_best(values: &[f64]) -> f64 {
    let rates = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5];
    let done = rates.map(|rate| simple(values, rate));
    done.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0.0, |(level, _)| *level)
}
