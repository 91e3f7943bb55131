use super::*;

fn check(ai: &str, value: &str, expect: Result<(), Fault>) {
    let (_, definition) = lookup(ai.as_bytes()).unwrap_or_else(|| panic!("({ai})"));
    let found = definition.check_prefix(value.as_bytes()).map_err(|(fault, _)| fault);
    assert_eq!(found.map(|len| assert_eq!(len, value.len(), "({ai}){value}")), expect, "({ai}){value}");
}

#[test]
fn the_table_is_in_order_and_each_ai_is_found_in_it() {
    for pair in TABLE.windows(2) {
        assert!(pair[0].first.to_string() < pair[1].first.to_string(), "{} {}", pair[0].first, pair[1].first);
    }
    for row in TABLE {
        assert!(!row.title.is_empty() && row.first.number <= row.last, "{}", row.first);
        for number in row.first.number..=row.last {
            let ai = Ai { number, len: row.first.len };
            let (found, definition) = at_start(format!("{ai}1").as_bytes()).unwrap_or_else(|| panic!("({ai})"));
            assert_eq!((found, definition.title()), (ai, row.title()));
        }
    }
}

#[test]
fn predefined_lengths_are_those_of_the_table() {
    for row in TABLE {
        if let Some(len) = predefined_len(row.first.first_two_digits()) {
            assert_eq!(row.len_range(), len..=len, "({})", row.first);
        }
        assert_eq!(row.needs_separator(), predefined_len(row.first.first_two_digits()).is_none());
    }
    for variable in ["10", "21", "235", "30", "37", "3922", "400", "421", "7003", "8003", "8020", "91"] {
        assert!(lookup(variable.as_bytes()).is_some_and(|(_, definition)| definition.needs_separator()), "{variable}");
    }
}

#[test]
fn patterns_of_the_table_name_ais_of_the_table() {
    let all: Vec<Ai> = TABLE
        .iter()
        .flat_map(|row| (row.first.number..=row.last).map(|number| Ai { number, len: row.first.len }))
        .collect();
    for row in TABLE {
        let lists = row.requires.iter().copied().chain([row.excludes, row.qualifiers.unwrap_or("")]);
        for pattern in lists.flat_map(|list| list.split([',', '+', '|'])).filter(|pattern| !pattern.is_empty()) {
            assert!(all.iter().any(|ai| ai.matches(pattern)), "({}) {pattern}", row.first);
        }
    }
}

#[test]
fn only_the_last_component_varies_in_length() {
    for row in TABLE {
        let (_, before) = row.components.split_last().unwrap_or_else(|| panic!("({}) is empty", row.first));
        assert!(before.iter().all(|component| component.len_min == component.len_max), "({})", row.first);
        assert!(row.components.is_sorted_by_key(|component| component.optional), "({})", row.first);
        assert!(row.len_max <= 90, "({})", row.first);
    }
}

#[test]
fn what_is_no_ai_is_not_found() {
    for digits in
        ["", "1", "A1", "1A", "04", "14", "18", "23", "236", "2351", "3106", "3166", "3946", "418", "4327", "89"]
    {
        assert!(lookup(digits.as_bytes()).is_none(), "{digits}");
    }
    assert!(at_start(b"31").is_none());
    assert!(at_start(b"23X").is_none());
    assert!(Ai::parse(b"12345").is_none());
}

#[test]
fn an_ai_keeps_its_leading_zeros() {
    assert_eq!(Ai::parse(b"01").map(|ai| ai.to_string()).as_deref(), Some("01"));
    assert_eq!(Ai::parse(b"00").map(|ai| ai.to_string()).as_deref(), Some("00"));
    let gtin = Ai::parse(b"01").unwrap();
    assert!(gtin.matches("01") && gtin.matches("0n") && !gtin.matches("1") && !gtin.matches("001"));
    let weight = Ai::parse(b"3103").unwrap();
    assert!(weight.matches("310n") && weight.matches("31nn") && !weight.matches("31n") && !weight.matches("311n"));
}

#[test]
fn identification_keys_are_checked_to_the_last_digit() {
    for (ai, value, expect) in [
        ("00", "952123456789000137", Ok(())),
        ("00", "952123456789000138", Err(Fault::CheckDigit)),
        ("00", "95212345678900013", Err(Fault::WrongLength)),
        ("01", "0952123456788A", Err(Fault::NonDigit)),
        ("253", "1231231231232TEST5678901234567", Ok(())),
        ("255", "5412345000150", Ok(())),
        ("255", "5412345000150A", Err(Fault::NonDigit)),
        ("401", "123", Err(Fault::CompanyPrefixTooShort)),
        ("7023", "12A4", Err(Fault::CompanyPrefix)),
        ("8003", "09521234567882SER", Ok(())),
        ("8003", "19521234567882", Err(Fault::NotZero)),
        ("8006", "095212345678820102", Ok(())),
        ("8010", "123456_", Err(Fault::OutsideCharSet(CharSet::Set39))),
        ("8011", "01234", Err(Fault::ZeroPrefix)),
        ("8013", "1987654Ad4X4bL5ttr2310c2K", Ok(())),
        ("8014", "12345678901234567890123NT", Ok(())),
        ("8030", "ABC:123", Err(Fault::OutsideCharSet(CharSet::Set64))),
    ] {
        check(ai, value, expect);
    }
}

#[test]
fn attributes_say_what_their_rules_allow() {
    for (ai, value, expect) in [
        ("10", "", Err(Fault::Empty)),
        ("10", "A B", Err(Fault::OutsideCharSet(CharSet::Set82))),
        ("12", "260400", Ok(())),
        ("17", "260431", Err(Fault::Day)),
        ("4326", "260400", Err(Fault::Day)),
        ("7007", "260430", Ok(())),
        ("7007", "260430260501", Ok(())),
        ("7007", "2604302605", Err(Fault::WrongLength)),
        ("7011", "2604301259", Ok(())),
        ("8008", "26043012", Ok(())),
        ("8008", "260430125", Err(Fault::WrongLength)),
        ("8008", "260430125960", Err(Fault::Second)),
        ("3912", "978000299", Ok(())),
        ("3912", "987000299", Err(Fault::Currency)),
        ("421", "276D-10115", Ok(())),
        ("423", "27638", Err(Fault::WrongLength)),
        ("426", "987", Err(Fault::Country)),
        ("4307", "AA", Err(Fault::CountryAlpha2)),
        ("4309", "18000000003600000000", Ok(())),
        ("4309", "18000000013600000000", Err(Fault::Latitude)),
        ("4309", "18000000003600000001", Err(Fault::Longitude)),
        ("4321", "2", Err(Fault::YesNo)),
        ("4331", "002500-", Ok(())),
        ("4331", "002500X", Err(Fault::Hyphen)),
        ("7030", "999ABC", Ok(())),
        ("7030", "987ABC", Err(Fault::CountryOr999)),
        ("7040", "1AB=", Err(Fault::ImporterIndex)),
        ("7041", "PX", Ok(())),
        ("7041", "P", Err(Fault::PackageType)),
        ("7230", "12", Err(Fault::WrongLength)),
        ("7241", "10", Ok(())),
        ("7241", "11", Err(Fault::MediaType)),
        ("7250", "19000229", Err(Fault::Day)),
        ("7252", "5", Err(Fault::SexCode)),
        ("8001", "12341234512398", Ok(())),
        ("8001", "12340000012311", Err(Fault::ZeroValue)),
        ("8001", "12341234512321", Err(Fault::Winding)),
        ("8007", "DE91100000000123456789", Ok(())),
        ("8112", "001234561234560123456", Ok(())),
    ] {
        check(ai, value, expect);
    }
}

#[test]
fn a_fault_says_where_it_is() {
    let (_, definition) = lookup(b"8003").unwrap();
    assert_eq!(definition.check_prefix(b"09521234567883SER"), Err((Fault::CheckDigit, 13)));
    assert_eq!(definition.check_prefix(b"09521234567882S R"), Err((Fault::OutsideCharSet(CharSet::Set82), 15)));
}
