//! What people see of stations and bins, and what forms of pages come to.

use gateway_proto::name::Text;
use serde_json::json;

use super::super::site::{Fate, Site, scale};
use crate::{
    device::scanner_host::Verdict,
    floor::{
        answer::Came,
        order::Reply,
        sight::{Fate as ActFate, StationSight},
    },
    movement::{rules::State, session::sight::Wants},
};

fn desk(site: &Site) -> StationSight {
    site.floor.station_sight(&"desk".parse().unwrap()).unwrap()
}

/// A form sent at the desk; what came of it.
fn form(site: &mut Site, codes: &[&str], id: u64) -> Result<serde_json::Value, String> {
    let caller = site.begin_form(codes, id);
    site.done(caller).unwrap()
}

fn booked(sight: &StationSight) -> Vec<(String, ActFate)> {
    sight.acts.iter().map(|act| (act.item.to_string(), act.fate)).collect()
}

#[test]
fn nothing_of_a_scan_is_seen_before_its_commit() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    let before = desk(&site);
    site.is_late = true;
    let caller = site.begin_scan("desk", "NUT", None);
    // Something else makes everybody look.
    site.floor.take_changed();
    assert_eq!(desk(&site), before, "the scan is on its way to the ledger");
    assert_eq!(site.floor.bin_sight(&site.moment(), &"C".parse().unwrap()).unwrap().held, None);
    site.answer();
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    let after = desk(&site);
    assert_eq!(booked(&after), [("NUT".to_owned(), ActFate::Booked { units: 1, by_weight: false })]);
    assert_eq!(after.acts[0].left, Some(-1), "what is left where it was taken");
    let changed = site.floor.take_changed();
    assert!(changed.stations.contains("desk") && changed.bins.contains("C"), "{changed:?}");
    site.is_late = false;
}

#[test]
fn what_the_ledger_did_not_take_is_told_and_the_station_stays_as_it_was() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    let before = desk(&site);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("NUT").verdict, Verdict::NotRecorded);
    let after = desk(&site);
    assert!(matches!(after.answer.as_ref().unwrap().came, Came::NotRecorded(_)), "{after:?}");
    assert_eq!((after.session, after.acts), (before.session, before.acts));
}

#[test]
fn what_was_booked_stays_in_sight_while_a_mode_or_a_place_is_scanned() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT", "BW:DONE"]);
    let sight = desk(&site);
    assert!(matches!(sight.answer.as_ref().unwrap().came, Came::Said(_)));
    assert!(sight.newest > sight.answer.unwrap().number, "that it was heard is known too");
}

#[test]
fn an_answer_stands_in_the_order_of_the_scans_and_not_of_the_commits() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    site.is_late = true;
    site.begin_scan("desk", "NUT", None);
    site.begin_scan("desk", "BW:QTY:0", None);
    let refused = desk(&site);
    assert!(matches!(refused.answer.as_ref().unwrap().came, Came::Refused(_)));
    assert!(refused.acts.is_empty());
    site.answer();
    let both = desk(&site);
    assert!(matches!(both.answer.unwrap().came, Came::Refused(_)), "the later scan's answer stays the newest");
    assert_eq!(both.acts.len(), 1);
    site.is_late = false;
}

#[test]
fn an_act_at_a_scale_waits_to_be_weighed_and_then_says_how_many() {
    let mut site = Site::new();
    site.shows("A", 40);
    site.scans(&["BW:USE", "BW:BIN:A", "M8"]);
    assert_eq!(booked(&desk(&site)), [("M8".to_owned(), ActFate::Weighing)]);
    site.floor.take_changed();
    site.shows("A", 37);
    site.pass_secs(30);
    assert_eq!(booked(&desk(&site)), [("M8".to_owned(), ActFate::Booked { units: 3, by_weight: true })]);
    assert_eq!(desk(&site).acts[0].left, Some(37));
    assert!(site.floor.take_changed().stations.contains("desk"));
}

#[test]
fn a_level_that_nobody_knows_says_since_when_and_why() {
    let mut site = Site::new();
    site.shows("A", 40);
    site.pass_secs(5);
    let bin = "A".parse().unwrap();
    let known = site.floor.bin_sight(&site.moment(), &bin).unwrap();
    assert_eq!(known.scale.as_ref().unwrap().counted.unwrap().pieces, 40);
    let at = site.moment().wall;
    site.away("A");
    let unknown = site.floor.bin_sight(&site.moment(), &bin).unwrap();
    let scale = unknown.scale.unwrap();
    assert_eq!((scale.counted, scale.unknown_since), (None, Some(at)));
    assert!(scale.doubt.is_some());
    assert_eq!(unknown.held, known.held, "what the books say is still known");
    assert_eq!(unknown.state, None::<State>, "it has no bounds");
}

#[test]
fn a_form_is_taken_whole_or_not_at_all_and_leaves_the_station_alone() {
    let mut site = Site::new();
    site.scans(&["BW:SCRAP", "BW:BIN:D"]);
    let before = desk(&site).session;
    let came = form(&mut site, &["BW:USE", "BW:PLACE:C", "BW:QTY:5", "NUT", "BW:QTY:2", "BOX"], 1).unwrap();
    assert_eq!(came["acts"].as_array().unwrap().len(), 2);
    assert_eq!((site.books("NUT", "used"), site.books("NUT", "bin:C")), (29, -29));
    assert_eq!(desk(&site).session, before);
    assert_eq!(site.last().actor.as_ref().map(Text::as_str), Some("0042"));
    for (id, codes, why) in [
        (2, &["BW:USE", "BW:PLACE:C", "BW:QTY:5", "NUT", "BW:QTY:x", "NUT"][..], "no quantity"),
        (3, &["BW:USE", "BW:QTY:5", "NUT"], "say the place"),
        (4, &["BW:USE", "BW:PLACE:C"], "say which part"),
        (5, &["BW:COUNT", "BW:PLACE:C", "NUT"], "count page"),
        (6, &["BW:UNDO"], "nothing to take back"),
    ] {
        let refused = form(&mut site, codes, id).unwrap_err();
        assert!(refused.contains(why), "{codes:?}: {refused}");
    }
    assert_eq!(site.books("NUT", "used"), 29, "nothing of them is booked");
}

#[test]
fn a_form_that_is_sent_again_is_one_act_also_while_it_is_on_its_way_and_after_a_restart() {
    let mut site = Site::new();
    let codes = ["BW:USE", "BW:PLACE:C", "BW:QTY:5", "NUT"];
    site.is_late = true;
    let (first, second) = (site.begin_form(&codes, 9), site.begin_form(&codes, 9));
    while site.answer() {}
    site.is_late = false;
    assert_eq!(site.done(first).unwrap(), site.done(second).unwrap());
    assert_eq!(form(&mut site, &codes, 9).unwrap(), site.done(first).unwrap().unwrap());
    assert_eq!(site.books("NUT", "used"), 5);
    site.restart(0);
    form(&mut site, &codes, 9).unwrap();
    assert_eq!(site.books("NUT", "used"), 5, "the ledger knows it");
}

#[test]
fn a_form_that_the_ledger_did_not_take_may_be_sent_again() {
    let mut site = Site::new();
    let codes = ["BW:USE", "BW:PLACE:C", "BW:QTY:5", "NUT"];
    site.fates.push_back(Fate::Failed);
    assert!(form(&mut site, &codes, 9).unwrap_err().contains("disk is full"));
    assert_eq!(site.books("NUT", "used"), 0);
    form(&mut site, &codes, 9).unwrap();
    assert_eq!(site.books("NUT", "used"), 5);
}

#[test]
fn one_act_is_taken_back_by_its_number_once_and_never_another_in_its_place() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT", "BW:DONE", "BW:USE", "BOX", "BW:QTY:2"]);
    let act = desk(&site).acts[0].act;
    let undo = json!({ "do": "undo-act", "act": act, "by": "0007" });
    site.command(&undo).unwrap();
    assert_eq!(site.books("NUT", "used"), 1);
    assert_eq!(site.last().actor.as_ref().map(Text::as_str), Some("0007"), "who took it back");
    assert_eq!(desk(&site).acts[0].fate, ActFate::TakenBack);
    assert!(site.command(&undo).unwrap_err().contains("taken back already"));
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 1, "whoever did not see it undone means the same act");
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 0, "the act before");
    assert!(site.command(&json!({ "do": "undo-act", "act": 1, "by": null })).unwrap_err().contains("too long ago"));
}

#[test]
fn an_act_that_waits_for_its_weight_is_taken_back_before_anything_is_booked() {
    let mut site = Site::new();
    site.shows("A", 40);
    site.scans(&["BW:SCRAP", "BW:BIN:A", "M8"]);
    let act = desk(&site).acts[0].act;
    site.command(&json!({ "do": "undo-act", "act": act, "by": null })).unwrap();
    assert_eq!(desk(&site).acts[0].fate, ActFate::TakenBack);
    site.shows("A", 38);
    site.pass_secs(60);
    assert_eq!(site.books("M8", "scrap"), 0, "what went later is not it");
}

#[test]
fn a_station_says_what_it_wants_and_that_something_was_dropped() {
    let mut site = Site::new();
    assert_eq!(desk(&site).session.wants, Some(Wants::Mode));
    site.scans(&["BW:USE", "NUT"]);
    let sight = desk(&site);
    assert_eq!(sight.session.wants, Some(Wants::Place));
    assert_eq!(sight.session.held.unwrap().0.as_str(), "NUT");
    site.pass_secs(11 * 60);
    let sight = desk(&site);
    assert!(matches!(sight.answer.unwrap().came, Came::Dropped(_)));
    assert_eq!(sight.session.held, None);
}

#[test]
fn the_newest_movements_of_a_bin_are_remembered_with_what_takes_them_back() {
    let mut site = Site::new();
    site.scans(&["BW:RECEIVE", "BW:BIN:C", "BW:QTY:9", "NUT", "BW:UNDO"]);
    let moves = site.floor.moves_at(&"C".parse().unwrap());
    assert_eq!(moves.len(), 2);
    assert_eq!(moves[0].movement.corrects, Some(moves[1].seq));
    let sight = site.floor.bin_sight(&site.moment(), &"C".parse().unwrap()).unwrap();
    assert_eq!(sight.last.unwrap(), moves[0]);
}

#[test]
fn a_weight_that_says_what_the_one_before_said_changes_nothing_to_look_at() {
    let mut site = Site::new();
    site.followed.insert(scale("F"), 40);
    site.pass_secs(60);
    site.floor.take_changed();
    site.pass_secs(20);
    assert!(site.floor.take_changed().is_empty());
}

/// A reply of a command is none of a scan.
#[test]
fn a_repeated_form_hears_as_a_form_does() {
    let mut site = Site::new();
    let codes = ["BW:USE", "BW:PLACE:C", "NUT"];
    let first = site.begin_form(&codes, 3);
    let again = site.begin_form(&codes, 3);
    assert!(matches!(site.reply(first), Some(Reply::Done(Ok(_)))));
    assert!(matches!(site.reply(again), Some(Reply::Done(Ok(_)))));
}
