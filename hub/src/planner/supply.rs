//! The plan of a feed: its outlook, what its ledger has, and the terms that planners have said.
//!
//! An item with a row in items.csv is planned by its row; one without by the question and what nobody has said. What may not be
//! planned is refused here, by name, before planning sees it. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use planning::{
    demand::BucketSize,
    probability::Law,
    replenish::{
        agreement::Authority,
        item::{Item, OnHand},
        need::Interval,
        plan::{HORIZON_MAX, Joint, JointRule, Plan, plan as plan_site},
    },
};

use super::{FeedDemand, FeedOutlook, FeedPlan, Holding, PlannerError, subjects};
use crate::{
    outlook::{Foreseen, Outlook, OutlookError, Span, outlook},
    restock::{self, Aim, BUCKETS_MAX, Shelf, Wanted, days, expected},
    terms::item::ItemRow,
};

/// Plans every item of a feed that can be planned.
///
/// # Errors
/// [`PlannerError`] where items cannot be planned together.
pub(super) fn plan(
    outlook: Arc<FeedOutlook>,
    size: BucketSize,
    span: Span,
    holding: Holding,
) -> Result<FeedPlan, PlannerError> {
    let demand = Arc::clone(&outlook.demand);
    let terms = &demand.terms;
    let items = demand.series.keys().map(|key| &key.item);
    let refused: BTreeMap<_, _> = items.filter_map(|item| Some((item.clone(), terms.refusal_of(item)?))).collect();
    let service = f64::from(holding.service_milli) / 1_000.0;
    let aim = Aim { today: demand.today, size, span, lead: holding.lead, service };
    let horizon_days = days(size, span.horizon).min(HORIZON_MAX);
    let mut ahead = Outlooks { outlook: &outlook, aim, horizon_days, others: BTreeMap::new() };
    let mut items = Vec::new();
    for (at, key) in demand.series.keys().enumerate() {
        if refused.contains_key(&key.item) {
            continue;
        }
        let item = match terms.items.get(&key.item) {
            Some(row) => ahead.by_row(at, row)?,
            None => ahead.by_question(at, &key.item),
        };
        items.extend(item.map(Arc::new));
    }
    let mut site = terms.site.site(demand.today, horizon_days, items, Authority::CustomerManaged);
    let notes = together(&mut site.joint, &site.items);
    let plan: Plan = plan_site(&site)?;
    Ok(FeedPlan { outlook, plan, refused, notes })
}

/// Outlooks of the feed over the intervals that its items need.
struct Outlooks<'a> {
    outlook: &'a FeedOutlook,
    aim: Aim,
    horizon_days: usize,
    /// By length of the interval, in buckets.
    others: BTreeMap<usize, Vec<Outlook>>,
}

impl Outlooks<'_> {
    /// The item where nothing is said of it; `None` where it cannot be forecast.
    fn by_question(&self, at: usize, item: &str) -> Option<Item> {
        let Some(Outlook::Foreseen(seen)) = self.outlook.outlooks.get(at) else { return None };
        let shelf = Shelf::of(on_hand(&self.outlook.demand, item, per_day(seen)));
        Some(restock::item(&Wanted { id: item, seen, shelf, unit: 1.0 }, self.aim, self.horizon_days))
    }

    /// The item as its row says; `None` where it cannot be forecast and its row does not say its demand.
    fn by_row(&mut self, at: usize, row: &ItemRow) -> Result<Option<Item>, OutlookError> {
        let (demand, aim, horizon_days) = (&self.outlook.demand, self.aim, self.horizon_days);
        if let Some(Outlook::Refused(_)) = self.outlook.outlooks.get(at) {
            let planned = |per_day: Law| {
                let need = restock::steady(&per_day, row.interval);
                row.item(on_hand(demand, &row.item, per_day.mean()), need)
            };
            return Ok(row.per_day().map(planned));
        }
        let Some(seen) = self.over(row.interval)?.get(at).and_then(foreseen) else { return Ok(None) };
        let expected = expected(&seen.ahead, 1.0, aim.today, horizon_days);
        let need = restock::need(seen, row.interval, aim.size, expected);
        Ok(Some(row.item(on_hand(demand, &row.item, per_day(seen)), need)))
    }

    /// The outlooks over the whole buckets that an interval takes.
    fn over(&mut self, interval: Interval) -> Result<&[Outlook], OutlookError> {
        let buckets = restock::buckets(interval, self.aim.size);
        if buckets == self.aim.span.interval {
            return Ok(&self.outlook.outlooks);
        }
        if !self.others.contains_key(&buckets) {
            let demand = &self.outlook.demand;
            let horizon = self.aim.span.horizon.clamp(buckets.min(BUCKETS_MAX), BUCKETS_MAX);
            let span = Span { horizon, interval: buckets, ..self.aim.span };
            self.others.insert(buckets, outlook(&subjects(demand), span, &demand.terms.said)?);
        }
        Ok(self.others.get(&buckets).map(Vec::as_slice).unwrap_or_default())
    }
}

fn foreseen(outlook: &Outlook) -> Option<&Foreseen> {
    match outlook {
        Outlook::Refused(_) => None,
        Outlook::Foreseen(seen) => Some(seen),
    }
}

fn per_day(seen: &Foreseen) -> f64 {
    seen.ahead.first().map_or(0.0, |next| next.demand.mean() / f64::from(next.bucket.days()))
}

/// Stock as planning takes it. Books below nothing do not say what is there. A site that was not heard of since before
/// yesterday may have used nothing, or twice what was expected of these days.
fn on_hand(demand: &FeedDemand, item: &str, per_day: f64) -> OnHand {
    let quantity = demand.held.get(item).copied().unwrap_or(0);
    match demand.known_until {
        Some(at) if quantity >= 0 => {
            let days = (demand.today - at).get_days();
            #[expect(clippy::cast_possible_truncation, reason = "clamped to what there is")]
            let used = (2.0 * per_day * f64::from(days)).ceil().min(1e15) as i64;
            match days {
                ..=1 => OnHand::Exactly(quantity),
                2.. => OnHand::LastKnown { quantity, low: (quantity - used).max(0), high: quantity, at },
            }
        }
        Some(_) | None => OnHand::Unknown,
    }
}

/// Takes those out of joint orders that are not planned, with their multiples; says who.
fn together(joint: &mut Vec<Joint>, items: &[Arc<Item>]) -> Vec<String> {
    let planned: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let mut notes = Vec::new();
    for group in joint.iter_mut() {
        let is_planned: Vec<bool> = group.items.iter().map(|item| planned.contains(item.as_str())).collect();
        let missing: Vec<&str> =
            group.items.iter().zip(&is_planned).filter(|(_, is)| !**is).map(|(item, _)| item.as_str()).collect();
        if missing.is_empty() {
            continue;
        }
        notes.push(format!("joint orders go without {}, which cannot be planned", missing.join(", ")));
        if let JointRule::Cycle { multiples, .. } = &mut group.rule {
            *multiples = kept(std::mem::take(multiples), &is_planned);
        }
        group.items = kept(std::mem::take(&mut group.items), &is_planned);
    }
    joint.retain(|group| !group.items.is_empty());
    notes
}

/// Those of a list that are marked; the list may be shorter than the marks.
fn kept<T>(list: Vec<T>, marks: &[bool]) -> Vec<T> {
    list.into_iter().zip(marks).filter_map(|(one, is)| is.then_some(one)).collect()
}
