//! What is kept of counts, row by row, and what becomes of a change that could not be recorded.
//!
//! A session changes in memory when it is told something, and takes nothing more until the ledger has answered. When the
//! ledger has not recorded it the session is as it was before, so that what was said can be said again. Beside the
//! session nothing changes before the answer: the newest counts, the disagreements and the scales follow the commit.

use std::collections::BTreeMap;

use gateway_proto::{name::ItemCode, place::Place, time::WallTime};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        Floor,
        moment::Moment,
        refusal::Refusal,
        work::{Facts, Part, Work},
    },
    Counts,
};
use crate::movement::{
    counting::{CountSession, Input, Line, Outcome, SessionId, State, Told},
    entry::{Kept, KeptKey, Recorded, Statement},
};

/// Sessions that are kept after their end, for people to look at. What was counted when is kept for good.
const ENDED_MAX: usize = 100;

/// Sessions that are open at once: every place of a shop floor by itself. One that nobody ends is a list nobody walks.
const OPEN_MAX: usize = 200;

/// The newest count of an item at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::floor) struct LastCount {
    pub(super) item: ItemCode,
    pub(super) place: Place,
    pub(super) at: WallTime,
    pub(super) counted: u64,
    pub(super) books: i64,
}

/// What one kept text says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    /// Without its lines: they are rows of their own, so that a number said does not write a thousand others again.
    Session(Box<CountSession>),
    Line {
        session: SessionId,
        number: usize,
        line: Box<Line>,
    },
    Last(LastCount),
    /// The newest session's number.
    Number(u64),
}

/// A session whose change is on its way to the ledger.
#[derive(Debug)]
pub(super) struct Flight {
    /// What it goes back to when that is not recorded; `None`: there was none.
    before: Option<CountSession>,
    /// Sessions that were dropped with it for want of room.
    forgotten: Vec<CountSession>,
    /// Whether late movements have to be kept of it, should it be recorded, or not be.
    late_after: bool,
    late_before: bool,
}

impl Row {
    fn keep(self, name: impl Into<String>, work: &mut Work) {
        let text = serde_json::to_string(&self).expect("a count is plain data");
        let kept = Kept { key: KeptKey::new("count", name), text };
        work.push(Statement::Keep(kept), Part::Facts(Facts::Plain));
    }
}

fn line_name(id: &SessionId, number: usize) -> String {
    format!("{} {number}", id.0)
}

/// Keeps what of a session differs from what is kept.
fn keep_changes(before: Option<&CountSession>, after: &CountSession, work: &mut Work) {
    let head = after.without_lines();
    if before.is_none_or(|before| before.without_lines() != head) {
        Row::Session(Box::new(head)).keep(after.id().0.as_str(), work);
    }
    let was = before.map(CountSession::lines).unwrap_or_default();
    for (number, line) in after.lines().iter().enumerate().filter(|(number, line)| was.get(*number) != Some(*line)) {
        let row = Row::Line { session: after.id().clone(), number, line: Box::new(line.clone()) };
        row.keep(line_name(after.id(), number), work);
    }
}

pub(super) fn keep_last(last: &LastCount, work: &mut Work) {
    Row::Last(last.clone()).keep(format!("last {} {}", last.place, last.item), work);
}

impl Counts {
    /// From the texts that were kept: sessions and last counts.
    pub(in crate::floor) fn of(texts: Vec<String>) -> Self {
        let mut counts = Self::default();
        let mut lines: BTreeMap<SessionId, BTreeMap<usize, Line>> = BTreeMap::new();
        for row in texts.iter().filter_map(|text| serde_json::from_str(text).ok()) {
            match row {
                Row::Session(session) => drop(counts.sessions.insert(session.id().clone(), *session)),
                Row::Line { session, number, line } => drop(lines.entry(session).or_default().insert(number, *line)),
                Row::Last(last) => drop(counts.last.insert((last.item.clone(), last.place.clone()), last)),
                Row::Number(number) => counts.number = number,
            }
        }
        for (id, lines) in lines {
            if let Some(session) = counts.sessions.get_mut(&id) {
                session.put_lines(lines.into_values().collect());
            }
        }
        counts
    }

    pub(super) fn is_open(session: &CountSession) -> bool {
        !matches!(session.state(), State::Completed | State::Cancelled)
    }

    /// # Errors
    /// There are too many open sessions for another.
    pub(super) fn check_room(&self) -> Result<(), Refusal> {
        let open = self.sessions.values().filter(|session| Self::is_open(session)).count();
        if open < OPEN_MAX {
            return Ok(());
        }
        Err(Refusal::CountsFull { open })
    }
}

impl Floor {
    /// A session was told something, and was `before` until then: what changed is kept with `work`.
    pub(super) fn depart(&mut self, id: &SessionId, before: Option<CountSession>, work: &mut Work) {
        let Some(after) = self.counts.sessions.get(id) else { return };
        if before.as_ref() == Some(after) {
            return;
        }
        let known = before.as_ref().filter(|_| !self.counts.unkept.contains(id));
        if known.is_none() {
            Row::Number(self.counts.number).keep("number", work);
        }
        keep_changes(known, after, work);
        work.parts.push(Part::Facts(Facts::Count { session: id.clone() }));
        let forgotten = self.forget_ended(work);
        let flight = Flight { before, forgotten, late_after: false, late_before: false };
        self.counts.flights.insert(id.clone(), flight);
    }

    pub(in crate::floor) fn count_committed(&mut self, id: &SessionId) {
        let Some(flight) = self.counts.flights.remove(id) else { return };
        self.counts.unkept.remove(id);
        if flight.late_after {
            self.keep_late(None, id);
        }
    }

    /// Nothing of it was recorded: all is as before.
    pub(in crate::floor) fn count_failed(&mut self, id: &SessionId) {
        let Some(flight) = self.counts.flights.remove(id) else { return };
        match flight.before {
            Some(before) => drop(self.counts.sessions.insert(id.clone(), before)),
            None => drop(self.counts.sessions.remove(id)),
        }
        for session in flight.forgotten {
            self.counts.sessions.insert(session.id().clone(), session);
        }
        if flight.late_before {
            self.keep_late(None, id);
        }
    }

    pub(in crate::floor) fn last_counted(&mut self, last: &LastCount) {
        self.changed.bins.extend(last.place.bin().cloned());
        self.counts.last.insert((last.item.clone(), last.place.clone()), last.clone());
    }

    /// A late movement could not be kept with its session: all of the session is, next time.
    pub(in crate::floor) fn late_not_kept(&mut self, id: &SessionId) {
        self.counts.unkept.insert(id.clone());
    }

    fn keep_late(&mut self, before: Option<&CountSession>, id: &SessionId) {
        // What only a station knows yet is kept with its end.
        let Some(session) = self.counts.sessions.get(id).filter(|_| !self.counts.unkept.contains(id)) else { return };
        let mut work = Work::default();
        keep_changes(before, session, &mut work);
        work.parts.push(Part::Facts(Facts::Late { session: id.clone() }));
        self.submit(work);
    }

    /// What was recorded only now, of a time before somebody counted there: the books should have known it then. What
    /// is taken back never was, and an adjustment moves no part: the books were wrong at every count before it.
    pub(in crate::floor) fn late_for_counts(&mut self, now: &Moment, recorded: &Recorded) {
        let movement = &recorded.movement;
        let units = i64::try_from(movement.qty.units()).unwrap_or(i64::MAX);
        let is_adjustment = [&movement.from, &movement.to].contains(&&Place::Variance);
        let at = match recorded.happened {
            _ if is_adjustment => WallTime::from_millis(i64::MIN),
            Some(happened) => happened,
            None => movement.at,
        };
        let cell = |place: &Place, change| (movement.item.clone(), place.clone(), change);
        self.books_change_for_counts(now, at, &[cell(&movement.from, -units), cell(&movement.to, units)]);
    }

    /// The books change, by so many units of an item at a place, and should have known it at `at`: nothing that was counted
    /// after that is different for it.
    pub(in crate::floor) fn books_change_for_counts(
        &mut self,
        now: &Moment,
        at: WallTime,
        changes: &[(ItemCode, Place, i64)],
    ) {
        let tell = |session: &mut CountSession| {
            let mut mattered = false;
            for (item, place, change) in changes {
                let Some(line) = session.line_of(item, place) else { continue };
                let by = session.by().clone();
                // A session that is over takes nothing any more.
                let told = session.handle(Input::Late { line, at, change: *change }, &by, now.wall);
                mattered |= matches!(told, Ok(Outcome { told: Told::Late { mattered: true }, .. }));
            }
            mattered
        };
        let concerns =
            |session: &&CountSession| changes.iter().any(|(item, place, _)| session.line_of(item, place).is_some());
        let ids: Vec<SessionId> =
            self.counts.sessions.values().filter(concerns).map(|session| session.id().clone()).collect();
        for id in ids {
            let Some(session) = self.counts.sessions.get_mut(&id) else { continue };
            let before = session.clone();
            let mattered = tell(session);
            if let Some(flight) = self.counts.flights.get_mut(&id) {
                flight.late_after |= mattered;
                flight.late_before |= flight.before.as_mut().is_some_and(tell);
            } else if mattered {
                self.keep_late(Some(&before), &id);
            }
        }
    }

    /// Drops the oldest sessions that are over, when they are too many.
    fn forget_ended(&mut self, work: &mut Work) -> Vec<CountSession> {
        let is_ended =
            |session: &&CountSession| !Counts::is_open(session) && !self.counts.flights.contains_key(session.id());
        let mut ended: Vec<_> = self.counts.sessions.values().filter(is_ended).collect();
        ended.sort_by_key(|session| session.opened());
        let surplus = ended.len().saturating_sub(ENDED_MAX);
        let gone: Vec<SessionId> = ended.iter().take(surplus).map(|session| session.id().clone()).collect();
        let gone: Vec<CountSession> = gone.iter().filter_map(|id| self.counts.sessions.remove(id)).collect();
        for session in &gone {
            let lines = (0..session.lines().len()).map(|number| line_name(session.id(), number));
            for name in lines.chain([session.id().0.to_string()]) {
                work.push(Statement::Forget(KeptKey::new("count", name)), Part::Facts(Facts::Plain));
            }
        }
        gone
    }
}
