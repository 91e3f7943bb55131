//! Orders: how exact, how fast, how complete.

use std::collections::BTreeMap;

use super::part_of;

/// What was right about an order that was received. An order with several lines may be told line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    pub order: &'a str,
    /// Item, quantity, lot and price as ordered.
    pub faultless: bool,
}

/// Orders without an error of item, quantity, lot or price, of all received.
#[must_use]
pub fn accuracy<'a>(orders: impl IntoIterator<Item = Received<'a>>) -> Option<f64> {
    let mut all: BTreeMap<&str, bool> = BTreeMap::new();
    for order in orders {
        *all.entry(order.order).or_insert(true) &= order.faultless;
    }
    part_of(all.values().filter(|faultless| **faultless).count() as f64, all.len() as f64)
}

/// Durations in any one unit: of what is done, and how many are still open.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    pub mean: Option<f64>,
    pub median: Option<f64>,
    /// By nearest rank: the `⌈0.95·n⌉`-th smallest.
    pub p95: Option<f64>,
    /// Not done: shown apart with their age, never averaged in, never dropped.
    pub open: usize,
}

/// Mean, median and 95th percentile of what is done.
#[must_use]
pub fn durations(all: impl IntoIterator<Item = Option<f64>>) -> Durations {
    let (mut done, mut open) = (Vec::new(), 0);
    for duration in all {
        match duration {
            Some(duration) => done.push(duration),
            None => open += 1,
        }
    }
    done.sort_by(f64::total_cmp);
    let n = done.len();
    let median = match n {
        0 => None,
        _ if n % 2 == 1 => done.get(n / 2).copied(),
        _ => Some((done[n / 2 - 1] + done[n / 2]) / 2.0),
    };
    let rank = (n * 95).div_ceil(100);
    Durations { mean: part_of(done.iter().sum(), n as f64), median, p95: rank.checked_sub(1).map(|i| done[i]), open }
}

/// An order line that was due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Due {
    /// When it was promised and when it had come in full, both in the same unit; `None` while not there.
    pub promised: f64,
    pub received: Option<f64>,
    pub ordered: f64,
    pub delivered: f64,
}

/// On time and in full: of what was due, the part that had come by the promise with all that was ordered.
#[must_use]
pub fn on_time_in_full(due: impl IntoIterator<Item = Due>) -> Option<f64> {
    let (mut all, mut good) = (0.0, 0.0);
    for line in due {
        all += 1.0;
        let on_time = line.received.is_some_and(|received| received <= line.promised);
        good += f64::from(u8::from(on_time && line.delivered >= line.ordered));
    }
    part_of(good, all)
}

/// Perfect orders as a product of parts, where orders themselves are not known one by one (SCOR RL.1.1). Counting orders is better.
#[must_use]
pub fn perfect_by_parts(on_time: f64, complete: f64, damage_free: f64, documented: f64) -> f64 {
    on_time * complete * damage_free * documented
}

/// Perfect orders counted: those with nothing wrong, of all.
#[must_use]
pub fn perfect(orders: impl IntoIterator<Item = bool>) -> Option<f64> {
    let (mut all, mut good) = (0.0, 0.0);
    for perfect in orders {
        all += 1.0;
        good += f64::from(u8::from(perfect));
    }
    part_of(good, all)
}
