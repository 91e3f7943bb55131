//! Outlook: what planning makes of a pool of series, the same for a planner's files and for the hub's own store.
//!
//! Quality first: a series that is refused is neither forecast nor learned from. Then the choice of methods over the pool,
//! then known events over the forecast, the base kept, then what else people say. Pure; knows neither files nor the store.

mod accuracy;
mod said;

use planning::{
    choice::{self, Chosen},
    demand::{Adjustment, Bucket, EventError, KnownEvent, Overridden, Series, SeriesKey, Verdict, override_by},
    method::{Ask, Distribution},
    statement::StatementError,
};

pub(crate) use self::{
    accuracy::{Judged, METHODS, Trial},
    said::{FORECAST, Opinion, Ordered, SOURCES_MAX, Said, Spoken, Statement},
};

/// One series on its way in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) series: &'a Series,
    /// What one unit of the series is in the item's units: 1, or .1 where it is counted in tenths.
    pub(crate) unit: f64,
    /// Strength of events by bucket, from the series' first on.
    pub(crate) strengths: &'a [f64],
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Buckets ahead.
    pub(crate) horizon: usize,
    /// The protection interval in buckets: lead time plus review period.
    pub(crate) interval: usize,
    /// Buckets of a season.
    pub(crate) season: usize,
}

/// What can be said of a series' future.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outlook {
    /// The history cannot carry a forecast; why, and what it is worth.
    Refused(String),
    Foreseen(Box<Foreseen>),
}

/// A forecast with what people say of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foreseen {
    /// Why this method.
    pub(crate) reason: String,
    /// What makes the history weak, where something does.
    pub(crate) doubt: Option<String>,
    /// Nearest first.
    pub(crate) ahead: Vec<Ahead>,
    /// Demand of the protection interval, without and with what people say.
    pub(crate) base_interval: Distribution,
    pub(crate) interval: Distribution,
}

/// One bucket ahead.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ahead {
    pub(crate) bucket: Bucket,
    /// What history alone says.
    pub(crate) base: Distribution,
    /// What is planned on.
    pub(crate) demand: Distribution,
    pub(crate) events: Overridden,
    /// Where other sources or orders are about the item.
    pub(crate) statement: Option<Box<Statement>>,
}

/// Why nothing can be foreseen: something that was said breaks a rule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum OutlookError {
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Statement(#[from] StatementError),
}

impl Subject<'_> {
    /// Demand in the item's units.
    pub(crate) fn values(&self) -> Vec<Option<f64>> {
        self.series.values().into_iter().map(|units| Some(units? * self.unit)).collect()
    }
}

/// What an event of the past explains is no outlier: marks and quality of a series are found anew where one is about it.
/// `is_strong` says the same of buckets by other means.
pub(crate) fn explain(series: &mut Series, events: &[KnownEvent], is_strong: Option<&dyn Fn(Bucket) -> bool>) {
    let about: Vec<_> = events.iter().filter(|event| event.is_about(&series.key)).collect();
    if about.is_empty() && is_strong.is_none() {
        return;
    }
    let is_explained =
        |bucket| is_strong.is_some_and(|is| is(bucket)) || about.iter().any(|event| event.covers(bucket));
    *series = series.clone().explained(is_explained);
}

/// Forecasts a pool, in its order.
///
/// # Errors
/// [`OutlookError`] where an event or a source breaks a rule.
pub(crate) fn outlook(pool: &[Subject<'_>], span: Span, said: &Said) -> Result<Vec<Outlook>, OutlookError> {
    let carried = || pool.iter().filter(|subject| subject.series.quality.verdict != Verdict::Refused);
    let histories: Vec<_> = carried().map(Subject::values).collect();
    let known: Vec<_> =
        carried().zip(&histories).map(|(subject, history)| Known { history, strengths: subject.strengths }).collect();
    let mut chosen = choose(&known, span).into_iter();
    pool.iter()
        .map(|subject| {
            let quality = &subject.series.quality;
            if let Some(why) = quality.refusal() {
                return Ok(Outlook::Refused(why));
            }
            let Some(chosen) = chosen.next() else { return Ok(Outlook::Refused("no method".to_owned())) };
            let doubt = (quality.verdict == Verdict::Doubtful).then(|| quality.to_string());
            Ok(Outlook::Foreseen(Box::new(foresee(subject.series, chosen, doubt, span, said)?)))
        })
        .collect()
}

/// A series as far as it is known at some time. Events count as known ahead as far as one asks, and no farther.
#[derive(Clone, Copy)]
struct Known<'a> {
    history: &'a [Option<f64>],
    strengths: &'a [f64],
}

fn choose(pool: &[Known<'_>], span: Span) -> Vec<Chosen> {
    let horizon = span.horizon.max(span.interval);
    let series: Vec<_> = pool
        .iter()
        .map(|known| {
            let through = (known.history.len() + horizon).min(known.strengths.len());
            choice::Series { history: known.history, events: &known.strengths[..through] }
        })
        .collect();
    choice::forecast(&series, Ask { horizon, interval: span.interval, season: span.season })
}

fn foresee(
    series: &Series,
    chosen: Chosen,
    doubt: Option<String>,
    span: Span,
    said: &Said,
) -> Result<Foreseen, OutlookError> {
    let mut bucket = series.next();
    let mut base = Vec::with_capacity(chosen.forecast.periods.len());
    for ahead in &chosen.forecast.periods {
        base.push((bucket, ahead.mean()));
        bucket = bucket.next();
    }
    let overridden = override_by(&series.key, &base, &said.events)?;
    let first = &overridden[..span.interval.min(overridden.len())];
    let base_interval = chosen.forecast.cumulative;
    let interval = if first.iter().all(|one| one.steps.is_empty()) {
        base_interval
    } else {
        let parts: Vec<_> = first.iter().map(|one| (one.base, one.adjustment)).collect();
        adjusted(&base_interval, Adjustment::over(&parts))
    };
    let mut ahead: Vec<Ahead> = overridden
        .into_iter()
        .zip(&chosen.forecast.periods)
        .map(|(events, base)| Ahead {
            bucket: events.bucket,
            base: *base,
            demand: if events.steps.is_empty() { *base } else { adjusted(base, events.adjustment) },
            events,
            statement: None,
        })
        .collect();
    let interval = state(&series.key, &mut ahead, interval, span.interval, said)?;
    ahead.truncate(span.horizon);
    Ok(Foreseen { reason: chosen.reason, doubt, ahead, base_interval, interval })
}

/// Lays the statement over the buckets; hands back the interval of the first `len`.
fn state(
    key: &SeriesKey,
    ahead: &mut [Ahead],
    interval: Distribution,
    len: usize,
    said: &Said,
) -> Result<Distribution, StatementError> {
    let forecast: Vec<_> = ahead.iter().map(|ahead| (ahead.bucket, ahead.demand.mean())).collect();
    let stated = said.of(key, &forecast)?;
    let means: Vec<_> = forecast.iter().map(|(_, mean)| *mean).collect();
    let interval = said::interval(interval, &stated[..len.min(stated.len())], &means);
    for (ahead, stated) in ahead.iter_mut().zip(stated) {
        ahead.demand = stated.bucket(ahead.demand);
        ahead.statement = Some(Box::new(stated));
    }
    Ok(interval)
}

fn adjusted(base: &Distribution, by: Adjustment) -> Distribution {
    base.scaled(by.scale).shifted(by.shift)
}

#[cfg(test)]
mod tests;
