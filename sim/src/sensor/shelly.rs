//! A Shelly of the second generation: its MQTT component.
//!
//! `<id>/online` true or false, retained and willed; `<id>/events/rpc` notifications; `<id>/status/<component>` where
//! that is switched on.

use super::MqttSensor;

/// A device at work. Dropping it cuts the connection, and the broker says `false`.
#[derive(Debug)]
pub struct Shelly {
    sensor: MqttSensor,
    id: String,
    /// Seconds since 1970, of its own clock.
    clock: f64,
}

impl Shelly {
    /// Connects to the broker on `port` of this host and says `true`.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(port: u16, id: &str) -> anyhow::Result<Self> {
        let topic = format!("{id}/online");
        let mut sensor = MqttSensor::connect_node(port, &topic, "false").await?;
        sensor.publish_raw(&topic, "true", true).await?;
        Ok(Self { sensor, id: id.to_owned(), clock: 1_780_000_000.0 })
    }

    /// Tells a change of a component (`input:0`), a JSON object; its clock goes on by half a second.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn notify(&mut self, component: &str, json: &str) -> anyhow::Result<()> {
        self.clock += 0.5;
        let (id, clock) = (&self.id, self.clock);
        let payload = format!(
            r#"{{"src":"{id}","dst":"{id}/events","method":"NotifyStatus","params":{{"ts":{clock:.2},"{component}":{json}}}}}"#
        );
        self.sensor.publish_raw(&format!("{id}/events/rpc"), payload, false).await
    }

    /// Publishes the whole status of a component, a JSON object.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn status(&mut self, component: &str, json: &str) -> anyhow::Result<()> {
        self.sensor.publish_raw(&format!("{}/status/{component}", self.id), json, false).await
    }
}
