//! Operators: who works here, by badge.

use gateway_proto::name::Text;
use serde::{Deserialize, Serialize};

use super::{
    item::not_a_command,
    refusal::Refusal,
    row::{Cells, Column, Row, Word, key, never, new},
};

/// A person with a badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// What the badge names, as movements carry it.
    pub badge: Text,
    pub name: Text,
    #[serde(default)]
    pub role: Role,
}

/// What a person does on the site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Scans, takes, returns, tests, installs.
    #[default]
    Technician,
    /// Receives, counts, transfers too.
    Storekeeper,
    /// All of the site: rules, approvals, master data.
    PartsManager,
    /// Reads everything, changes nothing.
    Auditor,
    /// Gives out roles; edits no movement.
    Admin,
}

impl Operator {
    /// The rules it can be held against alone.
    pub(super) fn rules(&self, refusals: &mut Vec<Refusal>) {
        not_a_command("badge", self.badge.as_str(), refusals);
    }
}

impl Row for Operator {
    const COLUMNS: &'static [Column] = &[key("badge"), new("name"), never("role")];

    fn name_in(cells: &Cells) -> String {
        cells.text("badge").to_owned()
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let (badge, name) = (cells.needed("badge"), cells.needed("name"));
        let role = cells.word("role").unwrap_or_default();
        Some(Self { badge: badge?, name: name?, role })
    }

    fn cells(&self) -> Vec<String> {
        vec![self.badge.to_string(), self.name.to_string(), self.role.word().to_owned()]
    }
}

impl Word for Role {
    const ALL: &'static [Self] = &[Self::Technician, Self::Storekeeper, Self::PartsManager, Self::Auditor, Self::Admin];

    fn word(self) -> &'static str {
        match self {
            Self::Technician => "technician",
            Self::Storekeeper => "storekeeper",
            Self::PartsManager => "parts-manager",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}
