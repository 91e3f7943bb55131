//! Which dialect a sensor speaks, as the site's file says, and its messages as readings.
//!
//! Owns the one face all dialects have towards a session: what to subscribe, what a message means, when silence means
//! something. Sparkplug is the exception: its messages only make sense node by node, so the session's
//! [`Host`](super::sparkplug::Host) reads them, and the sensor only says what it [watches](Watch). Must not know brokers.

use std::{error::Error, time::Duration};

use super::{
    esphome::Esphome,
    home_assistant::{HomeAssistant, Step},
    json::JsonDialect,
    liveness::Uptime,
    mass::MassUnit,
    movements::MovementDialect,
    reading::Reading,
    shelly::Shelly,
    sparkplug::{IdError, Source},
    tasmota::Tasmota,
    zigbee2mqtt::Zigbee2Mqtt,
};

/// How a sensor speaks, and what of it is of interest.
#[derive(Debug, Clone)]
pub enum Dialect {
    Json { topic: String, json: JsonDialect },
    Movements { topic: String, movements: Box<MovementDialect> },
    Tasmota { node: String, tasmota: Tasmota, uptime: Uptime },
    Esphome(Esphome),
    Zigbee2Mqtt(Zigbee2Mqtt),
    Shelly(Shelly),
    HomeAssistant(Box<HomeAssistant>),
    Sparkplug(Watch),
}

/// A metric of Sparkplug that is a weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub source: Source,
    pub metric: String,
    pub unit: MassUnit,
}

impl Watch {
    /// `name`: `GROUP/NODE` or `GROUP/NODE/DEVICE`.
    ///
    /// # Errors
    /// When one of them cannot be a level of a topic.
    pub fn new(name: &str, metric: &str, unit: MassUnit) -> Result<Self, IdError> {
        let mut levels = name.splitn(3, '/');
        let mut level = || levels.next();
        let (group, node, device) = (level().unwrap_or_default(), level().unwrap_or_default(), level());
        Ok(Self { source: Source::new(group, node, device)?, metric: metric.to_owned(), unit })
    }
}

impl Dialect {
    /// A Tasmota node by its topic.
    #[must_use]
    pub fn tasmota(node: String, tasmota: Tasmota) -> Self {
        Self::Tasmota { node, tasmota, uptime: Uptime::default() }
    }

    /// What to subscribe.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        match self {
            Self::Json { topic, .. } | Self::Movements { topic, .. } => vec![topic.clone()],
            Self::Tasmota { node, .. } => Tasmota::topics(node),
            Self::Esphome(esphome) => esphome.topics(),
            Self::Zigbee2Mqtt(device) => device.topics(),
            Self::Shelly(shelly) => shelly.topics(),
            Self::HomeAssistant(entity) => entity.topics(),
            Self::Sparkplug(watch) => vec![watch.source.node.subscription()],
        }
    }

    /// Takes a message on one of [`Self::topics`] at `now`, the time since any fixed start.
    ///
    /// # Errors
    /// When the message is not what the topic carries. Names what is wrong, never quotes the payload.
    pub fn handle(
        &mut self,
        now: Duration,
        topic: &str,
        payload: &[u8],
        retained: bool,
    ) -> Result<Step, Box<dyn Error + Send + Sync>> {
        let reading = match self {
            Self::Json { json, .. } => Some(json.read(payload)?),
            Self::Movements { movements, .. } => Some(Reading::Movement(Box::new(movements.read(payload)?))),
            Self::Tasmota { tasmota, uptime, .. } => {
                // What the broker kept is older than the last uptime and would look like a restart.
                let stated = Tasmota::uptime(topic, payload).filter(|_| !retained);
                let restarted = stated.and_then(|seconds| uptime.handle_uptime(seconds));
                let reading = tasmota.read(topic, payload)?;
                if reading == Some(Reading::Online(true)) {
                    uptime.handle_online();
                }
                reading.or(restarted)
            }
            Self::Esphome(esphome) => esphome.read(topic, payload)?,
            Self::Zigbee2Mqtt(device) => device.read(topic, payload, retained)?,
            Self::Shelly(shelly) => shelly.read(topic, payload)?,
            Self::HomeAssistant(entity) => return Ok(entity.handle(now, topic, payload)?),
            Self::Sparkplug(_) => None,
        };
        Ok(Step { readings: reading.into_iter().collect(), topics_changed: false })
    }

    /// When [`Self::poll`] has something to say.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match self {
            Self::HomeAssistant(entity) => entity.deadline(),
            Self::Json { .. }
            | Self::Movements { .. }
            | Self::Tasmota { .. }
            | Self::Esphome(_)
            | Self::Zigbee2Mqtt(_)
            | Self::Shelly(_)
            | Self::Sparkplug(_) => None,
        }
    }

    /// What silence until `now` means.
    pub fn poll(&mut self, now: Duration) -> Option<Reading> {
        match self {
            Self::HomeAssistant(entity) => entity.poll(now),
            Self::Json { .. }
            | Self::Movements { .. }
            | Self::Tasmota { .. }
            | Self::Esphome(_)
            | Self::Zigbee2Mqtt(_)
            | Self::Shelly(_)
            | Self::Sparkplug(_) => None,
        }
    }
}
