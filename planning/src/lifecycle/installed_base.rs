//! Spare parts of what is still in use: units sold, those that survive, what of them fails, and the last order of a part that ends.
//!
//! A unit sold in period `s` is in use in period `t >= s` with `exp(-((t-s)/scale)^shape)` (Weibull); the base counts the units sold
//! in the period itself; a period's demand is `base · failures · parts per repair`.

use crate::{
    probability::Law,
    replenish::term::{TermError, from_zero, positive},
};

/// Most periods of history and horizon together: the base costs their product.
const PERIODS_MAX: usize = 20_000;

/// How units leave and fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wear {
    /// Weibull shape: above 1 old units leave sooner.
    pub shape: f64,
    /// Weibull scale, in periods: by then 63 % have left.
    pub scale: f64,
    /// Repairs per unit in use and period.
    pub failure_rate: f64,
    /// Parts per repair.
    pub parts: f64,
}

/// The base and its expected demand, per period of history and horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledBase {
    pub base: Vec<f64>,
    pub demand: Vec<f64>,
    /// Expected demand of the horizon: what a last-time buy at its begin must last for.
    pub last_time_buy: f64,
}

/// What the base does while nothing is sold any more.
///
/// # Errors
/// [`TermError`] for figures below zero, or more periods than can be computed.
pub fn installed_base(sales: &[f64], horizon: usize, wear: Wear) -> Result<InstalledBase, TermError> {
    let shape = positive("Weibull shape", wear.shape)?;
    let scale = positive("Weibull scale", wear.scale)?;
    let rate = from_zero("failure rate", wear.failure_rate)? * from_zero("parts per repair", wear.parts)?;
    let periods = sales.len().saturating_add(horizon);
    if periods > PERIODS_MAX {
        return Err(TermError { name: "number of periods", value: periods as f64, rule: "20,000 at most" });
    }
    for sold in sales {
        from_zero("sales", *sold)?;
    }
    let survival: Vec<f64> = (0..periods).map(|age| (-(age as f64 / scale).powf(shape)).exp()).collect();
    let in_use = |t: usize| sales.iter().take(t + 1).enumerate().map(|(s, sold)| sold * survival[t - s]).sum::<f64>();
    let base: Vec<f64> = (0..periods).map(in_use).collect();
    let demand: Vec<f64> = base.iter().map(|base| base * rate).collect();
    let last_time_buy = demand.iter().skip(sales.len()).sum();
    Ok(InstalledBase { base, demand, last_time_buy })
}

impl InstalledBase {
    /// The last order that lasts through the horizon with probability `service`: failures are independent, so demand is Poisson
    /// in repairs; `parts` go into each.
    ///
    /// # Errors
    /// [`TermError`] unless `0 < service < 1` and `parts > 0`.
    pub fn last_order(&self, parts: f64, service: f64) -> Result<f64, TermError> {
        let parts = positive("parts per repair", parts)?;
        let repairs = Law::of(crate::probability::Family::Poisson, self.last_time_buy / parts, 0.0);
        Ok((crate::replenish::target::point_for_csl(&repairs, service)? * parts).ceil())
    }
}
