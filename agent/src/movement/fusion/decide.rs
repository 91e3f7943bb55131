//! What a bin does next, and when: one function finds the soonest step, so that the clock and the deed cannot disagree.

use std::time::Duration;

use gateway_proto::quantity::Quantity;

use crate::movement::said::ActId;

use super::{
    Fusion,
    allocate::Way,
    explain::{Candidate, cancelling, closely, exactly},
    output::{Claiming, Disagreement, End, Occasion, Output, Proposal},
    patience::DUE_MAX,
    state::{Cancelling, Due, Fate, Flight, Held, Opening, Plan, Scale, Waiting},
};

/// One thing to do. The numbers are indexes of what the bin has when it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    TakeBack,
    Propose {
        acts: Vec<usize>,
        arrived: Vec<usize>,
    },
    Claim {
        act: usize,
        movement: usize,
    },
    Book(usize),
    /// An act's time is over.
    GiveUp(usize),
    /// Parts that never showed on the scale.
    Missed(usize),
}

impl Fusion {
    /// Does what is to be done by `now`.
    pub(super) fn decide(&mut self, now: Duration) {
        while let Some((at, step)) = self.next_step()
            && at <= now
        {
            self.perform(now, step);
        }
    }

    /// The soonest step and its time; of several at once the first named here. `None` while an answer is awaited.
    pub(super) fn next_step(&self) -> Option<(Duration, Step)> {
        if self.flight.is_some() {
            return None;
        }
        let mut soonest: Option<(Duration, Step)> = None;
        let mut offer = |at: Duration, step: Step| {
            if soonest.as_ref().is_none_or(|(soonest, _)| at < *soonest) {
                soonest = Some((at, step));
            }
        };
        if !self.superseded.is_empty() {
            offer(Duration::ZERO, Step::TakeBack);
        }
        if let Some((at, step)) = self.explanation() {
            offer(at, step);
        }
        for (act, waiting) in self.acts.iter().enumerate().filter(|(_, waiting)| waiting.end == End::Answering) {
            if let Some(movement) = self.claimable(waiting) {
                offer(Duration::ZERO, Step::Claim { act, movement });
            } else if waiting.plan == Plan::Book {
                offer(Duration::ZERO, Step::Book(act));
            }
            offer(self.expiry(waiting), Step::GiveUp(act));
        }
        for (i, due) in self.due.iter().enumerate() {
            offer(due.until, Step::Missed(i));
        }
        soonest.map(|(at, step)| (at.max(self.retry_at), step))
    }

    /// What the difference of scale and books is recorded as, and when.
    fn explanation(&self) -> Option<(Duration, Step)> {
        let change = self.change()?;
        let way = Way::of_change(change)?;
        let (_, since) = self.pending?;
        let dues = self
            .due
            .iter()
            .map(|due| Candidate { way: Way::of_change(due.units).unwrap_or(way), units: Some(due.units) });
        let acts = self.candidates();
        let both: Vec<Candidate> = dues.chain(acts.iter().copied()).collect();
        if let Some(set) = exactly(change, &both) {
            let (arrived, acts) = set.into_iter().partition(|i: &usize| *i < self.due.len());
            let acts = Vec::into_iter(acts).map(|i: usize| i - self.due.len()).collect();
            return Some((Duration::ZERO, Step::Propose { acts, arrived }));
        }

        if self.opening == Opening::Awaited {
            // What people did to the bin before it could be weighed is in the first weight.
            return Some((Duration::ZERO, Step::Propose { acts: Vec::new(), arrived: (0..self.due.len()).collect() }));
        }

        // Parts that are due have come before anything is left for acts that did not say how many.
        let (arrived, rest) = self.arrived(change, |due, rest| due < rest);
        if let Some(acts) = closely(rest, &acts) {
            let chosen = || acts.iter().filter_map(|i| self.acts.get(*i));
            let quiet = chosen().map(|waiting| waiting.touched).fold(self.moved, Duration::max);
            let rested = quiet.saturating_add(self.patience.gather);
            let expiry =
                chosen().filter(|waiting| waiting.end == End::Answering).map(|waiting| self.expiry(waiting)).min();
            return Some((expiry.map_or(rested, |expiry| expiry.min(rested)), Step::Propose { acts, arrived }));
        }

        let (arrived, _) = self.arrived(change, |due, rest| due <= rest);
        let is_due = |(i, due): (usize, &Due)| Way::of_change(due.units) == Some(way) && !arrived.contains(&i);
        if self.due.iter().enumerate().any(is_due) {
            // Parts are on their way, more than the scale shows: the rest may come.
            return None;
        }
        let at = since.saturating_add(self.patience.grace_on(self.attendance));
        Some((at, Step::Propose { acts: Vec::new(), arrived }))
    }

    /// Which of the due parts are in `change`, oldest first, and what is left of it.
    fn arrived(&self, change: i64, fits: impl Fn(u64, u64) -> bool) -> (Vec<usize>, i64) {
        let mut rest = change;
        let mut arrived = Vec::new();
        for (i, due) in self.due.iter().enumerate() {
            if due.units.signum() == rest.signum() && fits(due.units.unsigned_abs(), rest.unsigned_abs()) {
                arrived.push(i);
                rest -= due.units;
            }
        }
        (arrived, rest)
    }

    /// The movement that an act claims at once: the newest that is its own by quantity; or the newest its way, when it
    /// states none and nothing newer waits to be recorded.
    pub(super) fn claimable(&self, waiting: &Waiting) -> Option<usize> {
        let stated = waiting.stated();
        let is_newer_pending = self.pending.is_some_and(|(way, _)| way == waiting.way);
        self.newest_unclaimed(waiting, |units| match stated {
            Some(stated) => units == stated,
            None => !is_newer_pending,
        })
    }

    fn newest_unclaimed(&self, waiting: &Waiting, is_meant: impl Fn(i64) -> bool) -> Option<usize> {
        let since = waiting.heard.saturating_sub(self.patience.claim);
        self.unclaimed.iter().rposition(|movement| {
            Way::of_change(movement.units) == Some(waiting.way) && movement.began >= since && is_meant(movement.units)
        })
    }

    fn expiry(&self, waiting: &Waiting) -> Duration {
        waiting.heard.saturating_add(self.patience.wait)
    }

    fn perform(&mut self, now: Duration, step: Step) {
        match step {
            Step::TakeBack => {
                if let Some((of, act)) = self.superseded.pop_front() {
                    self.flight = Some(Flight::TakeBack { of, act });
                    self.out.push_back(Output::TakeBack { of, act });
                }
            }
            Step::Propose { acts, arrived } => self.propose(now, &acts, &arrived),
            Step::Claim { act, movement } => self.claim(act, movement),
            Step::Book(act) => self.book(act),
            Step::GiveUp(act) => self.give_up(now, act),
            Step::Missed(due) => {
                let is_known = self.change().is_some();
                if let Some(due) = self.due.remove(due).filter(|_| is_known) {
                    let stated = Some(due.units.unsigned_abs());
                    self.out.push_back(Output::Flag(Disagreement::NoWeightChange { act: due.act, stated }));
                }
                self.compare(now);
            }
        }
    }

    fn propose(&mut self, now: Duration, acts: &[usize], arrived: &[usize]) {
        let Scale::Known(counted, on_scale) = self.scale else { return };
        let Held::Is(held) = self.held else { return };
        let occasion = match self.opening {
            Opening::Awaited if acts.is_empty() => Occasion::FirstCount,
            Opening::Awaited | Opening::Unheard | Opening::Over => Occasion::Change,
        };
        // What has arrived is due no longer, even if this fails: books and scale then differ by the acts alone.
        let mut index = 0..;
        self.due.retain(|_| index.next().is_none_or(|i| !arrived.contains(&i)));
        let target = self.due.iter().fold(on_scale, |sum, due| sum.saturating_add(due.units));
        let Ok(pieces) = u64::try_from(target) else {
            // More is said to be on its way out than is there: that cannot be.
            self.due.clear();
            self.compare(now);
            return;
        };
        if acts.is_empty() && target == held.unwrap_or(0) {
            self.compare(now);
            return;
        }
        let began = self.pending.map_or(self.moved, |(_, since)| since);
        let chosen: Vec<&Waiting> = acts.iter().filter_map(|i| self.acts.get(*i)).collect();
        let shares = chosen.iter().map(|waiting| waiting.said.clone()).collect();
        let acts = chosen.iter().map(|waiting| waiting.said.act).collect();
        self.flight = Some(Flight::Proposal { pieces: target, began, occasion, acts });
        self.out.push_back(Output::Propose(Proposal { pieces, counted, occasion, began, shares }));
    }

    fn claim(&mut self, act: usize, movement: usize) {
        let Some(said) = self.acts.get(act).map(|waiting| waiting.said.clone()) else { return };
        let Some(of) = self.unclaimed.remove(movement) else { return };
        let units = of.units.unsigned_abs();
        let stated = said.qty.map(Quantity::units).filter(|stated| *stated != units);
        self.flight = Some(Flight::Claim { act: said.act, of });
        self.out.push_back(Output::Claim(Claiming { said, of: of.key, units, stated }));
    }

    fn book(&mut self, act: usize) {
        let Some(said) = self.acts.get(act).map(|waiting| waiting.said.clone()) else { return };
        self.flight = Some(Flight::Booking { act: said.act, qty: said.qty.unwrap_or(Quantity::ONE) });
        self.out.push_back(Output::Book(said));
    }

    fn give_up(&mut self, now: Duration, act: usize) {
        let Some(change) = self.change() else { return self.book(act) };
        let Some(waiting) = self.acts.get_mut(act) else { return };
        if change == 0 && waiting.cancelling == Cancelling::Untried {
            waiting.cancelling = Cancelling::Tried;
            if let Some(set) = cancelling(&self.candidates(), act) {
                return self.propose(now, &set, &[]);
            }
        }
        let Some(waiting) = self.acts.get(act) else { return };
        if let Some(movement) = self.newest_unclaimed(waiting, |_| true) {
            return self.claim(act, movement);
        }
        let waiting = self.acts.remove(act);
        let stated = waiting.said.qty.map(Quantity::units);
        self.out.push_back(Output::Flag(Disagreement::NoWeightChange { act: waiting.said.act, stated }));
        self.end_without_movement(&waiting);
    }

    /// What the scale shows beyond the books, but for what is due; `None` while either is not known.
    fn change(&self) -> Option<i64> {
        let Held::Is(held) = self.held else { return None };
        let change = self.scale.pieces()?.saturating_sub(held.unwrap_or(0));
        Some(self.due.iter().fold(change, |change, due| change.saturating_add(due.units)))
    }

    fn candidates(&self) -> Vec<Candidate> {
        self.acts.iter().map(|waiting| Candidate { way: waiting.way, units: waiting.stated() }).collect()
    }

    pub(super) fn hold(&mut self, now: Duration, held: Option<i64>) {
        self.held = Held::Is(held);
        if self.opening == Opening::Unheard {
            self.opening = if held.is_some() { Opening::Over } else { Opening::Awaited };
        }
        self.compare(now);
    }

    /// Notes since when scale and books differ.
    pub(super) fn compare(&mut self, now: Duration) {
        let change = self.change();
        if change == Some(0) {
            self.opening = Opening::Over;
        }
        let way = change.and_then(Way::of_change);
        if way != self.pending.map(|(way, _)| way) {
            self.pending = way.map(|way| (way, now));
        }
    }

    pub(super) fn expect(&mut self, now: Duration, act: ActId, units: i64) {
        self.due.retain(|due| due.act != act);
        if units != 0 {
            while self.due.len() >= DUE_MAX {
                self.due.pop_front();
            }
            self.due.push_back(Due { act, units, until: now.saturating_add(self.patience.wait) });
        }
    }

    pub(super) fn is_in_flight(&self, act: ActId) -> bool {
        match &self.flight {
            Some(Flight::Proposal { acts, .. }) => acts.contains(&act),
            Some(Flight::Booking { act: other, .. } | Flight::Claim { act: other, .. }) => *other == act,
            Some(Flight::TakeBack { .. }) | None => false,
        }
    }

    pub(super) fn doom(&mut self, act: ActId, fate: Fate) {
        self.acts.iter_mut().filter(|waiting| waiting.said.act == act).for_each(|waiting| waiting.fate = fate);
    }

    pub(super) fn remove(&mut self, act: ActId) -> Option<Waiting> {
        let i = self.acts.iter().position(|waiting| waiting.said.act == act)?;
        Some(self.acts.remove(i))
    }
}
