//! How far forecasts were off.

use super::part_of;

/// Errors of forecasts against what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastError {
    /// `Σ|a - f|/n`
    pub mae: f64,
    /// `Σ|a - f| / Σa`; `None` where nothing came.
    pub wape: Option<f64>,
    /// `(Σf - Σa) / Σa`; above 0 too much was forecast.
    pub bias: Option<f64>,
    /// `√(Σ(a - f)²/n)`
    pub rmse: f64,
}

/// The errors; `None` without a pair. What one list has more than the other is not compared.
#[must_use]
pub fn forecast_error(actual: &[f64], forecast: &[f64]) -> Option<ForecastError> {
    let n = actual.len().min(forecast.len()) as f64;
    let pairs = || actual.iter().zip(forecast);
    let absolute: f64 = pairs().map(|(a, f)| (a - f).abs()).sum();
    let squared: f64 = pairs().map(|(a, f)| (a - f).powi(2)).sum();
    let (came, said) = pairs().fold((0.0, 0.0), |(came, said), (a, f)| (came + a, said + f));
    Some(ForecastError {
        mae: part_of(absolute, n)?,
        wape: part_of(absolute, came),
        bias: part_of(said - came, came),
        rmse: part_of(squared, n)?.sqrt(),
    })
}

/// The mean absolute error over that of saying each value of `past` again in the next period; `None` where that is 0 or unknown.
#[must_use]
pub fn scaled(mae: f64, past: &[f64]) -> Option<f64> {
    let naive: f64 = past.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    part_of(mae * (past.len() as f64 - 1.0), naive)
}
