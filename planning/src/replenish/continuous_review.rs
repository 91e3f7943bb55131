//! Order point and order quantity, `(r, Q)`: when the position falls to `r`, order `Q`.
//!
//! Demand `mean` and `sd` per unit of time, normal or Poisson, over a lead time in that unit. The position is uniform on `(r, r+Q]`, so
//! the cost is the mean newsvendor cost `g` there: `(Kλ + ∫ g)/Q`.
//! Sources: Snyder & Shen, ch. 5; Zheng (1992) and Federgruen & Zheng (1992) for the exact forms; Hadley & Whitin (1963) for the
//! expected-inventory-level form.

use super::{
    lot_size::{economic, economic_with_backorders},
    newsvendor::Costs,
    term::{TermError, from_zero, positive},
};
use crate::probability::{Law, Normal, Poisson, special::normal_quantile};

/// Rounds of an iteration that is done after ten; the rest is for starts nobody would choose.
const ROUNDS_MAX: u32 = 10_000;

/// Largest quantity that the exact Poisson search grows to; what costs so little to hold needs no search.
const QUANTITY_MAX: u32 = 10_000_000;

/// Continuous review under normal demand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalReview {
    pub costs: Costs,
    pub fixed_cost: f64,
    /// Demand per unit of time, its mean and standard deviation.
    pub demand_mean: f64,
    pub demand_sd: f64,
    pub lead_time: f64,
}

/// An order point, an order quantity and the cost per unit of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Review {
    pub point: f64,
    pub quantity: f64,
    pub cost: f64,
}

impl NormalReview {
    fn over_lead_time(&self) -> Result<Normal, TermError> {
        let lead = from_zero("lead time", self.lead_time)?;
        let (mean, sd) = (from_zero("demand mean", self.demand_mean)?, from_zero("demand sd", self.demand_sd)?);
        Ok(Normal::new(mean * lead, sd * lead.sqrt()))
    }

    /// Cost of any point and quantity: `(Kλ + h∫n̄ + p∫n)/Q`, the integrals of the losses in closed form.
    ///
    /// # Errors
    /// [`TermError`] for a quantity or figures that are not positive.
    pub fn cost(&self, point: f64, quantity: f64) -> Result<f64, TermError> {
        let q = positive("order quantity", quantity)?;
        let law = self.over_lead_time()?;
        Ok((self.fixed_cost * self.demand_mean + self.cost_between(&law, point, point + q)) / q)
    }

    fn cost_between(&self, law: &Normal, from: f64, to: f64) -> f64 {
        // ∫n from a to b is the difference of second losses; of the other side by symmetry
        let mirrored = Normal::new(-law.mean(), law.sd());
        let missing = law.second_loss(from) - law.second_loss(to);
        let left = mirrored.second_loss(-to) - mirrored.second_loss(-from);
        self.costs.holding * left + self.costs.stockout * missing
    }

    /// The best point for a quantity: `g(r) = g(r + Q)`.
    ///
    /// # Errors
    /// [`TermError`] for figures outside their range.
    pub fn point_for(&self, quantity: f64) -> Result<f64, TermError> {
        let q = positive("order quantity", quantity)?;
        let law = Law::Normal(self.over_lead_time()?);
        let best = law.quantile(self.costs.critical_ratio());
        // g falls to the best level and rises after it, so r is in [best - Q, best]
        let (mut low, mut high) = (best - q, best);
        for _ in 0..200 {
            let middle = low + (high - low) / 2.0;
            if self.costs.of(&law, middle) < self.costs.of(&law, middle + q) {
                high = middle;
            } else {
                low = middle;
            }
            if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
                break;
            }
        }
        Ok(low + (high - low) / 2.0)
    }

    /// The expected-inventory-level approximation, by turns `r = F⁻¹(1 - Qh/(pλ))` and `Q = √(2λ(K + p·n(r))/h)`; `p` is the cost
    /// of a missing unit.
    ///
    /// # Errors
    /// [`TermError`] where the stockout cost is too low for any reorder point.
    pub fn expected_inventory_level(&self) -> Result<Review, TermError> {
        let law = self.over_lead_time()?;
        let (h, p, rate) = (self.costs.holding, self.costs.stockout, positive("demand mean", self.demand_mean)?);
        let mut quantity = economic(self.fixed_cost, h, rate)?.quantity;
        let mut point = f64::INFINITY;
        for _ in 0..ROUNDS_MAX {
            let ratio = 1.0 - quantity * h / (p * rate);
            if !(ratio > 0.0 && ratio < 1.0) {
                return Err(TermError {
                    name: "stockout cost",
                    value: p,
                    rule: "high enough that an order pays before stock is out",
                });
            }
            let (before, before_point) = (quantity, point);
            point = law.mean() + law.sd() * normal_quantile(ratio);
            quantity = (2.0 * rate * (self.fixed_cost + p * law.loss(point)) / h).sqrt();
            if (quantity - before).abs() <= 1e-12 * quantity
                && (point - before_point).abs() <= 1e-12 * point.abs().max(1.0)
            {
                break;
            }
        }
        let cost =
            h * (point - law.mean() + quantity / 2.0) + (self.fixed_cost + p * law.loss(point)) * rate / quantity;
        Ok(Review { point, quantity, cost })
    }

    /// The lot with backorders, and its best point.
    ///
    /// # Errors
    /// [`TermError`] for figures outside their range.
    pub fn lot_with_backorders(&self) -> Result<(f64, f64), TermError> {
        let lot = economic_with_backorders(self.fixed_cost, self.costs.holding, self.costs.stockout, self.demand_mean)?;
        Ok((self.point_for(lot.quantity)?, lot.quantity))
    }

    /// The economic lot, and the newsvendor's level as the point.
    ///
    /// # Errors
    /// [`TermError`] for figures outside their range.
    pub fn lot_and_safety_stock(&self) -> Result<(f64, f64), TermError> {
        let lot = economic(self.fixed_cost, self.costs.holding, self.demand_mean)?;
        Ok((self.over_lead_time()?.quantile(self.costs.critical_ratio()), lot.quantity))
    }

    /// The loss-function approximation, by turns `n(r) = hQ/(h+p)` and `Q = √(2(Kλ + (h+p)·n₂(r))/h)`.
    ///
    /// # Errors
    /// [`TermError`] for figures outside their range.
    pub fn by_losses(&self) -> Result<(f64, f64), TermError> {
        let law = self.over_lead_time()?;
        let (h, p) = (self.costs.holding, self.costs.stockout);
        let mut quantity = economic(self.fixed_cost, h, self.demand_mean)?.quantity;
        let mut point = f64::INFINITY;
        for _ in 0..ROUNDS_MAX {
            let (before, before_point) = (quantity, point);
            point = loss_inverse(&law, h * quantity / (h + p));
            quantity = (2.0 * (self.fixed_cost * self.demand_mean + (h + p) * law.second_loss(point)) / h).sqrt();
            if (quantity - before).abs() <= 1e-12 * quantity
                && (point - before_point).abs() <= 1e-12 * point.abs().max(1.0)
            {
                break;
            }
        }
        Ok((point, quantity))
    }
}

/// `x` with `n(x) = loss > 0`: the loss only falls.
fn loss_inverse(law: &Normal, loss: f64) -> f64 {
    // n(x) >= mean - x
    let mut low = law.mean() - loss;
    let mut high = law.mean() + 40.0 * law.sd();
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if law.loss(middle) > loss {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
            break;
        }
    }
    low + (high - low) / 2.0
}

/// The cheapest `(r, Q)` of Poisson demand, exactly: `Q` grows by the cheaper neighbour until the mean cost rises.
///
/// # Errors
/// [`TermError`] for figures outside their range.
pub fn poisson_exact(costs: Costs, fixed_cost: f64, demand_mean: f64, lead_time: f64) -> Result<Review, TermError> {
    let k = positive("fixed cost", fixed_cost)?;
    let rate = from_zero("demand mean", demand_mean)?;
    let law = Law::Poisson(Poisson::new(rate * from_zero("lead time", lead_time)?));
    let level = law.quantile(costs.critical_ratio());
    let (mut point, mut quantity) = (level - 1.0, 1.0);
    let mut sum = k * rate + costs.of(&law, level);
    let (mut below, mut above) = (costs.of(&law, point), costs.of(&law, level + 1.0));
    for _ in 0..QUANTITY_MAX {
        // the next level taken in is the cheaper of those beside (r, r+Q]
        let downwards = below < above;
        let next = sum + if downwards { below } else { above };
        if next / (quantity + 1.0) > sum / quantity {
            break;
        }
        sum = next;
        quantity += 1.0;
        if downwards {
            point -= 1.0;
            below = costs.of(&law, point);
        } else {
            above = costs.of(&law, point + quantity + 1.0);
        }
    }
    Ok(Review { point, quantity, cost: sum / quantity })
}
