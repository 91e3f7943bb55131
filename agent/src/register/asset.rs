//! Assets: the machines that parts are installed on.

use gateway_proto::name::{PlaceName, Text};
use serde::{Deserialize, Serialize};

use super::row::{Cells, Column, Row, cell, key, never};

/// A machine: `asset:NAME` as a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    pub name: PlaceName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}

impl Row for Asset {
    const COLUMNS: &'static [Column] = &[key("name"), never("description")];

    fn name_in(cells: &Cells) -> String {
        cells.text("name").to_owned()
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let (name, description) = (cells.needed("name"), cells.optional("description"));
        Some(Self { name: name?, description })
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.to_string(), cell(self.description.as_ref())]
    }
}
