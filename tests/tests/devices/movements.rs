//! Movements that another system states over MQTT.

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use sim::{Dialect, MqttSensor};
use tests::{Broker, Checker, Emitted, Hub, Part, Site, site::file::SiteFile};

const SECTION: &str = "[[sensor]]\nname = \"storeroom\"\nbroker = \"local\"\ntopic = \"site/usage\"\ndialect = \"movements\"\n\
    feedback_topic = \"site/heard\"\n\
    fields = { id = \"id\", item = \"gtin\", quantity = \"qty\", kind = \"kind\", bin = \"bin\", actor = \"who\", lot = \"lot\" }\n\
    kinds = { consume = \"bin > used\", receive = \"vendor > bin\" }\n";

fn site(port: u16, hub: &Hub) -> SiteFile {
    Site::new("plant-7").feed("acme", hub.addr()).items("acme", ["M8-BOLT"]).broker(port).section(SECTION)
}

fn usage(id: u32, item: &str, qty: u64) -> String {
    format!(r#"{{"id":{id},"gtin":"{item}","qty":{qty},"kind":"consume","bin":"A-01","who":"op-7","lot":"L1"}}"#)
}

/// The sender, listening to what it is told.
async fn heard(port: u16) -> (AsyncClient, EventLoop) {
    let (client, mut events) = AsyncClient::new(MqttOptions::new("sender", "127.0.0.1", port), 4);
    client.subscribe("site/heard", QoS::AtLeastOnce).await.unwrap();
    while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
    (client, events)
}

async fn verdict(sender: &mut EventLoop) -> String {
    let next = async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = sender.poll().await.unwrap() {
                let told: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
                return told["verdict"].as_str().unwrap().to_owned();
            }
        }
    };
    tokio::time::timeout(tests::PATIENCE, next).await.expect("the sender is told")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_system_states_reaches_the_vendor_once() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), &hub).start().await;
    site.wait_for_status("the broker is there", |status| status.devices["local"].connected).await;
    let (_client, mut sender) = heard(broker.port()).await;
    let mut system = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
    for (id, qty) in [(1, 12), (2, 7)] {
        let part = Part::new("M8-BOLT", qty);
        emitted.mean(&part);
        system.publish_raw("site/usage", usage(id, "M8-BOLT", qty), false).await.unwrap();
        assert_eq!(verdict(&mut sender).await, "accepted");
        emitted.promise(&part);
    }
    // Sent again, by a sender that did not hear the answer; and after a restart.
    system.publish_raw("site/usage", usage(1, "M8-BOLT", 12), false).await.unwrap();
    assert_eq!(verdict(&mut sender).await, "accepted");
    site.restart().await;
    site.wait_for_status("the broker is there", |status| status.devices["local"].connected).await;
    system.publish_raw("site/usage", usage(2, "M8-BOLT", 7), false).await.unwrap();
    assert_eq!(verdict(&mut sender).await, "accepted");
    // What cannot be a movement is told so, and holds up nothing.
    system.publish_raw("site/usage", usage(3, "M8-BOLT", 0), false).await.unwrap();
    assert_eq!(verdict(&mut sender).await, "refused");
    let last = Part::new("M8-BOLT", 5);
    emitted.mean(&last);
    system.publish_raw("site/usage", usage(4, "M8-BOLT", 5), false).await.unwrap();
    assert_eq!(verdict(&mut sender).await, "accepted");
    emitted.promise(&last);
    hub.wait_for_movements(3).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
