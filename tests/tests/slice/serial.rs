//! Devices on serial lines: pulled out, plugged in elsewhere, all at once.

use sim::{MtSicsScale, Pty, Scanner, Suffix};
use tests::{Checker, Emitted, Hub, Part, Site};

/// Scans a part of its own: the item tells it, one piece each.
async fn scan(scanner: &Scanner, emitted: &Emitted, item: &str) {
    let part = Part::new(item, 1);
    emitted.mean(&part);
    scanner.scan(item).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scanner_plugged_in_elsewhere_is_found_under_its_own_name() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let items: Vec<String> = (0..10).map(|number| format!("IT-{number:04}")).collect();
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", &items);
    let file = file.station("goods-in").scanner("scanner-1", "goods-in");
    let by_id = file.port("scanner-1");
    let mut scanner = Scanner::plug(&by_id, Suffix::CrLf).unwrap();
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    for item in &items[..5] {
        scan(&scanner, &emitted, item).await;
    }
    site.wait_until_accepted(5).await;
    let before = std::fs::read_link(&by_id).unwrap();

    scanner.unplug();
    let status = site.wait_for_status("the scanner is away", |status| !status.devices["scanner-1"].connected).await;
    let named = status.problems.iter().find(|problem| problem.contains("scanner-1"));
    assert!(named.is_some_and(|problem| problem.contains("plug it in")), "{:?}", status.problems);
    let said = site.command(&["status"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8(said.stdout).unwrap().contains("plug it in"));

    // Something else takes the old terminal's number, so that the scanner comes back under another. What other tests let
    // go of meanwhile may be given out first.
    let mut others = Vec::new();
    while others.len() < 64 {
        let link = site.port(&format!("other-{}", others.len()));
        others.push(Pty::plug(&link).unwrap());
        if std::fs::read_link(&link).unwrap() == before {
            break;
        }
    }
    scanner.replug(&by_id).unwrap();
    assert_ne!(std::fs::read_link(&by_id).unwrap(), before);
    site.wait_for_status("the scanner is back", |status| status.devices["scanner-1"].connected).await;
    for item in &items[5..] {
        scan(&scanner, &emitted, item).await;
    }
    site.wait_until_accepted(10).await;
    hub.wait_for_movements(10).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bin_on_a_scale_is_counted_through_unplugging_and_a_restart() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).scale("scale-1", "A-01", "WASHER", "acme");
    let port = file.port("scale-1");
    let mut scale = MtSicsScale::plug(&port, 7).unwrap();
    let fill = |scale: &MtSicsScale, pieces: u32| {
        emitted.level("WASHER", "A-01", pieces.into());
        scale.set_grams(f64::from(100 + 10 * pieces));
    };
    fill(&scale, 50);
    let mut site = file.start().await;
    site.wait_until_accepted(1).await;
    fill(&scale, 38);
    site.wait_until_accepted(2).await;
    scale.unplug().await;
    site.wait_for_status("the scale is away", |status| !status.devices["scale-1"].connected).await;
    fill(&scale, 30);
    scale.replug(&port).await.unwrap();
    site.wait_until_accepted(3).await;
    site.stop().await;
    fill(&scale, 90);
    site.start().await;
    site.wait_until_accepted(4).await;
    hub.wait_for_movements(4).await;
    let accepted: Vec<u64> = site.accepted().iter().map(|accepted| accepted.qty).collect();
    assert_eq!(accepted, [50, 12, 8, 60]);
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
