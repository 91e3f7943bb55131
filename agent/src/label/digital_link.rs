//! GS1 Digital Link: elements in a web address.
//!
//! Owns the reading of `https://host/stem/key/value[/qualifier/value]…[?ai=value&…][#fragment]`. The key is found from
//! the right, so any stem may stand before it. Must not know where the address came from, and never resolves it.
//! Source: GS1 Digital Link Standard, URI Syntax; in what it leaves open, the GS1 Barcode Syntax Engine.

use std::borrow::Cow;

use super::application_identifier::{self, Ai, Definition, Fault};
use super::element_string::{Checks, ELEMENTS_MAX, Element, ElementString, Gs1Error, ais};

/// What is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkRules {
    /// A GTIN may have lost its leading zeros (8, 12 or 13 digits), as old links have it.
    pub zero_suppressed_gtin: bool,
}

/// Why a web address is no GS1 Digital Link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigitalLinkError {
    #[error("a character at position {at} belongs to no web address")]
    Character { at: usize },
    #[error("the address has no domain or no path")]
    NoDomainOrPath,
    #[error("the domain has a character at position {at} that no domain has")]
    DomainCharacter { at: usize },
    #[error("no GS1 key in the path")]
    NoKey,
    #[error("AI ({ai}): %00 is not allowed")]
    Null { ai: Ai },
    #[error("the query has a number that is no AI")]
    UnknownAiInQuery,
    #[error("the qualifiers in the path do not belong to the key, or are out of order")]
    Qualifiers,
    #[error("AI ({ai}) stands twice")]
    Repeated { ai: Ai },
    #[error("AI ({ai}) is not allowed in the query")]
    NotAnAttribute { ai: Ai },
    #[error("AI ({ai}) belongs in the path")]
    BelongsInPath { ai: Ai },
    #[error("AI ({ai}): {fault}")]
    Value { ai: Ai, fault: Fault },
    #[error(transparent)]
    Together(#[from] Gs1Error),
}

impl DigitalLinkError {
    /// The short class of the error, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Character { .. }
            | Self::NoDomainOrPath
            | Self::DomainCharacter { .. }
            | Self::Null { .. }
            | Self::UnknownAiInQuery
            | Self::Qualifiers
            | Self::Repeated { .. }
            | Self::NotAnAttribute { .. }
            | Self::BelongsInPath { .. } => "digital-link-syntax",
            Self::NoKey => "digital-link-no-key",
            // In an address a caret says nothing about separators; it is a character like others.
            Self::Value { fault: Fault::Caret, .. } => "charset",
            Self::Value { fault, .. } => fault.code(),
            Self::Together(error) => error.code(),
        }
    }
}

/// The elements of an address, the key first.
#[derive(Debug, Clone)]
pub struct DigitalLink<'a> {
    string: ElementString<'a>,
    ignored_query: Vec<Cow<'a, str>>,
}

/// Said of input that is no web address.
const PLAIN_NOTE: &str = "accepted as plain data, not a GS1 Digital Link";

impl<'a> DigitalLink<'a> {
    /// Reads a web address. `None` for input that does not begin with `http://` or `https://`, all small or all
    /// capitals: that is plain data.
    ///
    /// # Errors
    /// Why the address is no Digital Link; it may be a good address all the same.
    pub fn parse(input: &'a [u8], rules: LinkRules) -> Result<Option<Self>, DigitalLinkError> {
        let schemes: [&[u8]; 4] = [b"https://", b"HTTPS://", b"http://", b"HTTP://"];
        let Some(after_scheme) = schemes.iter().find_map(|scheme| input.strip_prefix(*scheme)) else {
            return Ok(None);
        };
        if let Some(at) = input.iter().position(|byte| !is_uri_character(*byte)) {
            return Err(DigitalLinkError::Character { at });
        }
        let (path, query) = path_and_query(after_scheme, input.len() - after_scheme.len())?;
        let mut elements = path_elements(path, rules)?;
        let path_len = elements.len();
        let ignored_query = query_elements(query, rules, &mut elements)?;
        check_places(&elements, path_len)?;
        for element in &elements {
            let checked = element.definition().check_prefix(element.value());
            checked.map_err(|(fault, _)| DigitalLinkError::Value { ai: element.ai(), fault })?;
        }
        let string = ElementString::checked(elements, false, Checks::default())?;
        Ok(Some(Self { string, ignored_query }))
    }

    #[must_use]
    pub fn elements(&self) -> &[Element<'a>] {
        self.string.elements()
    }

    /// The elements as one string.
    #[must_use]
    pub const fn string(&self) -> &ElementString<'a> {
        &self.string
    }

    /// Parts of the query that are no AIs (`linkType=…`), as they stand in the address.
    #[must_use]
    pub fn ignored_query(&self) -> &[Cow<'a, str>] {
        &self.ignored_query
    }

    /// `{"ais": […], "ignored_query": […]}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "ais": ais(self.elements()), "ignored_query": self.ignored_query })
    }

    /// What [`Self::parse`] found, plain data included: `{"ais": [], "note": "…"}`.
    #[must_use]
    pub fn outcome_to_json(found: Option<&Self>) -> serde_json::Value {
        found.map_or_else(|| serde_json::json!({ "ais": [], "note": PLAIN_NOTE }), Self::to_json)
    }
}

const fn is_uri_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@' | b'!' | b'$')
        || matches!(byte, b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b'%')
}

/// Ports, IPv6 and punycode included; which domains exist is not for a label to say.
const fn is_domain_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'[' | b']')
}

/// The path without its first slash, and the query without its question mark. The fragment is dropped.
fn path_and_query(after_scheme: &[u8], offset: usize) -> Result<(&[u8], &[u8]), DigitalLinkError> {
    let slash = after_scheme.iter().position(|byte| *byte == b'/').filter(|len| *len > 0);
    let (domain, rest) = after_scheme.split_at(slash.ok_or(DigitalLinkError::NoDomainOrPath)?);
    if let Some(at) = domain.iter().position(|byte| !is_domain_character(*byte)) {
        return Err(DigitalLinkError::DomainCharacter { at: offset + at });
    }
    let (rest, _fragment) = split_once(&rest[1..], b'#').unwrap_or((&rest[1..], &[]));
    Ok(split_once(rest, b'?').unwrap_or((rest, &[])))
}

fn split_once(data: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let len = data.iter().position(|byte| *byte == at)?;
    Some((&data[..len], &data[len + 1..]))
}

/// The key and its qualifiers: pairs from the right, up to the first that is a key.
fn path_elements<'a>(path: &'a [u8], rules: LinkRules) -> Result<Vec<Element<'a>>, DigitalLinkError> {
    let mut pairs: Vec<(Ai, &'static Definition, &'a [u8])> = Vec::new();
    let mut segments = path.rsplit(|byte| *byte == b'/');
    loop {
        let (Some(value), Some(ai)) = (segments.next(), segments.next()) else {
            return Err(DigitalLinkError::NoKey);
        };
        let (ai, definition) = application_identifier::lookup(ai).ok_or(DigitalLinkError::NoKey)?;
        if pairs.len() == ELEMENTS_MAX {
            return Err(Gs1Error::TooManyElements.into());
        }
        pairs.push((ai, definition, value));
        if definition.link_qualifiers().is_some() {
            break;
        }
    }
    let read = |(ai, definition, value)| element(ai, definition, value, Part::Path, rules);
    pairs.into_iter().rev().map(read).collect()
}

/// Adds the AIs of the query to `elements` and returns the rest of it.
fn query_elements<'a>(
    query: &'a [u8],
    rules: LinkRules,
    elements: &mut Vec<Element<'a>>,
) -> Result<Vec<Cow<'a, str>>, DigitalLinkError> {
    let mut ignored = Vec::new();
    let mut rest = query;
    while !rest.is_empty() {
        let start = rest.iter().position(|byte| *byte != b'&').unwrap_or(rest.len());
        let len = rest[start..].iter().position(|byte| *byte == b'&').unwrap_or(rest.len() - start);
        let parameter = &rest[start..start + len];
        rest = &rest[start + len..];
        if elements.len() + ignored.len() >= ELEMENTS_MAX {
            return Err(Gs1Error::TooManyElements.into());
        }
        match split_once(parameter, b'=') {
            Some((name, value)) if !name.is_empty() && name.iter().all(u8::is_ascii_digit) => {
                let known = application_identifier::lookup(name);
                let (ai, definition) = known.ok_or(DigitalLinkError::UnknownAiInQuery)?;
                elements.push(element(ai, definition, value, Part::Query, rules)?);
            }
            // Ampersands at the end leave an empty parameter, which is one too.
            _ => ignored.push(String::from_utf8_lossy(parameter)),
        }
    }
    Ok(ignored)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
}

/// A value decoded, its length checked. What it says is checked when all are there.
fn element<'a>(
    ai: Ai,
    definition: &'static Definition,
    encoded: &'a [u8],
    part: Part,
    rules: LinkRules,
) -> Result<Element<'a>, DigitalLinkError> {
    let fault = |fault| DigitalLinkError::Value { ai, fault };
    if encoded.is_empty() {
        return Err(fault(Fault::Empty));
    }
    let mut value = decode(encoded, part).ok_or(DigitalLinkError::Null { ai })?;
    if rules.zero_suppressed_gtin && ai.matches("01") && matches!(value.len(), 8 | 12 | 13) {
        let zeros = 14 - value.len();
        value.to_mut().splice(..0, std::iter::repeat_n(b'0', zeros));
    }
    definition.check_len(value.len()).map_err(fault)?;
    if value.contains(&b'^') {
        return Err(fault(Fault::Caret));
    }
    Ok(Element::new(ai, definition, value))
}

/// Percent-decoding; a `%` without two hexadecimal digits stands for itself. In a query `+` is a space. `None` if a
/// NUL comes out.
fn decode(encoded: &[u8], part: Part) -> Option<Cow<'_, [u8]>> {
    if !encoded.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(encoded));
    }
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let pair = match behind {
            [high, low, ..] if *byte == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match (pair, byte) {
            (Some((0, 0)), _) => return None,
            (Some((high, low)), _) => {
                decoded.push(high << 4 | low);
                rest = &behind[2..];
            }
            (None, b'+') if part == Part::Query => decoded.push(b' '),
            (None, byte) => decoded.push(*byte),
        }
    }
    Some(Cow::Owned(decoded))
}

/// Whether each element stands where its AI may: the first `path_len` in the path, the others in the query.
fn check_places(elements: &[Element<'_>], path_len: usize) -> Result<(), DigitalLinkError> {
    let (path, query) = elements.split_at(path_len);
    let Some((key, qualifiers)) = path.split_first() else {
        return Err(DigitalLinkError::NoKey);
    };
    let sequences = key.definition().link_qualifiers().unwrap_or_default();
    let qualifiers: Vec<Ai> = qualifiers.iter().map(Element::ai).collect();
    if !is_sequence(sequences, &qualifiers) {
        return Err(DigitalLinkError::Qualifiers);
    }
    for (at, element) in query.iter().enumerate() {
        let ai = element.ai();
        if elements[..path_len + at].iter().any(|other| other.ai() == ai) {
            return Err(DigitalLinkError::Repeated { ai });
        }
        if !element.definition().is_link_attribute() {
            return Err(DigitalLinkError::NotAnAttribute { ai });
        }
        let fits_into_path = (0..=qualifiers.len()).any(|place| {
            let mut longer = qualifiers.clone();
            longer.insert(place, ai);
            is_sequence(sequences, &longer)
        });
        if fits_into_path {
            return Err(DigitalLinkError::BelongsInPath { ai });
        }
    }
    Ok(())
}

/// Whether `ais` stand in the order of one of the sequences; each AI of it may be missing.
fn is_sequence(sequences: &str, ais: &[Ai]) -> bool {
    sequences.split('|').any(|sequence| {
        let mut order = sequence.split(',');
        ais.iter().all(|ai| order.any(|pattern| ai.matches(pattern)))
    })
}

#[cfg(test)]
mod tests;
