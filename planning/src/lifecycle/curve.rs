//! Curves of adoption: the part `F(t)` of all that will ever be sold that is sold by the end of period `t`.

use serde::{Deserialize, Serialize};

/// The form of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `F = (1 - e^-(p+q)t) / (1 + (q/p)·e^-(p+q)t)`, of innovation `p` and imitation `q`.
    Bass,
    /// `F = exp(-a·e^-bt)`.
    Gompertz,
    /// `F = 1 / (1 + a·e^-bt)`.
    Logistic,
}

impl Form {
    pub const ALL: [Self; 3] = [Self::Bass, Self::Gompertz, Self::Logistic];
}

/// A curve with its two shape parameters (`p`, `q` or `a`, `b`) and the total `m`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub form: Form,
    pub m: f64,
    /// `p` of Bass, `a` of the others; above 0.
    pub first: f64,
    /// `q` of Bass, `b` of the others; above 0.
    pub second: f64,
}

impl Curve {
    /// `F(t)`, `t >= 0`.
    #[must_use]
    pub fn part_by(&self, t: f64) -> f64 {
        part_by(self.form, self.first, self.second, t)
    }

    /// What period `t >= 1` takes: `m·(F(t) - F(t-1))`.
    #[must_use]
    pub fn in_period(&self, t: u32) -> f64 {
        let t = f64::from(t);
        self.m * (self.part_by(t) - self.part_by(t - 1.0))
    }

    /// Expected demand of the `count` periods after period `after`.
    #[must_use]
    pub fn ahead(&self, after: u32, count: u32) -> Vec<f64> {
        (1..=count).map(|step| self.in_period(after.saturating_add(step))).collect()
    }

    /// Where the rate is highest; 0 or less for a curve that only falls.
    #[must_use]
    pub fn peak(&self) -> f64 {
        match self.form {
            Form::Bass => (self.second / self.first).ln() / (self.first + self.second),
            Form::Gompertz | Form::Logistic => self.first.ln() / self.second,
        }
    }
}

pub(super) fn part_by(form: Form, first: f64, second: f64, t: f64) -> f64 {
    match form {
        Form::Bass => {
            // F(t) of both terms by -expm1, so that small p does not cancel
            let rate = first + second;
            -(-rate * t).exp_m1() / (1.0 + second / first * (-rate * t).exp())
        }
        Form::Gompertz => (-first * (-second * t).exp()).exp(),
        Form::Logistic => 1.0 / (1.0 + first * (-second * t).exp()),
    }
}
