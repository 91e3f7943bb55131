use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::{
    probability::Law,
    replenish::{
        agreement::{Agreement, Authority, Limits, Terms},
        calendar::Calendar,
        item::{OnHand, Owner},
        need::Interval,
        plan::Unacknowledged,
        policy::{Policy, Target},
    },
};

fn item(id: &str, per_day: f64) -> Item {
    Item {
        id: id.to_owned(),
        owner: Owner::Customer,
        on_hand: OnHand::Exactly(20),
        allocated: 0,
        backordered: 0,
        open: Vec::new(),
        interval: Interval { lead_days: 5.0, lead_sd: 1.0, review_days: 2.0 },
        policy: Policy::Review { target: Target::FillRate(0.95) },
        order_min: 1,
        multiple: 1,
        pack: 1,
        capacity: Some(500),
        agreed_min: None,
        agreed_max: None,
        unit_cost: 3.0,
        can_order: None,
        need: Need::steady(&Law::of_counts(per_day, per_day * 2.0), 5.0, 1.0, 2.0),
    }
}

fn baseline() -> Baseline {
    let terms = Terms { authority: Authority::PlanApproval, limits: Limits::default() };
    let site = Site {
        today: date(2026, 11, 23),
        horizon_days: 60,
        vendor_calendar: Calendar::weekdays([]),
        site_calendar: Calendar::weekdays([]),
        agreement: Agreement::new(date(2026, 1, 1), terms),
        unacknowledged: Unacknowledged::Counts,
        joint: Vec::new(),
        items: vec![Arc::new(item("A", 2.0)), Arc::new(item("B", 0.3))],
    };
    let other = Need::steady(&Law::of_counts(5.0, 9.0), 5.0, 1.0, 2.0);
    let methods = BTreeMap::from([("croston".to_owned(), BTreeMap::from([("A".to_owned(), other)]))]);
    Baseline::new(site, methods).unwrap()
}

fn only(id: &str) -> Option<BTreeSet<String>> {
    Some(BTreeSet::from([id.to_owned()]))
}

#[test]
fn the_baseline_is_the_same_bytes_after_any_scenario() {
    let baseline = baseline();
    let bytes =
        |baseline: &Baseline| serde_json::to_vec(&(baseline.site(), baseline.plan(), baseline.figures())).unwrap();
    let before = bytes(&baseline);
    let overlay = Overlay { growth: Some(3.0), lead_factor: Some(2.0), ..Overlay::default() };
    baseline.play(&overlay).unwrap();
    baseline.compare(&overlay).unwrap();
    baseline.adopt(&overlay, "kim", "growth", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(bytes(&baseline), before);
}

#[test]
fn a_scenario_without_changes_plans_the_same() {
    let baseline = baseline();
    let compared = baseline.compare(&Overlay::default()).unwrap();
    assert_eq!(compared.baseline, compared.scenario);
    assert_eq!(compared.orders, []);
}

#[test]
fn more_growth_a_longer_lead_time_and_more_service_need_more_stock() {
    let baseline = baseline();
    let value = |overlay: Overlay| baseline.play(&overlay).unwrap().figures.stock_value;
    let base = baseline.figures().stock_value;
    let overlays = [
        Overlay { growth: Some(1.5), ..Overlay::default() },
        Overlay { lead_days: Some(15.0), ..Overlay::default() },
        Overlay { lead_sd: Some(6.0), ..Overlay::default() },
        Overlay { fill_rate: Some(0.999), ..Overlay::default() },
        Overlay { review_days: Some(14.0), ..Overlay::default() },
    ];
    for overlay in overlays {
        assert!(value(overlay.clone()) > base * 1.02, "{overlay:?}: {} {base}", value(overlay.clone()));
    }
    let longer = baseline.play(&Overlay { horizon_days: Some(120), ..Overlay::default() }).unwrap();
    assert!(longer.figures.units > baseline.figures().units);
}

#[test]
fn a_scenario_about_one_item_leaves_the_others_as_they_are() {
    let baseline = baseline();
    let played = baseline.play(&Overlay { items: only("A"), growth: Some(2.0), ..Overlay::default() }).unwrap();
    let of = |plan: &Plan, id: &str| plan.lines.iter().filter(|line| line.item == id).cloned().collect::<Vec<_>>();
    assert_eq!(of(&played.plan, "B"), of(baseline.plan(), "B"));
    assert_ne!(of(&played.plan, "A"), of(baseline.plan(), "A"));
}

#[test]
fn an_event_orders_for_its_days() {
    let baseline = baseline();
    let event = |change| Event { items: only("A"), from: date(2026, 12, 7), through: date(2026, 12, 13), change };
    let units = |change| {
        let overlay = Overlay { events: vec![event(change)], ..Overlay::default() };
        baseline.play(&overlay).unwrap().figures.units
    };
    let base = baseline.figures().units;
    assert!((units(Change::Units(10.0)) - base - 70).abs() <= 3, "seventy more: {} {base}", units(Change::Units(10.0)));
    assert!((units(Change::Percent(100.0)) - base - 14).abs() <= 3);
    assert!(units(Change::Absolute(0.0)) < base);
}

#[test]
fn a_method_is_taken_where_it_was_forecast_and_missed_by_name_where_not() {
    let baseline = baseline();
    let method = |items| Overlay { method: Some("croston".to_owned()), items, ..Overlay::default() };
    assert!(baseline.play(&method(only("A"))).unwrap().figures.units > baseline.figures().units);
    let missing = baseline.play(&method(None)).unwrap_err().to_string();
    assert!(missing.contains("croston") && missing.contains('B'), "{missing}");
    assert_eq!(
        baseline.play(&Overlay { items: only("X"), ..Overlay::default() }).unwrap_err(),
        ScenarioError::Item("X".to_owned())
    );
    let beyond = baseline.play(&Overlay { fill_rate: Some(1.0), ..Overlay::default() }).unwrap_err();
    assert!(beyond.to_string().contains("between 0 and 1"), "{beyond}");
}

#[test]
fn adopting_is_one_signed_act_that_becomes_the_baseline() {
    let baseline = baseline();
    let overlay = Overlay { name: "peak".to_owned(), growth: Some(2.0), ..Overlay::default() };
    assert!(baseline.adopt(&overlay, " ", "why", Timestamp::UNIX_EPOCH).is_err());
    let (adopted, entry) = baseline.adopt(&overlay, "kim", "agreed on the call", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((entry.before.as_str(), entry.after.as_str()), (&*baseline.plan().inputs, &*adopted.plan().inputs));
    assert_eq!(entry.figures_after, baseline.play(&overlay).unwrap().figures);
    assert_eq!(adopted.plan().lines, baseline.play(&overlay).unwrap().plan.lines);
}
