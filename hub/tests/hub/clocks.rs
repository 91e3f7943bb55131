//! Times of records that a site made before it trusted its clock.

use serde_json::Value;

use crate::support::{Server, Site};

/// A movement made at 1970 by the site's clock, so long after a boot.
fn at_boot(site: &mut Site, boot: &str, mono_ms: u64) {
    site.record(&format!(
        r#"{{"type":"movement","at":"1970-01-01T00:00:05.000Z","item":"A","qty":1,"from":"vendor","to":"dock","by":"s","clock":{{"boot":"{boot}","mono_ms":{mono_ms}}}}}"#
    ));
}

#[tokio::test]
async fn a_word_on_a_boot_corrects_its_records_before_and_after_it_in_every_epoch() {
    let server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    let mut old = Site::new("plant-7/acme", "e1");
    at_boot(&mut old, "b1", 1_000);
    at_boot(&mut old, "b0", 1_000);
    old.ships_all(&server).await;
    let mut site = Site::new("plant-7/acme", "e2");
    at_boot(&mut site, "b1", 61_000);
    site.record(
        r#"{"type":"clock","at":"2026-11-21T05:10:00.000Z","boot":"b1","offset_ms":1,"zero":"2026-11-21T05:00:00.000Z"}"#,
    );
    at_boot(&mut site, "b1", 121_000);
    site.ships_all(&server).await;
    let answer = server.read("acme", "/v1/movements?after=").await;
    let corrected: Vec<&Value> = answer["movements"].as_array().unwrap().iter().map(|m| &m["at_corrected"]).collect();
    assert_eq!(
        corrected,
        [
            &Value::from("2026-11-21T05:00:01.000Z"),
            &Value::Null,
            &Value::from("2026-11-21T05:01:01.000Z"),
            &Value::from("2026-11-21T05:02:01.000Z")
        ],
        "in the order of the seqs"
    );
    assert_eq!(answer["movements"][0]["record"]["at"], "1970-01-01T00:00:05.000Z", "as it was sent");
    // A site of before says only what to add.
    old.record(r#"{"type":"clock","at":"2026-11-21T05:10:00.000Z","boot":"b0","offset_ms":86400000}"#);
    old.ships(&server, &old.batch(3, 3)).await;
    let answer = server.read("acme", "/v1/movements?after=").await;
    assert_eq!(answer["movements"][1]["at_corrected"], "1970-01-02T00:00:05.000Z");
}
