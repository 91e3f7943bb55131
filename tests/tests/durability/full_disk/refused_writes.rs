//! A disk that refuses writes while the agent runs: for a while, or for good until somebody repairs it.

use sim::Outcome;
use tests::{PATIENCE, skip::say};

use super::{Stage, checker};

/// A rate at which commits follow each other, so that the disk refuses in the middle of some.
const PER_SECOND: u32 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_refuses_writes_for_a_while_refuses_at_the_scanner_and_goes_on_by_itself() {
    let test = "a_disk_that_refuses_writes_for_a_while_refuses_at_the_scanner_and_goes_on_by_itself";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    stage.hub.begin().await;
    let flow = stage.gateway().await.keep_on(PER_SECOND);
    for time in 0..3 {
        stage.scan_until(Outcome::Taken).await;
        let accepted = stage.site.log().accepted_count();
        stage.site.wait_until_accepted(accepted + 50).await;
        for name in ["ledger.db", "ledger.db-wal"] {
            stage.disk.refuse_writes(name, true);
        }
        let what = "the ledger's trouble is told";
        let status =
            stage.site.wait_for_status(what, |status| status.names("nothing is recorded until this is cured")).await;
        assert_ne!(stage.scan().await, Outcome::Taken, "time {time}: {:?}", status.problems);
        for name in ["ledger.db", "ledger.db-wal"] {
            stage.disk.refuse_writes(name, false);
        }
        stage.scan_until(Outcome::Taken).await;
        stage.site.wait_for_status("nothing is wrong", |status| !status.names("ledger: ")).await;
    }
    let mut gateway = flow.stop().await;
    let last = gateway.publish().await;
    stage.site.wait_until_accepted_part(&last).await;
    let verdict = checker(&stage.emitted).judge(&mut stage.site, &mut stage.hub).await;
    say(&format!("{test}: 3 times; {verdict}"));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_system_that_goes_read_only_refuses_at_the_scanner_and_keeps_what_was_accepted() {
    let test = "a_file_system_that_goes_read_only_refuses_at_the_scanner_and_keeps_what_was_accepted";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    let flow = stage.gateway().await.keep_on(PER_SECOND);
    stage.scan_until(Outcome::Taken).await;
    stage.site.wait_until_accepted(200).await;
    stage.disk.go_read_only();
    let what = "the ledger's trouble is told";
    stage.site.wait_for_status(what, |status| status.names("nothing is recorded until this is cured")).await;
    assert_ne!(stage.scan().await, Outcome::Taken, "the scanner hears it");
    // It does not die of it, so that people are told; it starts again as soon as the disk is repaired.
    assert_ne!(stage.scan().await, Outcome::Taken);
    let accepted = stage.site.log().accepted_count();
    stage.site.kill();
    stage.disk.mount_again();
    stage.hub.begin().await;
    stage.site.start().await;
    stage.site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    stage.scan_until(Outcome::Taken).await;
    let mut gateway = flow.stop().await;
    let last = gateway.publish().await;
    stage.site.wait_until_accepted_part(&last).await;
    stage.site.wait_until_settled(PATIENCE).await;
    let verdict = checker(&stage.emitted).judge(&mut stage.site, &mut stage.hub).await;
    say(&format!("{test}: {accepted} accepted before it; {verdict}"));
    verdict.assert_clean();
}
