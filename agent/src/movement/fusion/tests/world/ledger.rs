//! The world's ledger: commits what the bins ask for, tells them, and holds what must be true after each commit.

use gateway_proto::quantity::Quantity;

use super::{DOCK, Ending, Recorded, USED, VARIANCE, World, at};
use crate::movement::{
    fusion::{Answer, Made, MovementKey, Occasion, Output, Proposed, allocate::allocate},
    said::ActId,
};

impl World {
    /// Commits an output, or fails to, and tells the bins.
    pub(super) fn answer(&mut self, bin: usize, output: &Output, fails: bool) {
        let now = at(self.now);
        let committed = if fails { None } else { self.commit(bin, output) };
        let held = self.held(bin);
        let answer = if fails {
            Answer::Failed
        } else if committed.is_some() {
            Answer::Recorded { held }
        } else {
            Answer::Refused
        };
        let fusion = &mut self.bins[bin].fusion;
        match output {
            Output::Propose(_) => fusion.proposed(
                now,
                match &committed {
                    _ if fails => Proposed::Failed,
                    Some(made) if !made.is_empty() => Proposed::Recorded { held, made: made.clone() },
                    Some(_) | None => Proposed::NoChange { held },
                },
            ),
            Output::Book(_) => fusion.booked(now, answer),
            Output::Claim(_) => fusion.claimed(now, answer),
            Output::TakeBack { .. } => fusion.taken_back(now, answer),
            Output::Keep(_) | Output::Drop(_) | Output::Undo(_) | Output::Flag(_) | Output::Done(_) => {}
        }
        let made = committed.unwrap_or_default();
        for other in (0..self.bins.len()).filter(|other| *other != bin) {
            let moved: Vec<(ActId, i64)> = made.iter().filter_map(|made| self.moved_at(other, made.key)).collect();
            if !moved.is_empty() {
                let held = self.held(other);
                self.bins[other].fusion.settled(now, &moved, held);
            }
        }
    }

    /// What a movement of an act changed in a bin.
    fn moved_at(&self, bin: usize, key: MovementKey) -> Option<(ActId, i64)> {
        let Recorded { from, to, units, act, .. } = self.movements[usize::try_from(key.0).unwrap()];
        match act {
            Some(act) if from == bin => Some((act, -units)),
            Some(act) if to == bin => Some((act, units)),
            Some(_) | None => None,
        }
    }

    /// What the ledger does in one transaction; `None` when it never can.
    pub(super) fn commit(&mut self, bin: usize, output: &Output) -> Option<Vec<Made>> {
        let mut made = Vec::new();
        match output {
            Output::Propose(proposal) => {
                let pieces = i64::try_from(proposal.pieces).unwrap();
                let change = pieces - self.held(bin).unwrap_or(0);
                for share in allocate(change, &proposal.shares, &self.names[bin]) {
                    let said = share.said.map(|i| &proposal.shares[i]);
                    let (from, to) = match said {
                        Some(said) => (self.number(&said.from), self.number(&said.to)),
                        None if proposal.occasion == Occasion::FirstCount && share.units < 0 => (bin, VARIANCE),
                        None if proposal.occasion == Occasion::FirstCount => (VARIANCE, bin),
                        None if share.units < 0 => (bin, USED),
                        None => (DOCK, bin),
                    };
                    let act = said.map(|said| said.act);
                    if share.units != 0 {
                        made.push(self.record(bin, from, to, share.units.abs(), act, Ending::Weighed));
                    }
                }
            }
            Output::Book(said) => {
                let (from, to) = (self.number(&said.from), self.number(&said.to));
                let units = said.qty.map_or(1, Quantity::signed);
                made.push(self.record(bin, from, to, units, Some(said.act), Ending::Booked));
            }
            Output::Claim(claim) => {
                let units = self.take_back_one(claim.of, None)?;
                assert_eq!(units.unsigned_abs(), claim.units);
                let (from, to) = (self.number(&claim.said.from), self.number(&claim.said.to));
                made.push(self.record(bin, from, to, units, Some(claim.said.act), Ending::Claimed));
            }
            Output::TakeBack { of, .. } => {
                self.take_back_one(*of, None)?;
            }
            Output::Keep(_) | Output::Drop(_) | Output::Undo(_) | Output::Flag(_) | Output::Done(_) => {}
        }
        Some(made)
    }

    pub(super) fn record(
        &mut self,
        bin: usize,
        from: usize,
        to: usize,
        units: i64,
        act: Option<ActId>,
        how: Ending,
    ) -> Made {
        if let Some(act) = act {
            assert!(!self.is_recorded(act), "{act:?} is recorded twice");
            self.kept.remove(&act);
            self.end(act, how);
        }
        self.shift(from, to, units);
        self.movements.push(Recorded { from, to, units, act, stands: true });
        let key = MovementKey(self.movements.len() as u64 - 1);
        Made { act, key, units: if to == bin { units } else { -units } }
    }

    fn shift(&mut self, from: usize, to: usize, units: i64) {
        self.books[from] -= units;
        self.books[to] += units;
        for bin in [from, to] {
            if let Some(knows) = self.knows.get_mut(bin) {
                *knows = true;
            }
        }
        assert_eq!(self.books.iter().sum::<i64>(), 0, "parts appear or vanish");
    }

    /// Takes back a movement of that act, of nobody for `None`; `None` when it does not stand.
    fn take_back_one(&mut self, of: MovementKey, act: Option<ActId>) -> Option<i64> {
        let movement = self.movements.get_mut(usize::try_from(of.0).unwrap())?;
        assert_eq!(movement.act, act, "a movement that somebody else spoke for");
        if !std::mem::take(&mut movement.stands) {
            return None;
        }
        let Recorded { from, to, units, .. } = *movement;
        self.shift(to, from, units);
        Some(units)
    }

    pub(super) fn take_back(&mut self, act: ActId) {
        for i in 0..self.movements.len() {
            if self.movements[i].act == Some(act) {
                self.take_back_one(MovementKey(i as u64), Some(act));
            }
        }
    }
}
