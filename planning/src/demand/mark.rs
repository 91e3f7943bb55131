//! Marks: buckets that stand out, and where the level changed for good. They say what made them so and change nothing.
//!
//! Level shifts by Pettitt's test (*Applied Statistics* 28, 1979: a rank test, so no single bucket can make one), its
//! variance corrected for ties as intermittent demand has many, applied again to either side of what it found. A steady
//! trend is a shift to it too, as it should be to a person.
//!
//! Outliers by the modified z-score (Iglewicz & Hoaglin 1993: bound 3.5, median and MAD) of the logarithm of the demands
//! between two shifts, zeros apart; and on the scale on which counts have unit variance (Anscombe 1948), so that 3 after
//! a row of ones is none. Both must agree.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{bucket::Bucket, series::Cell};

/// Modified z-score from which a demand is an outlier.
const SCORE_MIN: f64 = 3.5;

/// Demands between two shifts from which a typical one can be told.
const DEMANDS_MIN: usize = 6;

/// Known buckets on either side of a shift.
const SIDE_MIN: usize = 6;

/// Chance at which a shift is believed. Small: demand has seasons, and a test of ranks takes them for little shifts.
const CHANCE_MAX: f64 = 0.001;

/// The higher level is at least so many times the lower.
const RATIO_MIN: f64 = 1.5;

/// Shifts of one series, at most; more is no level.
const SHIFTS_MAX: usize = 8;

/// Spread of logarithms below which one does not go: the same amount every time has none.
const LOG_SPREAD_MIN: f64 = 0.15;

/// Share of empty buckets up to which an empty bucket is remarkable.
const EMPTY_MAX: f64 = 0.05;

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mark")]
pub enum Mark {
    Outlier {
        bucket: Bucket,
        units: u64,
        /// The median demand around it.
        typical: f64,
        /// Modified z-score; negative where it is too little.
        score: f64,
    },
    Shift(Shift),
}

/// The level is another one from a bucket on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The first bucket of the new level.
    pub bucket: Bucket,
    /// Demand of a bucket before and after: medians, or means where most buckets are empty.
    pub before: f64,
    pub after: f64,
    /// Median size of a demand after the shift over that before, where there are enough demands on both sides to tell.
    pub size_ratio: Option<f64>,
    /// Chance of such a difference without a shift.
    pub chance: f64,
}

impl Mark {
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        match self {
            Self::Outlier { bucket, .. } | Self::Shift(Shift { bucket, .. }) => *bucket,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outlier { bucket, units, typical, score } => write!(
                f,
                "{bucket}: {units} where {typical:.1} is typical (robust score {score:.1}, bound {SCORE_MIN})"
            ),
            Self::Shift(Shift { bucket, before, after, size_ratio: _, chance }) => {
                write!(f, "from {bucket} on: {after:.1} a bucket instead of {before:.1}")?;
                if *chance < 1e-6 {
                    write!(f, " (chance below 1 in a million)")
                } else {
                    write!(f, " (chance {chance:.6})")
                }
            }
        }
    }
}

/// A bucket whose demand is known.
#[derive(Clone, Copy)]
struct Point {
    place: usize,
    units: f64,
}

/// Shifts first, then outliers, each in order of time.
pub(super) fn marks(first: Bucket, cells: &[Cell], is_explained: impl Fn(Bucket) -> bool) -> Vec<Mark> {
    let bucket = |place: usize| first.plus(i32::try_from(place).unwrap_or(i32::MAX));
    #[expect(clippy::cast_precision_loss, reason = "units of a bucket are far below 2^53")]
    let known: Vec<Point> = cells
        .iter()
        .enumerate()
        .filter(|(place, _)| !is_explained(bucket(*place)))
        .filter_map(|(place, cell)| Some(Point { place, units: cell.units()? as f64 }))
        .collect();
    let mut cuts = Vec::new();
    shifts(&known, 0, &mut cuts);
    cuts.sort_by_key(|(at, _)| *at);
    let mut marks = Vec::new();
    let mut from = 0;
    let ends: Vec<_> = cuts.iter().map(|(at, _)| *at).chain([known.len()]).collect();
    for (number, (at, chance)) in cuts.iter().enumerate() {
        let (old, new) = (&known[from..*at], &known[*at..ends[number + 1]]);
        let size_ratio = size(old).zip(size(new)).map(|(old, new)| new / old);
        let (before, after) = (level(old), level(new));
        marks.push(Mark::Shift(Shift { bucket: bucket(known[*at].place), before, after, size_ratio, chance: *chance }));
        from = *at;
    }
    from = 0;
    for end in ends {
        outliers(&known[from..end], bucket, &mut marks);
        from = end;
    }
    marks
}

/// Finds shifts in `points`, which begin at `offset`, and puts their places among all points into `found`.
fn shifts(points: &[Point], offset: usize, found: &mut Vec<(usize, f64)>) {
    let mut waiting = vec![(offset, points)];
    while let Some((offset, points)) = waiting.pop() {
        if found.len() == SHIFTS_MAX || points.len() < 2 * SIDE_MIN {
            continue;
        }
        let Some((at, chance)) = pettitt(points) else { continue };
        let (before, after) = points.split_at(at);
        let (low, high) = {
            let (a, b) = (level(before), level(after));
            (a.min(b), a.max(b))
        };
        if chance > CHANCE_MAX || high <= 0.0 || high < low * RATIO_MIN {
            continue;
        }
        found.push((offset + at, chance));
        waiting.push((offset + at, after));
        waiting.push((offset, before));
    }
}

/// Where the ranks before and after differ most, and the chance of that; `None` where all are the same.
#[expect(clippy::cast_precision_loss, reason = "at most a few thousand buckets")]
fn pettitt(points: &[Point]) -> Option<(usize, f64)> {
    let n = points.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| points[a].units.total_cmp(&points[b].units));
    let mut ranks = vec![0.0; n];
    let mut ties = 0.0;
    let mut from = 0;
    while from < n {
        let units = points[order[from]].units;
        let same = order[from..].iter().take_while(|&&place| points[place].units <= units).count();
        for &place in &order[from..from + same] {
            ranks[place] = from as f64 + (same as f64 + 1.0) / 2.0;
        }
        ties += (same as f64).powi(3) - same as f64;
        from += same;
    }
    let size = n as f64;
    let untied = 1.0 - ties / (size.powi(3) - size);
    let mut sum = 0.0;
    let mut most: Option<(usize, f64)> = None;
    for at in 1..n {
        sum += ranks[at - 1];
        let differs = (2.0 * sum - at as f64 * (size + 1.0)).abs();
        if (SIDE_MIN..=n - SIDE_MIN).contains(&at) && most.is_none_or(|(_, most)| differs > most) {
            most = Some((at, differs));
        }
    }
    let (at, differs) = most?;
    if untied <= 0.0 {
        return None;
    }
    let chance = 2.0 * (-6.0 * differs.powi(2) / ((size.powi(3) + size.powi(2)) * untied)).exp();
    Some((at, chance.min(1.0)))
}

#[expect(clippy::cast_precision_loss, reason = "at most a few thousand buckets")]
fn level(points: &[Point]) -> f64 {
    let units: Vec<f64> = points.iter().map(|point| point.units).collect();
    let typical = median(units.clone());
    if typical > 0.0 { typical } else { units.iter().sum::<f64>() / units.len().max(1) as f64 }
}

/// The median of the demands, where there are enough.
fn size(points: &[Point]) -> Option<f64> {
    let demands: Vec<f64> = points.iter().map(|point| point.units).filter(|&units| units > 0.0).collect();
    (demands.len() >= DEMANDS_MIN).then(|| median(demands))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole counts"
)]
fn outliers(points: &[Point], bucket: impl Fn(usize) -> Bucket, marks: &mut Vec<Mark>) {
    let demands: Vec<f64> = points.iter().map(|point| point.units).filter(|&units| units > 0.0).collect();
    if demands.len() < DEMANDS_MIN {
        return;
    }
    let empty = (points.len() - demands.len()) as f64 / points.len() as f64;
    let typical = median(demands.clone());
    let spread = |scaled: &dyn Fn(f64) -> f64| {
        1.4826 * median(demands.iter().map(|&units| (scaled(units) - scaled(typical)).abs()).collect())
    };
    let log_spread = spread(&f64::ln_1p).max(LOG_SPREAD_MIN);
    let count_spread = spread(&anscombe).max(1.0);
    for point in points {
        let by_log = (point.units.ln_1p() - typical.ln_1p()) / log_spread;
        let by_count = (anscombe(point.units) - anscombe(typical)) / count_spread;
        let score = if by_log.abs() < by_count.abs() { by_log } else { by_count };
        let is_far = if score > 0.0 { score > SCORE_MIN } else { score < -SCORE_MIN && empty <= EMPTY_MAX };
        if is_far {
            marks.push(Mark::Outlier { bucket: bucket(point.place), units: point.units as u64, typical, score });
        }
    }
}

fn anscombe(units: f64) -> f64 {
    2.0 * (units + 0.375).sqrt()
}

fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
