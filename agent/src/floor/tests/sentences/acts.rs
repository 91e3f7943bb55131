//! Acts between places without scales.

use gateway_proto::name::ItemCode;
use serde_json::json;

use super::super::site::{Fate, Site, origin};
use crate::device::scanner_host::Verdict;

fn moved(units: u64) -> Vec<(String, u64, String, String)> {
    vec![("NUT".into(), units, "bin:C".into(), "used".into())]
}

#[test]
fn a_scan_becomes_a_movement_and_is_answered_after_its_commit() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    site.is_late = true;
    let caller = site.begin_scan("desk", "NUT", None);
    assert!(site.is_waiting(caller));
    assert_eq!(site.books("NUT", "bin:C"), 0);
    site.answer();
    let heard = site.heard(caller).unwrap();
    assert_eq!((heard.verdict, heard.is_repetition), (Verdict::Accepted, false));
    assert!(heard.text.contains("1 booked"), "{}", heard.text);
    assert_eq!(site.standing(), moved(1));
}

#[test]
fn a_quantity_behind_the_part_tops_it_up() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT", "BW:QTY:5"]);
    assert_eq!(site.books("NUT", "used"), 5);
    let units: Vec<u64> = site.standing().iter().map(|(_, units, ..)| *units).collect();
    assert_eq!(units, [1, 4]);
}

#[test]
fn a_smaller_quantity_takes_back() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT", "NUT", "NUT", "BW:QTY:2"]);
    assert_eq!(site.books("NUT", "used"), 2);
    site.scans(&["BOX", "BW:QTY:3", "BOX"]);
    assert_eq!(site.books("NUT", "used"), 2 + 36 + 12);
}

#[test]
fn a_smaller_quantity_takes_back_and_makes_the_rest_again() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "BOX", "BOX"]);
    assert_eq!(site.books("NUT", "used"), 24);
    site.scans(&["BW:QTY:1"]);
    assert_eq!(site.books("NUT", "used"), 12);
}

#[test]
fn an_undo_takes_back_all_of_an_act_and_the_next_one_the_act_before() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT", "BW:DONE", "BW:USE", "BOX", "BW:QTY:2"]);
    assert_eq!(site.books("NUT", "used"), 25);
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 1);
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 0);
    assert_eq!(site.scan("BW:UNDO").verdict, Verdict::Refused);
}

#[test]
fn what_was_not_recorded_is_scanned_again_with_the_same_mode_and_quantity() {
    for (fate, verdict) in [(Fate::Failed, Verdict::NotRecorded), (Fate::Refused, Verdict::Refused)] {
        let mut site = Site::new();
        site.scans(&["BW:USE", "BW:BIN:C", "BW:QTY:5"]);
        site.fates.push_back(fate);
        let heard = site.scan("NUT");
        assert_eq!(heard.verdict, verdict);
        assert_eq!(site.books("NUT", "used"), 0);
        site.scans(&["NUT"]);
        assert_eq!(site.standing(), moved(5));
    }
}

#[test]
fn what_was_not_added_or_taken_back_leaves_the_act_as_it_was() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("NUT").verdict, Verdict::NotRecorded);
    assert_eq!(site.books("NUT", "used"), 1);
    site.scans(&["NUT"]);
    assert_eq!(site.books("NUT", "used"), 2, "the scan that failed does not count");
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("BW:UNDO").verdict, Verdict::NotRecorded);
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 0);
}

#[test]
fn a_mode_that_could_not_be_kept_was_not_taken() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("BW:SCRAP").verdict, Verdict::NotRecorded);
    site.scans(&["NUT"]);
    assert_eq!(site.standing(), moved(1), "as before the scan that failed");
    // A part that waits for its place, twice by the scanner's repeat.
    site.scans(&["BW:CANCEL", "BW:USE"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("NUT").verdict, Verdict::NotRecorded);
    site.scans(&["NUT", "BW:BIN:C"]);
    assert_eq!(site.books("NUT", "used"), 2);
}

#[test]
fn a_repetition_counts_once_and_the_session_does_not_advance_twice() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    for id in [1, 1, 2, 2, 1] {
        let caller = site.begin_scan("desk", "NUT", origin(id));
        assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    }
    assert_eq!(site.books("NUT", "used"), 2);
    site.scans(&["NUT"]);
    assert_eq!(site.books("NUT", "used"), 3, "one more, and not what the repetitions said");
}

#[test]
fn a_repetition_before_the_answer_hears_the_same_answer() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    site.is_late = true;
    let first = site.begin_scan("desk", "NUT", origin(1));
    let again = site.begin_scan("desk", "NUT", origin(1));
    assert!(site.is_waiting(again));
    site.fates.push_back(Fate::Failed);
    while site.answer() {}
    assert_eq!(site.heard(first).unwrap().verdict, Verdict::NotRecorded);
    assert_eq!(site.heard(again).unwrap().verdict, Verdict::NotRecorded, "it is not recorded either");
    site.is_late = false;
    let third = site.begin_scan("desk", "NUT", origin(1));
    let heard = site.heard(third).unwrap();
    assert_eq!((heard.verdict, heard.is_repetition), (Verdict::Accepted, false));
    assert_eq!(site.books("NUT", "used"), 1);
}

#[test]
fn a_repetition_after_a_restart_counts_once() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    site.begin_scan("desk", "NUT", origin(1));
    site.reboot();
    let caller = site.begin_scan("desk", "NUT", origin(1));
    assert!(site.heard(caller).unwrap().is_repetition);
    assert_eq!(site.books("NUT", "used"), 1);
    site.scans(&["NUT"]);
    assert_eq!(site.books("NUT", "used"), 2);
}

#[test]
fn the_ledger_tells_a_repetition_that_the_station_has_forgotten() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C"]);
    site.begin_scan("desk", "NUT", origin(1));
    for id in 100..140 {
        let caller = site.begin_scan("desk", "BW:USE", origin(id));
        assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    }
    let caller = site.begin_scan("desk", "NUT", origin(1));
    assert!(site.heard(caller).unwrap().is_repetition);
    assert_eq!(site.books("NUT", "used"), 1);
    site.scans(&["NUT", "BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 1, "the repetition's act is none");
}

#[test]
fn an_unknown_code_is_parked_and_explained_once_it_is_known() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "BW:QTY:3", "4711"]);
    let unassigned =
        |site: &Site| site.recorded.iter().filter(|recorded| recorded.feed.as_str() == "unassigned").count();
    assert_eq!(unassigned(&site), 1);
    assert_eq!(site.books("4711", "used"), 3);
    let csv = "code,item,factor\n4711,NUT,12\n";
    let done = site.command(&json!({"do": "import", "kind": "code", "csv": csv})).unwrap();
    assert_eq!(done["taken"], true, "{done}");
    assert_eq!(site.books("4711", "used"), 0, "taken back from unassigned");
    assert_eq!(site.books("NUT", "used"), 36, "three boxes of twelve");
    assert_eq!(site.recorded.last().unwrap().feed.as_str(), "beta");
    assert_eq!(site.last().code, Some("4711".parse::<ItemCode>().unwrap()));
    // The person's undo finds it where it stands now.
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 0);
}

#[test]
fn a_parked_movement_that_was_taken_back_is_not_explained() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "4711", "BW:UNDO"]);
    site.command(&json!({"do": "import", "kind": "code", "csv": "code,item,factor\n4711,NUT,12\n"})).unwrap();
    assert_eq!(site.books("NUT", "used"), 0);
    assert_eq!(site.standing(), []);
}

#[test]
fn what_could_not_be_explained_is_tried_again() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "4711"]);
    site.fates.extend([Fate::Recorded, Fate::Failed]);
    site.command(&json!({"do": "import", "kind": "code", "csv": "code,item,factor\n4711,NUT,12\n"})).unwrap();
    assert_eq!(site.books("NUT", "used"), 0);
    site.pass_secs(30);
    assert_eq!(site.books("NUT", "used"), 12);
}

#[test]
fn a_part_that_became_known_after_its_scan_is_not_added_to() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "4711"]);
    site.command(&json!({"do": "import", "kind": "code", "csv": "code,item,factor\n4711,NUT,12\n"})).unwrap();
    site.scans(&["4711", "4711"]);
    assert_eq!(site.books("NUT", "used"), 36);
    assert_eq!(site.books("4711", "used"), 0);
}

#[test]
fn an_item_that_was_imported_has_its_feed_from_then_on() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "PIN"]);
    assert_eq!(site.recorded.last().unwrap().feed.as_str(), "unassigned");
    let done = site.command(&json!({"do": "import", "kind": "item", "csv": "code,feed\nPIN,acme\n"})).unwrap();
    assert_eq!(done["added"], 1, "{done}");
    assert_eq!((site.books("PIN", "used"), site.standing().len()), (1, 1));
    for _ in 0..2 {
        site.scans(&["BW:CANCEL", "BW:USE", "BW:BIN:C", "PIN"]);
        assert_eq!(site.recorded.last().unwrap().feed.as_str(), "acme");
        site.reboot();
    }
}

#[test]
fn an_import_that_cannot_be_recorded_changes_nothing() {
    let mut site = Site::new();
    site.fates.push_back(Fate::Failed);
    let import = json!({"do": "import", "kind": "code", "csv": "code,item\n4711,NUT\n"});
    assert!(site.command(&import).is_err());
    site.scans(&["BW:USE", "BW:BIN:C", "4711"]);
    assert_eq!(site.books("NUT", "used"), 0);
    site.command(&import).unwrap();
    assert_eq!(site.books("NUT", "used"), 1);
}

const SSCC: &str = "376130321109103420";
const SHIPMENTS: &str =
    "sscc,order,line,item,qty\n376130321109103420,PO-7,1,NUT,500\n376130321109103420,PO-7,2,M8,20\n,PO-7,3,NUT,7\n";

#[test]
fn a_delivery_is_received_whole_by_its_label_and_reopened_by_an_undo() {
    let mut site = Site::new();
    site.command(&json!({"do": "import", "kind": "shipment", "csv": SHIPMENTS})).unwrap();
    let label = format!("]C100{SSCC}");
    site.scans(&["BW:RECEIVE", &label]);
    assert_eq!((site.books("NUT", "dock"), site.books("M8", "dock")), (500, 20));
    let state =
        |site: &mut Site| site.look(&json!({"what": "export", "kind": "shipment"})).as_str().unwrap().to_owned();
    assert_eq!(state(&mut site).matches("received").count(), 2, "{}", state(&mut site));
    site.scan(&label);
    assert_eq!(site.books("NUT", "dock"), 500, "once");
    site.scans(&["BW:UNDO"]);
    assert_eq!((site.books("NUT", "dock"), site.books("M8", "dock")), (0, 0));
    assert_eq!(state(&mut site).matches("received").count(), 0, "it is expected again");
    site.scans(&[&label]);
    assert_eq!(site.books("NUT", "dock"), 500);
    // Part of the same order, one by one: taking that back does not reopen the rest.
    site.scans(&["BW:REF:PO-7", "NUT", "BW:UNDO"]);
    assert_eq!(state(&mut site).matches("received").count(), 2);
}

#[test]
fn a_delivery_that_is_scanned_twice_by_the_scanner_comes_in_once() {
    let mut site = Site::new();
    site.command(&json!({"do": "import", "kind": "shipment", "csv": SHIPMENTS})).unwrap();
    site.scans(&["BW:RECEIVE"]);
    site.is_late = true;
    let label = format!("]C100{SSCC}");
    let callers = [1, 1].map(|id| site.begin_scan("desk", &label, origin(id)));
    site.is_late = false;
    site.settle();
    assert!(callers.iter().all(|caller| site.heard(*caller).unwrap().verdict == Verdict::Accepted));
    assert_eq!(site.books("NUT", "dock"), 500);
    site.command(&json!({"do": "import", "kind": "code", "csv": "code,item\n4711,NUT\n"})).unwrap();
}

#[test]
fn a_session_survives_a_restart_within_its_idle_time() {
    let mut site = Site::new();
    site.scans(&["BW:BADGE:0042", "BW:DEPLOY:van-3", "BW:BIN:C"]);
    site.reboot();
    site.scans(&["NUT"]);
    assert_eq!(site.books("NUT", "field:van-3"), 1);
    assert_eq!(site.last().actor.as_ref().map(|actor| actor.as_str()), Some("0042"));
    // The same part again: the act of before the restart is closed, and the scan counts all the same.
    site.reboot();
    site.scans(&["NUT"]);
    assert_eq!(site.books("NUT", "field:van-3"), 2);
    site.now += std::time::Duration::from_mins(11);
    site.reboot();
    let heard = site.scan("NUT");
    assert!(heard.text.contains("scan what to do"), "{}", heard.text);
}

#[test]
fn the_page_takes_a_movement_back_once_and_the_station_no_more() {
    let mut site = Site::new();
    site.scans(&["BW:USE", "BW:BIN:C", "NUT"]);
    let undo = json!({"do": "undo", "feed": "beta", "seq": 1, "by": "anna"});
    site.command(&undo).unwrap();
    assert!(site.command(&undo).is_err());
    assert_eq!(site.books("NUT", "used"), 0);
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("NUT", "used"), 0);
}
