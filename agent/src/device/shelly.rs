//! Shelly devices of the second generation and later: inputs, buttons, and voltmeters that load cells hang on.
//!
//! Owns the topic scheme (`<id>/events/rpc`, `<id>/status/<component>`, `<id>/online`) and the notification frames; the
//! source is Shelly's "Gen2 API: Notifications" and "MQTT". A notification holds what has changed, so that a field that
//! is absent says nothing, while one that is `null` says that its value is gone. Must not know the broker.

use super::action::Actions;
use super::document::{Document, Node, Number, Value};
use super::json::{JsonError, weight_reading};
use super::mass::MassUnit;
use super::reading::{Cause, Reading};
use super::sensor_values::{SensorNumber, SensorValues};
use super::topic::{TopicError, TopicName};

/// More than a device notifies of at once.
const EVENTS_MAX: usize = 32;

/// Before this, 2020, a device's clock is not set and counts from its start: its times come again after a power cut.
const CLOCK_SET_SECONDS: i64 = 1_577_836_800;

/// One component of one device, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelly {
    device: TopicName,
    component: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Weight { field: String, unit: MassUnit },
    Actions(Actions),
}

/// Why a publication is no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShellyError {
    #[error("topic is not <device>/events/rpc, <device>/status/<component> or <device>/online")]
    Topic,
    #[error("online is neither true nor false")]
    Liveness,
    #[error("notification holds several named actions of one component; name only one of press and release")]
    SeveralActions,
    #[error("read notification")]
    Payload(#[from] JsonError),
}

impl Shelly {
    /// `device`: its topic prefix, its id unless it was set; `component`: as in its status, `voltmeter:100`; `field`: the
    /// dotted path in it to a weight in `unit`: `xvoltage`, where the device's own expression makes grams of volts.
    ///
    /// # Errors
    /// When device or component cannot be part of a topic.
    pub fn weight(device: &str, component: &str, field: &str, unit: MassUnit) -> Result<Self, TopicError> {
        Self::new(device, component, Kind::Weight { field: field.to_owned(), unit })
    }

    /// A button whose events (`single_push` of `input:0`) stand for codes.
    ///
    /// # Errors
    /// When device or component cannot be part of a topic.
    pub fn actions(device: &str, component: &str, actions: Actions) -> Result<Self, TopicError> {
        Self::new(device, component, Kind::Actions(actions))
    }

    fn new(device: &str, component: &str, kind: Kind) -> Result<Self, TopicError> {
        let component = TopicName::parse(component)?.to_string();
        Ok(Self { device: TopicName::parse(device)?, component, kind })
    }

    /// What to subscribe. A status is sent in one form, the other or both, as the device is set.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let Self { device, component, .. } = self;
        let mut topics = vec![format!("{device}/events/rpc"), format!("{device}/online")];
        match self.kind {
            Kind::Weight { .. } => topics.push(format!("{device}/status/{component}")),
            Kind::Actions(_) => {}
        }
        topics
    }

    /// Reads one publication; `None` when it says nothing about this component's level, or holds no action that the site
    /// named.
    ///
    /// # Errors
    /// When the payload is not what the topic carries.
    pub fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<Reading>, ShellyError> {
        let Some(below) = self.device.below(topic) else { return Ok(None) };
        if below == "online" {
            return Ok(Some(Reading::Online(online(payload)?)));
        }
        match &self.kind {
            Kind::Weight { field, unit } => {
                let document = match below {
                    "events/rpc" => Document::parse(payload)?,
                    _ if below.strip_prefix("status/") == Some(self.component.as_str()) => Document::parse(payload)?,
                    _ => return Ok(None),
                };
                let status = match below {
                    "events/rpc" => match Method::of(&document)? {
                        Method::Status => document.root().follow(["params", self.component.as_str()]),
                        Method::Event | Method::Other => None,
                    },
                    _ => Some(document.root()),
                };
                let Some(value) = status.and_then(|status| status.follow(field.split('.'))) else { return Ok(None) };
                self.level(field, *unit, &value.value()).map(Some)
            }
            Kind::Actions(actions) => match below {
                "events/rpc" => self.action(actions, &Document::parse(payload)?),
                _ => Ok(None),
            },
        }
    }

    fn level(&self, field: &str, unit: MassUnit, value: &Value<'_>) -> Result<Reading, ShellyError> {
        let path = format!("{}.{field}", self.component);
        match value.number().map_err(|source| JsonError::not_a_number(&path, source))? {
            Number::Is(shown) => Ok(weight_reading(&path, shown, unit, None)?),
            Number::NotANumber => Ok(Reading::Unknown(Cause::NotANumber)),
        }
    }

    fn action(&self, actions: &Actions, document: &Document<'_>) -> Result<Option<Reading>, ShellyError> {
        if Method::of(document)? != Method::Event {
            return Ok(None);
        }
        let mut found = None;
        for event in events(document) {
            if text(event, "component").as_deref() != Some(self.component.as_str()) {
                continue;
            }
            let Some(mut scan) = text(event, "event").and_then(|event| actions.scan(&event)) else { continue };
            scan.id = event.follow(["ts"]).and_then(|ts| time_id(&ts.value()));
            if found.replace(Reading::Scan(scan)).is_some() {
                // Taking one would lose the other.
                return Err(ShellyError::SeveralActions);
            }
        }
        Ok(found)
    }

    /// What any message of such a device says; `None` for a command to it or an answer to one.
    ///
    /// # Errors
    /// When the topic is not Shelly's, or the payload not what such a topic carries.
    pub fn sensor_values(topic: &str, payload: &[u8]) -> Result<Option<SensorValues>, ShellyError> {
        let (path, last) = split(topic).ok_or(ShellyError::Topic)?;
        if last == "online" {
            return Ok(Some(SensorValues::online(path, online(payload)?)));
        }
        match split(path) {
            Some((device, "status")) => {
                let document = Document::parse(payload)?;
                return Ok(Some(SensorValues::values(device, status(last, document.root()))));
            }
            Some((device, "events")) if last == "rpc" => {
                return notification(device, &Document::parse(payload)?).map(Some);
            }
            Some((device, "debug")) => return Ok(Some(SensorValues::diagnostics(device))),
            Some((_, "command")) => return Ok(None),
            Some(_) | None => {}
        }
        match last {
            "announce" => Ok(Some(SensorValues::diagnostics(path))),
            "rpc" | "command" => Ok(None),
            _ => Err(ShellyError::Topic),
        }
    }
}

/// What a frame notifies of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// The status of components, changed or full.
    Status,
    Event,
    Other,
}

impl Method {
    fn of(document: &Document<'_>) -> Result<Self, JsonError> {
        match document.at("method") {
            Some(Value::Text(method)) => Ok(match method.as_ref() {
                "NotifyStatus" | "NotifyFullStatus" => Self::Status,
                "NotifyEvent" => Self::Event,
                _ => Self::Other,
            }),
            Some(_) => Err(JsonError::NotText { field: "method".to_owned() }),
            None => Err(JsonError::missing("method")),
        }
    }
}

fn notification(device: &str, document: &Document<'_>) -> Result<SensorValues, ShellyError> {
    let method = Method::of(document)?;
    let params = document.root().follow(["params"]).ok_or_else(|| JsonError::missing("params"))?;
    let values: Vec<(String, Value<'_>)> = match method {
        Method::Status => params.entries().into_iter().flat_map(|(name, node)| status(&name, node)).collect(),
        Method::Event => events(document)
            .into_iter()
            .filter_map(|event| {
                Some((format!("{}.event", text(event, "component")?), Value::Text(text(event, "event")?.into())))
            })
            .collect(),
        Method::Other => Vec::new(),
    };
    let ts = params.follow(["ts"]).and_then(|ts| SensorNumber::of(ts.value()));
    Ok(SensorValues { ts, ..SensorValues::values(device, values) })
}

/// A component's values by name; its id is in the name already.
fn status<'a>(component: &str, node: Node<'a>) -> Vec<(String, Value<'a>)> {
    let id = format!("{component}.id");
    let is_component = node.is_object();
    node.leaves(component).into_iter().filter(|(name, _)| is_component && *name != id).collect()
}

fn events<'a>(document: &'a Document<'_>) -> Vec<Node<'a>> {
    let events = document.root().follow(["params", "events"]);
    let events = events.map(Node::entries).unwrap_or_default();
    events.into_iter().take(EVENTS_MAX).map(|(_, event)| event).collect()
}

fn text(node: Node<'_>, field: &str) -> Option<String> {
    match node.follow([field])?.value() {
        Value::Text(text) => Some(text.into_owned()),
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Other => None,
    }
}

/// The time of an event as its id: a hand is slower than a hundredth of a second.
fn time_id(ts: &Value<'_>) -> Option<String> {
    let Number::Is(seconds) = ts.number().ok()? else { return None };
    let scale = 10_i64.pow(u32::from(seconds.fraction()));
    (seconds.fraction() > 0 && seconds.mantissa() / scale > CLOCK_SET_SECONDS).then(|| seconds.to_string())
}

/// All levels but the last, and the last; none of them empty.
fn split(topic: &str) -> Option<(&str, &str)> {
    topic.rsplit_once('/').filter(|(path, last)| !path.is_empty() && !last.is_empty())
}

fn online(payload: &[u8]) -> Result<bool, ShellyError> {
    match payload {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(ShellyError::Liveness),
    }
}

#[cfg(test)]
mod tests;
