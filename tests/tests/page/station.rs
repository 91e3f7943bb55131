//! From the scan to the answer: by the station's scanner, by one that types, by camera and by touch.

use std::{collections::BTreeSet, time::Duration};

use tests::{
    Browser,
    browser::{Key, Screen, Tab},
};
use tokio::time::{MissedTickBehavior, interval};

use tests::storeroom::{Storeroom, TECHNICIAN, WASHER};

/// Parts that are scanned once each: the part tells one scan from the others.
const PARTS: usize = 20;

/// Twenty scans in ten seconds.
const PACE: Duration = Duration::from_millis(500);

/// Keeps every answer that was shown, for however short a time.
const REMEMBER_ANSWERS: &str = "window.answers = [];
    new MutationObserver(() => {
        const answer = document.getElementById('station-answer');
        if (answer && window.answers.at(-1) !== answer.innerText) window.answers.push(answer.innerText);
    }).observe(document, { subtree: true, childList: true, characterData: true });";

/// What can be read behind the answer to the newest scan.
async fn wait_for_answer(tab: &Tab, verdict: &str, text: &str) {
    let condition = format!(
        "(() => {{ const answer = document.getElementById('station-answer');
            return answer?.dataset.verdict === '{verdict}' && answer.innerText.replace(/[\\u00a0\\u202f]/g, ' ').includes('{text}') }})()"
    );
    tab.wait_until(&format!("the answer is {verdict}: {text}"), &condition).await;
}

async fn loaded_at(tab: &Tab) -> f64 {
    tab.eval("performance.timeOrigin").await
}

/// A site with some stock at the station.
async fn stocked() -> Storeroom {
    let world = Storeroom::with("", |file| file.items("acme", (0..PARTS).map(part))).await;
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:100", "BW:DONE"]).await;
    world.wait_for_held(WASHER, "bin:B-01", 100).await;
    world
}

fn part(number: usize) -> String {
    format!("PART-{number:02}")
}

/// Every part was used once, and nothing else happened.
async fn assert_each_once(world: &Storeroom) {
    for number in 0..PARTS {
        world.wait_for_held(&part(number), "used", 1).await;
    }
    let accepted = world.site.accepted();
    let of_parts: Vec<_> = accepted.iter().filter(|entry| entry.item.starts_with("PART-")).collect();
    assert_eq!(of_parts.len(), PARTS, "{of_parts:?}");
    let seqs: BTreeSet<_> = of_parts.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs.len(), PARTS, "no two under one number");
    world.hub.wait_for_movements(accepted.len()).await;
    world.site.wait_until_settled(tests::PATIENCE).await;
    assert_eq!(world.hub.movement_count().await, accepted.len(), "the vendor has each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_answered_on_every_open_page_with_item_quantity_place_and_what_is_left() {
    let Some(browser) = Browser::start_or_skip("page, scan to answer").await else { return };
    let world = stocked().await;
    let tabs = [browser.tab(Screen::Phone).await, browser.tab(Screen::Desktop).await];
    let mut loaded = Vec::new();
    for tab in &tabs {
        tab.open(&world.site.page("/station/store")).await;
        wait_for_answer(tab, "booked", "").await;
        loaded.push(loaded_at(tab).await);
    }
    world.scan(&["BW:CANCEL", WASHER]).await;
    for (tab, loaded) in tabs.iter().zip(loaded) {
        for text in [WASHER, "1 pcs", "bin B-01", "99 pcs on hand now"] {
            wait_for_answer(tab, "booked", text).await;
        }
        assert!((loaded_at(tab).await - loaded).abs() < f64::EPSILON, "nothing was loaded anew");
        assert!(tab.find_all("button", "Undo").await.is_empty(), "nobody is signed in");
    }
    // What cannot be booked says why, and what was booked stays.
    world.scan(&["BW:NONSENSE"]).await;
    for tab in &tabs {
        wait_for_answer(tab, "refused", "is no command").await;
        tab.assert_no_complaints();
    }
    assert_eq!(world.held(WASHER, "bin:B-01").await, 99);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_is_taken_back_by_touch_and_by_mouse_and_only_once() {
    let Some(browser) = Browser::start_or_skip("page, undo").await else { return };
    let world = stocked().await;
    for (screen, left) in [(Screen::Phone, 99), (Screen::Desktop, 99)] {
        let tab = browser.tab(screen).await;
        world.sign_in(&tab, TECHNICIAN, None).await;
        tab.open(&world.site.page("/station/store")).await;
        world.scan(&["BW:CANCEL", WASHER]).await;
        wait_for_answer(&tab, "booked", &format!("{left} pcs on hand now")).await;
        let acts = "document.querySelectorAll('#station-acts [data-fate=taken-back]').length";
        let before: u64 = tab.eval(acts).await;
        tab.click_first("button", "Undo: 1 pcs WASHER").await;
        wait_for_answer(&tab, "taken-back", WASHER).await;
        tab.wait_until("the act says so", &format!("{acts} === {}", before + 1)).await;
        world.wait_for_held(WASHER, "bin:B-01", 100).await;
        tab.assert_no_complaints();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_scans_in_ten_seconds_are_each_answered_and_each_booked_once() {
    let Some(browser) = Browser::start_or_skip("page, twenty scans").await else { return };
    let world = stocked().await;
    let tab = browser.tab(Screen::Phone).await;
    tab.before_each_page(REMEMBER_ANSWERS).await;
    tab.open(&world.site.page("/station/store")).await;
    wait_for_answer(&tab, "booked", "").await;
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0..PARTS {
        pace.tick().await;
        world.scan(&[&part(number)]).await;
    }
    wait_for_answer(&tab, "booked", &part(PARTS - 1)).await;
    let answers: Vec<String> = tab.eval("window.answers").await;
    for number in 0..PARTS {
        let part = part(number);
        assert!(answers.iter().any(|answer| answer.contains(&part)), "no answer to {part}: {answers:#?}");
    }
    assert_each_once(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scanner_that_types_is_heard_without_a_touch_and_faster_than_it_is_answered() {
    let Some(browser) = Browser::start_or_skip("page, wedge").await else { return };
    let world = stocked().await;
    for screen in [Screen::Phone, Screen::Desktop] {
        let tab = browser.tab(screen).await;
        world.sign_in(&tab, TECHNICIAN, None).await;
        tab.open(&world.site.page("/station/store")).await;
        let loaded = loaded_at(&tab).await;
        tab.type_keys(WASHER).await;
        tab.press(Key::Enter).await;
        wait_for_answer(&tab, "booked", WASHER).await;
        assert!((loaded_at(&tab).await - loaded).abs() < f64::EPSILON, "nothing was loaded anew");
        tab.assert_no_complaints();
        if screen == Screen::Desktop {
            // All at once, none waits for the one before.
            for number in 0..PARTS {
                tab.type_keys(&part(number)).await;
                tab.press(Key::Enter).await;
            }
            wait_for_answer(&tab, "booked", &part(PARTS - 1)).await;
            assert_each_once(&world).await;
            let unsent: String = tab.eval("document.getElementById('unsent').innerText").await;
            assert_eq!(unsent.trim(), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_labels_say_can_be_touched() {
    let Some(browser) = Browser::start_or_skip("page, touch").await else { return };
    let world = stocked().await;
    let tab = browser.tab(Screen::Phone).await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.open(&world.site.page("/station/store")).await;
    tab.click("button", "Scrap").await;
    tab.wait_until("it is in scrap", "document.getElementById('station-who').innerText.includes('Scrap')").await;
    tab.fill("field", "Scan or type a code", WASHER).await;
    tab.click_in("#scan-form", "button", "Send").await;
    wait_for_answer(&tab, "booked", WASHER).await;
    tab.click("button", "20").await;
    wait_for_answer(&tab, "booked", "80 pcs on hand now").await;
    world.wait_for_held(WASHER, "scrap", 20).await;
    tab.click_in("#command-form", "button", "Undo").await;
    world.wait_for_held(WASHER, "scrap", 0).await;
    tab.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_camera_reads_codes_where_the_browser_can_and_otherwise_says_that_it_cannot() {
    let Some(browser) = Browser::start_or_skip("page, camera").await else { return };
    let world = stocked().await;
    let tab = browser.tab(Screen::Phone).await;
    tab.before_each_page("delete globalThis.BarcodeDetector").await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.open(&world.site.page("/station/store")).await;
    tab.wait_for_text("This browser cannot read codes with its camera").await;
    assert!(tab.find_all("button", "Scan with the camera").await.is_empty(), "no button that does nothing");
    // Chromium has no reader of codes on Linux: one that sees the same code in every picture plays it.
    let reader = format!(
        "globalThis.BarcodeDetector = class {{
            static async getSupportedFormats() {{ return ['code_128', 'qr_code', 'data_matrix', 'ean_13'] }}
            async detect() {{ return [{{ rawValue: '{WASHER}', format: 'code_128' }}] }} }}"
    );
    let tab = browser.tab(Screen::Phone).await;
    tab.before_each_page(&reader).await;
    tab.allow_camera(&world.site.page("")).await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.open(&world.site.page("/station/store")).await;
    tab.click("button", "Scan with the camera").await;
    wait_for_answer(&tab, "booked", WASHER).await;
    world.wait_for_held(WASHER, "bin:B-01", 99).await;
    tab.click("button", "Stop the camera").await;
    tab.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_display_on_the_wall_follows_and_changes_nothing() {
    let Some(browser) = Browser::start_or_skip("page, kiosk").await else { return };
    let world = Storeroom::with("kiosk = [\"all\"]", |file| file).await;
    let tab = browser.tab(Screen::Desktop).await;
    tab.open(&world.site.page("/station/store")).await;
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:7", "BW:DONE"]).await;
    tab.wait_for_text("7 pcs on hand now").await;
    tab.wait_for_text("looking only").await;
    assert!(tab.find_all("button", "Undo").await.is_empty());
    tab.open(&world.site.page("/door")).await;
    assert!(tab.find_all("textbox", "PIN").await.is_empty(), "nobody signs in here");
    let post = "fetch('/station/store/scan', { method: 'POST', body: new URLSearchParams({ code: 'WASHER' }) }).then((r) => r.status)";
    let status: u16 = tab.eval(post).await;
    assert_eq!(status, 403);
    assert_eq!(world.held(WASHER, "bin:B-01").await, 7);
}
