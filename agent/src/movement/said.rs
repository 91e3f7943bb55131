//! What a person said about parts that move: everything that a movement has, but maybe not how many.
//!
//! A station makes it out of scans. Where both ends of it are places without a scale it becomes a movement as it
//! stands; at a bin on a scale the person says who, why and where to, and the scale says how many.

use gateway_proto::{
    movement::Movement,
    name::{DeviceName, ItemCode, Text},
    place::Place,
    quantity::Quantity,
    record::UntrustedClock,
    time::WallTime,
};
use serde::{Deserialize, Serialize};

/// One act of a person, to restate or withdraw it by. Given out by the floor, never twice in the life of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActId(pub u64);

/// What a person said about one act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub act: ActId,
    pub at: WallTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<UntrustedClock>,
    /// The station.
    pub by: DeviceName,
    pub item: ItemCode,
    pub from: Place,
    pub to: Place,
    /// `None`: nobody said how many. A place without a scale takes it for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qty: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Text>,
    /// The whole label, where it says more than the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ItemCode>,
}

impl Said {
    /// The movement of `qty` that it describes.
    #[must_use]
    pub fn movement(&self, qty: Quantity) -> Movement {
        self.clone().into_movement(qty)
    }

    /// The same, of what is not needed any more.
    #[must_use]
    pub fn into_movement(self, qty: Quantity) -> Movement {
        let mut movement = Movement::new(self.at, self.item, qty, self.from, self.to, self.by);
        movement.clock = self.clock;
        movement.actor = self.actor;
        movement.reference = self.reference;
        movement.reason = self.reason;
        movement.lot = self.lot;
        movement.serial = self.serial;
        movement.code = self.code;
        movement
    }
}
