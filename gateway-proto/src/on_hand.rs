//! On-hand: the fold of movements per item and place. The sum over all places of an item is always zero.

use std::collections::BTreeMap;

use crate::{movement::Movement, name::ItemCode, place::Place};

/// Base units per item and place. Places outside the fence hold negative and positive amounts as double entry has
/// it: after a receipt of 100, `vendor` holds −100.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnHand {
    items: BTreeMap<ItemCode, BTreeMap<Place, i64>>,
}

impl OnHand {
    /// Applies one movement. Ownership changes move nothing.
    pub fn apply(&mut self, movement: &Movement) {
        if movement.from == movement.to {
            return;
        }
        let places = self.item(&movement.item);
        add(places, &movement.from, -movement.qty.signed());
        add(places, &movement.to, movement.qty.signed());
    }

    /// Adds to what an item has at a place: for a fold that begins with what an earlier one came to. The caller sees to it
    /// that the sum over all places stays zero.
    pub fn add(&mut self, item: &ItemCode, place: &Place, units: i64) {
        add(self.item(item), place, units);
    }

    fn item(&mut self, item: &ItemCode) -> &mut BTreeMap<Place, i64> {
        // Looked up twice, so that the usual case clones no code.
        if !self.items.contains_key(item) {
            self.items.insert(item.clone(), BTreeMap::new());
        }
        self.items.get_mut(item).expect("it has just been put there")
    }

    /// Base units of an item at a place; `None` when nothing was ever moved there, which is unknown, not zero.
    #[must_use]
    pub fn get(&self, item: &ItemCode, place: &Place) -> Option<i64> {
        self.items.get(item)?.get(place).copied()
    }

    /// Where an item is or was, with the amounts, in order.
    pub fn places(&self, item: &ItemCode) -> impl Iterator<Item = (&Place, i64)> {
        self.items.get(item).into_iter().flatten().map(|(place, &units)| (place, units))
    }

    /// Every item, place and amount, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ItemCode, &Place, i64)> {
        self.items.iter().flat_map(|(item, places)| places.iter().map(move |(place, &units)| (item, place, units)))
    }
}

fn add(places: &mut BTreeMap<Place, i64>, place: &Place, units: i64) {
    match places.get_mut(place) {
        Some(held) => *held = held.saturating_add(units),
        None => drop(places.insert(place.clone(), units)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{quantity::Quantity, time::WallTime};

    #[test]
    fn the_sum_over_all_places_of_an_item_is_zero() {
        let mut on_hand = OnHand::default();
        for (qty, from, to) in [(100, "vendor", "dock"), (60, "dock", "bin:A"), (7, "bin:A", "used")] {
            on_hand.apply(&Movement::new(
                WallTime::from_millis(0),
                "M8".parse().unwrap(),
                Quantity::new(qty).unwrap(),
                from.parse().unwrap(),
                to.parse().unwrap(),
                "test".parse().unwrap(),
            ));
        }
        assert_eq!(on_hand.iter().map(|(_, _, units)| units).sum::<i64>(), 0);
        let item = "M8".parse().unwrap();
        assert_eq!(on_hand.get(&item, &"bin:A".parse().unwrap()), Some(53));
        assert_eq!(on_hand.get(&item, &"dock".parse().unwrap()), Some(40));
        assert_eq!(on_hand.get(&item, &"bench".parse().unwrap()), None, "unknown, not zero");
    }
}
