//! What was recorded before anybody knew: movements under a code that no item had, and what a new catalog makes of them.

use gateway_proto::{limits::SCAN_LEN_MAX, movement::Movement, quantity::Quantity};

use super::catalog::{Catalog, Known};
use crate::{
    device::Scan,
    label::{self, LabelRules},
};

/// What the code of a parked movement stands for by now. Asked as a station asks: the whole label first, then what it
/// was kept under, then whatever else the label says, since the code that was mapped may be another one on it.
#[must_use]
pub fn known(movement: &Movement, catalog: &Catalog, rules: &LabelRules) -> Option<Known> {
    let item = movement.item.as_str();
    let scanned = movement.code.as_ref().map_or(item, |code| code.as_str());
    if let Some(known) = catalog.lookup(scanned).or_else(|| catalog.lookup(item)) {
        return Some(known);
    }
    let scan = Scan { code: scanned.as_bytes().to_vec(), ..Scan::default() };
    let label = label::read(&scan, rules, movement.at.year());
    label.items.iter().find_map(|code| catalog.lookup(code))
}

/// The movement as it would have been recorded, had the catalog known: the real item, and the quantity in its base units.
/// Everything else is kept, the code it was known by in place of a label of its own. `None` while nobody knows the code,
/// or where the quantity would be none.
///
/// A correction still names its record in the feed it was parked in; whoever replays both puts the new one there.
#[must_use]
pub fn explain(movement: &Movement, catalog: &Catalog, rules: &LabelRules) -> Option<Movement> {
    let known = known(movement, catalog, rules)?;
    let times = |units: u64| units.checked_mul(known.factor);
    let qty = Quantity::new(times(movement.qty.units())?).ok()?;
    let between = match movement.between {
        Some([low, high]) => Some([times(low)?, times(high)?]),
        None => None,
    };
    let stated = match movement.stated {
        Some(units) => Some(times(units)?),
        None => None,
    };
    let parked_as =
        (movement.item != known.item && movement.item.as_str().len() <= SCAN_LEN_MAX).then(|| movement.item.clone());
    let code = movement.code.clone().or(parked_as);
    Some(Movement { item: known.item, qty, between, stated, code, ..movement.clone() })
}

#[cfg(test)]
mod tests {
    use gateway_proto::{name::ItemCode, place::Place, time::WallTime};

    use super::{super::item::Tracking, *};

    fn parked(item: &str, code: Option<&str>, units: u64) -> Movement {
        let mut movement = Movement::new(
            WallTime::from_millis(1_790_000_000_000),
            item.parse().unwrap(),
            Quantity::new(units).unwrap(),
            Place::Vendor,
            Place::Dock,
            "goods-in".parse().unwrap(),
        );
        movement.code = code.map(|code| code.parse().unwrap());
        movement.lot = Some("L1".parse().unwrap());
        movement.actor = Some("0042".parse().unwrap());
        movement
    }

    fn catalog(codes: &[(&str, u64)]) -> Catalog {
        let item: ItemCode = "M8".parse().unwrap();
        let mut catalog = Catalog::default();
        catalog.add_item(item.clone(), "acme".parse().unwrap(), Tracking::Lot);
        for (code, factor) in codes {
            catalog.add_code(code.parse().unwrap(), item.clone(), *factor);
        }
        catalog
    }

    fn explained(movement: &Movement, codes: &[(&str, u64)]) -> Option<Movement> {
        explain(movement, &catalog(codes), &LabelRules::default())
    }

    #[test]
    fn a_parked_box_becomes_the_parts_in_it_and_keeps_everything_else() {
        let movement = parked("4006381333931", None, 3);
        let found = explained(&movement, &[("4006381333931", 12)]).unwrap();
        let code = Some("4006381333931".parse().unwrap());
        let expect =
            Movement { item: "M8".parse().unwrap(), qty: Quantity::new(36).unwrap(), code, ..movement.clone() };
        assert_eq!(found, expect);
        assert_eq!(explained(&movement, &[("other", 12)]), None);
    }

    #[test]
    fn the_whole_label_goes_before_what_it_was_kept_under() {
        let movement = parked("04006381333931", Some("010400638133393110L1"), 1);
        let qty = |codes| explained(&movement, codes).map(|movement| movement.qty.units());
        assert_eq!(qty(&[("4006381333931", 12)]), Some(12));
        assert_eq!(qty(&[("4006381333931", 12), ("010400638133393110L1", 5)]), Some(5));
        let code = explained(&movement, &[("4006381333931", 12)]).unwrap().code;
        assert_eq!(code, movement.code, "the label stays as scanned");
    }

    #[test]
    fn another_code_on_the_same_label_explains_it_too() {
        let label = "[)>\u{1e}06\u{1d}PCUST-1\u{1d}1PVEND-9\u{1d}Q5\u{1e}\u{4}";
        let movement = parked("CUST-1", Some(label), 5);
        let found = explained(&movement, &[("VEND-9", 1)]).unwrap();
        assert_eq!((found.item.as_str(), found.qty.units()), ("M8", 5));
    }

    #[test]
    fn an_item_that_was_added_under_the_parked_code_explains_it() {
        let found = explained(&parked("M8", None, 4), &[]).unwrap();
        assert_eq!(found, parked("M8", None, 4));
    }

    #[test]
    fn a_quantity_that_would_be_none_stays_parked() {
        for units in [999_999_999_999, 90_000_000_000] {
            assert_eq!(explained(&parked("BOX", None, units), &[("BOX", 12)]), None);
            assert_eq!(explained(&parked("BOX", None, units), &[("BOX", u64::MAX)]), None);
        }
        // Three times a third of what wraps around is 2.
        assert_eq!(explained(&parked("BOX", None, 3), &[("BOX", u64::MAX / 3 + 1)]), None);
        assert!(explained(&parked("BOX", None, 80_000_000_000), &[("BOX", 12)]).is_some());
    }

    #[test]
    fn bounds_and_what_was_stated_are_counted_in_packs_too() {
        let mut movement = parked("BOX", None, 3);
        (movement.between, movement.stated) = (Some([2, 4]), Some(4));
        let found = explained(&movement, &[("BOX", 12)]).unwrap();
        assert_eq!((found.between, found.stated), (Some([24, 48]), Some(48)));
    }
}
