//! Broker and sensor; the last hop may lead through the faulty line.

use super::subscriber::{BOUND, Subscriber};
use sim::{Broker, Dialect, MqttSensor, Wan};
use tokio::time::timeout;

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
