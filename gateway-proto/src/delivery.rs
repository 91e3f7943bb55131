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

use std::time::Duration;

use crate::{
    answer::{Ack, Code, Refusal, Rejection},
    backoff::Backoff,
    chain::Epoch,
    limits::{RETRY_AFTER_MAX, WINDOW_MAX},
    record::Seq,
};

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
    /// A shipment failed while others were in the air: wait for those, then start over from `through`.
    regroup: bool,
    /// The record that the hub will never take, to be declared before anything else goes out.
    poison: Option<Seq>,
    trouble: Option<Trouble>,
    ended: bool,
}

#[derive(Debug)]
struct Flight {
    shipment: Shipment,
    /// No other was in the air with it. Only then does a gap say what the hub has: beside others it may have been
    /// answered before they landed.
    alone: bool,
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
    /// A declaration that `first..=last`, one record, was refused for good and is set aside here.
    SetAside,
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

/// What the ledger must take down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Everything through here is settled; of these the hub refused some, and some were declared lost.
    Settle { through: Seq, refused: Vec<Refusal>, lost: Option<(Seq, Seq)> },
    /// The hub has less than it once acknowledged (restored from a backup): settled only through here again.
    Rewind { through: Seq },
    /// Keep this record apart: the hub can not even read it.
    SetAside { refusal: Refusal },
    /// The hub holds another history: begin a new epoch with everything that is not settled, alarm.
    NewEpoch,
}

/// Why nothing is getting through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    pub detail: String,
    /// When it began.
    pub since: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// No connection, or it broke.
    Unreachable,
    /// Connected, but no answer in time.
    TimedOut,
    /// An answer that no hub gives: captive portal, redirect, other server.
    NotAHub,
    /// The hub is busy or limits us.
    Busy,
    /// The hub does not accept the credential.
    Unauthorized,
    /// The hub refuses in a way that sending again may not cure.
    Refused,
}

impl TroubleKind {
    /// The sentence people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "hub unreachable",
            Self::TimedOut => "hub does not answer",
            Self::NotAHub => "something other than the hub answers (login page or proxy?)",
            Self::Busy => "hub asks to wait",
            Self::Unauthorized => "hub does not accept this feed's token",
            Self::Refused => "hub refuses the feed",
        }
    }
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
            regroup: false,
            poison: None,
            trouble: None,
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
        Self { wait_until: Some(now + wait), trouble, flights_begun, ..Self::new(at, batch_max, backoff) }
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
        if self.regroup {
            if !self.flights.is_empty() {
                return Step::Idle;
            }
            self.regroup = false;
            self.landed.clear();
            self.next = self.at.through.next();
        }
        // A declaration goes alone: what follows it hangs on its link.
        let declaring = self.flights.iter().any(|flight| flight.shipment.kind != ShipmentKind::Records);
        if declaring || self.flights.len() >= self.window as usize {
            return Step::Idle;
        }
        let (last, kind) = if self.next < self.at.oldest {
            (self.at.oldest.before(), ShipmentKind::Removed)
        } else if self.poison == Some(self.next) {
            (self.next, ShipmentKind::SetAside)
        } else if self.next <= self.at.recorded {
            (Seq((self.next.0 + self.batch_now - 1).min(self.at.recorded.0)), ShipmentKind::Records)
        } else {
            return Step::Idle;
        };
        if kind != ShipmentKind::Records && !self.flights.is_empty() {
            return Step::Idle;
        }
        self.flights_begun += 1;
        let shipment = Shipment { id: self.flights_begun, first: self.next, last, kind };
        self.flights.iter_mut().for_each(|flight| flight.alone = false);
        self.flights.push(Flight { shipment: shipment.clone(), alone: self.flights.is_empty() });
        self.next = last.next();
        Step::Send(shipment)
    }

    /// Takes the answer to a shipment. The effects are in the order in which the ledger must take them down.
    /// An answer to a shipment that is not in the air changes nothing.
    #[must_use = "effects must reach the ledger"]
    pub fn handle_reply(&mut self, now: Duration, id: u64, reply: Reply) -> Vec<Effect> {
        let Some(index) = self.flights.iter().position(|flight| flight.shipment.id == id) else {
            return Vec::new();
        };
        let Flight { shipment, alone } = self.flights.swap_remove(index);
        match reply {
            Reply::Ack(ack) => self.handle_ack(now, &shipment, ack),
            Reply::Rejected { rejection, .. } if rejection.code == Code::Gap => {
                self.handle_gap(now, &shipment, alone, &rejection)
            }
            Reply::Rejected { rejection, retry_after } => self.handle_rejection(now, &shipment, rejection, retry_after),
            Reply::Nothing { kind, detail, retry_after } => {
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
        self.backoff.succeeded();
        self.trouble = None;
        if !self.regroup {
            self.window = ack.window.clamp(1, WINDOW_MAX);
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
        if ack.through > self.at.recorded && self.at.through == self.at.recorded {
            // The hub has seqs this ledger never reached: the ledger is an old copy of the one that made them. What
            // of it is not sent yet is sent first: the hub may have the same.
            effects.push(self.end());
        }
        effects
    }

    fn settle(&mut self, shipment: &Shipment, refused: Vec<Refusal>) -> Option<Effect> {
        let through = shipment.last.max(self.at.through);
        let lost = (shipment.kind == ShipmentKind::Removed).then_some((shipment.first, shipment.last));
        let news = through > self.at.through || !refused.is_empty() || lost.is_some();
        self.at.through = through;
        if self.poison.is_some_and(|seq| seq <= through) {
            self.poison = None;
        }
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
                self.poison = Some(flight.first);
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
            Code::Gap | Code::BadBatch | Code::TooLarge | Code::BadChain | Code::NotFound | Code::Other => {
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
            self.poison = None;
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
        let since = match &self.trouble {
            Some(trouble) if trouble.kind == kind => trouble.since,
            _ => now,
        };
        self.trouble = Some(Trouble { kind, detail, since });
        let wait = self.backoff.failed(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX));
        self.wait_until = Some(now + wait);
        self.go_back(flight.first);
    }

    fn go_back(&mut self, to: Seq) {
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
