//! What viewers read: cursors, filters, faults.

use serde_json::json;

use crate::support::{Server, Site, texts};

async fn two_sites() -> Server {
    Server::new()
        .feed("plant-7/acme")
        .feed("plant-8/acme")
        .viewer("acme", &["plant-7/acme", "plant-8/acme"])
        .start()
        .await
}

#[tokio::test]
async fn pages_of_movements_join_without_loss_or_repetition() {
    let server = two_sites().await;
    let (mut seven, mut eight) = (Site::new("plant-7/acme", "e1"), Site::new("plant-8/acme", "e1"));
    for qty in 1..=30 {
        seven.moves(qty, "A", "vendor", "dock").record(r#"{"type":"health"}"#);
        eight.moves(100 + qty, "A", "vendor", "dock");
    }
    seven.ships(&server, &seven.batch(1, 20)).await;
    eight.ships_all(&server).await;
    seven.ships(&server, &seven.batch(21, 60)).await;
    for limit in [1, 7, 1_000] {
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = server.read("acme", &format!("/v1/movements?limit={limit}&after={next}")).await;
            assert!(page["movements"].as_array().unwrap().len() <= limit);
            seen.extend(texts(&page));
            page["next"].as_str().unwrap().clone_into(&mut next);
            if page["more"] == json!(false) {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((seen.len(), sorted.len()), (60, 60), "limit {limit}");
        let of_seven: Vec<_> = seen.iter().filter(|text| text.split(' ').next().unwrap().len() < 3).collect();
        assert!(of_seven.windows(2).all(|pair| quantity(pair[0]) < quantity(pair[1])), "in the order of the feed");
    }
}

#[tokio::test]
async fn without_a_cursor_the_newest_come_first_and_lead_on() {
    let server = two_sites().await;
    let mut site = Site::new("plant-7/acme", "e1");
    for qty in 1..=5 {
        site.moves(qty, "A", "vendor", "dock");
    }
    site.ships_all(&server).await;
    let newest = server.read("acme", "/v1/movements?limit=2").await;
    assert_eq!(texts(&newest).iter().map(|text| quantity(text)).collect::<Vec<_>>(), [5, 4]);
    assert_eq!(newest["more"], json!(true));
    site.moves(6, "A", "vendor", "dock");
    site.ships(&server, &site.batch(6, 6)).await;
    let next = newest["next"].as_str().unwrap();
    let news = server.read("acme", &format!("/v1/movements?after={next}")).await;
    assert_eq!(texts(&news).iter().map(|text| quantity(text)).collect::<Vec<_>>(), [6]);
}

#[tokio::test]
async fn filters_narrow_and_misspelt_ones_are_refused() {
    let server = two_sites().await;
    let (mut seven, mut eight) = (Site::new("plant-7/acme", "e1"), Site::new("plant-8/acme", "e1"));
    seven.moves(1, "A", "vendor", "dock").moves(2, "B", "vendor", "dock");
    eight.moves(3, "A", "vendor", "dock");
    seven.ships_all(&server).await;
    eight.ships_all(&server).await;
    for (path, expected) in [
        ("/v1/movements?after=&item=A", vec![1, 3]),
        ("/v1/movements?after=&site=plant-8", vec![3]),
        ("/v1/movements?site=plant-7&feed=acme&item=B", vec![2]),
        ("/v1/movements?item=never-seen", vec![]),
    ] {
        let mut found: Vec<_> = texts(&server.read("acme", path).await).iter().map(|text| quantity(text)).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{path}");
    }
    for path in [
        "/v1/movements?sight=plant-7",
        "/v1/movements?limit=0",
        "/v1/movements?limit=many",
        "/v1/movements?after=1042",
        "/v1/live?after=1042",
    ] {
        assert_eq!(server.read_fault("acme", path).await, (400, "bad_request".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn every_fault_has_one_shape() {
    let server = two_sites().await;
    for (path, expected) in [
        ("/v1/nothing", (404, "not_found")),
        ("/nothing", (404, "not_found")),
        ("/v1/sites?site=plant-9", (404, "not_found")),
        ("/v1/feeds/acme/batches", (405, "method_not_allowed")),
    ] {
        assert_eq!(server.read_fault("acme", path).await, (expected.0, expected.1.to_owned()), "{path}");
    }
    assert_eq!(server.read_fault("nobody", "/v1/sites").await, (401, "unauthorized".to_owned()));
    let health = server.get("/healthz").send().await.unwrap();
    assert_eq!(health.status().as_u16(), 200);
}

#[tokio::test]
async fn a_feed_that_was_never_heard_says_so() {
    let server = two_sites().await;
    let sites = server.read("acme", "/v1/sites").await;
    assert_eq!(sites["sites"].as_array().unwrap().len(), 2);
    let feed = &sites["sites"][0]["feeds"][0];
    assert_eq!(
        (&feed["last_heard"], &feed["age_seconds"], &feed["chain"]),
        (&json!(null), &json!(null), &json!("unheard"))
    );
}

fn quantity(text: &str) -> u64 {
    text.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_rare_item_is_found_in_bounded_steps() {
    let server = two_sites().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(1, "RARE", "vendor", "dock");
    for _ in 0..6_500 {
        site.moves(2, "A", "vendor", "dock");
    }
    site.moves(3, "RARE", "vendor", "dock");
    for first in (1..=site.len()).step_by(1_000) {
        site.ships(&server, &site.batch(first, site.len().min(first + 999))).await;
    }
    let page = server.read("acme", "/v1/movements?item=RARE&after=").await;
    assert_eq!((texts(&page).len(), &page["more"]), (1, &json!(true)));
    let next = page["next"].as_str().unwrap();
    let page = server.read("acme", &format!("/v1/movements?item=RARE&after={next}")).await;
    assert_eq!((texts(&page).len(), &page["more"]), (1, &json!(false)));
    let newest = server.read("acme", "/v1/movements?item=RARE").await;
    assert_eq!((quantity(&texts(&newest)[0]), &newest["more"]), (3, &json!(true)));
}
