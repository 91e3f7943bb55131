//! Why a line is there, what was done to its quantity, and why others are not there.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Why a line is planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The position is at or below the order point.
    AtPoint { position: i64, point: i64 },
    /// A review found the position below the level.
    Review { position: i64, level: i64 },
    /// The forecast goes below min on this day, before a later order could come.
    Breach { on: Date, min: i64 },
    /// Another item must be ordered, and this one can.
    Along { with: String, position: i64, can_order: i64 },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtPoint { position, point } => {
                write!(f, "position {position} is at or below the order point {point}")
            }
            Self::Review { position, level } => write!(f, "review: position {position} is below the level {level}"),
            Self::Breach { on, min } => write!(f, "forecast goes below min {min} on {on}"),
            Self::Along { with, position, can_order } => {
                write!(f, "ordered along with {with}: position {position} is at or below {can_order}")
            }
        }
    }
}

/// What was done to a line, or what a reader must know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// To the least order, or to whole multiples and packs.
    RoundedUp { from: i64 },
    /// Rounding passes the order-up-to level by so much.
    PassesMax { by: i64 },
    /// To what the bin holds.
    CutToCapacity { from: i64 },
    /// To the agreement's greatest line.
    CutToQuantity { from: i64 },
    /// To the agreement's greatest value of a day's order.
    CutToValue { from: i64 },
    /// To the agreement's days of supply.
    CutToCover { from: i64 },
    /// Wanted on an earlier day, on which nothing may be released.
    HeldSince { day: Date },
    /// Stock is expected to be out before the receipt.
    OutBefore { day: Date },
    /// The count is an interval; its width is in the level.
    Uncertain { low: i64, high: i64 },
    /// Planned on what was last known.
    LastKnown { at: Date },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoundedUp { from } => write!(f, "rounded up from {from}"),
            Self::PassesMax { by } => write!(f, "passes max by {by}"),
            Self::CutToCapacity { from } => write!(f, "cut from {from} to what the bin holds"),
            Self::CutToQuantity { from } => write!(f, "cut from {from} to the agreed quantity"),
            Self::CutToValue { from } => write!(f, "cut from {from} to the agreed value"),
            Self::CutToCover { from } => write!(f, "cut from {from} to the agreed days of supply"),
            Self::HeldSince { day } => write!(f, "wanted since {day}, when nothing may be released"),
            Self::OutBefore { day } => write!(f, "stock is expected to be out on {day}, before the receipt"),
            Self::Uncertain { low, high } => write!(f, "stock is known as {low} to {high}"),
            Self::LastKnown { at } => write!(f, "planned on the stock last known on {at}"),
        }
    }
}

/// Why an item has no line though one is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// No terms of the agreement hold on that day.
    NoAgreement,
    /// Not among the agreement's items.
    ItemNotAllowed,
    /// The least order does not fit the bin.
    Capacity,
    /// The least order is above the agreement's greatest line.
    Quantity,
    /// The least order is above what is left of the agreement's value of a day.
    Value,
    /// The least order lasts longer than the agreement's days of supply.
    Cover,
    /// No working day for release or receipt in two years.
    Calendar,
    /// The plan ends in days on which the agreement lets nothing be released.
    Blackout,
}

impl Hold {
    /// What is in the way, and the way out.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NoAgreement => "no terms of the agreement hold on that day; agree terms from an earlier day",
            Self::ItemNotAllowed => "the agreement does not name the item; add it to the agreement's items",
            Self::Capacity => "the least order does not fit the bin; order less at once or enlarge the bin",
            Self::Quantity => {
                "the least order is above the agreed quantity of a line; raise that or lower the least order"
            }
            Self::Value => "the least order is above what is left of the agreed value of a day; raise it or wait a day",
            Self::Cover => {
                "the least order lasts longer than the agreed days of supply; raise those or lower the least order"
            }
            Self::Calendar => "no working day for release or receipt in two years; mend the calendars",
            Self::Blackout => {
                "the plan ends while the agreement lets nothing be released; plan further ahead or agree on a day before"
            }
        }
    }
}
