use super::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn now() -> WallTime {
    WallTime::from_millis(1_795_237_200_000)
}

/// A bin that was counted `days` ago.
fn bin(name: &str, class: Class, days: i64) -> Candidate {
    Candidate {
        item: "M8".parse().unwrap(),
        place: format!("bin:{name}").parse().unwrap(),
        class,
        last_count: Some(WallTime::from_millis(now().millis() - days * DAY_MS)),
        disagreements: 0,
        at_zero: false,
        sure: None,
        value: None,
    }
}

/// "A-01: never counted", in order.
fn list(candidates: &[Candidate]) -> Vec<String> {
    let due = due(candidates, now(), &Cadence::default());
    let why = |due: &Due| due.why.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    due.iter().map(|due| format!("{}: {}", due.place.to_string().trim_start_matches("bin:"), why(due))).collect()
}

#[test]
fn each_class_has_its_cadence() {
    for (class, days) in [(Class::A, 30), (Class::B, 90), (Class::C, 180)] {
        assert_eq!(list(&[bin("X", class, days - 1)]), [""; 0], "{class:?}");
        let overdue = format!("X: counted {days} days ago, due every {days}");
        assert_eq!(list(&[bin("X", class, days)]), [overdue], "{class:?}");
    }
}

#[test]
fn the_list_begins_with_what_is_most_urgent_and_says_why() {
    let never = Candidate { last_count: None, ..bin("never", Class::C, 0) };
    let disagreed = Candidate { disagreements: 3, ..bin("disagreed", Class::B, 9) };
    let once = Candidate { disagreements: 1, ..bin("once", Class::B, 9) };
    let zero = Candidate { at_zero: true, ..bin("zero", Class::C, 36) };
    let unsure = Candidate { sure: Some(0.4), ..bin("unsure", Class::B, 1) };
    let sure = Candidate { sure: Some(0.99), ..bin("sure", Class::B, 1) };
    let confirmed = Candidate { at_zero: true, ..bin("confirmed", Class::C, 6) };
    let old = bin("old", Class::A, 37);
    assert_eq!(
        list(&[sure, zero, old, once, confirmed, never, unsure, disagreed]),
        [
            "never: never counted",
            "disagreed: scan and scale disagreed 3 times since the last count",
            "old: counted 37 days ago, due every 30",
            "zero: should be empty: confirm",
            "unsure: level is only 40 % sure",
            "once: scan and scale disagreed since the last count",
        ]
    );
}

#[test]
fn all_reasons_are_told_and_add_up() {
    let all = Candidate { disagreements: 2, at_zero: true, sure: Some(0.5), ..bin("all", Class::A, 60) };
    let found = due(&[all], now(), &Cadence::default());
    assert!((found[0].urgency - (2.0 + 1.0 + 0.5 + 0.5)).abs() < 1e-9, "{}", found[0].urgency);
    assert_eq!(found[0].why.len(), 4);
}

#[test]
fn equals_are_ordered_by_class_value_and_name_however_they_come() {
    let never = |name, class, value| Candidate { last_count: None, value, ..bin(name, class, 0) };
    let mut candidates = vec![
        never("c2", Class::C, None),
        never("a2", Class::A, Some(5)),
        never("c1", Class::C, None),
        never("a1", Class::A, Some(9)),
        never("b", Class::B, None),
    ];
    let expected = ["a1", "a2", "b", "c1", "c2"].map(|name| format!("{name}: never counted"));
    for _ in 0..candidates.len() {
        candidates.rotate_left(1);
        assert_eq!(list(&candidates), expected);
    }
}

#[test]
fn wild_clocks_and_numbers_neither_hide_a_bin_nor_hold_the_list() {
    assert_eq!(list(&[bin("future", Class::A, -400)]), [""; 0], "counted tomorrow is counted now");
    let wild = Candidate { disagreements: u32::MAX, ..bin("wild", Class::A, 0) };
    let late = bin("late", Class::A, 100);
    assert!(list(&[wild, late])[0].starts_with("late"));
    let unknown = Candidate { sure: Some(f64::NAN), ..bin("nan", Class::A, 0) };
    assert_eq!(list(&[unknown]), ["nan: level is only 0 % sure"]);
}
