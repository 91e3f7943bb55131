//! What comes out of a count session: posts for the ledger, anchors for the scales, words for people.

use std::fmt;

use gateway_proto::{
    limits::QUANTITY_MAX,
    name::{ItemCode, PlaceName, Text},
    place::Place,
    time::WallTime,
};
use serde::{Deserialize, Serialize};

use super::{LineNo, Reason, SessionId, State, session::LINES_MAX};
use crate::{
    device::Mass,
    movement::calibration::{Attended, micrograms},
};

/// What an input came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub state: State,
    pub told: Told,
    pub warnings: Vec<Warning>,
    /// One for every line that was counted, also where nothing is to be corrected: they are what accuracy is reckoned of.
    pub posts: Vec<Post>,
    pub anchors: Vec<Anchor>,
}

/// What happened. Names nothing that a counter must not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Started,
    /// Count now.
    Opened(LineNo),
    /// Taken down: so many in this count.
    Counted {
        line: LineNo,
        pieces: u64,
    },
    /// Zero was said: is it empty, yes or no?
    IsItEmpty(LineNo),
    Empty(LineNo),
    /// Not empty, so it has to be counted.
    NotEmpty(LineNo),
    Added(LineNo),
    Skipped(LineNo),
    /// So many lines are to be counted again.
    Finished {
        recounts: usize,
    },
    RecountAsked(LineNo),
    Accepted(LineNo),
    Explained(LineNo),
    /// A late movement was reckoned in, or concerned no count.
    Late {
        mattered: bool,
    },
    Completed {
        lines: usize,
        corrections: usize,
    },
    Cancelled,
}

/// Something to know beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    #[error("the same person counted this line before; let another count it if you can")]
    SamePerson,
    #[error("parts moved while this was counted; it will be asked for again: say the number at once, without opening")]
    Moved,
    #[error("you counted lines yourself that are above tolerance; let another review them if you can")]
    OwnReview,
}

/// What the ledger is to record of a line: the count, and unless `delta` is zero a movement between variance and place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Post {
    /// The same for the same line whenever it is posted.
    pub key: PostKey,
    pub item: ItemCode,
    pub place: Place,
    /// Base units: above zero from variance to place, below from place to variance.
    pub delta: i64,
    /// Always there above tolerance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    pub facts: Facts,
}

/// How a count came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    pub counted: u64,
    /// The books at the instant of the count.
    pub expected: i64,
    /// When the count was true.
    pub at: WallTime,
    pub by: Text,
    /// How often it was counted.
    pub counts: usize,
    /// Who had it posted, and when.
    pub reviewed_by: Text,
    pub posted_at: WallTime,
}

/// What tells a post from its own repetition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PostKey {
    pub session: SessionId,
    pub line: LineNo,
}

/// A scale's bin held so many at an instant, by a person's count: where the scale goes on from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anchor {
    pub bin: PlaceName,
    pub item: ItemCode,
    /// At the instant of the count; what moved since then is not in it.
    pub pieces: u64,
    pub at: WallTime,
    pub by: Text,
    /// What the scale showed at that instant, when it was at rest.
    #[serde(with = "micrograms::option", skip_serializing_if = "Option::is_none")]
    pub gross: Option<Mass>,
}

impl Anchor {
    /// The count as a statement for the calibration; `None` for more pieces than a person counts.
    #[must_use]
    pub fn attended(&self) -> Option<Attended> {
        Some(Attended::stated(u32::try_from(self.pieces).ok()?, self.by.clone(), self.at, None))
    }
}

impl fmt::Display for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.session.0, self.line.0)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("counting has begun: count a line and say how many"),
            Self::Opened(_) => f.write_str("count now and say how many"),
            Self::Counted { pieces, .. } => write!(f, "{pieces} taken down; say \"plus\" for a second box"),
            Self::IsItEmpty(_) => f.write_str("is it empty: yes or no?"),
            Self::Empty(_) => f.write_str("taken down as empty"),
            Self::NotEmpty(_) => f.write_str("not empty: count what is in it and say how many"),
            Self::Added(_) => f.write_str("added to the list: count it and say how many"),
            Self::Skipped(_) => f.write_str("left out of this count"),
            Self::Finished { recounts: 0 } => f.write_str("all lines are counted; the reviewer goes on"),
            Self::Finished { recounts } => {
                write!(f, "{} to be counted again, by somebody else if possible", lines(*recounts))
            }
            Self::RecountAsked(_) => f.write_str("the line is to be counted again"),
            Self::Accepted(_) => f.write_str("this count holds"),
            Self::Explained(_) => f.write_str("reason taken down"),
            Self::Late { mattered: true } => {
                f.write_str("a movement of before the count came late and was reckoned in")
            }
            Self::Late { mattered: false } => f.write_str("a movement came late and concerns no count"),
            Self::Completed { lines, corrections } => {
                let word = if *corrections == 1 { "correction" } else { "corrections" };
                write!(f, "{} posted, {corrections} {word}", self::lines(*lines))
            }
            Self::Cancelled => f.write_str("the count is cancelled; nothing is posted"),
        }
    }
}

/// Why an input was not taken, and the way out. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("count session is {0}; start another")]
    Closed(State),
    #[error("counting is over and the reviewer has it; ask for a recount of the line")]
    WithReviewer,
    #[error("counting is not finished; finish it first")]
    NotFinished,
    #[error("{} not counted; count or skip {}", lines(*.0), if *.0 == 1 { "it" } else { "them" })]
    NotCounted(usize),
    #[error("{} to be counted again; count again or have the reviewer accept a count", lines(*.0))]
    NotSettled(usize),
    #[error("{} above tolerance without a reason; say why the books were wrong", lines(*.0))]
    NeedsReason(usize),
    #[error("session has no line {}; look the line up again", .0.0)]
    NoSuchLine(LineNo),
    #[error("line has no count {0}; look the counts up again")]
    NoSuchTally(usize),
    #[error("line has a count already; the reviewer decides what becomes of it")]
    Counted,
    #[error("line is settled; ask the reviewer for a recount")]
    Settled,
    #[error("line is not settled; count it first")]
    Unsettled,
    #[error("zero of this count is not confirmed; say whether the place is empty")]
    ZeroUnconfirmed,
    #[error("{0} cannot explain this variance; choose another reason")]
    Reason(Reason),
    #[error("line is on the list already, as line {}; count it there", .0.0)]
    Duplicate(LineNo),
    #[error("stock at {0} cannot be counted; count a bin, the dock, the field, the bench or quarantine")]
    Place(Place),
    #[error("{0} pieces are more than the {QUANTITY_MAX} allowed; check the number")]
    Pieces(u64),
    #[error("{what} are at most {max}; have the reviewer decide")]
    TooMany { what: &'static str, max: usize },
    #[error("count has more than {LINES_MAX} lines; split it")]
    TooManyLines,
    #[error("books are out of range; check the item's movements")]
    Range,
}

fn lines(count: usize) -> String {
    if count == 1 { "1 line is".into() } else { format!("{count} lines are") }
}
