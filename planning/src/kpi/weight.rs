//! Pieces from a weight, for reports; the counting at the bin with its confidence is the site's.

/// A weight read as pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pieces {
    pub raw: f64,
    pub count: i64,
    /// How far from a whole number: at a half the neighbour is as likely.
    pub margin: f64,
}

/// `(gross - tare)/unit`, rounded; `None` for a unit that weighs nothing.
#[must_use]
pub fn pieces(gross: f64, tare: f64, unit: f64) -> Option<Pieces> {
    let raw = (gross - tare) / unit;
    (unit > 0.0 && raw.is_finite()).then(|| Pieces {
        raw,
        count: raw.round() as i64,
        margin: (raw - raw.round()).abs(),
    })
}

/// Variance of the count: `n·(σ_u/u)² + (n·SE(u)/u)² + (σ_scale/u)²`.
#[must_use]
pub fn count_variance(count: f64, unit: f64, unit_sd: f64, unit_error: f64, scale_sd: f64) -> f64 {
    count * (unit_sd / unit).powi(2) + (count * unit_error / unit).powi(2) + (scale_sd / unit).powi(2)
}
