//! How much at once when demand is steady: the economic order quantity and its kin.
//!
//! `K` fixed cost of an order, `h` holding cost of a unit and unit of time, `p` cost of a missing unit and unit of time, `λ` demand
//! per unit of time, `μ` production per unit of time.
//! Sources: Harris (1913); Snyder & Shen, ch. 3.

use super::term::{TermError, from_zero, positive};

/// A lot and what it costs per unit of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lot {
    pub quantity: f64,
    pub cost: f64,
}

/// `Q = √(2Kλ/h)`, cost `√(2Kλh)`.
///
/// # Errors
/// [`TermError`] unless `h > 0`, `K, λ >= 0`.
pub fn economic(fixed_cost: f64, holding_cost: f64, demand_rate: f64) -> Result<Lot, TermError> {
    let k = from_zero("fixed cost", fixed_cost)?;
    let h = positive("holding cost", holding_cost)?;
    let rate = from_zero("demand rate", demand_rate)?;
    let quantity = (2.0 * k * rate / h).sqrt();
    Ok(Lot { quantity, cost: quantity * h })
}

/// The lot where waiting customers are allowed, and the part of demand that waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackorderLot {
    pub quantity: f64,
    pub waiting_part: f64,
    pub cost: f64,
}

/// `Q = √(2Kλ(h+p)/(hp))`, waiting part `h/(h+p)`, cost `Q·hp/(h+p)`.
///
/// # Errors
/// [`TermError`] unless `h, p > 0`, `K, λ >= 0`.
pub fn economic_with_backorders(
    fixed_cost: f64,
    holding_cost: f64,
    stockout_cost: f64,
    demand_rate: f64,
) -> Result<BackorderLot, TermError> {
    let k = from_zero("fixed cost", fixed_cost)?;
    let h = positive("holding cost", holding_cost)?;
    let p = positive("stockout cost", stockout_cost)?;
    let rate = from_zero("demand rate", demand_rate)?;
    let quantity = (2.0 * k * rate * (h + p) / (h * p)).sqrt();
    Ok(BackorderLot { quantity, waiting_part: h / (h + p), cost: quantity * h * p / (h + p) })
}

/// The lot where it is made at a rate while it is used: `Q = √(2Kλ/(h(1-λ/μ)))`, cost `Q·h(1-λ/μ)`.
///
/// # Errors
/// [`TermError`] unless `h > 0`, `K, λ >= 0`, `μ > λ`.
pub fn production(
    fixed_cost: f64,
    holding_cost: f64,
    demand_rate: f64,
    production_rate: f64,
) -> Result<Lot, TermError> {
    let rate = from_zero("demand rate", demand_rate)?;
    let made = positive("production rate", production_rate)?;
    if made <= rate {
        return Err(TermError { name: "production rate", value: made, rule: "above the demand rate" });
    }
    economic(fixed_cost, holding_cost * (1.0 - rate / made), rate)
}

/// A price that holds for the whole order from a quantity on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Break {
    pub from: f64,
    pub unit_cost: f64,
}

/// The lot, the break (counted from 0) it falls in, and the cost per unit of time with the goods themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiscountLot {
    pub quantity: f64,
    pub region: usize,
    pub cost: f64,
}

/// The cheapest lot under all-units discounts: of each break its economic lot where it falls inside, and its first unit.
///
/// `rate · unit cost` is the holding cost. Of equal costs the economic lots come first, then the smaller quantity.
///
/// # Errors
/// [`TermError`] unless the breaks begin at 0 and ascend, costs and rates are positive.
pub fn economic_with_discounts(
    fixed_cost: f64,
    holding_cost_rate: f64,
    demand_rate: f64,
    breaks: &[Break],
) -> Result<DiscountLot, TermError> {
    let k = from_zero("fixed cost", fixed_cost)?;
    let rate = positive("holding cost rate", holding_cost_rate)?;
    let demand = from_zero("demand rate", demand_rate)?;
    let first = breaks.first().map_or(f64::NAN, |b| b.from);
    if first != 0.0 {
        return Err(TermError { name: "first break", value: first, rule: "0" });
    }
    for pair in breaks.windows(2) {
        if let [a, b] = pair
            && (b.from.is_nan() || a.from >= b.from)
        {
            return Err(TermError { name: "break", value: b.from, rule: "above the break before it" });
        }
    }
    let cost_of = |quantity: f64, unit: f64| {
        let orders = if demand == 0.0 { 0.0 } else { k * demand / quantity };
        unit * demand + orders + rate * unit * quantity / 2.0
    };
    let mut best: Option<DiscountLot> = None;
    let mut offer = |quantity: f64, region: usize, unit: f64| {
        let cost = cost_of(quantity, unit);
        if best.is_none_or(|best| cost < best.cost) {
            best = Some(DiscountLot { quantity, region, cost });
        }
    };
    for (region, Break { from, unit_cost }) in breaks.iter().enumerate() {
        let unit = positive("unit cost", *unit_cost)?;
        let lot = economic(k, rate * unit, demand)?.quantity;
        let upto = breaks.get(region + 1).map_or(f64::INFINITY, |next| next.from);
        if lot >= *from && lot < upto {
            offer(lot, region, unit);
        }
    }
    for (region, Break { from, unit_cost }) in breaks.iter().enumerate().skip(1) {
        offer(*from, region, *unit_cost);
    }
    best.ok_or(TermError { name: "first break", value: first, rule: "0" })
}
