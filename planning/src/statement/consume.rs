//! Customer orders consume the forecast: they are the demand that was expected, so they are netted, never added.
//!
//! An order consumes the forecast of the bucket in which it is wanted, down to nothing, in the order in which orders were
//! entered; no other bucket's. What it wants beyond the forecast is demand all the same, and is told as an alert.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reconcile::Stated;
use crate::demand::Bucket;

/// An order of the customer that is not served yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerOrder {
    pub id: String,
    /// When it is wanted.
    pub bucket: Bucket,
    pub units: u64,
}

/// One bucket after its orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Net {
    pub bucket: Bucket,
    /// What was stated.
    pub forecast: f64,
    pub orders: Vec<Taken>,
    /// All orders of the bucket.
    pub ordered: u64,
    /// The forecast that no order has taken up.
    pub net: f64,
    /// What there is to serve: `ordered + net`.
    pub demand: f64,
    pub alert: Option<Alert>,
}

/// What one order did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    pub order: String,
    pub units: u64,
    /// Of these, how many had been forecast.
    pub of_forecast: f64,
}

/// Something a planner must look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "alert")]
pub enum Alert {
    /// Orders want more than was forecast.
    OverForecast { beyond: f64 },
}

/// Nets orders against a statement. A bucket that has orders and no statement counts as forecast 0. Two lines of one order
/// in one bucket are one order each; the caller has netted revisions.
#[must_use]
pub fn consume(stated: &[Stated], orders: &[CustomerOrder]) -> Vec<Net> {
    let mut buckets: BTreeMap<Bucket, (f64, Vec<&CustomerOrder>)> =
        stated.iter().map(|stated| (stated.bucket, (stated.demand, Vec::new()))).collect();
    for order in orders {
        buckets.entry(order.bucket).or_default().1.push(order);
    }
    buckets.into_iter().map(|(bucket, (forecast, orders))| one(bucket, forecast, &orders)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "units of an order are far below 2^53")]
fn one(bucket: Bucket, forecast: f64, orders: &[&CustomerOrder]) -> Net {
    let mut net = forecast;
    let mut ordered = 0_u64;
    let mut taken = Vec::with_capacity(orders.len());
    for order in orders {
        let of_forecast = net.min(order.units as f64);
        net -= of_forecast;
        ordered = ordered.saturating_add(order.units);
        taken.push(Taken { order: order.id.clone(), units: order.units, of_forecast });
    }
    let beyond = ordered as f64 - forecast;
    Net {
        bucket,
        forecast,
        orders: taken,
        ordered,
        net,
        demand: ordered as f64 + net,
        alert: (beyond > 0.0).then_some(Alert::OverForecast { beyond }),
    }
}
