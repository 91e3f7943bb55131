//! Demand, forecast and plan as JSON. Owns the field names that others program against. Amounts are base units.

mod terms;

use jiff::civil::Date;
use planning::{
    demand::{Bucket, BucketSize, Cell, Effect, Mark, Quality, Returned, Series, Step, Why},
    method::Distribution,
    replenish::{
        item::Open,
        plan::{Line, Outcome, Withheld},
    },
    statement::{Net, Stated},
};
use serde::Serialize;

pub(crate) use self::terms::TermsView;
use super::{FeedDemand, FeedOutlook, FeedPlan};
use crate::outlook::{Ahead, Foreseen, Outlook, Statement};

/// The demand of one item.
#[derive(Debug, Serialize)]
pub(crate) struct DemandView<'a> {
    site: &'a str,
    feed: &'a str,
    item: &'a str,
    size: BucketSize,
    buckets: Vec<BucketView>,
    /// Units used so far in the bucket that is not over.
    open: u64,
    returned: &'a [Returned],
    undated: i64,
    /// Older buckets that are left out here.
    older: usize,
    marks: Vec<MarkView<'a>>,
    quality: QualityView<'a>,
}

#[derive(Debug, Serialize)]
struct BucketView {
    bucket: Bucket,
    /// `null` where it is unknown: that is not zero.
    units: Option<u64>,
    /// What the days that are known add up to.
    seen: u64,
    /// `known`, `scaled` (some days are unknown) or `unknown`.
    is: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
}

impl BucketView {
    fn of(bucket: Bucket, cell: &Cell) -> Self {
        let (seen, is, why) = match cell {
            Cell::Known { units } => (*units, "known", None),
            Cell::Scaled { seen, why, .. } => (*seen, "scaled", Some(*why)),
            Cell::Unknown { seen, why } => (*seen, "unknown", Some(*why)),
        };
        Self { bucket, units: cell.units(), seen, is, why }
    }
}

#[derive(Debug, Serialize)]
struct MarkView<'a> {
    #[serde(flatten)]
    mark: &'a Mark,
    text: String,
}

#[derive(Debug, Serialize)]
struct QualityView<'a> {
    #[serde(flatten)]
    quality: &'a Quality,
    text: String,
}

/// What is expected of one item.
#[derive(Debug, Serialize)]
pub(crate) struct ForecastView<'a> {
    site: &'a str,
    feed: &'a str,
    item: &'a str,
    size: BucketSize,
    /// Why there is none; then what follows is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ahead: Vec<AheadView<'a>>,
    /// Demand of the whole protection interval: not the sum of the quantiles of its buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<IntervalView>,
    quality: f64,
}

#[derive(Debug, Serialize)]
struct AheadView<'a> {
    bucket: Bucket,
    #[serde(flatten)]
    demand: Quantiles,
    /// The mean that history alone says; where the feed has a planning folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<f64>,
    /// The events that acted, in the order in which they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventView<'a>>,
    /// Which source won the bucket and why, where others than the forecast speak of the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a Stated>,
    /// The customer's orders of the bucket, and what they left of its forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<&'a Net>,
}

#[derive(Debug, Serialize)]
struct EventView<'a> {
    id: &'a str,
    author: &'a str,
    reason: &'a str,
    effect: Effect,
    /// The bucket's mean before it and after it.
    before: f64,
    after: f64,
}

#[derive(Debug, Serialize)]
struct IntervalView {
    buckets: usize,
    #[serde(flatten)]
    demand: Quantiles,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<f64>,
}

impl<'a> AheadView<'a> {
    fn of(ahead: &'a Ahead, has_terms: bool) -> Self {
        let event = |step: &'a Step| EventView {
            id: &step.event,
            author: &step.author,
            reason: &step.reason,
            effect: step.effect,
            before: step.before,
            after: step.after,
        };
        let statement: Option<&Statement> = ahead.statement.as_deref();
        Self {
            bucket: ahead.bucket,
            demand: Quantiles::of(&ahead.demand),
            base: has_terms.then(|| ahead.base.mean()),
            events: ahead.events.steps.iter().map(event).collect(),
            statement: statement.and_then(|statement| statement.stated.as_ref()),
            orders: statement.and_then(|statement| statement.net.as_ref()),
        }
    }
}

#[derive(Debug, Serialize)]
struct Quantiles {
    mean: f64,
    q50: f64,
    q75: f64,
    q90: f64,
    q95: f64,
    q99: f64,
}

impl Quantiles {
    fn of(demand: &Distribution) -> Self {
        let at = |level| demand.quantile(level);
        Self { mean: demand.mean(), q50: at(0.5), q75: at(0.75), q90: at(0.9), q95: at(0.95), q99: at(0.99) }
    }
}

impl<'a> DemandView<'a> {
    /// An item's demand with its newest buckets.
    pub(crate) fn of(demand: &'a FeedDemand, series: &'a Series, newest: usize) -> Self {
        let older = series.cells.len().saturating_sub(newest);
        let bucket = |(place, cell): (usize, &Cell)| BucketView::of(series.bucket(place), cell);
        Self {
            site: demand.feed.site.as_str(),
            feed: demand.feed.name.as_str(),
            item: &series.key.item,
            size: series.size,
            buckets: series.cells.iter().enumerate().skip(older).map(bucket).collect(),
            open: series.open,
            returned: &series.returned,
            undated: series.undated,
            older,
            marks: series.marks.iter().map(|mark| MarkView { mark, text: mark.to_string() }).collect(),
            quality: QualityView { quality: &series.quality, text: series.quality.to_string() },
        }
    }
}

impl<'a> ForecastView<'a> {
    pub(crate) fn of(found: &'a FeedOutlook, series: &'a Series, outlook: &'a Outlook, interval: usize) -> Self {
        let mut view = Self {
            site: found.demand.feed.site.as_str(),
            feed: found.demand.feed.name.as_str(),
            item: &series.key.item,
            size: series.size,
            refused: None,
            reason: None,
            doubt: None,
            ahead: Vec::new(),
            interval: None,
            quality: series.quality.score,
        };
        match outlook {
            Outlook::Refused(why) => view.refused = Some(why),
            Outlook::Foreseen(seen) => view.tell(seen, interval, found.demand.terms.fingerprint.is_some()),
        }
        view
    }

    fn tell(&mut self, seen: &'a Foreseen, interval: usize, has_terms: bool) {
        self.reason = Some(&seen.reason);
        self.doubt = seen.doubt.as_deref();
        self.ahead = seen.ahead.iter().map(|ahead| AheadView::of(ahead, has_terms)).collect();
        self.interval = Some(IntervalView {
            buckets: interval,
            demand: Quantiles::of(&seen.interval),
            base: has_terms.then(|| seen.base_interval.mean()),
        });
    }
}

/// What to send of one item, and why.
#[derive(Debug, Serialize)]
pub(crate) struct PlanView<'a> {
    site: &'a str,
    feed: &'a str,
    item: &'a str,
    /// SHA-256 of everything the feed's plan was made of.
    inputs: &'a str,
    today: Date,
    on_hand: Option<i64>,
    /// Why nothing is planned; then what follows is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a Outcome>,
    lines: Vec<LineView<'a>>,
    withheld: Vec<WithheldView<'a>>,
    /// What comes already and is in the position.
    #[serde(skip_serializing_if = "<[Open]>::is_empty")]
    open: &'a [Open],
}

#[derive(Debug, Serialize)]
struct WithheldView<'a> {
    #[serde(flatten)]
    withheld: &'a Withheld,
    /// What is in the way, and the way out.
    why: &'static str,
}

#[derive(Debug, Serialize)]
struct LineView<'a> {
    #[serde(flatten)]
    line: &'a Line,
    /// The reason in words.
    why: String,
}

impl<'a> PlanView<'a> {
    pub(crate) fn of(found: &'a FeedPlan, series: &'a Series, outlook: &'a Outlook) -> Self {
        let (demand, plan, item) = (&found.outlook.demand, &found.plan, series.key.item.as_str());
        let outcome = plan.outcomes.iter().find(|outcome| outcome.item == item);
        let refused = match outlook {
            Outlook::Refused(why) => Some(why.as_str()),
            Outlook::Foreseen(_) => None,
        };
        let of_plan = || plan.refused.iter().find(|refused| refused.item == item).map(|of| of.why.as_str());
        let refused = found.refused.get(item).map(String::as_str).or(refused).or_else(of_plan);
        let withheld = plan.withheld.iter().filter(|withheld| withheld.item == item);
        let lines = plan.lines.iter().filter(|line| line.item == item);
        Self {
            site: demand.feed.site.as_str(),
            feed: demand.feed.name.as_str(),
            item,
            inputs: &plan.inputs,
            today: plan.today,
            on_hand: demand.held.get(item).copied(),
            // Planned on what its row says, an item needs no history.
            refused: refused.filter(|_| outcome.is_none()),
            outcome,
            lines: lines.map(|line| LineView { line, why: line.reason.to_string() }).collect(),
            withheld: withheld.map(|withheld| WithheldView { withheld, why: withheld.hold.text() }).collect(),
            open: demand.terms.items.get(item).map(|row| row.open.as_slice()).unwrap_or_default(),
        }
    }
}
