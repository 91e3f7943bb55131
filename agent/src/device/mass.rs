//! Mass: exact micrograms, and the units devices speak.
//!
//! Owns the unit table and the conversion. Micrograms because the finest balance shows 1 µg and an `i64` of them still
//! holds nine million tonnes; integers so that a sum of picks is exactly the weight that left. The pound and the ounce
//! are legal multiples of the gram, so their conversion is exact up to the last microgram. Must not know protocols.

use std::fmt;

use super::decimal::Decimal;

/// A mass in micrograms, signed: a bin lifted off a zeroed scale weighs less than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mass(i64);

impl Mass {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn from_micrograms(micrograms: i64) -> Self {
        Self(micrograms)
    }

    /// What `shown` in `unit` weighs, to the nearest microgram, halves away from zero; `None` when it does not fit.
    #[must_use]
    pub fn of(shown: Decimal, unit: MassUnit) -> Option<Self> {
        let nanograms = i128::from(shown.mantissa()) * unit.nanograms();
        let divisor = 1_000 * 10_i128.pow(u32::from(shown.fraction()));
        let half = if nanograms < 0 { -divisor / 2 } else { divisor / 2 };
        i64::try_from((nanograms + half) / divisor).ok().map(Self)
    }

    /// What one step of the last digit of `shown` weighs: the finest the device could have said. At least 1 µg, so
    /// that it can divide. A scale may step its last digit by 2 or 5, so the true division can be coarser.
    #[must_use]
    pub fn division(shown: Decimal, unit: MassUnit) -> Self {
        let micrograms = unit.nanograms() / (1_000 * 10_i128.pow(u32::from(shown.fraction())));
        // A unit is at most a tonne, 10^12 µg: the clamp only ever lifts the lower end.
        Self(i64::try_from(micrograms).unwrap_or(i64::MAX).max(1))
    }

    #[must_use]
    pub const fn micrograms(self) -> i64 {
        self.0
    }

    /// For showing and for statistics; sums and comparisons stay with the integer.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits of micrograms are nine tonnes exactly, and this is for display"
    )]
    pub fn as_grams(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The difference, `None` when it does not fit.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(micrograms) => Some(Self(micrograms)),
            None => None,
        }
    }

    /// The sum, `None` when it does not fit.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(micrograms) => Some(Self(micrograms)),
            None => None,
        }
    }
}

/// In grams with the fraction it needs: "12.5 g", "-0.000001 g".
impl fmt::Display for Mass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (grams, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let fraction = format!("{rest:06}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{grams} g"),
            fraction => write!(f, "{sign}{grams}.{fraction} g"),
        }
    }
}

/// A unit a device may send or a site may configure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MassUnit {
    #[serde(rename = "mg")]
    Milligram,
    #[serde(rename = "g")]
    Gram,
    #[serde(rename = "kg")]
    Kilogram,
    #[serde(rename = "t")]
    Tonne,
    #[serde(rename = "lb")]
    Pound,
    #[serde(rename = "oz")]
    Ounce,
}

impl MassUnit {
    /// Letter case is the maker's whim ("Kg", "KG"); spaces are column padding. `None` for anything else, so that
    /// pieces, percent and carats are never taken for a mass.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim_matches(' ').to_ascii_lowercase().as_str() {
            "mg" => Self::Milligram,
            "g" => Self::Gram,
            "kg" => Self::Kilogram,
            "t" => Self::Tonne,
            "lb" => Self::Pound,
            "oz" => Self::Ounce,
            _ => return None,
        })
    }

    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Milligram => "mg",
            Self::Gram => "g",
            Self::Kilogram => "kg",
            Self::Tonne => "t",
            Self::Pound => "lb",
            Self::Ounce => "oz",
        }
    }

    /// Nanograms in one unit: the avoirdupois pound is 453.59237 g by definition, the ounce a sixteenth of it, which
    /// ends in an eighth of a microgram; in nanograms both are whole.
    const fn nanograms(self) -> i128 {
        match self {
            Self::Milligram => 1_000_000,
            Self::Gram => 1_000_000_000,
            Self::Kilogram => 1_000_000_000_000,
            Self::Tonne => 1_000_000_000_000_000,
            Self::Pound => 453_592_370_000,
            Self::Ounce => 28_349_523_125,
        }
    }
}

impl fmt::Display for MassUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighs(text: &str, unit: MassUnit) -> Option<i64> {
        Mass::of(Decimal::parse(text).unwrap(), unit).map(Mass::micrograms)
    }

    #[test]
    fn every_unit_converts_exactly() {
        assert_eq!(weighs("0.505", MassUnit::Kilogram), Some(505_000_000));
        assert_eq!(weighs("12.3", MassUnit::Milligram), Some(12_300));
        assert_eq!(weighs("1", MassUnit::Tonne), Some(1_000_000_000_000));
        assert_eq!(weighs("1", MassUnit::Pound), Some(453_592_370));
        assert_eq!(weighs("16", MassUnit::Ounce), weighs("1", MassUnit::Pound));
        assert_eq!(weighs("-0.0082", MassUnit::Gram), Some(-8_200));
    }

    #[test]
    fn a_half_microgram_rounds_away_from_zero_on_both_sides() {
        assert_eq!(weighs("0.0000005", MassUnit::Gram), Some(1));
        assert_eq!(weighs("-0.0000005", MassUnit::Gram), Some(-1));
        assert_eq!(weighs("0.0000004", MassUnit::Gram), Some(0));
        // 28 349 523.125 µg
        assert_eq!(weighs("1", MassUnit::Ounce), Some(28_349_523));
    }

    #[test]
    fn a_mass_too_large_is_none_and_not_a_wrapped_number() {
        assert_eq!(weighs("9223372036854775807", MassUnit::Tonne), None);
        assert_eq!(weighs("-9223372036854775807", MassUnit::Tonne), None);
        assert_eq!(Mass::from_micrograms(i64::MIN).checked_sub(Mass::from_micrograms(1)), None);
        assert_eq!(Mass::from_micrograms(i64::MAX).checked_add(Mass::from_micrograms(1)), None);
    }

    #[test]
    fn the_division_is_one_step_of_the_last_digit() {
        let division = |text, unit| Mass::division(Decimal::parse(text).unwrap(), unit).micrograms();
        assert_eq!(division("100.00", MassUnit::Gram), 10_000);
        assert_eq!(division("0.505", MassUnit::Kilogram), 1_000_000);
        assert_eq!(division("7", MassUnit::Gram), 1_000_000);
        assert_eq!(division("0.30000000000000004", MassUnit::Gram), 1, "never zero: others divide by it");
    }

    #[test]
    fn units_are_read_in_any_letter_case_and_nothing_else_is_a_mass() {
        for (text, unit) in
            [("KG", "kg"), ("Kg", "kg"), (" g", "g"), ("T", "t"), ("LB", "lb"), ("oz", "oz"), ("mg", "mg")]
        {
            assert_eq!(MassUnit::parse(text).map(MassUnit::symbol), Some(unit), "{text}");
        }
        for text in ["", "PCS", "%", "ct", "ozt", "kgs", "µg"] {
            assert_eq!(MassUnit::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mass_is_shown_in_grams_without_idle_zeros() {
        let shown = |micrograms| Mass::from_micrograms(micrograms).to_string();
        assert_eq!(
            (shown(12_500_000), shown(-1), shown(0), shown(3_000_000)),
            ("12.5 g".into(), "-0.000001 g".into(), "0 g".into(), "3 g".into())
        );
    }
}
