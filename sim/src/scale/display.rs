//! What a scale shows: a number with a fixed count of decimals, and a unit.
//!
//! Owns the rounding to the division and the ways to write the number. Numbers are kept as integers of the last place,
//! so that a tongue that sends digits without a point has them. Must not know tongues; each has its own words for
//! units.

/// What a weight is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Gram,
    Kilogram,
    Tonne,
    Pound,
    Ounce,
    /// Pieces: a counting scale that knows the weight of one.
    Piece,
}

impl Unit {
    /// Grams in one of it; for pieces the scale knows.
    pub(super) const fn grams(self) -> f64 {
        match self {
            Self::Gram | Self::Piece => 1.0,
            Self::Kilogram => 1_000.0,
            Self::Tonne => 1_000_000.0,
            Self::Pound => 453.592_37,
            Self::Ounce => 28.349_523_125,
        }
    }
}

/// The step of the last digit: `step` times ten to the minus `decimals`, say 0.05 as 5 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Division {
    pub(super) step: u32,
    pub(super) decimals: u8,
}

/// A number as it stands on the display: `last_places` of ten to the minus `decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) last_places: i64,
    pub(super) decimals: u8,
}

impl Division {
    pub(super) const ONE: Self = Self { step: 1, decimals: 0 };

    /// 0.1 needs one decimal, 0.05 two, 5 none.
    pub(super) fn of(value: f64) -> Self {
        let fits = |decimals: i32| {
            let scaled = value * 10_f64.powi(decimals);
            (scaled - scaled.round()).abs() < 1e-6 && scaled >= 0.5
        };
        let decimals = (0..9).find(|decimals| fits(*decimals)).unwrap_or(9);
        let step = (value * 10_f64.powi(decimals)).round();
        Self { step: (step as u32).max(1), decimals: u8::try_from(decimals).unwrap_or(9) }
    }

    pub(super) fn value(self) -> f64 {
        f64::from(self.step) / 10_f64.powi(i32::from(self.decimals))
    }

    /// A tenth of it, for the tongues that have a high-resolution answer.
    pub(super) const fn tenth(self) -> Self {
        Self { step: self.step, decimals: self.decimals + 1 }
    }

    pub(super) fn show(self, value: f64) -> Shown {
        let steps = (value / self.value()).round() as i64;
        Shown { last_places: steps.saturating_mul(i64::from(self.step)), decimals: self.decimals }
    }
}

impl Shown {
    pub(super) const fn is_negative(self) -> bool {
        self.last_places < 0
    }

    pub(super) const fn is_zero(self) -> bool {
        self.last_places == 0
    }

    /// `+` or `-`; a zero is positive.
    pub(super) const fn sign(self) -> char {
        if self.is_negative() { '-' } else { '+' }
    }

    /// A space or `-`.
    pub(super) const fn minus(self) -> char {
        if self.is_negative() { '-' } else { ' ' }
    }

    /// With a point and, where it is one, with a minus: `-12.30`.
    pub(super) fn text(self) -> String {
        let minus = if self.is_negative() { "-" } else { "" };
        format!("{minus}{}", self.magnitude())
    }

    /// Without a sign: `12.30`.
    pub(super) fn magnitude(self) -> String {
        let digits = self.last_places.unsigned_abs();
        match usize::from(self.decimals) {
            0 => digits.to_string(),
            decimals => {
                let ten = 10_u64.pow(u32::from(self.decimals));
                format!("{}.{:0decimals$}", digits / ten, digits % ten)
            }
        }
    }

    /// The magnitude with zeros before it, `width` characters with the point: `0012.30`.
    pub(super) fn zero_padded(self, width: usize) -> String {
        format!("{:0>width$}", self.magnitude())
    }

    /// The number with nines in every place, as scales send it that cannot weigh what is on them.
    pub(super) fn nines(self, width: usize) -> String {
        match usize::from(self.decimals) {
            0 => "9".repeat(width),
            decimals => format!("{}.{}", "9".repeat(width.saturating_sub(decimals + 1)), "9".repeat(decimals)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_rounded_to_the_division_and_keeps_its_decimals() {
        for (value, division, text) in [
            (123.44, 0.1, "123.4"),
            (12.37, 0.05, "12.35"),
            (12.38, 0.05, "12.40"),
            (1233.0, 5.0, "1235"),
            (1230.0, 20.0, "1240"),
            (-0.02, 0.1, "0.0"),
            (-0.5, 0.005, "-0.500"),
            (0.0305, 0.0001, "0.0305"),
        ] {
            assert_eq!(Division::of(division).show(value).text(), text, "{value} by {division}");
        }
        assert_eq!(Division::of(0.05).tenth().show(12.346).text(), "12.345");
    }

    #[test]
    fn a_number_is_padded_and_split_as_the_tongues_need_it() {
        let shown = Division::of(0.01).show(-12.5);
        assert_eq!((shown.sign(), shown.minus(), shown.last_places), ('-', '-', -1250));
        assert_eq!((shown.magnitude(), shown.zero_padded(8)), ("12.50".to_owned(), "00012.50".to_owned()));
        assert_eq!((shown.nines(8), Division::ONE.show(3.0).nines(8)), ("99999.99".to_owned(), "99999999".to_owned()));
        assert_eq!((Division::ONE.show(0.0).sign(), Division::ONE.show(0.0).minus()), ('+', ' '));
    }
}
