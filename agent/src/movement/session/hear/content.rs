//! What further stands on a standard's label: deliveries, orders, machines, places, people, dates. Looked up in the
//! content that [`label`](crate::label) hands on: GS1 elements by AI (General Specifications, section 3), parts labels
//! by data identifier (ANSI MH10.8.2).

use serde_json::Value;

use crate::label::{application_identifier, gs1_value::Gs1Value};

/// A pallet, carton or pack: the SSCC, or a license plate.
pub(super) fn delivery(content: &Value) -> Option<String> {
    element(content, "00")
        .or_else(|| ["1J", "2J", "3J", "4J", "5J", "6J", "J"].iter().find_map(|id| field(content, id)))
}

/// The customer's order.
pub(super) fn order(content: &Value) -> Option<String> {
    element(content, "400").or_else(|| field(content, "K"))
}

pub(super) fn job(content: &Value) -> Option<String> {
    field(content, "W")
}

/// The machine, by its GIAI.
pub(super) fn asset(content: &Value) -> Option<String> {
    element(content, "8004")
}

pub(super) fn employee(content: &Value) -> Option<String> {
    field(content, "1H")
}

/// The extension of a location number names the place within it.
pub(super) fn bin(content: &Value) -> Option<String> {
    element(content, "254")
}

/// A container that comes back, by its GRAI.
pub(super) fn container(content: &Value) -> Option<String> {
    element(content, "8003")
}

/// The last day of use, as `2027-03-31`; of health care labels that give no day, `2027-03`.
pub(super) fn expires(content: &Value, year: i16) -> Option<String> {
    if let Some(day) = element(content, "17") {
        return date("17", &day, year);
    }
    if let Some(time) = element(content, "7003") {
        return date("7003", &time, year);
    }
    if let Some(day) = field(content, "14D") {
        let is_date = day.len() == 8 && day.bytes().all(|digit| digit.is_ascii_digit());
        return is_date.then(|| format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]));
    }
    let health_care = content.get("expiry").or_else(|| content.get("expiry_supplemental"))?.as_str()?;
    Some(health_care.split('T').next().unwrap_or(health_care).to_owned())
}

fn date(ai: &str, value: &str, year: i16) -> Option<String> {
    let (ai, _) = application_identifier::lookup(ai.as_bytes())?;
    match Gs1Value::read(ai, value.as_bytes(), year)? {
        Gs1Value::Date { date, .. } | Gs1Value::DateTime { date, .. } => Some(date.to_string()),
        Gs1Value::Measure { .. } => None,
    }
}

/// A GS1 element's value.
fn element(content: &Value, ai: &str) -> Option<String> {
    pair(content.get("ais")?, ai)
}

/// A parts label's first field of an identifier, unless it is empty.
fn field(content: &Value, id: &str) -> Option<String> {
    content.get("formats")?.as_array()?.iter().find_map(|format| pair(format.get("fields")?, id))
}

fn pair(pairs: &Value, key: &str) -> Option<String> {
    let value =
        pairs.as_array()?.iter().find(|pair| pair.get(0).and_then(Value::as_str) == Some(key))?.get(1)?.as_str()?;
    if value.is_empty() { None } else { Some(value.to_owned()) }
}
