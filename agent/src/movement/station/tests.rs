use super::*;
use crate::{label::site_label::SiteLabel, movement::entry::Statement};

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.add("M8-BOLT".parse().unwrap(), "acme".parse().unwrap(), ["4006381333931".parse().unwrap()]);
    catalog
}

fn rules() -> LabelRules {
    let label = |kind, pattern| SiteLabel::new(kind, pattern, vec![]).unwrap();
    let site = vec![
        label(SiteLabelKind::Badge, "EMP-(?<value>[0-9]+)"),
        label(SiteLabelKind::Bin, "BIN-.+"),
        label(SiteLabelKind::Action, "ACT-(?<value>.+)"),
    ];
    LabelRules { site, ..LabelRules::default() }
}

fn station() -> Station {
    Station::new("bench-1".parse().unwrap(), "bin:A-01".parse().unwrap(), Mode::Use)
}

/// What a frame comes to: `QTY ITEM FROM TO`, or what the station says.
fn scan(station: &mut Station, seconds: u64, frame: &str) -> String {
    let scan = Scan::from_frame(frame.as_bytes());
    let at = (WallTime::from_millis(0), None);
    let codes = Codes { catalog: &catalog(), rules: &rules() };
    match station.handle_scan(Duration::from_secs(seconds), at, &scan, None, codes) {
        Heard::Entry(entry) => match entry.statement {
            Statement::Movement { movement: m, .. } => format!("{} {} {} {}", m.qty, m.item, m.from, m.to),
            Statement::Level(level) => panic!("{level:?}"),
        },
        Heard::Set(text) => text,
        Heard::Refused(refusal) => format!("refused: {refusal}"),
    }
}

#[test]
fn a_part_moves_in_the_usual_mode() {
    let mut station = station();
    assert_eq!(scan(&mut station, 1, "]C0M8-BOLT"), "1 M8-BOLT bin:A-01 used");
    assert_eq!(scan(&mut station, 2, "]E04006381333931"), "1 M8-BOLT bin:A-01 used", "by another of its codes");
}

#[test]
fn mode_and_quantity_hold_for_one_part() {
    let mut station = station();
    assert_eq!(scan(&mut station, 1, "]C0BW:QTY:12"), "use, 12: scan the part");
    assert_eq!(scan(&mut station, 2, "]C0BW:DEPLOY:van-3"), "deploy to van-3, 12: scan the part");
    assert_eq!(scan(&mut station, 3, "]C0M8-BOLT"), "12 M8-BOLT bin:A-01 field:van-3");
    assert_eq!(scan(&mut station, 4, "]C0M8-BOLT"), "1 M8-BOLT bin:A-01 used");
}

#[test]
fn every_mode_makes_a_movement_of_the_table() {
    for (command, expected) in [
        ("USE", "1 M8-BOLT bin:A-01 used"),
        ("RECEIVE", "1 M8-BOLT vendor bin:A-01"),
        ("PUT-AWAY", "1 M8-BOLT dock bin:A-01"),
        ("INSTALL:PUMP-17", "1 M8-BOLT bin:A-01 asset:PUMP-17"),
        ("TEST-PASS", "1 M8-BOLT bench bin:A-01"),
        ("TEST-FAIL", "1 M8-BOLT bench quarantine"),
        ("RETURN", "1 M8-BOLT used bin:A-01"),
        ("SCRAP", "1 M8-BOLT bin:A-01 scrap"),
    ] {
        let mut station = station();
        scan(&mut station, 1, &format!("BW:{command}"));
        assert_eq!(scan(&mut station, 2, "M8-BOLT"), expected);
    }
}

#[test]
fn a_mode_left_alone_falls_back() {
    let mut station = station();
    scan(&mut station, 1, "BW:SCRAP");
    assert_eq!(scan(&mut station, 61, "M8-BOLT"), "1 M8-BOLT bin:A-01 used");
}

#[test]
fn an_unknown_item_is_moved_under_its_raw_code() {
    let mut station = station();
    assert_eq!(scan(&mut station, 1, "]C0X-4711 "), "1 X-4711  bin:A-01 used");
}

#[test]
fn a_part_that_was_not_recorded_is_scanned_again_with_its_quantity() {
    let mut station = station();
    scan(&mut station, 1, "BW:QTY:12");
    assert_eq!(scan(&mut station, 2, "M8-BOLT"), "12 M8-BOLT bin:A-01 used");
    station.undo();
    assert_eq!(scan(&mut station, 3, "M8-BOLT"), "12 M8-BOLT bin:A-01 used");
    assert_eq!(scan(&mut station, 4, "M8-BOLT"), "1 M8-BOLT bin:A-01 used");
}

#[test]
fn a_standard_label_names_the_item_its_lot_and_serial() {
    let mut station = station();
    let scan = Scan::from_frame(b"]C10104006381333931\x1d10L7\x1d21S9");
    let codes = Codes { catalog: &catalog(), rules: &rules() };
    let Heard::Entry(entry) = station.handle_scan(Duration::ZERO, (WallTime::from_millis(0), None), &scan, None, codes)
    else {
        panic!("no entry")
    };
    let Statement::Movement { movement, .. } = entry.statement else { panic!("no movement") };
    assert_eq!(movement.item.as_str(), "M8-BOLT", "its GTIN-13 is in the catalog");
    assert_eq!(movement.lot.as_ref().map(Text::as_str), Some("L7"));
    assert_eq!(movement.serial.as_ref().map(Text::as_str), Some("S9"));
    assert_eq!(
        movement.code.as_ref().map(ItemCode::as_str),
        Some("0104006381333931\u{1d}10L7\u{1d}21S9"),
        "the scan itself is kept"
    );
}

#[test]
fn the_quantity_of_a_package_counts_where_packages_come_in() {
    let label = "]C10104006381333931\u{1d}30250";
    let mut station = station();
    assert_eq!(scan(&mut station, 1, label), "1 M8-BOLT bin:A-01 used", "one taken out of the bag");
    scan(&mut station, 2, "BW:RECEIVE");
    assert_eq!(scan(&mut station, 3, label), "250 M8-BOLT vendor bin:A-01");
    scan(&mut station, 4, "BW:RECEIVE");
    scan(&mut station, 5, "BW:QTY:3");
    assert_eq!(scan(&mut station, 6, label), "3 M8-BOLT vendor bin:A-01", "what a person says goes before");
}

#[test]
fn a_label_in_order_that_names_no_part_is_refused() {
    for frame in ["]C100340123450000000024", "]d1[)>\u{1e}06\u{1d}1JUN043325711\u{1d}Q5\u{1e}\u{4}", "{pbn:P,qty:5}"] {
        let told = scan(&mut station(), 1, frame);
        assert!(told.starts_with("refused:") && told.contains("label is no part"), "{frame}: {told}");
    }
}

#[test]
fn a_bare_quantity_belongs_to_the_part_behind_it_and_never_to_the_next_label() {
    let rules = LabelRules { data_identifiers: true, ..LabelRules::default() };
    let mut station = station();
    let mut scan = |seconds, frame: &str| {
        let scan = Scan::from_frame(frame.as_bytes());
        let codes = Codes { catalog: &catalog(), rules: &rules };
        let at = (WallTime::from_millis(0), None);
        match station.handle_scan(Duration::from_secs(seconds), at, &scan, None, codes) {
            Heard::Entry(entry) => match entry.statement {
                Statement::Movement { movement: m, .. } => format!("{} {}", m.qty, m.item),
                Statement::Level(level) => panic!("{level:?}"),
            },
            Heard::Set(text) => text,
            Heard::Refused(refusal) => format!("refused: {refusal}"),
        }
    };
    scan(1, "BW:RECEIVE");
    assert_eq!(scan(2, "PM8-BOLT"), "1 M8-BOLT");
    assert!(scan(3, "Q250").starts_with("refused: quantity came after its part"));
    scan(14, "BW:RECEIVE");
    scan(15, "Q250");
    assert_eq!(scan(16, "PM8-BOLT"), "250 M8-BOLT");
    scan(40, "BW:RECEIVE");
    scan(41, "Q250");
    assert_eq!(scan(52, "PM8-BOLT"), "1 M8-BOLT", "of a label long ago");
    scan(80, "Q250");
    assert_eq!(scan(81, "PM8-BOLT"), "1 M8-BOLT", "in use mode a package's quantity is not what was taken");
}

#[test]
fn badges_and_actions_are_no_parts() {
    let mut station = station();
    assert_eq!(scan(&mut station, 1, "EMP-17"), "use, 1: scan the part");
    assert_eq!(station.actor.as_ref().map(Text::as_str), Some("17"));
    assert_eq!(scan(&mut station, 2, "ACT-SCRAP"), "scrap, 1: scan the part");
    assert_eq!(scan(&mut station, 3, "M8-BOLT"), "1 M8-BOLT bin:A-01 scrap");
    assert_eq!(scan(&mut station, 4, "BIN-7"), "refused: bin label is no part; scan the part");
    scan(&mut station, 90, "M8-BOLT");
    assert_eq!(station.actor, None, "the next technician is somebody else");
}

#[test]
fn a_damaged_label_is_refused_and_not_taken_for_an_item() {
    let told = scan(&mut station(), 1, "]C10104006381333932");
    assert!(told.starts_with("refused: label is damaged"), "{told}");
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let mut station = station();
    scan(&mut station, 1, "BW:QTY:5");
    assert!(scan(&mut station, 2, "BW:DANCE").starts_with("refused: \"DANCE\" is no command"));
    assert!(scan(&mut station, 3, "BW:QTY:0").starts_with("refused: 0 is no quantity"));
    assert_eq!(scan(&mut station, 4, "M8-BOLT"), "5 M8-BOLT bin:A-01 used");
}
