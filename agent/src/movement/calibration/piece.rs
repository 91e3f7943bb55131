//! What a piece weighs, how far pieces differ, and how many can be counted to the piece with that.

use gateway_proto::{name::Text, time::WallTime};
use serde::{Deserialize, Serialize};

use super::{Rest, lots, micrograms};
use crate::{device::Mass, movement::pieces::Basis};

/// More pieces than this no bin holds: where the search for the largest exact count ends.
const PIECES_MAX: u64 = 1_000_000_000;

/// A larger sample nobody counts by hand.
const SAMPLE_MAX: u32 = 100_000;

/// The weight of a piece.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PieceWeight {
    /// Above 0.
    #[serde(with = "micrograms")]
    pub mean: Mass,
    /// Relative spread of single pieces, 0.01 for 1 %.
    pub cv: f64,
    pub cv_known: CvKnown,
    /// Pieces the mean was taken from, at least 1.
    pub sample_size: u32,
    pub from: PieceFrom,
    /// The vendor's lot that the pieces were of, where it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<Text>,
}

/// What the spread of single pieces rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CvKnown {
    /// What such parts usually have.
    Assumed,
    /// The sample was put in in so many lots, at least 3.
    Measured { lots: u32 },
}

/// Where a piece weight comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceFrom {
    /// A reference sample that a person counted into the bin.
    Sample(WallTime),
    /// A later count by hand of more pieces.
    Improved(WallTime),
    /// A number somebody gave: a drawing, a vendor's list.
    Given,
}

/// How parts are made, which tells how far they differ in weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Turned, stamped, cold-formed: 1 %.
    #[default]
    Machined,
    /// Ground, bearings, electronic parts: 0.5 %.
    Precision,
    /// Plastics, rubber, cast: 3 %.
    Moulded,
}

impl PartKind {
    /// The relative spread that is assumed of such parts.
    #[must_use]
    pub const fn cv(self) -> f64 {
        match self {
            Self::Machined => 0.01,
            Self::Precision => 0.005,
            Self::Moulded => 0.03,
        }
    }
}

impl PieceWeight {
    /// The spread to reckon with. A measured one is itself uncertain, the more so the fewer the lots; Student's factor
    /// widens it so that 95 % remain 95 %.
    #[must_use]
    pub fn cv_to_use(&self) -> f64 {
        match self.cv_known {
            CvKnown::Assumed => self.cv,
            CvKnown::Measured { lots } => self.cv * lots::widening(lots),
        }
    }

    /// What a count by this weight on this scale rests on. A net weight, of the sample as of the bin, is the difference
    /// of two weighings, so that the noise of one counts twice.
    #[must_use]
    pub fn basis(&self, rest: &Rest) -> Basis {
        let (sd, division) = (rest.sd.as_grams(), rest.division.as_grams());
        Basis {
            piece_weight: self.mean.as_grams(),
            piece_cv: self.cv_to_use(),
            sample_size: f64::from(self.sample_size),
            // The basis adds the rounding of one weighing itself.
            scale_sd: (2.0 * sd * sd + division * division / 12.0).sqrt(),
            division,
        }
    }

    /// The largest count that is right to the piece 95 times in 100. 0: not even an empty bin is told from one piece.
    #[must_use]
    pub fn exact_up_to(&self, rest: &Rest) -> u64 {
        let basis = self.basis(rest);
        #[expect(clippy::cast_precision_loss, reason = "a thousand million is far below 2^53")]
        let is_exact = |pieces: u64| basis.is_exact(pieces as f64);
        first(0, PIECES_MAX, |pieces| !is_exact(pieces + 1)).unwrap_or(PIECES_MAX)
    }

    /// How many pieces a sample needs so that `pieces` are counted to the piece; `None` when no sample does, since
    /// already the spread of the pieces themselves, or the scale, is too coarse.
    #[must_use]
    pub fn sample_for(&self, pieces: u64, rest: &Rest) -> Option<u32> {
        let basis = self.basis(rest);
        #[expect(clippy::cast_precision_loss, reason = "for a number of pieces a float is near enough")]
        let is_exact = |sample: u64| Basis { sample_size: sample as f64, ..basis }.is_exact(pieces as f64);
        first(1, u64::from(SAMPLE_MAX), is_exact).and_then(|sample| u32::try_from(sample).ok())
    }

    /// Relative standard deviation of the mean itself.
    #[must_use]
    pub(super) fn mean_sd(&self, rest: &Rest) -> f64 {
        let (sample, cv, piece) = (f64::from(self.sample_size.max(1)), self.cv_to_use(), self.mean.as_grams());
        (cv * cv / sample + 2.0 * rest.variance() / (piece * piece * sample * sample)).sqrt()
    }
}

/// The first number in `low..=high` that is so, where all after it are so too.
fn first(mut low: u64, high: u64, is_so: impl Fn(u64) -> bool) -> Option<u64> {
    let mut end = high + 1;
    while low < end {
        let middle = low + (end - low) / 2;
        if is_so(middle) { end = middle } else { low = middle + 1 }
    }
    (low <= high).then_some(low)
}
