//! What the ledger holds, as of the newest commit that was answered.

use gateway_proto::{name::ItemCode, on_hand::OnHand, place::Place};

use crate::movement::entry::Recorded;

/// The fold of the ledger, kept beside it so that a question needs no way to its thread.
#[derive(Debug, Default)]
pub(super) struct Stock {
    on_hand: OnHand,
}

impl Stock {
    pub(super) fn new(on_hand: OnHand) -> Self {
        Self { on_hand }
    }

    pub(super) fn apply(&mut self, recorded: &Recorded) {
        self.on_hand.apply(&recorded.movement);
    }

    /// Adds what no movement here says.
    pub(super) fn carry(&mut self, item: &ItemCode, place: &Place, units: i64) {
        self.on_hand.add(item, place, units);
    }

    /// Base units; `None` where nothing was ever moved.
    pub(super) fn held(&self, item: &ItemCode, place: &Place) -> Option<i64> {
        self.on_hand.get(item, place)
    }

    /// Base units of an item in all places that stock may be taken from.
    pub(super) fn usable(&self, item: &ItemCode) -> i64 {
        let places = self.on_hand.places(item);
        places.filter(|(place, _)| place.is_stock()).map(|(_, units)| units).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ItemCode, &Place, i64)> {
        self.on_hand.iter()
    }
}
