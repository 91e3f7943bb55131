//! The ISO/IEC 15434 envelope: how one 2D symbol carries fields of several standards.
//!
//! Owns header, formats, separators and trailer, and the defects of real labels and wedges it can read past, each with
//! its name. Must not know what a field means (`data_identifier`, `element_string`). Works on bytes: a
//! value need not be UTF-8.
//!
//! ```text
//! [)> RS  06 GS P4711 GS Q250 RS  05 GS 0109521234567882 RS  EOT
//! header  └──── format ────┘      └────── format ──────┘    trailer
//! ```

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::data_identifier;
use super::eci::CodePage;
use super::element_string::{Checks, Element, ElementString, Gs1Error};
pub use indicator::Indicator;
use shown::Shown;

mod indicator;
mod shown;

const EOT: u8 = 0x04;
const GS: u8 = 0x1D;
const RS: u8 = 0x1E;

/// What was wrong with a label that could be read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deviation {
    /// A stray `>` in front (old Mouser labels), with or without the RS that should follow the header.
    BadHeader,
    /// `[)>06`: the RS of the header is gone.
    MissingRsAfterHeader,
    /// The last format does not end in RS.
    MissingTrailer,
    /// RS, but no EOT behind it.
    MissingEot,
    /// Separators came as something visible: U+241D and the like, or `]` and `^`.
    ControlPictures,
}

impl Deviation {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadHeader => "bad-header",
            Self::MissingRsAfterHeader => "missing-rs-after-header",
            Self::MissingTrailer => "missing-trailer",
            Self::MissingEot => "missing-eot",
            Self::ControlPictures => "control-pictures",
        }
    }
}

/// Why there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("label does not begin with [)>")]
    NotAnEnvelope,
    #[error("label ends within its header")]
    Truncated,
    #[error("envelope holds no format")]
    NoFormat,
    #[error("envelope names a format that does not exist")]
    BadFormatIndicator,
    #[error("format holds nothing")]
    EmptyFormat,
    #[error("field holds nothing, not even an identifier")]
    EmptyField,
    #[error("field does not begin with an identifier")]
    BadDataIdentifier,
    #[error("GS1 format cannot be read")]
    ElementString(#[from] Gs1Error),
}

impl EnvelopeError {
    /// The short class, for counters and pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnEnvelope => "not-an-envelope",
            Self::Truncated => "truncated",
            Self::NoFormat => "no-format",
            Self::BadFormatIndicator => "bad-format-indicator",
            Self::EmptyFormat => "empty-format",
            Self::EmptyField => "empty-field",
            Self::BadDataIdentifier | Self::ElementString(Gs1Error::UnknownAi { .. }) => "bad-data-identifier",
            Self::ElementString(error) => error.code(),
        }
    }
}

/// An identifier (data identifier, application identifier or text identifier) and its value, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub id: String,
    pub value: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// In the order of the label; an identifier may come twice.
    Fields(Vec<Field>),
    /// As it stands between the indicator with its separator and the trailer.
    Raw(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// `None` for a bare data identifier on a linear symbol.
    pub indicator: Option<Indicator>,
    pub content: Content,
}

/// Everything one label says. Serializes as `{"formats", "deviations"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// At least one.
    pub formats: Vec<Format>,
    pub deviations: Vec<Deviation>,
}

impl Message {
    /// Whether a scan is meant as an envelope, be it readable or not.
    #[must_use]
    pub fn is_envelope(payload: &[u8]) -> bool {
        payload.starts_with(b"[)>") || payload.starts_with(b">[)>")
    }

    /// Reads a scan without its AIM identifier.
    ///
    /// # Errors
    /// [`EnvelopeError`]; one bad field spoils the label, since the fields behind it cannot be trusted to be whole.
    pub fn parse(payload: &[u8]) -> Result<Self, EnvelopeError> {
        let mut deviations = Vec::new();
        let after_header = match (payload.strip_prefix(b"[)>"), payload.strip_prefix(b">[)>")) {
            (Some(rest), _) => rest,
            (None, Some(rest)) => {
                deviations.push(Deviation::BadHeader);
                rest
            }
            (None, None) => return Err(EnvelopeError::NotAnEnvelope),
        };
        if after_header.is_empty() {
            return Err(EnvelopeError::Truncated);
        }
        let controls = Shown::of(after_header).to_controls(after_header);
        if matches!(controls, Cow::Owned(_)) {
            deviations.push(Deviation::ControlPictures);
        }
        let mut rest: &[u8] = controls.strip_prefix(&[RS]).unwrap_or(&controls);
        // A bad header is one defect, whatever else of it is missing.
        if !controls.starts_with(&[RS]) && !deviations.contains(&Deviation::BadHeader) {
            deviations.push(Deviation::MissingRsAfterHeader);
        }
        let mut formats = Vec::new();
        loop {
            let (indicator, body) = split_indicator(rest)?;
            let (segment, end) = split_segment(indicator, body);
            formats.push(Format { indicator: Some(indicator), content: read_content(indicator, segment)? });
            match end {
                End::Next(next) => rest = next,
                End::Message => break,
                End::Missing(deviation) => {
                    deviations.push(deviation);
                    break;
                }
            }
        }
        Ok(Self { formats, deviations })
    }

    /// Reads a linear symbol that carries one data identifier and its value (AIAG, ODETTE). Only for sites that say
    /// they use such labels: `Q250` may as well be a bin.
    ///
    /// # Errors
    /// `BadDataIdentifier`, or `EmptyField` when there is no value: a label of its own with nothing on it.
    pub fn parse_linear(payload: &[u8]) -> Result<Self, EnvelopeError> {
        let field = read_data_identifier(payload)?;
        if field.value.is_empty() {
            return Err(EnvelopeError::EmptyField);
        }
        let format = Format { indicator: None, content: Content::Fields(vec![field]) };
        Ok(Self { formats: vec![format], deviations: Vec::new() })
    }

    /// The fields of all formats, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.formats.iter().flat_map(|format| match &format.content {
            Content::Fields(fields) => fields.as_slice(),
            Content::Raw(_) => &[],
        })
    }
}

impl Field {
    /// The value for people and for comparing.
    #[must_use]
    pub fn text(&self) -> String {
        CodePage::default().decode(&self.value)
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.id, self.text()).serialize(serializer)
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("indicator", &self.indicator.map(Indicator::as_str))?;
        match &self.content {
            Content::Fields(fields) => map.serialize_entry("fields", fields)?,
            Content::Raw(raw) => map.serialize_entry("raw", &CodePage::default().decode(raw))?,
        }
        map.end()
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let deviations: Vec<&str> = self.deviations.iter().map(|deviation| deviation.name()).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("formats", &self.formats)?;
        map.serialize_entry("deviations", &deviations)?;
        map.end()
    }
}

/// What comes behind a format.
enum End<'a> {
    Next(&'a [u8]),
    Message,
    Missing(Deviation),
}

fn split_indicator(rest: &[u8]) -> Result<(Indicator, &[u8]), EnvelopeError> {
    match Indicator::split(rest) {
        Some(split) => Ok(split),
        None => Err(match rest {
            [] => EnvelopeError::NoFormat,
            [EOT, line_end @ ..] if is_line_end(line_end) => EnvelopeError::NoFormat,
            [_] => EnvelopeError::Truncated,
            _ => EnvelopeError::BadFormatIndicator,
        }),
    }
}

fn split_segment(indicator: Indicator, body: &[u8]) -> (&[u8], End<'_>) {
    let counted = if indicator == Indicator::Binary { binary_len(body) } else { None };
    let len = counted.or_else(|| body.iter().position(|byte| matches!(*byte, RS | EOT))).unwrap_or(body.len());
    let (segment, after) = body.split_at_checked(len).unwrap_or((body, &[]));
    let end = match after {
        [RS, next @ ..] if is_line_end(next) => End::Missing(Deviation::MissingEot),
        [RS, EOT, line_end @ ..] if is_line_end(line_end) => End::Message,
        [] => End::Missing(Deviation::MissingTrailer),
        [EOT, line_end @ ..] if is_line_end(line_end) => End::Missing(Deviation::MissingTrailer),
        // What stands behind the end of the message will be refused as a format.
        [RS, next @ ..] | next => End::Next(next),
    };
    (segment, end)
}

/// A scanner's suffix that the frame rules let through.
fn is_line_end(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(*byte, b'\r' | b'\n'))
}

/// The length of a binary format by its own count, `GS` type `GS` compression `GS` count `GS` data: if it states one and
/// the format does end there.
fn binary_len(body: &[u8]) -> Option<usize> {
    let mut parts = body.splitn(5, |byte| *byte == GS);
    let (_, _, _) = (parts.next()?, parts.next()?, parts.next()?);
    let count: usize = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let data = parts.next()?;
    let len = (body.len() - data.len()).checked_add(count)?;
    match body.get(len..)? {
        [] | [RS | EOT, ..] => Some(len),
        _ => None,
    }
}

fn read_content(indicator: Indicator, segment: &[u8]) -> Result<Content, EnvelopeError> {
    if segment.is_empty() {
        return Err(EnvelopeError::EmptyFormat);
    }
    let separated = segment.strip_prefix(&[GS]);
    match indicator {
        Indicator::Transportation
        | Indicator::Edifact
        | Indicator::X12
        | Indicator::UnEdi
        | Indicator::FreeText
        | Indicator::Cii
        | Indicator::Binary => match separated.unwrap_or(segment) {
            [] => Err(EnvelopeError::EmptyFormat),
            raw => Ok(Content::Raw(raw.to_vec())),
        },
        Indicator::ApplicationIdentifiers => {
            read_element_strings(separated.ok_or(EnvelopeError::BadFormatIndicator)?).map(Content::Fields)
        }
        Indicator::DataIdentifiers | Indicator::TextIdentifiers | Indicator::LegacyDod => {
            let fields = separated.ok_or(EnvelopeError::BadFormatIndicator)?;
            let read =
                if indicator == Indicator::DataIdentifiers { read_data_identifier } else { read_text_identifier };
            fields.split(|byte| *byte == GS).map(read).collect::<Result<_, _>>().map(Content::Fields)
        }
    }
}

fn read_data_identifier(field: &[u8]) -> Result<Field, EnvelopeError> {
    if field.is_empty() {
        return Err(EnvelopeError::EmptyField);
    }
    let (id, value) = data_identifier::split(field).ok_or(EnvelopeError::BadDataIdentifier)?;
    Ok(Field { id: id.to_owned(), value: value.to_vec() })
}

fn read_element_strings(data: &[u8]) -> Result<Vec<Field>, EnvelopeError> {
    // GS1 has a word of its own for each of these; as fields of an envelope they are the same defect as in any format.
    if data.is_empty() || data.starts_with(&[GS]) || data.windows(2).any(|pair| pair == [GS, GS]) {
        return Err(EnvelopeError::EmptyField);
    }
    let read = ElementString::parse(data, Checks::default())?;
    let field = |element: &Element<'_>| Field { id: element.ai().to_string(), value: element.value().to_vec() };
    Ok(read.elements().iter().map(field).collect())
}

fn read_text_identifier(field: &[u8]) -> Result<Field, EnvelopeError> {
    if field.is_empty() {
        return Err(EnvelopeError::EmptyField);
    }
    let (id, value) = match field.split_at_checked(3) {
        Some((id, [b' ', value @ ..])) => (id, value),
        Some((id, [])) => (id, &[][..]),
        Some(_) | None => return Err(EnvelopeError::BadDataIdentifier),
    };
    if !id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return Err(EnvelopeError::BadDataIdentifier);
    }
    Ok(Field { id: id.iter().copied().map(char::from).collect(), value: value.to_vec() })
}

#[cfg(test)]
mod tests;
