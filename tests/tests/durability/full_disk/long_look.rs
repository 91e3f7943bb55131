//! Somebody looks into the ledger for long (a backup, a person with a shell): the log cannot begin anew, grows, counts
//! against the ledger's room, and shrinks when the look ends.

use tests::{Broker, Emitted, Hub, Publisher, Site, skip::say};

use super::{log_bytes, look};

const ITEMS: [&str; 2] = ["M8-BOLT", "SEAL-40"];

/// What a log is cut back to.
const LOG_KEPT: u64 = 4 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_a_long_look_keeps_from_shrinking_counts_and_shrinks_afterwards() {
    let test = "a_log_that_a_long_look_keeps_from_shrinking_counts_and_shrinks_afterwards";
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::of(&[("plant-7", "acme")]);
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
    let file = file.section("[storage]\nbudget_mb = 8\nballast_mb = 0\n");
    let mut site = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").start().await;
    let gateway = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    let before = site.status().await.storage.used;
    let looking = look(&site.state_dir());
    let flow = gateway.keep_on(500);
    let full = site.wait_for_status("the log fills what there is", |status| status.storage.fullness == "full").await;
    let mut gateway = flow.stop().await;
    let log = log_bytes(&site.state_dir());
    assert!(log > LOG_KEPT, "the log could not begin anew: {log} bytes");
    assert!(full.storage.used >= log && full.storage.used > before, "it counts: {:?}", full.storage);
    drop(looking);
    // No hub has acknowledged anything, so the room comes from the log alone.
    let after = site.wait_for_status("there is room", |status| status.storage.fullness != "full").await;
    assert!(log_bytes(&site.state_dir()) <= LOG_KEPT + 1024 * 1024, "{} bytes", log_bytes(&site.state_dir()));
    hub.begin().await;
    let last = gateway.publish().await;
    site.wait_until_accepted_part(&last).await;
    let verdict = super::checker(&emitted).judge(&mut site, &mut hub).await;
    let (grown, shrunk) = (full.storage.used, after.storage.used);
    say(&format!("{test}: used {before}, {grown} with a log of {log}, {shrunk} afterwards; {verdict}"));
    verdict.assert_clean();
}
