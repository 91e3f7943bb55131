//! What people do beside moving parts: counts, calibrations, alarms, notices.

use serde_json::json;

use super::super::site::{Fate, Site, bin, setup, tenths};
use crate::{
    device::scanner_host::Verdict,
    movement::rules::State,
    register::fact::{Fact, Origin},
};

/// A site whose bin C has a minimum of 10, and holds 12.
fn watched() -> Site {
    let mut setup = setup();
    let mut bin = bin("C", "NUT");
    (bin.min, bin.max) = (Some(10), Some(40));
    setup.register.apply(Fact::Bin(bin), Origin::Imported).unwrap();
    let mut site = Site::of(setup);
    site.scans(&["BW:PUT-AWAY", "BW:BIN:C", "BW:QTY:12", "NUT", "BW:CANCEL"]);
    site.alarms.clear();
    site
}

#[test]
fn a_low_bin_is_told_once_and_again_only_when_it_was_filled_between() {
    let mut site = watched();
    site.scans(&["BW:USE", "BW:BIN:C", "BW:QTY:3", "NUT"]);
    assert_eq!(site.alarms.iter().map(|alarm| alarm.to).collect::<Vec<_>>(), [State::Low]);
    site.scans(&["NUT"]);
    site.pass_secs(60);
    site.reboot();
    site.pass_secs(60);
    assert_eq!(site.alarms.len(), 1, "{:?}", site.alarms);
    let acknowledge = json!({"do": "acknowledge", "subject": "bin:C", "by": "anna"});
    site.command(&acknowledge).unwrap();
    assert!(site.command(&acknowledge).is_err(), "somebody knows already");
    site.reboot();
    let open = site.look(&json!({"what": "alarms"}));
    assert_eq!(open[0]["life"]["is"], "acknowledged", "{open}");
    site.scans(&["BW:CANCEL", "BW:PUT-AWAY", "BW:BIN:C", "BW:QTY:20", "NUT"]);
    site.scans(&["BW:CANCEL", "BW:USE", "BW:BIN:C", "BW:QTY:25", "NUT"]);
    let told: Vec<State> = site.alarms.iter().map(|alarm| alarm.to).collect();
    assert_eq!(told, [State::Low, State::Fine, State::Low]);
}

#[test]
fn an_alarm_whose_commit_fails_is_told_all_the_same() {
    let mut site = watched();
    site.scans(&["BW:USE", "BW:BIN:C", "BW:QTY:3"]);
    site.fates.extend([Fate::Recorded, Fate::Failed]);
    site.scans(&["NUT"]);
    assert_eq!(site.alarms.len(), 1);
}

#[test]
fn a_notice_is_kept_until_it_is_dismissed() {
    let mut site = Site::new();
    site.shows("A", 100);
    site.scans(&["BW:USE", "BW:BIN:A", "M8"]);
    site.pass_secs(200);
    site.reboot();
    let notices = site.look(&json!({"what": "notices"}));
    assert_eq!(notices.as_array().unwrap().len(), 1);
    let dismiss = json!({"do": "dismiss", "notice": notices[0]["id"]});
    site.command(&dismiss).unwrap();
    assert!(site.command(&dismiss).is_err());
    site.reboot();
    assert_eq!(site.look(&json!({"what": "notices"})), json!([]));
    assert_eq!(site.kept("notice").len(), 0);
}

/// Bin C holds 100 nuts by the books.
fn stocked() -> Site {
    let mut site = Site::new();
    site.scans(&["BW:PUT-AWAY", "BW:BIN:C", "BW:QTY:100", "NUT", "BW:CANCEL"]);
    site
}

#[test]
fn a_count_that_agrees_is_posted_at_once() {
    let mut site = stocked();
    site.scans(&["BW:COUNT", "BW:BIN:C", "BW:QTY:100", "NUT"]);
    let heard = site.scan("BW:DONE");
    assert!(heard.text.contains("is counted"), "{}", heard.text);
    assert_eq!(site.books("NUT", "bin:C"), 100);
    assert_eq!(site.look(&json!({"what": "accuracy"}))["records"], 1);
}

#[test]
fn a_count_that_differs_is_asked_once_more_and_posted_as_a_difference() {
    let mut site = stocked();
    site.scans(&["BW:COUNT", "BW:BIN:C", "BW:QTY:80", "NUT"]);
    let heard = site.scan("BW:DONE");
    assert!(heard.text.contains("once more"), "{}", heard.text);
    assert_eq!(site.books("NUT", "bin:C"), 100);
    site.scans(&["BW:COUNT", "BW:BIN:C"]);
    // Somebody else takes parts while it is counted.
    site.begin_scan("gate", "BW:USE", None);
    site.begin_scan("gate", "BW:BIN:C", None);
    site.scans(&["BW:QTY:80", "NUT"]);
    site.begin_scan("gate", "NUT", None);
    assert_eq!(site.books("NUT", "bin:C"), 99);
    let heard = site.scan("BW:DONE");
    assert!(heard.text.contains("is counted"), "{}", heard.text);
    assert!((79..=80).contains(&site.books("NUT", "bin:C")), "{}", site.books("NUT", "bin:C"));
    site.scans(&["BW:CANCEL"]);
}

#[test]
fn what_is_found_where_the_books_hold_nothing_is_posted() {
    let mut site = Site::new();
    site.scans(&["BW:COUNT", "BW:PLACE:dock", "BW:QTY:5", "NUT"]);
    site.scan("BW:DONE");
    site.scans(&["BW:COUNT", "BW:PLACE:dock", "BW:QTY:5", "NUT", "BW:DONE"]);
    assert_eq!(site.books("NUT", "dock"), 5);
}

#[test]
fn a_count_survives_what_fails_and_is_posted_once() {
    let mut site = stocked();
    site.scans(&["BW:COUNT", "BW:BIN:C", "BW:QTY:98", "NUT"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("BW:DONE").verdict, Verdict::NotRecorded);
    assert_eq!(site.books("NUT", "bin:C"), 100);
    let heard = site.scan("BW:DONE");
    assert_eq!(heard.verdict, Verdict::Accepted);
    assert_eq!(site.books("NUT", "bin:C"), 98, "{}", heard.text);
}

#[test]
fn a_count_that_a_restart_broke_off_is_never_told_to_be_posted() {
    let mut site = stocked();
    site.scans(&["BW:COUNT", "BW:BIN:C", "BW:QTY:98", "NUT"]);
    site.reboot();
    let heard = site.scan("BW:DONE");
    assert!(
        heard.verdict == Verdict::Refused || site.books("NUT", "bin:C") == 98,
        "told {:?}, books {}",
        heard,
        site.books("NUT", "bin:C")
    );
}

#[test]
fn a_count_at_a_weighed_bin_anchors_its_scale_to_what_lay_there_then() {
    let mut site = Site::new();
    site.shows("A", 100);
    site.scans(&["BW:COUNT", "BW:BIN:A"]);
    site.scans(&["BW:QTY:98", "M8"]);
    site.scans(&["BW:DONE"]);
    assert_eq!((site.books("M8", "bin:A"), site.counted("A")), (98, Some(98)));
    site.shows("A", 95);
    site.pass_secs(60);
    assert_eq!(site.books("M8", "bin:A"), 93, "five fewer than the hundred that it was taken for");
}

#[test]
fn what_is_taken_between_a_count_and_its_posting_is_not_lost() {
    let mut site = Site::new();
    site.shows("A", 100);
    let open = site.command(&json!({"do": "count", "by": "anna", "step": "open", "bins": ["A"]})).unwrap();
    let count = |step: &str, more: serde_json::Value| {
        let mut command = json!({"do": "count", "by": "anna", "step": step, "session": open["session"]});
        command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        command
    };
    let line = count("line", json!({"place": "bin:A", "pieces": 100}));
    site.command(&line).unwrap_or_else(|why| panic!("{why}"));
    site.command(&count("finish", json!({}))).unwrap();
    // Taken, and its scan has still time to come.
    site.shows("A", 97);
    site.pass_secs(5);
    assert_eq!(site.books("M8", "bin:A"), 100);
    site.command(&count("complete", json!({}))).unwrap();
    site.pass_secs(60);
    assert_eq!((site.books("M8", "bin:A"), site.counted("A")), (97, Some(97)));
}

#[test]
fn a_bin_is_counted_once_it_is_known_what_a_piece_weighs() {
    let mut site = Site::new();
    site.scans(&["BW:PUT-AWAY", "BW:BIN:U", "BW:QTY:40", "NUT", "BW:CANCEL"]);
    let shows = |site: &mut Site, units: u64| {
        let scale = super::super::site::scale("U");
        site.floor.handle_weight(&site.moment(), &scale, &tenths(units), None);
        site.settle();
        site.pass_secs(2);
    };
    // 40 pieces of 5 g in a container of 200 g.
    shows(&mut site, 2_000 + 40 * 50);
    assert_eq!(site.counted("U"), None);
    let say = |site: &mut Site, step: &str, more: serde_json::Value| {
        let mut command = json!({"do": "calibrate", "bin": "U", "by": "anna", "step": step});
        command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        site.command(&command).unwrap_or_else(|why| panic!("{command}: {why}"))
    };
    say(&mut site, "given-tare", json!({"grams": "200"}));
    say(&mut site, "given-piece", json!({"grams": "5"}));
    assert_eq!(site.counted("U"), Some(40), "{:?}", site.remedies);
    shows(&mut site, 2_000 + 37 * 50);
    site.pass_secs(60);
    assert_eq!(site.books("NUT", "bin:U"), 37);
    site.reboot();
    shows(&mut site, 2_000 + 36 * 50);
    site.pass_secs(60);
    assert_eq!(site.books("NUT", "bin:U"), 36);
}
