//! Of the manager's pages what needs no listener; the rest goes through one, in `tests/manage.rs`.

use look::Language;

use super::{SECTIONS, address, is_found, shown};
use crate::page::text::Text;

#[test]
fn an_address_carries_any_text_in_its_query() {
    let written = address("/manage/bounds/edit", &[("subject", "item:M8 ü&x=1"), ("said", "done")]);
    assert_eq!(written, "/manage/bounds/edit?subject=item%3AM8%20%C3%BC%26x%3D1&said=done");
    assert_eq!(address("/manage", &[]), "/manage");
}

#[test]
fn every_section_has_a_title_and_says_what_one_does_there_in_every_language() {
    for language in Language::ALL {
        let text = &Text::of(language).manage;
        let mut titles: Vec<&str> = SECTIONS.iter().map(|section| (section.title)(text)).collect();
        assert!(
            SECTIONS.iter().all(|section| !(section.about)(text).is_empty() && section.href.starts_with("/manage/"))
        );
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), SECTIONS.len(), "{titles:?}");
    }
}

#[test]
fn rows_are_found_by_a_part_of_a_name_in_either_case() {
    assert!(is_found("", &["A-01"]) && is_found("a-0", &["A-01"]) && is_found("BOLT", &["x", "m8-bolt"]));
    assert!(!is_found("b", &["A-01"]));
}

#[test]
fn a_code_is_shown_on_one_line_and_not_too_long() {
    assert_eq!(shown("a\u{1d}b\n"), "a·b·");
    assert_eq!(shown(&"x".repeat(8_192)).chars().count(), 81);
}
