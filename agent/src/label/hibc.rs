//! HIBC labels of the health industry: `+` and what a supplier says of his product (ANSI/HIBC 2.6 SLS; PAS is only told).
//!
//! Owns the segments, the check character and which of the four kinds a label is. Dates and quantities of the secondary
//! data are in [`reference`]. Must not know items. No character is trimmed or split off by its looks: check and link
//! may be `/` or a space.
//!
//! ```text
//! primary       + LLLL P…P U                       C     labeler, product, unit of measure, check
//! secondary     + reference [/ supplemental]…    K C     K: the check character of the primary it belongs to
//! concatenated  + LLLL P…P U / reference […]…      C
//! PAS           + / …                              C     a provider's own label
//! ```

mod check;
mod reference;

use jiff::civil::Date;
use serde::ser::{Serialize, SerializeMap, Serializer};

pub use reference::Expiry;
use reference::Reference;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HibcKind {
    Primary,
    Secondary,
    Concatenated,
    /// Provider Applications Standard: the hospital's own numbering, kept as it is.
    Pas,
}

impl HibcKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Concatenated => "concatenated",
            Self::Pas => "pas",
        }
    }
}

/// Why a scan is no HIBC label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HibcError {
    #[error("nothing was read")]
    Empty,
    #[error("label is not built as HIBC")]
    NotHibc,
    #[error("label ends too early")]
    TooShort,
    #[error("check character does not fit; scan the label again")]
    CheckCharacter,
    #[error("date does not exist")]
    BadDate,
    #[error("quantity is no number, or stands twice")]
    BadQuantity,
}

impl HibcError {
    /// The short class, for counters and pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotHibc => "not-hibc",
            Self::TooShort => "too-short",
            Self::CheckCharacter => "check-character",
            Self::BadDate => "bad-date",
            Self::BadQuantity => "bad-quantity",
        }
    }
}

/// The product half of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The labeler's identification code, four characters.
    pub labeler: String,
    /// The labeler's own number of the product.
    pub number: String,
    /// The level of packaging, 0–9; what a level holds is the labeler's choice.
    pub unit_of_measure: char,
}

/// One label. Serializes flat: `{"type", "labeler", …}` with what the label says and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hibc {
    pub kind: HibcKind,
    pub product: Option<Product>,
    pub quantity: Option<u32>,
    pub expiry: Option<Expiry>,
    /// From a `/14D` segment.
    pub expiry_supplemental: Option<Date>,
    /// From a `/16D` segment.
    pub manufactured: Option<Date>,
    pub lot: Option<String>,
    pub serial: Option<String>,
    /// Of a label with secondary data alone: the check character of the primary label beside it.
    pub link: Option<char>,
    pub check: char,
    /// Of a PAS label: all between `+` and check character.
    pub payload: Option<String>,
    /// Segments of other meaning, and a serial that contradicts the first.
    pub other: Vec<String>,
}

impl Hibc {
    /// Reads a scan without its AIM identifier. `*` at both ends is the human-readable line, typed in, and is left out.
    ///
    /// `verify_check` is for all but labels known to be printed without a right check character. `ref_year` settles the
    /// century of two-digit years: the one that brings them within 50 years of it.
    ///
    /// # Errors
    /// [`HibcError`]; the check character is looked at before dates and quantities, because a misread is not the
    /// printer's fault.
    pub fn parse(payload: &[u8], verify_check: bool, ref_year: i16) -> Result<Self, HibcError> {
        if payload.is_empty() {
            return Err(HibcError::Empty);
        }
        let label = payload.strip_prefix(b"*").and_then(|rest| rest.strip_suffix(b"*")).unwrap_or(payload);
        let text = std::str::from_utf8(label).map_err(|_| HibcError::NotHibc)?;
        if !text.starts_with('+') || !check::is_in_alphabet(label) {
            return Err(HibcError::NotHibc);
        }
        // In the alphabet each character is one byte.
        let (covered, check) = text.split_at_checked(text.len() - 1).ok_or(HibcError::TooShort)?;
        let body = covered.strip_prefix('+').ok_or(HibcError::TooShort)?;
        let check = check.chars().next().ok_or(HibcError::TooShort)?;
        let parts = Parts::of(body)?;
        if verify_check && check::compute(covered.as_bytes()) != Some(check) {
            return Err(HibcError::CheckCharacter);
        }
        let mut hibc = Self::empty(parts.kind(), check);
        match parts {
            Parts::Pas => hibc.payload = Some(body.to_owned()),
            Parts::Primary { product } => hibc.product = Some(Product::parse(product)?),
            Parts::Concatenated { product, segments } => {
                hibc.product = Some(Product::parse(product)?);
                hibc.take(Reference::parse(segments, ref_year)?);
            }
            Parts::Secondary { segments, link } => {
                hibc.link = Some(link);
                hibc.take(Reference::parse(segments, ref_year)?);
            }
        }
        Ok(hibc)
    }

    /// Whether a label with secondary data belongs to a primary label. One in 43 strangers fits too, so both have to be
    /// scanned one after the other.
    #[must_use]
    pub fn is_linked_to(&self, primary: &Self) -> bool {
        primary.kind == HibcKind::Primary && self.link == Some(primary.check)
    }

    const fn empty(kind: HibcKind, check: char) -> Self {
        Self {
            kind,
            product: None,
            quantity: None,
            expiry: None,
            expiry_supplemental: None,
            manufactured: None,
            lot: None,
            serial: None,
            link: None,
            check,
            payload: None,
            other: Vec::new(),
        }
    }

    fn take(&mut self, reference: Reference) {
        self.quantity = reference.quantity;
        self.expiry = reference.expiry;
        self.expiry_supplemental = reference.expiry_supplemental;
        self.manufactured = reference.manufactured;
        self.lot = reference.lot;
        self.serial = reference.serial;
        self.other = reference.other;
    }
}

/// A label's body, between `+` and check character, cut by its first characters and its lengths.
enum Parts<'a> {
    Primary { product: &'a str },
    Concatenated { product: &'a str, segments: &'a str },
    Secondary { segments: &'a str, link: char },
    Pas,
}

impl<'a> Parts<'a> {
    fn of(body: &'a str) -> Result<Self, HibcError> {
        match body.as_bytes() {
            [] | [b'/'] => Err(HibcError::TooShort),
            [b'/', ..] => Ok(Self::Pas),
            [b'0'..=b'9' | b'$', ..] => {
                let (segments, link) = body.split_at_checked(body.len() - 1).ok_or(HibcError::TooShort)?;
                let link = link.chars().next().ok_or(HibcError::TooShort)?;
                if segments.is_empty() { Err(HibcError::TooShort) } else { Ok(Self::Secondary { segments, link }) }
            }
            [b'A'..=b'Z', ..] => {
                let (product, segments) =
                    body.split_once('/').map_or((body, None), |(product, segments)| (product, Some(segments)));
                match segments {
                    _ if product.len() < Product::LEN_MIN => Err(HibcError::TooShort),
                    Some("") => Err(HibcError::TooShort),
                    Some(segments) => Ok(Self::Concatenated { product, segments }),
                    None => Ok(Self::Primary { product }),
                }
            }
            _ => Err(HibcError::NotHibc),
        }
    }

    const fn kind(&self) -> HibcKind {
        match self {
            Self::Primary { .. } => HibcKind::Primary,
            Self::Concatenated { .. } => HibcKind::Concatenated,
            Self::Secondary { .. } => HibcKind::Secondary,
            Self::Pas => HibcKind::Pas,
        }
    }
}

impl Product {
    const LEN_MIN: usize = 4 + 1 + 1;
    /// 13 characters until HIBC 2.2, 18 since.
    const NUMBER_LEN_MAX: usize = 18;

    fn parse(text: &str) -> Result<Self, HibcError> {
        let (labeler, rest) = text.split_at_checked(4).ok_or(HibcError::TooShort)?;
        let (number, unit) = rest.split_at_checked(rest.len().wrapping_sub(1)).ok_or(HibcError::TooShort)?;
        let unit_of_measure = unit.chars().next().ok_or(HibcError::TooShort)?;
        // Labelers do print - and . in their numbers, against the standard; both are told from all separators.
        let is_number = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        if !labeler.bytes().all(|byte| byte.is_ascii_alphanumeric())
            || !is_number
            || number.len() > Self::NUMBER_LEN_MAX
            || !unit_of_measure.is_ascii_digit()
        {
            return Err(HibcError::NotHibc);
        }
        Ok(Self { labeler: labeler.to_owned(), number: number.to_owned(), unit_of_measure })
    }
}

impl Serialize for Hibc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind.name())?;
        if let Some(product) = &self.product {
            map.serialize_entry("labeler", &product.labeler)?;
            map.serialize_entry("product", &product.number)?;
            map.serialize_entry("unit_of_measure", &product.unit_of_measure)?;
        }
        if let Some(quantity) = self.quantity {
            map.serialize_entry("quantity", &quantity)?;
        }
        if let Some(expiry) = self.expiry {
            map.serialize_entry("expiry", &expiry.to_string())?;
            map.serialize_entry("expiry_precision", expiry.precision())?;
        }
        for (name, date) in [("expiry_supplemental", self.expiry_supplemental), ("manufactured", self.manufactured)] {
            if let Some(date) = date {
                map.serialize_entry(name, &date.to_string())?;
            }
        }
        for (name, text) in [("lot", &self.lot), ("serial", &self.serial), ("payload", &self.payload)] {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        if let Some(link) = self.link {
            map.serialize_entry("link", &link)?;
        }
        map.serialize_entry("check", &self.check)?;
        if !self.other.is_empty() {
            map.serialize_entry("other", &self.other)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
