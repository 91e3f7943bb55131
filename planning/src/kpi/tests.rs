use super::{balance, fill, forecast_error::*, order, slow, stock, unit};

#[test]
fn a_cancelled_line_is_not_counted_against_the_vendor() {
    let line = |ordered, shipped_first, state| fill::FirstShipment { order: "A", ordered, shipped_first, state };
    let lines = [line(10.0, 12.0, fill::LineState::Ordered), line(5.0, 0.0, fill::LineState::Cancelled)];
    assert_eq!(fill::fill_rate(lines), Some(fill::FillRate { unit: 1.0, line: 1.0, order: 1.0 }));
    assert_eq!(fill::fill_rate([]), None);
}

#[test]
fn open_requests_are_shown_apart() {
    let found = order::durations([Some(4.0), None, Some(2.0)]);
    assert_eq!((found.mean, found.median, found.p95, found.open), (Some(3.0), Some(3.0), Some(4.0), 1));
    assert_eq!(order::durations([None]).mean, None);
    let many = order::durations((1..=40).map(|i| Some(f64::from(i))));
    assert_eq!(many.p95, Some(38.0), "the 38th of 40");
}

#[test]
fn on_time_in_full_needs_both() {
    let due = |received, delivered| order::Due { promised: 5.0, received, ordered: 10.0, delivered };
    let lines = [due(Some(5.0), 10.0), due(Some(6.0), 10.0), due(Some(3.0), 9.0), due(None, 0.0)];
    assert_eq!(order::on_time_in_full(lines), Some(0.25));
    let received = |order, faultless| order::Received { order, faultless };
    assert_eq!(order::accuracy([received("A", true), received("A", false), received("B", true)]), Some(0.5));
    assert_eq!(order::perfect([true, false]), Some(0.5));
}

#[test]
fn stock_accuracy_follows_the_agreed_edges() {
    let of = |system, count| stock::accuracy(stock::Counted { system, count });
    assert_eq!(
        [of(100.0, 98.0), of(50.0, 50.0), of(0.0, 5.0), of(10.0, 25.0), of(0.0, 0.0)],
        [0.98, 1.0, 0.0, 0.0, 1.0]
    );
}

#[test]
fn cover_without_demand_is_no_number() {
    assert_eq!(stock::days_of_supply(5.0, 0.0), None);
    assert_eq!(stock::forward_cover(80.0, &[20.0, 25.0, 30.0, 5.0, 40.0]), Some(4.0));
    assert_eq!(stock::forward_cover(10.0, &[4.0, 4.0, 4.0]), Some(2.5));
    assert_eq!(stock::forward_cover(10.0, &[4.0]), None);
}

#[test]
fn projected_stock_shows_where_it_falls_under_min() {
    let found = balance::projected(40.0, &[0.0, 0.0, 60.0, 0.0, 0.0, 0.0], &[15.0; 6]);
    assert_eq!(found, [25.0, 10.0, 55.0, 40.0, 25.0, 10.0]);
    assert_eq!(balance::first_below(&found, 20.0), Some(1));
    let status = |stock| balance::status(stock, 20.0, 50.0).word();
    assert_eq!([status(0.0), status(10.0), status(20.0), status(51.0)], ["out", "below_min", "on_track", "above_max"]);
    assert_eq!(balance::stockout_adjusted(90.0, 90.0, 15.0), Some(108.0));
    assert_eq!(balance::stockout_adjusted(90.0, 90.0, 90.0), None);
}

#[test]
fn an_item_that_is_new_is_neither_slow_nor_dead() {
    let held = slow::Held { on_hand: 5.0, days_since_issue: None, usage_180_days: 0.0, age_days: Some(30) };
    assert_eq!(slow::classify(held, 90, 365.0), slow::Movement::Moving);
    assert_eq!(slow::classify(slow::Held { age_days: Some(90), ..held }, 90, 365.0), slow::Movement::NonMoving);
}

#[test]
fn errors_over_nothing_are_no_numbers() {
    assert_eq!(forecast_error(&[], &[1.0]), None);
    let found = forecast_error(&[0.0, 0.0], &[1.0, 0.0]).unwrap();
    assert_eq!((found.mae, found.wape, found.bias), (0.5, None, None));
    assert_eq!(scaled(1.0, &[1.0, 3.0, 1.0]), Some(0.5));
    assert_eq!(scaled(1.0, &[2.0, 2.0]), None);
}

#[test]
fn units_never_break_a_piece() {
    assert_eq!(unit::to_base(3, 12), Some(36));
    assert_eq!(unit::to_packs(29, 12), Some(unit::Packs { whole: 2, loose: 5 }));
    assert_eq!((unit::to_packs(29, 0), unit::to_base(i64::MAX, 2)), (None, None));
}
