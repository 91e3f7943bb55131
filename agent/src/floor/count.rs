//! Counts: sessions that people hold over the API, and those that a station makes of scans. Both end in postings: the
//! difference to what the books said when the count began, so that what moves meanwhile stays moved.

use std::collections::BTreeMap;

use gateway_proto::{
    movement::Movement,
    name::{DeviceName, ItemCode, PlaceName, Text},
    place::Place,
    time::WallTime,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Floor,
    command::CountCommand,
    fuse::{Facts, Part, Work},
    moment::Moment,
    order::Caller,
    weighed::Weighed,
};
use crate::{
    movement::{
        counting::{
            Accuracy, Cadence, Candidate, Class, CountSession, Due, How, Input, Instant, Kept as KeptBy, LineNo,
            Outcome, Reason, Refusal, Scope, SessionId, Sight, Standing, State, Told, Tolerance, Wanted, Zero,
            accuracy, due,
        },
        entry::{Kept, KeptKey, Posting, Statement},
        said::ActId,
        session::CountLine,
    },
    register::{
        fact::{Fact, Kind},
        item,
    },
};

/// Sessions that are kept after their end, for people to look at. What was counted when is kept for good.
const ENDED_MAX: usize = 100;

/// All count sessions, and when what was counted last.
#[derive(Debug, Default)]
pub(super) struct Counts {
    sessions: BTreeMap<SessionId, CountSession>,
    /// Counts at stations, from their first scan to their last.
    open: BTreeMap<ActId, OpenCount>,
    last: BTreeMap<(ItemCode, Place), LastCount>,
}

/// A count at a station.
#[derive(Debug)]
struct OpenCount {
    session: SessionId,
    place: Place,
    by: Text,
    lines: Vec<CountLine>,
}

/// The newest count of an item at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LastCount {
    item: ItemCode,
    place: Place,
    at: WallTime,
    counted: u64,
    books: i64,
}

impl Counts {
    /// From the texts that were kept: sessions and last counts.
    pub(super) fn of(texts: Vec<String>) -> Self {
        let mut counts = Self::default();
        for text in texts {
            if let Ok(session) = serde_json::from_str::<CountSession>(&text) {
                counts.sessions.insert(session.id().clone(), session);
            } else if let Ok(last) = serde_json::from_str::<LastCount>(&text) {
                counts.last.insert((last.item.clone(), last.place.clone()), last);
            }
        }
        counts
    }
}

impl Floor {
    /// Takes what a person says to a count session.
    pub(super) fn count(&mut self, now: &Moment, caller: Caller, by: &Text, step: CountCommand) {
        let mut work = Work::default();
        match self.count_step(now, by, step, &mut work) {
            Ok(value) => self.command_work(caller, value, work),
            Err(why) => self.done_at_once(caller, Err(why)),
        }
    }

    fn count_step(&mut self, now: &Moment, by: &Text, step: CountCommand, work: &mut Work) -> Result<Value, String> {
        let line_of = |floor: &Self, session: &SessionId, place: &Place, item: Option<ItemCode>| {
            let known = floor.counts.sessions.get(session).ok_or_else(|| format!("there is no count {}", session.0))?;
            let item = item.or_else(|| floor.item_at(place)).ok_or("say which item was counted")?;
            match known.line_of(&item, place) {
                Some(line) => Ok::<_, String>((line, None)),
                None => Ok((LineNo(0), Some(floor.wanted(item, place.clone())))),
            }
        };
        let (id, input) = match step {
            CountCommand::Open { bins, items, due, sight } => {
                return self.open_session(now, by, &bins, &items, due, sight, work);
            }
            CountCommand::Line { session, place, item, pieces, plus } => {
                let (mut line, wanted) = line_of(self, &session, &place, item)?;
                if let Some(wanted) = wanted {
                    let (item, place) = (wanted.item.clone(), wanted.place.clone());
                    self.tell_session(now, &session, Input::Add(wanted), by, work)?;
                    let known = self.counts.sessions.get(&session);
                    line = known.and_then(|known| known.line_of(&item, &place)).unwrap_or(line);
                }
                let how = if plus { How::Plus } else { How::Whole };
                let now = self.instant(now, &session, line);
                (session, Input::Count { line, pieces, how, now })
            }
            CountCommand::Begin { session, line } => {
                let now = self.instant(now, &session, line);
                (session, Input::Open { line, now })
            }
            CountCommand::Zero { session, line, empty } => {
                let now = self.instant(now, &session, line);
                (session, Input::Zero { line, answer: if empty { Zero::Yes } else { Zero::No }, now })
            }
            CountCommand::Skip { session, line, why } => (session, Input::Skip { line, why }),
            CountCommand::Finish { session } => (session, Input::Finish),
            CountCommand::Recount { session, line } => (session, Input::Recount { line }),
            CountCommand::Accept { session, line, tally } => (session, Input::Accept { line, tally }),
            CountCommand::Explain { session, line, reason, note } => (session, Input::Explain { line, reason, note }),
            CountCommand::Complete { session } => (session, Input::Complete),
            CountCommand::Cancel { session } => (session, Input::Cancel),
        };
        let outcome = self.tell_session(now, &id, input, by, work)?;
        Ok(json!({
            "session": id,
            "state": outcome.state,
            "text": outcome.told.to_string(),
            "warnings": outcome.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "posts": outcome.posts,
        }))
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one command")]
    fn open_session(
        &mut self,
        now: &Moment,
        by: &Text,
        bins: &[PlaceName],
        items: &[ItemCode],
        limit: Option<usize>,
        sight: Sight,
        work: &mut Work,
    ) -> Result<Value, String> {
        let mut wanted = Vec::new();
        let scope = if let Some(limit) = limit {
            wanted.extend(self.due(now).into_iter().take(limit).map(|due| self.wanted(due.item, due.place)));
            Scope::Due
        } else if items.is_empty() {
            let places: Vec<Place> = bins.iter().cloned().map(Place::Bin).collect();
            for place in &places {
                wanted.extend(self.at_place(place).into_iter().map(|item| self.wanted(item, place.clone())));
            }
            Scope::Bins(places)
        } else {
            let held: Vec<(ItemCode, Place)> = self
                .stock
                .iter()
                .filter(|(item, place, _)| items.contains(item) && place.is_on_site())
                .map(|(item, place, _)| (item.clone(), place.clone()))
                .collect();
            wanted.extend(held.into_iter().map(|(item, place)| self.wanted(item, place)));
            Scope::Items(items.to_vec())
        };
        if wanted.is_empty() {
            return Err("there is nothing to count; name bins or items, or ask for what is due".to_owned());
        }
        let id = self.new_session_id(now, "count");
        let session = CountSession::new(id.clone(), by.clone(), now.wall, scope, sight, Tolerance::default(), wanted)
            .map_err(|refusal| refusal.to_string())?;
        let lines = session.lines().len();
        self.keep_session_of_count(&session, work);
        self.counts.sessions.insert(id.clone(), session);
        Ok(json!({ "session": id, "lines": lines, "text": format!("count {} has {lines} lines", id.0) }))
    }

    /// Hands an input to a session; what it posts goes into `work`. The session changes at once and is put back by
    /// nobody: should its commit fail, the same input said again is a recount, and a completion posts the same again.
    fn tell_session(
        &mut self,
        now: &Moment,
        id: &SessionId,
        input: Input,
        by: &Text,
        work: &mut Work,
    ) -> Result<Outcome, String> {
        let session = self.counts.sessions.get_mut(id).ok_or_else(|| format!("there is no count {}", id.0))?;
        let was_completed = session.state() == State::Completed;
        let outcome = session.handle(input, by, now.wall).map_err(|refusal: Refusal| refusal.to_string())?;
        let session = session.clone();
        self.keep_session_of_count(&session, work);
        // A completion that is said again gives the same posts; they are in the ledger.
        if !was_completed {
            self.post(now, &outcome, work);
        }
        self.forget_ended(work);
        Ok(outcome)
    }

    /// What was recorded only now of a time before somebody counted there: the books should have known it then.
    pub(super) fn late_for_counts(&mut self, now: &Moment, movement: &Movement) {
        let units = i64::try_from(movement.qty.units()).unwrap_or(i64::MAX);
        let mut work = Work::default();
        let mut concerned = Vec::new();
        for session in self.counts.sessions.values_mut() {
            for (place, change) in [(&movement.from, -units), (&movement.to, units)] {
                let Some(line) = session.line_of(&movement.item, place) else { continue };
                let late = Input::Late { line, at: movement.at, change };
                let by = session.by().clone();
                // A session that is over takes nothing any more.
                if let Ok(Outcome { told: Told::Late { mattered: true }, .. }) = session.handle(late, &by, now.wall) {
                    concerned.push(session.clone());
                }
            }
        }
        for session in &concerned {
            self.keep_session_of_count(session, &mut work);
        }
        self.submit(work);
    }

    fn post(&mut self, now: &Moment, outcome: &Outcome, work: &mut Work) {
        for post in &outcome.posts {
            let by: DeviceName = "count".parse().expect("a valid name");
            let posting = Posting {
                at: now.wall,
                clock: now.clock.clone(),
                by,
                actor: Some(post.facts.by.clone()),
                item: post.item.clone(),
                place: post.place.clone(),
                found: post.facts.counted,
                expected: Some(post.facts.expected),
                change: post.delta,
                reason: post.reason.and_then(|reason| reason.words().parse().ok()),
                reference: post.key.to_string().parse().ok(),
            };
            let part = if post.delta == 0 { Part::Facts(Facts::Plain) } else { Part::Other };
            work.push(Statement::Posting(Box::new(posting)), part);
            let last = LastCount {
                item: post.item.clone(),
                place: post.place.clone(),
                at: post.facts.at,
                counted: post.facts.counted,
                books: post.facts.expected,
            };
            let text = serde_json::to_string(&last).expect("a count is plain data");
            let key = KeptKey::new("count", format!("last {} {}", last.place, last.item));
            work.push(Statement::Keep(Kept { key, text }), Part::Facts(Facts::Plain));
            self.counts.last.insert((last.item.clone(), last.place.clone()), last);
        }
        for anchor in &outcome.anchors {
            self.disagreements.remove(&anchor.bin);
            // The fact itself changes nothing in the file; that it is committed re-anchors the scale.
            let key = KeptKey::new("anchor", anchor.bin.as_str());
            let (bin, pieces, gross) = (anchor.bin.clone(), anchor.pieces, anchor.gross);
            work.push(Statement::Forget(key), Part::Facts(Facts::Anchor { bin, pieces, gross }));
        }
    }

    fn keep_session_of_count(&self, session: &CountSession, work: &mut Work) {
        let text = serde_json::to_string(session).expect("a session is plain data");
        let key = KeptKey::new("count", session.id().0.as_str());
        work.push(Statement::Keep(Kept { key, text }), Part::Facts(Facts::Plain));
    }

    fn forget_ended(&mut self, work: &mut Work) {
        let is_ended = |session: &CountSession| matches!(session.state(), State::Completed | State::Cancelled);
        let mut ended: Vec<_> = self.counts.sessions.values().filter(|session| is_ended(session)).collect();
        ended.sort_by_key(|session| session.opened());
        let surplus = ended.len().saturating_sub(ENDED_MAX);
        let gone: Vec<SessionId> = ended.iter().take(surplus).map(|session| session.id().clone()).collect();
        for id in gone {
            self.counts.sessions.remove(&id);
            work.push(Statement::Forget(KeptKey::new("count", id.0.as_str())), Part::Facts(Facts::Plain));
        }
    }

    /// A count at a station begins: what the books say now is what it is held against.
    pub(super) fn station_count_begun(&mut self, now: &Moment, count: ActId, place: Place, by: Text) {
        let is_asked_again = |session: &&CountSession| {
            session.state() == State::Investigating && session.lines().iter().all(|line| line.place == place)
        };
        let again = self.counts.sessions.values().find(is_asked_again).map(|session| session.id().clone());
        let id = match again {
            Some(id) => id,
            None => {
                let id = self.new_session_id(now, "station");
                let wanted: Vec<Wanted> =
                    self.at_place(&place).into_iter().map(|item| self.wanted(item, place.clone())).collect();
                let scope = Scope::Bins(vec![place.clone()]);
                let session = CountSession::new(
                    id.clone(),
                    by.clone(),
                    now.wall,
                    scope,
                    Sight::Blind,
                    Tolerance::default(),
                    wanted,
                );
                let Ok(session) = session else { return };
                self.counts.sessions.insert(id.clone(), session);
                id
            }
        };
        let lines: Vec<LineNo> = self.lines_of(&id);
        for line in lines {
            let at = self.instant(now, &id, line);
            if let Some(session) = self.counts.sessions.get_mut(&id) {
                // A line that is settled already is not opened; its count says so below.
                let _ = session.handle(Input::Open { line, now: at }, &by, now.wall);
            }
        }
        self.counts.open.insert(count, OpenCount { session: id, place, by, lines: Vec::new() });
    }

    pub(super) fn station_counted(&mut self, line: CountLine) {
        if let Some(open) = self.counts.open.get_mut(&line.count) {
            open.lines.push(line);
        }
    }

    pub(super) fn station_count_dropped(&mut self, count: ActId) {
        if let Some(open) = self.counts.open.remove(&count)
            && self.counts.sessions.get(&open.session).is_some_and(|session| session.state() != State::Investigating)
        {
            self.counts.sessions.remove(&open.session);
        }
    }

    /// A count at a station ends: posted, or asked for once more. What to tell the person.
    pub(super) fn station_count_ended(&mut self, now: &Moment, count: ActId, work: &mut Work) -> String {
        let Some(open) = self.counts.open.remove(&count) else { return String::new() };
        match self.station_count_posted(now, &open, work) {
            Ok(text) => text,
            Err(why) => format!("count of {} is not taken: {why}", open.place),
        }
    }

    fn station_count_posted(&mut self, now: &Moment, open: &OpenCount, work: &mut Work) -> Result<String, String> {
        let (id, by) = (&open.session, &open.by);
        let mut found: BTreeMap<ItemCode, u64> = BTreeMap::new();
        for line in &open.lines {
            let sum = found.entry(line.item.clone()).or_default();
            *sum = sum.saturating_add(line.qty);
        }
        for item in found.keys() {
            let session = self.counts.sessions.get(id).ok_or("it is gone")?;
            if session.line_of(item, &open.place).is_none() {
                let wanted = self.wanted(item.clone(), open.place.clone());
                self.tell_session(now, id, Input::Add(wanted), by, work)?;
            }
        }
        for line in self.lines_of(id) {
            let Some(item) = self.line_item(id, line) else { continue };
            let at = self.instant(now, id, line);
            let input = match found.get(&item).copied().filter(|pieces| *pieces > 0) {
                Some(pieces) => Input::Count { line, pieces, how: How::Whole, now: at },
                // The person looked at the whole place and did not find it.
                None => Input::Zero { line, answer: Zero::Yes, now: at },
            };
            if self.is_open(id, line) {
                self.tell_session(now, id, input, by, work)?;
            }
        }
        let state = match self.counts.sessions.get(id).map(CountSession::state) {
            Some(State::Requested | State::Counting | State::Counted) => {
                self.tell_session(now, id, Input::Finish, by, work)?.state
            }
            Some(state) => state,
            None => return Err("it is gone".to_owned()),
        };
        if state == State::Investigating {
            return Ok(format!("count {} once more, by somebody else if possible", open.place));
        }
        let said = open.lines.iter().find_map(|line| line.reason.as_ref());
        let reason = said.and_then(|said| reason_of(said.as_str())).unwrap_or(Reason::Miscount);
        for line in self.lines_of(id) {
            if self.lacks_reason(id, line) {
                let explain = |reason| Input::Explain { line, reason, note: said.cloned() };
                if self.tell_session(now, id, explain(reason), by, work).is_err() {
                    self.tell_session(now, id, explain(Reason::Miscount), by, work)?;
                }
            }
        }
        let outcome = self.tell_session(now, id, Input::Complete, by, work)?;
        Ok(format!("{} is counted: {}", open.place, outcome.told))
    }

    /// What is due to be counted, most urgent first.
    pub(super) fn due(&self, now: &Moment) -> Vec<Due> {
        let mut candidates: BTreeMap<(ItemCode, Place), Candidate> = BTreeMap::new();
        let bins = self.register.facts(Kind::Bin).filter_map(|(fact, _)| match fact {
            Fact::Bin(bin) => Some((bin.item, Place::Bin(bin.name))),
            Fact::Item(_)
            | Fact::Alias(_)
            | Fact::Container(_)
            | Fact::Operator(_)
            | Fact::Asset(_)
            | Fact::Shipment(_) => None,
        });
        let held = self.stock.iter().filter(|(_, place, _)| place.is_on_site());
        let held = held.map(|(item, place, _)| (item.clone(), place.clone()));
        for (item, place) in bins.chain(held) {
            let key = (item.clone(), place.clone());
            candidates.entry(key).or_insert_with(|| self.candidate(item, place));
        }
        let candidates: Vec<Candidate> = candidates.into_values().collect();
        due(&candidates, now.wall, &Cadence::default())
    }

    fn candidate(&self, item: ItemCode, place: Place) -> Candidate {
        let (bin, weighed) = self.bin_of(&place);
        let class = self.register.item(item.as_str()).and_then(|item| item.class);
        Candidate {
            class: match class {
                Some(item::Class::A) => Class::A,
                Some(item::Class::B) => Class::B,
                Some(item::Class::C) | None => Class::C,
            },
            last_count: self.counts.last.get(&(item.clone(), place.clone())).map(|last| last.at),
            disagreements: bin.and_then(|bin| self.disagreements.get(bin)).copied().unwrap_or(0),
            at_zero: self.stock.held(&item, &place).unwrap_or(0) == 0,
            sure: weighed.map(|weighed| weighed.counted().map_or(0.0, |counted| counted.sure)),
            value: None,
            item,
            place,
        }
    }

    /// How good the books were at the newest count of each item in each place: per item, and over all.
    pub(super) fn accuracy(&self) -> Value {
        let tolerance = Tolerance::default();
        let mut all = Accuracy::default();
        let mut items: BTreeMap<&ItemCode, (f64, u32)> = BTreeMap::new();
        for last in self.counts.last.values() {
            all.add(last.counted, last.books, &tolerance);
            let (sum, count) = items.entry(&last.item).or_default();
            *sum += accuracy(last.counted, last.books);
            *count += 1;
        }
        let items: BTreeMap<&str, f64> =
            items.into_iter().map(|(item, (sum, count))| (item.as_str(), sum / f64::from(count))).collect();
        json!({ "records": all.counted, "within_tolerance": all.share_within(), "mean": all.mean(), "items": items })
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &CountSession> {
        self.counts.sessions.values()
    }

    pub(super) fn session_of_count(&self, id: &SessionId) -> Option<&CountSession> {
        self.counts.sessions.get(id)
    }

    fn new_session_id(&mut self, now: &Moment, word: &str) -> SessionId {
        let at = now.wall.to_string();
        let day: String = at.chars().take(10).collect();
        let mut number = 1;
        loop {
            let id: Text = format!("{word}-{day}-{number}").parse().expect("short and printable");
            let id = SessionId(id);
            if !self.counts.sessions.contains_key(&id) {
                return id;
            }
            number += 1;
        }
    }

    fn wanted(&self, item: ItemCode, place: Place) -> Wanted {
        let weighed = self.bin_of(&place).1;
        let kept = match weighed {
            Some(weighed) => KeptBy::OnScale { pieces: weighed.counted().map(|counted| counted.pieces) },
            None => KeptBy::ByHand,
        };
        Wanted { books: self.stock.held(&item, &place).unwrap_or(0), item, place, kept, price: None }
    }

    fn instant(&self, now: &Moment, id: &SessionId, line: LineNo) -> Instant {
        let line = self.counts.sessions.get(id).and_then(|session| session.lines().get(line.0 as usize));
        let books = line.and_then(|line| self.stock.held(&line.item, &line.place)).unwrap_or(0);
        let rest = line.and_then(|line| self.bin_of(&line.place).1).and_then(|weighed| weighed.meter.rest());
        Instant { at: now.wall, books, gross: rest.map(|rest| rest.gross) }
    }

    fn bin_of<'p>(&self, place: &'p Place) -> (Option<&'p PlaceName>, Option<&Weighed>) {
        match place {
            Place::Bin(bin) => (Some(bin), self.weighed.get(bin)),
            Place::Vendor
            | Place::Dock
            | Place::Bench
            | Place::Quarantine
            | Place::Field(_)
            | Place::Asset(_)
            | Place::Used
            | Place::Scrap
            | Place::Variance => (None, None),
        }
    }

    fn item_at(&self, place: &Place) -> Option<ItemCode> {
        let bin = self.bin_of(place).0?;
        self.register.bin(bin.as_str()).map(|bin| bin.item.clone())
    }

    /// What may lie at a place: its own item, and what the books hold there.
    fn at_place(&self, place: &Place) -> Vec<ItemCode> {
        let held = self.stock.iter().filter(|(_, at, units)| *at == place && *units != 0);
        let mut items: Vec<ItemCode> = self.item_at(place).into_iter().collect();
        for (item, ..) in held {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
        items
    }

    fn lines_of(&self, id: &SessionId) -> Vec<LineNo> {
        let lines = self.counts.sessions.get(id).map_or(0, |session| session.lines().len());
        (0..u32::try_from(lines).unwrap_or(0)).map(LineNo).collect()
    }

    fn line_item(&self, id: &SessionId, line: LineNo) -> Option<ItemCode> {
        Some(self.counts.sessions.get(id)?.lines().get(line.0 as usize)?.item.clone())
    }

    fn is_open(&self, id: &SessionId, line: LineNo) -> bool {
        let session = self.counts.sessions.get(id);
        session.is_some_and(|session| {
            let line = session.lines().get(line.0 as usize);
            line.is_some_and(|line| !matches!(line.standing(session.tolerance()), Standing::Settled(_)))
        })
    }

    fn lacks_reason(&self, id: &SessionId, line: LineNo) -> bool {
        let review = self.counts.sessions.get(id).map(CountSession::review_view);
        review.is_some_and(|review| review.lines.iter().any(|known| known.line == line && known.lacks_reason))
    }
}

/// The reason that a person's words name.
fn reason_of(said: &str) -> Option<Reason> {
    let is_it = |reason: &Reason| {
        let word = serde_json::to_value(reason).ok();
        word.as_ref().and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case(&said.replace('-', "_")))
            || reason.words().eq_ignore_ascii_case(said)
    };
    Reason::ALL.into_iter().find(is_it)
}
