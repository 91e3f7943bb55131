//! Figures a formula takes: what must hold of them, and the refusal that names the one which does not.

/// A figure that a formula cannot take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} is {value}; it must be {rule}")]
pub struct TermError {
    /// The figure, as in the formula's documentation.
    pub name: &'static str,
    pub value: f64,
    pub rule: &'static str,
}

/// A finite figure above zero.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, TermError> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(TermError { name, value, rule: "above 0" }) }
}

/// A finite figure from zero on.
pub(crate) fn from_zero(name: &'static str, value: f64) -> Result<f64, TermError> {
    if value >= 0.0 && value.is_finite() { Ok(value) } else { Err(TermError { name, value, rule: "from 0 on" }) }
}

/// A finite figure.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, TermError> {
    if value.is_finite() { Ok(value) } else { Err(TermError { name, value, rule: "a number" }) }
}

/// A probability or part strictly between 0 and 1.
pub(crate) fn part(name: &'static str, value: f64) -> Result<f64, TermError> {
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(TermError { name, value, rule: "between 0 and 1" }) }
}
