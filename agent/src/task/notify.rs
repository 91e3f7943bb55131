//! Carries alarms out: to webhooks and to a topic on a broker.
//!
//! One loop per destination, each with its own [`outbox`], so that none waits for another. Whoever tells an alarm never
//! waits: a destination that is slow or away has a bounded queue. Delivery is at least once and in order; an alarm's id
//! is the same each time. Must not know rules, nor where alarms are stored: their owner hands in what a destination has
//! not had yet, and keeps [`Progress::through`] for the next start.

pub mod outbox;

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway_proto::{backoff::Backoff, name::SiteName};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use self::outbox::{Outbox, Step};
use crate::{
    clock::Clock,
    movement::rules::{Alarm, State},
    receiver::{
        Answer,
        letter::Letter,
        progress::{Closed, Progress, Trouble},
    },
    uplink::webhook::Webhook,
};

/// How long a broker may take to acknowledge an alarm, unless told otherwise.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a destination is left alone after a failure: a random time up to `first`, doubling up to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    pub first: Duration,
    pub max: Duration,
}

impl Retry {
    /// For webhooks. Their longest wait is short of the standard's, which is a day: an alarm is about now.
    pub const WEBHOOK: Self = Self { first: Duration::from_secs(5), max: Duration::from_secs(5 * 60) };
    /// For a broker, which is near.
    pub const BROKER: Self = Self { first: Duration::from_secs(1), max: Duration::from_secs(30) };
}

/// Why a broker does not have a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PublishError(pub String);

/// A way to a broker.
pub trait Publish: Send + Sync + 'static {
    /// Ends well only once the broker has acknowledged the payload. May be dropped before it ends; the payload may then
    /// arrive or not.
    fn publish(&self, topic: &str, payload: String) -> impl Future<Output = Result<(), PublishError>> + Send;
}

/// How alarms get to a destination.
#[derive(Debug)]
pub enum Way<P> {
    Webhook(Webhook),
    Topic {
        topic: String,
        publish: P,
        /// [`PUBLISH_TIMEOUT`] unless told otherwise.
        patience: Duration,
    },
}

/// Where alarms go, and from which on.
#[derive(Debug)]
pub struct Destination<P> {
    /// What people and logs call it, and the key under which its [`Progress::through`] is kept.
    pub name: String,
    pub way: Way<P>,
    /// The states whose beginning is told.
    pub events: BTreeSet<State>,
    pub retry: Retry,
    /// Everything up to this alarm is settled; 0 for none.
    pub through: u64,
    /// The stored alarms after `through`, in their order.
    pub backlog: Vec<Arc<Alarm>>,
}

/// Tells alarms to all destinations.
#[derive(Debug, Clone)]
pub struct Notifier {
    boxes: Arc<[Arc<Postbox>]>,
}

/// One destination, ready to run.
#[derive(Debug)]
pub struct Carrier<P> {
    postbox: Arc<Postbox>,
    way: Way<P>,
    site: SiteName,
    clock: Clock,
}

/// What the teller and the loop of one destination share.
#[derive(Debug)]
struct Postbox {
    name: String,
    events: BTreeSet<State>,
    /// Locked for moments only, never over a wait.
    outbox: Mutex<Outbox>,
    wake: Notify,
    board: watch::Sender<Progress>,
}

/// Makes the destinations of `site` ready: the one end tells alarms, the other carries them.
#[must_use]
pub fn prepare<P: Publish>(
    site: &SiteName,
    clock: &Clock,
    destinations: Vec<Destination<P>>,
) -> (Notifier, Vec<Carrier<P>>) {
    let carriers: Vec<_> = destinations
        .into_iter()
        .map(|Destination { name, way, events, retry, through, backlog }| {
            // A seed per destination and start: sites that lost a receiver together must not come back together.
            let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), &name);
            let outbox = Mutex::new(Outbox::new(through, Backoff::new(retry.first, retry.max, seed)));
            let (board, _) = watch::channel(Progress { through, ..Progress::default() });
            let postbox = Arc::new(Postbox { name, events, outbox, wake: Notify::new(), board });
            for alarm in &backlog {
                postbox.post(alarm);
            }
            Carrier { postbox, way, site: site.clone(), clock: clock.clone() }
        })
        .collect();
    (Notifier { boxes: carriers.iter().map(|carrier| carrier.postbox.clone()).collect() }, carriers)
}

/// Carries until stopped. An alarm that is in the air then is sent again after the next start.
pub async fn run<P: Publish>(carriers: Vec<Carrier<P>>, stop: CancellationToken) {
    let mut loops: JoinSet<()> = carriers.into_iter().map(|carrier| carrier.run(stop.clone())).collect();
    while let Some(joined) = loops.join_next().await {
        if let Err(error) = joined
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    stop.cancelled().await;
}

impl Notifier {
    /// Tells an alarm to every destination that asks for it. Never waits. The alarm must be stored before.
    pub fn tell(&self, alarm: &Arc<Alarm>) {
        for postbox in &*self.boxes {
            postbox.post(alarm);
        }
    }

    /// Every destination's name and how far it is; the owner of the alarms stores `through` whenever it has changed.
    pub fn boards(&self) -> impl Iterator<Item = (&str, watch::Receiver<Progress>)> {
        self.boxes.iter().map(|postbox| (postbox.name.as_str(), postbox.board.subscribe()))
    }
}

impl Postbox {
    fn post(&self, alarm: &Arc<Alarm>) {
        if self.events.contains(&alarm.to) {
            self.with(|outbox| outbox.handle_alarm(alarm));
            self.wake.notify_one();
        } else {
            self.with(|outbox| outbox.handle_unwanted(alarm.id));
        }
    }

    /// Changes the outbox and shows how far it is then.
    fn with<T>(&self, change: impl FnOnce(&mut Outbox) -> T) -> T {
        let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut outbox);
        // Under the lock, so that boards change in the order of the outbox.
        let progress = outbox.progress();
        self.board.send_if_modified(|shown| {
            let news = *shown != progress;
            if news {
                self.log(shown, &progress);
                *shown = progress;
            }
            news
        });
        result
    }

    fn log(&self, before: &Progress, after: &Progress) {
        let name = &self.name;
        match (&before.trouble, &after.trouble) {
            (_, Some(Trouble { why, closed: Closed::UntilRestart, .. })) if before.trouble != after.trouble => {
                error!(destination = name, why, "destination closed");
            }
            (None, Some(Trouble { why, .. })) => warn!(destination = name, why, "destination down"),
            (Some(_), None) => info!(destination = name, "destination up"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        if after.set_aside > before.set_aside {
            let why = after.trouble.as_ref().map_or("", |trouble| &trouble.why);
            warn!(destination = name, alarm = after.through, why, "alarm set aside");
        }
        if before.dropped == 0 && after.dropped > 0 {
            warn!(destination = name, waiting = after.waiting, "alarms dropped");
        }
    }
}

impl<P: Publish> Carrier<P> {
    async fn run(self, stop: CancellationToken) {
        loop {
            let step = self.postbox.with(|outbox| outbox.poll(self.clock.elapsed()));
            // All branches are cancel-safe: a timer and a token keep their place, a wake-up leaves its permit, and an
            // attempt that is cut off is made again after the next start.
            match step {
                Step::Send(alarm) => {
                    let answer = tokio::select! {
                        answer = self.carry(&alarm) => answer,
                        () = stop.cancelled() => return,
                    };
                    debug!(destination = self.postbox.name, alarm = alarm.id, ?answer, "answer");
                    self.postbox.with(|outbox| outbox.handle_answer(self.clock.elapsed(), answer));
                }
                Step::Wait(until) => tokio::select! {
                    () = sleep(until.saturating_sub(self.clock.elapsed())) => {}
                    () = stop.cancelled() => return,
                },
                Step::Idle => tokio::select! {
                    () = self.postbox.wake.notified() => {}
                    () = stop.cancelled() => return,
                },
            }
        }
    }

    async fn carry(&self, alarm: &Alarm) -> Answer {
        let letter = Letter::new(&self.site, alarm);
        match &self.way {
            Way::Webhook(webhook) => webhook.send(letter).await,
            Way::Topic { topic, publish, patience } => {
                let why = match timeout(*patience, publish.publish(topic, letter.body)).await {
                    Ok(Ok(())) => return Answer::Taken,
                    Ok(Err(PublishError(why))) => why,
                    Err(_) => "broker did not acknowledge in time".to_owned(),
                };
                Answer::Failed { why, retry_after: None }
            }
        }
    }
}

#[cfg(test)]
mod tests;
