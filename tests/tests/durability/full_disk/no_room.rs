//! No room: filled by the site's own movements, and by somebody else's file.

use std::fs;

use sim::Outcome;
use tests::{PATIENCE, skip::say};

use super::{Stage, log_bytes, look};

/// Scans a second while the disk fills: about as fast as the agent takes them, so that few are left with the broker.
const AT_ONCE: u32 = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_fills_its_disk_refuses_at_the_scanner_and_drains_when_the_hub_is_back() {
    let test = "a_ledger_that_fills_its_disk_refuses_at_the_scanner_and_drains_when_the_hub_is_back";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    assert_eq!(stage.scan().await, Outcome::Taken);
    let flow = stage.gateway().await.keep_on(AT_ONCE);
    let full = stage.site.wait_for_status("the disk is full", |status| status.storage.fullness == "full").await;
    // What the agent refuses stays with the broker, which sends it again.
    let mut gateway = flow.stop().await;
    // A scanner hears nothing while the agent is at what the broker still sends.
    stage.scan_until(Outcome::Refused).await;
    let status = stage
        .site
        .wait_for_status("the refusal is counted", |status| {
            status.storage.refused > 0 && status.devices["scanner-1"].refused > 0
        })
        .await;
    assert!(status.names("disk: ") && status.names("movements are refused"), "{:?}", status.problems);
    let waiting = status.feeds["acme"].waiting;
    stage.hub.begin().await;
    stage.site.wait_for_status("there is room again", |status| status.storage.fullness != "full").await;
    stage.scan_until(Outcome::Taken).await;
    let last = gateway.publish().await;
    stage.site.wait_until_accepted_part(&last).await;
    let verdict = super::checker(&stage.emitted).judge(&mut stage.site, &mut stage.hub).await;
    say(&format!(
        "{test}: full with {waiting} waiting at {} of {} bytes; {verdict}",
        full.storage.used, full.storage.limit
    ));
    verdict.assert_clean();
    assert!(waiting > 1_000, "it was filled by movements: {waiting}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_somebody_else_fills_loses_nothing_and_what_waits_drains() {
    let test = "a_disk_that_somebody_else_fills_loses_nothing_and_what_waits_drains";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    let mut gateway = stage.gateway().await;
    let ballast = stage.site.state_dir().join("ballast");
    assert!(fs::metadata(&ballast).unwrap().len() > 0, "it stands by");
    gateway.publish_many(300).await;
    stage.site.wait_until_accepted(300).await;
    let theirs = stage.disk.fill_but(0);
    // The log was laid out before, and has room for what drains.
    let flow = gateway.keep_on(AT_ONCE);
    let status = stage.site.wait_for_status("it is full", |status| status.storage.fullness == "full").await;
    assert!(status.names("disk: ") && status.names("movements are refused"), "{:?}", status.problems);
    assert_ne!(stage.scan().await, Outcome::Taken, "the scanner hears it");
    let mut gateway = flow.stop().await;
    // The hub comes back before there is any more room.
    stage.hub.begin().await;
    let acked = status.feeds["acme"].acked + status.feeds["acme"].waiting;
    let what = "what was recorded is delivered on a full disk";
    stage.site.wait_for_status(what, |status| status.feeds["acme"].acked >= acked).await;
    fs::remove_file(theirs).unwrap();
    stage.scan_until(Outcome::Taken).await;
    let last = gateway.publish().await;
    stage.site.wait_until_accepted_part(&last).await;
    stage.site.wait_for_status("the ballast stands by again", |status| !status.storage.ballast_released).await;
    assert!(fs::metadata(&ballast).unwrap().len() > 0);
    let checker = super::checker(&stage.emitted);
    let verdict = checker.judge(&mut stage.site, &mut stage.hub).await;
    say(&format!("{test}: {acked} recorded when it was full; {verdict}"));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_drains_from_a_full_disk_has_the_room_of_the_ballast() {
    let test = "what_drains_from_a_full_disk_has_the_room_of_the_ballast";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    let mut gateway = stage.gateway().await;
    // While somebody looks the log cannot begin anew: it outgrows what was laid out for it.
    let state_dir = stage.site.state_dir();
    let looking = look(&state_dir);
    let laid_out = log_bytes(&state_dir);
    while log_bytes(&state_dir) == laid_out {
        let last = gateway.publish_many(500).await;
        stage.site.wait_until_accepted_part(&last).await;
    }
    let theirs = stage.disk.fill_but(0);
    let status = stage.site.status().await;
    assert!(!status.storage.ballast_released, "it stands by");
    let waiting = status.feeds["acme"].waiting;
    // Even what was acknowledged is taken down in the log.
    stage.hub.begin().await;
    stage.site.wait_for_status("the ballast is given up", |status| status.storage.ballast_released).await;
    stage.site.wait_for_status("all is delivered", |status| status.feeds["acme"].acked >= waiting).await;
    drop(looking);
    fs::remove_file(theirs).unwrap();
    stage.scan_until(Outcome::Taken).await;
    stage.site.wait_for_status("the ballast stands by again", |status| !status.storage.ballast_released).await;
    let verdict = super::checker(&stage.emitted).judge(&mut stage.site, &mut stage.hub).await;
    say(&format!("{test}: {waiting} waited on a full disk, a log of {laid_out} bytes was laid out; {verdict}"));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_was_switched_off_with_a_full_disk_starts_and_drains() {
    let test = "a_site_that_was_switched_off_with_a_full_disk_starts_and_drains";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    let mut gateway = stage.gateway().await;
    gateway.publish_many(500).await;
    stage.site.wait_until_accepted(400).await;
    stage.site.kill();
    let theirs = stage.disk.fill_but(0);
    // With what the ballast held: even a start writes.
    stage.site.start().await;
    let waiting = stage.site.status().await.feeds["acme"].waiting;
    assert!(waiting > 0, "what was accepted is there");
    stage.hub.begin().await;
    stage.site.wait_until_settled(PATIENCE).await;
    fs::remove_file(theirs).unwrap();
    let last = gateway.publish().await;
    stage.site.wait_until_accepted_part(&last).await;
    let checker = super::checker(&stage.emitted);
    let verdict = checker.judge(&mut stage.site, &mut stage.hub).await;
    say(&format!("{test}: {waiting} waiting at the start; {verdict}"));
    verdict.assert_clean();
}
