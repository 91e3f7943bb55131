//! Order up to, `(s, S)`: when the position falls to `s` or below, order up to `S`.
//!
//! Exact for whole demand and no lead time (a lead time is covered by stating demand over it), and Ehrhardt's power approximation.
//! Sources: Zheng & Federgruen, *Operations Research* 39 (1991) 654; Ehrhardt & Mosier (1984); Snyder & Shen, ch. 4.4.

use super::{
    newsvendor::Costs,
    term::{TermError, positive},
};
use crate::probability::Law;

/// A reorder point, an order-up-to level and the cost per period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpTo {
    pub point: f64,
    pub level: f64,
    pub cost: f64,
}

/// Largest distance of `s` and `S`: renewal sums cost its square.
const SPAN_MAX: usize = 100_000;

/// The renewal sums of one law: `m(0) = 1/(1-p₀)`, `m(j) = m(0)·Σ p_l·m(j-l)`; they do not depend on `S`.
struct Renewal<'a> {
    costs: Costs,
    fixed_cost: f64,
    demand: &'a Law,
    masses: Vec<f64>,
    visits: Vec<f64>,
}

impl Renewal<'_> {
    fn mass(&mut self, j: usize) -> f64 {
        while self.masses.len() <= j {
            let at = self.masses.len() as f64;
            self.masses.push(match self.demand {
                Law::Poisson(law) => law.mass(at),
                Law::NegativeBinomial(law) => law.mass(at),
                Law::Certain(_) | Law::Normal(_) | Law::Gamma(_) | Law::Empirical(_) => {
                    self.demand.cdf(at) - self.demand.cdf(at - 1.0)
                }
            });
        }
        self.masses[j]
    }

    fn visit(&mut self, j: usize) -> f64 {
        while self.visits.len() <= j {
            let at = self.visits.len();
            self.mass(at);
            let first = 1.0 / (1.0 - self.masses[0]);
            let sum: f64 = (1..=at).map(|l| self.masses[l] * self.visits[at - l]).sum();
            self.visits.push(if at == 0 { first } else { first * sum });
        }
        self.visits[j]
    }

    fn level_cost(&self, level: f64) -> f64 {
        self.costs.of(self.demand, level)
    }

    /// Mean cost per period of `(s, S)`.
    fn cost(&mut self, point: f64, level: f64) -> f64 {
        let span = ((level - point) as usize).clamp(1, SPAN_MAX);
        let (mut cost, mut periods) = (self.fixed_cost, 0.0);
        let mut at = level;
        for j in 0..span {
            let visits = self.visit(j);
            cost += visits * self.level_cost(at);
            periods += visits;
            at -= 1.0;
        }
        cost / periods
    }
}

/// The cheapest `(s, S)` of whole demand with no lead time, orders placed at the begin of a period.
///
/// # Errors
/// [`TermError`] for a fixed cost or demand that is not positive, or an `S` too far from `s` to compute.
pub fn exact(costs: Costs, fixed_cost: f64, demand: &Law) -> Result<UpTo, TermError> {
    let k = positive("fixed cost", fixed_cost)?;
    positive("demand mean", demand.mean())?;
    let mut of = Renewal { costs, fixed_cost: k, demand, masses: Vec::new(), visits: Vec::new() };
    let start = demand.quantile(costs.critical_ratio());
    let too_far = |point: f64, level: f64| {
        if level - point < SPAN_MAX as f64 {
            Ok(())
        } else {
            Err(TermError { name: "fixed cost", value: k, rule: "lower, so that S - s is within 100,000 units" })
        }
    };
    let mut point = start - 1.0;
    while of.cost(point, start) > of.level_cost(point) {
        point -= 1.0;
        too_far(point, start)?;
    }
    let mut best = UpTo { point, level: start, cost: of.cost(point, start) };
    let mut level = start + 1.0;
    while of.level_cost(level) <= best.cost {
        too_far(best.point, level)?;
        if of.cost(best.point, level) < best.cost {
            let mut point = best.point;
            while of.cost(point, level) <= of.level_cost(point + 1.0) && point + 1.0 < level {
                point += 1.0;
            }
            best = UpTo { point, level, cost: of.cost(point, level) };
        }
        level += 1.0;
    }
    Ok(best)
}

/// The power approximation of `(s, S)` for normal demand with no lead time.
///
/// # Errors
/// [`TermError`] for figures that are not positive.
pub fn power_approximation(costs: Costs, fixed_cost: f64, mean: f64, sd: f64) -> Result<(f64, f64), TermError> {
    let (k, mean, sd) =
        (positive("fixed cost", fixed_cost)?, positive("demand mean", mean)?, positive("demand sd", sd)?);
    let (h, p) = (costs.holding, costs.stockout);
    let quantity = 1.3 * mean.powf(0.494) * (k / h).powf(0.506) * (1.0 + (sd / mean).powi(2)).powf(0.116);
    let z = (quantity / sd * (h / p)).sqrt();
    let point = 0.973 * mean + sd * (0.183 / z + 1.063 - 2.192 * z);
    Ok((point, point + quantity))
}
