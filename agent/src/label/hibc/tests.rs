use super::*;

const REF_YEAR: i16 = 2026;

fn with_check(covered: &str) -> String {
    format!("{covered}{}", check::compute(covered.as_bytes()).unwrap())
}

/// `covered` is the label without its check character, which is added.
fn read(covered: &str) -> Result<serde_json::Value, &'static str> {
    Hibc::parse(with_check(covered).as_bytes(), true, REF_YEAR)
        .map(|label| {
            let mut value = serde_json::to_value(&label).unwrap();
            value.as_object_mut().unwrap().remove("check");
            value
        })
        .map_err(HibcError::code)
}

/// What the secondary data says, the same alone and behind a product.
fn check_reference(segments: &str, expect: Result<&str, &'static str>) {
    let expect: Result<serde_json::Value, _> = expect.map(|json| serde_json::from_str(json).unwrap());
    for covered in [format!("+{segments}L"), format!("+A999ABC1/{segments}")] {
        let found = read(&covered).map(|mut value| {
            for key in ["type", "link", "labeler", "product", "unit_of_measure"] {
                value.as_object_mut().unwrap().remove(key);
            }
            value
        });
        assert_eq!(found, expect, "{covered}");
    }
}

#[test]
fn each_kind_of_label_is_told_by_its_beginning() {
    let kind = |covered: &str| read(covered).map(|value| value["type"].clone());
    assert_eq!(kind("+A123BJC5D6E71"), Ok("primary".into()));
    assert_eq!(kind("+A123BJC5D6E71/$LOT"), Ok("concatenated".into()));
    assert_eq!(kind("+$LOTG"), Ok("secondary".into()));
    assert_eq!(kind("+05271LOTG"), Ok("secondary".into()));
    assert_eq!(kind("+/L1BIN42"), Ok("pas".into()));
}

#[test]
fn a_product_is_labeler_number_and_unit() {
    let expect = serde_json::json!({"type":"primary","labeler":"A123","product":"BJC5D6E7","unit_of_measure":"1"});
    assert_eq!(read("+A123BJC5D6E71"), Ok(expect));
    assert_eq!(read("+M001X19").unwrap()["product"], "X1");
    assert_eq!(read("+M001AB-1.29").unwrap()["product"], "AB-1.2");
    assert_eq!(read(&format!("+M001{}1", "9".repeat(18))).unwrap()["unit_of_measure"], "1");
}

#[test]
fn every_date_form_is_read_with_every_quantity_form_for_lot_and_serial() {
    for (quantity, pieces) in
        [("", None), ("824", Some(24)), ("900100", Some(100)), ("800", Some(0)), ("999999", Some(99_999))]
    {
        for (date, expiry, precision) in [
            ("0905", "2005-09", "month"),
            ("1299", "1999-12", "month"),
            ("2092805", "2005-09-28", "day"),
            ("3050928", "2005-09-28", "day"),
            ("405092822", "2005-09-28T22", "hour"),
            ("405092800", "2005-09-28T00", "hour"),
            ("505271", "2005-09-28", "day"),
            ("60527122", "2005-09-28T22", "hour"),
            ("7", "", ""),
        ] {
            for (plus, name) in [("", "lot"), ("+", "serial")] {
                for batch in ["", "3C001"] {
                    let mut expect = serde_json::Map::new();
                    expect.extend(pieces.map(|pieces: u32| ("quantity".to_owned(), pieces.into())));
                    if !expiry.is_empty() {
                        expect.insert("expiry".into(), expiry.into());
                        expect.insert("expiry_precision".into(), precision.into());
                    }
                    if !batch.is_empty() {
                        expect.insert(name.into(), batch.into());
                    }
                    let expect = serde_json::Value::Object(expect).to_string();
                    check_reference(&format!("$${plus}{quantity}{date}{batch}"), Ok(&expect));
                }
            }
        }
    }
}

#[test]
fn the_short_forms_carry_a_day_a_lot_or_a_serial() {
    check_reference("05271", Ok(r#"{"expiry":"2005-09-28","expiry_precision":"day"}"#));
    check_reference("052713C001", Ok(r#"{"expiry":"2005-09-28","expiry_precision":"day","lot":"3C001"}"#));
    check_reference("24366A", Ok(r#"{"expiry":"2024-12-31","expiry_precision":"day","lot":"A"}"#));
    check_reference("$3C001", Ok(r#"{"lot":"3C001"}"#));
    check_reference("$+0001", Ok(r#"{"serial":"0001"}"#));
    check_reference("$$900100", Ok(r#"{"quantity":100}"#));
}

#[test]
fn supplemental_segments_follow_in_any_order_and_number() {
    check_reference(
        "$$52001510X3/16D20111212/S77DE1G45",
        Ok(
            r#"{"expiry":"2020-01-15","expiry_precision":"day","lot":"10X3","manufactured":"2011-12-12","serial":"77DE1G45"}"#,
        ),
    );
    check_reference("$$7B12/14D20290601/Q50", Ok(r#"{"lot":"B12","expiry_supplemental":"2029-06-01","quantity":50}"#));
    check_reference(
        "05271/Q12/S1",
        Ok(r#"{"expiry":"2005-09-28","expiry_precision":"day","quantity":12,"serial":"1"}"#),
    );
    check_reference("$A/X9/S", Ok(r#"{"lot":"A","other":["X9","S"]}"#));
    check_reference("14D20290601/S1", Ok(r#"{"expiry_supplemental":"2029-06-01","serial":"1"}"#));
    assert_eq!(read("+A999ABC1/S77/Q3").unwrap()["serial"], "77");
}

#[test]
fn a_segment_that_repeats_is_no_matter_and_one_that_contradicts_is() {
    check_reference("$$8507A/Q50", Ok(r#"{"quantity":50,"lot":"A"}"#));
    check_reference("$$8507A/Q51", Err("bad-quantity"));
    check_reference("$A/16D20200101/16D20200102", Err("bad-date"));
    check_reference("$+1/S1", Ok(r#"{"serial":"1"}"#));
    check_reference("$+1/S2", Ok(r#"{"serial":"1","other":["S2"]}"#));
}

#[test]
fn a_date_that_does_not_exist_is_refused() {
    for segments in [
        "05000A",
        "05366A",
        "05399",
        "05A71LOT",
        "$$0005A",
        "$$1305A",
        "$$090",
        "$$2023005A",
        "$$2130105A",
        "$$3050931A",
        "$$3270229A",
        "$$305092",
        "$$405092824A",
        "$$4050928",
        "$$5053993C001",
        "$$60527124",
        "$$A",
        "$$8248",
        "$$8249A",
        "$$824A",
        "$A/14D20290631",
        "$A/14D290601",
        "$A/16D",
        "$A/16D2029060A",
    ] {
        check_reference(segments, Err("bad-date"));
    }
    check_reference("$$3280229A", Ok(r#"{"expiry":"2028-02-29","expiry_precision":"day","lot":"A"}"#));
}

#[test]
fn a_quantity_that_is_no_number_is_refused() {
    for segments in ["$$8AA3C001", "$$8", "$$81", "$$90010", "$$9001A0", "$A/Q", "$A/QX", "$A/Q1234567890"] {
        check_reference(segments, Err("bad-quantity"));
    }
}

#[test]
fn two_digit_years_fall_within_fifty_years_of_the_reference() {
    for (ref_year, digits, year) in
        [(2026, "76", "2076"), (2026, "77", "1977"), (2026, "00", "2000"), (2060, "10", "2110"), (2060, "11", "2011")]
    {
        let label = Hibc::parse(format!("+{digits}001LC").as_bytes(), false, ref_year).unwrap();
        assert_eq!(label.expiry.unwrap().to_string(), format!("{year}-01-01"), "{ref_year} {digits}");
    }
}

#[test]
fn a_month_lasts_until_its_last_day() {
    let last_day = |segments: &str| {
        Hibc::parse(format!("+{segments}LC").as_bytes(), false, REF_YEAR)
            .unwrap()
            .expiry
            .unwrap()
            .last_day()
            .to_string()
    };
    assert_eq!(last_day("$$0224"), "2024-02-29");
    assert_eq!(last_day("$$405092822"), "2005-09-28");
}

#[test]
fn any_one_wrong_character_is_noticed_unless_the_check_is_off() {
    let label = "+A99912345/$$52001510X3/16D20111212/S77DE1G45-";
    for at in 11..label.len() - 1 {
        let mut wrong = label.as_bytes().to_vec();
        wrong[at] = if wrong[at] == b'1' { b'2' } else { b'1' };
        assert_eq!(Hibc::parse(&wrong, true, REF_YEAR), Err(HibcError::CheckCharacter), "{at}");
    }
    assert!(Hibc::parse(b"+A123BJC5D6E7", true, REF_YEAR).is_err());
    assert!(Hibc::parse(b"+A123BJC5D6E71X", false, REF_YEAR).is_ok());
}

#[test]
fn check_and_link_may_be_a_separator_or_a_space() {
    let label = Hibc::parse(b"+$$09053C001//", false, REF_YEAR).unwrap();
    assert_eq!((label.link, label.check, label.lot.as_deref()), (Some('/'), '/', Some("3C001")));
    let label = Hibc::parse(b"+A999ABC1/", false, REF_YEAR).unwrap();
    assert_eq!((label.kind, label.check), (HibcKind::Primary, '/'));
    let label = Hibc::parse(b"+A999ABC1 ", false, REF_YEAR).unwrap();
    assert_eq!((label.kind, label.check), (HibcKind::Primary, ' '));
}

#[test]
fn a_secondary_label_names_its_primary_by_the_check_character() {
    let parse = |covered: &str| Hibc::parse(with_check(covered).as_bytes(), true, REF_YEAR).unwrap();
    let primary = parse("+A123BJC5D6E71");
    assert!(parse("+$LOTG").is_linked_to(&primary));
    assert!(!parse("+$LOTH").is_linked_to(&primary));
    assert!(!primary.is_linked_to(&primary));
}

#[test]
fn the_asterisks_of_the_readable_line_are_not_part_of_the_label() {
    assert!(Hibc::parse(b"*+A123BJC5D6E71G*", true, REF_YEAR).is_ok());
    assert_eq!(Hibc::parse(b"*+A123BJC5D6E71G", true, REF_YEAR), Err(HibcError::NotHibc));
}

#[test]
fn what_is_no_label_is_told_by_its_class() {
    for (payload, expect) in [
        (&b""[..], HibcError::Empty),
        (b"A123BJC5D6E71G", HibcError::NotHibc),
        (b"+a123BJC5D6E71G", HibcError::NotHibc),
        (b"+A123BJC\xFF", HibcError::NotHibc),
        (b"+ A123C", HibcError::NotHibc),
        (b"+A1-3ABC1C", HibcError::NotHibc),
        (b"+A123ABCXC", HibcError::NotHibc),
        (b"+A12312345678901234567890C", HibcError::NotHibc),
        (b"**", HibcError::NotHibc),
        (b"+", HibcError::TooShort),
        (b"+C", HibcError::TooShort),
        (b"+/C", HibcError::TooShort),
        (b"+A12", HibcError::TooShort),
        (b"+A123B0", HibcError::TooShort),
        (b"+A1231/$LOTC", HibcError::TooShort),
        (b"+A123ABC1/C", HibcError::TooShort),
        (b"+$C", HibcError::TooShort),
        (b"+$LC", HibcError::TooShort),
        (b"+$+LC", HibcError::TooShort),
        (b"+$$LC", HibcError::TooShort),
        (b"+0527LC", HibcError::TooShort),
    ] {
        assert_eq!(Hibc::parse(payload, false, REF_YEAR), Err(expect), "{}", payload.escape_ascii());
    }
}
