//! Who is let in, for how long, and what a storm at the door holds up: nothing but the door.

use std::time::{Duration, Instant};

use reqwest::header::{COOKIE, RETRY_AFTER, SET_COOKIE};

use crate::site::{cookie, plan, until};

#[tokio::test]
async fn a_badge_opens_what_needs_no_pin_and_its_session_is_a_strict_cookie() {
    let site = plan().start().await;
    let response = site.sign_in("0042", "").await;
    let set = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["binwire=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure") && !set.contains("Domain") && !set.contains("Max-Age"), "{set}");
    assert!(site.knows(&cookie(&response).unwrap()).await);
    assert_eq!(site.sign_in("9999", "").await.status().as_u16(), 401);
    site.stop().await;
}

#[tokio::test]
async fn a_parts_manager_has_no_pin_until_the_gateway_s_own_people_set_one() {
    let site = plan().start().await;
    let without = site.sign_in("0001", "").await;
    assert!(cookie(&without).is_none());
    let guessed = site.sign_in("0001", "280471").await;
    assert_eq!((guessed.status().as_u16(), cookie(&guessed)), (403, None));
    for (pin, why) in [("1234", "6 to 12"), ("123456", "first that anybody tries"), ("28x471", "digits")] {
        let refused = site.set_pin("Mia", pin).await;
        assert!(refused["error"].as_str().unwrap().contains(why), "{refused}");
    }
    assert!(site.set_pin("nobody", "280471").await["error"].as_str().unwrap().contains("import operators"));
    assert_eq!(site.set_pin("Mia", "280471").await["badge"], "0001");
    let asked = site.sign_in("0001", "").await;
    assert_eq!((asked.status().as_u16(), cookie(&asked)), (200, None), "its badge alone is not enough");
    assert_eq!(site.sign_in("0001", "280472").await.status().as_u16(), 401);
    let mia = site.cookie_of("0001", "280471").await;
    assert!(site.knows(&mia).await);
    site.stop().await;
}

#[tokio::test]
async fn a_pin_outlives_a_restart_and_a_session_does_not() {
    let site = plan().start().await;
    site.set_pin("0001", "280471").await;
    let before = site.cookie_of("0001", "280471").await;
    let site = site.restart().await;
    assert!(!site.knows(&before).await);
    assert!(site.knows(&site.cookie_of("0001", "280471").await).await);
    site.stop().await;
}

#[tokio::test]
async fn a_new_pin_ends_the_sessions_of_its_badge_and_none_closes_the_door() {
    let site = plan().start().await;
    site.set_pin("0001", "280471").await;
    let (mia, ann) = (site.cookie_of("0001", "280471").await, site.cookie_of("0042", "").await);
    site.set_pin("0001", "935172").await;
    assert!(!site.knows(&mia).await && site.knows(&ann).await);
    assert_eq!(site.sign_in("0001", "280471").await.status().as_u16(), 401);
    let gone = serde_json::json!({ "operator": "0001", "pin": null });
    assert_eq!(site.local("/v1/pin", &gone).await["has_pin"], false);
    assert_eq!(site.sign_in("0001", "935172").await.status().as_u16(), 403);
    site.stop().await;
}

#[tokio::test]
async fn a_storm_of_wrong_pins_waits_also_after_a_restart_and_holds_up_no_scan() {
    let site = plan().start().await;
    site.set_pin("0001", "280471").await;
    let mut tries = 0;
    let waits = loop {
        let response = site.sign_in("0001", "000000").await;
        if response.status() == 429 {
            break response.headers()[RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap();
        }
        assert_eq!(response.status().as_u16(), 401);
        tries += 1;
        assert!(tries < 50, "it goes on for ever");
    };
    assert!((1..=900).contains(&waits), "{waits}");
    assert!((4..10).contains(&tries), "{tries}");
    assert_eq!(site.sign_in("0001", "280471").await.status().as_u16(), 429, "the right one waits too");
    assert_eq!(site.sign_in("0042", "").await.status().as_u16(), 429, "and the source whatever its badge");

    let site = site.restart().await;
    assert_eq!(site.sign_in("0001", "280471").await.status().as_u16(), 429, "a restart buys no tries");

    // A storm, and in the middle of it a scan.
    let storm = async {
        for number in 0..200 {
            site.sign_in(&format!("{number}"), "000000").await;
        }
    };
    let scans = async {
        let began = Instant::now();
        for _ in 0..10 {
            let heard = site.scans("M8").await;
            assert_eq!(heard["verdict"], "accepted", "{heard}");
        }
        began.elapsed()
    };
    let ((), took) = tokio::join!(storm, scans);
    assert!(took < Duration::from_secs(10), "{took:?} for ten scans");

    // Whoever may set PINs opens the badge again; the source still waits its time.
    site.set_pin("0001", "935172").await;
    until("the door opens again", async || site.sign_in("0001", "935172").await.status() == 303).await;
    site.stop().await;
}

#[tokio::test]
async fn an_id_that_somebody_brought_along_never_becomes_a_session() {
    let site = plan().start().await;
    let fixed = format!("binwire={}", "ab".repeat(32));
    assert!(!site.knows(&fixed).await);
    let response = site.post("/door", "badge=0042").header(COOKIE, &fixed).send().await.unwrap();
    let own = cookie(&response).unwrap();
    assert_ne!(own, fixed);
    assert!(site.knows(&own).await && !site.knows(&fixed).await);
    // Who signs in again has another id, and the one before is worth nothing.
    let response = site.post("/door", "badge=0007").header(COOKIE, &own).send().await.unwrap();
    let again = cookie(&response).unwrap();
    assert!(again != own && site.knows(&again).await && !site.knows(&own).await);
    site.stop().await;
}

#[tokio::test]
async fn a_session_that_was_idle_is_over() {
    let site = plan().idle(Duration::from_millis(400)).start().await;
    let ann = site.cookie_of("0042", "").await;
    assert!(site.knows(&ann).await);
    let began = Instant::now();
    // Asking keeps it alive: it is left alone until its time is over.
    until("half a second", async || began.elapsed() > Duration::from_millis(500)).await;
    assert!(!site.knows(&ann).await);
    site.stop().await;
}

#[tokio::test]
async fn somebody_who_is_no_operator_any_more_is_out_at_once() {
    let site = plan().start().await;
    let ann = site.cookie_of("0042", "").await;
    let gone = serde_json::json!({ "do": "remove", "kind": "operator", "name": "0042" });
    site.local("/v1/command", &gone).await;
    until("her session is over", async || !site.knows(&ann).await).await;
    site.stop().await;
}

#[tokio::test]
async fn a_badge_that_is_given_to_somebody_else_does_not_open_with_the_old_pin() {
    let site = plan().start().await;
    site.set_pin("0001", "280471").await;
    assert!(site.knows(&site.cookie_of("0001", "280471").await).await);
    let gone = serde_json::json!({ "do": "remove", "kind": "operator", "name": "0001" });
    site.local("/v1/command", &gone).await;
    until("its PIN is gone", async || {
        let audit = site.local("/v1/ledger", &serde_json::json!({ "do": "audit" })).await;
        audit.to_string().contains("take PIN away")
    })
    .await;
    let again =
        serde_json::json!({ "do": "import", "kind": "operator", "csv": "badge,name,role\n0001,Kim,parts-manager\n" });
    assert_eq!(site.local("/v1/command", &again).await["taken"], true);
    let refused = site.sign_in("0001", "280471").await;
    assert_eq!((refused.status().as_u16(), cookie(&refused)), (403, None));
    let site = site.restart().await;
    assert_eq!(site.sign_in("0001", "280471").await.status().as_u16(), 403, "nor after a restart");
    site.stop().await;
}

#[tokio::test]
async fn the_page_speaks_the_site_s_language_and_then_the_viewer_s() {
    let site = plan().with("language = \"de\"").start().await;
    let page =
        async |cookie: &str| site.get("/door").header(COOKIE, cookie).send().await.unwrap().text().await.unwrap();
    let german = page("").await;
    assert!(german.contains("lang=\"de\"") && german.contains("Ausweis"), "{german}");
    let chosen = site.post("/language", "language=en&next=/door").send().await.unwrap();
    let english = page(&cookie(&chosen).unwrap()).await;
    assert!(english.contains("lang=\"en\"") && english.contains("Badge"), "{english}");
    assert_eq!(site.post("/language", "language=xx").send().await.unwrap().status().as_u16(), 400);
    site.stop().await;
}
