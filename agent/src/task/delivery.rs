//! A feed's delivery: the pure machine of `gateway-proto`, with the ledger to read from, the hub to send to, and the
//! recorder to take down what was settled. Each of these may fail; none of that ends the task.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use gateway_proto::{
    backoff::Backoff,
    batch::{Batch, Load, Lost},
    delivery::{Delivery, Effect, Live, Reply, Shipment, ShipmentKind, Step, Trouble, TroubleKind},
    name::{FeedName, SiteName},
    record::Seq,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{
    cause::chain,
    clock::Clock,
    config::UplinkConfig,
    ledger::{
        FeedStanding, LedgerError,
        reader::Reader,
        recorder::{Recorder, View},
    },
    planted::{Defect, is_planted},
    status::FeedBoard,
    tariff::{Permit, Why, drain::Drain},
    task::metered::Metered,
    uplink::{
        Sent, Uplink,
        watchdog::{Sight, Watchdog},
    },
};

/// Before the ledger is tried again after it could not be read or written.
const LEDGER_RETRY: Duration = Duration::from_secs(1);

/// No wait for it is longer.
const LEDGER_RETRY_MAX: Duration = Duration::from_secs(60);

/// Requests that may end without anything being settled, before connections are begun anew.
const STANDSTILL_REQUESTS: u32 = 3;

/// One feed's delivery, ready to run.
#[derive(Debug)]
pub struct FeedDelivery {
    pub site: SiteName,
    pub feed: FeedName,
    pub config: UplinkConfig,
    pub uplink: Uplink,
    /// Locked only inside a blocking read.
    pub reader: Arc<Mutex<Reader>>,
    pub recorder: Recorder,
    pub clock: Clock,
    /// The line, where it costs; `None` where it does not, or this feed goes another way.
    pub metered: Option<Arc<Metered>>,
    /// Records that the hub had refused, to be asked for again.
    pub questions: mpsc::Receiver<Seq>,
    pub board: FeedBoard,
    pub drain: Drain,
    /// Ends when the newest attempt's request is on its way.
    pub turn: Option<oneshot::Receiver<()>>,
}

/// Whether the first shipment waits a random moment.
#[derive(Clone, Copy)]
enum Spread {
    Yes,
    No,
}

/// How an attempt went.
struct Attempt {
    id: u64,
    /// The last seq that fitted the batch.
    last: Seq,
    outcome: Result<Reply, LedgerError>,
}

impl FeedDelivery {
    /// Delivers until stopped.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut view = self.recorder.view();
        let Some(mut at) = self.standing(&mut view) else {
            error!(feed = %self.feed, "feed is not in the ledger");
            return;
        };
        let mut delivery = self.machine(&at, Spread::Yes);
        let mut attempts = JoinSet::new();
        let mut watchdog = Watchdog::new(STANDSTILL_REQUESTS * self.config.request_timeout + self.config.backoff_max);
        let mut ended = 0_u64;
        let mut ledger_retry = LEDGER_RETRY;
        let mut pressed = self.metered.as_ref().map(|metered| metered.pressed());
        loop {
            if let Some(now_at) = self.standing(&mut view) {
                if now_at.life == at.life {
                    delivery.handle_recorded(now_at.standing.recorded);
                    delivery.handle_removed(now_at.standing.oldest);
                    delivery.handle_withheld(now_at.standing.withheld.clone());
                    delivery.handle_asks(now_at.standing.asks);
                } else {
                    warn!(feed = %self.feed, epoch = %now_at.standing.epoch, "new epoch begun");
                    attempts = JoinSet::new();
                    delivery = delivery.renewed(now_at.standing.clone(), self.clock.elapsed());
                }
                at = now_at;
            }
            let (step, held) = self.step(&mut delivery, &at);
            self.tell(&delivery, held, at.has_past, &view.borrow());
            let sight = Sight {
                recorded: delivery.standing().recorded,
                through: delivery.standing().through,
                requests_ended: ended,
            };
            if let Some(bark) = watchdog.handle(self.clock.elapsed(), sight) {
                self.uplink.renew();
                if bark.is_first {
                    let standstill = bark.standstill.as_secs();
                    warn!(feed = %self.feed, standstill, "nothing settled for long; connections begun anew");
                }
            }
            let wait = match step {
                Step::Send(shipment) => {
                    let asks = delivery.asks_with(self.clock.elapsed(), &shipment);
                    attempts.spawn(self.attempt(&at, shipment, asks));
                    continue;
                }
                Step::Wait(until) => until.saturating_sub(self.clock.elapsed()),
                Step::Idle => Duration::MAX,
            };
            let due = watchdog.due().map_or(Duration::MAX, |due| due.saturating_sub(self.clock.elapsed()));
            let wait = wait.min(due);
            // All branches are cancel-safe: a timer, watches, a queue, a join set and a token keep their place.
            let attempt = tokio::select! {
                Some(joined) = attempts.join_next() => {
                    ended += 1;
                    joined
                }
                () = wait_for(wait) => continue,
                changed = view.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                Some(seq) = self.questions.recv() => {
                    delivery.ask_again(seq);
                    continue;
                }
                () = is_pressed(&mut pressed) => continue,
                () = stop.cancelled() => return,
            };
            match attempt {
                Ok(attempt) => {
                    if self.handle(&mut delivery, &at, attempt).await {
                        ledger_retry = LEDGER_RETRY;
                    } else {
                        // Growing: what was sent is sent again each time.
                        sleep(ledger_retry).await;
                        ledger_retry = (2 * ledger_retry).min(LEDGER_RETRY_MAX);
                        // What the machine believed is not what the ledger took down: begin from the ledger.
                        attempts = JoinSet::new();
                        if let Some(now_at) = self.standing(&mut view) {
                            at = now_at;
                        }
                        delivery = self.machine(&at, Spread::No);
                    }
                }
                Err(error) if error.is_cancelled() => {}
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }

    /// What to do now, and why nothing is sent where the line costs.
    fn step(&self, delivery: &mut Delivery, at: &FeedStanding) -> (Step, Option<Why>) {
        let waiting = at.standing.recorded.0.saturating_sub(delivery.standing().through.0);
        // Asked only when something would go: a permit is used up by being given.
        let is_ready = delivery.is_ready(self.clock.elapsed());
        let Some(metered) = self.metered.as_ref().filter(|_| is_ready) else {
            return (delivery.poll(self.clock.elapsed()), None);
        };
        match metered.may_send(&self.feed, &self.clock, waiting) {
            Permit::Now => (delivery.poll(self.clock.elapsed()), None),
            Permit::Wait { until, why } => (Step::Wait(until), Some(why)),
            Permit::Emergency { records_max } => {
                let mut step = delivery.poll(self.clock.elapsed());
                if let Step::Send(shipment) = &mut step
                    && shipment.kind == ShipmentKind::Records
                {
                    shipment.last = shipment.last.min(Seq(shipment.first.0 + records_max.max(1) as u64 - 1));
                    delivery.handle_shortened(shipment.id, shipment.last);
                }
                (step, None)
            }
        }
    }

    fn machine(&self, at: &FeedStanding, spread: Spread) -> Delivery {
        // A seed per feed and start: sites that lost their hub together must not come back together.
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), self.feed.as_str());
        let backoff = Backoff::new(self.config.backoff_first, self.config.backoff_max, seed);
        // Where the line costs nothing travels twice.
        let live = if self.metered.is_some() { Live::OFF } else { self.config.live };
        let delivery = Delivery::new(at.standing.clone(), self.config.batch_records, backoff).with_live(live);
        match spread {
            // Nor must those that were switched on together, when the power came back.
            Spread::Yes if at.standing.recorded > at.standing.through => delivery.spread(self.clock.elapsed()),
            Spread::Yes | Spread::No => delivery,
        }
    }

    fn standing(&self, view: &mut watch::Receiver<Arc<View>>) -> Option<FeedStanding> {
        view.borrow_and_update().standings.get(&self.feed).cloned()
    }

    /// Reads the shipment's records and sends them.
    fn attempt(
        &mut self,
        at: &FeedStanding,
        shipment: Shipment,
        asks: bool,
    ) -> impl Future<Output = Attempt> + Send + 'static {
        // One after the other up to the moment when the request is on its way: batches that overtake each other are gaps
        // to the hub.
        let (on_its_way, next_turn) = oneshot::channel::<()>();
        let turn = self.turn.replace(next_turn);
        let (site, feed, at) = (self.site.clone(), self.feed.clone(), at.clone());
        let (reader, uplink) = (self.reader.clone(), self.uplink.clone());
        let (name, metered, recorder) = (self.feed.clone(), self.metered.clone(), self.recorder.clone());
        async move {
            let id = shipment.id;
            if let Some(turn) = turn {
                // Gone when the one before is on its way, or will never be.
                let _ = turn.await;
            }
            let read = tokio::task::spawn_blocking(move || {
                let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                batch(&reader, site, feed, &at, &shipment, asks)
            });
            let batch = match read.await {
                Ok(Ok(batch)) => batch,
                Ok(Err(error)) => return Attempt { id, last: Seq(0), outcome: Err(error) },
                Err(_) => return Attempt { id, last: Seq(0), outcome: Err(LedgerError::Closed) },
            };
            let last = batch.last();
            let outcome = match batch.to_json() {
                Ok(json) => {
                    let mut sending = pin!(uplink.send(&json));
                    let begun = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
                    drop(on_its_way);
                    let Sent { reply, up, down } = match begun {
                        Poll::Ready(sent) => sent,
                        Poll::Pending => sending.await,
                    };
                    if let Some(metered) = metered {
                        metered.sent(&name, up, down, &recorder).await;
                    }
                    reply
                }
                Err(error) => Reply::Nothing { kind: TroubleKind::Refused, detail: chain(&error), retry_after: None },
            };
            Attempt { id, last, outcome: Ok(outcome) }
        }
    }

    /// Takes an attempt's outcome. `false` when the ledger could not be read or written.
    async fn handle(&self, delivery: &mut Delivery, at: &FeedStanding, attempt: Attempt) -> bool {
        let Attempt { id, last, outcome } = attempt;
        let reply = match outcome {
            Ok(reply) => reply,
            Err(error) => {
                error!(feed = %self.feed, error = %chain(&error), "ledger not readable");
                return false;
            }
        };
        debug!(feed = %self.feed, ?reply, "answer");
        delivery.handle_shortened(id, last);
        if is_planted(Defect::NewSeqOnRetry) && matches!(reply, Reply::Nothing { .. }) {
            self.record_again(at, last).await;
        }
        let effects = delivery.handle_reply(self.clock.elapsed(), id, reply);
        if effects.is_empty() {
            return true;
        }
        for effect in &effects {
            self.log(effect);
        }
        match self.recorder.take_down(self.feed.clone(), at.life, effects).await {
            Ok(()) => true,
            Err(refused) => {
                error!(feed = %self.feed, error = %refused, "settlement not recorded");
                false
            }
        }
    }

    fn log(&self, effect: &Effect) {
        let feed = &self.feed;
        match effect {
            Effect::Settle { refused, lost, .. } => {
                for refusal in refused {
                    warn!(%feed, seq = refusal.seq.0, code = refusal.code, detail = refusal.detail, "hub set aside");
                }
                if let Some((first, last)) = lost {
                    error!(%feed, first = first.0, last = last.0, "declared lost");
                }
            }
            Effect::Rewind { through } => {
                warn!(%feed, through = through.0, "hub has less than it acknowledged; sending again");
            }
            Effect::SetAside { refusal } => {
                error!(%feed, seq = refusal.seq.0, detail = refusal.detail, "hub cannot read a record; set aside");
            }
            Effect::Taken { seq } => info!(%feed, seq = seq.0, "hub has taken what it had refused"),
            Effect::BringForward(_) => debug!(%feed, "hub said what it has beside this ledger"),
            Effect::NewEpoch => {
                error!(%feed, "hub has another history; this ledger was restored or cloned");
            }
        }
    }

    /// Publishes how it goes, and logs when the trouble changes.
    fn tell(&mut self, delivery: &Delivery, held: Option<Why>, has_past: bool, view: &View) {
        let (now, trouble) = (self.clock.elapsed(), delivery.trouble());
        let counts = view.counts.feeds.get(&self.feed).copied().unwrap_or_default();
        self.drain.handle(now, counts.acked, counts.waiting);
        let drain = self.drain.estimate(now);
        let certificate_until = self.uplink.certificate_until();
        self.board.send_if_modified(|told| {
            (told.drain, told.held, told.certificate_until) = (drain, held, certificate_until);
            told.is_unsaid = has_past && delivery.is_left_unanswered();
            if told.trouble.as_ref() == trouble {
                return false;
            }
            let kind = |trouble: Option<&Trouble>| trouble.map(|trouble| trouble.kind);
            if kind(told.trouble.as_ref()) != kind(trouble) {
                match trouble {
                    Some(trouble) => {
                        warn!(feed = %self.feed, why = trouble.kind.word(), detail = trouble.detail, "uplink down");
                    }
                    None => info!(feed = %self.feed, "uplink up"),
                }
            }
            told.trouble = trouble.cloned();
            true
        });
    }

    #[cfg(feature = "planted-defects")]
    async fn record_again(&self, at: &FeedStanding, last: Seq) {
        let text = {
            let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.record(at.life, last).ok().flatten().map(|text| text.to_string())
        };
        let _ = self.recorder.record_again(self.feed.clone(), text.into_iter().collect()).await;
    }

    #[cfg(not(feature = "planted-defects"))]
    #[expect(clippy::unused_async, reason = "has something to wait for where defects can be planted")]
    async fn record_again(&self, _: &FeedStanding, _: Seq) {}
}

/// Waits for somebody to want everything sent now; for ever where the line does not cost.
async fn is_pressed(pressed: &mut Option<watch::Receiver<u64>>) {
    let is_pressed = match pressed {
        Some(pressed) => pressed.changed().await.is_ok(),
        None => false,
    };
    if !is_pressed {
        std::future::pending().await
    }
}

async fn wait_for(wait: Duration) {
    match Instant::now().checked_add(wait) {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn batch(
    reader: &Reader,
    site: SiteName,
    feed: FeedName,
    at: &FeedStanding,
    shipment: &Shipment,
    asks: bool,
) -> Result<Batch, LedgerError> {
    let epoch = at.standing.epoch.clone();
    let lost = |why: &str| -> Result<_, LedgerError> {
        // Behind what retention took nobody knows the link any more; a declaration may leave it out.
        let is_known = shipment.first >= at.standing.oldest;
        let prev = is_known.then(|| reader.link(at.life, &epoch, shipment.first.before())).transpose()?;
        let head = reader.link(at.life, &epoch, shipment.last)?;
        let why = why.parse().expect("a short printable text");
        Ok((prev, head, Load::Lost(Lost { to: shipment.last, why })))
    };
    let (prev, head, load) = match shipment.kind {
        ShipmentKind::Records | ShipmentKind::Ahead | ShipmentKind::Again => {
            let stretch = reader.stretch(at.life, &epoch, shipment.first, shipment.last)?;
            (Some(stretch.prev), stretch.head, Load::Records(stretch.records))
        }
        ShipmentKind::Removed => lost("retention")?,
        ShipmentKind::Damaged => lost("ledger damaged")?,
        ShipmentKind::SetAside => lost("refused by the hub, set aside at the site")?,
    };
    let ahead = shipment.kind == ShipmentKind::Ahead;
    let knows = if asks { reader.question(&feed)? } else { None };
    Ok(Batch { site, feed, epoch, first: shipment.first, prev, head, load, ahead, knows })
}
