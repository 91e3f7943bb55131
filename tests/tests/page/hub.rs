//! The vendor's page: signing in, following what moves, and being usable by everybody.

use sim::{Scanner, Suffix};
use tests::{
    Browser, Hub, Site,
    browser::{Key, Light, Screen, Tab, axe::Axe},
};

const TOKEN: &str = "token-with-which-acme-looks";

/// A hub, a site with a scanner at its dock, and one movement.
async fn world() -> (Hub, Site, Scanner) {
    let hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ["M8-BOLT", "WASHER"]);
    let file = file.station("goods-in").scanner("scanner-1", "goods-in");
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::Cr).unwrap();
    let site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    scanner.scan("M8-BOLT").await.unwrap();
    hub.wait_for_movements(1).await;
    (hub, site, scanner)
}

async fn sign_in(tab: &Tab, hub: &Hub) {
    tab.open(&format!("http://{}/", hub.addr())).await;
    tab.fill("textbox", "Access token", TOKEN).await;
    tab.click("button", "Show my feeds").await;
    tab.wait_for_path("/view/acme/").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendor_sees_movements_come_and_is_told_when_the_hub_is_away() {
    let Some(browser) = Browser::start_or_skip("hub page, live").await else { return };
    let (mut hub, mut site, scanner) = world().await;
    for screen in [Screen::Phone, Screen::Desktop] {
        let tab = browser.tab(screen).await;
        sign_in(&tab, &hub).await;
        tab.wait_for_text("M8-BOLT").await;
        tab.wait_until("the page is live", "document.getElementById('link').innerText === 'live'").await;
        let before: u64 = tab.eval("document.querySelectorAll('#moved li').length").await;
        let loaded: f64 = tab.eval("performance.timeOrigin").await;
        scanner.scan("WASHER").await.unwrap();
        tab.wait_until("the scan is there", &format!("document.querySelectorAll('#moved li').length > {before}")).await;
        tab.wait_for_text("WASHER").await;
        let same: f64 = tab.eval("performance.timeOrigin").await;
        assert!((loaded - same).abs() < f64::EPSILON, "nothing was loaded anew");
        tab.assert_no_complaints();
        hub.kill();
        tab.wait_for_text("reconnecting").await;
        assert!(tab.text().await.contains("M8-BOLT"), "what was known stays");
        hub.begin().await;
        tab.wait_until("the page is live", "document.getElementById('link').innerText === 'live'").await;
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_refused_and_a_right_one_is_enough_with_the_keyboard_alone() {
    let Some(browser) = Browser::start_or_skip("hub page, keyboard").await else { return };
    let (hub, _site, _scanner) = world().await;
    let tab = browser.tab(Screen::Desktop).await;
    tab.open(&format!("http://{}/", hub.addr())).await;
    tab.type_keys("wrong").await;
    tab.press(Key::Enter).await;
    tab.wait_for_text("This token is not known here.").await;
    tab.press(Key::BackTab).await;
    tab.tab_to("textbox", "Access token").await;
    tab.type_keys(TOKEN).await;
    tab.tab_to("button", "Show my feeds").await;
    tab.press(Key::Enter).await;
    tab.wait_for_text("M8-BOLT").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hubs_page_reads_without_its_script() {
    let Some(browser) = Browser::start_or_skip("hub page, no script").await else { return };
    let (hub, _site, _scanner) = world().await;
    let tab = browser.tab(Screen::Phone).await;
    tab.scripts(false).await;
    sign_in(&tab, &hub).await;
    tab.wait_for_text("M8-BOLT").await;
    tab.wait_for_text("not live").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hubs_page_has_no_fault_that_axe_can_find_and_fits_every_screen() {
    let Some(browser) = Browser::start_or_skip("hub page, axe").await else { return };
    let Some(axe) = Axe::fetch_or_skip("hub page, axe") else { return };
    let (hub, _site, _scanner) = world().await;
    for screen in [Screen::Narrow, Screen::Phone, Screen::Desktop] {
        let tab = browser.tab(screen).await;
        for light in Light::BOTH {
            tab.light(light).await;
            let what = |page: &str| format!("{page}, {}, {}", screen.word(), light.word());
            tab.open(&format!("http://{}/", hub.addr())).await;
            axe.assert_clean(&tab, &what("sign-in")).await;
            assert!(tab.sideways().await <= 0, "{} needs scrolling sideways", what("sign-in"));
            sign_in(&tab, &hub).await;
            tab.wait_for_text("M8-BOLT").await;
            axe.assert_clean(&tab, &what("view")).await;
            assert!(tab.sideways().await <= 0, "{} needs scrolling sideways", what("view"));
        }
        tab.assert_no_complaints();
    }
}
