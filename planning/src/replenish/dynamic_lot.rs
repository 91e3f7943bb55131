//! Lots for demand that is known and changes from period to period.
//!
//! Source: Wagner & Whitin, *Management Science* 5 (1958) 89: an optimal plan orders only when stock is zero, so it is a shortest
//! path over periods; the planning-horizon theorem bounds how far back an order can lie where costs are steady.

use super::term::{TermError, from_zero};

/// Orders per period and their cost.
#[derive(Debug, Clone, PartialEq)]
pub struct LotPlan {
    pub orders: Vec<f64>,
    pub cost: f64,
}

/// Costs of one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    pub demand: f64,
    /// Of an order placed in it.
    pub fixed_cost: f64,
    /// Of a unit bought in it, per period it is kept.
    pub holding_cost: f64,
    pub unit_cost: f64,
}

/// Most periods of one plan: the search costs their square.
const PERIODS_MAX: usize = 20_000;

/// The cheapest plan. Without demand there is no order; of equal plans the one that orders more often wins.
///
/// # Errors
/// [`TermError`] for a figure below zero or too many periods.
pub fn wagner_whitin(periods: &[Period]) -> Result<LotPlan, TermError> {
    let n = periods.len();
    if n > PERIODS_MAX {
        return Err(TermError { name: "number of periods", value: n as f64, rule: "20,000 at most" });
    }
    for period in periods {
        from_zero("demand", period.demand)?;
        from_zero("fixed cost", period.fixed_cost)?;
        from_zero("holding cost", period.holding_cost)?;
        from_zero("unit cost", period.unit_cost)?;
    }
    // from t on, at the least: cost and where the next order is
    let mut cheapest = vec![(0.0, n); n + 1];
    for t in (0..n).rev() {
        let Period { fixed_cost, holding_cost, unit_cost, .. } = periods[t];
        let (mut bought, mut kept, mut best) = (0.0, 0.0, (f64::INFINITY, n));
        for (ahead, period) in periods[t..].iter().enumerate() {
            bought += period.demand;
            kept += ahead as f64 * period.demand;
            let fixed = if bought > 0.0 { fixed_cost } else { 0.0 };
            let here = fixed + unit_cost * bought + holding_cost * kept;
            let next = t + ahead + 1;
            let cost = here + cheapest[next].0;
            if cost < best.0 {
                best = (cost, next);
            }
            // what is kept only grows: no later next order can be cheaper
            if here > best.0 {
                break;
            }
        }
        cheapest[t] = best;
    }
    let mut orders = vec![0.0; n];
    let mut t = 0;
    while t < n {
        let next = cheapest[t].1;
        orders[t] = periods[t..next].iter().map(|period| period.demand).sum();
        t = next;
    }
    Ok(LotPlan { orders, cost: cheapest[0].0 })
}
