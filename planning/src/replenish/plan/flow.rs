//! One item's stock as it is projected through the days.

use crate::replenish::{
    calendar::days_between,
    item::{Item, OrderState},
    policy::Levels,
    position::Lots,
};

use super::{Site, Unacknowledged};

/// Longest lead time and review in days; more is a wrong row.
pub(super) const DAYS_MAX: f64 = 1_000.0;

/// One item on its way through the days. Day 0 is today.
pub(super) struct Flow<'a> {
    pub(super) item: &'a Item,
    pub(super) levels: Levels,
    pub(super) lots: Lots,
    pub(super) lead: usize,
    pub(super) review: usize,
    /// Day of the next review, for policies that review.
    pub(super) next_review: usize,
    pub(super) wanted_since: Option<usize>,
    /// All that is planned of it.
    pub(super) ordered: i64,
    /// Projected at the start of the day in hand; below zero what waits.
    pub(super) stock: f64,
    /// Coming, not yet received.
    pub(super) outstanding: i64,
    pub(super) arrivals: Vec<i64>,
    demand: Vec<f64>,
    /// Demand before day `d`, summed.
    before: Vec<f64>,
    /// Part of expected demand that comes at least.
    quiet: f64,
    interval: usize,
}

impl<'a> Flow<'a> {
    /// `None` where the stock is not known.
    pub(super) fn new(site: &Site, item: &'a Item, levels: Levels, days: usize) -> Option<Self> {
        let on_hand = item.on_hand.quantity()?;
        let lead = item.interval.lead_days.clamp(0.0, DAYS_MAX).ceil() as usize;
        let review = (item.interval.review_days.clamp(0.0, DAYS_MAX).ceil() as usize).max(1);
        let mut arrivals = vec![0_i64; days];
        let mut outstanding = 0_i64;
        for open in &item.open {
            let counts = match site.unacknowledged {
                Unacknowledged::Counts => true,
                Unacknowledged::DoesNotCount => open.state > OrderState::Ordered,
            };
            if counts && open.quantity > 0 {
                // overdue or not: the earliest it can come is today
                let day = days_between(site.today, open.due).min(days.saturating_sub(1));
                if let Some(arrival) = arrivals.get_mut(day) {
                    *arrival = arrival.saturating_add(open.quantity);
                    outstanding = outstanding.saturating_add(open.quantity);
                }
            }
        }
        let demand = item.need.days(days);
        let mut sum = 0.0;
        let mut before = Vec::with_capacity(days + 1);
        before.push(0.0);
        before.extend(demand.iter().map(|day| {
            sum += day;
            sum
        }));
        let waiting = item.allocated.saturating_add(item.backordered);
        Some(Self {
            item,
            levels,
            lots: Lots::in_packs(item.order_min, item.multiple, item.pack),
            lead,
            review,
            next_review: 0,
            wanted_since: None,
            ordered: 0,
            stock: on_hand.saturating_sub(waiting) as f64,
            outstanding,
            arrivals,
            demand,
            before,
            quiet: levels.quiet,
            interval: lead + review,
        })
    }

    pub(super) fn receive(&mut self, day: usize) {
        let arrived = self.arrivals.get(day).copied().unwrap_or(0);
        self.stock += arrived as f64;
        self.outstanding = self.outstanding.saturating_sub(arrived);
    }

    pub(super) fn use_up(&mut self, day: usize) {
        self.stock -= self.demand.get(day).copied().unwrap_or(0.0);
    }

    pub(super) fn position(&self) -> i64 {
        ((self.stock + 1e-9).floor() as i64).saturating_add(self.outstanding)
    }

    pub(super) fn demand_between(&self, from: usize, to: usize) -> f64 {
        let at = |day: usize| self.before[day.min(self.before.len() - 1)];
        at(to) - at(from)
    }

    /// By how much expected demand of the interval from `day` differs from that from today.
    pub(super) fn shift(&self, day: usize) -> i64 {
        let shift = self.demand_between(day, day + self.interval) - self.demand_between(0, self.interval);
        (shift - 1e-9 * shift.abs().max(1.0)).ceil() as i64
    }

    /// The first day from `day` on, through lead time and review, that begins or ends below `level`.
    pub(super) fn breach(&self, day: usize, level: f64) -> Option<usize> {
        let mut stock = self.stock;
        for ahead in day..(day + self.interval).min(self.demand.len()) {
            if ahead > day {
                stock += self.arrivals[ahead] as f64;
            }
            stock -= self.demand[ahead];
            if stock < level {
                return Some(ahead);
            }
        }
        None
    }

    /// The first day before `receipt` on which stock is out.
    pub(super) fn out_before(&self, day: usize, receipt: usize) -> Option<usize> {
        self.breach(day, 1e-9).filter(|out| *out < receipt)
    }

    /// What more the bin holds from `receipt` on, if little is used and all comes that is planned.
    pub(super) fn room(&self, receipt: usize) -> i64 {
        let Some(capacity) = self.item.capacity else { return i64::MAX };
        let mut level = self.item.on_hand.high() as f64;
        let mut highest = f64::NEG_INFINITY;
        for (day, (arrived, demand)) in self.arrivals.iter().zip(&self.demand).enumerate() {
            level += *arrived as f64;
            if day >= receipt {
                highest = highest.max(level);
            }
            level = (level - self.quiet * demand).max(0.0);
        }
        (capacity as f64 - highest + 1e-9).floor().max(0.0) as i64
    }

    pub(super) fn place(&mut self, receipt: usize, quantity: i64) {
        if let Some(arrival) = self.arrivals.get_mut(receipt) {
            *arrival = arrival.saturating_add(quantity);
            self.ordered = self.ordered.saturating_add(quantity);
            self.outstanding = self.outstanding.saturating_add(quantity);
        }
    }
}
