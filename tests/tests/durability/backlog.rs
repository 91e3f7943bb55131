//! Weeks without a hub: the site starts with them, waits with them, and when the hub is back sends them, while what happens
//! now is seen at once.

use std::time::{Duration, Instant};

use sim::{Scanner, Suffix, Wan};
use tests::{
    Checker, Emitted, Hub, Part, Site, backlog, eventually,
    site::{Site as Running, file::SiteFile},
    skip::say,
};

const ITEMS: [&str; 4] = ["M8-BOLT", "SEAL-40", "O-RING", "V-BELT"];

/// Scanned while the backlog drains.
const NOW: &str = "NOW-1";

/// What a month's backlog may take to go.
const DRAIN_MAX: Duration = Duration::from_secs(900);

fn is_long() -> bool {
    std::env::var_os("BINWIRE_LONG").is_some()
}

fn site() -> SiteFile {
    let items: Vec<&str> = ITEMS.into_iter().chain([NOW]).collect();
    Site::new("plant-7").items("acme", items).station("goods-in").scanner("scanner-1", "goods-in")
}

/// Returns when nothing waits, with the most that the agent held in memory meanwhile.
async fn drained(site: &Running, bound: Duration) -> u64 {
    let mut most = 0;
    eventually(bound, "the backlog is delivered", async || {
        most = site.resident_bytes().max(most);
        site.status().await.is_settled().then_some(())
    })
    .await;
    most
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_months_backlog_is_started_with_and_drains_completely() {
    let test = "a_months_backlog_is_started_with_and_drains_completely";
    let count = if is_long() { 1_000_000 } else { 20_000 };
    let emitted = Emitted::default();
    let mut hub = Hub::of(&[("plant-7", "acme")]);
    let mut site = site().feed("acme", hub.addr()).stopped();
    let begun = Instant::now();
    backlog::record(&site.state_dir(), "acme", &ITEMS, count, 30, &emitted);
    let recorded = begun.elapsed();
    let begun = Instant::now();
    site.start().await;
    let up = begun.elapsed();
    let waiting = site.status().await.feeds["acme"].waiting;
    assert_eq!(waiting, count);
    let resident = site.resident_bytes();
    hub.begin().await;
    let begun = Instant::now();
    let most = drained(&site, DRAIN_MAX).await;
    let took = begun.elapsed();
    say(&format!(
        "{test}: {count} movements of 30 days (written in {recorded:.1?}): up after {up:.2?}, {:.1} MB while they wait, at most \
         {:.1} MB while they go, gone after {took:.1?} ({:.0}/s)",
        mb(resident),
        mb(most),
        count as f64 / took.as_secs_f64()
    ));
    let verdict = Checker::new(&emitted).judge(&mut site, &mut hub).await;
    say(&format!("{test}: {verdict}"));
    verdict.assert_clean();
    assert_eq!(verdict.delivered as u64, count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_now_is_seen_at_once_beside_a_backlog_and_counts_once() {
    let test = "what_happens_now_is_seen_at_once_beside_a_backlog_and_counts_once";
    let count = if is_long() { 1_000_000 } else { 200_000 };
    let emitted = Emitted::default();
    let mut hub = Hub::of(&[("plant-7", "acme")]);
    let wan = Wan::to(hub.addr()).await.unwrap();
    // Some seconds for each hundred thousand, as over a mobile network.
    wan.rate(150_000);
    wan.delay(Duration::from_millis(40));
    let file = site().feed("acme", wan.addr());
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::Cr).unwrap();
    let mut site = file.stopped();
    backlog::record(&site.state_dir(), "acme", &ITEMS, count, 60, &emitted);
    site.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    hub.begin().await;
    site.wait_for_status("the backlog drains", |status| status.feeds["acme"].acked > 0).await;
    let mut seen_after = Vec::new();
    for qty in 1..=5 {
        let part = Part::new(NOW, qty);
        emitted.mean(&part);
        scanner.scan(&format!("BW:QTY:{qty}")).await.unwrap();
        let begun = Instant::now();
        scanner.scan(NOW).await.unwrap();
        let text = format!("\"item\":\"{NOW}\",\"qty\":{qty},");
        eventually(Duration::from_secs(20), "the scan is seen at the hub", async || {
            hub.ahead().await.iter().any(|seen| seen.record.get().contains(&text)).then_some(())
        })
        .await;
        seen_after.push(begun.elapsed());
        let held = hub.on_hand().await;
        assert!(!held.keys().any(|(.., item, _)| item == NOW), "what runs ahead is in no amount yet");
    }
    let status = site.wait_for_status("the rest is estimated", |status| {
        status.feeds["acme"].drain.as_ref().is_some_and(|drain| drain.contains(|c: char| c.is_ascii_digit()))
    });
    let status = status.await;
    let (waiting, drain) = (status.feeds["acme"].waiting, status.feeds["acme"].drain.clone().unwrap_or_default());
    assert!(waiting > 0, "the backlog still drains");
    wan.rate(0);
    drained(&site, DRAIN_MAX).await;
    assert_eq!(hub.ahead().await.len(), 0, "nothing runs ahead any more");
    let held = hub.on_hand().await;
    let now: i64 =
        held.iter().filter(|((.., item, place), _)| item == NOW && place == "dock").map(|(_, qty)| qty).sum();
    assert_eq!(now, 1 + 2 + 3 + 4 + 5, "each once");
    seen_after.sort_unstable();
    let verdict = Checker::new(&emitted).judge(&mut site, &mut hub).await;
    say(&format!(
        "{test}: five scans seen after {seen_after:.2?} beside {count} waiting, {waiting} still waited then, {drain}; {verdict}"
    ));
    verdict.assert_clean();
    assert!(seen_after[2] < Duration::from_secs(2), "it was seen after {seen_after:?}");
}
