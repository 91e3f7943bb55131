//! Expected receipts: the lines of what a vendor has shipped, by order and by shipment label.

use std::{fmt, str::FromStr};

use gateway_proto::{
    name::{ItemCode, Text},
    quantity::Quantity,
};
use serde::{Deserialize, Serialize};

use super::{
    refusal::Refusal,
    row::{Cells, Column, Row, Word, cell, key, never, new},
    rule::{Rule, Wanted},
};
use crate::label::gtin::{Key, KeyError, KeyKind};

/// One line of an order as it is on its way: so much of an item, maybe in the package that a label names. A line that comes
/// in several packages has a row for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sscc: Option<Sscc>,
    pub order: Text,
    /// The line of the order, unique in it per package; without `/`.
    pub line: Text,
    pub item: ItemCode,
    /// Base units.
    pub qty: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<Text>,
    #[serde(default)]
    pub state: ShipmentState,
}

/// Whether a line is still on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentState {
    #[default]
    Open,
    Received,
}

/// A serial shipping container code: the 18 digits on a pallet or carton, check digit right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sscc(Box<str>);

impl Sscc {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sscc {
    type Err = KeyError;

    /// 18 digits, or as the label shows them: `(00)` or `00` and 18 digits.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = match text.strip_prefix("(00)") {
            Some(digits) => digits,
            None if text.len() == 20 => text.strip_prefix("00").unwrap_or(text),
            None => text,
        };
        Key::parse(KeyKind::Sscc, digits.as_bytes()).map(|key| Self(key.digits.into_boxed_str()))
    }
}

impl TryFrom<String> for Sscc {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<Sscc> for String {
    fn from(sscc: Sscc) -> Self {
        sscc.0.into_string()
    }
}

impl fmt::Display for Sscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl ShipmentLine {
    /// The name of a line: package (`-` without one), order, line. The first has no `/` and the last may have none, so two
    /// lines never share a name.
    #[must_use]
    pub fn name(&self) -> String {
        name(self.sscc.as_ref().map(Sscc::as_str), self.order.as_str(), self.line.as_str())
    }

    /// The line once it has come in: no longer expected, and still known when the same file is imported again.
    #[must_use]
    pub fn received(&self) -> Self {
        Self { state: ShipmentState::Received, ..self.clone() }
    }

    /// The rules it can be held against alone.
    pub(super) fn rules(&self, refusals: &mut Vec<Refusal>) {
        if self.line.as_str().contains('/') {
            refusals.push(Refusal::new("line", Rule::Slash));
        }
    }
}

fn name(sscc: Option<&str>, order: &str, line: &str) -> String {
    format!("{}/{order}/{line}", sscc.unwrap_or("-"))
}

impl Row for ShipmentLine {
    const COLUMNS: &'static [Column] =
        &[never("sscc"), key("order"), key("line"), new("item"), new("qty"), never("lot"), never("state")];

    fn name_in(cells: &Cells) -> String {
        let sscc = cells.text("sscc").parse::<Sscc>().ok();
        name(sscc.as_ref().map(Sscc::as_str), cells.text("order"), cells.text("line"))
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let sscc = cells.optional("sscc");
        let (order, line, item) = (cells.needed("order"), cells.needed("line"), cells.needed("item"));
        if cells.text("qty").is_empty() {
            cells.refuse("qty", Rule::Empty(Wanted::BaseUnits));
        }
        let qty = cells.whole("qty").and_then(|units| match Quantity::new(units) {
            Ok(qty) => Some(qty),
            Err(_) => {
                cells.refuse("qty", Rule::NoQuantity { units });
                None
            }
        });
        let (lot, state) = (cells.optional("lot"), cells.word("state").unwrap_or_default());
        Some(Self { sscc, order: order?, line: line?, item: item?, qty: qty?, lot, state })
    }

    fn cells(&self) -> Vec<String> {
        vec![
            cell(self.sscc.as_ref()),
            self.order.to_string(),
            self.line.to_string(),
            self.item.to_string(),
            self.qty.to_string(),
            cell(self.lot.as_ref()),
            self.state.word().to_owned(),
        ]
    }
}

impl Word for ShipmentState {
    const ALL: &'static [Self] = &[Self::Open, Self::Received];

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Received => "received",
        }
    }
}
