//! In whatever order an act is scanned, it is the same act.

use super::*;

/// The act that stands at the end: what was said, with the last total.
fn result(floor: &mut Floor, frames: &[&str]) -> Result<Vec<String>, String> {
    let mut said: Vec<(ActId, String)> = Vec::new();
    for frame in frames {
        for output in floor.outputs(frame) {
            match &output {
                Output::Say(act) => {
                    let place = format!("{} {}>{}", act.item, act.from, act.to);
                    let numbers = format!("{:?} {:?} {:?} {:?}", act.actor, act.lot, act.serial, act.reason);
                    let qty = act.qty.map_or(1, Quantity::units);
                    said.push((act.act, format!("{qty} {place} {numbers} {:?}", act.reference)));
                }
                Output::Restate { act, qty } => {
                    let (_, text) = said.iter_mut().find(|(id, _)| id == act).unwrap();
                    let (_, rest) = text.split_once(' ').unwrap();
                    *text = format!("{qty} {rest}");
                }
                Output::Refused(refusal) => return Err(refusal.to_string()),
                Output::Expecting(_) => {}
                other => panic!("{frames:?}: {other:?}"),
            }
        }
    }
    Ok(said.into_iter().map(|(_, text)| text).collect())
}

fn shuffle(frames: &mut [&str], seed: &mut u64) {
    for last in (1..frames.len()).rev() {
        let with = usize::try_from(random(seed) % (u64::try_from(last).unwrap() + 1)).unwrap();
        frames.swap(last, with);
    }
}

/// Whole acts at a station that takes nothing for granted; each of them needs all of its scans, but the quantity, which
/// may also come behind.
const ACTS: [&[&str]; 12] = [
    &["EMP-17", "BW:USE", "BIN-A-01", "M8-BOLT", "BW:QTY:5"],
    &["EMP-17", "BW:USE", "PLC-field:van-1", "M8-BOX", "BW:QTY:5"],
    &["EMP-17", "BW:PUT-AWAY", "BIN-A-01", "GREASE", "BW:LOT:L1", "BW:QTY:3"],
    &["EMP-17", "BW:TEST", "BIN-A-01", "MOTOR", "BW:SERIAL:S1"],
    &["EMP-17", "BW:TEST-PASS", "BIN-A-01", "MOTOR", "BW:SERIAL:S1"],
    &["EMP-17", "BW:DEPLOY", "PLC-field:van-3", "BIN-A-01", "M8-BOLT", "BW:QTY:9"],
    &["EMP-17", "BW:DEPLOY:van-3", "BIN-A-01", "M8-BOLT", "BW:QTY:9"],
    &["EMP-17", "BW:INSTALL", "AST-PUMP-17", "BIN-A-01", "MOTOR", "BW:SERIAL:S1"],
    &["EMP-17", "BW:UNINSTALL", "AST-PUMP-17", "MOTOR", "BW:SERIAL:S1"],
    &["EMP-17", "BW:RETURN", "BIN-A-01", "SEAL", "BW:QTY:2"],
    &["EMP-17", "BW:SCRAP", "BIN-A-01", "SEAL", "BW:QTY:2"],
    &["EMP-17", "BW:INSTALL:PUMP-17", "PLC-field:van-3", "MOTOR", "BW:SERIAL:S1"],
];

#[test]
fn an_act_is_the_same_in_whatever_order_its_labels_are_scanned() {
    let mut seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    let (mut same, mut refused) = (0_u32, 0_u32);
    for case in 0..6_000 {
        let start = seed;
        let act = ACTS[case % ACTS.len()];
        let expected = result(&mut Floor::new(strict()), act).unwrap();
        assert_eq!(expected.len(), 1, "{act:?}");
        let mut frames = act.to_vec();
        shuffle(&mut frames, &mut seed);
        match result(&mut Floor::new(strict()), &frames) {
            Ok(said) => {
                assert_eq!(said, expected, "case {case}, SEED={start}: {frames:?}");
                same += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused * 20 < same, "{refused} of {} refused", same + refused);
}

#[test]
fn what_only_adds_to_an_act_is_on_it_when_it_came_before_it() {
    let mut seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2_u64);
    for case in 0..4_000 {
        let start = seed;
        let act = ACTS[case % ACTS.len()];
        let mut frames: Vec<&str> = act.iter().copied().chain(["JOB-7", "BW:REASON:worn"]).collect();
        shuffle(&mut frames, &mut seed);
        let Ok(said) = result(&mut Floor::new(strict()), &frames) else { continue };
        // Where the act was complete; a quantity completes nothing.
        let needs = |frame: &&str| act.contains(frame) && !frame.starts_with("BW:QTY");
        let complete = frames.iter().rposition(needs).unwrap();
        let before = |wanted: &str| frames.iter().position(|frame| *frame == wanted).unwrap() < complete;
        let [said] = &said[..] else { panic!("SEED={start}: {said:?}") };
        assert_eq!(said.contains("Some(\"7\")"), before("JOB-7"), "SEED={start}: {frames:?}: {said}");
        assert_eq!(said.contains("Some(\"worn\")"), before("BW:REASON:worn"), "SEED={start}: {frames:?}: {said}");
    }
}

/// Where a station knows the usual, a part says its act at once; all that comes before the part may come in any order.
#[test]
fn before_the_part_any_order_will_do_where_the_station_knows_the_usual() {
    let mut seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(3_u64);
    for case in 0..4_000 {
        let start = seed;
        let act = ACTS[case % ACTS.len()];
        let (part, mut before): (Vec<&str>, Vec<&str>) =
            act.iter().partition(|frame| ["M8-BOLT", "M8-BOX", "MOTOR", "SEAL", "GREASE"].contains(frame));
        let expected = result(&mut Floor::new(strict()), act).unwrap();
        shuffle(&mut before, &mut seed);
        before.extend(part);
        match result(&mut Floor::new(usual()), &before) {
            Ok(said) => assert_eq!(said, expected, "SEED={start}: {before:?}"),
            Err(refusal) => assert!(refusal.contains("goes"), "SEED={start}: {before:?}: {refusal}"),
        }
    }
}

/// Whatever is scanned, nothing panics, every movement that is said can be made, a refusal changes nothing, and each token
/// ends in exactly one word to the technician.
#[test]
fn whatever_is_scanned_every_act_is_a_movement_and_every_scan_has_an_answer() {
    let mut seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4_u64);
    let frames: Vec<&str> = ACTS
        .iter()
        .flat_map(|act| act.iter().copied())
        .chain(["BW:UNDO", "BW:CANCEL", "BW:DONE", "BW:ADD", "BW:EMPTY", "BW:COUNT", "BW:TRANSFER", "BW:RECEIVE"])
        .chain(["Q250", "EMP-18", "EMP-99", "]C100340123450000000024", "4711-X", "JOB-7", "BW:PLACE:quarantine"])
        .chain(["BW:PLACE:bench", "BW:PLACE:dock", "BIN-B-02", "BW:PLACE:vendor", "]C1010952123456788221S9", "\u{1}"])
        .collect();
    for case in 0..400 {
        let start = seed;
        let station = if case % 2 == 0 { usual() } else { strict() };
        let mut floor = Floor::new(station.clone());
        let mut standing: Vec<ActId> = Vec::new();
        for _ in 0..60 {
            let frame = frames[usize::try_from(random(&mut seed)).map_or(0, |at| at % frames.len())];
            if random(&mut seed).is_multiple_of(40) {
                floor.wait(random(&mut seed) % 90);
                floor.session.tick(floor.now + Duration::from_secs(1));
            }
            let state = floor.session.state.clone();
            let outputs = floor.outputs(frame);
            for output in &outputs {
                match output {
                    Output::Say(said) => {
                        let movement = said.movement(said.qty.unwrap_or(Quantity::ONE));
                        assert!(movement.act().is_ok(), "SEED={start}: {frame}: {said:?}");
                        standing.push(said.act);
                    }
                    Output::Restate { act, .. } => assert_eq!(standing.last(), Some(act), "SEED={start}"),
                    Output::Withdraw { act } => {
                        assert!(standing.contains(act), "SEED={start}: {act:?} was never said, or taken back twice");
                        standing.retain(|said| said != act);
                    }
                    Output::Refused(_) => {
                        assert_eq!(floor.session.state, state, "SEED={start}: {frame}");
                    }
                    _ => {}
                }
            }
            let told = |output: &&Output| matches!(output, Output::Expecting(_) | Output::Refused(_));
            assert_eq!(outputs.iter().filter(told).count(), 1, "SEED={start}: {frame}: {outputs:?}");
            assert!(outputs.last().as_ref().is_some_and(told), "SEED={start}");
            if floor.session.state.slots.next.packed.is_some() {
                continue;
            }
            // A restart at any moment changes nothing else.
            let text = serde_json::to_string(&floor.session.snapshot(floor.now)).unwrap();
            let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
            let again = Session::restore(station.clone(), snapshot, Duration::ZERO, Duration::ZERO);
            assert_eq!(again.phase(), floor.session.phase(), "SEED={start}: {frame}");
        }
    }
}
