//! What a plan changes against what is planned already: late usage gives a difference, never a second order.
//!
//! What is ordered is in the items' open orders and so in their positions. What is only planned (sent for approval, shown to a
//! customer) is compared here, item by item: same lines are kept, the others paired by receipt and changed, the rest added or dropped.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::plan::{Line, Plan, Site};

/// A line that is planned already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planned {
    pub item: String,
    pub receipt: Date,
    pub release: Date,
    pub quantity: i64,
    /// The name it has with those who decide on it; that of the order once it is one.
    pub reference: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Keep(Planned),
    Change { from: Planned, to: Line },
    Add(Line),
    Drop(Planned),
}

/// The changes that make `planned` into the plan. A planned line whose reference is an open order's is an order: it is left out.
#[must_use]
pub fn delta(site: &Site, plan: &Plan, planned: &[Planned]) -> Vec<Change> {
    let ordered: BTreeSet<&str> =
        site.items.iter().flat_map(|item| item.open.iter().map(|open| open.reference.as_str())).collect();
    let mut old: BTreeMap<&str, Vec<&Planned>> = BTreeMap::new();
    for line in planned.iter().filter(|line| line.reference.is_empty() || !ordered.contains(line.reference.as_str())) {
        old.entry(&line.item).or_default().push(line);
    }
    let mut new: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in &plan.lines {
        new.entry(&line.item).or_default().push(line);
    }
    let items: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let mut changes = Vec::new();
    for item in items {
        let mut old = old.remove(item).unwrap_or_default();
        let mut new = new.remove(item).unwrap_or_default();
        old.sort();
        new.sort_by_key(|line| (line.receipt, line.release, line.quantity));
        old.retain(|planned| {
            let same = |line: &&Line| {
                (line.receipt, line.release, line.quantity) == (planned.receipt, planned.release, planned.quantity)
            };
            let Some(at) = new.iter().position(same) else { return true };
            new.remove(at);
            changes.push(Change::Keep((*planned).clone()));
            false
        });
        let pairs = old.len().min(new.len());
        changes
            .extend(old.iter().zip(&new).map(|(from, to)| Change::Change { from: (*from).clone(), to: (*to).clone() }));
        changes.extend(old.iter().skip(pairs).map(|planned| Change::Drop((*planned).clone())));
        changes.extend(new.iter().skip(pairs).map(|line| Change::Add((*line).clone())));
    }
    changes
}

/// The lines of a plan as they are remembered until they are orders, named by what they are made of.
#[must_use]
pub fn remembered(plan: &Plan) -> Vec<Planned> {
    let of = |line: &Line| Planned {
        item: line.item.clone(),
        receipt: line.receipt,
        release: line.release,
        quantity: line.quantity,
        reference: String::new(),
    };
    plan.lines.iter().map(of).collect()
}
