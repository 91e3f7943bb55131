//! The Poisson law.

use serde::{Deserialize, Serialize};

use super::{
    search::{Whole, tail_loss, whole_quantile},
    special::{gamma_pq, normal_quantile, poisson_density},
};

/// Poisson with a mean `>= 0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Poisson {
    mean: f64,
}

impl Poisson {
    /// An unusable or negative mean counts as zero.
    #[must_use]
    pub fn new(mean: f64) -> Self {
        Self { mean: if mean > 0.0 && mean.is_finite() { mean } else { 0.0 } }
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// `P(X = k)`; 0 for a `k` that is no whole number.
    #[must_use]
    pub fn mass(&self, k: f64) -> f64 {
        if k < 0.0 || k.fract() != 0.0 { 0.0 } else { poisson_density(k, self.mean) }
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 { 0.0 } else { gamma_pq(x.floor() + 1.0, self.mean).1 }
    }

    /// `P(X > x)`.
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        if x < 0.0 { 1.0 } else { gamma_pq(x.floor() + 1.0, self.mean).0 }
    }

    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let z = normal_quantile(p.clamp(1e-300, 1.0 - 1e-16));
        whole_quantile(self, p, self.mean + z * self.mean.sqrt() + (z * z - 1.0) / 6.0 - 0.5)
    }

    /// `E[(X - x)+]`: between whole numbers a straight line.
    #[must_use]
    pub fn loss(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return self.mean - x;
        }
        let k = x.floor();
        let at_whole = if k > self.mean + 2.0 * self.mean.sqrt() {
            tail_loss(self, k)
        } else {
            // Σ_{j>k} j·P(j) = λ·P(X >= k)
            (self.mean * self.survival(k - 1.0) - k * self.survival(k)).max(0.0)
        };
        (at_whole - (x - k) * self.survival(k)).max(0.0)
    }

    /// `E[(x - X)+]`.
    #[must_use]
    pub fn complementary_loss(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let k = x.floor();
        if k < self.mean {
            let at_whole = (k * self.cdf(k) - self.mean * self.cdf(k - 1.0)).max(0.0);
            return at_whole + (x - k) * self.cdf(k);
        }
        x - self.mean + self.loss(x)
    }
}

impl Whole for Poisson {
    fn cdf_at(&self, k: f64) -> f64 {
        self.cdf(k)
    }

    fn survival_at(&self, k: f64) -> f64 {
        self.survival(k)
    }

    fn mass_at(&self, k: f64) -> f64 {
        self.mass(k)
    }

    fn ratio_at(&self, k: f64) -> f64 {
        self.mean / (k + 1.0)
    }
}
