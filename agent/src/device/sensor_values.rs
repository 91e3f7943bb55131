//! What one MQTT message says, in one shape for all dialects: for people who look at a device before they name it in
//! the configuration.
//!
//! Owns that shape and how it is written as JSON. Numbers keep the digits they were sent in. Nothing here leads to a
//! movement: that needs a dialect that was told which field means what, and ends in a
//! [`Reading`](super::reading::Reading). Must not know topics or payloads.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use super::decimal::Decimal;
use super::document::{Number, Value};
use super::home_assistant::{Discovery, EntityId};

/// One message's content. What a message does not say is left out of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SensorValues {
    /// Who speaks; may hold slashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What it says, by the dotted path to it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, SensorValue>,
    /// Whether it says that it is there or gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// About the node itself (signal, memory, log) and nothing it measures.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub diagnostics: bool,
    /// The device's own time as it wrote it: often local, without a zone, or never set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The device's own time in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<SensorNumber>,
    /// A Home Assistant entity was announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Discovery>,
    /// A Home Assistant entity was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery_removed: Option<EntityId>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SensorValue {
    /// The sensor has no value just now.
    Null,
    Flag(bool),
    Number(SensorNumber),
    Text(String),
}

/// A number as JSON writes one, with its digits as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorNumber(String);

impl SensorValues {
    pub(super) fn online(device: &str, online: bool) -> Self {
        Self { device: Some(device.to_owned()), online: Some(online), ..Self::default() }
    }

    pub(super) fn diagnostics(device: &str) -> Self {
        Self { device: Some(device.to_owned()), diagnostics: true, ..Self::default() }
    }

    pub(super) fn values<'a>(device: &str, values: impl IntoIterator<Item = (String, Value<'a>)>) -> Self {
        let values = values.into_iter().filter_map(|(name, value)| Some((name, SensorValue::of(value)?)));
        Self { device: Some(device.to_owned()), values: values.collect(), ..Self::default() }
    }

    pub(super) fn value(device: &str, name: &str, value: SensorValue) -> Self {
        let values = BTreeMap::from([(name.to_owned(), value)]);
        Self { device: Some(device.to_owned()), values, ..Self::default() }
    }
}

impl SensorValue {
    /// A number if `text` is one, `Null` if it says that there is none, else the text.
    pub(super) fn of_text(text: &str) -> Self {
        match Number::parse(text) {
            Ok(Number::Is(number)) => Self::Number(SensorNumber::from(number)),
            Ok(Number::NotANumber) => Self::Null,
            Err(_) => Self::Text(text.to_owned()),
        }
    }

    /// A flag if `text` is ON or OFF, else the text.
    pub(super) fn of_switch(text: &str) -> Self {
        match text {
            "ON" => Self::Flag(true),
            "OFF" => Self::Flag(false),
            _ => Self::Text(text.to_owned()),
        }
    }

    fn of(value: Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Flag(flag) => Self::Flag(flag),
            Value::Number(digits) => Self::Number(SensorNumber(digits.into_owned())),
            Value::Text(text) => Self::Text(text.into_owned()),
            Value::Other => return None,
        })
    }
}

impl SensorNumber {
    /// `None` when the value is no number.
    pub(super) fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Number(digits) => Some(Self(digits.into_owned())),
            Value::Null | Value::Flag(_) | Value::Text(_) | Value::Other => None,
        }
    }

    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl From<Decimal> for SensorNumber {
    fn from(number: Decimal) -> Self {
        Self(number.to_string())
    }
}

impl Serialize for SensorNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_number_it_holds() {
        for (text, json) in [
            ("12.50", "12.50"),
            (" +0012.50 ", "12.50"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("nan", "null"),
            ("-inf", "null"),
            ("12 g", "\"12 g\""),
            ("", "\"\""),
            ("123456789012345678901234567890", "\"123456789012345678901234567890\""),
        ] {
            assert_eq!(serde_json::to_string(&SensorValue::of_text(text)).unwrap(), json, "{text}");
        }
    }

    #[test]
    fn only_what_was_said_is_written() {
        let write = |values: &SensorValues| serde_json::to_string(values).unwrap();
        assert_eq!(write(&SensorValues::online("bin42", false)), r#"{"device":"bin42","online":false}"#);
        assert_eq!(write(&SensorValues::diagnostics("bin42")), r#"{"device":"bin42","diagnostics":true}"#);
        let values = [
            ("w".to_owned(), Value::Number("1.50".into())),
            ("ok".to_owned(), Value::Flag(true)),
            ("t".to_owned(), Value::Text("x".into())),
            ("n".to_owned(), Value::Null),
            ("o".to_owned(), Value::Other),
        ];
        let expect = r#"{"device":"d","values":{"n":null,"ok":true,"t":"x","w":1.50}}"#;
        assert_eq!(write(&SensorValues::values("d", values)), expect);
    }
}
