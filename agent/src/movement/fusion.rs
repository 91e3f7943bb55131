//! One truth from two witnesses: on a bin with a scale and a scanner the scan says who, why and where to, the scale says
//! how many. One movement for an act, never two.
//!
//! Owns the waiting: which acts of a bin wait for their weight, which weight changes wait for a scan, which movements
//! were recorded without one and may still be claimed. The books are the ledger's: this holds only what the ledger last
//! said it holds, and since a level is absolute, a restart, a repeated reading or a scan that was booked while the scale
//! was away moves the books once. Must not know SQL, devices or the wall clock.
//!
//! ```text
//!            scan, scale knows            quantities add up, or the level has rested
//!   ────────────────────────▶ waits ─────────────────────────────▶ proposed ──▶ recorded by weight
//!            scan, scale does │  │ ▲                                   │ not recorded
//!            not know         │  │ └───────────────────────────────────┘
//!   ─────────────▶ booked ◀───┘  │ its time is over: claims an unspoken movement, or is flagged and dropped
//!                   time over,   ▼
//!                   unknown     done
//!
//!   weight change ──▶ waits for a scan ──▶ recorded as nobody's ──▶ claimed by a late scan
//! ```
//!
//! # What the owner does
//! One owner has the bins of a site. It calls the inputs below, then drains [`Fusion::poll`], and calls
//! [`Fusion::tick`] when [`Fusion::next_tick`] has come.
//! - **Levels.** [`Fusion::handle_level`] with the newest trusted count, `None` once the scale is known not to know. Until
//!   the first call acts wait: a scale that has not been heard yet is not away.
//! - **Books.** [`Fusion::handle_held`] at start and after each commit by others that touched the bin. The answers to this
//!   bin's own outputs carry what is held; calls come in the order of the commits.
//! - **Acts.** [`Fusion::handle_said`] to each end of an act that is a bin on a scale, for the item of that bin. With two
//!   such ends one is [`End::Answering`]: the one that [`Fusion::knows_level`], else the one the parts leave. Both hear of
//!   it before either is drained.
//! - **One at a time.** Per bin at most one of `Propose`, `Book`, `Claim`, `TakeBack` is unanswered. Across bins the owner
//!   sees to it that an act is in at most one of them: it answers `Failed` to a second, which is tried again.
//! - **Recording an act forgets it.** The transaction that records an act (a `Book`, a `Claim`, a `Propose` of which it
//!   made a movement) also removes what `Keep` stored. After the commit the owner answers this bin, and calls
//!   [`Fusion::settled`] once at each other bin on a scale that the movements of acts touched, before it drains any.
//! - **Recording a level.** The ledger splits what it finds by [`allocate::allocate`]; no movement at all is `NoChange`. On
//!   [`Occasion::FirstCount`] what is nobody's comes from `variance`.
//! - **Draining.** What is done for one bin may give another something to do: all are drained until all are empty.
//! - **Acceptance.** A person hears it when the `Keep` of the act has been committed, or its `Book` where no `Keep` came
//!   before. A `Keep` that fails is told to the person, and the act withdrawn at both ends. A `Book` without a `Keep`
//!   that fails is told to the person; the act is forgotten here.
//! - **The other end.** When the answering end says `Done` without having recorded, the owner withdraws the act at the
//!   other end. Restatements and withdrawals go to both ends; what counts is the answer of the one that knows the act.
//! - **Restart.** A new fusion per bin, [`Fusion::handle_held`], and [`Fusion::restore`] of every kept act at both ends.
//!   An act waits its whole time again. What may still be claimed, and which parts are still on their way between two
//!   scales, is forgotten: the books stay right, a movement may stay nobody's.

pub mod allocate;
mod decide;
mod ending;
mod explain;
mod output;
mod patience;
mod state;

use std::{collections::VecDeque, time::Duration};

use gateway_proto::{place::Place, quantity::Quantity};

use super::{
    counted::Counted,
    said::{ActId, Said},
};
use allocate::Way;
pub use output::{
    Answer, Claiming, Disagreement, End, Made, MovementKey, Occasion, Output, Proposal, Proposed, Refused, Restated,
    Withdrawn,
};
pub use patience::{ACTS_MAX, Attendance, DUE_MAX, Patience, REMEMBERED_MAX, RETRY_FIRST, RETRY_MAX};
use state::{Cancelling, Due, Fate, Flight, Held, Opening, Plan, Recorded, Scale, Storage, Unclaimed, Waiting};

/// Follows one bin.
#[derive(Debug)]
pub struct Fusion {
    bin: Place,
    patience: Patience,
    attendance: Attendance,
    scale: Scale,
    held: Held,
    opening: Opening,
    /// When the level last became another, or known.
    moved: Duration,
    /// Which way scale and books differ, and since when.
    pending: Option<(Way, Duration)>,
    /// Oldest first.
    acts: Vec<Waiting>,
    /// Oldest first.
    due: VecDeque<Due>,
    /// Oldest first.
    unclaimed: VecDeque<Unclaimed>,
    superseded: VecDeque<(MovementKey, ActId)>,
    past: VecDeque<(ActId, Recorded)>,
    flight: Option<Flight>,
    failures: u32,
    retry_at: Duration,
    out: VecDeque<Output>,
}

impl Fusion {
    #[must_use]
    pub fn new(bin: Place, patience: Patience, attendance: Attendance) -> Self {
        Self {
            bin,
            patience,
            attendance,
            scale: Scale::Unheard,
            held: Held::Unheard,
            opening: Opening::Unheard,
            moved: Duration::ZERO,
            pending: None,
            acts: Vec::new(),
            due: VecDeque::new(),
            unclaimed: VecDeque::new(),
            superseded: VecDeque::new(),
            past: VecDeque::new(),
            flight: None,
            failures: 0,
            retry_at: Duration::ZERO,
            out: VecDeque::new(),
        }
    }

    /// What the ledger holds for the bin; `None`: it never heard of the item there.
    pub fn handle_held(&mut self, now: Duration, held: Option<i64>) {
        self.hold(now, held);
        self.decide(now);
    }

    /// The newest count of the scale; `None`: it cannot say.
    pub fn handle_level(&mut self, now: Duration, level: Option<Counted>) {
        let scale = match level.map(|counted| (counted, i64::try_from(counted.pieces))) {
            Some((counted, Ok(pieces))) => Scale::Known(counted, pieces),
            Some((_, Err(_))) | None => Scale::Unknown,
        };
        if scale.pieces().is_some() && scale.pieces() != self.scale.pieces() {
            self.moved = now;
        }
        self.scale = scale;
        self.compare(now);
        self.decide(now);
    }

    /// A person said an act of which this bin is an end.
    ///
    /// # Errors
    /// [`Refused`] when the bin cannot take it; nothing is kept of it then.
    pub fn handle_said(&mut self, now: Duration, said: Said, end: End) -> Result<(), Refused> {
        let mut waiting = self.waiting(now, said, end)?;
        if self.scale == Scale::Unknown && end == End::Answering {
            waiting.plan = Plan::Book;
        }
        let is_booked_now = waiting.plan == Plan::Book
            && self.flight.is_none()
            && self.retry_at <= now
            && !self.acts.iter().any(|other| other.plan == Plan::Book)
            && self.superseded.is_empty()
            && self.claimable(&waiting).is_none();
        if end == End::Answering && !is_booked_now {
            waiting.storage = Storage::Kept;
            self.out.push_back(Output::Keep(waiting.said.clone()));
        }
        self.acts.push(waiting);
        self.decide(now);
        Ok(())
    }

    /// An act that was kept when the process ended.
    ///
    /// # Errors
    /// As [`Fusion::handle_said`]. The act stays kept.
    pub fn restore(&mut self, now: Duration, said: Said, end: End) -> Result<(), Refused> {
        let mut waiting = self.waiting(now, said, end)?;
        waiting.storage = Storage::Kept;
        self.acts.push(waiting);
        self.decide(now);
        Ok(())
    }

    /// The person said afterwards how many the act was, in all.
    pub fn restate(&mut self, now: Duration, act: ActId, qty: Quantity) -> Restated {
        if let Some(Flight::Booking { act: booking, qty }) = &self.flight
            && *booking == act
        {
            return Restated::Booked { units: qty.units() };
        }
        let in_flight = self.is_in_flight(act);
        if let Some(waiting) = self.acts.iter_mut().find(|waiting| waiting.said.act == act) {
            waiting.said.qty = Some(qty);
            waiting.touched = now;
            if in_flight {
                // What is being recorded also forgets the act: stored again now, it could come back after that.
                waiting.storage = if waiting.storage == Storage::Kept { Storage::Outdated } else { waiting.storage };
            } else if waiting.storage != Storage::None && waiting.end == End::Answering {
                self.out.push_back(Output::Keep(waiting.said.clone()));
            }
            self.decide(now);
            return Restated::Waiting;
        }
        match self.past.iter().find(|(past, _)| *past == act) {
            Some((_, Recorded::Weighed(units))) => {
                let units = *units;
                self.flag_quantity(act, Some(qty), units);
                Restated::Weighed { units }
            }
            Some((_, Recorded::Booked(units))) => Restated::Booked { units: *units },
            None => Restated::Unknown,
        }
    }

    /// The person took the act back.
    pub fn withdraw(&mut self, now: Duration, act: ActId) -> Withdrawn {
        if self.is_in_flight(act) {
            self.doom(act, Fate::Withdrawn);
            return Withdrawn::Recording;
        }
        if let Some(waiting) = self.remove(act) {
            self.end_without_movement(&waiting);
            self.decide(now);
            return Withdrawn::Dropped;
        }
        let recorded = self.past.iter().position(|(past, _)| *past == act);
        self.due.retain(|due| due.act != act);
        self.compare(now);
        self.decide(now);
        match recorded.and_then(|i| self.past.remove(i)) {
            Some(_) => Withdrawn::Recorded,
            None => Withdrawn::Unknown,
        }
    }

    /// Acts were recorded at their other ends in one commit, which moved so many units of each here (positive into the
    /// bin); `held` is what the ledger holds for this bin since. Again for the same act when that was corrected, with the
    /// new units.
    pub fn settled(&mut self, now: Duration, acts: &[(ActId, i64)], held: Option<i64>) {
        self.hold(now, held);
        for (act, units) in acts {
            if self.is_in_flight(*act) {
                self.doom(*act, Fate::SettledElsewhere);
            } else {
                self.remove(*act);
            }
            // The scale showed these parts before, and they were recorded as nobody's.
            let since = now.saturating_sub(self.patience.claim);
            let shown = self.unclaimed.iter().rposition(|movement| movement.units == *units && movement.began >= since);
            match shown.and_then(|i| self.unclaimed.remove(i)) {
                Some(movement) => self.superseded.push_back((movement.key, *act)),
                None => self.expect(now, *act, *units),
            }
        }
        self.compare(now);
        self.decide(now);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Duration) {
        self.decide(now);
    }

    /// When [`Fusion::tick`] has something to do, if nothing else happens.
    #[must_use]
    pub fn next_tick(&self) -> Option<Duration> {
        self.next_step().map(|(at, _)| at)
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Whether the newest level was a count.
    #[must_use]
    pub fn knows_level(&self) -> bool {
        self.scale.pieces().is_some()
    }

    /// The acts that wait for their weight, oldest first.
    pub fn acts(&self) -> impl Iterator<Item = &Said> {
        self.acts.iter().map(|waiting| &waiting.said)
    }

    fn waiting(&self, now: Duration, said: Said, end: End) -> Result<Waiting, Refused> {
        let way = Way::of(&said, &self.bin).ok_or(Refused::NotHere)?;
        said.movement(Quantity::ONE).act()?;
        if self.acts.iter().any(|waiting| waiting.said.act == said.act) {
            return Err(Refused::Again);
        }
        if self.acts.len() >= ACTS_MAX {
            return Err(Refused::TooMany);
        }
        Ok(Waiting {
            said,
            end,
            way,
            heard: now,
            touched: now,
            storage: Storage::None,
            plan: Plan::Weigh,
            fate: Fate::Open,
            cancelling: Cancelling::Untried,
        })
    }
}

#[cfg(test)]
mod tests;
