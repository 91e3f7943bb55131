//! What the list of bins says of how much there is and how sure that is.

use std::sync::Arc;

use gateway_proto::{movement::Movement, place::Place, quantity::Quantity, record::Seq, time::WallTime};
use jiff::tz::TimeZone;
use look::{Format, Language};

use super::*;
use crate::{
    device::Cause,
    floor::{facts::LevelDoubt, moved::Moved, sight::ScaleSight},
    movement::{counted::Counted, weighing::Doubt},
    page::{text::Text, visit::Tongue},
    register::{
        bin::Bin,
        fact::{Fact, Origin},
        item::Item,
    },
};

fn tongue(language: Language) -> Tongue {
    Tongue { text: Text::of(language), format: Format::new(language, TimeZone::UTC) }
}

fn bin() -> BinSight {
    BinSight {
        bin: "A-01".parse().unwrap(),
        item: Some("M8".parse().unwrap()),
        held: Some(1_200),
        min: Some(200),
        max: Some(2_000),
        state: Some(Level::Fine),
        scale: None,
        last: None,
        counted_at: None,
    }
}

fn weighed(counted: Option<Counted>, doubt: Option<LevelDoubt>) -> BinSight {
    let scale = ScaleSight { scale: "scale-1".parse().unwrap(), counted, unknown_since: None, doubt, waiting: 0 };
    BinSight { scale: Some(scale), ..bin() }
}

fn read(language: Language, sight: &BinSight) -> String {
    let (tongue, register) = (tongue(language), Register::default());
    let names = Names { tongue: &tongue, register: &register };
    row::row(&names, &row::columns(&tongue), sight, row::Health::Gone).into_string()
}

#[track_caller]
fn assert_says(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted:?} in {text}");
    }
}

#[test]
fn a_bin_says_what_it_holds_how_it_stands_and_its_bounds_as_the_site_writes() {
    assert_says(
        &read(Language::English, &bin()),
        &["id=\"bin-A-01\"", "1,200\u{a0}pcs", "min 200, max 2,000", "no scale", "data-sure=\"yes\""],
    );
    assert_says(&read(Language::German, &bin()), &["1.200\u{a0}Stück", "min. 200, max. 2.000", "keine Waage"]);
}

#[test]
fn an_uncertain_count_shows_its_interval() {
    let about = Counted { pieces: 1_200, low: 1_196, high: 1_204, sure: 0.4 };
    assert_says(
        &read(Language::English, &weighed(Some(about), None)),
        &["data-sure=\"about\"", "likely 1,196\u{2013}1,204"],
    );
}

#[test]
fn an_unknown_level_is_unknown_with_reason_and_remedy_and_never_zero() {
    let doubt = LevelDoubt::Scale(Doubt::Scale(Cause::Silent));
    let sight = BinSight { held: Some(0), ..weighed(None, Some(doubt)) };
    for (language, unknown, because, todo) in
        [(Language::English, "unknown", "because", "To do:"), (Language::German, "unbekannt", "weil:", "Zu tun:")]
    {
        let text = read(language, &sight);
        assert_says(&text, &["data-sure=\"no\"", "data-sign=\"unknown\"", unknown, because, todo]);
        assert!(!text.contains("<strong>0"), "{text}");
    }
}

#[test]
fn a_bin_that_nothing_was_ever_moved_to_holds_nothing_known_and_not_zero() {
    assert_says(&read(Language::English, &BinSight { held: None, ..bin() }), &["never moved"]);
}

#[test]
fn the_last_movement_says_which_way_it_went() {
    let at = WallTime::from_millis(1_790_000_000_000);
    let moved = |from: &str, to: &str| {
        let movement = Movement::new(
            at,
            "M8".parse().unwrap(),
            Quantity::new(3).unwrap(),
            from.parse().unwrap(),
            to.parse().unwrap(),
            "desk".parse().unwrap(),
        );
        Some(Arc::new(Moved { feed: "acme".parse().unwrap(), seq: Seq(1), movement }))
    };
    assert_says(&read(Language::English, &BinSight { last: moved("bin:A-01", "used"), ..bin() }), &["\u{2212}3 used"]);
    assert_says(&read(Language::German, &BinSight { last: moved("dock", "bin:A-01"), ..bin() }), &["+3 eingelagert"]);
    assert!(matches!("dock".parse::<Place>(), Ok(Place::Dock)));
    // The first level of a scale is no count, though the books are corrected by both.
    for (by, says) in [("scale-1", "+3 taken over from the scale"), ("desk", "+3 corrected by a count")] {
        let mut corrected = moved("variance", "bin:A-01");
        Arc::get_mut(corrected.as_mut().unwrap()).unwrap().movement.by = by.parse().unwrap();
        let weighed = weighed(Some(Counted::exactly(3)), None);
        assert_says(&read(Language::English, &BinSight { last: corrected, ..weighed }), &[says]);
    }
}

fn sights() -> Sights {
    let mut register = Register::new(["acme".parse().unwrap()]);
    let mut item = Item::new("M8".parse().unwrap(), "acme".parse().unwrap());
    item.description = Some("Bolt, hexagon".parse().unwrap());
    register.apply(Fact::Item(item), Origin::Imported).unwrap();
    let mut sights = Sights::default();
    for name in ["A-01", "A-02", "B-01"] {
        register.apply(Fact::Bin(Bin::new(name.parse().unwrap(), "M8".parse().unwrap())), Origin::Imported).unwrap();
        sights.bins.insert(name.parse().unwrap(), (1, Arc::new(BinSight { bin: name.parse().unwrap(), ..bin() })));
    }
    sights.register = (1, Arc::new(register));
    sights
}

#[test]
fn bins_are_found_by_label_name_item_and_any_part_of_them() {
    let sights = sights();
    for (q, expect) in [
        ("BW:BIN:A-02", "A-02"),
        ("A-02", "A-02"),
        ("a-0", "A-01 A-02"),
        ("M8", "A-01 A-02 B-01"),
        ("BW:ITEM:M8", "A-01 A-02 B-01"),
        ("hexagon", "A-01 A-02 B-01"),
        ("nothing", ""),
        ("", ""),
    ] {
        assert_eq!(found(&sights, q).join(" "), expect, "{q}");
    }
}

#[test]
fn a_row_is_small_so_that_five_hundred_stay_light() {
    let len = read(Language::German, &weighed(Some(Counted::exactly(1_200)), None)).len();
    assert!(len < 1_100, "{len} bytes");
}
