//! What the agent kept beside its ledger and finds again, damaged or of another version: the floor starts, says so, and goes
//! on.

use std::{collections::BTreeMap, time::Duration};

use agent::{
    device::{Decimal, MassUnit, Scan, Weight},
    floor::{Command, KeptFact, Look, order::Caller},
};

use crate::{
    garble::storm,
    people,
    site::{Answered, carry_out, floor, moment, register},
};

const STARTS: u32 = 4_000;

#[test]
fn a_number_that_was_never_given_out_is_named_and_nothing_goes_on_from_it() {
    let end = KeptFact { kind: "last-alarm".to_owned(), name: String::new(), text: u64::MAX.to_string() };
    let now = moment(Duration::from_secs(60));
    let mut floor = floor(vec![end], &now);
    carry_out(&mut floor, &now, &mut Answered::default(), || false);
    let notices = floor.look(&now, &Look::Notices).unwrap().to_string();
    assert!(notices.contains("18446744073709551615 was never given out"), "{notices}");
}

#[test]
fn a_floor_starts_whatever_was_kept() {
    let good = kept();
    let texts: Vec<&str> = good.iter().map(|(_, _, text)| text.as_str()).collect();
    let kinds: Vec<&str> = good.iter().map(|(kind, _, _)| kind.as_str()).collect();
    let names: Vec<&str> = good.iter().map(|(_, name, _)| name.as_str()).collect();
    let looks = [
        Look::Bins,
        Look::Stations,
        Look::Alarms,
        Look::Notices,
        Look::Containers,
        Look::Counts,
        Look::Due,
        Look::Accuracy,
    ];
    let (mut bytes, mut told) = (Vec::new(), 0);
    let inputs = storm("kept", STARTS, |random| {
        let mut rows = BTreeMap::new();
        for _ in 0..1 + random.below(12) {
            let at = random.below(good.len());
            let (mut kind, mut name, mut text) = good[at].clone();
            match random.below(8) {
                0 => kind = random.one_of(&kinds).to_owned(),
                1 => name = random.one_of(&names).to_owned(),
                2 => {
                    random.garble(&names, &mut bytes);
                    name = String::from_utf8_lossy(&bytes).into_owned();
                }
                // Mostly as it was: what stands beside the damaged must be taken over.
                3 | 4 => {}
                _ => {
                    random.garble(&texts, &mut bytes);
                    text = String::from_utf8_lossy(&bytes).into_owned();
                }
            }
            rows.insert((kind, name), text);
        }
        let rows: Vec<_> = rows.into_iter().map(|((kind, name), text)| KeptFact { kind, name, text }).collect();
        let mut now = Duration::from_millis(random.next() % 100_000_000);
        let at = moment(now);
        let mut floor = floor(rows, &at);
        let mut answered = Answered::default();
        carry_out(&mut floor, &at, &mut answered, || random.once_in(8));
        // It works: a scan, a weight, time, questions.
        floor.handle_scan(&at, Caller(1), &"desk".parse().unwrap(), &Scan::from_frame(b"P1"), None);
        let weight = Weight::new(Decimal::parse("62.5").unwrap(), MassUnit::Gram, None).unwrap();
        floor.handle_weight(&at, &"scale-a".parse().unwrap(), &weight, None);
        for _ in 0..3 {
            now += Duration::from_millis(random.next() % 4_000_000);
            floor.tick(&moment(now));
            carry_out(&mut floor, &moment(now), &mut answered, || random.once_in(8));
        }
        for look in &looks {
            let _ = floor.look(&moment(now), look).map(|shown| shown.to_string());
        }
        let notices = floor.look(&moment(now), &Look::Notices).unwrap();
        let notices = notices.as_array().unwrap();
        assert!(notices.len() <= 200);
        told += u32::from(!notices.is_empty());
    });
    assert!(inputs < STARTS || told > inputs / 10, "{told}");
}

/// What a floor keeps while people work, by kind, name and text: one of each at least.
fn kept() -> Vec<(String, String, String)> {
    let mut now = Duration::from_secs(60);
    let mut floor = floor(Vec::new(), &moment(now));
    let mut answered = Answered::default();
    let mut caller = 0;
    let mut next = |answered: &mut Answered, floor: &mut agent::floor::Floor, now: Duration| {
        carry_out(floor, &moment(now), answered, || false);
        caller += 1;
        Caller(caller)
    };
    let weight = Weight::new(Decimal::parse("62.5").unwrap(), MassUnit::Gram, None).unwrap();
    for round in 0..3 {
        for json in people::commands() {
            let caller = next(&mut answered, &mut floor, now);
            floor.handle_command(&moment(now), caller, Command::read(json.as_bytes()).unwrap());
            for _ in 0..4 {
                now += Duration::from_secs(2);
                floor.handle_weight(&moment(now), &"scale-a".parse().unwrap(), &weight, None);
                floor.tick(&moment(now));
            }
        }
        for code in ["BW:DEPLOY:van-3", "BW:BIN:A", "BW:QTY:3", "M8", "BW:COUNT", "BW:BIN:C", "NUT"] {
            let caller = next(&mut answered, &mut floor, now);
            let station = if round == 1 { "bench" } else { "desk" };
            floor.handle_scan(
                &moment(now),
                caller,
                &station.parse().unwrap(),
                &Scan::from_frame(code.as_bytes()),
                None,
            );
        }
        now += Duration::from_secs(700);
        floor.tick(&moment(now));
    }
    next(&mut answered, &mut floor, now);
    let mut rows: BTreeMap<(String, String), String> = BTreeMap::new();
    for kept in answered.kept {
        rows.insert((kept.key.kind.to_owned(), kept.key.name), kept.text);
    }
    for (kind, name, text) in [
        (
            "act",
            "7331840000000001",
            r#"{"act":7331840000000001,"at":"2026-09-22T05:00:00.000Z","by":"desk","item":"M8","from":"bin:A","to":"field:van-3","qty":3,"actor":"0042","origin":77}"#,
        ),
        (
            "act",
            "7331840000000002",
            r#"{"act":7331840000000002,"at":"2026-09-22T05:00:00.000Z","by":"bench","item":"M8","from":"dock","to":"bin:A","clock":{"boot":"b","mono_ms":1}}"#,
        ),
        ("level", "A", "62500000"),
        ("last-alarm", "", "3"),
        ("alarm", "bin:A", r#"{"state":"low"}"#),
        ("notice", "1", r#"{"id":1,"at":"2026-11-21T05:00:00.000Z","bin":"A","text":"t","remedy":"r"}"#),
        ("tomorrow", "x", r#"{"a":1}"#),
    ] {
        rows.entry((kind.to_owned(), name.to_owned())).or_insert_with(|| text.to_owned());
    }
    for (fact, _) in
        agent::register::fact::Kind::ALL.into_iter().flat_map(|kind| register().facts(kind).collect::<Vec<_>>())
    {
        let text = serde_json::to_string(&fact).unwrap();
        rows.insert((fact.kind().name().to_owned(), fact.name()), text);
    }
    let kinds: std::collections::BTreeSet<_> = rows.keys().map(|(kind, _)| kind.as_str()).collect();
    for kind in ["calibration", "session", "count", "item", "bin", "act", "containers"] {
        assert!(kinds.contains(kind), "nothing was kept of {kind}, only {kinds:?}");
    }
    rows.into_iter().map(|((kind, name), text)| (kind, name, text)).collect()
}
