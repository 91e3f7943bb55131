//! The parts manager's pages through a real listener of a running agent: who is let in, and that each act is done once.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "test code")]

#[path = "manage/site.rs"]
mod site;

use reqwest::StatusCode;
use serde_json::json;

use self::site::{MANAGER, PIN, Site, TECHNICIAN};

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_and_whoever_may_not_is_told_so() {
    let site = Site::start().await;
    let asked = site.get("", "/manage/bounds").await;
    assert_eq!((asked.status, asked.to.as_deref()), (StatusCode::SEE_OTHER, Some("/door?next=/manage/bounds")));
    let form = [("badge", MANAGER), ("pin", "")];
    let pin = site.post("", "/door", &form).await;
    assert!(pin.cookie.is_none() && pin.body.contains("This badge needs its PIN"), "{}", pin.body);
    let wrong = site.post("", "/door", &[("badge", MANAGER), ("pin", "000000")]).await;
    assert_eq!((wrong.status, wrong.cookie), (StatusCode::UNAUTHORIZED, None));
    let technician = site.sign_in(TECHNICIAN, "").await;
    for path in ["/manage", "/manage/bounds", "/manage/aside", "/manage/operators", "/manage/data/export?kind=items"] {
        let refused = site.get(&technician, path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert!(refused.body.contains("Your badge does not open this"), "{path}: {}", refused.body);
    }
    let form = [("subject", "bin:A-01"), ("min", "1"), ("why", "x")];
    assert_eq!(site.post(&technician, "/manage/bounds/edit", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        site.post(&technician, "/manage/operators/pin", &[("badge", MANAGER)]).await.status,
        StatusCode::FORBIDDEN
    );
    let manager = site.sign_in(MANAGER, PIN).await;
    let index = site.get(&manager, "/manage").await;
    assert_eq!(index.status, StatusCode::OK);
    for way in ["/manage/alarms", "/manage/bounds", "/manage/feeds", "/manage/operators", "/manage/audit"] {
        assert!(index.body.contains(&format!("href=\"{way}\"")), "{way}");
        assert_eq!(site.get(&manager, way).await.status, StatusCode::OK, "{way}");
    }
    site.stop().await;
}

#[tokio::test]
async fn bounds_are_set_with_a_reason_once_and_those_of_the_sites_file_are_refused_with_the_way_out() {
    let site = Site::start().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let edit = "/manage/bounds/edit";
    let wish =
        |min: &'static str, why: &'static str| [("subject", "bin:A-01"), ("min", min), ("max", "90"), ("why", why)];
    let without = site.post(&manager, edit, &wish("20", " ")).await;
    assert_eq!(without.status, StatusCode::CONFLICT);
    assert!(without.body.contains("Write why") && without.body.contains("value=\"90\""), "what was written stays");
    assert_eq!(site.post(&manager, edit, &wish("-1", "x")).await.status, StatusCode::CONFLICT);
    let above = site.post(&manager, edit, &wish("95", "too much")).await;
    assert_eq!(above.status, StatusCode::CONFLICT, "{}", above.body);
    for _ in 0..2 {
        let set = site.post(&manager, edit, &wish("20", "twice as many are used")).await;
        assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    }
    let page = site.get(&manager, "/manage/bounds/edit?subject=bin%3AA-01").await.body;
    assert_eq!(page.matches("twice as many are used").count(), 1, "the same again is no change: {page}");
    assert!(page.contains("Ada (0001)") && page.contains("value=\"20\""), "{page}");
    let audit = site.get(&manager, "/manage/audit").await.body;
    assert_eq!(audit.matches("set min and max").count(), 1, "{audit}");
    // F-01 stands in the site's file.
    let page = site.get(&manager, "/manage/bounds/edit?subject=bin%3AF-01").await.body;
    assert!(page.contains("Stands in the site's file") && !page.contains("name=\"min\""), "{page}");
    let form = [("subject", "bin:F-01"), ("min", "3"), ("max", ""), ("why", "x")];
    let refused = site.post(&manager, edit, &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("change it there"), "{}", refused.body);
    let site = site.restart().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let page = site.get(&manager, "/manage/bounds/edit?subject=bin%3AA-01").await.body;
    assert!(
        page.contains("twice as many are used") && page.contains("value=\"20\""),
        "a restart forgets nothing: {page}"
    );
    site.stop().await;
}

#[tokio::test]
async fn a_record_that_is_set_aside_is_looked_at_and_given_up_once() {
    let site = Site::with_records_set_aside().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let problems = site.get("", "/problems").await.body;
    assert!(problems.contains("2 records set aside because the hub refused them"), "{problems}");
    let list = site.get(&manager, "/manage/aside?feed=acme").await.body;
    assert!(list.contains("unknown_item: no such item"), "{list}");
    let epoch = site.epoch("acme").await;
    let one = format!("/manage/aside/one?feed=acme&epoch={epoch}&seq=1");
    let shown = site.get(&manager, &one).await.body;
    assert!(shown.contains("&quot;item&quot;: &quot;M8&quot;") && shown.contains("Give up"), "{shown}");
    let ask = site.get(&manager, &format!("/manage/aside/discard?feed=acme&epoch={epoch}&seq=1")).await.body;
    assert!(ask.contains("This cannot be undone") && ask.contains("Yes, give it up"), "{ask}");
    for _ in 0..2 {
        let form = [("feed", "acme"), ("epoch", epoch.as_str()), ("seq", "1"), ("do", "discard")];
        let done = site.post(&manager, "/manage/aside", &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    let audit = site.ledger(&json!({ "do": "audit" })).await;
    let lines: Vec<_> =
        audit.as_array().unwrap().iter().filter(|line| line["act"] == "discard set-aside record").collect();
    assert_eq!(lines.len(), 1, "{audit}");
    assert_eq!(lines[0]["actor"], MANAGER);
    let export = site.get(&manager, "/manage/aside/export").await;
    let states: Vec<String> = export
        .body
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["state"].to_string())
        .collect();
    assert_eq!(states.len(), 2, "{}", export.body);
    assert!(states.contains(&"\"discarded\"".to_owned()), "{states:?}");
    let status = site.status().await;
    assert!(status.iter().any(|line| line.contains("1 record set aside")), "one is dealt with: {status:?}");
    let form = [("feed", "acme"), ("epoch", epoch.as_str()), ("seq", "99"), ("do", "discard")];
    assert_eq!(site.post(&manager, "/manage/aside", &form).await.status, StatusCode::NOT_FOUND);
    site.stop().await;
}

#[tokio::test]
async fn a_dry_run_writes_nothing_shows_every_fault_and_what_was_seen_is_taken_once() {
    let site = Site::start().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let bad = "name,item,min\r\nB-01,M8,x\r\nB-02,NOBODY,1\r\nB-03,M8,4\r\n";
    let looked = site.upload(&manager, "bins", bad).await;
    assert_eq!(looked.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["2 rows have faults", "Line 2", "is no whole number", "Line 3", "NOBODY", "Nothing was written"] {
        assert!(looked.body.contains(part), "{part}: {}", looked.body);
    }
    assert!(!looked.body.contains("name=\"draft\""), "nothing to press");
    let good = "name,item,min\r\nB-01,M8,2\r\nB-03,M8,4\r\n";
    let looked = site.upload(&manager, "bins", good).await;
    assert!(looked.body.contains("Import 2 rows") && looked.body.contains("Nothing is written yet"), "{}", looked.body);
    let exported = site.get(&manager, "/manage/data/export?kind=bins").await.body;
    assert!(exported.contains("F-01") && !exported.contains("B-01"), "a dry run writes nothing: {exported}");
    let draft = site::hidden(&looked.body, "draft");
    let technician = site.sign_in(TECHNICIAN, "").await;
    assert_eq!(site.post(&technician, "/manage/data/take", &[("draft", &draft)]).await.status, StatusCode::FORBIDDEN);
    for _ in 0..2 {
        let taken = site.post(&manager, "/manage/data/take", &[("draft", &draft)]).await;
        assert_eq!(taken.to.as_deref(), Some("/manage/data?added=2&changed=0"), "{}", taken.body);
    }
    let exported = site.get(&manager, "/manage/data/export?kind=bins").await.body;
    assert!(exported.contains("B-01") && exported.contains("B-03"), "{exported}");
    let audit = site.get(&manager, "/manage/audit").await.body;
    assert_eq!(audit.matches("2 added, 0 changed").count(), 1, "{audit}");
    site.stop().await;
}

#[tokio::test]
async fn a_manager_gives_out_badges_and_pins_and_no_pin_is_ever_shown() {
    let site = Site::start().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let form = [("badge", "0003"), ("name", "Cleo"), ("role", "storekeeper")];
    assert_eq!(site.post(&manager, "/manage/operators/one", &form).await.status, StatusCode::SEE_OTHER);
    let pin = |pin: &'static str, again: &'static str| [("badge", "0003"), ("pin", pin), ("again", again)];
    for (first, second, says) in
        [("280471", "280472", "differ"), ("12ab", "12ab", "digits alone"), ("1111", "1111", "anybody tries")]
    {
        let refused = site.post(&manager, "/manage/operators/pin", &pin(first, second)).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains(says) && !refused.body.contains("280471"), "{says}: {}", refused.body);
    }
    assert_eq!(
        site.post(&manager, "/manage/operators/pin", &pin("739154", "739154")).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!site.sign_in("0003", "739154").await.is_empty());
    for path in ["/manage/operators", "/manage/operators/one?badge=0003", "/manage/audit"] {
        let page = site.get(&manager, path).await.body;
        assert!(!page.contains("739154") && !page.contains("argon2"), "{path}: {page}");
    }
    assert!(site.get(&manager, "/manage/audit").await.body.contains("set PIN"));
    // Whoever gives out roles does not shut themselves out.
    let myself = [("badge", MANAGER), ("name", "Ada"), ("role", "technician")];
    let refused = site.post(&manager, "/manage/operators/one", &myself).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("Your own badge"), "{}", refused.body);
    for _ in 0..2 {
        let removed = site.post(&manager, "/manage/operators/remove", &[("badge", "0003")]).await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.body);
    }
    let out = site.post("", "/door", &[("badge", "0003"), ("pin", "739154")]).await;
    assert!(out.cookie.is_none(), "the badge opens nothing any more");
    site.stop().await;
}

#[tokio::test]
async fn a_vendor_sees_its_own_items_and_records_and_the_page_says_exactly_those() {
    let site = Site::with_records_set_aside().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let acme = site.get(&manager, "/manage/vendors/one?feed=acme").await.body;
    assert!(acme.contains("M8") && acme.contains("Movements: 3") && !acme.contains("SEAL"), "{acme}");
    assert!(acme.contains("&quot;qty&quot;: 3"), "the newest record, by the letter: {acme}");
    let boltco = site.get(&manager, "/manage/vendors/one?feed=boltco").await.body;
    assert!(boltco.contains("SEAL") && !boltco.contains("M8"), "{boltco}");
    assert_eq!(site.get(&manager, "/manage/vendors/one?feed=unassigned").await.status, StatusCode::NOT_FOUND);
    site.stop().await;
}

#[tokio::test]
async fn a_parked_code_is_mapped_to_its_item_and_counts_there() {
    let site = Site::with_records_set_aside().await;
    let manager = site.sign_in(MANAGER, PIN).await;
    let parked = site.get(&manager, "/manage/parked").await.body;
    assert!(parked.contains("4006381333931"), "{parked}");
    let code = site::hidden(&parked, "code");
    let wrong =
        site.post(&manager, "/manage/parked", &[("code", code.as_str()), ("item", "NOBODY"), ("factor", "1")]).await;
    assert!(wrong.status == StatusCode::CONFLICT && wrong.body.contains("NOBODY"), "{}", wrong.body);
    for _ in 0..2 {
        let form = [("code", code.as_str()), ("item", "M8"), ("factor", "10")];
        assert_eq!(site.post(&manager, "/manage/parked", &form).await.status, StatusCode::SEE_OTHER);
    }
    site.until("what was parked is recorded under its item", async |site: &Site| {
        site.get(&manager, "/manage/parked").await.body.contains("Every code is known")
    })
    .await;
    let bounds = site.get(&manager, "/manage/bounds?find=M8").await.body;
    assert!(bounds.contains("whole site"), "{bounds}");
    site.stop().await;
}

#[tokio::test]
async fn the_page_and_status_tell_the_same_problems() {
    let site = Site::with_records_set_aside().await;
    site.until("the hub is known to be away", async |site: &Site| {
        site.status().await.iter().any(|line| line.contains("feed acme: hub"))
    })
    .await;
    let (page, status) = (site.get("", "/problems").await.body, site.problems().await);
    assert!(status.len() >= 3, "{status:?}");
    for problem in &status {
        let kind = problem["kind"].as_str().unwrap();
        assert!(page.contains(&format!("data-kind=\"{kind}\"")), "{kind}: {page}");
    }
    assert_eq!(page.matches("data-kind=").count(), status.len(), "{status:?}: {page}");
    site.stop().await;
}

#[tokio::test]
async fn whoever_reads_german_reads_in_german_why_something_is_refused() {
    let site = Site::start().await;
    let german = format!("{}; binwire-language=de", site.sign_in(MANAGER, PIN).await);
    let faulty = site.upload(&german, "bins", "name,item,min,max,tare_g\r\nA-01,M8,5,4,1\r\nB-02,NONE,1,2,x\r\n").await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [
        "ist 5, mehr als 4 in max",
        "senken, oder max erhöhen",
        "nennt den Artikel &quot;NONE&quot;, den niemand kennt",
        "zuerst mit items.csv einlesen",
        "ist keine Zahl in Gramm",
    ] {
        assert!(faulty.body.contains(said), "{said}: {}", faulty.body);
    }
    let broken = site.upload(&german, "bins", "name,item\r\n\"A-01,M8\r\n").await;
    assert!(broken.body.contains("ein Anführungszeichen wird geöffnet und nie geschlossen"), "{}", broken.body);
    let wish = [("subject", "bin:A-01"), ("min", "95"), ("max", "90"), ("why", "x")];
    let above = site.post(&german, "/manage/bounds/edit", &wish).await;
    assert_eq!(above.status, StatusCode::CONFLICT);
    assert!(above.body.contains("min ist 95, mehr als 90 in max: senken, oder max erhöhen."), "{}", above.body);
    for page in [&faulty.body, &broken.body, &above.body] {
        assert_is_german(page);
    }
    let set = [("subject", "bin:A-01"), ("min", "5"), ("max", "90"), ("why", "mehr Bedarf")];
    assert_eq!(site.post(&german, "/manage/bounds/edit", &set).await.status, StatusCode::SEE_OTHER);
    let audit = site.get(&german, "/manage/audit").await.body;
    assert!(audit.contains("Min. und Max. gesetzt") && audit.contains("vorher Min. keins"), "{audit}");
    for way in
        ["/manage/audit", "/manage/data", "/manage/bounds", "/manage/feeds", "/manage/operators", "/manage/parked"]
    {
        assert_is_german(&site.get(&german, way).await.body);
    }
    site.stop().await;
}

/// That no word stands in a page's text that German sentences have not.
fn assert_is_german(page: &str) {
    const ENGLISH: [&str; 20] = [
        "the", "is", "are", "of", "and", "with", "has", "no", "not", "it", "to", "which", "for", "from", "than",
        "must", "write", "above", "nobody", "empty",
    ];
    let texts = page.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
    for text in texts {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let english: Vec<&str> = words.filter(|word| ENGLISH.contains(word)).collect();
        assert!(english.is_empty(), "{english:?} in {text:?}");
    }
}
