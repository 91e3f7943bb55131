//! Curves fitted to what was sold.
//!
//! On increments: `min Σ (x_t - m(F(t) - F(t-1)))²` over `t = 1..n`, the total `m` solved in closed form for every shape (variable
//! projection), the shape searched from a grid of peaks and speeds. A series that only grows says nothing of its total: the fit is
//! then as good with any large one, and only the next periods can be read from it.

use serde::Serialize;

use super::{
    curve::{Curve, Form, part_by},
    least_squares::descend,
};

/// Periods of one fit.
const PERIODS_MAX: usize = 10_000;

/// Largest total, `e^30` units. A series that only grows has its least squares at no total or at one nobody can mean; the search ends
/// here, where the next periods no longer depend on it by more than a hundredth.
const TOTAL_MAX: f64 = 1.068_647_458_152_446_2e13;

/// Starts of the search that are followed to their end.
const STARTS: usize = 12;

/// Why a series has no fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    #[error("series has {0} periods; a curve needs 4 to {PERIODS_MAX}")]
    Length(usize),
    #[error("series has a value that is no number from 0 on")]
    Value,
    #[error("series has nothing but zeros")]
    Nothing,
    #[error("series has no parabola with a top: its regression on sales so far gives no total")]
    NoTotal,
}

/// A curve with its sum of squared errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fit {
    pub curve: Curve,
    pub sse: f64,
}

/// The least-squares curve through increments.
///
/// # Errors
/// [`FitError`] for a series too short, without sales, or with values below zero.
pub fn fit(form: Form, sales: &[f64]) -> Result<Fit, FitError> {
    check(sales)?;
    let n = sales.len();
    let shape = |[first, second]: [f64; 2], into: &mut [f64]| {
        let mut before = part_by(form, first, second, 0.0);
        for (t, into) in (1_u32..).zip(into.iter_mut()) {
            let by = part_by(form, first, second, f64::from(t));
            *into = by - before;
            before = by;
        }
    };
    let residuals = |parameters: [f64; 2], into: &mut [f64]| {
        shape(parameters, into);
        let m = total(sales, into);
        for (into, sold) in into.iter_mut().zip(sales) {
            *into = sold - m * *into;
        }
    };
    let (parameters, sse) = search(form, n, &residuals);
    let mut increments = vec![0.0; n];
    shape(parameters, &mut increments);
    let [first, second] = parameters;
    Ok(Fit { curve: Curve { form, m: total(sales, &increments), first, second }, sse })
}

/// A Gompertz curve through levels: `y = exp(A - B·exp(-C·t))`, at any times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelFit {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub sse: f64,
}

/// The least-squares Gompertz curve through levels at times `t`.
///
/// # Errors
/// As [`fit`].
pub fn fit_gompertz_level(t: &[f64], levels: &[f64]) -> Result<LevelFit, FitError> {
    check(levels)?;
    if t.len() != levels.len() || t.iter().any(|t| !t.is_finite()) {
        return Err(FitError::Value);
    }
    let (first, last) = t.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), t| (low.min(*t), high.max(*t)));
    let span = if last > first { last - first } else { return Err(FitError::Length(1)) };
    // times as fractions of the span from its begin, so that the grid fits any unit
    let unit = span / levels.len() as f64;
    let shape = |[b, c]: [f64; 2], into: &mut [f64]| {
        for (into, t) in into.iter_mut().zip(t) {
            *into = (-b * (-c * (t - first) / unit).exp()).exp();
        }
    };
    let residuals = |parameters: [f64; 2], into: &mut [f64]| {
        shape(parameters, into);
        let scale = total(levels, into);
        for (into, level) in into.iter_mut().zip(levels) {
            *into = level - scale * *into;
        }
    };
    let (parameters, sse) = search(Form::Gompertz, levels.len(), &residuals);
    let mut parts = vec![0.0; levels.len()];
    shape(parameters, &mut parts);
    let [b, c] = [parameters[0], parameters[1] / unit];
    Ok(LevelFit { a: total(levels, &parts).ln(), b: b * (c * first).exp(), c, sse })
}

/// The parameters with the least squares over a grid of peaks and speeds.
fn search(form: Form, n: usize, residuals: &impl Fn([f64; 2], &mut [f64])) -> ([f64; 2], f64) {
    let span = n as f64;
    let mut starts: Vec<(f64, [f64; 2])> = Vec::new();
    let mut scratch = vec![0.0; n];
    for speed in [0.3, 0.7, 1.2, 2.0, 3.0, 4.5, 7.0, 10.0, 15.0, 25.0, 50.0, 120.0] {
        for peak in [-0.5, 0.0, 0.12, 0.25, 0.38, 0.5, 0.63, 0.78, 1.0, 1.3, 2.0] {
            let second = speed / span;
            let lead = (second * peak * span).clamp(-40.0, 40.0);
            let parameters = match form {
                Form::Bass => [second * (-lead).exp(), second],
                Form::Gompertz | Form::Logistic => [lead.exp(), second],
            };
            residuals(parameters, &mut scratch);
            let sse: f64 = scratch.iter().map(|r| r * r).sum();
            if sse.is_finite() {
                starts.push((sse, parameters));
            }
        }
    }
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut best = ([1.0, 1.0], f64::INFINITY);
    for (_, start) in starts.into_iter().take(STARTS) {
        let found = descend(start, n, residuals);
        if found.1 < best.1 {
            best = found;
        }
    }
    best
}

/// The scale that brings `parts` nearest to `values`.
fn total(values: &[f64], parts: &[f64]) -> f64 {
    let squares: f64 = parts.iter().map(|part| part * part).sum();
    let product: f64 = values.iter().zip(parts).map(|(value, part)| value * part).sum();
    if squares > 0.0 && product > 0.0 { (product / squares).min(TOTAL_MAX) } else { 0.0 }
}

fn check(values: &[f64]) -> Result<(), FitError> {
    if !(4..=PERIODS_MAX).contains(&values.len()) {
        return Err(FitError::Length(values.len()));
    }
    if !values.iter().all(|value| *value >= 0.0 && value.is_finite()) {
        return Err(FitError::Value);
    }
    if values.iter().all(|value| *value == 0.0) { Err(FitError::Nothing) } else { Ok(()) }
}

/// Bass's own estimate of 1969: regression of sales on what was sold before and its square, `x = a + bY + cY²`;
/// `m = (-b - √(b² - 4ac))/2c`, `p = a/m`, `q = -cm`. Not held to a positive `p`: a start worse than none shows as such.
///
/// # Errors
/// [`FitError::NoTotal`] where the parabola has no root above zero.
pub fn bass_regression(sales: &[f64]) -> Result<Curve, FitError> {
    check(sales)?;
    let scale: f64 = sales.iter().sum();
    let mut before = 0.0;
    let mut normal = [[0.0_f64; 4]; 3];
    for sold in sales {
        let row = [1.0, before, before * before];
        for (i, line) in normal.iter_mut().enumerate() {
            for (j, cell) in line.iter_mut().take(3).enumerate() {
                *cell += row[i] * row[j];
            }
            line[3] += row[i] * sold / scale;
        }
        before += sold / scale;
    }
    let [a, b, c] = solve(normal).ok_or(FitError::NoTotal)?;
    let root = b * b - 4.0 * a * c;
    let m = if root >= 0.0 && c != 0.0 { (-b - root.sqrt()) / (2.0 * c) } else { f64::NAN };
    if m > 0.0 && m.is_finite() {
        Ok(Curve { form: Form::Bass, m: m * scale, first: a / m, second: -c * m })
    } else {
        Err(FitError::NoTotal)
    }
}

/// Three equations in three unknowns, by elimination with the largest pivot.
fn solve(mut rows: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for column in 0..3 {
        let pivot = (column..3).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        let lead = rows[column];
        if lead[column] == 0.0 {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let factor = row[column] / lead[column];
                for (cell, lead) in row.iter_mut().zip(lead) {
                    *cell -= factor * lead;
                }
            }
        }
    }
    Some([rows[0][3] / rows[0][0], rows[1][3] / rows[1][1], rows[2][3] / rows[2][2]])
}

/// A forecast made as it would have been, and its mean absolute error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExAnte {
    pub forecast: Vec<f64>,
    pub mae: f64,
}

/// What the curve fitted to all but the last `held_out` periods says of those.
///
/// # Errors
/// As [`fit`], of the shortened series.
pub fn ex_ante(form: Form, sales: &[f64], held_out: usize) -> Result<ExAnte, FitError> {
    let (past, future) = sales.split_at(sales.len().saturating_sub(held_out));
    let curve = fit(form, past)?.curve;
    let forecast = curve.ahead(past.len() as u32, future.len() as u32);
    Ok(ExAnte { mae: mean_absolute(&forecast, future), forecast })
}

/// The error of saying the last known value again.
///
/// # Errors
/// [`FitError::Length`] where nothing is left to say.
pub fn ex_ante_naive(sales: &[f64], held_out: usize) -> Result<ExAnte, FitError> {
    let (past, future) = sales.split_at(sales.len().saturating_sub(held_out));
    let last = past.last().ok_or(FitError::Length(past.len()))?;
    let forecast = vec![*last; future.len()];
    Ok(ExAnte { mae: mean_absolute(&forecast, future), forecast })
}

fn mean_absolute(forecast: &[f64], actual: &[f64]) -> f64 {
    forecast.iter().zip(actual).map(|(f, a)| (f - a).abs()).sum::<f64>() / actual.len().max(1) as f64
}
