//! Containers: the kinds of boxes that bins stand in, weighed once for all.

use gateway_proto::name::PlaceName;
use serde::{Deserialize, Serialize};

use super::{
    bin::weighs,
    refusal::Refusal,
    row::{self, Cells, Column, Row, key, micrograms, never, new},
    rule::{Rule, Wanted},
};
use crate::device::Mass;

/// A kind of container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    pub name: PlaceName,
    /// The mean weight of an empty one, 0 to a tonne.
    #[serde(rename = "tare_ug", with = "micrograms")]
    pub tare: Mass,
    /// The standard deviation from one to the next; 0 where nobody took it.
    #[serde(default, rename = "spread_ug", with = "micrograms")]
    pub spread: Mass,
}

impl Container {
    /// The rules it can be held against alone.
    pub(super) fn rules(&self, refusals: &mut Vec<Refusal>) {
        weighs("tare_g", Some(self.tare), refusals);
        weighs("spread_g", Some(self.spread), refusals);
    }
}

impl Row for Container {
    const COLUMNS: &'static [Column] = &[key("name"), new("tare_g"), never("spread_g")];

    fn name_in(cells: &Cells) -> String {
        cells.text("name").to_owned()
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let name = cells.needed("name");
        if cells.text("tare_g").is_empty() {
            cells.refuse("tare_g", Rule::Empty(Wanted::EmptyWeight));
        }
        let (tare, spread) = (cells.grams("tare_g"), cells.grams("spread_g").unwrap_or(Mass::ZERO));
        Some(Self { name: name?, tare: tare?, spread })
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.to_string(), row::grams(self.tare), row::grams(self.spread)]
    }
}
