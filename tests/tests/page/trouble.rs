//! When something is away or refuses: the page says what, since when and what to do, and nothing is claimed that is not so.

use tests::{
    Browser, LoopDisk, PATIENCE,
    browser::{Screen, Tab},
    eventually,
};

use tests::storeroom::{BOLT, Storeroom, TECHNICIAN, WASHER};

async fn verdict(tab: &Tab) -> String {
    let verdict: Option<String> = tab.eval("document.getElementById('station-answer').dataset.verdict ?? null").await;
    verdict.unwrap_or_default()
}

async fn wait_for_verdict(tab: &Tab, verdict: &str) {
    let condition = format!("document.getElementById('station-answer')?.dataset.verdict === '{verdict}'");
    tab.wait_until(&format!("the answer is {verdict}"), &condition).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_wan_down_work_goes_on_and_the_page_says_since_when() {
    let Some(browser) = Browser::start_or_skip("page, WAN down").await else { return };
    let mut world = Storeroom::begin().await;
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:50", "BW:DONE"]).await;
    world.site.wait_until_settled(PATIENCE).await;
    let problems = browser.tab(Screen::Phone).await;
    problems.open(&world.site.page("/problems")).await;
    assert!(!problems.text().await.contains("acme"), "nothing is wrong with the line yet");
    world.hub.kill();
    let station = browser.tab(Screen::Phone).await;
    station.open(&world.site.page("/station/store")).await;
    world.scan(&["BW:CANCEL", WASHER]).await;
    station.wait_for_text("49 pcs on hand now").await;
    // Without a reload: that it is down, since when, and how much waits.
    let named = "[...document.querySelectorAll('#problems-list li')].find((li) => li.innerText.includes('acme'))";
    problems.wait_until("the line's trouble is named", named).await;
    let has_time = format!("{named}?.querySelector('time')?.dateTime");
    problems.wait_until("since when is told", &has_time).await;
    let said: String = problems.eval(&format!("{named}.innerText")).await;
    assert!(said.contains("To do:"), "{said}");
    world.hub.begin().await;
    problems.wait_until("the trouble is over", &format!("!({named})")).await;
    world.site.wait_until_settled(PATIENCE).await;
    problems.assert_no_complaints();
    station.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_refuses_is_told_at_the_station_and_nothing_is_taken_for_booked() {
    let test = "a_disk_that_refuses_is_told_at_the_station_and_nothing_is_taken_for_booked";
    let Some(browser) = Browser::start_or_skip(test).await else { return };
    let mut disk = None;
    let world = Storeroom::with("", |file| {
        disk = LoopDisk::mount_or_skip(test, &file.state_dir(), 16);
        file.section("[storage]\nballast_mb = 2\n")
    })
    .await;
    let Some(disk) = disk else { return };
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:50", "BW:DONE"]).await;
    world.wait_for_held(WASHER, "bin:B-01", 50).await;
    let tab = browser.tab(Screen::Phone).await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.open(&world.site.page("/station/store")).await;
    let accepted = world.site.accepted().len();
    for name in ["ledger.db", "ledger.db-wal"] {
        disk.refuse_writes(name, true);
    }
    // From the scanner and from the page itself.
    world.scan(&[WASHER]).await;
    wait_for_verdict(&tab, "not-recorded").await;
    tab.wait_for_text("Not recorded").await;
    tab.fill("field", "Scan or type a code", WASHER).await;
    tab.click_in("#scan-form", "button", "Send").await;
    tab.wait_for_text("the gateway cannot write now").await;
    assert_eq!(world.site.accepted().len(), accepted, "nothing was accepted");
    let problems = browser.tab(Screen::Desktop).await;
    problems.open(&world.site.page("/problems")).await;
    problems.wait_for_text("nothing is recorded until this is cured").await;
    for name in ["ledger.db", "ledger.db-wal"] {
        disk.refuse_writes(name, false);
    }
    eventually(PATIENCE, "a scan is booked again", async || {
        world.scan(&["BW:CANCEL", WASHER]).await;
        (verdict(&tab).await == "booked").then_some(())
    })
    .await;
    problems.wait_until_gone("nothing is recorded until this is cured").await;
    // What was accepted was booked, and nothing of what was refused; some of the tries may still be on their way.
    eventually(PATIENCE, "what was accepted is what is gone", async || {
        let taken = i64::try_from(world.site.accepted().len() - accepted).unwrap();
        (world.held(WASHER, "bin:B-01").await == 50 - taken).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_that_nobody_knows_is_unknown_with_its_remedy_and_never_zero() {
    let Some(browser) = Browser::start_or_skip("page, unknown").await else { return };
    let mut world = Storeroom::begin().await;
    world.on_scale(40);
    world.wait_for_held(BOLT, "bin:A-01", 40).await;
    let list = browser.tab(Screen::Desktop).await;
    list.open(&world.site.page("/bins")).await;
    let bin = browser.tab(Screen::Phone).await;
    bin.open(&world.site.page("/bins/A-01")).await;
    let sure = "document.querySelector('#bins tr:has(a[href=\"/bins/A-01\"]) [data-sure]')?.dataset.sure";
    list.wait_until("the level is known", &format!("['yes', 'about'].includes({sure})")).await;
    list.wait_for_text("40").await;
    world.scale.unplug().await;
    list.wait_until("the level is unknown", &format!("{sure} === 'no'")).await;
    let now: String = bin.eval("document.getElementById('bin-now').innerText").await;
    for tab in [&list, &bin] {
        tab.wait_for_text("unknown").await;
        tab.wait_for_text("because").await;
        tab.wait_for_text("To do:").await;
        tab.wait_for_text("in the books: 40").await;
    }
    assert!(!now.is_empty());
    let port = world.site.port("scale-1");
    world.scale.replug(&port).await.unwrap();
    list.wait_until("the level is known again", &format!("['yes', 'about'].includes({sure})")).await;
    bin.wait_until_gone("in the books: 40").await;
    list.assert_no_complaints();
    bin.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_gateway_stopped_the_last_state_stays_and_says_so_and_nothing_is_kept_for_later() {
    let Some(browser) = Browser::start_or_skip("page, gateway stopped").await else { return };
    let mut world = Storeroom::begin().await;
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:50", "BW:DONE"]).await;
    world.wait_for_held(WASHER, "bin:B-01", 50).await;
    let tab = browser.tab(Screen::Phone).await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.open(&world.site.page("/station/store")).await;
    let other = browser.tab_beside(&tab).await;
    other.open(&world.site.page("/bins")).await;
    other
        .wait_until("its worker is there", "navigator.serviceWorker?.controller || navigator.serviceWorker?.ready")
        .await;
    // The worker keeps what is looked at once it is there.
    other.reload().await;
    other.wait_for_text("B-01").await;
    world.site.stop().await;
    tab.wait_for_text("has not been reachable since").await;
    assert!(tab.text().await.contains(WASHER), "what was known stays");
    tab.fill("field", "Scan or type a code", WASHER).await;
    tab.click_in("#scan-form", "button", "Send").await;
    tab.wait_until("it is told that it was not sent", "document.getElementById('unsent').innerText.includes('WASHER')")
        .await;
    // Opened anew it is the page as it was, with its age, and says that it is old.
    other.reload().await;
    other.wait_for_text("has not been reachable since").await;
    assert!(other.text().await.contains("B-01"));
    world.site.start().await;
    world.wait_until_connected().await;
    for tab in [&tab, &other] {
        tab.wait_until_gone("has not been reachable since").await;
    }
    world.scan(&["BW:CANCEL", WASHER]).await;
    world.wait_for_held(WASHER, "bin:B-01", 49).await;
    tab.wait_for_text("49 pcs on hand now").await;
    // Not one more: what could not be sent was not kept.
    assert_eq!(world.held(WASHER, "bin:B-01").await, 49);
}
