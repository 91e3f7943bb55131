//! Which bin, which causes, how often.
//!
//! The sizes are those that bins on benches show: a hand throws the weight by some pieces for one or two seconds before
//! it leaves with the parts; one that rests adds up to 25 pieces for up to 26 s, swaying; a shaking bench scatters by
//! half a piece for minutes; a load cell creeps by 0.03 % of its load in half an hour and drifts with the temperature.

use super::Bin;
use crate::random::Random;

/// What an hour is about. All have picks (but for the quiet one), spikes, noise, creep and a slow drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Quiet,
    Pick,
    /// Temperature moves the zero by several divisions.
    Drift,
    Vibration,
    /// Hands rest in the bin.
    Hand,
    Refill,
    /// Single picks, seconds apart.
    Burst,
    Mixed,
    /// Lifted and put back as it was.
    Lifted,
    /// Lifted, and put back with parts taken out or put in.
    LiftedChanged,
    /// From one reading to the next all weights are shifted.
    Shifted,
    /// The same, with nothing heard while the node starts.
    ShiftedUnheard,
    /// Something that is no number of pieces is put in and taken out again later, with picks between.
    Foreign,
    /// Parts of another item are put in and stay.
    WrongPart,
    /// The scale repeats a value for a while, through picks too.
    Stuck,
    /// Readings are missing, or are no number.
    Dropped,
    /// More than the scale can weigh, for a while: a hand leans on it.
    Overload,
    /// It begins with a hand in the bin.
    BeginsInUnrest,
}

impl Kind {
    pub const ALL: [Self; 18] = [
        Self::Quiet,
        Self::Pick,
        Self::Drift,
        Self::Vibration,
        Self::Hand,
        Self::Refill,
        Self::Burst,
        Self::Mixed,
        Self::Lifted,
        Self::LiftedChanged,
        Self::Shifted,
        Self::ShiftedUnheard,
        Self::Foreign,
        Self::WrongPart,
        Self::Stuck,
        Self::Dropped,
        Self::Overload,
        Self::BeginsInUnrest,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Pick => "pick",
            Self::Drift => "drift",
            Self::Vibration => "vibration",
            Self::Hand => "hand",
            Self::Refill => "refill",
            Self::Burst => "burst",
            Self::Mixed => "mixed",
            Self::Lifted => "lifted",
            Self::LiftedChanged => "lifted_changed",
            Self::Shifted => "shifted",
            Self::ShiftedUnheard => "shifted_unheard",
            Self::Foreign => "foreign",
            Self::WrongPart => "wrong_part",
            Self::Stuck => "stuck",
            Self::Dropped => "dropped",
            Self::Overload => "overload",
            Self::BeginsInUnrest => "begins_in_unrest",
        }
    }
}

/// Where the weight of a piece that goes comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// Each piece keeps its weight from the day it was put in.
    Own,
    /// Each act draws the weights of its pieces anew; an empty bin weighs nothing all the same. Harsher than the world.
    Drawn,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub kind: Kind,
    pub seed: u64,
    pub bin: Bin,
    /// What a piece truly weighs in the mean, grams.
    pub piece: f64,
    pub parts: Parts,
    /// Milliseconds between two readings.
    pub step_ms: u64,
    pub hours: f64,
}

/// Piece weight and division, in grams: eight to thirty divisions a piece.
const SCALES: [(f64, f64); 9] =
    [(0.8, 0.1), (1.7, 0.1), (3.2, 0.2), (8.05, 0.5), (14.6, 1.0), (42.0, 2.0), (155.0, 5.0), (25.0, 1.0), (6.0, 0.5)];

impl Plan {
    /// A bin as they are, drawn from `seed`, read four times a second for an hour.
    #[must_use]
    pub fn drawn(kind: Kind, seed: u64) -> Self {
        // Seeds in a row must not give related hours.
        let mut random = Random::seeded(Random::seeded(seed).bits() ^ kind as u64);
        let (piece, division) = pick(&mut random, &SCALES);
        let sample_size = pick(&mut random, &[20, 50, 100]);
        let piece_cv = pick(&mut random, &[0.003, 0.006, 0.01, 0.015]);
        let off = random.normal() * piece_cv / f64::from(sample_size).sqrt();
        Self {
            kind,
            seed: random.bits(),
            bin: Bin {
                tare: 140.0 + (random.unit() * 7_600.0).round() / 10.0,
                piece_weight: piece * (1.0 + off),
                sample_size,
                piece_cv,
                division,
                initial_count: 75 + u32::try_from(random.below(176)).unwrap_or(0),
            },
            piece,
            parts: Parts::Drawn,
            step_ms: 250,
            hours: 1.0,
        }
    }
}

pub(super) fn pick<T: Copy, const N: usize>(random: &mut Random, from: &[T; N]) -> T {
    from[usize::try_from(random.below(N as u64)).unwrap_or(0)]
}
