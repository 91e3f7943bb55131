//! Records that a hub refuses: listed, shown, kept, asked for again, given up, each with a line in the audit, and none of them
//! in the way of another.

use std::{fs, process::Output};

use serde_json::Value;
use tests::{Broker, Checker, Emitted, Hub, PATIENCE, Publisher, Site, eventually};

/// What the vendor knows, and what it has not heard of yet.
const KNOWN: &str = "M8-BOLT";
const NEW: &str = "SEAL-40";

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Says which items the vendor knows.
fn map(hub: &Hub, items: &str) {
    let file = fs::read_to_string(hub.config()).unwrap();
    let kept: Vec<&str> = file.lines().filter(|line| !line.starts_with("items =")).collect();
    let file =
        kept.join("\n").replacen("name = \"acme\"\ntoken", &format!("name = \"acme\"\nitems = [{items}]\ntoken"), 1);
    fs::write(hub.config(), file).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hub_refuses_is_listed_asked_for_again_and_given_up_by_name() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::of(&[("plant-7", "acme")]);
    map(&hub, &format!("\"{KNOWN}\""));
    hub.begin().await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", [KNOWN, NEW]).broker(broker.port());
    let mut site = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").start().await;
    // Every second scan is of the item that the vendor has not heard of.
    let mut publisher = Publisher::connect(broker.port(), "scans", &[KNOWN, NEW], 1, &emitted).await;
    publisher.publish_many(6).await;
    let status = site.wait_for_status("three are set aside", |status| status.feeds["acme"].set_aside == 3).await;
    assert_eq!((status.feeds["acme"].acked, status.feeds["acme"].waiting), (3, 0), "the others pass");
    assert!(status.names("3 records set aside"), "{:?}", status.problems);
    assert_eq!(hub.movement_count().await, 3);
    assert_eq!(hub.health().await[0].parked, 3);

    let listed = words(&site.command(&["set-aside"]));
    assert!(listed.contains("unknown_item") && listed.contains("3 records"), "{listed}");
    let rows: Value = serde_json::from_slice(&site.command(&["set-aside", "--json"]).stdout).unwrap();
    let seqs: Vec<String> = rows.as_array().unwrap().iter().map(|row| row["seq"].to_string()).collect();
    assert_eq!(seqs.len(), 3);
    let shown = words(&site.command(&["set-aside", "show", "acme", &seqs[0]]));
    assert!(shown.contains(NEW) && shown.contains("unknown_item"), "{shown}");
    let exported = words(&site.command(&["set-aside", "export"]));
    let exported: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.len(), 3);
    assert!(exported.iter().all(|row| row["record"].as_str().unwrap().contains(NEW)));

    // Asked again too early it stays.
    let retry = |site: &Site, seq: &str| words(&site.command(&["set-aside", "retry", "acme", seq, "--by", "vera"]));
    assert!(retry(&site, &seqs[0]).contains("asked for record"), "the hub is asked");
    // Whoever is missing a word is told so, and nothing happens.
    assert!(!site.command(&["set-aside", "retry", "acme", &seqs[0]]).status.success());
    assert!(!site.command(&["set-aside", "discard", "acme", "999", "--by", "vera"]).status.success());
    publisher.publish().await;
    let status = site.wait_for_status("the seventh is set aside", |status| status.feeds["acme"].recorded == 7).await;
    site.wait_for_status("four are set aside", |status| status.feeds["acme"].set_aside == 4).await;
    assert!(status.feeds["acme"].set_aside >= 3, "none has left the list");

    // The vendor learns of the item, and has applied them before the site asks.
    map(&hub, &format!("\"{KNOWN}\", \"{NEW}\""));
    hub.reload();
    eventually(PATIENCE, "the hub applies them", async || (hub.health().await[0].parked == 0).then_some(())).await;
    for seq in &seqs[..2] {
        assert!(retry(&site, seq).contains("asked for record"));
    }
    site.wait_for_status("two are taken", |status| status.feeds["acme"].set_aside == 2).await;
    // And one is given up here, whatever the hub made of it.
    let given_up = words(&site.command(&["set-aside", "discard", "acme", &seqs[2], "--by", "otto"]));
    assert!(given_up.contains("given up"), "{given_up}");
    let audit = words(&site.command(&["audit"]));
    assert!(audit.contains("vera") && audit.contains("otto"), "{audit}");
    assert!(audit.matches("retry").count() >= 3 && audit.contains("discard"), "{audit}");
    // Through a restart, too.
    site.restart().await;
    assert_eq!(words(&site.command(&["audit"])), audit);
    let status = site.status().await;
    assert!(status.feeds["acme"].is_conserved());

    let last = publisher.publish().await;
    site.wait_until_accepted_part(&last).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
