//! The edge node, seen from a host application.

use super::subscriber::{BOUND, Subscriber};
use sim::sparkplug::{Delivery, Value, read};
use sim::{Broker, EdgeNode, EdgePlan};

/// The payload `timestamp, metrics { name: "Node Control/Rebirth", type: Boolean, value: true }`.
const REBIRTH: &[u8] =
    b"\x08\x80\x90\x92\x82\xe7\x33\x12\x21\x0a\x14Node Control/Rebirth\x18\x80\x90\x92\x82\xe7\x33\x20\x0b\x70\x01";

fn plan() -> EdgePlan {
    EdgePlan::new("PlantA", "gw01").metric("Uptime", Value::UInt64(0)).device("bin-0042").metric_in(
        "Weight",
        Value::Double(11.5),
        "kg",
    )
}

/// Topic below the group, sequence number, and name, alias and value of each metric.
type Message = (String, Option<u64>, Vec<(Option<String>, Option<u64>, Option<Value>)>);

async fn next(hears: &mut Subscriber) -> Message {
    let publish = hears.next().await;
    let (told, seq) = read(&publish.payload);
    let topic = publish.topic.trim_start_matches("spBv1.0/PlantA/").to_owned();
    (topic, seq, told.into_iter().map(|told| (told.name, told.alias, told.value)).collect())
}

fn named(name: &str, alias: Option<u64>, value: Value) -> (Option<String>, Option<u64>, Option<Value>) {
    (Some(name.to_owned()), alias, Some(value))
}

fn births(bd_seq: u64, uptime: u64, weight: f64) -> [Message; 2] {
    let node = vec![
        named("bdSeq", None, Value::UInt64(bd_seq)),
        named("Node Control/Rebirth", None, Value::Boolean(false)),
        named("Uptime", Some(1), Value::UInt64(uptime)),
    ];
    let device = vec![named("Weight", Some(2), Value::Double(weight))];
    [("NBIRTH/gw01".to_owned(), Some(0), node), ("DBIRTH/gw01/bin-0042".to_owned(), Some(1), device)]
}

fn weighed(seq: u64, weight: f64) -> Message {
    ("DDATA/gw01/bin-0042".to_owned(), Some(seq), vec![(None, Some(2), Some(Value::Double(weight)))])
}

async fn start() -> (Broker, Subscriber) {
    let broker = Broker::start().await.unwrap();
    let hears = Subscriber::to(broker.port(), "spBv1.0/PlantA/#").await;
    (broker, hears)
}

async fn expect_births(hears: &mut Subscriber, bd_seq: u64, uptime: u64, weight: f64) {
    for birth in births(bd_seq, uptime, weight) {
        assert_eq!(next(hears).await, birth);
    }
}

async fn weigh(node: &EdgeNode, weight: f64) -> Delivery {
    node.publish_device("bin-0042", &[("Weight", Value::Double(weight))]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn births_name_what_data_calls_by_alias_and_every_message_is_numbered() {
    let (broker, mut hears) = start().await;
    let node = plan().connect(broker.port()).await.unwrap();
    expect_births(&mut hears, 0, 0, 11.5).await;
    assert_eq!(weigh(&node, 12.5).await, Delivery::Sent);
    assert_eq!(next(&mut hears).await, weighed(2, 12.5));
    node.publish(&[("Uptime", Value::UInt64(9))]).await.unwrap();
    let uptime = ("NDATA/gw01".to_owned(), Some(3), vec![(None, Some(1), Some(Value::UInt64(9)))]);
    assert_eq!(next(&mut hears).await, uptime);
    for seq in (4..=255).chain(0..3) {
        weigh(&node, 1.0).await;
        assert_eq!(next(&mut hears).await.1, Some(seq));
    }
    node.bury_device("bin-0042").await.unwrap();
    assert_eq!(next(&mut hears).await, ("DDEATH/gw01/bin-0042".to_owned(), Some(3), vec![]));
    assert!(node.publish_device("bin-0043", &[]).await.is_err());
    assert!(node.publish(&[("Weight", Value::Double(0.0))]).await.is_err(), "a device's metric is not the node's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_message_is_a_gap_and_a_host_that_asks_gets_births() {
    let (broker, mut hears) = start().await;
    let node = plan().connect(broker.port()).await.unwrap();
    expect_births(&mut hears, 0, 0, 11.5).await;
    node.skip_seq(2);
    weigh(&node, 12.5).await;
    assert_eq!(next(&mut hears).await, weighed(4, 12.5));
    hears.say("spBv1.0/PlantA/NCMD/gw01", REBIRTH, false).await;
    assert_eq!(next(&mut hears).await.0, "NCMD/gw01");
    expect_births(&mut hears, 0, 0, 12.5).await;
    assert_eq!((node.rebirth_requests(), node.commands().len()), (1, 1));
    node.deaf(true);
    hears.say("spBv1.0/PlantA/NCMD/gw01", REBIRTH, false).await;
    assert_eq!(next(&mut hears).await.0, "NCMD/gw01");
    tokio::time::timeout(BOUND, async {
        while node.rebirth_requests() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    weigh(&node, 13.0).await;
    assert_eq!(next(&mut hears).await, weighed(2, 13.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_dies_by_its_will_and_is_born_with_the_next_number() {
    let (broker, mut hears) = start().await;
    let mut node = plan().connect(broker.port()).await.unwrap();
    expect_births(&mut hears, 0, 0, 11.5).await;
    node.cut().await;
    let death = hears.next().await;
    assert!(!death.retain && death.topic == "spBv1.0/PlantA/NDEATH/gw01", "{death:?}");
    let (told, seq) = read(&death.payload);
    assert_eq!(
        (told.len(), told[0].name.as_deref(), told[0].value.clone()),
        (1, Some("bdSeq"), Some(Value::UInt64(0)))
    );
    assert_eq!(seq, None);
    assert_eq!(weigh(&node, 14.0).await, Delivery::Stored);
    node.reconnect().await.unwrap();
    expect_births(&mut hears, 1, 0, 14.0).await;
    assert_eq!(next(&mut hears).await, weighed(2, 14.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_waits_for_the_primary_host_and_comes_as_historical() {
    let (broker, mut hears) = start().await;
    let node = plan().primary_host("host1").connect(broker.port()).await.unwrap();
    assert_eq!(weigh(&node, 12.0).await, Delivery::Stored);
    hears.say("spBv1.0/STATE/host1", r#"{"online":true,"timestamp":1780000000000}"#, true).await;
    expect_births(&mut hears, 0, 0, 12.0).await;
    let stored = hears.next().await;
    // Field 5 of the metric, is_historical, behind type Double.
    assert!(stored.payload.windows(4).any(|bytes| bytes == b"\x20\x0a\x28\x01"), "{:02x?}", &stored.payload[..]);
    assert_eq!(weigh(&node, 13.0).await, Delivery::Sent);
    assert_eq!(next(&mut hears).await, weighed(3, 13.0));
    hears.say("spBv1.0/STATE/host1", r#"{"online": false, "timestamp": 1780000000001}"#, true).await;
    // Until the node has heard it, it sends.
    tokio::time::timeout(BOUND, async {
        while weigh(&node, 15.0).await == Delivery::Sent {
            assert_eq!(next(&mut hears).await.2[0].2, Some(Value::Double(15.0)));
        }
    })
    .await
    .unwrap();
}
