//! A node that announces its sensors by Home Assistant's MQTT discovery.
//!
//! `homeassistant/sensor/<node>/<object>/config` retained JSON, an empty one takes it back; the state and the node's
//! availability stand where the announcement says, here `<node>/<object>` and `<node>/status`.

use super::MqttSensor;

/// A node at work. Dropping it cuts the connection, and the broker says `offline`.
#[derive(Debug)]
pub struct HomeAssistant {
    sensor: MqttSensor,
    node: String,
}

impl HomeAssistant {
    /// Connects to the broker on `port` of this host and says `online`.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(port: u16, node: &str) -> anyhow::Result<Self> {
        let topic = format!("{node}/status");
        let mut sensor = MqttSensor::connect_node(port, &topic, "offline").await?;
        sensor.publish_raw(&topic, "online", true).await?;
        Ok(Self { sensor, node: node.to_owned() })
    }

    /// Announces a sensor of this device class and unit.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn announce(&mut self, object: &str, class: &str, unit: &str) -> anyhow::Result<()> {
        let node = &self.node;
        let config = format!(
            r#"{{"name":"{object}","state_topic":"{node}/{object}","unit_of_measurement":"{unit}","device_class":"{class}","unique_id":"{node}_{object}","availability_topic":"{node}/status"}}"#
        );
        self.publish_config(object, config).await
    }

    /// The same with the short keys and a base topic.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn announce_short(&mut self, object: &str, class: &str, unit: &str) -> anyhow::Result<()> {
        let node = &self.node;
        let config = format!(
            r#"{{"~":"{node}","name":"{object}","stat_t":"~/{object}","unit_of_meas":"{unit}","dev_cla":"{class}","uniq_id":"{node}_{object}","avty_t":"~/status"}}"#
        );
        self.publish_config(object, config).await
    }

    /// Takes an announcement back.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn remove(&mut self, object: &str) -> anyhow::Result<()> {
        self.publish_config(object, String::new()).await
    }

    /// Publishes a sensor's state as plain text.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn state(&mut self, object: &str, state: &str) -> anyhow::Result<()> {
        self.sensor.publish_raw(&format!("{}/{object}", self.node), state, false).await
    }

    /// Says whether the node is there.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn availability(&mut self, is_online: bool) -> anyhow::Result<()> {
        let word = if is_online { "online" } else { "offline" };
        self.sensor.publish_raw(&format!("{}/status", self.node), word, true).await
    }

    async fn publish_config(&mut self, object: &str, config: String) -> anyhow::Result<()> {
        let topic = format!("homeassistant/sensor/{}/{object}/config", self.node);
        self.sensor.publish_raw(&topic, config, true).await
    }
}
