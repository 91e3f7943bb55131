//! A feed's delivery: the pure machine of `gateway-proto`, with the ledger to read from, the hub to send to, and the
//! recorder to take down what was settled. Each of these may fail; none of that ends the task.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway_proto::{
    backoff::Backoff,
    batch::{Batch, Load, Lost},
    delivery::{Delivery, Effect, Reply, Shipment, ShipmentKind, Step, Trouble, TroubleKind},
    name::{FeedName, SiteName},
    record::Seq,
};
use tokio::{
    sync::watch,
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
    status::TroubleBoard,
    uplink::Uplink,
};

/// Before the ledger is tried again after it could not be read or written.
const LEDGER_RETRY: Duration = Duration::from_secs(1);

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
    pub board: TroubleBoard,
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
    pub async fn run(self, stop: CancellationToken) {
        let mut view = self.recorder.view();
        let Some(mut at) = self.standing(&mut view) else {
            error!(feed = %self.feed, "feed is not in the ledger");
            return;
        };
        let mut delivery = self.machine(&at);
        let mut attempts = JoinSet::new();
        loop {
            if let Some(now_at) = self.standing(&mut view) {
                if now_at.life == at.life {
                    delivery.handle_recorded(now_at.standing.recorded);
                } else {
                    warn!(feed = %self.feed, epoch = %now_at.standing.epoch, "new epoch begun");
                    attempts = JoinSet::new();
                    delivery = delivery.renewed(now_at.standing.clone(), self.clock.elapsed());
                    at = now_at;
                }
            }
            let step = delivery.poll(self.clock.elapsed());
            self.tell(delivery.trouble());
            let wait = match step {
                Step::Send(shipment) => {
                    attempts.spawn(self.attempt(&at, shipment));
                    continue;
                }
                Step::Wait(until) => until.saturating_sub(self.clock.elapsed()),
                Step::Idle => Duration::MAX,
            };
            // All branches are cancel-safe: a timer, a watch, a join set and a token keep their place.
            let attempt = tokio::select! {
                Some(joined) = attempts.join_next() => joined,
                () = wait_for(wait) => continue,
                changed = view.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                () = stop.cancelled() => return,
            };
            match attempt {
                Ok(attempt) => {
                    if !self.handle(&mut delivery, &at, attempt).await {
                        sleep(LEDGER_RETRY).await;
                        // What the machine believed is not what the ledger took down: begin from the ledger.
                        attempts = JoinSet::new();
                        if let Some(now_at) = self.standing(&mut view) {
                            at = now_at;
                        }
                        delivery = self.machine(&at);
                    }
                }
                Err(error) if error.is_cancelled() => {}
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }

    fn machine(&self, at: &FeedStanding) -> Delivery {
        // A seed per feed and start: sites that lost their hub together must not come back together.
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), self.feed.as_str());
        let backoff = Backoff::new(self.config.backoff_first, self.config.backoff_max, seed);
        Delivery::new(at.standing.clone(), self.config.batch_records, backoff)
    }

    fn standing(&self, view: &mut watch::Receiver<Arc<View>>) -> Option<FeedStanding> {
        view.borrow_and_update().standings.get(&self.feed).cloned()
    }

    /// Reads the shipment's records and sends them.
    fn attempt(&self, at: &FeedStanding, shipment: Shipment) -> impl Future<Output = Attempt> + Send + 'static {
        let (site, feed, at) = (self.site.clone(), self.feed.clone(), at.clone());
        let (reader, uplink) = (self.reader.clone(), self.uplink.clone());
        async move {
            let id = shipment.id;
            let read = tokio::task::spawn_blocking(move || {
                let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                batch(&reader, site, feed, &at, &shipment)
            });
            let batch = match read.await {
                Ok(Ok(batch)) => batch,
                Ok(Err(error)) => return Attempt { id, last: Seq(0), outcome: Err(error) },
                Err(_) => return Attempt { id, last: Seq(0), outcome: Err(LedgerError::Closed) },
            };
            let last = batch.last();
            let outcome = match batch.to_json() {
                Ok(json) => uplink.send(&json).await,
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
            Effect::NewEpoch => {
                error!(%feed, "hub has another history; this ledger was restored or cloned");
            }
        }
    }

    /// Publishes the trouble, and logs when it changes.
    fn tell(&self, trouble: Option<&Trouble>) {
        self.board.send_if_modified(|told| {
            if told.as_ref() == trouble {
                return false;
            }
            let kind = |trouble: Option<&Trouble>| trouble.map(|trouble| trouble.kind);
            if kind(told.as_ref()) != kind(trouble) {
                match trouble {
                    Some(trouble) => {
                        warn!(feed = %self.feed, why = trouble.kind.word(), detail = trouble.detail, "uplink down");
                    }
                    None => info!(feed = %self.feed, "uplink up"),
                }
            }
            *told = trouble.cloned();
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
) -> Result<Batch, LedgerError> {
    let epoch = at.standing.epoch.clone();
    let lost = |why: &str| -> Result<_, LedgerError> {
        let prev = reader.link(at.life, &epoch, shipment.first.before())?;
        let head = reader.link(at.life, &epoch, shipment.last)?;
        let why = why.parse().expect("a short printable text");
        Ok((prev, head, Load::Lost(Lost { to: shipment.last, why })))
    };
    let (prev, head, load) = match shipment.kind {
        ShipmentKind::Records => {
            let stretch = reader.stretch(at.life, &epoch, shipment.first, shipment.last)?;
            (stretch.prev, stretch.head, Load::Records(stretch.records))
        }
        ShipmentKind::Removed => lost("retention")?,
        ShipmentKind::SetAside => lost("refused by the hub, set aside at the site")?,
    };
    Ok(Batch { site, feed, epoch, first: shipment.first, prev: Some(prev), head, load })
}
