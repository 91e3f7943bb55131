use super::*;

fn label(kind: SiteLabelKind, pattern: &str) -> SiteLabel {
    SiteLabel::new(kind, pattern, Vec::new()).unwrap()
}

fn sampled(kind: SiteLabelKind, pattern: &str, sample: &str) -> SiteLabel {
    SiteLabel::new(kind, pattern, vec![sample.to_owned()]).unwrap()
}

fn refused(pattern: &str) -> PatternError {
    SiteLabel::new(SiteLabelKind::Bin, pattern, Vec::new()).map(|label| label.pattern).unwrap_err()
}

#[test]
fn the_value_is_the_named_group_or_the_whole_code() {
    let bin = label(SiteLabelKind::Bin, "BIN-(?<value>[0-9]+)");
    assert_eq!(bin.value(b"BIN-0042"), Some("0042"));
    assert_eq!(label(SiteLabelKind::Bin, "BIN-[0-9]+").value(b"BIN-0042"), Some("BIN-0042"));
    assert_eq!(label(SiteLabelKind::Action, "ACT-(INSTALL|RETURN)").value(b"ACT-RETURN"), Some("ACT-RETURN"));
    assert_eq!(label(SiteLabelKind::Badge, "E(?P<value>.*)").value("EÄ1".as_bytes()), Some("Ä1"));
}

#[test]
fn a_pattern_matches_the_whole_code_or_not_at_all() {
    let badge = label(SiteLabelKind::Badge, "EMP-(?<value>[0-9]{4})");
    for code in
        ["EMP-12345", "XEMP-1234", "EMP-1234\n", " EMP-1234", "emp-1234", "", "EMP-\u{661}\u{662}\u{663}\u{664}"]
    {
        assert_eq!(badge.value(code.as_bytes()), None, "{code:?}");
    }
    let either = label(SiteLabelKind::Job, "J1|J2");
    assert_eq!((either.value(b"J2"), either.value(b"J1x"), either.value(b"xJ2")), (Some("J2"), None, None));
    assert_eq!(badge.value(b"EMP-\xFF123"), None);
}

#[test]
fn a_value_is_never_empty_and_a_code_never_endless() {
    assert_eq!(label(SiteLabelKind::Bin, "B(?<value>.*)").value(b"B"), None);
    assert_eq!(label(SiteLabelKind::Bin, ".*").value(b""), None);
    let longest = "B".repeat(SiteLabel::CODE_LEN_MAX);
    let bin = label(SiteLabelKind::Bin, "B+");
    assert!(bin.value(longest.as_bytes()).is_some());
    assert_eq!(bin.value(format!("{longest}B").as_bytes()), None);
}

#[test]
fn the_first_kind_in_the_list_takes_a_code() {
    let labels = [label(SiteLabelKind::Badge, "E[0-9]+"), label(SiteLabelKind::Bin, "(?<value>[A-Z][0-9]+)")];
    assert_eq!(read(&labels, b"E12"), Some((SiteLabelKind::Badge, "E12")));
    assert_eq!(read(&labels, b"A12"), Some((SiteLabelKind::Bin, "A12")));
    assert_eq!(read(&labels, b"12"), None);
}

#[test]
fn a_pattern_that_cannot_work_is_refused_with_its_reason() {
    assert_eq!(refused(""), PatternError::Empty);
    assert_eq!(refused(&"a".repeat(513)), PatternError::TooLong { max: 512 });
    for pattern in ["BIN-(", "a)|(b", "[z-a]", "\\p{Greek}", "(a{999}){999}", "(?<value>a)(?<value>b)", "*"] {
        assert!(matches!(refused(pattern), PatternError::Syntax { .. }), "{pattern}");
    }
    let sample = SiteLabel::new(SiteLabelKind::Bin, "BIN-", vec!["BIN-0042".to_owned()]).map(|label| label.pattern);
    assert_eq!(sample, Err(PatternError::Sample { sample: "BIN-0042".to_owned() }));
}

#[test]
fn patterns_that_keep_to_themselves_have_no_clash() {
    let labels = [
        sampled(SiteLabelKind::Bin, "BIN-(?<value>[0-9]+)", "BIN-0042"),
        sampled(SiteLabelKind::Badge, "EMP-[0-9]{4}", "EMP-1234"),
        sampled(SiteLabelKind::Action, "ACT-(INSTALL|RETURN)", "ACT-INSTALL"),
        sampled(SiteLabelKind::Bin, "BIN-.*", "BIN-X"),
    ];
    assert_eq!((clashes(&labels), overlaps(&labels, true)), (vec![], vec![]));
}

#[test]
fn a_pattern_in_the_way_of_a_standard_is_told_once_for_each_and_is_no_clash() {
    let check = |pattern: &str, data_identifiers: bool, expect: &[&str]| {
        let labels = [label(SiteLabelKind::Bin, pattern)];
        let found = overlaps(&labels, data_identifiers);
        assert_eq!(found.len(), expect.len(), "{pattern}: {found:#?}");
        for (overlap, part) in found.iter().zip(expect) {
            assert!(overlap.what.contains(part), "{} should say {part}", overlap.what);
        }
        assert_eq!(clashes(&labels), []);
    };
    check("Q[0-9]+", true, &["data identifiers"]);
    check("[A-Z][0-9]{1,3}", true, &["data identifiers"]);
    check("[A-Z][0-9]{1,3}", false, &[]);
    check("[0-9]{13}", true, &["an EAN-13"]);
    check("[0-9]{8,14}", false, &["an EAN-8", "a UPC-A", "an EAN-13", "a GTIN-14"]);
    check("\\+.+", false, &["HIBC"]);
    check("https://.+", false, &["web addresses"]);
    check(".+", true, &["data id", "EAN-8", "UPC-A", "EAN-13", "GTIN-14", "SSCC", "GS1", "HIBC", "web"]);
}

#[test]
fn two_kinds_that_match_the_same_code_clash_at_the_later() {
    let bin = sampled(SiteLabelKind::Bin, "[A-Z]{3}-[0-9]+", "BIN-1");
    let badge = sampled(SiteLabelKind::Badge, "EMP-.+", "EMP-7");
    let job = sampled(SiteLabelKind::Job, "[A-Z]{3}-[0-9]+", "JOB-1");
    let found = clashes(&[bin.clone(), badge.clone()]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].label, 1);
    for part in ["bin pattern", "badge pattern", "EMP-7"] {
        assert!(found[0].what.contains(part), "{found:#?}");
    }
    let found = clashes(&[badge, bin.clone(), job]);
    let (at, what): (Vec<_>, Vec<_>) = found.into_iter().map(|found| (found.label, found.what)).unzip();
    assert_eq!(at, [1, 2, 2]);
    assert!(what[2].contains("are the same"), "{what:#?}");
}

#[test]
fn the_same_pattern_twice_for_one_kind_is_no_clash() {
    let bin = sampled(SiteLabelKind::Bin, "[A-Z]{3}-[0-9]+", "BIN-1");
    let labels = [bin.clone(), bin];
    assert_eq!(clashes(&labels), []);
    let found = overlaps(&labels, false);
    assert!(found.len() == 1 && found[0].label == 1 && found[0].what.contains("twice"), "{found:#?}");
}

#[test]
fn a_label_is_configured_with_kind_pattern_and_samples() {
    let json = r#"{"kind":"bin","pattern":"BIN-[0-9]+","samples":["BIN-1"]}"#;
    let label: SiteLabel = serde_json::from_str(json).unwrap();
    assert_eq!((label.kind(), label.pattern()), (SiteLabelKind::Bin, "BIN-[0-9]+"));
    for json in [
        r#"{"kind":"bin","pattern":"("}"#,
        r#"{"kind":"box","pattern":"B"}"#,
        r#"{"kind":"bin","pattern":"B","sample":"B"}"#,
    ] {
        assert!(serde_json::from_str::<SiteLabel>(json).is_err(), "{json}");
    }
}
