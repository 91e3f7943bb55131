//! What a station answered to its newest scans: what pages show beside the session itself. Nothing is in here before its
//! commit: a page that shows a movement has the ledger's word for it.
//!
//! Owns the order of answers, which is that of the scans and not of the commits. Must not know words.

use std::collections::VecDeque;

use gateway_proto::{place::Place, time::WallTime};

use super::why::Why;
use crate::movement::{said::ActId, session};

/// Answers of one station that are remembered: more than a page shows.
pub const ANSWERS_MAX: usize = 24;

/// What came of one scan, or of one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Of the scan at this station since the start, from 1: later scans have greater numbers.
    pub number: u64,
    pub at: WallTime,
    /// What tells the scan's repetition.
    pub origin: Option<u64>,
    pub came: Came,
}

/// What a scan came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Came {
    /// It told the session something.
    Heard,
    /// Parts were said to move, or another quantity of them.
    Said(Vec<ActId>),
    TakenBack(Vec<ActId>),
    Counted(CountCame),
    /// Something begun before came to nothing.
    Dropped(session::Dropped),
    Refused(Why),
    NotRecorded(Why),
    /// The repetition of something recorded before.
    Repeated,
}

/// What a count at a station came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountCame {
    /// The books are what was found; so many of them had to be corrected.
    Posted { place: Place, corrections: usize },
    /// It differs too much to be believed at once: count all of it once more. `missing`: items that the books hold and
    /// nobody found.
    Again { place: Place, missing: usize },
}

/// The newest answers of a station, by their number.
#[derive(Debug, Default)]
pub(super) struct Answers {
    newest: VecDeque<Answer>,
    given: u64,
}

impl Answers {
    /// The number of the next scan.
    pub(super) fn number(&mut self) -> u64 {
        self.given += 1;
        self.given
    }

    /// Takes an answer in its scan's place.
    pub(super) fn push(&mut self, answer: Answer) {
        let at = self.newest.partition_point(|known| known.number < answer.number);
        self.newest.insert(at, answer);
        if self.newest.len() > ANSWERS_MAX {
            self.newest.pop_front();
        }
    }

    /// Newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.newest.iter().rev()
    }
}
