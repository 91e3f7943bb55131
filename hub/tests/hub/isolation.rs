//! Two vendors on one rack: neither learns the other's items, volumes or existence.

use crate::{
    live::Reader,
    support::{Server, Site, token_of_viewer},
};

async fn rack() -> Server {
    let server = Server::new()
        .feed("plant-7/acme")
        .items(&["ACME-1"])
        .feed("plant-7/zenith")
        .items(&["ZEN-1"])
        .viewer("acme", &["plant-7/acme"])
        .viewer("zenith", &["plant-7/zenith"])
        .start()
        .await;
    let (mut acme, mut zenith) = (Site::new("plant-7/acme", "e1"), Site::new("plant-7/zenith", "e2"));
    acme.moves(1, "ACME-1", "vendor", "dock").moves(1, "ACME-2", "vendor", "dock");
    zenith.moves(777, "ZEN-1", "vendor", "dock").moves(778, "ZEN-2", "vendor", "dock");
    for _ in 0..3 {
        zenith.moves(779, "ZEN-1", "vendor", "dock");
    }
    zenith.ships_all(&server).await;
    acme.ships_all(&server).await;
    server
}

/// What must not be in anything acme gets.
fn check(what: &str, text: &str) {
    for secret in ["zenith", "ZEN-", "777", "778", "779"] {
        assert!(!text.contains(secret), "{what} tells {secret}: {text}");
    }
}

#[tokio::test]
async fn a_viewer_reads_only_what_it_is_granted() {
    let server = rack().await;
    for path in ["/v1/sites", "/v1/on-hand", "/v1/movements", "/v1/movements?after=", "/v1/parked"] {
        let text = server.read("acme", path).await.to_string();
        check(path, &text);
        assert!(text.contains("plant-7") && text.contains("acme"), "{path}: {text}");
    }
}

#[tokio::test]
async fn what_is_not_granted_answers_like_what_is_not_there() {
    let server = rack().await;
    for path in ["/v1/sites", "/v1/on-hand", "/v1/movements", "/v1/parked", "/v1/live"] {
        let mut answers = Vec::new();
        for feed in ["zenith", "nobody"] {
            let request = server.get(&format!("{path}?feed={feed}")).bearer_auth(token_of_viewer("acme"));
            let response = request.send().await.unwrap();
            answers.push((response.status(), response.text().await.unwrap()));
        }
        assert_eq!(answers[0], answers[1], "{path}");
        assert_eq!(answers[0].0.as_u16(), 404);
    }
    // Another feed's position in a cursor is passed over, not obeyed, checked or repeated.
    let page = server.read("acme", "/v1/movements?after=plant-7/zenith:1:3,plant-7/acme:1:1").await;
    assert_eq!(page["next"], "plant-7/acme:1:2");
    let item = server.read("acme", "/v1/on-hand?item=ZEN-1").await;
    assert_eq!(item["on_hand"], serde_json::json!([]));
}

#[tokio::test]
async fn a_live_feed_is_silent_about_others() {
    let server = rack().await;
    let mut reader = Reader::open(&server, "acme", Some("")).await;
    let (qty, id) = reader.movement().await;
    assert_eq!((qty, id.as_str()), (1, "plant-7/acme:1:1"));
    let feed = reader.feed().await;
    check("live feed", &format!("{feed:?}"));
    // Much for zenith, then one for acme: that one is what comes next.
    let mut zenith = Site::new("plant-7/zenith", "e3");
    for _ in 0..50 {
        zenith.moves(779, "ZEN-1", "vendor", "dock");
    }
    zenith.ships_all(&server).await;
    let mut acme = Site::new("plant-7/acme", "e4");
    acme.moves(2, "ACME-1", "vendor", "dock");
    acme.ships_all(&server).await;
    let event = reader.next().await.unwrap();
    assert_eq!((event.name.as_str(), event.id.as_str()), ("movement", "plant-7/acme:1:2,plant-7/acme:2:1"));
}

#[tokio::test]
async fn a_page_shows_only_its_viewers_feeds() {
    let server = rack().await;
    let signed = server.get(&format!("/view/acme/?key={}", token_of_viewer("acme"))).send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = server.get("/view/acme/").header("Cookie", &cookie).send().await.unwrap().text().await.unwrap();
    check("page", &page);
    assert!(page.contains("1 ACME-1 received into dock"));
    // The cookie of one viewer is worth nothing on another's page.
    for path in ["/view/zenith/on-hand", "/view/zenith/live"] {
        let response = server.get(path).header("Cookie", &cookie).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{path}");
    }
}
