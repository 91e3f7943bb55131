//! Which methods, with which weights, and why: the forecasts of a pool of similar items.
//!
//! A pool is one customer's items that are counted in the same periods. What is learned in a pool (weights, shape, calibration) comes
//! from that pool's own past and from nowhere else, so that one customer's data never moves another's forecast.

mod calibration;
mod component;
mod effect;
mod grid;
mod lane;
mod learning;
mod reason;
mod weights;

use crate::method::{Ask, Distribution, Forecast, LEVELS};

/// One item's past, as a pool takes it.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Demand per period, oldest first; `None` is unknown. Series of a pool end at the same period.
    pub history: &'a [Option<f64>],
    /// Strength of known events per period (promotion days, for example), from the history's first period on and through the
    /// horizon where they are known ahead. Empty where there are none; what is missing at the end counts as none.
    pub events: &'a [f64],
}

/// A forecast with the reason for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The forecast.
    pub forecast: Forecast,
    /// Why this one, in one line.
    pub reason: String,
}

/// Forecasts every series of a pool, in its order.
#[must_use]
pub fn forecast(pool: &[Series<'_>], ask: Ask) -> Vec<Chosen> {
    let ask = Ask { horizon: ask.horizon.max(1), interval: ask.interval.max(1), season: ask.season.max(1) };
    let len = pool.iter().map(|series| series.history.len()).max().unwrap_or(0);
    let uplifts = effect::uplifts(pool);
    let season = effect::season(pool, ask.season);
    let factor = |series: &Series<'_>, uplift: f64, at: usize| {
        // `season` ends at the history's last period.
        let phase =
            (at + season.len() * series.history.len().div_ceil(season.len()) - series.history.len()) % season.len();
        effect::factor(series, uplift, at) * season[phase]
    };
    let bases: Vec<lane::Base> = pool
        .iter()
        .zip(&uplifts)
        .map(|(series, uplift)| lane::Base::of(series, len, |at| factor(series, *uplift, at)))
        .collect();
    let learned = learning::Learned::from(&bases, ask);
    pool.iter()
        .zip(&uplifts)
        .zip(&bases)
        .map(|((series, uplift), base)| {
            let factors: Vec<f64> = (0..ask.horizon.max(ask.interval))
                .map(|ahead| factor(series, *uplift, series.history.len() + ahead))
                .collect();
            chosen(&learned, base, ask, &factors)
        })
        .collect()
}

fn chosen(learned: &learning::Learned, base: &lane::Base, ask: Ask, factors: &[f64]) -> Chosen {
    let mean = learned.mean(base);
    let period = learned.quantiles(&learned.period, base, mean);
    let interval = learned.quantiles(&learned.interval, base, mean);
    let over = |count: usize| factors[..count].iter().sum::<f64>();
    let shape = |mean: f64, amounts: &[f64; LEVELS.len()], factor: f64| {
        Distribution::of_quantiles(mean * factor, &amounts.map(|amount| amount * factor))
    };
    Chosen {
        forecast: Forecast {
            periods: factors[..ask.horizon].iter().map(|factor| shape(mean, &period, *factor)).collect(),
            cumulative: shape(mean * ask.interval as f64, &interval, over(ask.interval) / ask.interval as f64),
        },
        reason: reason::of(learned, base, factors),
    }
}

#[cfg(test)]
mod tests;
