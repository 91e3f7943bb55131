//! Items ordered together, since the order itself costs.
//!
//! Two ways: a common cycle of which each item takes every k-th (Silver's heuristic), or can-order levels: who must order takes
//! along who can.
//! Sources: Silver (1976); Silver, Pyke & Thomas, ch. 10.4; Balintfy (1964) for can-order.

use super::term::{TermError, from_zero, positive};

/// An item of a joint order: its own fixed cost, holding cost of a unit and unit of time, demand per unit of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointItem {
    pub fixed_cost: f64,
    pub holding_cost: f64,
    pub demand_rate: f64,
}

/// A common cycle: each item orders `quantities[i]` every `multiples[i]` cycles.
#[derive(Debug, Clone, PartialEq)]
pub struct JointCycle {
    pub cycle_time: f64,
    pub multiples: Vec<u32>,
    pub quantities: Vec<f64>,
    pub cost: f64,
}

/// Silver's heuristic: the item with the least `a/(hλ)` orders every cycle, the others every `√(a_i/(h_iλ_i)·h_jλ_j/(A+a_j))`-th.
///
/// # Errors
/// [`TermError`] for no items, or figures that are not positive.
pub fn silver(shared_fixed_cost: f64, items: &[JointItem]) -> Result<JointCycle, TermError> {
    let shared = from_zero("shared fixed cost", shared_fixed_cost)?;
    let mut least: Option<(f64, &JointItem)> = None;
    for item in items {
        from_zero("fixed cost", item.fixed_cost)?;
        let rate = positive("holding cost", item.holding_cost)? * positive("demand rate", item.demand_rate)?;
        let ratio = item.fixed_cost / rate;
        if least.is_none_or(|(least, _)| ratio < least) {
            least = Some((ratio, item));
        }
    }
    let Some((_, first)) = least else {
        return Err(TermError { name: "number of items", value: 0.0, rule: "1 at least" });
    };
    let first_cost = positive("shared and own fixed cost", shared + first.fixed_cost)?;
    let scale = first.holding_cost * first.demand_rate / first_cost;
    let multiple = |item: &JointItem| {
        if std::ptr::eq(item, first) {
            return 1;
        }
        let k = (item.fixed_cost / (item.holding_cost * item.demand_rate) * scale).sqrt();
        k.round_ties_even().clamp(1.0, f64::from(u32::MAX)) as u32
    };
    let multiples: Vec<u32> = items.iter().map(multiple).collect();
    let with_multiples = || items.iter().zip(multiples.iter().map(|k| f64::from(*k)));
    let orders = shared + with_multiples().map(|(item, k)| item.fixed_cost / k).sum::<f64>();
    let stock: f64 = with_multiples().map(|(item, k)| item.holding_cost * k * item.demand_rate).sum();
    let cycle_time = (2.0 * orders / stock).sqrt();
    let quantities = with_multiples().map(|(item, k)| cycle_time * k * item.demand_rate).collect();
    Ok(JointCycle { cycle_time, quantities, cost: orders / cycle_time + cycle_time / 2.0 * stock, multiples })
}

/// The levels of one item under can-order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CanOrder {
    /// At or below it the item must be ordered.
    pub must: i64,
    /// At or below it the item is ordered along with one that must.
    pub can: i64,
    pub up_to: i64,
}

/// What each item orders at these positions: nothing while no item must order.
#[must_use]
pub fn can_order(items: &[(i64, CanOrder)]) -> Vec<i64> {
    let triggered = items.iter().any(|(position, levels)| *position <= levels.must);
    let quantity = |(position, levels): &(i64, CanOrder)| {
        let takes_part = triggered && *position <= levels.can.max(levels.must);
        if takes_part { levels.up_to.saturating_sub(*position).max(0) } else { 0 }
    };
    items.iter().map(quantity).collect()
}
