//! The distributions everything is stated in: what may be wanted, with its quantiles and partial expectations.
//!
//! Owns: normal, Poisson, negative binomial, gamma and empirical laws, sums of independent periods, the special functions below
//! them. Must not know: items, orders, files, time.
//!
//! One [`Law`] answers for all of them. Of a law of whole numbers a quantile is the smallest whole number that reaches the
//! probability; losses are `n(x) = E[(X - x)+]` and `n̄(x) = E[(x - X)+]`. No argument makes a function panic: what is no
//! probability or no number is answered by the nearest end of the support.
//!
//! Sources: Snyder & Shen, *Fundamentals of Supply Chain Theory* (2nd ed.), appendix C.3 (loss functions); [`special`] names those
//! of the numerics.

mod empirical;
mod gamma;
mod negative_binomial;
mod normal;
mod poisson;
pub(crate) mod search;
pub mod special;

#[cfg(test)]
mod tests;

pub use empirical::{Empirical, EmpiricalError};
pub use gamma::Gamma;
pub use negative_binomial::NegativeBinomial;
pub use normal::Normal;
pub use poisson::Poisson;

use serde::{Deserialize, Serialize};

/// What values a law gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Whole numbers only; quantiles are whole.
    Whole,
    /// Any number.
    Real,
}

/// A law of demand. All are of non-negative demand but the normal, which is its textbook approximation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// One value, for certain.
    Certain(f64),
    Normal(Normal),
    Poisson(Poisson),
    NegativeBinomial(NegativeBinomial),
    Gamma(Gamma),
    Empirical(Empirical),
}

/// The shape a mean and a variance are dressed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Normal,
    Poisson,
    NegativeBinomial,
    Gamma,
}

/// A variance that is less than this part above the mean is the Poisson's own.
const OVERDISPERSION_MIN: f64 = 1e-9;

/// Moments nearer to zero are zero, and larger ones are none: their products stay within doubles.
const MOMENT_MIN: f64 = 1e-75;
const MOMENT_MAX: f64 = 1e75;

impl Law {
    /// The law of a family with this mean and variance; negative or unusable moments count as zero.
    ///
    /// Degenerate moments give [`Law::Certain`]; a negative binomial that is not overdispersed is the Poisson of its mean; the
    /// Poisson ignores the variance.
    #[must_use]
    pub fn of(family: Family, mean: f64, variance: f64) -> Self {
        let usable = |moment: f64| if moment.abs() >= MOMENT_MIN && moment.abs() <= MOMENT_MAX { moment } else { 0.0 };
        let (mean, variance) = (usable(mean), usable(variance).max(0.0));
        match family {
            Family::Normal if variance > 0.0 => Self::Normal(Normal::new(mean, variance.sqrt())),
            Family::Poisson if mean > 0.0 => Self::Poisson(Poisson::new(mean)),
            Family::NegativeBinomial if mean > 0.0 => {
                if variance > mean * (1.0 + OVERDISPERSION_MIN) {
                    Self::NegativeBinomial(NegativeBinomial::new(mean, variance))
                } else {
                    Self::Poisson(Poisson::new(mean))
                }
            }
            Family::Gamma if mean > 0.0 && variance > 0.0 => Self::Gamma(Gamma::new(mean, variance)),
            Family::Normal => Self::Certain(mean),
            Family::Poisson | Family::NegativeBinomial => Self::Certain(0.0),
            Family::Gamma => Self::Certain(mean.max(0.0)),
        }
    }

    /// The law of counts with this mean and variance: negative binomial, or Poisson where it is not overdispersed.
    #[must_use]
    pub fn of_counts(mean: f64, variance: f64) -> Self {
        Self::of(Family::NegativeBinomial, mean, variance)
    }

    /// The family, where the law has one.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        match self {
            Self::Certain(_) | Self::Empirical(_) => None,
            Self::Normal(_) => Some(Family::Normal),
            Self::Poisson(_) => Some(Family::Poisson),
            Self::NegativeBinomial(_) => Some(Family::NegativeBinomial),
            Self::Gamma(_) => Some(Family::Gamma),
        }
    }

    #[must_use]
    pub fn support(&self) -> Support {
        match self {
            Self::Normal(_) | Self::Gamma(_) => Support::Real,
            Self::Poisson(_) | Self::NegativeBinomial(_) => Support::Whole,
            Self::Certain(value) if value.fract() == 0.0 => Support::Whole,
            Self::Certain(_) => Support::Real,
            Self::Empirical(law) => law.support(),
        }
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Certain(value) => *value,
            Self::Normal(law) => law.mean(),
            Self::Poisson(law) => law.mean(),
            Self::NegativeBinomial(law) => law.mean(),
            Self::Gamma(law) => law.mean(),
            Self::Empirical(law) => law.mean(),
        }
    }

    #[must_use]
    pub fn variance(&self) -> f64 {
        match self {
            Self::Certain(_) => 0.0,
            Self::Normal(law) => law.sd() * law.sd(),
            Self::Poisson(law) => law.mean(),
            Self::NegativeBinomial(law) => law.variance(),
            Self::Gamma(law) => law.variance(),
            Self::Empirical(law) => law.variance(),
        }
    }

    #[must_use]
    pub fn sd(&self) -> f64 {
        self.variance().sqrt()
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        match self {
            Self::Certain(value) => f64::from(u8::from(x >= *value)),
            Self::Normal(law) => law.cdf(x),
            Self::Poisson(law) => law.cdf(x),
            Self::NegativeBinomial(law) => law.cdf(x),
            Self::Gamma(law) => law.cdf(x),
            Self::Empirical(law) => law.cdf(x),
        }
    }

    /// `P(X > x)`, exact where it is small.
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        match self {
            Self::Certain(value) => f64::from(u8::from(x < *value)),
            Self::Normal(law) => law.survival(x),
            Self::Poisson(law) => law.survival(x),
            Self::NegativeBinomial(law) => law.survival(x),
            Self::Gamma(law) => law.survival(x),
            Self::Empirical(law) => law.survival(x),
        }
    }

    /// The smallest `x` with `P(X <= x) >= p`. At `p <= 0` the least value of the support, at `p >= 1` its greatest (infinite
    /// where it has none).
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Certain(value) => *value,
            Self::Normal(law) => law.quantile(p),
            Self::Poisson(law) => law.quantile(p),
            Self::NegativeBinomial(law) => law.quantile(p),
            Self::Gamma(law) => law.quantile(p),
            Self::Empirical(law) => law.quantile(p),
        }
    }

    /// `n(x) = E[(X - x)+]`: what is wanted and not there when `x` is there.
    #[must_use]
    pub fn loss(&self, x: f64) -> f64 {
        match self {
            Self::Certain(value) => (value - x).max(0.0),
            Self::Normal(law) => law.loss(x),
            Self::Poisson(law) => law.loss(x),
            Self::NegativeBinomial(law) => law.loss(x),
            Self::Gamma(law) => law.loss(x),
            Self::Empirical(law) => law.loss(x),
        }
    }

    /// `n̄(x) = E[(x - X)+]`: what is there and not wanted when `x` is there.
    #[must_use]
    pub fn complementary_loss(&self, x: f64) -> f64 {
        match self {
            Self::Certain(value) => (x - value).max(0.0),
            Self::Normal(law) => law.complementary_loss(x),
            Self::Poisson(law) => law.complementary_loss(x),
            Self::NegativeBinomial(law) => law.complementary_loss(x),
            Self::Gamma(law) => law.complementary_loss(x),
            Self::Empirical(law) => law.complementary_loss(x),
        }
    }

    /// The law of the sum of `periods` independent ones, `periods >= 0`.
    ///
    /// Within its family where the family is closed under it; an empirical law is convolved for whole periods, and dressed as
    /// counts or as a gamma of the same moments for a broken number of them.
    #[must_use]
    pub fn sum(&self, periods: f64) -> Self {
        let periods = if periods > 0.0 && periods.is_finite() { periods } else { 0.0 };
        let (mean, variance) = (self.mean() * periods, self.variance() * periods);
        if periods == 0.0 {
            return Self::Certain(0.0);
        }
        match self {
            Self::Certain(value) => Self::Certain(value * periods),
            Self::Normal(_) => Self::of(Family::Normal, mean, variance),
            Self::Poisson(_) => Self::of(Family::Poisson, mean, variance),
            Self::NegativeBinomial(_) => Self::of(Family::NegativeBinomial, mean, variance),
            Self::Gamma(_) => Self::of(Family::Gamma, mean, variance),
            Self::Empirical(law) => law.sum(periods).map_or_else(|| self.of_same_kind(mean, variance), Self::Empirical),
        }
    }

    /// The law of the sum over a random number of periods with this mean and standard deviation: variance
    /// `L·σ² + μ²·σ_L²` (independent periods, independent of their number), dressed in the same family.
    #[must_use]
    pub fn sum_over(&self, periods_mean: f64, periods_sd: f64) -> Self {
        if periods_sd.is_nan() || periods_sd <= 0.0 {
            return self.sum(periods_mean);
        }
        let periods_mean = periods_mean.max(0.0);
        let mean = self.mean() * periods_mean;
        let variance = self.variance() * periods_mean + (self.mean() * periods_sd).powi(2);
        self.of_same_kind(mean, variance)
    }

    /// The law with another variance and the same mean and kind of support.
    #[must_use]
    pub fn with_variance(&self, variance: f64) -> Self {
        self.of_same_kind(self.mean(), variance)
    }

    /// The law of the same kind with mean and variance times `factor >= 0`: that of so many times as many independent periods.
    #[must_use]
    pub fn moments_times(&self, factor: f64) -> Self {
        let factor = if factor > 0.0 && factor.is_finite() { factor } else { 0.0 };
        if factor == 0.0 {
            Self::Certain(0.0)
        } else {
            self.of_same_kind(self.mean() * factor, self.variance() * factor)
        }
    }

    /// The law with all its values times `factor > 0`, dressed by moments; whole laws stay whole.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let factor = if factor > 0.0 && factor.is_finite() { factor } else { 0.0 };
        self.of_same_kind(self.mean() * factor, self.variance() * factor * factor)
    }

    fn of_same_kind(&self, mean: f64, variance: f64) -> Self {
        match (self, self.support()) {
            (Self::Normal(_), _) => Self::of(Family::Normal, mean, variance),
            (_, Support::Real) => Self::of(Family::Gamma, mean, variance),
            (Self::Certain(_), Support::Whole) if variance <= 0.0 => Self::Certain(mean),
            (_, Support::Whole) => Self::of_counts(mean, variance),
        }
    }
}
