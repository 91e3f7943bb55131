//! A reference sample while it is being put in.

use gateway_proto::{name::Text, time::WallTime};
use serde::{Deserialize, Serialize};

use super::{
    CvKnown, Note, PartKind, PieceFrom, PieceWeight, Refusal, Rest,
    lots::{self, LOTS_MAX, Lot, Spread},
    micrograms,
};
use crate::{
    device::Mass,
    movement::pieces::{Basis, SampleVerdict, sample_verdict},
};

/// A sample has to weigh this many divisions.
const DIVISIONS_MIN: i128 = 10;

/// A sample has to weigh a thousandth of what the scale can bear.
const CAPACITY_PART: i128 = 1_000;

/// A lot this many standard deviations off those before is a miscount.
const LOT_SDS: f64 = 3.0;

/// Pieces on their way into the bin, or out of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    /// What the bin weighed last.
    #[serde(with = "micrograms")]
    last: Mass,
    way: Way,
    lots: Vec<Lot>,
    /// The worst variance of its weighings, grams².
    variance: f64,
    /// The vendor's lot, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of_lot: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    Either,
    In,
    Out,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::Either => "either way",
            Self::In => "in",
            Self::Out => "out",
        }
    }

    fn weight(self) -> &'static str {
        match self {
            Self::Either | Self::In => "heavier",
            Self::Out => "lighter",
        }
    }
}

/// What a sample lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleNeed {
    pub more: u32,
    pub why: SampleLack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleLack {
    /// The mean of so few is chance.
    Pieces { min: u32 },
    /// Lighter than ten divisions.
    Divisions,
    /// Lighter than a thousandth of the scale's capacity.
    Capacity,
}

impl std::fmt::Display for SampleNeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.why {
            SampleLack::Pieces { min } => write!(f, "a sample needs {min}"),
            SampleLack::Divisions => f.write_str("it weighs less than ten steps of the scale"),
            SampleLack::Capacity => f.write_str("it weighs less than a thousandth of what the scale can bear"),
        }
    }
}

/// What a sample is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) kind: PartKind,
    pub(super) pieces_min: u32,
    pub(super) capacity: Option<Mass>,
}

/// A sample that is enough.
pub(super) struct Made {
    pub(super) piece: PieceWeight,
    pub(super) notes: Vec<Note>,
}

impl Sample {
    pub(super) fn starting(rest: &Rest) -> Self {
        Self { last: rest.gross, way: Way::Either, lots: Vec::new(), variance: rest.variance(), of_lot: None }
    }

    /// A sample of a single lot of known weight.
    pub(super) fn whole(pieces: u32, weight: Mass, rest: &Rest, of_lot: Option<Text>) -> Self {
        let lots = vec![Lot { pieces, weight }];
        Self { last: rest.gross, way: Way::In, lots, variance: rest.variance(), of_lot }
    }

    pub(super) fn pieces(&self) -> u32 {
        lots::total(&self.lots).0
    }

    /// `pieces` more went in or out, and the bin is at rest again.
    pub(super) fn add(
        &mut self,
        way: Way,
        pieces: u32,
        rest: &Rest,
        of_lot: Option<&Text>,
        rules: Rules,
    ) -> Result<(), Refusal> {
        if pieces == 0 {
            return Err(Refusal::NoPieces);
        }
        if self.lots.len() >= LOTS_MAX {
            return Err(Refusal::TooManyLots(LOTS_MAX));
        }
        if self.way != Way::Either && self.way != way {
            return Err(Refusal::OtherWay(self.way.word()));
        }
        if let (Some(was), Some(now)) = (&self.of_lot, of_lot)
            && was != now
        {
            return Err(Refusal::OtherLot { was: was.clone(), now: now.clone() });
        }
        let (more, less) = if way == Way::Out { (self.last, rest.gross) } else { (rest.gross, self.last) };
        let weight = more.checked_sub(less).ok_or(Refusal::Range)?;
        if weight <= rest.division {
            return Err(Refusal::NoChange { by: weight, way: way.weight() });
        }
        let lot = Lot { pieces, weight };
        let variance = self.variance.max(rest.variance());
        self.fits(&lot, variance, rules)?;
        // Only now: a refusal leaves the sample as it was.
        self.lots.push(lot);
        (self.last, self.way, self.variance) = (rest.gross, way, variance);
        if self.of_lot.is_none() {
            self.of_lot = of_lot.cloned();
        }
        Ok(())
    }

    /// A lot that weighs like another number of pieces is miscounted.
    fn fits(&self, lot: &Lot, variance: f64, rules: Rules) -> Result<(), Refusal> {
        let (before, weight) = lots::total(&self.lots);
        let Some(mean) = lots::mean(before, weight) else { return Ok(()) };
        let like = lot.weight.as_grams() / mean.as_grams();
        let stated = f64::from(lot.pieces);
        let basis = Basis {
            piece_weight: mean.as_grams(),
            piece_cv: rules.kind.cv(),
            sample_size: f64::from(before),
            // A difference of two weighings.
            scale_sd: (2.0 * variance).sqrt(),
            division: 0.0,
        };
        let off = (like - stated).abs();
        if off > 0.5 && off > LOT_SDS * basis.sd(stated) {
            return Err(Refusal::LotOff { stated: lot.pieces, weighs: like });
        }
        Ok(())
    }

    /// The piece weight that the sample makes, or what it lacks.
    pub(super) fn make(&self, rest: &Rest, rules: Rules, at: WallTime) -> Result<Result<Made, SampleNeed>, Refusal> {
        let (pieces, weight) = lots::total(&self.lots);
        let mean = lots::mean(pieces, weight).filter(|mean| *mean > Mass::ZERO).ok_or(Refusal::NoPieces)?;
        let mut notes = Vec::new();
        match sample_verdict(mean, rest.division, pieces) {
            SampleVerdict::RefusePiece => {
                return Err(Refusal::PieceTooLight { piece: mean, division: rest.division });
            }
            SampleVerdict::WarnPiece => notes.push(Note::LightPiece),
            SampleVerdict::Ok | SampleVerdict::AddPieces => {}
        }
        if let Some(need) = lacks(pieces, mean, rest.division, rules) {
            return Ok(Err(need));
        }
        let (cv, cv_known) = if let Some(Spread { cv, cv_sd, lots }) = lots::spread(&self.lots, self.variance) {
            notes.push(Note::SpreadMeasured { cv: 100.0 * cv, cv_sd: 100.0 * cv_sd, lots });
            (cv, CvKnown::Measured { lots })
        } else {
            notes.push(Note::SpreadAssumed(100.0 * rules.kind.cv()));
            (rules.kind.cv(), CvKnown::Assumed)
        };
        let (from, lot) = (PieceFrom::Sample(at), self.of_lot.clone());
        Ok(Ok(Made { piece: PieceWeight { mean, cv, cv_known, sample_size: pieces, from, lot }, notes }))
    }
}

/// The rule that asks for the most pieces, of those that are broken.
fn lacks(pieces: u32, mean: Mass, division: Mass, rules: Rules) -> Option<SampleNeed> {
    let piece = i128::from(mean.micrograms()).max(1);
    let missing = |weight: i128| {
        let more = (weight + piece - 1) / piece - i128::from(pieces);
        u32::try_from(more.max(0)).unwrap_or(u32::MAX)
    };
    let min = rules.pieces_min;
    let capacity = rules.capacity.map_or(0, |capacity| i128::from(capacity.micrograms()) / CAPACITY_PART);
    [
        (min.saturating_sub(pieces), SampleLack::Pieces { min }),
        (missing(DIVISIONS_MIN * i128::from(division.micrograms())), SampleLack::Divisions),
        (missing(capacity), SampleLack::Capacity),
    ]
    .into_iter()
    .rev()
    .max_by_key(|(more, _)| *more)
    .filter(|(more, _)| *more > 0)
    .map(|(more, why)| SampleNeed { more, why })
}
