//! The page at the bin under load: five hundred bins live, five pages open in a real browser.
//!
//! Prints, beside the goals, how long it takes from the scanner's last byte to the changed page, what five open pages cost the
//! agent in memory, and what the first load brings over the network. Times are read from one clock: this process's when the
//! last byte is on the line, and the page's own (the same machine's) when its document has changed.
//!
//! `cargo bench -p tests --bench page` (`-- SCANS` for more than 200)

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to a person")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sim::{Dialect, MqttSensor, Scanner, Suffix};
use tests::{
    Broker, Browser, Hub, PATIENCE, Site,
    browser::{Screen, Tab},
    eventually,
};
use tokio::time::{MissedTickBehavior, interval};

const BINS: usize = 500;
const SCANS: usize = 200;

/// A change of some bin's weight each: all of them in a quarter of a minute.
const LIVE_EVERY: Duration = Duration::from_millis(30);

/// Slower than people scan in a row, so that each is a scan of its own.
const SCAN_EVERY: Duration = Duration::from_millis(150);

const GOAL_P95_MS: f64 = 150.0;
const GOAL_RSS_BYTES: i64 = 5 * 1024 * 1024;
const GOAL_LOAD_BYTES: u64 = 100_000;

/// Notes when what is looked for has come: the whole text of an element, and the time.
fn watch(element: &str) -> String {
    format!(
        "window.seen = [];
         new MutationObserver(() => {{
             const text = document.querySelector('{element}')?.innerText ?? '';
             if (window.seen.at(-1)?.[1] !== text) window.seen.push([Date.now(), text]);
         }}).observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});"
    )
}

fn item(number: usize) -> String {
    format!("IT-{number:03}")
}

fn bin(number: usize) -> String {
    format!("B-{number:03}")
}

#[tokio::main]
async fn main() {
    let scans: usize = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(SCANS);
    let Some(browser) = Browser::start_or_skip("bench page").await else { return };
    let hub = Hub::start("plant-7", "acme").await;
    let broker = Broker::start().await;
    let mut file = Site::new("plant-7").feed("acme", hub.addr()).broker(broker.port()).page("");
    for number in 0..BINS {
        let (item, bin) = (item(number), bin(number));
        file = file.section(format_args!(
            "[[item]]\ncode = \"{item}\"\nfeed = \"acme\"\npiece_weight_g = 10\n\
             [[bin]]\nname = \"{bin}\"\nitem = \"{item}\"\ntare_g = 100\n\
             [[sensor]]\nname = \"sensor-{number}\"\nbroker = \"local\"\ntopic = \"bins/{bin}\"\nbin = \"{bin}\"\n\
             dialect = \"json\"\nunit = \"g\"\nfields = {{ weight = \"weight\", stable = \"stable\" }}\nsettle_readings = 1\n"
        ));
    }
    // The bin that is scanned at has no scale: the scan alone says how many.
    let file = file
        .section("[[item]]\ncode = \"SCANNED\"\nfeed = \"acme\"\n[[bin]]\nname = \"A-000\"\nitem = \"SCANNED\"\n")
        .section("[[station]]\nname = \"store\"\nplace = \"bin:A-000\"\nmode = \"receive\"\n")
        .scanner("scanner-1", "store")
        // The same label again and again is a scan each.
        .section("repeat_window_ms = 0\n");
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::CrLf).unwrap();
    let site = file.start().await;
    site.wait_for_status("scanner and broker are there", |status| {
        ["scanner-1", "local"].iter().all(|name| status.devices[*name].connected)
    })
    .await;
    let mut sensor = MqttSensor::connect(broker.port(), "bins/B-000", Dialect::Json).await.unwrap();
    for number in 0..BINS {
        publish(&mut sensor, number, 100).await;
    }
    eventually(PATIENCE, "every bin has its level", async || {
        let held: serde_json::Value = serde_json::from_str(&site.on_hand().await).ok()?;
        (0..BINS).all(|number| held[item(number)][format!("bin:{}", bin(number))] == 100).then_some(())
    })
    .await;

    first_load(&browser, &site).await;

    let live = tokio::spawn(async move {
        let mut pace = interval(LIVE_EVERY);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for step in 0_usize.. {
            pace.tick().await;
            publish(&mut sensor, step % BINS, u32::try_from(100 + (step / BINS + step) % 7).unwrap()).await;
        }
    });

    let settled = least_resident(&site).await;
    let mut tabs: Vec<(&str, Tab)> = Vec::new();
    for (path, watched, screen) in [
        ("/station/store", "#station-answer", Screen::Phone),
        ("/bins", "[id^=\"bin-A-000\"]", Screen::Desktop),
        ("/bins/A-000", "#bin-now", Screen::Phone),
        ("/problems", "#problems-list", Screen::Desktop),
        ("/", "#nothing", Screen::Phone),
    ] {
        let tab = browser.tab(screen).await;
        tab.before_each_page(&watch(watched)).await;
        tab.open(&site.page(path)).await;
        tab.wait_until("the page is live", "document.getElementById('link')?.dataset.state === 'live'").await;
        tabs.push((path, tab));
    }
    let opened = least_resident(&site).await;

    let mut pace = interval(SCAN_EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = Vec::new();
    for number in 0..scans {
        pace.tick().await;
        // A quantity of its own tells each scan from the others in what is on hand after it.
        scanner.scan("SCANNED").await.unwrap();
        sent.push(now_ms());
        let what = format!("scan {number} is accepted");
        eventually(PATIENCE, &what, async || (held(&site).await == number + 1).then_some(())).await;
    }
    println!("{BINS} bins, one weight every {LIVE_EVERY:?}; five pages open; {scans} scans, one every {SCAN_EVERY:?}");
    println!("scanner's last byte to changed page, ms (goal p95 {GOAL_P95_MS})");
    for (path, tab) in &tabs[..3] {
        let number = if *path == "/station/store" { "on hand now" } else { "" };
        let seen: Vec<(f64, String)> = tab.eval("window.seen").await;
        let mut times: Vec<f64> = Vec::new();
        let mut missed = 0;
        for (index, sent) in sent.iter().enumerate() {
            let on_hand = (index + 1).to_string();
            let shows = |text: &str| {
                text.contains(number) && text.split(|c: char| !c.is_ascii_digit()).any(|word| word == on_hand)
            };
            match seen.iter().find(|(at, text)| *at + 1.0 >= *sent && shows(text)) {
                Some((at, _)) => times.push((at - sent).max(0.0)),
                None => missed += 1,
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get(rank(share, times.len())).copied().unwrap_or(f64::NAN);
        println!(
            "  {path:<16} p50 {:>4.0}  p95 {:>4.0}  p99 {:>4.0}  max {:>4.0}  ({} seen, {missed} not: the next was there first)",
            at(0.50),
            at(0.95),
            at(0.99),
            times.last().copied().unwrap_or(f64::NAN),
            times.len()
        );
    }
    let grown = i64::try_from(opened).unwrap() - i64::try_from(settled).unwrap();
    println!(
        "agent's memory: {} kB without a page, {} kB with five: {} kB more (goal {} kB)",
        settled / 1024,
        opened / 1024,
        grown / 1024,
        GOAL_RSS_BYTES / 1024
    );
    live.abort();
}

/// What a phone fetches that was never here before, page by page.
async fn first_load(browser: &Browser, site: &Site) {
    println!("first load, bytes over the network (goal {GOAL_LOAD_BYTES})");
    for path in ["/", "/station/store", "/bins"] {
        let tab = browser.tab(Screen::Phone).await;
        tab.open(&site.page(path)).await;
        tab.wait_until("the page is live", "document.getElementById('link')?.dataset.state === 'live'").await;
        let heard = tab.heard();
        println!("  {path:<16} {:>7} in {} answers", heard.network_bytes, heard.answers.len());
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small counts"
)]
fn rank(share: f64, len: usize) -> usize {
    ((len as f64 * share).ceil() as usize).saturating_sub(1)
}

/// The least of some looks: what it holds, not what it has just in hand.
async fn least_resident(site: &Site) -> u64 {
    let mut looks = interval(Duration::from_millis(250));
    let mut least = u64::MAX;
    for _ in 0..40 {
        looks.tick().await;
        least = least.min(site.resident_bytes());
    }
    least
}

async fn publish(sensor: &mut MqttSensor, number: usize, pieces: u32) {
    let weight = serde_json::json!({ "weight": 100 + 10 * pieces, "stable": true });
    sensor.publish_raw(&format!("bins/{}", bin(number)), weight.to_string(), false).await.unwrap();
}

async fn held(site: &Site) -> usize {
    let held: serde_json::Value = serde_json::from_str(&site.on_hand().await).unwrap();
    usize::try_from(held["SCANNED"]["bin:A-000"].as_u64().unwrap_or(0)).unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit")]
fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as f64 / 1000.0
}
