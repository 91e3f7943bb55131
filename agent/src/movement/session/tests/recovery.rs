//! What was wrong, left, interrupted or not recorded.

use super::*;

#[test]
fn undo_takes_back_act_by_act_and_no_further_than_twenty() {
    let mut floor = Floor::new(usual());
    for _ in 0..11 {
        floor.scans(&["M8-BOLT", "SEAL"]);
    }
    for act in (3..=22).rev() {
        assert_eq!(floor.facts("BW:UNDO"), format!("-{act}"));
    }
    assert!(floor.facts("BW:UNDO").starts_with("no: nothing to take back"));
    assert_eq!(floor.facts("M8-BOLT"), "+23 ? M8-BOLT bin:A-01>used", "a taken back act is not continued");
}

#[test]
fn a_serial_number_is_free_again_once_its_act_is_taken_back() {
    let motor = "]C1010952123456788221S9";
    let mut floor = Floor::new(usual());
    floor.facts(motor);
    assert!(floor.facts(motor).starts_with("no: serial S9 of MOTOR has gone to used already"));
    assert_eq!(floor.facts("BW:UNDO"), "-1");
    assert_eq!(floor.facts(motor), "+2 1 MOTOR bin:A-01>used sn=S9");
    assert_eq!(floor.scans(&["BW:RETURN", motor]), "+3 1 MOTOR used>bin:A-01 sn=S9", "from where it had gone");
}

#[test]
fn cancel_empties_the_slots_and_takes_nothing_back() {
    let mut floor = Floor::new(usual());
    floor.scans(&["EMP-17", "JOB-7", "M8-BOLT", "BW:SCRAP", "BW:QTY:5", "BIN-B-02"]);
    assert_eq!(floor.facts("BW:CANCEL"), "");
    assert_eq!(floor.session.phase(), Phase::Idle);
    assert_eq!(floor.facts("SEAL"), "+2 ? SEAL bin:A-01>used");
    assert_eq!(floor.facts("BW:UNDO"), "-2");
    assert_eq!(floor.facts("BW:UNDO"), "-1", "what was booked before can still be taken back");
}

#[test]
fn another_technician_finds_everything_as_usual() {
    let mut floor = Floor::new(usual());
    floor.scans(&["EMP-17", "BW:INSTALL:PUMP-17", "JOB-7", "M8-BOLT", "MOTOR"]);
    assert_eq!(floor.facts("EMP-18"), "!MOTOR was not booked: somebody else has come; begin it again");
    assert!(floor.facts("BW:UNDO").starts_with("no: nothing to take back"), "it is another's");
    assert_eq!(floor.facts("M8-BOLT"), "+2 ? M8-BOLT bin:A-01>used by=18");
    // Also after a cancel.
    floor.facts("BW:CANCEL");
    floor.facts("EMP-17");
    assert!(floor.facts("BW:UNDO").starts_with("no: nothing to take back"), "it is another's");
}

#[test]
fn a_station_left_alone_falls_back_and_tells_what_was_not_booked() {
    let mut floor = Floor::new(usual());
    floor.scans(&["EMP-17", "BW:INSTALL", "M8-BOLT"]);
    let due = floor.session.next_tick().unwrap();
    assert_eq!(due, floor.now + IDLE);
    assert_eq!(floor.session.tick(due - Duration::from_millis(1)), []);
    assert_eq!(
        notation(&floor.session.tick(due)),
        "!M8-BOLT was not booked: the station was left alone; begin it again; >use, from bin:A-01 to used: scan the part"
    );
    assert_eq!((floor.session.phase(), floor.session.next_tick()), (Phase::Idle, None));
    assert_eq!(floor.session.tick(due), [], "it is told once");
}

#[test]
fn a_late_scan_finds_a_station_that_has_fallen_back_though_nobody_ticked() {
    let mut floor = Floor::new(usual());
    floor.scans(&["EMP-17", "BW:SCRAP", "JOB-7"]);
    assert_eq!(floor.wait(58).facts("M8-BOLT"), "+1 ? M8-BOLT bin:A-01>scrap by=17 ref=7");
    assert_eq!(floor.wait(60).facts("M8-BOLT"), "+2 ? M8-BOLT bin:A-01>used", "another act, of nobody");
    floor.wait(60);
    assert!(floor.facts("BW:UNDO").starts_with("no: nothing to take back"));
}

#[test]
fn a_scan_that_was_not_recorded_comes_again_with_its_mode_and_quantity() {
    let mut floor = Floor::new(usual());
    assert_eq!(
        floor.scans(&["BW:SCRAP", "BW:QTY:12", "BW:REASON:worn", "M8-BOLT"]),
        "+1 12 M8-BOLT bin:A-01>scrap why=worn"
    );
    floor.session.not_recorded(ActId(1));
    assert_eq!(floor.facts("M8-BOLT"), "+2 12 M8-BOLT bin:A-01>scrap why=worn");
    assert_eq!(floor.facts("M8-BOLT"), "+3 ? M8-BOLT bin:A-01>scrap");
    assert_eq!(floor.facts("M8-BOLT"), "=3 2");
    floor.session.not_recorded(ActId(3));
    assert_eq!(floor.facts("M8-BOLT"), "=3 2", "the first of the two was recorded");
    assert_eq!(floor.facts("BW:UNDO"), "-3");
    floor.session.not_recorded(ActId(3));
    assert_eq!(floor.facts("BW:UNDO"), "-3");
    assert_eq!(floor.facts("BW:UNDO"), "-2");
}

#[test]
fn what_was_scanned_before_the_bad_news_came_is_kept() {
    let motor = "]C1010952123456788221S9";
    let mut floor = Floor::new(usual());
    floor.scans(&["BW:LOT:L7", "BW:REASON:worn", motor, "JOB-7", "BW:LOT:L8"]);
    floor.session.not_recorded(ActId(1));
    assert_eq!(floor.facts(motor), "+2 1 MOTOR bin:A-01>used ref=7 why=worn lot=L8 sn=S9", "the piece is free again");
    floor.scans(&["BW:UNDO", "JOB-8"]);
    floor.session.not_recorded(ActId(2));
    assert!(floor.facts(motor).starts_with("no: serial S9"), "nor was it taken back");
    assert_eq!(floor.facts("BW:UNDO"), "-2");
    // A count that was not recorded goes on.
    floor.scans(&["BW:COUNT", "M8-BOLT", "BW:QTY:7", "BW:DONE", "JOB-9"]);
    floor.session.not_recorded(ActId(3));
    assert_eq!(floor.scans(&["BW:COUNT", "BW:DONE"]), "#3 bin:A-01 M8-BOLT 7; )3 Parts");
    // An act of long ago is only none.
    floor.scans(&["SEAL", "M8-BOLT"]);
    floor.session.not_recorded(ActId(4));
    assert_eq!(floor.facts("BW:UNDO"), "-5");
    assert!(floor.facts("BW:UNDO").starts_with("no: nothing to take back"));
}

#[test]
fn a_delivery_that_was_not_recorded_can_be_scanned_again() {
    let mut floor = Floor::new(usual());
    floor.scans(&["BW:RECEIVE", "]C100340123450000000024"]);
    floor.session.not_recorded(ActId(1));
    floor.session.not_recorded(ActId(2));
    assert!(floor.facts("]C100340123450000000024").starts_with("+3 250 M8-BOLT"));
}

#[test]
fn a_session_outlives_a_restart_and_not_a_pause() {
    let scans = ["EMP-17", "BW:INSTALL:PUMP-17", "JOB-7", "]C1010952123456788221S9", "BW:QTY:5", "BW:DEPLOY"];
    let mut floor = Floor::new(usual());
    floor.scans(&scans);
    floor.facts("M8-BOLT");
    let text = serde_json::to_string(&floor.session.snapshot(floor.now + Duration::from_secs(20))).unwrap();
    let restored = |away| {
        let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
        let mut floor = Floor::new(usual());
        floor.session = Session::restore(usual(), snapshot, Duration::from_secs(3), Duration::from_secs(away));
        (floor.now, floor.acts) = (Duration::from_secs(3), 1);
        floor
    };
    let mut after = restored(5);
    assert_eq!(after.facts("PLC-field:van-3"), "+2 5 M8-BOLT bin:A-01>field:van-3 by=17 ref=7");
    assert_eq!(after.facts("BW:UNDO"), "-2");
    assert_eq!(after.facts("BW:UNDO"), "-1");
    assert_eq!(restored(40).session.phase(), Phase::Idle, "20 s and 40 s away are a minute");
}
