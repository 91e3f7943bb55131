//! Work that takes longer than a scan: counting while others take parts, and calibrating a scale that shows what it does.

use tests::{
    Browser,
    browser::{Screen, Tab},
    storeroom::{BOLT, MANAGER, PIECE_G, PIN, STOREKEEPER, Storeroom, TARE_G, TECHNICIAN, WASHER},
};

async fn wait_for_path_below(tab: &Tab, path: &str) {
    let condition = format!("location.pathname.startsWith('{path}') && document.readyState === 'complete'");
    tab.wait_until(&format!("the address is below {path}"), &condition).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_between_the_count_and_its_posting_stays_moved() {
    let Some(browser) = Browser::start_or_skip("page, count").await else { return };
    let room = Storeroom::begin().await;
    room.scan(&["BW:RECEIVE", WASHER, "BW:QTY:100", "BW:DONE"]).await;
    room.wait_for_held(WASHER, "bin:B-01", 100).await;
    let tab = browser.tab(Screen::Phone).await;
    room.sign_in(&tab, STOREKEEPER, None).await;
    tab.open(&room.site.page("/work/count?bin=B-01")).await;
    tab.click_in("#count-form", "button", "Begin").await;
    wait_for_path_below(&tab, "/work/count/count-").await;
    tab.wait_for_text("bin B-01").await;
    assert!(!tab.text().await.contains("100"), "the count is blind");
    // Parts move while it is counted: it is asked for again.
    tab.before_next_page().await;
    tab.click("button", "I begin to count here").await;
    tab.wait_for_next_page().await;
    room.scan(&["BW:CANCEL", WASHER]).await;
    room.wait_for_held(WASHER, "bin:B-01", 99).await;
    tab.fill("field", "Pieces", "97").await;
    tab.click("button", "Take down").await;
    tab.wait_for_text("Parts moved while this was counted").await;
    tab.click("button", "All is counted").await;
    tab.wait_for_text("Count once more").await;
    // Now at one go: two are missing. Then somebody takes five, before it is posted.
    tab.fill("field", "Pieces", "97").await;
    tab.click("button", "Take down").await;
    tab.wait_for_text("taken down").await;
    room.scan(&["BW:CANCEL", WASHER, "BW:QTY:5"]).await;
    room.wait_for_held(WASHER, "bin:B-01", 94).await;
    tab.reload().await;
    tab.wait_for_text("ready to review").await;
    tab.click("link", "Review").await;
    tab.wait_for_text("Post the differences").await;
    tab.click("button", "Post the differences").await;
    room.wait_for_held(WASHER, "bin:B-01", 92).await;
    assert_eq!(room.held(WASHER, "variance").await, 2);
    assert_eq!(room.held(WASHER, "used").await, 6);
    tab.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_is_calibrated_with_its_reading_before_ones_eyes() {
    let Some(browser) = Browser::start_or_skip("page, calibration").await else { return };
    let room = Storeroom::begin().await;
    let tab = browser.tab(Screen::Phone).await;
    room.sign_in(&tab, TECHNICIAN, None).await;
    tab.open(&room.site.page("/work/calibrate/A-01")).await;
    let shows = async |grams: f64| {
        // As the scale shows it, at rest; the document is not loaded anew.
        let condition = format!(
            "(() => {{ const live = document.getElementById('cal-live'); return live?.dataset.rest === 'yes'
                && Math.abs(parseFloat(live.querySelector('.figure').innerText.replace(',', '')) - {grams}) < 0.6 }})()"
        );
        tab.wait_until(&format!("{grams} g are shown, at rest"), &condition).await;
    };
    // Each is a page of its own: what is pressed on the one before would be pressed for nothing.
    let post = async |button: &str| {
        tab.before_next_page().await;
        tab.click("button", button).await;
        tab.wait_for_next_page().await;
    };
    shows(TARE_G).await;
    post("Begin: I take parts out now").await;
    tab.wait_for_text("being calibrated and not counted").await;
    post("Weigh it now").await;
    tab.wait_until("the tare is taken", "document.getElementById('cal-state').dataset.step === 'sample'").await;
    for lot in 1..=3 {
        room.on_scale(10 * lot);
        shows(TARE_G + PIECE_G * f64::from(10 * lot)).await;
        tab.fill_in("#sample-form", "field", "Pieces", "10").await;
        post("I put in so many").await;
        tab.wait_for_text(&format!("{} in the sample", 10 * lot)).await;
    }
    post("Take it").await;
    tab.wait_until("the piece weight is taken", "document.getElementById('cal-state').dataset.step === 'check'").await;
    tab.fill_in("#check-form", "field", "Pieces", "30").await;
    post("So many are in it").await;
    tab.wait_for_text("Confirmed: you counted 30").await;
    post("Done: the parts are back in").await;
    tab.wait_until_gone("being calibrated and not counted").await;
    // What lies in it is counted from here on, and none of it was used.
    tab.open(&room.site.page("/bins/A-01")).await;
    tab.wait_until("the bin holds 30", "document.querySelector('#bin-now .figure')?.innerText.startsWith('30')").await;
    assert_eq!(room.held(BOLT, "used").await, 0);
    tab.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_go_through_the_site_by_forms_alone() {
    let Some(browser) = Browser::start_or_skip("page, work").await else { return };
    let room = Storeroom::begin().await;
    let tab = browser.tab(Screen::Phone).await;
    room.sign_in(&tab, MANAGER, Some(PIN)).await;
    for (path, fields, button, place, held) in [
        ("receive", vec![("Part", WASHER), ("Quantity", "40")], "Receive", "dock", 40),
        ("put-away", vec![("Part", WASHER), ("Quantity", "30"), ("To", "B-01")], "Put away", "bin:B-01", 30),
        ("test", vec![("From", "B-01"), ("Part", WASHER), ("Quantity", "4")], "Send to test", "bench", 4),
        ("test-pass", vec![("Part", WASHER), ("Quantity", "3"), ("To", "B-01")], "Passed", "bin:B-01", 29),
        ("test-fail", vec![("Part", WASHER), ("Test result", "cracked")], "Failed", "quarantine", 1),
        (
            "deploy",
            vec![("Van", "van-3"), ("From", "B-01"), ("Part", WASHER), ("Quantity", "9")],
            "Deploy",
            "field:van-3",
            9,
        ),
        (
            "install",
            vec![("Machine", "PUMP-17"), ("From", "field:van-3"), ("Part", WASHER)],
            "Install",
            "asset:PUMP-17",
            1,
        ),
        ("return", vec![("Part", WASHER), ("To", "B-01")], "Return", "bin:B-01", 21),
        ("scrap", vec![("From", "B-01"), ("Part", WASHER), ("Reason", "bent")], "Scrap", "scrap", 1),
    ] {
        tab.open(&room.site.page(&format!("/work/{path}"))).await;
        for (name, value) in fields {
            tab.fill_in("#work-form", "field", name, value).await;
        }
        tab.click_in("#work-form", "button", button).await;
        tab.wait_for_text("Booked").await;
        room.wait_for_held(WASHER, place, held).await;
    }
    tab.assert_no_complaints();
}
