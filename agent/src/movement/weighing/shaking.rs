//! A level under vibration: what a bin weighs while its bench shakes.
//!
//! Owns the last seconds of unrest, as means over quarter seconds. Vibration scatters around the level, so that its mean
//! is the level; a hand in the bin adds its own weight, so that its mean is not. Three things tell the two apart: the
//! scatter of a shaking bench is the same before and after an act, a hand takes nothing away, and a hand leaves. So a
//! mean under vibration counts when the scatter was there at the old level too, or when pieces are missing. Must not
//! know pieces beyond the mass of one.

use std::time::Duration;

use super::noise::Noise;

/// Readings are averaged over this time, so that a fast scale's echo of one swing is not taken for many readings.
const BLOCK: Duration = Duration::from_millis(250);

/// Blocks looked back on: twelve seconds, what a mean needs with a scatter of a whole piece.
const BLOCKS: usize = 48;

/// The last so many of them, the fewer that do the better.
const WINDOWS: [usize; 3] = [20, 32, BLOCKS];

/// How well the mean must be known, in pieces.
const MEAN_SD_MAX: f64 = 0.14;

/// Blocks that come to be expected to agree: how much more they may scatter than before the act.
const SCATTER_RATIO_MAX: f64 = 1.5;

/// Above this many pieces of scatter nothing is told.
const SCATTER_MAX: f64 = 1.0;

#[derive(Debug, Clone)]
pub(super) struct Shaking {
    blocks: [f32; BLOCKS],
    /// Blocks ever taken.
    taken: usize,
    begun: Duration,
    /// When the first block began.
    since: Duration,
    sum: f64,
    readings: u32,
    last: f64,
    /// When the weight was last thrown about, as only a hand does.
    thrown: Option<Duration>,
    /// The scatter at the old level, once it has been seen.
    scatter: Option<f64>,
}

/// A level seen through vibration, grams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) mean: f64,
    pub(super) mean_sd: f64,
    /// The bench was shaking like this at the old level already.
    pub(super) is_known_scatter: bool,
}

impl Shaking {
    pub(super) fn begin(now: Duration) -> Self {
        Self {
            blocks: [0.0; BLOCKS],
            taken: 0,
            begun: now,
            since: now,
            sum: 0.0,
            readings: 0,
            last: 0.0,
            thrown: None,
            scatter: None,
        }
    }

    /// Takes a reading, as its distance from the old level. True when a block is full.
    pub(super) fn push(&mut self, now: Duration, off: f64, piece: f64) -> bool {
        if (off - self.last).abs() > THROW * piece {
            self.thrown = Some(now);
        }
        self.last = off;
        let is_full = self.readings > 0 && now.saturating_sub(self.begun) >= BLOCK;
        if is_full {
            #[expect(clippy::cast_possible_truncation, reason = "a mean to seven digits is enough")]
            let mean = (self.sum / f64::from(self.readings)) as f32;
            self.blocks[self.taken % BLOCKS] = mean;
            self.taken += 1;
            self.begun = now;
            self.sum = 0.0;
            self.readings = 0;
        }
        self.sum += off;
        self.readings += 1;
        is_full
    }

    /// The level that the last seconds show, as its distance from the old one, if they show one.
    pub(super) fn seen(&mut self, piece: f64, noise: &Noise) -> Option<Seen> {
        let (mean, scatter, mean_sd) = WINDOWS.iter().find_map(|blocks| self.window(*blocks, piece, noise))?;
        let is_old_level = mean.abs() < (3.0 * mean_sd).max(0.2 * piece).min(0.4 * piece);
        if is_old_level {
            self.scatter = Some(scatter);
        }
        let is_known_scatter = self.scatter.is_some_and(|known| scatter < known * SCATTER_RATIO_MAX);
        Some(Seen { mean, mean_sd, is_known_scatter })
    }

    /// Mean, scatter and standard deviation of the mean of the last `blocks`, if they show one level.
    fn window(&self, blocks: usize, piece: f64, noise: &Noise) -> Option<(f64, f64, f64)> {
        if self.taken < blocks {
            return None;
        }
        let half = halves(blocks);
        let of_half = |first: usize| {
            let offs = || (first..first + blocks / 2).map(|i| f64::from(self.blocks[i % BLOCKS]));
            let mean = offs().sum::<f64>() / half;
            (mean, offs().map(|off| (off - mean).powi(2)).sum::<f64>() / (half - 1.0))
        };
        let (older, newer) = (of_half(self.taken - blocks), of_half(self.taken - blocks / 2));
        let scatter = f64::midpoint(older.1, newer.1).sqrt().max(noise.sd());
        let mean_sd = scatter / (2.0 * half).sqrt();
        let is_steady = (older.0 - newer.0).abs() < 3.0 * scatter * (2.0 / half).sqrt();
        let is_known = scatter <= SCATTER_MAX * piece && mean_sd <= MEAN_SD_MAX * piece && is_steady;
        is_known.then_some((f64::midpoint(older.0, newer.0), scatter, mean_sd))
    }

    /// When the level went from the old one to `new` (its distance from it) while the bench shook: the place where the
    /// blocks before fit the old level best and those after it the new one. `None` when it was quiet at the new level
    /// up to `rest_since`, the beginning of the rest that showed it: then that is when.
    pub(super) fn turned(&self, rest_since: Duration, new: f64, piece: f64) -> Option<Duration> {
        let held = self.taken.min(BLOCKS);
        let block = self.begun.saturating_sub(self.since) / u32::try_from(self.taken).unwrap_or(1).max(1);
        let begin = |age: usize| self.begun.saturating_sub(block * u32::try_from(age).unwrap_or(0));
        // From the newest on, with how many are newer and itself.
        let blocks = || (1..=held).map(|age| (age, f64::from(self.blocks[(self.taken - age) % BLOCKS]) - new));
        let mut before_rest = blocks().filter(|(age, _)| begin(*age) < rest_since).take(SHAKEN_BLOCKS).peekable();
        before_rest.peek()?;
        if before_rest.any(|(_, off)| off.abs() > SHAKEN_OFF_MAX * piece) {
            return None;
        }
        // A hand throws the weight by many pieces; how many it was must not matter.
        let cost = |off: f64| (off / piece).powi(2).min(COST_MAX);
        let (mut gain, mut best, mut newer) = (0.0, 0.0, 0);
        for (age, off) in blocks() {
            gain += cost(off + new) - cost(off);
            if gain > best {
                (best, newer) = (gain, age);
            }
        }
        let turned = begin(newer);
        // The hand that did it left then or a little sooner or later; the throw it gave the weight is plainer.
        let thrown = self.thrown.filter(|thrown| thrown.abs_diff(turned) <= THROW_REACH);
        (newer > 0).then(|| thrown.unwrap_or(turned))
    }

    /// A new level has been taken for known: what was before says nothing more.
    pub(super) fn restart(&mut self, now: Duration) {
        *self = Self { scatter: self.scatter, last: self.last, ..Self::begin(now) };
    }
}

#[expect(clippy::cast_precision_loss, reason = "twenty-four at most")]
fn halves(blocks: usize) -> f64 {
    (blocks / 2) as f64
}

/// Blocks before a rest that tell a shaking bench from a hand just gone, and how far off they may be, in pieces.
const SHAKEN_BLOCKS: usize = 6;
const SHAKEN_OFF_MAX: f64 = 2.5;

/// Between two readings a shaking bench throws the weight by less than so many pieces.
const THROW: f64 = 3.5;
const THROW_REACH: Duration = Duration::from_secs(5);

/// In pieces squared.
const COST_MAX: f64 = 4.0;
