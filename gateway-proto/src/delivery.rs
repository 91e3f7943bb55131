//! The site's half of the feed protocol: which records to send next, and what an answer means. Pure: the shell reads
//! the ledger, owns the socket and the clock, and commits every [`Effect`] before it polls again.
//!
//! ```text
//!            poll: Send            handle: Ack
//!   Ready ──────────────▶ InFlight ───────────▶ Ready      settle through ack, refused set aside
//!     ▲                    │  │  │
//!     │   wait is over     │  │  └─ gap ───────▶ Ready      go back to what the hub expects
//!   BackingOff ◀───────────┘  └──── fork ──────▶ Ended      a new epoch takes the rest along
//!            no answer, busy, portal, refused credential
//!
//!   400/413 on n records: send half. On one record: set it aside, declare the hole, go on.
//! ```
//!
//! The ledger is the queue. This machine holds positions only, so a crash at any point costs a re-send at most.
//! Times are monotonic, measured from any fixed start.

mod beside;
mod poison;
mod question;
mod trouble;

use std::{collections::BTreeSet, time::Duration};

use self::beside::Beside;
pub use self::beside::Live;
pub use self::trouble::{Trouble, TroubleKind};
use self::{poison::Suspicion, question::Question};
use crate::{
    answer::{Ack, Code, Refusal, Rejection},
    backoff::Backoff,
    chain::Epoch,
    forward::Forward,
    limits::{RETRY_AFTER_MAX, WINDOW_MAX},
    record::Seq,
};

/// How long records gather for a fuller shipment while another is in the air. Longer than the way to most hubs and back,
/// whose answer ends it; short beside a second, which is what live may be behind.
const GATHER_MAX: Duration = Duration::from_millis(100);

/// Where an epoch of a feed stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub epoch: Epoch,
    /// The oldest record still kept; `recorded + 1` when none is.
    pub oldest: Seq,
    /// The newest record.
    pub recorded: Seq,
    /// Everything up to here is settled: acknowledged, set aside or declared lost.
    pub through: Seq,
    /// Records that are never to be sent, but to be declared: the hub cannot read them.
    pub withheld: BTreeSet<Seq>,
    /// Runs of records that damage took, in order. Each is declared in one piece: the links inside are not known.
    pub holes: Vec<(Seq, Seq)>,
    /// The hub may have records of this feed that the ledger does not know, and has not said yet.
    pub asks: bool,
}

/// One feed's delivery.
#[derive(Debug)]
pub struct Delivery {
    at: Standing,
    /// The next seq to put into a shipment.
    next: Seq,
    flights: Vec<Flight>,
    /// Accepted while one before them was still in the air. They settle after it, so that no ack with its refusals
    /// is passed over.
    landed: Vec<Landed>,
    flights_begun: u64,
    /// How many shipments the hub allows at once; it says so in its acks.
    window: u32,
    batch_max: u64,
    /// Records in the next shipment: halves when one is refused as too large or bad, doubles with each ack.
    batch_now: u64,
    backoff: Backoff,
    wait_until: Option<Duration>,
    /// Shipments that overtook others and are sent once more, when those have landed or not.
    overtook: Vec<(Seq, Seq)>,
    /// A shipment failed while others were in the air: wait for those, then start over from `through`.
    regroup: bool,
    suspicion: Suspicion,
    /// The hub has said once that it has more than was ever recorded here.
    beyond: bool,
    /// What travels beside the feed and settles nothing of it.
    beside: Beside,
    trouble: Option<Trouble>,
    question: Question,
    ended: bool,
}

#[derive(Debug)]
struct Flight {
    shipment: Shipment,
    begun: Duration,
    /// No other was in the air with it. Only then does a gap say what the hub has: beside others it may have been
    /// answered before they landed.
    alone: bool,
    /// It overtook another one before.
    is_again: bool,
}

#[derive(Debug)]
struct Landed {
    shipment: Shipment,
    refused: Vec<Refusal>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Send(Shipment),
    /// Nothing before this time, unless something is recorded or answered.
    Wait(Duration),
    /// Nothing until something is recorded or answered.
    Idle,
}

/// Something on its way to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    pub id: u64,
    pub first: Seq,
    pub last: Seq,
    pub kind: ShipmentKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShipmentKind {
    /// The records `first..=last`.
    Records,
    /// A declaration that `first..=last` were removed to keep within the site's storage.
    Removed,
    /// A declaration that `first..=last` were lost by damage to the site's storage.
    Damaged,
    /// A declaration that `first..=last`, one record, was refused for good and is set aside here.
    SetAside,
    /// The records `first..=last`, shown before their turn because a backlog stands before them. Settles nothing.
    Ahead,
    /// The record `first`, which the hub has and refused once: does it still?
    Again,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Ack(Ack),
    Rejected {
        rejection: Rejection,
        retry_after: Option<Duration>,
    },
    /// No answer, or one that no hub gives.
    Nothing {
        kind: TroubleKind,
        detail: String,
        retry_after: Option<Duration>,
    },
}

impl Reply {
    /// Whether the sender is asked to wait: in which words, and for how long where that is said.
    fn asks_to_wait(&self) -> Option<(&str, Option<Duration>)> {
        match self {
            Self::Rejected { rejection, retry_after } if matches!(rejection.code, Code::Busy | Code::Limit) => {
                Some((&rejection.detail, *retry_after))
            }
            Self::Nothing { kind: TroubleKind::Busy, detail, retry_after } => Some((detail, *retry_after)),
            Self::Ack(_) | Self::Rejected { .. } | Self::Nothing { .. } => None,
        }
    }
}

/// What the ledger must take down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Everything through here is settled; of these the hub refused some, and some were declared lost.
    Settle { through: Seq, refused: Vec<Refusal>, lost: Option<(Seq, Seq)> },
    /// The hub has less than it once acknowledged (restored from a backup): settled only through here again.
    Rewind { through: Seq },
    /// Keep this record apart: the hub can not even read it.
    SetAside { refusal: Refusal },
    /// The hub has taken a record that it had refused, since its item is known there.
    Taken { seq: Seq },
    /// The hub holds another history: begin a new epoch with everything that is not settled, alarm.
    NewEpoch,
    /// What the hub has of the feed beside what the ledger named: to be added to its amounts.
    BringForward(Forward),
}

impl Delivery {
    /// `batch_max` records go into one shipment at most.
    #[must_use]
    pub fn new(at: Standing, batch_max: usize, backoff: Backoff) -> Self {
        let batch_max = (batch_max as u64).max(1);
        Self {
            next: at.through.next(),
            at,
            flights: Vec::new(),
            landed: Vec::new(),
            flights_begun: 0,
            window: 1,
            batch_max,
            batch_now: batch_max,
            backoff,
            wait_until: None,
            overtook: Vec::new(),
            regroup: false,
            suspicion: Suspicion::default(),
            beyond: false,
            beside: Beside::new(Live::OFF),
            trouble: None,
            question: Question::default(),
            ended: false,
        }
    }

    /// The machine for the epoch that follows this one. It keeps the backoff: a hub that answers `fork` to
    /// everything must not make epochs as fast as it can answer.
    #[must_use]
    pub fn renewed(self, at: Standing, now: Duration) -> Self {
        let mut backoff = self.backoff;
        let wait = backoff.failed(Duration::ZERO);
        let trouble = self.trouble;
        let batch_max = usize::try_from(self.batch_max).unwrap_or(usize::MAX);
        // Ids go on: an answer to the old epoch must not be taken for one to the new.
        let flights_begun = self.flights_begun;
        let beside = Beside::new(self.beside.live());
        Self { wait_until: Some(now + wait), trouble, flights_begun, beside, ..Self::new(at, batch_max, backoff) }
    }

    /// The first shipment waits a random moment, as long as after a first failure.
    #[must_use]
    pub fn spread(mut self, now: Duration) -> Self {
        self.wait_until = Some(now + self.backoff.failed(Duration::ZERO));
        self.backoff.succeeded();
        self
    }

    /// How much of what happens now may be shown beside a backlog. Off until said.
    #[must_use]
    pub fn with_live(mut self, live: Live) -> Self {
        self.beside = Beside::new(live);
        self
    }

    /// Where this machine believes the ledger stands.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.at
    }

    /// Why nothing is getting through; `None` when the last answer was good or nothing was tried.
    #[must_use]
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Shipments in the air.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// The ledger holds records through `recorded`. Never goes back.
    pub fn handle_recorded(&mut self, recorded: Seq) {
        self.at.recorded = self.at.recorded.max(recorded);
    }

    /// Somebody wants to know whether the hub takes by now what it refused. Whether there is room for the question.
    pub fn ask_again(&mut self, seq: Seq) -> bool {
        seq <= self.at.through && self.beside.ask(seq)
    }

    /// What the ledger says is never to be sent: somebody has had a record sent again under another number, or a hub that
    /// was put back takes part of it anew.
    pub fn handle_withheld(&mut self, withheld: BTreeSet<Seq>) {
        self.at.withheld = withheld;
    }

    /// Whether the ledger still wants to know what the hub has beside it.
    pub fn handle_asks(&mut self, asks: bool) {
        self.at.asks = asks;
    }

    /// Whether the question goes along with this shipment, at `now`. Once said it is on its way.
    pub fn asks_with(&mut self, now: Duration, shipment: &Shipment) -> bool {
        self.at.asks && self.question.goes_with(now, shipment)
    }

    /// Whether the hub takes records and does not say what it has beside the ledger, or not all of it.
    #[must_use]
    pub const fn is_left_unanswered(&self) -> bool {
        self.at.asks && self.question.is_left()
    }

    /// Retention removed settled records: the oldest kept is now `oldest`. Never goes back.
    pub fn handle_removed(&mut self, oldest: Seq) {
        self.at.oldest = self.at.oldest.max(oldest);
    }

    /// The shell could not put all of a shipment into one batch; it ends at `last`.
    pub fn handle_shortened(&mut self, id: u64, last: Seq) {
        if let Some(flight) = self.flights.iter_mut().find(|flight| flight.shipment.id == id) {
            flight.shipment.last = last;
            if self.flights.iter().all(|flight| flight.shipment.last <= last) {
                self.next = last.next();
            }
        }
    }

    /// Whether there is something of the feed to be sent at `now`, and room for it in the air.
    #[must_use]
    pub fn is_ready(&self, now: Duration) -> bool {
        let waits = self.wait_until.is_some_and(|until| now < until);
        let is_alone = self.flights.is_empty();
        let declaring = self.flights.iter().any(|flight| flight.shipment.kind != ShipmentKind::Records);
        let has_room = is_alone || (!self.regroup && !declaring && self.flights.len() < self.window as usize);
        let next = if self.regroup { self.at.through.next() } else { self.next };
        let has_more = next <= self.at.recorded || next < self.at.oldest || !self.overtook.is_empty();
        let gathers = !self.regroup && self.gathers_until().is_some_and(|until| now < until);
        !self.ended && !waits && has_room && has_more && !gathers
    }

    /// Until when what is there waits for more, so that a busy site does not send each commit by itself.
    fn gathers_until(&self) -> Option<Duration> {
        let newest = self.flights.iter().map(|flight| flight.begun).max()?;
        let is_full = self.at.recorded.0 + 1 >= self.next.0 + self.batch_now;
        (!is_full && self.overtook.is_empty()).then_some(newest + GATHER_MAX)
    }

    /// What to do at `now`. A `Send` is in the air from here on, until `handle_reply` with its id.
    pub fn poll(&mut self, now: Duration) -> Step {
        if self.ended {
            return Step::Idle;
        }
        if let Some(until) = self.wait_until {
            if now < until {
                return Step::Wait(until);
            }
            self.wait_until = None;
        }
        if let Some((first, last, kind)) = self.beside.poll(now, &self.at, self.next, self.batch_max) {
            let shipment = self.shipment(first, last, kind);
            self.beside.sent(shipment.clone());
            return Step::Send(shipment);
        }
        match self.poll_feed(now) {
            Step::Idle => self.beside.due(&self.at, self.next, self.batch_max).map_or(Step::Idle, Step::Wait),
            step @ (Step::Send(_) | Step::Wait(_)) => step,
        }
    }

    fn poll_feed(&mut self, now: Duration) -> Step {
        if self.regroup {
            if !self.flights.is_empty() {
                return Step::Idle;
            }
            self.regroup = false;
            self.landed.clear();
            self.overtook.clear();
            self.next = self.at.through.next();
        }
        // A declaration goes alone: what follows it hangs on its link.
        let declaring = self.flights.iter().any(|flight| flight.shipment.kind != ShipmentKind::Records);
        if declaring || self.flights.len() >= self.window as usize {
            return Step::Idle;
        }
        if let Some(&(first, last)) = self.overtook.iter().min() {
            if self.flights.iter().any(|flight| flight.shipment.first < first) {
                return Step::Idle;
            }
            self.overtook.retain(|range| *range != (first, last));
            let shipment = self.shipment(first, last, ShipmentKind::Records);
            self.flights.iter_mut().for_each(|flight| flight.alone = false);
            self.flights.push(Flight {
                shipment: shipment.clone(),
                alone: self.flights.is_empty(),
                is_again: true,
                begun: now,
            });
            return Step::Send(shipment);
        }
        let hole = self.at.holes.iter().find(|(_, last)| *last >= self.next);
        let (last, kind) = if self.next < self.at.oldest {
            (self.at.oldest.before(), ShipmentKind::Removed)
        } else if let Some((_, last)) = hole.filter(|(first, _)| *first <= self.next) {
            (*last, ShipmentKind::Damaged)
        } else if self.at.withheld.contains(&self.next) {
            (self.next, ShipmentKind::SetAside)
        } else if self.next <= self.at.recorded {
            if let Some(until) = self.gathers_until().filter(|until| now < *until) {
                return Step::Wait(until);
            }
            let last = Seq((self.next.0 + self.batch_now - 1).min(self.at.recorded.0));
            let withheld = self.at.withheld.range(self.next..=last).next().map(|seq| seq.before());
            let hole = hole.map(|(first, _)| first.before());
            (last.min(withheld.unwrap_or(last)).min(hole.unwrap_or(last)), ShipmentKind::Records)
        } else {
            return Step::Idle;
        };
        if kind != ShipmentKind::Records && !self.flights.is_empty() {
            return Step::Idle;
        }
        let shipment = self.shipment(self.next, last, kind);
        self.flights.iter_mut().for_each(|flight| flight.alone = false);
        self.flights.push(Flight {
            shipment: shipment.clone(),
            alone: self.flights.is_empty(),
            is_again: false,
            begun: now,
        });
        self.next = last.next();
        Step::Send(shipment)
    }

    fn shipment(&mut self, first: Seq, last: Seq, kind: ShipmentKind) -> Shipment {
        self.flights_begun += 1;
        Shipment { id: self.flights_begun, first, last, kind }
    }

    /// Takes the answer to a shipment. The effects are in the order in which the ledger must take them down.
    /// An answer to a shipment that is not in the air changes nothing.
    #[must_use = "effects must reach the ledger"]
    pub fn handle_reply(&mut self, now: Duration, id: u64, reply: Reply) -> Vec<Effect> {
        if self.beside.is_in_flight(id) {
            // It is the sender who is asked to wait, whatever lane it was that asked.
            if let Some((detail, retry_after)) = reply.asks_to_wait() {
                self.hold_off(now, TroubleKind::Busy, detail.to_owned(), retry_after);
            }
            return self.beside.handle_reply(now, &self.at.epoch, &reply).into_iter().collect();
        }
        let Some(index) = self.flights.iter().position(|flight| flight.shipment.id == id) else {
            return Vec::new();
        };
        let Flight { shipment, alone, is_again, begun: _ } = self.flights.swap_remove(index);
        self.question.handle_reply(id, &reply);
        match reply {
            Reply::Ack(ack) => self.handle_ack(now, &shipment, ack),
            Reply::Rejected { rejection, .. }
                if rejection.code == Code::Gap
                    && !alone
                    && !is_again
                    && !self.regroup
                    && shipment.kind == ShipmentKind::Records =>
            {
                // It overtook one that is still in the air: once more is enough when that has landed meanwhile.
                self.overtook.push((shipment.first, shipment.last));
                Vec::new()
            }
            Reply::Rejected { rejection, .. } if rejection.code == Code::Gap => {
                self.handle_gap(now, &shipment, alone, &rejection)
            }
            Reply::Rejected { rejection, retry_after } => self.handle_rejection(now, &shipment, rejection, retry_after),
            Reply::Nothing { kind, detail, retry_after } => {
                if matches!(kind, TroubleKind::TimedOut | TroubleKind::BrokenOff)
                    && shipment.kind == ShipmentKind::Records
                {
                    // Perhaps it was too long for the line: less of it gets through. Acks make it grow again.
                    let sent = shipment.last.0 - shipment.first.0 + 1;
                    self.batch_now = self.batch_now.min(sent / 2).max(1);
                }
                self.fail(now, &shipment, kind, detail, retry_after);
                Vec::new()
            }
        }
    }

    fn handle_ack(&mut self, now: Duration, flight: &Shipment, ack: Ack) -> Vec<Effect> {
        if ack.epoch != self.at.epoch || ack.through < flight.first {
            let detail = format!("acknowledged epoch {} through {}", ack.epoch, ack.through);
            self.fail(now, flight, TroubleKind::NotAHub, detail, None);
            return Vec::new();
        }
        // One that was in the air beside another that failed says nothing of the wait that this one brought.
        if self.wait_until.is_none_or(|until| now >= until) {
            self.backoff.succeeded();
            self.trouble = None;
        }
        if !self.regroup {
            self.window = ack.window.clamp(1, WINDOW_MAX);
            self.beside.granted(ack.takes_ahead);
            self.batch_now = (self.batch_now * 2).min(self.batch_max);
        }
        // The chain vouches for what was sent. What the hub has beyond it may be another history.
        let last = ack.through.min(flight.last);
        let mut refused = ack.refused;
        refused.retain(|refusal| (flight.first..=last).contains(&refusal.seq));
        self.landed.push(Landed { shipment: Shipment { last, ..flight.clone() }, refused });
        let mut effects = Vec::new();
        while let Some(next) = self.landed.iter().position(|landed| landed.shipment.first <= self.at.through.next()) {
            let Landed { shipment, refused } = self.landed.swap_remove(next);
            effects.extend(self.settle(&shipment, refused));
        }
        if last < flight.last {
            self.go_back(last.next());
        }
        if flight.kind == ShipmentKind::Records {
            self.suspicion.handle_taken();
        }
        effects.extend(ack.forward.map(Effect::BringForward));
        if ack.through <= self.at.recorded {
            self.beyond = false;
        } else if self.at.through == self.at.recorded {
            // The hub has seqs this ledger never reached: the ledger is an old copy of the one that made them. What
            // of it is not sent yet is sent first: the hub may have the same.
            if self.beyond || self.at.recorded == Seq(0) {
                effects.push(self.end());
            } else {
                // One answer that was mixed up on the way must not end an epoch: it has to say so twice.
                self.beyond = true;
                self.next = self.at.recorded;
            }
        }
        effects
    }

    fn settle(&mut self, shipment: &Shipment, refused: Vec<Refusal>) -> Option<Effect> {
        let through = shipment.last.max(self.at.through);
        let is_lost = matches!(shipment.kind, ShipmentKind::Removed | ShipmentKind::Damaged);
        let lost = is_lost.then_some((shipment.first, shipment.last));
        let news = through > self.at.through || !refused.is_empty() || lost.is_some();
        self.at.through = through;
        news.then_some(Effect::Settle { through, refused, lost })
    }

    fn handle_rejection(
        &mut self,
        now: Duration,
        flight: &Shipment,
        rejection: Rejection,
        retry_after: Option<Duration>,
    ) -> Vec<Effect> {
        match rejection.code {
            Code::Fork => {
                let common = rejection.seq.unwrap_or(flight.first).0.saturating_sub(self.at.through.next().0);
                if common == 0 || rejection.seq > Some(flight.last) {
                    return vec![self.end()];
                }
                // What lies before the difference is the hub's history too: sent alone it is acknowledged, with what
                // the hub refuses of it.
                self.window = 1;
                self.batch_now = common;
                self.go_back(flight.first);
                Vec::new()
            }
            Code::BadBatch | Code::TooLarge if flight.kind == ShipmentKind::Records => {
                let sent = flight.last.0 - flight.first.0 + 1;
                // One at a time from here: acks of others must not make the next one larger again.
                self.window = 1;
                self.go_back(flight.first);
                if sent > 1 {
                    self.batch_now = sent / 2;
                    return Vec::new();
                }
                if !self.suspicion.is_poison(flight.first) {
                    self.batch_now = 1;
                    self.fail(now, flight, TroubleKind::Refused, rejection.detail, retry_after);
                    return Vec::new();
                }
                self.at.withheld.insert(flight.first);
                let code = if rejection.code == Code::TooLarge { "too_large" } else { "bad_batch" };
                let refusal = Refusal { seq: flight.first, code: code.to_owned(), detail: rejection.detail };
                vec![Effect::SetAside { refusal }]
            }
            Code::Busy | Code::Limit => {
                self.fail(now, flight, TroubleKind::Busy, rejection.detail, retry_after);
                Vec::new()
            }
            Code::Unauthorized => {
                self.fail(now, flight, TroubleKind::Unauthorized, rejection.detail, retry_after);
                Vec::new()
            }
            Code::NotFound => {
                self.fail(now, flight, TroubleKind::FeedUnknown, rejection.detail, retry_after);
                Vec::new()
            }
            Code::Gap | Code::BadBatch | Code::TooLarge | Code::BadChain | Code::Other => {
                self.fail(now, flight, TroubleKind::Refused, rejection.detail, retry_after);
                Vec::new()
            }
        }
    }

    fn handle_gap(&mut self, now: Duration, flight: &Shipment, alone: bool, rejection: &Rejection) -> Vec<Effect> {
        if !alone {
            // The hole may have been a shipment still in the air. Let all land, then ask with one alone.
            self.window = 1;
            self.go_back(self.at.through.next());
            return Vec::new();
        }
        let Some(expected) = rejection.expected.filter(|&seq| seq >= Seq(1) && seq < flight.first) else {
            self.fail(now, flight, TroubleKind::NotAHub, "gap that names no earlier seq".to_owned(), None);
            return Vec::new();
        };
        self.next = expected;
        if expected <= self.at.through {
            self.at.through = expected.before();
            return vec![Effect::Rewind { through: self.at.through }];
        }
        Vec::new()
    }

    fn fail(
        &mut self,
        now: Duration,
        flight: &Shipment,
        kind: TroubleKind,
        detail: String,
        retry_after: Option<Duration>,
    ) {
        self.hold_off(now, kind, detail, retry_after);
        self.go_back(flight.first);
    }

    fn hold_off(&mut self, now: Duration, kind: TroubleKind, detail: String, retry_after: Option<Duration>) {
        let since = match &self.trouble {
            Some(trouble) if trouble.kind == kind => trouble.since,
            _ => now,
        };
        self.trouble = Some(Trouble { kind, detail, since });
        let wait = self.backoff.failed(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX));
        self.wait_until = Some(now + wait);
    }

    fn go_back(&mut self, to: Seq) {
        let to = self.overtook.drain(..).map(|(first, _)| first).fold(to, Ord::min);
        if self.flights.is_empty() {
            self.next = to.max(self.at.through.next());
        } else {
            self.regroup = true;
        }
    }

    fn end(&mut self) -> Effect {
        self.ended = true;
        self.flights.clear();
        Effect::NewEpoch
    }
}

#[cfg(test)]
mod tests;
