//! Marks and quality.

use jiff::civil::date;

use super::{Chance, key, months, used};
use crate::demand::*;

fn series(units: &[u64]) -> Series {
    let key = key("acme", "SEAL");
    let first: Bucket = "2015-01".parse().unwrap();
    let bucket = |at: usize| first.plus(i32::try_from(at).unwrap());
    let usage: Vec<_> = units
        .iter()
        .enumerate()
        .map(|(at, &units)| used(&key, bucket(at).first_day(), i64::try_from(units).unwrap()))
        .collect();
    build(&usage, &[], months(bucket(units.len() - 1).last_day())).pop_first().unwrap().1
}

fn outliers(series: &Series) -> Vec<u64> {
    let outlier = |mark: &Mark| match mark {
        Mark::Outlier { units, .. } => Some(*units),
        Mark::Shift(_) => None,
    };
    series.marks.iter().filter_map(outlier).collect()
}

fn shifts(series: &Series) -> Vec<Shift> {
    let shift = |mark: &Mark| match mark {
        Mark::Shift(shift) => Some(*shift),
        Mark::Outlier { .. } => None,
    };
    series.marks.iter().filter_map(shift).collect()
}

#[test]
fn a_demand_far_from_the_others_is_marked_and_left_as_it_is() {
    let mut units = vec![20, 22, 19, 21, 18, 23, 20, 21, 19, 22, 20, 24, 18, 21];
    units[7] = 400;
    let series = series(&units);
    assert_eq!(outliers(&series), [400]);
    assert_eq!(series.cells[7], Cell::Known { units: 400 });
    assert!(series.marks[0].to_string().contains("400 where 20"), "{}", series.marks[0]);
}

#[test]
fn a_sudden_zero_is_remarkable_only_where_demand_is_steady() {
    let mut steady =
        vec![200_u64, 220, 190, 210, 180, 230, 200, 210, 190, 220, 200, 240, 180, 210, 200, 190, 205, 215, 195, 200];
    steady[9] = 0;
    assert_eq!(outliers(&series(&steady)), [0]);
    assert!(outliers(&series(&[0, 3, 0, 0, 2, 0, 4, 0, 3, 0, 0, 2, 0, 3, 0, 2, 0, 3])).is_empty());
}

#[test]
fn three_after_a_row_of_ones_is_no_outlier_and_forty_is() {
    let mut units = vec![1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 3, 1, 0, 1, 1];
    assert!(outliers(&series(&units)).is_empty());
    units[11] = 40;
    assert_eq!(outliers(&series(&units)), [40]);
}

#[test]
fn a_level_shift_is_found_where_it_is_and_its_new_level_is_no_outlier() {
    let units: Vec<u64> = (0..18).map(|at| 10 + at % 3).chain((0..18).map(|at| 25 + at % 4)).collect();
    let series = series(&units);
    let shifts = shifts(&series);
    assert_eq!(shifts.len(), 1);
    assert_eq!((shifts[0].bucket.to_string().as_str(), shifts[0].before, shifts[0].after), ("2016-07", 11.0, 26.0));
    assert!(outliers(&series).is_empty());
}

#[test]
fn chance_alone_seldom_makes_a_shift() {
    let mut chance = Chance::new();
    let mut found = 0;
    for _ in 0..1_000 {
        let units: Vec<u64> = (0..60).map(|_| if chance.below(3) == 0 { 1 + chance.below(9) } else { 0 }).collect();
        found += usize::from(!shifts(&series(&units)).is_empty());
    }
    assert!(found <= 3, "{found} of 1,000 at a chance of 0.001");
}

#[test]
fn what_an_event_explains_is_no_outlier() {
    let mut units = vec![20, 22, 19, 21, 18, 23, 20, 21, 19, 22, 20, 24, 18, 21];
    units[7] = 400;
    let series = series(&units);
    let promoted = series.bucket(7);
    assert!(outliers(&series.explained(|bucket| bucket == promoted)).is_empty());
}

#[test]
fn a_change_from_pieces_to_packs_is_refused_with_its_factor() {
    let units: Vec<u64> = (0..18).map(|at| 240 + at % 30).chain((0..18).map(|at| 20 + at % 3)).collect();
    let series = series(&units);
    assert_eq!(series.quality.verdict, Verdict::Refused);
    let reason = series.quality.refusal().unwrap();
    assert!(reason.contains("packs (of 12?)"), "{reason}");
}

#[test]
fn a_steady_history_has_no_deduction() {
    let quality = series(&[20, 22, 19, 21, 18, 23, 20, 21, 19, 22, 20, 24]).quality;
    assert_eq!((quality.score, quality.verdict, quality.refusal()), (1.0, Verdict::Good, None));
}

#[test]
fn two_known_buckets_are_no_history() {
    assert_eq!(series(&[20, 22]).quality.verdict, Verdict::Refused);
    assert_ne!(series(&[20, 22, 21, 23, 20, 19]).quality.verdict, Verdict::Refused);
}

#[test]
fn a_history_that_ends_in_silence_is_refused_in_the_end() {
    let key = key("acme", "SEAL");
    let usage: Vec<_> = (1..=12).map(|month| used(&key, date(2025, month, 3), 20)).collect();
    let verdict = |last: i8| {
        let silence = Unknown {
            scope: Scope { site: Some("plant-7".to_owned()), ..Scope::default() },
            from: date(2026, 1, 1),
            to: date(2026, 12, 31),
            why: Why::StaleFeed,
        };
        build(&usage, &[silence], months(date(2026, last, 28).last_of_month()))[&key].quality.verdict
    };
    assert_eq!([verdict(1), verdict(2), verdict(4)], [Verdict::Good, Verdict::Doubtful, Verdict::Refused]);
}
