//! The MQTT dialects by name, for the commands that look at messages before anything is configured.
//!
//! Owns the list, and the guess which of them a topic is of. Must not know configuration or readings.

use std::error::Error;

use super::esphome::Esphome;
use super::home_assistant::HomeAssistant;
use super::json;
use super::sensor_values::SensorValues;
use super::shelly::Shelly;
use super::tasmota::Tasmota;
use super::zigbee2mqtt::Zigbee2Mqtt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MqttDialect {
    Json,
    Tasmota,
    Esphome,
    Zigbee2Mqtt,
    Shelly,
    HomeAssistant,
}

impl MqttDialect {
    pub const ALL: [Self; 6] =
        [Self::Json, Self::Tasmota, Self::Esphome, Self::Zigbee2Mqtt, Self::Shelly, Self::HomeAssistant];

    /// As it stands in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Tasmota => "tasmota",
            Self::Esphome => "esphome",
            Self::Zigbee2Mqtt => "zigbee2mqtt",
            Self::Shelly => "shelly",
            Self::HomeAssistant => "homeassistant",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The dialect whose topics look like this one, with every base topic as it comes; JSON when none does.
    #[must_use]
    pub fn of_topic(topic: &str) -> Self {
        let levels: Vec<&str> = topic.split('/').collect();
        match *levels.as_slice() {
            ["tele" | "stat", _, .., _] => Self::Tasmota,
            [Zigbee2Mqtt::BASE, _, ..] => Self::Zigbee2Mqtt,
            [HomeAssistant::PREFIX, _, ..] => Self::HomeAssistant,
            [_, .., "events", "rpc"] | [_, .., "status", _] | [_, .., "online"] => Self::Shelly,
            [_, _, _, .., "state"] | [_, .., "status"] => Self::Esphome,
            _ => Self::Json,
        }
    }

    /// What a message says, with every base topic as it comes; `None` when it is a command or says nothing of a device.
    ///
    /// # Errors
    /// When topic or payload are not the dialect's.
    pub fn sensor_values(
        self,
        topic: &str,
        payload: &[u8],
    ) -> Result<Option<SensorValues>, Box<dyn Error + Send + Sync>> {
        Ok(match self {
            Self::Json => Some(json::sensor_values(topic, payload)?),
            Self::Tasmota => Some(Tasmota::sensor_values(topic, payload)?),
            Self::Esphome => Esphome::sensor_values(topic, payload)?,
            Self::Zigbee2Mqtt => Zigbee2Mqtt::sensor_values(Zigbee2Mqtt::BASE, topic, payload)?,
            Self::Shelly => Shelly::sensor_values(topic, payload)?,
            Self::HomeAssistant => HomeAssistant::sensor_values(HomeAssistant::PREFIX, topic, payload)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_name() {
        for dialect in MqttDialect::ALL {
            assert_eq!(MqttDialect::parse(dialect.name()), Some(dialect));
            assert_eq!(serde_json::to_string(&dialect).unwrap(), format!("\"{}\"", dialect.name()));
        }
        assert_eq!(MqttDialect::parse("mqtt"), None);
    }

    #[test]
    fn a_topic_tells_its_dialect() {
        for (topic, dialect) in [
            ("tele/bin42/SENSOR", MqttDialect::Tasmota),
            ("stat/rack/a1/RESULT", MqttDialect::Tasmota),
            ("bin42/sensor/weight/state", MqttDialect::Esphome),
            ("rack/bin42/status", MqttDialect::Esphome),
            ("zigbee2mqtt/rack/a1", MqttDialect::Zigbee2Mqtt),
            ("zigbee2mqtt/bridge/state", MqttDialect::Zigbee2Mqtt),
            ("shelly-1/events/rpc", MqttDialect::Shelly),
            ("shelly-1/status/input:0", MqttDialect::Shelly),
            ("shelly-1/online", MqttDialect::Shelly),
            ("homeassistant/sensor/bin42/weight/config", MqttDialect::HomeAssistant),
            ("bins/42/weight", MqttDialect::Json),
            ("online", MqttDialect::Json),
            ("", MqttDialect::Json),
        ] {
            assert_eq!(MqttDialect::of_topic(topic), dialect, "{topic}");
        }
    }

    #[test]
    fn a_message_is_read_in_the_dialect_asked_for() {
        let values = |dialect: MqttDialect, topic, payload: &str| {
            let values = dialect.sensor_values(topic, payload.as_bytes());
            values.map(|values| values.map(|values| serde_json::to_string(&values).unwrap())).map_err(|e| e.to_string())
        };
        assert_eq!(
            values(MqttDialect::Json, "tele/b/SENSOR", r#"{"w":1.0}"#),
            Ok(Some(r#"{"device":"tele/b/SENSOR","values":{"w":1.0}}"#.to_owned()))
        );
        assert_eq!(values(MqttDialect::Zigbee2Mqtt, "zigbee2mqtt/a/set", "{}"), Ok(None));
        assert!(values(MqttDialect::Tasmota, "bin42/status", "online").is_err());
    }
}
