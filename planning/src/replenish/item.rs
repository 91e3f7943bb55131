//! An item at a site, as planning sees it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    need::{Interval, Need},
    policy::Policy,
};

/// What is known of the stock on the shelf, usable units only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnHand {
    Exactly(i64),
    /// With the interval it is in, 19 times of 20.
    About {
        quantity: i64,
        low: i64,
        high: i64,
    },
    /// What was known before the feed went stale or the scale silent: planned on, and said so.
    LastKnown {
        quantity: i64,
        low: i64,
        high: i64,
        at: Date,
    },
    /// Nothing to plan on: refused.
    Unknown,
}

/// Half-width of a 95 % interval, in standard deviations.
const INTERVAL_Z: f64 = 1.959_963_984_540_054;

impl OnHand {
    #[must_use]
    pub fn quantity(self) -> Option<i64> {
        match self {
            Self::Exactly(quantity) | Self::About { quantity, .. } | Self::LastKnown { quantity, .. } => Some(quantity),
            Self::Unknown => None,
        }
    }

    /// The most that may be there: what must fit the bin.
    #[must_use]
    pub fn high(self) -> i64 {
        match self {
            Self::Exactly(quantity) => quantity,
            Self::About { quantity, high, .. } | Self::LastKnown { quantity, high, .. } => quantity.max(high),
            Self::Unknown => i64::MAX,
        }
    }

    /// Variance of what is there.
    #[must_use]
    pub fn variance(self) -> f64 {
        match self {
            Self::Exactly(_) | Self::Unknown => 0.0,
            Self::About { low, high, .. } | Self::LastKnown { low, high, .. } => {
                (high.saturating_sub(low).max(0) as f64 / 2.0 / INTERVAL_Z).powi(2)
            }
        }
    }
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// The customer was asked to order.
    Requested,
    Ordered,
    Acknowledged,
    InTransit,
}

/// What comes already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub reference: String,
    pub quantity: i64,
    pub due: Date,
    pub state: OrderState,
}

/// Whose the stock is. Ordering keeps it: what was consigned stays consigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Customer,
    Vendor,
    ThirdParty(String),
}

/// An item: its stock, what comes, how it may be ordered, what it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub id: String,
    pub owner: Owner,
    pub on_hand: OnHand,
    pub allocated: i64,
    pub backordered: i64,
    pub open: Vec<Open>,
    pub interval: Interval,
    pub policy: Policy,
    /// Least quantity of one order.
    pub order_min: i64,
    /// Orders are whole multiples of it, and of the pack.
    pub multiple: i64,
    pub pack: i64,
    /// What the bin holds; `None` is any amount.
    pub capacity: Option<i64>,
    /// The agreement's least reorder point.
    pub agreed_min: Option<i64>,
    /// The agreement's greatest order-up-to level.
    pub agreed_max: Option<i64>,
    pub unit_cost: f64,
    /// At or below it the item is ordered along with one that must be; `None` is never.
    pub can_order: Option<i64>,
    pub need: Need,
}
