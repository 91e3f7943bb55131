//! Scanners that wait for an answer: they get it after the commit, and a refusal does not sound like an acceptance.

use sim::{Heard, ListeningScanner, Manners, Outcome, SsiScanner, Suffix};
use tests::{Checker, Emitted, Hub, Part, Site, site::file::SiteFile};

fn site(hub: &Hub) -> SiteFile {
    Site::new("plant-7").feed("acme", hub.addr()).items("acme", ["M8-BOLT", "SEAL-40"]).station("goods-in")
}

/// A scanner at the station, answered in this way.
fn with_scanner(file: SiteFile, dialogue: &str) -> SiteFile {
    let port = file.port("scanner-1").display().to_string();
    file.section(format_args!(
        "[[scanner]]\nname = \"scanner-1\"\nstation = \"goods-in\"\nport = \"{port}\"\ndialogue = \"{dialogue}\"\n\
         repeat_window_ms = 0\n"
    ))
}

async fn up(file: SiteFile) -> Site {
    let site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    site
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ssi_scanner_is_acknowledged_after_the_commit_and_beeps_otherwise_for_a_refusal() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = with_scanner(site(&hub), "ssi");
    let scanner = SsiScanner::plug(&file.port("scanner-1")).unwrap();
    let mut site = up(file).await;
    let part = Part::new("M8-BOLT", 1);
    emitted.mean(&part);
    assert_eq!(scanner.scan(SsiScanner::CODE_128, b"M8-BOLT").await.unwrap(), Outcome::Taken);
    emitted.promise(&part);
    // The line in the log reaches the test later than the answer reached the scanner.
    site.wait_until_accepted(1).await;
    let beeps = |scanner: &SsiScanner| -> Vec<u8> {
        scanner
            .heard()
            .into_iter()
            .filter_map(|heard| if let Heard::Beep(code) = heard { Some(code) } else { None })
            .collect()
    };
    tests::eventually(tests::PATIENCE, "it beeps", async || (!beeps(&scanner).is_empty()).then_some(())).await;
    let accepted = beeps(&scanner);
    scanner.scan(SsiScanner::CODE_128, b"BW:DANCE").await.unwrap();
    tests::eventually(tests::PATIENCE, "it beeps again", async || {
        (beeps(&scanner).len() > accepted.len()).then_some(())
    })
    .await;
    assert_ne!(beeps(&scanner).last(), accepted.last(), "a refusal sounds different");
    hub.wait_for_movements(1).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_is_sent_again_because_the_answer_was_lost_counts_once() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = with_scanner(site(&hub), "ssi");
    let scanner = SsiScanner::plug(&file.port("scanner-1")).unwrap();
    let mut site = up(file).await;
    for _ in 0..5 {
        emitted.mean(&Part::new("M8-BOLT", 1));
        // The packet itself arrives garbled and is sent again with the retransmit bit.
        scanner.faults().garble_next(1);
        scanner.scan(SsiScanner::CODE_128, b"M8-BOLT").await.unwrap();
    }
    site.wait_until_accepted(5).await;
    hub.wait_for_movements(5).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialogue_tells_a_refusal_from_an_acceptance() {
    for (dialogue, manners) in [
        ("bel", Manners::ZEBRA),
        ("ack-nak", Manners::ZEBRA.ack_nak()),
        ("ack-nak-bel", Manners::ZEBRA.ack_nak()),
        ("ack-nak-enq", Manners::ZEBRA.ack_nak().enq()),
        ("honeywell", Manners::HONEYWELL),
        ("datalogic", Manners::DATALOGIC),
        ("datalogic-ack-nak", Manners::DATALOGIC.ack_nak()),
    ] {
        let emitted = Emitted::default();
        let mut hub = Hub::start("plant-7", "acme").await;
        let file = with_scanner(site(&hub), dialogue);
        let scanner = ListeningScanner::plug(&file.port("scanner-1"), Suffix::Cr, manners).unwrap();
        let mut site = up(file).await;
        let new = |before: usize| scanner.heard().split_off(before);
        let before = scanner.heard().len();
        let part = Part::new("M8-BOLT", 1);
        emitted.mean(&part);
        scanner.scan("M8-BOLT").await.unwrap();
        site.wait_until_accepted(1).await;
        emitted.promise(&part);
        let heard = tests::eventually(tests::PATIENCE, "it hears of the acceptance", async || {
            let heard = new(before);
            (!heard.is_empty()).then_some(heard)
        })
        .await;
        let after = scanner.heard().len();
        scanner.scan("BW:DANCE").await.unwrap();
        // Refused is refused, however often it comes again: counted once.
        site.wait_for_status("the refusal is counted", |status| status.devices["scanner-1"].refused == 1).await;
        tests::eventually(tests::PATIENCE, &format!("{dialogue}: it hears of the refusal"), async || {
            let refused = new(after);
            (refused.len() > heard.len() || (!refused.is_empty() && refused[0] != heard[0])).then_some(())
        })
        .await;
        hub.wait_for_movements(1).await;
        Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_code_scanned_again_at_once_is_refused_again() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = site(&hub);
    let port = file.port("scanner-1");
    let file = file.section(format_args!(
        "[[scanner]]\nname = \"scanner-1\"\nstation = \"goods-in\"\nport = \"{}\"\ndialogue = \"bel\"\n\
         repeat_window_ms = 60000\n",
        port.display()
    ));
    let scanner = ListeningScanner::plug(&port, Suffix::Cr, Manners::ZEBRA).unwrap();
    let mut site = up(file).await;
    for time in 1..=2 {
        scanner.scan("BW:DANCE").await.unwrap();
        tests::eventually(tests::PATIENCE, "three beeps for each time", async || {
            (scanner.heard().len() >= 3 * time).then_some(())
        })
        .await;
    }
    emitted.mean(&Part::new("M8-BOLT", 1));
    scanner.scan("M8-BOLT").await.unwrap();
    site.wait_until_accepted(1).await;
    tests::eventually(tests::PATIENCE, "one beep", async || (scanner.heard().len() > 6).then_some(())).await;
    assert_eq!(scanner.heard().len(), 7, "{:?}", scanner.heard());
    hub.wait_for_movements(1).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
