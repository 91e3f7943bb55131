//! Stations, bins and forms through a real socket: what is booked, by whom, once, and what is said when it is not.

use reqwest::{
    Response,
    header::{ACCEPT, COOKIE, LOCATION},
};
use serde_json::json;

use crate::site::{Site, plan, until};

const TECHNICIAN: &str = "0042";
const STOREKEEPER: &str = "0007";

/// A site with a hundred M8 in bin A, which scans and forms then take from.
async fn stocked() -> Site {
    let site = plan().start().await;
    for code in ["BW:RECEIVE", "BW:BIN:A", "BW:QTY:100", "M8", "BW:CANCEL"] {
        assert_eq!(site.scans(code).await["verdict"], "accepted", "{code}");
    }
    site
}

/// What the books hold of M8 at a place.
async fn held(site: &Site, place: &str) -> i64 {
    let look = site.local("/v1/look", &json!({ "what": "bins" })).await;
    if place == "bin:A" {
        let bins = look.as_array().unwrap();
        return bins.iter().find(|bin| bin["bin"] == "A").unwrap()["held"].as_i64().unwrap_or(0);
    }
    let client = reqwest::Client::builder().unix_socket(site.state().join("agent.sock")).build().unwrap();
    let on_hand: serde_json::Value = client.get("http://agent/on-hand").send().await.unwrap().json().await.unwrap();
    on_hand["M8"][place].as_i64().unwrap_or(0)
}

async fn page(site: &Site, path: &str, cookie: &str) -> String {
    let response = site.get(path).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{path}");
    response.text().await.unwrap()
}

/// What people read of it: ids of forms hold any digits.
fn read(html: &str) -> String {
    let content = html.split("id=\"content\"").nth(1).unwrap();
    content.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

async fn send(site: &Site, path: &str, form: &str, cookie: &str) -> Response {
    site.post(path, form).header(COOKIE, cookie).send().await.unwrap()
}

/// As the page's script sends it.
async fn send_by_script(site: &Site, path: &str, form: &str, cookie: &str) -> Response {
    site.post(path, form).header(COOKIE, cookie).header(ACCEPT, "text/html; fragment").send().await.unwrap()
}

#[tokio::test]
async fn a_scan_from_the_page_is_booked_under_the_badge_of_who_sent_it_and_answered_with_what_is_left() {
    let site = stocked().await;
    let ann = site.cookie_of(TECHNICIAN, "").await;
    for (act, code) in [("a1", "BW%3AUSE"), ("a2", "M8")] {
        let response = send_by_script(&site, "/station/bench/scan", &format!("act={act}&code={code}"), &ann).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["binwire-fragment"], "yes");
        let text = response.text().await.unwrap();
        if act == "a2" {
            for wanted in ["data-verdict=\"booked\"", "99\u{a0}pcs", "bin A", "Ann"] {
                assert!(text.contains(wanted), "{wanted} in {text}");
            }
        }
    }
    assert_eq!(held(&site, "bin:A").await, 99);
    let shown = page(&site, "/station/bench", &ann).await;
    assert!(shown.contains("Undo: 1\u{a0}pcs M8"), "{shown}");
    site.stop().await;
}

#[tokio::test]
async fn the_same_scan_sent_twice_is_booked_once_and_without_a_sign_in_not_at_all() {
    let site = stocked().await;
    let ann = site.cookie_of(TECHNICIAN, "").await;
    send(&site, "/station/bench/scan", "act=m&code=BW%3AUSE", &ann).await;
    for _ in 0..3 {
        let response = send(&site, "/station/bench/scan", "act=same&code=M8", &ann).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()[LOCATION].to_str().unwrap()),
            (303, "/station/bench")
        );
    }
    assert_eq!(held(&site, "bin:A").await, 99);
    let nobody = site.post("/station/bench/scan", "act=x&code=M8").send().await.unwrap();
    assert!(nobody.headers()[LOCATION].to_str().unwrap().starts_with("/door"));
    assert_eq!(held(&site, "bin:A").await, 99);
    site.stop().await;
}

#[tokio::test]
async fn a_refusal_says_why_and_what_to_do_in_the_language_of_who_looks() {
    let site = stocked().await;
    let ann = site.cookie_of(TECHNICIAN, "").await;
    let response = send_by_script(&site, "/station/bench/scan", "act=1&code=BW%3AQTY%3A0", &ann).await;
    assert_eq!(response.status().as_u16(), 409);
    let text = response.text().await.unwrap();
    assert!(text.contains("Not booked") && text.contains("Zero is for counts"), "{text}");
    let german = page(&site, "/station/bench", &format!("{ann}; binwire-language=de")).await;
    assert!(german.contains("Nicht gebucht") && german.contains("Null gibt es nur beim Zählen"), "{german}");
    site.stop().await;
}

#[tokio::test]
async fn an_undo_takes_one_act_back_and_says_when_there_is_nothing_left_to_undo() {
    let site = stocked().await;
    let ann = site.cookie_of(TECHNICIAN, "").await;
    for (act, code) in [("1", "BW%3AUSE"), ("2", "M8"), ("3", "BW%3AQTY%3A7"), ("4", "BW%3ADONE")] {
        send(&site, "/station/bench/scan", &format!("act={act}&code={code}"), &ann).await;
    }
    assert_eq!(held(&site, "bin:A").await, 93);
    let shown = page(&site, "/station/bench", &ann).await;
    let act = shown.split("name=\"of\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let undo = format!("of={act}");
    assert_eq!(send(&site, "/station/bench/undo", &undo, &ann).await.status().as_u16(), 303);
    assert_eq!(held(&site, "bin:A").await, 100);
    let again = send(&site, "/station/bench/undo", &undo, &ann).await;
    assert_eq!(again.status().as_u16(), 409);
    let text = again.text().await.unwrap();
    assert!(text.contains("taken back already") && text.contains("count the bin"), "{text}");
    assert_eq!(held(&site, "bin:A").await, 100);
    let late = send(&site, "/station/bench/undo", "of=1", &ann).await.text().await.unwrap();
    assert!(late.contains("too long ago"), "{late}");
    site.stop().await;
}

#[tokio::test]
async fn the_movement_of_a_bin_is_taken_back_on_its_page() {
    let site = stocked().await;
    let bo = site.cookie_of(STOREKEEPER, "").await;
    let shown = page(&site, "/bins/A", &bo).await;
    assert!(shown.contains("+100 received"), "{shown}");
    let response = send(&site, "/bins/A/undo", "feed=acme&seq=1", &bo).await;
    assert_eq!(response.status().as_u16(), 303);
    assert_eq!(held(&site, "bin:A").await, 0);
    let twice = send(&site, "/bins/A/undo", "feed=acme&seq=1", &bo).await;
    assert_eq!(twice.status().as_u16(), 409);
    assert!(twice.text().await.unwrap().contains("taken back already"));
    site.stop().await;
}

#[tokio::test]
async fn every_form_books_its_movement_and_a_form_sent_twice_is_one_act() {
    let site = stocked().await;
    let bo = site.cookie_of(STOREKEEPER, "").await;
    let steps = [
        ("use", "from=A&qty=2", "used", 2),
        ("receive", "qty=5&reference=PO-1", "dock", 5),
        ("put-away", "to=A&qty=4", "bin:A", 102),
        ("transfer", "from=A&to=quarantine&qty=1", "quarantine", 1),
        ("test", "from=A&qty=3", "bench", 3),
        ("test-pass", "to=A&qty=1", "bench", 2),
        ("test-fail", "qty=1&reason=bent", "quarantine", 2),
        ("deploy", "from=A&target=van-3&qty=6", "field:van-3", 6),
        ("install", "from=A&target=PUMP-17&qty=2&serial=&reference=WO-9", "asset:PUMP-17", 2),
        ("uninstall", "target=PUMP-17&qty=1&to=quarantine", "quarantine", 3),
        ("return", "to=A&qty=1", "used", 1),
        ("scrap", "from=A&qty=1&reason=dropped", "scrap", 1),
    ];
    for (mode, fields, place, units) in steps {
        let form = format!("act=id-{mode}&station=bench&item=M8&{fields}");
        for _ in 0..2 {
            let response = send(&site, &format!("/work/{mode}"), &form, &bo).await;
            let status = response.status().as_u16();
            let to = response.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
            assert_eq!(status, 303, "{mode}: {}", response.text().await.unwrap());
            let to = to.unwrap();
            assert!(to.contains("done="), "{to}");
            let done = page(&site, &to, &bo).await;
            assert!(done.contains("Booked") && done.contains("act-list"), "{mode}");
        }
        assert_eq!(held(&site, place).await, units, "{mode} to {place}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_form_that_lacks_something_books_nothing_keeps_what_was_filled_in_and_says_what_is_missing() {
    let site = stocked().await;
    let ann = site.cookie_of(TECHNICIAN, "").await;
    for (mode, fields, missing) in [
        ("use", "item=M8&qty=2", "say the place"),
        ("scrap", "from=A&qty=2&item=", "say which part"),
        ("install", "from=A&item=M8&qty=2", "say which machine"),
        ("use", "from=A&item=M8&qty=none", "no quantity"),
        ("use", "from=scrap&item=M8&qty=2", "no place to scan"),
    ] {
        let response =
            send(&site, &format!("/work/{mode}"), &format!("act=x{mode}&station=bench&{fields}"), &ann).await;
        assert_eq!(response.status().as_u16(), 422, "{mode} {fields}");
        let text = response.text().await.unwrap();
        assert!(text.contains("Not booked") && text.contains(missing), "{mode} {fields}: {text}");
        if fields.contains("qty=2") {
            assert!(
                text.contains("name=\"qty\" type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" value=\"2\""),
                "{text}"
            );
        }
    }
    assert_eq!(held(&site, "bin:A").await, 100);
    // What a technician may not do is not done.
    let response = send(&site, "/work/receive", "act=r&station=bench&item=M8&qty=5", &ann).await;
    assert_eq!(response.status().as_u16(), 403);
    site.stop().await;
}

#[tokio::test]
async fn a_form_disturbs_nobody_who_scans_at_the_station() {
    let site = stocked().await;
    let ann = site.cookie_of(TECHNICIAN, "").await;
    for code in ["BW:SCRAP", "BW:QTY:3"] {
        site.scans(code).await;
    }
    let response = send(&site, "/work/use", "act=f&station=bench&item=M8&from=A&qty=10", &ann).await;
    assert_eq!(response.status().as_u16(), 303);
    site.scans("M8").await;
    assert_eq!((held(&site, "scrap").await, held(&site, "used").await), (3, 10));
    site.stop().await;
}

const DELIVERY: &str = "sscc,order,line,item,qty,lot\n,PO-7,10,M8,50,L1\n,PO-7,20,M8,20,\n";

#[tokio::test]
async fn a_delivery_comes_in_line_by_line_as_it_came_and_what_is_missing_stays_expected() {
    let site = stocked().await;
    let import = json!({ "do": "import", "kind": "shipment", "csv": DELIVERY });
    assert_eq!(site.local("/v1/command", &import).await["taken"], true);
    let bo = site.cookie_of(STOREKEEPER, "").await;
    until("the delivery is listed", async || page(&site, "/work/receive", &bo).await.contains("Order PO-7")).await;
    let form = page(&site, "/work/receive/expected?of=PO-7", &bo).await;
    assert!(form.contains("Expected: 50\u{a0}pcs") && form.contains("value=\"L1\""), "{form}");
    let lines: Vec<&str> = form
        .split("name=\"line-")
        .skip(1)
        .map(|at| at.split("value=\"").nth(1).unwrap().split('"').next().unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{form}");
    let said = format!(
        "act=d1&station=bench&of=PO-7&to=&line-0={}&qty-0=48&lot-0=L1&rest-0=yes&line-1={}&qty-1=20&lot-1=",
        lines[0].replace('/', "%2F"),
        lines[1].replace('/', "%2F")
    );
    for _ in 0..2 {
        let response = send(&site, "/work/receive/expected", &said, &bo).await;
        let status = response.status().as_u16();
        assert_eq!(status, 303, "{}", response.text().await.unwrap());
    }
    assert_eq!(held(&site, "dock").await, 68);
    let rest = page(&site, "/work/receive/expected?of=PO-7", &bo).await;
    assert!(rest.contains("Expected: 2\u{a0}pcs") && !rest.contains("Expected: 20"), "{rest}");
    // Taken back, a line is expected as before.
    let shown = page(&site, "/station/bench", &bo).await;
    let of_48 = shown.split("name=\"of\" value=\"").skip(1).find(|at| at.contains("Undo: 48")).unwrap();
    let act = of_48.split('"').next().unwrap();
    assert_eq!(send(&site, "/station/bench/undo", &format!("of={act}"), &bo).await.status().as_u16(), 303);
    assert_eq!(held(&site, "dock").await, 20);
    assert!(page(&site, "/work/receive/expected?of=PO-7", &bo).await.contains("Expected: 50"));
    site.stop().await;
}

#[tokio::test]
async fn a_count_is_blind_asks_again_above_tolerance_and_posts_the_difference() {
    let site = stocked().await;
    let bo = site.cookie_of(STOREKEEPER, "").await;
    let opened = send(&site, "/work/count/open", "act=o1&bins=A", &bo).await;
    let sheet = opened.headers()[LOCATION].to_str().unwrap().to_owned();
    let again = send(&site, "/work/count/open", "act=o1&bins=A", &bo).await;
    assert_eq!(again.headers()[LOCATION].to_str().unwrap(), sheet, "pressed twice it is one count");
    let text = page(&site, &sheet, &bo).await;
    assert!(text.contains("How many lie there?") && !read(&text).contains("100"), "the books are not shown: {text}");
    let say = async |act: &str, rest: &str| send(&site, &sheet, &format!("act={act}&line=0&{rest}"), &bo).await;
    assert_eq!(say("c1", "do=count&pieces=60").await.status().as_u16(), 303);
    // Parts move between the two rounds.
    for code in ["BW:USE", "M8", "BW:QTY:5", "BW:CANCEL"] {
        site.scans(code).await;
    }
    assert_eq!(say("f1", "do=finish").await.status().as_u16(), 303);
    let text = page(&site, &sheet, &bo).await;
    assert!(text.contains("Count once more") && !read(&text).contains("95"), "{text}");
    assert_eq!(say("c2", "do=count&pieces=55").await.status().as_u16(), 303);
    // With the last recount all is settled, and the reviewer has it.
    assert!(page(&site, &sheet, &bo).await.contains("ready to review"));
    let review = format!("{sheet}/review");
    let text = page(&site, &review, &bo).await;
    assert!(text.contains("Books then") && text.contains("\u{2212}40"), "{text}");
    let early = send(&site, &review, "act=p0&do=complete", &bo).await;
    assert_eq!(early.status().as_u16(), 409, "it has no reason yet");
    assert!(early.text().await.unwrap().contains("without a reason"));
    let explained = send(&site, &review, "act=e1&do=explain&line=0&reason=lost", &bo).await;
    assert_eq!(explained.status().as_u16(), 303, "{}", explained.text().await.unwrap());
    for _ in 0..2 {
        assert_eq!(send(&site, &review, "act=p1&do=complete", &bo).await.status().as_u16(), 303);
    }
    assert_eq!(held(&site, "bin:A").await, 55);
    let ann = site.cookie_of(TECHNICIAN, "").await;
    assert_eq!(
        site.get(&review).header(COOKIE, &ann).send().await.unwrap().status().as_u16(),
        403,
        "not for technicians"
    );
    site.stop().await;
}

#[tokio::test]
async fn a_zero_is_asked_once_more_before_it_is_taken_down() {
    let site = stocked().await;
    let bo = site.cookie_of(STOREKEEPER, "").await;
    let opened = send(&site, "/work/count/open", "act=o1&bins=BW%3ABIN%3AA", &bo).await;
    let sheet = opened.headers()[LOCATION].to_str().unwrap().to_owned();
    send(&site, &sheet, "act=c1&line=0&do=count&pieces=0", &bo).await;
    assert!(page(&site, &sheet, &bo).await.contains("Is it really empty?"));
    send(&site, &sheet, "act=c2&line=0&do=not-empty", &bo).await;
    assert!(page(&site, &sheet, &bo).await.contains("How many lie there?"));
    send(&site, &sheet, "act=c3&line=0&do=empty", &bo).await;
    assert!(page(&site, &sheet, &bo).await.contains("You said 0"));
    assert_eq!(held(&site, "bin:A").await, 100, "nothing is posted by it");
    site.stop().await;
}

#[tokio::test]
async fn bins_are_found_by_name_part_and_label_and_one_that_is_found_is_opened() {
    let site = stocked().await;
    for (q, to) in [("A", "/bins/A"), ("BW%3ABIN%3AA", "/bins/A"), ("m8", "/bins/A"), ("BW%3AITEM%3AM8", "/bins/A")] {
        let response = site.get(&format!("/bins?q={q}")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers()[LOCATION].to_str().unwrap()), (303, to), "{q}");
    }
    let none = page(&site, "/bins?q=nothing-like-it", "").await;
    assert!(none.contains("Nothing is called nothing-like-it"), "{none}");
    let list = page(&site, "/bins", "").await;
    assert!(list.contains("id=\"bin-A\"") && list.contains("100\u{a0}pcs"), "{list}");
    let label = site.get("/bins/A/label.pdf").send().await.unwrap();
    assert_eq!(label.headers()["content-type"], "application/pdf");
    assert!(label.bytes().await.unwrap().starts_with(b"%PDF-"));
    site.stop().await;
}

#[tokio::test]
async fn after_a_restart_the_last_movements_are_still_shown() {
    let site = stocked().await;
    let site = site.restart().await;
    let bin = page(&site, "/bins/A", "").await;
    assert!(bin.contains("+100 received"), "{bin}");
    let list = page(&site, "/bins", "").await;
    assert!(list.contains("+100 received"), "{list}");
    site.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_there() {
    let site = plan().start().await;
    let bo = site.cookie_of(STOREKEEPER, "").await;
    for path in
        ["/station/none", "/bins/none", "/work/none", "/work/count/none", "/work/calibrate/A", "/bins/none/label.pdf"]
    {
        let response = site.get(path).header(COOKIE, &bo).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(status == 404 || text.contains("There is no count"), "{path}: {status}");
    }
    site.stop().await;
}
