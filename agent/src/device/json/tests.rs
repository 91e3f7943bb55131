use super::*;

fn weight_dialect() -> JsonDialect {
    let fields = JsonFields {
        weight: Some("data.w".into()),
        unit: Some("data.u".into()),
        stable: Some("ok".into()),
        ..JsonFields::default()
    };
    JsonDialect::new(fields, Some(MassUnit::Gram)).unwrap()
}

fn scan_dialect() -> JsonDialect {
    let fields = JsonFields {
        code: Some("code".into()),
        quantity: Some("qty".into()),
        id: Some("id".into()),
        place: Some("at".into()),
        ..JsonFields::default()
    };
    JsonDialect::new(fields, None).unwrap()
}

fn weight(shown: &str, unit: MassUnit, stable: Option<bool>) -> Result<Reading, JsonError> {
    Ok(Reading::Weight(Weight::new(Decimal::parse(shown).unwrap(), unit, stable).unwrap()))
}

#[test]
fn a_weight_is_read_with_its_own_unit_or_the_configured_one() {
    let read = |payload: &str| weight_dialect().read(payload.as_bytes());
    assert_eq!(read(r#"{"data":{"w":12.50,"u":"KG"},"ok":true}"#), weight("12.50", MassUnit::Kilogram, Some(true)));
    assert_eq!(read(r#"{"data":{"w":"12.5"},"ok":0}"#), weight("12.5", MassUnit::Gram, Some(false)));
    assert_eq!(read(r#"{"data":{"w":2},"ok":"1"}"#), weight("2", MassUnit::Gram, Some(true)));
    assert_eq!(read(r#"{"data":{"w":1e3,"u":null}}"#), weight("1000", MassUnit::Gram, None));
}

#[test]
fn a_sensor_that_could_not_read_makes_the_level_unknown() {
    for payload in [r#"{"data":{"w":null}}"#, r#"{"data":{"w":"nan"}}"#, r#"{"data":{"w":NaN}}"#] {
        assert_eq!(weight_dialect().read(payload.as_bytes()), Ok(Reading::Unknown(Cause::NotANumber)), "{payload}");
    }
}

#[test]
fn a_wrong_weight_payload_names_its_field() {
    for (payload, error) in [
        (r#"{"data":{}}"#, "field data.w is missing"),
        (r#"[1]"#, "field data.w is missing"),
        (r#"{"data":{"w":"heavy"}}"#, "field data.w is not a number"),
        (r#"{"data":{"w":9e18,"u":"t"}}"#, "field data.w is not a number"),
        (r#"{"data":{"w":1,"u":"pcs"}}"#, "field data.u is not a unit of mass (mg, g, kg, t, lb, oz)"),
        (r#"{"data":{"w":1},"ok":"maybe"}"#, "field ok is not true or false"),
        (r#"{"data":{"w":1"#, "payload is not JSON at line 1 column 14"),
    ] {
        let found = weight_dialect().read(payload.as_bytes()).map_err(|error| error.to_string());
        assert_eq!(found, Err(error.to_owned()), "{payload}");
    }
}

#[test]
fn a_scan_carries_what_the_sender_states() {
    let payload = r#"{"code":"]d20109521234567882\u001d21S1","qty":"12","id":77,"at":"bench"}"#;
    let Ok(Reading::Scan(scan)) = scan_dialect().read(payload.as_bytes()) else { panic!("a scan") };
    assert_eq!(scan.code, b"0109521234567882\x1d21S1");
    assert!(scan.symbology.is_some_and(super::super::AimId::is_gs1));
    assert_eq!((scan.quantity, scan.id.as_deref(), scan.place.as_deref()), (Some(12), Some("77"), Some("bench")));

    let Ok(Reading::Scan(bare)) = scan_dialect().read(br#"{"code":4006381333931,"qty":null}"#) else {
        panic!("a scan")
    };
    assert_eq!((bare.text().as_str(), bare.quantity, bare.id), ("4006381333931", None, None));
}

#[test]
fn a_wrong_scan_payload_names_its_field() {
    for (payload, error) in [
        (r#"{"qty":1}"#, "field code is missing"),
        (r#"{"code":""}"#, "field code is missing"),
        (r#"{"code":["A"]}"#, "field code is not text"),
        (r#"{"code":"A","qty":-1}"#, "field qty is not a whole number from 0 up"),
        (r#"{"code":"A","qty":1.5}"#, "field qty is not a whole number from 0 up"),
        (r#"{"code":"A","id":{}}"#, "field id is not text"),
    ] {
        let found = scan_dialect().read(payload.as_bytes()).map_err(|error| error.to_string());
        assert_eq!(found, Err(error.to_owned()), "{payload}");
    }
}

#[test]
fn any_payload_can_be_looked_at() {
    for (payload, expect) in [
        (r#"{"data":{"w":12.50},"ok":true}"#, r#"{"device":"bins/42","values":{"data.w":12.50,"ok":true}}"#),
        ("12.50", r#"{"device":"bins/42","values":{"value":12.50}}"#),
        ("NaN", r#"{"device":"bins/42","values":{"value":null}}"#),
        ("{}", r#"{"device":"bins/42"}"#),
    ] {
        let values = sensor_values("bins/42", payload.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&values).unwrap(), expect, "{payload}");
    }
    assert!(matches!(sensor_values("bins/42", b"Online"), Err(JsonError::NotJson { .. })));
}

#[test]
fn fields_that_make_no_dialect_are_refused() {
    let new = |weight: Option<&str>, code: Option<&str>, unit| {
        let fields = JsonFields { weight: weight.map(Into::into), code: code.map(Into::into), ..JsonFields::default() };
        JsonDialect::new(fields, unit).map(|_| ())
    };
    assert_eq!(new(None, None, None), Err(JsonFieldsError::NeitherWeightNorCode));
    assert_eq!(new(Some("w"), Some("c"), None), Err(JsonFieldsError::BothWeightAndCode));
    assert_eq!(new(Some("w"), None, None), Err(JsonFieldsError::NoUnit));
    assert_eq!(new(Some("w"), None, Some(MassUnit::Gram)), Ok(()));
}
