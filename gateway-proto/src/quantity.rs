//! Quantities: whole numbers of an item's base unit. Money of the stock: exact, never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::QUANTITY_MAX;

/// How much one movement carries, in the item's base unit, `1..=1_000_000_000_000`.
///
/// Direction is in the movement's places, so a quantity has no sign and is never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Quantity(u64);

/// A number that is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("quantity {0} is outside 1..={QUANTITY_MAX}")]
pub struct QuantityError(u64);

impl Quantity {
    pub const ONE: Self = Self(1);

    /// # Errors
    /// [`QuantityError`] outside `1..=1_000_000_000_000`.
    pub fn new(units: u64) -> Result<Self, QuantityError> {
        if (1..=QUANTITY_MAX).contains(&units) { Ok(Self(units)) } else { Err(QuantityError(units)) }
    }

    /// The quantity in base units.
    #[must_use]
    pub fn units(self) -> u64 {
        self.0
    }

    /// The quantity as a signed amount for balances.
    #[must_use]
    pub fn signed(self) -> i64 {
        i64::try_from(self.0).expect("QUANTITY_MAX is far below i64::MAX")
    }
}

impl TryFrom<u64> for Quantity {
    type Error = QuantityError;

    fn try_from(units: u64) -> Result<Self, QuantityError> {
        Self::new(units)
    }
}

impl From<Quantity> for u64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
