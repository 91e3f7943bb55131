//! What a pool's past teaches: how far to trust the near and the far past, how demand spreads, which level to read.
//!
//! At past origins every running estimate and every distribution is computed as it would have been then, and compared with
//! what came. Means are weighed by squared error in units of each series (so that the mean is a mean), distributions by the
//! continuous ranked probability score, the area between the stated and the seen step (Gneiting & Raftery 2007), with more weight
//! where stock is decided. Single periods and sums over the protection interval are learned apart: sums of past demand over that
//! many periods say more of their spread than any sum of marginals.

use crate::method::{Ask, LEVELS};

use super::{
    calibration::{Ladder, Losses, Reading, Trust},
    component::{self, COUNT, Prior, Rows},
    grid,
    lane::{Base, Level, RATES, levels},
    rival::Mixed,
    weights::Normal,
};

/// Past origins that are learned from, evenly over the newer half of the history.
const ORIGINS: usize = 14;

/// Series that are learned from; a larger pool teaches the same by fewer.
const SERIES: usize = 1_500;

/// Of these, the series whose levels are recalibrated.
const CALIBRATED: usize = 400;

/// Demands an item has had at an origin that is learned from. Items that had none yet are in the pool only because they
/// had some later: what they teach is wrong.
const DEMANDS: f64 = 2.0;

/// Known demands that an item without any needs against the pool's rate for the rate to be halved.
const DOUBT: f64 = 2.0;

/// Running shares of periods with demand, and the pool's.
pub(super) const SHARES: usize = RATES.len() + 1;

/// How a pool's distributions are made, for sums of so many periods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane {
    length: usize,
    /// Share of periods with demand in the pool.
    share: f64,
    share_weights: [f64; SHARES],
    prior: Prior,
    pub(super) weights: [f64; COUNT],
    reading: Reading,
}

/// What was learned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Learned {
    pub(super) mean_weights: [f64; RATES.len()],
    /// Middle of the demand sizes of the pool's items.
    size: f64,
    pub(super) period: Lane,
    pub(super) interval: Lane,
}

impl Learned {
    pub(super) fn from(bases: &[Base], ask: Ask) -> Self {
        let len = bases.iter().map(|base| base.values.len()).max().unwrap_or(0);
        let stride = bases.len().div_ceil(SERIES).max(1);
        let taught: Vec<&Base> = bases.iter().step_by(stride).filter(|base| base.demands > 0).collect();
        let origins = origins(len);
        let ahead: Vec<usize> = [1, 2, 3, 4, 6].into_iter().filter(|ahead| *ahead <= ask.horizon.max(2)).collect();
        let mut sizes: Vec<f64> = taught.iter().map(|base| base.size).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let mean_weights = mean_weights(&taught, &origins, &ahead);
        let lane = |length: usize, offsets: &[usize]| {
            let lane = Lane::new(length, &taught, &origins, offsets);
            lane.taught(&taught, &origins, offsets, &mean_weights)
        };
        Self {
            mean_weights,
            size: sizes.get(sizes.len() / 2).copied().unwrap_or(1.0),
            period: lane(1, &ahead),
            interval: lane(ask.interval, &[ask.interval]),
        }
    }

    /// What is expected of an item, without its known effects.
    pub(super) fn mixed(&self, base: &Base) -> Mixed {
        let mean = self.mean(base);
        let read = |lane| self.quantiles(lane, base, mean);
        Mixed { mean, period: read(&self.period), interval: read(&self.interval) }
    }

    /// Demand a period as it would have been expected at past origins.
    pub(super) fn means_at(&self, base: &Base, origins: &[usize]) -> Vec<f64> {
        levels(&base.values, origins).iter().map(|level| mean(level, &self.mean_weights)).collect()
    }

    /// What would have been expected at past origins, with what the pool has taught since.
    pub(super) fn mixed_at(&self, base: &Base, origins: &[usize]) -> Vec<Mixed> {
        let [periods, intervals] = [&self.period, &self.interval].map(|lane| {
            let sums = base.sums(lane.length);
            let grid = grid::of(&sums);
            let rows = lane.rows(base, &sums, &grid, origins, &self.mean_weights);
            let read = |rows| lane.reading.of(&Ladder::of(&grid, &lane.mix(rows)));
            rows.iter().map(read).collect::<Vec<_>>()
        });
        let read = periods.into_iter().zip(intervals).zip(self.means_at(base, origins));
        read.map(|((period, interval), mean)| Mixed { mean, period, interval }).collect()
    }

    /// Expected demand a period.
    fn mean(&self, base: &Base) -> f64 {
        if base.demands == 0 {
            return self.period.share * self.size * DOUBT / (DOUBT + base.known as f64);
        }
        let end = levels(&base.values, &[base.values.len()]);
        end.first().map_or(0.0, |level| mean(level, &self.mean_weights))
    }

    /// Amounts by level for sums of the lane's length; `mean` is the expected demand a period.
    fn quantiles(&self, lane: &Lane, base: &Base, mean: f64) -> [f64; LEVELS.len()] {
        let sums = base.sums(lane.length);
        let end = [base.values.len()];
        let (grid, mixed) = if sums.demands == 0 {
            let grid = grid::of(&Base::new(vec![self.size.round().max(1.0)]));
            let mixed = component::without_history(&grid, mean * lane.length as f64, lane.prior, self.size);
            (grid, mixed)
        } else {
            let grid = grid::of(&sums);
            let rows = lane.rows(base, &sums, &grid, &end, &self.mean_weights);
            let mixed = rows.first().map_or_else(|| vec![1.0; grid.len()], |rows| lane.mix(rows));
            (grid, mixed)
        };
        lane.reading.of(&Ladder::of(&grid, &mixed))
    }
}

/// Past origins, as numbers of periods seen, ascending.
fn origins(len: usize) -> Vec<usize> {
    let first = (len / 2).max(6).min(len.saturating_sub(1));
    let span = len.saturating_sub(first);
    let step = span.div_ceil(ORIGINS).max(1);
    let mut origins: Vec<usize> =
        (1..).map(|k| k * step).take_while(|back| *back <= span).map(|back| len - back).collect();
    origins.reverse();
    origins
}

fn mean(level: &Level, weights: &[f64; RATES.len()]) -> f64 {
    level.means.iter().zip(weights).map(|(mean, weight)| mean * weight).sum()
}

/// Half of each of the two that do well alone on most demand: what stands until the pool has taught otherwise.
fn start<const K: usize>() -> [f64; K] {
    std::array::from_fn(|k| if k == 1 || k == 2 { 0.5 } else { 0.0 })
}

/// What came `ahead` periods after `origin`, if it is known.
fn came(base: &Base, origin: usize, ahead: usize) -> Option<f64> {
    base.values.get(origin + ahead - 1).copied().filter(|value| !value.is_nan())
}

/// Ridge of the weights of means and shares, in parts of their mean square.
const RIDGE: f64 = 1e-3;

fn mean_weights(taught: &[&Base], origins: &[usize], ahead: &[usize]) -> [f64; RATES.len()] {
    let mut normal = Normal::<{ RATES.len() }>::new();
    for base in taught {
        for (origin, level) in origins.iter().zip(levels(&base.values, origins)) {
            if level.demands < DEMANDS {
                continue;
            }
            for value in ahead.iter().filter_map(|ahead| came(base, *origin, *ahead)) {
                normal.add(&level.means, value, 1.0 / base.step_square);
            }
        }
    }
    normal.not_negative(start(), RIDGE)
}

impl Lane {
    /// The lane before its mixture is learned: shares of demand and the pool's spread.
    fn new(length: usize, taught: &[&Base], origins: &[usize], offsets: &[usize]) -> Self {
        let per_period = taught.iter().map(|base| base.demands as f64 / base.known.max(1) as f64).sum::<f64>()
            / taught.len().max(1) as f64;
        let share = 1.0 - (1.0 - per_period).powf(length as f64);
        let mut normal = Normal::<SHARES>::new();
        let mut spreads = Vec::new();
        for base in taught {
            let sums = base.sums(length);
            let levels = levels(&sums.values, origins);
            for (origin, level) in origins.iter().zip(&levels).filter(|(_, level)| level.demands >= DEMANDS) {
                for value in offsets.iter().filter_map(|ahead| came(&sums, *origin, *ahead)) {
                    normal.add(&shares(level, share), if value > 0.0 { 1.0 } else { 0.0 }, 1.0);
                }
            }
            spreads.extend(levels.last().filter(|level| level.demands > 2.0).map(component::spread));
        }
        spreads.sort_unstable_by(f64::total_cmp);
        Self {
            length,
            share,
            share_weights: normal.not_negative(start(), RIDGE),
            prior: Prior { spread: spreads.get(spreads.len() / 2).copied().unwrap_or(1.0) },
            weights: [1.0 / COUNT as f64; COUNT],
            reading: Reading::plain(),
        }
    }

    /// The lane with its mixture's weights, and with the levels to read.
    fn taught(
        mut self,
        taught: &[&Base],
        origins: &[usize],
        offsets: &[usize],
        mean_weights: &[f64; RATES.len()],
    ) -> Self {
        let mut normal = Normal::<COUNT>::new();
        for base in taught {
            self.replay(base, origins, offsets, mean_weights, |sums, grid, rows, came| {
                for (index, row) in rows.iter().enumerate() {
                    let gap = grid.get(index + 1).map_or(0.0, |next| next - grid[index]).min(5.0 * sums.step);
                    let at_most = came.iter().filter(|value| **value <= grid[index] + 1e-9).count() as f64;
                    let weight = gap / self.unit(sums) * emphasis(row) * came.len() as f64;
                    normal.add(row, at_most / came.len() as f64, weight);
                }
            });
        }
        self.weights = normal.shares([1.0 / COUNT as f64; COUNT], RIDGE / 10.0);
        let mut losses = Losses::new();
        for base in taught.iter().step_by(taught.len().div_ceil(CALIBRATED).max(1)) {
            self.replay(base, origins, offsets, mean_weights, |sums, grid, rows, came| {
                // What stands on a shelf is whole where the item is.
                let whole = self.length > 1 && sums.whole;
                losses.add(&Ladder::of(grid, &self.mix(rows)), came, 1.0 / self.unit(sums), whole);
            });
        }
        let trust = if self.length == 1 { Trust::HalfOfEach } else { Trust::AllTogether };
        self.reading = losses.best(trust);
        self
    }

    /// What a unit of error costs, by series: for periods the step from one to the next, as accuracy is measured; for the
    /// protection interval mean demand, as stock is.
    fn unit(&self, sums: &Base) -> f64 {
        if self.length == 1 { sums.step } else { sums.mean }
    }

    /// Shows `learn` each past origin of a series: sums, grid, distributions then, amounts that came.
    fn replay(
        &self,
        base: &Base,
        origins: &[usize],
        offsets: &[usize],
        mean_weights: &[f64; RATES.len()],
        mut learn: impl FnMut(&Base, &[f64], &Rows, &[f64]),
    ) {
        let sums = base.sums(self.length);
        let grid = grid::of(&sums);
        let levels = levels(&sums.values, origins);
        for ((origin, level), rows) in
            origins.iter().zip(&levels).zip(self.rows(base, &sums, &grid, origins, mean_weights))
        {
            let came: Vec<f64> = offsets.iter().filter_map(|ahead| came(&sums, *origin, *ahead)).collect();
            if level.demands >= DEMANDS && !came.is_empty() {
                learn(&sums, &grid, &rows, &came);
            }
        }
    }

    /// The distributions to mix at each origin.
    fn rows(
        &self,
        base: &Base,
        sums: &Base,
        grid: &[f64],
        origins: &[usize],
        mean_weights: &[f64; RATES.len()],
    ) -> Vec<Rows> {
        let mut all = component::empirical(sums, grid, origins);
        let (single, own) = (levels(&base.values, origins), levels(&sums.values, origins));
        for ((rows, single), own) in all.iter_mut().zip(&single).zip(&own) {
            let mean = mean(single, mean_weights) * self.length as f64;
            let share: f64 = shares(own, self.share).iter().zip(self.share_weights).map(|(x, w)| x * w).sum();
            component::parametric(rows, grid, own, mean, share.clamp(1e-4, 1.0 - 1e-6), self.prior);
        }
        all
    }

    fn mix(&self, rows: &Rows) -> Vec<f64> {
        let mut last = 0.0_f64;
        rows.iter()
            .map(|row| {
                last = last.max(row.iter().zip(self.weights).map(|(x, w)| x * w).sum());
                last
            })
            .collect()
    }
}

/// Running shares of periods with demand, the pool's last.
fn shares(level: &Level, pool: f64) -> [f64; SHARES] {
    std::array::from_fn(|k| level.shares.get(k).copied().unwrap_or(pool))
}

/// How much more an error counts where stock is decided.
fn emphasis(row: &[f64; COUNT]) -> f64 {
    match row.iter().sum::<f64>() / COUNT as f64 {
        middle if middle > 0.97 => 9.0,
        middle if middle > 0.85 => 4.0,
        _ => 1.0,
    }
}
