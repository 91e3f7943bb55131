//! Batches: accepted once, in order, whole, and only from whom they should come.

use gateway_proto::{answer::Code, record::Seq};
use serde_json::json;

use crate::support::{Server, Site, fault, token_of};

async fn plant() -> Server {
    Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await
}

#[tokio::test]
async fn a_batch_is_accepted_once_and_acknowledged_again_when_it_repeats() {
    let mut server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "M8-BOLT", "vendor", "dock")
        .moves(40, "M8-BOLT", "dock", "bin:A-01")
        .record(r#"{"type":"movement"}"#);
    let first = site.ships_all(&server).await;
    assert_eq!((first.through, first.window), (Seq(3), 8));
    assert_eq!(
        first.refused.iter().map(|refusal| (refusal.seq, refusal.code.as_str())).collect::<Vec<_>>(),
        [(Seq(3), "bad_record")]
    );
    assert_eq!(site.ships_all(&server).await, first, "a repeated batch repeats its refusals");
    assert_eq!(
        server.texts("acme").await,
        ["100 M8-BOLT received into dock (scale-3)", "40 M8-BOLT put away from dock to bin A-01 (scale-3)"]
    );
    let sites = server.read("acme", "/v1/sites").await;
    assert_eq!(sites["sites"][0]["feeds"][0]["repeated"], 3);
    server.stop().await;
}

#[tokio::test]
async fn only_what_is_new_of_an_overlapping_batch_counts() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "M8-BOLT", "vendor", "dock")
        .moves(1, "M8-BOLT", "dock", "used")
        .moves(2, "M8-BOLT", "dock", "used");
    site.ships(&server, &site.batch(1, 2)).await;
    assert_eq!(site.ships(&server, &site.batch(2, 3)).await.through, Seq(3));
    let on_hand = server.read("acme", "/v1/on-hand?item=M8-BOLT").await;
    let amounts: Vec<_> =
        on_hand["on_hand"].as_array().unwrap().iter().map(|held| json!([held["place"], held["qty"]])).collect();
    assert_eq!(amounts, [json!(["dock", 97]), json!(["used", 3]), json!(["vendor", -100])]);
}

#[tokio::test]
async fn a_gap_is_told_where_to_go_on() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock").moves(2, "A", "vendor", "dock").moves(3, "A", "vendor", "dock");
    site.ships(&server, &site.batch(1, 1)).await;
    let rejection = site.is_rejected(&server, &site.batch(3, 3), 409).await;
    assert_eq!((rejection.code, rejection.expected), (Code::Gap, Some(Seq(2))));
    let other = Site::new("plant-7/acme", "e2").moves(1, "A", "vendor", "dock").moves(1, "A", "vendor", "dock").clone();
    let rejection = other.is_rejected(&server, &other.batch(2, 2), 409).await;
    assert_eq!((rejection.code, rejection.expected), (Code::Gap, Some(Seq(1))), "an epoch never seen begins at 1");
}

#[tokio::test]
async fn other_records_at_known_seqs_are_a_fork_that_people_see() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock");
    let mut restored = site.clone();
    site.moves(2, "A", "vendor", "dock");
    restored.moves(9, "A", "vendor", "dock");
    site.ships_all(&server).await;
    let rejection = restored.is_rejected(&server, &restored.batch(1, 2), 409).await;
    assert_eq!((rejection.code, rejection.seq), (Code::Fork, Some(Seq(2))));
    let sites = server.read("acme", "/v1/sites").await;
    let feed = &sites["sites"][0]["feeds"][0];
    assert_eq!((&feed["chain"], &feed["forks"][0]["seq"]), (&json!("forked"), &json!(2)));
    // The site goes on in a new epoch; the old one stays readable and counts.
    let mut renewed = Site::new("plant-7/acme", "e2");
    renewed.moves(9, "A", "vendor", "dock");
    renewed.ships_all(&server).await;
    assert_eq!(server.texts("acme").await.len(), 3);
    let on_hand = server.read("acme", "/v1/on-hand").await;
    assert_eq!(on_hand["on_hand"][0]["qty"], 12);
}

#[tokio::test]
async fn a_batch_damaged_under_way_changes_nothing() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock");
    let damaged = site.batch(1, 1).to_json().unwrap().replace(r#""qty":1"#, r#""qty":2"#);
    let response = site.request(&server).body(damaged).send().await.unwrap();
    assert_eq!(fault(response).await, (400, "bad_chain".to_owned()));
    assert_eq!(site.ships_all(&server).await.through, Seq(1));
}

#[tokio::test]
async fn a_declared_loss_is_kept_and_the_chain_goes_on_after_it() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for qty in 1..=4 {
        site.moves(qty, "A", "vendor", "dock");
    }
    site.ships(&server, &site.batch(1, 1)).await;
    assert_eq!(site.ships(&server, &site.lost(2, 3)).await.through, Seq(3));
    assert_eq!(site.ships(&server, &site.lost(2, 3)).await.through, Seq(3), "declared again");
    assert_eq!(site.ships(&server, &site.batch(4, 4)).await.through, Seq(4));
    let sites = server.read("acme", "/v1/sites").await;
    let feed = &sites["sites"][0]["feeds"][0];
    assert_eq!((&feed["chain"], &feed["lost_records"], &feed["records"]), (&json!("lossy"), &json!(2), &json!(2)));
    assert_eq!(feed["lost"][0]["why"], "retention");
    // A reader passes the loss as well.
    let from_start = server.read("acme", "/v1/movements?after=&limit=1").await;
    let next = from_start["next"].as_str().unwrap();
    let rest = server.read("acme", &format!("/v1/movements?after={next}")).await;
    assert_eq!((rest["movements"][0]["seq"].as_u64(), &rest["more"]), (Some(4), &json!(false)));
}

#[tokio::test]
async fn records_that_an_earlier_life_declared_lost_are_refused_not_taken_for_accepted() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for qty in 1..=4 {
        site.moves(qty, "A", "vendor", "dock");
    }
    site.ships(&server, &site.lost(1, 2)).await;
    site.ships(&server, &site.batch(3, 3)).await;
    let ack = site.ships(&server, &site.batch(1, 4)).await;
    let refused: Vec<_> = ack.refused.iter().map(|refusal| (refusal.seq.0, refusal.code.as_str())).collect();
    assert_eq!((ack.through, refused), (Seq(4), vec![(1, "declared_lost"), (2, "declared_lost")]));
}

#[tokio::test]
async fn a_wrong_token_is_refused_without_saying_what_there_is() {
    let server = Server::new().feed("plant-7/acme").feed("plant-8/acme").feed("plant-7/zenith").start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock");
    let json = site.batch(1, 1).to_json().unwrap();
    let mut answers = Vec::new();
    for (path, token) in [
        ("/v1/feeds/acme/batches", "a-token-nobody-has"),
        ("/v1/feeds/unheard-of/batches", "a-token-nobody-has"),
        ("/v1/feeds/unheard-of/batches", &token_of("plant-7/acme")),
        ("/v1/feeds/acme/batches", &token_of("plant-7/zenith")),
        // The right feed name, but another site's.
        ("/v1/feeds/acme/batches", &token_of("plant-8/acme")),
        ("/v1/feeds/acme/batches", ""),
    ] {
        let request = server.client.post(server.url(path)).bearer_auth(token).body(json.clone());
        answers.push(fault(request.send().await.unwrap()).await);
    }
    assert_eq!(answers, vec![(401, "unauthorized".to_owned()); 6]);
    let without = server.client.post(server.url("/v1/feeds/acme/batches")).body(json).send().await.unwrap();
    assert_eq!(without.status().as_u16(), 401);
}

#[tokio::test]
async fn an_unknown_item_is_parked_and_applied_once_when_it_is_known() {
    let mut server = Server::new().feed("plant-7/acme").items(&["A"]).viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock").moves(5, "B", "vendor", "dock").moves(2, "A", "vendor", "dock");
    let ack = site.ships_all(&server).await;
    assert_eq!((ack.through, ack.refused[0].seq, ack.refused[0].code.as_str()), (Seq(3), Seq(2), "unknown_item"));
    let parked = server.read("acme", "/v1/parked").await;
    assert_eq!((&parked["parked"][0]["seq"], &parked["parked"][0]["record"]["item"]), (&json!(2), &json!("B")));
    assert_eq!(server.texts("acme").await.len(), 2);
    let read = server.read("acme", "/v1/movements?after=").await["next"].as_str().unwrap().to_owned();

    server.stop().await;
    server.set_items(&["A", "B"]);
    for _ in 0..2 {
        server.resume().await;
        assert_eq!(server.read("acme", "/v1/parked").await["parked"], json!([]));
        let on_hand = server.read("acme", "/v1/on-hand?item=B").await;
        assert_eq!(on_hand["on_hand"][0]["qty"], 5, "once, however often the hub starts");
        // Whoever had read everything before gets exactly the movement that came to life.
        let news = server.read("acme", &format!("/v1/movements?after={read}")).await;
        assert_eq!((news["movements"].as_array().unwrap().len(), &news["movements"][0]["seq"]), (1, &json!(2)));
        assert!(news["movements"][0]["replayed_at"].is_string());
        server.stop().await;
    }
    server.resume().await;
    assert_eq!(site.ships_all(&server).await.refused, [], "it is refused no longer");
}

#[tokio::test]
async fn everything_acknowledged_is_there_after_the_hub_was_killed() {
    let mut server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for seq in 1..=20 {
        site.moves(seq, "A", "vendor", "dock");
        assert_eq!(site.ships(&server, &site.batch(seq, seq)).await.through, Seq(seq));
        if seq % 5 == 0 {
            server.kill();
            server.resume().await;
        }
    }
    assert_eq!(server.texts("acme").await.len(), 20);
    assert_eq!(server.read("acme", "/v1/on-hand").await["on_hand"][0]["qty"], 210);
}

#[tokio::test]
async fn records_of_unknown_types_are_kept_and_acknowledged() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.record(r#"{"type":"temperature","celsius":21.5}"#).record(r#"{"type":"health","uptime":7}"#);
    let ack = site.ships_all(&server).await;
    assert_eq!((ack.through, ack.refused), (Seq(2), vec![]));
    assert_eq!(server.read("acme", "/v1/sites").await["sites"][0]["feeds"][0]["records"], 2);
}

#[tokio::test]
async fn a_checkpoint_is_compared_with_what_is_here() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(100, "A", "vendor", "dock").moves(10, "A", "dock", "used").record(
        r#"{"type":"checkpoint","at":"2026-11-21T05:00:00.000Z","through":2,"on_hand":[{"item":"A","place":"dock","qty":90},{"item":"A","place":"used","qty":10}]}"#,
    );
    site.ships_all(&server).await;
    let sites = server.read("acme", "/v1/sites").await;
    assert_eq!(sites["sites"][0]["feeds"][0]["checkpoint"]["verdict"], "ok");
    // What came after the checkpoint's own position is not held against it.
    site.moves(1, "A", "dock", "used").record(
        r#"{"type":"checkpoint","at":"2026-11-21T06:00:00.000Z","through":2,"on_hand":[{"item":"A","place":"dock","qty":88}]}"#,
    );
    site.ships(&server, &site.batch(4, 5)).await;
    let sites = server.read("acme", "/v1/sites").await;
    let checkpoint = &sites["sites"][0]["feeds"][0]["checkpoint"];
    assert_eq!(checkpoint["verdict"], "differs");
    assert_eq!(checkpoint["differences"], json!([{"item":"A","place":"dock","site":88,"hub":90}]));
}

#[tokio::test]
async fn seqs_that_no_store_can_hold_are_refused_not_wrapped() {
    let server = plant().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "A", "vendor", "dock").moves(1, "A", "vendor", "dock");
    let json = site.batch(1, 2).to_json().unwrap();
    let far = json.replace(r#""first_seq":1"#, &format!(r#""first_seq":{}"#, u64::MAX));
    let response = site.request(&server).body(far).send().await.unwrap();
    assert_eq!(fault(response).await, (400, "bad_batch".to_owned()));
    let mut lost = site.lost(1, 2);
    let gateway_proto::batch::Load::Lost(declared) = &mut lost.load else { unreachable!() };
    declared.to = Seq(u64::MAX);
    assert_eq!(site.is_rejected(&server, &lost, 400).await.code, Code::BadBatch);
}

#[tokio::test]
async fn a_second_hub_on_the_same_store_is_refused() {
    let server = plant().await;
    let error = hub::serve::Hub::start(server.config.clone()).await.err().unwrap();
    assert!(format!("{error:#}").contains("another hub is using"), "{error:#}");
}
