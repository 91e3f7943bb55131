//! Forecast value added: what each source and each person made better or worse than doing nothing (Gilliland, *The
//! Business Forecasting Deal*, 2010).
//!
//! `value = 1 − MAE of the source / MAE of the naive forecast`, both over the same buckets. **Positive is better than
//! naive, negative worse, 0 the same.** Naive is what was used in the last known bucket when the forecast was made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::SourceKind;

/// A forecast whose bucket is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub source: String,
    pub kind: SourceKind,
    pub author: String,
    pub forecast: f64,
    pub actual: f64,
    /// The last demand known when the forecast was made.
    pub naive: f64,
}

/// How good somebody's forecasts were. Rates are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    pub source: String,
    /// `None` for all of a source's people together.
    pub author: Option<String>,
    pub kind: SourceKind,
    pub forecasts: u64,
    pub mae: f64,
    /// Absolute error over demand; `None` where there was no demand.
    pub wape: Option<f64>,
    /// Mean of forecast less actual: positive is too much.
    pub bias: f64,
    pub naive_mae: f64,
    /// Positive is better than naive; `None` where naive made no error.
    pub value: Option<f64>,
}

/// Value of each source, followed by that of each of its people, in order of their names. Forecasts that are no numbers
/// are passed over and counted in the second part of the answer.
#[must_use]
pub fn value_added(past: &[Past]) -> (Vec<Value>, u64) {
    let mut groups: BTreeMap<(&str, Option<&str>), (SourceKind, Sums)> = BTreeMap::new();
    let mut passed_over = 0;
    for one in past {
        if ![one.forecast, one.actual, one.naive].into_iter().all(f64::is_finite) {
            passed_over += 1;
            continue;
        }
        for author in [None, Some(one.author.as_str())] {
            let (_, sums) = groups.entry((&one.source, author)).or_insert_with(|| (one.kind, Sums::default()));
            sums.add(one);
        }
    }
    let values = groups.into_iter().map(|((source, author), (kind, sums))| sums.value(source, author, kind)).collect();
    (values, passed_over)
}

#[derive(Default)]
struct Sums {
    forecasts: u64,
    error: f64,
    bias: f64,
    naive: f64,
    actual: f64,
}

impl Sums {
    fn add(&mut self, past: &Past) {
        self.forecasts += 1;
        self.error += (past.forecast - past.actual).abs();
        self.bias += past.forecast - past.actual;
        self.naive += (past.naive - past.actual).abs();
        self.actual += past.actual.abs();
    }

    #[expect(clippy::cast_precision_loss, reason = "a few thousand forecasts")]
    fn value(self, source: &str, author: Option<&str>, kind: SourceKind) -> Value {
        let count = self.forecasts.max(1) as f64;
        Value {
            source: source.to_owned(),
            author: author.map(str::to_owned),
            kind,
            forecasts: self.forecasts,
            mae: self.error / count,
            wape: (self.actual > 0.0).then(|| self.error / self.actual),
            bias: self.bias / count,
            naive_mae: self.naive / count,
            value: (self.naive > 0.0).then(|| 1.0 - self.error / self.naive),
        }
    }
}
