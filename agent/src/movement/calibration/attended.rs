//! A count by hand against the weight, and what may be learnt from it.

use gateway_proto::{name::Text, time::WallTime};

use super::{Calibration, PieceFrom, PieceWeight, Rest, lots};
use crate::device::Mass;

/// Standard deviations to either side that hold the truth 95 times in 100.
const INTERVAL_SDS: f64 = 1.96;

/// An improvement is taken only where the count is this near to a whole number, in pieces.
const FRACTION_MAX: f64 = 0.25;

/// An improvement has to make the mean at least this much better, or it is work for nothing.
const GAIN_MAX: f64 = 0.95;

/// So many pieces are in the bin: somebody with a badge counted them. Only a person's statement makes one, and it cannot
/// be read from a file, so that no pick that nobody watched ever moves a piece weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attended {
    pieces: u32,
    by: Text,
    at: WallTime,
    lot: Option<Text>,
}

/// What the weight says, and how sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    pub pieces: u64,
    /// The ends of the interval that holds the truth 95 times in 100.
    pub low: u64,
    pub high: u64,
    /// Pieces with their fraction.
    pub fraction: f64,
    /// Standard deviation, in pieces.
    pub sd: f64,
}

/// A count by hand held against the weight.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// The weight says the same, within its interval. With it what the count would improve, or why nothing.
    Confirmed(Weighed, Result<Improvement, NoImprovement>),
    Differs(Weighed),
}

/// A better piece weight, on offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Improvement {
    pub piece: PieceWeight,
}

/// Why a count does not improve the piece weight.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoImprovement {
    #[error("no more pieces than the sample had ({sample}); put in more to improve")]
    NotMore { sample: u32 },
    #[error("more than twice the sample; count {most} or fewer to improve")]
    TooMany { most: u32 },
    #[error("the weight is {off:.2} of a piece off the count; improve with fewer pieces, or take a new sample")]
    Fraction { off: f64 },
    #[error("the sample was of lot {was}, these are of lot {now}; take a new sample")]
    OtherLot { was: Text, now: Text },
    #[error("the piece weight would not become noticeably better; it is as good as this scale makes it")]
    NoGain,
    #[error("the weight is out of range; check tare and scale")]
    Range,
}

impl Attended {
    /// `by` put in or counted `pieces` with their own hands. For the floors that hear people, never for one that weighs.
    pub(in crate::movement) fn stated(pieces: u32, by: Text, at: WallTime, lot: Option<Text>) -> Self {
        Self { pieces, by, at, lot }
    }

    #[must_use]
    pub fn pieces(&self) -> u32 {
        self.pieces
    }

    #[must_use]
    pub fn by(&self) -> &Text {
        &self.by
    }

    #[must_use]
    pub fn at(&self) -> WallTime {
        self.at
    }
}

impl Weighed {
    pub(super) fn new(pieces: u64, net: Mass, tare_spread: Mass, piece: &PieceWeight, rest: &Rest) -> Self {
        let unit = piece.mean.as_grams();
        let fraction = net.as_grams() / unit;
        let container = tare_spread.as_grams() / unit;
        let sd = piece.basis(rest).sd(fraction).hypot(container);
        let (low, high) = (fraction - INTERVAL_SDS * sd, fraction + INTERVAL_SDS * sd);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of a float saturates, and below zero lie no pieces"
        )]
        let (low, high) = (low.ceil() as u64, high.floor() as u64);
        Self { pieces, low: low.min(pieces), high: high.max(pieces), fraction, sd }
    }
}

/// Holds a count by hand against the weight. `None` where the calibration cannot say what the weight means.
#[must_use]
pub fn check(calibration: &Calibration, rest: &Rest, attended: &Attended) -> Option<Checked> {
    let weighed = calibration.weigh(rest)?;
    if (weighed.low..=weighed.high).contains(&u64::from(attended.pieces)) {
        Some(Checked::Confirmed(weighed, improve(calibration, rest, attended)))
    } else {
        Some(Checked::Differs(weighed))
    }
}

/// The piece weight out of a larger count by hand ("reference optimisation").
///
/// # Errors
/// [`NoImprovement`] outside the safe band: more than twice the sample, or a fraction that may round to another number;
/// another lot; nothing gained.
pub fn improve(calibration: &Calibration, rest: &Rest, attended: &Attended) -> Result<Improvement, NoImprovement> {
    let (Some(tare), Some(old)) = (&calibration.tare, &calibration.piece) else { return Err(NoImprovement::Range) };
    let net = rest.gross.checked_sub(tare.mass).ok_or(NoImprovement::Range)?;
    if let (Some(was), Some(now)) = (&old.lot, &attended.lot)
        && was != now
    {
        return Err(NoImprovement::OtherLot { was: was.clone(), now: now.clone() });
    }
    let most = old.sample_size.saturating_mul(2);
    if attended.pieces <= old.sample_size {
        return Err(NoImprovement::NotMore { sample: old.sample_size });
    }
    if attended.pieces > most {
        return Err(NoImprovement::TooMany { most });
    }
    let off = (net.as_grams() / old.mean.as_grams() - f64::from(attended.pieces)).abs();
    if off.is_nan() || off >= FRACTION_MAX {
        return Err(NoImprovement::Fraction { off });
    }
    let mean = lots::mean(attended.pieces, i128::from(net.micrograms())).ok_or(NoImprovement::Range)?;
    let piece = PieceWeight {
        mean,
        sample_size: attended.pieces,
        from: PieceFrom::Improved(attended.at),
        lot: attended.lot.clone().or_else(|| old.lot.clone()),
        ..old.clone()
    };
    let container = tare.spread.as_grams() / net.as_grams();
    if piece.mean_sd(rest).hypot(container) > GAIN_MAX * old.mean_sd(rest) {
        return Err(NoImprovement::NoGain);
    }
    Ok(Improvement { piece })
}
