//! Zigbee2MQTT: the bridge between Zigbee radios and MQTT; battery buttons, contacts and some scales.
//!
//! Owns its topic scheme (`zigbee2mqtt/<friendly name>`, `…/availability`, `zigbee2mqtt/bridge/state`) and the fields of
//! its JSON; the source is zigbee2mqtt.io, "MQTT topics and messages". Friendly names may hold slashes, so a topic is
//! told from its ends. Attributes on topics of their own (`output: attribute`) are not read as readings: with both
//! outputs on, each press would come twice. Must not know the broker; that a retained action is not news is the shell's.

use super::action::Actions;
use super::document::{Document, Number, Value};
use super::json::{JsonError, weight_reading};
use super::liveness;
use super::mass::MassUnit;
use super::reading::{Cause, Reading};
use super::sensor_values::{SensorValue, SensorValues};
use super::topic::{TopicError, TopicName};

const BRIDGE: &str = "bridge";

/// One device behind the bridge, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zigbee2Mqtt {
    device: String,
    availability: String,
    bridge: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Weight { field: String, unit: MassUnit },
    Actions(Actions),
}

/// Why a publication is no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Zigbee2MqttError {
    #[error("topic is not <base>/<friendly name>")]
    Topic,
    #[error("availability is neither online nor offline")]
    Liveness,
    #[error("read device payload")]
    Payload(#[from] JsonError),
}

impl Zigbee2Mqtt {
    /// The bridge's topic unless it was set.
    pub const BASE: &'static str = "zigbee2mqtt";

    /// A device whose `field` (a dotted path) is a weight in `unit`.
    ///
    /// # Errors
    /// When base or name cannot be part of a topic.
    pub fn weight(base: &str, name: &str, field: &str, unit: MassUnit) -> Result<Self, TopicError> {
        Self::new(base, name, Kind::Weight { field: field.to_owned(), unit })
    }

    /// A button whose actions stand for codes.
    ///
    /// # Errors
    /// When base or name cannot be part of a topic.
    pub fn actions(base: &str, name: &str, actions: Actions) -> Result<Self, TopicError> {
        Self::new(base, name, Kind::Actions(actions))
    }

    fn new(base: &str, name: &str, kind: Kind) -> Result<Self, TopicError> {
        let (base, name) = (TopicName::parse(base)?, TopicName::parse(name)?);
        let device = format!("{base}/{name}");
        Ok(Self {
            availability: format!("{device}/availability"),
            bridge: format!("{base}/{BRIDGE}/state"),
            device,
            kind,
        })
    }

    /// What to subscribe. The bridge's state is one topic for all its devices.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        vec![self.device.clone(), self.availability.clone(), self.bridge.clone()]
    }

    /// Reads one publication; `None` when it says nothing about the level, or no action that the site named.
    ///
    /// A bridge that is gone takes its devices with it. One that comes up brings them back, but only as it happens: that
    /// it is up (`retained`) says nothing of a device that is known to be gone.
    ///
    /// # Errors
    /// When the payload is not what the topic carries.
    pub fn read(&self, topic: &str, payload: &[u8], retained: bool) -> Result<Option<Reading>, Zigbee2MqttError> {
        if topic == self.availability {
            return Ok(Some(Reading::Online(online(payload)?)));
        }
        if topic == self.bridge {
            let online = online(payload)?;
            return Ok((!online || !retained).then_some(Reading::Online(online)));
        }
        if topic != self.device {
            return Ok(None);
        }
        let document = Document::parse(payload)?;
        match &self.kind {
            Kind::Weight { field, unit } => {
                // A device reports what has changed; the bridge adds the rest only if it is told to keep it.
                if document.at(field).is_none() {
                    return Ok(None);
                }
                match document.number(field)? {
                    Number::Is(shown) => Ok(Some(weight_reading(field, shown, *unit, None)?)),
                    Number::NotANumber => Ok(Some(Reading::Unknown(Cause::NotANumber))),
                }
            }
            Kind::Actions(actions) => match document.at("action") {
                Some(Value::Text(action)) => Ok(actions.scan(&action).map(Reading::Scan)),
                // Older bridges send an empty or null action after each, to let go of the button.
                None | Some(Value::Null) => Ok(None),
                Some(Value::Flag(_) | Value::Number(_) | Value::Other) => {
                    Err(JsonError::NotText { field: "action".to_owned() }.into())
                }
            },
        }
    }

    /// What any message of a bridge says; `None` for a command to a device.
    ///
    /// # Errors
    /// When the topic is not below `base`, or the payload not what such a topic carries.
    pub fn sensor_values(base: &str, topic: &str, payload: &[u8]) -> Result<Option<SensorValues>, Zigbee2MqttError> {
        let name = topic.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).filter(|name| !name.is_empty());
        let name = name.ok_or(Zigbee2MqttError::Topic)?;
        if name == "bridge/state" {
            return Ok(Some(SensorValues::online(BRIDGE, online(payload)?)));
        }
        if name.starts_with("bridge/") {
            return Ok(Some(SensorValues::diagnostics(BRIDGE)));
        }
        match name.rsplit_once('/') {
            Some((device, "availability")) => return Ok(Some(SensorValues::online(device, online(payload)?))),
            Some((_, "set" | "get")) => return Ok(None),
            Some((device, _)) if device.ends_with("/set") || device.ends_with("/get") => return Ok(None),
            Some(_) | None => {}
        }
        match (Document::parse(payload), name.rsplit_once('/')) {
            (Ok(document), _) if document.root().is_object() => {
                Ok(Some(SensorValues::values(name, document.root().leaves(""))))
            }
            // An attribute on its own topic: the last level is its name, the payload its bare value.
            (Ok(_) | Err(JsonError::NotJson { .. }), Some((device, attribute))) => {
                let text = std::str::from_utf8(payload);
                let text = text.map_err(|_| JsonError::NotText { field: attribute.to_owned() })?;
                let value = match text {
                    "true" => SensorValue::Flag(true),
                    "false" => SensorValue::Flag(false),
                    "null" => SensorValue::Null,
                    text => SensorValue::of_text(text),
                };
                Ok(Some(SensorValues::value(device, attribute, value)))
            }
            (Ok(_), None) => Err(JsonError::NotAnObject.into()),
            (Err(error), _) => Err(error.into()),
        }
    }
}

/// `{"state":"online"}`, or the bare word as bridges before 2.0 sent it.
fn online(payload: &[u8]) -> Result<bool, Zigbee2MqttError> {
    let document = Document::parse(payload);
    let said = match document.as_ref().ok().and_then(|document| document.at("state")) {
        Some(Value::Text(word)) => liveness::online(word.as_bytes()),
        Some(Value::Null | Value::Flag(_) | Value::Number(_) | Value::Other) => None,
        None => liveness::online(payload),
    };
    said.ok_or(Zigbee2MqttError::Liveness)
}

#[cfg(test)]
mod tests;
