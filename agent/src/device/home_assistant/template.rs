//! The value templates that can be read: one value, its path and a few filters.
//!
//! Owns the subset of Home Assistant's template language that sensors announce themselves with, `{{ value }}` and
//! `{{ value_json.a['b'] | float(0) | round(2) }}`. A default for a value that is not there is understood and never
//! used: a weight of 0 that nobody measured would count as usage. Must not know topics or units.

use crate::device::decimal::Decimal;
use crate::device::document::{Document, Node, Number, Value};
use crate::device::json::JsonError;

const LEN_MAX: usize = 512;
const STEPS_MAX: usize = 16;
const FILTERS_MAX: usize = 8;

/// One template, ready to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    source: Source,
    filters: Vec<Filter>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// The payload.
    Payload,
    /// The value at these steps into the payload as JSON; no steps, all of it.
    Json(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Float { has_default: bool },
    Int { has_default: bool },
    Round { digits: u8 },
    Default,
}

/// What a template makes of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rendered {
    /// The payload does not hold the value: it is about something else.
    Nothing,
    /// It says that there is none.
    Unknown,
    Text(String),
}

/// Why a template cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("value template is longer than {LEN_MAX} bytes; {INSTEAD}")]
    TooLong,
    #[error("value template is more than one {{{{ }}}} expression; {INSTEAD}")]
    NotOneExpression,
    #[error("value template begins with neither value nor value_json; {INSTEAD}")]
    Variable,
    #[error("value template's path cannot be read; {INSTEAD}")]
    Path,
    #[error("value template calculates or uses a filter other than float, int, round and default; {INSTEAD}")]
    Filter,
    #[error("value template's filter has arguments that cannot be read; {INSTEAD}")]
    Argument,
}

const INSTEAD: &str = "name the topic and the field with dialect = \"json\" instead";

impl Template {
    /// # Errors
    /// Names the first thing beyond the subset.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > LEN_MAX {
            return Err(TemplateError::TooLong);
        }
        let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let inner = inner.filter(|inner| !inner.contains(['{', '}'])).ok_or(TemplateError::NotOneExpression)?;
        // A dash at either end only trims white space.
        let inner = inner.strip_prefix('-').unwrap_or(inner);
        let inner = inner.strip_suffix('-').unwrap_or(inner).trim();
        let (name, rest) = identifier(inner);
        let (source, mut rest) = match name {
            "value" => (Source::Payload, rest),
            "value_json" => {
                let (steps, rest) = steps(rest)?;
                (Source::Json(steps), rest)
            }
            _ => return Err(TemplateError::Variable),
        };
        let mut filters = Vec::new();
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return Ok(Self { source, filters });
            }
            let piped = rest.strip_prefix('|').filter(|_| filters.len() < FILTERS_MAX).ok_or(TemplateError::Filter)?;
            let (filter, after) = filter(piped.trim_start())?;
            filters.push(filter);
            rest = after;
        }
    }

    /// # Errors
    /// When the payload is not text, or not JSON where the template looks into it.
    pub(super) fn render(&self, payload: &[u8]) -> Result<Rendered, JsonError> {
        let rendered = match &self.source {
            Source::Payload => {
                let text =
                    std::str::from_utf8(payload).map_err(|_| JsonError::NotText { field: "value".to_owned() })?;
                Rendered::of_text(text)
            }
            Source::Json(steps) => {
                let document = Document::parse(payload)?;
                match document.root().follow(steps.iter().map(String::as_str)).map(Node::value) {
                    None => Rendered::Nothing,
                    Some(Value::Null) => Rendered::Unknown,
                    Some(Value::Number(text) | Value::Text(text)) => Rendered::of_text(&text),
                    // As the template language writes them.
                    Some(Value::Flag(true)) => Rendered::Text("True".to_owned()),
                    Some(Value::Flag(false)) => Rendered::Text("False".to_owned()),
                    Some(Value::Other) => {
                        return Err(JsonError::NotText { field: self.field() });
                    }
                }
            }
        };
        Ok(self.filters.iter().fold(rendered, |rendered, filter| filter.apply(rendered)))
    }

    /// What it reads, for errors.
    pub(super) fn field(&self) -> String {
        match &self.source {
            Source::Payload => "value".to_owned(),
            Source::Json(steps) => {
                ["value_json"].into_iter().chain(steps.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
            }
        }
    }
}

/// A sensor without a template sends the bare value.
impl Default for Template {
    fn default() -> Self {
        Self { source: Source::Payload, filters: Vec::new() }
    }
}

impl Rendered {
    /// Home Assistant takes an empty state for none at all, and these words for a sensor without a value.
    fn of_text(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Nothing;
        }
        let is_unknown = ["none", "unknown", "unavailable"].iter().any(|word| text.eq_ignore_ascii_case(word));
        if is_unknown || Number::parse(text) == Ok(Number::NotANumber) {
            return Self::Unknown;
        }
        Self::Text(text.to_owned())
    }
}

impl Filter {
    fn apply(self, rendered: Rendered) -> Rendered {
        let text = match rendered {
            Rendered::Unknown => return Rendered::Unknown,
            Rendered::Nothing => {
                return match self {
                    Self::Default | Self::Float { has_default: true } | Self::Int { has_default: true } => {
                        Rendered::Unknown
                    }
                    Self::Float { .. } | Self::Int { .. } | Self::Round { .. } => Rendered::Nothing,
                };
            }
            Rendered::Text(text) => text,
        };
        match (self, Decimal::parse_scientific(&text)) {
            (Self::Float { has_default: true } | Self::Int { has_default: true }, Err(_)) => Rendered::Unknown,
            (Self::Int { .. }, Ok(number)) => Rendered::Text(whole(number).to_string()),
            (Self::Round { digits }, Ok(number)) => Rendered::Text(rounded(number, digits).to_string()),
            // The digits stay as they were sent: they are the sensor's division. What is no number is named later.
            (Self::Float { .. } | Self::Default, _) | (Self::Int { .. } | Self::Round { .. }, Err(_)) => {
                Rendered::Text(text)
            }
        }
    }
}

fn whole(number: Decimal) -> i64 {
    number.mantissa() / 10_i64.pow(u32::from(number.fraction()))
}

/// To `digits` after the point, halves to the even digit as the template language does.
fn rounded(number: Decimal, digits: u8) -> Decimal {
    let Some(excess) = number.fraction().checked_sub(digits).filter(|excess| *excess > 0) else { return number };
    let scale = 10_i64.pow(u32::from(excess));
    let (quotient, rest) = (number.mantissa() / scale, (number.mantissa() % scale).abs());
    // A scale of ten or more is even and leaves the quotient room for one.
    let up = rest > scale / 2 || (rest == scale / 2 && quotient % 2 != 0);
    let quotient = if up { quotient + number.mantissa().signum() } else { quotient };
    Decimal::new(quotient, digits).unwrap_or(number)
}

fn identifier(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

/// `.a`, `['a']`, `["a"]` and `[0]`, as many as there are.
fn steps(mut rest: &str) -> Result<(Vec<String>, &str), TemplateError> {
    let mut steps = Vec::new();
    loop {
        let (step, after) = if let Some(after) = rest.strip_prefix('.') {
            identifier(after)
        } else if let Some(after) = rest.strip_prefix('[') {
            let after = after.trim_start();
            let (step, after) =
                if after.starts_with(['\'', '"']) { quoted(after) } else { index(after) }.ok_or(TemplateError::Path)?;
            (step, after.trim_start().strip_prefix(']').ok_or(TemplateError::Path)?)
        } else {
            return Ok((steps, rest));
        };
        // A call is no path: `value_json.get('a')`. Errors and logs name the path, so it stays on one line.
        let is_step = !step.is_empty() && !step.contains(char::is_control) && !after.starts_with('(');
        if !is_step || steps.len() == STEPS_MAX {
            return Err(TemplateError::Path);
        }
        steps.push(step.to_owned());
        rest = after;
    }
}

fn index(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some(text.split_at(end))
}

/// A text in either quotes, without escapes.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (text, after) = text.strip_prefix(quote)?.split_once(quote)?;
    (!text.contains('\\')).then_some((text, after))
}

fn filter(text: &str) -> Result<(Filter, &str), TemplateError> {
    let (name, rest) = identifier(text);
    let (arguments, rest) = match rest.trim_start().strip_prefix('(') {
        Some(rest) => arguments(rest)?,
        None => (Vec::new(), rest),
    };
    let filter = match (name, arguments.as_slice()) {
        ("float", [] | [_]) => Filter::Float { has_default: !arguments.is_empty() },
        ("int", [] | [_]) => Filter::Int { has_default: !arguments.is_empty() },
        ("round", []) => Filter::Round { digits: 0 },
        ("round", [digits]) => {
            let digits = digits.parse().ok().filter(|digits| *digits <= Decimal::FRACTION_MAX);
            Filter::Round { digits: digits.ok_or(TemplateError::Argument)? }
        }
        ("default" | "d", [_] | [_, _]) => Filter::Default,
        ("float" | "int" | "round" | "default" | "d", _) => return Err(TemplateError::Argument),
        _ => return Err(TemplateError::Filter),
    };
    Ok((filter, rest))
}

/// The literals up to the closing bracket, each with or without its name (`default=0`).
fn arguments(mut rest: &str) -> Result<(Vec<&str>, &str), TemplateError> {
    let mut arguments = Vec::new();
    loop {
        rest = rest.trim_start();
        if let (Some(after), true) = (rest.strip_prefix(')'), arguments.is_empty()) {
            return Ok((arguments, after));
        }
        let (name, after) = identifier(rest);
        if let Some(after) = after.trim_start().strip_prefix('=') {
            if !matches!(name, "default" | "precision" | "default_value" | "boolean") {
                return Err(TemplateError::Argument);
            }
            rest = after.trim_start();
        }
        let (literal, after) = literal(rest).ok_or(TemplateError::Argument)?;
        arguments.push(literal);
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            return Ok((arguments, after));
        }
        rest = rest.strip_prefix(',').filter(|_| arguments.len() < 2).ok_or(TemplateError::Argument)?;
    }
}

fn literal(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['\'', '"']) {
        return quoted(text);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    let is_word = ["true", "false", "none", "null"].iter().any(|known| word.eq_ignore_ascii_case(known));
    (is_word || Decimal::parse_scientific(word).is_ok()).then_some((word, after))
}

#[cfg(test)]
mod tests;
