use super::*;
use crate::device::{
    reading::{Cause, Reading},
    scale::decoder::{Decoder, FRAME_LEN_MAX},
};

type Found = Result<Report, FrameError>;

fn reports(chunks: &[&[u8]]) -> Vec<Found> {
    let mut scale = Decoder::new(Box::new(MtSics), false);
    let mut out = Vec::new();
    for chunk in chunks {
        scale.push(chunk);
        out.extend(std::iter::from_fn(|| scale.poll()));
    }
    out
}

fn parse(frame: &str) -> Found {
    MtSics.parse(frame.as_bytes())
}

/// As the command line tells it; `None` when it is no reply.
fn told(frame: &str) -> Option<String> {
    parse(frame).ok().map(|report| serde_json::to_string(&report).unwrap())
}

fn check(frame: &str, expect: &str) {
    assert_eq!(told(frame).as_deref(), Some(expect), "{frame:?}");
}

fn weight(shown: &str, unit: &str, stable: bool) -> Report {
    Report::amount(Decimal::parse(shown).unwrap(), Unit::parse(unit.as_bytes()), Some(stable)).unwrap()
}

#[test]
fn a_weight_is_read_whether_or_not_the_scale_pads_it() {
    check("S S     100.00 g", r#"{"weight":"100.00","unit":"g","stable":true}"#);
    check("S D 2.250 lb", r#"{"weight":"2.250","unit":"lb","stable":false}"#);
    check("S  S    -0.0082   kg ", r#"{"weight":"-0.0082","unit":"kg","stable":true}"#);
    check("S S -   0.50 g", r#"{"weight":"-0.50","unit":"g","stable":true}"#);
    check("S S 50.0 %", r#"{"weight":"50.0","unit":"%","stable":true}"#);
}

#[test]
fn what_is_not_a_whole_reply_is_never_a_weight() {
    for frame in [
        "",
        "S",
        "S S",
        "S S g",
        "S S 100.00",
        "S S 100 00",
        "S X 100.00 g",
        "S A 100.00 g",
        "S S 1 2 g",
        "S S 1.0.0 g",
        "s s 1.00 g",
        "S S 100.00 g g",
        "S S 1e3 g",
        "SS 100.00 g",
        "S S 99999999999999999999 g",
        "S S 2.5 PCS",
        "S S 5.00 \u{1}",
        "ES ES",
        "S I 5.00 g",
        "I4 A 123",
        "I4 A \"",
        "I4 A \"123\" x",
        "XX A",
        "I A \"1\"",
        "T",
        "T X 1.00 g",
    ] {
        assert_eq!(told(frame), None, "{frame:?}");
    }
}

#[test]
fn refusals_say_why_and_whether_the_weight_was_refused() {
    for (frame, fault, of_the_weight) in [
        ("S I", Fault::Busy, true),
        ("S L", Fault::Logical, true),
        ("SI -", Fault::Underload, true),
        ("Z +", Fault::Overload, false),
        ("TA I", Fault::Busy, false),
        ("PW L", Fault::Logical, false),
        ("ES", Fault::Syntax, true),
        ("ET", Fault::Transmission, true),
        ("EL", Fault::Logical, true),
    ] {
        let report = parse(frame).unwrap();
        assert_eq!((report.error, report.speaks_of_level()), (Some(fault), of_the_weight), "{frame}");
    }
}

#[test]
fn acknowledgements_carry_their_amounts() {
    check("Z A", r#"{"ack":"zero"}"#);
    check("ZI D", r#"{"stable":false,"ack":"zero-immediate"}"#);
    check("T S     100.00 g", r#"{"unit":"g","stable":true,"tare":"100.00","ack":"tare"}"#);
    check("TI D 1.300 g", r#"{"unit":"g","stable":false,"tare":"1.300","ack":"tare-immediate"}"#);
    check("TA A 1.5 kg", r#"{"unit":"kg","tare":"1.5","ack":"tare-value"}"#);
    check("TAC A", r#"{"ack":"tare-clear"}"#);
    check("PW A 0.123 g", r#"{"unit":"g","piece_weight":"0.123","ack":"piece-weight"}"#);
    check("PW A", r#"{"ack":"piece-weight"}"#);
    check("I4 A \"B 0 1\"", r#"{"serial":"B 0 1"}"#);
    check("I2 A \"XS204  220.0090 g\"", r#"{"info":"XS204  220.0090 g"}"#);
}

#[test]
fn a_level_that_is_not_a_weight_is_unknown_and_an_acknowledgement_is_no_level() {
    let reading = |frame: &str| parse(frame).unwrap().reading(None);
    for (frame, cause) in [
        ("S +", Cause::Overload),
        ("T +", Cause::Overload),
        ("S -", Cause::Underload),
        ("S I", Cause::Busy),
        ("S L", Cause::DeviceError),
        ("ES", Cause::DeviceError),
        ("S D 252 PCS", Cause::DeviceError),
        ("S S 50.0 %", Cause::DeviceError),
        ("S S 9223372036854775807 t", Cause::DeviceError),
    ] {
        assert_eq!(reading(frame), Some(Reading::Unknown(cause)), "{frame}");
    }
    for frame in ["Z A", "T I", "PW L", "T S 1.00 g", "I4 A \"1\""] {
        assert_eq!(reading(frame), None, "{frame}");
    }
    assert!(matches!(reading("S D 1.5 g"), Some(Reading::Weight(weight)) if weight.stable == Some(false)));
}

#[test]
fn a_counting_scale_says_its_pieces() {
    check("S D        252 PCS", r#"{"unit":"pcs","stable":false,"count":252}"#);
}

#[test]
fn a_stream_may_be_cut_anywhere_and_end_its_lines_in_any_way() {
    let expect = [Ok(weight("5.00", "g", true)), Ok(weight("5.01", "g", false))];
    for ending in ["\r\n", "\r", "\n"] {
        let stream = format!("S S 5.00 g{ending}S D 5.01 g{ending}S S 5.0");
        for cut in 0..=stream.len() {
            let (head, tail) = stream.as_bytes().split_at(cut);
            assert_eq!(reports(&[head, tail]), expect, "{ending:?} cut at {cut}");
        }
    }
}

#[test]
fn a_bad_frame_costs_that_frame_and_noise_before_a_letter_costs_nothing() {
    let found = reports(&[b"\xff\xfe\x00 12S S 5.00 g\r\nS S 5.\xff0 g\r\n\r\nS S 5.02 g\r\n"]);
    let good: Vec<_> = found.iter().flatten().collect();
    assert_eq!(good, [&weight("5.00", "g", true), &weight("5.02", "g", true)]);
    assert_eq!(found.len(), 4, "two frames were bad: the torn one and the empty one");
}

#[test]
fn a_frame_without_end_is_bounded_and_reported_once() {
    let mut scale = Decoder::new(Box::new(MtSics), false);
    let mut found = Vec::new();
    for _ in 0..10_000 {
        scale.push(b"Snoise");
        assert!(scale.held_bytes() <= 4 * FRAME_LEN_MAX);
        found.extend(std::iter::from_fn(|| scale.poll()));
    }
    assert_eq!(found, [Err(FrameError::TooLong { max: FRAME_LEN_MAX })]);
    scale.push(b"still the same frame\r\nS S 5.00 g\r\n");
    assert_eq!(scale.poll(), Some(Ok(weight("5.00", "g", true))));
}
