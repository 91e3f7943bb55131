use super::*;

fn replies(chunks: &[&[u8]]) -> Vec<Result<SicsReply, FrameError>> {
    let mut scale = MtSics::new();
    let mut out = Vec::new();
    for chunk in chunks {
        scale.push(chunk);
        out.extend(std::iter::from_fn(|| scale.poll()));
    }
    out
}

fn weight(shown: &str, unit: MassUnit, stable: bool) -> SicsReply {
    SicsReply::Weight(Weight::new(Decimal::parse(shown).unwrap(), unit, Some(stable)).unwrap())
}

fn check(frame: &str, expect: Option<&SicsReply>) {
    assert_eq!(SicsReply::parse(frame.as_bytes()).ok().as_ref(), expect, "{frame:?}");
}

#[test]
fn a_weight_is_read_whether_or_not_the_scale_pads_it() {
    check("S S     100.00 g", Some(&weight("100.00", MassUnit::Gram, true)));
    check("S D 2.250 lb", Some(&weight("2.250", MassUnit::Pound, false)));
    check("S  S    -0.0082   kg ", Some(&weight("-0.0082", MassUnit::Kilogram, true)));
    check("S S -   0.50 g", Some(&weight("-0.50", MassUnit::Gram, true)));
}

#[test]
fn what_is_not_a_whole_reply_is_never_a_weight() {
    for frame in [
        "",
        "S",
        "S S",
        "S S g",
        "S S 100.00",
        "S X 100.00 g",
        "S A 100.00 g",
        "S S 1 2 g",
        "S S 1.0.0 g",
        "s s 1.00 g",
        "S S 100.00 g g",
        "S S 1e3 g",
        "SS 100.00 g",
        "S S 99999999999999999999 g",
        "S S 9223372036854775807 t",
        "S S 5.00 \u{1}",
        "ES ES",
        "S I 5.00 g",
        "I4 A 123",
        "I4 A \"123\" x",
        "XX A",
        "T",
        "T X 1.00 g",
    ] {
        check(frame, None);
    }
}

#[test]
fn refusals_say_what_was_refused_and_why() {
    let refused = |command, why| SicsReply::Refused { command, why };
    check("S I", Some(&refused(Some(Command::Weigh), Refusal::Busy)));
    check("SI -", Some(&refused(Some(Command::Weigh), Refusal::Underload)));
    check("Z +", Some(&refused(Some(Command::Zero), Refusal::Overload)));
    check("PW L", Some(&refused(Some(Command::PieceWeight), Refusal::Logical)));
    check("ES", Some(&refused(None, Refusal::Syntax)));
    check("ET", Some(&refused(None, Refusal::Transmission)));
    check("EL", Some(&refused(None, Refusal::Logical)));
}

#[test]
fn acknowledgements_carry_their_amounts() {
    let done = |command, stable, amount: Option<(&str, &str)>| SicsReply::Done {
        command,
        stable,
        amount: amount.map(|(shown, unit)| Amount { shown: Decimal::parse(shown).unwrap(), unit: unit.into() }),
    };
    check("Z A", Some(&done(Command::Zero, None, None)));
    check("ZI D", Some(&done(Command::ZeroImmediate, Some(false), None)));
    check("T S     100.00 g", Some(&done(Command::Tare, Some(true), Some(("100.00", "g")))));
    check("TA A 1.5 kg", Some(&done(Command::TareValue, None, Some(("1.5", "kg")))));
    check("TAC A", Some(&done(Command::TareClear, None, None)));
    check("PW A 0.123 g", Some(&done(Command::PieceWeight, None, Some(("0.123", "g")))));
    check("I4 A \"B 0 1\"", Some(&SicsReply::Serial("B 0 1".into())));
    check("I2 A \"XS204  220.0090 g\"", Some(&SicsReply::Info("XS204  220.0090 g".into())));
}

#[test]
fn a_level_that_is_not_a_weight_is_unknown_and_an_acknowledgement_is_no_level() {
    let reading = |frame: &str| SicsReply::parse(frame.as_bytes()).unwrap().reading();
    for (frame, cause) in [
        ("S +", Cause::Overload),
        ("T +", Cause::Overload),
        ("S -", Cause::Underload),
        ("S I", Cause::Busy),
        ("S L", Cause::DeviceError),
        ("ES", Cause::DeviceError),
        ("S D 252 PCS", Cause::DeviceError),
        ("S S 50.0 %", Cause::DeviceError),
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
    let Ok(SicsReply::NotAMass { amount, stable: false }) = SicsReply::parse(b"S D        252 PCS") else {
        panic!("a count is no mass");
    };
    assert_eq!(amount.pieces(), Some(252));
}

#[test]
fn a_stream_may_be_cut_anywhere_and_end_its_lines_in_any_way() {
    let expect = [Ok(weight("5.00", MassUnit::Gram, true)), Ok(weight("5.01", MassUnit::Gram, false))];
    for ending in ["\r\n", "\r", "\n"] {
        let stream = format!("S S 5.00 g{ending}S D 5.01 g{ending}S S 5.0");
        for cut in 0..=stream.len() {
            let (head, tail) = stream.as_bytes().split_at(cut);
            assert_eq!(replies(&[head, tail]), expect, "{ending:?} cut at {cut}");
        }
    }
}

#[test]
fn a_bad_frame_costs_that_frame_and_noise_before_a_letter_costs_nothing() {
    let found = replies(&[b"\xff\xfe\x00 12S S 5.00 g\r\nS S 5.\xff0 g\r\n\r\nS S 5.02 g\r\n"]);
    let good: Vec<_> = found.iter().flatten().collect();
    assert_eq!(good, [&weight("5.00", MassUnit::Gram, true), &weight("5.02", MassUnit::Gram, true)]);
    assert_eq!(found.len(), 4, "two frames were bad: the torn one and the empty one");
}

#[test]
fn a_frame_without_end_is_bounded_and_reported_once() {
    let mut scale = MtSics::new();
    for _ in 0..10_000 {
        scale.push(b"Snoise");
        assert!(scale.held_bytes() <= 4 * FRAME_LEN_MAX);
    }
    assert_eq!(scale.poll(), Some(Err(FrameError::TooLong { max: FRAME_LEN_MAX })));
    assert_eq!(scale.poll(), None);
    scale.push(b"still the same frame\r\nS S 5.00 g\r\n");
    assert_eq!(scale.poll(), Some(Ok(weight("5.00", MassUnit::Gram, true))));
}
