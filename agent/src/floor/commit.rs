//! What the ledger answered: who has to hear of it, and what the books hold since.

use std::collections::{BTreeMap, BTreeSet};

use gateway_proto::{
    name::{FeedName, ItemCode, PlaceName},
    place::Place,
    record::Seq,
};

use super::{
    Floor, Pending,
    acts::{By, Made, Stage, Storage},
    answer::Came,
    later::Later,
    moment::Moment,
    notice::Matter,
    order::{Caller, Heard, NotRecorded, Order, Ticket},
    scan::Step,
    weighed::Difference,
    why::Why,
    work::{Facts, Part},
};
use crate::{
    device::scanner_host::Verdict,
    movement::{
        entry::{Outcome, Position, Recorded},
        fusion::{self, Answer, Proposed},
        said::ActId,
    },
    register::catalog::UNASSIGNED,
};

/// What one commit changed, until everybody concerned has been told.
#[derive(Debug, Default)]
struct News {
    /// Acts of which something else stands now, and the end that knows already.
    acts: BTreeMap<ActId, Option<PlaceName>>,
    /// Bins that were told, and may have something to do.
    bins: BTreeSet<PlaceName>,
    /// The acts whose movements were taken back.
    backs: BTreeMap<(FeedName, Seq), ActId>,
    /// Acts that look different.
    shown: BTreeSet<ActId>,
}

impl Floor {
    /// Takes what became of an order to record.
    pub fn handle_commit(&mut self, now: &Moment, ticket: Ticket, answer: Result<Outcome, NotRecorded>) {
        let Some(pending) = self.pending.remove(&ticket) else { return };
        match answer {
            Ok(outcome) => self.committed(now, pending, outcome),
            Err(why) => self.not_committed(now, pending, &why),
        }
        self.finish(now);
    }

    fn committed(&mut self, now: &Moment, pending: Pending, outcome: Outcome) {
        let recorded = match outcome {
            Outcome::Recorded(recorded) => recorded,
            Outcome::NoChange => Vec::new(),
            Outcome::Repeated => return self.repeated(now, pending),
        };
        let Pending { parts, caller, again, text, step, after, .. } = pending;
        for act in step.iter().flat_map(|step| step.acts()) {
            self.station_count_recorded(act);
        }
        let mut news = News::default();
        for recorded in &recorded {
            self.stock.apply(recorded);
            self.newest.recorded(recorded);
            if let Some(seq) = recorded.movement.corrects
                && let Some(act) = self.acts.taken_back(&Position { seq, ..recorded.position() })
            {
                news.backs.insert((recorded.feed.clone(), seq), act);
                news.shown.insert(act);
                if self.acts.get(act).is_some_and(|trace| trace.standing() == 0) {
                    news.acts.insert(act, None);
                }
            }
            self.touch(&recorded.movement.item, &recorded.movement.from);
            self.touch(&recorded.movement.item, &recorded.movement.to);
            self.late_for_counts(now, recorded);
            self.adjustment_undone(now, recorded);
        }
        let mut rest = &recorded[..];
        for part in &parts {
            rest = self.part_committed(now, part, rest, &mut news);
        }
        self.tell_ends(now, &mut news);
        self.show(&news, step.as_deref(), now);
        self.orders.extend(recorded.into_iter().map(|recorded| Order::Recorded(Box::new(recorded))));
        let heard = Heard { verdict: Verdict::Accepted, is_repetition: false, text };
        self.reply_to_all(caller, again, &heard, None);
        for work in after {
            self.submit(work);
        }
        for bin in news.bins {
            self.touched.remove(&bin);
            self.drain(now, &bin);
            self.level_settled(&bin);
        }
        self.settle_touched(now);
    }

    /// Marks what looks different since the commit.
    fn show(&mut self, news: &News, step: Option<&Step>, now: &Moment) {
        if let Some(step) = step {
            self.step_answered(now, step, None);
        }
        for act in news.shown.iter().chain(news.acts.keys()) {
            self.act_changed(*act);
        }
        self.changed.bins.extend(news.bins.iter().cloned());
    }

    /// What was said is in the ledger already: this saying of it comes to nothing.
    fn repeated(&mut self, now: &Moment, pending: Pending) {
        let Pending { parts, caller, again, step, text, after, .. } = pending;
        self.unrecorded(now, &parts, caller, Answer::Failed);
        after.into_iter().for_each(|work| self.abandon(now, work));
        self.not_taken(now, step, Came::Repeated);
        let heard = Heard { verdict: Verdict::Accepted, is_repetition: true, text };
        self.reply_to_all(caller, again, &heard, None);
    }

    /// Takes its movements off `recorded`; what is left is of the parts behind it.
    fn part_committed<'r>(
        &mut self,
        now: &Moment,
        part: &Part,
        recorded: &'r [Recorded],
        news: &mut News,
    ) -> &'r [Recorded] {
        let one = |recorded: &'r [Recorded]| recorded.split_first();
        match part {
            Part::Said { act, units } => {
                let Some((first, rest)) = one(recorded) else { return recorded };
                self.land(*act, *units, first, By::Quantity);
                news.shown.insert(*act);
                news.acts.insert(*act, None);
                rest
            }
            Part::Unmade { act } | Part::Undone { act, .. } => {
                self.came_back(*act);
                one(recorded).map_or(recorded, |(_, rest)| rest)
            }
            Part::Remade { act } => {
                self.came_back(*act);
                news.acts.insert(*act, None);
                one(recorded).map_or(recorded, |(_, rest)| rest)
            }
            Part::Back | Part::Other => one(recorded).map_or(recorded, |(_, rest)| rest),
            Part::Explained { seq } => {
                let Some((first, rest)) = one(recorded) else { return recorded };
                let parked: FeedName = UNASSIGNED.parse().expect("a valid name");
                if let Some(act) = news.backs.get(&(parked, *seq)).copied() {
                    self.land(act, 0, first, By::Quantity);
                    if let Some(trace) = self.acts.get_mut(act) {
                        trace.stage = Stage::Explained;
                    }
                }
                rest
            }
            Part::Superseded { bin } => {
                let held = self.held_at(bin);
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.taken_back(now.elapsed, Answer::Recorded { held });
                }
                news.bins.insert(bin.clone());
                one(recorded).map_or(recorded, |(_, rest)| rest)
            }
            Part::Kept { act } => {
                self.stored(*act, Storage::Kept);
                news.shown.insert(*act);
                recorded
            }
            Part::Dropped { act } => {
                self.stored(*act, Storage::No);
                news.shown.insert(*act);
                recorded
            }
            Part::Booked { bin, act } => {
                let Some((first, rest)) = one(recorded) else { return recorded };
                self.flights.remove(act);
                self.stored(*act, Storage::No);
                self.land(*act, first.movement.qty.units(), first, By::Quantity);
                let held = self.held_at(bin);
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.booked(now.elapsed, Answer::Recorded { held });
                }
                news.bins.insert(bin.clone());
                news.acts.insert(*act, Some(bin.clone()));
                rest
            }
            Part::Claimed { bin, act } => {
                self.flights.remove(act);
                let [_, made, rest @ ..] = recorded else { return recorded };
                self.stored(*act, Storage::No);
                self.land(*act, 0, made, By::Weight);
                let held = self.held_at(bin);
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.claimed(now.elapsed, Answer::Recorded { held });
                }
                news.bins.insert(bin.clone());
                news.acts.insert(*act, Some(bin.clone()));
                rest
            }
            Part::Level { bin, acts } => {
                self.level_committed(now, bin, acts, recorded, news);
                &[]
            }
            Part::Facts(facts) => {
                self.facts_committed(now, facts);
                recorded
            }
        }
    }

    fn level_committed(
        &mut self,
        now: &Moment,
        bin: &PlaceName,
        acts: &[ActId],
        recorded: &[Recorded],
        news: &mut News,
    ) {
        for act in acts {
            self.flights.remove(act);
        }
        let held = self.held_at(bin);
        let place = Place::Bin(bin.clone());
        let mut made = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            let key = self.keys.give(recorded.position());
            let units = i64::try_from(recorded.movement.qty.units()).unwrap_or(i64::MAX);
            let units = if recorded.movement.to == place { units } else { -units };
            made.push(fusion::Made { act: recorded.act, key, units });
            if let Some(act) = recorded.act {
                news.shown.insert(act);
                self.stored(act, Storage::No);
                self.land(act, 0, recorded, By::Weight);
                news.acts.insert(act, Some(bin.clone()));
            }
        }
        let answer = if made.is_empty() { Proposed::NoChange { held } } else { Proposed::Recorded { held, made } };
        self.level_answered(bin, Verdict::Accepted);
        if let Some(weighed) = self.weighed.get_mut(bin) {
            weighed.difference = Difference::Acts;
            weighed.fusion.proposed(now.elapsed, answer);
        }
        self.forget_settled(bin);
        news.bins.insert(bin.clone());
    }

    /// A movement of an act stands, of which `flown` units were on their way.
    fn land(&mut self, act: ActId, flown: u64, recorded: &Recorded, by: By) {
        if let Some(trace) = self.acts.get_mut(act) {
            trace.in_flight = trace.in_flight.saturating_sub(flown);
            trace.was_made = true;
            let units = recorded.movement.qty.units();
            trace.made.push(Made { at: recorded.position(), units, by });
        }
    }

    /// The taking back of one of its movements is answered.
    fn came_back(&mut self, act: ActId) {
        if let Some(trace) = self.acts.get_mut(act) {
            trace.backs = trace.backs.saturating_sub(1);
        }
    }

    fn stored(&mut self, act: ActId, storage: Storage) {
        if let Some(trace) = self.acts.get_mut(act) {
            trace.storage = storage;
        }
    }

    /// Tells the ends of acts of which one commit changed what stands, but for the end that knows by its own answer.
    /// Nothing is drained before all are told.
    fn tell_ends(&mut self, now: &Moment, news: &mut News) {
        let mut ends: BTreeMap<PlaceName, Vec<(ActId, i64)>> = BTreeMap::new();
        for (act, but) in &news.acts {
            let Some(trace) = self.acts.get(*act) else { continue };
            for end in trace.ends.iter().filter(|end| but.as_ref() != Some(*end)) {
                let units = Self::signed_at(&trace.said, &Place::Bin(end.clone()), trace.standing());
                ends.entry(end.clone()).or_default().push((*act, units));
            }
        }
        for (end, acts) in ends {
            let held = self.held_at(&end);
            if let Some(weighed) = self.weighed.get_mut(&end) {
                weighed.fusion.settled(now.elapsed, &acts, held);
            }
            news.bins.insert(end);
        }
    }

    fn not_committed(&mut self, now: &Moment, pending: Pending, why: &NotRecorded) {
        let Pending { parts, caller, again, origin, step, after, .. } = pending;
        let (verdict, answer) = match why {
            NotRecorded::Refused(_) | NotRecorded::Gone(..) => (Verdict::Refused, Answer::Refused),
            NotRecorded::Failed(_) => (Verdict::NotRecorded, Answer::Failed),
        };
        self.unrecorded(now, &parts, caller, answer);
        after.into_iter().for_each(|work| self.abandon(now, work));
        if let (Some(origin), Some(step)) = (origin, &step) {
            self.untaken(&step.station, origin);
        }
        let came = match why {
            NotRecorded::Failed(_) => Came::NotRecorded(Why::not_recorded(why)),
            NotRecorded::Refused(_) | NotRecorded::Gone(..) => Came::Refused(Why::not_recorded(why)),
        };
        self.not_taken(now, step, came);
        let heard = Heard { verdict, is_repetition: false, text: why.text() };
        self.reply_to_all(caller, again, &heard, Some(Why::not_recorded(why)));
    }

    fn reply_to_all(&mut self, caller: Option<Caller>, again: Vec<Caller>, heard: &Heard, why: Option<Why>) {
        if let Some(caller) = caller {
            let reply = self.reply(caller, heard.clone(), why.clone());
            self.orders.push_back(Order::Reply { caller, reply });
        }
        for caller in again {
            let is_repetition = heard.is_repetition || heard.verdict == Verdict::Accepted;
            let reply = self.reply(caller, Heard { is_repetition, ..heard.clone() }, why.clone());
            self.orders.push_back(Order::Reply { caller, reply });
        }
    }

    /// What was begun comes to nothing: it was not recorded, or was a repetition, or not even ordered. `caller`: who
    /// waited for it.
    pub(super) fn unrecorded(&mut self, now: &Moment, parts: &[Part], caller: Option<Caller>, answer: Answer) {
        let mut bins = BTreeSet::new();
        for part in parts {
            self.part_unrecorded(now, part, caller, answer, &mut bins);
        }
        for bin in bins {
            self.drain(now, &bin);
            self.level_settled(&bin);
        }
    }

    fn part_unrecorded(
        &mut self,
        now: &Moment,
        part: &Part,
        caller: Option<Caller>,
        answer: Answer,
        bins: &mut BTreeSet<PlaceName>,
    ) {
        match part {
            Part::Said { act, units } => {
                let Some(trace) = self.acts.get_mut(*act) else { return };
                trace.in_flight = trace.in_flight.saturating_sub(*units);
                if trace.made.is_empty() && trace.in_flight == 0 {
                    self.acts.forget(*act);
                }
            }
            Part::Kept { act } => {
                // Where an older text of it is kept the act waits on.
                let ends = match self.acts.get(*act) {
                    Some(trace) if trace.storage == Storage::No => trace.ends.clone(),
                    Some(_) | None => return,
                };
                for end in ends {
                    if let Some(weighed) = self.weighed.get_mut(&end) {
                        weighed.fusion.withdraw(now.elapsed, *act);
                    }
                    bins.insert(end);
                }
            }
            Part::Dropped { act } => match caller {
                Some(_) if self.acts.get(*act).is_some_and(|trace| trace.storage == Storage::Kept) => {
                    self.wait_on(now, *act);
                }
                Some(_) | None => self.try_later(now, Later::Drop(*act)),
            },
            Part::Unmade { act } | Part::Remade { act } => self.came_back(*act),
            Part::Undone { act, bin } => {
                self.came_back(*act);
                match answer {
                    Answer::Refused => {
                        self.notice(now, Some(bin), Matter::StillStands);
                    }
                    Answer::Failed | Answer::Recorded { .. } => {
                        self.try_later(now, Later::Undo { act: *act, bin: bin.clone() });
                    }
                }
            }
            Part::Explained { .. } => self.try_later(now, Later::Explain),
            Part::Level { bin, acts } => {
                for act in acts {
                    self.flights.remove(act);
                }
                let (proposed, verdict) = match answer {
                    Answer::Refused => (Proposed::Refused, Verdict::Refused),
                    Answer::Failed | Answer::Recorded { .. } => (Proposed::Failed, Verdict::NotRecorded),
                };
                self.level_answered(bin, verdict);
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.proposed(now.elapsed, proposed);
                }
                bins.insert(bin.clone());
            }
            Part::Booked { bin, act } => {
                self.flights.remove(act);
                if let Some(trace) = self.acts.get_mut(*act) {
                    trace.in_flight = 0;
                }
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.booked(now.elapsed, answer);
                }
                bins.insert(bin.clone());
            }
            Part::Claimed { bin, act } => {
                self.flights.remove(act);
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.claimed(now.elapsed, answer);
                }
                bins.insert(bin.clone());
            }
            Part::Superseded { bin } => {
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    weighed.fusion.taken_back(now.elapsed, answer);
                }
                bins.insert(bin.clone());
            }
            Part::Facts(facts) => self.facts_failed(facts),
            Part::Back | Part::Other => {}
        }
    }

    fn facts_committed(&mut self, now: &Moment, facts: &Facts) {
        match facts {
            Facts::Plain => {}
            Facts::Anchor { bin, pieces, gross } => {
                self.disagreements.remove(bin);
                let held = self.held_at(bin).and_then(|held| u64::try_from(held).ok());
                if let Some(weighed) = self.weighed.get_mut(bin) {
                    // What moved since the count, its scale has shown. Where it was not at rest then, the books say.
                    let since = gross.and_then(|gross| weighed.moved_since(gross));
                    let now_there = since.and_then(|moved| pieces.checked_add_signed(moved)).or(held);
                    if let Some(pieces) = now_there {
                        weighed.meter.anchor(pieces);
                    }
                }
                self.level_changed(now, bin);
            }
            Facts::Register(register) => self.register_committed(now, register),
            Facts::Calibration { bin } => self.calibration_committed(now, bin),
            Facts::Count { session } => self.count_committed(session),
            Facts::Counted(last) => self.last_counted(last),
            Facts::Late { .. }
            | Facts::Dismissed(_)
            | Facts::Container { .. }
            | Facts::Bounds { .. }
            | Facts::Loss { .. } => {}
            Facts::Alarms => self.alarms_committed(),
        }
    }

    fn facts_failed(&mut self, facts: &Facts) {
        match facts {
            Facts::Register(register) => self.register_failed(register),
            Facts::Calibration { bin } => self.calibration_failed(bin),
            Facts::Alarms => self.alarms_failed(),
            Facts::Count { session } => self.count_failed(session),
            Facts::Late { session } => self.late_not_kept(session),
            Facts::Dismissed(notice) => self.notice_stays(notice),
            Facts::Bounds { subject } => self.bounds_failed(subject),
            Facts::Loss { feed, before } => self.loss_not_noted(feed, *before),
            Facts::Container { name, before } => self.container_failed(name, before.as_deref()),
            Facts::Plain | Facts::Anchor { .. } | Facts::Counted(_) => {}
        }
    }

    /// An adjustment at a bin on a scale was taken back. It moved no part, so its undoing moves none: as the scale went
    /// over to what was counted it goes back with the books.
    fn adjustment_undone(&mut self, now: &Moment, recorded: &Recorded) {
        let movement = &recorded.movement;
        let units = i64::try_from(movement.qty.units()).unwrap_or(i64::MAX);
        let (bin, change) = if let (Place::Variance, Place::Bin(bin)) = (&movement.from, &movement.to) {
            (bin, units)
        } else if let (Place::Bin(bin), Place::Variance) = (&movement.from, &movement.to) {
            (bin, -units)
        } else {
            return;
        };
        let held = self.held_at(bin);
        let Some(weighed) = self.weighed.get_mut(bin).filter(|_| movement.corrects.is_some()) else { return };
        if weighed.content().is_none_or(|content| content.item != movement.item) {
            return;
        }
        // What moved and is not in the books yet stays so.
        let there = match weighed.counted() {
            Some(counted) => counted.pieces.checked_add_signed(change),
            None => held.and_then(|held| u64::try_from(held).ok()),
        };
        let Some(there) = there else { return };
        weighed.meter.anchor(there);
        // The level first: what it proposes is what the ledger holds by now.
        self.level_changed(now, bin);
    }

    /// Notes that an amount is another: its bin's books moved, and alarms look at it.
    pub(super) fn touch(&mut self, item: &ItemCode, place: &Place) {
        self.stale_items.insert(item.clone());
        if let Place::Bin(bin) = place {
            self.touched.insert(bin.clone());
            self.stale_bins.insert(bin.clone());
            self.changed.bins.insert(bin.clone());
        }
    }

    /// Tells the bins whose books were moved by others.
    pub(super) fn settle_touched(&mut self, now: &Moment) {
        for bin in std::mem::take(&mut self.touched) {
            let held = self.held_at(&bin);
            if let Some(weighed) = self.weighed.get_mut(&bin) {
                weighed.fusion.handle_held(now.elapsed, held);
                self.drain(now, &bin);
            }
        }
    }

    /// What the ledger holds of a weighed bin's own item.
    pub(super) fn held_at(&self, bin: &PlaceName) -> Option<i64> {
        let weighed = self.weighed.get(bin)?;
        self.stock.held(weighed.ground.item()?, &weighed.place)
    }
}
