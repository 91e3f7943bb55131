use super::*;

fn key(kind: KeyKind, digits: &str) -> Result<String, &'static str> {
    Key::parse(kind, digits.as_bytes())
        .map(|key| key.gtin.map_or(key.digits, |gtin| gtin.to_string()))
        .map_err(KeyError::code)
}

fn gtin(digits: &str) -> Gtin {
    Gtin::parse(digits.as_bytes()).unwrap()
}

#[test]
fn every_gtin_is_padded_to_fourteen_digits() {
    for (kind, digits, expect) in [
        (KeyKind::Ean8, "96385074", "00000096385074"),
        (KeyKind::UpcA, "036000291452", "00036000291452"),
        (KeyKind::Ean13, "4006381333931", "04006381333931"),
        (KeyKind::Gtin14, "19521234567889", "19521234567889"),
        (KeyKind::Itf14, "09521234567882", "09521234567882"),
    ] {
        assert_eq!(key(kind, digits).as_deref(), Ok(expect));
    }
    assert_eq!(gtin("036000291452"), gtin("0036000291452"));
}

#[test]
fn the_other_keys_are_checked_and_kept_as_they_are() {
    for (kind, digits) in
        [(KeyKind::Sscc, "340123451111111111"), (KeyKind::Gsrn, "952123456789012345"), (KeyKind::Gln, "0614141000012")]
    {
        let key = Key::parse(kind, digits.as_bytes()).unwrap();
        assert_eq!((key.digits.as_str(), key.gtin, key.upc_a), (digits, None, None));
    }
}

#[test]
fn a_key_has_the_lengths_of_its_kind_and_no_other() {
    for kind in KeyKind::ALL {
        for len in 0..30 {
            let allowed = match kind {
                KeyKind::Ean8 => len == 8,
                KeyKind::UpcA => len == 12,
                KeyKind::UpcE => (6..=8).contains(&len),
                KeyKind::Ean13 | KeyKind::Gln => len == 13,
                KeyKind::Gtin14 | KeyKind::Itf14 => len == 14,
                KeyKind::Sscc | KeyKind::Gsrn => len == 18,
            };
            // All zeros has a right check digit and number system at every length.
            assert_eq!(key(kind, &"0".repeat(len)).is_ok(), allowed, "{} {len}", kind.name());
            if !allowed {
                assert_eq!(key(kind, &"x".repeat(len)), Err("length"));
            }
        }
    }
}

#[test]
fn a_misread_is_told_by_its_class() {
    for (kind, digits, code) in [
        (KeyKind::Ean13, "4006381333932", "check-digit"),
        (KeyKind::Itf14, "99521234567888", "check-digit"),
        (KeyKind::Sscc, "340123451111111112", "check-digit"),
        (KeyKind::UpcA, "03600029145X", "non-digit"),
        (KeyKind::Ean8, "9638 074", "non-digit"),
        (KeyKind::Gln, "06141410000\u{b2}", "non-digit"),
        (KeyKind::UpcE, "04252613", "check-digit"),
        (KeyKind::UpcE, "24252614", "number-system"),
        (KeyKind::UpcE, "9425261", "number-system"),
        (KeyKind::UpcE, "042526X4", "non-digit"),
    ] {
        assert_eq!(key(kind, digits), Err(code), "{digits}");
    }
}

#[test]
fn upc_e_gets_its_zeros_back_where_the_last_digit_says() {
    for (short, full) in [
        ("01234505", "012000003455"),
        ("01111118", "011100001118"),
        ("01111127", "011200001117"),
        ("01111131", "011100000111"),
        ("01111149", "011110000019"),
        ("01111156", "011111000056"),
        ("01111194", "011111000094"),
        ("12345670", "123456000070"),
    ] {
        let key = Key::parse(KeyKind::UpcE, short.as_bytes()).unwrap();
        assert_eq!(key.upc_a.as_deref(), Some(full));
        assert_eq!(key.gtin, Some(gtin(full)));
        assert_eq!(Gtin::from_upc_e(&short.as_bytes()[..7]), Ok(gtin(full)), "without check digit");
        if short.starts_with('0') {
            assert_eq!(Gtin::from_upc_e(&short.as_bytes()[1..7]), Ok(gtin(full)), "without number system");
        }
    }
}

#[test]
fn the_symbology_says_what_the_digits_are() {
    let read = |id: &[u8; 2], payload: &str| {
        Gtin::from_symbol(AimId { code: id[0], modifier: id[1] }, payload.as_bytes())
            .map(|read| read.map(|gtin| gtin.to_string()).map_err(KeyError::code))
    };
    let is = |digits: &str| Some(Ok(digits.to_owned()));
    assert_eq!(read(b"E0", "4006381333931"), is("04006381333931"));
    assert_eq!(read(b"E0", "036000291452"), is("00036000291452"));
    assert_eq!(read(b"E0", "01234505"), is("00012000003455"));
    assert_eq!(read(b"E4", "96385074"), is("00000096385074"));
    assert_eq!(read(b"E3", "400638133393112"), is("04006381333931"));
    assert_eq!(read(b"E3", "03600029145212345"), is("00036000291452"));
    assert_eq!(read(b"I1", "09521234567882"), is("09521234567882"));
    assert_eq!(read(b"I3", "0952123456788"), is("09521234567882"));
    assert_eq!(read(b"I1", "095212345678"), Some(Err("length")));
    assert_eq!(read(b"I3", "095212345678X"), Some(Err("non-digit")));
    assert_eq!(read(b"E0", ""), Some(Err("length")));
    assert_eq!(read(b"E4", "9638507"), Some(Err("length")));
    for other in [b"E1", b"E2", b"C1", b"A0", b"d1"] {
        assert_eq!(read(other, "4006381333931"), None);
    }
}

#[test]
fn in_house_numbers_are_told_from_global_ones() {
    let restricted = |digits: &str| {
        let check = check_digit::compute(digits.as_bytes()).map(char::from).unwrap();
        gtin(&format!("{digits}{check}")).is_restricted()
    };
    for digits in ["020000000000", "040000000000", "200000000000", "299999999999", "22345678901", "42345678901"] {
        assert!(restricted(digits), "{digits}");
    }
    for digits in ["1029999999999", "0234568", "2345678"] {
        assert!(restricted(digits), "{digits}");
    }
    for digits in ["030000000000", "050000000000", "190000000000", "300000000000", "400638133393", "9638507"] {
        assert!(!restricted(digits), "{digits}");
    }
}

#[test]
fn a_key_serializes_only_what_it_has() {
    let json = |kind, digits: &str| serde_json::to_string(&Key::parse(kind, digits.as_bytes()).unwrap()).unwrap();
    assert_eq!(json(KeyKind::Gln, "0614141000012"), r#"{"check_ok":true}"#);
    assert_eq!(json(KeyKind::Ean8, "96385074"), r#"{"check_ok":true,"gtin14":"00000096385074"}"#);
    assert_eq!(
        json(KeyKind::UpcE, "01234505"),
        r#"{"check_ok":true,"gtin14":"00012000003455","upc_a":"012000003455"}"#
    );
}
