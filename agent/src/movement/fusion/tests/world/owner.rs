//! The world's owner of the bins: does what they ask for, and tells them what people changed their minds about.

use gateway_proto::quantity::Quantity;

use super::{Ending, Recorded, World, at};
use crate::movement::{
    fusion::{Disagreement, End, Output, Restated, Withdrawn},
    said::{ActId, Said},
};

impl World {
    pub(super) fn drain(&mut self) {
        // What is done for one bin may give another something to do.
        while let Some((bin, output)) = (0..self.bins.len()).find_map(|bin| Some((bin, self.bins[bin].fusion.poll()?)))
        {
            self.take(bin, output);
        }
    }

    fn take(&mut self, bin: usize, output: Output) {
        let now = at(self.now);
        match output {
            Output::Keep(said) => {
                let ends = self.ends[&said.act];
                if self.random.percent(self.refusing) && !self.kept.contains_key(&said.act) {
                    self.withdraw(said.act.0, Ending::Refused);
                } else {
                    self.accepted.insert(said.act);
                    self.kept.insert(said.act, (said, ends.0, ends.1));
                }
            }
            Output::Drop(act) => {
                self.kept.remove(&act);
            }
            Output::Propose(_) | Output::Book(_) | Output::Claim(_) | Output::TakeBack { .. } => {
                assert!(self.bins[bin].submitted.is_none(), "two unanswered");
                let mine = acts(&output);
                let is_elsewhere = self.bins.iter().any(|other| {
                    other.submitted.as_ref().is_some_and(|(_, other)| acts(other).iter().any(|act| mine.contains(act)))
                });
                if is_elsewhere {
                    self.answer(bin, &output, true);
                } else {
                    let at = self.now + 10 + self.random.below(1_500);
                    self.bins[bin].submitted = Some((at, output));
                }
            }
            Output::Undo(act) => {
                self.take_back(act);
                let endings = self.endings.get_mut(&act).unwrap();
                endings.retain(|ending| !matches!(ending, Ending::Weighed | Ending::Booked | Ending::Claimed));
                if endings.is_empty() {
                    endings.push(Ending::Withdrawn);
                }
                self.tell_held();
            }
            Output::Flag(flag) => {
                self.flags.push(flag);
                if let Disagreement::NoWeightChange { act, .. } = flag
                    && !self.movements.iter().any(|movement| movement.act == Some(act))
                {
                    self.end(act, Ending::Flagged);
                }
            }
            Output::Done(act) => {
                let (answering, other) = self.ends[&act];
                if bin == answering && other != answering && !self.is_recorded(act) {
                    self.bins[other].fusion.withdraw(now, act);
                }
                if self.withdrawing.remove(&act) && self.endings[&act].is_empty() {
                    self.end(act, Ending::Withdrawn);
                }
                if self.endings[&act].is_empty() {
                    assert!(!self.accepted.contains(&act), "{act:?} is accepted and lost");
                    self.end(act, Ending::Refused);
                }
            }
        }
    }

    fn tell_held(&mut self) {
        for bin in 0..self.bins.len() {
            let held = self.held(bin);
            self.bins[bin].fusion.handle_held(at(self.now), held);
        }
    }

    pub(super) fn restate(&mut self, act: u64, qty: u64) {
        let (id, stated) = (ActId(act), Quantity::new(qty).unwrap());
        let Some((answering, other)) = self.ends.get(&id).copied() else { return };
        let now = at(self.now);
        self.stated += stated.signed();
        let mut heard = vec![self.bins[answering].fusion.restate(now, id, stated)];
        if other != answering {
            heard.push(self.bins[other].fusion.restate(now, id, stated));
        }
        if heard.iter().any(|restated| matches!(restated, Restated::Booked { .. })) {
            let booked = self.movements.iter().find(|movement| movement.stands && movement.act == Some(id)).cloned();
            if let Some(Recorded { from, to, .. }) = booked {
                self.take_back(id);
                self.endings.get_mut(&id).unwrap().clear();
                let units = stated.signed();
                self.record(answering, from, to, units, Some(id), Ending::Booked);
                for (bin, units) in [(from, -units), (to, units)] {
                    if bin < self.bins.len() {
                        let held = self.held(bin);
                        self.bins[bin].fusion.settled(now, &[(id, units)], held);
                    }
                }
            } else if self.bins[answering].submitted.is_some() {
                self.corrections.push((self.now + 2_000, act, qty));
            }
        }
        self.drain();
    }

    pub(super) fn withdraw(&mut self, act: u64, ending: Ending) {
        let id = ActId(act);
        let Some((answering, other)) = self.ends.get(&id).copied() else { return };
        let now = at(self.now);
        let mut heard = vec![self.bins[answering].fusion.withdraw(now, id)];
        if heard == [Withdrawn::Dropped] {
            self.end(id, ending);
        }
        if other != answering {
            heard.push(self.bins[other].fusion.withdraw(now, id));
        }
        if heard.contains(&Withdrawn::Recording) {
            self.withdrawing.insert(id);
        }
        if heard.contains(&Withdrawn::Recorded) {
            self.take_back(id);
            self.endings.insert(id, vec![ending]);
            self.tell_held();
        }
        self.drain();
    }

    /// The process dies: what was submitted is committed or not, and nobody hears of it.
    pub(super) fn restart(&mut self) {
        for bin in 0..self.bins.len() {
            if let Some((_, output)) = self.bins[bin].submitted.take()
                && self.random.percent(50)
            {
                self.commit(bin, &output);
            }
        }
        self.start(self.bins.len());
        let kept: Vec<Said> = self.kept.values().map(|(said, _, _)| said.clone()).collect();
        for (act, endings) in &mut self.endings {
            if endings.is_empty() && !self.kept.contains_key(act) {
                // Not accepted yet: the person saw no confirmation.
                endings.push(Ending::Refused);
            }
        }
        for said in kept {
            let (answering, other) = self.ends_of(self.number(&said.from), self.number(&said.to));
            self.ends.insert(said.act, (answering, other));
            let now = at(self.now);
            self.bins[answering].fusion.restore(now, said.clone(), End::Answering).unwrap();
            if other != answering {
                self.bins[other].fusion.restore(now, said, End::Other).unwrap();
            }
        }
        self.drain();
    }
}

fn acts(output: &Output) -> Vec<ActId> {
    match output {
        Output::Propose(proposal) => proposal.shares.iter().map(|said| said.act).collect(),
        Output::Book(said) => vec![said.act],
        Output::Claim(claim) => vec![claim.said.act],
        Output::TakeBack { .. }
        | Output::Keep(_)
        | Output::Drop(_)
        | Output::Undo(_)
        | Output::Flag(_)
        | Output::Done(_) => Vec::new(),
    }
}
