//! Tasmota nodes: the open firmware many home-made and off-the-shelf load cell nodes run.
//!
//! Owns the topic scheme (`tele/<device>/SENSOR`, `…/LWT`, `stat/<device>/RESULT`) and where the weight stands in it.
//! The node's own clock is not read: it is local time without a zone, when it is set at all. Must not know the broker;
//! a retained `LWT` is its last known state, which the shell may pass on, a retained `SENSOR` is not news.

use super::document::{Document, Number};
use super::json::{JsonError, weight_reading};
use super::mass::MassUnit;
use super::reading::{Cause, Reading};

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

    /// Reads one publication; `None` when it says nothing about the level (state, other results, other sensors).
    ///
    /// # Errors
    /// When the topic is not Tasmota's, or a payload that should hold a weight does not.
    pub fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Reading>, TasmotaError> {
        let (prefix, _, suffix) = parts(topic).ok_or(TasmotaError::Topic)?;
        match (prefix, suffix) {
            ("tele", "LWT") => liveness(payload).map(Some),
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

fn liveness(payload: &[u8]) -> Result<Reading, TasmotaError> {
    if payload.eq_ignore_ascii_case(b"online") {
        Ok(Reading::Online(true))
    } else if payload.eq_ignore_ascii_case(b"offline") {
        Ok(Reading::Online(false))
    } else {
        Err(TasmotaError::Liveness)
    }
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
}
