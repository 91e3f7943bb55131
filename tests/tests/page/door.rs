//! Signing in: with a badge, with a PIN, and again and again with a wrong one.

use tests::{
    Browser, PATIENCE,
    browser::{Screen, Tab},
    eventually,
};

use tests::storeroom::{BOLT, MANAGER, PIN, Storeroom, TECHNICIAN};

async fn try_pin(tab: &Tab, pin: &str) {
    tab.fill("textbox", "Badge", MANAGER).await;
    tab.fill("textbox", "PIN", pin).await;
    tab.before_next_page().await;
    tab.click("button", "Sign in").await;
    tab.wait_for_next_page().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_wrong_pins_has_to_wait_also_after_a_restart_and_scanning_goes_on() {
    let Some(browser) = Browser::start_or_skip("page, wrong PINs").await else { return };
    let mut world = Storeroom::begin().await;
    let tab = browser.tab(Screen::Phone).await;
    tab.open(&world.site.page("/door")).await;
    let mut tries = 0;
    while !tab.text().await.contains("Too many wrong tries") {
        assert!(tries < 20, "{tries} wrong PINs and no wait");
        try_pin(&tab, &format!("00000{}", tries % 10)).await;
        tries += 1;
    }
    assert!(tries > 1, "one mistake is free");
    // The right one has to wait as well: else the wait would say which one is right.
    try_pin(&tab, PIN).await;
    tab.wait_for_text("Too many wrong tries").await;
    let before = world.site.accepted().len();
    world.scan(&["WASHER"]).await;
    world.site.wait_until_accepted(before + 1).await;
    // More of it, so that the wait is longer than a restart takes.
    for wrong in 0..3 {
        eventually(PATIENCE, "a wrong PIN is heard", async || {
            try_pin(&tab, &format!("11111{wrong}")).await;
            tab.text().await.contains("is not right").then_some(())
        })
        .await;
    }
    world.site.restart().await;
    tab.open(&world.site.page("/door")).await;
    try_pin(&tab, PIN).await;
    tab.wait_for_text("Too many wrong tries").await;
    world.wait_until_connected().await;
    let before = world.site.accepted().len();
    world.scan(&["WASHER"]).await;
    world.site.wait_until_accepted(before + 1).await;
    eventually(PATIENCE, "the right PIN opens after the wait", async || {
        if tab.url().await.ends_with("/door") {
            try_pin(&tab, PIN).await;
        }
        (!tab.url().await.ends_with("/door")).then_some(())
    })
    .await;
    tab.wait_for_text("Pat Parts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_a_cookie_that_no_script_and_no_other_site_gets() {
    let Some(browser) = Browser::start_or_skip("page, session").await else { return };
    let world = Storeroom::begin().await;
    let tab = browser.tab(Screen::Desktop).await;
    world.sign_in(&tab, TECHNICIAN, None).await;
    tab.wait_for_text("Ada Field").await;
    let readable: String = tab.eval("document.cookie").await;
    assert_eq!(readable, "", "no script reads it");
    let cookies = tab.cookies().await;
    assert!(!cookies.is_empty());
    for cookie in &cookies {
        assert!(cookie.http_only, "{cookie:?}");
        assert_eq!(cookie.same_site.as_deref(), Some("Strict"), "{cookie:?}");
        assert_eq!(cookie.path, "/", "{cookie:?}");
    }
    // Signing out ends it on both sides: the old cookie opens nothing any more.
    let session = cookies.iter().find(|cookie| cookie.value.len() == 64).expect("a session's cookie").clone();
    tab.click("button", "Sign out").await;
    tab.wait_until_gone("Ada Field").await;
    tab.set_cookie(&world.site.page("/"), &session).await;
    tab.open(&world.site.page("/")).await;
    assert!(!tab.text().await.contains("Ada Field"));
    assert_eq!(world.held(BOLT, "bin:A-01").await, 0);
}
