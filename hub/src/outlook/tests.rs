//! What an outlook promises.

use jiff::civil::{Date, date};
use planning::demand::{BucketSize, Effect, Items, KnownEvent, SeriesKey, Usage, Window, build};

use super::*;

fn series(item: &str, units: &[i64]) -> Series {
    let key = SeriesKey { customer: "acme".to_owned(), site: "plant-7".to_owned(), item: item.to_owned() };
    let first: Bucket = "2024-01".parse().unwrap();
    let bucket = |at: usize| first.plus(i32::try_from(at).unwrap());
    let usage: Vec<_> = units
        .iter()
        .enumerate()
        .map(|(at, &units)| Usage { key: key.clone(), day: Some(bucket(at).first_day()), units })
        .collect();
    let window = Window { size: BucketSize::Month, through: bucket(units.len() - 1).last_day(), from: None };
    build(&usage, &[], window).remove(&key).unwrap()
}

fn subject(series: &Series) -> Subject<'_> {
    Subject { series, unit: 1.0, strengths: &[] }
}

const SPAN: Span = Span { horizon: 4, interval: 2, season: 12 };

const STEADY: [i64; 24] = [5, 6, 4, 5, 7, 5, 4, 6, 5, 5, 6, 4, 5, 6, 4, 5, 7, 5, 4, 6, 5, 5, 6, 4];

fn event(from: Date, to: Date, effect: Effect) -> KnownEvent {
    KnownEvent {
        id: "e".to_owned(),
        site: None,
        items: Items::All,
        from,
        to,
        effect,
        author: "EMP-7".to_owned(),
        reason: "overhaul".to_owned(),
        entered: 0,
    }
}

fn seen(outlook: &Outlook) -> &Foreseen {
    match outlook {
        Outlook::Foreseen(seen) => seen,
        Outlook::Refused(why) => panic!("refused: {why}"),
    }
}

#[test]
fn a_history_that_is_refused_is_neither_forecast_nor_learned_from() {
    let (good, bad) = (series("A", &STEADY), series("B", &[900, 1]));
    let alone = outlook(&[subject(&good)], SPAN, &Said::default()).unwrap();
    let beside = outlook(&[subject(&bad), subject(&good)], SPAN, &Said::default()).unwrap();
    assert!(matches!(&beside[0], Outlook::Refused(why) if why.contains("2 known buckets")));
    assert_eq!(beside[1], alone[0]);
}

#[test]
fn an_event_changes_the_buckets_it_covers_and_the_interval_and_keeps_the_base() {
    let one = series("A", &STEADY);
    let plain = outlook(&[subject(&one)], SPAN, &Said::default()).unwrap().remove(0);
    let february = event(date(2026, 2, 1), date(2026, 2, 28), Effect::Percent(100.0));
    let with = outlook(&[subject(&one)], SPAN, &Said { events: vec![february], ..Said::default() }).unwrap().remove(0);
    let (plain, with) = (seen(&plain), seen(&with));
    for (before, after) in plain.ahead.iter().zip(&with.ahead) {
        assert_eq!(before.base, after.base);
        assert_eq!(before == after, before.bucket.to_string() != "2026-02", "{}", before.bucket);
    }
    assert!((with.ahead[1].demand.mean() - 2.0 * plain.ahead[1].demand.mean()).abs() < 1e-6);
    assert_eq!(with.base_interval, plain.interval);
    let added = with.interval.mean() - plain.interval.mean();
    assert!((added - plain.ahead[1].base.mean()).abs() < 1e-3 * plain.interval.mean(), "{added}");
}

#[test]
fn an_amount_in_tenths_is_forecast_in_whole_units() {
    let (whole, tenths) = (series("A", &STEADY), series("A", &STEADY.map(|units| units * 10)));
    let subject_of_tenths = Subject { series: &tenths, unit: 0.1, strengths: &[] };
    assert_eq!(
        subject(&whole).values(),
        subject_of_tenths.values().iter().map(|v| v.map(f64::round)).collect::<Vec<_>>()
    );
}

#[test]
fn the_trial_sees_nothing_of_what_came_after_its_origin() {
    let mut units = STEADY;
    let before = series("A", &units);
    units[23] = 5_000;
    let after = series("A", &units);
    let judge = |series: &Series| {
        let subject = subject(series);
        Trial { origins: 1, span: SPAN }.run(&[&subject], |_, _| ()).0.remove(0).unwrap().methods
    };
    let (before, after) = (judge(&before), judge(&after));
    // Only the actual of the one judged bucket differs, so the forecasts do not and all are wrong by as much more.
    let mean = STEADY[..23].iter().sum::<i64>() as f64 / 23.0;
    for (before, after) in before.iter().zip(&after) {
        assert!(((before.bias - after.bias) * mean - 4_996.0).abs() < 1e-6, "{before:?} {after:?}");
    }
}

#[test]
fn a_series_that_cannot_be_judged_is_not_in_the_mean() {
    let (steady, never) = (series("A", &STEADY), series("B", &[0; 24]));
    let subjects = [subject(&steady), subject(&never)];
    let (each, whole) = Trial { origins: 3, span: SPAN }.run(&[&subjects[0], &subjects[1]], |_, _| ());
    assert_eq!((each[0].is_some(), each[1].is_some(), whole.series), (true, false, 1));
}
