//! Counts.

use super::*;

#[test]
fn a_count_waits_ten_times_as_long_and_then_is_none() {
    let mut floor = Floor::new(usual());
    floor.scans(&["BW:COUNT", "M8-BOLT"]);
    floor.wait(500).facts("M8-BOLT");
    floor.wait(600);
    let outputs = floor.session.tick(floor.now);
    assert_eq!(
        notation(&outputs),
        "x1; !the count of bin:A-01 was not booked: the station was left alone; count it again; \
         >use, from bin:A-01 to used: scan the part"
    );
}

#[test]
fn a_count_adds_heaps_and_keeps_lots_and_pieces_apart() {
    follow(
        usual(),
        &[
            ("BW:COUNT", "(1 bin:A-01"),
            ("M8-BOLT", ""),
            ("M8-BOLT", ""),
            ("M8-BOX", ""),
            ("BW:QTY:2", ""),
            ("SEAL", ""),
            ("BW:QTY:0", ""),
            ("M8-BOLT", ""),
            ("BW:QTY:30", ""),
            ("GREASE", ""),
            ("BW:LOT:L1", ""),
            ("GREASE", ""),
            ("BW:LOT:L2", ""),
            ("]C1010952123456788221S9", ""),
            ("MOTOR", ""),
            ("S4", ""),
            ("M8-BOLT", ""),
            ("BW:UNDO", ""),
            (
                "BW:DONE",
                "#1 bin:A-01 M8-BOLT 54; #1 bin:A-01 SEAL 0; #1 bin:A-01 GREASE 1 lot=L1; #1 bin:A-01 GREASE 1 lot=L2; \
                 #1 bin:A-01 MOTOR 1 sn=S9; #1 bin:A-01 MOTOR 1 sn=4; )1 Parts",
            ),
            ("M8-BOLT", "+2 ? M8-BOLT bin:A-01>used"),
        ],
    );
}

#[test]
fn a_count_ends_what_can_be_taken_back() {
    let mut floor = Floor::new(usual());
    floor.scans(&["M8-BOLT", "BW:COUNT", "M8-BOLT", "BW:DONE"]);
    assert!(floor.facts("BW:UNDO").starts_with("no: nothing to take back"), "a count found it as it was then");
}

#[test]
fn a_station_that_usually_counts_begins_with_a_place_or_a_part() {
    let station = Station { task: Some(Task::new(Mode::Count)), place: None, ..usual() };
    follow(
        station.clone(),
        &[
            ("EMP-17", ""),
            ("BIN-A-01", "(1 bin:A-01"),
            ("M8-BOLT", ""),
            ("BW:DONE", "#1 bin:A-01 M8-BOLT 1 by=17; )1 Parts"),
            ("BIN-A-01", "(2 bin:A-01"),
        ],
    );
    follow(
        Station { place: usual().place, ..station },
        &[("M8-BOLT", "(1 bin:A-01"), ("BW:DONE", "#1 bin:A-01 M8-BOLT 1; )1 Parts"), ("JOB-7", "")],
    );
}
