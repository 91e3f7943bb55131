//! Quantities as people write them: whole, or with up to three decimals. Kept exactly, in thousandths.

use std::fmt;

/// Whole units of one row, at most; beyond it somebody has put another column here.
const WHOLE_MAX: i64 = 1_000_000_000_000;

/// A quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    thousandths: i64,
    decimals: u32,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AmountError {
    #[error("{0:?} is no number")]
    NoNumber(String),
    #[error("{0:?} has more than three decimals; write it in a smaller unit")]
    TooFine(String),
    #[error("{0:?} is larger than any stock")]
    TooLarge(String),
}

impl Amount {
    /// Reads `12`, `-3`, `14.3`, `12.000`; with `decimal_comma` also `14,3`.
    pub(crate) fn read(text: &str, decimal_comma: bool) -> Result<Self, AmountError> {
        let told = || text.chars().take(40).collect::<String>();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let point = |c| c == '.' || (decimal_comma && c == ',');
        let (whole, fraction) = digits.split_once(point).unwrap_or((digits, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(AmountError::NoNumber(told()));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 3 {
            return Err(AmountError::TooFine(told()));
        }
        let whole: i64 =
            whole.parse().ok().filter(|whole| *whole <= WHOLE_MAX).ok_or_else(|| AmountError::TooLarge(told()))?;
        let part: i64 = format!("{fraction:0<3}").parse().unwrap_or(0);
        let decimals = u32::try_from(fraction.len()).unwrap_or(3);
        Ok(Self { thousandths: sign * (whole * 1_000 + part), decimals })
    }

    /// As a number, for sums that are not counted in units.
    #[expect(clippy::cast_precision_loss, reason = "thousandths of what a row may say are below 2^53")]
    pub(crate) fn value(self) -> f64 {
        self.thousandths as f64 / 1_000.0
    }

    pub(crate) fn thousandths(self) -> i64 {
        self.thousandths
    }

    /// In units of the last of so many decimals; what is finer is cut off.
    pub(crate) fn units(self, decimals: u32) -> i64 {
        self.thousandths / 10_i64.pow(3 - decimals.min(3))
    }

    /// Decimals that it has, 0 to 3.
    pub(crate) fn decimals(self) -> u32 {
        self.decimals
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}
