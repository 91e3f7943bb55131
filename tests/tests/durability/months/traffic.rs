//! What travels between site and hub: the real machine of delivery polled, its batches carried, the answers taken down.

use std::time::Duration;

use agent::ledger::LedgerError;
use gateway_proto::{
    answer::{Ack, Code, Rejection},
    batch::{Batch, Load},
    delivery::{Effect, Reply, Shipment, ShipmentKind, Step, TroubleKind},
    record::Seq,
};

use super::{
    FEEDS,
    act::Said,
    defect::Defect,
    month::{Event, Flight, MINUTE, Month, SECOND, nothing},
    site::{Doubt, feed_name},
};

/// How long a site waits for an answer.
const PATIENCE: u64 = MINUTE;

/// Before the ledger is tried again. The agent tries sooner; a month has only so many events.
const LEDGER_RETRY: u64 = MINUTE;

impl Month<'_> {
    pub(super) fn pump_all(&mut self) {
        FEEDS.iter().for_each(|feed| self.pump(feed));
    }

    /// Sends what is to be sent now.
    pub(super) fn pump(&mut self, feed: &'static str) {
        while self.site.is_open() && self.now >= self.quiet_until {
            let at = self.site.view[&feed_name(feed)].standing.clone();
            let delivery = self.deliveries.get_mut(feed).unwrap();
            delivery.handle_recorded(at.recorded);
            delivery.handle_removed(at.oldest);
            delivery.handle_withheld(at.withheld);
            delivery.handle_asks(at.asks);
            match delivery.poll(Duration::from_millis(self.now)) {
                Step::Send(shipment) => self.ship(feed, &shipment),
                Step::Wait(until) => {
                    let wait = u64::try_from(until.as_nanos().div_ceil(1_000_000)).unwrap().saturating_sub(self.now);
                    return self.poll_in(feed, wait.max(1));
                }
                Step::Idle => return,
            }
        }
    }

    /// One look at a time waits for each feed: the earliest.
    fn poll_in(&mut self, feed: &'static str, wait: u64) {
        let at = self.now + wait;
        if self.polls.get(feed).is_none_or(|planned| *planned > at || *planned <= self.now) {
            self.polls.insert(feed, at);
            self.after(wait, Event::Poll(feed));
        }
    }

    fn ship(&mut self, feed: &'static str, shipment: &Shipment) {
        let start = self.start;
        let answered = |last, reply| Event::Answered { start, feed, id: shipment.id, last, reply };
        if !self.line.is_up {
            self.tally.one("attempts without a line");
            return self.after(3 * SECOND, answered(shipment.last, nothing(TroubleKind::Unreachable)));
        }
        let asks = self.deliveries.get_mut(feed).unwrap().asks_with(Duration::from_millis(self.now), shipment);
        self.tally.add("questions what the hub has beside the site", u64::from(asks));
        let batch = match self.site.batch(feed, shipment, asks) {
            Ok(batch) => batch,
            Err(error) => return self.ledger_fails(&error),
        };
        self.tally.one(match shipment.kind {
            ShipmentKind::Records => "batches sent",
            ShipmentKind::Removed => "losses declared: retention",
            ShipmentKind::Damaged => "losses declared: damage",
            ShipmentKind::SetAside => "losses declared: refused",
            ShipmentKind::Ahead => "batches sent ahead",
            ShipmentKind::Again => "refused records asked again",
        });
        self.digest.take(&format!("{} {feed} {:?} {}..{}", self.now, shipment.kind, batch.first, batch.last()));
        let last = batch.last();
        self.after(PATIENCE, answered(last, nothing(TroubleKind::TimedOut)));
        self.sent(feed, shipment);
        let is_poisoned = self.is_poisoned(&batch);
        let copies = 1 + u64::from(self.line.doubles(&mut self.random));
        self.tally.add("batches doubled on the way", copies - 1);
        for _ in 0..copies {
            match self.line.delay(&mut self.random) {
                Some(delay) => {
                    let flight = Flight { start, feed, id: shipment.id, batch: batch.clone(), is_poisoned };
                    self.after(delay, Event::Arrives(Box::new(flight)));
                }
                None => self.tally.one("batches lost"),
            }
        }
    }

    fn is_poisoned(&self, batch: &Batch) -> bool {
        let Load::Records(records) = &batch.load else { return false };
        !self.poison.is_empty()
            && records
                .iter()
                .any(|text| Said::of(text.as_str()).number().is_some_and(|number| self.poison.contains(&number)))
    }

    pub(super) fn arrives(&mut self, flight: Flight) {
        if !self.line.is_up || !self.hub.is_open() {
            return;
        }
        let answer = if flight.is_poisoned {
            self.tally.one("batches that something on the way refused");
            Err(Rejection::new(Code::BadBatch, "malformed"))
        } else {
            match self.hub_takes(&flight) {
                Some(answer) => answer,
                None => return,
            }
        };
        self.digest.take(&format!("{} {} hub {}", self.now, flight.feed, word(&answer)));
        if !self.hub.world.has_power() {
            self.tally.one("answers lost with the hub");
            return;
        }
        let reply = Box::new(match answer {
            Ok(ack) => Reply::Ack(ack),
            Err(rejection) => {
                self.tally.one(match rejection.code {
                    Code::Gap => "answers: gap",
                    Code::Fork => "answers: fork",
                    _ => "answers: other refusals",
                });
                Reply::Rejected { rejection, retry_after: None }
            }
        });
        match self.line.delay(&mut self.random) {
            Some(delay) => {
                let Flight { start, feed, id, batch, .. } = flight;
                self.after(delay, Event::Answered { start, feed, id, last: batch.last(), reply });
            }
            None => {
                self.tally.one("answers lost");
                self.unanswered(&flight.batch);
            }
        }
    }

    fn hub_takes(&mut self, flight: &Flight) -> Option<Result<Ack, Rejection>> {
        let batch = &flight.batch;
        if self.defect == Defect::AckBeforeCommit {
            if let Some(owed) = self.owed_by_hub.replace(batch.clone()) {
                let _ = self.hub.take(&owed);
            }
            let ack = Ack::new(batch.epoch.clone(), batch.last());
            self.hub.answered(batch, ack.through.0);
            return Some(Ok(ack));
        }
        let answer = self.hub.take(batch)?;
        self.tally.add("batches taken", u64::from(answer.is_ok()));
        let is_ahead = answer.as_ref().is_ok_and(|ack| ack.ahead.is_some());
        self.tally.add("batches shown ahead", u64::from(is_ahead));
        Some(answer)
    }

    pub(super) fn answered(&mut self, feed: &'static str, id: u64, last: Seq, reply: Reply) {
        let delivery = self.deliveries.get_mut(feed).unwrap();
        delivery.handle_shortened(id, last);
        let effects = delivery.handle_reply(Duration::from_millis(self.now), id, reply);
        if !effects.is_empty() && !self.take_down(feed, &effects) {
            return;
        }
        self.pump(feed);
    }

    fn take_down(&mut self, feed: &'static str, effects: &[Effect]) -> bool {
        let (name, life) = (feed_name(feed), self.site.view[&feed_name(feed)].life);
        let is_new_epoch = effects.contains(&Effect::NewEpoch);
        let epoch = self.site.view[&name].standing.epoch.to_string();
        let forward = effects.iter().filter_map(|effect| match effect {
            Effect::BringForward(forward) => Some(((feed.to_owned(), epoch.clone()), forward.clone())),
            _ => None,
        });
        let doubt = Doubt { own: is_new_epoch, carried: forward.collect(), ..Doubt::default() };
        let taken = self
            .site
            .commit(&doubt, |group| effects.iter().try_for_each(|effect| group.take_down(&name, life, effect)));
        if let Err(error) = taken {
            self.ledger_fails(&error);
            return false;
        }
        for effect in effects {
            self.digest.take(&format!("{} {feed} {}", self.now, told(effect)));
            self.tally.one(match effect {
                Effect::Settle { .. } => "settlements",
                Effect::Rewind { .. } => "rewinds",
                Effect::SetAside { .. } => "set aside",
                Effect::Taken { .. } => "refused records taken after all",
                Effect::NewEpoch => "new epochs",
                Effect::BringForward(forward) if forward.amounts.is_empty() => {
                    "answers: the hub has nothing beside the site"
                }
                Effect::BringForward(_) => "answers: what the hub has beside the site",
            });
        }
        if is_new_epoch {
            self.epoch_has_begun(feed);
        }
        self.is_settled |= self
            .site
            .view
            .iter()
            .filter(|(feed, _)| FEEDS.contains(&feed.as_str()))
            .all(|(_, at)| at.standing.through == at.standing.recorded);
        true
    }

    fn epoch_has_begun(&mut self, feed: &'static str) {
        // A hub put back to before a change of epoch: what the protocol cannot see.
        self.backups.clear();
        let at = self.site.view[&feed_name(feed)].standing.clone();
        let delivery = self.deliveries.remove(feed).unwrap();
        self.deliveries.insert(feed, delivery.renewed(at, Duration::from_millis(self.now)));
    }

    /// The ledger could not be read or written: delivery begins from it anew, a little later.
    fn ledger_fails(&mut self, error: &LedgerError) {
        self.digest.take(&format!("{} ledger fails", self.now));
        assert!(!self.site.world.has_power() || !matches!(error, LedgerError::Broken(_)), "{error:?}");
        self.tally.one("settlements not written");
        self.start += 1;
        self.quiet_until = self.now + LEDGER_RETRY + 1;
        self.after(LEDGER_RETRY, Event::LedgerRetry { start: self.start });
    }
}

fn word(answer: &Result<Ack, Rejection>) -> String {
    match answer {
        Ok(ack) => format!("ack {} refused {} ahead {:?}", ack.through, ack.refused.len(), ack.ahead),
        Err(rejection) => format!("{:?} {:?} {:?}", rejection.code, rejection.expected, rejection.seq),
    }
}

fn told(effect: &Effect) -> String {
    match effect {
        Effect::Settle { through, refused, lost } => {
            let refused: Vec<_> = refused.iter().map(|refusal| (refusal.seq.0, &refusal.code)).collect();
            format!("settles through {through} refused {refused:?} lost {lost:?}")
        }
        Effect::Rewind { through } => format!("goes back to {through}"),
        Effect::SetAside { refusal } => format!("sets {} aside", refusal.seq),
        Effect::Taken { seq } => format!("{seq} is taken"),
        Effect::NewEpoch => "begins anew".to_owned(),
        Effect::BringForward(forward) => format!("carries {} amounts forward", forward.amounts.len()),
    }
}
