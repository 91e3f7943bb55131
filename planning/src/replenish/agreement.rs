//! Who may order, and within what: data of the agreement of a site and a vendor, with the day it takes effect.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Who decides on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The vendor watches; the customer is asked to order.
    RequestPo,
    /// The vendor plans; the customer approves lines.
    PlanApproval,
    /// The vendor orders, inside the limits.
    VendorAutonomous,
    /// The customer orders; the vendor sees and advises.
    CustomerManaged,
}

/// What a planned line becomes under an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    RequestOrder,
    AwaitApproval,
    Order,
    Advise,
}

impl Authority {
    /// One plan, four gates.
    #[must_use]
    pub fn act(self) -> Act {
        match self {
            Self::RequestPo => Act::RequestOrder,
            Self::PlanApproval => Act::AwaitApproval,
            Self::VendorAutonomous => Act::Order,
            Self::CustomerManaged => Act::Advise,
        }
    }
}

/// Bounds no plan passes, whoever decides; `None` is no bound.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Base units of one line.
    pub quantity_max: Option<i64>,
    /// Value of all lines released on one day, in the currency of the unit costs.
    pub value_max: Option<f64>,
    /// Days the stock may last after an order, at expected demand.
    pub days_of_supply_max: Option<f64>,
    /// The only items that may be ordered.
    pub items: Option<BTreeSet<String>>,
    /// Days on which nothing is released.
    pub blackout: Vec<Blackout>,
}

/// From a day through another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    pub from: Date,
    pub through: Date,
}

impl Limits {
    #[must_use]
    pub fn allows_item(&self, item: &str) -> bool {
        self.items.as_ref().is_none_or(|items| items.contains(item))
    }

    #[must_use]
    pub fn allows_day(&self, date: Date) -> bool {
        !self.blackout.iter().any(|blackout| blackout.from <= date && date <= blackout.through)
    }
}

/// What holds from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub authority: Authority,
    #[serde(default)]
    pub limits: Limits,
}

/// An agreement: its terms by the day they take effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    terms: BTreeMap<Date, Terms>,
}

impl Agreement {
    /// Terms that hold from a day on.
    #[must_use]
    pub fn new(from: Date, terms: Terms) -> Self {
        Self { terms: BTreeMap::from([(from, terms)]) }
    }

    /// The agreement changed from a day on; what held before stays on record.
    #[must_use]
    pub fn changed(mut self, from: Date, terms: Terms) -> Self {
        self.terms.insert(from, terms);
        self
    }

    /// What holds on a day; `None` before the first terms: nothing may be ordered then.
    #[must_use]
    pub fn terms(&self, date: Date) -> Option<&Terms> {
        self.terms.range(..=date).next_back().map(|(_, terms)| terms)
    }
}
