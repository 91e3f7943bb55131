//! What a counter may see, and what a reviewer sees.

use gateway_proto::{
    name::{ItemCode, Text},
    place::Place,
    time::WallTime,
};
use serde::Serialize;

use super::{CountSession, Kept, Line, LineNo, Reason, SessionId, Sight, Standing, State};

/// A counter's sheet. What the books say has no field here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CounterView {
    pub session: SessionId,
    pub state: State,
    pub lines: Vec<CounterLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CounterLine {
    pub line: LineNo,
    pub item: ItemCode,
    pub place: Place,
    pub ask: Ask,
    /// What this counter said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yours: Option<u64>,
}

/// What a counter is asked about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    HowMany,
    /// After a zero; in a count that is not blind also where books or scale say zero.
    IsItEmpty,
    /// How many, once more.
    CountAgain,
    Nothing,
}

/// All there is to know of a session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewView {
    pub session: SessionId,
    pub state: State,
    pub lines: Vec<ReviewLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewLine {
    pub line: LineNo,
    pub item: ItemCode,
    pub place: Place,
    pub standing: Standing,
    /// What the books said when the count was asked for.
    pub expected: i64,
    /// Of the tally that holds, else of the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variance: Option<i64>,
    /// The variance in thousandths of the currency, where the price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    pub lacks_reason: bool,
    pub tallies: Vec<ReviewTally>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewTally {
    pub by: Text,
    pub at: WallTime,
    pub counted: u64,
    pub books: i64,
    pub variance: i64,
    /// What moved while it was counted.
    pub moved: i64,
    /// The same person said another number later.
    pub superseded: bool,
}

impl CountSession {
    /// What the counter with badge `by` may see.
    #[must_use]
    pub fn counter_view(&self, by: &Text) -> CounterView {
        let lines = self.numbered().map(|(line, content)| CounterLine {
            line,
            item: content.item.clone(),
            place: content.place.clone(),
            ask: self.ask(content, by),
            yours: content.latest_of(by).map(super::Tally::pieces),
        });
        CounterView { session: self.id().clone(), state: self.state(), lines: lines.collect() }
    }

    /// What the reviewer sees.
    #[must_use]
    pub fn review_view(&self) -> ReviewView {
        let lines = self.numbered().map(|(line, content)| self.review_line(line, content));
        ReviewView { session: self.id().clone(), state: self.state(), lines: lines.collect() }
    }

    fn ask(&self, line: &Line, by: &Text) -> Ask {
        let finished = match self.state() {
            State::Requested | State::Counting | State::Counted => false,
            State::Investigating => true,
            State::ReadyToReview | State::Completed | State::Cancelled => return Ask::Nothing,
        };
        match line.standing(self.tolerance()) {
            Standing::ToCount if self.sight() == Sight::Open && says_zero(line) => Ask::IsItEmpty,
            Standing::ToCount => Ask::HowMany,
            Standing::ConfirmZero => {
                let own_zero = line.latest_of(by).is_some_and(|tally| tally.zero == super::ZeroCount::Unconfirmed);
                if own_zero { Ask::IsItEmpty } else { Ask::HowMany }
            }
            // That a line is to be counted again says that it differs: not before everybody is done.
            Standing::Recount(_) | Standing::Investigate if finished => Ask::CountAgain,
            Standing::Recount(_) | Standing::Investigate | Standing::Settled(_) | Standing::Skipped => Ask::Nothing,
        }
    }

    fn review_line(&self, number: LineNo, line: &Line) -> ReviewLine {
        let variance = line.settled(self.tolerance()).or(line.latest()).map(super::Tally::variance);
        let value = variance
            .zip(line.price)
            .map(|(variance, price)| variance.saturating_mul(i64::try_from(price.0).unwrap_or(i64::MAX)));
        let tallies = line.tallies().iter().map(|tally| ReviewTally {
            by: tally.by.clone(),
            at: tally.at,
            counted: tally.pieces(),
            books: tally.snapshot.books,
            variance: tally.variance(),
            moved: tally.moved,
            superseded: tally.superseded.is_some(),
        });
        ReviewLine {
            line: number,
            item: line.item.clone(),
            place: line.place.clone(),
            standing: line.standing(self.tolerance()),
            expected: line.expected,
            variance,
            value,
            reason: line.reason(),
            lacks_reason: line.lacks_reason(self.tolerance()),
            tallies: tallies.collect(),
        }
    }
}

fn says_zero(line: &Line) -> bool {
    line.expected <= 0 || matches!(line.kept, Kept::OnScale { pieces: Some(0) })
}
