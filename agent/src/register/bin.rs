//! Bins: storage places that hold one item, maybe in a container of known weight.

use gateway_proto::{
    movement::Act,
    name::{ItemCode, PlaceName},
    place::Place,
};
use serde::{Deserialize, Serialize};

use super::{
    item::{WEIGHT_MAX, least_and_most, within_quantities},
    refusal::Refusal,
    row::{self, Cells, Column, Row, cell, key, maybe_micrograms, never, new},
    rule::Rule,
};
use crate::device::Mass;

/// What the site knows of a bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    pub name: PlaceName,
    pub item: ItemCode,
    /// A container of the library, whose weight is the tare where the bin has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<PlaceName>,
    /// The empty bin as it was weighed, 0 to a tonne.
    #[serde(default, rename = "tare_ug", with = "maybe_micrograms", skip_serializing_if = "Option::is_none")]
    pub tare: Option<Mass>,
    /// Base units it holds when full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// Where parts that are gone went.
    pub taken_to: Place,
    /// Where parts that came came from.
    pub filled_from: Place,
}

impl Bin {
    /// A bin that is filled from the dock and whose parts are used.
    #[must_use]
    pub fn new(name: PlaceName, item: ItemCode) -> Self {
        Self {
            name,
            item,
            container: None,
            tare: None,
            capacity: None,
            min: None,
            max: None,
            taken_to: Place::Used,
            filled_from: Place::Dock,
        }
    }

    /// The rules it can be held against alone.
    pub(super) fn rules(&self, refusals: &mut Vec<Refusal>) {
        weighs("tare_g", self.tare, refusals);
        within_quantities("capacity", self.capacity, refusals);
        least_and_most(("min", self.min), ("max", self.max), refusals);
        if let (Some(capacity), Some(max)) = (self.capacity, self.max)
            && capacity < max
        {
            refusals.push(Refusal::new("capacity", Rule::CapacityBelowMax { capacity, max }));
        }
        let here = Place::Bin(self.name.clone());
        for (field, from, to) in [("taken_to", &here, &self.taken_to), ("filled_from", &self.filled_from, &here)] {
            if Act::between(from, to).is_none() {
                refusals.push(Refusal::new(field, Rule::NoWay { from: from.clone(), to: to.clone() }));
            }
        }
    }
}

/// A weight of something that may be empty.
pub(super) fn weighs(field: &'static str, mass: Option<Mass>, refusals: &mut Vec<Refusal>) {
    match mass {
        Some(mass) if mass < Mass::ZERO => refusals.push(Refusal::new(field, Rule::Negative)),
        Some(mass) if mass > WEIGHT_MAX => refusals.push(Refusal::new(field, Rule::AboveTonne)),
        Some(_) | None => {}
    }
}

impl Row for Bin {
    const COLUMNS: &'static [Column] = &[
        key("name"),
        new("item"),
        never("container"),
        never("tare_g"),
        never("capacity"),
        never("min"),
        never("max"),
        never("taken_to"),
        never("filled_from"),
    ];

    fn name_in(cells: &Cells) -> String {
        cells.text("name").to_owned()
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let (name, item) = (cells.needed("name"), cells.needed("item"));
        let container = cells.optional("container");
        let tare = cells.grams("tare_g");
        let (capacity, min, max) = (cells.whole("capacity"), cells.whole("min"), cells.whole("max"));
        let (taken_to, filled_from) = (cells.optional("taken_to"), cells.optional("filled_from"));
        let bin = Self::new(name?, item?);
        let (taken_to, filled_from) = (taken_to.unwrap_or(Place::Used), filled_from.unwrap_or(Place::Dock));
        Some(Self { container, tare, capacity, min, max, taken_to, filled_from, ..bin })
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.item.to_string(),
            cell(self.container.as_ref()),
            self.tare.map_or_else(String::new, row::grams),
            cell(self.capacity.as_ref()),
            cell(self.min.as_ref()),
            cell(self.max.as_ref()),
            self.taken_to.to_string(),
            self.filled_from.to_string(),
        ]
    }
}
