use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use maud::html;

use super::*;

fn site(language: Language) -> Format {
    Format::new(language, TimeZone::fixed(Offset::constant(1)))
}

#[test]
fn numbers_are_written_as_the_site_writes_them() {
    let (en, de) = (site(Language::English), site(Language::German));
    for (number, english, german) in [
        (0, "0", "0"),
        (999, "999", "999"),
        (1_000, "1,000", "1.000"),
        (-1_234_567, "\u{2212}1,234,567", "\u{2212}1.234.567"),
        (i64::MIN, "\u{2212}9,223,372,036,854,775,808", "\u{2212}9.223.372.036.854.775.808"),
    ] {
        assert_eq!((en.whole(number), de.whole(number)), (english.to_owned(), german.to_owned()));
    }
    assert_eq!((en.decimal(1234.5, 2), de.decimal(-1234.5, 2)), ("1,234.50".into(), "\u{2212}1.234,50".into()));
    assert_eq!(en.decimal(-0.001, 2), "0.00", "nothing is not less than nothing");
    assert_eq!(en.decimal(f64::NAN, 2), "?");
    assert_eq!((en.between(3, 5), en.between(4, 4), en.signed(7)), ("3\u{2013}5".into(), "4".into(), "+7".into()));
    assert_eq!((en.percent(82), de.percent(82)), ("82%".into(), "82\u{a0}%".into()));
    assert_eq!((de.grams(8_050_000), en.grams(12_345_000_000)), ("8,05\u{a0}g".into(), "12,345\u{a0}g".into()));
    assert_eq!((en.bytes(999), en.bytes(1_200_000)), ("999\u{a0}B".into(), "1.2\u{a0}MB".into()));
}

#[test]
fn a_moment_is_told_in_the_site_s_zone_and_a_machine_hears_utc() {
    let at = 1_795_302_300_123; // 2026-11-21T23:05:00.123Z
    let (en, de) = (site(Language::English), site(Language::German));
    assert_eq!((en.moment(at), de.moment(at)), ("22 Nov 2026, 00:05".into(), "22.11.2026, 00:05".into()));
    assert!(en.time(at).into_string().contains("datetime=\"2026-11-21T23:05:00.123Z\""));
    assert_eq!(en.moment(i64::MAX), "?, ?");
}

#[test]
fn an_age_is_in_the_viewer_s_words_and_the_site_s_digits() {
    let read_in_english = site(Language::German).read_in(Language::English);
    let ago = |seconds| {
        (read_in_english.ago(Duration::from_secs(seconds)), site(Language::German).ago(Duration::from_secs(seconds)))
    };
    assert_eq!(ago(3), ("just now".into(), "gerade eben".into()));
    assert_eq!(ago(180), ("3\u{a0}min ago".into(), "vor 3\u{a0}min".into()));
    assert_eq!(ago(86_400 * 1_200), ("1.200\u{a0}days ago".into(), "vor 1.200\u{a0}Tagen".into()));
}

#[test]
fn every_sign_has_a_shape_in_the_style_sheet_and_a_word_beside_it() {
    for state in Sign::ALL {
        assert!(style().contains(&format!("[data-sign=\"{}\"]", state.name())), "{state:?}");
        let shown = sign::sign(state, "low").into_string();
        assert!(shown.contains(state.name()) && shown.contains(">low<"), "{shown}");
    }
}

#[test]
fn nothing_is_inline_or_from_elsewhere_and_what_comes_from_outside_is_escaped() {
    let hostile = "\"><script>alert(1)</script>";
    let columns = [part::Column::text("Item"), part::Column::number(hostile)];
    let row = part::Row { id: Some(hostile.to_owned()), head: html! { (hostile) }, cells: vec![html! { (hostile) }] };
    let body = html! {
        (part::card(hostile, &html! { (hostile) }, &part::empty(hostile)))
        (part::notice(Sign::Bad, hostile, &part::facts(&[(hostile, html! { (hostile) })])))
        (part::table("t", hostile, &columns, &[row]))
        (part::Field::new("n", hostile, part::Kind::Code).value(hostile).hint(hostile).problem(hostile).render())
        (part::choice("c", hostile, &[(hostile, hostile)], ""))
        (part::tick("t", hostile, true))
        (part::ways(hostile, &[part::Way { href: "/x", label: hostile }], "/x/y"))
        (part::button(part::Weight::Main, hostile))
    };
    let document = Document {
        language: Language::German,
        title: hostile,
        styles: &["/s.css"],
        scripts: &["/s.js"],
        installs: None,
    };
    let page = document.page(&[("x", hostile)], &body).into_string();
    assert!(!page.contains("<script>") && !page.contains("style=") && !page.contains(" on"), "{page}");
    assert!(page.contains("lang=\"de\"") && page.contains("aria-current=\"page\""), "{page}");
    assert!(!style().contains("url(") && !style().contains("@import") && !style().contains("http"));
}

#[test]
fn the_way_one_is_on_is_marked_and_no_other() {
    let all = [part::Way { href: "/", label: "a" }, part::Way { href: "/bins", label: "b" }];
    let marked = |here| part::ways("ways", &all, here).into_string().matches("aria-current").count();
    assert_eq!([marked("/"), marked("/bins"), marked("/bins/A-01"), marked("/binsy")], [1, 1, 1, 0]);
}

#[test]
fn a_language_is_known_by_its_tag() {
    for language in Language::ALL {
        assert_eq!(language.tag().parse(), Ok(language));
    }
    assert!("fr".parse::<Language>().is_err());
}
