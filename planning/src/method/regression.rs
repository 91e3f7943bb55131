//! Least squares: a line, seasonal dummies, known events, any regressors.

use serde::{Deserialize, Serialize};

/// Regressors at most: trend, a year of weeks and some events. More would fit noise.
const REGRESSORS_MAX: usize = 64;

/// What least squares found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// One for each regressor.
    pub coefficients: Vec<f64>,
}

impl Fit {
    /// The value expected for regressors `x`; what is missing counts as zero.
    #[must_use]
    pub fn at(&self, x: &[f64]) -> f64 {
        self.coefficients.iter().zip(x).map(|(coefficient, x)| coefficient * x).sum()
    }
}

/// Ordinary least squares of `y` on the rows of regressors; a constant is a regressor of ones. `None` where there are no rows, rows of
/// different lengths, more regressors than rows or than 64. A regressor that others explain gets 0.
#[must_use]
pub fn fit(rows: &[Vec<f64>], y: &[f64]) -> Option<Fit> {
    let count = rows.first()?.len();
    if count == 0 || count > REGRESSORS_MAX || rows.len() != y.len() || rows.len() < count {
        return None;
    }
    if rows.iter().any(|row| row.len() != count || row.iter().any(|x| !x.is_finite()))
        || y.iter().any(|y| !y.is_finite())
    {
        return None;
    }
    // Modified Gram-Schmidt: exact where the normal equations would square the condition.
    let mut columns: Vec<Vec<f64>> = (0..count).map(|k| rows.iter().map(|row| row[k]).collect()).collect();
    let mut upper = vec![vec![0.0; count]; count];
    let mut projected = vec![0.0; count];
    let mut rest = y.to_vec();
    for k in 0..count {
        let before = dot(rows.iter().map(|row| row[k]), rows.iter().map(|row| row[k]));
        let norm = dot(columns[k].iter().copied(), columns[k].iter().copied());
        if norm <= 1e-18 * before || norm == 0.0 {
            continue;
        }
        let norm = norm.sqrt();
        upper[k][k] = norm;
        let unit: Vec<f64> = columns[k].iter().map(|x| x / norm).collect();
        for (j, column) in columns.iter_mut().enumerate().skip(k + 1) {
            let share = dot(unit.iter().copied(), column.iter().copied());
            upper[k][j] = share;
            column.iter_mut().zip(&unit).for_each(|(x, unit)| *x -= share * unit);
        }
        projected[k] = dot(unit.iter().copied(), rest.iter().copied());
        rest.iter_mut().zip(&unit).for_each(|(y, unit)| *y -= projected[k] * unit);
    }
    let mut coefficients = vec![0.0; count];
    for k in (0..count).rev() {
        if upper[k][k] > 0.0 {
            let known: f64 = (k + 1..count).map(|j| upper[k][j] * coefficients[j]).sum();
            coefficients[k] = (projected[k] - known) / upper[k][k];
        }
    }
    coefficients.iter().all(|coefficient| coefficient.is_finite()).then_some(Fit { coefficients })
}

fn dot(a: impl Iterator<Item = f64>, b: impl Iterator<Item = f64>) -> f64 {
    a.zip(b).map(|(a, b)| a * b).sum()
}

/// A line through what is known, with a level for each phase where two cycles are known.
pub(super) fn means(history: &[Option<f64>], season: usize, ahead: usize) -> Vec<f64> {
    let known = history.iter().flatten().count();
    let phases = if season > 1 && season < REGRESSORS_MAX && known > 2 * season { season } else { 1 };
    let row = |at: usize| {
        let mut row = vec![0.0; phases + 1];
        row[at % phases] = 1.0;
        row[phases] = at as f64;
        row
    };
    let (rows, y): (Vec<_>, Vec<_>) =
        history.iter().enumerate().filter_map(|(at, value)| value.map(|value| (row(at), value))).unzip();
    let mean = super::average::of_last(history, history.len());
    match fit(&rows, &y) {
        Some(fit) => (0..ahead).map(|step| fit.at(&row(history.len() + step)).max(0.0)).collect(),
        None => vec![mean; ahead],
    }
}
