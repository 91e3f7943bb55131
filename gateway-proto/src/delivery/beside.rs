//! What travels beside a feed and settles nothing of it: the newest records while a backlog stands before them, and the
//! question whether a hub takes by now what it refused.
//!
//! A feed is one chain, so what happens now would wait behind weeks of backlog. Shown ahead it can be looked at, and counts
//! when the chain has come there; a hub that does not grant it never gets any. One shipment at a time, whatever becomes of
//! it: the feed's own window, backoff and trouble know nothing of this, unless the hub asks the sender to wait.

use std::{collections::VecDeque, time::Duration};

use super::{Effect, Reply, Shipment, ShipmentKind, Standing};
use crate::{chain::Epoch, record::Seq};

/// Questions that may wait. The hub's list of refused records is the complete one; this is a convenience.
const QUESTIONS_MAX: usize = 1_000;

/// After a hub did not take what was shown ahead, nothing is shown for so long.
const PAUSE: Duration = Duration::from_secs(60);

/// How much of what happens now goes out beside a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// Records in one shipment, the newest ones. None: nothing is shown ahead.
    pub records: u64,
    /// Between two shipments.
    pub every: Duration,
}

#[derive(Debug)]
pub(super) struct Beside {
    live: Live,
    granted: bool,
    /// Shown up to here.
    shown: Seq,
    /// Nothing is shown before.
    next_at: Duration,
    questions: VecDeque<Seq>,
    flight: Option<Shipment>,
}

impl Live {
    pub const OFF: Self = Self { records: 0, every: Duration::from_secs(1) };
}

impl Beside {
    pub(super) fn new(live: Live) -> Self {
        Self { live, granted: false, shown: Seq(0), next_at: Duration::ZERO, questions: VecDeque::new(), flight: None }
    }

    pub(super) fn live(&self) -> Live {
        self.live
    }

    pub(super) fn granted(&mut self, granted: bool) {
        self.granted = granted;
    }

    pub(super) fn ask(&mut self, seq: Seq) -> bool {
        if self.questions.contains(&seq) {
            return true;
        }
        let has_room = self.questions.len() < QUESTIONS_MAX;
        if has_room {
            self.questions.push_back(seq);
        }
        has_room
    }

    /// What to send now; `next` is the next seq of the feed's own.
    pub(super) fn poll(
        &mut self,
        now: Duration,
        at: &Standing,
        next: Seq,
        batch_max: u64,
    ) -> Option<(Seq, Seq, ShipmentKind)> {
        if self.flight.is_some() {
            return None;
        }
        if let Some((first, last)) = self.ahead(at, next, batch_max).filter(|_| now >= self.next_at) {
            self.next_at = now + self.live.every;
            return Some((first, last, ShipmentKind::Ahead));
        }
        while let Some(seq) = self.questions.pop_front() {
            // What is gone cannot be shown again.
            let is_here = !at.holes.iter().any(|(first, last)| (*first..=*last).contains(&seq));
            if is_here && seq >= at.oldest && seq <= at.through && !at.withheld.contains(&seq) {
                return Some((seq, seq, ShipmentKind::Again));
            }
        }
        None
    }

    /// When there is something to show, if nothing else happens before.
    pub(super) fn due(&self, at: &Standing, next: Seq, batch_max: u64) -> Option<Duration> {
        (self.flight.is_none() && self.ahead(at, next, batch_max).is_some()).then_some(self.next_at)
    }

    pub(super) fn sent(&mut self, shipment: Shipment) {
        self.flight = Some(shipment);
    }

    pub(super) fn is_in_flight(&self, id: u64) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.id == id)
    }

    pub(super) fn handle_reply(&mut self, now: Duration, epoch: &Epoch, reply: &Reply) -> Option<Effect> {
        let flight = self.flight.take()?;
        let ack = match reply {
            Reply::Ack(ack) if ack.epoch == *epoch => Some(ack),
            Reply::Ack(_) | Reply::Rejected { .. } | Reply::Nothing { .. } => None,
        };
        match (flight.kind, ack) {
            (ShipmentKind::Ahead, Some(_)) => self.shown = self.shown.max(flight.last),
            (ShipmentKind::Ahead, None) => self.next_at = now + PAUSE,
            (ShipmentKind::Again, Some(ack)) if ack.through >= flight.first => {
                let still = ack.refused.iter().any(|refusal| refusal.seq == flight.first);
                return (!still).then_some(Effect::Taken { seq: flight.first });
            }
            (
                ShipmentKind::Again
                | ShipmentKind::Records
                | ShipmentKind::Removed
                | ShipmentKind::Damaged
                | ShipmentKind::SetAside,
                Some(_) | None,
            ) => {}
        }
        None
    }

    /// The newest records that were not shown yet, where a backlog stands before them.
    fn ahead(&self, at: &Standing, next: Seq, batch_max: u64) -> Option<(Seq, Seq)> {
        let backlog = at.recorded.0.saturating_sub(at.through.0);
        if !self.granted || self.live.records == 0 || backlog <= 2 * batch_max {
            return None;
        }
        let newest = Seq((at.recorded.0 + 1).saturating_sub(self.live.records));
        let first = newest.max(self.shown.next()).max(next.next()).max(at.oldest);
        let withheld = at.withheld.range(first..=at.recorded.max(first)).next_back();
        let hole = at.holes.last().map(|(_, last)| last.next()).unwrap_or(first);
        let first = withheld.map_or(first, |seq| seq.next()).max(hole);
        (first <= at.recorded).then_some((first, at.recorded))
    }
}
