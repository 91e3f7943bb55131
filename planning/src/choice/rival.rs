//! A textbook method beside the pool's mixture, for an item that has a trend or a season of its own.
//!
//! The mixture knows no direction: what a single item does, and its pool does not, it follows late or never. So methods that do are
//! tried at the item's own past origins. One that comes nearer there by a clear margin, first with its means and then by quantile
//! loss, gets a share; chance alone seldom reaches the margins, so that an item without trend or season keeps the mixture.

use crate::method::{Ask, Distribution, Forecast, LEVELS, Method, Season, Smoothing, Trend};

use super::{lane::Base, learning::Learned};

/// Known periods an item needs, so that there are origins to be tried at.
const KNOWN: usize = 24;

/// Cycles that must have been seen before a season is one.
const CYCLES: usize = 3;

/// Share of known periods with demand: below it a method of means says nothing of when.
const DENSE: f64 = 0.5;

/// Past origins that methods are tried at, the newest.
const ORIGINS: usize = 12;

/// Squared error of the means against the mixture's, at most.
const NEARER: f64 = 0.7;

/// Quantile loss against the mixture's, at most.
const CHEAPER: f64 = 0.85;

/// Levels at which losses are compared, as numbers of [`LEVELS`]: .5, .9, .95, .99.
const JUDGED: [usize; 4] = [6, 12, 14, 18];

/// What is tried, and its name in the reason.
const METHODS: [(&str, Method); 3] = [
    ("damped trend", Method::Smoothing(smoothing(TREND, Season::None))),
    ("season", Method::Smoothing(smoothing(Trend::None, Season::Additive(0.15)))),
    ("damped trend and season", Method::Smoothing(smoothing(TREND, Season::Additive(0.15)))),
];

const TREND: Trend = Trend::Damped { rate: 0.1, damping: 0.95 };

const fn smoothing(trend: Trend, season: Season) -> Smoothing {
    Smoothing { level: 0.2, trend, season }
}

/// A method that did better on an item's own past.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rival {
    pub(super) name: &'static str,
    /// Its share beside the mixture, above half and below 1.
    pub(super) share: f64,
    /// Its quantile loss in parts of the mixture's.
    pub(super) loss: f64,
    /// Past origins that were compared.
    pub(super) origins: usize,
    forecast: Forecast,
}

/// What the mixture says of an item without its known effects: by period and for the sum over the interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixed {
    /// Expected demand a period.
    pub(super) mean: f64,
    pub(super) period: [f64; LEVELS.len()],
    pub(super) interval: [f64; LEVELS.len()],
}

impl Rival {
    /// The best of the methods, where one is clearly better than the mixture.
    pub(super) fn of(learned: &Learned, base: &Base, ask: Ask) -> Option<Self> {
        if base.known < KNOWN || (base.demands as f64) < DENSE * base.known as f64 {
            return None;
        }
        let has_season = ask.season > 1 && base.known >= CYCLES * ask.season;
        let history: Vec<Option<f64>> =
            base.values.iter().map(|value| Some(*value).filter(|value| !value.is_nan())).collect();
        // Before half of the history a method has seen too little, one with a season before two cycles.
        let first = (history.len() / 2).max(if has_season { 2 * ask.season + 1 } else { 0 });
        let newest: Vec<usize> = (first..history.len()).collect();
        let origins = &newest[newest.len().saturating_sub(ORIGINS)..];
        let own_season = Ask { season: if has_season { ask.season } else { 1 }, ..ask };
        let means = learned.means_at(base, origins);
        let squared = |expected: &dyn Fn(usize) -> f64| -> f64 {
            let errors = origins.iter().enumerate().filter_map(|(at, origin)| Some(history[*origin]? - expected(at)));
            errors.map(|error| error * error).sum()
        };
        let mixed = squared(&|at| means[at]);
        let tried = METHODS.iter().filter(|(_, method)| has_season || !wants_season(*method)).map(|(name, method)| {
            let next = |at: usize| method.expected(&history[..origins[at]], own_season, 1).first().copied();
            (squared(&|at| next(at).unwrap_or(0.0)), *name, *method)
        });
        let (own, name, method) = tried.min_by(|one, other| one.0.total_cmp(&other.0))?;
        if own >= NEARER * mixed {
            return None;
        }
        let mixed = learned.mixed_at(base, origins);
        let against = loss(&history, origins, ask, |at| mixed[at].forecast(ask));
        let own = loss(&history, origins, ask, |at| method.forecast(&history[..origins[at]], own_season).0);
        let loss = own / against.max(f64::MIN_POSITIVE);
        (loss < CHEAPER).then(|| Self {
            name,
            share: 1.0 / (1.0 + loss.powi(4)),
            loss,
            origins: origins.len(),
            forecast: method.forecast(&history, own_season).0,
        })
    }

    /// Period `ahead` (0 is the next), level by level between the two.
    pub(super) fn period(&self, mixed: &Mixed, ahead: usize) -> (f64, [f64; LEVELS.len()]) {
        self.beside(mixed.mean, &mixed.period, &self.forecast.periods[ahead])
    }

    /// The sum over the interval; `mean` is the mixture's.
    pub(super) fn interval(&self, mean: f64, mixed: &Mixed) -> (f64, [f64; LEVELS.len()]) {
        self.beside(mean, &mixed.interval, &self.forecast.cumulative)
    }

    fn beside(&self, mean: f64, amounts: &[f64; LEVELS.len()], own: &Distribution) -> (f64, [f64; LEVELS.len()]) {
        let between = |mixed: f64, own: f64| mixed + self.share * (own - mixed);
        let amounts = std::array::from_fn(|index| between(amounts[index], own.quantile(LEVELS[index])));
        (between(mean, own.mean()), amounts)
    }
}

impl Mixed {
    fn forecast(&self, ask: Ask) -> Forecast {
        Forecast {
            periods: vec![Distribution::of_quantiles(self.mean, &self.period); ask.horizon],
            cumulative: Distribution::of_quantiles(self.mean * ask.interval as f64, &self.interval),
        }
    }
}

fn wants_season(method: Method) -> bool {
    matches!(method, Method::Smoothing(Smoothing { season: Season::Additive(_), .. }))
}

/// Quantile loss of forecasts at past origins: of each period ahead, and of the sum over the interval as much as of one.
fn loss(history: &[Option<f64>], origins: &[usize], ask: Ask, forecast: impl Fn(usize) -> Forecast) -> f64 {
    let mut sum = 0.0;
    for (at, origin) in origins.iter().enumerate() {
        let forecast = forecast(at);
        let mut add = |distribution: &Distribution, came: f64, weight: f64| {
            for level in JUDGED.map(|index| LEVELS[index]) {
                let over = came - distribution.quantile(level);
                sum += weight * (level * over).max((level - 1.0) * over);
            }
        };
        for (distribution, came) in forecast.periods.iter().zip(&history[*origin..]) {
            if let Some(came) = came {
                add(distribution, *came, 1.0);
            }
        }
        let over = history.get(*origin..origin + ask.interval).and_then(|came| came.iter().copied().sum());
        if let Some(came) = over {
            add(&forecast.cumulative, came, 1.0 / ask.interval as f64);
        }
    }
    sum
}
