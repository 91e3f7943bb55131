//! What must be asked for to make an order: a bill of materials against what is there.
//!
//! Parts are netted level by level: what is in stock of a sub-assembly is taken first, and only what must still be made of it needs
//! its own parts. A part with a bill of its own is made, one without is asked for. Source: Orlicky, *Material Requirements Planning*
//! (1975), level-by-level netting.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// A part in a bill: so many for one, and what is lost in the making.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// Parts in one unit.
    pub quantity: i64,
    /// Added to it as a part of it, from 0 on: 0.05 for five more in a hundred.
    pub scrap: f64,
}

/// Bills of materials: of each item that is made, its parts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bills(BTreeMap<String, BTreeMap<String, Use>>);

/// Levels of a bill; more is a bill that was not written by people.
const LEVELS_MAX: usize = 100;

/// Why there is no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaterialError {
    #[error("bill of materials goes in a circle: {}; take one of them out", .0.join(" needs "))]
    Cycle(Vec<String>),
    #[error("bill of {item} has {part} with a quantity or scrap below 0; write 0 or more")]
    Use { item: String, part: String },
    #[error("quantity of {0} is beyond what can be counted; split the order")]
    Quantity(String),
    #[error("bill of {0} is deeper than {LEVELS_MAX} levels; flatten it")]
    Depth(String),
}

/// What one part comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    pub part: String,
    pub needed: i64,
    pub from_stock: i64,
    /// What is missing: to be asked for, or to be made where the part has a bill.
    pub missing: i64,
}

/// What an order's material comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Material {
    /// Parts to be asked for: exactly those of which stock does not cover the need.
    pub requests: Vec<Requirement>,
    /// Sub-assemblies to be made.
    pub made: Vec<Requirement>,
    /// Parts that stock covers.
    pub covered: Vec<Requirement>,
}

impl Bills {
    #[must_use]
    pub fn with(mut self, item: &str, part: &str, of: Use) -> Self {
        self.0.entry(item.to_owned()).or_default().insert(part.to_owned(), of);
        self
    }

    /// What is needed to make `orders` (item, quantity) with this stock.
    ///
    /// # Errors
    /// [`MaterialError`] that names a circle, a bill with a negative use, or a quantity too large.
    pub fn explode(&self, orders: &[(String, i64)], stock: &BTreeMap<String, i64>) -> Result<Material, MaterialError> {
        let order = self.parents_first(orders)?;
        let mut to_make: BTreeMap<&str, i64> = BTreeMap::new();
        for (item, quantity) in orders {
            let sum = to_make.entry(item).or_default();
            *sum = sum.checked_add((*quantity).max(0)).ok_or_else(|| MaterialError::Quantity(item.clone()))?;
        }
        let mut needed: BTreeMap<&str, i64> = BTreeMap::new();
        let mut material = Material::default();
        for item in order {
            if let Some(needed) = needed.get(item).copied() {
                let from_stock = stock.get(item).copied().unwrap_or(0).clamp(0, needed);
                let missing = needed - from_stock;
                let requirement = Requirement { part: item.to_owned(), needed, from_stock, missing };
                if missing == 0 {
                    material.covered.push(requirement);
                } else if self.0.contains_key(item) {
                    let sum = to_make.entry(item).or_default();
                    *sum = sum.checked_add(missing).ok_or_else(|| MaterialError::Quantity(item.to_owned()))?;
                    material.made.push(requirement);
                } else {
                    material.requests.push(requirement);
                }
            }
            let made = to_make.get(item).copied().unwrap_or(0);
            for (part, of) in self.0.get(item).into_iter().flatten().filter(|_| made > 0) {
                let parts = with_scrap(made, *of).ok_or_else(|| MaterialError::Quantity(part.clone()))?;
                let sum = needed.entry(part).or_default();
                *sum = sum.checked_add(parts).ok_or_else(|| MaterialError::Quantity(part.clone()))?;
            }
        }
        for list in [&mut material.requests, &mut material.made, &mut material.covered] {
            list.sort_by(|a, b| a.part.cmp(&b.part));
        }
        Ok(material)
    }

    /// Everything the orders reach, every item before its parts.
    fn parents_first<'a>(&'a self, orders: &'a [(String, i64)]) -> Result<Vec<&'a str>, MaterialError> {
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let mut parts_first = Vec::new();
        for (item, _) in orders {
            self.visit(item, &mut Vec::new(), &mut done, &mut parts_first)?;
        }
        parts_first.reverse();
        Ok(parts_first)
    }

    fn visit<'a>(
        &'a self,
        item: &'a str,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
        parts_first: &mut Vec<&'a str>,
    ) -> Result<(), MaterialError> {
        if done.contains(item) {
            return Ok(());
        }
        if let Some(at) = path.iter().position(|above| *above == item) {
            let circle = path[at..].iter().chain([&item]).map(|item| (*item).to_owned());
            return Err(MaterialError::Cycle(circle.collect()));
        }
        if path.len() >= LEVELS_MAX {
            return Err(MaterialError::Depth(path[0].to_owned()));
        }
        path.push(item);
        for (part, of) in self.0.get(item).into_iter().flatten() {
            if of.quantity < 0 || !(of.scrap >= 0.0 && of.scrap.is_finite()) {
                return Err(MaterialError::Use { item: item.to_owned(), part: part.clone() });
            }
            self.visit(part, path, done, parts_first)?;
        }
        path.pop();
        done.insert(item);
        parts_first.push(item);
        Ok(())
    }
}

/// Whole parts for so many: `⌈made·quantity·(1 + scrap)⌉`.
fn with_scrap(made: i64, of: Use) -> Option<i64> {
    let net = made.checked_mul(of.quantity)?;
    // a hundred and five in a hundred must not be a hundred and six for a last bit
    let scrapped = (net as f64 * of.scrap * (1.0 - 1e-12)).ceil();
    if scrapped < 9e15 { net.checked_add(scrapped as i64) } else { None }
}
