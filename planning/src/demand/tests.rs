//! What demand promises.

mod events;
mod marks;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::*;

pub(super) fn key(customer: &str, item: &str) -> SeriesKey {
    SeriesKey { customer: customer.to_owned(), site: "plant-7".to_owned(), item: item.to_owned() }
}

pub(super) fn used(key: &SeriesKey, day: Date, units: i64) -> Usage {
    Usage { key: key.clone(), day: Some(day), units }
}

fn unknown(key: &SeriesKey, from: Date, to: Date, why: Why) -> Unknown {
    Unknown { scope: Scope::only(key), from, to, why }
}

pub(super) fn months(through: Date) -> Window {
    Window { size: BucketSize::Month, through, from: None }
}

fn one(usage: &[Usage], spans: &[Unknown], window: Window) -> Series {
    let mut built = build(usage, spans, window);
    assert_eq!(built.len(), 1);
    built.pop_first().unwrap().1
}

/// A small generator (Marsaglia's xorshift64), so that what fails can be run again.
pub(super) struct Chance(u64);

impl Chance {
    #[expect(clippy::print_stderr, reason = "the seed with which a failure is run again")]
    pub(super) fn new() -> Self {
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
        eprintln!("SEED={seed}");
        Self(seed)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    pub(super) fn day(&mut self) -> Date {
        Bucket::of(date(2025, 1, 1), BucketSize::Day).plus(i32::try_from(self.below(600)).unwrap()).first_day()
    }
}

#[test]
fn buckets_are_written_and_read_alike() {
    for (text, first, days) in [
        ("2026-11-21", date(2026, 11, 21), 1),
        ("2026-W47", date(2026, 11, 16), 7),
        ("2026-W53", date(2026, 12, 28), 7),
        ("2025-W01", date(2024, 12, 30), 7),
        ("2024-02", date(2024, 2, 1), 29),
    ] {
        let bucket: Bucket = text.parse().unwrap();
        assert_eq!((bucket.first_day(), bucket.days(), bucket.to_string().as_str()), (first, days, text));
        assert_eq!(Bucket::of(bucket.last_day(), bucket.size()), bucket);
    }
    for text in ["", "2026", "2026-13", "2026-W54", "2025-W53", "2026-11-31", "26-11", "2026-11-21T00", "+026-11"] {
        assert!(text.parse::<Bucket>().is_err(), "{text}");
    }
}

#[test]
fn buckets_follow_each_other_without_gap_or_overlap() {
    for size in [BucketSize::Day, BucketSize::Week, BucketSize::Month] {
        let mut bucket = Bucket::of(date(2023, 12, 20), size);
        let begin = bucket;
        for number in 1..1_000 {
            let next = bucket.next();
            assert_eq!(super::bucket::days_between(bucket.last_day(), next.first_day()), 1);
            assert_eq!((begin.until(next), begin.plus(number)), (number, next));
            bucket = next;
        }
    }
    assert_eq!(Bucket::of(date(2026, 11, 21), BucketSize::Week).plus(i32::MAX).plus(i32::MIN).size(), BucketSize::Week);
}

#[test]
fn usage_lands_in_the_bucket_of_its_day_whenever_it_became_known() {
    let key = key("acme", "SEAL");
    let mut usage =
        vec![used(&key, date(2026, 1, 31), 3), used(&key, date(2026, 3, 1), 4), used(&key, date(2026, 2, 1), 5)];
    let through = date(2026, 3, 31);
    let cells = [3, 5, 4].map(|units| Cell::Known { units });
    assert_eq!(one(&usage, &[], months(through)).cells, cells);
    usage.reverse();
    assert_eq!(one(&usage, &[], months(through)).cells, cells);
}

#[test]
fn the_bucket_that_is_not_over_is_open_and_in_no_history() {
    let key = key("acme", "SEAL");
    let usage = [used(&key, date(2026, 1, 10), 3), used(&key, date(2026, 2, 10), 9), used(&key, date(2026, 3, 1), 2)];
    let series = one(&usage, &[], months(date(2026, 2, 27)));
    assert_eq!((series.cells.as_slice(), series.open), ([Cell::Known { units: 3 }].as_slice(), 11));
    assert_eq!(series.next().to_string(), "2026-02");
    assert_eq!(one(&usage, &[], months(date(2026, 2, 28))).cells.len(), 2);
}

#[test]
fn what_comes_back_is_netted_in_its_bucket_and_never_makes_demand_negative() {
    let key = key("acme", "SEAL");
    let usage = [
        used(&key, date(2026, 1, 5), 10),
        used(&key, date(2026, 1, 9), -4),
        used(&key, date(2026, 2, 5), 1),
        used(&key, date(2026, 2, 9), -4),
    ];
    let series = one(&usage, &[], months(date(2026, 2, 28)));
    assert_eq!(series.cells, [Cell::Known { units: 6 }, Cell::Known { units: 0 }]);
    assert_eq!(series.returned, [Returned { bucket: "2026-02".parse().unwrap(), units: 3 }]);
    assert!(matches!(
        series.quality.deductions.iter().find(|d| matches!(d.flaw, Flaw::NegativeRuns { .. })).unwrap().flaw,
        Flaw::NegativeRuns { buckets: 1, longest: 1 }
    ));
}

#[test]
fn an_unknown_period_is_unknown_and_not_zero() {
    let key = key("acme", "SEAL");
    let usage = [used(&key, date(2026, 1, 5), 10), used(&key, date(2026, 4, 5), 8)];
    for why in [Why::StockOut, Why::StaleFeed, Why::NotYetKnown, Why::Lost, Why::ClockUntrusted, Why::Declared] {
        let spans = [unknown(&key, date(2026, 2, 1), date(2026, 2, 28), why)];
        let series = one(&usage, &spans, months(date(2026, 4, 30)));
        assert_eq!(series.values(), [Some(10.0), None, Some(0.0), Some(8.0)]);
        assert_eq!(series.cells[1], Cell::Unknown { seen: 0, why });
    }
}

#[test]
fn a_bucket_with_stock_out_days_is_scaled_by_the_stated_rule() {
    // 90 used in a quarter of 90 days with 15 days of stock-out are 108; here as months: ⌈31·31/(31−6)⌉ = 39.
    let key = key("acme", "SEAL");
    let usage = [used(&key, date(2026, 1, 5), 31)];
    let spans = [unknown(&key, date(2026, 1, 20), date(2026, 1, 25), Why::StockOut)];
    let series = one(&usage, &spans, months(date(2026, 1, 31)));
    assert_eq!(series.cells, [Cell::Scaled { seen: 31, units: 39, unknown_days: 6, why: Why::StockOut }]);
}

#[test]
fn a_bucket_that_is_unknown_for_more_than_half_is_not_scaled() {
    let key = key("acme", "SEAL");
    let usage = [used(&key, date(2026, 6, 5), 31)];
    for (last, is_scaled) in [(15, true), (16, false)] {
        let spans = [unknown(&key, date(2026, 6, 1), date(2026, 6, last), Why::StockOut)];
        let series = one(&usage, &spans, months(date(2026, 6, 30)));
        assert_eq!(matches!(series.cells[0], Cell::Scaled { .. }), is_scaled, "{:?}", series.cells[0]);
    }
}

#[test]
fn a_day_that_is_unknown_for_two_reasons_counts_once() {
    let key = key("acme", "SEAL");
    let usage = [used(&key, date(2026, 6, 5), 30)];
    let spans = [
        unknown(&key, date(2026, 6, 20), date(2026, 6, 22), Why::StaleFeed),
        unknown(&key, date(2026, 6, 18), date(2026, 6, 21), Why::StockOut),
        Unknown { scope: Scope::default(), from: date(2026, 6, 21), to: date(2026, 6, 21), why: Why::Lost },
    ];
    let series = one(&usage, &spans, months(date(2026, 6, 30)));
    assert_eq!(series.cells, [Cell::Scaled { seen: 30, units: 36, unknown_days: 5, why: Why::StockOut }]);
}

#[test]
fn usage_without_a_date_is_in_no_bucket_and_is_told() {
    let key = key("acme", "SEAL");
    let undated = Usage { key: key.clone(), day: None, units: 7 };
    let series = one(&[used(&key, date(2026, 1, 5), 21), undated], &[], months(date(2026, 1, 31)));
    assert_eq!((series.values(), series.undated), (vec![Some(21.0)], 7));
    assert!(series.quality.to_string().contains("7 units that no clock dated"));
}

#[test]
fn a_history_longer_than_the_bound_is_cut_and_counted() {
    let key = key("acme", "SEAL");
    let window = Window { size: BucketSize::Day, through: date(2026, 1, 31), from: None };
    let series = one(&[used(&key, date(1990, 1, 1), 5), used(&key, date(2026, 1, 1), 6)], &[], window);
    assert_eq!((series.cells.len(), series.cut, series.cut_units), (BUCKETS_MAX, 1, 5));
    let wild = [used(&key, Date::MIN, i64::MAX), used(&key, Date::MIN, i64::MAX), used(&key, Date::MAX, i64::MIN)];
    assert_eq!(one(&wild, &[], window).cells.len(), BUCKETS_MAX);
}

#[test]
fn one_customers_data_changes_no_byte_of_anothers_series() {
    let mut chance = Chance::new();
    for _ in 0..50 {
        let keys = [key("a", "x"), key("a", "y"), key("b", "x"), key("b", "y")];
        let mut lines = Vec::new();
        let mut spans = Vec::new();
        for _ in 0..300 {
            let key = &keys[usize::try_from(chance.below(4)).unwrap()];
            lines.push(used(key, chance.day(), i64::try_from(chance.below(40)).unwrap() - 8));
        }
        for _ in 0..10 {
            let key = &keys[usize::try_from(chance.below(4)).unwrap()];
            let from = chance.day();
            let to = Bucket::of(from, BucketSize::Day).plus(i32::try_from(chance.below(50)).unwrap()).first_day();
            spans.push(unknown(key, from, to, Why::StockOut));
        }
        let of_b = |built: BTreeMap<SeriesKey, Series>| -> String {
            let of_b: Vec<_> = built.into_values().filter(|series| series.key.customer == "b").collect();
            serde_json::to_string(&of_b).unwrap()
        };
        let window = Window { size: BucketSize::Week, through: date(2026, 8, 30), from: None };
        let before = of_b(build(&lines, &spans, window));
        assert_eq!(before, of_b(build(&lines, &spans, window)));
        lines.retain(|line| line.key.customer == "b" || chance.below(2) == 0);
        spans.retain(|span| span.scope.customer.as_deref() == Some("b"));
        spans.push(Unknown {
            scope: Scope { customer: Some("a".to_owned()), ..Scope::default() },
            from: date(2025, 1, 1),
            to: date(2026, 1, 1),
            why: Why::Declared,
        });
        lines.push(used(&keys[0], date(2025, 5, 5), 100_000));
        assert_eq!(before, of_b(build(&lines, &spans, window)));
    }
}

#[test]
fn every_unit_is_in_a_bucket_or_named() {
    let mut chance = Chance::new();
    for _ in 0..200 {
        let key = key("a", "x");
        let mut lines: Vec<_> =
            (0..100).map(|_| used(&key, chance.day(), i64::try_from(chance.below(20)).unwrap() - 5)).collect();
        lines.push(Usage { key: key.clone(), day: None, units: 3 });
        let window = Window { size: BucketSize::Week, through: date(2026, 3, 8), from: Some(date(2025, 2, 3)) };
        let series = one(&lines, &[], window);
        let signed = |units: u64| i64::try_from(units).unwrap();
        let cells: i64 = series.cells.iter().map(|cell| signed(cell.units().unwrap())).sum();
        let returned: i64 = series.returned.iter().map(|returned| signed(returned.units)).sum();
        let inside: i64 = lines
            .iter()
            .filter(|line| line.day.is_some_and(|day| (date(2025, 2, 3)..=date(2026, 3, 8)).contains(&day)))
            .map(|line| line.units)
            .sum();
        assert_eq!(cells - returned, inside);
        assert_eq!(series.undated, 3);
    }
}
