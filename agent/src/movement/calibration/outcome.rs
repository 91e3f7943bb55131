//! What a statement came to, in words for the person at the bin.

use super::{CvKnown, Improvement, NoImprovement, PieceWeight, Rest, SampleNeed, Tare, Weighed};
use crate::device::Mass;

/// What a statement came to. [`Outcome::text`] says what happened, [`Outcome::remedy`] what to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The tare is set.
    Tared { tare: Tare, notes: Vec<Note> },
    /// The bin's present weight is where the sample starts.
    Started { gross: Mass },
    /// A lot was taken, the sample is not enough yet.
    More { pieces: u32, need: SampleNeed },
    /// The sample is enough: this is the piece weight it makes.
    Enough { piece: PieceWeight, reach: Reach, notes: Vec<Note> },
    /// The piece weight is set.
    PieceSet { piece: PieceWeight, reach: Reach, notes: Vec<Note> },
    /// The count by hand is what the weight says.
    Confirmed { stated: u32, weighed: Weighed, offer: Result<Improvement, NoImprovement> },
    /// The count by hand is not what the weight says: first time.
    Recount { stated: u32, weighed: Weighed },
    /// The same count again: the calibration is off. With a new piece weight on offer where so many make a sample.
    Off { stated: u32, weighed: Weighed, offer: Option<PieceWeight> },
    /// The step that was asked for.
    Step(super::Step),
}

/// How far counts can be trusted with a piece weight on a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The largest count that is right to the piece 95 times in 100.
    pub exact_up_to: u64,
    /// What the bin should count up to, and the sample that does it: `None` when none does.
    pub wanted: Option<(u64, Option<u32>)>,
}

/// Something to know beside the outcome.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Note {
    #[error("the tare is {by} {way} than the last one{}: was the bin clean and the right one?", about(*.pieces))]
    TareMoved { by: Mass, way: &'static str, pieces: Option<f64> },
    #[error("the books still say {0} pieces: count the bin")]
    BooksStillHold(i64),
    #[error("such containers differ by {spread}, about {pieces:.1} pieces: weigh this one empty to be exact")]
    ContainerCoarse { spread: Mass, pieces: f64 },
    #[error("a piece weighs less than one step of the scale: counts may be off")]
    LightPiece,
    #[error("the pieces differ by {cv:.1} % ± {cv_sd:.1} %, measured from {lots} lots")]
    SpreadMeasured { cv: f64, cv_sd: f64, lots: u32 },
    #[error("how far the pieces differ is assumed ({0:.1} %): put the sample in in three lots or more to measure it")]
    SpreadAssumed(f64),
    #[error("a piece weighs {percent:+.1} % against the last calibration: another lot, or another part?")]
    PieceMoved { percent: f64 },
    #[error("a given weight is not measured: check it with a count by hand")]
    GivenPiece,
}

impl Reach {
    pub(super) fn new(piece: &PieceWeight, rest: &Rest, wanted: Option<u64>) -> Self {
        let exact_up_to = piece.exact_up_to(rest);
        let wanted = wanted.filter(|pieces| *pieces > exact_up_to);
        Self { exact_up_to, wanted: wanted.map(|pieces| (pieces, piece.sample_for(pieces, rest))) }
    }
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.exact_up_to {
            0 => f.write_str("no count is certain to the piece on this scale")?,
            pieces => write!(f, "exact up to {pieces} pieces")?,
        }
        match self.wanted {
            Some((pieces, Some(sample))) => write!(f, "; weigh a sample of {sample} for {pieces}"),
            Some((pieces, None)) => write!(f, "; no sample makes {pieces} exact, the pieces differ too much"),
            None => Ok(()),
        }
    }
}

impl Outcome {
    /// What happened.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Tared { tare, .. } => format!("Tare is {}.", tare.mass),
            Self::Started { gross } => format!("Sample starts at {gross}."),
            Self::More { pieces, need } => format!("{pieces} pieces are in the sample; {need}."),
            Self::Enough { piece, reach, .. } => {
                format!("A piece weighs {}, from {} pieces: {reach}.", piece.mean, piece.sample_size)
            }
            Self::PieceSet { piece, reach, .. } => {
                let how = match piece.cv_known {
                    CvKnown::Assumed => "assumed",
                    CvKnown::Measured { .. } => "measured",
                };
                format!(
                    "Piece weight is {}, from {} pieces, spread {:.1} % ({how}): {reach}.",
                    piece.mean,
                    piece.sample_size,
                    100.0 * piece.cv
                )
            }
            Self::Confirmed { stated, weighed, .. } => {
                format!("Confirmed: you counted {stated}, the weight says {}.", Shown(weighed))
            }
            Self::Recount { stated, weighed } => {
                format!("You counted {stated}, the weight says {}.", Shown(weighed))
            }
            Self::Off { stated, weighed, .. } => {
                format!("You counted {stated} twice, the weight says {}: the calibration is off.", Shown(weighed))
            }
            Self::Step(step) => format!("Now {step}."),
        }
    }

    /// One word for machines.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Tared { .. } => "tared",
            Self::Started { .. } => "started",
            Self::More { .. } => "more",
            Self::Enough { .. } => "enough",
            Self::PieceSet { .. } => "piece-set",
            Self::Confirmed { .. } => "confirmed",
            Self::Recount { .. } => "recount",
            Self::Off { .. } => "off",
            Self::Step(_) => "step",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Tared { .. } => "Put in the first pieces of the reference sample and say how many.".into(),
            Self::Started { .. } => "Put in (or take out) the pieces and say how many.".into(),
            Self::More { need, .. } => format!("Add {} pieces and say so.", need.more),
            Self::Enough { .. } => "Take the sample, or add another lot to make it better.".into(),
            Self::PieceSet { .. } => "Check it: fill the bin, count by hand and say how many are in it.".into(),
            Self::Confirmed { offer: Ok(improvement), .. } => {
                format!("Done. Take these {} as the new sample to count further.", improvement.piece.sample_size)
            }
            Self::Confirmed { offer: Err(why), .. } => format!("Done. Not used to improve: {why}."),
            Self::Recount { .. } => "Count again and say how many; look for a foreign or wrong part.".into(),
            Self::Off { offer: Some(piece), .. } => format!(
                "If no foreign part is in the bin and the container is its own, take these {} as the new sample; else weigh the tare again.",
                piece.sample_size
            ),
            Self::Off { offer: None, .. } => "Weigh the tare again, then put in a new sample.".into(),
            Self::Step(step) => step.asks().into(),
        }
    }

    /// What else to know.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Tared { notes, .. } | Self::Enough { notes, .. } | Self::PieceSet { notes, .. } => notes,
            Self::Started { .. }
            | Self::More { .. }
            | Self::Confirmed { .. }
            | Self::Recount { .. }
            | Self::Off { .. }
            | Self::Step(_) => &[],
        }
    }
}

fn about(pieces: Option<f64>) -> String {
    pieces.map_or_else(String::new, |pieces| format!(", about {pieces:.1} pieces"))
}

/// "120", or "120 (118 to 122)".
struct Shown<'w>(&'w Weighed);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Weighed { pieces, low, high, .. } = self.0;
        if low == high { write!(f, "{pieces}") } else { write!(f, "{pieces} ({low} to {high})") }
    }
}
