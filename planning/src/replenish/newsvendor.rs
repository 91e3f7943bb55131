//! How much stock when too much and too little both cost: the newsvendor, over any law of demand.
//!
//! Minimises `h·E[(S-D)+] + p·E[(D-S)+]`: the smallest `S` with `P(D <= S) >= p/(p+h)`.
//! Source: Arrow, Harris & Marschak (1951); Snyder & Shen, ch. 4.

use super::term::{TermError, finite, from_zero, positive};
use crate::probability::{
    Empirical, Family, Law,
    special::{normal_density, normal_quantile},
};

/// A stock level and what it costs per period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    pub level: f64,
    pub cost: f64,
}

/// What it costs to hold `h` of a unit left over and to miss `p` of a unit wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    pub holding: f64,
    pub stockout: f64,
}

impl Costs {
    /// # Errors
    /// [`TermError`] unless both are above 0.
    pub fn new(holding: f64, stockout: f64) -> Result<Self, TermError> {
        Ok(Self { holding: positive("holding cost", holding)?, stockout: positive("stockout cost", stockout)? })
    }

    /// `p/(p+h)`.
    #[must_use]
    pub fn critical_ratio(&self) -> f64 {
        self.stockout / (self.stockout + self.holding)
    }

    /// `h·n̄(S) + p·n(S)`.
    #[must_use]
    pub fn of(&self, demand: &Law, level: f64) -> f64 {
        self.holding * demand.complementary_loss(level) + self.stockout * demand.loss(level)
    }
}

/// The cheapest level for one period's demand.
#[must_use]
pub fn newsvendor(costs: Costs, demand: &Law) -> Level {
    let level = demand.quantile(costs.critical_ratio());
    Level { level, cost: costs.of(demand, level) }
}

/// The cheapest level for a table of values and probabilities.
///
/// # Errors
/// [`TermError`] for values or probabilities that make no law.
pub fn newsvendor_table(costs: Costs, table: &[(f64, f64)]) -> Result<Level, TermError> {
    let law = Empirical::new(table.iter().copied()).map_err(|_| TermError {
        name: "sum of the probabilities",
        value: table.iter().map(|row| row.1).sum(),
        rule: "1, of non-negative ones",
    })?;
    Ok(newsvendor(costs, &Law::Empirical(law)))
}

/// Base stock of normal demand under a lead time: over `lead time + 1` periods.
///
/// # Errors
/// [`TermError`] for a negative spread or lead time.
pub fn base_stock_normal(costs: Costs, mean: f64, sd: f64, lead_time: f64) -> Result<Level, TermError> {
    let periods = from_zero("lead time", lead_time)? + 1.0;
    let sd = from_zero("demand sd", sd)?;
    let demand = Law::of(Family::Normal, finite("demand mean", mean)? * periods, sd * sd * periods);
    Ok(newsvendor(costs, &demand))
}

/// What is bought and what it earns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Purchase {
    pub quantity: f64,
    pub profit: f64,
}

/// The newsvendor by prices: bought at `c`, sold at `r`, left over at `v`, of normal demand. `α = (r-c)/(r-v)`.
///
/// # Errors
/// [`TermError`] unless `v < c < r`.
pub fn newsvendor_by_prices(revenue: f64, cost: f64, salvage: f64, mean: f64, sd: f64) -> Result<Purchase, TermError> {
    let (r, c, v) = (finite("revenue", revenue)?, finite("purchase cost", cost)?, finite("salvage value", salvage)?);
    if !(v < c && c < r) {
        return Err(TermError { name: "purchase cost", value: c, rule: "between salvage value and revenue" });
    }
    let (mean, sd) = (finite("demand mean", mean)?, from_zero("demand sd", sd)?);
    let z = normal_quantile((r - c) / (r - v));
    Ok(Purchase { quantity: mean + z * sd, profit: (r - c) * mean - (r - v) * normal_density(z) * sd })
}
