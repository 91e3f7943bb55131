use super::*;

fn check(ai: &str, value: &str, expect: &str) {
    let ai = Ai::parse(ai.as_bytes()).unwrap();
    let found = Gs1Value::read(ai, value.as_bytes(), 2026).map(|value| value.to_json().to_string());
    assert_eq!(found.as_deref().unwrap_or("none"), expect, "({ai}){value}");
}

#[test]
fn the_century_is_the_one_nearest_to_the_reference_year() {
    for (reference, year, expect) in [
        (2026, 76, 2076),
        (2026, 77, 1977),
        (2026, 0, 2000),
        (2025, 76, 1976),
        (2099, 49, 2149),
        (2099, 50, 2050),
        (2051, 1, 2101),
        (2051, 2, 2002),
        (1999, 50, 1950),
        (1999, 49, 2049),
    ] {
        assert_eq!(full_year(year, reference), Some(expect), "{year} in {reference}");
    }
}

#[test]
fn a_day_left_out_is_the_last_of_its_month() {
    check("17", "240200", r#"{"date":"2024-02-29","day_unspecified":true}"#);
    check("15", "261200", r#"{"date":"2026-12-31","day_unspecified":true}"#);
    check("11", "991231", r#"{"date":"1999-12-31","day_unspecified":false}"#);
    check("7250", "19840229", r#"{"date":"1984-02-29","day_unspecified":false}"#);
    check("7007", "260430260502", r#"{"date":"2026-04-30","day_unspecified":false,"until":"2026-05-02"}"#);
}

#[test]
fn a_time_is_as_exact_as_the_label() {
    check("7003", "2604301259", r#"{"datetime":"2026-04-30T12:59"}"#);
    check("8008", "26043012", r#"{"datetime":"2026-04-30T12"}"#);
    check("8008", "260430125907", r#"{"datetime":"2026-04-30T12:59:07"}"#);
    check("7011", "260430", r#"{"date":"2026-04-30","day_unspecified":false}"#);
    check("7011", "2604301259", r#"{"datetime":"2026-04-30T12:59"}"#);
    check("7251", "198402292359", r#"{"datetime":"1984-02-29T23:59"}"#);
    check("4324", "2604001259", r#"{"datetime":"2026-04-30T12:59","day_unspecified":true}"#);
}

#[test]
fn a_measure_has_its_decimals_unit_and_name() {
    check("3100", "000012", r#"{"decimal":"12","measure":"net weight","unit":"kg"}"#);
    check("3103", "000195", r#"{"decimal":"0.195","measure":"net weight","unit":"kg"}"#);
    check("3105", "000000", r#"{"decimal":"0.00000","measure":"net weight","unit":"kg"}"#);
    check("3112", "012345", r#"{"decimal":"123.45","measure":"length","unit":"m"}"#);
    check("3301", "012345", r#"{"decimal":"1234.5","measure":"gross weight","unit":"kg"}"#);
    check("3312", "012345", r#"{"decimal":"123.45","measure":"length, log","unit":"m"}"#);
    check("3143", "012345", r#"{"decimal":"12.345","measure":"area","unit":"m²"}"#);
    check("3560", "000007", r#"{"decimal":"7","measure":"net weight","unit":"ozt"}"#);
    check("3612", "000250", r#"{"decimal":"2.50","measure":"net volume","unit":"gal"}"#);
    check("3922", "0299", r#"{"decimal":"2.99","measure":"price","unit":null}"#);
    check("3929", "5", r#"{"decimal":"0.000000005","measure":"price","unit":null}"#);
    check("3932", "978000299", r#"{"decimal":"2.99","measure":"price","unit":"978"}"#);
    check("3902", "999999999999999", r#"{"decimal":"9999999999999.99","measure":"amount","unit":null}"#);
    check("4331", "001850-", r#"{"decimal":"-18.50","measure":"max temp","unit":"°C"}"#);
    check("4332", "001850", r#"{"decimal":"18.50","measure":"min temp","unit":"°F"}"#);
}

#[test]
fn every_measure_of_the_table_has_a_unit() {
    for prefix in (310..370).filter(|prefix| !matches!(prefix, 317..=319 | 338..=339 | 358..=359)) {
        let ai = Ai::parse(format!("{prefix}2").as_bytes()).unwrap();
        let Some(Gs1Value::Measure { unit, .. }) = Gs1Value::read(ai, b"000100", 2026) else {
            panic!("({ai}) is no measure");
        };
        assert!(unit.is_some(), "({ai})");
    }
}

#[test]
fn what_is_neither_date_nor_measure_means_nothing_here() {
    check("10", "LOT", "none");
    check("01", "09521234567882", "none");
    check("17", "260431", "none");
    check("17", "26043", "none");
    check("17", "26\u{e4}31", "none");
    check("7003", "2604302400", "none");
    check("3103", "+00195", "none");
    check("3103", "", "none");
    check("3932", "97", "none");
    check("4331", "-", "none");
    check("3106", "000100", "none");
}
