//! Home Assistant discovery: devices that announce on a retained message where their values come and what they mean.
//!
//! Owns the following of one announced entity: a sensor is a level, a tag scanner gives scans. Nothing of the device is
//! configured but its discovery topic; what it announces is followed as it changes. Other entities (switches, buttons
//! as device triggers, whole devices in one announcement) are not: name their topics with the JSON dialect. Must not
//! know the broker. Time is an argument, on any steady clock.
//!
//! ```text
//!              announced, and can be followed
//!  ┌─────────┐ ─────────────────────────────► ┌───────────┐ state: reading, lasts until it expires
//!  │ unknown │                                │ following │ availability: online or offline
//!  └─────────┘ ◄───────────────────────────── └───────────┘
//!               taken back: offline
//!               announced, cannot be followed: error, and what was known expires now
//! ```

mod availability;
mod discovery;
mod template;

use std::time::Duration;

pub use availability::AvailabilityError;
pub use discovery::{Discovery, EntityId};
pub use template::TemplateError;

use availability::Availability;
use template::{Rendered, Template};

use super::document::Number;
use super::json::{JsonError, weight_reading};
use super::liveness;
use super::mass::MassUnit;
use super::reading::{Cause, Reading, Scan};
use super::sensor_values::SensorValues;
use super::topic::{TopicError, TopicName};

/// One announced entity, followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeAssistant {
    config_topic: TopicName,
    id: EntityId,
    component: Component,
    /// Of a sensor that announces none.
    unit: Option<MassUnit>,
    following: Option<Following>,
    expires_at: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Component {
    Sensor,
    Tag,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Following {
    /// As announced, to know whether an announcement is new.
    announced: Discovery,
    state_topic: TopicName,
    template: Template,
    kind: Kind,
    availability: Availability,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Weight(MassUnit),
    Scan,
}

/// What a message led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// In order; two where a state topic tells the availability too.
    pub readings: Vec<Reading>,
    /// Subscribe [`HomeAssistant::topics`] anew: a topic is new, or the last state of one means something else now.
    pub topics_changed: bool,
}

/// Why an entity cannot be followed, or a message of it not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HomeAssistantError {
    #[error("topic is not <prefix>/<component>/<object>/config or <prefix>/<component>/<node>/<object>/config")]
    Topic,
    #[error("read topic")]
    TopicName(#[from] TopicError),
    #[error("entity is neither a sensor nor a tag; name its topic with dialect = \"json\" instead")]
    Component,
    #[error("entity announces no state topic")]
    NoStateTopic,
    #[error("entity announces no unit; state the one it uses")]
    NoUnit,
    #[error("entity's unit_of_measurement is not a unit of mass (mg, g, kg, t, lb, oz)")]
    NotAUnit,
    #[error("read value template")]
    Template(#[from] TemplateError),
    #[error("read availability")]
    Availability(#[from] AvailabilityError),
    #[error("status is neither online nor offline")]
    Liveness,
    #[error("read payload")]
    Payload(#[from] JsonError),
}

impl HomeAssistant {
    /// The first level of discovery topics unless it was set.
    pub const PREFIX: &'static str = "homeassistant";

    /// `prefix`: of discovery topics; `config_topic`: the entity's, of a sensor or a tag; `unit`: of a sensor that
    /// announces none.
    ///
    /// # Errors
    /// When the topic is no discovery topic of such an entity.
    pub fn new(prefix: &str, config_topic: &str, unit: Option<MassUnit>) -> Result<Self, HomeAssistantError> {
        let id = EntityId::parse(prefix, config_topic).ok_or(HomeAssistantError::Topic)?;
        let component = match id.component.as_str() {
            "sensor" => Component::Sensor,
            "tag" => Component::Tag,
            _ => return Err(HomeAssistantError::Component),
        };
        let config_topic = TopicName::parse(config_topic)?;
        Ok(Self { config_topic, id, component, unit, following: None, expires_at: None })
    }

    /// What to subscribe now: the discovery topic, and what it announced.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let mut topics = vec![self.config_topic.to_string()];
        if let Some(following) = &self.following {
            for topic in [&following.state_topic].into_iter().chain(following.availability.topics()) {
                if !topics.iter().any(|known| known == topic.as_str()) {
                    topics.push(topic.to_string());
                }
            }
        }
        topics
    }

    /// Takes one message. A message on another topic leads to nothing.
    ///
    /// # Errors
    /// When an announcement cannot be followed: what was followed before is forgotten, and its level expires. When a
    /// state is not what was announced: nothing else is lost.
    pub fn handle(&mut self, now: Duration, topic: &str, payload: &[u8]) -> Result<Step, HomeAssistantError> {
        if topic == self.config_topic.as_str() {
            return self.announced(now, payload);
        }
        let mut step = Step::default();
        let Some(following) = &mut self.following else { return Ok(step) };
        if let Some(online) = following.availability.handle(topic, payload)? {
            step.readings.push(Reading::Online(online));
        }
        if topic == following.state_topic.as_str()
            && let Some(reading) = following.state(payload)?
        {
            let lasts = following.announced.expire_after;
            self.expires_at = lasts.and_then(|lasts| now.checked_add(lasts));
            step.readings.push(reading);
        }
        Ok(step)
    }

    /// When [`Self::poll`] will have something to say, on the clock of [`Self::handle`].
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.expires_at
    }

    /// The level has become unknown, once, when the sensor was silent for as long as it announced or is followed no
    /// more.
    pub fn poll(&mut self, now: Duration) -> Option<Reading> {
        self.expires_at.take_if(|at| *at <= now).map(|_| Reading::Unknown(Cause::Silent))
    }

    fn announced(&mut self, now: Duration, payload: &[u8]) -> Result<Step, HomeAssistantError> {
        let found = Discovery::parse(self.id.clone(), payload).map_err(HomeAssistantError::from);
        let found = found.and_then(|found| found.map(|announced| self.follow(announced)).transpose());
        match found {
            Ok(Some(found)) => {
                if self.following.as_ref().is_some_and(|following| following.announced == found.announced) {
                    return Ok(Step::default());
                }
                self.following = Some(found);
                Ok(Step { readings: Vec::new(), topics_changed: true })
            }
            Ok(None) => {
                self.expires_at = None;
                let was_followed = self.following.take().is_some();
                let readings = if was_followed { vec![Reading::Online(false)] } else { Vec::new() };
                Ok(Step { readings, topics_changed: was_followed })
            }
            Err(error) => {
                if self.following.take().is_some() {
                    self.expires_at = Some(now);
                }
                Err(error)
            }
        }
    }

    fn follow(&self, announced: Discovery) -> Result<Following, HomeAssistantError> {
        let state_topic = announced.state_topic.as_deref().ok_or(HomeAssistantError::NoStateTopic)?;
        let kind = match (self.component, announced.unit.as_deref()) {
            (Component::Tag, _) => Kind::Scan,
            (Component::Sensor, Some(unit)) => Kind::Weight(MassUnit::parse(unit).ok_or(HomeAssistantError::NotAUnit)?),
            (Component::Sensor, None) => Kind::Weight(self.unit.ok_or(HomeAssistantError::NoUnit)?),
        };
        Ok(Following {
            state_topic: TopicName::parse(state_topic)?,
            template: announced.value_template.as_deref().map(Template::parse).transpose()?.unwrap_or_default(),
            kind,
            availability: Availability::new(announced.availability_mode, announced.availability.clone())?,
            announced,
        })
    }

    /// What any discovery message says; `None` for another topic below `prefix`.
    ///
    /// # Errors
    /// When the topic is not below `prefix`, or the payload not what such a topic carries.
    pub fn sensor_values(
        prefix: &str,
        topic: &str,
        payload: &[u8],
    ) -> Result<Option<SensorValues>, HomeAssistantError> {
        let below = topic.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
        let below = below.ok_or(HomeAssistantError::Topic)?;
        if below == "status" {
            // Home Assistant's own birth and last will.
            let online = liveness::online(payload).ok_or(HomeAssistantError::Liveness)?;
            return Ok(Some(SensorValues::online(prefix, online)));
        }
        let Some(id) = EntityId::parse(prefix, topic) else { return Ok(None) };
        Ok(Some(match Discovery::parse(id.clone(), payload)? {
            Some(discovery) => SensorValues { discovery: Some(discovery), ..SensorValues::default() },
            None => SensorValues { discovery_removed: Some(id), ..SensorValues::default() },
        }))
    }
}

impl Following {
    fn state(&self, payload: &[u8]) -> Result<Option<Reading>, JsonError> {
        match (self.kind, self.template.render(payload)?) {
            (_, Rendered::Nothing) | (Kind::Scan, Rendered::Unknown) => Ok(None),
            (Kind::Scan, Rendered::Text(code)) => Ok(Some(Reading::Scan(Scan::from_frame(code.as_bytes())))),
            (Kind::Weight(_), Rendered::Unknown) => Ok(Some(Reading::Unknown(Cause::NotANumber))),
            (Kind::Weight(unit), Rendered::Text(text)) => {
                let field = self.template.field();
                match Number::parse(&text) {
                    Ok(Number::Is(shown)) => weight_reading(&field, shown, unit, None).map(Some),
                    Ok(Number::NotANumber) => Ok(Some(Reading::Unknown(Cause::NotANumber))),
                    Err(source) => Err(JsonError::not_a_number(&field, source)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
