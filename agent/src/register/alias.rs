//! Codes that stand for an item on labels: the vendor's number, the customer's, the manufacturer's, a GTIN, a pack.

use gateway_proto::name::ItemCode;
use serde::{Deserialize, Serialize};

use super::{
    item::not_a_command,
    refusal::Refusal,
    row::{Cells, Column, Row, Word, cell, key, never, new},
    rule::Rule,
    unit::Unit,
};
use crate::label::gtin::Gtin;

/// A code that stands for an item. One code stands for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    pub code: ItemCode,
    pub item: ItemCode,
    #[serde(default)]
    pub namespace: Namespace,
    /// Base units that one scan of it stands for, 1 to [`Alias::FACTOR_MAX`]: a box of twelve is 12.
    #[serde(default = "one")]
    pub factor: u64,
    /// What such a pack is called, `BX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

/// Whose code it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    Vendor,
    Customer,
    Manufacturer,
    Gtin,
    #[default]
    Other,
}

impl Alias {
    /// A million screws fill a pallet; more is a slip of the pen.
    pub const FACTOR_MAX: u64 = 1_000_000;

    /// A further code of one base unit.
    #[must_use]
    pub fn new(code: ItemCode, item: ItemCode) -> Self {
        Self { code, item, namespace: Namespace::Other, factor: one(), unit: None }
    }

    /// The rules it can be held against alone.
    pub(super) fn rules(&self, refusals: &mut Vec<Refusal>) {
        not_a_command("code", self.code.as_str(), refusals);
        if self.factor == 0 || self.factor > Self::FACTOR_MAX {
            refusals.push(Refusal::new("factor", Rule::Factor { max: Self::FACTOR_MAX }));
        }
        if self.namespace == Namespace::Gtin {
            match Gtin::parse(self.code.as_str().as_bytes()) {
                Ok(gtin) if gtin.is_restricted() => {
                    refusals.push(Refusal::new("code", Rule::GtinRestricted));
                }
                Ok(_) => {}
                Err(error) => refusals.push(Refusal::new("code", Rule::NoGtin(error))),
            }
        }
    }
}

/// The forms an article number may be written in, without the one it has: every length that holds it.
pub(super) fn spellings(code: &str) -> impl Iterator<Item = String> {
    let gtin = Gtin::parse(code.as_bytes()).ok();
    let own = code.len();
    [8, 12, 13, 14].into_iter().filter_map(move |len| {
        let digits = gtin?;
        let (zeros, rest) = digits.as_str().split_at_checked(digits.as_str().len().checked_sub(len)?)?;
        (len != own && zeros.bytes().all(|digit| digit == b'0')).then(|| rest.to_owned())
    })
}

const fn one() -> u64 {
    1
}

impl Row for Alias {
    const COLUMNS: &'static [Column] = &[key("code"), new("item"), never("namespace"), never("factor"), never("unit")];

    fn name_in(cells: &Cells) -> String {
        cells.text("code").to_owned()
    }

    fn read(cells: &mut Cells) -> Option<Self> {
        let (code, item) = (cells.needed("code"), cells.needed("item"));
        let namespace = cells.word("namespace").unwrap_or_default();
        let factor = cells.whole("factor").unwrap_or(one());
        let unit = cells.optional("unit");
        Some(Self { code: code?, item: item?, namespace, factor, unit })
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.code.to_string(),
            self.item.to_string(),
            self.namespace.word().to_owned(),
            self.factor.to_string(),
            cell(self.unit.as_ref()),
        ]
    }
}

impl Word for Namespace {
    const ALL: &'static [Self] = &[Self::Vendor, Self::Customer, Self::Manufacturer, Self::Gtin, Self::Other];

    fn word(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Customer => "customer",
            Self::Manufacturer => "manufacturer",
            Self::Gtin => "gtin",
            Self::Other => "other",
        }
    }
}
