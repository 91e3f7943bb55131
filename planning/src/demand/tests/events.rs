//! Known events.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::{Chance, key};
use crate::demand::*;

fn event(id: &str, from: Date, to: Date, effect: Effect) -> KnownEvent {
    KnownEvent {
        id: id.to_owned(),
        site: None,
        items: Items::All,
        from,
        to,
        effect,
        author: "EMP-7".to_owned(),
        reason: "shutdown".to_owned(),
        entered: 0,
    }
}

fn base(means: &[f64]) -> Vec<(Bucket, f64)> {
    let first: Bucket = "2026-01".parse().unwrap();
    means.iter().enumerate().map(|(at, &mean)| (first.plus(i32::try_from(at).unwrap()), mean)).collect()
}

fn applied(means: &[f64], events: &[KnownEvent]) -> Vec<f64> {
    override_by(&key("acme", "SEAL"), &base(means), events).unwrap().iter().map(|one| one.demand).collect()
}

#[test]
fn an_event_changes_only_the_buckets_that_it_covers() {
    let (from, to) = (date(2026, 2, 1), date(2026, 2, 28));
    assert_eq!(applied(&[10.0, 10.0, 10.0], &[event("e", from, to, Effect::Percent(50.0))]), [10.0, 15.0, 10.0]);
    assert_eq!(applied(&[10.0, 10.0, 10.0], &[event("e", from, to, Effect::Units(-4.0))]), [10.0, 6.0, 10.0]);
    assert_eq!(applied(&[10.0, 10.0, 10.0], &[event("e", from, to, Effect::Absolute(3.0))]), [10.0, 3.0, 10.0]);
}

#[test]
fn an_event_acts_on_the_part_of_a_bucket_that_it_covers() {
    // Ten of January's 31 days, ten of February's 28.
    let (from, to) = (date(2026, 1, 22), date(2026, 2, 10));
    let found = applied(&[31.0, 28.0], &[event("e", from, to, Effect::Percent(100.0))]);
    assert!((found[0] - 41.0).abs() < 1e-9 && (found[1] - 38.0).abs() < 1e-9, "{found:?}");
    let found = applied(&[31.0, 28.0], &[event("e", from, to, Effect::Units(20.0))]);
    assert!((found[0] - 41.0).abs() < 1e-9 && (found[1] - 38.0).abs() < 1e-9, "{found:?}");
    let found = applied(&[31.0, 28.0], &[event("e", from, to, Effect::Absolute(40.0))]);
    assert!((found[0] - 41.0).abs() < 1e-9 && (found[1] - 38.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn base_author_and_reason_of_every_step_are_kept() {
    let one = &override_by(
        &key("acme", "SEAL"),
        &base(&[10.0]),
        &[event("e", date(2026, 1, 1), date(2026, 1, 31), Effect::Percent(20.0))],
    )
    .unwrap()[0];
    assert_eq!((one.base, one.demand), (10.0, 12.0));
    let step = &one.steps[0];
    assert_eq!(
        (step.author.as_str(), step.reason.as_str(), step.before, step.after),
        ("EMP-7", "shutdown", 10.0, 12.0)
    );
}

#[test]
fn overlapping_events_apply_in_the_stated_order_whatever_order_they_came_in() {
    let (from, to) = (date(2026, 1, 1), date(2026, 1, 31));
    let mut events = vec![
        event("units", from, to, Effect::Units(5.0)),
        event("percent", from, to, Effect::Percent(10.0)),
        KnownEvent { entered: 2, ..event("late", from, to, Effect::Absolute(40.0)) },
        KnownEvent { entered: 1, ..event("early", from, to, Effect::Absolute(90.0)) },
    ];
    for _ in 0..4 {
        events.rotate_left(1);
        let found = applied(&[10.0], &events);
        assert!((found[0] - 49.0).abs() < 1e-9, "40 · 1.1 + 5, not {found:?}");
    }
}

#[test]
fn taking_an_event_away_restores_the_base_to_the_last_bit() {
    let mut chance = Chance::new();
    for _ in 0..200 {
        let means: Vec<f64> = (0..12).map(|_| f64::from(u32::try_from(chance.below(9_999)).unwrap()) / 7.0).collect();
        let before = override_by(&key("acme", "SEAL"), &base(&means), &[]).unwrap();
        assert!(before.iter().zip(&means).all(|(one, mean)| one.demand.to_bits() == mean.to_bits()));
        let mut events: Vec<_> = (0..4)
            .map(|number| {
                let from =
                    Bucket::of(date(2026, 1, 1), BucketSize::Day).plus(i32::try_from(chance.below(360)).unwrap());
                let to = from.plus(i32::try_from(chance.below(60)).unwrap());
                event(&number.to_string(), from.first_day(), to.first_day(), Effect::Percent(30.0))
            })
            .collect();
        let with = override_by(&key("acme", "SEAL"), &base(&means), &events).unwrap();
        for (one, before) in with.iter().zip(&before) {
            assert_eq!(one == before, !events.iter().any(|event| event.covers(one.bucket)));
        }
        events.clear();
        assert_eq!(override_by(&key("acme", "SEAL"), &base(&means), &events).unwrap(), before);
    }
}

#[test]
fn an_event_reaches_only_its_site_and_items() {
    let mut only = event("e", date(2026, 1, 1), date(2026, 1, 31), Effect::Percent(50.0));
    only.items = Items::Only(BTreeSet::from(["SEAL".to_owned()]));
    let of = |key: &SeriesKey, event: &KnownEvent| {
        override_by(key, &base(&[10.0]), std::slice::from_ref(event)).unwrap()[0].demand
    };
    assert_eq!((of(&key("acme", "SEAL"), &only), of(&key("acme", "BOLT"), &only)), (15.0, 10.0));
    only.site = Some("plant-8".to_owned());
    assert_eq!(of(&key("acme", "SEAL"), &only), 10.0);
}

#[test]
fn an_adjustment_keeps_quantiles_in_order_and_demand_from_below_nothing() {
    let (from, to) = (date(2026, 1, 1), date(2026, 1, 31));
    for effect in [Effect::Percent(-100.0), Effect::Units(-7.0), Effect::Absolute(0.0), Effect::Percent(400.0)] {
        let one = override_by(&key("acme", "SEAL"), &base(&[10.0]), &[event("e", from, to, effect)]).unwrap().remove(0);
        let quantiles = [0.0, 4.0, 10.0, 30.0].map(|value| one.adjustment.of(value));
        assert!(quantiles.is_sorted() && quantiles[0] >= 0.0, "{effect:?}: {quantiles:?}");
        assert!((one.adjustment.of(one.base) - one.demand).abs() < 1e-9);
    }
}

#[test]
fn the_adjustment_of_an_interval_moves_its_mean_by_as_much_as_its_buckets() {
    let found = override_by(
        &key("acme", "SEAL"),
        &base(&[10.0, 30.0]),
        &[
            event("a", date(2026, 1, 1), date(2026, 1, 31), Effect::Percent(50.0)),
            event("b", date(2026, 2, 1), date(2026, 2, 28), Effect::Units(4.0)),
        ],
    )
    .unwrap();
    let parts: Vec<_> = found.iter().map(|one| (one.base, one.adjustment)).collect();
    assert!((Adjustment::over(&parts).of(40.0) - 49.0).abs() < 1e-9);
}

#[test]
fn an_event_that_breaks_a_rule_is_refused_by_name() {
    let (from, to) = (date(2026, 1, 1), date(2026, 1, 31));
    let good = event("good", from, to, Effect::Units(1.0));
    let refused =
        |events: &[KnownEvent]| override_by(&key("acme", "SEAL"), &base(&[1.0]), events).unwrap_err().to_string();
    for (bad, text) in [
        (event("x", to, from, Effect::Units(1.0)), "event x ends before it begins"),
        (event("x", from, to, Effect::Percent(-101.0)), "event x takes away more than 100 %"),
        (event("x", from, to, Effect::Absolute(-1.0)), "event x has a negative absolute demand"),
        (event("x", from, to, Effect::Units(f64::NAN)), "event x has an amount that is no number"),
        (KnownEvent { author: " ".to_owned(), ..good.clone() }, "event good has no author or no reason; give both"),
    ] {
        assert_eq!(refused(&[bad]), text);
    }
    assert_eq!(refused(&[good.clone(), good]), "two events are called good");
}
