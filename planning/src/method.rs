//! From a history to a forecast, one file a family of methods.
//!
//! A history is `&[Option<f64>]`, one value a period, oldest first; `None` is a period nobody knows about (a stock-out, a
//! silent feed, not yet installed), which is not zero. Every method answers with distributions, for each period ahead and for the
//! sum over the protection interval, so that no reader has to add marginals. Methods know nothing of each other, of the
//! pool they are chosen from, or of what is done with a forecast.

mod aggregation;
mod average;
mod distribution;
mod empirical;
mod forecast;
mod intermittent;
mod regression;
mod smoothing;
mod spread;

pub use distribution::{Distribution, LEVELS};
pub use forecast::{Ask, Forecast};
pub use regression::{Fit, fit};
pub use smoothing::{Season, Smoothing, Trend};

/// A method with its parameters. Rates lie between 0 (never learns) and 1 (only the last period counts); others are clamped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// The mean of the last so many known periods.
    MovingAverage(usize),
    /// The last known period again.
    Naive,
    /// The same phase of the last cycle.
    SeasonalNaive,
    /// A straight line by least squares, with a level for each phase of the season where there are two cycles of it.
    Regression,
    /// Exponential smoothing with trend and season.
    Smoothing(Smoothing),
    /// Croston's (1972): sizes and intervals smoothed apart.
    Croston(f64),
    /// The same without its bias (Syntetos & Boylan 2005).
    Sba(f64),
    /// Sizes and the probability of demand smoothed apart, so that a dead item fades (Teunter, Syntetos & Babai 2011).
    Tsb {
        /// Rate of the sizes.
        size: f64,
        /// Rate of the probability.
        probability: f64,
    },
    /// Smoothing of buckets as long as the mean interval (Nikolopoulos et al. 2011).
    Adida,
    /// The mean over all buckets up to that length (Petropoulos & Kourentzes 2015).
    Imapa,
    /// What was seen in the last so many known periods, each as likely; sums of as many periods on end as the interval has.
    Empirical(usize),
}

/// What a method did, where it could not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// As asked.
    None,
    /// Fewer known periods than the method wants: the mean of what is known.
    MeanOfKnown {
        /// Known periods.
        known: usize,
        /// Periods that the method wants.
        wanted: usize,
    },
    /// Nothing is known: zero, and nobody should plan by it.
    NothingKnown,
}

impl Method {
    /// Forecasts a history and says whether it could.
    #[must_use]
    pub fn forecast(&self, history: &[Option<f64>], ask: Ask) -> (Forecast, Fallback) {
        let clean = clean(history);
        let ask = Ask { horizon: ask.horizon.max(1), interval: ask.interval.max(1), season: ask.season.max(1) };
        let fallback = self.fallback(&clean, ask);
        let forecast = match self {
            Self::Empirical(window) if fallback == Fallback::None => empirical::forecast(&clean, *window, ask),
            Self::Empirical(_)
            | Self::MovingAverage(_)
            | Self::Naive
            | Self::SeasonalNaive
            | Self::Regression
            | Self::Smoothing(_)
            | Self::Croston(_)
            | Self::Sba(_)
            | Self::Tsb { .. }
            | Self::Adida
            | Self::Imapa => spread::around(&clean, ask, |seen, ahead| self.means(seen, ask, ahead)),
        };
        (forecast, fallback)
    }

    /// Expected demand of the `ahead` periods after `history`, where distributions are not wanted.
    pub(crate) fn expected(&self, history: &[Option<f64>], ask: Ask, ahead: usize) -> Vec<f64> {
        self.means(&clean(history), ask, ahead)
    }

    /// Expected demand of the `ahead` periods after `history`.
    fn means(&self, history: &[Option<f64>], ask: Ask, ahead: usize) -> Vec<f64> {
        if self.fallback(history, ask) != Fallback::None {
            return vec![average::of_last(history, history.len()); ahead];
        }
        match self {
            Self::MovingAverage(window) => vec![average::of_last(history, *window); ahead],
            Self::Naive => vec![average::of_last(history, 1); ahead],
            Self::SeasonalNaive => average::seasonal_naive(history, ask.season, ahead),
            Self::Regression => regression::means(history, ask.season, ahead),
            Self::Smoothing(smoothing) => smoothing.means(history, ask.season, ahead),
            Self::Croston(rate) => vec![intermittent::croston(history, share(*rate)); ahead],
            Self::Sba(rate) => vec![intermittent::croston(history, share(*rate)) * (1.0 - share(*rate) / 2.0); ahead],
            Self::Tsb { size, probability } => {
                vec![intermittent::tsb(history, share(*size), share(*probability)); ahead]
            }
            Self::Adida => vec![aggregation::adida(history); ahead],
            Self::Imapa => vec![aggregation::imapa(history); ahead],
            Self::Empirical(window) => vec![average::of_last(history, *window); ahead],
        }
    }

    fn fallback(&self, history: &[Option<f64>], ask: Ask) -> Fallback {
        let known = history.iter().flatten().count();
        let wanted = match self {
            Self::MovingAverage(window) => (*window).max(1),
            Self::SeasonalNaive => ask.season,
            Self::Regression => 3,
            Self::Empirical(_) => ask.interval + 1,
            Self::Naive
            | Self::Smoothing(_)
            | Self::Croston(_)
            | Self::Sba(_)
            | Self::Tsb { .. }
            | Self::Adida
            | Self::Imapa => 1,
        };
        match known {
            0 => Fallback::NothingKnown,
            known if known < wanted => Fallback::MeanOfKnown { known, wanted },
            _ => Fallback::None,
        }
    }
}

/// Amounts beyond are no demand of parts; bounded so that squares and sums stay finite.
const AMOUNT_MAX: f64 = 1e12;

/// What is not a number counts as unknown, what is negative as zero.
fn clean(history: &[Option<f64>]) -> Vec<Option<f64>> {
    history
        .iter()
        .map(|value| value.filter(|value| value.is_finite()).map(|value| value.clamp(0.0, AMOUNT_MAX)))
        .collect()
}

fn share(rate: f64) -> f64 {
    if rate.is_nan() { 0.1 } else { rate.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests;
