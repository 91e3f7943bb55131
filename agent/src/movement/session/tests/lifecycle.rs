//! A station in use: the sequences that technicians really scan.

use super::*;

#[test]
fn a_part_goes_its_way_from_the_vendor_to_scrap() {
    follow(
        strict(),
        &[
            ("EMP-17", ""),
            ("BW:RECEIVE", ""),
            ("ORD-PO-9", ""),
            ("]C1010952123456788221S9", "+1 1 MOTOR vendor>dock by=17 ref=PO-9 sn=S9"),
            ("]C10104006381333931\u{1d}30250", "+2 250 M8-BOLT vendor>dock by=17 ref=PO-9"),
            ("BW:PUT-AWAY", ""),
            ("BIN-A-01", ""),
            ("]C1010952123456788221S9", "+3 1 MOTOR dock>bin:A-01 by=17 ref=PO-9 sn=S9"),
            ("]C10104006381333931\u{1d}30250", "+4 250 M8-BOLT dock>bin:A-01 by=17 ref=PO-9"),
            ("BW:TEST", ""),
            ("]C1010952123456788221S9", "+5 1 MOTOR bin:A-01>bench by=17 ref=PO-9 sn=S9"),
            ("BW:TEST-PASS", ""),
            ("]C1010952123456788221S9", "+6 1 MOTOR bench>bin:A-01 by=17 ref=PO-9 sn=S9"),
            ("BW:DEPLOY:van-3", ""),
            ("JOB-7", ""),
            ("]C1010952123456788221S9", "+7 1 MOTOR bin:A-01>field:van-3 by=17 ref=7 sn=S9"),
            ("PLC-field:van-3", ""),
            ("BW:INSTALL:PUMP-17", ""),
            ("PLC-field:van-3", ""),
            ("]C1010952123456788221S9", "+8 1 MOTOR field:van-3>asset:PUMP-17 by=17 ref=7 sn=S9"),
            ("BW:UNINSTALL:PUMP-17", ""),
            ("]C1010952123456788221S9", "+9 1 MOTOR asset:PUMP-17>bench by=17 ref=7 sn=S9"),
            ("BW:TEST-FAIL", ""),
            ("BW:REASON:seized", ""),
            ("]C1010952123456788221S9", "+10 1 MOTOR bench>quarantine by=17 ref=7 why=seized sn=S9"),
            ("BW:SCRAP", ""),
            ("BW:PLACE:quarantine", ""),
            ("]C1010952123456788221S9", "+11 1 MOTOR quarantine>scrap by=17 ref=7 sn=S9"),
            ("BW:USE", ""),
            ("BIN-A-01", ""),
            ("M8-BOLT", "+12 ? M8-BOLT bin:A-01>used by=17 ref=7"),
            ("BW:QTY:6", "=12 6"),
            ("BW:RETURN", ""),
            ("M8-BOLT", "+13 ? M8-BOLT used>bin:A-01 by=17 ref=7"),
            ("M8-BOLT", "=13 2"),
            ("BW:TRANSFER", ""),
            ("BIN-B-02", ""),
            ("BW:QTY:100", ""),
            ("M8-BOLT", "+14 100 M8-BOLT bin:A-01>bin:B-02 by=17 ref=7"),
            ("BW:DONE", ""),
            ("BW:COUNT", "(15 bin:A-01"),
            ("BW:QTY:146", ""),
            ("M8-BOLT", ""),
            ("BIN-B-02", "#15 bin:A-01 M8-BOLT 146 by=17; )15 Parts; (16 bin:B-02"),
            ("M8-BOLT", ""),
            ("BW:QTY:100", ""),
            ("BW:DONE", "#16 bin:B-02 M8-BOLT 100 by=17; )16 Parts"),
        ],
    );
}

#[test]
fn the_technician_is_told_what_comes_next() {
    let mut floor = Floor::new(Station { badge: Badge::Needed, place: None, ..usual() });
    for (scan, told) in [
        ("BW:CANCEL", ">use: scan your badge"),
        ("M8-BOLT", ">use, M8-BOLT: scan your badge"),
        ("EMP-17", ">use, Ada, M8-BOLT: scan the place"),
        (
            "BIN-A-01",
            "+1 ? M8-BOLT bin:A-01>used by=17; >use, Ada, M8-BOLT, 1 booked: scan it again for one more, BW:QTY: for \
             another number, or the next part",
        ),
        ("BW:QTY:4", "=1 4; >use, Ada, M8-BOLT, 4 booked: scan the next part"),
        ("BW:QTY:12", ">use, Ada, 12, from bin:A-01 to used: scan the part"),
        ("BW:DEPLOY", ">deploy, Ada, 12: scan the van or cabinet"),
        ("PLC-field:van-3", ">deploy to van-3, Ada, 12, from bin:A-01 to field:van-3: scan the part"),
        ("GREASE", ">deploy to van-3, Ada, GREASE, 12, from bin:A-01 to field:van-3: scan the lot, or BW:LOT: with it"),
        ("BW:CANCEL", "!GREASE was not booked: it was cancelled; begin it again; >use: scan your badge"),
        ("EMP-17", ">use, Ada: scan the place"),
        ("BW:PLACE:bench", ">use, Ada: nothing goes from bench to used, scan another place or mode"),
        ("BW:TRANSFER", ">transfer, Ada: from bench, scan where it goes"),
        ("BW:INSTALL", ">install, Ada: scan the asset"),
        ("BW:COUNT", "(2 bench; >count bench: scan its parts, or BW:EMPTY"),
        ("SEAL", ">count bench, SEAL, 1 in all: scan the next part, BW:QTY: for a number, or BW:DONE"),
        ("BW:UNDO", ">count bench: scan its parts, or BW:EMPTY"),
        ("BW:EMPTY", ">count bench, empty: scan BW:DONE, or the next place to count"),
        ("BW:DONE", ")2 Nothing; >use, Ada: nothing goes from bench to used, scan another place or mode"),
        (
            "ORD-PO-1",
            ">PO-1: M8-BOLT 250, SEAL 40 expected. use, Ada: nothing goes from bench to used, scan another place or mode",
        ),
    ] {
        assert_eq!(floor.scan(scan), told, "{scan}");
    }
}

#[test]
fn an_order_with_nothing_left_or_much_left_is_told_shortly() {
    let mut floor = Floor::new(usual());
    assert!(floor.scan("ORD-PO-DONE").starts_with(">PO-DONE: nothing more is expected."));
    assert!(floor.scan("ORD-PO-LONG").contains("M8-BOLT 250, SEAL 40, M8-BOLT 250, 2 more expected"));
}

#[test]
fn a_mode_stays_until_done_and_a_quantity_is_for_one_act() {
    follow(
        usual(),
        &[
            ("BW:QTY:12", ""),
            ("BW:SCRAP", ""),
            ("M8-BOLT", "+1 12 M8-BOLT bin:A-01>scrap"),
            ("M8-BOLT", "+2 ? M8-BOLT bin:A-01>scrap"),
            ("BW:DONE", ""),
            ("M8-BOLT", "+3 ? M8-BOLT bin:A-01>used"),
        ],
    );
}

#[test]
fn scans_of_one_part_are_one_act_until_anything_else_is_scanned() {
    follow(
        usual(),
        &[
            ("M8-BOLT", "+1 ? M8-BOLT bin:A-01>used"),
            ("]E04006381333931", "=1 2"),
            ("M8-BOX", "=1 14"),
            ("BW:ADD", "=1 26"),
            ("JOB-7", ""),
            ("M8-BOLT", "+2 ? M8-BOLT bin:A-01>used ref=7"),
            ("SEAL", "+3 ? SEAL bin:A-01>used ref=7"),
            ("M8-BOLT", "+4 ? M8-BOLT bin:A-01>used ref=7"),
            ("BW:LOT:L2", ""),
            ("M8-BOLT", "+5 ? M8-BOLT bin:A-01>used ref=7 lot=L2"),
        ],
    );
}

#[test]
fn a_quantity_behind_its_part_sets_the_total_once() {
    follow(
        usual(),
        &[
            ("M8-BOX", "+1 12 M8-BOLT bin:A-01>used"),
            ("BW:QTY:5", "=1 60"),
            ("BW:QTY:2", ""),
            ("M8-BOX", "+2 24 M8-BOLT bin:A-01>used"),
            ("M8-BOX", "+3 12 M8-BOLT bin:A-01>used"),
        ],
    );
}

#[test]
fn the_quantity_of_a_package_counts_where_packages_come_in() {
    let label = "]C10104006381333931\u{1d}30250";
    follow(
        usual(),
        &[
            (label, "+1 ? M8-BOLT bin:A-01>used"),
            ("BW:RECEIVE", ""),
            (label, "+2 250 M8-BOLT vendor>bin:A-01"),
            (label, "+3 250 M8-BOLT vendor>bin:A-01"),
            ("BW:QTY:240", "=3 240"),
            ("BW:QTY:3", ""),
            (label, "+4 3 M8-BOLT vendor>bin:A-01"),
            ("BW:PUT-AWAY", ""),
            (label, "+5 250 M8-BOLT dock>bin:A-01"),
        ],
    );
}

#[test]
fn the_symbols_of_one_package_label_belong_together_for_ten_seconds() {
    let mut floor = Floor::new(usual());
    assert_eq!(floor.scans(&["BW:RECEIVE", "Q250", "PM8-BOLT"]), "+1 250 M8-BOLT vendor>bin:A-01");
    // The part first, as it stands on the label.
    assert_eq!(floor.scans(&["SEAL", "Q40"]), "=2 40");
    assert!(floor.facts("Q40").starts_with("no: quantity came after SEAL"));
    assert_eq!(floor.wait(9).facts("Q250"), "", "of another label, whose part comes");
    assert_eq!(floor.wait(9).facts("PM8-BOLT"), "+3 ? M8-BOLT vendor>bin:A-01", "or not in time");
    assert_eq!(floor.wait(9).facts("Q250"), "");
    assert_eq!(floor.facts("PM8-BOLT"), "+4 250 M8-BOLT vendor>bin:A-01");
    assert_eq!(floor.scans(&["BW:USE", "Q250", "PM8-BOLT"]), "+5 ? M8-BOLT bin:A-01>used", "not what was taken");
}

#[test]
fn what_the_device_states_goes_before_what_was_scanned() {
    let mut floor = Floor::new(usual());
    floor.facts("BW:QTY:9");
    let scan = Scan { quantity: Some(3), place: Some("B-02".into()), ..Scan::from_frame(b"M8-BOX") };
    let outputs = floor.take(&scan);
    assert_eq!(note(&outputs[0]), "+1 3 M8-BOLT bin:B-02>used", "in base units, and at its place");
    assert_eq!(floor.facts("M8-BOLT"), "+2 ? M8-BOLT bin:A-01>used", "which was for that part alone");
}

#[test]
fn an_expected_delivery_comes_in_with_one_scan_and_goes_back_with_one() {
    let floor = follow(
        usual(),
        &[
            ("BW:RECEIVE", ""),
            ("BW:PLACE:dock", ""),
            (
                "]C100340123450000000024",
                "+1 250 M8-BOLT vendor>dock ref=340123450000000024 lot=L7; \
                 +2 40 SEAL vendor>dock ref=340123450000000024",
            ),
            ("BW:UNDO", "-1; -2"),
            ("]C100340123450000000017", ""),
            ("M8-BOLT", "+3 ? M8-BOLT vendor>dock ref=340123450000000017"),
        ],
    );
    assert_eq!(floor.session.phase(), Phase::Booked);
}

#[test]
fn a_removed_part_goes_to_the_bench_unless_it_is_suspect() {
    let motor = "]C1010952123456788221S9";
    for (extra, to) in [
        ("JOB-7", "bench ref=7"),
        ("BW:REASON:leaks", "bench why=leaks"),
        ("BW:REASON:defect bearing", "quarantine why=defect bearing"),
        ("BW:REASON:Quarantine", "quarantine why=Quarantine"),
        ("BW:PLACE:quarantine", "quarantine"),
        ("BW:PLACE:bench", "bench"),
    ] {
        let mut floor = Floor::new(usual());
        floor.scans(&["BW:UNINSTALL:PUMP-17", extra]);
        assert_eq!(floor.facts(motor), format!("+1 1 MOTOR asset:PUMP-17>{to} sn=S9"), "{extra}");
    }
}

#[test]
fn a_machine_is_what_a_part_is_for_where_nothing_is_put_into_it() {
    let floor = follow(
        usual(),
        &[
            ("AST-PUMP-17", ""),
            ("GREASE", ""),
            ("BW:LOT:L1", "+1 ? GREASE bin:A-01>used ref=asset:PUMP-17 lot=L1"),
            ("BW:INSTALL", ""),
            ("M8-BOLT", ""),
        ],
    );
    assert_eq!(
        floor.session.phase(),
        Phase::NeedsTarget,
        "what was used for one machine is installed where it is said"
    );
}

#[test]
fn the_target_of_one_mode_is_not_the_place_of_the_next() {
    follow(
        usual(),
        &[
            ("BW:DEPLOY", ""),
            ("PLC-field:van-3", ""),
            ("M8-BOLT", "+1 ? M8-BOLT bin:A-01>field:van-3"),
            ("BW:USE", ""),
            ("SEAL", "+2 ? SEAL bin:A-01>used"),
            ("PLC-field:van-1", ""),
            ("SEAL", "+3 ? SEAL field:van-1>used"),
            ("BW:DEPLOY", ""),
            ("SEAL", ""),
            ("PLC-field:van-3", "+4 ? SEAL bin:A-01>field:van-3"),
        ],
    );
    follow(
        Station { task: "deploy:van-3".parse().ok(), ..usual() },
        &[
            ("SEAL", "+1 ? SEAL bin:A-01>field:van-3"),
            ("PLC-field:van-4", ""),
            ("SEAL", "+2 ? SEAL bin:A-01>field:van-4"),
            ("BW:USE", ""),
            ("SEAL", "+3 ? SEAL bin:A-01>used"),
        ],
    );
}

#[test]
fn a_transfer_goes_from_the_first_place_to_the_second_and_then_begins_anew() {
    follow(
        strict(),
        &[
            ("EMP-17", ""),
            ("BIN-A-01", ""),
            ("BW:TRANSFER", ""),
            ("M8-BOLT", ""),
            ("BIN-B-02", "+1 ? M8-BOLT bin:A-01>bin:B-02 by=17"),
            ("SEAL", "+2 ? SEAL bin:A-01>bin:B-02 by=17"),
            ("BIN-C-03", ""),
            ("SEAL", ""),
            ("BIN-A-01", "+3 ? SEAL bin:C-03>bin:A-01 by=17"),
        ],
    );
    follow(
        usual(),
        &[
            ("BW:TRANSFER", ""),
            ("BIN-B-02", ""),
            ("SEAL", "+1 ? SEAL bin:A-01>bin:B-02"),
            ("BIN-C-03", ""),
            ("BIN-B-02", ""),
            ("BIN-D-04", ""),
            ("SEAL", "+2 ? SEAL bin:C-03>bin:D-04"),
        ],
    );
}

#[test]
fn a_part_past_its_date_is_told_where_the_clock_can_be_believed() {
    let old = "]C10104006381333931\u{1d}17260331";
    let mut floor = Floor::new(usual());
    assert!(floor.scan(old).contains(">M8-BOLT expired 2026-03-31. use"), "it may be on its way to scrap");
    assert!(!floor.scan("]C1010400638133393117261231").contains("expired"));
    floor.stamp.clock = Some(UntrustedClock { boot: "b1".parse().unwrap(), mono_ms: 5 });
    assert!(!floor.scan(old).contains("expired"));
}

#[test]
fn a_packs_factor_multiplies_and_never_overflows() {
    let mut floor = Floor::new(usual());
    floor.lists = lists().add("HUGE", "M8-BOLT", u64::MAX, Tracking::None).add("ZERO", "SEAL", 0, Tracking::None);
    assert_eq!(floor.scans(&["BW:QTY:3", "M8-BOX"]), "+1 36 M8-BOLT bin:A-01>used");
    assert!(floor.facts("HUGE").starts_with("no: 1 × 18446744073709551615 is more than one movement can carry"));
    assert_eq!(floor.scans(&["BW:QTY:1000000000000", "M8-BOLT"]), "+2 1000000000000 M8-BOLT bin:A-01>used");
    assert!(floor.facts("BW:QTY:1000000000001").starts_with("no: 1000000000001 is no quantity"));
    floor.scans(&["SEAL", "BW:QTY:999999999999", "M8-BOX"]);
    assert!(floor.facts("HUGE").starts_with("no: "));
    assert_eq!(floor.facts("ZERO"), "+5 ? SEAL bin:A-01>used", "no code stands for nothing");
    floor.lists = lists().add("WRAPS", "M8-BOLT", (1 << 63) + 1, Tracking::None);
    assert!(floor.scans(&["BW:DONE", "BW:QTY:2", "WRAPS"]).starts_with("no: 2 × 9223372036854775809 is more than"));
    floor.facts("BW:CANCEL");
    // In a count, too.
    assert_eq!(floor.scans(&["BW:COUNT", "M8-BOLT", "BW:QTY:1000000000000"]), "");
    assert!(floor.facts("M8-BOX").starts_with("no: "));
}

#[test]
fn of_a_part_tracked_by_lot_each_scan_wants_its_lot() {
    let mut floor = Floor::new(usual());
    assert_eq!(floor.scans(&["GREASE", "BW:LOT:L1"]), "+1 ? GREASE bin:A-01>used lot=L1");
    assert_eq!(floor.scans(&["GREASE", "BW:LOT:L2"]), "+2 ? GREASE bin:A-01>used lot=L2");
    floor.lists = lists().add("04006381333931", "GREASE", 1, Tracking::Lot);
    assert_eq!(floor.facts("]C1010400638133393110L3"), "+3 ? GREASE bin:A-01>used lot=L3");
    assert_eq!(floor.facts("]C1010400638133393110L3"), "=3 2", "its label says that it is of the same");
}

#[test]
fn a_station_whose_usual_place_and_task_do_not_fit_is_told() {
    for (task, place, misfit) in [
        ("use", "bin:A-01", None),
        ("receive", "bench", None),
        ("transfer", "bin:A-01", None),
        ("deploy:van-3", "bin:A-01", None),
        ("count", "bench", None),
        ("use", "bench", Some("bench used")),
        ("put-away", "dock", Some("dock dock")),
        ("deploy:van-3", "bench", Some("bench field:van-3")),
    ] {
        let station = Station { task: task.parse().ok(), place: place.parse().ok(), ..usual() };
        let found = station.misfit().map(|(from, to)| format!("{from} {to}"));
        assert_eq!(found.as_deref(), misfit, "{task} at {place}");
    }
}

#[test]
fn an_unknown_code_is_moved_under_what_its_label_calls_it() {
    let mut floor = Floor::new(usual());
    assert_eq!(floor.facts("4711-X "), "+1 ? 4711-X  bin:A-01>used", "as scanned, spaces and all");
    let outputs = floor.outputs("]C10104012345678901\u{1d}10L1");
    let [Output::Say(said), _] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(said.item, code("04012345678901"));
    assert_eq!(said.code, Some(code("0104012345678901\u{1d}10L1")), "the scan itself is kept");
    floor.rules.data_identifiers = false;
    assert_eq!(floor.facts("CAFÉ"), "+3 ? CAFÉ bin:A-01>used");
}
