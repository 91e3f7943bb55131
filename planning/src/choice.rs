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
mod rival;
mod weights;

use self::rival::Rival;
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
    let mixed = learned.mixed(base);
    let rival = Rival::of(learned, base, ask);
    let period = |ahead: usize| match &rival {
        Some(rival) => rival.period(&mixed, ahead),
        None => (mixed.mean, mixed.period),
    };
    let mean = mixed.mean * ask.interval as f64;
    let interval = match &rival {
        Some(rival) => rival.interval(mean, &mixed),
        None => (mean, mixed.interval),
    };
    let over = factors[..ask.interval].iter().sum::<f64>() / ask.interval as f64;
    let shape = |(mean, amounts): (f64, [f64; LEVELS.len()]), factor: f64| {
        Distribution::of_quantiles(mean * factor, &amounts.map(|amount| amount * factor))
    };
    Chosen {
        forecast: Forecast {
            periods: (0..ask.horizon).map(|ahead| shape(period(ahead), factors[ahead])).collect(),
            cumulative: shape(interval, over),
        },
        reason: reason::of(learned, base, rival.as_ref(), factors),
    }
}

#[cfg(test)]
mod tests;
