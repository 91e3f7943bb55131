//! Counts: sessions that people hold over the API, and those that a station makes of scans. Both end in postings: the
//! difference to what the books said when the count began, so that what moves meanwhile stays moved.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gateway_proto::{
    name::{DeviceName, FeedName, ItemCode, PlaceName, Text},
    place::Place,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Floor,
    answer::CountCame,
    command::CountCommand,
    moment::Moment,
    order::Caller,
    refusal::Refusal,
    weighed::Weighed,
    why::Why,
    work::{Facts, Part, Work},
};
use crate::{
    movement::{
        counting::{
            self, Accuracy, Cadence, Candidate, Class, CountSession, Due, How, Input, Instant, Kept as KeptBy, LineNo,
            Outcome, Reason, Scope, SessionId, Sight, Standing, State, Tolerance, Wanted, Zero, accuracy, due,
        },
        entry::{KeptKey, Posting, Statement},
        said::ActId,
        session::CountLine,
    },
    register::{
        fact::{Fact, Kind},
        item,
    },
};

mod keep;

pub(super) use keep::LastCount;
use keep::{Flight, keep_last};

/// All count sessions, and when what was counted last.
#[derive(Debug, Default)]
pub(super) struct Counts {
    sessions: BTreeMap<SessionId, CountSession>,
    /// Counts at stations, from their first scan to their last.
    open: BTreeMap<ActId, OpenCount>,
    /// Those that ended and are being recorded.
    ended: BTreeMap<ActId, OpenCount>,
    last: BTreeMap<(ItemCode, Place), LastCount>,
    /// The newest session's number; none is given out twice.
    number: u64,
    flights: BTreeMap<SessionId, Flight>,
    /// Sessions of which the ledger may hold another state than their last.
    unkept: BTreeSet<SessionId>,
    /// What people said while a change was on its way to the ledger: two counts of one place must see each other.
    waiting: VecDeque<(Caller, Text, CountCommand)>,
}

/// How the names of sessions begin that people hold over the API, and that stations hold.
const LIST: &str = "count";
const STATION: &str = "station";

/// A count at a station.
#[derive(Debug, Clone)]
struct OpenCount {
    session: SessionId,
    place: Place,
    by: Text,
    lines: Vec<CountLine>,
}

impl Floor {
    /// Takes what a person says to a count session, once all that was said before is recorded.
    pub(super) fn count(&mut self, now: &Moment, caller: Caller, by: &Text, step: CountCommand) {
        self.counts.waiting.push_back((caller, by.clone(), step));
        self.count_waiting(now);
    }

    pub(super) fn count_waiting(&mut self, now: &Moment) {
        while self.counts.flights.is_empty()
            && let Some((caller, by, step)) = self.counts.waiting.pop_front()
        {
            let mut work = Work::default();
            match self.count_step(now, &by, step, &mut work) {
                Ok(value) => self.command_work(caller, value, work),
                Err(why) => self.done_at_once(caller, Err(why)),
            }
        }
    }

    fn count_step(&mut self, now: &Moment, by: &Text, step: CountCommand, work: &mut Work) -> Result<Value, Why> {
        let (id, input, added) = match step {
            CountCommand::Open { bins, items, due, sight } => {
                return self.open_session(now, by, &bins, &items, due, sight, work);
            }
            CountCommand::Line { session, place, item, pieces, plus } => {
                let known = self.counts.sessions.get(&session).ok_or_else(|| no_count(&session))?;
                let item = item.or_else(|| self.item_at(&place)).ok_or(Refusal::WhichItem)?;
                let how = if plus { How::Plus } else { How::Whole };
                let at = self.instant_at(now, &item, &place);
                let (line, added) = match known.line_of(&item, &place) {
                    Some(line) => (line, None),
                    None => {
                        self.check_elsewhere(&item, &place, Some(&session))?;
                        let next = LineNo(u32::try_from(known.lines().len()).unwrap_or(u32::MAX));
                        (next, Some(self.wanted(item, place)))
                    }
                };
                (session, Input::Count { line, pieces, how, now: at }, added)
            }
            CountCommand::Begin { session, line } => {
                let now = self.instant(now, &session, line);
                (session, Input::Open { line, now }, None)
            }
            CountCommand::Zero { session, line, empty } => {
                let now = self.instant(now, &session, line);
                (session, Input::Zero { line, answer: if empty { Zero::Yes } else { Zero::No }, now }, None)
            }
            CountCommand::Skip { session, line, why } => (session, Input::Skip { line, why }, None),
            CountCommand::Finish { session } => (session, Input::Finish, None),
            CountCommand::Recount { session, line } => (session, Input::Recount { line }, None),
            CountCommand::Accept { session, line, tally } => (session, Input::Accept { line, tally }, None),
            CountCommand::Explain { session, line, reason, note } => {
                (session, Input::Explain { line, reason, note }, None)
            }
            CountCommand::Complete { session } => (session, Input::Complete, None),
            CountCommand::Cancel { session } => (session, Input::Cancel, None),
        };
        let before = self.counts.sessions.get(&id).cloned().ok_or_else(|| no_count(&id))?;
        let told = match added {
            Some(wanted) => self.tell_session(now, &id, Input::Add(wanted), by),
            None => Ok(None),
        };
        let outcome = match told.and_then(|_| self.tell_session(now, &id, input, by)) {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Err(no_count(&id).into()),
            Err(why) => {
                self.counts.sessions.insert(id, before);
                return Err(why);
            }
        };
        // A completion that is said again gives the same posts; they are in the ledger.
        if before.state() != State::Completed {
            self.post(now, &outcome, &before, work);
        }
        self.depart(&id, Some(before), work);
        Ok(json!({
            "session": id,
            "state": outcome.state,
            "text": outcome.told.to_string(),
            "warnings": outcome.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "posts": outcome.posts,
        }))
    }

    /// Two lists with the same line are two people who correct the same difference.
    ///
    /// # Errors
    /// The line stands open in another list, which is named.
    fn check_elsewhere(&self, item: &ItemCode, place: &Place, but: Option<&SessionId>) -> Result<(), Refusal> {
        let Some(other) = self.listed_elsewhere(item, place).filter(|other| Some(other.id()) != but) else {
            return Ok(());
        };
        let (item, place) = (item.clone(), place.clone());
        Err(Refusal::CountedElsewhere { item, place, session: other.id().clone(), by: other.by().clone() })
    }

    /// The open list that a line stands in. A station's count of one place is none: it may wait for its second round
    /// for ever.
    fn listed_elsewhere(&self, item: &ItemCode, place: &Place) -> Option<&CountSession> {
        self.counts.sessions.values().find(|session| {
            Counts::is_open(session)
                && !session.id().0.as_str().starts_with(STATION)
                && session.line_of(item, place).is_some()
        })
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
    ) -> Result<Value, Why> {
        self.counts.check_room()?;
        let mut wanted = Vec::new();
        let scope = if let Some(limit) = limit {
            let due = self.due(now).into_iter().filter(|due| self.listed_elsewhere(&due.item, &due.place).is_none());
            wanted.extend(due.take(limit).map(|due| self.wanted(due.item, due.place)));
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
            return Err(Refusal::NothingToCount.into());
        }
        for wanted in &wanted {
            self.check_elsewhere(&wanted.item, &wanted.place, None)?;
        }
        let id = self.new_session_id(now, LIST);
        let session = CountSession::new(id.clone(), by.clone(), now.wall, scope, sight, Tolerance::default(), wanted)?;
        let lines = session.lines().len();
        self.counts.sessions.insert(id.clone(), session);
        self.depart(&id, None, work);
        let text = format!("count {} has {lines} {}", id.0, if lines == 1 { "line" } else { "lines" });
        Ok(json!({ "session": id, "lines": lines, "text": text }))
    }

    /// Hands an input to a session; `None` when there is no such session.
    fn tell_session(&mut self, now: &Moment, id: &SessionId, input: Input, by: &Text) -> Result<Option<Outcome>, Why> {
        let Some(session) = self.counts.sessions.get_mut(id) else { return Ok(None) };
        session.handle(input, by, now.wall).map(Some).map_err(|refusal: counting::Refusal| refusal.into())
    }

    fn post(&self, now: &Moment, outcome: &Outcome, session: &CountSession, work: &mut Work) {
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
                reference: Some(reference(session, post.key.line, self.catalog.feed(&post.item))),
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
            keep_last(&last, work);
            work.parts.push(Part::Facts(Facts::Counted(Box::new(last))));
        }
        for anchor in &outcome.anchors {
            // The fact itself changes nothing in the file; that it is committed re-anchors the scale.
            let key = KeptKey::new("anchor", anchor.bin.as_str());
            let (bin, pieces, gross) = (anchor.bin.clone(), anchor.pieces, anchor.gross);
            work.push(Statement::Forget(key), Part::Facts(Facts::Anchor { bin, pieces, gross }));
        }
    }

    /// A count at a station begins: what the books say now is what it is held against.
    ///
    /// # Errors
    /// Why no more can begin, for the person.
    pub(super) fn station_count_begun(
        &mut self,
        now: &Moment,
        count: ActId,
        place: Place,
        by: Text,
    ) -> Result<(), Why> {
        let is_asked_again = |session: &&CountSession| {
            session.state() == State::Investigating && session.lines().iter().all(|line| line.place == place)
        };
        let again = self.counts.sessions.values().find(is_asked_again).map(|session| session.id().clone());
        let id = match again {
            Some(id) => id,
            None => {
                self.counts.check_room()?;
                let id = self.new_session_id(now, STATION);
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
                )?;
                self.counts.unkept.insert(id.clone());
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
        Ok(())
    }

    pub(super) fn station_counted(&mut self, line: CountLine) {
        if let Some(open) = self.counts.open.get_mut(&line.count) {
            open.lines.push(line);
        }
    }

    /// A restart forgets what the books said when a count began: there is nothing to hold it against.
    pub(super) fn station_counts(&self, count: ActId) -> bool {
        self.counts.open.contains_key(&count)
    }

    pub(super) fn station_count_recorded(&mut self, count: ActId) {
        self.counts.ended.remove(&count);
    }

    /// The end of a count could not be recorded: it goes on.
    pub(super) fn station_count_put_back(&mut self, count: ActId) {
        let Some(open) = self.counts.ended.remove(&count) else {
            // It began by the same scan.
            return self.station_count_dropped(count);
        };
        self.counts.open.insert(count, open);
    }

    pub(super) fn station_count_dropped(&mut self, count: ActId) {
        if let Some(open) = self.counts.open.remove(&count)
            && self.counts.sessions.get(&open.session).is_some_and(|session| session.state() != State::Investigating)
        {
            self.counts.sessions.remove(&open.session);
            self.counts.unkept.remove(&open.session);
        }
    }

    /// A count at a station ends: posted, or asked for once more. What to tell the person.
    ///
    /// # Errors
    /// Why it is not taken, for the person.
    pub(super) fn station_count_ended(
        &mut self,
        now: &Moment,
        count: ActId,
        work: &mut Work,
    ) -> Result<(String, Option<CountCame>), Why> {
        let Some(open) = self.counts.open.remove(&count) else { return Ok((String::new(), None)) };
        // Its lines are said again with its end.
        self.counts.ended.insert(count, OpenCount { lines: Vec::new(), ..open.clone() });
        let refused = |why: Why| Why::from(Refusal::CountNotTaken { place: open.place.clone(), why: Box::new(why) });
        let is_here = |id: &SessionId| {
            let session = self.counts.sessions.get(id);
            session.is_some_and(|session| session.lines().iter().any(|line| line.place == open.place))
        };
        if self.counts.flights.keys().any(is_here) {
            return Err(refused(Refusal::CountBusy.into()));
        }
        let before =
            self.counts.sessions.get(&open.session).cloned().ok_or_else(|| refused(Refusal::CountGone.into()))?;
        match self.station_count_posted(now, &open, work) {
            Ok((text, came)) => {
                self.depart(&open.session, Some(before), work);
                Ok((text, Some(came)))
            }
            Err(why) => {
                self.counts.sessions.insert(open.session.clone(), before);
                Err(refused(why))
            }
        }
    }

    fn station_count_posted(
        &mut self,
        now: &Moment,
        open: &OpenCount,
        work: &mut Work,
    ) -> Result<(String, CountCame), Why> {
        let (id, by) = (&open.session, &open.by);
        let mut found: BTreeMap<ItemCode, u64> = BTreeMap::new();
        for line in &open.lines {
            let sum = found.entry(line.item.clone()).or_default();
            *sum = sum.saturating_add(line.qty);
        }
        for item in found.keys() {
            let session = self.counts.sessions.get(id).ok_or(Refusal::CountGone)?;
            if session.line_of(item, &open.place).is_none() {
                let wanted = self.wanted(item.clone(), open.place.clone());
                self.tell_session(now, id, Input::Add(wanted), by)?;
            }
        }
        let mut missing = 0;
        for line in self.lines_of(id) {
            let Some(item) = self.line_item(id, line) else { continue };
            let at = self.instant(now, id, line);
            let input = match found.get(&item).copied().filter(|pieces| *pieces > 0) {
                Some(pieces) => Input::Count { line, pieces, how: How::Whole, now: at },
                // The person looked at the whole place and did not find it.
                None => Input::Zero { line, answer: Zero::Yes, now: at },
            };
            if self.is_open(id, line) {
                let is_held = self.stock.held(&item, &open.place).unwrap_or(0) != 0;
                missing += usize::from(is_held && matches!(input, Input::Zero { .. }));
                self.tell_session(now, id, input, by)?;
            }
        }
        let state = match self.counts.sessions.get(id).map(CountSession::state) {
            Some(State::Requested | State::Counting | State::Counted) => {
                self.tell_session(now, id, Input::Finish, by)?.ok_or(Refusal::CountGone)?.state
            }
            Some(state) => state,
            None => return Err(Refusal::CountGone.into()),
        };
        if state == State::Investigating {
            let place = &open.place;
            let came = CountCame::Again { place: place.clone(), missing };
            let missing = match missing {
                0 => String::new(),
                1 => format!(". 1 item that the books hold at {place} was not found: not found again it becomes 0"),
                more => {
                    format!(
                        ". {more} items that the books hold at {place} were not found: not found again they become 0"
                    )
                }
            };
            return Ok((format!("count all of {place} once more, by somebody else if possible{missing}"), came));
        }
        let said = open.lines.iter().find_map(|line| line.reason.as_ref());
        let reason = said.and_then(|said| reason_of(said.as_str())).unwrap_or(Reason::Miscount);
        for line in self.lines_of(id) {
            if self.lacks_reason(id, line) {
                let explain = |reason| Input::Explain { line, reason, note: said.cloned() };
                if self.tell_session(now, id, explain(reason), by).is_err() {
                    self.tell_session(now, id, explain(Reason::Miscount), by)?;
                }
            }
        }
        let session = self.counts.sessions.get(id).cloned().ok_or(Refusal::CountGone)?;
        let outcome = self.tell_session(now, id, Input::Complete, by)?.ok_or(Refusal::CountGone)?;
        self.post(now, &outcome, &session, work);
        let corrections = outcome.posts.iter().filter(|post| post.delta != 0).count();
        let came = CountCame::Posted { place: open.place.clone(), corrections };
        Ok((format!("{} is counted: {}", open.place, outcome.told), came))
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

    /// When an item was last counted at a place.
    pub(super) fn last_count(&self, item: &ItemCode, place: &Place) -> Option<gateway_proto::time::WallTime> {
        self.counts.last.get(&(item.clone(), place.clone())).map(|last| last.at)
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &CountSession> {
        self.counts.sessions.values()
    }

    pub(super) fn session_of_count(&self, id: &SessionId) -> Option<&CountSession> {
        self.counts.sessions.get(id)
    }

    /// The number counts on over days and restarts: what was posted under a name is never told of another session.
    fn new_session_id(&mut self, now: &Moment, word: &str) -> SessionId {
        let at = now.wall.to_string();
        let day: String = at.chars().take(10).collect();
        self.counts.number += 1;
        SessionId(format!("{word}-{day}-{}", self.counts.number).parse().expect("short and printable"))
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
        line.map_or(Instant { at: now.wall, books: 0, gross: None }, |line| {
            self.instant_at(now, &line.item, &line.place)
        })
    }

    fn instant_at(&self, now: &Moment, item: &ItemCode, place: &Place) -> Instant {
        let rest = self.bin_of(place).1.and_then(|weighed| weighed.meter.rest());
        let books = self.stock.held(item, place).unwrap_or(0);
        Instant { at: now.wall, books, gross: rest.map(|rest| rest.gross) }
    }

    fn bin_of<'p>(&self, place: &'p Place) -> (Option<&'p PlaceName>, Option<&Weighed>) {
        let bin = place.bin();
        (bin, bin.and_then(|bin| self.weighed.get(bin)))
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

fn no_count(id: &SessionId) -> Refusal {
    Refusal::NoCount(id.clone())
}

/// Under what a feed hears of a line, the same whenever it is posted. Names and numbers of a session would tell one
/// vendor how much of others is counted; this tells feeds apart, and who opened the session at which millisecond goes
/// in so that nobody finds out by trying names.
fn reference(session: &CountSession, line: LineNo, feed: Option<&FeedName>) -> Text {
    let opened = session.opened().millis().to_be_bytes();
    let feed = feed.map(FeedName::as_str).unwrap_or_default();
    let parts = [session.id().0.as_str().as_bytes(), session.by().as_str().as_bytes(), &opened, feed.as_bytes()];
    let mut hash = Sha256::new();
    for part in parts.into_iter().chain([&line.0.to_be_bytes()[..]]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digits: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("count-{digits}").parse().expect("short and printable")
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
