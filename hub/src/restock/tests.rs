//! What the bridge from forecast to plan promises.

use jiff::civil::date;
use planning::demand::{Series, SeriesKey, Usage, Window, build};

use super::*;
use crate::outlook::{Outlook, Said, Subject, outlook};

const SPAN: Span = Span { horizon: 8, interval: 3, season: 12 };

fn seen() -> Foreseen {
    let key = SeriesKey { customer: "acme".to_owned(), site: "plant-7".to_owned(), item: "SEAL".to_owned() };
    let first: Bucket = "2024-01".parse().unwrap();
    let usage: Vec<_> = (0..24)
        .map(|month| Usage {
            key: key.clone(),
            day: Some(first.plus(month).first_day()),
            units: 28 + i64::from(month % 5),
        })
        .collect();
    let window = Window { size: BucketSize::Month, through: date(2025, 12, 31), from: None };
    let series: Series = build(&usage, &[], window).remove(&key).unwrap();
    match outlook(&[Subject { series: &series, unit: 1.0, strengths: &[] }], SPAN, &Said::default()).unwrap().remove(0)
    {
        Outlook::Foreseen(seen) => *seen,
        Outlook::Refused(why) => panic!("{why}"),
    }
}

fn aim(service: f64) -> Aim {
    Aim { today: date(2026, 1, 1), size: BucketSize::Month, span: SPAN, lead: 2, service }
}

fn wanted(seen: &Foreseen, on_hand: OnHand) -> Wanted<'_> {
    Wanted { id: "SEAL", seen, shelf: Shelf::of(on_hand), unit: 1.0 }
}

#[test]
fn the_level_is_the_interval_quantile_of_the_forecast() {
    let seen = seen();
    for service in [0.5, 0.9, 0.95, 0.99] {
        let plan = restock(&[wanted(&seen, OnHand::Exactly(0))], aim(service)).unwrap();
        let (level, quantile) = (plan.outcomes[0].levels.up_to as f64, seen.interval.quantile(service));
        assert!((level - quantile).abs() <= 1.0 + 0.02 * quantile, "{service}: {level} for {quantile}");
    }
}

#[test]
fn an_order_is_released_so_that_it_comes_after_the_lead_time() {
    let seen = seen();
    let plan = restock(&[wanted(&seen, OnHand::Exactly(5))], aim(0.95)).unwrap();
    let line = plan.lines.first().unwrap();
    assert_eq!((line.release, line.receipt), (date(2026, 1, 1), date(2026, 3, 2)));
}

#[test]
fn the_same_inputs_give_the_same_plan_and_more_stock_orders_less() {
    let seen = seen();
    let ordered = |on_hand| restock(&[wanted(&seen, OnHand::Exactly(on_hand))], aim(0.95)).unwrap();
    assert_eq!(ordered(20), ordered(20));
    assert!(ordered(20).outcomes[0].ordered > ordered(200).outcomes[0].ordered);
}

#[test]
fn stock_that_nobody_knows_is_not_planned_for() {
    let seen = seen();
    let plan = restock(&[wanted(&seen, OnHand::Unknown)], aim(0.95)).unwrap();
    assert!(plan.lines.is_empty(), "{:?}", plan.lines);
}

#[test]
fn projected_stock_is_stock_and_receipts_less_what_is_expected() {
    let seen = seen();
    let wanted = wanted(&seen, OnHand::Exactly(500));
    let plan = restock(&[wanted], aim(0.95)).unwrap();
    let projected = projected(&plan, &wanted, date(2026, 1, 1));
    let mut stock = 500.0;
    for ((_, at_end, comes), ahead) in projected.iter().zip(&seen.ahead) {
        stock = f64::max(stock + comes - ahead.demand.mean(), 0.0);
        assert!((at_end - stock).abs() < 1e-6);
    }
    assert_eq!(projected.len(), SPAN.horizon);
}
