//! Which vendor sees what: items and places by feed, from the catalog that decides into which feed a movement goes.

use std::collections::BTreeMap;

use gateway_proto::{name::ItemCode, place::Place};
use serde::{Deserialize, Serialize};

use super::Floor;
use crate::register::catalog::UNASSIGNED;

/// What lies in a vendor's feed, as of now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorSight {
    pub items: Vec<ItemSight>,
}

/// One item, and the amounts that a checkpoint tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemSight {
    pub item: ItemCode,
    /// Base units by place; without those that hold nothing.
    pub places: Vec<(Place, i64)>,
}

impl Floor {
    /// What each feed's vendor sees. A feed of the site's file that no item goes to is not among them.
    #[must_use]
    pub fn vendors(&self) -> BTreeMap<String, VendorSight> {
        let mut held: BTreeMap<&ItemCode, Vec<(Place, i64)>> = BTreeMap::new();
        for (item, place, units) in self.stock.iter().filter(|(.., units)| *units != 0) {
            held.entry(item).or_default().push((place.clone(), units));
        }
        let mut vendors: BTreeMap<String, VendorSight> = BTreeMap::new();
        let known = self.register.facts(crate::register::fact::Kind::Item).map(|(fact, _)| fact.name());
        let known: Vec<ItemCode> = known.filter_map(|name| name.parse().ok()).collect();
        for item in &known {
            held.entry(item).or_default();
        }
        for (item, places) in held {
            let feed = self.catalog.feed(item).map_or(UNASSIGNED, |feed| feed.as_str());
            let sight = vendors.entry(feed.to_owned()).or_default();
            sight.items.push(ItemSight { item: item.clone(), places });
        }
        vendors
    }
}
