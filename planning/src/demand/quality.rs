//! Quality: how far a history can be believed, 0 to 1, with every deduction named. Below a bound nobody should forecast
//! from it, and the score says why and what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    mark::{Mark, Shift},
    series::{Cell, Series},
};

/// Below this a forecast is refused: half of what one would need is missing or in doubt.
const REFUSED_BELOW: f64 = 0.5;

/// Below this a forecast is marked as doubtful.
const DOUBTFUL_BELOW: f64 = 0.8;

/// Known buckets from which the length of a history costs nothing.
const LENGTH_ENOUGH: u32 = 12;

/// Known buckets below which there is nothing to forecast from.
const LENGTH_MIN: u32 = 3;

/// Factor between the sizes of a demand before and after a level shift from which they are hardly counted alike: demand
/// itself seldom changes so much at once, and the change from packs to pieces or back begins about here.
const JUMP_MIN: f64 = 8.0;

/// Pieces that packs have; the nearest is named as a hint.
const PACKS: [u32; 10] = [10, 12, 20, 24, 25, 48, 50, 100, 144, 1_000];

/// How far a history can be believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// 1 is without fault, 0 useless.
    pub score: f64,
    pub deductions: Vec<Deduction>,
    pub verdict: Verdict,
}

/// What the score comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// Forecast, and say that it stands on weak ground.
    Doubtful,
    /// Do not forecast from this.
    Refused,
}

/// What is wrong, and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deduction {
    pub flaw: Flaw,
    /// Taken off the score.
    pub amount: f64,
}

/// What can be wrong with a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "flaw")]
pub enum Flaw {
    /// Too few buckets are known.
    Short {
        known: u32,
    },
    /// Buckets of which nothing can be said.
    Gaps {
        unknown: u32,
        of: u32,
    },
    /// Unknown buckets at the end: what is forecast from is old.
    Stale {
        buckets: u32,
    },
    /// Buckets that were partly unknown and are scaled.
    Scaled {
        buckets: u32,
        of: u32,
    },
    Outliers {
        count: u32,
        demands: u32,
    },
    /// Buckets in which more came back than was used.
    NegativeRuns {
        buckets: u32,
        longest: u32,
    },
    /// The size of a demand changed as if the unit had.
    UnitJump {
        pack: u32,
        ratio: f64,
        shift: Shift,
    },
    /// Usage that no clock dated.
    Undated {
        units: i64,
    },
}

impl Quality {
    /// Nothing is wrong.
    pub(super) fn whole() -> Self {
        Self { score: 1.0, deductions: Vec::new(), verdict: Verdict::Good }
    }

    /// Why a forecast is refused; `None` where it is not.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match self.verdict {
            Verdict::Good | Verdict::Doubtful => None,
            Verdict::Refused => Some(self.to_string()),
        }
    }
}

/// Scores a series whose cells and marks stand.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most a few thousand buckets")]
pub(super) fn score(series: &Series) -> Quality {
    let cells = &series.cells;
    let of = cells.len() as u32;
    let share = |part: u32| f64::from(part) / f64::from(of.max(1));
    let count = |is: fn(&Cell) -> bool| cells.iter().filter(|cell| is(cell)).count() as u32;
    let unknown = count(|cell| matches!(cell, Cell::Unknown { .. }));
    let scaled = count(|cell| matches!(cell, Cell::Scaled { .. }));
    let demands = count(|cell| cell.units().is_some_and(|units| units > 0));
    let stale = cells.iter().rev().take_while(|cell| matches!(cell, Cell::Unknown { .. })).count() as u32;
    let known = of - unknown;
    let mut found = Vec::new();
    let mut take = |flaw: Flaw, amount: f64| {
        if amount > 0.0 {
            found.push(Deduction { flaw, amount });
        }
    };
    if known < LENGTH_MIN {
        take(Flaw::Short { known }, 1.0);
    } else {
        take(Flaw::Short { known }, 0.4 * (1.0 - f64::from(known) / f64::from(LENGTH_ENOUGH)));
    }
    take(Flaw::Gaps { unknown, of }, share(unknown));
    take(Flaw::Stale { buckets: stale }, (0.1 * f64::from(stale)).min(0.6));
    take(Flaw::Scaled { buckets: scaled, of }, 0.25 * share(scaled));
    let outliers = series.marks.iter().filter(|mark| matches!(mark, Mark::Outlier { .. })).count() as u32;
    take(Flaw::Outliers { count: outliers, demands }, (f64::from(outliers) / f64::from(demands.max(1))).min(0.3));
    let longest = longest_run(series);
    let buckets = series.returned.len() as u32;
    take(
        Flaw::NegativeRuns { buckets, longest },
        (share(buckets) + 0.1 * f64::from(longest.saturating_sub(1))).min(0.4),
    );
    if let Some(jump) = unit_jump(series) {
        take(jump, 0.6);
    }
    let dated: u64 = cells.iter().filter_map(Cell::units).fold(0, u64::saturating_add);
    let undated = series.undated.unsigned_abs() as f64;
    take(
        Flaw::Undated { units: series.undated },
        if undated > 0.0 { 0.5 * undated / (undated + dated as f64) } else { 0.0 },
    );
    let score = (1.0 - found.iter().map(|deduction| deduction.amount).sum::<f64>()).max(0.0);
    let verdict = if score < REFUSED_BELOW {
        Verdict::Refused
    } else if score < DOUBTFUL_BELOW {
        Verdict::Doubtful
    } else {
        Verdict::Good
    };
    Quality { score, deductions: found, verdict }
}

/// The most buckets in a row in which more came back than was used.
fn longest_run(series: &Series) -> u32 {
    let mut longest = 0;
    let mut run = 0;
    let mut last = None;
    for returned in &series.returned {
        run = if last.is_some_and(|last: super::Bucket| last.next() == returned.bucket) { run + 1 } else { 1 };
        longest = run.max(longest);
        last = Some(returned.bucket);
    }
    longest
}

fn unit_jump(series: &Series) -> Option<Flaw> {
    series.marks.iter().find_map(|mark| match mark {
        Mark::Shift(shift) => {
            let ratio = shift.size_ratio.map(|ratio| ratio.max(1.0 / ratio)).filter(|ratio| *ratio >= JUMP_MIN)?;
            let far = |pack: &u32| (ratio / f64::from(*pack)).ln().abs();
            let pack = PACKS.into_iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
            Some(Flaw::UnitJump { pack, ratio, shift: *shift })
        }
        Mark::Outlier { .. } => None,
    })
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "quality {:.2}", self.score)?;
        let mut worst: Vec<_> = self.deductions.iter().collect();
        worst.sort_by(|a, b| b.amount.total_cmp(&a.amount));
        for (i, deduction) in worst.into_iter().enumerate() {
            write!(f, "{}{} (−{:.2})", if i == 0 { ": " } else { "; " }, deduction.flaw, deduction.amount)?;
        }
        Ok(())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { known } => write!(f, "{known} known buckets, {LENGTH_ENOUGH} would do"),
            Self::Gaps { unknown, of } => write!(f, "{unknown} of {of} buckets unknown"),
            Self::Stale { buckets } => write!(f, "the last {buckets} buckets unknown"),
            Self::Scaled { buckets, of } => write!(f, "{buckets} of {of} buckets partly unknown and scaled"),
            Self::Outliers { count, demands } => write!(f, "{count} outliers in {demands} demands"),
            Self::NegativeRuns { buckets, longest } => {
                write!(f, "more returned than used in {buckets} buckets, up to {longest} in a row")
            }
            Self::UnitJump { pack, ratio, shift } => write!(
                f,
                "the size of a demand changes by the factor {ratio:.1} at {}, as if pieces were counted on one side and packs (of {pack}?) on the other",
                shift.bucket
            ),
            Self::Undated { units } => write!(f, "{units} units that no clock dated"),
        }
    }
}
