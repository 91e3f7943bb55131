//! A site's time-phased plan: what to release on which day, when it comes, and why.
//!
//! Days are walked once for all items. On each working day of the vendor an item's position (stock as projected, what comes, less
//! what is allocated or waits) meets its levels; what is wanted is rounded to lots and cut to capacity and agreement; the receipt
//! lands in the projection. So the plan holds only what its own policy would do if demand came as expected.
//!
//! Capacity is held against quiet demand (its 5 % quantile over the lead time), so that a bin does not run over when little is used.
//! The same inputs give the same bytes; the plan carries the SHA-256 of its inputs.

mod flow;
mod run;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    agreement::{Act, Agreement},
    calendar::Calendar,
    item::{Item, Owner},
    policy::Levels,
    reason::{Hold, Note, Reason},
};

/// Days of one plan: three years.
pub const HORIZON_MAX: usize = 1_100;

/// Items of one plan: ten sites' worth.
pub const ITEMS_MAX: usize = 100_000;

/// Whether what was asked for and not yet acknowledged counts as coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unacknowledged {
    Counts,
    DoesNotCount,
}

/// Items that are ordered together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joint {
    pub items: Vec<String>,
    pub rule: JointRule,
}

/// How they are ordered together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JointRule {
    /// When one must be ordered, those at or below their can-order level are ordered along.
    CanOrder,
    /// Reviews fall on a common cycle of so many days; each item takes every k-th. Items without a multiple take each.
    Cycle { days: u32, multiples: Vec<u32> },
}

/// Everything a plan is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    pub today: Date,
    pub horizon_days: usize,
    /// When orders are released and shipped.
    pub vendor_calendar: Calendar,
    /// When they are received.
    pub site_calendar: Calendar,
    pub agreement: Agreement,
    pub unacknowledged: Unacknowledged,
    pub joint: Vec<Joint>,
    /// Shared, so that a what-if copies only what it changes.
    pub items: Vec<Arc<Item>>,
}

/// One order of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub item: String,
    pub owner: Owner,
    pub quantity: i64,
    pub release: Date,
    pub receipt: Date,
    /// Monday of the week of the receipt.
    pub bucket: Date,
    /// At unit cost, whoever owns it.
    pub value: f64,
    /// What the agreement in force on the release day makes of it.
    pub act: Act,
    pub reason: Reason,
    pub notes: Vec<Note>,
}

/// A wish that nothing came of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withheld {
    pub item: String,
    /// The first day it was wanted.
    pub day: Date,
    pub wanted: i64,
    pub hold: Hold,
}

/// An item that could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub item: String,
    pub why: String,
}

/// What the plan means for one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub item: String,
    pub levels: Levels,
    pub ordered: i64,
    /// Mean and greatest projected stock.
    pub stock_mean: f64,
    pub stock_max: f64,
    /// Units of expected demand, and of it not served from the shelf.
    pub demand: f64,
    pub short: f64,
    /// First day on which stock is projected to be out.
    pub out_on: Option<Date>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// SHA-256 of the canonical inputs, in hex.
    pub inputs: String,
    pub today: Date,
    /// By release day, then in the order of the items.
    pub lines: Vec<Line>,
    pub withheld: Vec<Withheld>,
    pub refused: Vec<Refused>,
    pub outcomes: Vec<Outcome>,
}

/// Why there is no plan at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("plan of {0} days is above {HORIZON_MAX}; plan fewer")]
    Horizon(usize),
    #[error("plan of {0} items is above {ITEMS_MAX}; plan site by site")]
    Items(usize),
    #[error("item {0} is there twice; merge its rows")]
    Twice(String),
    #[error("joint order names item {0}, which is not planned")]
    JointItem(String),
    #[error("plan reaches beyond the last date there is")]
    Dates,
    #[error("inputs have no canonical form: {0}")]
    Inputs(String),
}

/// The plan of a site.
///
/// # Errors
/// [`PlanError`] for what cannot be a site; a single item that cannot be planned is in `refused`.
pub fn plan(site: &Site) -> Result<Plan, PlanError> {
    run::check(site)?;
    run::run(site, fingerprint(site)?, &|_, _| None)
}

/// The plan of a site that has the items of a checked one, whose inputs have this fingerprint, with the levels that are known already, by the item's place.
pub(crate) fn plan_as(
    site: &Site,
    inputs: String,
    known: &dyn Fn(usize, &Arc<Item>) -> Option<Levels>,
) -> Result<Plan, PlanError> {
    run::check_horizon(site)?;
    run::run(site, inputs, known)
}

/// SHA-256 of the canonical form of anything, in hex: JSON with fields in their declared order and maps by key.
///
/// # Errors
/// [`PlanError::Inputs`] for a number that JSON has no form for.
pub fn fingerprint(of: &impl Serialize) -> Result<String, PlanError> {
    let text = serde_json::to_vec(of).map_err(|error| PlanError::Inputs(error.to_string()))?;
    Ok(Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect())
}
