//! One fact: what the ledger keeps as (kind, name, JSON) and a file as a row.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    alias::Alias,
    asset::Asset,
    bin::Bin,
    container::Container,
    item::Item,
    operator::Operator,
    refusal::Refusal,
    row::{Cells, Column, Row},
    shipment::ShipmentLine,
};

/// The kinds of facts, those that others name before those that name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Item,
    Code,
    Container,
    Bin,
    Operator,
    Asset,
    Shipment,
}

/// One fact of the site. Its JSON has `kind` beside its fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    Item(Item),
    #[serde(rename = "code")]
    Alias(Alias),
    Container(Container),
    Bin(Bin),
    Operator(Operator),
    Asset(Asset),
    Shipment(ShipmentLine),
}

/// Who told a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The site's TOML file: read only here.
    File,
    /// A CSV file, the page, the ledger's copy of either.
    Imported,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::Item, Self::Code, Self::Container, Self::Bin, Self::Operator, Self::Asset, Self::Shipment];

    /// The word for one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Code => "code",
            Self::Container => "container",
            Self::Bin => "bin",
            Self::Operator => "operator",
            Self::Asset => "asset",
            Self::Shipment => "shipment",
        }
    }

    /// The word for many, which names the file: `items` for `items.csv`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Item => "items",
            Self::Code => "codes",
            Self::Container => "containers",
            Self::Bin => "bins",
            Self::Operator => "operators",
            Self::Asset => "assets",
            Self::Shipment => "shipments",
        }
    }

    /// By either word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == word || kind.plural() == word)
    }

    /// The columns of its file.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Item => Item::COLUMNS,
            Self::Code => Alias::COLUMNS,
            Self::Container => Container::COLUMNS,
            Self::Bin => Bin::COLUMNS,
            Self::Operator => Operator::COLUMNS,
            Self::Asset => Asset::COLUMNS,
            Self::Shipment => ShipmentLine::COLUMNS,
        }
    }

    pub(super) fn name_in(self, cells: &Cells) -> String {
        match self {
            Self::Item => Item::name_in(cells),
            Self::Code => Alias::name_in(cells),
            Self::Container => Container::name_in(cells),
            Self::Bin => Bin::name_in(cells),
            Self::Operator => Operator::name_in(cells),
            Self::Asset => Asset::name_in(cells),
            Self::Shipment => ShipmentLine::name_in(cells),
        }
    }

    pub(super) fn read(self, cells: &mut Cells) -> Option<Fact> {
        match self {
            Self::Item => Item::read(cells).map(Fact::Item),
            Self::Code => Alias::read(cells).map(Fact::Alias),
            Self::Container => Container::read(cells).map(Fact::Container),
            Self::Bin => Bin::read(cells).map(Fact::Bin),
            Self::Operator => Operator::read(cells).map(Fact::Operator),
            Self::Asset => Asset::read(cells).map(Fact::Asset),
            Self::Shipment => ShipmentLine::read(cells).map(Fact::Shipment),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Fact {
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Item(_) => Kind::Item,
            Self::Alias(_) => Kind::Code,
            Self::Container(_) => Kind::Container,
            Self::Bin(_) => Kind::Bin,
            Self::Operator(_) => Kind::Operator,
            Self::Asset(_) => Kind::Asset,
            Self::Shipment(_) => Kind::Shipment,
        }
    }

    /// Unique among the facts of its kind.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Item(item) => item.code.to_string(),
            Self::Alias(alias) => alias.code.to_string(),
            Self::Container(container) => container.name.to_string(),
            Self::Bin(bin) => bin.name.to_string(),
            Self::Operator(operator) => operator.badge.to_string(),
            Self::Asset(asset) => asset.name.to_string(),
            Self::Shipment(line) => line.name(),
        }
    }

    /// Its row, a cell for each of [`Kind::columns`], as in an export but for the marks against spreadsheets.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        match self {
            Self::Item(item) => item.cells(),
            Self::Alias(alias) => alias.cells(),
            Self::Container(container) => container.cells(),
            Self::Bin(bin) => bin.cells(),
            Self::Operator(operator) => operator.cells(),
            Self::Asset(asset) => asset.cells(),
            Self::Shipment(line) => line.cells(),
        }
    }

    /// The rules it breaks by itself, whatever else is known.
    pub(super) fn rules(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        match self {
            Self::Item(item) => item.rules(&mut refusals),
            Self::Alias(alias) => alias.rules(&mut refusals),
            Self::Container(container) => container.rules(&mut refusals),
            Self::Bin(bin) => bin.rules(&mut refusals),
            Self::Operator(operator) => operator.rules(&mut refusals),
            Self::Asset(_) => {}
            Self::Shipment(line) => line.rules(&mut refusals),
        }
        refusals
    }
}
