//! Calibration of a bin on a scale: what the empty container weighs, what a piece weighs, and how well both are known.
//!
//! Owns the procedure a technician follows at the bin (tare, reference sample, check, improvement), the rules a sample
//! has to meet (Mettler-Toledo's CountPac rules: piece against division, weight of the sample, number of pieces), the
//! spread of single pieces from lots, and the library of containers. Must not know devices, files or clocks: what the
//! scale says at rest, who says what and when are arguments; what comes out is a [`Calibration`] to keep.
//!
//! Nothing here learns from picks nobody watched: a piece weight changes by a sample that a person put in, by a number
//! that a person gave, or by an [`Attended`] count. A rounded count fed back into its own piece weight would only
//! confirm its own error.
//!
//! - [`Calibration`], [`Tare`], [`PieceWeight`] what is kept of a bin, and its history
//! - [`Procedure`] the dialogue at the bin: [`Say`] in, [`Outcome`] or [`Refusal`] out
//! - [`check`], [`improve`] a count by hand against the weight, and what may follow from it
//! - [`Container`], [`Containers`] tares by name

use gateway_proto::{name::Text, time::WallTime};
use serde::{Deserialize, Serialize};

use super::pieces;
use crate::device::Mass;

pub(super) mod micrograms;

mod attended;
mod container;
mod lots;
mod outcome;
mod piece;
mod procedure;
mod refusal;
mod sample;
mod statement;

pub use attended::{Attended, Checked, Improvement, NoImprovement, Weighed, check, improve};
pub use container::{Container, ContainerRefusal, Containers};
pub use lots::Spread;
pub use outcome::{Note, Outcome, Reach};
pub use piece::{CvKnown, PartKind, PieceFrom, PieceWeight};
pub use procedure::Procedure;
pub use refusal::Refusal;
pub use sample::{SampleLack, SampleNeed};
pub use statement::{Emptiness, Say, Seen, Setup, Step};

/// Old values kept of a bin: enough to see a tare creep or a piece weight wander over years of calibrations.
pub const HISTORY_MAX: usize = 20;

/// A bin weighs less than its tare, but within this many divisions it is the scale's own play.
const PLAY_DIVISIONS: i64 = 3;

/// What is known about a bin on a scale. A new bin knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tare: Option<Tare>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<PieceWeight>,
    /// What was changed, oldest first, at most [`HISTORY_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Change>,
}

/// What the empty bin weighs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tare {
    /// As the scale shows it: below zero on a scale that was zeroed with something heavier.
    #[serde(with = "micrograms")]
    pub mass: Mass,
    /// Standard deviation: how far this container may be off. Zero for one that was weighed itself.
    #[serde(with = "micrograms", default)]
    pub spread: Mass,
    pub from: TareFrom,
}

/// Where a tare comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TareFrom {
    /// The library's container of this name.
    Container(Text),
    /// This very container, empty on this scale.
    Weighed(WallTime),
    /// A number somebody gave.
    Given,
}

/// One change, as it was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub at: WallTime,
    /// Who, by badge.
    pub by: Text,
    pub was: Was,
}

/// An old value; `None` where there was none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Was {
    Tare(Option<Tare>),
    Piece(Option<PieceWeight>),
}

/// What the weighing engine says of a bin at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// What the scale shows, container and all.
    pub gross: Mass,
    /// Standard deviation of that weight.
    pub sd: Mass,
    /// One step of the scale.
    pub division: Mass,
}

impl Rest {
    /// Variance of one weighing in grams²: repeatability and rounding to the division.
    pub(super) fn variance(&self) -> f64 {
        let (sd, division) = (self.sd.as_grams(), self.division.as_grams());
        sd * sd + division * division / 12.0
    }

    /// `other` is within the play of the scale.
    fn is_like(&self, other: Mass) -> bool {
        let play = PLAY_DIVISIONS.saturating_mul(self.division.micrograms()).unsigned_abs();
        self.gross.micrograms().abs_diff(other.micrograms()) <= play
    }
}

impl Calibration {
    /// What the bin's weight says: pieces, and the ends of the interval that holds the truth 95 times in 100. `None`
    /// without tare or piece weight, or for a bin that weighs less than its tare.
    #[must_use]
    pub fn weigh(&self, rest: &Rest) -> Option<Weighed> {
        let (tare, piece) = (self.tare.as_ref()?, self.piece.as_ref()?);
        let net = rest.gross.checked_sub(tare.mass)?;
        let pieces = match pieces::count(net, piece.mean)? {
            // A light bin a hair below its tare holds nothing; further below it has been lifted.
            n if n < 0 && rest.is_like(tare.mass) => 0,
            n => u64::try_from(n).ok()?,
        };
        Some(Weighed::new(pieces, net, tare.spread, piece, rest))
    }

    /// Takes a tare, keeping the old one.
    pub fn set_tare(&mut self, tare: Tare, by: &Text, at: WallTime) {
        let was = Was::Tare(self.tare.replace(tare));
        self.remember(Change { at, by: by.clone(), was });
    }

    /// Takes a piece weight, keeping the old one.
    pub fn set_piece(&mut self, piece: PieceWeight, by: &Text, at: WallTime) {
        let was = Was::Piece(self.piece.replace(piece));
        self.remember(Change { at, by: by.clone(), was });
    }

    fn remember(&mut self, change: Change) {
        self.history.push(change);
        let surplus = self.history.len().saturating_sub(HISTORY_MAX);
        self.history.drain(..surplus);
    }
}

#[cfg(test)]
mod tests;
