//! What planners say in a feed's folder: events, item terms, agreement, other sources, customer orders.

use std::{fs, time::SystemTime};

use gateway_proto::time::WallTime;
use serde_json::{Value, json};

use crate::support::{Server, Site};

const ACME: &str = "plant-7/acme";
const FORECAST: &str = "/v1/forecast?bucket=week&horizon=6";
const PLAN: &str = "/v1/plan?bucket=week&horizon=6";

/// A day so many days ago, by the clock of this machine.
fn days_ago(days: i64) -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now = i64::try_from(since.as_millis()).unwrap();
    WallTime::from_millis(now - days * 86_400_000).to_string()[..10].to_owned()
}

/// Sixty weeks of use of some items, with a little left.
fn sixty_weeks(feed: &str, items: &[&str], scale: u64) -> Site {
    let mut site = Site::new(feed, &format!("e-{scale}"));
    let mut moves = |day: &str, qty: u64, item: &str, from: &str, to: &str| {
        site.record(&format!(
            r#"{{"type":"movement","at":"{day}T12:00:00.000Z","item":"{item}","qty":{qty},"from":"{from}","to":"{to}","by":"s"}}"#
        ));
    };
    for item in items {
        let used: u64 = (1..=60_u64).map(|weeks| scale * (45 + weeks % 11)).sum();
        moves(&days_ago(427), used + 30, item, "vendor", "bin:A-01");
        for weeks in (1..=60_u64).rev() {
            let day = days_ago(7 * i64::try_from(weeks).unwrap());
            moves(&day, scale * (45 + weeks % 11), item, "bin:A-01", "used");
        }
    }
    site
}

/// A hub where acme's feed has a planning folder with nothing in it.
async fn serving() -> Server {
    let server = Server::new().feed(ACME).planned().viewer("acme", &[ACME]).start().await;
    sixty_weeks(ACME, &["BOLT", "SEAL"], 1).ships_all(&server).await;
    server
}

/// What is told of one item.
async fn item(server: &Server, path: &str, name: &str) -> Value {
    let answer = server.read("acme", path).await;
    let list = answer.as_object().unwrap().iter().find(|(key, _)| ["forecast", "plan"].contains(&key.as_str()));
    let items = list.unwrap().1.as_array().unwrap();
    items.iter().find(|item| item["item"] == name).unwrap_or_else(|| panic!("{name} in {answer}")).clone()
}

fn mean(of: &Value) -> f64 {
    of["mean"].as_f64().unwrap()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6 * b.abs().max(1.0)
}

/// Pieces that a plan sends within its horizon.
fn planned(item: &Value) -> i64 {
    item["lines"].as_array().unwrap().iter().map(|line| line["quantity"].as_i64().unwrap()).sum()
}

/// Terms under which an item is ordered each week with a week's lead time, and what else its row says.
fn items_csv(columns: &str, rows: &[(&str, &str)]) -> String {
    let rows: String = rows.iter().map(|(item, more)| format!("{item},7,7{more}\n")).collect();
    format!("item,lead_days,review_days{columns}\n{rows}")
}

#[tokio::test]
async fn an_event_raises_the_buckets_it_covers_keeps_their_base_and_is_gone_when_it_is_taken_out() {
    let server = serving().await;
    let before = server.read("acme", FORECAST).await;
    let plain = item(&server, FORECAST, "BOLT").await;
    let week = plain["ahead"][2]["bucket"].as_str().unwrap().to_owned();
    let event =
        format!("id,site,items,from,to,effect,amount,author,reason\ne1,*,BOLT,{week},{week},percent,50,Ada,overhaul\n");
    server.say(ACME, "events.csv", &event).await;
    let with = item(&server, FORECAST, "BOLT").await;
    let bucket = &with["ahead"][2];
    assert!(near(mean(bucket), 1.5 * mean(&plain["ahead"][2])), "{bucket}");
    assert_eq!(bucket["base"], plain["ahead"][2]["mean"]);
    assert_eq!(
        bucket["events"],
        json!([{"id": "e1", "author": "Ada", "reason": "overhaul", "effect": {"percent": 50.0},
                "before": bucket["base"], "after": bucket["mean"]}])
    );
    assert_eq!((&with["ahead"][1], &with["ahead"][3]), (&plain["ahead"][1], &plain["ahead"][3]));
    let answer = server.read("acme", FORECAST).await;
    assert_eq!(answer["forecast"][1], before["forecast"][1], "SEAL is not meant");
    server.unsay(ACME, "events.csv").await;
    assert_eq!(server.read("acme", FORECAST).await.to_string(), before.to_string(), "to the last digit");
}

#[tokio::test]
async fn an_empty_folder_says_nothing_and_none_is_as_before() {
    let server =
        Server::new().feed(ACME).planned().feed("plant-8/acme").viewer("acme", &[ACME, "plant-8/acme"]).start().await;
    sixty_weeks(ACME, &["BOLT"], 1).ships_all(&server).await;
    sixty_weeks("plant-8/acme", &["BOLT"], 1).ships_all(&server).await;
    let answer = server.read("acme", FORECAST).await;
    let [with, without] = [&answer["forecast"][0], &answer["forecast"][1]];
    for (with, without) in with["ahead"].as_array().unwrap().iter().zip(without["ahead"].as_array().unwrap()) {
        assert_eq!((&with["q95"], &with["base"]), (&without["q95"], &without["mean"]));
        assert!(without.get("base").is_none(), "a feed without a folder is told as ever: {without}");
    }
    let told = answer["terms"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["site"], &told[0]["faults"]), (1, &json!("plant-7"), &json!([])));
    let plan = server.read("acme", PLAN).await;
    assert_eq!(plan["plan"][0]["lines"], plan["plan"][1]["lines"]);
    assert_eq!(plan["plan"][0]["inputs"], plan["plan"][1]["inputs"]);
}

#[tokio::test]
async fn an_open_order_is_in_the_position_and_as_much_less_is_planned() {
    let server = serving().await;
    server.say(ACME, "items.csv", &items_csv("", &[("BOLT", "")])).await;
    let before = item(&server, PLAN, "BOLT").await;
    assert!(planned(&before) > 200, "{before}");
    let today = before["today"].as_str().unwrap().to_owned();
    let columns = ",on_order,on_order_due,on_order_reference";
    let row = format!(",150,{today},PO-77");
    server.say(ACME, "items.csv", &items_csv(columns, &[("BOLT", &row)])).await;
    let after = item(&server, PLAN, "BOLT").await;
    assert_eq!(planned(&before) - planned(&after), 150, "{after}");
    assert_eq!(after["open"], json!([{"reference": "PO-77", "quantity": 150, "due": today, "state": "acknowledged"}]));
    assert_ne!(before["inputs"], after["inputs"]);
}

#[tokio::test]
async fn lots_and_capacity_of_an_item_bind_its_plan() {
    let server = serving().await;
    let bound = items_csv(",moq,multiple,capacity,unit_cost,owner", &[("BOLT", ",30,10,90,2.5,vendor")]);
    server.say(ACME, "items.csv", &bound).await;
    let plan = item(&server, PLAN, "BOLT").await;
    let lines = plan["lines"].as_array().unwrap();
    assert!(!lines.is_empty(), "{plan}");
    for line in lines {
        let quantity = line["quantity"].as_i64().unwrap();
        assert!((30..=90).contains(&quantity) && quantity % 10 == 0, "{line}");
        assert_eq!((&line["owner"], line["value"].as_f64()), (&json!("vendor"), Some(2.5 * quantity as f64)));
    }
    // No order of a hundred fits a bin of ninety.
    let never = items_csv(",moq,capacity", &[("BOLT", ",100,90")]);
    server.say(ACME, "items.csv", &never).await;
    let plan = item(&server, PLAN, "BOLT").await;
    assert_eq!((&plan["lines"], &plan["withheld"][0]["hold"]), (&json!([]), &json!("capacity")));
    assert!(plan["withheld"][0]["why"].as_str().unwrap().contains("enlarge the bin"), "{plan}");
}

#[tokio::test]
async fn an_item_is_planned_by_its_own_lead_time_and_service_whatever_is_asked() {
    let server = serving().await;
    let level = |plan: &Value| plan["outcome"]["levels"]["up_to"].as_i64().unwrap();
    server.say(ACME, "items.csv", &items_csv(",service", &[("BOLT", ",0.95")])).await;
    let fortnight = level(&item(&server, PLAN, "BOLT").await);
    let seal = level(&item(&server, PLAN, "SEAL").await);
    server.say(ACME, "items.csv", &format!("{}BOLT,28,7,0.95\n", items_csv(",service", &[]))).await;
    let five_weeks = level(&item(&server, PLAN, "BOLT").await);
    let ratio = five_weeks as f64 / fortnight as f64;
    assert!((2.0..2.7).contains(&ratio), "stock for five weeks beside two: {five_weeks} {fortnight}");
    server.say(ACME, "items.csv", &items_csv(",service", &[("BOLT", ",0.5")])).await;
    assert!(level(&item(&server, PLAN, "BOLT").await) < fortnight);
    let asked = format!("{PLAN}&service=0.999&lead=4");
    assert!(level(&item(&server, &asked, "BOLT").await) < fortnight, "its row says otherwise");
    assert!(level(&item(&server, &asked, "SEAL").await) > 2 * seal, "of SEAL nothing is said");
}

#[tokio::test]
async fn a_joint_order_goes_without_an_item_that_cannot_be_planned() {
    let server = serving().await;
    let joint =
        "[[joint]]\nitems = [\"GONE\", \"BOLT\", \"SEAL\"]\nrule = { cycle = { days = 14, multiples = [1, 2, 1] } }\n";
    server.say(ACME, "site.toml", joint).await;
    let answer = server.read("acme", PLAN).await;
    assert_eq!(answer["terms"][0]["notes"], json!(["joint orders go without GONE, which cannot be planned"]));
    let times = |plan: &Value| plan["lines"].as_array().unwrap().len();
    let (bolt, seal) = (&answer["plan"][0], &answer["plan"][1]);
    // Six weeks: reviews of BOLT on days 0 and 28, of SEAL each fortnight; multiples stay with their items.
    assert_eq!((times(bolt), times(seal)), (2, 3), "{answer}");
}

#[tokio::test]
async fn an_event_of_the_past_explains_what_it_made_stand_out() {
    let server = serving().await;
    let mut site = Site::new(ACME, "e-burst");
    let day = days_ago(70);
    site.record(&format!(
        r#"{{"type":"movement","at":"{day}T12:00:00.000Z","item":"BOLT","qty":5000,"from":"bin:A-01","to":"used","by":"s"}}"#
    ));
    site.ships_all(&server).await;
    let marks = async || server.read("acme", "/v1/demand?bucket=week").await["demand"][0]["marks"].clone();
    let before = marks().await.as_array().unwrap().len();
    assert!(before > 0, "a hundred times the usual stands out");
    let event =
        format!("id,site,items,from,to,effect,amount,author,reason\ne1,*,BOLT,{day},{day},percent,9000,Ada,overhaul\n");
    server.say(ACME, "events.csv", &event).await;
    assert_eq!(marks().await.as_array().unwrap().len() + 1, before);
}

#[tokio::test]
async fn what_the_agreement_forbids_is_withheld_with_the_way_out() {
    let server = serving().await;
    server.say(ACME, "items.csv", &items_csv("", &[("BOLT", ""), ("SEAL", "")])).await;
    let advice = item(&server, PLAN, "BOLT").await;
    assert!(advice["lines"].as_array().unwrap().iter().all(|line| line["act"] == "advise"), "{advice}");
    for (authority, act) in [
        ("request_po", "request_order"),
        ("plan_approval", "await_approval"),
        ("vendor_autonomous", "order"),
        ("customer_managed", "advise"),
    ] {
        server.say(ACME, "site.toml", &format!("[agreement]\nauthority = \"{authority}\"\n")).await;
        let plan = item(&server, PLAN, "BOLT").await;
        assert!(!plan["lines"].as_array().unwrap().is_empty());
        assert!(plan["lines"].as_array().unwrap().iter().all(|line| line["act"] == act), "{plan}");
    }
    server.say(ACME, "site.toml", "[agreement.limits]\nquantity_max = 20\nitems = [\"BOLT\"]\n").await;
    let (bolt, seal) = (item(&server, PLAN, "BOLT").await, item(&server, PLAN, "SEAL").await);
    assert!(bolt["lines"].as_array().unwrap().iter().all(|line| line["quantity"] == 20), "{bolt}");
    assert_eq!((&seal["lines"], &seal["withheld"][0]["hold"]), (&json!([]), &json!("item_not_allowed")));
    assert!(seal["withheld"][0]["why"].as_str().unwrap().contains("add it to the agreement's items"), "{seal}");
    // Days on which nothing may be released: what was wanted in them comes after, or is withheld to the end.
    let today = bolt["today"].as_str().unwrap();
    let blackout =
        |through: &str| format!("[[agreement.limits.blackout]]\nfrom = \"{today}\"\nthrough = \"{through}\"\n");
    let through = days_ago(-10);
    server.say(ACME, "site.toml", &blackout(&through)).await;
    let after = item(&server, PLAN, "BOLT").await;
    let released = |line: &Value| line["release"].as_str().unwrap().to_owned();
    let lines = after["lines"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.iter().all(|line| released(line) > through), "{after}");
    assert_eq!(lines[0]["notes"][0], json!({"held_since": {"day": today}}), "{after}");
    server.say(ACME, "site.toml", &blackout(&days_ago(-400))).await;
    let never = item(&server, PLAN, "BOLT").await;
    assert_eq!((&never["lines"], &never["withheld"][0]["hold"]), (&json!([]), &json!("blackout")), "{never}");
}

#[tokio::test]
async fn a_contract_wins_the_buckets_it_names_says_so_and_is_planned_on() {
    let server = serving().await;
    let (plain, before) = (item(&server, FORECAST, "BOLT").await, item(&server, PLAN, "BOLT").await);
    let week = |at: usize| plain["ahead"][at]["bucket"].as_str().unwrap();
    let sources = format!(
        "source,kind,author,item,period,quantity\n\
         frame-7,contract,Bea,BOLT,{},400\nfrom-sales,sales,Cy,BOLT,{},1\nfrom-sales,sales,Cy,BOLT,{},90\n",
        week(1),
        week(1),
        week(2)
    );
    server.say(ACME, "sources.csv", &sources).await;
    let with = item(&server, FORECAST, "BOLT").await;
    let (first, second, third) = (&with["ahead"][0], &with["ahead"][1], &with["ahead"][2]);
    assert_eq!((second["mean"].as_f64(), &second["base"]), (Some(400.0), &plain["ahead"][1]["mean"]));
    assert_eq!(second["statement"]["winner"], "frame-7");
    assert!(second["statement"]["why"].as_str().unwrap().starts_with("contract comes first of"), "{second}");
    let said: Vec<_> = second["statement"]["shares"].as_array().unwrap().iter().map(|share| &share["author"]).collect();
    assert_eq!(said, ["Bea", "Cy", "Binwire"]);
    assert_eq!((third["mean"].as_f64(), &third["statement"]["winner"]), (Some(90.0), &json!("from-sales")));
    assert_eq!((&first["mean"], &first["statement"]["winner"]), (&plain["ahead"][0]["mean"], &json!("forecast")));
    // The variance goes with the mean, as that of counts does; the interval of two weeks follows its second one.
    let above = |of: &Value| of["q95"].as_f64().unwrap() - mean(of);
    let wider = above(second) / above(&plain["ahead"][1]);
    assert!((wider - (400.0 / mean(&plain["ahead"][1])).sqrt()).abs() < 1e-3, "{wider}: {second}");
    let added = mean(&with["interval"]) - mean(&plain["interval"]);
    let change = mean(second) - mean(&plain["ahead"][1]);
    assert!((added - change).abs() < 0.02 * change, "{added} of {change}");
    assert_eq!(with["interval"]["base"], plain["interval"]["mean"]);
    let after = item(&server, PLAN, "BOLT").await;
    assert!(planned(&after) > planned(&before) + 250, "{after}");
    // By another rule another wins; without a record the forecast weighs no less than the others.
    server.say(ACME, "site.toml", "[statement]\nrule = \"priority\"\npriority = [\"sales\"]\n").await;
    let with = item(&server, FORECAST, "BOLT").await;
    assert_eq!((&with["ahead"][1]["statement"]["winner"], mean(&with["ahead"][1])), (&json!("from-sales"), 1.0));
    server.say(ACME, "site.toml", "[statement]\nrule = \"weighted\"\n").await;
    let with = item(&server, FORECAST, "BOLT").await;
    let third_part = (400.0 + 1.0 + mean(&plain["ahead"][1])) / 3.0;
    assert!(near(mean(&with["ahead"][1]), third_part), "{}", with["ahead"][1]);
    let seal = item(&server, FORECAST, "SEAL").await;
    assert_eq!(seal["ahead"][1].get("statement"), None, "nobody speaks of SEAL");
}

#[tokio::test]
async fn a_months_contract_is_whole_in_weeks() {
    let server = serving().await;
    let path = "/v1/forecast?bucket=week&horizon=12";
    let plain = item(&server, path, "BOLT").await;
    let month = days_ago(-40)[..7].to_owned();
    let sources = format!("source,kind,author,item,period,quantity\nframe,contract,Bea,BOLT,{month},0\n");
    server.say(ACME, "sources.csv", &sources).await;
    let with = item(&server, path, "BOLT").await;
    let (mut of_month, mut forecast) = (0.0, 0.0);
    for (with, plain) in with["ahead"].as_array().unwrap().iter().zip(plain["ahead"].as_array().unwrap()) {
        of_month += mean(with);
        forecast += mean(plain);
        if with["statement"]["winner"] == "forecast" {
            assert_eq!(with["mean"], plain["mean"]);
        }
    }
    // Nothing is contracted for the month, so what is left is the forecast of the days around it.
    let days = [31.0, 30.0, 28.0, 29.0].map(|days| forecast * (1.0 - days / 84.0));
    let closest = days.into_iter().map(|days| (of_month - days).abs()).fold(f64::INFINITY, f64::min);
    assert!(closest < 0.03 * forecast, "{of_month} of {forecast}");
}

#[tokio::test]
async fn customer_orders_consume_the_forecast_and_beyond_it_are_demand_and_an_alert() {
    let server = serving().await;
    let (plain, before) = (item(&server, FORECAST, "BOLT").await, item(&server, PLAN, "BOLT").await);
    let week = |at: usize| plain["ahead"][at]["bucket"].as_str().unwrap();
    let long_ago = days_ago(70);
    let orders = format!(
        "order,item,date,quantity\nSO-1,BOLT,{},10\nSO-2,BOLT,{long_ago},5\nSO-3,BOLT,{},300\n",
        week(0),
        week(1)
    );
    server.say(ACME, "orders.csv", &orders).await;
    let with = item(&server, FORECAST, "BOLT").await;
    let (first, second) = (&with["ahead"][0], &with["ahead"][1]);
    assert_eq!(first["mean"], plain["ahead"][0]["mean"], "netted, not added");
    assert!(near(first["orders"]["net"].as_f64().unwrap(), mean(&plain["ahead"][0]) - 15.0), "{first}");
    let names: Vec<_> = first["orders"]["orders"].as_array().unwrap().iter().map(|taken| &taken["order"]).collect();
    assert_eq!(names, ["SO-1", "SO-2"], "what is overdue is wanted now");
    assert_eq!(first["orders"]["alert"], Value::Null);
    assert_eq!((second["mean"].as_f64(), second["orders"]["net"].as_f64()), (Some(300.0), Some(0.0)));
    assert_eq!(second["orders"]["alert"]["alert"], "over_forecast");
    let beyond = second["orders"]["alert"]["beyond"].as_f64().unwrap();
    assert!(near(beyond, 300.0 - mean(&plain["ahead"][1])), "{second}");
    assert!(second["q50"].as_f64().unwrap() >= 300.0, "less than is ordered is not expected: {second}");
    assert!(near(mean(&with["interval"]) - mean(&plain["interval"]), beyond), "{}", with["interval"]);
    assert!(second.get("statement").is_none(), "there is no other source");
    let after = item(&server, PLAN, "BOLT").await;
    assert!(planned(&after) > planned(&before) + 200, "{after}");
}

#[tokio::test]
async fn a_row_at_fault_is_named_its_item_is_not_planned_and_the_others_count() {
    let server = serving().await;
    let plain = item(&server, FORECAST, "SEAL").await;
    let week = plain["ahead"][1]["bucket"].as_str().unwrap();
    fs::write(
        server.said(ACME, "items.csv"),
        items_csv(",on_hand,capacity", &[("BOLT", ",9,many"), ("SEAL", ",some,90")]),
    )
    .unwrap();
    fs::write(
        server.said(ACME, "events.csv"),
        format!(
            "id,site,items,from,to,effect,amount,author,reason\n\
             e1,*,SEAL,{week},{week},percent,50,,overhaul\ne2,*,SEAL,{week},{week},percent,100,Ada,overhaul\n"
        ),
    )
    .unwrap();
    fs::write(
        server.said(ACME, "sources.csv"),
        format!("source,kind,author,item,period,quantity\nf,guess,Bea,BOLT,{week},4\nf,vendor,Bea,NUT,{week},4\n"),
    )
    .unwrap();
    fs::write(
        server.said(ACME, "orders.csv"),
        "order,item,date,quantity\nSO-1,BOLT,soon,4\nSO-2,BOLT,2030-01-01,1.5\n",
    )
    .unwrap();
    server.reload().await;
    let answer = server.read("acme", PLAN).await;
    let terms = &answer["terms"][0];
    let mut told: Vec<_> = terms["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            format!("{} {} {}", fault["file"].as_str().unwrap(), fault["line"], fault["what"].as_str().unwrap())
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "events.csv 2 event e1 has no author or no reason; give both",
            "items.csv 2 capacity is \"many\"; it must be a whole number",
            "orders.csv 2 \"soon\" is no date of acme; write 2026-11-21, 2026-W47 or 2026-11",
            "orders.csv 3 quantity 1.5 is no whole number from 0 on",
            "sources.csv 2 kind \"guess\" is none of contract, customer_plan, sales, vendor",
        ]
    );
    assert_eq!(terms["faults_total"], 5);
    assert_eq!(
        terms["notes"],
        json!([
            "items.csv: on_hand passed over; the ledger says what is on hand",
            "items that no movement of the feed names are not planned: NUT",
        ])
    );
    let (bolt, seal) = (item(&server, PLAN, "BOLT").await, item(&server, PLAN, "SEAL").await);
    assert_eq!(bolt["refused"], "items.csv, line 2: capacity is \"many\"; it must be a whole number");
    assert_eq!((&bolt["lines"], &bolt["outcome"]), (&json!([]), &Value::Null));
    assert!(planned(&seal) > 0 && seal["on_hand"] == 30, "{seal}");
    let with = item(&server, FORECAST, "SEAL").await;
    assert!(near(mean(&with["ahead"][1]), 2.0 * mean(&plain["ahead"][1])), "e2 counts: {with}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_leaves_what_was_read_before_and_the_hub_running() {
    let mut server = serving().await;
    fs::write(server.said(ACME, "items.csv"), items_csv(",capacity", &[("BOLT", ",90")])).unwrap();
    server.say(ACME, "site.toml", "[agreement]\nauthority = \"vendor_autonomous\"\n").await;
    let good = item(&server, PLAN, "BOLT").await;
    assert_eq!(good["lines"][0]["act"], "order");
    // A misspelt limit is no limit, so the whole file is refused; what was read before stands.
    server.say(ACME, "items.csv", "item,lead_days,capazity\nBOLT,7,900\n").await;
    let answer = server.read("acme", PLAN).await;
    assert_eq!(answer["plan"][0]["lines"], good["lines"]);
    let told = &answer["terms"][0];
    assert_eq!(
        told["faults"],
        json!([{"file": "items.csv", "what": "has an unknown column capazity; docs/planning.md names them"}])
    );
    assert!(told["notes"].to_string().contains("what was read before stands"), "{told}");
    // A hub that starts so has nothing from before: it forecasts, and plans nothing of this feed.
    server.stop().await;
    server.resume().await;
    let plan = item(&server, PLAN, "BOLT").await;
    assert!(plan["refused"].as_str().unwrap().contains("before it is known what is allowed"), "{plan}");
    assert_eq!(plan["lines"], json!([]));
    assert!(mean(&item(&server, FORECAST, "BOLT").await["ahead"][0]) > 0.0);
    fs::remove_dir_all(server.said(ACME, "")).unwrap();
    server.reload().await;
    let told = server.read("acme", PLAN).await["terms"][0].clone();
    assert!(told["faults"][0]["what"].as_str().unwrap().starts_with("cannot be read"), "{told}");
    assert!(!told.to_string().contains(server.folder.path().to_str().unwrap()), "no path of the machine is told");
}

#[tokio::test]
async fn an_item_without_a_history_is_planned_on_what_its_row_says() {
    let server = serving().await;
    let mut site = Site::new(ACME, "e-new");
    site.moves(3, "NUT", "vendor", "dock");
    site.ships_all(&server).await;
    assert!(item(&server, PLAN, "NUT").await["refused"].as_str().unwrap().contains("known buckets"));
    server.say(ACME, "items.csv", &items_csv(",demand_per_day,demand_sd", &[("NUT", ",2,1")])).await;
    let plan = item(&server, PLAN, "NUT").await;
    assert_eq!(plan.get("refused"), None, "{plan}");
    assert!(planned(&plan) >= 28, "{plan}");
}

#[tokio::test]
async fn one_feeds_folder_changes_no_byte_of_anothers_answers() {
    let server = Server::new()
        .feed(ACME)
        .planned()
        .feed("plant-7/zenith")
        .planned()
        .viewer("acme", &[ACME])
        .viewer("zenith", &["plant-7/zenith"])
        .start()
        .await;
    sixty_weeks(ACME, &["BOLT"], 1).ships_all(&server).await;
    sixty_weeks("plant-7/zenith", &["BOLT"], 3).ships_all(&server).await;
    let answers = async || {
        let mut texts = Vec::new();
        for path in [FORECAST, PLAN, "/v1/demand?bucket=week"] {
            texts.push(server.read("zenith", path).await.to_string());
        }
        texts
    };
    let before = answers().await;
    let mine = server.read("acme", PLAN).await;
    let week = item(&server, FORECAST, "BOLT").await["ahead"][1]["bucket"].as_str().unwrap().to_owned();
    for (file, text) in [
        ("items.csv", items_csv(",capacity", &[("BOLT", ",40"), ("BAD", ",x")])),
        ("site.toml", "[agreement]\nauthority = \"request_po\"\n[agreement.limits]\nquantity_max = 7\n".to_owned()),
        (
            "events.csv",
            format!("id,site,items,from,to,effect,amount,author,reason\ne,*,*,{week},{week},absolute,9999,Ada,x\n"),
        ),
        ("sources.csv", format!("source,kind,author,item,period,quantity\nf,contract,Ada,BOLT,{week},8888\n")),
        ("orders.csv", format!("order,item,date,quantity\nSO-1,BOLT,{week},7777\n")),
    ] {
        server.say(ACME, file, &text).await;
        assert_eq!(answers().await, before, "{file}");
    }
    assert_ne!(server.read("acme", PLAN).await, mine);
    server.say("plant-7/zenith", "site.toml", "[agreement]\nauthority = \"request_po\"\n").await;
    assert_ne!(answers().await, before, "zenith's own folder does");
}
