//! Why a statement was not taken, and the way out.

use gateway_proto::name::Text;

use super::Step;
use crate::device::Mass;

/// Why a statement was not taken. Nothing has changed; [`Refusal::remedy`] says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("weight is not at rest")]
    NotAtRest,
    #[error("books say that {pieces} pieces are in the bin")]
    BooksHold { pieces: i64 },
    #[error("number of pieces is zero")]
    NoPieces,
    #[error("bin has no tare yet")]
    NoTare,
    #[error("bin has no piece weight yet")]
    NoPiece,
    #[error("nobody knows what the bin weighed before the sample")]
    NoStart,
    #[error("that belongs to another step; this is {0}")]
    WrongStep(Step),
    #[error("bin became only {by} {way}, which is within the play of the scale")]
    NoChange { by: Mass, way: &'static str },
    #[error("sample so far went {0}, this went the other way")]
    OtherWay(&'static str),
    #[error("{stated} pieces weigh like {weighs:.1} of those before")]
    LotOff { stated: u32, weighs: f64 },
    #[error("sample was of lot {was}, these are of lot {now}")]
    OtherLot { was: Text, now: Text },
    #[error("sample has {0} lots already")]
    TooManyLots(usize),
    #[error("a piece weighs {piece}, less than a quarter of the scale's step of {division}")]
    PieceTooLight { piece: Mass, division: Mass },
    #[error("sample is too small by {more} pieces")]
    TooSmall { more: u32 },
    #[error("nothing is on offer")]
    NoOffer,
    #[error("weight has changed since the pieces were counted")]
    Moved,
    #[error("bin weighs {by} less than its tare")]
    BelowTare { by: Mass },
    #[error("{0} is no weight of a piece")]
    NoWeight(Mass),
    #[error("weight is out of range")]
    Range,
}

impl Refusal {
    /// What to do now.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NotAtRest => "wait until the weight is at rest, then say it again".into(),
            Self::BooksHold { .. } => {
                "take all pieces out and say that the container is empty, or take its tare from the library".into()
            }
            Self::NoPieces => "say how many pieces".into(),
            Self::NoTare => "weigh the empty container first, or take its tare from the library".into(),
            Self::NoPiece => "put in a reference sample first".into(),
            Self::NoStart => "say that the sample starts, then put the pieces in".into(),
            Self::WrongStep(Step::Tare) => "weigh the empty container, or take its tare from the library".into(),
            Self::WrongStep(Step::Sample) => "put in pieces and say how many, or take the sample".into(),
            Self::WrongStep(Step::Check) => "count the pieces and say how many, or start a new sample".into(),
            Self::NoChange { .. } => {
                "move the pieces, wait for rest, say it again; if they were moved they are light: move many more at once"
                    .into()
            }
            Self::OtherWay(_) => "start the sample anew, and only put in or only take out".into(),
            Self::LotOff { .. } => {
                "count these again; if the number is right, look for a wrong part, then start the sample anew".into()
            }
            Self::OtherLot { .. } => "start the sample anew with pieces of one lot".into(),
            Self::TooManyLots(_) => "take the sample as it is".into(),
            Self::PieceTooLight { piece, .. } => format!(
                "count this part by hand, or put it on a scale with a step of {} or finer",
                Mass::from_micrograms(piece.micrograms().saturating_mul(4))
            ),
            Self::TooSmall { more } => format!("add {more} pieces and say so"),
            Self::NoOffer => "count the pieces in the bin and say how many".into(),
            Self::Moved => "count the pieces again and say how many".into(),
            Self::BelowTare { .. } => "put the bin back; if it is there, empty it and weigh the tare again".into(),
            Self::NoWeight(_) => "give the weight of one piece, above zero".into(),
            Self::Range => "check the scale and its unit".into(),
        }
    }
}
