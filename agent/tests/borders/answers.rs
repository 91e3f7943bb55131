//! What a hub, or whatever stands in its place, answers to a batch, and a receiver to an alarm.

use std::{collections::BTreeSet, time::Duration};

use agent::{
    receiver::Answer,
    uplink::{reply, webhook},
};
use gateway_proto::{
    backoff::Backoff,
    chain::Epoch,
    delivery::{Delivery, Effect, Reply, ShipmentKind, Standing, Step},
    record::Seq,
};

use crate::garble::{Random, assert_told, storm};

const ANSWERS: u32 = 200_000;

/// Of the ledger that the answers are about.
const RECORDED: Seq = Seq(5_000);

const STATUSES: [u16; 26] = [
    200, 200, 200, 200, 200, 409, 409, 409, 400, 400, 413, 401, 404, 429, 503, 500, 502, 504, 204, 301, 302, 307, 408,
    0, 999, 65_535,
];

const WAITS: [Option<&str>; 10] = [
    None,
    Some("1"),
    Some(" 30 "),
    Some("-1"),
    Some("18446744073709551615"),
    Some("99999999999999999999999"),
    Some("Wed, 21 Oct 2026 07:28:00 GMT"),
    Some("1e9"),
    Some(""),
    Some("\u{663}"),
];

#[test]
fn no_answer_settles_what_was_not_sent() {
    let good: Vec<_> = answers();
    let (mut body, mut settled, mut rewound) = (Vec::new(), 0, 0);
    let (mut delivery, mut now) = (fresh(1), Duration::ZERO);
    let (mut flights, mut sent) = (Vec::new(), Seq(0));
    let inputs = storm("answers", ANSWERS, |random| {
        // Half of the storms begin anew, so that one input alone can be had again.
        if random.once_in(2) || flights.is_empty() {
            (delivery, now, sent) = (fresh(random.next()), Duration::ZERO, Seq(0));
            flights.clear();
        }
        loop {
            match delivery.poll(now) {
                Step::Send(shipment) => {
                    // What is only shown before its turn, or asked about, settles nothing.
                    if !matches!(shipment.kind, ShipmentKind::Ahead | ShipmentKind::Again) {
                        sent = sent.max(shipment.last);
                    }
                    flights.push(shipment);
                }
                Step::Wait(until) if flights.is_empty() => now = until,
                Step::Wait(_) | Step::Idle => break,
            }
        }
        if flights.is_empty() {
            return;
        }
        let flight = flights.swap_remove(random.below(flights.len()));
        random.garble(&good, &mut body);
        aim(&mut body, random, flight.first.0, flight.last.0);
        let reply = reply::read(random.one_of(&STATUSES), wait(random), &body);
        if let Reply::Nothing { detail, .. } = &reply {
            assert_told(detail);
        }
        let before = delivery.standing().clone();
        for effect in delivery.handle_reply(now, flight.id, reply) {
            match effect {
                Effect::Settle { through, refused, .. } => {
                    settled += 1;
                    assert!(before.through < through && through <= sent, "{before:?} {through} {sent}");
                    assert!(
                        refused.iter().all(|refusal| refusal.seq <= through && refusal.seq > Seq(0)),
                        "{refused:?}"
                    );
                }
                Effect::Rewind { through } => {
                    rewound += 1;
                    assert!(through < before.through);
                }
                Effect::Taken { seq } => assert!(seq <= RECORDED),
                // What is wrong with it the ledger sees.
                Effect::BringForward(_) => {}
                Effect::SetAside { refusal } => assert!((flight.first..=flight.last).contains(&refusal.seq)),
                Effect::NewEpoch => {
                    (delivery, sent) = (fresh(random.next()), Seq(0));
                    flights.clear();
                    break;
                }
            }
        }
        assert!(delivery.standing().through <= RECORDED && delivery.in_flight() <= 8);
    });
    assert!(inputs < ANSWERS || (settled > inputs / 200 && rewound > inputs / 10_000), "{settled} {rewound}");
}

#[test]
fn no_answer_of_a_receiver_is_an_acceptance_but_2xx() {
    let good: Vec<_> = answers();
    let mut body = Vec::new();
    storm("receiver", ANSWERS, |random| {
        random.garble(&good, &mut body);
        let status =
            if random.once_in(2) { random.one_of(&STATUSES) } else { u16::try_from(random.below(65_536)).unwrap() };
        match webhook::read(status, random.one_of(&WAITS), &body) {
            Answer::Taken => assert!((200..300).contains(&status)),
            Answer::Gone => assert_eq!(status, 410),
            Answer::Refused { why } => {
                assert!((400..500).contains(&status));
                assert_told(&why);
            }
            Answer::Failed { why, .. } => assert_told(&why),
        }
    });
}

fn wait(random: &mut Random) -> Option<Duration> {
    random.one_of(&[None, Some(Duration::ZERO), Some(Duration::from_secs(30)), Some(Duration::MAX)])
}

/// Puts the numbers of the shipment in place of those of the sample, so that what is bent is near what is right.
fn aim(body: &mut Vec<u8>, random: &mut Random, first: u64, last: u64) {
    for (mark, seq) in [("4242", last), ("4141", first)] {
        let seq = if random.once_in(8) { seq.wrapping_add_signed(random.next().cast_signed() % 3) } else { seq };
        if let Some(at) = body.windows(4).position(|piece| piece == mark.as_bytes()) {
            body.splice(at..at + 4, seq.to_string().into_bytes());
        }
    }
}

fn fresh(seed: u64) -> Delivery {
    let epoch: Epoch = "e1".parse().unwrap();
    // Odd ends included: nothing recorded, all settled, the oldest gone.
    let through = Seq(seed % 4_900);
    let oldest = Seq(if seed.is_multiple_of(7) { through.0 + 30 } else { 1 });
    // A damaged record in the middle and one that the hub cannot read, sometimes.
    let holes = if seed.is_multiple_of(5) { vec![(Seq(through.0 + 40), Seq(through.0 + 45))] } else { Vec::new() };
    let withheld = if seed.is_multiple_of(3) { [Seq(through.0 + 50)].into() } else { BTreeSet::new() };
    let at = Standing { epoch, oldest, recorded: RECORDED, through, withheld, holes, asks: true };
    Delivery::new(
        at,
        1 + usize::try_from(seed % 600).unwrap(),
        Backoff::new(Duration::from_secs(1), Duration::from_secs(60), seed),
    )
}

fn answers() -> Vec<&'static str> {
    vec![
        r#"{"epoch":"e1","through":4242,"refused":[]}"#,
        r#"{"epoch":"e1","through":4242,"refused":[],"window":4}"#,
        r#"{"epoch":"e1","through":4242,"refused":[{"seq":4141,"code":"unknown_item","detail":"no"},{"seq":4242,"code":"bad_record"}],"window":8}"#,
        r#"{"epoch":"e2","through":4242,"refused":[]}"#,
        r#"{"epoch":"e1","through":4242,"refused":[],"forward":{"runs":[{"epoch":"e0","first":1,"last":50}],"amounts":[{"item":"M8","place":"used","qty":30},{"item":"M8","place":"bin:A","qty":-30}]}}"#,
        r#"{"code":"gap","expected":4141,"detail":"send from seq 4141"}"#,
        r#"{"code":"gap","expected":1}"#,
        r#"{"code":"fork","seq":4141}"#,
        r#"{"code":"bad_batch","detail":"\u00e9"}"#,
        r#"{"code":"bad_chain"}"#,
        r#"{"code":"too_large"}"#,
        r#"{"code":"from_the_future","expected":18446744073709551615}"#,
        "<html><body>Welcome to Hotel WiFi</body></html>",
    ]
}
