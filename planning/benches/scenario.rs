//! Scenarios a second on one site of 500 items over 90 days, on one core: `cargo bench -p planning --bench scenario`.
//!
//! Three kinds: one that touches every item (lead time and growth), one that touches a tenth, one that changes the service of all.
//! `SCENARIOS=n` plays n of each; `SEED=n` makes another site.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::{collections::BTreeSet, hint::black_box, io::Write as _, sync::Arc, time::Instant};

use jiff::civil::date;
use planning::{
    probability::Law,
    replenish::{
        agreement::{Agreement, Authority, Limits, Terms},
        calendar::Calendar,
        item::{Item, OnHand, Owner},
        need::{Interval, Need},
        plan::{Site, Unacknowledged},
        policy::{Policy, Target},
    },
    scenario::{Baseline, Methods, Overlay},
};

const ITEMS: u64 = 500;
const HORIZON_DAYS: usize = 90;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A part of 1, by splitmix64.
fn part(seed: u64, of: u64) -> f64 {
    let mut z = (seed ^ of).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn item(seed: u64, index: u64) -> Item {
    let chance = |of: u64| part(seed, index * 64 + of);
    let per_day = chance(1).powi(4) * 20.0;
    let interval = Interval { lead_days: (3.0 + chance(2) * 25.0).floor(), lead_sd: chance(3) * 2.0, review_days: 7.0 };
    let law = Law::of_counts(per_day, per_day * (1.0 + 3.0 * chance(4)));
    let over_interval = law.sum_over(interval.days(), interval.lead_sd);
    let expected = (0..HORIZON_DAYS as u64).map(|day| per_day * (0.8 + 0.4 * chance(100 + day))).collect();
    let target = if index.is_multiple_of(2) { Target::FillRate(0.95) } else { Target::CycleService(0.95) };
    let policy = match index % 3 {
        0 => Policy::PointUpTo { quantity: 1 + (per_day * 14.0) as i64, target },
        1 => Policy::PointQuantity { quantity: 1 + (per_day * 14.0) as i64, target },
        _ => Policy::Review { target },
    };
    Item {
        id: format!("ITEM-{index:04}"),
        owner: if index.is_multiple_of(5) { Owner::Vendor } else { Owner::Customer },
        on_hand: OnHand::Exactly((per_day * 20.0 * chance(5)) as i64),
        allocated: 0,
        backordered: 0,
        open: Vec::new(),
        interval,
        policy,
        order_min: 1,
        multiple: 1 + (chance(6) * 10.0) as i64,
        pack: 1,
        capacity: Some(200 + (per_day * 120.0) as i64),
        agreed_min: None,
        agreed_max: None,
        unit_cost: chance(7) * 40.0,
        can_order: None,
        need: Need::forecast(expected, over_interval, interval.lead_days, interval.review_days),
    }
}

fn main() {
    let (seed, rounds) = (number("SEED", 1), number("SCENARIOS", 300));
    let terms =
        Terms { authority: Authority::PlanApproval, limits: Limits { value_max: Some(20_000.0), ..Limits::default() } };
    let site = Site {
        today: date(2026, 11, 23),
        horizon_days: HORIZON_DAYS,
        vendor_calendar: Calendar::weekdays([]),
        site_calendar: Calendar::weekdays([]),
        agreement: Agreement::new(date(2026, 1, 1), terms),
        unacknowledged: Unacknowledged::Counts,
        joint: Vec::new(),
        items: (0..ITEMS).map(|index| Arc::new(item(seed, index))).collect(),
    };
    let began = Instant::now();
    let baseline = Baseline::new(site, Methods::new()).expect("a site of good items");
    let baseline_ms = began.elapsed().as_secs_f64() * 1e3;
    let before = serde_json::to_vec(&(baseline.site(), baseline.plan())).expect("numbers");
    let tenth: BTreeSet<String> = (0..ITEMS / 10).map(|index| format!("ITEM-{:04}", index * 10)).collect();
    let kinds: [(&str, Overlay); 3] = [
        (
            "all items, lead time and growth",
            Overlay { lead_factor: Some(1.2), growth: Some(1.1), ..Overlay::default() },
        ),
        ("a tenth of the items, growth", Overlay { items: Some(tenth), growth: Some(1.3), ..Overlay::default() }),
        ("all items, fill rate", Overlay { fill_rate: Some(0.98), ..Overlay::default() }),
    ];
    let mut out = std::io::stdout().lock();
    let lines = baseline.plan().lines.len();
    writeln!(out, "{ITEMS} items, {HORIZON_DAYS} days, {lines} lines, seed {seed}; baseline {baseline_ms:.1} ms")
        .expect("terminal");
    for (name, overlay) in kinds {
        let began = Instant::now();
        for round in 0..rounds {
            // each one is another scenario
            let growth = overlay.growth.map(|growth| growth + round as f64 * 1e-4);
            let fill_rate = overlay.fill_rate.map(|fill| fill + round as f64 * 1e-5);
            let overlay = Overlay { growth, fill_rate, ..overlay.clone() };
            black_box(baseline.compare(&overlay).expect("a good scenario"));
        }
        let seconds = began.elapsed().as_secs_f64();
        let alone = rounds as f64 / seconds;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let began = Instant::now();
        std::thread::scope(|scope| {
            for core in 0..cores as u64 {
                let (baseline, overlay) = (&baseline, &overlay);
                scope.spawn(move || {
                    for round in 0..rounds {
                        let growth = Some(overlay.growth.unwrap_or(1.0) + (rounds * core + round) as f64 * 1e-4);
                        let overlay = Overlay { growth, ..overlay.clone() };
                        black_box(baseline.compare(&overlay).expect("a good scenario"));
                    }
                });
            }
        });
        let together = (rounds * cores as u64) as f64 / began.elapsed().as_secs_f64();
        writeln!(out, "{name:34} {alone:8.0} scenarios/s, {together:.0} on {cores} cores").expect("terminal");
    }
    let after = serde_json::to_vec(&(baseline.site(), baseline.plan())).expect("numbers");
    assert!(before == after, "the baseline changed");
    writeln!(out, "baseline byte-identical after all scenarios").expect("terminal");
}
