//! What people say of demand beside its history, and what that makes of a forecast: known events, other sources, customer orders.
//!
//! Events come first, then the statement, then orders. A bucket's mean becomes what is stated of it; with it the variance
//! grows or falls by the same factor, as counts do: a quantile lies √factor times as far from the mean as before. (Were
//! quantiles times the factor, a contract for an item that hardly ever moves would leave its 95 % quantile at nothing.)
//! Orders beyond the statement are added to every quantile, and no quantile lies below what is ordered. The protection
//! interval follows by the factors of its buckets, each weighed by its mean, and the sum of what is added. What nobody
//! speaks of keeps its bits.
//!
//! Pure; knows no files.

use std::collections::BTreeMap;

use jiff::civil::Date;
use planning::{
    demand::{Bucket, KnownEvent, SeriesKey},
    method::Distribution,
    statement::{Alert, CustomerOrder, Net, Rule, Source, SourceKind, Stated, StatementError, consume, reconcile},
};
use serde::Serialize;

/// What the forecast is called among the sources. No other may be called so.
pub(crate) const FORECAST: &str = "forecast";

/// Sources of one item beside the forecast: what one statement takes, less one.
pub(crate) const SOURCES_MAX: usize = 63;

/// Everything that people say of one pool's demand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Said {
    pub(crate) events: Vec<KnownEvent>,
    /// By item. The forecast is always a source beside them.
    pub(crate) sources: BTreeMap<String, Vec<Opinion>>,
    /// By item, in the order in which they were entered.
    pub(crate) orders: BTreeMap<String, Vec<Ordered>>,
    pub(crate) rule: Rule,
    /// How far the forecast was off in the past, as a fraction; for the weighted rule.
    pub(crate) forecast_wape: Option<f64>,
}

/// One source's view of one item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Opinion {
    pub(crate) source: String,
    pub(crate) kind: SourceKind,
    pub(crate) author: String,
    /// `None` is every site.
    pub(crate) site: Option<String>,
    pub(crate) wape: Option<f64>,
    /// So many units over these days, both included; no two share a day.
    pub(crate) spans: Vec<Spoken>,
}

/// What a source says of some days together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spoken {
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) units: f64,
}

/// An order of the customer that is not served yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Ordered {
    pub(crate) order: String,
    /// `None` is every site.
    pub(crate) site: Option<String>,
    /// When it is wanted.
    pub(crate) day: Date,
    pub(crate) units: u64,
}

/// What sources and orders make of one bucket.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// Where the item has other sources.
    pub(crate) stated: Option<Stated>,
    /// Where the bucket has orders.
    pub(crate) net: Option<Net>,
    /// The demand of the bucket.
    demand: f64,
    /// What is stated over what was forecast; 1 where nothing was.
    factor: f64,
    /// What is demand beyond that.
    added: f64,
    /// What is ordered: no quantile is below it.
    floor: f64,
    is_other: bool,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            sources: BTreeMap::new(),
            orders: BTreeMap::new(),
            rule: Rule::usual(),
            forecast_wape: None,
        }
    }
}

impl Said {
    /// What is stated of each bucket of a series; empty where neither a source nor an order is about it. `forecast` is the
    /// mean of each bucket, events included, in order of time.
    ///
    /// # Errors
    /// [`StatementError`] where a source breaks a rule.
    pub(super) fn of(&self, key: &SeriesKey, forecast: &[(Bucket, f64)]) -> Result<Vec<Statement>, StatementError> {
        let is_here = |site: &Option<String>| site.as_ref().is_none_or(|site| *site == key.site);
        let opinions = self.sources.get(&key.item).into_iter().flatten().filter(|opinion| is_here(&opinion.site));
        let orders = self.orders.get(&key.item).into_iter().flatten().filter(|order| is_here(&order.site));
        let mut sources: Vec<Source> =
            opinions.map(|opinion| opinion.source(forecast)).filter(|source| !source.lines.is_empty()).collect();
        let orders = wanted(orders, forecast);
        if sources.is_empty() && orders.is_empty() {
            return Ok(Vec::new());
        }
        let is_alone = sources.is_empty();
        sources.push(Source {
            id: FORECAST.to_owned(),
            kind: SourceKind::Statistical,
            author: "Binwire".to_owned(),
            lines: forecast.iter().copied().collect(),
            wape: self.forecast_wape,
        });
        let stated = reconcile(&sources, &self.heard())?;
        let nets = consume(&stated, &orders);
        let of_bucket = stated.into_iter().zip(nets).zip(forecast);
        Ok(of_bucket.map(|((stated, net), &(_, mean))| Statement::new(stated, net, mean, is_alone)).collect())
    }

    /// The rule, by which the forecast is heard last where it is not named: every bucket has a statement.
    fn heard(&self) -> Rule {
        match &self.rule {
            Rule::Priority(kinds) if !kinds.contains(&SourceKind::Statistical) => {
                Rule::Priority(kinds.iter().copied().chain([SourceKind::Statistical]).collect())
            }
            rule @ (Rule::Priority(_) | Rule::Weighted | Rule::Maximum) => rule.clone(),
        }
    }
}

impl Opinion {
    /// What it says of each bucket. Days of a bucket that it does not name are taken from the forecast, so that a month's
    /// contract is whole in weeks too.
    fn source(&self, forecast: &[(Bucket, f64)]) -> Source {
        let said = |&(bucket, mean): &(Bucket, f64)| {
            let (mut units, mut covered) = (0.0, 0);
            for span in &self.spans {
                let shared = bucket.overlap(span.from, span.to);
                if shared > 0 {
                    units += span.units * (f64::from(shared) / span.days());
                    covered += shared;
                }
            }
            let left = f64::from(bucket.days().saturating_sub(covered)) / f64::from(bucket.days());
            (covered > 0).then_some((bucket, if left > 0.0 { mean.mul_add(left, units) } else { units }))
        };
        Source {
            id: self.source.clone(),
            kind: self.kind,
            author: self.author.clone(),
            lines: forecast.iter().filter_map(said).collect(),
            wape: self.wape,
        }
    }
}

impl Spoken {
    fn days(&self) -> f64 {
        f64::from((self.to - self.from).get_days() + 1)
    }
}

/// Orders of the buckets that are forecast. What is overdue is wanted in the first of them.
fn wanted<'a>(orders: impl Iterator<Item = &'a Ordered>, forecast: &[(Bucket, f64)]) -> Vec<CustomerOrder> {
    let (Some((first, _)), Some((last, _))) = (forecast.first(), forecast.last()) else { return Vec::new() };
    let order = |order: &Ordered| {
        let bucket = Bucket::of(order.day, first.size()).max(*first);
        (bucket <= *last).then(|| CustomerOrder { id: order.order.clone(), bucket, units: order.units })
    };
    orders.filter_map(order).collect()
}

impl Statement {
    #[expect(clippy::cast_precision_loss, reason = "units of an order are far below 2^53")]
    fn new(stated: Stated, net: Net, mean: f64, is_alone: bool) -> Self {
        let (mut factor, mut added) = (1.0, 0.0);
        if stated.demand.to_bits() != mean.to_bits() {
            (factor, added) = if mean > 0.0 { (stated.demand / mean, 0.0) } else { (1.0, stated.demand) };
        }
        let is_changed = (factor, added) != (1.0, 0.0);
        if let Some(Alert::OverForecast { beyond }) = net.alert {
            added += beyond;
        }
        let has_orders = !net.orders.is_empty();
        Self {
            demand: net.demand,
            factor,
            added,
            floor: net.ordered as f64,
            is_other: is_changed || has_orders,
            stated: (!is_alone).then_some(stated),
            net: has_orders.then_some(net),
        }
    }

    /// The bucket's distribution.
    pub(super) fn bucket(&self, forecast: Distribution) -> Distribution {
        if self.is_other { restated(&forecast, self.demand, self.factor, self.floor) } else { forecast }
    }
}

/// The distribution of an interval whose buckets are stated so; `means` are the forecast's, events included.
pub(super) fn interval(forecast: Distribution, stated: &[Statement], means: &[f64]) -> Distribution {
    if stated.iter().all(|one| !one.is_other) {
        return forecast;
    }
    let (mut whole, mut times) = (0.0, 0.0);
    for (one, mean) in stated.iter().zip(means) {
        whole += mean;
        times += mean * one.factor;
    }
    let factor = if whole > 0.0 { times / whole } else { 1.0 };
    let added: f64 = stated.iter().map(|one| one.added).sum();
    let floor = stated.iter().map(|one| one.floor).sum();
    restated(&forecast, forecast.mean().mul_add(factor, added), factor, floor)
}

/// Another mean, the variance times the factor, nothing below the floor.
fn restated(of: &Distribution, mean: f64, factor: f64, floor: f64) -> Distribution {
    let wide = factor.sqrt();
    Distribution::new(mean.max(floor), |level| ((of.quantile(level) - of.mean()).mul_add(wide, mean)).max(floor))
}

#[cfg(test)]
mod tests;
