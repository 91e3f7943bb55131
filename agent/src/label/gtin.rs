//! GS1 keys that come as bare digits: GTIN in all its lengths, SSCC, GLN, GSRN (GS1 General Specifications 2, 5.2, 7.9).
//!
//! Owns the lengths, the check digit, the expansion of UPC-E and the one form all GTINs are compared in: 14 digits.
//! Also which numbers are only good inside one company. Must not know element strings (`element_string`) or items.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::check_digit;
use crate::device::AimId;

/// Which key the digits are said to be. The symbology decides it: eight digits are an EAN-8 or a UPC-E, and nothing in
/// them tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    Ean8,
    UpcA,
    UpcE,
    Ean13,
    Gtin14,
    Itf14,
    /// Serial shipping container code: a pallet or a carton.
    Sscc,
    /// Global location number.
    Gln,
    /// Global service relation number: a person.
    Gsrn,
}

impl KeyKind {
    pub const ALL: [Self; 9] =
        [Self::Ean8, Self::UpcA, Self::UpcE, Self::Ean13, Self::Gtin14, Self::Itf14, Self::Sscc, Self::Gln, Self::Gsrn];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ean8 => "ean-8",
            Self::UpcA => "upc-a",
            Self::UpcE => "upc-e",
            Self::Ean13 => "ean-13",
            Self::Gtin14 => "gtin-14",
            Self::Itf14 => "itf-14",
            Self::Sscc => "sscc",
            Self::Gln => "gln",
            Self::Gsrn => "gsrn",
        }
    }

    /// How many digits, the check digit included.
    const fn allows(self, len: usize) -> bool {
        match self {
            Self::Ean8 => len == 8,
            Self::UpcA => len == 12,
            // Scanners can be set to leave out the check digit (7), and the number system too (6).
            Self::UpcE => matches!(len, 6..=8),
            Self::Ean13 | Self::Gln => len == 13,
            Self::Gtin14 | Self::Itf14 => len == 14,
            Self::Sscc | Self::Gsrn => len == 18,
        }
    }
}

/// Why digits are not the key they are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("{len} characters are no length of this number")]
    Length { len: usize },
    #[error("number holds something else than digits")]
    NonDigit,
    #[error("check digit does not fit; scan the label again")]
    CheckDigit,
    #[error("UPC-E begins with 0 or 1")]
    NumberSystem,
}

impl KeyError {
    /// The short class, for counters and pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::NonDigit => "non-digit",
            Self::CheckDigit => "check-digit",
            Self::NumberSystem => "number-system",
        }
    }
}

/// A trade item number in its 14-digit form, check digit right.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// From 8, 12, 13 or 14 digits with check digit. Eight digits are read as GTIN-8, never as UPC-E: see
    /// [`Gtin::from_upc_e`].
    ///
    /// # Errors
    /// [`KeyError`], all but `NumberSystem`.
    pub fn parse(digits: &[u8]) -> Result<Self, KeyError> {
        if !matches!(digits.len(), 8 | 12 | 13 | 14) {
            return Err(KeyError::Length { len: digits.len() });
        }
        checked(digits)?;
        let mut padded = [b'0'; 14];
        for (place, digit) in padded.iter_mut().rev().zip(digits.iter().rev()) {
            *place = *digit;
        }
        Ok(Self(padded))
    }

    /// From the short form UPC-E with number system and check digit (8), without check digit (7), or without both (6;
    /// the number system is then 0).
    ///
    /// # Errors
    /// [`KeyError`]; the check digit is that of the expanded number.
    pub fn from_upc_e(digits: &[u8]) -> Result<Self, KeyError> {
        Self::parse(&expand_upc_e(digits)?)
    }

    /// From the payload of an EAN, UPC or ITF symbol; `None` for other symbols. An add-on of two or five digits behind
    /// the number is left out. Eight digits under `]E0` are a UPC-E that the scanner did not expand.
    ///
    /// # Errors
    /// [`KeyError`] if the payload is no whole number of that symbology. An ITF of another length than 14 is a
    /// `Length`: short reads of longer symbols are common.
    pub fn from_symbol(id: AimId, payload: &[u8]) -> Option<Result<Self, KeyError>> {
        let number = match (id.code, id.modifier, payload.len()) {
            (b'E', b'0', 6..=8) => return Some(Self::from_upc_e(payload)),
            (b'E', b'0', 12 | 13) | (b'E', b'4', 8) | (b'I', b'0' | b'1', 14) => Some(payload),
            (b'E', b'3', 14 | 17) => payload.get(..12),
            (b'E', b'3', 15 | 18) => payload.get(..13),
            // The scanner verified the check digit and kept it to itself.
            (b'I', b'3', 13) => match check_digit::compute(payload) {
                Some(check) => return Some(Self::parse(&[payload, &[check]].concat())),
                None => return Some(Err(KeyError::NonDigit)),
            },
            (b'E', b'0' | b'3' | b'4', len) | (b'I', b'0' | b'1' | b'3', len) => {
                return Some(Err(KeyError::Length { len }));
            }
            _ => None,
        };
        number.map(Self::parse)
    }

    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Digits only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The packaging level: 0 the item itself, 1–8 a grouping of it, 9 variable measure.
    #[must_use]
    pub const fn indicator(&self) -> u8 {
        self.0[0] - b'0'
    }

    /// A number a shop or a plant gives out for itself, maybe with a weight or a price in it (GS1 prefixes 02, 04,
    /// 20–29; GTIN-8 beginning with 0 or 2). Two companies use the same one for different things, so it must never
    /// name a vendor's item.
    #[must_use]
    pub const fn is_restricted(&self) -> bool {
        match &self.0 {
            [b'0', b'0', b'0', b'0', b'0', b'0', first, ..] => matches!(*first, b'0' | b'2'),
            [_, b'0', b'2' | b'4', ..] | [_, b'2', ..] => true,
            _ => false,
        }
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gtin({self})")
    }
}

impl Serialize for Gtin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Digits proven to be a key of their kind. Serializes as `{"check_ok", "gtin14", "upc_a"}`, the last two where they
/// apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub kind: KeyKind,
    /// As read, without padding.
    pub digits: String,
    /// For the kinds that name a trade item.
    pub gtin: Option<Gtin>,
    /// The expansion of a UPC-E, 12 digits.
    pub upc_a: Option<String>,
}

impl Key {
    /// # Errors
    /// [`KeyError`]; length before content, so that a cut read is called that.
    pub fn parse(kind: KeyKind, digits: &[u8]) -> Result<Self, KeyError> {
        if !kind.allows(digits.len()) {
            return Err(KeyError::Length { len: digits.len() });
        }
        let (gtin, upc_a) = match kind {
            KeyKind::UpcE => {
                let expanded = expand_upc_e(digits)?;
                (Some(Gtin::parse(&expanded)?), Some(text(&expanded)))
            }
            KeyKind::Ean8 | KeyKind::UpcA | KeyKind::Ean13 | KeyKind::Gtin14 | KeyKind::Itf14 => {
                (Some(Gtin::parse(digits)?), None)
            }
            KeyKind::Sscc | KeyKind::Gln | KeyKind::Gsrn => {
                checked(digits)?;
                (None, None)
            }
        };
        Ok(Self { kind, digits: text(digits), gtin, upc_a })
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("check_ok", &true)?;
        if let Some(gtin) = &self.gtin {
            map.serialize_entry("gtin14", gtin)?;
        }
        if let Some(upc_a) = &self.upc_a {
            map.serialize_entry("upc_a", upc_a)?;
        }
        map.end()
    }
}

fn checked(digits: &[u8]) -> Result<(), KeyError> {
    if !digits.iter().all(u8::is_ascii_digit) {
        Err(KeyError::NonDigit)
    } else if check_digit::is_valid(digits) {
        Ok(())
    } else {
        Err(KeyError::CheckDigit)
    }
}

/// The UPC-A a UPC-E stands for: the zeros it left out go back where its last digit says. The check digit is copied,
/// not checked.
fn expand_upc_e(digits: &[u8]) -> Result<[u8; 12], KeyError> {
    const ZERO: u8 = b'0';
    let (system, body, check) = match *digits {
        [d1, d2, d3, d4, d5, d6] => (ZERO, [d1, d2, d3, d4, d5, d6], None),
        [system, d1, d2, d3, d4, d5, d6] => (system, [d1, d2, d3, d4, d5, d6], None),
        [system, d1, d2, d3, d4, d5, d6, check] => (system, [d1, d2, d3, d4, d5, d6], Some(check)),
        _ => return Err(KeyError::Length { len: digits.len() }),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(KeyError::NonDigit);
    }
    if !matches!(system, b'0' | b'1') {
        return Err(KeyError::NumberSystem);
    }
    let [d1, d2, d3, d4, d5, d6] = body;
    let unchecked = match d6 {
        b'0'..=b'2' => [system, d1, d2, d6, ZERO, ZERO, ZERO, ZERO, d3, d4, d5],
        b'3' => [system, d1, d2, d3, ZERO, ZERO, ZERO, ZERO, ZERO, d4, d5],
        b'4' => [system, d1, d2, d3, d4, ZERO, ZERO, ZERO, ZERO, ZERO, d5],
        _ => [system, d1, d2, d3, d4, d5, ZERO, ZERO, ZERO, ZERO, d6],
    };
    let check = check.or_else(|| check_digit::compute(&unchecked)).ok_or(KeyError::NonDigit)?;
    let mut expanded = [check; 12];
    for (place, digit) in expanded.iter_mut().zip(unchecked) {
        *place = digit;
    }
    Ok(expanded)
}

fn text(digits: &[u8]) -> String {
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests;
