//! Broker and sensor, seen from a subscriber; the last hop may lead through the faulty line.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use sim::{Broker, Dialect, MqttSensor, Wan};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(30);

struct Subscriber {
    _client: AsyncClient,
    events: EventLoop,
}

impl Subscriber {
    /// Connects and returns once the subscription is in force.
    async fn to(port: u16, filter: &str) -> Self {
        let mut options = MqttOptions::new("subscriber", "127.0.0.1", port);
        options.set_max_packet_size(1024 * 1024, 1024 * 1024);
        let (client, events) = AsyncClient::new(options, 16);
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        let mut subscriber = Self { _client: client, events };
        while !matches!(subscriber.event().await, Packet::SubAck(_)) {}
        subscriber
    }

    async fn event(&mut self) -> Packet {
        loop {
            if let Event::Incoming(packet) = timeout(BOUND, self.events.poll()).await.unwrap().unwrap() {
                return packet;
            }
        }
    }

    async fn next(&mut self) -> Publish {
        loop {
            if let Packet::Publish(publish) = self.event().await {
                return publish;
            }
        }
    }

    async fn payload(&mut self) -> String {
        String::from_utf8(self.next().await.payload.to_vec()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_weight_arrives_at_a_subscriber() {
    let broker = Broker::start().await.unwrap();
    let mut hears = Subscriber::to(broker.port(), "bins/42").await;
    let mut sensor = MqttSensor::connect(broker.port(), "bins/42", Dialect::Json).await.unwrap();
    sensor.publish(123.4, true).await.unwrap();
    assert_eq!(hears.payload().await, r#"{"id":1,"weight":123.4,"unit":"g","stable":true}"#);
    sensor.publish_twice(120.0, false).await.unwrap();
    let second = r#"{"id":2,"weight":120,"unit":"g","stable":false}"#;
    assert_eq!((hears.payload().await, hears.payload().await), (second.to_owned(), second.to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tasmota_node_reports_and_leaves_its_state_behind() {
    let broker = Broker::start().await.unwrap();
    let mut node = MqttSensor::connect(broker.port(), "tele/bin42/SENSOR", Dialect::Tasmota).await.unwrap();
    node.publish_raw("tele/bin42/LWT", "Online", true).await.unwrap();
    let mut hears = Subscriber::to(broker.port(), "tele/bin42/+").await;
    let state = hears.next().await;
    assert!(state.retain && &state.payload[..] == b"Online", "{state:?}");
    node.publish(55.5, true).await.unwrap();
    assert_eq!(hears.payload().await, r#"{"Time":"1970-01-01T00:00:01","HX711":{"Weight":55.5}}"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker_carries_more_than_an_agent_will_take() {
    let broker = Broker::start().await.unwrap();
    let mut hears = Subscriber::to(broker.port(), "big").await;
    let mut sensor = MqttSensor::connect(broker.port(), "big", Dialect::Json).await.unwrap();
    sensor.publish_raw("big", vec![b'x'; 512 * 1024], false).await.unwrap();
    assert_eq!(hears.next().await.payload.len(), 512 * 1024);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sensor_sends_again_what_a_cut_line_has_swallowed() {
    let broker = Broker::start().await.unwrap();
    let wan = Wan::to(broker.addr()).await.unwrap();
    let mut hears = Subscriber::to(broker.port(), "bins/43").await;
    let mut sensor = MqttSensor::connect(wan.addr().port(), "bins/43", Dialect::Json).await.unwrap();
    sensor.publish(1.0, true).await.unwrap();
    assert!(hears.payload().await.contains("\"id\":1"));
    wan.down();
    let publishing = tokio::spawn(async move { sensor.publish(2.0, true).await });
    wan.up();
    timeout(BOUND, publishing).await.unwrap().unwrap().unwrap();
    assert!(hears.payload().await.contains("\"id\":2"));
}
