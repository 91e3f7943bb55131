//! JSON devices: any MQTT sensor or gateway whose payload is an object, its fields named in the site's config.
//!
//! Owns the mapping from named fields to a weight or a scan. One dialect with configurable paths instead of one decoder
//! per maker: home-made nodes, PLC bridges and phone apps all send "some object with the number in it". Must not know
//! topics, retain flags or who is subscribed.

use super::decimal::{Decimal, DecimalError};
use super::document::{Document, LEN_MAX, Number, Value};
use super::mass::MassUnit;
use super::reading::{Cause, Reading, Scan, Weight};
use super::sensor_values::SensorValues;

/// Which field means what: each a dotted path (`data.w`, `cells.0.w`). Exactly one of `weight` and `code` is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct JsonFields {
    /// A weight: a number, or a text that holds one.
    pub weight: Option<String>,
    /// The weight's unit, where the payload states it.
    pub unit: Option<String>,
    /// The sender's stability flag: true/false, 1/0, or these as text.
    pub stable: Option<String>,
    /// A scanned code.
    pub code: Option<String>,
    /// How many the scan stands for.
    pub quantity: Option<String>,
    /// The sender's own id of the scan.
    pub id: Option<String>,
    /// Where the scan was made.
    pub place: Option<String>,
}

/// Why fields make no dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonFieldsError {
    #[error("neither a weight nor a code field is named; name the one the device sends")]
    NeitherWeightNorCode,
    #[error("both a weight and a code field are named; use one device entry for each")]
    BothWeightAndCode,
    #[error("a weight needs a unit: name its field, or state the unit the device uses")]
    NoUnit,
}

/// Why a payload is no reading. Names the field as configured, never quotes the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("payload is not JSON at line {line} column {column}")]
    NotJson { line: usize, column: usize },
    #[error("payload of {len} bytes is larger than {LEN_MAX}")]
    TooLarge { len: usize },
    #[error("payload is no JSON object")]
    NotAnObject,
    #[error("field {field} is missing")]
    Missing { field: String },
    #[error("field {field} is not a number")]
    NotANumber { field: String, source: DecimalError },
    #[error("field {field} is not a whole number from 0 up")]
    NotACount { field: String },
    #[error("field {field} is not true or false")]
    NotAFlag { field: String },
    #[error("field {field} is not a unit of mass (mg, g, kg, t, lb, oz)")]
    NotAUnit { field: String },
    #[error("field {field} is not text")]
    NotText { field: String },
}

impl JsonError {
    pub(super) fn missing(field: &str) -> Self {
        Self::Missing { field: field.to_owned() }
    }

    pub(super) fn not_a_number(field: &str, source: DecimalError) -> Self {
        Self::NotANumber { field: field.to_owned(), source }
    }
}

/// One device's payloads, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonDialect {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Weight { weight: String, unit: UnitSource, stable: Option<String> },
    Scan { code: String, quantity: Option<String>, id: Option<String>, place: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum UnitSource {
    Field { path: String, default: Option<MassUnit> },
    Always(MassUnit),
}

impl JsonDialect {
    /// `unit`: what a weight without a unit of its own is in.
    ///
    /// # Errors
    /// When the fields do not say whether this is a weight or a scan, or nothing says the unit.
    pub fn new(fields: JsonFields, unit: Option<MassUnit>) -> Result<Self, JsonFieldsError> {
        let kind = match (fields.weight, fields.code) {
            (None, None) => return Err(JsonFieldsError::NeitherWeightNorCode),
            (Some(_), Some(_)) => return Err(JsonFieldsError::BothWeightAndCode),
            (Some(weight), None) => {
                let unit = match (fields.unit, unit) {
                    (Some(path), default) => UnitSource::Field { path, default },
                    (None, Some(unit)) => UnitSource::Always(unit),
                    (None, None) => return Err(JsonFieldsError::NoUnit),
                };
                Kind::Weight { weight, unit, stable: fields.stable }
            }
            (None, Some(code)) => Kind::Scan { code, quantity: fields.quantity, id: fields.id, place: fields.place },
        };
        Ok(Self { kind })
    }

    /// Reads one payload.
    ///
    /// # Errors
    /// Names the field that is missing or of the wrong kind. A weight of `null` or `NaN` is no error but an unknown
    /// level: the sensor works and says that it could not read.
    pub fn read(&self, payload: &[u8]) -> Result<Reading, JsonError> {
        let document = Document::parse(payload)?;
        match &self.kind {
            Kind::Weight { weight, unit, stable } => {
                let shown = match document.number(weight)? {
                    Number::Is(shown) => shown,
                    Number::NotANumber => return Ok(Reading::Unknown(Cause::NotANumber)),
                };
                let unit = unit.read(&document)?;
                let stable = optional(&document, stable.as_deref(), flag)?;
                weight_reading(weight, shown, unit, stable)
            }
            Kind::Scan { code, quantity, id, place } => {
                let payload = optional(&document, Some(code), text)?.filter(|code| !code.is_empty());
                let payload = payload.ok_or_else(|| JsonError::missing(code))?;
                Ok(Reading::Scan(Scan {
                    quantity: optional(&document, quantity.as_deref(), count)?,
                    id: optional(&document, id.as_deref(), text)?,
                    place: optional(&document, place.as_deref(), text)?,
                    ..Scan::from_frame(payload.as_bytes())
                }))
            }
        }
    }
}

/// What any JSON message says; the topic is all that tells the device. A bare value is named `value`.
///
/// # Errors
/// When the payload is no JSON.
pub fn sensor_values(topic: &str, payload: &[u8]) -> Result<SensorValues, JsonError> {
    let document = Document::parse(payload)?;
    let root = document.root();
    let name = if root.value() == Value::Other { "" } else { "value" };
    Ok(SensorValues::values(topic, root.leaves(name)))
}

/// A weight from its parts, for every JSON dialect.
pub(super) fn weight_reading(
    field: &str,
    shown: Decimal,
    unit: MassUnit,
    stable: Option<bool>,
) -> Result<Reading, JsonError> {
    let weight = Weight::new(shown, unit, stable);
    weight.map(Reading::Weight).ok_or_else(|| JsonError::not_a_number(field, DecimalError::TooLong))
}

impl UnitSource {
    fn read(&self, document: &Document<'_>) -> Result<MassUnit, JsonError> {
        match self {
            Self::Always(unit) => Ok(*unit),
            Self::Field { path, default } => match document.at(path) {
                Some(Value::Text(text)) => {
                    MassUnit::parse(&text).ok_or_else(|| JsonError::NotAUnit { field: path.clone() })
                }
                None | Some(Value::Null) => default.ok_or_else(|| JsonError::missing(path)),
                Some(Value::Flag(_) | Value::Number(_) | Value::Other) => {
                    Err(JsonError::NotAUnit { field: path.clone() })
                }
            },
        }
    }
}

/// A field that may be unnamed, absent or `null`; present, it has to be right.
fn optional<T>(
    document: &Document<'_>,
    field: Option<&str>,
    read: fn(&str, Value<'_>) -> Result<T, JsonError>,
) -> Result<Option<T>, JsonError> {
    let Some(field) = field else { return Ok(None) };
    match document.at(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(field, value).map(Some),
    }
}

fn flag(field: &str, value: Value<'_>) -> Result<bool, JsonError> {
    let word = match value {
        Value::Flag(flag) => return Ok(flag),
        Value::Number(word) | Value::Text(word) => word.to_ascii_lowercase(),
        Value::Null | Value::Other => String::new(),
    };
    match word.as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(JsonError::NotAFlag { field: field.to_owned() }),
    }
}

fn count(field: &str, value: Value<'_>) -> Result<u64, JsonError> {
    let number = match value {
        Value::Number(digits) | Value::Text(digits) => Decimal::parse_scientific(digits.trim()).ok(),
        Value::Null | Value::Flag(_) | Value::Other => None,
    };
    let whole = number.and_then(Decimal::whole).and_then(|whole| u64::try_from(whole).ok());
    whole.ok_or_else(|| JsonError::NotACount { field: field.to_owned() })
}

/// Ids and codes of digits are often sent as numbers: their digits are the text.
fn text(field: &str, value: Value<'_>) -> Result<String, JsonError> {
    match value {
        Value::Text(text) | Value::Number(text) => Ok(text.into_owned()),
        Value::Null | Value::Flag(_) | Value::Other => Err(JsonError::NotText { field: field.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
