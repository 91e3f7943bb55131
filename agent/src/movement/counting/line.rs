//! One item in one place: what was counted there, by whom, and where that stands.

use std::collections::BTreeMap;

use gateway_proto::{
    name::{ItemCode, Text},
    place::Place,
    time::WallTime,
};
use serde::{Deserialize, Serialize};

use super::{Input, Instant, Part, Price, Reason, Refusal, Snapshot, Tally, Tolerance, ZeroCount};

/// Counts of one line: after so many somebody has to decide.
const TALLIES_MAX: usize = 20;

/// Boxes one item may be found in at one place.
const PARTS_MAX: usize = 200;

/// People who count the same line at once.
const COUNTERS_MAX: usize = 20;

/// The same person saying the same number within this time, milliseconds, is one request that was sent twice, and must not
/// confirm itself.
const REPEAT_MS: u64 = 5_000;

/// A line's number in its session, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineNo(pub u32);

/// What is to be counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub item: ItemCode,
    pub place: Place,
    /// What the books say now.
    pub books: i64,
    pub kept: Kept,
    pub price: Option<Price>,
}

/// How the place knows its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    #[default]
    ByHand,
    /// A scale says this many; `None`: it cannot say now.
    OnScale { pieces: Option<u64> },
}

/// One item in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub item: ItemCode,
    pub place: Place,
    #[serde(default)]
    pub kept: Kept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// What the books said when the count was asked for.
    pub expected: i64,
    /// Who stands at the place and has not said a number yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    opened: BTreeMap<Text, Snapshot>,
    tallies: Vec<Tally>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ruling: Option<Ruling>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<Explained>,
    /// Why it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skipped: Option<Text>,
}

/// The reviewer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ruling {
    /// This tally holds.
    Accept(usize),
    /// Once more: there have to be more tallies than this.
    Recount { beyond: usize },
}

/// Why the books were wrong, says whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Explained {
    pub(super) reason: Reason,
    pub(super) by: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<Text>,
}

/// Where a line stands. Follows from its tallies, so it is never stored beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    ToCount,
    /// Somebody said zero: is it really empty?
    ConfirmZero,
    Recount(RecountWhy),
    /// Two counts or more, no two agree, none agrees with the books.
    Investigate,
    /// The tally that holds.
    Settled(usize),
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecountWhy {
    AboveTolerance,
    /// Parts moved while it was counted.
    Moved,
    /// The reviewer wants it.
    Asked,
}

impl Line {
    pub(super) fn new(wanted: Wanted) -> Self {
        let Wanted { item, place, books, kept, price } = wanted;
        Self {
            item,
            place,
            kept,
            price,
            expected: books,
            opened: BTreeMap::new(),
            tallies: Vec::new(),
            ruling: None,
            reason: None,
            skipped: None,
        }
    }

    /// All counts, also those that no longer stand, oldest first.
    #[must_use]
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// The last count that stands.
    #[must_use]
    pub fn latest(&self) -> Option<&Tally> {
        self.tallies.iter().rfind(|tally| tally.superseded.is_none())
    }

    /// The last of one person that stands.
    #[must_use]
    pub fn latest_of(&self, by: &Text) -> Option<&Tally> {
        self.tallies.iter().rfind(|tally| tally.superseded.is_none() && tally.by == *by)
    }

    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.reason.as_ref().map(|explained| explained.reason)
    }

    /// Where the line stands.
    #[must_use]
    pub fn standing(&self, tolerance: &Tolerance) -> Standing {
        if self.skipped.is_some() {
            return Standing::Skipped;
        }
        if let Some(Ruling::Accept(tally)) = self.ruling {
            return Standing::Settled(tally);
        }
        let Some((at, last)) = self.tallies.iter().enumerate().rfind(|(_, tally)| tally.superseded.is_none()) else {
            return Standing::ToCount;
        };
        if last.zero == ZeroCount::Unconfirmed {
            return Standing::ConfirmZero;
        }
        if let Some(Ruling::Recount { beyond }) = self.ruling
            && self.tallies.len() <= beyond
        {
            return Standing::Recount(RecountWhy::Asked);
        }
        if last.moved != 0 {
            return Standing::Recount(RecountWhy::Moved);
        }
        let mut good = self.tallies.iter().enumerate().filter(|(earlier, tally)| *earlier < at && tally.is_good());
        let first = good.clone().next().is_none();
        if good.any(|(_, tally)| tally.variance() == last.variance()) || !self.exceeds(last, tolerance) {
            Standing::Settled(at)
        } else if first {
            Standing::Recount(RecountWhy::AboveTolerance)
        } else {
            Standing::Investigate
        }
    }

    /// The tally that holds, once settled.
    #[must_use]
    pub fn settled(&self, tolerance: &Tolerance) -> Option<&Tally> {
        match self.standing(tolerance) {
            Standing::Settled(at) => self.tallies.get(at),
            Standing::ToCount
            | Standing::ConfirmZero
            | Standing::Recount(_)
            | Standing::Investigate
            | Standing::Skipped => None,
        }
    }

    pub(super) fn exceeds(&self, tally: &Tally, tolerance: &Tolerance) -> bool {
        tolerance.is_exceeded(tally.variance(), tally.snapshot.books, self.price)
    }

    /// The line is settled above tolerance, and nobody said why.
    pub(super) fn lacks_reason(&self, tolerance: &Tolerance) -> bool {
        self.reason.is_none() && self.settled(tolerance).is_some_and(|tally| self.exceeds(tally, tolerance))
    }

    /// Somebody is at the place and begins to count.
    pub(super) fn open(&mut self, by: &Text, now: &Instant) -> Result<(), Refusal> {
        if self.opened.len() >= COUNTERS_MAX && !self.opened.contains_key(by) {
            return Err(Refusal::TooMany { what: "people at this line", max: COUNTERS_MAX });
        }
        self.opened.insert(by.clone(), now.snapshot());
        self.skipped = None;
        Ok(())
    }

    /// A count of the whole line. Before the counting is finished a person's second number stands for the first; else it
    /// would confirm itself.
    pub(super) fn count(&mut self, pieces: u64, by: &Text, now: &Instant, while_counting: bool) -> Result<(), Refusal> {
        if self.is_repeat(pieces, by, now) {
            return Ok(());
        }
        if self.tallies.len() >= TALLIES_MAX {
            return Err(Refusal::TooMany { what: "counts of this line", max: TALLIES_MAX });
        }
        let snapshot = self.opened.remove(by).unwrap_or_else(|| now.snapshot());
        let moved = now.books.checked_sub(snapshot.books).ok_or(Refusal::Range)?;
        if while_counting {
            let own = self.tallies.iter_mut().filter(|tally| tally.by == *by && tally.superseded.is_none());
            own.for_each(|tally| tally.superseded = Some(now.at));
        }
        let zero = if pieces == 0 { ZeroCount::Unconfirmed } else { ZeroCount::NotZero };
        let snapshot = Snapshot { gross: now.gross, ..snapshot };
        let parts = vec![Part { by: by.clone(), at: now.at, pieces }];
        self.tallies.push(Tally { by: by.clone(), at: now.at, snapshot, parts, moved, zero, superseded: None });
        self.changed();
        Ok(())
    }

    fn is_repeat(&self, pieces: u64, by: &Text, now: &Instant) -> bool {
        self.latest().is_some_and(|last| {
            last.by == *by
                && last.pieces() == pieces
                && last.moved == 0
                && last.snapshot.books == now.books
                && last.at.millis().abs_diff(now.at.millis()) < REPEAT_MS
                && !self.opened.contains_key(by)
        })
    }

    /// More of the same item in the same place: a second box. Added to the person's own count, else to the last one;
    /// `false` when there is none to add to.
    pub(super) fn plus(&mut self, pieces: u64, by: &Text, now: &Instant) -> Result<bool, Refusal> {
        let has_own = self.latest_of(by).is_some();
        let fits = |tally: &&mut Tally| tally.superseded.is_none() && (!has_own || tally.by == *by);
        let Some(tally) = self.tallies.iter_mut().rfind(fits) else { return Ok(false) };
        if tally.parts.len() >= PARTS_MAX {
            return Err(Refusal::TooMany { what: "boxes of this line", max: PARTS_MAX });
        }
        Input::check_pieces(tally.pieces().saturating_add(pieces))?;
        tally.moved = now.books.checked_sub(tally.snapshot.books).ok_or(Refusal::Range)?;
        tally.parts.push(Part { by: by.clone(), at: now.at, pieces });
        tally.snapshot.gross = now.gross;
        if tally.pieces() > 0 {
            tally.zero = ZeroCount::NotZero;
        }
        self.changed();
        Ok(true)
    }

    /// The person's own zero that waits for a yes.
    pub(super) fn unconfirmed(&mut self, by: &Text) -> Option<&mut Tally> {
        self.tallies
            .iter_mut()
            .rfind(|tally| tally.superseded.is_none() && tally.zero == ZeroCount::Unconfirmed && tally.by == *by)
    }

    /// Leaves the line out.
    pub(super) fn skip(&mut self, why: Text) -> Result<(), Refusal> {
        if self.latest().is_some() {
            return Err(Refusal::Counted);
        }
        self.skipped = Some(why);
        Ok(())
    }

    /// The reviewer decides for a tally.
    pub(super) fn accept(&mut self, tally: usize) -> Result<(), Refusal> {
        let accepted = self.tallies.get(tally).ok_or(Refusal::NoSuchTally(tally))?;
        if accepted.zero == ZeroCount::Unconfirmed {
            return Err(Refusal::ZeroUnconfirmed);
        }
        self.changed();
        self.ruling = Some(Ruling::Accept(tally));
        Ok(())
    }

    /// The reviewer wants one more.
    pub(super) fn ask_again(&mut self) {
        self.changed();
        self.ruling = Some(Ruling::Recount { beyond: self.tallies.len() });
    }

    /// A movement of before the count that the books only hear of now: they should have known it at the snapshot.
    /// Answers whether it mattered.
    pub(super) fn late(&mut self, at: WallTime, change: i64) -> Result<bool, Refusal> {
        let opened = self.opened.values_mut();
        let counted = self.tallies.iter_mut().map(|tally| &mut tally.snapshot);
        let mut concerned: Vec<&mut Snapshot> = opened.chain(counted).filter(|snapshot| at <= snapshot.at).collect();
        let mattered = !concerned.is_empty();
        for snapshot in &concerned {
            snapshot.books.checked_add(change).ok_or(Refusal::Range)?;
        }
        for snapshot in &mut concerned {
            snapshot.books = snapshot.books.saturating_add(change);
        }
        if mattered {
            self.changed();
        }
        Ok(mattered)
    }

    /// What was decided on other numbers no longer holds.
    fn changed(&mut self) {
        self.reason = None;
        self.skipped = None;
        if let Some(Ruling::Accept(_)) = self.ruling {
            self.ruling = None;
        }
    }
}
