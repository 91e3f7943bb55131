//! Outlook: what planning makes of a pool of series, the same for a planner's files and for the hub's own store.
//!
//! Quality first: a series that is refused is neither forecast nor learned from. Then the choice of methods over the pool,
//! then known events over the forecast, the base kept. Pure; knows neither files nor the store.

mod accuracy;

use planning::{
    choice::{self, Chosen},
    demand::{Adjustment, Bucket, EventError, KnownEvent, Overridden, Series, Verdict, override_by},
    method::{Ask, Distribution},
};

pub(crate) use self::accuracy::{Judged, METHODS, Trial};

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

/// A forecast, events included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foreseen {
    /// Why this method.
    pub(crate) reason: String,
    /// What makes the history weak, where something does.
    pub(crate) doubt: Option<String>,
    /// Nearest first.
    pub(crate) ahead: Vec<Ahead>,
    /// Demand of the protection interval, without and with events.
    pub(crate) base_interval: Distribution,
    pub(crate) interval: Distribution,
}

/// One bucket ahead.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ahead {
    pub(crate) bucket: Bucket,
    /// Without events.
    pub(crate) base: Distribution,
    pub(crate) demand: Distribution,
    pub(crate) events: Overridden,
}

impl Subject<'_> {
    /// Demand in the item's units.
    pub(crate) fn values(&self) -> Vec<Option<f64>> {
        self.series.values().into_iter().map(|units| Some(units? * self.unit)).collect()
    }
}

/// Forecasts a pool, in its order.
///
/// # Errors
/// [`EventError`] where an event breaks a rule.
pub(crate) fn outlook(pool: &[Subject<'_>], span: Span, events: &[KnownEvent]) -> Result<Vec<Outlook>, EventError> {
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
            Ok(Outlook::Foreseen(Box::new(foresee(subject.series, chosen, doubt, span, events)?)))
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
    events: &[KnownEvent],
) -> Result<Foreseen, EventError> {
    let mut bucket = series.next();
    let mut base = Vec::with_capacity(chosen.forecast.periods.len());
    for ahead in &chosen.forecast.periods {
        base.push((bucket, ahead.mean()));
        bucket = bucket.next();
    }
    let overridden = override_by(&series.key, &base, events)?;
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
        })
        .collect();
    ahead.truncate(span.horizon);
    Ok(Foreseen { reason: chosen.reason, doubt, ahead, base_interval, interval })
}

fn adjusted(base: &Distribution, by: Adjustment) -> Distribution {
    base.scaled(by.scale).shifted(by.shift)
}

#[cfg(test)]
mod tests;
