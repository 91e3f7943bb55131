//! The walk through the days.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    Joint, JointRule, Line, Outcome, Plan, PlanError, Refused, Site, Withheld,
    flow::{DAYS_MAX, Flow},
};
use crate::replenish::{
    agreement::Terms,
    calendar::{after, before, days_between},
    item::{Item, OnHand},
    policy::{Levels, Policy, Trigger, levels},
    reason::{Hold, Note, Reason},
};

/// Days behind the last lead time in which a receipt still finds a working day.
const SLACK_DAYS: usize = 30;

/// What an item wants on a day.
struct Wish {
    flow: usize,
    quantity: i64,
    up_to: i64,
    reason: Reason,
}

pub(super) fn run(
    site: &Site,
    inputs: String,
    known: &dyn Fn(usize, &Arc<Item>) -> Option<Levels>,
) -> Result<Plan, PlanError> {
    let longest = site.items.iter().map(|item| item.interval.lead_days.clamp(0.0, DAYS_MAX)).fold(0.0, f64::max);
    let days = site.horizon_days + longest.ceil() as usize + SLACK_DAYS;
    let dates: Vec<Date> =
        (0..days).map(|day| after(site.today, day).ok_or(PlanError::Dates)).collect::<Result<_, _>>()?;
    let mut refused = Vec::new();
    let mut flows: Vec<Flow<'_>> = Vec::with_capacity(site.items.len());
    for (index, item) in site.items.iter().enumerate() {
        let refuse = |why: String| Refused { item: item.id.clone(), why };
        match known(index, item).map_or_else(|| levels(item), Ok) {
            Err(error) => refused.push(refuse(error.to_string())),
            Ok(levels) => match Flow::new(site, item, levels, days) {
                Some(flow) => flows.push(flow),
                None => refused.push(refuse("stock on hand is unknown; count the bin or mend its scale".to_owned())),
            },
        }
    }
    let mut joint = JointOrders::new(site, &mut flows)?;
    let mut plan =
        Plan { inputs, today: site.today, lines: Vec::new(), withheld: Vec::new(), refused, outcomes: Vec::new() };
    let mut walk = Walk { site, dates: &dates, held: BTreeSet::new(), plan: &mut plan };
    let mut seen: Vec<Seen> = flows.iter().map(|_| Seen::default()).collect();
    for day in 0..site.horizon_days {
        for flow in &mut flows {
            flow.receive(day);
        }
        walk.order(day, &mut flows, &mut joint);
        for (flow, seen) in flows.iter_mut().zip(&mut seen) {
            let begin = flow.stock.max(0.0);
            flow.use_up(day);
            seen.note(day, begin, flow.stock);
        }
    }
    plan.outcomes = flows.iter().zip(&seen).map(|(flow, seen)| outcome(site, flow, seen, &dates)).collect();
    Ok(plan)
}

pub(super) fn check_horizon(site: &Site) -> Result<(), PlanError> {
    if site.horizon_days > super::HORIZON_MAX {
        return Err(PlanError::Horizon(site.horizon_days));
    }
    Ok(())
}

pub(super) fn check(site: &Site) -> Result<(), PlanError> {
    check_horizon(site)?;
    if site.items.len() > super::ITEMS_MAX {
        return Err(PlanError::Items(site.items.len()));
    }
    let mut ids = BTreeSet::new();
    match site.items.iter().find(|item| !ids.insert(item.id.as_str())) {
        Some(twice) => Err(PlanError::Twice(twice.id.clone())),
        None => Ok(()),
    }
}

/// What was seen of an item's projected stock.
#[derive(Default)]
struct Seen {
    sum: f64,
    highest: f64,
    days: f64,
    out: Option<usize>,
}

impl Seen {
    fn note(&mut self, day: usize, begin: f64, end: f64) {
        self.sum += f64::midpoint(begin, end.max(0.0));
        self.highest = self.highest.max(begin);
        self.days += 1.0;
        if end <= 0.0 && begin - end > 0.0 && self.out.is_none() {
            self.out = Some(day);
        }
    }
}

fn outcome(site: &Site, flow: &Flow<'_>, seen: &Seen, dates: &[Date]) -> Outcome {
    let demand = flow.demand_between(0, site.horizon_days);
    Outcome {
        item: flow.item.id.clone(),
        levels: flow.levels,
        ordered: flow.ordered,
        stock_mean: if seen.days > 0.0 { seen.sum / seen.days } else { flow.stock.max(0.0) },
        stock_max: seen.highest,
        demand,
        short: demand * (1.0 - flow.levels.fill_rate),
        out_on: seen.out.and_then(|day| dates.get(day).copied()),
    }
}

/// Which flows are ordered together.
struct JointOrders {
    /// Members by group that orders along.
    along: Vec<Vec<usize>>,
}

impl JointOrders {
    fn new(site: &Site, flows: &mut [Flow<'_>]) -> Result<Self, PlanError> {
        if site.joint.is_empty() {
            return Ok(Self { along: Vec::new() });
        }
        let known: BTreeSet<&str> = site.items.iter().map(|item| item.id.as_str()).collect();
        let at: BTreeMap<String, usize> = flows.iter().enumerate().map(|(i, flow)| (flow.item.id.clone(), i)).collect();
        let mut along = Vec::new();
        for Joint { items, rule } in &site.joint {
            if let Some(unknown) = items.iter().find(|item| !known.contains(item.as_str())) {
                return Err(PlanError::JointItem(unknown.clone()));
            }
            match rule {
                JointRule::CanOrder => along.push(items.iter().filter_map(|item| at.get(item).copied()).collect()),
                JointRule::Cycle { days, multiples } => {
                    for (index, item) in items.iter().enumerate() {
                        if let Some(flow) = at.get(item).and_then(|i| flows.get_mut(*i)) {
                            let multiple = multiples.get(index).copied().unwrap_or(1).max(1);
                            flow.review = (*days).max(1).saturating_mul(multiple) as usize;
                        }
                    }
                }
            }
        }
        Ok(Self { along })
    }
}

struct Walk<'a> {
    site: &'a Site,
    dates: &'a [Date],
    /// Item and hold that are told already.
    held: BTreeSet<(usize, Hold)>,
    plan: &'a mut Plan,
}

impl Walk<'_> {
    fn order(&mut self, day: usize, flows: &mut [Flow<'_>], joint: &mut JointOrders) {
        let date = self.dates[day];
        let mut wishes: Vec<Wish> = Vec::new();
        for (index, flow) in flows.iter_mut().enumerate() {
            if let Some(wish) = wish(self.dates, day, index, flow) {
                wishes.push(wish);
            }
        }
        if wishes.is_empty() {
            return;
        }
        let terms = self.site.agreement.terms(date);
        let is_allowed = terms.is_none_or(|terms| terms.limits.allows_day(date));
        if !is_allowed || !self.site.vendor_calendar.works(date) {
            let is_last = day + 1 == self.site.horizon_days;
            for wish in &wishes {
                let since = *flows[wish.flow].wanted_since.get_or_insert(day);
                if is_last && !is_allowed {
                    self.hold(self.dates[since], &flows[wish.flow], wish, Hold::Blackout);
                }
            }
            return;
        }
        along(flows, joint, &mut wishes);
        let mut left = terms.and_then(|terms| terms.limits.value_max).unwrap_or(f64::INFINITY);
        // who runs out first is served first from the day's value
        let cover = |wish: &Wish| {
            let flow = &flows[wish.flow];
            flow.position() as f64 / flow.item.need.per_day(flow.item.interval).max(1e-9)
        };
        if left.is_finite() {
            let mut served: Vec<(f64, Wish)> = wishes.into_iter().map(|wish| (cover(&wish), wish)).collect();
            served.sort_by(|(a, x), (b, y)| a.total_cmp(b).then(x.flow.cmp(&y.flow)));
            wishes = served.into_iter().map(|(_, wish)| wish).collect();
        }
        let mut lines = Vec::new();
        for wish in wishes {
            let flow = &mut flows[wish.flow];
            flow.next_review = day + flow.review;
            match self.line(day, terms, flow, &wish, left) {
                Ok(line) => {
                    left -= line.value;
                    lines.push((wish.flow, line));
                }
                Err(hold) => self.hold(date, &flows[wish.flow], &wish, hold),
            }
        }
        lines.sort_by_key(|(flow, _)| *flow);
        self.plan.lines.extend(lines.into_iter().map(|(_, line)| line));
    }

    fn hold(&mut self, day: Date, flow: &Flow<'_>, wish: &Wish, hold: Hold) {
        if self.held.insert((wish.flow, hold)) {
            self.plan.withheld.push(Withheld { item: flow.item.id.clone(), day, wanted: wish.quantity, hold });
        }
    }

    fn line(
        &self,
        day: usize,
        terms: Option<&Terms>,
        flow: &mut Flow<'_>,
        wish: &Wish,
        value_left: f64,
    ) -> Result<Line, Hold> {
        let terms = terms.ok_or(Hold::NoAgreement)?;
        let limits = &terms.limits;
        if !limits.allows_item(&flow.item.id) {
            return Err(Hold::ItemNotAllowed);
        }
        let due = *self.dates.get(day + flow.lead).ok_or(Hold::Calendar)?;
        let receipt = self.site.site_calendar.working_from(due).ok_or(Hold::Calendar)?;
        let arrival = days_between(self.site.today, receipt);
        if arrival >= self.dates.len() {
            return Err(Hold::Calendar);
        }
        let unit_cost = if flow.item.unit_cost > 0.0 { flow.item.unit_cost } else { 0.0 };
        let affordable =
            if value_left.is_finite() && unit_cost > 0.0 { (value_left / unit_cost).floor() as i64 } else { i64::MAX };
        // The cheap look first: an item that the day's value holds back comes again each day.
        if flow.lots.down(affordable) == 0 {
            return Err(Hold::Value);
        }
        let position = flow.position();
        let mut notes = Vec::new();
        let mut quantity = flow.lots.up(wish.quantity);
        if quantity > wish.quantity {
            notes.push(Note::RoundedUp { from: wish.quantity });
        }
        let mut cut = |room: i64, hold: Hold, note: fn(i64) -> Note| {
            if quantity > room {
                let fits = flow.lots.down(room);
                if fits == 0 {
                    return Err(hold);
                }
                notes.push(note(quantity));
                quantity = fits;
            }
            Ok(())
        };
        cut(flow.room(arrival), Hold::Capacity, |from| Note::CutToCapacity { from })?;
        cut(limits.quantity_max.unwrap_or(i64::MAX), Hold::Quantity, |from| Note::CutToQuantity { from })?;
        if let Some(days) = limits.days_of_supply_max {
            let most = days * flow.item.need.per_day(flow.item.interval);
            cut((most.floor() as i64).saturating_sub(position), Hold::Cover, |from| Note::CutToCover { from })?;
        }
        cut(affordable, Hold::Value, |from| Note::CutToValue { from })?;
        let above = position.saturating_add(quantity).saturating_sub(wish.up_to);
        if above > 0 {
            notes.push(Note::PassesMax { by: above });
        }
        if let Some(since) = flow.wanted_since.filter(|since| *since < day) {
            notes.push(Note::HeldSince { day: self.dates[since] });
        }
        if let Some(out) = flow.out_before(day, arrival) {
            notes.push(Note::OutBefore { day: self.dates[out] });
        }
        match flow.item.on_hand {
            OnHand::Exactly(_) | OnHand::Unknown => {}
            OnHand::About { low, high, .. } => notes.push(Note::Uncertain { low, high }),
            OnHand::LastKnown { low, high, at, .. } => {
                notes.extend([Note::LastKnown { at }, Note::Uncertain { low, high }]);
            }
        }
        flow.place(arrival, quantity);
        flow.wanted_since = None;
        let weekday = usize::try_from(receipt.weekday().to_monday_zero_offset()).unwrap_or(0);
        Ok(Line {
            item: flow.item.id.clone(),
            owner: flow.item.owner.clone(),
            quantity,
            release: self.dates[day],
            receipt,
            bucket: before(receipt, weekday).unwrap_or(receipt),
            value: quantity as f64 * unit_cost,
            act: terms.authority.act(),
            reason: wish.reason.clone(),
            notes,
        })
    }
}

/// What an item wants on its own.
fn wish(dates: &[Date], day: usize, index: usize, flow: &mut Flow<'_>) -> Option<Wish> {
    let position = flow.position();
    let up_to_quantity = |up_to: i64| up_to.saturating_sub(position).max(1);
    let within = |level: i64| level.min(flow.item.agreed_max.unwrap_or(i64::MAX));
    let shift = flow.shift(day);
    let (point, up_to) = (flow.levels.point.saturating_add(shift), within(flow.levels.up_to.saturating_add(shift)));
    let point = point.max(flow.item.agreed_min.unwrap_or(i64::MIN)).min(up_to.saturating_sub(1));
    let at_point = |quantity: i64, up_to: i64, point: i64| {
        let reason = Reason::AtPoint { position, point };
        (position <= point).then_some(Wish { flow: index, quantity, up_to, reason })
    };
    match flow.item.policy {
        Policy::PointQuantity { quantity, .. } => {
            // so many lots that the position is above the point
            let missing = point.saturating_add(1).saturating_sub(position).max(1);
            let lots = missing.checked_add(quantity.max(1) - 1)? / quantity.max(1);
            at_point(lots.saturating_mul(quantity), up_to, point)
        }
        Policy::PointUpTo { .. } => at_point(up_to_quantity(up_to), up_to, point),
        Policy::Review { .. } => {
            if day < flow.next_review {
                return None;
            }
            if position >= up_to {
                flow.next_review = day + flow.review;
                return None;
            }
            // a review on a closed day is done on the next open one
            let reason = Reason::Review { position, level: up_to };
            Some(Wish { flow: index, quantity: up_to_quantity(up_to), up_to, reason })
        }
        Policy::MinMax { trigger, .. } => {
            let (min, max) = (flow.levels.point, flow.levels.up_to);
            let early = || {
                let ahead = flow.demand_between(day, day + flow.lead + flow.review);
                if trigger == Trigger::AtMin || position >= max || position as f64 - ahead >= min as f64 {
                    return None;
                }
                let on = dates.get(flow.breach(day, min as f64)?).copied()?;
                let reason = Reason::Breach { on, min };
                Some(Wish { flow: index, quantity: up_to_quantity(max), up_to: max, reason })
            };
            at_point(up_to_quantity(max), max, min).or_else(early)
        }
    }
}

/// Takes along who can be ordered with one that must, and sets the next reviews.
fn along(flows: &mut [Flow<'_>], joint: &JointOrders, wishes: &mut Vec<Wish>) {
    for group in &joint.along {
        let Some(must) = wishes.iter().find(|wish| group.contains(&wish.flow)) else { continue };
        let with = flows[must.flow].item.id.clone();
        for index in group {
            let flow = &flows[*index];
            let position = flow.position();
            let wanted = wishes.iter().any(|wish| wish.flow == *index);
            if let Some(can_order) = flow.item.can_order
                && !wanted
                && position <= can_order
                && position < flow.levels.up_to
            {
                let quantity = flow.levels.up_to.saturating_sub(position);
                let reason = Reason::Along { with: with.clone(), position, can_order };
                wishes.push(Wish { flow: *index, quantity, up_to: flow.levels.up_to, reason });
            }
        }
    }
    wishes.sort_by_key(|wish| wish.flow);
}
