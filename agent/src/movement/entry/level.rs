//! A bin's content as its scale sees it, and what the books have to move by to agree.

use std::collections::BTreeMap;

use gateway_proto::{
    movement::{Movement, Source},
    name::{DeviceName, ItemCode},
    place::Place,
    quantity::Quantity,
    record::UntrustedClock,
    time::WallTime,
};

use crate::movement::{
    counted::Counted,
    fusion::allocate::allocate,
    said::{ActId, Said},
};

/// A bin's content as a sensor sees it now, and what people said about how it came to be so.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// When the weight began to change.
    pub at: WallTime,
    pub clock: Option<UntrustedClock>,
    pub item: ItemCode,
    pub place: Place,
    /// Base units in the place, and how sure that is.
    pub counted: Counted,
    pub by: DeviceName,
    /// Where parts that are gone went, as far as nobody said otherwise.
    pub taken_to: Place,
    /// Where parts that came came from, as far as nobody said otherwise.
    pub filled_from: Place,
    /// The acts of people that this level may be the outcome of.
    pub shares: Vec<Said>,
    /// What tells the repetitions of the scans that said them.
    pub origins: BTreeMap<ActId, u64>,
}

/// One movement out of a level, and whose act it is.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelMove {
    pub movement: Movement,
    /// `None`: nobody's that we know of.
    pub act: Option<ActId>,
}

impl Level {
    /// The movements that make the ledger agree, given what it holds; none when it agrees already. What was never
    /// counted before comes from `variance`, as far as nobody brought it: an opening count is no receipt.
    #[must_use]
    pub fn movements(&self, held: Option<i64>) -> Vec<LevelMove> {
        let Ok(pieces) = i64::try_from(self.counted.pieces) else { return Vec::new() };
        let change = pieces.saturating_sub(held.unwrap_or(0));
        let shares = allocate(change, &self.shares, &self.place);
        let is_one = shares.iter().filter(|share| share.units != 0).count() == 1;
        shares
            .iter()
            .filter_map(|share| {
                let qty = Quantity::new(share.units.unsigned_abs()).ok()?;
                let said = share.said.and_then(|i| self.shares.get(i));
                let mut movement = match said {
                    Some(said) => {
                        let mut movement = said.movement(qty);
                        movement.weighed_by = Some(self.by.clone());
                        movement.stated = share.said_otherwise;
                        movement
                    }
                    None => self.unspoken(qty, share.units, held),
                };
                // Of several only their sum is uncertain, and a split of it would be invented.
                movement.between = is_one.then(|| self.between(qty)).flatten();
                Some(LevelMove { movement, act: said.map(|said| said.act) })
            })
            .collect()
    }

    fn unspoken(&self, qty: Quantity, units: i64, held: Option<i64>) -> Movement {
        let (from, to) = match held {
            None => (Place::Variance, self.place.clone()),
            Some(_) if units < 0 => (self.place.clone(), self.taken_to.clone()),
            Some(_) => (self.filled_from.clone(), self.place.clone()),
        };
        let mut movement = Movement::new(self.at, self.item.clone(), qty, from, to, self.by.clone());
        let is_opening = Place::Variance == movement.from || Place::Variance == movement.to;
        movement.source = if is_opening { Source::Count } else { Source::Scale };
        movement.clock.clone_from(&self.clock);
        movement
    }

    /// The interval of the level is that of what moved: the books are certain of what they held.
    fn between(&self, qty: Quantity) -> Option<[u64; 2]> {
        if self.counted.is_exact() {
            return None;
        }
        let units = qty.units();
        let below = self.counted.pieces.saturating_sub(self.counted.low);
        let above = self.counted.high.saturating_sub(self.counted.pieces);
        let reach = below.max(above);
        Some([units.saturating_sub(reach), units.saturating_add(reach)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(pieces: u64, shares: Vec<Said>) -> Level {
        Level {
            at: WallTime::from_millis(0),
            clock: None,
            item: "M8".parse().unwrap(),
            place: "bin:A".parse().unwrap(),
            counted: Counted::exactly(pieces),
            by: "scale-1".parse().unwrap(),
            taken_to: Place::Used,
            filled_from: Place::Dock,
            shares,
            origins: BTreeMap::new(),
        }
    }

    fn moved(level: &Level, held: Option<i64>) -> Vec<(u64, String, String)> {
        let moves = level.movements(held);
        let told = |LevelMove { movement, .. }: &LevelMove| {
            movement.act().unwrap();
            (movement.qty.units(), movement.from.to_string(), movement.to.to_string())
        };
        moves.iter().map(told).collect()
    }

    fn said(to: &str, qty: Option<u64>) -> Said {
        Said {
            act: ActId(1),
            at: WallTime::from_millis(0),
            clock: None,
            by: "station-1".parse().unwrap(),
            item: "M8".parse().unwrap(),
            from: "bin:A".parse().unwrap(),
            to: to.parse().unwrap(),
            qty: qty.map(|qty| Quantity::new(qty).unwrap()),
            actor: None,
            reference: None,
            reason: None,
            lot: None,
            serial: None,
            code: None,
        }
    }

    #[test]
    fn a_level_moves_the_difference_to_what_the_ledger_holds() {
        let unspoken = |pieces, held| moved(&level(pieces, Vec::new()), held);
        assert_eq!(unspoken(88, Some(100)), [(12, "bin:A".into(), "used".into())]);
        assert_eq!(unspoken(150, Some(100)), [(50, "dock".into(), "bin:A".into())]);
        assert_eq!(unspoken(100, Some(100)), []);
        assert_eq!(unspoken(0, Some(3)), [(3, "bin:A".into(), "used".into())]);
        assert_eq!(unspoken(4, Some(-2)), [(6, "dock".into(), "bin:A".into())], "the books were below zero");
    }

    #[test]
    fn a_first_level_is_an_opening_count_not_a_receipt() {
        assert_eq!(moved(&level(100, Vec::new()), None), [(100, "variance".into(), "bin:A".into())]);
        assert_eq!(moved(&level(0, Vec::new()), None), []);
    }

    #[test]
    fn who_spoke_for_it_says_where_it_went_and_the_scale_how_many() {
        let moves = level(95, vec![said("field:van-3", Some(3))]).movements(Some(100));
        let [LevelMove { movement, act }] = &moves[..] else { panic!("{moves:?}") };
        assert_eq!((movement.qty.units(), movement.to.to_string()), (5, "field:van-3".to_owned()));
        assert_eq!(movement.stated, Some(3), "both facts are kept");
        assert_eq!(movement.weighed_by.as_ref().map(DeviceName::as_str), Some("scale-1"));
        assert_eq!(*act, Some(ActId(1)));
    }

    #[test]
    fn an_uncertain_level_gives_its_movement_an_interval() {
        let mut level = level(88, Vec::new());
        level.counted = Counted { pieces: 88, low: 87, high: 89, sure: 0.8 };
        assert_eq!(level.movements(Some(100))[0].movement.between, Some([11, 13]));
    }
}
