// Version 1, byte by byte.
//
// A failure here means: revert the code. Sites and hubs in the field speak these bytes and are not all updated on one
// day. Add fields that old readers pass over, or a version 2 beside this file. Never edit what is pinned.

use gateway_proto::{
    answer::{Ack, Code, Refusal, Rejection},
    batch::{Batch, Load, Lost},
    chain::{Epoch, Link},
    forward::Run,
    movement::{Movement, OwnerChange, Source},
    quantity::Quantity,
    record::{Checkpoint, ClockOffset, Count, Ended, Held, Part, Record, RecordText, Seq, Totals, UntrustedClock},
    time::WallTime,
};

/// A record is written as pinned, and read as what was written.
#[track_caller]
fn pinned(record: &Record, text: &str) {
    assert_eq!(record.to_text().unwrap().as_str(), text);
    assert_eq!(&Record::parse(text).unwrap(), record);
}

fn at() -> WallTime {
    WallTime::from_millis(1_795_237_200_123)
}

fn movement() -> Movement {
    Movement::new(
        at(),
        "M8-BOLT".parse().unwrap(),
        Quantity::new(12).unwrap(),
        "bin:A-01".parse().unwrap(),
        "used".parse().unwrap(),
        "scale-3".parse().unwrap(),
    )
}

#[test]
fn a_movement_leaves_out_what_is_at_its_default() {
    pinned(
        &Record::Movement(movement()),
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"bin:A-01","to":"used","by":"scale-3"}"#,
    );
}

#[test]
fn a_movement_with_the_label_it_came_from() {
    let mut movement = movement();
    movement.code = Some("0109521234567882\u{1d}10L1".parse().unwrap());
    pinned(
        &Record::Movement(movement),
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"bin:A-01","to":"used","by":"scale-3","code":"0109521234567882\u001d10L1"}"#,
    );
}

#[test]
fn a_movement_with_everything() {
    let mut movement = movement();
    movement.source = Source::Scale;
    movement.actor = Some("EMP-17".parse().unwrap());
    movement.lot = Some("L1".parse().unwrap());
    movement.serial = Some("S1".parse().unwrap());
    movement.reference = Some("WO-9".parse().unwrap());
    movement.reason = Some("shift \"B\"".parse().unwrap());
    movement.between = Some([11, 13]);
    movement.clock = Some(UntrustedClock { boot: "b1".parse().unwrap(), mono_ms: 4_711 });
    pinned(
        &Record::Movement(movement),
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"bin:A-01","to":"used","by":"scale-3","source":"scale","actor":"EMP-17","lot":"L1","serial":"S1","ref":"WO-9","reason":"shift \"B\"","between":[11,13],"clock":{"boot":"b1","mono_ms":4711}}"#,
    );
}

#[test]
fn a_correction_names_what_it_takes_back() {
    let correction = movement().correction(Seq(7), at(), "bench-1".parse().unwrap());
    pinned(
        &Record::Movement(correction),
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"used","to":"bin:A-01","by":"bench-1","corrects":7}"#,
    );
}

#[test]
fn an_ownership_change_goes_nowhere() {
    let mut movement = movement();
    movement.to = movement.from.clone();
    movement.owner = Some(OwnerChange { from: "acme".parse().unwrap(), to: "plant-7".parse().unwrap() });
    pinned(
        &Record::Movement(movement),
        r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"bin:A-01","to":"bin:A-01","by":"scale-3","owner":{"from":"acme","to":"plant-7"}}"#,
    );
}

#[test]
fn a_raw_code_keeps_its_control_characters() {
    let mut movement = movement();
    movement.item = "0109521234567882\u{1d}10é".parse().unwrap();
    pinned(
        &Record::Movement(movement),
        "{\"type\":\"movement\",\"at\":\"2026-11-21T05:00:00.123Z\",\"item\":\"0109521234567882\\u001d10é\",\"qty\":12,\"from\":\"bin:A-01\",\"to\":\"used\",\"by\":\"scale-3\"}",
    );
}

#[test]
fn counts_checkpoints_and_clocks() {
    let item = || "M8-BOLT".parse().unwrap();
    let place = || "bin:A-01".parse().unwrap();
    pinned(
        &Record::Count(Count {
            at: at(),
            item: item(),
            place: place(),
            qty: 88,
            by: "bench-1".parse().unwrap(),
            expected: Some(90),
            actor: None,
            clock: None,
        }),
        r#"{"type":"count","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","place":"bin:A-01","qty":88,"by":"bench-1","expected":90}"#,
    );
    pinned(
        &Record::Checkpoint(Checkpoint {
            at: at(),
            through: Seq(1041),
            on_hand: vec![Held { item: item(), place: place(), qty: 88 }],
            part: None,
            totals: None,
            ended: Vec::new(),
        }),
        r#"{"type":"checkpoint","at":"2026-11-21T05:00:00.123Z","through":1041,"on_hand":[{"item":"M8-BOLT","place":"bin:A-01","qty":88}]}"#,
    );
    pinned(
        &Record::Clock(ClockOffset { at: at(), boot: "b1".parse().unwrap(), offset_ms: 1_795_237_000_000, zero: None }),
        r#"{"type":"clock","at":"2026-11-21T05:00:00.123Z","boot":"b1","offset_ms":1795237000000}"#,
    );
}

#[test]
fn a_checkpoint_of_several_parts_and_a_clock_that_knows_its_zero() {
    pinned(
        &Record::Checkpoint(Checkpoint {
            at: at(),
            through: Seq(1041),
            on_hand: vec![Held { item: "M8-BOLT".parse().unwrap(), place: "vendor".parse().unwrap(), qty: -100 }],
            part: Some(Part { number: 2, of: 2 }),
            totals: Some(Totals { amounts: 3, units: 100 }),
            ended: vec![Ended { epoch: "e1".parse().unwrap(), through: Seq(9) }],
        }),
        r#"{"type":"checkpoint","at":"2026-11-21T05:00:00.123Z","through":1041,"on_hand":[{"item":"M8-BOLT","place":"vendor","qty":-100}],"part":{"number":2,"of":2},"totals":{"amounts":3,"units":100},"ended":[{"epoch":"e1","through":9}]}"#,
    );
    pinned(
        &Record::Clock(ClockOffset { at: at(), boot: "b1".parse().unwrap(), offset_ms: -5, zero: Some(at()) }),
        r#"{"type":"clock","at":"2026-11-21T05:00:00.123Z","boot":"b1","offset_ms":-5,"zero":"2026-11-21T05:00:00.123Z"}"#,
    );
}

#[test]
fn orders_health_and_types_of_later_versions_are_carried() {
    for text in [
        r#"{"type":"order","decision":"approved"}"#,
        r#"{"type":"health","disk_percent":82}"#,
        r#"{"type":"temperature","celsius":21.5}"#,
    ] {
        assert_eq!(Record::parse(text).unwrap().to_text().unwrap().as_str(), text);
    }
}

/// The batch of the protocol's page, with one short record.
fn batch(load: Load) -> Batch {
    let epoch: Epoch = "0193e5a0-0000-7000-8000-000000000001".parse().unwrap();
    let prev = Link::first(&epoch);
    Batch {
        site: "plant-7".parse().unwrap(),
        feed: "acme".parse().unwrap(),
        first: Seq(1),
        prev: Some(prev),
        head: prev.then(r#"{"type":"x"}"#),
        load,
        ahead: false,
        knows: None,
        epoch,
    }
}

#[test]
fn a_batch_of_records() {
    let batch = batch(Load::Records(vec![RecordText::new(r#"{"type":"x"}"#.to_owned()).unwrap()]));
    let json = r#"{"protocol":1,"site":"plant-7","feed":"acme","epoch":"0193e5a0-0000-7000-8000-000000000001","first_seq":1,"prev":"PREV","head":"HEAD","records":[{"type":"x"}]}"#
        .replace("PREV", "a8dab49c554f4cf9d5e38ed719cdb322b17d09020655fd3ef4f6ea6d43ee8edc")
        .replace("HEAD", "1bd8013a455159c5910463262e487ff96b3108c36ad245973d1b7782c1262083");
    assert_eq!(batch.to_json().unwrap(), json);
    assert_eq!(Batch::parse(json.as_bytes()).unwrap(), batch);
}

#[test]
fn a_batch_that_runs_ahead_says_so() {
    let records = || Load::Records(vec![RecordText::new(r#"{"type":"x"}"#.to_owned()).unwrap()]);
    let ahead = Batch { ahead: true, ..batch(records()) };
    let json = batch(records()).to_json().unwrap().replace(r#","records""#, r#","ahead":true,"records""#);
    assert_eq!(ahead.to_json().unwrap(), json);
    assert_eq!(Batch::parse(json.as_bytes()).unwrap(), ahead);
    let lost = batch(Load::Lost(Lost { to: Seq(7), why: "x".parse().unwrap() })).to_json().unwrap();
    let error = Batch::parse(lost.replace(r#","lost""#, r#","ahead":true,"lost""#).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("cannot run ahead"), "{error}");
}

#[test]
fn a_batch_that_asks_names_what_the_site_knows() {
    let records = || Load::Records(vec![RecordText::new(r#"{"type":"x"}"#.to_owned()).unwrap()]);
    let run = |epoch: &str, last| Run { epoch: epoch.parse().unwrap(), first: Seq(1), last: Seq(last) };
    let asks = Batch { knows: Some(vec![run("e1", 100), run("e2", 9_007_199_254_740_991)]), ..batch(records()) };
    let knows = r#","knows":[{"epoch":"e1","first":1,"last":100},{"epoch":"e2","first":1,"last":9007199254740991}]"#;
    let json = batch(records()).to_json().unwrap().replace(r#","records""#, &format!(r#"{knows},"records""#));
    assert_eq!(asks.to_json().unwrap(), json);
    assert_eq!(Batch::parse(json.as_bytes()).unwrap(), asks);
    let many = Batch { knows: Some(vec![run("e1", 1); 1_001]), ..batch(records()) };
    let error = Batch::parse(many.to_json().unwrap().as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "batch names 1001 runs of records, at most 1000 are allowed");
}

#[test]
fn a_declared_loss_stands_in_place_of_records() {
    let batch = batch(Load::Lost(Lost { to: Seq(1041), why: "retention".parse().unwrap() }));
    let json = batch.to_json().unwrap();
    assert!(json.ends_with(r#","lost":{"to":1041,"why":"retention"}}"#), "{json}");
    assert!(!json.contains("records"), "{json}");
    assert_eq!(Batch::parse(json.as_bytes()).unwrap(), batch);
    let unknown = Batch { prev: None, ..batch };
    let json = unknown.to_json().unwrap();
    assert!(!json.contains("prev"), "{json}");
    assert_eq!(Batch::parse(json.as_bytes()).unwrap(), unknown);
}

#[test]
fn the_text_of_a_record_is_kept_as_sent_whatever_stands_around_it() {
    let json = batch(Load::Records(vec![RecordText::new(r#"{"type":"x"}"#.to_owned()).unwrap()])).to_json().unwrap();
    let spaced = json.replace(r#"[{"type":"x"}]"#, "[ \n {\"type\" : \"x\" , \"n\":1.0e2}\t]");
    let Load::Records(records) = Batch::parse(spaced.as_bytes()).unwrap().load else { panic!("no records") };
    assert_eq!(records[0].as_str(), r#"{"type" : "x" , "n":1.0e2}"#);
}

#[test]
fn what_is_no_batch_is_refused_by_name() {
    let good = batch(Load::Records(vec![RecordText::new(r#"{"type":"x"}"#.to_owned()).unwrap()])).to_json().unwrap();
    for (from, to, part) in [
        (r#""protocol":1"#, r#""protocol":2"#, "protocol 2 is not spoken"),
        (r#""first_seq":1"#, r#""first_seq":0"#, "seqs are 1 to"),
        (r#""first_seq":1"#, r#""first_seq":18446744073709551615"#, "seqs are 1 to"),
        (r#"[{"type":"x"}]"#, "[]", "records not empty"),
        (r#""records":[{"type":"x"}]"#, r#""lost":{"to":0,"why":"x"}"#, "before first_seq"),
        (r#""prev""#, r#""prior""#, "needs prev"),
        (r#""site":"plant-7""#, r#""site":"plant 7""#, "site name contains"),
        ("}]}", "}]", "not readable"),
    ] {
        let error = Batch::parse(good.replace(from, to).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{to}: {error}");
    }
    // Nothing of it is passed over, not even what a field of a later version says.
    let mut later = good.replacen('{', r#"{"later":"?","#, 1).into_bytes();
    Batch::parse(&later).unwrap();
    later[10] = 0xE6;
    assert_eq!(Batch::parse(&later).unwrap_err().to_string(), "batch is not UTF-8 from byte 10 on");
    let many = format!("[{}]", vec![r#"{"type":"x"}"#; 1001].join(","));
    let error = Batch::parse(good.replace(r#"[{"type":"x"}]"#, &many).as_bytes()).unwrap_err();
    assert!(error.is_too_large());
}

#[test]
fn answers() {
    let ack = Ack {
        refused: vec![Refusal { seq: Seq(1050), code: "unknown_item".into(), detail: "M9 is not known".into() }],
        ..Ack::new("e1".parse().unwrap(), Seq(1141))
    };
    let text = r#"{"epoch":"e1","through":1141,"refused":[{"seq":1050,"code":"unknown_item","detail":"M9 is not known"}]}"#;
    assert_eq!(serde_json::to_string(&ack).unwrap(), text);
    assert_eq!(serde_json::from_str::<Ack>(text).unwrap(), ack);
    let text = r#"{"epoch":"e1","through":7,"refused":[],"window":4}"#;
    assert_eq!(serde_json::from_str::<Ack>(text).unwrap().window, 4);
    let text = r#"{"epoch":"e1","through":7,"refused":[],"window":4,"takes_ahead":true,"ahead":90}"#;
    let ack =
        Ack { window: 4, takes_ahead: true, ahead: Some(Seq(90)), ..Ack::new("e1".parse().unwrap(), Seq(7)) };
    assert_eq!(serde_json::to_string(&ack).unwrap(), text);
    assert_eq!(serde_json::from_str::<Ack>(text).unwrap(), ack);
    let text = r#"{"epoch":"e2","through":3,"refused":[],"forward":{"runs":[{"epoch":"e1","first":101,"last":150}],"amounts":[{"item":"M8","place":"used","qty":30},{"item":"M8","place":"bin:A-01","qty":-30}]}}"#;
    let ack: Ack = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&ack).unwrap(), text);
    assert!(ack.forward.unwrap().is_balanced());
    for (rejection, text) in [
        (Rejection::gap(Seq(1000)), r#"{"code":"gap","expected":1000,"detail":"send from seq 1000"}"#),
        (Rejection::fork(Seq(3)), r#"{"code":"fork","seq":3,"detail":"seq 3 is already here with other content"}"#),
        (Rejection::new(Code::Busy, ""), r#"{"code":"busy"}"#),
        (Rejection::new(Code::TooLarge, ""), r#"{"code":"too_large"}"#),
    ] {
        assert_eq!(serde_json::to_string(&rejection).unwrap(), text);
        assert_eq!(serde_json::from_str::<Rejection>(text).unwrap(), rejection);
    }
}
