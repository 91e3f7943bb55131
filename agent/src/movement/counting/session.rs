//! One count session: every input in every state.

use gateway_proto::{
    name::{ItemCode, Text},
    place::Place,
    time::WallTime,
};
use serde::{Deserialize, Serialize};

use super::{
    How, Input, Instant, Line, LineNo, Outcome, Reason, Refusal, Standing, Tally, Told, Tolerance, Wanted, Warning,
    Zero, ZeroCount, line::Explained,
};

mod posting;

/// Lines of one session: a shop floor, not a warehouse; each of its lines is kept for itself.
pub const LINES_MAX: usize = 5_000;

/// The session's name, never given out twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Text);

/// A count session, to be kept between two inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountSession {
    id: SessionId,
    opened: WallTime,
    /// Who asked for it.
    by: Text,
    scope: Scope,
    #[serde(default)]
    sight: Sight,
    tolerance: Tolerance,
    state: State,
    #[serde(default)]
    lines: Vec<Line>,
    /// Who had it posted, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reviewed: Option<(Text, WallTime)>,
}

/// What a session set out to count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Bins(Vec<Place>),
    Items(Vec<ItemCode>),
    /// From the cycle-count list.
    Due,
}

/// Whether counters may know what the books say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    #[default]
    Blind,
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Requested,
    Counting,
    /// Every line has a count.
    Counted,
    /// Some lines are counted again.
    Investigating,
    ReadyToReview,
    Completed,
    Cancelled,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Requested => "requested",
            Self::Counting => "counting",
            Self::Counted => "counted",
            Self::Investigating => "investigating",
            Self::ReadyToReview => "ready to review",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        })
    }
}

impl CountSession {
    /// A session over `wanted`; a line that is named twice is one.
    ///
    /// # Errors
    /// [`Refusal`] for too many lines, or a place that holds no stock.
    pub fn new(
        id: SessionId,
        by: Text,
        opened: WallTime,
        scope: Scope,
        sight: Sight,
        tolerance: Tolerance,
        wanted: impl IntoIterator<Item = Wanted>,
    ) -> Result<Self, Refusal> {
        let state = State::Requested;
        let mut session = Self { id, opened, by, scope, sight, tolerance, state, lines: Vec::new(), reviewed: None };
        for wanted in wanted {
            match session.add(wanted) {
                Ok(_) | Err(Refusal::Duplicate(_)) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(session)
    }

    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    #[must_use]
    pub fn opened(&self) -> WallTime {
        self.opened
    }

    /// Who asked for it.
    #[must_use]
    pub fn by(&self) -> &Text {
        &self.by
    }

    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    #[must_use]
    pub fn sight(&self) -> Sight {
        self.sight
    }

    #[must_use]
    pub fn tolerance(&self) -> &Tolerance {
        &self.tolerance
    }

    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The session by itself, to be kept beside its lines.
    #[must_use]
    pub fn without_lines(&self) -> Self {
        let (id, by, scope) = (self.id.clone(), self.by.clone(), self.scope.clone());
        Self { id, by, scope, lines: Vec::new(), reviewed: self.reviewed.clone(), ..*self }
    }

    /// Gives a session that was kept without its lines what was kept of them, in their order.
    pub fn put_lines(&mut self, lines: Vec<Line>) {
        self.lines = lines;
    }

    /// The line of an item at a place.
    #[must_use]
    pub fn line_of(&self, item: &ItemCode, place: &Place) -> Option<LineNo> {
        self.numbered().find(|(_, line)| line.item == *item && line.place == *place).map(|(number, _)| number)
    }

    /// Takes an input of the person with badge `by` at `at`.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn handle(&mut self, input: Input, by: &Text, at: WallTime) -> Result<Outcome, Refusal> {
        self.admit(&input)?;
        let (told, warnings) = match input {
            Input::Start => {
                self.begin();
                (Told::Started, Vec::new())
            }
            Input::Open { line, now } => {
                now.check()?;
                self.countable(line)?.open(by, &now)?;
                self.begin();
                (Told::Opened(line), Vec::new())
            }
            Input::Count { line, pieces, how, now } => self.count(line, pieces, how, &now, by)?,
            Input::Zero { line, answer, now } => self.zero(line, answer, &now, by)?,
            Input::Add(wanted) => {
                let line = self.add(wanted)?;
                self.begin();
                (Told::Added(line), Vec::new())
            }
            Input::Skip { line, why } => {
                self.countable(line)?.skip(why)?;
                self.begin();
                (Told::Skipped(line), Vec::new())
            }
            Input::Finish => self.finish()?,
            Input::Recount { line } => {
                self.line(line)?.ask_again();
                (Told::RecountAsked(line), Vec::new())
            }
            Input::Accept { line, tally } => {
                self.line(line)?.accept(tally)?;
                (Told::Accepted(line), Vec::new())
            }
            Input::Explain { line, reason, note } => self.explain(line, reason, note, by)?,
            Input::Late { line, at, change } => {
                (Told::Late { mattered: self.line(line)?.late(at, change)? }, Vec::new())
            }
            Input::Complete => return self.complete(by, at),
            Input::Cancel => {
                self.state = State::Cancelled;
                (Told::Cancelled, Vec::new())
            }
        };
        self.follow();
        Ok(Outcome { state: self.state, told, warnings, posts: Vec::new(), anchors: Vec::new() })
    }

    pub(super) fn numbered(&self) -> impl Iterator<Item = (LineNo, &Line)> {
        (0..).map(LineNo).zip(&self.lines)
    }

    /// Whether the state takes such an input at all.
    fn admit(&self, input: &Input) -> Result<(), Refusal> {
        let counts = match input {
            Input::Start
            | Input::Open { .. }
            | Input::Count { how: How::Whole, .. }
            | Input::Zero { .. }
            | Input::Add(_)
            | Input::Skip { .. } => true,
            // A second box that turns up before the posting is a fact, whoever has the session.
            Input::Count { how: How::Plus, .. }
            | Input::Finish
            | Input::Recount { .. }
            | Input::Accept { .. }
            | Input::Explain { .. }
            | Input::Late { .. }
            | Input::Complete
            | Input::Cancel => false,
        };
        let reviews =
            matches!(input, Input::Recount { .. } | Input::Accept { .. } | Input::Explain { .. } | Input::Complete);
        match self.state {
            // The answer to the last "complete" may have been lost.
            State::Completed if *input == Input::Complete => Ok(()),
            State::Completed | State::Cancelled => Err(Refusal::Closed(self.state)),
            State::Requested | State::Counting | State::Counted if reviews => Err(Refusal::NotFinished),
            State::ReadyToReview if counts || *input == Input::Finish => Err(Refusal::WithReviewer),
            State::Requested | State::Counting | State::Counted | State::Investigating | State::ReadyToReview => Ok(()),
        }
    }

    fn count(
        &mut self,
        number: LineNo,
        pieces: u64,
        how: How,
        now: &Instant,
        by: &Text,
    ) -> Result<(Told, Vec<Warning>), Refusal> {
        now.check()?;
        Input::check_pieces(pieces)?;
        let while_counting = self.is_counting();
        let line = match how {
            How::Whole => self.countable(number)?,
            How::Plus => self.line(number)?,
        };
        let before = line.latest_of(by).is_some();
        let added = match how {
            How::Whole => false,
            How::Plus => line.plus(pieces, by, now)?,
        };
        if !added {
            line.count(pieces, by, now, while_counting)?;
        }
        let mut warnings = Vec::new();
        if before && !added && !while_counting {
            warnings.push(Warning::SamePerson);
        }
        let tally = line.latest_of(by).or(line.latest()).ok_or(Refusal::Unsettled)?;
        if tally.moved != 0 {
            warnings.push(Warning::Moved);
        }
        let told = match tally.zero {
            ZeroCount::Unconfirmed => Told::IsItEmpty(number),
            ZeroCount::NotZero | ZeroCount::Confirmed => Told::Counted { line: number, pieces: tally.pieces() },
        };
        self.begin();
        Ok((told, warnings))
    }

    fn zero(
        &mut self,
        number: LineNo,
        answer: Zero,
        now: &Instant,
        by: &Text,
    ) -> Result<(Told, Vec<Warning>), Refusal> {
        now.check()?;
        let mut warnings = Vec::new();
        let told = match answer {
            Zero::Yes => {
                if self.countable(number)?.unconfirmed(by).is_none() {
                    (_, warnings) = self.count(number, 0, How::Whole, now, by)?;
                }
                if let Some(tally) = self.countable(number)?.unconfirmed(by) {
                    tally.zero = ZeroCount::Confirmed;
                }
                Told::Empty(number)
            }
            Zero::No => {
                if let Some(tally) = self.countable(number)?.unconfirmed(by) {
                    tally.superseded = Some(now.at);
                }
                Told::NotEmpty(number)
            }
        };
        self.begin();
        Ok((told, warnings))
    }

    fn add(&mut self, wanted: Wanted) -> Result<LineNo, Refusal> {
        if !wanted.place.is_on_site() {
            return Err(Refusal::Place(wanted.place));
        }
        if let Some(line) = self.line_of(&wanted.item, &wanted.place) {
            return Err(Refusal::Duplicate(line));
        }
        if self.lines.len() >= LINES_MAX {
            return Err(Refusal::TooManyLines);
        }
        let number = LineNo(u32::try_from(self.lines.len()).map_err(|_| Refusal::TooManyLines)?);
        self.lines.push(Line::new(wanted));
        Ok(number)
    }

    fn finish(&mut self) -> Result<(Told, Vec<Warning>), Refusal> {
        let missing = self.standings().filter(|standing| is_missing(*standing)).count();
        if missing > 0 {
            return Err(Refusal::NotCounted(missing));
        }
        self.state = State::Investigating;
        let recounts = self.standings().filter(|standing| !is_settled(*standing)).count();
        Ok((Told::Finished { recounts }, Vec::new()))
    }

    fn explain(
        &mut self,
        number: LineNo,
        reason: Reason,
        note: Option<Text>,
        by: &Text,
    ) -> Result<(Told, Vec<Warning>), Refusal> {
        let tolerance = self.tolerance;
        let line = self.line(number)?;
        let variance = line.settled(&tolerance).map(Tally::variance).ok_or(Refusal::Unsettled)?;
        if !reason.explains(variance) {
            return Err(Refusal::Reason(reason));
        }
        line.reason = Some(Explained { reason, by: by.clone(), note });
        Ok((Told::Explained(number), Vec::new()))
    }

    fn line(&mut self, number: LineNo) -> Result<&mut Line, Refusal> {
        let index = usize::try_from(number.0).unwrap_or(usize::MAX);
        self.lines.get_mut(index).ok_or(Refusal::NoSuchLine(number))
    }

    /// A line that may be counted now: once the counting is finished, only one that is to be counted again.
    fn countable(&mut self, number: LineNo) -> Result<&mut Line, Refusal> {
        let (tolerance, while_counting) = (self.tolerance, self.is_counting());
        let line = self.line(number)?;
        if !while_counting && is_settled(line.standing(&tolerance)) {
            return Err(Refusal::Settled);
        }
        Ok(line)
    }

    fn is_counting(&self) -> bool {
        matches!(self.state, State::Requested | State::Counting | State::Counted)
    }

    fn standings(&self) -> impl Iterator<Item = Standing> {
        self.lines.iter().map(|line| line.standing(&self.tolerance))
    }

    fn begin(&mut self) {
        if self.state == State::Requested {
            self.state = State::Counting;
        }
    }

    /// The state that follows from the lines.
    fn follow(&mut self) {
        self.state = match self.state {
            State::Counting | State::Counted => {
                let done = !self.lines.is_empty() && !self.standings().any(is_missing);
                if done { State::Counted } else { State::Counting }
            }
            State::Investigating | State::ReadyToReview => {
                if self.standings().all(is_settled) {
                    State::ReadyToReview
                } else {
                    State::Investigating
                }
            }
            state @ (State::Requested | State::Completed | State::Cancelled) => state,
        };
    }
}

fn is_missing(standing: Standing) -> bool {
    matches!(standing, Standing::ToCount | Standing::ConfirmZero)
}

fn is_settled(standing: Standing) -> bool {
    matches!(standing, Standing::Settled(_) | Standing::Skipped)
}
