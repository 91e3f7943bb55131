//! The agent as the primary host of a Sparkplug edge node: births, aliases, gaps, deaths, and its own comings and goings.

use sim::{
    EdgePlan,
    sparkplug::{Delivery, Value},
};
use tests::{Checker, Emitted, Hub, PATIENCE, Site, broker::Mosquitto, eventually, site::file::SiteFile};

const TARE: f64 = 100.0;
const PIECE: f64 = 10.0;

fn grams(pieces: u32) -> Value {
    Value::Double(TARE + PIECE * f64::from(pieces))
}

fn site(hub: &Hub, port: u16) -> SiteFile {
    Site::new("plant-7").feed("acme", hub.addr()).section(format_args!(
        "[[item]]\ncode = \"WASHER\"\nfeed = \"acme\"\npiece_weight_g = {PIECE}\n\
         [[bin]]\nname = \"A-01\"\nitem = \"WASHER\"\ntare_g = {TARE}\n\
         [[broker]]\nname = \"plant\"\nhost = \"127.0.0.1\"\nport = {port}\nsparkplug_host = \"binwire\"\n\
         [[sensor]]\nname = \"scale-1\"\nbroker = \"plant\"\ntopic = \"Plant/gw/rack\"\nobject = \"A-01/weight\"\n\
         unit = \"g\"\ndialect = \"sparkplug\"\nbin = \"A-01\"\nsettle_readings = 1\n"
    ))
}

fn plan() -> EdgePlan {
    EdgePlan::new("Plant", "gw")
        .metric("uptime", Value::Int64(5))
        .device("rack")
        .metric("temperature", Value::Double(21.5))
        .metric("A-01/weight", grams(0))
        .primary_host("binwire")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_followed_through_gaps_deaths_and_the_agents_own_absence() {
    let test = "a_node_is_followed_through_gaps_deaths_and_the_agents_own_absence";
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(&hub, broker.port()).start().await;
    site.wait_for_status("the broker is there", |status| status.devices["plant"].connected).await;
    let mut node = plan().connect(broker.port()).await.unwrap();
    site.wait_for_status("the node is born", |status| status.devices["scale-1"].connected).await;
    let fill = async |node: &sim::EdgeNode, pieces: u32| {
        emitted.level("WASHER", "A-01", pieces.into());
        node.publish_device("rack", &[("A-01/weight", grams(pieces))]).await.unwrap();
    };
    // Data by alias alone.
    fill(&node, 40).await;
    site.wait_until_accepted(1).await;
    fill(&node, 38).await;
    site.wait_until_accepted(2).await;

    // A message is lost: what it said nobody knows, so everything is asked for again, and nothing is made up.
    node.skip_seq(1);
    node.publish(&[("uptime", Value::Int64(6))]).await.unwrap();
    eventually(PATIENCE, "the node is asked to be born again", async || (node.rebirth_requests() > 0).then_some(()))
        .await;
    fill(&node, 35).await;
    site.wait_until_accepted(3).await;

    // The node loses its power; its broker says its death.
    node.cut().await;
    site.wait_for_status("the node is dead", |status| !status.devices["scale-1"].connected).await;
    node.reconnect().await.unwrap();
    site.wait_for_status("the node is born again", |status| status.devices["scale-1"].connected).await;
    fill(&node, 30).await;
    site.wait_until_accepted(4).await;

    // A device alone dies and comes back with the next birth.
    node.bury_device("rack").await.unwrap();
    site.wait_for_status("the device is dead", |status| !status.devices["scale-1"].connected).await;
    node.rebirth().await.unwrap();
    site.wait_for_status("the device is back", |status| status.devices["scale-1"].connected).await;

    // The agent goes: its host state says so, and the node keeps what it measures. That is the past when it comes.
    site.stop().await;
    eventually(PATIENCE, "the node has heard that its host is gone", async || {
        let delivery = node.publish_device("rack", &[("A-01/weight", grams(12))]).await.unwrap();
        (delivery == Delivery::Stored).then_some(())
    })
    .await;
    node.publish_device("rack", &[("A-01/weight", grams(25))]).await.unwrap();
    site.start().await;
    site.wait_for_status("the node is born for the new host", |status| status.devices["scale-1"].connected).await;
    fill(&node, 25).await;
    site.wait_until_accepted(5).await;
    let moved: Vec<u64> = site.accepted().iter().map(|accepted| accepted.qty).collect();
    assert_eq!(moved, [40, 2, 3, 5, 5], "the past is no level");
    hub.wait_for_movements(5).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
