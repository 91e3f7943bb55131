//! Zigbee2MQTT with its devices: the topics of its documentation.
//!
//! `zigbee2mqtt/<friendly name>` JSON, the name may hold slashes; availability beside it, as JSON or as the older plain
//! text; `zigbee2mqtt/bridge/state` of the bridge itself, retained and willed.

use super::MqttSensor;

const BRIDGE: &str = "zigbee2mqtt/bridge/state";

/// A bridge at work. Dropping it cuts the connection, and the broker says that it is offline.
#[derive(Debug)]
pub struct Zigbee(MqttSensor);

impl Zigbee {
    /// Connects to the broker on `port` of this host and says that the bridge is online.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(port: u16) -> anyhow::Result<Self> {
        let mut sensor = MqttSensor::connect_node(port, BRIDGE, r#"{"state":"offline"}"#).await?;
        sensor.publish_raw(BRIDGE, r#"{"state":"online"}"#, true).await?;
        Ok(Self(sensor))
    }

    /// Publishes what a device has said, a JSON object.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn state(&mut self, name: &str, json: &str) -> anyhow::Result<()> {
        self.0.publish_raw(&format!("zigbee2mqtt/{name}"), json, false).await
    }

    /// Somebody presses a button; `retain` is a device that is set so, whose last press every new subscriber gets.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn press(&mut self, name: &str, action: &str, retain: bool) -> anyhow::Result<()> {
        let json = format!(r#"{{"action":"{action}","battery":88,"linkquality":120}}"#);
        self.0.publish_raw(&format!("zigbee2mqtt/{name}"), json, retain).await
    }

    /// Says whether a device is there, as JSON.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn availability(&mut self, name: &str, is_online: bool) -> anyhow::Result<()> {
        let json = format!(r#"{{"state":"{}"}}"#, word(is_online));
        self.0.publish_raw(&format!("zigbee2mqtt/{name}/availability"), json, true).await
    }

    /// The same as versions before 1.30 say it.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn availability_plain(&mut self, name: &str, is_online: bool) -> anyhow::Result<()> {
        self.0.publish_raw(&format!("zigbee2mqtt/{name}/availability"), word(is_online), true).await
    }
}

const fn word(is_online: bool) -> &'static str {
    if is_online { "online" } else { "offline" }
}
