//! A law given by its values: counted from samples, read from a table, or handed over by a forecast.

use serde::{Deserialize, Serialize};

use super::Support;

/// Values of one law. More than any horizon's worth of units on a shelf is put on a coarser grid first.
const VALUES_MAX: usize = 1 << 20;

/// Grid points of a sum; past that the grid gets coarser, which keeps the mean. Convolving costs their square.
const SUM_POINTS_MAX: usize = 4096;

/// Why values and masses are no law.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmpiricalError {
    #[error("law has no values; give at least one value with a mass")]
    Empty,
    #[error("law has {0} values, more than {VALUES_MAX}; put them on a coarser grid")]
    TooMany(usize),
    #[error("value {0} is no number")]
    Value(String),
    #[error("mass {0} is no number from 0 on")]
    Mass(String),
    #[error("masses add up to {0}, not to 1")]
    Total(String),
}

/// A discrete law: values ascending, the probability up to each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(f64, f64)>", into = "Vec<(f64, f64)>")]
pub struct Empirical {
    values: Vec<f64>,
    /// `P(X <= values[i])`, summed from the left; the last is 1.
    cumulative: Vec<f64>,
    /// `Σ_{j<=i} values[j]·mass[j]`
    moments: Vec<f64>,
    variance: f64,
}

impl Empirical {
    /// From values and their probabilities, in any order, equal values added.
    ///
    /// # Errors
    /// [`EmpiricalError`] unless the masses are non-negative and add up to 1 within a millionth.
    pub fn new(pairs: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, EmpiricalError> {
        let pairs: Vec<_> = pairs.into_iter().collect();
        let total: f64 = pairs.iter().map(|pair| pair.1).sum();
        if (total - 1.0).abs() > 1e-6 && !pairs.is_empty() && pairs.iter().all(|pair| pair.1 >= 0.0) {
            return Err(EmpiricalError::Total(total.to_string()));
        }
        Self::of_weights(pairs)
    }

    /// From values and any non-negative weights.
    ///
    /// # Errors
    /// [`EmpiricalError`] if there is no weight, or one that is no number from 0 on.
    pub fn of_weights(pairs: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, EmpiricalError> {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        if pairs.len() > VALUES_MAX {
            return Err(EmpiricalError::TooMany(pairs.len()));
        }
        for (value, mass) in &pairs {
            if !value.is_finite() {
                return Err(EmpiricalError::Value(value.to_string()));
            }
            if !(*mass >= 0.0 && mass.is_finite()) {
                return Err(EmpiricalError::Mass(mass.to_string()));
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = pairs.iter().map(|pair| pair.1).sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(EmpiricalError::Empty);
        }
        // a table that is a law already stays as it is, to the bit
        let scale = if (total - 1.0).abs() < 1e-12 { 1.0 } else { 1.0 / total };
        let (mut values, mut masses): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for (value, mass) in pairs {
            let (value, mass) = (value + 0.0, mass * scale);
            match (values.last(), masses.last_mut()) {
                (Some(last), Some(at)) if *last == value => *at += mass,
                _ if mass > 0.0 => {
                    values.push(value);
                    masses.push(mass);
                }
                _ => {}
            }
        }
        Ok(Self::of_sorted(values, &masses))
    }

    /// Each sample with the same probability.
    ///
    /// # Errors
    /// [`EmpiricalError`] if there is none, or one that is no number.
    pub fn of_samples(samples: impl IntoIterator<Item = f64>) -> Result<Self, EmpiricalError> {
        Self::of_weights(samples.into_iter().map(|sample| (sample, 1.0)))
    }

    /// From masses of `0, 1, 2, …`, any non-negative weights.
    ///
    /// # Errors
    /// As [`Empirical::of_weights`].
    pub fn of_counts(masses: &[f64]) -> Result<Self, EmpiricalError> {
        let values = (0_u32..).map(f64::from);
        Self::of_weights(values.zip(masses.iter().copied()))
    }

    fn of_sorted(values: Vec<f64>, masses: &[f64]) -> Self {
        let (mut below, mut moment) = (0.0, 0.0);
        let (mut cumulative, mut moments) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
        for (value, mass) in values.iter().zip(masses) {
            below += mass;
            moment += value * mass;
            cumulative.push(f64::min(below, 1.0));
            moments.push(moment);
        }
        if let Some(last) = cumulative.last_mut() {
            *last = 1.0;
        }
        let variance = values.iter().zip(masses).map(|(value, mass)| mass * (value - moment).powi(2)).sum();
        Self { values, cumulative, moments, variance }
    }

    /// Values with their probabilities, ascending.
    pub fn masses(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let before = std::iter::once(0.0).chain(self.cumulative.iter().copied());
        self.values
            .iter()
            .zip(self.cumulative.iter().zip(before))
            .map(|(value, (upto, before))| (*value, upto - before))
    }

    #[must_use]
    pub fn support(&self) -> Support {
        if self.values.iter().all(|value| value.fract() == 0.0) { Support::Whole } else { Support::Real }
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.moments.last().copied().unwrap_or(0.0)
    }

    #[must_use]
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        self.upto(x).map_or(0.0, |i| self.cumulative[i])
    }

    /// `P(X > x)`.
    #[must_use]
    pub fn survival(&self, x: f64) -> f64 {
        1.0 - self.cdf(x)
    }

    /// The smallest value with `P(X <= value) >= p`.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let i = self.cumulative.partition_point(|upto| *upto < p).min(self.values.len().saturating_sub(1));
        self.values.get(i).copied().unwrap_or(0.0)
    }

    /// `E[(X - x)+]`.
    #[must_use]
    pub fn loss(&self, x: f64) -> f64 {
        let (below, moment) = self.upto(x).map_or((0.0, 0.0), |i| (self.cumulative[i], self.moments[i]));
        ((self.mean() - moment) - x * (1.0 - below)).max(0.0)
    }

    /// `E[(x - X)+]`.
    #[must_use]
    pub fn complementary_loss(&self, x: f64) -> f64 {
        self.upto(x).map_or(0.0, |i| (x * self.cumulative[i] - self.moments[i]).max(0.0))
    }

    fn upto(&self, x: f64) -> Option<usize> {
        self.values.partition_point(|value| *value <= x).checked_sub(1)
    }

    /// The sum of whole `periods` of a law of whole numbers; `None` for what has no such sum.
    pub(super) fn sum(&self, periods: f64) -> Option<Self> {
        if periods == 1.0 {
            return Some(self.clone());
        }
        if periods.fract() != 0.0 || !(1.0..=1e6).contains(&periods) || self.support() == Support::Real {
            return None;
        }
        let mut grid = Grid::of(self)?;
        let mut sum: Option<Grid> = None;
        let mut left = periods as u32;
        while left > 0 {
            if left & 1 == 1 {
                sum = Some(match sum {
                    Some(sum) => sum.plus(&grid)?,
                    None => grid.clone(),
                });
            }
            left >>= 1;
            if left > 0 {
                grid = grid.plus(&grid)?;
            }
        }
        let sum = sum?;
        let values = (0_u32..).map(|i| (sum.first + f64::from(i)) * sum.step);
        Self::of_weights(values.zip(sum.masses.iter().copied())).ok()
    }
}

/// Masses on `step·(first + 0, 1, 2 …)`, the step a power of two.
#[derive(Clone)]
struct Grid {
    step: f64,
    first: f64,
    masses: Vec<f64>,
}

impl Grid {
    fn of(law: &Empirical) -> Option<Self> {
        let (first, last) = (*law.values.first()?, *law.values.last()?);
        let span = last - first;
        if span.is_nan() || span >= 1e15 {
            return None;
        }
        let mut step = 1.0;
        while span / step >= (SUM_POINTS_MAX - 2) as f64 {
            step *= 2.0;
        }
        let origin = (first / step).floor();
        let mut masses = vec![0.0; ((last / step - origin).floor() as usize).saturating_add(2)];
        for (value, mass) in law.masses() {
            split(&mut masses, value / step - origin, mass);
        }
        Some(Self { step, first: origin, masses }.trimmed())
    }

    fn coarser(&self) -> Self {
        let origin = (self.first / 2.0).floor();
        let mut masses = vec![0.0; self.masses.len() / 2 + 2];
        for (i, mass) in (0_u32..).zip(&self.masses) {
            split(&mut masses, (self.first + f64::from(i)) / 2.0 - origin, *mass);
        }
        Self { step: self.step * 2.0, first: origin, masses }.trimmed()
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        let (mut a, mut b) = (self.clone(), other.clone());
        while a.step < b.step || a.masses.len() + b.masses.len() > SUM_POINTS_MAX && a.step == b.step {
            a = a.coarser();
        }
        while b.step < a.step {
            b = b.coarser();
        }
        let mut masses = vec![0.0; a.masses.len() + b.masses.len()];
        for (i, x) in a.masses.iter().enumerate() {
            if *x == 0.0 {
                continue;
            }
            for (at, y) in masses.get_mut(i..)?.iter_mut().zip(&b.masses) {
                *at += x * y;
            }
        }
        Some(Self { step: a.step, first: a.first + b.first, masses }.trimmed())
    }

    /// Without the ends that weigh nothing a double could tell.
    fn trimmed(mut self) -> Self {
        const NOTHING: f64 = 1e-18;
        while self.masses.len() > 1 && self.masses.last().is_some_and(|mass| *mass < NOTHING) {
            self.masses.pop();
        }
        let lead =
            self.masses.iter().take_while(|mass| **mass < NOTHING).count().min(self.masses.len().saturating_sub(1));
        self.masses.drain(..lead);
        self.first += lead as f64;
        self
    }
}

/// Puts a mass on the two grid points around it, so that its mean stays.
fn split(masses: &mut [f64], at: f64, mass: f64) {
    let (low, part) = (at.floor(), at.fract());
    for (index, share) in [(low as usize, 1.0 - part), (low as usize + 1, part)] {
        if let Some(slot) = masses.get_mut(index)
            && share > 0.0
        {
            *slot += mass * share;
        }
    }
}

impl TryFrom<Vec<(f64, f64)>> for Empirical {
    type Error = EmpiricalError;

    fn try_from(pairs: Vec<(f64, f64)>) -> Result<Self, EmpiricalError> {
        Self::new(pairs)
    }
}

impl From<Empirical> for Vec<(f64, f64)> {
    fn from(law: Empirical) -> Self {
        law.masses().collect()
    }
}
