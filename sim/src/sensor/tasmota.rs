//! A Tasmota node with an HX711: its telemetry topics.
//!
//! `tele/<node>/LWT` Online or Offline, retained and willed; `tele/<node>/SENSOR` and `tele/<node>/STATE` JSON. The
//! clock starts at the epoch, as a node's without a time server does, and goes on by a second with each message.

use super::MqttSensor;

/// A node at work. Dropping it cuts the connection, and the broker says `Offline`.
#[derive(Debug)]
pub struct Tasmota {
    sensor: MqttSensor,
    node: String,
    seconds: u64,
}

impl Tasmota {
    /// Connects to the broker on `port` of this host and says `Online`.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(port: u16, node: &str) -> anyhow::Result<Self> {
        let topic = format!("tele/{node}/LWT");
        let mut sensor = MqttSensor::connect_node(port, &topic, "Offline").await?;
        sensor.publish_raw(&topic, "Online", true).await?;
        Ok(Self { sensor, node: node.to_owned(), seconds: 0 })
    }

    /// Publishes a weight, in the unit the node is set to.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn weight(&mut self, weight: f64) -> anyhow::Result<()> {
        let payload = format!(r#"{{"Time":"{}","HX711":{{"Weight":{weight}}}}}"#, self.time());
        self.sensor.publish_raw(&format!("tele/{}/SENSOR", self.node), payload, false).await
    }

    /// Publishes what it says of itself; the uptime shows a restart.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn state(&mut self, uptime_seconds: u64) -> anyhow::Result<()> {
        let clock = clock(uptime_seconds);
        let days = uptime_seconds / 86_400;
        let payload = format!(
            r#"{{"Time":"{}","Uptime":"{days}T{clock}","UptimeSec":{uptime_seconds},"Wifi":{{"RSSI":70}}}}"#,
            self.time()
        );
        self.sensor.publish_raw(&format!("tele/{}/STATE", self.node), payload, false).await
    }

    fn time(&mut self) -> String {
        self.seconds += 1;
        format!("1970-01-01T{}", clock(self.seconds))
    }
}

fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}
