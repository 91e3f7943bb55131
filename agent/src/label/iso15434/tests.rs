use super::*;

/// `controls` in the label: `{` RS, `|` GS, `}` EOT, so that the cases can be read.
fn with_controls(label: &str) -> Vec<u8> {
    label
        .bytes()
        .map(|byte| match byte {
            b'{' => RS,
            b'|' => GS,
            b'}' => EOT,
            other => other,
        })
        .collect()
}

/// `06:P=4711,Q=250 07:raw` and the deviations behind ` ! `.
fn shown(message: &Message) -> String {
    let formats: Vec<String> = message
        .formats
        .iter()
        .map(|format| {
            let content = match &format.content {
                Content::Fields(fields) => {
                    fields.iter().map(|f| format!("{}={}", f.id, f.text())).collect::<Vec<_>>().join(",")
                }
                Content::Raw(raw) => raw.escape_ascii().to_string(),
            };
            format!("{}:{content}", format.indicator.map_or("-", Indicator::as_str))
        })
        .collect();
    let deviations: Vec<&str> = message.deviations.iter().map(|deviation| deviation.name()).collect();
    if deviations.is_empty() { formats.join(" ") } else { format!("{} ! {}", formats.join(" "), deviations.join(" ")) }
}

fn check_bytes(label: &[u8], expect: Result<&str, &'static str>) {
    let found = Message::parse(label).map(|message| shown(&message)).map_err(EnvelopeError::code);
    assert_eq!(found.as_deref(), expect.as_ref().map(|text| *text), "{}", label.escape_ascii());
}

fn check(label: &str, expect: &str) {
    check_bytes(&with_controls(label), Ok(expect));
}

fn check_refused(label: &str, code: &'static str) {
    check_bytes(&with_controls(label), Err(code));
}

#[test]
fn fields_come_in_the_order_of_the_label_with_their_values_untouched() {
    check("[)>{06|P4711-0815|Q000250|1TLOT22A{}", "06:P=4711-0815,Q=000250,1T=LOT22A");
    check("[)>{06|PPN WITH SPACE |PPN-lower{}", "06:P=PN WITH SPACE ,P=PN-lower");
    check("[)>{06|K|1K7{}", "06:K=,1K=7");
    check("[)>{06|PA]B^C{}", "06:P=A]B^C");
    check_bytes(b"[)>\x1e06\x1dPGr\xf6\xdfe\x1e\x04", Ok("06:P=Größe"));
    let message = Message::parse(b"[)>\x1e06\x1dP\xf6\xff\x1e\x04").unwrap();
    assert_eq!(message.fields().next().unwrap().value, b"\xf6\xff");
}

#[test]
fn one_message_may_hold_several_formats() {
    check("[)>{06|PABC{06|PDEF|Q2{}", "06:P=ABC 06:P=DEF,Q=2");
    check("[)>{05|0109521234567882{06|1PABC|Q5{}", "05:01=09521234567882 06:1P=ABC,Q=5");
    check("[)>{07FREE{12|SER 786950|MFR 0CVA5{}", "07:FREE 12:SER=786950,MFR=0CVA5");
    check("[)>{06|PABC{07X", "06:P=ABC 07:X ! missing-trailer");
}

#[test]
fn formats_without_fields_are_kept_raw() {
    check("[)>{01|96123|840|001{}", "01:96123\\x1d840\\x1d001");
    check("[)>{02UNB+1\u{1c}2{}", "02:UNB+1\\x1c2");
    check("[)>{03004010X{}", "03:004010X");
    check("[)>{04X{}", "04:X");
    check("[)>{07FREE TEXT 123{}", "07:FREE TEXT 123");
    check("[)>{08X{}", "08:X");
}

#[test]
fn a_binary_format_ends_where_its_count_says() {
    check("[)>{09|TIF|NONE|5|A{B}C{}", "09:TIF\\x1dNONE\\x1d5\\x1dA\\x1eB\\x04C");
    check("[)>{09|TIF|NONE|1|A{06|Q1{}", "09:TIF\\x1dNONE\\x1d1\\x1dA 06:Q=1");
    // A count that does not lead to an end is no count.
    check("[)>{09|TIF|NONE|9|A{}", "09:TIF\\x1dNONE\\x1d9\\x1dA");
    check("[)>{09|TIF|NONE|18446744073709551615|A{}", "09:TIF\\x1dNONE\\x1d18446744073709551615\\x1dA");
    check("[)>{09DATA{}", "09:DATA");
}

#[test]
fn text_identifiers_are_parted_at_the_space() {
    check("[)>{12|SER 786 950|MFR {}", "12:SER=786 950,MFR=");
    check("[)>{DD|SER 1|PNO A{}", "DD:SER=1,PNO=A");
    check_refused("[)>{12|SER786950{}", "bad-data-identifier");
    check_refused("[)>{12|ser 1{}", "bad-data-identifier");
    check_refused("[)>{12|SE{}", "bad-data-identifier");
}

#[test]
fn defects_of_real_labels_are_read_past_and_named() {
    check("[)>{06|P1|Q2", "06:P=1,Q=2 ! missing-trailer");
    check("[)>{06|P1|Q2}", "06:P=1,Q=2 ! missing-trailer");
    check("[)>{06|P1|Q2{", "06:P=1,Q=2 ! missing-eot");
    check("[)>{06|P1|Q2{\r\n", "06:P=1,Q=2 ! missing-eot");
    check("[)>{06|P1|Q2{}\r\n", "06:P=1,Q=2");
    check("[)>06|P1|Q2{}", "06:P=1,Q=2 ! missing-rs-after-header");
    check("[)>06|P1|Q2", "06:P=1,Q=2 ! missing-rs-after-header missing-trailer");
    check(">[)>06|P1|Q2", "06:P=1,Q=2 ! bad-header missing-trailer");
    check(">[)>{06|P1|Q2{}", "06:P=1,Q=2 ! bad-header");
}

#[test]
fn separators_that_were_made_visible_are_told_by_the_header() {
    check("[)>\u{241e}06\u{241d}P1\u{241d}Q2\u{241e}\u{2404}", "06:P=1,Q=2 ! control-pictures");
    check("[)>06\u{241d}P1\u{241d}Q2", "06:P=1,Q=2 ! control-pictures missing-rs-after-header missing-trailer");
    check("[)>^06]P1]Q2^}", "06:P=1,Q=2 ! control-pictures");
    check("[)>^06]P1]Q2^D", "06:P=1,Q=2 ! control-pictures");
    check("[)>^06]P1]Q2^d", "06:P=1,Q=2 ! control-pictures");
    check("[)>^06]P1]Q2^", "06:P=1,Q=2 ! control-pictures missing-eot");
    check("[)>^06]P1]QD", "06:P=1,Q=D ! control-pictures missing-trailer");
    check("[)>06]P1]Q2", "06:P=1,Q=2 ! control-pictures missing-rs-after-header missing-trailer");
    check("[)>^07FREE^06]Q2^D", "07:FREE 06:Q=2 ! control-pictures");
    // Where the header has real separators, the same characters are data.
    check("[)>{06|P\u{241d}1|Q]2{}", "06:P=\u{241d}1,Q=]2");
}

#[test]
fn what_cannot_be_read_is_told_by_its_class() {
    for label in ["", "[", "[)", "[){06|P1{}", "P4711", "(>{06|P1", ">>[)>{06|P1", " [)>{06|P1{}"] {
        check_refused(label, "not-an-envelope");
    }
    for label in ["[)>", ">[)>", "[)>{0", "[)>0"] {
        check_refused(label, "truncated");
    }
    for label in ["[)>{", "[)>{}", "[)>}", "[)>{}\r"] {
        check_refused(label, "no-format");
    }
    for label in ["[)>{06", "[)>{06{}", "[)>{06}", "[)>{07{}", "[)>{07|{}", "[)>{06|P1{07{}", "[)>06"] {
        check_refused(label, "empty-format");
    }
    for label in ["[)>{06|{}", "[)>{06|", "[)>{06||P1{}", "[)>{06|P1|{}", "[)>{06|P1||Q2", "[)>{12|{}"] {
        check_refused(label, "empty-field");
    }
    for label in ["[)>{06|1234PABC{}", "[)>{06|abc{}", "[)>{06|123{}", "[)>{06|P1|\u{c4}2{}"] {
        check_refused(label, "bad-data-identifier");
    }
    for label in ["[)>{XX|P1{}", "[)>{10|P1{}", "[)>{99|P1{}", "[)>P1", "[)>{06P1{}", "[)>{6|P1{}", "[)>{06|P1{{}"] {
        check_refused(label, "bad-format-indicator");
    }
    for label in ["[)>{06|P1{}X", "[)>{06|P1}X", "[)>{06|P1{0X{}"] {
        check_refused(label, "bad-format-indicator");
    }
}

#[test]
fn a_linear_symbol_carries_one_identifier_and_its_value() {
    let read = |label: &str| {
        Message::parse_linear(label.as_bytes()).map(|message| shown(&message)).map_err(EnvelopeError::code)
    };
    assert_eq!(read("P4711-0815").as_deref(), Ok("-:P=4711-0815"));
    assert_eq!(read("25SUN987654321A1").as_deref(), Ok("-:25S=UN987654321A1"));
    assert_eq!(read("PN").as_deref(), Ok("-:P=N"));
    for label in ["abc", "1234P1", "250", "[)>"] {
        assert_eq!(read(label), Err("bad-data-identifier"), "{label}");
    }
    for label in ["", "P", "1P"] {
        assert_eq!(read(label), Err("empty-field"), "{label}");
    }
}

#[test]
fn a_message_serializes_with_formats_and_deviations() {
    let json = |message: &Message| serde_json::to_string(message).unwrap();
    let message = Message::parse(&with_controls("[)>{06|P1{07A|B")).unwrap();
    assert_eq!(
        json(&message),
        "{\"formats\":[{\"indicator\":\"06\",\"fields\":[[\"P\",\"1\"]]},{\"indicator\":\"07\",\"raw\":\"A\\u001dB\"}],\
         \"deviations\":[\"missing-trailer\"]}"
    );
    let linear = Message::parse_linear(b"Q250").unwrap();
    assert_eq!(json(&linear), r#"{"formats":[{"indicator":null,"fields":[["Q","250"]]}],"deviations":[]}"#);
}

#[test]
fn element_strings_in_an_envelope_obey_the_rules_of_gs1() {
    check("[)>{05|0109521234567882|10LOT1{}", "05:01=09521234567882,10=LOT1");
    check("[)>{05|010952123456788210LOT1|", "05:01=09521234567882,10=LOT1 ! missing-trailer");
    check_refused("[)>{05|AB12{}", "bad-data-identifier");
    for label in ["[)>{05|{}", "[)>{05||10A{}", "[)>{05|10A||21B{}"] {
        check_refused(label, "empty-field");
    }
}
