//! Levels that reach a service, under any law of demand.
//!
//! Two services, not to be mixed up: the *cycle service level* is the probability that stock lasts until the next receipt; the *fill
//! rate* is the part of demand served from the shelf. Unserved demand waits (back-orders).
//! Sources: Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains* (4th ed.), ch. 6; Zhang & Zhang, *Management
//! Science* 53 (2007) 834 for the fill rate of periodic review: what one review period adds to the shortage.

use super::term::{TermError, finite, from_zero, part, positive};
use crate::probability::{Law, Support, search::increasing_root, special::normal_quantile};

/// A reorder point with its safety stock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SafetyStock {
    /// `Φ⁻¹(service)`.
    pub z: f64,
    /// Standard deviation of demand over the interval.
    pub sd: f64,
    pub safety_stock: f64,
    pub level: f64,
}

/// The least point that lasts through the lead time with probability `csl`.
///
/// # Errors
/// [`TermError`] unless `0 < csl < 1`.
pub fn point_for_csl(over_lead_time: &Law, csl: f64) -> Result<f64, TermError> {
    Ok(over_lead_time.quantile(part("service level", csl)?))
}

/// The normal reorder point with a lead time that varies too: `σ_L = √(L·σ² + d²·s_L²)`, `SS = z·σ_L`, `ROP = d·L + SS`.
///
/// # Errors
/// [`TermError`] for a negative spread or lead time, or a service outside 0..1.
pub fn point_for_csl_normal(
    demand_mean: f64,
    demand_sd: f64,
    lead_time_mean: f64,
    lead_time_sd: f64,
    csl: f64,
) -> Result<SafetyStock, TermError> {
    let (d, s) = (finite("demand mean", demand_mean)?, from_zero("demand sd", demand_sd)?);
    let (lead, lead_sd) = (from_zero("lead time", lead_time_mean)?, from_zero("lead time sd", lead_time_sd)?);
    let z = normal_quantile(part("service level", csl)?);
    let sd = (lead * s * s + (d * lead_sd).powi(2)).sqrt();
    Ok(SafetyStock { z, sd, safety_stock: z * sd, level: d * lead + z * sd })
}

/// The normal order-up-to level of periodic review: over lead time and review period.
///
/// # Errors
/// As [`point_for_csl_normal`].
pub fn level_for_csl_normal(
    demand_mean: f64,
    demand_sd: f64,
    lead_time: f64,
    review_period: f64,
    csl: f64,
) -> Result<SafetyStock, TermError> {
    let interval = from_zero("lead time", lead_time)? + from_zero("review period", review_period)?;
    point_for_csl_normal(demand_mean, demand_sd, interval, 0.0, csl)
}

/// An order-up-to level and what it gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FillLevel {
    pub level: f64,
    pub fill_rate: f64,
    /// Probability that stock lasts until the receipt of the next review's order.
    pub csl: f64,
    /// Stock on the shelf just before that receipt.
    pub on_hand_end: f64,
}

/// Demand as periodic review sees it: over the lead time, and over lead time and review period.
#[derive(Debug, Clone, Copy)]
pub struct ReviewDemand<'a> {
    pub over_lead_time: &'a Law,
    pub over_interval: &'a Law,
}

impl ReviewDemand<'_> {
    fn per_review(&self) -> f64 {
        self.over_interval.mean() - self.over_lead_time.mean()
    }

    /// The part of demand that level `S` serves: `1 - (n_{L+R}(S) - n_L(S))/(mean·R)`; all of it where nothing is demanded.
    #[must_use]
    pub fn fill_rate(&self, level: f64) -> f64 {
        let demand = self.per_review();
        if demand <= 0.0 {
            return 1.0;
        }
        1.0 - (self.over_interval.loss(level) - self.over_lead_time.loss(level)) / demand
    }

    /// What level `S` gives.
    #[must_use]
    pub fn at(&self, level: f64) -> FillLevel {
        FillLevel {
            level,
            fill_rate: self.fill_rate(level),
            csl: self.over_interval.cdf(level),
            on_hand_end: self.over_interval.complementary_loss(level),
        }
    }

    /// The least level whose fill rate reaches the target; whole where demand is.
    ///
    /// # Errors
    /// [`TermError`] unless `0 < target < 1`.
    pub fn level_for_fill(&self, target: f64) -> Result<FillLevel, TermError> {
        let target = part("fill rate", target)?;
        let demand = self.per_review();
        if demand <= 0.0 {
            return Ok(self.at(self.over_interval.mean()));
        }
        let (mean, sd) = (self.over_interval.mean(), self.over_interval.sd());
        let (start, step) = (mean + sd, sd.max(1e-9 * mean.abs()));
        let above = |level: f64| self.fill_rate(level) - target;
        let whole = self.over_interval.support() == Support::Whole && self.over_lead_time.support() == Support::Whole;
        if whole {
            return Ok(self.at(least_whole(start, step, above)));
        }
        let slope = |level: f64| (self.over_interval.survival(level) - self.over_lead_time.survival(level)) / demand;
        Ok(self.at(least(start, step, |level| (above(level), slope(level)))))
    }

    /// The least level that lasts through the interval with probability `csl`.
    ///
    /// # Errors
    /// [`TermError`] unless `0 < csl < 1`.
    pub fn level_for_csl(&self, csl: f64) -> Result<FillLevel, TermError> {
        Ok(self.at(point_for_csl(self.over_interval, csl)?))
    }
}

/// The part of demand that an order point and quantity serve: `1 - (n(s) - n(s+Q))/Q` (no undershoot).
///
/// # Errors
/// [`TermError`] unless the quantity is above 0.
pub fn fill_rate_of_point(over_lead_time: &Law, point: f64, quantity: f64) -> Result<f64, TermError> {
    let q = positive("order quantity", quantity)?;
    Ok(1.0 - (over_lead_time.loss(point) - over_lead_time.loss(point + q)) / q)
}

/// The least order point whose fill rate reaches the target with this quantity, and the rate it gives; whole where demand is. A
/// quantity that serves the target by itself gives a point below zero: order when so many wait.
///
/// # Errors
/// [`TermError`] unless `0 < target < 1` and the quantity is above 0.
pub fn point_for_fill(over_lead_time: &Law, quantity: f64, target: f64) -> Result<(f64, f64), TermError> {
    let (target, q) = (part("fill rate", target)?, positive("order quantity", quantity)?);
    let law = over_lead_time;
    let fill = |point: f64| 1.0 - (law.loss(point) - law.loss(point + q)) / q;
    let slope = |point: f64| (law.survival(point) - law.survival(point + q)) / q;
    let step = law.sd().max(1e-9 * (law.mean() + q));
    let point = if law.support() == Support::Whole && q.fract() == 0.0 {
        least_whole(law.mean(), step, |point| fill(point) - target)
    } else {
        least(law.mean(), step, |point| (fill(point) - target, slope(point)))
    };
    Ok((point, fill(point)))
}

/// Distances doubled until a level is bracketed; no level is a million standard deviations away.
const DOUBLINGS_MAX: u32 = 60;

/// The least `x` with `f(x) >= 0`, where `f` rises; it answers with value and slope.
fn least(start: f64, step: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let bracket = bracket(start, step, |x| f(x).0);
    let (low, high) = (bracket.low, bracket.high);
    increasing_root(low, high, low + (high - low) / 2.0, f)
}

/// The least whole `x` with `f(x) >= 0`, where `f` rises.
fn least_whole(start: f64, step: f64, f: impl Fn(f64) -> f64) -> f64 {
    let Bracket { mut low, mut high, at_low, at_high } = bracket(start.round(), step.max(1.0).ceil(), &f);
    // The chord finds it in a few looks: each one costs sums of two laws. A chord that hangs on one end is halved there
    // (Illinois), so that no shape makes it creep.
    let (mut below, mut above) = (at_low, at_high);
    let mut moved = std::cmp::Ordering::Equal;
    while high - low > 1.0 {
        let chord = (high - above * (high - low) / (above - below)).floor();
        let x = if chord.is_finite() { chord } else { low + (high - low) / 2.0 };
        let x = x.floor().clamp(low + 1.0, high - 1.0);
        let at = f(x);
        if at >= 0.0 {
            (high, above) = (x, at);
            if moved.is_gt() {
                below /= 2.0;
            }
            moved = std::cmp::Ordering::Greater;
        } else {
            (low, below) = (x, at);
            if moved.is_lt() {
                above /= 2.0;
            }
            moved = std::cmp::Ordering::Less;
        }
    }
    high
}

/// Where a rising function is below zero, and where it is not, with its values there.
struct Bracket {
    low: f64,
    high: f64,
    at_low: f64,
    at_high: f64,
}

fn bracket(start: f64, mut step: f64, f: impl Fn(f64) -> f64) -> Bracket {
    let at_start = f(start);
    let (mut near, mut at_near) = (start, at_start);
    for _ in 0..DOUBLINGS_MAX {
        let far = if at_start >= 0.0 { near - step } else { near + step };
        let at_far = f(far);
        if (at_far >= 0.0) != (at_start >= 0.0) {
            return if at_start >= 0.0 {
                Bracket { low: far, high: near, at_low: at_far, at_high: at_near }
            } else {
                Bracket { low: near, high: far, at_low: at_near, at_high: at_far }
            };
        }
        (near, at_near) = (far, at_far);
        step *= 2.0;
    }
    Bracket { low: near, high: near, at_low: at_near, at_high: at_near }
}
