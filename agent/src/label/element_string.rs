//! GS1 element strings: a label's payload as application identifiers and their values.
//!
//! Owns finding the elements in what a scanner sent (GS between them) and in the form people write, with brackets.
//! Values stay slices of the input. Must not know what a value means ([`super::gs1_value`]). Source: GS1 General
//! Specifications 7.8, and the GS1 Barcode Syntax Engine for what is tolerated.

mod association;
mod error;
mod scan;

use std::borrow::Cow;
use std::fmt;

pub use error::Gs1Error;
pub use scan::{Gs1Scan, ScanRules};

use super::application_identifier::{self, Ai, Definition, Fault};
use super::lost_separator::{self, NotRecovered, Separator};

/// More elements than any symbol can hold in print; what comes with more is noise.
pub const ELEMENTS_MAX: usize = 64;

/// How many elements are made room for at once. Labels seldom have more.
const ELEMENTS_USUAL: usize = 8;

/// Which rules between elements make the whole string an error. That exclusive AIs do not meet and that repeated AIs
/// agree is always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks {
    /// AIs that must stand with others do. Off for a single scan, where the others may be on another symbol.
    pub requisites: bool,
}

/// One AI with its value.
#[derive(Debug, Clone)]
pub struct Element<'a> {
    ai: Ai,
    definition: &'static Definition,
    value: Cow<'a, [u8]>,
}

impl<'a> Element<'a> {
    pub(super) const fn new(ai: Ai, definition: &'static Definition, value: Cow<'a, [u8]>) -> Self {
        Self { ai, definition, value }
    }

    #[must_use]
    pub const fn ai(&self) -> Ai {
        self.ai
    }

    /// The value, checked. ASCII by the rules of every AI.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The value as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }

    /// What the table says of the AI.
    #[must_use]
    pub const fn definition(&self) -> &'static Definition {
        self.definition
    }
}

/// As people write it: `(AI)value`.
impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}){}", self.ai, self.text().replace('(', "\\("))
    }
}

/// The elements of one message, in its order.
#[derive(Debug, Clone)]
pub struct ElementString<'a> {
    elements: Vec<Element<'a>>,
    separator_lost: bool,
}

impl<'a> ElementString<'a> {
    /// Reads what a scanner sent behind a GS1 symbology identifier, elements parted by GS. One separator too many is
    /// tolerated behind a value of predefined length and at the end.
    ///
    /// # Errors
    /// The first thing wrong.
    pub fn parse(payload: &'a [u8], checks: Checks) -> Result<Self, Gs1Error> {
        Self::parse_separated(payload, Separator::Gs, checks)
    }

    /// As [`Self::parse`], for a scanner that sends another separator.
    ///
    /// # Errors
    /// The first thing wrong.
    pub fn parse_separated(payload: &'a [u8], separator: Separator, checks: Checks) -> Result<Self, Gs1Error> {
        Self::checked(split(payload, separator)?, false, checks)
    }

    /// As [`Self::parse_separated`]; a payload that cannot be read as it stands is read with the separators put in
    /// that the scanner dropped, if there is exactly one way. [`Self::separator_lost`] tells.
    ///
    /// # Errors
    /// The first thing wrong, or [`Gs1Error::SeparatorAmbiguous`].
    pub fn parse_lenient(payload: &'a [u8], separator: Separator, checks: Checks) -> Result<Self, Gs1Error> {
        let as_it_stands = match split(payload, separator) {
            Ok(elements) => return Self::checked(elements, false, checks),
            Err(error) => error,
        };
        match lost_separator::recover(payload, separator) {
            Ok(elements) => Self::checked(elements, true, checks),
            Err(NotRecovered::NoSplit) => Err(as_it_stands),
            Err(NotRecovered::Ambiguous) => Err(Gs1Error::SeparatorAmbiguous { code: as_it_stands.code() }),
        }
    }

    /// Reads the form with brackets, `(01)09521234567882(10)LOT7`. A bracket in a value is written `\(`.
    ///
    /// # Errors
    /// What is wrong; with the form and with lengths first, then with what values say.
    pub fn parse_bracketed(text: &'a [u8], checks: Checks) -> Result<Self, Gs1Error> {
        Self::checked(split_bracketed(text)?, false, checks)
    }

    /// Takes elements whose values are checked already.
    pub(super) fn checked(elements: Vec<Element<'a>>, separator_lost: bool, checks: Checks) -> Result<Self, Gs1Error> {
        let this = Self { elements, separator_lost };
        association::check_exclusions(&this.elements)?;
        if checks.requisites
            && let Some(missing) = this.missing_requisites().next()
        {
            return Err(missing);
        }
        association::check_repeats(&this.elements)?;
        association::check_signed_keys(&this.elements)?;
        Ok(this)
    }

    #[must_use]
    pub fn elements(&self) -> &[Element<'a>] {
        &self.elements
    }

    /// The value of an AI, by its digits.
    #[must_use]
    pub fn get(&self, ai: &str) -> Option<&[u8]> {
        self.elements.iter().find(|element| element.ai.matches(ai)).map(Element::value)
    }

    /// The scanner dropped separators, and they were put back.
    #[must_use]
    pub const fn separator_lost(&self) -> bool {
        self.separator_lost
    }

    /// What elements must stand with and do not: to be shown as a warning on a single scan.
    pub fn missing_requisites(&self) -> impl Iterator<Item = Gs1Error> + '_ {
        association::missing_requisites(&self.elements)
    }

    /// `{"ais": [["01", "0952…"], …]}`, with `"separator_lost": true` when it was.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({ "ais": ais(&self.elements) });
        if self.separator_lost {
            json["separator_lost"] = true.into();
        }
        json
    }
}

/// As people write it.
impl fmt::Display for ElementString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.elements.iter().try_for_each(|element| element.fmt(f))
    }
}

pub(super) fn ais(elements: &[Element<'_>]) -> serde_json::Value {
    elements.iter().map(|element| serde_json::json!([element.ai.to_string(), element.text()])).collect()
}

fn split(payload: &[u8], separator: Separator) -> Result<Vec<Element<'_>>, Gs1Error> {
    if payload.is_empty() {
        return Err(Gs1Error::Empty);
    }
    if separator != Separator::Caret
        && let Some(at) = payload.iter().position(|byte| *byte == b'^')
    {
        return Err(Gs1Error::Caret { at });
    }
    let mut elements = Vec::with_capacity(ELEMENTS_USUAL);
    let mut at = 0;
    while at < payload.len() {
        let rest = &payload[at..];
        let (ai, definition) = application_identifier::at_start(rest).ok_or(Gs1Error::UnknownAi { at })?;
        if elements.len() == ELEMENTS_MAX {
            return Err(Gs1Error::TooManyElements);
        }
        at += ai.digits();
        let body = &payload[at..];
        let room = separator.len_before(body, *definition.len_range().end());
        let len = definition.check_prefix(&body[..room]).map_err(|(fault, offset)| Gs1Error::Value {
            ai,
            fault,
            at: at + offset,
        })?;
        elements.push(Element::new(ai, definition, Cow::Borrowed(&body[..len])));
        at += len;
        let separator_len = separator.len_at_start(&payload[at..]);
        if separator_len == 0 && at < payload.len() && definition.needs_separator() {
            return Err(Gs1Error::Value { ai, fault: Fault::TooLong, at });
        }
        at += separator_len;
    }
    Ok(elements)
}

fn split_bracketed(text: &[u8]) -> Result<Vec<Element<'_>>, Gs1Error> {
    if text.is_empty() {
        return Err(Gs1Error::BracketSyntax { at: 0 });
    }
    let mut elements = Vec::with_capacity(ELEMENTS_USUAL);
    let mut starts = Vec::with_capacity(ELEMENTS_USUAL);
    let mut at = 0;
    while at < text.len() {
        let inner = text[at..].strip_prefix(b"(").ok_or(Gs1Error::BracketSyntax { at })?;
        let close = inner.iter().position(|byte| *byte == b')').ok_or(Gs1Error::BracketSyntax { at })?;
        let (ai, definition) =
            application_identifier::lookup(&inner[..close]).ok_or(Gs1Error::UnknownAi { at: at + 1 })?;
        at += close + 2;
        if at == text.len() {
            return Err(Gs1Error::BracketSyntax { at });
        }
        let len = len_before_bracket(&text[at..]);
        let value = without_escapes(&text[at..at + len]);
        definition.check_len(value.len()).map_err(|fault| Gs1Error::Value { ai, fault, at })?;
        if let Some(offset) = value.iter().position(|byte| *byte == b'^') {
            return Err(Gs1Error::Caret { at: at + offset });
        }
        if elements.len() == ELEMENTS_MAX {
            return Err(Gs1Error::TooManyElements);
        }
        elements.push(Element::new(ai, definition, value));
        starts.push(at);
        at += len;
    }
    for (Element { ai, definition, value }, start) in elements.iter().zip(starts) {
        definition.check_prefix(value).map_err(|(fault, offset)| Gs1Error::Value {
            ai: *ai,
            fault,
            at: start + offset,
        })?;
    }
    Ok(elements)
}

/// Up to the next bracket that begins an AI.
fn len_before_bracket(text: &[u8]) -> usize {
    let mut from = 0;
    while let Some(offset) = text[from..].iter().position(|byte| *byte == b'(') {
        let at = from + offset;
        // The bracket of a "\(" before does not escape the next one.
        if at == from || text[at - 1] != b'\\' {
            return at;
        }
        from = at + 1;
    }
    text.len()
}

fn without_escapes(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    for (at, byte) in value.iter().enumerate() {
        if *byte != b'\\' || value.get(at + 1) != Some(&b'(') {
            plain.push(*byte);
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests;
