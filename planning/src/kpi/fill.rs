//! Fill rate of first shipments: how much of what was ordered came at once.

use std::collections::BTreeMap;

use super::part_of;

/// An order's line at its first shipment, in base units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstShipment<'a> {
    pub order: &'a str,
    pub ordered: f64,
    pub shipped_first: f64,
    pub state: LineState,
}

/// Whether a line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    Ordered,
    /// By the customer: nobody failed to serve it.
    Cancelled,
}

/// Fill rate of units, lines and orders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FillRate {
    /// `Σ min(shipped, ordered) / Σ ordered`
    pub unit: f64,
    /// Full lines of all lines.
    pub line: f64,
    /// Orders whose every line is full, of all orders.
    pub order: f64,
}

/// The fill rate of these lines; `None` where nothing was ordered.
#[must_use]
pub fn fill_rate<'a>(lines: impl IntoIterator<Item = FirstShipment<'a>>) -> Option<FillRate> {
    let (mut ordered, mut served, mut lines_all, mut lines_full) = (0.0, 0.0, 0.0, 0.0);
    let mut orders: BTreeMap<&str, bool> = BTreeMap::new();
    for line in lines {
        if line.state == LineState::Cancelled {
            continue;
        }
        let full = line.shipped_first >= line.ordered;
        ordered += line.ordered;
        served += line.shipped_first.min(line.ordered).max(0.0);
        lines_all += 1.0;
        lines_full += f64::from(u8::from(full));
        *orders.entry(line.order).or_insert(true) &= full;
    }
    let orders_full = orders.values().filter(|full| **full).count() as f64;
    Some(FillRate {
        unit: part_of(served, ordered)?,
        line: part_of(lines_full, lines_all)?,
        order: part_of(orders_full, orders.len() as f64)?,
    })
}
