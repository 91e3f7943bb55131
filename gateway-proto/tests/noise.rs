//! Batches, records and answers that nobody should send: none panics, none is taken that its chain does not prove, and what
//! is refused is refused in a sentence.
//!
//! `SEED=n` runs a storm again, `FROM=i INPUTS=1` one input of it; `BINWIRE_LONG` makes a million of each.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{collections::BTreeMap, convert::Infallible};

use gateway_proto::{
    answer::{Ack, Code, Rejection},
    batch::{Batch, Load},
    chain::{Epoch, Link},
    intake::{Decision, Position, decide},
    limits::{BATCH_RECORDS_MAX, SEQ_MAX},
    on_hand::OnHand,
    record::{Record, Seq},
};
use sha2::{Digest as _, Sha256};

#[path = "noise/garble.rs"]
mod garble;

use garble::{Random, assert_told, storm};

/// In every run; `BINWIRE_LONG` has a million.
const BATCHES: u32 = 200_000;
const RECORDS: u32 = 400_000;
const ANSWERS: u32 = 400_000;

/// What a hub has of the feed.
struct Here {
    links: BTreeMap<Seq, Link>,
    position: Position,
}

#[test]
fn no_batch_breaks_the_hub_and_none_is_taken_that_its_chain_does_not_prove() {
    let (good, here) = (batches(), here());
    let (mut json, mut taken, mut known, mut lost) = (Vec::new(), 0, 0, 0);
    let inputs = storm("batch", BATCHES, |random| {
        bend_batch(random, &good, &mut json);
        let batch = match Batch::parse(&json) {
            Ok(batch) => batch,
            Err(error) => return assert_told(&error.to_string()),
        };
        assert!(batch.first >= Seq(1) && batch.last() >= batch.first && batch.last().0 <= SEQ_MAX, "{batch:?}");
        // What was read is what stands there, and what will be kept travels on as the same.
        let again = Batch::parse(batch.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(again, batch);
        if let Load::Records(records) = &batch.load {
            assert!((1..=BATCH_RECORDS_MAX).contains(&records.len()));
            let text = std::str::from_utf8(&json).expect("what is read is UTF-8");
            for record in records {
                assert!(text.contains(record.as_str()), "{record} was not sent");
                read_record(record.as_str());
            }
        }
        let position = (batch.epoch == epoch()).then_some(here.position);
        let decided = decide::<Infallible>(&batch, position, |seq| Ok(here.links.get(&seq).copied()));
        match decided.unwrap() {
            Decision::Append(fresh) => {
                taken += 1;
                let before = position.map_or(Seq(0), |at| at.through);
                assert_eq!(fresh.first().unwrap().seq, before.next());
                assert_eq!(fresh.last().unwrap().link, batch.head);
                assert_eq!(proved(&batch), Some(*batch.head.as_bytes()));
            }
            Decision::Known => known += 1,
            Decision::Ahead(fresh) => assert_eq!(fresh.last().unwrap().link, batch.head),
            Decision::Lose { from, lost: declared, head } => {
                lost += 1;
                assert!(from <= declared.to && head == batch.head);
            }
            Decision::Reject(rejection) => {
                assert_told(&rejection.detail);
                assert!(matches!(rejection.code, Code::Gap | Code::Fork | Code::BadChain));
            }
        }
    });
    if inputs >= BATCHES {
        assert!(taken > inputs / 100 && known > inputs / 1_000 && lost > inputs / 1_000, "{taken} {known} {lost}");
    }
}

#[test]
fn no_record_breaks_the_fold() {
    let good = records();
    let (mut text, mut movements) = (Vec::new(), 0);
    let mut on_hand = OnHand::default();
    let inputs = storm("record", RECORDS, |random| {
        random.garble(&good, &mut text);
        let Ok(text) = std::str::from_utf8(&text) else { return };
        let Some(Record::Movement(movement)) = read_record(text) else { return };
        movements += 1;
        if movements % 1_000 == 0 {
            on_hand = OnHand::default();
        }
        on_hand.apply(&movement);
        let of_item: i64 = on_hand.places(&movement.item).map(|(_, units)| units).sum();
        assert_eq!(of_item, 0, "{text}");
    });
    assert!(inputs < RECORDS || movements > inputs / 20, "{movements}");
}

#[test]
fn no_answer_is_read_as_another() {
    let good = answers();
    let (mut json, mut acks, mut rejections) = (Vec::new(), 0, 0);
    let inputs = storm("answer", ANSWERS, |random| {
        random.garble(&good, &mut json);
        if let Ok(ack) = serde_json::from_slice::<Ack>(&json) {
            acks += 1;
            let again: Ack = serde_json::from_str(&serde_json::to_string(&ack).unwrap()).unwrap();
            assert_eq!(again, ack);
        }
        if let Ok(rejection) = serde_json::from_slice::<Rejection>(&json) {
            rejections += 1;
            let again: Rejection = serde_json::from_str(&serde_json::to_string(&rejection).unwrap()).unwrap();
            assert_eq!(again, rejection);
            assert!((400..600).contains(&rejection.code.status()));
        }
    });
    assert!(inputs < ANSWERS || (acks > inputs / 50 && rejections > inputs / 50), "{acks} {rejections}");
}

/// A record that is one says the same again.
fn read_record(text: &str) -> Option<Record> {
    match Record::parse(text) {
        Ok(record) => {
            let written = record.to_text().unwrap();
            let again = Record::parse(written.as_str()).unwrap();
            // What is only carried is kept as its text; read as numbers, the last digit of a long one may differ.
            if !matches!(record, Record::Order(_) | Record::Health(_)) {
                assert_eq!(again, record, "{text}");
            }
            Some(record)
        }
        Err(error) => {
            assert_told(&format!("{error:#}"));
            None
        }
    }
}

/// The link after a batch's records, by the protocol's words and none of the crate's code.
fn proved(batch: &Batch) -> Option<[u8; 32]> {
    let Load::Records(records) = &batch.load else { return None };
    Some(records.iter().fold(*batch.prev?.as_bytes(), |link, record| {
        Sha256::digest([&link, record.as_str().as_bytes()].concat()).into()
    }))
}

/// Half of the inputs break the form; the others keep it, and only a number or a text says something else.
fn bend_batch(random: &mut Random, good: &[Vec<u8>], json: &mut Vec<u8>) {
    random.garble(good, json);
    // Once in a while the chain is right again, so that what stands behind it is reached with odd records.
    if !random.once_in(4) {
        return;
    }
    if let Ok(mut batch) = Batch::parse(json)
        && let (Load::Records(records), Some(prev)) = (&batch.load, batch.prev)
    {
        batch.head = records.iter().fold(prev, |link, record| link.then(record.as_str()));
        *json = batch.to_json().unwrap().into_bytes();
    }
}

fn epoch() -> Epoch {
    "0193e5a0-0000-7000-8000-000000000001".parse().unwrap()
}

/// Texts of every type of record.
fn records() -> Vec<&'static str> {
    vec![
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"bin:A-01","to":"used","by":"scale-3"}"#,
        r#"{"type":"movement","at":"2026-11-21T05:00:01.000Z","item":"M8-BOLT","qty":1000000000000,"from":"vendor","to":"dock","by":"desk","actor":"EMP-17","lot":"L1","serial":"S\u00e9","ref":"PO-1","reason":"x"}"#,
        r#"{"type":"movement","at":"2026-11-21T05:00:02.000Z","item":"0109521234567882\u001d10L","qty":3,"from":"used","to":"bin:A-01","by":"s","source":"scale","between":[2,4],"corrects":1}"#,
        r#"{"type":"movement","at":"2026-11-21T05:00:03.000Z","item":"M8-BOLT","qty":5,"from":"bin:A-01","to":"bin:A-01","by":"s","owner":{"from":"acme","to":"plant"},"clock":{"boot":"b1","mono_ms":77}}"#,
        r#"{"type":"count","at":"2026-11-21T05:00:04.000Z","item":"M8-BOLT","place":"bin:A-01","qty":7,"by":"s","expected":-3}"#,
        r#"{"type":"checkpoint","at":"2026-11-21T05:00:05.000Z","through":4,"on_hand":[{"item":"M8-BOLT","place":"used","qty":12},{"item":"M8-BOLT","place":"vendor","qty":-12}]}"#,
        r#"{"type":"clock","at":"2026-11-21T05:00:06.000Z","boot":"b1","offset_ms":-1234567}"#,
        r#"{"type":"order","at":"2026-11-21T05:00:07.000Z","lines":[{"item":"M8","qty":[1,2,{"x":null}]}]}"#,
        r#"{"type":"health","disk":0.5,"ok":true}"#,
        r#"{"type":"temperature","celsius":21.5,"at":"2031-01-01T00:00:00.000Z"}"#,
    ]
}

/// The link after so many of [`records`], again and again.
fn link_after(through: usize) -> Link {
    let known = records().into_iter().cycle().take(through);
    known.fold(Link::first(&epoch()), |link, text| link.then(text))
}

/// A batch as it travels.
fn batch(epoch: &Epoch, first: usize, prev: Link, texts: &[&str]) -> Vec<u8> {
    let head = texts.iter().fold(prev, |link, text| link.then(text));
    let json = format!(
        r#"{{"protocol":1,"site":"plant-7","feed":"acme","epoch":"{epoch}","first_seq":{first},"prev":"{prev}","head":"{head}","records":[{}]}}"#,
        texts.join(",")
    );
    Batch::parse(json.as_bytes()).unwrap();
    json.into_bytes()
}

/// What follows on [`here`], what is known there, what is lost, what begins an epoch.
fn batches() -> Vec<Vec<u8>> {
    let all = records();
    let other: Epoch = "e2".parse().unwrap();
    let head = link_after(1_041);
    let lost = format!(
        r#"{{"protocol":1,"site":"plant-7","feed":"acme","epoch":"{}","first_seq":11,"head":"{head}","lost":{{"to":1041,"why":"retention"}}}}"#,
        epoch()
    );
    let asks = String::from_utf8(batch(&epoch(), 11, link_after(10), &all[..1])).unwrap();
    let asks = asks.replace(
        r#","records""#,
        r#","knows":[{"epoch":"e0","first":1,"last":50},{"epoch":"e1","first":1,"last":9007199254740991}],"records""#,
    );
    vec![
        batch(&epoch(), 11, link_after(10), &all[..1]),
        batch(&epoch(), 11, link_after(10), &all[..4]),
        batch(&epoch(), 9, link_after(8), &[&all[8..], &all[..2]].concat()),
        batch(&epoch(), 1, link_after(0), &all),
        batch(&other, 1, Link::first(&other), &all[..3]),
        lost.into_bytes(),
        asks.into_bytes(),
    ]
}

/// Ten records.
fn here() -> Here {
    let mut link = Link::first(&epoch());
    let mut links = BTreeMap::new();
    for (seq, text) in (1..).zip(records()) {
        link = link.then(text);
        links.insert(Seq(seq), link);
    }
    Here { links, position: Position { through: Seq(10), head: link } }
}

fn answers() -> Vec<&'static str> {
    vec![
        r#"{"epoch":"e1","through":7,"refused":[]}"#,
        r#"{"epoch":"0193e5a0-0000-7000-8000-000000000001","through":1141,"refused":[{"seq":1050,"code":"unknown_item","detail":"no"},{"seq":1051,"code":"bad_record"}],"window":4}"#,
        r#"{"code":"gap","expected":1000,"detail":"send from seq 1000"}"#,
        r#"{"code":"fork","seq":1017}"#,
        r#"{"code":"bad_batch","detail":"\u00e9"}"#,
        r#"{"code":"from_the_future","expected":18446744073709551615}"#,
    ]
}
