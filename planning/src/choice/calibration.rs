//! Which level to read so that a quantile costs the least: learned from a pool's past origins.

use crate::method::LEVELS;

/// Distance of the odds (natural logarithm) that are read.
const STEP: f64 = 0.15;

/// Odds read at most, either way: beyond level .9999.
const REACH: i32 = 60;

/// Shifts of the odds that are tried, in steps.
const SHIFTS: [i32; 13] = [-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8];

/// Widths of smoothing that are tried, in steps.
const WIDTHS: [i32; 3] = [0, 2, 4];

/// Levels at which losses are compared; the others go between.
const JUDGED: [usize; 6] = [6, 12, 14, 17, 18, 20];

/// What a step away costs at least, in parts of the loss: towards no shift where it is as good.
const RELUCTANCE: f64 = 1e-3;

/// The level that must also cover what it says (.95), and what missing it by all costs in parts of the loss. On small whole
/// counts many readings cost the same and cover differently.
const HONEST: usize = 14;
const HONESTY: f64 = 0.3;

/// Losses of each shift and width at each judged level.
pub(super) struct Losses {
    sum: [[[f64; SHIFTS.len()]; WIDTHS.len()]; JUDGED.len()],
    covered: [[[f64; SHIFTS.len()]; WIDTHS.len()]; JUDGED.len()],
    count: f64,
}

/// Amounts at evenly spaced odds.
pub(super) struct Ladder([f64; 2 * REACH as usize + 1]);

impl Ladder {
    pub(super) fn of(grid: &[f64], at_most: &[f64]) -> Self {
        let mut amounts = [0.0; 2 * REACH as usize + 1];
        let mut index = 0;
        for (at, amount) in amounts.iter_mut().enumerate() {
            let level = 1.0 / (1.0 + (-(at as f64 - f64::from(REACH)) * STEP).exp());
            while index + 1 < grid.len() && at_most[index] < level - 1e-9 {
                index += 1;
            }
            *amount = grid[index];
        }
        Self(amounts)
    }

    fn at(&self, rung: i32) -> f64 {
        self.0[(rung + REACH).clamp(0, 2 * REACH) as usize]
    }

    /// The amount at a rung, smoothed over those around.
    fn smooth(&self, rung: i32, width: i32) -> f64 {
        if width == 0 {
            return self.at(rung);
        }
        let half = width / 2;
        0.4 * self.at(rung)
            + 0.2 * (self.at(rung - half) + self.at(rung + half))
            + 0.1 * (self.at(rung - width) + self.at(rung + width))
    }
}

/// What to read at each level: a rung and a width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    rung: [i32; LEVELS.len()],
    width: [i32; LEVELS.len()],
}

impl Reading {
    /// Each level as it is.
    pub(super) fn plain() -> Self {
        Self { rung: LEVELS.map(rung), width: [0; LEVELS.len()] }
    }

    /// The amounts that are read.
    pub(super) fn of(&self, ladder: &Ladder) -> [f64; LEVELS.len()] {
        std::array::from_fn(|index| ladder.smooth(self.rung[index], self.width[index]))
    }
}

/// How far a found shift is followed. Each level's own is noisy where a pool is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Half of each level's own.
    HalfOfEach,
    /// For all upper levels the one that is cheapest for them together; for the middle its own.
    AllTogether,
}

fn rung(level: f64) -> i32 {
    ((level / (1.0 - level)).ln() / STEP).round() as i32
}

type Table = [[f64; SHIFTS.len()]; WIDTHS.len()];

impl Losses {
    pub(super) fn new() -> Self {
        let none = [[[0.0; SHIFTS.len()]; WIDTHS.len()]; JUDGED.len()];
        Self { sum: none, covered: none, count: 0.0 }
    }

    /// Adds what each reading would have cost for the amounts that came, `whole` if only whole amounts can be kept.
    pub(super) fn add(&mut self, ladder: &Ladder, came: &[f64], weight: f64, whole: bool) {
        self.count += came.len() as f64;
        for ((judged, sum), covered) in JUDGED.iter().zip(&mut self.sum).zip(&mut self.covered) {
            let level = LEVELS[*judged];
            for ((width, sum), covered) in WIDTHS.iter().zip(sum).zip(covered) {
                for ((shift, sum), covered) in SHIFTS.iter().zip(sum).zip(covered) {
                    let amount = ladder.smooth(rung(level) + shift, *width);
                    let amount = if whole { (amount - 1e-9).ceil() } else { amount };
                    for value in came {
                        let over = value - amount;
                        if over <= 1e-9 {
                            *covered += 1.0;
                        }
                        *sum += weight * (level * over).max((level - 1.0) * over);
                    }
                }
            }
        }
    }

    /// What to read at each level.
    pub(super) fn best(&self, trust: Trust) -> Reading {
        let mut together: Table = [[0.0; SHIFTS.len()]; WIDTHS.len()];
        for table in &self.sum[1..] {
            for (sums, more) in together.iter_mut().zip(table) {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum += more;
                }
            }
        }
        let (shift_together, _) = self.cheapest(&together, 0);
        let found: [(f64, i32); JUDGED.len()] = std::array::from_fn(|index| {
            let (own, width) = self.cheapest(&self.sum[index], index);
            let own = f64::from(own);
            match trust {
                Trust::HalfOfEach => (own * 0.5, width),
                Trust::AllTogether if index > 0 => (f64::from(shift_together), width),
                Trust::AllTogether => (own, width),
            }
        });
        let mut reading = Reading::plain();
        for index in 0..LEVELS.len() {
            let next = JUDGED.iter().position(|judged| *judged >= index).unwrap_or(JUDGED.len() - 1);
            let (shift, width) = found[next];
            reading.rung[index] += shift.round() as i32;
            reading.width[index] = width;
        }
        reading
    }

    /// The shift and width with the least loss at the judged level of that index.
    fn cheapest(&self, table: &Table, index: usize) -> (i32, i32) {
        let (mut least, mut found) = (f64::INFINITY, (0, 0));
        for ((width, sums), covered) in WIDTHS.iter().zip(table).zip(&self.covered[index]) {
            for ((shift, sum), covered) in SHIFTS.iter().zip(sums).zip(covered) {
                let off = (covered / self.count.max(1.0) - LEVELS[JUDGED[index]]).abs();
                let off = if JUDGED[index] == HONEST { off } else { 0.0 };
                let sum = sum * (1.0 + RELUCTANCE * f64::from(shift.abs())) * (1.0 + HONESTY * off);
                if sum > 0.0 && sum < least {
                    least = sum;
                    found = (*shift, *width);
                }
            }
        }
        found
    }
}
