//! When a variance is small enough to be posted as it is.

use serde::{Deserialize, Serialize};

/// Thousandths of the site's currency for one base unit: parts cost less than a cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(pub u64);

/// What a variance may be without a recount and a reason. It has to be within the units or the percentage, and where the
/// price is known within the value too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    /// Of what the books said. 0 to 100.
    pub percent: f64,
    /// Base units.
    pub units: u64,
    /// Thousandths of the site's currency.
    pub value: Option<u64>,
}

impl Default for Tolerance {
    /// Five percent, as for the accuracy of the books; no units, so that one missing part of ten is counted again; and
    /// never more than 50 of the currency unexplained.
    fn default() -> Self {
        Self { percent: 5.0, units: 0, value: Some(50_000) }
    }
}

impl Tolerance {
    /// Whether `variance` against `books` is above tolerance.
    #[must_use]
    pub fn is_exceeded(&self, variance: i64, books: i64, price: Option<Price>) -> bool {
        let units = variance.unsigned_abs();
        if units == 0 {
            return false;
        }
        let dear = match (self.value, price) {
            (Some(limit), Some(Price(price))) => u128::from(units) * u128::from(price) > u128::from(limit),
            (None, _) | (_, None) => false,
        };
        dear || (units > self.units && !self.is_within_percent(variance, books))
    }

    /// Whether `variance` is within the percentage alone. Books at or below zero have no percentage.
    #[must_use]
    pub fn is_within_percent(&self, variance: i64, books: i64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a share of a stock; a float is near enough")]
        let (off, of) = (variance.unsigned_abs() as f64, books.max(0) as f64);
        // Multiplied, not divided: 5 % of 100 must allow 5.
        off * 100.0 <= self.percent * of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variance_is_within_units_or_percent_but_always_within_value() {
        let tolerance = |percent, units, value| Tolerance { percent, units, value };
        for (limits, variance, books, price, exceeded) in [
            (tolerance(5.0, 0, None), 0, 0, None, false),
            (tolerance(5.0, 0, None), -5, 100, None, false),
            (tolerance(5.0, 0, None), 6, 100, None, true),
            (tolerance(5.0, 0, None), -1, 10, None, true),
            (tolerance(5.0, 1, None), -1, 10, None, false),
            (tolerance(5.0, 0, None), 1, 0, None, true),
            (tolerance(5.0, 0, None), 1, -100, None, true),
            (tolerance(5.0, 0, Some(1_000)), -5, 100, Some(Price(200)), false),
            (tolerance(5.0, 0, Some(1_000)), -5, 100, Some(Price(201)), true),
            (tolerance(5.0, 0, Some(1_000)), -5, 100, None, false),
            (tolerance(0.0, 0, None), i64::MIN, i64::MAX, Some(Price(u64::MAX)), true),
        ] {
            let found = limits.is_exceeded(variance, books, price);
            assert_eq!(found, exceeded, "{variance} of {books} at {price:?} within {limits:?}");
        }
    }
}
