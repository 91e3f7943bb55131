//! A sensor that publishes its weight over MQTT.
//!
//! Owns one connection and the payload of two dialects; makers' nodes with topics and a will of their own are in files
//! of their own and publish through it. Every publication is at QoS 1 and awaited: when it returns, the broker has it,
//! so a test need not guess. Must not know who subscribes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Packet, QoS};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

mod esphome;
mod home_assistant;
mod shelly;
mod tasmota;
mod zigbee;

pub use esphome::EspHome;
pub use home_assistant::HomeAssistant;
pub use shelly::Shelly;
pub use tasmota::Tasmota;
pub use zigbee::Zigbee;

/// Longer than any broker under test stays away.
const ACK_TIMEOUT: Duration = Duration::from_secs(30);

const RECONNECT_DELAY: Duration = Duration::from_millis(50);

/// rumqttc's default of 10 KiB is less than what tests of the agent's limit send.
const PACKET_LEN_MAX: usize = 1024 * 1024;

/// Tells the clients of one process apart; a broker drops the older of two with one name.
static CLIENTS: AtomicU64 = AtomicU64::new(0);

/// How the payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"id":7,"weight":123.4,"unit":"g","stable":true}`
    Json,
    /// `{"Time":"…","HX711":{"Weight":123.4}}`, without a stability flag
    Tasmota,
}

/// A connected sensor. Dropping it cuts the connection without a goodbye, as a power cut would.
#[derive(Debug)]
pub struct MqttSensor {
    client: AsyncClient,
    acks: mpsc::UnboundedReceiver<()>,
    connection: JoinHandle<()>,
    topic: String,
    dialect: Dialect,
    published: u64,
    last: Option<String>,
}

impl MqttSensor {
    /// Connects to the broker on `port` of this host; publications go to `topic` as it is (`tele/bin42/SENSOR`).
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(port: u16, topic: &str, dialect: Dialect) -> anyhow::Result<Self> {
        Self::connect_with(port, topic, dialect, None).await
    }

    /// Connects a node that publishes on topics of its own, and whose retained `will` at this topic the broker
    /// publishes when the connection is cut.
    async fn connect_node(port: u16, topic: &str, will: &str) -> anyhow::Result<Self> {
        let will = LastWill::new(topic, will, QoS::AtLeastOnce, true);
        Self::connect_with(port, topic, Dialect::Json, Some(will)).await
    }

    async fn connect_with(port: u16, topic: &str, dialect: Dialect, will: Option<LastWill>) -> anyhow::Result<Self> {
        let id = format!("sensor-{}-{}", std::process::id(), CLIENTS.fetch_add(1, Ordering::Relaxed));
        let mut options = MqttOptions::new(id, "127.0.0.1", port);
        options.set_max_packet_size(PACKET_LEN_MAX, PACKET_LEN_MAX);
        // With a clean session rumqttc forgets on reconnect what was not acknowledged.
        options.set_clean_session(false);
        if let Some(will) = will {
            options.set_last_will(will);
        }
        let (client, mut events) = AsyncClient::new(options, 16);
        loop {
            let event = timeout(ACK_TIMEOUT, events.poll()).await.context("wait for broker")?;
            if let Event::Incoming(Packet::ConnAck(_)) = event.context("connect to broker")? {
                break;
            }
        }
        let (acked, acks) = mpsc::unbounded_channel();
        let connection = tokio::spawn(run(events, acked));
        Ok(Self { client, acks, connection, topic: topic.to_owned(), dialect, published: 0, last: None })
    }

    /// Publishes a weight and returns when the broker has acknowledged it. Each publication has the next id, from 1.
    ///
    /// # Errors
    /// When the broker does not acknowledge.
    pub async fn publish(&mut self, grams: f64, stable: bool) -> anyhow::Result<()> {
        self.published += 1;
        let payload = match self.dialect {
            Dialect::Json => {
                format!(r#"{{"id":{},"weight":{grams},"unit":"g","stable":{stable}}}"#, self.published)
            }
            // A node without a clock starts at the epoch: the agent must not care.
            Dialect::Tasmota => format!(
                r#"{{"Time":"1970-01-01T{:02}:{:02}:{:02}","HX711":{{"Weight":{grams}}}}}"#,
                self.published / 3600 % 24,
                self.published / 60 % 60,
                self.published % 60
            ),
        };
        self.last = Some(payload.clone());
        let topic = self.topic.clone();
        self.publish_raw(&topic, payload, false).await
    }

    /// Publishes a weight, and the very same message again: what a redelivery at QoS 1 looks like to a subscriber.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub async fn publish_twice(&mut self, grams: f64, stable: bool) -> anyhow::Result<()> {
        self.publish(grams, stable).await?;
        let topic = self.topic.clone();
        let payload = self.last.clone().context("repeat: nothing was published")?;
        self.publish_raw(&topic, payload, false).await
    }

    /// Publishes anything anywhere, awaiting the acknowledgement: last wills, retained state, payloads of nonsense.
    /// Not cancel-safe: the next publication would take a late acknowledgement for its own.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub async fn publish_raw(&mut self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) -> anyhow::Result<()> {
        // One in flight, so the next acknowledgement is this publication's.
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await.context("publish")?;
        match timeout(ACK_TIMEOUT, self.acks.recv()).await {
            Ok(Some(())) => Ok(()),
            Ok(None) => bail!("publish to {topic}: the connection has ended"),
            Err(_) => bail!("publish to {topic}: the broker does not acknowledge"),
        }
    }
}

impl Drop for MqttSensor {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Drives the connection, for ever; after a loss rumqttc sends again what was not acknowledged.
async fn run(mut events: EventLoop, acked: mpsc::UnboundedSender<()>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(_))) if acked.send(()).is_err() => return,
            Ok(_) => {}
            Err(_lost) => sleep(RECONNECT_DELAY).await,
        }
    }
}
