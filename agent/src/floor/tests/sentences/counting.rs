//! Counts: what is posted, once and rightly, whatever fails or happens beside it.

use serde_json::{Value, json};

use super::{
    super::site::{Fate, Site, code, item, scale, setup},
    carried::forward_of,
};
use crate::{device::scanner_host::Verdict, movement::fusion::Attendance, register::fact::Origin};

/// Bin C holds 1000 nuts by the books.
fn stocked() -> Site {
    let mut site = Site::new();
    site.scans(&["BW:PUT-AWAY", "BW:BIN:C", "BW:QTY:1000", "NUT", "BW:CANCEL"]);
    site
}

fn step(site: &mut Site, step: &str, more: &Value) -> Result<Value, String> {
    let mut command = json!({"do": "count", "by": "anna", "step": step});
    command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    site.command(&command)
}

fn open(site: &mut Site, bin: &str) -> Value {
    step(site, "open", &json!({"bins": [bin]})).unwrap()["session"].clone()
}

fn line(site: &mut Site, session: &Value, bin: &str, pieces: u64) -> Result<Value, String> {
    step(site, "line", &json!({"session": session, "place": format!("bin:{bin}"), "pieces": pieces}))
}

/// A session that counted so many in a bin, up to its posting.
fn counted(site: &mut Site, bin: &str, pieces: u64) -> Value {
    let session = open(site, bin);
    line(site, &session, bin, pieces).unwrap();
    step(site, "finish", &json!({"session": session})).unwrap();
    session
}

fn complete(site: &mut Site, session: &Value) -> Result<Value, String> {
    step(site, "complete", &json!({"session": session}))
}

/// The same where the difference is above tolerance.
fn complete_explained(site: &mut Site, session: &Value) {
    step(site, "accept", &json!({"session": session, "line": 0, "tally": 0})).unwrap();
    step(site, "explain", &json!({"session": session, "line": 0, "reason": "miscount"})).unwrap();
    complete(site, session).unwrap();
}

fn states(site: &mut Site) -> Vec<String> {
    let sessions = site.look(&json!({"what": "counts"}));
    sessions.as_array().unwrap().iter().map(|session| session["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_completion_that_could_not_be_recorded_is_posted_when_it_is_said_again() {
    for fate in [Fate::Failed, Fate::Refused] {
        let mut site = stocked();
        let session = counted(&mut site, "C", 998);
        site.fates.push_back(fate);
        assert!(complete(&mut site, &session).is_err());
        assert_eq!(site.look(&json!({"what": "accuracy"}))["records"], 0, "nothing was counted yet");
        assert_eq!(site.books("NUT", "bin:C"), 1000);
        complete(&mut site, &session).unwrap();
        assert_eq!(site.books("NUT", "bin:C"), 998);
        complete(&mut site, &session).unwrap();
        site.reboot();
        complete(&mut site, &session).unwrap();
        assert_eq!((site.books("NUT", "bin:C"), states(&mut site)), (998, vec!["completed".to_owned()]));
        assert_eq!(site.look(&json!({"what": "accuracy"}))["records"], 1);
    }
}

#[test]
fn what_a_person_was_told_is_not_recorded_did_not_happen() {
    let mut site = stocked();
    site.fates.push_back(Fate::Failed);
    assert!(step(&mut site, "open", &json!({"bins": ["C"]})).is_err());
    assert!(states(&mut site).is_empty());
    let session = open(&mut site, "C");
    site.fates.push_back(Fate::Failed);
    assert!(line(&mut site, &session, "C", 998).is_err());
    assert!(step(&mut site, "finish", &json!({"session": session})).is_err(), "the line is not counted");
    // Of a line that is not on the list neither the line nor its number is there.
    site.fates.push_back(Fate::Failed);
    assert!(line(&mut site, &session, "D", 3).is_err());
    assert_eq!(site.look(&json!({"what": "counts"}))[0]["lines"], 1);
    line(&mut site, &session, "C", 998).unwrap();
    step(&mut site, "finish", &json!({"session": session})).unwrap();
    complete(&mut site, &session).unwrap();
    assert_eq!(site.books("NUT", "bin:C"), 998);
}

#[test]
fn what_is_said_while_a_change_is_being_recorded_waits_for_it() {
    let mut site = stocked();
    let session = open(&mut site, "C");
    let say = |step: &str, more: Value| {
        let mut command = json!({"do": "count", "by": "anna", "step": step, "session": session});
        command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        command
    };
    site.is_late = true;
    let line = site.begin_command(&say("line", json!({"place": "bin:C", "pieces": 998})));
    let finish = site.begin_command(&say("finish", json!({})));
    assert!(site.done(finish).is_none());
    site.fates.push_back(Fate::Failed);
    site.is_late = false;
    site.settle();
    assert!(site.done(line).unwrap().is_err());
    assert!(site.done(finish).unwrap().is_err(), "nothing was counted");
}

#[test]
fn a_notice_whose_dismissal_could_not_be_recorded_stays() {
    let mut site = Site::new();
    site.shows("A", 100);
    site.scans(&["BW:USE", "BW:BIN:A", "M8"]);
    site.pass_secs(200);
    let notices = site.look(&json!({"what": "notices"}));
    let dismiss = json!({"do": "dismiss", "notice": notices[0]["id"]});
    site.fates.push_back(Fate::Failed);
    assert!(site.command(&dismiss).is_err());
    assert_eq!(site.look(&json!({"what": "notices"})), notices);
    site.command(&dismiss).unwrap();
}

#[test]
fn one_list_names_the_other_that_counts_a_place_already() {
    let mut site = stocked();
    let first = open(&mut site, "C");
    let why = step(&mut site, "open", &json!({"bins": ["C"]})).unwrap_err();
    assert!(why.contains(first.as_str().unwrap()) && why.contains("anna"), "{why}");
    let second = open(&mut site, "D");
    let why = line(&mut site, &second, "C", 998).unwrap_err();
    assert!(why.contains(first.as_str().unwrap()), "{why}");
    // What is due is shared out.
    let due = step(&mut site, "open", &json!({"due": 20})).unwrap();
    let sheet = site.look(&json!({"what": "count", "session": due["session"], "review": true}));
    let places: Vec<_> = sheet["lines"].as_array().unwrap().iter().map(|line| line["place"].clone()).collect();
    assert!(!places.is_empty() && !places.contains(&json!("bin:C")) && !places.contains(&json!("bin:D")), "{places:?}");
    step(&mut site, "cancel", &json!({"session": first})).unwrap();
    open(&mut site, "C");
}

#[test]
fn two_counts_of_a_place_correct_it_once() {
    let mut site = stocked();
    let list = counted(&mut site, "C", 998);
    site.pass_secs(2);
    // Meanwhile a station counts the same, sees the same, and is posted first; and once more the other way round.
    site.scans(&["BW:COUNT", "BW:BIN:C", "BW:QTY:998", "NUT", "BW:DONE"]);
    assert_eq!(site.books("NUT", "bin:C"), 998);
    complete(&mut site, &list).unwrap();
    assert_eq!(site.books("NUT", "bin:C"), 998);
    site.scans(&["BW:COUNT", "BW:BIN:C"]);
    site.pass_secs(2);
    let list = counted(&mut site, "C", 997);
    complete(&mut site, &list).unwrap();
    site.scans(&["BW:QTY:997", "NUT", "BW:DONE"]);
    assert_eq!(site.books("NUT", "bin:C"), 997);
}

#[test]
fn a_count_that_another_count_shifted_is_the_same_after_a_restart() {
    let mut site = stocked();
    let list = counted(&mut site, "C", 998);
    site.pass_secs(2);
    site.scans(&["BW:COUNT", "BW:BIN:C", "BW:QTY:998", "NUT", "BW:DONE"]);
    site.reboot();
    complete(&mut site, &list).unwrap();
    assert_eq!(site.books("NUT", "bin:C"), 998);
}

#[test]
fn a_movement_that_is_taken_back_during_a_count_never_was() {
    // Ten were booked by mistake before the count; the mistake is found before, or after, the posting.
    for is_before in [true, false] {
        let mut site = stocked();
        site.scans(&["BW:USE", "BW:BIN:C", "BW:QTY:10", "NUT"]);
        site.pass_secs(1);
        let session = counted(&mut site, "C", 990 + 10);
        site.pass_secs(3);
        if is_before {
            site.scans(&["BW:UNDO"]);
            assert_eq!(site.books("NUT", "bin:C"), 1000);
        }
        complete(&mut site, &session).unwrap();
        assert_eq!(site.books("NUT", "bin:C"), 1000, "undone before the posting: {is_before}");
    }
}

#[test]
fn a_quantity_that_is_corrected_downwards_during_a_count_was_never_more() {
    let mut site = stocked();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    for _ in 0..10 {
        site.scans(&["NUT"]);
    }
    assert_eq!(site.books("NUT", "bin:C"), 990);
    let session = counted(&mut site, "C", 998);
    site.pass_secs(1);
    site.scans(&["BW:QTY:2"]);
    assert_eq!(site.books("NUT", "bin:C"), 998);
    complete(&mut site, &session).unwrap();
    assert_eq!(site.books("NUT", "bin:C"), 998);
}

#[test]
fn a_movement_that_is_taken_back_after_it_was_made_during_the_count_changes_nothing() {
    let mut site = stocked();
    let session = counted(&mut site, "C", 998);
    site.pass_secs(1);
    site.scans(&["BW:USE", "BW:BIN:C", "BW:QTY:10", "NUT"]);
    site.pass_secs(1);
    site.scans(&["BW:UNDO"]);
    complete(&mut site, &session).unwrap();
    assert_eq!(site.books("NUT", "bin:C"), 998);
}

#[test]
fn a_posting_that_is_taken_back_at_a_scale_uses_no_part() {
    for attendance in [Attendance::ScaleAlone, Attendance::Scanned] {
        let mut setup = setup();
        setup.scales.iter_mut().for_each(|watching| watching.attendance = attendance);
        let mut site = Site::of(setup);
        site.shows("A", 100);
        let session = counted(&mut site, "A", 95);
        complete_explained(&mut site, &session);
        site.pass_secs(30);
        assert_eq!((site.books("M8", "bin:A"), site.counted("A")), (95, Some(95)));
        let last = site.recorded.last().unwrap().clone();
        site.command(&json!({"do": "undo", "feed": "acme", "seq": last.seq, "by": "anna"})).unwrap();
        site.pass_secs(60);
        assert_eq!((site.books("M8", "bin:A"), site.counted("A")), (100, Some(100)));
        // What is taken then is taken.
        site.shows("A", 97);
        site.pass_secs(60);
        assert_eq!((site.books("M8", "bin:A"), site.books("M8", "used")), (97, 3));
        assert!(site.remedies.get(&scale("A")).is_none_or(Option::is_none), "{:?}", site.remedies);
    }
}

#[test]
fn no_name_of_a_count_is_given_out_twice() {
    let mut site = stocked();
    let mut names = std::collections::BTreeSet::new();
    for round in 0..115 {
        let session = open(&mut site, "D");
        step(&mut site, "cancel", &json!({"session": session})).unwrap();
        assert!(names.insert(session.to_string()), "round {round}");
        if round % 50 == 49 {
            site.reboot();
        }
    }
    assert_eq!(site.look(&json!({"what": "counts"})).as_array().unwrap().len(), 100);
    assert!(site.kept("count").len() <= 2 * 101 + 1, "{}", site.kept("count").len());
}

#[test]
fn a_vendor_learns_nothing_of_the_others_from_a_posting() {
    let mut setup = setup();
    setup.register.apply(item("WASH", "acme", false), Origin::Imported).unwrap();
    setup.register.apply(code("WASHER", "WASH", 1), Origin::Imported).unwrap();
    let mut site = Site::of(setup);
    let mut references = Vec::new();
    for round in 0..2 {
        site.scans(&["BW:COUNT", "BW:PLACE:dock", "NUT", "BW:QTY:5", "WASH", "BW:QTY:5", "BW:DONE"]);
        assert_eq!(site.recorded.len(), 2 * round);
    }
    for recorded in &site.recorded {
        let reference = recorded.movement.reference.clone().unwrap().to_string();
        let digits = reference.strip_prefix("count-").unwrap();
        assert!(digits.len() == 16 && digits.chars().all(|digit| digit.is_ascii_hexdigit()), "{reference}");
        references.push(reference);
    }
    assert_eq!(references.len(), 2);
    assert_ne!(references[0], references[1]);
}

#[test]
fn a_number_said_writes_its_line_alone() {
    let mut site = stocked();
    let session = step(&mut site, "open", &json!({"due": 100})).unwrap();
    assert!(session["lines"].as_u64().unwrap() > 3);
    let session = session["session"].clone();
    line(&mut site, &session, "C", 1).unwrap();
    site.is_late = true;
    let say = json!({"do": "count", "by": "anna", "step": "line", "session": session, "place": "bin:D", "pieces": 7});
    site.begin_command(&say);
    assert_eq!(site.statements(), 1);
    site.is_late = false;
    site.settle();
    let review = json!({"what": "count", "session": session, "review": true});
    let before = site.look(&review);
    site.reboot();
    assert_eq!(site.look(&review), before);
}

#[test]
fn a_station_says_what_else_of_the_place_becomes_zero_before_it_does() {
    let mut setup = setup();
    setup.register.apply(item("WASH", "acme", false), Origin::Imported).unwrap();
    let mut site = Site::of(setup);
    site.scans(&["BW:RECEIVE", "BW:QTY:500", "NUT", "BW:QTY:300", "WASH", "BW:CANCEL"]);
    let count = ["BW:COUNT", "BW:PLACE:dock", "NUT", "BW:QTY:500"];
    site.scans(&count);
    let heard = site.scan("BW:DONE");
    assert!(heard.text.contains("1 item that the books hold at dock was not found"), "{}", heard.text);
    assert_eq!((site.books("NUT", "dock"), site.books("WASH", "dock")), (500, 300));
    site.scans(&["BW:COUNT", "BW:PLACE:dock", "WASH", "BW:QTY:300", "BW:DONE"]);
    assert_eq!((site.books("NUT", "dock"), site.books("WASH", "dock")), (500, 300), "found the second time");
}

#[test]
fn no_more_counts_are_open_than_have_room() {
    let mut site = stocked();
    for _ in 0..200 {
        // Each waits for its second round at a place of its own.
        let place = format!("BW:PLACE:field:van-{}", site.recorded.len() + states(&mut site).len());
        site.scans(&["BW:COUNT", &place, "NUT", "BW:QTY:5", "BW:DONE"]);
    }
    let why = step(&mut site, "open", &json!({"bins": ["C"]})).unwrap_err();
    assert!(why.contains("200 counts are open") && why.contains("cancel"), "{why}");
    site.scans(&["BW:COUNT"]);
    assert_eq!(site.scan("BW:BIN:C").verdict, Verdict::Refused);
    let first = site.look(&json!({"what": "counts"}))[0]["session"].clone();
    step(&mut site, "cancel", &json!({"session": first})).unwrap();
    open(&mut site, "C");
}

#[test]
fn what_a_hub_brings_while_somebody_counts_is_no_difference() {
    let mut site = stocked();
    let session = open(&mut site, "C");
    line(&mut site, &session, "C", 970).unwrap();
    site.takes_down_of("beta", &forward_of("NUT", &[("bin:C", -30), ("used", 30)]));
    assert_eq!(site.books("NUT", "bin:C"), 970);
    // Kept with the session, too.
    site.reboot();
    step(&mut site, "finish", &json!({"session": session})).unwrap();
    complete(&mut site, &session).unwrap();
    assert_eq!((site.books("NUT", "bin:C"), site.books("NUT", "used")), (970, 30));
}
