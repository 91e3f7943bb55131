//! A decimal number as a device sent it: digits and the place of the point, nothing rounded.
//!
//! Owns the parsing of device numbers. Floats are kept out on purpose: `0.1` has no exact float, and the count of
//! fraction digits ("0.50" against "0.5") is how a scale tells its division. Must not know units.

use std::fmt;

/// `mantissa / 10^fraction`: "0.505" is 505 with 3 fraction digits, "-0.50" is −50 with 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i64,
    fraction: u8,
}

/// Why a text is no number. The text itself is left out: it comes from a line that may carry anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("no digits")]
    Empty,
    #[error("a character that belongs to no number")]
    NotANumber,
    #[error("more digits than fit (18 after the point, 19 in all)")]
    TooLong,
}

impl Decimal {
    /// More fraction digits than a device has sense for, few enough that `10^fraction` fits an `i64`.
    pub const FRACTION_MAX: u8 = 18;

    /// # Errors
    /// [`DecimalError::TooLong`] when `fraction` exceeds [`Self::FRACTION_MAX`].
    pub const fn new(mantissa: i64, fraction: u8) -> Result<Self, DecimalError> {
        if fraction > Self::FRACTION_MAX {
            return Err(DecimalError::TooLong);
        }
        Ok(Self { mantissa, fraction })
    }

    /// Reads `[+|-] digits [. digits]`. Spaces around it and between sign and digits are the padding of fixed-column
    /// protocols; ".5" and "5." are numbers. No exponent: on a scale's line an `e` is noise.
    ///
    /// # Errors
    /// Says what is wrong with the text; never rounds to make it fit.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        Self::parse_bytes(text.as_bytes())
    }

    /// As [`Self::parse`], from a line as it came.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, DecimalError> {
        let (negative, digits) = match trim_spaces(bytes) {
            [b'-', digits @ ..] => (true, trim_spaces(digits)),
            [b'+', digits @ ..] => (false, trim_spaces(digits)),
            digits => (false, digits),
        };
        let mut mantissa: i64 = 0;
        let mut fraction: Option<usize> = None;
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    let digit = i64::from(byte - b'0');
                    mantissa =
                        mantissa.checked_mul(10).and_then(|m| m.checked_add(digit)).ok_or(DecimalError::TooLong)?;
                    fraction = fraction.map(|count| count + 1);
                }
                b'.' if fraction.is_none() => fraction = Some(0),
                _ => return Err(DecimalError::NotANumber),
            }
        }
        if digits.len() == usize::from(fraction.is_some()) {
            return Err(DecimalError::Empty);
        }
        let fraction = u8::try_from(fraction.unwrap_or(0)).map_err(|_| DecimalError::TooLong)?;
        Self::new(if negative { -mantissa } else { mantissa }, fraction)
    }

    /// As [`Self::parse`], with a JSON exponent: "1e3" is 1000, "1.5e-3" is 0.0015. Digits beyond
    /// [`Self::FRACTION_MAX`] are cut: they are a float's tail ("1.2345678901234567e-5"), far below any scale's sense.
    ///
    /// # Errors
    /// As [`Self::parse`]; [`DecimalError::TooLong`] too when the exponent makes it too large.
    pub fn parse_scientific(text: &str) -> Result<Self, DecimalError> {
        let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
            return Self::parse(text);
        };
        let exponent: i32 = exponent.parse().map_err(|_| DecimalError::NotANumber)?;
        let Self { mut mantissa, fraction } = Self::parse(digits)?;
        let mut fraction = i64::from(fraction) - i64::from(exponent);
        if mantissa == 0 {
            // Nothing to shift, however far: "0e2000000000" must not take two billion steps.
            fraction = fraction.clamp(0, i64::from(Self::FRACTION_MAX));
        }
        while fraction < 0 {
            mantissa = mantissa.checked_mul(10).ok_or(DecimalError::TooLong)?;
            fraction += 1;
        }
        while fraction > i64::from(Self::FRACTION_MAX) {
            if mantissa == 0 {
                fraction = 0;
                break;
            }
            mantissa /= 10;
            fraction -= 1;
        }
        let fraction = u8::try_from(fraction).map_err(|_| DecimalError::TooLong)?;
        Self::new(mantissa, fraction)
    }

    /// All digits without the point, signed.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of them stand after the point, `0..=18`.
    #[must_use]
    pub const fn fraction(self) -> u8 {
        self.fraction
    }

    /// The number without a fraction, if it has none but zeros: "12" and "12.0", not "12.5".
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        let scale = 10_i64.pow(u32::from(self.fraction));
        (self.mantissa % scale == 0).then(|| self.mantissa / scale)
    }
}

/// Without the spaces around it, the padding of fixed columns; other white space is none.
pub(crate) const fn trim_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// As sent, without `+` and leading zeros; the fraction keeps its digits.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs();
        if self.fraction == 0 {
            return write!(f, "{sign}{digits}");
        }
        let scale = 10_u64.pow(u32::from(self.fraction));
        write!(f, "{sign}{}.{:0width$}", digits / scale, digits % scale, width = usize::from(self.fraction))
    }
}

/// As a text, so that no reader makes a float of it.
impl serde::Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<&str, DecimalError>) {
        let found = Decimal::parse(text).map(|d| d.to_string());
        assert_eq!(found, expect.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn a_number_comes_out_with_the_digits_it_came_with() {
        for (text, shown) in [
            ("0.505", "0.505"),
            ("  100.00", "100.00"),
            ("-0.0082", "-0.0082"),
            ("- 0.5", "-0.5"),
            ("+  2.00", "2.00"),
            ("000012", "12"),
            ("0", "0"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0.00", "0.00"),
            ("9223372036854775807", "9223372036854775807"),
        ] {
            check(text, Ok(shown));
        }
        assert_eq!(Decimal::parse("0.505"), Decimal::new(505, 3));
    }

    #[test]
    fn what_is_no_number_is_refused_and_never_rounded() {
        for text in ["", "-", ".", "   ", "+ "] {
            check(text, Err(DecimalError::Empty));
        }
        for text in ["1e3", "1,5", "--1", "1-", "1 2", "1.2.3", "nan", "٣"] {
            check(text, Err(DecimalError::NotANumber));
        }
        check("9223372036854775808", Err(DecimalError::TooLong));
        check("0.0000000000000000001", Err(DecimalError::TooLong));
    }

    #[test]
    fn an_exponent_moves_the_point() {
        for (text, shown) in [
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            ("-2.50e1", "-25.0"),
            ("12.5e+2", "1250"),
            ("0e2147483647", "0"),
            ("0.00e0", "0.00"),
            ("0e-3", "0.000"),
            ("7e-2000000000", "0"),
            ("1.2345678901234567e-5", "0.000012345678901234"),
            ("4.0", "4.0"),
        ] {
            assert_eq!(Decimal::parse_scientific(text).map(|d| d.to_string()), Ok(shown.to_owned()), "{text}");
        }
        assert_eq!(Decimal::parse_scientific("1e19"), Err(DecimalError::TooLong));
        assert_eq!(Decimal::parse_scientific("1e"), Err(DecimalError::NotANumber));
        assert_eq!(Decimal::parse_scientific("1e99999999999"), Err(DecimalError::NotANumber));
    }

    #[test]
    fn only_a_number_without_a_fraction_is_whole() {
        let whole = |text| Decimal::parse(text).unwrap().whole();
        assert_eq!((whole("12"), whole("12.00"), whole("-3"), whole("12.5")), (Some(12), Some(12), Some(-3), None));
    }
}
