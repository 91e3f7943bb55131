//! The gamma law: positive real demand.

use serde::{Deserialize, Serialize};

use super::{
    search::increasing_root,
    special::{gamma_pq, ln_gamma, normal_quantile, poisson_density},
};

/// Gamma by mean `> 0` and variance `> 0`: shape `mean²/variance`, scale `variance/mean`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gamma {
    mean: f64,
    variance: f64,
}

impl Gamma {
    /// Moments outside the range are moved to its edge.
    #[must_use]
    pub fn new(mean: f64, variance: f64) -> Self {
        let within = |x: f64| if x > 0.0 && x.is_finite() { x } else { f64::MIN_POSITIVE };
        Self { mean: within(mean), variance: within(variance) }
    }

    /// By shape and scale, both `> 0`.
    #[must_use]
    pub fn of_shape(shape: f64, scale: f64) -> Self {
        Self::new(shape * scale, shape * scale * scale)
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    #[must_use]
    pub fn variance(&self) -> f64 {
        self.variance
    }

    #[must_use]
    pub fn shape(&self) -> f64 {
        self.mean / self.variance * self.mean
    }

    #[must_use]
    pub fn scale(&self) -> f64 {
        self.variance / self.mean
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        gamma_pq(self.shape(), x / self.scale()).0
    }

    /// `P(X > x)`.
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        gamma_pq(self.shape(), x / self.scale()).1
    }

    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        self.scale() * standard_quantile(self.shape(), p)
    }

    /// `E[(X - x)+] = (mean - x)·Q(a, y) + mean·y^a·e^-y/Γ(a+1)`, `y = x/scale`.
    #[must_use]
    pub fn loss(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return self.mean - x;
        }
        let (a, y) = (self.shape(), x / self.scale());
        ((self.mean - x) * gamma_pq(a, y).1 + self.mean * poisson_density(a, y)).max(0.0)
    }

    /// `E[(x - X)+]`.
    #[must_use]
    pub fn complementary_loss(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let (a, y) = (self.shape(), x / self.scale());
        ((x - self.mean) * gamma_pq(a, y).0 + self.mean * poisson_density(a, y)).max(0.0)
    }
}

/// The quantile of the gamma of scale 1, searched in `u = ln x` so that no shape is too small for it.
fn standard_quantile(a: f64, p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    // below the density's knee P(a, x) ≈ x^a/Γ(a+1)
    let small = (p.ln() + ln_gamma(a + 1.0)) / a;
    if small < -700.0 {
        return 0.0;
    }
    let t = 1.0 / (9.0 * a);
    let cube = 1.0 - t + normal_quantile(p) * t.sqrt();
    let guess = if cube > 0.2 { a.ln() + 3.0 * cube.ln() } else { small };
    let of = |u: f64| {
        let x = u.exp();
        let (below, above) = gamma_pq(a, x);
        // d P(a, e^u)/du = x^a·e^-x/Γ(a)
        let slope = a * poisson_density(a, x);
        (if p > 0.5 { (1.0 - p) - above } else { below - p }, slope)
    };
    // P(a, x) <= x^a/Γ(a+1), so the quantile is not below `small`
    let (mut high, mut stride) = (guess.max(small), 0.5);
    while of(high).0 < 0.0 && high < 700.0 {
        high += stride;
        stride *= 2.0;
    }
    increasing_root(small - 1e-9 * small.abs().max(1.0), high, guess, of).exp()
}
