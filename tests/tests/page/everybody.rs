//! For everybody: whoever hears the page, whoever has no mouse, a narrow phone, no script, or another language.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tests::{
    Browser,
    browser::{Key, Light, Screen, Tab, axe::Axe},
};

use tests::storeroom::{MANAGER, PIN, Storeroom, TECHNICIAN, WASHER};

/// Pages of one kind that are looked at: bins are all alike.
const OF_A_KIND_MAX: usize = 2;

/// Pages that are looked at all together; beyond it something leads in circles.
const PAGES_MAX: usize = 80;

/// Every page that links lead to from the start, two of each kind.
async fn all_pages(tab: &Tab, world: &Storeroom) -> Vec<String> {
    let (mut found, mut kinds) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut ahead = VecDeque::from(["/".to_owned(), "/door".to_owned()]);
    let mut pages = Vec::new();
    while let Some(path) = ahead.pop_front() {
        let bare = path.split(['?', '#']).next().unwrap().to_owned();
        let kind = bare.rsplit_once('/').map_or("", |(kind, _)| kind).to_owned();
        let is_file = [".pdf", ".csv", ".crt", ".webmanifest"].iter().any(|end| bare.ends_with(end))
            || bare.contains("/export")
            || bare.starts_with("/static");
        // Directly below the top every page is of its own kind.
        let many = kinds.entry(kind.clone()).or_default();
        if is_file || (kind.matches('/').count() > 0 && kind != "/manage" && kind != "/work" && *many >= OF_A_KIND_MAX)
        {
            continue;
        }
        *many += 1;
        tab.open(&world.site.page(&path)).await;
        pages.push(path);
        assert!(pages.len() < PAGES_MAX, "{pages:#?}");
        let links: Vec<String> =
            tab.eval("[...document.querySelectorAll('a[href^=\"/\"]')].map((a) => a.getAttribute('href'))").await;
        for link in links {
            let bare = link.split(['#']).next().unwrap().to_owned();
            // What is looked for with other words is the same page.
            let key = bare.split('?').next().unwrap().to_owned();
            if found.insert(key) {
                ahead.push_back(bare);
            }
        }
    }
    pages
}

/// A site where something has happened: every page has something to show.
async fn lived_in() -> Storeroom {
    let mut world = Storeroom::begin().await;
    world.on_scale(40);
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:100", "BW:DONE", WASHER, "UNKNOWN-17", "BW:NONSENSE"]).await;
    world.wait_for_held(WASHER, "bin:B-01", 99).await;
    world.hub.kill();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_has_a_fault_that_axe_can_find_or_needs_scrolling_sideways() {
    let Some(browser) = Browser::start_or_skip("page, axe").await else { return };
    let Some(axe) = Axe::fetch_or_skip("page, axe") else { return };
    let world = lived_in().await;
    let mut faults = Vec::new();
    let mut looked_at = 0;
    for (who, pin) in [(None, None), (Some(MANAGER), Some(PIN))] {
        let tab = browser.tab(Screen::Desktop).await;
        if let Some(badge) = who {
            world.sign_in(&tab, badge, pin).await;
        }
        let pages = all_pages(&tab, &world).await;
        for screen in [Screen::Desktop, Screen::Phone, Screen::Narrow] {
            tab.screen_is(screen).await;
            for page in &pages {
                tab.open(&world.site.page(page)).await;
                for light in Light::BOTH {
                    // The narrow one is a phone; only its width is another.
                    if screen == Screen::Narrow && light == Light::Dark {
                        continue;
                    }
                    tab.light(light).await;
                    let at = format!("{page} ({}, {}, {who:?})", screen.word(), light.word());
                    let found = match (screen, light) {
                        (Screen::Narrow, _) => Vec::new(),
                        (Screen::Phone | Screen::Desktop, Light::Light) => axe.violations(&tab).await,
                        (Screen::Phone | Screen::Desktop, Light::Dark) => axe.violations_of_colour(&tab).await,
                    };
                    faults.extend(found.into_iter().map(|fault| format!("{at}: {fault}")));
                    let sideways = tab.sideways().await;
                    if sideways > 0 {
                        faults.push(format!("{at}: {sideways} px stick out: {}", tab.what_sticks_out().await));
                    }
                    looked_at += 1;
                }
            }
        }
        faults.extend(tab.heard().complaints.iter().map(|complaint| format!("console, {who:?}: {complaint}")));
    }
    tests::skip::say(&format!("axe and width: {looked_at} looks, {} faults", faults.len()));
    let faults: BTreeSet<_> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_start_to_an_act_taken_back_with_the_keyboard_alone() {
    let Some(browser) = Browser::start_or_skip("page, keyboard").await else { return };
    let world = lived_in().await;
    let tab = browser.tab(Screen::Desktop).await;
    tab.open(&world.site.page("/")).await;
    tab.tab_to("link", "Sign in").await;
    tab.press(Key::Enter).await;
    tab.wait_for_path("/door").await;
    tab.tab_to_or_stay("textbox", "Badge").await;
    tab.type_keys(TECHNICIAN).await;
    tab.tab_to("button", "Sign in").await;
    tab.before_next_page().await;
    tab.press(Key::Enter).await;
    tab.wait_for_next_page().await;
    tab.wait_for_text("Ada Field").await;
    tab.open(&world.site.page("/")).await;
    tab.tab_to("link", "store").await;
    tab.press(Key::Enter).await;
    tab.wait_for_path("/station/store").await;
    tab.tab_to_or_stay("textbox", "Scan or type a code").await;
    tab.type_keys(WASHER).await;
    tab.press(Key::Enter).await;
    tab.wait_for_text("98 pcs on hand now").await;
    tab.tab_to("button", "Undo: 1 pcs WASHER").await;
    tab.press(Key::Enter).await;
    world.wait_for_held(WASHER, "bin:B-01", 99).await;
    tab.wait_for_text("Taken back").await;
    tab.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_script_every_page_reads_and_every_form_works() {
    let Some(browser) = Browser::start_or_skip("page, no script").await else { return };
    let world = lived_in().await;
    let tab = browser.tab(Screen::Phone).await;
    tab.scripts(false).await;
    tab.open(&world.site.page("/")).await;
    tab.wait_for_text("not live").await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.wait_for_text("Ada Field").await;
    tab.open(&world.site.page("/bins")).await;
    tab.wait_for_text("B-01").await;
    tab.open(&world.site.page("/station/store")).await;
    tab.fill("field", "Scan or type a code", WASHER).await;
    tab.click_in("#scan-form", "button", "Send").await;
    tab.wait_for_text("98 pcs on hand now").await;
    tab.click_first("button", "Undo: 1 pcs WASHER").await;
    tab.wait_for_text("Taken back").await;
    world.wait_for_held(WASHER, "bin:B-01", 99).await;
    tab.before_next_page().await;
    tab.click_in("#quantity-form", "button", "5").await;
    tab.wait_for_next_page().await;
    tab.open(&world.site.page("/problems")).await;
    tab.wait_for_text("To do:").await;
    tab.click("button", "Sign out").await;
    tab.wait_until_gone("Ada Field").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_german_gets_german_and_the_sites_own_numbers() {
    let Some(browser) = Browser::start_or_skip("page, German").await else { return };
    let world = Storeroom::with("language = \"de\"\ntime_zone = \"+01:00\"", |file| file).await;
    world.scan(&["BW:RECEIVE", WASHER, "BW:QTY:12345", "BW:DONE"]).await;
    world.wait_for_held(WASHER, "bin:B-01", 12_345).await;
    let tab = browser.tab(Screen::Phone).await;
    world.sign_in_with(&tab, TECHNICIAN, None, ["Ausweis", "PIN", "Anmelden"]).await;
    for (path, text) in
        [("/", "Stationen"), ("/bins", "12.345"), ("/station/store", "Gebucht"), ("/problems", "Probleme")]
    {
        tab.open(&world.site.page(path)).await;
        tab.wait_for_text(text).await;
        let language: String = tab.eval("document.documentElement.lang").await;
        assert_eq!(language, "de", "{path}");
        let said = tab.text().await;
        for english in
            ["Sign out", "Stations", "Problems", "Bins", "On hand", "on hand now", "Last scan", "To do", "since"]
        {
            assert!(!said.contains(english), "{path} says {english:?}: {said}");
        }
    }
    // Somebody else reads English on the same site, with the site's numbers.
    tab.choose("Sprache", "English").await;
    tab.before_next_page().await;
    tab.click("button", "Ändern").await;
    tab.wait_for_next_page().await;
    tab.wait_for_text("Sign out").await;
    tab.open(&world.site.page("/bins")).await;
    tab.wait_for_text("On hand").await;
    tab.wait_for_text("12.345").await;
}
