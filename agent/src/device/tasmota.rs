//! Tasmota nodes: the open firmware many home-made and off-the-shelf load cell nodes run.
//!
//! Owns the topic scheme (`tele/<device>/SENSOR`, `…/LWT`, `stat/<device>/RESULT`) and where the weight stands in it.
//! The node's own clock is not read: it is local time without a zone, when it is set at all. Must not know the broker;
//! a retained `LWT` is its last known state, which the shell may pass on, a retained `SENSOR` is not news.

use std::time::Duration;

use super::document::{Document, Number, Value};
use super::json::{JsonError, weight_reading};
use super::liveness;
use super::mass::MassUnit;
use super::reading::{Cause, Reading};
use super::sensor_values::{SensorValue, SensorValues};

/// One node's payloads, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tasmota {
    sensor: String,
    unit: MassUnit,
}

/// Why a publication is no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TasmotaError {
    #[error("topic is not tele/<device>/… or stat/<device>/…")]
    Topic,
    #[error("LWT is neither Online nor Offline")]
    Liveness,
    #[error("read sensor payload")]
    Payload(#[from] JsonError),
}

impl Tasmota {
    /// The firmware's name for its load cell amplifier.
    pub const SENSOR: &'static str = "HX711";

    /// `sensor`: the object in the payload, [`Self::SENSOR`] unless the node has several; `unit`: what its `Weight` is
    /// in, grams unless the node was set otherwise.
    #[must_use]
    pub fn new(sensor: &str, unit: MassUnit) -> Self {
        Self { sensor: sensor.to_owned(), unit }
    }

    /// What to subscribe of the node whose own topic is `device`.
    #[must_use]
    pub fn topics(device: &str) -> Vec<String> {
        ["tele/{}/SENSOR", "tele/{}/LWT", "tele/{}/STATE", "stat/{}/RESULT"]
            .map(|pattern| pattern.replace("{}", device))
            .into()
    }

    /// Reads one publication; `None` when it says nothing about the level (state, other results, other sensors).
    ///
    /// # Errors
    /// When the topic is not Tasmota's, or a payload that should hold a weight does not.
    pub fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Reading>, TasmotaError> {
        let (prefix, _, suffix) = parts(topic).ok_or(TasmotaError::Topic)?;
        match (prefix, suffix) {
            ("tele", "LWT") => online(payload).map(Reading::Online).map(Some),
            ("tele", "SENSOR") => Ok(self.weight(payload)?),
            // A command's result has any shape; only one that shows the sensor is of interest, so nothing else is wrong.
            ("stat", "RESULT") => Ok(self.weight(payload).unwrap_or_default()),
            _ => Ok(None),
        }
    }

    /// The device a topic speaks of.
    #[must_use]
    pub fn device(topic: &str) -> Option<&str> {
        parts(topic).map(|(_, device, _)| device)
    }

    /// How long the node says it has been running, for [`Uptime`](super::liveness::Uptime); `None` for anything but its
    /// `STATE`.
    #[must_use]
    pub fn uptime(topic: &str, payload: &[u8]) -> Option<Duration> {
        let (prefix, _, suffix) = parts(topic)?;
        if (prefix, suffix) != ("tele", "STATE") {
            return None;
        }
        match Document::parse(payload).ok()?.number("UptimeSec").ok()? {
            Number::Is(seconds) => seconds.whole().and_then(|whole| u64::try_from(whole).ok()).map(Duration::from_secs),
            Number::NotANumber => None,
        }
    }

    /// What any message of such a node says.
    ///
    /// # Errors
    /// When the topic is not Tasmota's, or the payload not what such a topic carries.
    pub fn sensor_values(topic: &str, payload: &[u8]) -> Result<SensorValues, TasmotaError> {
        let (prefix, device, suffix) = parts(topic).ok_or(TasmotaError::Topic)?;
        match (prefix, suffix) {
            ("tele", "LWT") => Ok(SensorValues::online(device, online(payload)?)),
            ("tele", "STATE" | "INFO1" | "INFO2" | "INFO3" | "UPTIME" | "HASS_STATE") | ("stat", "LOGGING") => {
                Ok(SensorValues::diagnostics(device))
            }
            _ => values(device, suffix, payload),
        }
    }

    fn weight(&self, payload: &[u8]) -> Result<Option<Reading>, JsonError> {
        let document = Document::parse(payload)?;
        if document.at(&self.sensor).is_none() {
            return Ok(None);
        }
        // `WeightRaw` beside it is the amplifier's count before calibration: not a weight.
        let field = format!("{}.Weight", self.sensor);
        match document.number(&field)? {
            Number::Is(shown) => weight_reading(&field, shown, self.unit, None).map(Some),
            Number::NotANumber => Ok(Some(Reading::Unknown(Cause::NotANumber))),
        }
    }
}

/// As the firmware comes.
impl Default for Tasmota {
    fn default() -> Self {
        Self::new(Self::SENSOR, MassUnit::Gram)
    }
}

/// Prefix, device and suffix; the device may hold slashes of its own.
fn parts(topic: &str) -> Option<(&str, &str, &str)> {
    let (prefix, rest) = topic.split_once('/')?;
    let (device, suffix) = rest.rsplit_once('/')?;
    (matches!(prefix, "tele" | "stat") && !device.is_empty()).then_some((prefix, device, suffix))
}

fn online(payload: &[u8]) -> Result<bool, TasmotaError> {
    liveness::online(payload).ok_or(TasmotaError::Liveness)
}

/// A report in JSON, or the answer to a command as bare text (`stat/<device>/POWER`).
fn values(device: &str, suffix: &str, payload: &[u8]) -> Result<SensorValues, TasmotaError> {
    let document = match Document::parse(payload) {
        Ok(document) if document.root().is_object() => document,
        Ok(_) | Err(JsonError::NotJson { .. }) if !matches!(suffix, "SENSOR" | "RESULT") => {
            let text = std::str::from_utf8(payload).map_err(|_| JsonError::NotText { field: suffix.to_owned() })?;
            return Ok(SensorValues::value(device, suffix, SensorValue::of_text(text)));
        }
        Ok(_) => return Err(JsonError::NotAnObject.into()),
        Err(error) => return Err(error.into()),
    };
    // The answer to `Status 8` is a sensor report in an envelope.
    let report = document.root().follow(["StatusSNS"]).unwrap_or(document.root());
    let (time, leaves) = report.leaves("").into_iter().partition::<Vec<_>, _>(|(name, _)| name == "Time");
    let time = time.into_iter().find_map(|(_, time)| match time {
        Value::Text(time) => Some(time.into_owned()),
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Other => None,
    });
    Ok(SensorValues { time, ..SensorValues::values(device, leaves) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Decimal, Weight};

    fn read(topic: &str, payload: &str) -> Result<Option<Reading>, TasmotaError> {
        Tasmota::default().read(topic, payload.as_bytes())
    }

    fn grams(shown: &str) -> Reading {
        Reading::Weight(Weight::new(Decimal::parse(shown).unwrap(), MassUnit::Gram, None).unwrap())
    }

    #[test]
    fn a_sensor_report_is_a_weight_without_a_stability_flag() {
        let payload = r#"{"Time":"2026-05-29T10:00:00","HX711":{"Weight":1234.5,"WeightRaw":99}}"#;
        assert_eq!(read("tele/bin42/SENSOR", payload), Ok(Some(grams("1234.5"))));
        assert_eq!(read("tele/rack/a/42/SENSOR", payload), Ok(Some(grams("1234.5"))));
        assert_eq!(read("stat/bin42/RESULT", payload), Ok(Some(grams("1234.5"))));
    }

    #[test]
    fn sensor_name_and_unit_are_the_sites_choice() {
        let node = Tasmota::new("HX711-2", MassUnit::Kilogram);
        let payload = br#"{"HX711":{"Weight":1},"HX711-2":{"Weight":0.505}}"#;
        let Ok(Some(Reading::Weight(weight))) = node.read("tele/b/SENSOR", payload) else { panic!("a weight") };
        assert_eq!((weight.mass.micrograms(), weight.unit), (505_000_000, MassUnit::Kilogram));
    }

    #[test]
    fn what_says_nothing_about_the_level_is_no_reading() {
        for (topic, payload) in [
            ("tele/bin42/STATE", r#"{"Uptime":"0T01:00:00"}"#),
            ("tele/bin42/SENSOR", r#"{"Time":"2026-05-29T10:00:00"}"#),
            ("tele/bin42/INFO1", "anything"),
            ("stat/bin42/RESULT", r#"{"POWER":"ON"}"#),
            ("stat/bin42/RESULT", "ON"),
        ] {
            assert_eq!(read(topic, payload), Ok(None), "{topic} {payload}");
        }
    }

    #[test]
    fn a_failed_reading_is_unknown_and_never_zero() {
        for payload in [r#"{"HX711":{"Weight":null}}"#, r#"{"HX711":{"Weight":nan}}"#] {
            assert_eq!(read("tele/b/SENSOR", payload), Ok(Some(Reading::Unknown(Cause::NotANumber))), "{payload}");
        }
        for payload in [r#"{"HX711":{"WeightRaw":99}}"#, r#"{"HX711":{"Weight":"x"}}"#, "{"] {
            assert!(matches!(read("tele/b/SENSOR", payload), Err(TasmotaError::Payload(_))), "{payload}");
        }
    }

    #[test]
    fn liveness_is_what_the_last_will_says() {
        assert_eq!(read("tele/bin42/LWT", "Online"), Ok(Some(Reading::Online(true))));
        assert_eq!(read("tele/bin42/LWT", "Offline"), Ok(Some(Reading::Online(false))));
        for payload in ["", "Onlin", "true"] {
            assert_eq!(read("tele/bin42/LWT", payload), Err(TasmotaError::Liveness), "{payload}");
        }
    }

    #[test]
    fn a_topic_of_another_scheme_is_refused() {
        for topic in ["", "tele", "tele/SENSOR", "tele//SENSOR", "cmnd/bin42/POWER", "bin42/tele/SENSOR"] {
            assert_eq!(read(topic, "{}"), Err(TasmotaError::Topic), "{topic}");
        }
        assert_eq!(Tasmota::device("tele/rack/a1/LWT"), Some("rack/a1"));
    }

    #[test]
    fn the_uptime_is_read_from_the_nodes_state_and_from_nothing_else() {
        let uptime = |topic, payload: &str| Tasmota::uptime(topic, payload.as_bytes()).map(|uptime| uptime.as_secs());
        assert_eq!(uptime("tele/bin42/STATE", r#"{"Uptime":"0T01:00:00","UptimeSec":3600}"#), Some(3600));
        assert_eq!(uptime("tele/bin42/STATE", r#"{"Uptime":"0T01:00:00"}"#), None);
        assert_eq!(uptime("tele/bin42/STATE", r#"{"UptimeSec":-1}"#), None);
        assert_eq!(uptime("tele/bin42/SENSOR", r#"{"UptimeSec":3600}"#), None);
        assert!(Tasmota::topics("rack/42").contains(&"tele/rack/42/STATE".to_owned()));
    }

    #[test]
    fn any_message_of_a_node_can_be_looked_at() {
        for (topic, payload, expect) in [
            (
                "tele/bin42/SENSOR",
                r#"{"Time":"2026-05-29T10:00:00","HX711":{"Weight":1.50},"DS18B20-1":{"Temperature":null}}"#,
                r#"{"device":"bin42","values":{"DS18B20-1.Temperature":null,"HX711.Weight":1.50},"time":"2026-05-29T10:00:00"}"#,
            ),
            (
                "stat/bin42/STATUS8",
                r#"{"StatusSNS":{"Time":"2026-05-29T10:00:00","HX711":{"Weight":1}}}"#,
                r#"{"device":"bin42","values":{"HX711.Weight":1},"time":"2026-05-29T10:00:00"}"#,
            ),
            ("stat/bin42/RESULT", r#"{"POWER":"ON"}"#, r#"{"device":"bin42","values":{"POWER":"ON"}}"#),
            ("stat/bin42/POWER", "ON", r#"{"device":"bin42","values":{"POWER":"ON"}}"#),
            ("tele/rack/a1/LWT", "Offline", r#"{"device":"rack/a1","online":false}"#),
            ("tele/bin42/STATE", "{}", r#"{"device":"bin42","diagnostics":true}"#),
            ("tele/bin42/INFO1", "{}", r#"{"device":"bin42","diagnostics":true}"#),
        ] {
            let values = Tasmota::sensor_values(topic, payload.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&values).unwrap(), expect, "{topic}");
        }
        for (topic, payload) in
            [("bin42/SENSOR", "{}"), ("tele/b/SENSOR", "7"), ("tele/b/SENSOR", "x"), ("tele/b/LWT", "")]
        {
            assert!(Tasmota::sensor_values(topic, payload.as_bytes()).is_err(), "{topic}");
        }
    }
}
