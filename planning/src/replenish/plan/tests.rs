//! A site's plan: by example, and over random worlds that a second reckoning checks.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday, date};

use super::*;
use crate::{
    probability::Law,
    replenish::{
        agreement::{Authority, Blackout, Limits, Terms},
        calendar::{after, days_between},
        delta::{Change, Planned, delta, remembered},
        item::{OnHand, Open, OrderState},
        need::{Interval, Need},
        policy::{Policy, Target, Trigger},
    },
};

mod worlds;

const TODAY: Date = date(2026, 11, 23);

fn terms(authority: Authority, limits: Limits) -> Agreement {
    Agreement::new(date(2020, 1, 1), Terms { authority, limits })
}

fn item(id: &str, on_hand: i64, per_day: f64, policy: Policy) -> Item {
    let interval = Interval { lead_days: 3.0, lead_sd: 0.0, review_days: 1.0 };
    Item {
        id: id.to_owned(),
        owner: Owner::Customer,
        on_hand: OnHand::Exactly(on_hand),
        allocated: 0,
        backordered: 0,
        open: Vec::new(),
        interval,
        policy,
        order_min: 0,
        multiple: 1,
        pack: 1,
        capacity: None,
        agreed_min: None,
        agreed_max: None,
        unit_cost: 2.0,
        can_order: None,
        need: Need::steady(&Law::of_counts(per_day, per_day * 1.5), 3.0, 0.0, 1.0),
    }
}

fn site(items: Vec<Item>) -> Site {
    Site {
        today: TODAY,
        horizon_days: 28,
        vendor_calendar: Calendar::every_day(),
        site_calendar: Calendar::every_day(),
        agreement: terms(Authority::VendorAutonomous, Limits::default()),
        unacknowledged: Unacknowledged::Counts,
        joint: Vec::new(),
        items: items.into_iter().map(Arc::new).collect(),
    }
}

const MIN_MAX: Policy = Policy::MinMax { min: 20, max: 100, trigger: Trigger::AtMin };

fn released_today(plan: &Plan) -> Vec<(&str, i64)> {
    plan.lines.iter().filter(|line| line.release == TODAY).map(|line| (line.item.as_str(), line.quantity)).collect()
}

#[test]
fn an_order_is_planned_at_min_and_not_above_it() {
    for (on_hand, wanted) in [(20, Some(80)), (21, None), (-4, Some(104))] {
        let plan = plan(&site(vec![item("A", on_hand, 0.0, MIN_MAX)])).unwrap();
        assert_eq!(plan.lines.first().map(|line| line.quantity), wanted, "on hand {on_hand}");
    }
}

#[test]
fn the_least_order_its_multiple_and_the_pack_are_all_kept() {
    let mut at = item("A", 19, 0.0, Policy::MinMax { min: 20, max: 30, trigger: Trigger::AtMin });
    (at.order_min, at.multiple, at.pack) = (50, 4, 6);
    let plan = plan(&site(vec![at])).unwrap();
    let line = &plan.lines[0];
    assert_eq!(line.quantity, 60, "the least multiple of 12 from 50 on");
    assert_eq!(line.notes, [Note::RoundedUp { from: 11 }, Note::PassesMax { by: 49 }]);
}

#[test]
fn what_comes_counts_and_what_waits_is_taken_off() {
    let mut at = item("A", 10, 0.0, MIN_MAX);
    let due = after(TODAY, 5).unwrap();
    at.open = vec![Open { reference: "PO-1".to_owned(), quantity: 50, due, state: OrderState::Requested }];
    let mut asked = site(vec![at.clone()]);
    assert_eq!(released_today(&plan(&asked).unwrap()), [], "position 60");
    asked.unacknowledged = Unacknowledged::DoesNotCount;
    assert_eq!(released_today(&plan(&asked).unwrap()), [("A", 90)], "position 10");
    (at.allocated, at.backordered) = (30, 10);
    assert_eq!(released_today(&plan(&site(vec![at])).unwrap()), [("A", 80)], "position 20");
}

#[test]
fn unknown_stock_is_refused_and_stale_stock_is_planned_on_and_said() {
    let mut unknown = item("A", 0, 1.0, MIN_MAX);
    unknown.on_hand = OnHand::Unknown;
    let mut stale = item("B", 0, 1.0, MIN_MAX);
    stale.on_hand = OnHand::LastKnown { quantity: 5, low: 0, high: 10, at: date(2026, 11, 1) };
    let plan = plan(&site(vec![unknown, stale])).unwrap();
    assert_eq!(plan.refused.iter().map(|refused| refused.item.as_str()).collect::<Vec<_>>(), ["A"]);
    assert!(plan.lines.iter().all(|line| line.item == "B"));
    assert!(plan.lines[0].notes.contains(&Note::LastKnown { at: date(2026, 11, 1) }), "{:?}", plan.lines[0]);
}

#[test]
fn an_unsure_count_raises_the_level() {
    let policy = Policy::Review { target: Target::CycleService(0.95) };
    let sure = item("A", 40, 4.0, policy);
    let mut unsure = sure.clone();
    unsure.on_hand = OnHand::About { quantity: 40, low: 20, high: 60 };
    let level = |item: Item| plan(&site(vec![item])).unwrap().outcomes[0].levels.up_to;
    assert!(level(unsure) > level(sure) + 5);
}

#[test]
fn releases_and_receipts_fall_on_working_days() {
    let mut weekdays = site(vec![item("A", 60, 9.0, MIN_MAX)]);
    weekdays.vendor_calendar = Calendar::weekdays([]);
    weekdays.site_calendar = Calendar::weekdays([date(2026, 12, 8)]);
    let plan = plan(&weekdays).unwrap();
    assert!(plan.lines.len() > 2);
    for line in &plan.lines {
        let weekend = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert!(!weekend(line.release) && !weekend(line.receipt) && line.receipt != date(2026, 12, 8), "{line:?}");
        assert!(days_between(line.release, line.receipt) >= 3);
        assert_eq!(line.bucket.weekday(), Weekday::Monday);
        assert!(days_between(line.bucket, line.receipt) < 7);
    }
}

#[test]
fn a_blackout_holds_an_order_and_says_since_when() {
    let mut held = site(vec![item("A", 20, 0.0, MIN_MAX)]);
    let through = after(TODAY, 2).unwrap();
    let blackout = vec![Blackout { from: TODAY, through }];
    held.agreement = terms(Authority::PlanApproval, Limits { blackout, ..Limits::default() });
    let plan = plan(&held).unwrap();
    assert_eq!(plan.lines[0].release, after(TODAY, 3).unwrap());
    assert!(plan.lines[0].notes.contains(&Note::HeldSince { day: TODAY }));
}

#[test]
fn what_a_blackout_holds_to_the_end_of_the_plan_is_withheld() {
    let policy = Policy::MinMax { min: 20, max: 100, trigger: Trigger::AtMin };
    let held_through = |through: Date| {
        let mut held = site(vec![item("A", 60, 3.0, policy)]);
        let blackout = vec![Blackout { from: TODAY, through }];
        held.agreement = terms(Authority::PlanApproval, Limits { blackout, ..Limits::default() });
        plan(&held).unwrap()
    };
    let last = after(TODAY, 27).unwrap();
    let never = held_through(last);
    let day = after(TODAY, 14).unwrap();
    assert_eq!(never.lines, []);
    assert_eq!(never.withheld.iter().map(|held| (held.day, held.hold)).collect::<Vec<_>>(), [(day, Hold::Blackout)]);
    let at_last = held_through(after(TODAY, 26).unwrap());
    assert_eq!((at_last.lines.len(), at_last.withheld.len()), (1, 0));
}

#[test]
fn the_authority_in_force_on_the_release_day_says_what_a_line_becomes() {
    let mut changing = site(vec![item("A", 60, 9.0, MIN_MAX)]);
    let later = Terms { authority: Authority::VendorAutonomous, limits: Limits::default() };
    let from = after(TODAY, 14).unwrap();
    changing.agreement = terms(Authority::RequestPo, Limits::default()).changed(from, later);
    for line in plan(&changing).unwrap().lines {
        assert_eq!(line.act, if line.release < from { Act::RequestOrder } else { Act::Order }, "{line:?}");
    }
    changing.agreement = Agreement::new(from, Terms { authority: Authority::RequestPo, limits: Limits::default() });
    let plan = plan(&changing).unwrap();
    assert!(plan.lines.iter().all(|line| line.release >= from), "before the first terms nothing may be ordered");
    assert_eq!(plan.withheld[0].hold, Hold::NoAgreement);
}

#[test]
fn a_bin_that_holds_less_cuts_the_order_or_withholds_it() {
    let mut small = item("A", 10, 0.0, MIN_MAX);
    (small.multiple, small.capacity) = (12, Some(60));
    let plan_of = |item: &Item| plan(&site(vec![item.clone()])).unwrap();
    let line = plan_of(&small).lines[0].clone();
    assert_eq!(line.quantity, 48, "four dozens beside ten pieces");
    assert!(line.notes.contains(&Note::CutToCapacity { from: 96 }));
    small.order_min = 60;
    let withheld = plan_of(&small);
    assert!(withheld.lines.is_empty());
    assert_eq!((withheld.withheld.len(), withheld.withheld[0].hold), (1, Hold::Capacity));
}

#[test]
fn the_days_value_goes_to_who_runs_out_first() {
    let mut rich = site(vec![item("A", 20, 1.0, MIN_MAX), item("B", 2, 1.0, MIN_MAX)]);
    rich.horizon_days = 1;
    rich.agreement = terms(Authority::VendorAutonomous, Limits { value_max: Some(200.0), ..Limits::default() });
    let plan = plan(&rich).unwrap();
    assert_eq!(released_today(&plan), [("A", 2), ("B", 98)]);
    assert!(plan.lines[0].notes.contains(&Note::CutToValue { from: 80 }));
}

#[test]
fn forecast_triggered_orders_come_before_min_is_hit() {
    let policy = Policy::MinMax { min: 20, max: 100, trigger: Trigger::Forecast };
    let plan = plan(&site(vec![item("A", 34, 5.0, policy)])).unwrap();
    let line = &plan.lines[0];
    assert_eq!(line.release, TODAY, "position 34 is above min, but not for long");
    assert_eq!(line.reason, Reason::Breach { on: after(TODAY, 2).unwrap(), min: 20 });
    let out = plan.outcomes[0].out_on;
    assert_eq!(out, None, "stock never runs out");
}

#[test]
fn a_joint_order_takes_along_who_can_and_nobody_else() {
    let mut along = item("B", 30, 0.0, MIN_MAX);
    along.can_order = Some(40);
    let mut full = item("C", 60, 0.0, MIN_MAX);
    full.can_order = Some(40);
    let mut joint = site(vec![item("A", 20, 0.0, MIN_MAX), along, full, item("D", 30, 0.0, MIN_MAX)]);
    let all = ["A", "B", "C", "D"].map(str::to_owned).to_vec();
    joint.joint = vec![Joint { items: all, rule: JointRule::CanOrder }];
    let plan = plan(&joint).unwrap();
    assert_eq!(released_today(&plan), [("A", 80), ("B", 70)]);
    assert_eq!(plan.lines[1].reason, Reason::Along { with: "A".to_owned(), position: 30, can_order: 40 });
}

#[test]
fn a_common_cycle_reviews_each_item_on_its_multiple() {
    let policy = Policy::Review { target: Target::CycleService(0.9) };
    let mut cycle = site(vec![item("A", 10, 2.0, policy), item("B", 10, 2.0, policy)]);
    let rule = JointRule::Cycle { days: 7, multiples: vec![1, 2] };
    cycle.joint = vec![Joint { items: vec!["A".to_owned(), "B".to_owned()], rule }];
    let plan = plan(&cycle).unwrap();
    let days = |id: &str| {
        let of = plan.lines.iter().filter(|line| line.item == id);
        of.map(|line| days_between(TODAY, line.release)).collect::<Vec<_>>()
    };
    assert_eq!((days("A"), days("B")), (vec![0, 7, 14, 21], vec![0, 14]));
    cycle.joint[0].items.push("X".to_owned());
    assert_eq!(super::plan(&cycle).unwrap_err(), PlanError::JointItem("X".to_owned()));
}

#[test]
fn consigned_stock_stays_the_vendors() {
    let mut consigned = item("A", 5, 0.0, MIN_MAX);
    consigned.owner = Owner::Vendor;
    assert_eq!(plan(&site(vec![consigned])).unwrap().lines[0].owner, Owner::Vendor);
}

#[test]
fn late_usage_changes_the_plan_and_orders_nothing_twice() {
    let before = site(vec![item("A", 60, 9.0, MIN_MAX)]);
    let first = plan(&before).unwrap();
    let known = remembered(&first);
    assert!(delta(&before, &first, &known).iter().all(|change| matches!(change, Change::Keep(_))));
    // usage of 9 turns up late
    let after_usage = site(vec![item("A", 51, 9.0, MIN_MAX)]);
    let second = plan(&after_usage).unwrap();
    let changes = delta(&after_usage, &second, &known);
    let mut result: BTreeMap<(Date, i64), i64> = BTreeMap::new();
    for change in &changes {
        match change {
            Change::Keep(line) => *result.entry((line.receipt, line.quantity)).or_default() += 1,
            Change::Change { to, .. } | Change::Add(to) => *result.entry((to.receipt, to.quantity)).or_default() += 1,
            Change::Drop(_) => {}
        }
    }
    let mut wanted: BTreeMap<(Date, i64), i64> = BTreeMap::new();
    for line in &second.lines {
        *wanted.entry((line.receipt, line.quantity)).or_default() += 1;
    }
    assert_eq!(result, wanted, "what is left is the new plan, no more");
    assert!(changes.iter().any(|change| matches!(change, Change::Change { .. })), "the same orders, moved");
}

#[test]
fn a_planned_line_that_became_an_order_is_not_planned_again() {
    let before = site(vec![item("A", 20, 0.0, MIN_MAX)]);
    let line = plan(&before).unwrap().lines.remove(0);
    let mut ordered = item("A", 20, 0.0, MIN_MAX);
    let (quantity, due) = (line.quantity, line.receipt);
    ordered.open = vec![Open { reference: "PO-7".to_owned(), quantity, due, state: OrderState::Ordered }];
    let after = site(vec![ordered]);
    let reference = "PO-7".to_owned();
    let planned = [Planned { item: line.item, receipt: due, release: line.release, quantity, reference }];
    assert_eq!(delta(&after, &plan(&after).unwrap(), &planned), []);
}

#[test]
fn a_plan_carries_the_hash_of_its_inputs() {
    let one = site(vec![item("A", 60, 9.0, MIN_MAX)]);
    let mut other = one.clone();
    assert_eq!(plan(&one).unwrap(), plan(&other).unwrap());
    other.horizon_days += 1;
    assert_ne!(plan(&one).unwrap().inputs, plan(&other).unwrap().inputs);
    let read: Site = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
    assert_eq!(plan(&read).unwrap(), plan(&one).unwrap(), "written and read back it is the same site");
    let twice = site(vec![item("A", 1, 1.0, MIN_MAX), item("A", 1, 1.0, MIN_MAX)]);
    assert_eq!(plan(&twice).unwrap_err(), PlanError::Twice("A".to_owned()));
}
