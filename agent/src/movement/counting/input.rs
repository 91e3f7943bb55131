//! What people say to a count session.

use gateway_proto::{limits::QUANTITY_MAX, name::Text, time::WallTime};

use super::{LineNo, Reason, Refusal, Snapshot, Wanted};
use crate::device::Mass;

/// The books are refused beyond this; nothing that is counted comes near it, and sums stay far inside an `i64`.
const BOOKS_MAX: u64 = 1 << 60;

/// What a session is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The counting begins.
    Start,
    /// Somebody is at the place and begins to count: the count that follows is held against the books of now.
    Open {
        line: LineNo,
        now: Instant,
    },
    /// So many. Without an opening held against the books of now.
    Count {
        line: LineNo,
        pieces: u64,
        how: How,
        now: Instant,
    },
    /// Is it empty?
    Zero {
        line: LineNo,
        answer: Zero,
        now: Instant,
    },
    /// Something lies there that is not on the list.
    Add(Wanted),
    /// It cannot be counted; it is neither posted nor in the accuracy.
    Skip {
        line: LineNo,
        why: Text,
    },
    /// All that can be counted is counted.
    Finish,
    /// The reviewer wants a line counted once more.
    Recount {
        line: LineNo,
    },
    /// The reviewer decides for one of the counts, by its place in [`Line::tallies`](super::Line::tallies).
    Accept {
        line: LineNo,
        tally: usize,
    },
    /// Why the books were wrong.
    Explain {
        line: LineNo,
        reason: Reason,
        note: Option<Text>,
    },
    /// A movement that happened at `at` was recorded only now: `change` at the line's place.
    Late {
        line: LineNo,
        at: WallTime,
        change: i64,
    },
    /// The reviewer has the variances posted. Saying it again gives the same posts again.
    Complete,
    Cancel,
}

/// The instant of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    pub at: WallTime,
    /// What the books say of the line now; 0 where they never heard of it.
    pub books: i64,
    /// What the scale shows at rest, where there is one.
    pub gross: Option<Mass>,
}

/// What a number is meant as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum How {
    /// All there is. A second one is a recount.
    #[default]
    Whole,
    /// Found beside what was counted already.
    Plus,
}

/// The answer to "is it empty?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zero {
    Yes,
    No,
}

impl Instant {
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot { at: self.at, books: self.books, gross: self.gross }
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.books.unsigned_abs() > BOOKS_MAX { Err(Refusal::Range) } else { Ok(()) }
    }
}

impl Input {
    pub(super) fn check_pieces(pieces: u64) -> Result<(), Refusal> {
        if pieces > QUANTITY_MAX { Err(Refusal::Pieces(pieces)) } else { Ok(()) }
    }
}
