//! What a site says it has, compared with what is here.

use serde_json::{Value, json};

use crate::support::{Server, Site};

async fn plant() -> Server {
    Server::new().feed("plant-7/acme").items(&["A", "B", "C"]).viewer("acme", &["plant-7/acme"]).start().await
}

/// A site's checkpoint of some amounts; `rest` are more fields.
fn checkpoint(through: u64, held: &[(&str, &str, i64)], rest: &str) -> String {
    let held: Vec<Value> =
        held.iter().map(|(item, place, qty)| json!({"item": item, "place": place, "qty": qty})).collect();
    format!(
        r#"{{"type":"checkpoint","at":"2026-11-21T05:00:00.000Z","through":{through},"on_hand":{}{rest}}}"#,
        json!(held)
    )
}

async fn feed(server: &Server) -> Value {
    server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0].take()
}

#[tokio::test]
async fn with_totals_everything_is_compared_at_every_place() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "A", "vendor", "dock").moves(10, "A", "dock", "used").moves(5, "B", "vendor", "bin:1");
    let a = [("A", "vendor", -100), ("A", "dock", 90), ("A", "used", 10)];
    let all = [&a[..], &[("B", "vendor", -5), ("B", "bin:1", 5)]].concat();
    site.record(&checkpoint(3, &all, r#","totals":{"amounts":5,"units":105}"#));
    site.ships_all(&server).await;
    let state = feed(&server).await;
    assert_eq!(state["checkpoint"]["verdict"], "ok", "{state}");
    assert_eq!(state["checkpoint"]["extent"], "everything");
    assert_eq!(state["alarms"], json!([]));
    // The site has forgotten an item altogether, and what the vendor is owed of another.
    site.record(&checkpoint(4, &a[1..], r#","totals":{"amounts":2,"units":100}"#));
    site.ships(&server, &site.batch(5, 5)).await;
    let state = feed(&server).await;
    assert_eq!(
        state["checkpoint"]["differences"],
        json!([
            {"item":"A","place":"vendor","site":0,"hub":-100},
            {"item":"B","place":"bin:1","site":0,"hub":5},
            {"item":"B","place":"vendor","site":0,"hub":-5},
        ])
    );
    assert_eq!(state["alarms"][0]["kind"], "differs");
    assert!(state["alarms"][0]["since"].is_string() && state["alarms"][0]["todo"].is_string(), "{state}");
}

#[tokio::test]
async fn a_list_that_is_not_what_its_totals_say_differs() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "A", "vendor", "dock");
    site.record(&checkpoint(1, &[("A", "vendor", -100), ("A", "dock", 100)], r#","totals":{"amounts":3,"units":101}"#));
    site.ships_all(&server).await;
    assert_eq!(feed(&server).await["checkpoint"]["differing"], 2);
}

#[tokio::test]
async fn parts_have_one_verdict_when_the_last_is_in() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "A", "vendor", "dock").moves(5, "B", "vendor", "bin:1");
    // An item's places may stand in two parts, and movements may come between them.
    site.record(&checkpoint(2, &[("A", "vendor", -100)], r#","part":{"number":1,"of":3}"#));
    site.moves(7, "A", "dock", "used");
    site.record(&checkpoint(2, &[("A", "dock", 100), ("B", "vendor", -5)], r#","part":{"number":2,"of":3}"#));
    site.moves(2, "B", "bin:1", "used");
    let last = r#","part":{"number":3,"of":3},"totals":{"amounts":4,"units":105}"#;
    site.record(&checkpoint(2, &[("B", "bin:1", 5)], last));
    site.ships(&server, &site.batch(1, 6)).await;
    assert_eq!(feed(&server).await["checkpoint"], Value::Null);
    site.ships(&server, &site.batch(7, 7)).await;
    let state = feed(&server).await;
    assert_eq!((&state["checkpoint"]["verdict"], &state["checkpoint"]["seq"]), (&json!("ok"), &json!(7)), "{state}");
    // A checkpoint whose second part was lost has no verdict; the one before stands.
    site.record(&checkpoint(2, &[("A", "vendor", -1)], r#","part":{"number":1,"of":3}"#));
    site.record(&checkpoint(2, &[("B", "bin:1", 1)], last));
    site.ships(&server, &site.batch(8, 9)).await;
    assert_eq!(feed(&server).await["checkpoint"]["seq"], 7);
}

#[tokio::test]
async fn what_is_parked_is_not_held_against_a_site() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "A", "vendor", "dock").moves(3, "NEW", "vendor", "dock");
    let all = [("A", "vendor", -100), ("A", "dock", 100), ("NEW", "vendor", -3), ("NEW", "dock", 3)];
    site.record(&checkpoint(2, &all, r#","totals":{"amounts":4,"units":103}"#));
    site.ships_all(&server).await;
    let state = feed(&server).await;
    assert_eq!(state["checkpoint"]["verdict"], "ok");
    assert_eq!(state["alarms"][0]["kind"], "parked");
}
