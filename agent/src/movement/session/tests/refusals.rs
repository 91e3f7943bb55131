//! Why a scan is refused, in the very words that a technician reads.

use std::collections::BTreeSet;

use super::*;

/// The last of the scans is refused with this text, and changes nothing.
fn cases() -> Vec<(Station, Vec<String>, &'static str)> {
    let on = |station: Station, scans: &[&str], text| {
        (station, scans.iter().map(|scan| (*scan).to_owned()).collect::<Vec<_>>(), text)
    };
    let roaming = || Station { place: None, ..usual() };
    let long = "x".repeat(8_193);
    let mut full: Vec<String> = vec!["BW:COUNT".into()];
    full.extend((0..500).flat_map(|_| ["M8-BOLT".into(), "SEAL".into()]));
    full.push("M8-BOLT".into());
    vec![
        on(
            usual(),
            &["BW:DANCE"],
            "\"DANCE\" is no command; commands are BW:USE, BW:RECEIVE, BW:PUT-AWAY, BW:TRANSFER, BW:TEST, \
             BW:TEST-PASS, BW:TEST-FAIL, BW:DEPLOY:VAN, BW:INSTALL:ASSET, BW:UNINSTALL:ASSET, BW:RETURN, BW:SCRAP, \
             BW:COUNT, BW:QTY:NUMBER, BW:EMPTY, BW:ADD, BW:REF:TEXT, BW:LOT:TEXT, BW:SERIAL:TEXT, BW:REASON:TEXT, \
             BW:UNDO, BW:CANCEL, BW:DONE",
        ),
        on(usual(), &[&long], "code is no item code: item code has 8193 bytes, at most 8192 are allowed"),
        on(usual(), &["BW:BIN:"], "label cannot be used: place name is empty; print it again"),
        on(usual(), &["BW:QTY:some"], "some is no quantity; scan BW:QTY: with a number from 1"),
        on(usual(), &["{pbn:P,qty:5}"], "lcsc label is no part; scan the part"),
        on(
            usual(),
            &["]C10104006381333932"],
            "label is damaged: AI (01): the check digit is wrong, at position 15; scan it again, or type the code",
        ),
        on(
            usual(),
            &["BW:PLACE:used"],
            "\"used\" is no place to scan; places are dock, bench, quarantine, vendor, bin:NAME, field:NAME, asset:NAME",
        ),
        on(
            usual(),
            &["BW:INSTALL:PUMP-99"],
            "there is no asset PUMP-99 on this site; check the label, or have it added to the list of assets",
        ),
        on(
            strict(),
            &["BW:BADGE:99"],
            "nobody has the badge 99; scan your own, or have it added to the list of operators",
        ),
        on(strict(), &["BW:RECEIVE", "]C100340123450000000024"], "scan your badge first"),
        on(
            usual(),
            &["BW:RECEIVE", "BW:PLACE:bench"],
            "receive: nothing goes from vendor to bench; scan another place, or another mode",
        ),
        on(
            roaming(),
            &["BW:TRANSFER", "BW:BIN:A-01", "BW:BIN:A-01"],
            "bin:A-01 is where it comes from already; scan where it goes",
        ),
        on(
            usual(),
            &["BW:UNINSTALL:PUMP-17", "BW:BIN:A-01"],
            "a part removed goes to bench or quarantine, not to bin:A-01; scan BW:PLACE:bench or BW:PLACE:quarantine",
        ),
        on(
            usual(),
            &["BW:RECEIVE", "BW:QTY:5", "M8-BOLT", "Q250"],
            "quantity came after M8-BOLT, which has its quantity already; scan BW:UNDO, then the quantity first",
        ),
        on(
            usual(),
            &["BW:QTY:100000000000", "M8-BOX"],
            "100000000000 × 12 is more than one movement can carry (1,000,000,000,000); scan a smaller quantity",
        ),
        on(usual(), &["BW:QTY:0"], "zero is for counts; scan BW:QTY: with a number from 1, or BW:COUNT first"),
        on(
            usual(),
            &["MOTOR", "BW:QTY:2"],
            "MOTOR has serial numbers and goes one by one; scan it without BW:QTY:, each piece by itself",
        ),
        on(usual(), &["MOTOR", "M8-BOLT"], "MOTOR still waits for its serial number; scan that, or BW:CANCEL"),
        on(
            usual(),
            &["BW:SERIAL:S1", "]C1010952123456788221S9"],
            "MOTOR says serial S9, but S1 was scanned; scan BW:CANCEL and start over",
        ),
        on(
            usual(),
            &["]C1010952123456788221S9", "]C1010952123456788221S9"],
            "serial S9 of MOTOR has gone to used already; scan another piece, or BW:UNDO if that was wrong",
        ),
        on(
            usual(),
            &["BW:COUNT", "]C1010952123456788221S9", "]C1010952123456788221S9"],
            "serial S9 of MOTOR is counted already; scan the next piece",
        ),
        on(usual(), &["BW:ADD"], "there is no last part to repeat; scan the part"),
        on(usual(), &["]C100340123450000000024"], "340123450000000024 is a delivery; scan BW:RECEIVE first"),
        on(
            usual(),
            &["BW:RECEIVE", "]C100340123450000000024", "]C100340123450000000024"],
            "delivery 340123450000000024 has come in already; scan BW:UNDO if that was wrong, or its parts one by one",
        ),
        on(
            usual(),
            &["BW:RECEIVE", "1JPALLET-LONG"],
            "delivery PALLET-LONG has 501 lines, at most 500 can come in at once; scan its parts one by one",
        ),
        on(
            usual(),
            &["BW:COUNT", "BW:DONE"],
            "nothing was counted in bin:A-01; scan its parts, BW:EMPTY if it is empty, or BW:CANCEL",
        ),
        on(
            usual(),
            &["BW:COUNT", "M8-BOLT", "BW:QTY:4", "BW:EMPTY"],
            "parts were counted in bin:A-01, so it is not empty; scan BW:UNDO for each, or BW:DONE",
        ),
        on(
            usual(),
            &["BW:COUNT", "BW:EMPTY", "M8-BOLT"],
            "bin:A-01 was said to be empty; scan BW:UNDO, then its parts",
        ),
        on(
            usual(),
            &["BW:COUNT", "M8-BOLT", "BW:USE"],
            "the count of bin:A-01 is not ended; scan BW:DONE, or BW:CANCEL to drop it",
        ),
        on(
            usual(),
            &["BW:COUNT", "BW:ASSET:PUMP-17"],
            "asset:PUMP-17 holds no stock to count; scan a bin, the dock, the bench, quarantine or a van",
        ),
        (usual(), full, "a count of 1000 parts is full; scan BW:DONE, then count the rest as another count"),
        on(usual(), &["BW:UNDO"], "nothing to take back: nothing was booked here since the last count, badge or pause"),
    ]
}

#[test]
fn a_refusal_says_what_is_wrong_and_the_way_out_and_changes_nothing() {
    let mut seen = BTreeSet::new();
    for (station, scans, text) in cases() {
        let mut floor = Floor::new(station);
        let (last, before) = scans.split_last().unwrap();
        for scan in before {
            let told = floor.facts(scan);
            assert!(!told.starts_with("no:"), "{scan}: {told}");
        }
        let state = floor.session.state.clone();
        match &floor.outputs(last)[..] {
            [Output::Refused(refusal)] => {
                assert_eq!(refusal.to_string(), text);
                seen.insert(number(refusal));
            }
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(floor.session.state, state, "{text}");
    }
    // The page may send a mode with a target that no label has.
    let mut floor = Floor::new(usual());
    let token = Token::Mode { mode: Mode::Deploy, target: Some(Place::Asset("PUMP-17".parse().unwrap())) };
    let outputs = floor.session.handle(floor.now, &floor.stamp, token, &mut || ActId(1));
    let [Output::Refused(refusal)] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(
        refusal.to_string(),
        "asset:PUMP-17 is no place for deploy; scan BW:DEPLOY with a van or cabinet, BW:INSTALL and BW:UNINSTALL with an asset"
    );
    seen.insert(number(refusal));
    assert_eq!(seen, (0..REFUSALS).collect(), "a refusal without its text");
}

const REFUSALS: u8 = 33;

/// A number for each refusal; a new one does not compile without one.
fn number(refusal: &Refusal) -> u8 {
    match refusal {
        Refusal::Command(_) => 0,
        Refusal::Code(_) => 1,
        Refusal::Label(_) => 2,
        Refusal::Quantity(_) => 3,
        Refusal::NotAPart(_) => 4,
        Refusal::Damaged(_) => 5,
        Refusal::NotAPlace(_) => 6,
        Refusal::UnknownAsset(_) => 7,
        Refusal::UnknownBadge(_) => 8,
        Refusal::NoBadge => 9,
        Refusal::Forbidden { .. } => 10,
        Refusal::SamePlace(_) => 11,
        Refusal::Target { .. } => 12,
        Refusal::RemovedTo(_) => 13,
        Refusal::LateQuantity(_) => 14,
        Refusal::TooMany { .. } => 15,
        Refusal::Zero => 16,
        Refusal::OneByOne(_) => 17,
        Refusal::Waiting { .. } => 18,
        Refusal::Contradiction { .. } => 19,
        Refusal::DuplicateSerial { .. } => 20,
        Refusal::CountedSerial { .. } => 21,
        Refusal::NothingToAdd => 22,
        Refusal::NotReceiving(_) => 23,
        Refusal::ReceivedBefore(_) => 24,
        Refusal::TooManyLines { .. } => 25,
        Refusal::NothingCounted(_) => 26,
        Refusal::NotEmpty(_) => 27,
        Refusal::SaidEmpty(_) => 28,
        Refusal::CountOpen(_) => 29,
        Refusal::Uncountable(_) => 30,
        Refusal::CountFull { .. } => 31,
        Refusal::NothingToUndo => 32,
    }
}
