//! Acts at bins on scales, and levels.

use std::path::Path;

use serde_json::json;

use super::super::site::{Fate, Site, origin, tenths, weight};
use crate::device::scanner_host::Verdict;

/// M8 by units, from and to.
fn m8(moved: &[(u64, &str, &str)]) -> Vec<(String, u64, String, String)> {
    moved.iter().map(|(units, from, to)| ("M8".into(), *units, (*from).into(), (*to).into())).collect()
}

/// Bin A was counted and holds 100.
fn counted() -> Site {
    let mut site = Site::new();
    site.shows("A", 100);
    site.pass_secs(1);
    site.recorded.clear();
    site
}

#[test]
fn a_first_level_is_an_opening_count() {
    let mut site = Site::new();
    site.shows("A", 100);
    assert_eq!(site.standing(), m8(&[(100, "variance", "bin:A")]));
    assert_eq!(site.last().source, gateway_proto::movement::Source::Count);
}

#[test]
fn what_was_booked_before_the_first_level_is_in_it() {
    let mut site = Site::new();
    site.away("A");
    site.scans(&["BW:USE", "BW:BIN:A", "BW:QTY:3", "M8"]);
    assert_eq!(site.books("M8", "bin:A"), -3);
    site.shows("A", 100);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "used"), (103, "variance", "bin:A")]));
    assert_eq!(site.last().source, gateway_proto::movement::Source::Count);
}

/// Damages the newest record of the ledger in this folder.
fn damage_newest(folder: &Path) {
    let db = rusqlite::Connection::open(folder.join("ledger.db")).unwrap();
    let newest = "SELECT max(key) FROM record WHERE key >> 40 = (SELECT life FROM life WHERE feed = 'acme')";
    let changed = format!("UPDATE record SET text = '{{}}' WHERE key = ({newest})");
    assert_eq!(db.execute(&changed, []).unwrap(), 1);
}

/// A site whose newest record, the 12 taken out of A, is lost from the ledger by damage.
fn damaged() -> Site {
    let mut site = counted();
    site.shows("B", 50);
    site.shows("A", 88);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(50, "variance", "bin:B"), (12, "bin:A", "used")]));
    site.reboot_after(damage_newest);
    assert_eq!(site.books("M8", "bin:A"), 100, "the damage took it");
    site.recorded.clear();
    site
}

#[test]
fn what_damage_took_from_the_books_is_not_used_a_second_time() {
    let mut site = damaged();
    site.shows("A", 88);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(12, "bin:A", "variance")]));
    assert_eq!(site.last().source, gateway_proto::movement::Source::Count);
    site.recorded.clear();
    site.shows("A", 80);
    site.pass_secs(240);
    site.reboot();
    site.shows("A", 75);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(8, "bin:A", "used"), (5, "bin:A", "used")]), "from then on as ever");
}

#[test]
fn damaged_books_are_not_believed_where_the_weight_would_allow_them() {
    let mut site = Site::new();
    site.followed.insert(super::super::site::scale("F"), 20_000);
    site.pass_secs(10);
    site.reach("F", 19_999);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(20_000, "variance", "bin:F"), (1, "bin:F", "used")]));
    site.reboot_after(damage_newest);
    site.recorded.clear();
    // Twenty thousand may weigh one piece less than they should: sound books would be believed.
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(1, "bin:F", "variance")]));
}

#[test]
fn a_restart_before_the_scale_speaks_does_not_forget_the_damage() {
    let mut site = damaged();
    site.reboot();
    site.shows("A", 88);
    site.shows("B", 50);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(12, "bin:A", "variance")]));
    site.recorded.clear();
    // B was as its books have it: what goes from there on is used.
    site.shows("B", 45);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(5, "bin:B", "used")]));
}

#[test]
fn what_people_say_of_a_bin_holds_although_its_books_lack_something() {
    let mut site = damaged();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "BW:QTY:3", "M8"]);
    site.shows("A", 97);
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "field:van-3")]));
}

#[test]
fn a_scan_at_a_weighed_bin_is_kept_and_recorded_with_the_scales_quantity() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    assert_eq!(site.kept("act").len(), 1);
    assert_eq!(site.standing(), []);
    site.pass_secs(5);
    site.shows("A", 93);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(7, "bin:A", "field:van-3")]));
    assert_eq!(site.kept("act").len(), 0);
    assert_eq!(site.notices.len(), 0);
}

#[test]
fn a_repetition_at_a_weighed_bin_says_nothing_more() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A"]);
    for _ in 0..3 {
        let caller = site.begin_scan("desk", "M8", origin(1));
        assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    }
    site.reboot();
    let caller = site.begin_scan("desk", "M8", origin(1));
    assert!(site.heard(caller).unwrap().is_repetition);
    site.shows("A", 93);
    site.pass_secs(200);
    assert_eq!(site.standing(), m8(&[(7, "bin:A", "field:van-3")]));
    assert_eq!(site.notices.len(), 0, "{:?}", site.notices);
}

#[test]
fn a_weight_that_came_first_is_the_scans() {
    let mut site = counted();
    site.shows("A", 97);
    site.pass_secs(5);
    assert_eq!(site.standing(), []);
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "BW:QTY:3", "M8"]);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "field:van-3")]));
    assert_eq!(site.kept("act").len(), 0, "recorded, so that a restart must not give it back");
    site.reboot();
    site.shows("A", 97);
    site.pass_secs(400);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "field:van-3")]));
}

#[test]
fn a_late_scan_claims_what_was_recorded_as_nobodys() {
    let mut site = counted();
    site.shows("A", 97);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "used")]));
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "field:van-3")]));
    assert_eq!(site.kept("act").len(), 0);
    site.scans(&["BW:UNDO"]);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "used")]), "the weight is nobody's again");
}

#[test]
fn a_scan_that_finds_its_movement_taken_back_waits_for_its_weight() {
    let mut site = counted();
    site.shows("A", 97);
    site.pass_secs(60);
    let (feed, seq) = (site.recorded[0].feed.clone(), site.recorded[0].seq);
    site.command(&json!({"do": "undo", "feed": feed, "seq": seq.0, "by": null})).unwrap();
    let heard = site.scan("BW:DEPLOY:van-3");
    assert_eq!(heard.verdict, Verdict::Accepted);
    site.scans(&["BW:BIN:A", "M8"]);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "field:van-3")]));
}

#[test]
fn a_scan_without_a_weight_change_is_flagged_and_waits_no_longer() {
    let mut site = counted();
    site.scans(&["BW:USE", "BW:BIN:A", "M8"]);
    site.pass_secs(200);
    assert_eq!((site.standing(), site.kept("act").len(), site.notices.len()), (vec![], 0, 1));
    assert!(site.notices[0].text.contains("weight did not change"), "{:?}", site.notices);
    // The same part again is an act of its own.
    site.scans(&["M8"]);
    site.shows("A", 98);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(2, "bin:A", "used")]));
    site.scans(&["BW:UNDO", "BW:UNDO"]);
    site.pass_secs(60);
    assert_eq!(site.books("M8", "bin:A"), 98);
}

#[test]
fn the_next_pick_of_the_same_part_is_an_act_of_its_own() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    site.shows("A", 99);
    site.pass_secs(20);
    site.scans(&["M8"]);
    site.shows("A", 97);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(1, "bin:A", "field:van-3"), (2, "bin:A", "field:van-3")]));
    assert_eq!(site.notices.len(), 0, "{:?}", site.notices);
    site.scans(&["BW:UNDO", "BW:UNDO"]);
    site.pass_secs(60);
    assert_eq!(site.books("M8", "field:van-3"), 0);
    assert_eq!(site.books("M8", "bin:A"), 97);
}

#[test]
fn a_number_for_what_was_weighed_is_told_the_scales() {
    let mut site = counted();
    site.scans(&["BW:USE", "BW:BIN:A", "M8"]);
    site.shows("A", 97);
    site.pass_secs(20);
    let heard = site.scan("BW:QTY:5");
    assert!(heard.text.contains("the scale says 3"), "{}", heard.text);
    assert_eq!(site.standing(), m8(&[(3, "bin:A", "used")]));
    assert_eq!(site.notices.len(), 1);
}

#[test]
fn parts_go_from_scale_to_scale_as_one_movement() {
    for order in [["A", "B"], ["B", "A"]] {
        let mut site = counted();
        site.shows("B", 50);
        site.recorded.clear();
        site.scans(&["BW:TRANSFER", "BW:BIN:A", "BW:BIN:B", "M8"]);
        for bin in order {
            site.shows(bin, if bin == "A" { 93 } else { 57 });
            site.pass_secs(30);
        }
        site.pass_secs(200);
        assert_eq!(site.standing(), m8(&[(7, "bin:A", "bin:B")]), "{order:?}");
        assert_eq!((site.books("M8", "bin:A"), site.books("M8", "bin:B")), (93, 57));
        assert_eq!(site.kept("act").len(), 0);
    }
}

#[test]
fn a_transfer_that_was_first_two_unspoken_changes_is_one_movement() {
    let mut site = counted();
    site.shows("B", 50);
    site.recorded.clear();
    site.shows("A", 93);
    site.pass_secs(30);
    site.shows("B", 57);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(7, "bin:A", "used"), (7, "dock", "bin:B")]));
    site.scans(&["BW:TRANSFER", "BW:BIN:A", "BW:BIN:B", "M8"]);
    site.pass_secs(300);
    assert_eq!(site.standing(), m8(&[(7, "bin:A", "bin:B")]));
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "bin:B")), (93, 57));
}

#[test]
fn without_a_scale_that_knows_the_scan_is_booked() {
    let mut site = counted();
    site.away("A");
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8", "M8", "BW:QTY:4"]);
    assert_eq!(site.books("M8", "field:van-3"), 4);
    assert_eq!(site.kept("act").len(), 0);
    site.shows("A", 96);
    site.pass_secs(60);
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "field:van-3")), (96, 4), "once");
    site.away("A");
    site.scans(&["M8"]);
    site.scans(&["BW:UNDO"]);
    site.shows("A", 96);
    site.pass_secs(60);
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "field:van-3")), (96, 4));
}

#[test]
fn a_smaller_number_for_what_was_booked_is_what_the_scale_still_has_to_show() {
    let mut site = counted();
    site.away("A");
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8", "M8", "M8", "BW:QTY:1"]);
    assert_eq!(site.books("M8", "field:van-3"), 1);
    site.shows("A", 100);
    site.pass_secs(60);
    assert_eq!(site.books("M8", "bin:A"), 99, "the part is on its way out");
    site.shows("A", 99);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(1, "bin:A", "field:van-3")]));
}

#[test]
fn a_booking_that_fails_is_told_and_scanned_again() {
    let mut site = counted();
    site.away("A");
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "BW:QTY:4"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("M8").verdict, Verdict::NotRecorded);
    site.pass_secs(10);
    assert_eq!(site.standing(), []);
    site.scans(&["M8"]);
    assert_eq!(site.standing(), m8(&[(4, "bin:A", "field:van-3")]));
}

#[test]
fn a_booking_that_the_ledger_knows_already_leaves_the_bin_working() {
    let mut site = counted();
    site.away("A");
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A"]);
    site.begin_scan("desk", "M8", origin(1));
    // So many scans later that only the ledger knows.
    for id in 100..140 {
        site.begin_scan("desk", "BW:BIN:A", origin(id));
    }
    let caller = site.begin_scan("desk", "M8", origin(1));
    assert!(site.heard(caller).unwrap().is_repetition);
    site.scans(&["M8"]);
    site.pass_secs(5);
    assert_eq!(site.books("M8", "field:van-3"), 2);
    site.shows("A", 98);
    site.pass_secs(60);
    assert_eq!((site.books("M8", "bin:A"), site.books("M8", "field:van-3")), (98, 2));
}

#[test]
fn an_act_that_cannot_be_kept_is_told_and_scanned_again() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("M8").verdict, Verdict::NotRecorded);
    assert_eq!(site.waiting_acts().len(), 0);
    site.scans(&["M8"]);
    site.shows("A", 99);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(1, "bin:A", "field:van-3")]));
}

#[test]
fn a_number_that_cannot_be_kept_leaves_the_act_waiting() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("BW:QTY:2").verdict, Verdict::NotRecorded);
    assert_eq!(site.waiting_acts().len(), 1);
    site.shows("A", 98);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(2, "bin:A", "field:van-3")]));
}

#[test]
fn an_undo_of_an_act_that_waits_forgets_it_or_leaves_it_waiting() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    site.fates.push_back(Fate::Failed);
    assert_eq!(site.scan("BW:UNDO").verdict, Verdict::NotRecorded);
    assert_eq!(site.waiting_acts().len(), 1, "it was not taken back");
    site.scans(&["BW:UNDO"]);
    assert_eq!((site.waiting_acts().len(), site.kept("act").len()), (0, 0));
    site.shows("A", 98);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(2, "bin:A", "used")]));
}

#[test]
fn an_act_is_not_taken_back_while_it_is_recorded() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "BW:QTY:2", "M8"]);
    site.is_late = true;
    site.shows("A", 98);
    let undo = site.begin_scan("desk", "BW:UNDO", None);
    assert_eq!(site.heard(undo).unwrap().verdict, Verdict::Refused);
    site.is_late = false;
    site.settle();
    site.scans(&["BW:UNDO"]);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(2, "bin:A", "used")]));
}

#[test]
fn what_was_recorded_of_an_act_that_was_not_kept_is_taken_back_until_that_is_recorded() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "BW:QTY:2"]);
    site.is_late = true;
    let scan = site.begin_scan("desk", "M8", None);
    site.shows("A", 98);
    site.fates.extend([Fate::Failed, Fate::Recorded]);
    site.answer();
    assert_eq!(site.heard(scan).unwrap().verdict, Verdict::NotRecorded);
    site.answer();
    site.fate = Fate::Failed;
    site.is_late = false;
    site.settle();
    site.pass_secs(30);
    assert_eq!(site.books("M8", "field:van-3"), 2);
    site.fate = Fate::Recorded;
    site.pass_secs(120);
    assert_eq!(site.standing(), m8(&[(2, "bin:A", "used")]));
}

#[test]
fn another_act_of_the_bin_does_not_suffer_from_one_that_is_refused() {
    let mut site = counted();
    site.away("A");
    site.fate = Fate::Failed;
    site.scans(&[]);
    site.fate = Fate::Recorded;
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    // A second act is kept, since the first is still being booked; then the person takes the first back, refused.
    site.is_late = true;
    site.begin_scan("gate", "BW:DEPLOY:van-4", None);
    site.begin_scan("gate", "BW:BIN:A", None);
    site.begin_scan("desk", "M8", None);
    site.begin_scan("gate", "M8", None);
    site.is_late = false;
    site.settle();
    site.pass_secs(30);
    assert_eq!((site.books("M8", "field:van-3"), site.books("M8", "field:van-4")), (2, 1));
}

#[test]
fn a_kept_act_survives_a_restart() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    site.reboot();
    site.shows("A", 96);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(4, "bin:A", "field:van-3")]));
    assert_eq!(site.kept("act").len(), 0);
}

#[test]
fn a_kept_act_whose_scale_is_gone_is_booked_at_the_next_start() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    site.setup.scales.retain(|watching| watching.bin.as_str() != "A");
    site.reboot();
    assert_eq!(site.standing(), m8(&[(1, "bin:A", "field:van-3")]));
    assert_eq!(site.kept("act").len(), 0);
}

#[test]
fn a_level_is_answered_after_its_commit() {
    let mut site = counted();
    site.setup.scales[0].attendance = crate::movement::fusion::Attendance::ScaleAlone;
    site.reboot();
    site.shows("A", 100);
    for (fate, verdict) in [(Fate::Recorded, Verdict::Accepted), (Fate::Failed, Verdict::NotRecorded)] {
        site.is_late = true;
        let pieces = if fate == Fate::Recorded { 90 } else { 80 };
        let first = site.begin_weight("A", &weight(pieces));
        let second = site.begin_weight("A", &weight(pieces - 1));
        assert!(site.is_waiting(first) && site.is_waiting(second));
        site.fates.push_back(fate);
        site.answer();
        assert_eq!(site.heard(first).unwrap().verdict, verdict);
        assert_eq!(site.is_waiting(second), fate == Fate::Recorded, "its level is not in the ledger yet");
        site.is_late = false;
        site.settle();
        assert_eq!(site.heard(second).unwrap().verdict, verdict);
    }
    site.pass_secs(30);
    assert_eq!(site.books("M8", "bin:A"), 79);
    let caller = site.begin_weight("A", &weight(79));
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted, "nothing to record");
    let caller = site.begin_weight("X", &weight(79));
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Refused, "no such scale");
}

#[test]
fn a_scale_that_reports_all_the_time_is_followed() {
    let mut site = Site::new();
    site.followed.insert(super::super::site::scale("F"), 100);
    site.pass_secs(10);
    assert_eq!(site.standing(), m8(&[(100, "variance", "bin:F")]));
    site.recorded.clear();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:F", "M8"]);
    site.reach("F", 95);
    site.pass_secs(30);
    assert_eq!(site.standing(), m8(&[(5, "bin:F", "field:van-3")]));
    site.reboot();
    site.pass_secs(10);
    assert_eq!(site.standing().len(), 1);
    site.reach("F", 145);
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(5, "bin:F", "field:van-3"), (50, "dock", "bin:F")]));
}

#[test]
fn what_is_wrong_with_a_level_is_shown_until_it_is_known() {
    let mut site = counted();
    let remedy = |site: &Site| site.remedies.get(&super::super::site::scale("A")).cloned().flatten();
    assert_eq!(remedy(&site), None);
    site.away("A");
    assert!(remedy(&site).is_some());
    site.shows("A", 100);
    assert_eq!(remedy(&site), None);
    site.floor.handle_weight(&site.moment(), &super::super::site::scale("A"), &tenths(2_000 + 5_050), None);
    site.settle();
    assert!(remedy(&site).is_some(), "half a piece");
    site.pass_secs(60);
    assert_eq!(site.books("M8", "bin:A"), 100);
}

#[test]
fn a_bin_that_is_imported_later_takes_up_what_the_books_hold() {
    let mut site = Site::of({
        let mut setup = super::super::site::setup();
        let watching = crate::floor::Watching {
            scale: "scale-n".parse().unwrap(),
            bin: "N".parse().unwrap(),
            ..setup.scales[0].clone()
        };
        setup.scales.push(watching);
        setup
    });
    site.scans(&["BW:PUT-AWAY", "BW:BIN:N", "BW:QTY:50", "M8"]);
    site.floor.handle_weight(&site.moment(), &"scale-n".parse().unwrap(), &weight(50), None);
    site.settle();
    let csv = "name,item,tare_g\nN,M8,200\n";
    let done = site.command(&json!({"do": "import", "kind": "bin", "csv": csv})).unwrap();
    assert_eq!(done["taken"], true, "{done}");
    site.floor.handle_weight(&site.moment(), &"scale-n".parse().unwrap(), &weight(48), None);
    site.pass_secs(60);
    assert_eq!(
        site.standing(),
        m8(&[(50, "dock", "bin:N"), (2, "bin:N", "used")]),
        "what is missing was taken, not miscounted"
    );
}

#[test]
fn a_bin_that_is_given_another_item_books_what_waited_and_counts_anew() {
    let mut site = counted();
    site.command(&json!({"do": "import", "kind": "item", "csv": "code,feed,piece_weight_g\nPIN,acme,10\n"})).unwrap();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A", "M8"]);
    let done = site.command(&json!({"do": "import", "kind": "bin", "csv": "name,item,tare_g\nA,PIN,200\n"})).unwrap();
    assert_eq!(done["taken"], true, "{done}");
    assert_eq!(site.standing()[0], m8(&[(1, "bin:A", "field:van-3")])[0]);
    assert_eq!(site.kept("act").len(), 0);
    site.shows("A", 30);
    site.pass_secs(60);
    assert_eq!((site.books("PIN", "bin:A"), site.books("PIN", "variance")), (30, -30));
    site.scans(&["BW:UNDO"]);
    assert_eq!(site.books("M8", "field:van-3"), 0);
}

#[test]
fn a_level_that_waits_for_a_scan_outlives_a_restart_though_its_sensor_was_answered() {
    let mut site = counted();
    let caller = site.begin_weight("A", &weight(90));
    assert_eq!(site.heard(caller).unwrap().verdict, Verdict::Accepted);
    assert_eq!((site.standing(), site.kept("level").len()), (vec![], 1));
    site.reboot();
    site.pass_secs(60);
    assert_eq!(site.standing(), m8(&[(10, "bin:A", "used")]));
    site.pass_secs(5);
    assert_eq!(site.kept("level").len(), 0);
}

#[test]
fn an_act_is_known_by_its_scan_for_as_long_as_it_waits_and_after_it_was_recorded() {
    let mut site = counted();
    site.scans(&["BW:DEPLOY:van-3", "BW:BIN:A"]);
    site.begin_scan("desk", "M8", origin(1));
    site.settle();
    for id in 2..50 {
        site.begin_scan("desk", &format!("BW:REF:{id}"), origin(id));
        site.settle();
    }
    for is_recorded in [false, true] {
        if is_recorded {
            site.shows("A", 93);
            site.pass_secs(30);
        }
        site.reboot();
        let again = site.begin_scan("desk", "M8", origin(1));
        site.settle();
        assert!(site.heard(again).unwrap().is_repetition, "recorded: {is_recorded}");
    }
    site.pass_secs(240);
    assert_eq!(site.standing(), m8(&[(7, "bin:A", "field:van-3")]));
}

#[test]
fn a_bin_that_is_calibrated_is_not_counted_and_another_piece_weight_is_no_usage() {
    let mut site = counted();
    let calibrate = |step: serde_json::Value| {
        let mut command = json!({ "do": "calibrate", "bin": "A", "by": "0042" });
        command.as_object_mut().unwrap().extend(step.as_object().unwrap().clone());
        command
    };
    site.command(&calibrate(json!({ "step": "start" }))).unwrap();
    for pieces in [0, 20, 100] {
        site.begin_weight("A", &weight(pieces));
        site.pass_secs(30);
    }
    site.command(&calibrate(json!({ "step": "done" }))).unwrap();
    site.pass_secs(60);
    assert_eq!(site.standing(), [], "all parts are back");
    site.command(&calibrate(json!({ "step": "given-piece", "grams": "5" }))).unwrap();
    site.pass_secs(60);
    let standing = site.standing();
    assert!(!standing.is_empty(), "twice as many pieces of half the weight");
    assert!(standing.iter().all(|(_, _, from, _)| from == "variance"), "{standing:?}");
}
