//! From outlooks and stock to a plan of what to send: the bridge between [`crate::outlook`] and `planning::replenish`.
//!
//! What nobody has said is taken as follows, and said in docs/demand.md: periodic review with the service asked for; minimum
//! order and multiple 1; no bin capacity; nothing on order, allocated or waiting; work every day; lead time without spread. No
//! agreement means that a plan is advice. What is said of an item is in its row ([`crate::terms`]). Pure.

use std::sync::Arc;

use jiff::civil::Date;
use planning::{
    demand::{Bucket, BucketSize},
    method::Distribution,
    probability::{Empirical, Law},
    replenish::{
        agreement::{Agreement, Authority, Limits, Terms},
        calendar::Calendar,
        item::{Item, OnHand, Owner},
        need::{Interval, Need},
        plan::{Plan, PlanError, Site, Unacknowledged, plan},
        policy::{Policy, Target},
    },
};

use crate::outlook::{Ahead, Foreseen, Span};

/// Buckets of one outlook, at most: two years of weeks.
pub(crate) const BUCKETS_MAX: usize = 104;

/// Points that stand for the distribution of the interval, of equal weight: enough for the 99.9 % level.
const POINTS: usize = 1_000;

/// What is on the shelf of an item, in the units of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shelf {
    pub(crate) on_hand: OnHand,
    pub(crate) order_min: i64,
    pub(crate) multiple: i64,
    pub(crate) capacity: Option<i64>,
}

/// One item to plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) id: &'a str,
    pub(crate) seen: &'a Foreseen,
    pub(crate) shelf: Shelf,
    /// What one unit of the series is in the item's units.
    pub(crate) unit: f64,
}

/// How stock is to be held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Aim {
    pub(crate) today: Date,
    pub(crate) size: BucketSize,
    pub(crate) span: Span,
    /// Lead time in buckets; the rest of the interval is the review period.
    pub(crate) lead: usize,
    /// Probability that stock lasts through a protection interval.
    pub(crate) service: f64,
}

impl Shelf {
    /// So many, and nothing else said.
    pub(crate) fn of(on_hand: OnHand) -> Self {
        Self { on_hand, order_min: 0, multiple: 1, capacity: None }
    }
}

/// Plans the items of one site.
///
/// # Errors
/// [`PlanError`] where they cannot be planned together; a single item that cannot is refused in the plan.
pub(crate) fn restock(wanted: &[Wanted<'_>], aim: Aim) -> Result<Plan, PlanError> {
    let horizon_days = days(aim.size, aim.span.horizon).min(planning::replenish::plan::HORIZON_MAX);
    let terms = Terms { authority: Authority::CustomerManaged, limits: Limits::default() };
    plan(&Site {
        today: aim.today,
        horizon_days,
        vendor_calendar: Calendar::every_day(),
        site_calendar: Calendar::every_day(),
        agreement: Agreement::new(Date::MIN, terms),
        unacknowledged: Unacknowledged::Counts,
        joint: Vec::new(),
        items: wanted.iter().map(|wanted| Arc::new(item(wanted, aim, horizon_days))).collect(),
    })
}

/// Days of so many buckets, a month counted as 30.
pub(crate) fn days(size: BucketSize, buckets: usize) -> usize {
    buckets
        * match size {
            BucketSize::Day => 1,
            BucketSize::Week => 7,
            BucketSize::Month => 30,
        }
}

/// Whole buckets that an interval takes, 1 to [`BUCKETS_MAX`].
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "2000 days at most"
)]
pub(crate) fn buckets(interval: Interval, size: BucketSize) -> usize {
    ((interval.days() / days(size, 1) as f64).ceil() as usize).clamp(1, BUCKETS_MAX)
}

/// The need of an item over its own interval, from an outlook over the whole buckets it takes; `per_day` is from today on.
#[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
pub(crate) fn need(seen: &Foreseen, interval: Interval, size: BucketSize, per_day: Vec<f64>) -> Need {
    let whole = days(size, buckets(interval, size)) as f64;
    let over = part(law(&seen.interval, 1.0), interval.days() / whole);
    let lead = over.mean() / interval.days().max(1e-9) * interval.lead_sd;
    let over = if lead > 0.0 { over.with_variance(over.variance() + lead * lead) } else { over };
    Need::forecast(per_day, over, interval.lead_days, interval.review_days)
}

/// The need of an item whose demand has the same law every day.
pub(crate) fn steady(per_day: &Law, interval: Interval) -> Need {
    Need::steady(per_day, interval.lead_days, interval.lead_sd, interval.review_days)
}

/// The law of a part of the buckets it was forecast over; of all of them, itself.
fn part(law: Law, part: f64) -> Law {
    if (part - 1.0).abs() < 1e-9 { law } else { law.moments_times(part) }
}

/// The item where nothing is said of it but how stock is to be held.
#[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
pub(crate) fn item(wanted: &Wanted<'_>, aim: Aim, horizon_days: usize) -> Item {
    let (lead, review) = (days(aim.size, aim.lead), days(aim.size, aim.span.interval.saturating_sub(aim.lead)));
    let interval = Interval { lead_days: lead as f64, lead_sd: 0.0, review_days: review as f64 };
    let expected = expected(&wanted.seen.ahead, wanted.unit, aim.today, horizon_days);
    let law = law(&wanted.seen.interval, wanted.unit);
    Item {
        id: wanted.id.to_owned(),
        owner: Owner::Customer,
        on_hand: wanted.shelf.on_hand,
        allocated: 0,
        backordered: 0,
        open: Vec::new(),
        interval,
        policy: Policy::Review { target: Target::CycleService(aim.service) },
        order_min: wanted.shelf.order_min,
        multiple: wanted.shelf.multiple,
        pack: 1,
        capacity: wanted.shelf.capacity,
        agreed_min: None,
        agreed_max: None,
        unit_cost: 0.0,
        can_order: None,
        need: Need::forecast(expected, law, interval.lead_days, interval.review_days),
    }
}

/// Demand of each day from today on: each bucket's evenly over its days; after the last bucket, that of its days again.
pub(crate) fn expected(ahead: &[Ahead], unit: f64, today: Date, count: usize) -> Vec<f64> {
    let per_day = |ahead: &Ahead| ahead.demand.mean() / unit / f64::from(ahead.bucket.days());
    let mut expected = Vec::with_capacity(count);
    let mut day = today;
    let mut at = 0;
    for _ in 0..count {
        while ahead.get(at).is_some_and(|ahead| ahead.bucket.last_day() < day) {
            at += 1;
        }
        expected.push(ahead.get(at).or(ahead.last()).map_or(0.0, per_day));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    expected
}

/// The distribution of the interval as a law of whole units.
#[expect(clippy::cast_precision_loss, reason = "a few hundred points")]
pub(crate) fn law(interval: &Distribution, unit: f64) -> Law {
    // A hair below a whole unit is that unit, not the next.
    let point = |number: usize| {
        let level = (number as f64 + 0.5) / POINTS as f64;
        ((interval.quantile(level) / unit - 1e-6).ceil().max(0.0), 1.0)
    };
    Empirical::of_weights((0..POINTS).map(point)).map_or_else(|_| Law::Certain(interval.mean() / unit), Law::Empirical)
}

/// Stock at the end of each bucket if demand comes as expected and the plan is kept, never below nothing; and what comes in it.
#[expect(clippy::cast_precision_loss, reason = "stock is far below 2^53")]
pub(crate) fn projected(plan: &Plan, wanted: &Wanted<'_>, today: Date) -> Vec<(Bucket, f64, f64)> {
    let mut stock = wanted.shelf.on_hand.quantity().unwrap_or(0) as f64 * wanted.unit;
    let lines = || plan.lines.iter().filter(|line| line.item == wanted.id);
    let mut projected = Vec::new();
    for ahead in &wanted.seen.ahead {
        let bucket = ahead.bucket;
        let comes: i64 =
            lines().filter(|line| bucket.overlap(line.receipt, line.receipt) > 0).map(|line| line.quantity).sum();
        let comes = comes as f64 * wanted.unit;
        // Of the bucket that has begun, only what is left of it.
        let left = f64::from(bucket.overlap(today, bucket.last_day())) / f64::from(bucket.days());
        stock = (stock + comes - ahead.demand.mean() * left).max(0.0);
        projected.push((bucket, stock, comes));
    }
    projected
}

#[cfg(test)]
mod tests;
