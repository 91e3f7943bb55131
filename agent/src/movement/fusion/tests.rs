mod keeping;
mod property;
mod world;

use std::time::Duration;

use gateway_proto::{place::Place, quantity::Quantity};

use super::{allocate::allocate, *};
use world::said;

/// A bin and a ledger that records whatever it is asked, unless it is told not to.
/// A disagreement in a few words.
fn flagged(disagreement: &Disagreement) -> String {
    match disagreement {
        Disagreement::NoWeightChange { stated: Some(stated), .. } => {
            format!("scan of {stated}, but the weight did not change")
        }
        Disagreement::NoWeightChange { stated: None, .. } => "scan, but the weight did not change".to_owned(),
        Disagreement::Quantity { stated, weighed, .. } => {
            format!("person said {stated}, scale says {weighed}; {weighed} recorded")
        }
        Disagreement::NoScan { units, .. } if *units < 0 => format!("{} taken without a scan", units.unsigned_abs()),
        Disagreement::NoScan { units, .. } => format!("{units} put in without a scan"),
        Disagreement::Unrecordable { .. } => "scan that cannot be recorded as it stands".to_owned(),
    }
}

struct Bench {
    fusion: Fusion,
    held: Option<i64>,
    keys: u64,
}

fn unweighed(attendance: Attendance, held: Option<i64>) -> Bench {
    let fusion = Fusion::new(place("bin:A"), Patience::default(), attendance);
    let mut bench = Bench { fusion, held, keys: 0 };
    bench.fusion.handle_held(at(0), held);
    bench
}

/// 100 in the bin, on the scale and in the books.
fn known() -> Bench {
    let mut bench = unweighed(Attendance::Scanned, Some(100));
    assert_eq!(bench.level(0, Some(100)), [""; 0]);
    bench
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn qty(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

impl Bench {
    fn level(&mut self, seconds: u64, pieces: Option<u64>) -> Vec<String> {
        self.fusion.handle_level(at(seconds), pieces.map(Counted::exactly));
        self.told(seconds)
    }

    fn says(&mut self, seconds: u64, act: u64, from: &str, to: &str, qty: Option<u64>) -> Vec<String> {
        self.says_at(End::Answering, seconds, act, (from, to), qty)
    }

    fn says_at(&mut self, end: End, seconds: u64, act: u64, (from, to): (&str, &str), qty: Option<u64>) -> Vec<String> {
        self.fusion.handle_said(at(seconds), said(act, &place(from), &place(to), qty), end).unwrap();
        self.told(seconds)
    }

    fn tick(&mut self, seconds: u64) -> Vec<String> {
        self.fusion.tick(at(seconds));
        self.told(seconds)
    }

    /// What it asks for, each answered with success.
    fn told(&mut self, seconds: u64) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(output) = self.fusion.poll() {
            told.push(self.tell(&output));
            self.answer(seconds, &output);
        }
        told
    }

    /// What it asks for, nothing answered.
    fn asked(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(output) = self.fusion.poll() {
            told.push(self.tell(&output));
        }
        told
    }

    fn tell(&self, output: &Output) -> String {
        let shares = |proposal: &Proposal| {
            let change = i64::try_from(proposal.pieces).unwrap() - self.held.unwrap_or(0);
            let told = allocate(change, &proposal.shares, &place("bin:A")).into_iter().map(|share| {
                let whose = share.said.map_or("nobody".to_owned(), |i| proposal.shares[i].act.0.to_string());
                format!(" {whose}:{:+}", share.units)
            });
            told.collect::<String>()
        };
        match output {
            Output::Keep(said) => format!("keep {}", said.act.0),
            Output::Drop(act) => format!("drop {}", act.0),
            Output::Propose(proposal) => format!("propose {}{}", proposal.pieces, shares(proposal)),
            Output::Book(said) => format!("book {} {}", said.act.0, said.qty.map_or(1, Quantity::units)),
            Output::Claim(claim) => format!("claim {} of {} {}", claim.said.act.0, claim.of.0, claim.units),
            Output::TakeBack { of, act } => format!("take back {} for {}", of.0, act.0),
            Output::Undo(act) => format!("undo {}", act.0),
            Output::Flag(flag) => flagged(flag),
            Output::Done(act) => format!("done {}", act.0),
        }
    }

    fn answer(&mut self, seconds: u64, output: &Output) {
        let now = at(seconds);
        match output {
            Output::Propose(proposal) => {
                let pieces = i64::try_from(proposal.pieces).unwrap();
                let shares = allocate(pieces - self.held.unwrap_or(0), &proposal.shares, &place("bin:A"));
                let mut made = Vec::new();
                for share in shares.iter().filter(|share| share.units != 0) {
                    let act = share.said.map(|i| proposal.shares[i].act);
                    made.push(Made { act, key: MovementKey(self.keys), units: share.units });
                    self.keys += 1;
                }
                self.held = Some(pieces);
                self.fusion.proposed(now, Proposed::Recorded { held: self.held, made });
            }
            Output::Book(said) => {
                let way = allocate::Way::of(said, &place("bin:A")).unwrap();
                let change = way.signed(said.qty.map_or(1, Quantity::signed));
                self.held = Some(self.held.unwrap_or(0) + change);
                self.fusion.booked(now, Answer::Recorded { held: self.held });
            }
            Output::Claim(_) => self.fusion.claimed(now, Answer::Recorded { held: self.held }),
            Output::TakeBack { .. } => self.fusion.taken_back(now, Answer::Recorded { held: self.held }),
            Output::Keep(_) | Output::Drop(_) | Output::Undo(_) | Output::Flag(_) | Output::Done(_) => {}
        }
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_scan_and_then_its_weight_are_one_movement() {
    let mut bench = known();
    assert_eq!(bench.says(10, 1, "bin:A", "field:van-3", Some(3)), ["keep 1"]);
    assert_eq!(bench.level(70, Some(97)), ["propose 97 1:-3", "done 1"]);
    assert_eq!(bench.fusion.next_tick(), None);
}

#[test]
fn a_scan_without_a_quantity_takes_what_the_scale_says_once_the_level_has_rested() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", None);
    assert_eq!(bench.level(20, Some(98)), NOTHING);
    assert_eq!(bench.level(25, Some(95)), NOTHING, "a second grab");
    assert_eq!(bench.fusion.next_tick(), Some(at(33)));
    assert_eq!(bench.tick(33), ["propose 95 1:-5", "done 1"]);
}

#[test]
fn a_weight_and_right_after_it_its_scan_are_one_movement() {
    let mut bench = known();
    assert_eq!(bench.level(10, Some(97)), NOTHING);
    assert_eq!(bench.says(25, 1, "bin:A", "used", Some(3)), ["keep 1", "propose 97 1:-3", "done 1"]);
}

#[test]
fn a_late_scan_claims_what_was_recorded_of_its_weight() {
    for stated in [None, Some(3)] {
        let mut bench = known();
        bench.level(10, Some(97));
        assert_eq!(bench.tick(30), ["propose 97 nobody:-3", "3 taken without a scan"]);
        assert_eq!(bench.says(200, 1, "bin:A", "field:van-3", stated), ["keep 1", "claim 1 of 0 3", "done 1"]);
        assert_eq!(bench.says(210, 2, "bin:A", "field:van-3", stated), ["keep 2"], "claimed once");
    }
}

#[test]
fn a_late_scan_of_another_quantity_first_waits_for_a_weight_of_its_own() {
    let mut bench = known();
    bench.level(10, Some(97));
    bench.tick(30);
    assert_eq!(bench.says(100, 1, "bin:A", "used", Some(5)), ["keep 1"]);
    let mut other = known();
    other.level(10, Some(97));
    other.tick(30);
    other.says(100, 1, "bin:A", "used", Some(5));

    assert_eq!(bench.level(120, Some(92)), ["propose 92 1:-5", "done 1"], "it came");
    assert_eq!(
        other.tick(280),
        ["claim 1 of 0 3", "person said 5, scale says 3; 3 recorded", "done 1"],
        "it did not come"
    );
}

#[test]
fn a_scan_that_comes_later_than_a_claim_may_is_flagged() {
    let mut bench = known();
    bench.level(10, Some(97));
    bench.tick(30);
    bench.says(311, 1, "bin:A", "used", Some(3));
    assert_eq!(bench.tick(491), ["scan of 3, but the weight did not change", "drop 1", "done 1"]);
}

#[test]
fn a_scan_without_a_weight_change_moves_nothing_and_is_told() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", None);
    assert_eq!(bench.tick(189), NOTHING);
    assert_eq!(bench.tick(190), ["scan, but the weight did not change", "drop 1", "done 1"]);
    assert_eq!(bench.held, Some(100));
}

#[test]
fn a_weight_change_without_a_scan_is_recorded_after_the_grace_or_at_once_where_nobody_scans() {
    let mut bench = known();
    bench.level(10, Some(103));
    assert_eq!(bench.tick(29), NOTHING);
    assert_eq!(bench.tick(30), ["propose 103 nobody:+3", "3 put in without a scan"]);

    let mut alone = unweighed(Attendance::ScaleAlone, Some(100));
    assert_eq!(alone.level(10, Some(103)), ["propose 103 nobody:+3"]);
}

#[test]
fn a_change_without_a_scan_is_an_alarm_only_where_scans_are_required() {
    for (attendance, alarm) in [(Attendance::Scanned, false), (Attendance::ScanRequired, true)] {
        let flag = Disagreement::NoScan { of: MovementKey(0), units: -1, attendance };
        assert_eq!(flag.is_alarm(), alarm);
    }
}

#[test]
fn what_was_taken_and_put_back_within_the_grace_is_nothing() {
    let mut bench = known();
    bench.level(10, Some(97));
    assert_eq!(bench.level(20, Some(100)), NOTHING);
    assert_eq!(bench.fusion.next_tick(), None);
}

#[test]
fn another_quantity_than_stated_is_one_movement_with_both_facts() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    bench.level(20, Some(96));
    assert_eq!(bench.tick(28), ["propose 96 1:-4", "person said 3, scale says 4; 4 recorded", "done 1"]);
}

#[test]
fn putting_away_while_another_picks_is_told_apart() {
    for picked in [Some(3), None] {
        let mut bench = known();
        bench.says(10, 1, "dock", "bin:A", Some(50));
        bench.says(11, 2, "bin:A", "used", picked);
        let mut told = bench.level(20, Some(147));
        told.extend(bench.tick(28));
        assert_eq!(told, ["propose 147 1:+50 2:-3", "done 1", "done 2"], "{picked:?}");
    }
}

#[test]
fn an_act_that_another_undoes_leaves_no_trace_on_the_scale_but_both_are_recorded() {
    let mut bench = known();
    bench.says(10, 1, "dock", "bin:A", Some(5));
    bench.says(12, 2, "bin:A", "used", Some(5));
    assert_eq!(bench.tick(190), ["propose 100 1:+5 2:-5", "done 1", "done 2"]);
}

#[test]
fn a_transfer_between_two_scales_is_recorded_where_it_is_seen_first_and_expected_at_the_other() {
    let mut bench = known();
    assert_eq!(bench.says_at(End::Other, 10, 1, ("bin:B", "bin:A"), None), NOTHING, "the other end keeps it");
    // Recorded at bin B while the parts are on their way.
    bench.held = Some(104);
    bench.fusion.settled(at(20), &[(ActId(1), 4)], bench.held);
    assert_eq!(bench.tick(100), NOTHING, "the books are ahead of the scale");
    assert_eq!(bench.level(101, Some(104)), NOTHING, "the parts are there");
    assert_eq!(bench.fusion.next_tick(), None);

    // Parts are taken meanwhile.
    bench.held = Some(108);
    bench.fusion.settled(at(200), &[(ActId(2), 4)], bench.held);
    bench.level(201, Some(102));
    assert_eq!(bench.tick(221), ["propose 106 nobody:-2", "2 taken without a scan"]);
    assert_eq!(bench.level(230, Some(106)), NOTHING);
}

#[test]
fn parts_of_a_transfer_that_never_come_are_told_and_the_scale_is_right() {
    let mut bench = known();
    bench.held = Some(104);
    bench.fusion.settled(at(20), &[(ActId(1), 4)], bench.held);
    assert_eq!(bench.tick(200), ["scan of 4, but the weight did not change"]);
    assert_eq!(bench.tick(220), ["propose 100 nobody:-4", "4 taken without a scan"]);
}

#[test]
fn parts_that_the_other_end_spoke_for_after_they_came_are_not_counted_twice() {
    let mut bench = known();
    bench.level(10, Some(104));
    assert_eq!(bench.tick(30), ["propose 104 nobody:+4", "4 put in without a scan"]);
    bench.held = Some(104);
    bench.fusion.settled(at(60), &[(ActId(1), 4)], Some(108));
    assert_eq!(bench.told(60), ["take back 0 for 1"]);
    assert_eq!(bench.fusion.next_tick(), None);
}

#[test]
fn a_scan_counts_by_itself_while_the_scale_does_not_know() {
    let mut bench = known();
    bench.level(5, None);
    assert_eq!(bench.says(10, 1, "bin:A", "used", Some(3)), ["book 1 3", "done 1"]);
    assert_eq!(bench.says(11, 2, "bin:A", "used", None), ["book 2 1", "done 2"]);
    assert_eq!(bench.level(60, Some(96)), NOTHING, "the scale agrees when it is back");
    assert_eq!(bench.fusion.next_tick(), None);
}

#[test]
fn a_booked_act_is_not_doubled_when_the_scale_is_back_before_the_parts_move() {
    let mut bench = known();
    bench.level(5, None);
    bench.says(10, 1, "bin:A", "used", Some(3));
    assert_eq!(bench.level(20, Some(100)), NOTHING);
    assert_eq!(bench.tick(60), NOTHING);
    assert_eq!(bench.level(61, Some(97)), NOTHING);
    assert_eq!(bench.fusion.next_tick(), None);
}

#[test]
fn an_act_whose_scale_goes_away_waits_and_then_counts_by_itself() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    bench.level(20, None);
    assert_eq!(bench.tick(189), NOTHING);
    assert_eq!(bench.tick(190), ["book 1 3", "done 1"]);
}

#[test]
fn an_act_after_the_start_waits_for_a_scale_that_was_not_heard_yet() {
    let mut bench = unweighed(Attendance::Scanned, Some(100));
    assert_eq!(bench.says(0, 1, "bin:A", "used", Some(3)), ["keep 1"]);
    assert_eq!(bench.level(2, Some(97)), ["propose 97 1:-3", "done 1"]);
}

#[test]
fn the_first_count_of_a_bin_is_nobodys_act() {
    let mut bench = unweighed(Attendance::Scanned, None);
    bench.says(0, 1, "dock", "bin:A", Some(5));
    assert_eq!(bench.level(1, Some(40)), ["propose 40 nobody:+40"]);
    assert_eq!(bench.level(30, Some(45)), ["propose 45 1:+5", "done 1"]);

    let mut empty = unweighed(Attendance::Scanned, None);
    empty.level(0, Some(0));
    empty.says(10, 1, "dock", "bin:A", Some(50));
    assert_eq!(empty.level(20, Some(50)), ["propose 50 1:+50", "done 1"], "an empty bin was counted");
}
