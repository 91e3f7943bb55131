//! Tokens: what one scan says to a station, whatever label it stood on.
//!
//! Owns the words between hearing and acting. Must not know labels (that is hearing) or what the station waits for.

use gateway_proto::{
    name::{ItemCode, Text},
    place::Place,
    quantity::Quantity,
};
use serde::{Deserialize, Serialize};

use super::{
    codes::{ExpectedLine, Tracking},
    mode::Mode,
};

/// What one scan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Who it is. `name` is `None` for a badge that is on no list.
    Badge {
        id: Text,
        name: Option<Text>,
    },
    /// What to do, and to which van, cabinet or machine when the label says.
    Mode {
        mode: Mode,
        target: Option<Place>,
    },
    /// Where.
    Place(Place),
    /// Which part.
    Part(Box<Part>),
    /// How many, said by a person: in the unit of the part's code. 0 only says something in a count.
    Quantity(u64),
    /// How many are in the package, by a symbol of its own on the package's label.
    Packed(u64),
    /// The last part once more.
    Add,
    /// What for: a work order, a job, a shipment nobody announced.
    Reference(Text),
    /// A purchase order that is expected, with what is still to come on it.
    Order {
        reference: Text,
        lines: Vec<ExpectedLine>,
    },
    /// A pallet or carton that is expected, with what is in it.
    Shipment {
        reference: Text,
        lines: Vec<ExpectedLine>,
    },
    /// The lot and the serial number of the part, from a label of their own. At least one of them.
    Trace {
        lot: Option<Text>,
        serial: Option<Text>,
    },
    /// Why.
    Reason(Text),
    Undo,
    Cancel,
    Done,
}

/// A part, as far as its label and the site's list tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub item: ItemCode,
    pub known: Acquaintance,
    /// Base units that one of this code stands for, at least 1.
    pub factor: u64,
    pub tracking: Tracking,
    pub lot: Option<Text>,
    pub serial: Option<Text>,
    /// The last day it may be used, `2027-03-31`.
    pub expires: Option<Text>,
    /// The whole label, where it says more than the item.
    pub code: Option<ItemCode>,
    /// How many the device itself stated, in base units.
    pub stated: Option<Quantity>,
    /// How many the label says are in the package, in the unit of the code.
    pub packed: Option<u64>,
    /// Where, when the device itself states it: for this part alone.
    pub place: Option<Place>,
}

/// Whether the site lists a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acquaintance {
    Known,
    /// A standard's label of an item that nobody listed.
    Labelled,
    /// A plain code that nobody listed: it may be anything, a serial number too.
    Stranger,
}

impl Part {
    /// A part of which only the item is known.
    #[must_use]
    pub fn new(item: ItemCode, known: Acquaintance) -> Self {
        Self {
            item,
            known,
            factor: 1,
            tracking: Tracking::None,
            lot: None,
            serial: None,
            expires: None,
            code: None,
            stated: None,
            packed: None,
            place: None,
        }
    }
}
