//! That every rule is said in every language, with the same values. That its English stays is pinned where files are read.

use std::collections::BTreeSet;

use super::{samples::samples, *};

/// Numbers, quoted texts and names of columns: what both languages have to name.
fn values(text: &str) -> BTreeSet<String> {
    let quoted = text.split('"').skip(1).step_by(2).map(str::to_owned);
    let words = text.split([' ', '"', ',']).map(|word| word.trim_matches(['.', ':', ';', '(', ')']));
    let named = words.filter(|word| word.contains('_') || word.contains(|c: char| c.is_ascii_digit()));
    quoted.chain(named.map(str::to_owned)).collect()
}

#[test]
fn every_rule_and_its_way_out_are_said_in_each_language_with_the_same_values() {
    for rule in samples() {
        let [english, german] = Language::ALL.map(|language| rule.said(language));
        assert_ne!(english.rule, german.rule, "{rule:?}");
        assert_ne!(english.remedy, german.remedy, "{rule:?}");
        for said in [&english, &german] {
            assert!(!said.rule.is_empty() && !said.remedy.is_empty(), "{said:?}");
        }
        assert_eq!(values(&english.rule), values(&german.rule), "{english:?} {german:?}");
        assert_eq!(values(&english.remedy), values(&german.remedy), "{english:?} {german:?}");
    }
}

#[test]
fn a_value_that_one_language_leaves_out_would_be_found() {
    assert_eq!(values("is 20, above 10 in site_max"), values("ist 20, mehr als 10 in site_max"));
    assert_ne!(values("is 20, above 10 in site_max"), values("ist 20, zu viel für site_max"));
    assert_ne!(values("names item \"M\", which nobody knows"), values("nennt einen Artikel, den niemand kennt"));
    assert_ne!(values("lower it, or raise site_max"), values("senken, oder max erhöhen"));
}

#[test]
fn a_rule_is_written_as_json_in_its_english_words() {
    let json = serde_json::to_string(&Rule::Factor { max: 1_000_000 }).unwrap();
    assert_eq!(
        json,
        r#"{"rule":"must be 1 to 1000000","remedy":"write how many base units one scan of the code stands for"}"#
    );
}
