//! Acts and the bins they touch: what a person says goes to each end that is a bin on a scale, and becomes a movement
//! as it stands where neither is.

use gateway_proto::{
    name::{PlaceName, Text},
    place::Place,
    quantity::Quantity,
};

use super::{
    Floor,
    acts::{KeptAct, Stage, Storage},
    later::Later,
    moment::Moment,
    notice::{Matter, Notice},
    order::{Order, Ticket},
    refusal::Refusal,
    weighed::{Difference, Recording, Weighed},
    why::{ActRefusal, Why},
    work::{Facts, Part, Work},
};
use crate::movement::{
    entry::{Claim, Entry, Kept, KeptKey, Level, Origin, Position, Statement, TakeBack},
    fusion::{Answer, Disagreement, End, Occasion, Output, Proposal, Restated, Withdrawn, allocate::Way},
    said::{ActId, Said},
};

impl Floor {
    /// Hands an act to whoever it concerns. What has to be recorded of it goes into `work`.
    ///
    /// # Errors
    /// Why it cannot be, for the person; nothing is changed then.
    pub(super) fn say(&mut self, now: &Moment, said: &Said, work: &mut Work) -> Result<(), Why> {
        let ends = self.ends(said);
        if ends.is_empty() {
            let qty = said.qty.unwrap_or(Quantity::ONE);
            let statement = Statement::movement(said.movement(qty)).map_err(|error| Refusal::from(&error))?;
            self.acts.insert(said.clone(), ends, work.origin.map(|origin| origin.key));
            self.fly(said.act, qty.units());
            work.push(statement, Part::Said { act: said.act, units: qty.units() });
            return Ok(());
        }
        self.acts.insert(said.clone(), ends.clone(), work.origin.map(|origin| origin.key));
        for (i, bin) in ends.iter().enumerate() {
            let end = if i == 0 { End::Answering } else { End::Other };
            let Some(weighed) = self.weighed.get_mut(bin) else { continue };
            if let Err(refused) = weighed.fusion.handle_said(now.elapsed, said.clone(), end) {
                for taken in &ends[..i] {
                    if let Some(weighed) = self.weighed.get_mut(taken) {
                        weighed.fusion.withdraw(now.elapsed, said.act);
                    }
                    self.drain(now, taken);
                }
                return Err(Refusal::Bin(refused).into());
            }
        }
        for bin in &ends {
            self.drain_into(now, bin, said.act, work);
        }
        Ok(())
    }

    /// Gives back an act that was kept when the process ended.
    pub(super) fn restore_act(&mut self, now: &Moment, kept: KeptAct) {
        let KeptAct { said, origin } = kept;
        let ends = self.ends(&said);
        for (i, bin) in ends.iter().enumerate() {
            let end = if i == 0 { End::Answering } else { End::Other };
            if let Some(weighed) = self.weighed.get_mut(bin) {
                // What the bin does not take stays kept, and is tried again at the next start.
                let _ = weighed.fusion.restore(now.elapsed, said.clone(), end);
            }
        }
        if ends.is_empty() {
            // The scale is no longer there: the act counts by itself, as at any other bin.
            let origin = origin.map(|key| Origin { key, proves_repeat: true });
            let mut work = Work { origin, ..Work::default() };
            if self.say(now, &said, &mut work).is_ok() {
                work.push(Statement::Forget(KeptKey::act(said.act)), Part::Facts(Facts::Plain));
                self.submit(work);
            }
            return;
        }
        let act = said.act;
        self.acts.insert(said, ends.clone(), origin);
        if let Some(trace) = self.acts.get_mut(act) {
            trace.storage = Storage::Kept;
        }
        for bin in &ends {
            self.drain(now, bin);
        }
    }

    /// An act waited at a bin that has another item since: its other end answers for it, or it counts as it was said.
    pub(super) fn wait_elsewhere(&mut self, now: &Moment, bin: &PlaceName, said: Said) {
        let act = said.act;
        let Some(trace) = self.acts.get_mut(act) else { return };
        let was_answering = trace.ends.first() == Some(bin);
        trace.ends.retain(|end| end != bin);
        // What records it now, or else answers for it, goes on.
        if !was_answering || self.flights.contains_key(&act) {
            return;
        }
        for end in trace.ends.clone() {
            if let Some(weighed) = self.weighed.get_mut(&end) {
                weighed.fusion.withdraw(now.elapsed, act);
            }
        }
        let origin = self.acts.get(said.act).and_then(|trace| trace.origin);
        self.restore_act(now, KeptAct { said, origin });
    }

    /// The taking back of an act that waited could not be recorded: it waits on.
    pub(super) fn wait_on(&mut self, now: &Moment, act: ActId) {
        let Some(trace) = self.acts.get_mut(act) else { return };
        (trace.stage, trace.was_withdrawn) = (Stage::Open, false);
        let (said, ends) = (trace.said.clone(), trace.ends.clone());
        for (i, bin) in ends.iter().enumerate() {
            let end = if i == 0 { End::Answering } else { End::Other };
            if let Some(weighed) = self.weighed.get_mut(bin) {
                let _ = weighed.fusion.restore(now.elapsed, said.clone(), end);
            }
        }
        for bin in &ends {
            self.drain(now, bin);
        }
    }

    /// An act is of so many, in all.
    ///
    /// # Errors
    /// Why that cannot be, for the person.
    pub(super) fn restate(&mut self, now: &Moment, act: ActId, qty: Quantity, work: &mut Work) -> Result<(), Why> {
        let Some(trace) = self.acts.get(act) else {
            return Err(ActRefusal::TooLateToChange.into());
        };
        match trace.stage {
            Stage::Open => {}
            Stage::Over => return Err(ActRefusal::NothingCame.into()),
            Stage::Undone => return Err(ActRefusal::TakenBack.into()),
            Stage::Explained => return Err(ActRefusal::Explained.into()),
        }
        let ends = trace.ends.clone();
        let is_recorded = !trace.made.is_empty();
        let mut is_by_quantity = ends.is_empty();
        let mut is_known = ends.is_empty();
        for bin in &ends {
            let Some(weighed) = self.weighed.get_mut(bin) else { continue };
            match weighed.fusion.restate(now.elapsed, act, qty) {
                Restated::Waiting => is_known = true,
                Restated::Unknown => {}
                Restated::Weighed { units } => {
                    is_known = true;
                    if units != qty.units() {
                        work.text = format!("the scale says {units}, and {units} are recorded");
                    }
                }
                Restated::Booked { .. } => (is_known, is_by_quantity) = (true, true),
            }
        }
        if !is_known && is_recorded {
            return Err(ActRefusal::TooLateToChange.into());
        }
        if let Some(trace) = self.acts.get_mut(act) {
            trace.said.qty = Some(qty);
        }
        if is_by_quantity {
            self.remake(now, act, qty, work)?;
        }
        for bin in &ends {
            self.drain_into(now, bin, act, work);
        }
        Ok(())
    }

    /// An act is taken back.
    ///
    /// # Errors
    /// Why that cannot be, for the person.
    pub(super) fn withdraw(&mut self, now: &Moment, act: ActId, by: Option<&Text>, work: &mut Work) -> Result<(), Why> {
        let Some(trace) = self.acts.get(act) else {
            return Err(ActRefusal::TooLongAgo.into());
        };
        if trace.stage == Stage::Undone {
            // As was said before; it is only not yet recorded.
            return Ok(());
        }
        if self.flights.contains_key(&act) {
            return Err(ActRefusal::StillRecording.into());
        }
        let ends = trace.ends.clone();
        let mut is_recorded = ends.is_empty();
        for bin in &ends {
            let Some(weighed) = self.weighed.get_mut(bin) else { continue };
            match weighed.fusion.withdraw(now.elapsed, act) {
                Withdrawn::Dropped | Withdrawn::Recording => {}
                Withdrawn::Recorded => is_recorded = true,
                Withdrawn::Unknown => is_recorded |= self.acts.get(act).is_some_and(|trace| !trace.made.is_empty()),
            }
        }
        if is_recorded {
            self.unmake(now, act, by, work)?;
        } else if let Some(trace) = self.acts.get_mut(act) {
            trace.was_withdrawn = true;
        }
        for bin in &ends {
            self.drain_into(now, bin, act, work);
        }
        Ok(())
    }

    /// The bins on scales that an act touches, for the item that lies there; the one that answers for it first.
    fn ends(&self, said: &Said) -> Vec<PlaceName> {
        let is_here = |place: &Place| {
            let name = place.bin()?;
            let weighed = self.weighed.get(name)?;
            (weighed.content()?.item == said.item).then(|| name.clone())
        };
        let mut ends: Vec<PlaceName> = [&said.from, &said.to].into_iter().filter_map(is_here).collect();
        // Stable: of two that know alike the one that the parts leave stays first.
        ends.sort_by_key(|bin| self.weighed.get(bin).is_none_or(|weighed| !weighed.fusion.knows_level()));
        ends
    }

    /// Whether an end of it is a bin on a scale that weighs this item.
    pub(super) fn is_weighed(&self, said: &Said) -> bool {
        !self.ends(said).is_empty()
    }

    /// Records the difference to what stands of an act.
    fn remake(&mut self, now: &Moment, act: ActId, qty: Quantity, work: &mut Work) -> Result<(), Why> {
        let Some(trace) = self.acts.get(act) else { return Ok(()) };
        let said = trace.said.clone();
        let mut total = trace.standing() + trace.in_flight;
        if total > qty.units() {
            if trace.is_changing() {
                return Err(ActRefusal::StillRecordingQuantity.into());
            }
            for made in trace.made.clone().iter().rev() {
                if total <= qty.units() {
                    break;
                }
                total -= made.units;
                work.push(Self::back(now, &said, None, made.at.clone()), Part::Remade { act });
                self.acts.get_mut(act).into_iter().for_each(|trace| trace.backs += 1);
            }
        }
        if let Ok(more) = Quantity::new(qty.units().saturating_sub(total)) {
            let statement = Statement::movement(said.movement(more)).map_err(|error| Refusal::from(&error))?;
            self.fly(act, more.units());
            work.push(statement, Part::Said { act, units: more.units() });
        }
        Ok(())
    }

    /// Takes back all that stands of an act.
    fn unmake(&mut self, now: &Moment, act: ActId, by: Option<&Text>, work: &mut Work) -> Result<(), Why> {
        let Some(trace) = self.acts.get(act) else { return Ok(()) };
        if trace.is_changing() {
            return Err(ActRefusal::StillRecording.into());
        }
        self.take_back_all(now, act, by, work, &Part::Unmade { act });
        Ok(())
    }

    /// `by`: who takes it back, where that is not who said it.
    fn back(now: &Moment, said: &Said, by: Option<&Text>, of: Position) -> Statement {
        Statement::TakeBack(Box::new(TakeBack {
            at: now.wall,
            clock: now.clock.clone(),
            by: said.by.clone(),
            actor: by.or(said.actor.as_ref()).cloned(),
            of,
        }))
    }

    /// Carries out what a bin's fusion asks for, each in a transaction of its own.
    pub(super) fn drain(&mut self, now: &Moment, bin: &PlaceName) {
        while let Some(output) = self.weighed.get_mut(bin).and_then(|weighed| weighed.fusion.poll()) {
            let mut work = Work::default();
            self.carry_out(now, bin, output, &mut work);
            self.submit(work);
        }
    }

    /// The same, with what a person waits for in the person's transaction: what concerns the act that was said, restated
    /// or taken back. All else is recorded behind it; where that fails, the bin tries again by itself.
    fn drain_into(&mut self, now: &Moment, bin: &PlaceName, act: ActId, work: &mut Work) {
        while let Some(output) = self.weighed.get_mut(bin).and_then(|weighed| weighed.fusion.poll()) {
            let is_of_person = match &output {
                Output::Keep(said) | Output::Book(said) => said.act == act,
                Output::Drop(other) | Output::Undo(other) | Output::Done(other) => *other == act,
                Output::Propose(_) | Output::Claim(_) | Output::TakeBack { .. } | Output::Flag(_) => false,
            };
            if is_of_person {
                self.carry_out(now, bin, output, work);
            } else {
                let mut own = Work::default();
                self.carry_out(now, bin, output, &mut own);
                work.after.push(own);
            }
        }
    }

    fn carry_out(&mut self, now: &Moment, bin: &PlaceName, output: Output, work: &mut Work) {
        match output {
            Output::Keep(said) => {
                let act = said.act;
                let origin = self.acts.get(act).and_then(|trace| trace.origin);
                let text = serde_json::to_string(&KeptAct { said, origin }).expect("a said act is plain data");
                work.push(Statement::Keep(Kept { key: KeptKey::act(act), text }), Part::Kept { act });
            }
            Output::Drop(act) => work.push(Statement::Forget(KeptKey::act(act)), Part::Dropped { act }),
            Output::Propose(proposal) => self.propose(now, bin, proposal, work),
            Output::Book(said) => self.book(now, bin, &said, work),
            Output::Claim(claiming) => {
                let act = claiming.said.act;
                match self.keys.find(claiming.of) {
                    Some(of) if self.take_flight(act, bin) => {
                        work.origin = work.origin.or_else(|| self.origin_of(act));
                        let claim = Claim { said: claiming.said, of, stated: claiming.stated };
                        work.push(Statement::Claim(Box::new(claim)), Part::Claimed { bin: bin.clone(), act });
                    }
                    found => self.answer_claim(now, bin, found.is_some()),
                }
            }
            Output::TakeBack { of, act } => match (self.keys.find(of), self.acts.get(act)) {
                (Some(at), Some(trace)) => {
                    let statement = Self::back(now, &trace.said, None, at);
                    work.push(statement, Part::Superseded { bin: bin.clone() });
                }
                _ => self.answer_superseded(now, bin),
            },
            Output::Undo(act) => self.undo(now, act, bin, work),
            Output::Flag(disagreement) => self.flag(now, bin, &disagreement),
            Output::Done(act) => self.done(now, bin, act, work),
        }
    }

    /// Takes back all that stands of an act. Nobody waits for the answer: the scan that took it back was answered when
    /// the act was still being recorded.
    pub(super) fn undo(&mut self, now: &Moment, act: ActId, bin: &PlaceName, work: &mut Work) {
        let Some(trace) = self.acts.get_mut(act) else { return };
        trace.stage = Stage::Undone;
        if trace.is_changing() {
            return self.try_later(now, Later::Undo { act, bin: bin.clone() });
        }
        self.take_back_all(now, act, None, work, &Part::Undone { act, bin: bin.clone() });
    }

    fn take_back_all(&mut self, now: &Moment, act: ActId, by: Option<&Text>, work: &mut Work, part: &Part) {
        let Some(trace) = self.acts.get_mut(act) else { return };
        for made in &trace.made {
            trace.backs += 1;
            work.push(Self::back(now, &trace.said, by, made.at.clone()), part.clone());
        }
    }

    fn propose(&mut self, now: &Moment, bin: &PlaceName, proposal: Proposal, work: &mut Work) {
        let acts: Vec<ActId> = proposal.shares.iter().map(|said| said.act).collect();
        let is_free = acts.iter().all(|act| self.flights.get(act).is_none_or(|at| at == bin));
        let Some(weighed) = self.weighed.get_mut(bin) else { return };
        let Some(content) = weighed.content().filter(|_| is_free) else {
            // Tried again, when the other end has its answer or the bin its calibration.
            weighed.fusion.proposed(now.elapsed, crate::movement::fusion::Proposed::Failed);
            return;
        };
        let mut counted = proposal.counted;
        // The books may rightly differ from the scale by parts on their way; the interval goes along.
        let shift = |end: u64| end.saturating_add(proposal.pieces).saturating_sub(proposal.counted.pieces);
        (counted.pieces, counted.low, counted.high) = (proposal.pieces, shift(counted.low), shift(counted.high));
        let (taken_to, filled_from) = match (proposal.occasion, weighed.difference) {
            (Occasion::FirstCount, _) | (Occasion::Change, Difference::Calibration | Difference::Damage) => {
                (Place::Variance, Place::Variance)
            }
            (Occasion::Change, Difference::Acts) => (content.taken_to.clone(), content.filled_from.clone()),
        };
        let level = Level {
            at: now.wall_at(proposal.began),
            clock: now.clock.clone(),
            item: content.item.clone(),
            place: weighed.place.clone(),
            counted,
            by: weighed.scale.clone(),
            taken_to,
            filled_from,
            origins: acts.iter().filter_map(|act| Some((*act, self.acts.get(*act)?.origin?))).collect(),
            shares: proposal.shares,
        };
        weighed.recording = Recording::Ordered;
        for act in &acts {
            self.flights.insert(*act, bin.clone());
        }
        work.push(Statement::Level(Box::new(level)), Part::Level { bin: bin.clone(), acts });
    }

    fn book(&mut self, now: &Moment, bin: &PlaceName, said: &Said, work: &mut Work) {
        let qty = said.qty.unwrap_or(Quantity::ONE);
        let answer = match Statement::movement(said.movement(qty)) {
            Ok(statement) if self.take_flight(said.act, bin) => {
                self.fly(said.act, qty.units());
                work.origin = work.origin.or_else(|| self.origin_of(said.act));
                work.push(statement, Part::Booked { bin: bin.clone(), act: said.act });
                work.push(Statement::Forget(KeptKey::act(said.act)), Part::Facts(Facts::Plain));
                return;
            }
            Ok(_) => Answer::Failed,
            Err(_) => Answer::Refused,
        };
        if let Some(weighed) = self.weighed.get_mut(bin) {
            weighed.fusion.booked(now.elapsed, answer);
        }
    }

    /// What tells the repetition of the scan that said an act, to be recorded with it.
    fn origin_of(&self, act: ActId) -> Option<Origin> {
        let key = self.acts.get(act)?.origin?;
        // It was asked for before; what is recorded now is no repetition.
        Some(Origin { key, proves_repeat: false })
    }

    /// Claims an act for one bin's recording; whether no other bin is recording it.
    fn take_flight(&mut self, act: ActId, bin: &PlaceName) -> bool {
        let is_free = self.flights.get(&act).is_none_or(|at| at == bin);
        if is_free {
            self.flights.insert(act, bin.clone());
        }
        is_free
    }

    fn answer_claim(&mut self, now: &Moment, bin: &PlaceName, is_busy: bool) {
        if let Some(weighed) = self.weighed.get_mut(bin) {
            weighed.fusion.claimed(now.elapsed, if is_busy { Answer::Failed } else { Answer::Refused });
        }
    }

    fn answer_superseded(&mut self, now: &Moment, bin: &PlaceName) {
        if let Some(weighed) = self.weighed.get_mut(bin) {
            weighed.fusion.taken_back(now.elapsed, Answer::Refused);
        }
    }

    /// Nothing more will come of an act at this bin. The other end goes on only if it was recorded.
    fn done(&mut self, now: &Moment, bin: &PlaceName, act: ActId, work: &mut Work) {
        let Some(trace) = self.acts.get_mut(act) else { return };
        if !trace.made.is_empty() || trace.in_flight > 0 || trace.stage == Stage::Over {
            return;
        }
        trace.stage = Stage::Over;
        let others: Vec<PlaceName> = trace.ends.iter().filter(|end| *end != bin).cloned().collect();
        for other in others {
            if let Some(weighed) = self.weighed.get_mut(&other) {
                weighed.fusion.withdraw(now.elapsed, act);
            }
            self.drain_into(now, &other, act, work);
        }
    }

    fn flag(&mut self, now: &Moment, bin: &PlaceName, disagreement: &Disagreement) {
        let item = self.weighed.get(bin).and_then(Weighed::content).map(|content| content.item.clone());
        *self.disagreements.entry(bin.clone()).or_default() += 1;
        if disagreement.is_alarm() {
            self.notice(now, Some(bin), Matter::of(disagreement, item));
        }
    }

    /// Keeps something for people to see until they dismiss it.
    pub(super) fn notice(&mut self, now: &Moment, bin: Option<&PlaceName>, matter: Matter) {
        let id = self.next_notice;
        self.next_notice += 1;
        let (text, remedy) = (matter.at("bin", bin) + &matter.text(), matter.remedy().to_owned());
        let notice = Notice { id, at: now.wall, bin: bin.cloned(), text, remedy, matter: Some(matter) };
        let kept = serde_json::to_string(&notice).expect("a notice is plain data");
        let key = |id: u64| KeptKey::new("notice", id.to_string());
        let mut work = Work::of(Statement::Keep(Kept { key: key(id), text: kept }), Part::Facts(Facts::Plain));
        self.notices.push_back(notice.clone());
        if self.notices.len() > super::NOTICES_MAX
            && let Some(oldest) = self.notices.pop_front()
        {
            work.push(Statement::Forget(key(oldest.id)), Part::Facts(Facts::Plain));
        }
        self.submit(work);
        self.orders.push_back(Order::Notice(notice));
    }

    pub(super) fn fly(&mut self, act: ActId, units: u64) {
        if let Some(trace) = self.acts.get_mut(act) {
            trace.in_flight += units;
        }
    }

    /// Orders the recording of what is in `work`, if anything is.
    pub(super) fn submit(&mut self, work: Work) {
        let Work { statements, parts, caller, origin, text, step, after } = work;
        if !statements.is_empty() {
            let ticket = Ticket(self.next_ticket);
            self.next_ticket += 1;
            let pending = super::Pending { parts, caller, again: Vec::new(), origin, text, step, after };
            self.pending.insert(ticket, pending);
            self.orders.push_back(Order::Record { ticket, entry: Entry { origin, statements } });
            return;
        }
        for work in after {
            self.submit(work);
        }
    }

    /// What was begun and is not even ordered comes to nothing.
    pub(super) fn abandon(&mut self, now: &Moment, work: Work) {
        self.unrecorded(now, &work.parts, None, Answer::Failed);
        for work in work.after {
            self.abandon(now, work);
        }
    }

    /// The change of a bin that `units` of an act are.
    pub(super) fn signed_at(said: &Said, place: &Place, units: u64) -> i64 {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        Way::of(said, place).map_or(0, |way| way.signed(units))
    }
}
