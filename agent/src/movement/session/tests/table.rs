//! Every situation × every kind of token, as a table that can be read: `table.txt` beside this file.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// How a session comes into each of its phases, by name; `+` where a part waits.
fn situations() -> Vec<(&'static str, Phase, Station, Vec<&'static str>)> {
    let badge = || Station { badge: Badge::Needed, ..usual() };
    let roaming = || Station { place: None, ..usual() };
    let modeless = || Station { task: None, ..usual() };
    vec![
        ("idle", Phase::Idle, usual(), vec![]),
        ("badge", Phase::NeedsBadge, badge(), vec!["BW:USE"]),
        ("badge+", Phase::NeedsBadge, badge(), vec!["M8-BOLT"]),
        ("mode", Phase::NeedsMode, modeless(), vec!["BIN-A-01"]),
        ("mode+", Phase::NeedsMode, modeless(), vec!["M8-BOLT"]),
        ("place", Phase::NeedsPlace, roaming(), vec!["BW:USE"]),
        ("place+", Phase::NeedsPlace, roaming(), vec!["M8-BOLT"]),
        ("whereto", Phase::NeedsPlace, roaming(), vec!["BW:TRANSFER", "BIN-A-01"]),
        ("whereto+", Phase::NeedsPlace, roaming(), vec!["BW:TRANSFER", "BIN-A-01", "M8-BOLT"]),
        ("target", Phase::NeedsTarget, usual(), vec!["BW:INSTALL"]),
        ("target+", Phase::NeedsTarget, usual(), vec!["BW:INSTALL", "M8-BOLT"]),
        ("part", Phase::NeedsPart, usual(), vec!["BW:RECEIVE"]),
        ("lot+", Phase::NeedsLot, usual(), vec!["GREASE"]),
        ("serial+", Phase::NeedsSerial, usual(), vec!["MOTOR"]),
        ("booked", Phase::Booked, usual(), vec!["M8-BOLT"]),
        ("received", Phase::Booked, usual(), vec!["BW:RECEIVE", "]C10104006381333931\u{1d}30250"]),
        ("closed", Phase::NeedsPart, usual(), vec!["M8-BOLT", "BW:QTY:3"]),
        ("manned", Phase::Booked, usual(), vec!["EMP-17", "BW:INSTALL:PUMP-17", "M8-BOLT"]),
        ("manned+", Phase::NeedsSerial, badge(), vec!["EMP-17", "MOTOR"]),
        ("counting", Phase::Counting, usual(), vec!["BW:COUNT"]),
        ("counting+", Phase::NeedsSerial, usual(), vec!["BW:COUNT", "MOTOR"]),
        ("counted", Phase::Counted, usual(), vec!["BW:COUNT", "M8-BOLT"]),
        ("empty", Phase::Counted, usual(), vec!["BW:COUNT", "BW:EMPTY"]),
    ]
}

/// One of each kind of token, and of each that is told apart where it comes.
const TOKENS: [(&str, &str); 29] = [
    ("badge", "EMP-17"),
    ("next badge", "EMP-18"),
    ("bad badge", "EMP-99"),
    ("mode", "BW:SCRAP"),
    ("mode van", "BW:DEPLOY:van-3"),
    ("mode count", "BW:COUNT"),
    ("bin", "BIN-B-02"),
    ("van", "PLC-field:van-1"),
    ("asset", "AST-PUMP-17"),
    ("part", "M8-BOLT"),
    ("box", "M8-BOX"),
    ("other", "SEAL"),
    ("by lot", "GREASE"),
    ("by serial", "MOTOR"),
    ("its serial", "]C1010952123456788221S9"),
    ("stranger", "4711-X"),
    ("qty", "BW:QTY:5"),
    ("zero", "BW:EMPTY"),
    ("packed", "Q250"),
    ("add", "BW:ADD"),
    ("ref", "JOB-7"),
    ("order", "ORD-PO-1"),
    ("shipment", "]C100340123450000000024"),
    ("lot", "BW:LOT:L1"),
    ("serial", "BW:SERIAL:S1"),
    ("reason", "BW:REASON:worn"),
    ("undo", "BW:UNDO"),
    ("cancel", "BW:CANCEL"),
    ("done", "BW:DONE"),
];

/// What a token comes to in a situation: facts, or the name of the refusal; and the phase after it.
fn outcome(station: Station, before: &[&str], frame: &str) -> (String, Phase) {
    let mut floor = Floor::new(station);
    for scan in before {
        let told = floor.facts(scan);
        assert!(!told.starts_with("no:"), "{before:?}: {told}");
    }
    let (state, tick) = (floor.session.state.clone(), floor.session.phase());
    let mut outputs = floor.outputs(frame);
    let told = match outputs.pop() {
        Some(Output::Refused(refusal)) => {
            assert_eq!(outputs, [], "{before:?}, {frame}: a refusal says nothing else");
            assert_eq!((&floor.session.state, floor.session.phase()), (&state, tick), "{before:?}, {frame}");
            let name = format!("{refusal:?}");
            format!("no {}", name.split(['(', ' ']).next().unwrap())
        }
        Some(Output::Expecting(text)) => {
            assert!(!text.is_empty());
            notation(&outputs)
        }
        other => panic!("{before:?}, {frame}: {other:?}"),
    };
    (told, floor.session.phase())
}

#[test]
fn every_token_in_every_situation_does_what_the_table_says() {
    let mut table: BTreeMap<(&str, &str), (&str, &str)> = BTreeMap::new();
    for line in include_str!("table.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [situation, token, told, phase] = columns[..] else { panic!("{line}") };
        assert!(table.insert((situation, token), (told, phase)).is_none(), "twice: {line}");
    }
    let (mut wrong, mut missing) = (Vec::new(), 0);
    for (situation, phase, station, before) in situations() {
        let mut floor = Floor::new(station.clone());
        floor.scans(&before);
        assert_eq!(floor.session.phase(), phase, "{situation}");
        for (token, frame) in TOKENS {
            let (told, next) = outcome(station.clone(), &before, frame);
            let next = format!("{next:?}");
            let row = table.remove(&(situation, token));
            missing += usize::from(row.is_none());
            if row != Some((told.as_str(), next.as_str())) {
                wrong.push(format!("{situation:9}|{token:10}|{told}|{next}"));
            }
        }
    }
    assert!(table.is_empty(), "rows of no situation: {table:?}");
    assert!(wrong.is_empty(), "{missing} pairs are missing; these are not so:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_phase_and_every_kind_of_token() {
    let phases: BTreeSet<String> = situations().iter().map(|(_, phase, ..)| format!("{phase:?}")).collect();
    assert_eq!(phases, Phase::ALL.iter().map(|phase| format!("{phase:?}")).collect());
    let floor = Floor::new(usual());
    let kinds: BTreeSet<u8> = TOKENS.iter().map(|(_, frame)| kind(&floor.hear(frame).unwrap())).collect();
    assert_eq!(kinds, (0..KINDS).collect());
}

const KINDS: u8 = 15;

/// A number for each kind of token; a new kind does not compile without one.
fn kind(token: &Token) -> u8 {
    match token {
        Token::Badge { .. } => 0,
        Token::Mode { .. } => 1,
        Token::Place(_) => 2,
        Token::Part(_) => 3,
        Token::Quantity(_) => 4,
        Token::Packed(_) => 5,
        Token::Add => 6,
        Token::Reference(_) => 7,
        Token::Order { .. } => 8,
        Token::Shipment { .. } => 9,
        Token::Trace { .. } => 10,
        Token::Reason(_) => 11,
        Token::Undo => 12,
        Token::Cancel => 13,
        Token::Done => 14,
    }
}

/// From where to where each mode moves a part at a station that keeps its parts in `bin:A-01`, by the place that was
/// scanned after the mode; or the refusal, or what it still waits for.
#[test]
fn every_mode_with_every_place_does_what_the_table_says() {
    let places = ["-", "bin:B-02", "dock", "bench", "quarantine", "field:van-3", "asset:PUMP-17", "vendor"];
    let mut table: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for line in include_str!("modes.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [mode, place, told] = columns[..] else { panic!("{line}") };
        assert!(table.insert((mode, place), told).is_none(), "twice: {line}");
    }
    let mut wrong = Vec::new();
    for mode in Mode::ALL.map(Mode::word) {
        for place in places {
            let mut floor = Floor::new(usual());
            let mut told = floor.facts(&format!("BW:{mode}"));
            if place != "-" {
                told = floor.facts(&format!("BW:PLACE:{place}"));
            }
            if !told.starts_with("no:") {
                told = floor.facts("M8-BOLT");
            }
            let told = match told.as_str() {
                "" => format!("{:?}", floor.session.phase()),
                _ => told.trim_start_matches("+1 ? M8-BOLT ").to_owned(),
            };
            if table.remove(&(mode, place)) != Some(told.as_str()) {
                wrong.push(format!("{mode:9}|{place:13}|{told}"));
            }
        }
    }
    assert!(table.is_empty(), "rows of nothing: {table:?}");
    assert!(wrong.is_empty(), "these are not so:\n{}", wrong.join("\n"));
}
