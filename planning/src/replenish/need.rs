//! What an item is expected to need: demand per day, and its law over the intervals that stock must last for.

use serde::{Deserialize, Serialize};

use super::target::ReviewDemand;
use crate::probability::Law;

/// Demand of one item, from the first day of the plan on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Need {
    /// Expected demand per day; after the last one it goes on as the mean of the last [`TAIL_DAYS`].
    expected: Vec<f64>,
    over_lead_time: Law,
    over_interval: Law,
}

/// Days whose mean goes on after the forecast ends: a week, or whole weeks.
const TAIL_DAYS: usize = 28;

impl Need {
    /// Demand with the same law every day, over a lead time that may vary and a review period, in days.
    #[must_use]
    pub fn steady(per_day: &Law, lead_time_mean: f64, lead_time_sd: f64, review_days: f64) -> Self {
        Self {
            expected: vec![per_day.mean().max(0.0)],
            over_lead_time: per_day.sum_over(lead_time_mean, lead_time_sd),
            over_interval: per_day.sum_over(lead_time_mean + review_days.max(0.0), lead_time_sd),
        }
    }

    /// Demand as a forecast states it: per day, and its law over lead time and review period as one. The law over the lead time
    /// alone is that of its share of expected demand.
    #[must_use]
    pub fn forecast(expected: Vec<f64>, over_interval: Law, lead_time_days: f64, review_days: f64) -> Self {
        let interval = lead_time_days.max(0.0) + review_days.max(0.0);
        let share = if interval > 0.0 { lead_time_days.max(0.0) / interval } else { 0.0 };
        let over_lead_time = over_interval.moments_times(share);
        let expected = expected.into_iter().map(|day| if day > 0.0 && day.is_finite() { day } else { 0.0 }).collect();
        Self { expected, over_lead_time, over_interval }
    }

    /// The same with another lead time and review period, as a what-if asks: laws follow by moments, a lead time's spread adds its
    /// share.
    #[must_use]
    pub fn over(&self, from: Interval, to: Interval) -> Self {
        let (old, new) = (from.days(), to.days());
        if old <= 0.0 {
            return self.clone();
        }
        let daily = self.over_interval.mean() / old;
        // what the old lead time's spread put in is taken out, the new one's put in
        let own = (self.over_interval.variance() - (daily * from.lead_sd).powi(2)).max(0.0) / old;
        let law = |days: f64| {
            let variance = own * days + (daily * to.lead_sd).powi(2);
            self.over_interval.moments_times(days / old).with_variance(variance)
        };
        Self { expected: self.expected.clone(), over_lead_time: law(to.lead_days), over_interval: law(new) }
    }

    /// The same, each quantity times `factor >= 0`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            expected: self.expected.iter().map(|day| day * factor).collect(),
            over_lead_time: self.over_lead_time.scaled(factor),
            over_interval: self.over_interval.scaled(factor),
        }
    }

    /// The same with other expected demand of some days: laws move by the change within their intervals, in mean and (as counts do)
    /// in variance.
    #[must_use]
    pub fn with_expected(&self, expected: Vec<f64>, interval: Interval) -> Self {
        let changed = |law: &Law, days: f64| {
            let days = days.round().max(0.0) as usize;
            let sum = |of: &[f64]| (0..days).map(|day| at(of, day)).sum::<f64>();
            let (before, after) = (sum(&self.expected), sum(&expected));
            if before > 0.0 {
                law.moments_times(after / before)
            } else {
                Law::of_counts(after, after.max(law.variance()))
            }
        };
        Self {
            over_lead_time: changed(&self.over_lead_time, interval.lead_days),
            over_interval: changed(&self.over_interval, interval.days()),
            expected,
        }
    }

    /// The law with a count's variance in it: what is not known of the stock must be covered like demand.
    #[must_use]
    pub fn widened(&self, variance: f64) -> Self {
        if variance.is_nan() || variance <= 0.0 {
            return self.clone();
        }
        let widened = |law: &Law| law.with_variance(law.variance() + variance);
        Self {
            expected: self.expected.clone(),
            over_lead_time: widened(&self.over_lead_time),
            over_interval: widened(&self.over_interval),
        }
    }

    /// Expected demand of a day, counted from 0.
    #[must_use]
    pub fn on(&self, day: usize) -> f64 {
        at(&self.expected, day)
    }

    /// Expected demand per day, the first so many.
    #[must_use]
    pub fn days(&self, count: usize) -> Vec<f64> {
        let tail = at(&self.expected, usize::MAX);
        (0..count).map(|day| self.expected.get(day).copied().unwrap_or(tail)).collect()
    }

    /// Mean demand per day over the interval.
    #[must_use]
    pub fn per_day(&self, interval: Interval) -> f64 {
        if interval.days() > 0.0 { self.over_interval.mean() / interval.days() } else { self.on(0) }
    }

    #[must_use]
    pub fn over_interval(&self) -> &Law {
        &self.over_interval
    }

    #[must_use]
    pub fn over_lead_time(&self) -> &Law {
        &self.over_lead_time
    }

    #[must_use]
    pub fn review(&self) -> ReviewDemand<'_> {
        ReviewDemand { over_lead_time: &self.over_lead_time, over_interval: &self.over_interval }
    }
}

fn at(expected: &[f64], day: usize) -> f64 {
    if let Some(expected) = expected.get(day) {
        return *expected;
    }
    let tail = expected.get(expected.len().saturating_sub(TAIL_DAYS)..).unwrap_or_default();
    if tail.is_empty() { 0.0 } else { tail.iter().sum::<f64>() / tail.len() as f64 }
}

/// What stock must last for: from one chance to order until the receipt of the next one's order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// From order to receipt, in days, measured rather than promised.
    pub lead_days: f64,
    pub lead_sd: f64,
    /// Between two chances to order.
    pub review_days: f64,
}

impl Interval {
    #[must_use]
    pub fn days(&self) -> f64 {
        self.lead_days.max(0.0) + self.review_days.max(0.0)
    }
}
