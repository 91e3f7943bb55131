use super::*;

fn check_with(rules: LinkRules, input: &str, expect: Result<&str, &'static str>) {
    let found = DigitalLink::parse(input.as_bytes(), rules);
    let shown = found.map(|link| link.map_or("plain".to_owned(), |link| link.string().to_string()));
    assert_eq!(shown.map_err(|error| error.code()), expect.map(str::to_owned), "{input}");
}

fn check(input: &str, expect: Result<&str, &'static str>) {
    check_with(LinkRules::default(), input, expect);
}

#[test]
fn the_key_is_the_rightmost_one_behind_any_stem() {
    check("https://a/01/09521234567882", Ok("(01)09521234567882"));
    check("HTTP://a.example:8080/x/01/y/01/09521234567882", Ok("(01)09521234567882"));
    check("https://[2001:db8::1]/414/9521234567882/254/BIN-0042", Ok("(414)9521234567882(254)BIN-0042"));
    check("https://a/8018/952123456789012345/8019/3", Ok("(8018)952123456789012345(8019)3"));
    check("https://a/00/952123456789000137#x?17=1", Ok("(00)952123456789000137"));
    for none in
        ["https://a/", "https://a/b", "https://a/gtin/09521234567882", "https://a/01/09521234567882/", "https://a/10/A"]
    {
        check(none, Err("digital-link-no-key"));
    }
}

#[test]
fn what_is_no_web_address_is_plain_data() {
    for plain in ["", "ftp://a/01/09521234567882", "HtTp://a/01/09521234567882", "01/09521234567882"] {
        check(plain, Ok("plain"));
    }
    let json = DigitalLink::outcome_to_json(None);
    assert_eq!(json["ais"], serde_json::json!([]));
}

#[test]
fn addresses_out_of_form_are_refused() {
    for bad in [
        "http://",
        "http:///",
        "http://a",
        "https://a$/01/09521234567882",
        "https://a?x/01/09521234567882",
        "https://[fe80::1%25lo]/01/09521234567882",
        "https://a/01/09521234567882 ",
        "https://a/01/09521234567882^",
        "https://a/01/09521234567882/10/\u{e4}",
        "https://a/01/0952123456788%002",
    ] {
        check(bad, Err("digital-link-syntax"));
    }
}

#[test]
fn qualifiers_keep_their_order_and_belong_to_their_key() {
    check("https://a/01/09521234567882/22/V/10/L/21/S", Ok("(01)09521234567882(22)V(10)L(21)S"));
    check("https://a/01/09521234567882/21/S", Ok("(01)09521234567882(21)S"));
    check("https://a/01/09521234567882/235/T", Ok("(01)09521234567882(235)T"));
    check("https://a/8006/095212345678820102/21/S", Ok("(8006)095212345678820102(21)S"));
    for bad in ["21/S/10/L", "22/V/235/T", "10/L/10/L", "99/A", "254/B"] {
        check(&format!("https://a/01/09521234567882/{bad}"), Err("digital-link-syntax"));
    }
    check("https://a/01/09521234567882/10/", Err("value-empty"));
}

#[test]
fn the_query_adds_attributes_and_what_is_no_ai_is_kept_aside() {
    check("https://a/01/09521234567882?17=260430&3103=001750", Ok("(01)09521234567882(17)260430(3103)001750"));
    check("https://a/01/09521234567882/235/T?10=L", Ok("(01)09521234567882(235)T(10)L"));
    for bad in ["10=L", "21=S", "99=A&99=A", "01=09521234567882", "89=A", "999=A", "8200=A", "7040=1ABC"] {
        check(&format!("https://a/01/09521234567882/22/V?{bad}"), Err("digital-link-syntax"));
    }
    check("https://a/01/09521234567882?99=", Err("value-empty"));
    let link = DigitalLink::parse(b"https://a/00/952123456789000137?linkType=x&&99=A&=1&b&", LinkRules::default());
    let link = link.unwrap().unwrap();
    assert_eq!(link.ignored_query(), ["linkType=x", "=1", "b", ""]);
    assert_eq!(link.to_json()["ais"], serde_json::json!([["00", "952123456789000137"], ["99", "A"]]));
}

#[test]
fn percent_sequences_are_decoded_and_plus_is_a_space_in_the_query_only() {
    check("https://a/01/09521234567882/10/A%2FB%2b+%2", Ok("(01)09521234567882(10)A/B++%2"));
    check("https://a/01/09521234567882?98=XY%2f9", Ok("(01)09521234567882(98)XY/9"));
    check("https://a/01/09521234567882?98=XY+9", Err("charset"));
    check("https://a/01/09521234567882/10/A%23B", Err("charset"));
    check("https://a/01/09521234567882/10/A%5EB", Err("charset"));
    check("https://a/01/09521234567882/10/A%FFB", Err("charset"));
}

#[test]
fn values_are_checked_as_in_any_label() {
    check("https://a/01/09521234567883", Err("check-digit"));
    check("https://a/01/9521234567882", Err("value-too-short"));
    check("https://a/01/095212345678821", Err("value-too-long"));
    check("https://a/253/1231231231232TEST56789012345678", Err("value-too-long"));
    check("https://a/01/09521234567882?17=260431", Err("bad-date"));
    check("https://a/01/09521234567882?37=5", Err("ai-mutually-exclusive"));
}

#[test]
fn zeros_are_put_back_before_a_gtin_where_the_site_says_so() {
    let rules = LinkRules { zero_suppressed_gtin: true };
    check_with(rules, "https://a/01/9521234567882", Ok("(01)09521234567882"));
    check_with(rules, "https://a/01/416000336108", Ok("(01)00416000336108"));
    check_with(rules, "https://a/8004/9520614141234567?01=02345673", Ok("(8004)9520614141234567(01)00000002345673"));
    check_with(rules, "https://a/01/521234567882", Err("check-digit"));
    check_with(rules, "https://a/01/09521234567", Err("value-too-short"));
}
