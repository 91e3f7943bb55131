//! Series: usage in buckets.
//!
//! A bucket that is partly unknown is scaled by ⌈C·days / (days − unknown days)⌉, the rule for months with stock-outs in
//! pharmaceutical logistics (USAID | DELIVER, *The Logistics Handbook*, "adjusting for stock-outs"; OpenLMIS does the
//! same), as long as at least half of its days are known. Beyond that the factor would make up more than was seen, and
//! the bucket is unknown.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    bucket::{Bucket, BucketSize},
    mark::{self, Mark},
    quality::{self, Quality},
    unknown::{Days, Unknown, Why},
    usage::{SeriesKey, Usage},
};

/// Buckets of one series, the newest: eleven years of days. What is older is cut off and counted.
pub const BUCKETS_MAX: usize = 4_000;

/// How much is known of a bucket. Amounts are base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Cell {
    /// Every day is known.
    Known { units: u64 },
    /// Most days are known; `units` is `seen` scaled to all of them.
    Scaled { seen: u64, units: u64, unknown_days: u32, why: Why },
    /// Too little is known; `seen` is what there was on the days that are.
    Unknown { seen: u64, why: Why },
}

/// Which time is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub size: BucketSize,
    /// The last day that is over. The bucket it ends is the last one; a bucket that goes on after it is open.
    pub through: Date,
    /// Where to begin; else where each series begins.
    pub from: Option<Date>,
}

/// Returns and uninstalls beyond what was used in their bucket: usage is not made negative by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    pub bucket: Bucket,
    pub units: u64,
}

/// The demand of one customer, site and item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub key: SeriesKey,
    pub size: BucketSize,
    /// The bucket of `cells[0]`.
    pub first: Bucket,
    pub cells: Vec<Cell>,
    /// Units used so far in the bucket that is not over.
    pub open: u64,
    pub returned: Vec<Returned>,
    /// Units of usage that no clock dated: in no bucket. Negative where it is returns.
    pub undated: i64,
    /// Buckets, and the units in them, that are older than [`BUCKETS_MAX`] or the window and are not in `cells`.
    pub cut: u64,
    pub cut_units: u64,
    pub marks: Vec<Mark>,
    pub quality: Quality,
}

impl Cell {
    /// The demand of the bucket; `None` where it is unknown.
    #[must_use]
    pub fn units(&self) -> Option<u64> {
        match self {
            Self::Known { units } | Self::Scaled { units, .. } => Some(*units),
            Self::Unknown { .. } => None,
        }
    }
}

impl Series {
    /// The bucket of the cell at a place, counted from 0.
    #[must_use]
    pub fn bucket(&self, place: usize) -> Bucket {
        self.first.plus(i32::try_from(place).unwrap_or(i32::MAX))
    }

    /// The first bucket that is not in the history.
    #[must_use]
    pub fn next(&self) -> Bucket {
        self.bucket(self.cells.len())
    }

    /// What a forecaster reads: demand by bucket, `None` where it is unknown.
    #[must_use]
    pub fn values(&self) -> Vec<Option<f64>> {
        #[expect(clippy::cast_precision_loss, reason = "units of a bucket are far below 2^53")]
        self.cells.iter().map(|cell| cell.units().map(|units| units as f64)).collect()
    }

    /// The same series marked and scored again, with buckets whose demand a known event explains: those are no outliers.
    #[must_use]
    pub fn explained(mut self, is_explained: impl Fn(Bucket) -> bool) -> Self {
        self.marks = mark::marks(self.first, &self.cells, is_explained);
        self.quality = quality::score(&self);
        self
    }
}

/// Every series that has usage or an exact [`Unknown`] scope, by key. Each depends on nothing but its own lines and the
/// unknown spans that cover it.
#[must_use]
pub fn build(usage: &[Usage], unknown: &[Unknown], window: Window) -> BTreeMap<SeriesKey, Series> {
    let mut lines: BTreeMap<&SeriesKey, Vec<&Usage>> = BTreeMap::new();
    for line in usage {
        lines.entry(&line.key).or_default().push(line);
    }
    // Most spans are of one series; only the others are looked at for each.
    let mut exact: BTreeMap<SeriesKey, Vec<&Unknown>> = BTreeMap::new();
    let mut wide = Vec::new();
    for span in unknown {
        match span.scope.key() {
            Some(key) => exact.entry(key).or_default().push(span),
            None => wide.push(span),
        }
    }
    lines
        .into_iter()
        .map(|(key, lines)| {
            let own = exact.get(key).into_iter().flatten().copied();
            let days = Days::of(own.chain(wide.iter().copied().filter(|span| span.scope.covers(key))));
            (key.clone(), one(key, &lines, &days, window))
        })
        .collect()
}

fn one(key: &SeriesKey, lines: &[&Usage], days: &Days, window: Window) -> Series {
    let mut undated = 0_i64;
    let mut net: BTreeMap<Bucket, i64> = BTreeMap::new();
    for line in lines {
        let into = match line.day {
            Some(day) => net.entry(Bucket::of(day, window.size)).or_default(),
            None => &mut undated,
        };
        *into = into.saturating_add(line.units);
    }
    let end = end(window);
    let from = window.from.map(|day| Bucket::of(day, window.size));
    let asked = from.or_else(|| net.keys().next().copied()).unwrap_or(end).min(end);
    let kept = asked.until(end).clamp(0, i32::try_from(BUCKETS_MAX).unwrap_or(i32::MAX));
    let first = end.plus(-kept);
    let mut cells = Vec::with_capacity(usize::try_from(kept).unwrap_or(0));
    let mut returned = Vec::new();
    let mut bucket = first;
    for _ in 0..kept {
        let net = net.get(&bucket).copied().unwrap_or(0);
        if net < 0 {
            returned.push(Returned { bucket, units: net.unsigned_abs() });
        }
        cells.push(cell(bucket, u64::try_from(net).unwrap_or(0), days.within(bucket)));
        bucket = bucket.next();
    }
    let units = |net: &i64| u64::try_from(*net).unwrap_or(0);
    let open = net.range(end..).map(|(_, net)| units(net)).fold(0, u64::saturating_add);
    let cut = net.range(..first);
    let mut series = Series {
        key: key.clone(),
        size: window.size,
        first,
        open,
        returned,
        undated,
        cut: cut.clone().count() as u64,
        cut_units: cut.map(|(_, net)| units(net)).fold(0, u64::saturating_add),
        marks: mark::marks(first, &cells, |_| false),
        cells,
        quality: Quality::whole(),
    };
    series.quality = quality::score(&series);
    series
}

/// The first bucket that is not over.
fn end(window: Window) -> Bucket {
    let last = Bucket::of(window.through, window.size);
    if last.last_day() <= window.through { last.next() } else { last }
}

fn cell(bucket: Bucket, seen: u64, unknown: Option<(u32, Why)>) -> Cell {
    let Some((unknown_days, why)) = unknown else { return Cell::Known { units: seen } };
    let days = bucket.days();
    let known = days.saturating_sub(unknown_days);
    if known == 0 || known.saturating_mul(2) < days {
        return Cell::Unknown { seen, why };
    }
    let units = (u128::from(seen) * u128::from(days)).div_ceil(u128::from(known));
    Cell::Scaled { seen, units: u64::try_from(units).unwrap_or(u64::MAX), unknown_days, why }
}
