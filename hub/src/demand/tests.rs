//! What the hub makes of movements.

use planning::demand::Cell;

use super::*;

fn at(text: &str) -> WallTime {
    WallTime::parse(text).unwrap()
}

fn moved(seq: u64, time: &str, usage: i64, stock: i64) -> Moved {
    Moved { name: (1, seq), at: Some(at(time)), usage, stock, corrects: None }
}

fn past(moves: Vec<Moved>, known_until: &str) -> Past {
    Past { items: BTreeMap::from([("SEAL".to_owned(), moves)]), known_until: Some(at(known_until)), ..Past::default() }
}

fn berlin() -> TimeZone {
    // As Europe/Berlin is in winter, without the machine's list of zones.
    TimeZone::fixed(jiff::tz::offset(1))
}

const NOW: &str = "2026-04-10T12:00:00Z";

fn months(past: &Past) -> Series {
    let feed: FeedKey = "plant-7/acme".parse().unwrap();
    let mut found = demand(&feed, past, &berlin(), BucketSize::Month, at(NOW));
    found.remove(&series_key(&feed, "SEAL")).unwrap()
}

#[test]
fn a_movement_counts_on_the_sites_own_day() {
    // Half past eleven at night in UTC is the next day, and month, at the site.
    let past = past(
        vec![
            moved(1, "2026-01-05T10:00:00Z", 0, 50),
            moved(2, "2026-01-31T23:30:00Z", 4, -4),
            moved(3, "2026-01-31T22:30:00Z", 3, -3),
        ],
        NOW,
    );
    assert_eq!(months(&past).values(), [Some(3.0), Some(4.0), Some(0.0)]);
}

#[test]
fn a_correction_counts_on_the_day_of_what_it_corrects() {
    let wrong = moved(2, "2026-01-10T10:00:00Z", 40, -40);
    let back = Moved { corrects: Some((1, 2)), ..moved(3, "2026-03-10T10:00:00Z", -40, 40) };
    let past = past(vec![moved(1, "2026-01-05T10:00:00Z", 0, 50), wrong, back], NOW);
    let series = months(&past);
    assert_eq!((series.values(), series.returned.len()), (vec![Some(0.0), Some(0.0), Some(0.0)], 0));
}

#[test]
fn what_lies_after_the_last_word_of_the_site_is_unknown() {
    let moves = vec![moved(1, "2026-01-05T10:00:00Z", 0, 50), moved(2, "2026-01-10T10:00:00Z", 4, -4)];
    let series = months(&past(moves, "2026-02-27T10:00:00Z"));
    assert_eq!(series.cells[2], Cell::Unknown { seen: 0, why: Why::StaleFeed });
    assert!(matches!(series.cells[1], Cell::Scaled { unknown_days: 2, why: Why::StaleFeed, .. }), "{:?}", series.cells);
}

#[test]
fn days_whose_records_were_lost_are_unknown() {
    let moves = vec![moved(1, "2026-01-05T10:00:00Z", 0, 50), moved(9, "2026-03-10T10:00:00Z", 4, -4)];
    let past = Past {
        holes: vec![Hole { after: Some(at("2026-01-31T10:00:00Z")), before: Some(at("2026-03-01T10:00:00Z")) }],
        ..past(moves, NOW)
    };
    let series = months(&past);
    assert_eq!(series.cells[1], Cell::Unknown { seen: 0, why: Why::Lost });
    assert_eq!(series.values()[0], Some(0.0));
}

#[test]
fn whole_days_without_stock_are_unknown_and_others_are_not() {
    let past = past(
        vec![
            moved(1, "2026-01-05T10:00:00Z", 0, 10),
            moved(2, "2026-01-31T10:00:00Z", 10, -10),
            moved(3, "2026-03-01T10:00:00Z", 0, 10),
            moved(4, "2026-03-10T10:00:00Z", 2, -2),
        ],
        NOW,
    );
    let series = months(&past);
    assert_eq!(series.cells[1], Cell::Unknown { seen: 0, why: Why::StockOut });
    assert_eq!((series.values()[0], series.values()[2]), (Some(10.0), Some(2.0)));
}

#[test]
fn books_that_went_below_nothing_say_nothing_about_stock() {
    let moves = vec![moved(1, "2026-01-05T10:00:00Z", 10, -10), moved(2, "2026-01-31T10:00:00Z", 0, 10)];
    assert_eq!(months(&past(moves, NOW)).values(), [Some(10.0), Some(0.0), Some(0.0)]);
}

#[test]
fn what_no_clock_dated_is_in_no_bucket() {
    let undated = Moved { at: None, ..moved(2, "2026-01-10T10:00:00Z", 7, -7) };
    let series = months(&past(vec![moved(1, "2026-01-05T10:00:00Z", 0, 50), undated], NOW));
    assert_eq!((series.values(), series.undated), (vec![Some(0.0), Some(0.0), Some(0.0)], 7));
}

#[test]
fn an_item_is_known_from_its_first_movement_and_not_from_its_first_use() {
    let moves = vec![moved(1, "2026-01-05T10:00:00Z", 0, 50), moved(2, "2026-03-10T10:00:00Z", 4, -4)];
    assert_eq!(months(&past(moves, NOW)).values(), [Some(0.0), Some(0.0), Some(4.0)]);
}
