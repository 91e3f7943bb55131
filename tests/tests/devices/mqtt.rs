//! Every MQTT dialect over a broker, in both versions of MQTT.

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use sim::{Dialect, MqttSensor};
use tests::{Broker, Checker, Emitted, Hub, Part, Site, broker::Mosquitto, site::file::SiteFile};

/// Grams of a piece and of the empty container.
const PIECE: u32 = 10;
const TARE: u32 = 100;

/// One sensor of a dialect: its section, and how a node of it says so many grams.
struct Node {
    name: &'static str,
    section: &'static str,
    /// Topic, payload and whether it is retained, to be sent once before anything else.
    first: &'static [(&'static str, &'static str)],
    topic: &'static str,
    payload: fn(u32) -> String,
    gone: Option<(&'static str, &'static str)>,
    back: Option<(&'static str, &'static str)>,
}

const NODES: [Node; 6] = [
    Node {
        name: "json",
        section: "topic = \"bins/1\"\ndialect = \"json\"\nunit = \"g\"\nfields = { weight = \"data.w\" }",
        first: &[],
        topic: "bins/1",
        payload: |grams| format!(r#"{{"data":{{"w":{grams}}}}}"#),
        gone: None,
        back: None,
    },
    Node {
        name: "tasmota",
        section: "topic = \"bin2\"\ndialect = \"tasmota\"",
        first: &[("tele/bin2/LWT", "Online")],
        topic: "tele/bin2/SENSOR",
        payload: |grams| format!(r#"{{"Time":"1970-01-01T00:00:05","HX711":{{"Weight":{grams}}}}}"#),
        gone: Some(("tele/bin2/LWT", "Offline")),
        back: Some(("tele/bin2/LWT", "Online")),
    },
    Node {
        name: "esphome",
        section: "topic = \"bin3\"\nobject = \"weight\"\ndialect = \"esphome\"\nunit = \"kg\"",
        first: &[("bin3/status", "online")],
        topic: "bin3/sensor/weight/state",
        payload: |grams| format!("{}.{:03}", grams / 1000, grams % 1000),
        gone: Some(("bin3/status", "offline")),
        back: Some(("bin3/status", "online")),
    },
    Node {
        name: "zigbee2mqtt",
        section: "topic = \"rack/a1\"\nobject = \"weight\"\ndialect = \"zigbee2mqtt\"\nunit = \"g\"",
        first: &[("zigbee2mqtt/bridge/state", "{\"state\":\"online\"}")],
        topic: "zigbee2mqtt/rack/a1",
        payload: |grams| format!(r#"{{"weight":{grams},"battery":88}}"#),
        gone: Some(("zigbee2mqtt/rack/a1/availability", "{\"state\":\"offline\"}")),
        back: Some(("zigbee2mqtt/rack/a1/availability", "{\"state\":\"online\"}")),
    },
    Node {
        name: "shelly",
        section: "topic = \"shelly-5\"\nobject = \"voltmeter:100.xvoltage\"\ndialect = \"shelly\"\nunit = \"g\"",
        first: &[("shelly-5/online", "true")],
        topic: "shelly-5/events/rpc",
        payload: |grams| {
            format!(
                r#"{{"src":"shelly-5","method":"NotifyStatus","params":{{"ts":1780000000.1,"voltmeter:100":{{"id":100,"xvoltage":{grams}}}}}}}"#
            )
        },
        gone: Some(("shelly-5/online", "false")),
        back: Some(("shelly-5/online", "true")),
    },
    Node {
        name: "homeassistant",
        section: "topic = \"homeassistant/sensor/bin6/weight/config\"\ndialect = \"homeassistant\"",
        first: &[
            (
                "homeassistant/sensor/bin6/weight/config",
                r#"{"~":"node/6","stat_t":"~/state","val_tpl":"{{ value_json.w }}","unit_of_meas":"g","avty_t":"~/alive","name":"Bin 6"}"#,
            ),
            ("node/6/alive", "online"),
        ],
        topic: "node/6/state",
        payload: |grams| format!(r#"{{"w":{grams},"t":21.5}}"#),
        gone: Some(("node/6/alive", "offline")),
        back: Some(("node/6/alive", "online")),
    },
];

fn names(node: &Node) -> (String, String, String) {
    (format!("sensor-{}", node.name), format!("B-{}", node.name), format!("IT-{}", node.name))
}

fn site(hub: &Hub, port: u16, version: &str) -> SiteFile {
    let file = Site::new("plant-7").feed("acme", hub.addr()).section(format_args!(
        "[[broker]]\nname = \"local\"\nhost = \"127.0.0.1\"\nport = {port}\nversion = \"{version}\"\n"
    ));
    NODES.iter().fold(file, |file, node| {
        let (name, bin, item) = names(node);
        file.section(format_args!(
            "[[item]]\ncode = \"{item}\"\nfeed = \"acme\"\npiece_weight_g = {PIECE}\n\
             [[bin]]\nname = \"{bin}\"\nitem = \"{item}\"\ntare_g = {TARE}\n\
             [[sensor]]\nname = \"{name}\"\nbroker = \"local\"\nbin = \"{bin}\"\nsettle_readings = 1\n{}\n",
            node.section
        ))
    })
}

/// Says a level.
async fn fill(sensor: &mut MqttSensor, node: &Node, emitted: &Emitted, pieces: u32) {
    let (_, bin, item) = names(node);
    emitted.level(&item, &bin, pieces.into());
    sensor.publish_raw(node.topic, (node.payload)(TARE + PIECE * pieces), false).await.unwrap();
}

async fn every_dialect(version: &str, test: &str) {
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut sensor = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
    for (topic, payload) in NODES.iter().flat_map(|node| node.first) {
        sensor.publish_raw(topic, *payload, true).await.unwrap();
    }
    let mut site = site(&hub, broker.port(), version).start().await;
    // A node that is there need not have weighed yet.
    let known = |device: &tests::site::status::Device| device.connected && device.problem.is_none();
    site.wait_for_status("every sensor is there", |status| {
        NODES.iter().all(|node| known(&status.devices[&names(node).0]))
    })
    .await;
    // A discovered sensor is heard once its state is subscribed to.
    tests::eventually(tests::PATIENCE, "the discovered sensor is heard", async || {
        let node = &NODES[5];
        sensor.publish_raw(node.topic, (node.payload)(TARE), false).await.unwrap();
        (site.status().await.devices[&names(node).0].readings > 0).then_some(())
    })
    .await;
    for (pieces, node) in (3..).zip(&NODES) {
        fill(&mut sensor, node, &emitted, pieces).await;
    }
    site.wait_until_accepted(NODES.len()).await;

    for (topic, payload) in NODES.iter().filter_map(|node| node.gone) {
        sensor.publish_raw(topic, payload, true).await.unwrap();
    }
    site.wait_for_status("those with a last will are gone", |status| {
        NODES.iter().all(|node| node.gone.is_none() || !status.devices[&names(node).0].connected)
    })
    .await;
    for (topic, payload) in NODES.iter().filter_map(|node| node.back) {
        sensor.publish_raw(topic, payload, true).await.unwrap();
    }
    for (pieces, node) in (1..).zip(&NODES) {
        fill(&mut sensor, node, &emitted, pieces).await;
    }
    site.wait_until_accepted(2 * NODES.len()).await;
    hub.wait_for_movements(2 * NODES.len()).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_is_counted_over_mqtt_3() {
    every_dialect("3.1.1", "every_dialect_is_counted_over_mqtt_3").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_is_counted_over_mqtt_5() {
    every_dialect("5", "every_dialect_is_counted_over_mqtt_5").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_again_at_zero_has_used_nothing() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let node = &NODES[1];
    let mut site = site(&hub, broker.port(), "3.1.1").start().await;
    let mut sensor = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
    sensor.publish_raw("tele/bin2/LWT", "Online", true).await.unwrap();
    fill(&mut sensor, node, &emitted, 40).await;
    site.wait_until_accepted(1).await;
    // A power cut: its will, then it is up again and shows less than the empty container until it is set.
    for (topic, payload) in [("tele/bin2/LWT", "Offline"), ("tele/bin2/LWT", "Online")] {
        sensor.publish_raw(topic, payload, true).await.unwrap();
    }
    for _ in 0..3 {
        sensor.publish_raw(node.topic, (node.payload)(0), false).await.unwrap();
    }
    let status = site.wait_for_status("the bin is off its scale", |status| status.names("bin is off its scale")).await;
    assert!(status.devices["sensor-tasmota"].trouble().is_some(), "{:?}", status.problems);
    fill(&mut sensor, node, &emitted, 38).await;
    site.wait_until_accepted(2).await;
    assert_eq!(site.accepted()[1].qty, 2);
    hub.wait_for_movements(2).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

/// A display at the bin, which shows what its topic says.
async fn display(port: u16, topic: &str) -> (AsyncClient, EventLoop) {
    let (client, mut events) = AsyncClient::new(MqttOptions::new("display", "127.0.0.1", port), 4);
    client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
    while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
    (client, events)
}

async fn shown(display: &mut EventLoop) -> serde_json::Value {
    let next = async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = display.poll().await.unwrap() {
                return serde_json::from_slice(&publish.payload).unwrap();
            }
        }
    };
    tokio::time::timeout(tests::PATIENCE, next).await.expect("the display shows something")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_press_counts_once_and_a_retained_one_never() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut sensor = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
    let press = r#"{"action":"single","battery":88}"#;
    sensor.publish_raw("zigbee2mqtt/button-1", press, true).await.unwrap();
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ["M8-BOLT"]).broker(broker.port());
    let mut site = file
        .station("goods-in")
        .section(
            "[[sensor]]\nname = \"button\"\nbroker = \"local\"\nstation = \"goods-in\"\ntopic = \"button-1\"\n\
             dialect = \"zigbee2mqtt\"\nactions = { single = \"M8-BOLT\", double = \"BW:DANCE\" }\nfeedback_topic = \"feedback/button-1\"\n",
        )
        .start()
        .await;
    site.wait_for_status("the broker is there", |status| status.devices["button"].connected).await;
    let (_client, mut display) = display(broker.port(), "feedback/button-1").await;
    let part = Part::new("M8-BOLT", 1);
    for _ in 0..2 {
        emitted.mean(&part);
        sensor.publish_raw("zigbee2mqtt/button-1", press, false).await.unwrap();
        sensor.publish_raw("zigbee2mqtt/button-1", r#"{"action":"","battery":88}"#, false).await.unwrap();
        emitted.promise(&part);
        assert_eq!(shown(&mut display).await["verdict"], "accepted");
    }
    // The line in the log reaches the test later than the answer reached the display.
    site.wait_until_accepted(2).await;
    // A button of nonsense hears of it.
    sensor.publish_raw("zigbee2mqtt/button-1", r#"{"action":"double"}"#, false).await.unwrap();
    assert_eq!(shown(&mut display).await["verdict"], "refused");
    hub.wait_for_movements(2).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_that_is_taken_back_before_it_counts_does_not_count() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(&hub, broker.port(), "3.1.1").start().await;
    let mut sensor = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
    let (json, esphome) = (&NODES[0], &NODES[2]);
    site.wait_for_status("the broker is there", |status| status.devices["local"].connected).await;
    // Weighed, and in the next moment the load cell fails; weighed, and in the next moment the node is gone.
    sensor.publish_raw(json.topic, (json.payload)(TARE + 7 * PIECE), false).await.unwrap();
    sensor.publish_raw(json.topic, r#"{"data":{"w":null}}"#, false).await.unwrap();
    sensor.publish_raw(esphome.topic, (esphome.payload)(TARE + 7 * PIECE), false).await.unwrap();
    sensor.publish_raw("bin3/status", "offline", false).await.unwrap();
    site.wait_for_status("both are known to be wrong", |status| {
        status.devices["sensor-json"].trouble().is_some() && !status.devices["sensor-esphome"].connected
    })
    .await;
    // A level said later counts when those before it have stood for as long as they would.
    fill(&mut sensor, &NODES[4], &emitted, 5).await;
    site.wait_until_accepted(1).await;
    sensor.publish_raw("bin3/status", "online", false).await.unwrap();
    for node in [json, esphome] {
        fill(&mut sensor, node, &emitted, 3).await;
    }
    site.wait_until_accepted(3).await;
    let moved: Vec<u64> = site.accepted().iter().map(|accepted| accepted.qty).collect();
    assert_eq!(moved, [5, 3, 3]);
    hub.wait_for_movements(3).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discovered_sensor_is_heard_again_after_its_broker_has_lost_its_memory() {
    let test = "a_discovered_sensor_is_heard_again_after_its_broker_has_lost_its_memory";
    let Some(mut broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(&hub, broker.port(), "3.1.1").start().await;
    let node = &NODES[5];
    let name = names(node).0;
    for (life, pieces) in [40, 35].into_iter().enumerate() {
        let mut sensor = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
        for (topic, payload) in node.first {
            sensor.publish_raw(topic, *payload, true).await.unwrap();
        }
        emitted.level(&names(node).2, &names(node).1, pieces.into());
        tests::eventually(tests::PATIENCE, &format!("life {life}: the sensor is heard"), async || {
            sensor.publish_raw(node.topic, (node.payload)(TARE + PIECE * pieces), false).await.unwrap();
            (site.accepted().len() > life).then_some(())
        })
        .await;
        drop(sensor);
        if life == 0 {
            broker.kill_and_forget();
            site.wait_for_status("the broker is gone", |status| !status.devices[&name].connected).await;
            broker.begin().await;
        }
    }
    hub.wait_for_movements(2).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
