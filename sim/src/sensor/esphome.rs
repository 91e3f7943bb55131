//! An ESPHome node: its MQTT component's topics.
//!
//! `<node>/status` online or offline, retained and willed; `<node>/sensor/<name>/state` plain text, retained, `nan` for
//! a reading that failed.

use super::MqttSensor;

/// A node at work. Dropping it cuts the connection, and the broker says `offline`.
#[derive(Debug)]
pub struct EspHome {
    sensor: MqttSensor,
    node: String,
}

impl EspHome {
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

    /// Publishes a reading of the sensor `name` with so many decimals; `None` is one that failed.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn state(&mut self, name: &str, value: Option<f64>, decimals: usize) -> anyhow::Result<()> {
        let payload = value.map_or_else(|| "nan".to_owned(), |value| format!("{value:.decimals$}"));
        self.sensor.publish_raw(&format!("{}/sensor/{name}/state", self.node), payload, true).await
    }

    /// Publishes a contact or a button: `ON` or `OFF`.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn binary(&mut self, name: &str, is_on: bool) -> anyhow::Result<()> {
        let payload = if is_on { "ON" } else { "OFF" };
        self.sensor.publish_raw(&format!("{}/binary_sensor/{name}/state", self.node), payload, true).await
    }
}
