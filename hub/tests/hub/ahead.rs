//! Batches that run ahead of a backlog.

use gateway_proto::{answer::Code, batch::Batch, record::Seq};
use serde_json::{Value, json};

use crate::{
    live::Reader,
    support::{Server, Site, texts},
};

async fn plant() -> (Server, Site) {
    let server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for qty in 1..=9 {
        site.moves(qty, "A", "vendor", "dock");
    }
    (server, site)
}

fn ahead(site: &Site, first: u64, last: u64) -> Batch {
    Batch { ahead: true, ..site.batch(first, last) }
}

fn seqs(movements: &Value) -> Vec<u64> {
    movements.as_array().map(|all| all.iter().map(|m| m["seq"].as_u64().unwrap()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn what_runs_ahead_is_shown_and_in_no_amount_until_its_turn() {
    let (server, site) = plant().await;
    let ack = site.ships(&server, &site.batch(1, 2)).await;
    assert!(ack.takes_ahead && ack.ahead.is_none());
    let ack = site.ships(&server, &ahead(&site, 8, 9)).await;
    assert_eq!((ack.through, ack.ahead, ack.refused), (Seq(2), Some(Seq(9)), vec![]));
    let answer = server.read("acme", "/v1/movements").await;
    assert_eq!((seqs(&answer["movements"]), seqs(&answer["ahead"])), (vec![2, 1], vec![8, 9]));
    assert_eq!(answer["ahead"][0]["ahead"], true);
    assert_eq!(texts(&server.read("acme", "/v1/movements?after=").await).len(), 2, "behind no cursor");
    let page = server.read_page("acme").await;
    assert!(page.contains("ahead of a backlog"), "{page}");
    let dock = |on_hand: Value| {
        on_hand["on_hand"].as_array().unwrap().iter().find(|h| h["place"] == "dock").unwrap()["qty"].clone()
    };
    assert_eq!(dock(server.read("acme", "/v1/on-hand").await), 3);
    let state = server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0].take();
    assert_eq!((&state["ahead"], &state["through"], &state["records"]), (&json!(2), &json!(2), &json!(2)));
    // Its turn comes: the rows ahead go in the same commit.
    let ack = site.ships(&server, &site.batch(3, 9)).await;
    assert_eq!((ack.through, ack.ahead), (Seq(9), None));
    let answer = server.read("acme", "/v1/movements").await;
    assert_eq!((seqs(&answer["movements"]).len(), seqs(&answer["ahead"]).len()), (9, 0));
    assert_eq!(dock(server.read("acme", "/v1/on-hand").await), 45);
    let state = server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0].take();
    assert_eq!((&state["chain"], &state["ahead_dropped"]), (&json!("whole"), &json!(0)));
}

#[tokio::test]
async fn a_follower_sees_it_once_ahead_and_once_in_its_turn_under_one_id() {
    let (server, site) = plant().await;
    site.ships(&server, &site.batch(1, 1)).await;
    let mut reader = Reader::open(&server, "acme", None).await;
    site.ships(&server, &ahead(&site, 5, 5)).await;
    let early = loop {
        let event = reader.next().await.unwrap();
        if event.name == "ahead" {
            break event;
        }
    };
    site.ships(&server, &site.batch(2, 5)).await;
    let late = loop {
        let event = reader.next().await.unwrap();
        assert_ne!(event.name, "ahead", "told once");
        if event.name == "movement" && event.data["seq"] == 5 {
            break event;
        }
    };
    assert_eq!(early.data["id"], late.data["id"]);
    assert!(early.data["ahead"] == true && late.data["ahead"].is_null());
    assert_ne!(early.id, late.id, "the cursor does not count what runs ahead");
}

#[tokio::test]
async fn what_runs_ahead_damaged_is_refused_and_what_is_due_is_taken() {
    let (server, site) = plant().await;
    let damaged = Batch { head: site.batch(1, 1).head, ..ahead(&site, 5, 6) };
    assert_eq!(site.is_rejected(&server, &damaged, 400).await.code, Code::BadChain);
    let ack = site.ships(&server, &ahead(&site, 1, 3)).await;
    assert_eq!((ack.through, ack.ahead), (Seq(3), None));
    assert_eq!(site.ships(&server, &ahead(&site, 2, 3)).await.through, Seq(3));
}

#[tokio::test]
async fn only_the_newest_are_kept_ahead() {
    let (server, _) = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for _ in 0..2_300 {
        site.moves(1, "A", "vendor", "dock");
    }
    for first in [101, 1_101] {
        site.ships(&server, &ahead(&site, first, first + 999)).await;
    }
    site.ships(&server, &ahead(&site, 2_101, 2_300)).await;
    let state = server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0].take();
    assert_eq!((&state["ahead"], &state["ahead_dropped"]), (&json!(2_000), &json!(200)));
    // Nothing is lost by it.
    for first in [1, 1_001] {
        site.ships(&server, &site.batch(first, first + 999)).await;
    }
    assert_eq!(site.ships(&server, &site.batch(2_001, 2_300)).await.through, Seq(2_300));
    assert_eq!(server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0]["ahead"], 0);
}

#[tokio::test]
async fn another_content_at_a_seq_that_was_shown_ahead_is_a_fork_that_people_see() {
    let (server, site) = plant().await;
    site.ships(&server, &ahead(&site, 5, 6)).await;
    let mut other = Site::new("plant-7/acme", "e1");
    for qty in 11..=15 {
        other.moves(qty, "A", "vendor", "dock");
    }
    assert_eq!(other.ships_all(&server).await.through, Seq(5));
    let state = server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0].take();
    assert_eq!((&state["chain"], &state["forks"][0]["seq"], &state["ahead"]), (&json!("forked"), &json!(5), &json!(0)));
}

#[tokio::test]
async fn what_ran_ahead_of_an_epoch_goes_when_the_site_begins_anew() {
    let (server, site) = plant().await;
    site.ships(&server, &ahead(&site, 5, 6)).await;
    let mut anew = Site::new("plant-7/acme", "e2");
    anew.moves(1, "A", "vendor", "dock").ships_all(&server).await;
    let answer = server.read("acme", "/v1/movements").await;
    assert_eq!((seqs(&answer["movements"]), seqs(&answer["ahead"])), (vec![1], vec![]));
}
