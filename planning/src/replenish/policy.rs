//! When an item is ordered, and up to what.

use serde::{Deserialize, Serialize};

use super::{
    item::Item,
    target::{fill_rate_of_point, point_for_csl, point_for_fill},
    term::{TermError, positive},
};
use crate::probability::Law;

/// The service to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Probability that stock lasts through the interval, between 0 and 1.
    CycleService(f64),
    /// Part of demand served from the shelf, between 0 and 1.
    FillRate(f64),
}

/// How an item is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// `(s, Q)`: at or below the point, so many lots that the position is above it.
    PointQuantity { quantity: i64, target: Target },
    /// `(s, S)`: at or below the point, up to the point and the quantity.
    PointUpTo { quantity: i64, target: Target },
    /// `(R, S)`: at every review up to the level.
    Review { target: Target },
    /// Agreed levels, up to `max`.
    MinMax { min: i64, max: i64, trigger: Trigger },
}

/// What sets off a min/max order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A position at or below min.
    AtMin,
    /// That, or a forecast that goes below min before the receipt of the next chance's order.
    Forecast,
}

/// Levels in base units and what they give.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// At or below it there is an order.
    pub point: i64,
    pub up_to: i64,
    /// Stock kept for what is not expected: the level less expected demand of the interval.
    pub safety_stock: i64,
    /// Expected part of demand served.
    pub fill_rate: f64,
    /// Probability that stock lasts through the interval.
    pub csl: f64,
    /// Part of expected demand that comes even in a quiet lead time: of its 5 % quantile.
    pub quiet: f64,
}

/// Quantile of demand over the lead time that counts as quiet.
const QUIET: f64 = 0.05;

/// The levels of an item: from its target over the interval, its stock's uncertainty included, within what is agreed.
///
/// # Errors
/// [`TermError`] for a service outside 0..1 or a quantity that is not positive.
pub fn levels(item: &Item) -> Result<Levels, TermError> {
    let variance = item.on_hand.variance();
    let widened;
    let need = if variance > 0.0 {
        widened = item.need.widened(variance);
        &widened
    } else {
        &item.need
    };
    let over = need.over_interval();
    let (point, up_to) = match item.policy {
        Policy::PointQuantity { quantity, target } | Policy::PointUpTo { quantity, target } => {
            let quantity = positive("order quantity", quantity as f64)?;
            let point = whole(point_for(over, quantity, target)?);
            (point, point.saturating_add(quantity as i64))
        }
        Policy::Review { target } => {
            let level = whole(match target {
                Target::CycleService(csl) => point_for_csl(over, csl)?,
                Target::FillRate(fill) => need.review().level_for_fill(fill)?.level,
            });
            (level.saturating_sub(1), level)
        }
        Policy::MinMax { min, max, trigger: _ } => (min, max),
    };
    let point = point.max(item.agreed_min.unwrap_or(i64::MIN)).max(-1);
    let up_to = up_to.max(point.saturating_add(1)).min(item.agreed_max.unwrap_or(i64::MAX));
    let point = point.min(up_to.saturating_sub(1));
    let fill_rate = match item.policy {
        Policy::Review { .. } => need.review().fill_rate(up_to as f64),
        Policy::PointQuantity { .. } | Policy::PointUpTo { .. } | Policy::MinMax { .. } => {
            fill_rate_of_point(over, point as f64, up_to.saturating_sub(point).max(1) as f64)?
        }
    };
    let lasts = match item.policy {
        Policy::Review { .. } => up_to,
        Policy::PointQuantity { .. } | Policy::PointUpTo { .. } | Policy::MinMax { .. } => point,
    };
    Ok(Levels {
        point,
        up_to,
        safety_stock: lasts.saturating_sub(whole(over.mean())),
        fill_rate: fill_rate.clamp(0.0, 1.0),
        csl: over.cdf(lasts as f64),
        quiet: quiet(item.need.over_lead_time()),
    })
}

fn quiet(lead: &Law) -> f64 {
    if lead.mean() > 0.0 { (lead.quantile(QUIET) / lead.mean()).clamp(0.0, 1.0) } else { 0.0 }
}

fn point_for(over: &Law, quantity: f64, target: Target) -> Result<f64, TermError> {
    match target {
        Target::CycleService(csl) => point_for_csl(over, csl),
        Target::FillRate(fill) => Ok(point_for_fill(over, quantity, fill)?.0),
    }
}

/// The least whole number of units that is at least `level`; a last bit above a whole number is not a unit.
fn whole(level: f64) -> i64 {
    (level - 1e-9 * level.abs().max(1.0)).ceil() as i64
}
