//! The normal law, and its point mass where the standard deviation is zero.

use serde::{Deserialize, Serialize};

use super::special::{erfc, normal_cdf, normal_density, normal_quantile};

/// Normal with a mean and a standard deviation `>= 0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normal {
    mean: f64,
    sd: f64,
}

impl Normal {
    /// Unusable or negative parameters count as zero.
    #[must_use]
    pub fn new(mean: f64, sd: f64) -> Self {
        Self { mean: if mean.is_finite() { mean } else { 0.0 }, sd: if sd > 0.0 && sd.is_finite() { sd } else { 0.0 } }
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        if self.sd == 0.0 { f64::from(u8::from(x >= self.mean)) } else { normal_cdf(self.z(x)) }
    }

    /// `P(X > x)`.
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        if self.sd == 0.0 { f64::from(u8::from(x < self.mean)) } else { normal_cdf(-self.z(x)) }
    }

    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        if self.sd == 0.0 { self.mean } else { self.mean + self.sd * normal_quantile(p) }
    }

    /// `E[(X - x)+] = σ(φ(z) - z(1 - Φ(z)))`.
    #[must_use]
    pub fn loss(&self, x: f64) -> f64 {
        if self.sd == 0.0 { (self.mean - x).max(0.0) } else { self.sd * standard_loss(self.z(x)) }
    }

    /// `E[(x - X)+]`.
    #[must_use]
    pub fn complementary_loss(&self, x: f64) -> f64 {
        if self.sd == 0.0 { (x - self.mean).max(0.0) } else { self.sd * standard_loss(-self.z(x)) }
    }

    /// `∫_x^∞ n(y) dy = ½E[((X - x)+)²]`, the second-order loss, of the standard normal `½((z²+1)(1-Φ) - zφ)`.
    #[must_use]
    pub fn second_loss(&self, x: f64) -> f64 {
        if self.sd == 0.0 {
            return 0.5 * (self.mean - x).max(0.0).powi(2);
        }
        let z = self.z(x);
        let tail = 0.5 * erfc(z / std::f64::consts::SQRT_2);
        self.sd * self.sd * 0.5 * ((z * z + 1.0) * tail - z * normal_density(z)).max(0.0)
    }

    fn z(&self, x: f64) -> f64 {
        (x - self.mean) / self.sd
    }
}

/// `φ(z) - z(1 - Φ(z))`, in the far tail by Mills' ratio, where the difference would cancel.
fn standard_loss(z: f64) -> f64 {
    if z < 8.0 {
        return (normal_density(z) - z * normal_cdf(-z)).max(0.0);
    }
    if z == f64::INFINITY {
        return 0.0;
    }
    let r = 1.0 / (z * z);
    normal_density(z) * r * (1.0 - r * (3.0 - r * (15.0 - r * (105.0 - r * (945.0 - r * 10_395.0)))))
}
