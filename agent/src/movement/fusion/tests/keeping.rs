//! What becomes of acts that people change, that cannot be recorded, or that the bin cannot take.

use super::{world::said, *};

#[test]
fn a_restated_act_is_recorded_with_its_last_quantity() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(1));
    assert_eq!(bench.fusion.restate(at(12), ActId(1), qty(3)), Restated::Waiting);
    assert_eq!(bench.told(12), ["keep 1"]);
    assert_eq!(bench.level(20, Some(97)), ["propose 97 1:-3", "done 1"]);
    assert_eq!(bench.fusion.restate(at(30), ActId(1), qty(3)), Restated::Weighed { units: 3 });
    assert_eq!(bench.told(30), NOTHING);
    assert_eq!(bench.fusion.restate(at(40), ActId(1), qty(4)), Restated::Weighed { units: 3 });
    assert_eq!(bench.told(40), ["person said 4, scale says 3; 3 recorded"], "the scale has decided");

    bench.level(50, None);
    bench.says(51, 2, "bin:A", "used", None);
    assert_eq!(bench.fusion.restate(at(52), ActId(2), qty(2)), Restated::Booked { units: 1 });
    assert_eq!(bench.fusion.restate(at(52), ActId(9), qty(2)), Restated::Unknown);
}

#[test]
fn an_act_restated_while_it_is_recorded_is_stored_again_only_if_that_failed() {
    let recorded = Made { act: Some(ActId(1)), key: MovementKey(0), units: -3 };
    let other = "person said 4, scale says 3; 3 recorded";
    for (answer, told) in [
        (Proposed::Failed, vec!["keep 1"]),
        (Proposed::NoChange { held: Some(97) }, vec!["keep 1"]),
        (Proposed::Recorded { held: Some(97), made: vec![recorded] }, vec![other, "done 1"]),
    ] {
        let mut bench = known();
        bench.says(10, 1, "bin:A", "used", Some(3));
        bench.fusion.handle_level(at(20), Some(Counted::exactly(97)));
        assert_eq!(bench.asked(), ["propose 97 1:-3"]);
        assert_eq!(bench.fusion.restate(at(20), ActId(1), qty(4)), Restated::Waiting);
        assert_eq!(bench.asked(), NOTHING);
        bench.fusion.proposed(at(20), answer);
        assert_eq!(bench.asked(), told);
    }
}

#[test]
fn a_withdrawn_act_leaves_its_weight_to_nobody() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    assert_eq!(bench.fusion.withdraw(at(12), ActId(1)), Withdrawn::Dropped);
    assert_eq!(bench.told(12), ["drop 1", "done 1"]);
    bench.level(20, Some(97));
    assert_eq!(bench.tick(40), ["propose 97 nobody:-3", "3 taken without a scan"]);
    assert_eq!(bench.fusion.withdraw(at(50), ActId(1)), Withdrawn::Unknown);
}

#[test]
fn an_act_withdrawn_after_it_was_recorded_has_to_be_taken_back_and_its_weight_is_nobodys() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    bench.level(20, Some(97));
    assert_eq!(bench.fusion.withdraw(at(30), ActId(1)), Withdrawn::Recorded);
    bench.held = Some(100);
    bench.fusion.handle_held(at(30), bench.held);
    assert_eq!(bench.tick(50), ["propose 97 nobody:-3", "3 taken without a scan"]);
    assert_eq!(bench.says(60, 2, "bin:A", "field:van-3", None), ["keep 2", "claim 2 of 1 3", "done 2"]);
}

#[test]
fn an_act_withdrawn_while_it_is_recorded_is_undone_after_that() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    bench.fusion.handle_level(at(20), Some(Counted::exactly(97)));
    let output = bench.fusion.poll().unwrap();
    assert_eq!(bench.fusion.withdraw(at(20), ActId(1)), Withdrawn::Recording);
    bench.answer(21, &output);
    assert_eq!(bench.told(21), ["undo 1", "done 1"]);
}

#[test]
fn what_could_not_be_recorded_is_tried_again_ever_more_rarely() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    bench.fusion.handle_level(at(20), Some(Counted::exactly(97)));
    let mut now = at(20);
    let mut waits = Vec::new();
    for _ in 0..8 {
        assert_eq!(bench.asked(), ["propose 97 1:-3"]);
        bench.fusion.proposed(now, Proposed::Failed);
        let next = bench.fusion.next_tick().unwrap();
        waits.push(next.as_secs() - now.as_secs());
        now = next;
        bench.fusion.tick(now);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn a_booking_that_fails_before_anything_was_kept_is_forgotten_and_a_kept_one_is_not() {
    let mut bench = known();
    bench.level(5, None);
    let take = |act| said(act, &place("bin:A"), &place("used"), Some(1));
    bench.fusion.handle_said(at(10), take(1), End::Answering).unwrap();
    bench.fusion.handle_said(at(10), take(2), End::Answering).unwrap();
    assert_eq!(bench.asked(), ["book 1 1", "keep 2"]);
    bench.fusion.booked(at(11), Answer::Failed);
    assert_eq!(bench.asked(), ["done 1"]);
    assert_eq!(bench.tick(12), ["book 2 1", "done 2"]);
}

#[test]
fn an_act_that_can_never_be_recorded_is_told_and_holds_nobody_up() {
    let mut bench = known();
    bench.says(10, 1, "bin:A", "used", Some(3));
    bench.fusion.handle_level(at(20), Some(Counted::exactly(97)));
    bench.asked();
    bench.fusion.proposed(at(20), Proposed::Refused);
    assert_eq!(bench.told(20), ["scan that cannot be recorded as it stands", "drop 1", "done 1"]);
    assert_eq!(bench.tick(40), ["propose 97 nobody:-3", "3 taken without a scan"]);
}

#[test]
fn a_restored_act_waits_its_whole_time_again_and_is_not_kept_twice() {
    let mut bench = unweighed(Attendance::Scanned, Some(100));
    bench.fusion.restore(at(0), said(1, &place("bin:A"), &place("used"), Some(3)), End::Answering).unwrap();
    assert_eq!(bench.told(0), NOTHING);
    assert_eq!(bench.level(100, Some(97)), ["propose 97 1:-3", "done 1"]);
}

#[test]
fn acts_that_a_bin_cannot_take_are_refused_with_the_way_out() {
    let mut bench = known();
    let mut refusal = |act, from: &str, to: &str| {
        bench
            .fusion
            .handle_said(at(1), said(act, &place(from), &place(to), None), End::Answering)
            .map_err(|e| e.to_string())
    };
    let max = u64::try_from(ACTS_MAX).unwrap();
    for act in 0..max {
        refusal(act, "bin:A", "used").unwrap();
    }
    for (act, from, to, text) in [
        (0, "bin:A", "used", "said before"),
        (99, "bin:A", "used", "undo those"),
        (99, "bin:B", "used", "neither end"),
        (99, "bin:A", "bin:A", "neither end"),
        (99, "bin:A", "vendor", "nothing may go"),
    ] {
        let error = refusal(act, from, to).unwrap_err();
        assert!(error.contains(text), "{from} to {to}: {error}");
    }
    assert_eq!(bench.fusion.acts().count(), ACTS_MAX);
}

#[test]
fn a_level_that_no_ledger_can_hold_is_not_asked_for_without_end() {
    let mut bench = known();
    bench.fusion.handle_level(at(1), Some(Counted::exactly(u64::MAX)));
    assert_eq!(bench.fusion.next_tick(), None, "beyond any count: unknown");
    bench.fusion.handle_level(at(2), Some(Counted::exactly(4_000_000_000_000_000_000)));
    bench.fusion.tick(at(22));
    assert_eq!(bench.asked().len(), 1);
    bench.fusion.proposed(at(22), Proposed::NoChange { held: Some(100) });
    assert_eq!(bench.fusion.next_tick(), Some(at(23)));
    bench.fusion.tick(at(23));
    bench.fusion.proposed(at(23), Proposed::NoChange { held: Some(100) });
    assert_eq!(bench.fusion.next_tick(), Some(at(25)), "ever more rarely");
}
