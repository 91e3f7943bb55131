//! Makers' nodes and their wills.

use super::subscriber::Subscriber;
use sim::{Broker, EspHome, HomeAssistant, Shelly, Tasmota, Zigbee};

/// Topic, payload, retained when it was published for those who were there.
async fn next(hears: &mut Subscriber) -> (String, String) {
    let publish = hears.next().await;
    (publish.topic.clone(), String::from_utf8(publish.payload.to_vec()).unwrap())
}

async fn start() -> (Broker, Subscriber) {
    let broker = Broker::start().await.unwrap();
    let hears = Subscriber::to(broker.port(), "#").await;
    (broker, hears)
}

async fn expect(hears: &mut Subscriber, topic: &str, payload: &str) {
    assert_eq!(next(hears).await, (topic.to_owned(), payload.to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_esphome_node_says_plain_text_and_nan_and_dies() {
    let (broker, mut hears) = start().await;
    let mut node = EspHome::connect(broker.port(), "bin42").await.unwrap();
    expect(&mut hears, "bin42/status", "online").await;
    node.state("weight", Some(123.4), 2).await.unwrap();
    expect(&mut hears, "bin42/sensor/weight/state", "123.40").await;
    node.state("weight", None, 2).await.unwrap();
    expect(&mut hears, "bin42/sensor/weight/state", "nan").await;
    node.binary("lid", true).await.unwrap();
    expect(&mut hears, "bin42/binary_sensor/lid/state", "ON").await;
    drop(node);
    expect(&mut hears, "bin42/status", "offline").await;
    let mut late = Subscriber::to(broker.port(), "bin42/status").await;
    assert!(late.next().await.retain);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tasmota_node_reports_and_dies() {
    let (broker, mut hears) = start().await;
    let mut node = Tasmota::connect(broker.port(), "bin42").await.unwrap();
    expect(&mut hears, "tele/bin42/LWT", "Online").await;
    node.weight(55.5).await.unwrap();
    expect(&mut hears, "tele/bin42/SENSOR", r#"{"Time":"1970-01-01T00:00:01","HX711":{"Weight":55.5}}"#).await;
    node.state(90_061).await.unwrap();
    let state = r#"{"Time":"1970-01-01T00:00:02","Uptime":"1T01:01:01","UptimeSec":90061,"Wifi":{"RSSI":70}}"#;
    expect(&mut hears, "tele/bin42/STATE", state).await;
    drop(node);
    expect(&mut hears, "tele/bin42/LWT", "Offline").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zigbee_bridge_speaks_for_its_devices() {
    let (broker, mut hears) = start().await;
    let mut bridge = Zigbee::connect(broker.port()).await.unwrap();
    expect(&mut hears, "zigbee2mqtt/bridge/state", r#"{"state":"online"}"#).await;
    bridge.state("rack/a1", r#"{"contact":true}"#).await.unwrap();
    expect(&mut hears, "zigbee2mqtt/rack/a1", r#"{"contact":true}"#).await;
    bridge.press("button1", "single", false).await.unwrap();
    expect(&mut hears, "zigbee2mqtt/button1", r#"{"action":"single","battery":88,"linkquality":120}"#).await;
    bridge.availability("rack/a1", false).await.unwrap();
    expect(&mut hears, "zigbee2mqtt/rack/a1/availability", r#"{"state":"offline"}"#).await;
    bridge.availability_plain("rack/a1", true).await.unwrap();
    expect(&mut hears, "zigbee2mqtt/rack/a1/availability", "online").await;
    bridge.press("button1", "double", true).await.unwrap();
    let mut late = Subscriber::to(broker.port(), "zigbee2mqtt/button1").await;
    assert!(late.next().await.retain, "a press that is no press any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shelly_notifies_with_its_own_time() {
    let (broker, mut hears) = start().await;
    let mut shelly = Shelly::connect(broker.port(), "shellyplus1-aabbcc").await.unwrap();
    expect(&mut hears, "shellyplus1-aabbcc/online", "true").await;
    shelly.notify("input:0", r#"{"id":0,"state":true}"#).await.unwrap();
    let notified = r#"{"src":"shellyplus1-aabbcc","dst":"shellyplus1-aabbcc/events","method":"NotifyStatus","params":{"ts":1780000000.50,"input:0":{"id":0,"state":true}}}"#;
    expect(&mut hears, "shellyplus1-aabbcc/events/rpc", notified).await;
    shelly.status("input:0", r#"{"id":0,"state":true}"#).await.unwrap();
    expect(&mut hears, "shellyplus1-aabbcc/status/input:0", r#"{"id":0,"state":true}"#).await;
    drop(shelly);
    expect(&mut hears, "shellyplus1-aabbcc/online", "false").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discovered_node_is_announced_in_both_spellings_and_removed() {
    let (broker, mut hears) = start().await;
    let mut node = HomeAssistant::connect(broker.port(), "bin42").await.unwrap();
    expect(&mut hears, "bin42/status", "online").await;
    node.announce("weight", "weight", "kg").await.unwrap();
    let (topic, config) = next(&mut hears).await;
    assert_eq!(topic, "homeassistant/sensor/bin42/weight/config");
    assert!(config.contains(r#""state_topic":"bin42/weight""#) && config.contains(r#""unit_of_measurement":"kg""#));
    node.announce_short("weight", "weight", "kg").await.unwrap();
    let (_, config) = next(&mut hears).await;
    assert!(config.contains(r#""~":"bin42""#) && config.contains(r#""stat_t":"~/weight""#));
    node.state("weight", "1.25").await.unwrap();
    expect(&mut hears, "bin42/weight", "1.25").await;
    node.remove("weight").await.unwrap();
    expect(&mut hears, "homeassistant/sensor/bin42/weight/config", "").await;
    node.availability(false).await.unwrap();
    expect(&mut hears, "bin42/status", "offline").await;
}
