//! ESPHome nodes: the open firmware whose configuration is a list of named sensors.
//!
//! Owns the topic scheme of its MQTT component (`<device>/<component>/<name>/state`, `<device>/status`) and its plain
//! text states; "nan" is a sensor that failed to read. Only levels: on every connect a node repeats the last state of
//! all its components, and nothing tells a text sensor's repetition from a second scan. Must not know the broker.

use super::decimal::DecimalError;
use super::document::{Document, Number};
use super::liveness;
use super::mass::MassUnit;
use super::reading::{Cause, Reading, Weight};
use super::sensor_values::{SensorValue, SensorValues};
use super::topic::{TopicError, TopicName};

/// One sensor of one node, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Esphome {
    state: String,
    status: String,
    sensor: String,
    unit: MassUnit,
}

/// Why a publication is no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EsphomeError {
    #[error("topic is not <device>/<component>/<name>/state or <device>/status")]
    Topic,
    #[error("status is neither online nor offline")]
    Liveness,
    #[error("state of {name} is not text")]
    NotText { name: String },
    #[error("state of {name} is not a number")]
    NotANumber { name: String, source: DecimalError },
}

impl Esphome {
    /// `device`: the node's `topic_prefix`, its name unless it was set; `sensor`: the sensor's name as in its topic;
    /// `unit`: what it reports in, its `unit_of_measurement`.
    ///
    /// # Errors
    /// When device or sensor cannot be part of a topic.
    pub fn new(device: &str, sensor: &str, unit: MassUnit) -> Result<Self, TopicError> {
        let (device, sensor) = (TopicName::parse(device)?, TopicName::parse(sensor)?);
        Ok(Self {
            state: format!("{device}/sensor/{sensor}/state"),
            status: format!("{device}/status"),
            sensor: sensor.to_string(),
            unit,
        })
    }

    /// What to subscribe.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        vec![self.state.clone(), self.status.clone()]
    }

    /// Reads one publication; `None` when it is not this sensor's.
    ///
    /// # Errors
    /// When the state is no number or the status unknown. A state of "nan" is no error but an unknown level.
    pub fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Reading>, EsphomeError> {
        if topic == self.status {
            let online = liveness::online(payload).ok_or(EsphomeError::Liveness)?;
            return Ok(Some(Reading::Online(online)));
        }
        if topic != self.state {
            return Ok(None);
        }
        let not_a_number = |source| EsphomeError::NotANumber { name: self.sensor.clone(), source };
        match Number::parse(text(&self.sensor, payload)?).map_err(not_a_number)? {
            Number::NotANumber => Ok(Some(Reading::Unknown(Cause::NotANumber))),
            Number::Is(shown) => match Weight::new(shown, self.unit, None) {
                Some(weight) => Ok(Some(Reading::Weight(weight))),
                None => Err(not_a_number(DecimalError::TooLong)),
            },
        }
    }

    /// What any message of such a node says; `None` for a command to it.
    ///
    /// # Errors
    /// When the topic is not ESPHome's, or the payload not what such a topic carries.
    pub fn sensor_values(topic: &str, payload: &[u8]) -> Result<Option<SensorValues>, EsphomeError> {
        let (path, last) = topic.rsplit_once('/').filter(|(path, _)| !path.is_empty()).ok_or(EsphomeError::Topic)?;
        match last {
            "status" => {
                let online = liveness::online(payload).ok_or(EsphomeError::Liveness)?;
                Ok(Some(SensorValues::online(path, online)))
            }
            "debug" => Ok(Some(SensorValues::diagnostics(path))),
            "state" => {
                let (device, component, name) = component(path).ok_or(EsphomeError::Topic)?;
                state(&device, component, &name, payload).map(Some)
            }
            "command" => Ok(None),
            _ => Err(EsphomeError::Topic),
        }
    }
}

fn state(device: &str, component: &str, name: &str, payload: &[u8]) -> Result<SensorValues, EsphomeError> {
    let text = text(name, payload)?;
    let value = match component {
        "sensor" | "number" => SensorValue::of_text(text),
        "binary_sensor" | "switch" => SensorValue::of_switch(text),
        "light" | "event" => match Document::parse(payload) {
            Ok(document) if document.root().is_object() => {
                return Ok(SensorValues::values(device, document.root().leaves(name)));
            }
            Ok(_) | Err(_) => SensorValue::Text(text.to_owned()),
        },
        _ => SensorValue::Text(text.to_owned()),
    };
    Ok(SensorValues::value(device, name, value))
}

fn text<'p>(name: &str, payload: &'p [u8]) -> Result<&'p str, EsphomeError> {
    std::str::from_utf8(payload).map_err(|_| EsphomeError::NotText { name: name.to_owned() })
}

/// Device, component and name of `<device>/<component>/<name>`, or of `<device>/<component>/<name>/<part>` as fans and
/// covers have it; the device may hold slashes.
fn component(path: &str) -> Option<(String, &str, String)> {
    let levels: Vec<&str> = path.split('/').collect();
    let (device, component, name) = match levels.as_slice() {
        [device @ .., component, name] if COMPONENTS.contains(component) => (device, component, (*name).to_owned()),
        [device @ .., component, name, part] if COMPONENTS.contains(component) => {
            (device, component, format!("{name}.{part}"))
        }
        _ => return None,
    };
    (!device.is_empty()).then(|| (device.join("/"), *component, name))
}

/// The components that have a state topic.
const COMPONENTS: [&str; 20] = [
    "alarm_control_panel",
    "binary_sensor",
    "climate",
    "cover",
    "date",
    "datetime",
    "event",
    "fan",
    "light",
    "lock",
    "media_player",
    "number",
    "select",
    "sensor",
    "switch",
    "text",
    "text_sensor",
    "time",
    "update",
    "valve",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Decimal;

    fn read(topic: &str, payload: &[u8]) -> Result<Option<Reading>, EsphomeError> {
        Esphome::new("rack/bin42", "weight", MassUnit::Kilogram).unwrap().read(topic, payload)
    }

    fn values(topic: &str, payload: &str) -> Result<String, EsphomeError> {
        let values = Esphome::sensor_values(topic, payload.as_bytes())?;
        Ok(values.map_or("nothing".to_owned(), |values| serde_json::to_string(&values).unwrap()))
    }

    #[test]
    fn a_state_is_a_weight_with_its_digits() {
        let weight = Weight::new(Decimal::parse("1.250").unwrap(), MassUnit::Kilogram, None).unwrap();
        assert_eq!(read("rack/bin42/sensor/weight/state", b"1.250"), Ok(Some(Reading::Weight(weight))));
    }

    #[test]
    fn a_failed_reading_is_unknown_and_never_zero() {
        for payload in ["nan", "NaN", "inf"] {
            let found = read("rack/bin42/sensor/weight/state", payload.as_bytes());
            assert_eq!(found, Ok(Some(Reading::Unknown(Cause::NotANumber))), "{payload}");
        }
        for payload in [&b""[..], b"1.2 kg", b"ON", b"9e18"] {
            let found = read("rack/bin42/sensor/weight/state", payload);
            assert!(matches!(found, Err(EsphomeError::NotANumber { .. })), "{payload:?}");
        }
        assert_eq!(
            read("rack/bin42/sensor/weight/state", b"\xff").map_err(|error| error.to_string()),
            Err("state of weight is not text".to_owned())
        );
    }

    #[test]
    fn liveness_is_what_the_status_says() {
        assert_eq!(read("rack/bin42/status", b"online"), Ok(Some(Reading::Online(true))));
        assert_eq!(read("rack/bin42/status", b"offline"), Ok(Some(Reading::Online(false))));
        assert_eq!(read("rack/bin42/status", b""), Err(EsphomeError::Liveness));
    }

    #[test]
    fn other_sensors_and_other_nodes_are_no_reading() {
        for topic in ["rack/bin42/sensor/temperature/state", "bin42/sensor/weight/state", "rack/bin43/status", ""] {
            assert_eq!(read(topic, b"1"), Ok(None), "{topic}");
        }
        let node = Esphome::new("rack/bin42", "weight", MassUnit::Gram).unwrap();
        assert_eq!(node.topics(), ["rack/bin42/sensor/weight/state", "rack/bin42/status"]);
        assert_eq!(Esphome::new("rack/+", "weight", MassUnit::Gram), Err(TopicError::Wildcard));
        assert_eq!(Esphome::new("rack", "", MassUnit::Gram), Err(TopicError::Empty));
    }

    #[test]
    fn any_components_state_can_be_looked_at() {
        for (topic, payload, expect) in [
            ("bin42/sensor/weight/state", "1.250", r#"{"device":"bin42","values":{"weight":1.250}}"#),
            ("bin42/sensor/weight/state", "nan", r#"{"device":"bin42","values":{"weight":null}}"#),
            ("rack/a/binary_sensor/door/state", "ON", r#"{"device":"rack/a","values":{"door":true}}"#),
            ("bin42/switch/relay/state", "OFF", r#"{"device":"bin42","values":{"relay":false}}"#),
            ("bin42/text_sensor/tag/state", "0012", r#"{"device":"bin42","values":{"tag":"0012"}}"#),
            ("bin42/number/step/state", "2", r#"{"device":"bin42","values":{"step":2}}"#),
            ("bin42/light/led/state", r#"{"state":"ON"}"#, r#"{"device":"bin42","values":{"led.state":"ON"}}"#),
            ("bin42/event/button/state", "press", r#"{"device":"bin42","values":{"button":"press"}}"#),
            ("bin42/fan/air/speed_level/state", "3", r#"{"device":"bin42","values":{"air.speed_level":"3"}}"#),
            ("rack/bin42/status", "offline", r#"{"device":"rack/bin42","online":false}"#),
            ("bin42/debug", "[I][app]", r#"{"device":"bin42","diagnostics":true}"#),
            ("bin42/switch/relay/command", "ON", "nothing"),
        ] {
            assert_eq!(values(topic, payload), Ok(expect.to_owned()), "{topic}");
        }
        for topic in ["", "state", "/status", "sensor/weight/state", "bin42/other/weight/state", "bin42/state"] {
            assert_eq!(values(topic, "1"), Err(EsphomeError::Topic), "{topic}");
        }
    }
}
