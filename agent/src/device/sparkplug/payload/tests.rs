use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn check(hex: &str, expect: Result<&str, PayloadError>) {
    let shown = Payload::decode(&bytes(hex)).map(|payload| serde_json::to_string(&payload).unwrap());
    assert_eq!(shown, expect.map(str::to_owned), "{hex}");
}

fn one(metric: Metric) -> Metric {
    let payload = Payload::decode(&Payload::new(5, vec![metric]).encode()).unwrap();
    payload.metrics.into_iter().next().unwrap()
}

#[test]
fn a_payload_is_read_by_its_field_numbers_in_any_order() {
    check("", Ok(r#"{"timestamp":null,"seq":null,"metrics":[]}"#));
    check("08051802", Ok(r#"{"timestamp":5,"seq":2,"metrics":[]}"#));
    check("18022203616263 0805", Ok(r#"{"timestamp":5,"seq":2,"uuid":"abc","metrics":[]}"#));
    let metric = "12 0c 0a0161 1001 1805 2003 5005";
    let expect = r#"{"name":"a","alias":1,"timestamp":5,"datatype":"Int32","value":5}"#;
    check(&metric.replace("0c", "0b"), Ok(&format!(r#"{{"timestamp":null,"seq":null,"metrics":[{expect}]}}"#)));
}

#[test]
fn fields_nobody_needs_are_skipped_and_what_is_no_message_is_refused() {
    // The custom body, and fields of extensions in all kinds.
    check("2a02ffff 3005 3103030303030303033a0101 3d01020304 0805", Ok(r#"{"timestamp":5,"seq":null,"metrics":[]}"#));
    check("08", Err(WireError::Truncated.into()));
    check("1205 0a01", Err(WireError::Truncated.into()));
    check("1202 0a05", Err(WireError::Truncated.into()));
    check("0b08050c", Err(WireError::Kind.into()));
    check("0a0105", Err(WireError::WrongKind { field: 1 }.into()));
    check("1205 6500000000", Ok(r#"{"timestamp":null,"seq":null,"metrics":[{"value":0.0}]}"#));
    check("1203 650000", Err(WireError::Truncated.into()));
    assert_eq!(Payload::decode(b"{\"online\":true}"), Err(WireError::Kind.into()));
    let len = LEN_MAX + 1;
    assert_eq!(Payload::decode(&vec![0; len]), Err(PayloadError::TooLarge { len }));
}

#[test]
fn flags_are_shown_when_they_are_set_and_a_null_metric_has_no_value() {
    let metric = |fields: &str| format!("12{:02x}{fields}", fields.len() / 2);
    let shown = |metric: &str| format!(r#"{{"timestamp":null,"seq":null,"metrics":[{metric}]}}"#);
    check(&metric("100120033801"), Ok(&shown(r#"{"alias":1,"datatype":"Int32","is_null":true,"value":null}"#)));
    check(&metric("10012003380150ff01"), Ok(&shown(r#"{"alias":1,"datatype":"Int32","is_null":true,"value":null}"#)));
    let late = r#"{"alias":1,"datatype":"Int32","is_historical":true,"is_transient":true,"value":255}"#;
    check(&metric("100120032801300150ff01"), Ok(&shown(late)));
    check(&metric("1001280030003800"), Ok(&shown(r#"{"alias":1,"value":null}"#)));
}

#[test]
fn the_last_of_several_values_counts_and_a_long_int_is_cut_to_its_field() {
    let metric = Payload::decode(&bytes("1204 50055006")).unwrap().metrics.remove(0);
    assert_eq!(metric.wire, Some(WireValue::Int(6)));
    // A negative number that its sender has extended to 64 bits.
    let metric = Payload::decode(&bytes("120d 2003 50fbffffffffffffffff01")).unwrap().metrics.remove(0);
    assert_eq!(metric.value(None), Some(Value::Int(-5)));
}

#[test]
fn every_kind_of_value_reads_back_as_written() {
    for (datatype, wire) in [
        (DataType::Int8, WireValue::Int(u32::MAX)),
        (DataType::UInt64, WireValue::Long(u64::MAX)),
        (DataType::Float, WireValue::Float(0.1)),
        (DataType::Double, WireValue::Double(-11.5)),
        (DataType::Boolean, WireValue::Flag(true)),
        (DataType::String, WireValue::Text("hé".into())),
        (DataType::File, WireValue::Bytes(vec![0, 255])),
        (DataType::DataSet, WireValue::DataSet(vec![8, 0])),
        (DataType::Template, WireValue::Template(vec![])),
    ] {
        let metric = Metric { alias: Some(7), ..Metric::new("Läger/1", datatype, wire).at(5) };
        assert_eq!(one(metric.clone()), metric);
        let flagged = Metric { is_historical: true, is_transient: true, quality: Quality::Stale, ..metric };
        assert_eq!(one(flagged.clone()), flagged);
    }
    assert_eq!(one(Metric { is_null: true, ..Metric::default() }), Metric { is_null: true, ..Metric::default() });
    assert_eq!(one(Metric::default()), Metric::default());
}

#[test]
fn a_value_without_a_datatype_is_read_by_that_of_its_birth() {
    let metric = one(Metric::of_alias(1, WireValue::Int(u32::MAX)));
    assert_eq!(metric.value(None), Some(Value::UInt(4_294_967_295)));
    assert_eq!(metric.value(Some(DataType::Int16)), Some(Value::Int(-1)));
    let typed = Metric { datatype: Some(DataType::UInt8), ..metric };
    assert_eq!(typed.value(Some(DataType::Int16)), Some(Value::UInt(255)), "its own comes first");
}

#[test]
fn a_text_in_another_code_page_keeps_its_characters_apart() {
    let metric = Payload::decode(&bytes("1205 7a03 63b067")).unwrap().metrics.remove(0);
    assert_eq!(metric.wire, Some(WireValue::Text("c°g".into())));
}

#[test]
fn quality_is_found_among_other_properties() {
    let quality = |properties: &str| Quality::decode(&bytes(properties));
    // Keys Unit and Quality, then their values.
    let keys = "0a04556e6974 0a075175616c697479";
    for (value, expect) in [
        ("1205 080c 42016b 1204 0803 1800", Ok(Quality::Bad)),
        ("1205 080c 42016b 1205 0803 18c001", Ok(Quality::Good)),
        ("1205 080c 42016b 1205 0803 18d801", Ok(Quality::Good)),
        ("1205 080c 42016b 1205 0803 18f403", Ok(Quality::Stale)),
        ("1205 080c 42016b 1205 0804 20f403", Ok(Quality::Stale)),
        ("1205 080c 42016b", Ok(Quality::Good)),
        ("1205 080c 42016b 1202 1001", Ok(Quality::Good)),
        ("1205 080c 42016b 1202 0a05", Err(WireError::Truncated)),
        ("1205 080c 42016b 1203 1a0141", Err(WireError::WrongKind { field: 3 })),
        ("10", Err(WireError::Truncated)),
    ] {
        assert_eq!(quality(&format!("{keys}{value}")), expect, "{value}");
    }
    assert_eq!(quality("0a04556e6974 1204 0803 1800"), Ok(Quality::Good));
    assert_eq!(quality(""), Ok(Quality::Good));
}

#[test]
fn metrics_beyond_the_limit_are_counted_and_not_kept() {
    let payload = Payload::decode(&[0x12, 0x00].repeat(METRICS_MAX + 3)).unwrap();
    assert_eq!((payload.metrics.len(), payload.metrics_dropped), (METRICS_MAX, 3));
    // Skipped, not trusted: the rest of the payload still has to be a message.
    assert!(Payload::decode(&[[0x12, 0x00].repeat(METRICS_MAX).as_slice(), &[0x12, 0x09]].concat()).is_err());
}

#[test]
fn messages_of_a_node_hold_what_each_node_has_to_have() {
    let birth = Payload::node_birth(9, 255, vec![Metric::new("w", DataType::Float, WireValue::Float(1.0))]);
    let read = Payload::decode(&birth.encode()).unwrap();
    assert_eq!((read.seq, read.timestamp, read.session()), (Some(0), Some(9), Some(255)));
    let names: Vec<_> = read.metrics.iter().filter_map(|metric| metric.name.as_deref()).collect();
    assert_eq!(names, [BD_SEQ, REBIRTH, "w"]);
    let death = Payload::decode(&Payload::node_death(9, 255).encode()).unwrap();
    assert_eq!((death.seq, death.session(), death.metrics.len()), (None, Some(255), 1));
    assert_eq!(Payload::new(5, vec![]).session(), None);
}

#[test]
fn a_request_for_rebirth_is_the_command_byte_for_byte() {
    let expect = "0880909282e73312210a144e6f646520436f6e74726f6c2f526562697274681880909282e733200b7001";
    assert_eq!(Payload::rebirth(1_780_000_000_000).encode(), bytes(expect));
}
