//! Demand and forecast of the hub's own movements, over its API.

use std::time::SystemTime;

use gateway_proto::time::WallTime;
use hub::config::HubConfig;
use serde_json::{Value, json};

use crate::support::{Server, Site, token_of, token_of_viewer};

/// A movement on a day.
fn moved(site: &mut Site, day: &str, qty: u64, item: &str, from: &str, to: &str) {
    site.record(&format!(
        r#"{{"type":"movement","at":"{day}T12:00:00.000Z","item":"{item}","qty":{qty},"from":"{from}","to":"{to}","by":"s"}}"#
    ));
}

/// Two years of steady use of one item and a little of another.
fn two_years(feed: &str, item: &str, scale: u64) -> Site {
    let mut site = Site::new(feed, &format!("e-{scale}"));
    moved(&mut site, "2023-12-31", 100_000, item, "vendor", "bin:A-01");
    for year in [2024, 2025] {
        for month in 1..=12 {
            let day = format!("{year}-{month:02}-10");
            moved(&mut site, &day, scale * (3 + month % 3), item, "bin:A-01", "used");
        }
    }
    site
}

async fn serving() -> Server {
    let server = Server::new()
        .feed("plant-7/acme")
        .feed("plant-7/zenith")
        .viewer("acme", &["plant-7/acme"])
        .viewer("zenith", &["plant-7/zenith"])
        .start()
        .await;
    two_years("plant-7/acme", "SEAL", 1).ships_all(&server).await;
    two_years("plant-7/zenith", "ZEN-1", 777).ships_all(&server).await;
    server
}

fn bucket<'a>(item: &'a Value, name: &str) -> &'a Value {
    let buckets = item["buckets"].as_array().unwrap();
    buckets.iter().find(|bucket| bucket["bucket"] == name).unwrap_or_else(|| panic!("{name} in {item}"))
}

#[tokio::test]
async fn demand_is_what_movements_used_by_bucket() {
    let server = serving().await;
    let answer = server.read("acme", "/v1/demand?bucket=month&history=800").await;
    let item = &answer["demand"][0];
    assert_eq!((&item["site"], &item["feed"], &item["item"]), (&json!("plant-7"), &json!("acme"), &json!("SEAL")));
    assert_eq!(bucket(item, "2023-12")["units"], 0, "received is not used");
    assert_eq!(bucket(item, "2024-01")["units"], 4);
    assert_eq!(bucket(item, "2024-02")["units"], 5);
    assert_eq!(answer["next"], Value::Null);
}

#[tokio::test]
async fn a_return_a_correction_and_a_parked_movement_are_no_usage_of_their_own() {
    let mut server =
        Server::new().feed("plant-7/acme").items(&["SEAL"]).viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    moved(&mut site, "2024-01-01", 100, "SEAL", "vendor", "bin:A-01");
    moved(&mut site, "2024-01-10", 8, "SEAL", "bin:A-01", "used");
    moved(&mut site, "2024-01-20", 3, "SEAL", "used", "bin:A-01");
    moved(&mut site, "2024-02-10", 50, "SEAL", "bin:A-01", "used");
    site.record(r#"{"type":"movement","at":"2024-03-10T12:00:00.000Z","item":"SEAL","qty":50,"from":"used","to":"bin:A-01","by":"s","corrects":4}"#);
    moved(&mut site, "2024-03-11", 9, "BOLT", "vendor", "bin:A-01");
    moved(&mut site, "2024-03-12", 7, "BOLT", "bin:A-01", "used");
    site.ships_all(&server).await;
    let answer = server.read("acme", "/v1/demand?bucket=month&history=800").await;
    assert_eq!(answer["demand"].as_array().unwrap().len(), 1, "what is parked is no item yet: {answer}");
    let item = &answer["demand"][0];
    let units: Vec<_> = ["2024-01", "2024-02", "2024-03"].map(|name| bucket(item, name)["units"].clone()).into();
    assert_eq!(units, [5, 0, 0]);
    // Once it is mapped it is usage, in the bucket in which it was made.
    server.set_items(&["SEAL", "BOLT"]);
    server.stop().await;
    server.resume().await;
    let answer = server.read("acme", "/v1/demand?bucket=month&history=800&item=BOLT").await;
    assert_eq!(bucket(&answer["demand"][0], "2024-03")["units"], 7);
}

#[tokio::test]
async fn a_movement_near_midnight_counts_on_the_sites_own_day() {
    let mut server = Server::new();
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = \"state\"\n[[feed]]\nsite = \"plant-7\"\nname = \"acme\"\ntoken = \"{}\"\n\
         time_zone = \"+09:00\"\n[[viewer]]\nname = \"acme\"\ntoken = \"{}\"\nfeeds = [\"plant-7/acme\"]\n",
        token_of("plant-7/acme"),
        token_of_viewer("acme")
    );
    let mut days = Vec::new();
    for text in [text.clone(), text.replace("time_zone = \"+09:00\"\n", "")] {
        server.config = HubConfig::parse(&text, &server.folder.path().join("hub.toml")).unwrap();
        server.resume().await;
        let mut site = Site::new("plant-7/acme", "e1");
        moved(&mut site, "2024-01-10", 50, "SEAL", "vendor", "bin:A-01");
        for (time, qty) in [("2024-01-31T14:59:59", 3), ("2024-01-31T15:00:00", 4), ("2024-01-31T23:59:59", 5)] {
            site.record(&format!(
                r#"{{"type":"movement","at":"{time}.000Z","item":"SEAL","qty":{qty},"from":"bin:A-01","to":"used","by":"s"}}"#
            ));
        }
        site.ships_all(&server).await;
        let answer = server.read("acme", "/v1/demand?bucket=month&history=800").await;
        let item = &answer["demand"][0];
        days.push(["2024-01", "2024-02"].map(|name| bucket(item, name)["units"].as_u64().unwrap()));
        server.stop().await;
    }
    assert_eq!(days, [[3, 9], [12, 0]], "at the site it is the next month from three in the afternoon, UTC, on");
}

#[tokio::test]
async fn a_movement_that_comes_late_changes_its_own_bucket_and_the_next_answer() {
    let server = serving().await;
    let path = "/v1/demand?bucket=month&history=800&item=SEAL";
    let before = server.read("acme", path).await;
    assert_eq!(before, server.read("acme", path).await, "the same movements, the same answer");
    let mut late = Site::new("plant-7/acme", "e9");
    moved(&mut late, "2024-05-05", 1_000, "SEAL", "bin:A-01", "used");
    late.ships_all(&server).await;
    let after = server.read("acme", path).await;
    let units = |answer: &Value, name: &str| bucket(&answer["demand"][0], name)["units"].as_u64().unwrap();
    assert_eq!(units(&after, "2024-05"), units(&before, "2024-05") + 1_000);
    assert_eq!(units(&after, "2024-06"), units(&before, "2024-06"));
}

#[tokio::test]
async fn a_forecast_says_why_and_how_sure_for_each_bucket_and_for_the_interval() {
    let server = serving().await;
    let answer = server.read("acme", "/v1/forecast?bucket=month&horizon=3&lead=2&review=1").await;
    let item = &answer["forecast"][0];
    assert_eq!(item["item"], "SEAL");
    assert!(!item["reason"].as_str().unwrap().is_empty());
    assert_eq!((item["ahead"].as_array().unwrap().len(), &item["interval"]["buckets"]), (3, &json!(3)));
    for of in item["ahead"].as_array().unwrap().iter().chain([&item["interval"]]) {
        let quantiles: Vec<f64> = ["q50", "q75", "q90", "q95", "q99"].iter().map(|q| of[q].as_f64().unwrap()).collect();
        assert!(quantiles.is_sorted() && quantiles[0] >= 0.0, "{of}");
    }
}

#[tokio::test]
async fn an_item_without_enough_history_is_refused_with_the_reason() {
    let server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    site.moves(5, "SEAL", "vendor", "bin:A-01");
    site.ships_all(&server).await;
    let item = &server.read("acme", "/v1/forecast?bucket=month").await["forecast"][0];
    assert!(item["refused"].as_str().unwrap().contains("known buckets"), "{item}");
    assert_eq!((&item["ahead"], &item["interval"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn nothing_of_another_feed_is_told_and_it_answers_like_one_that_is_not_there() {
    let server = serving().await;
    for path in ["/v1/demand", "/v1/forecast", "/v1/plan"] {
        let text = server.read("acme", &format!("{path}?bucket=month")).await.to_string();
        for secret in ["zenith", "ZEN-1", "777"] {
            assert!(!text.contains(secret), "{path} tells {secret}");
        }
        let mut answers = Vec::new();
        for feed in ["zenith", "nobody"] {
            let request = server.get(&format!("{path}?feed={feed}")).bearer_auth(token_of_viewer("acme"));
            let response = request.send().await.unwrap();
            answers.push((response.status().as_u16(), response.text().await.unwrap()));
        }
        assert_eq!(answers[0], answers[1], "{path}");
        assert_eq!(answers[0].0, 404);
        let nothing = server.read("acme", &format!("{path}?item=ZEN-1&after=plant-7/zenith/A")).await;
        assert_eq!(nothing.as_object().unwrap().values().find(|value| value.is_array()).unwrap(), &json!([]));
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401);
    }
}

#[tokio::test]
async fn a_plan_says_what_to_send_when_and_why_and_is_the_same_when_asked_again() {
    const WEEK: i64 = 7 * 86_400_000;
    let server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now = i64::try_from(since.as_millis()).unwrap();
    let day = |weeks: i64| WallTime::from_millis(now - weeks * WEEK).to_string()[..10].to_owned();
    moved(&mut site, &day(61), 60 * 50 + 30, "SEAL", "vendor", "bin:A-01");
    for weeks in (1..=60).rev() {
        moved(&mut site, &day(weeks), 45 + u64::try_from(weeks % 11).unwrap(), "SEAL", "bin:A-01", "used");
    }
    site.ships_all(&server).await;
    let path = "/v1/plan?bucket=week&horizon=8&lead=1&review=1&service=0.9";
    let answer = server.read("acme", path).await;
    let item = &answer["plan"][0];
    let used: i64 = (1..=60).map(|weeks| 45 + weeks % 11).sum();
    assert_eq!((&item["item"], &item["on_hand"]), (&json!("SEAL"), &json!(3_030 - used)), "{item}");
    assert_eq!(item["inputs"].as_str().map(str::len), Some(64));
    let lines = item["lines"].as_array().unwrap();
    assert!(!lines.is_empty(), "{item}");
    assert!(lines.iter().all(|line| line["why"].as_str().is_some_and(|why| why.contains("position"))), "{item}");
    assert!(lines.iter().all(|line| line["act"] == "advise"), "no agreement, so it is advice: {item}");
    assert_eq!(answer, server.read("acme", path).await);
    let more = server.read("acme", &path.replace("0.9", "0.99")).await;
    let level = |answer: &Value| answer["plan"][0]["outcome"]["levels"]["up_to"].as_i64().unwrap();
    assert!(level(&more) > level(&answer));
    let fault = server.read_fault("acme", "/v1/plan?service=1").await;
    assert_eq!(fault, (400, "bad_request".to_owned()));
}

#[tokio::test]
async fn what_another_feed_sends_changes_no_byte_of_a_forecast() {
    let server = serving().await;
    let path = "/v1/forecast?bucket=month";
    let before = server.read("acme", path).await.to_string();
    let mut zenith = Site::new("plant-7/zenith", "e7");
    for month in 1..=12 {
        moved(&mut zenith, &format!("2025-{month:02}-20"), 9_999, "SEAL", "bin:A-01", "used");
    }
    zenith.ships_all(&server).await;
    assert_eq!(server.read("acme", path).await.to_string(), before);
}

#[tokio::test]
async fn items_come_in_pages_and_limits_are_kept() {
    let server = Server::new().feed("plant-7/acme").viewer("acme", &["plant-7/acme"]).start().await;
    let mut site = Site::new("plant-7/acme", "e1");
    let items = ["A", "B/1", "C", "D", "E"];
    for item in items {
        moved(&mut site, "2024-01-10", 8, item, "vendor", "bin:A-01");
    }
    site.ships_all(&server).await;
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.read("acme", &format!("/v1/demand?bucket=month&limit=2{after}")).await;
        found.extend(page["demand"].as_array().unwrap().iter().map(|item| item["item"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={}", next.replace('/', "%2F"));
    }
    assert_eq!(found, items);
    for wrong in
        ["limit=0", "limit=501", "horizon=105", "history=801", "lead=0", "bucket=year", "colour=red", "after=x"]
    {
        let fault = server.read_fault("acme", &format!("/v1/demand?{wrong}")).await;
        assert_eq!(fault, (400, "bad_request".to_owned()), "{wrong}");
    }
}
