//! The agent is asked to stop while there is much to do.

use sim::{Scanner, Suffix};
use tests::{Checker, Emitted, Hub, PATIENCE, Publisher, Site, broker::Mosquitto};

const ITEMS: [&str; 2] = ["M8-BOLT", "SEAL-40"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_full_flow_is_clean_and_loses_nothing() {
    let Some(broker) = Mosquitto::start_or_skip("a_stop_in_full_flow_is_clean_and_loses_nothing").await else {
        return;
    };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
    let file = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").batch_records(10);
    let mut site = file.start().await;
    let flow = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await.keep_on(1_000);
    for life in 1..=5 {
        site.wait_until_accepted(life * 100).await;
        // Ends with status 0, or this panics.
        site.restart().await;
    }
    let last = flow.stop().await.publish().await;
    site.wait_until_accepted_part(&last).await;
    let verdict = Checker::new(&emitted).judge(&mut site, &mut hub).await;
    tests::skip::say(&format!("stops in full flow: {verdict}"));
    verdict.assert_clean();
    // Nobody was killed: every record was also told.
    assert_eq!(verdict.accepted, verdict.recorded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_line_that_costs_has_carried_is_still_known_after_a_stop() {
    let hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).monthly_budget_mb(50);
    let file = file.station("goods-in").scanner("scanner-1", "goods-in");
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::Cr).unwrap();
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    scanner.scan("M8-BOLT").await.unwrap();
    hub.wait_for_movements(1).await;
    site.wait_until_settled(PATIENCE).await;
    let before = carried(&site);
    assert!(before > 0);
    site.restart().await;
    assert!(carried(&site) >= before, "{before} bytes are forgotten");
}

/// Bytes of this month.
fn carried(site: &Site) -> u64 {
    let said = site.command(&["send-now", "--json"]);
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    said["used_bytes"].as_u64().unwrap()
}
