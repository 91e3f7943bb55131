use super::*;

fn scanned(payload: &str) -> Result<String, &'static str> {
    let found = ElementString::parse(payload.as_bytes(), Checks::default());
    found.map(|string| string.to_string()).map_err(|error| error.code())
}

fn bracketed(text: &str, checks: Checks) -> Result<String, &'static str> {
    let found = ElementString::parse_bracketed(text.as_bytes(), checks);
    found.map(|string| string.to_string()).map_err(|error| error.code())
}

fn check_scanned(payload: &str, expect: Result<&str, &'static str>) {
    assert_eq!(scanned(payload), expect.map(str::to_owned), "{payload:?}");
}

fn check_bracketed(text: &str, expect: Result<&str, &'static str>) {
    assert_eq!(bracketed(text, Checks::default()), expect.map(str::to_owned), "{text}");
}

#[test]
fn values_of_predefined_length_need_no_separator_and_others_do() {
    check_scanned("010952123456788217260430\u{1D}10LOT-7", Ok("(01)09521234567882(17)260430(10)LOT-7"));
    check_scanned("31030017500109521234567882", Ok("(3103)001750(01)09521234567882"));
    check_scanned("10LOT\u{1D}21S1\u{1D}240X", Ok("(10)LOT(21)S1(240)X"));
    check_scanned("411952123456788210A", Ok("(411)9521234567882(10)A"));
    check_scanned("8005001234\u{1D}0109521234567882", Ok("(8005)001234(01)09521234567882"));
    check_scanned("80050012340109521234567882", Err("value-too-long"));
}

#[test]
fn one_separator_too_many_is_tolerated_and_two_are_not() {
    check_scanned("0109521234567882\u{1D}10A\u{1D}", Ok("(01)09521234567882(10)A"));
    check_scanned("0109521234567882\u{1D}", Ok("(01)09521234567882"));
    check_scanned("10A\u{1D}\u{1D}", Err("unknown-ai"));
    check_scanned("0109521234567882\u{1D}\u{1D}10A", Err("unknown-ai"));
    check_scanned("\u{1D}10A", Err("unknown-ai"));
}

#[test]
fn the_first_thing_wrong_is_reported_and_where_it_is() {
    for (payload, expect) in [
        ("", "value-empty"),
        ("10", "value-empty"),
        ("10\u{1D}17260430", "value-empty"),
        ("01123", "value-length"),
        ("0109521234567883", "check-digit"),
        ("8912", "unknown-ai"),
        ("1", "unknown-ai"),
        ("10ABCDEFGHIJKLMNOPQRSTU", "value-too-long"),
        ("10AB^C", "illegal-character"),
        ("0109521234567883\u{1D}10AB^C", "illegal-character"),
        ("10A\u{7F}", "charset"),
        ("10A\u{0}", "charset"),
        ("42228", "value-length"),
    ] {
        check_scanned(payload, Err(expect));
    }
    let error = ElementString::parse(b"010952123456788217260431", Checks::default()).err();
    let ai = Ai::parse(b"17").unwrap();
    assert_eq!(error, Some(Gs1Error::Value { ai, fault: Fault::Day, at: 22 }));
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("AI (17): the month has no such day, at position 22")
    );
}

#[test]
fn bracketed_text_is_read_with_its_escapes() {
    check_bracketed("(01)09521234567882(10)A\\(1)(21)7", Ok("(01)09521234567882(10)A\\(1)(21)7"));
    let string = ElementString::parse_bracketed(b"(10)A\\(1)\\((21)7", Checks::default()).unwrap();
    assert_eq!(string.get("10"), Some(&b"A(1)("[..]));
    assert_eq!(string.get("21"), Some(&b"7"[..]));
    check_bracketed("(10)A\\B", Err("charset"));
}

#[test]
fn bracketed_text_is_refused_for_its_form_before_its_values() {
    for (text, expect) in [
        ("", "bracket-syntax"),
        ("0109521234567882", "bracket-syntax"),
        ("(10)12345(11)", "bracket-syntax"),
        ("(01)09521234567883(10)", "bracket-syntax"),
        ("(15", "bracket-syntax"),
        ("(", "bracket-syntax"),
        ("1(10)A", "bracket-syntax"),
        ("()1", "unknown-ai"),
        ("(1)1", "unknown-ai"),
        ("(1A)1", "unknown-ai"),
        ("(12345)1", "unknown-ai"),
        ("(310)123456", "unknown-ai"),
        ("(10)(11)260430", "value-too-short"),
        ("(17)9(90)217", "value-too-short"),
        ("(01)09521234567883(10)ABCDEFGHIJKLMNOPQRSTU", "value-too-long"),
        ("(10)1^", "illegal-character"),
        ("(7007)2604302", "value-length"),
        ("(10) ", "charset"),
        ("(00)A52123456789000137", "non-digit"),
    ] {
        check_bracketed(text, Err(expect));
    }
}

#[test]
fn elements_that_exclude_each_other_are_refused_however_they_are_ordered() {
    for text in [
        "(01)09521234567882(02)09521234567882",
        "(02)09521234567882(01)09521234567882",
        "(01)09521234567882(37)5",
        "(3103)001750(3102)000175",
        "(21)A(235)B",
        "(3940)1234(8111)9999",
        "(3955)123456(3929)123",
        "(420)1(421)2761",
        "(8017)952123456789012345(8018)952123456789012345",
    ] {
        check_bracketed(text, Err("ai-mutually-exclusive"));
    }
    check_bracketed("(3103)001750(3113)000175", Ok("(3103)001750(3113)000175"));
}

#[test]
fn an_ai_may_be_repeated_with_the_same_value_only() {
    check_bracketed("(400)ABC(99)D(400)ABC", Ok("(400)ABC(99)D(400)ABC"));
    for text in ["(400)ABC(400)AB", "(400)ABC(99)D(400)XYZ", "(400)A(400)A(400)B", "(400)A(400)B(400)A"] {
        check_bracketed(text, Err("ai-repeated-different"));
    }
}

#[test]
fn a_signed_key_has_its_serial_part() {
    check_bracketed("(253)1234567890128(8030)ABC", Err("serial-required"));
    check_bracketed("(8003)01234567890128(8030)ABC", Err("serial-required"));
    check_bracketed("(253)1234567890128X(8030)ABC", Ok("(253)1234567890128X(8030)ABC"));
    check_bracketed("(253)1234567890128", Ok("(253)1234567890128"));
}

#[test]
fn requisites_are_an_error_only_when_asked_for_and_a_warning_otherwise() {
    let all = Checks { requisites: true };
    for (text, meets) in [
        ("(01)09521234567882(10)A", true),
        ("(10)A", false),
        ("(02)09521234567882", false),
        ("(02)09521234567882(37)5", false),
        ("(00)952123456789000137(02)09521234567882(37)5", true),
        ("(01)09521234567882(250)B", false),
        ("(01)09521234567882(21)A(250)B", true),
        ("(8030)A", false),
        ("(8030)A(01)09521234567882", false),
        ("(8030)A(01)09521234567882(21)1", true),
        ("(01)09521234567882(3922)299(3103)001750", true),
        ("(01)09521234567882(3922)299", false),
        ("(7258)1/3(8018)952123456789012345(7259)A", true),
        ("(7258)1/3(8018)952123456789012345", false),
    ] {
        assert_eq!(bracketed(text, all).err(), (!meets).then_some("ai-requisite-missing"), "{text}");
        let string = ElementString::parse_bracketed(text.as_bytes(), Checks::default()).unwrap();
        assert_eq!(string.missing_requisites().next().is_none(), meets, "{text}");
    }
}

#[test]
fn another_separator_is_read_as_one_in_any_of_its_spellings() {
    for (separator, payload) in [
        (Separator::Pipe, "10A1|17260430|"),
        (Separator::Tilde, "10A1~17260430"),
        (Separator::Caret, "10A1^17260430"),
        (Separator::Underscore, "10A1_17260430"),
        (Separator::Space, "10A1 17260430"),
        (Separator::BracedGs, "10A1{GS}17260430{GS}"),
        (Separator::AngledGs, "10A1<GS>17260430"),
        (Separator::ControlPicture, "10A1\u{241D}17260430"),
        (Separator::Pipe, "10A1\u{1D}17260430"),
    ] {
        let found = ElementString::parse_separated(payload.as_bytes(), separator, Checks::default());
        assert_eq!(found.map(|string| string.to_string()).as_deref(), Ok("(10)A1(17)260430"), "{payload}");
    }
    let full = format!("10{}{{GS}}17260430", "A".repeat(20));
    assert!(ElementString::parse_separated(full.as_bytes(), Separator::BracedGs, Checks::default()).is_ok());
}

#[test]
fn lost_separators_are_put_back_only_where_nothing_else_reads() {
    let parse =
        |payload: &'static str| ElementString::parse_lenient(payload.as_bytes(), Separator::Gs, Checks::default());
    let found = parse("01095212345678827003260131093010LOT").unwrap();
    assert_eq!(
        (found.to_string().as_str(), found.separator_lost()),
        ("(01)09521234567882(7003)2601310930(10)LOT", true)
    );
    let found = parse("10A17260430").unwrap();
    assert_eq!((found.to_string().as_str(), found.separator_lost()), ("(10)A17260430", false));
    assert_eq!(parse("0109521234567883").err().map(|error| error.code()), Some("check-digit"));
    let error = parse("10ABCDEFGHIJKLM1726043021SERIAL").err();
    assert_eq!(error, Some(Gs1Error::SeparatorAmbiguous { code: "value-too-long" }));
}

#[test]
fn a_string_of_elements_without_end_is_refused() {
    let payload = "20012101".repeat(ELEMENTS_MAX);
    check_scanned(&payload, Err("value-too-long"));
    check_scanned(&"2001".repeat(ELEMENTS_MAX), Ok(&"(20)01".repeat(ELEMENTS_MAX)));
    check_scanned(&"2001".repeat(ELEMENTS_MAX + 1), Err("value-too-long"));
}

#[test]
fn json_lists_the_pairs_in_order() {
    let string = ElementString::parse(b"0109521234567882\x1D10A", Checks::default()).unwrap();
    assert_eq!(string.to_json().to_string(), r#"{"ais":[["01","09521234567882"],["10","A"]]}"#);
}
