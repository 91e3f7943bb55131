//! What a person says at the bin, and what is known and seen there.

use gateway_proto::name::Text;
use serde::{Deserialize, Serialize};

use super::{Container, PartKind, Rest};
use crate::device::Mass;

/// What is known of a bin beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub kind: PartKind,
    /// The smallest sample, at least 2; 10 is usual.
    pub pieces_min: u32,
    /// What the scale can bear.
    #[serde(with = "super::micrograms::option", default)]
    pub capacity: Option<Mass>,
    /// So many pieces should be counted to the piece: the bin's maximum.
    #[serde(default)]
    pub wanted: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Tare,
    Sample,
    Check,
}

/// Whether the person said that nothing is in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptiness {
    NotSaid,
    Stated,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq)]
pub enum Say {
    /// Take the present weight for the tare.
    WeighTare(Emptiness),
    /// It stands in such a container.
    Contained(Container),
    /// The container weighs so much.
    GiveTare(Mass),
    /// The sample starts from what the bin weighs now.
    StartSample,
    PutIn(u32),
    TookOut(u32),
    /// So many pieces are in it now.
    Holds(u32),
    /// A piece weighs so much.
    GivePiece(Mass),
    /// Take what is on offer: the sample, the improvement, the new sample.
    Take,
    /// Go to a step whose work is done already.
    Go(Step),
}

/// What is seen at the bin as the person speaks.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// `None`: not at rest, or the scale says nothing that can be trusted.
    pub rest: Option<Rest>,
    /// What the books say is in the bin; `None` when they never heard of it.
    pub books: Option<i64>,
    /// The vendor's lot of the pieces at hand, where it is known.
    pub lot: Option<Text>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { kind: PartKind::default(), pieces_min: 10, capacity: None, wanted: None }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tare => "the tare",
            Self::Sample => "the reference sample",
            Self::Check => "the check",
        })
    }
}

impl Step {
    pub(super) fn asks(self) -> &'static str {
        match self {
            Self::Tare => "Weigh the empty container, or take its tare from the library.",
            Self::Sample => "Start the sample, put pieces in and say how many.",
            Self::Check => "Count the pieces in the bin by hand and say how many.",
        }
    }
}
