//! How near forecasts came, averaged over each series first and then over the series of a pool, pools weighing the same.
//!
//! RMSSE (Hyndman & Koehler 2006, squared): error over that of the naive forecast within the part that is not tried. SPL: mean
//! pinball loss at .5, .9, .95, .99 over the naive forecast's absolute error. Bias: mean of forecast less demand, in units of
//! the series' mean demand. Coverage: how often demand was at most the quantile.

use std::fmt::Write as _;

use planning::method::Forecast;
use serde::Serialize;

use super::LEVELS;

/// Errors of one series, summed over origins and horizons.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Errors {
    count: f64,
    squared: f64,
    signed: f64,
    pinball: [f64; LEVELS.len()],
    covered: [f64; LEVELS.len()],
}

impl Errors {
    /// Compares a forecast with what came; what nobody knows is no error.
    pub(super) fn add(&mut self, forecast: &Forecast, came: &[Option<f64>]) {
        for (ahead, actual) in forecast.periods.iter().zip(came) {
            let Some(actual) = *actual else { continue };
            self.count += 1.0;
            self.squared += (actual - ahead.mean()).powi(2);
            self.signed += ahead.mean() - actual;
            for (index, level) in LEVELS.into_iter().enumerate() {
                let quantile = ahead.quantile(level);
                let over = actual - quantile;
                self.pinball[index] += (level * over).max((level - 1.0) * over);
                self.covered[index] += if over <= 1e-9 { 1.0 } else { 0.0 };
            }
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Line {
    pub(super) pool: String,
    pub(super) method: String,
    /// Series that could be scored: those that vary before the trial.
    pub(super) series: usize,
    pub(super) rmsse: f64,
    pub(super) spl: f64,
    pub(super) bias: f64,
    /// At .5, .9, .95, .99.
    pub(super) coverage: [f64; LEVELS.len()],
}

/// The lines of all pools and methods.
#[derive(Debug, Default, Serialize)]
pub(super) struct Table {
    lines: Vec<Line>,
}

impl Table {
    /// Adds a pool's line. Of each series: its errors, its demand, and how much of that was there before the trial.
    pub(super) fn add<'a>(
        &mut self,
        pool: &str,
        method: &str,
        series: impl Iterator<Item = (&'a Errors, &'a [Option<f64>], usize)>,
    ) {
        let mut line = Line { pool: pool.to_owned(), method: method.to_owned(), ..Line::default() };
        for (errors, demand, before) in series {
            let steps = || demand[..before].windows(2).filter_map(|pair| Some(pair[1]? - pair[0]?));
            let known = || demand.iter().flatten();
            let count = steps().count() as f64;
            let absolute = steps().map(f64::abs).sum::<f64>() / count;
            let squared = steps().map(|step| step * step).sum::<f64>() / count;
            let mean = known().sum::<f64>() / known().count() as f64;
            if errors.count == 0.0 || count == 0.0 || absolute <= 0.0 || mean <= 0.0 {
                continue;
            }
            line.series += 1;
            line.rmsse += (errors.squared / errors.count / squared).sqrt();
            line.bias += errors.signed / errors.count / mean;
            for index in 0..LEVELS.len() {
                line.spl += errors.pinball[index] / errors.count / absolute / LEVELS.len() as f64;
                line.coverage[index] += errors.covered[index] / errors.count;
            }
        }
        line.divide(line.series as f64);
        self.lines.push(line);
    }

    /// The lines and, of several pools, their mean.
    fn with_means(&self) -> Vec<Line> {
        let mut lines = self.lines.clone();
        let mut methods: Vec<&str> = Vec::new();
        for line in &self.lines {
            if !methods.contains(&line.method.as_str()) {
                methods.push(&line.method);
            }
        }
        for method in methods {
            let of: Vec<&Line> = self.lines.iter().filter(|line| line.method == method && line.series > 0).collect();
            if of.len() < 2 {
                continue;
            }
            let mut mean = Line { pool: "all pools".to_owned(), method: method.to_owned(), ..Line::default() };
            for line in &of {
                mean.series += line.series;
                mean.rmsse += line.rmsse;
                mean.spl += line.spl;
                mean.bias += line.bias;
                for index in 0..LEVELS.len() {
                    mean.coverage[index] += line.coverage[index];
                }
            }
            mean.divide(of.len() as f64);
            lines.push(mean);
        }
        lines
    }

    /// As JSON: a list of lines.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(&self.with_means())?)
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:<12} {:<12} {:>6} {:>7} {:>7} {:>7} {:>6} {:>6} {:>6} {:>6}",
            "pool", "method", "series", "RMSSE", "SPL", "bias", "in 50", "in 90", "in 95", "in 99"
        );
        for line in self.with_means() {
            let _ = write!(
                text,
                "{:<12} {:<12} {:>6} {:>7.4} {:>7.4} {:>+7.3}",
                line.pool, line.method, line.series, line.rmsse, line.spl, line.bias
            );
            for coverage in line.coverage {
                let _ = write!(text, " {coverage:>6.3}");
            }
            text.push('\n');
        }
        text
    }
}

impl Line {
    fn divide(&mut self, by: f64) {
        if by == 0.0 {
            return;
        }
        for figure in [&mut self.rmsse, &mut self.spl, &mut self.bias].into_iter().chain(&mut self.coverage) {
            *figure /= by;
        }
    }
}
