use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 11, 23);

fn capacity() -> Capacity {
    Capacity {
        calendar: Calendar::weekdays([]),
        per_day: 10,
        days: BTreeMap::from([(date(2026, 11, 24), 0)]),
        lead_days: 2,
        receiving: Calendar::weekdays([]),
    }
}

fn wanted(line: &str, quantity: i64) -> Wanted {
    Wanted { line: line.to_owned(), quantity, kept: None }
}

#[test]
fn a_promise_passes_days_without_capacity_and_falls_on_a_receiving_day() {
    let promises = capacity().promise(TODAY, &[wanted("A", 15), wanted("B", 16)]);
    let [Some(a), Some(b)] = &promises[..] else { panic!("{promises:?}") };
    assert_eq!(a.made, BTreeMap::from([(TODAY, 10), (date(2026, 11, 25), 5)]));
    assert_eq!(a.date, date(2026, 11, 27));
    // 5 on Wednesday, 10 on Thursday, 1 on Friday; two days later is a Sunday
    assert_eq!(b.date, date(2026, 11, 30));
    for promise in [a, b] {
        assert!(promise.date >= after(TODAY, 2).unwrap());
    }
}

#[test]
fn asking_again_gives_the_same_dates() {
    let first = capacity().promise(TODAY, &[wanted("A", 15), wanted("B", 16)]);
    let kept: Vec<_> = [("A", 15), ("B", 16)]
        .iter()
        .zip(&first)
        .map(|((line, n), kept)| Wanted { kept: kept.clone(), ..wanted(line, *n) })
        .collect();
    assert_eq!(capacity().promise(TODAY, &kept), first);
    let mut more = vec![wanted("C", 4)];
    more.extend(kept);
    let again = capacity().promise(TODAY, &more);
    assert_eq!(again[1..], first[..], "a new line takes nothing from those promised");
    assert!(again[0].as_ref().unwrap().made.values().sum::<i64>() == 4);
}

#[test]
fn without_capacity_there_is_no_promise() {
    let none = Capacity { per_day: 0, ..capacity() };
    assert_eq!(none.promise(TODAY, &[wanted("A", 1)]), [None]);
}
