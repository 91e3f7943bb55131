//! The negative binomial law: counts whose variance is above their mean.

use serde::{Deserialize, Serialize};

use super::{
    search::{Whole, tail_loss, whole_quantile},
    special::{beta_pq, binomial_density, normal_quantile},
};

/// Negative binomial by mean `> 0` and variance `> mean`: `r = mean²/(variance - mean)`, `p = mean/variance`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NegativeBinomial {
    mean: f64,
    variance: f64,
}

impl NegativeBinomial {
    /// Moments outside the range are moved to its edge; [`super::Law::of_counts`] takes the Poisson there.
    #[must_use]
    pub fn new(mean: f64, variance: f64) -> Self {
        let mean = if mean > 0.0 && mean.is_finite() { mean } else { f64::MIN_POSITIVE };
        let least = mean * (1.0 + super::OVERDISPERSION_MIN);
        Self { mean, variance: if variance > least && variance.is_finite() { variance } else { least } }
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// The number of successes `r`, any positive real.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.mean / (self.variance - self.mean) * self.mean
    }

    fn p(&self) -> f64 {
        self.mean / self.variance
    }

    fn q(&self) -> f64 {
        (self.variance - self.mean) / self.variance
    }

    /// `P(X = k)`; 0 for a `k` that is no whole number.
    #[must_use]
    pub fn mass(&self, k: f64) -> f64 {
        if k < 0.0 || k.fract() != 0.0 {
            return 0.0;
        }
        let r = self.size();
        r / (r + k) * binomial_density(r, k, self.p(), self.q())
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 { 0.0 } else { self.tails(self.size(), x.floor()).0 }
    }

    /// `P(X > x)`.
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        if x < 0.0 { 1.0 } else { self.tails(self.size(), x.floor()).1 }
    }

    fn tails(&self, r: f64, k: f64) -> (f64, f64) {
        beta_pq(r, k + 1.0, self.p(), self.q())
    }

    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let z = normal_quantile(p.clamp(1e-300, 1.0 - 1e-16));
        let sd = self.variance.sqrt();
        let skew = (1.0 + self.q()) / (self.size() * self.q()).sqrt();
        whole_quantile(self, p, self.mean + sd * (z + skew * (z * z - 1.0) / 6.0) - 0.5)
    }

    /// `E[(X - x)+]`: between whole numbers a straight line.
    #[must_use]
    pub fn loss(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return self.mean - x;
        }
        let k = x.floor();
        let survival = self.survival(k);
        let at_whole = if k > self.mean + 2.0 * self.variance.sqrt() {
            tail_loss(self, k)
        } else {
            // Σ_{j>k} j·P_r(j) = mean·P_{r+1}(X >= k), and P_{r+1}(X >= k) = P_r(X > k) + P_r(k)·(r + k)/r
            let r = self.size();
            ((self.mean - k) * survival + self.mean * self.mass(k) * (r + k) / r).max(0.0)
        };
        (at_whole - (x - k) * survival).max(0.0)
    }

    /// `E[(x - X)+]`.
    #[must_use]
    pub fn complementary_loss(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let k = x.floor();
        if k < self.mean {
            let at_whole = (k * self.cdf(k) - self.mean * self.size_biased(k - 1.0).0).max(0.0);
            return at_whole + (x - k) * self.cdf(k);
        }
        x - self.mean + self.loss(x)
    }

    fn size_biased(&self, k: f64) -> (f64, f64) {
        if k < 0.0 { (0.0, 1.0) } else { self.tails(self.size() + 1.0, k) }
    }
}

impl Whole for NegativeBinomial {
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
        (self.size() + k) / (k + 1.0) * self.q()
    }
}
