//! The line that all feeds share, where it is metered: one [`Tariff`] that every delivery asks before it sends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_proto::name::FeedName;
use tokio::sync::watch;

use crate::{
    clock::Clock,
    ledger::recorder::Recorder,
    movement::entry::{Entry, Kept, KeptKey, Statement},
    tariff::{Permit, Tariff},
};

/// Where what the line has carried is kept beside the ledger.
pub const KIND: &str = "tariff";

/// The one there is.
pub const NAME: &str = "line";

/// A line that costs.
#[derive(Debug)]
pub struct Metered {
    tariff: Mutex<Tariff>,
    /// Counts the times that somebody wanted everything sent now.
    pressed: watch::Sender<u64>,
}

impl Metered {
    #[must_use]
    pub fn new(tariff: Tariff) -> Self {
        Self { tariff: Mutex::new(tariff), pressed: watch::Sender::new(0) }
    }

    /// Whether this feed may send now.
    pub fn may_send(&self, feed: &FeedName, clock: &Clock, waiting: u64) -> Permit {
        let (wall, doubt) = clock.wall();
        self.lock().may_send(feed, clock.elapsed(), wall, doubt.is_none(), waiting)
    }

    /// A batch of so many bytes was sent, and so many came back. Keeps the sum now and then, so that a restart does not
    /// make the month new.
    pub async fn sent(&self, feed: &FeedName, up: u64, down: u64, recorder: &Recorder) {
        let to_keep = {
            let mut tariff = self.lock();
            tariff.sent(feed, up, down);
            tariff.to_keep()
        };
        if let Some(text) = to_keep {
            keep(text, recorder).await;
        }
    }

    /// Keeps the sum as it is now: the agent stops.
    pub async fn keep(&self, recorder: &Recorder) {
        let text = self.lock().keep();
        keep(text, recorder).await;
    }

    /// Somebody wants everything sent now, whatever it costs.
    pub fn send_now(&self, clock: &Clock) {
        self.lock().send_now(clock.elapsed());
        self.pressed.send_modify(|times| *times += 1);
    }

    /// Changes when somebody wants everything sent now.
    #[must_use]
    pub fn pressed(&self) -> watch::Receiver<u64> {
        self.pressed.subscribe()
    }

    /// Bytes of this month.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.lock().used()
    }

    fn lock(&self) -> MutexGuard<'_, Tariff> {
        self.tariff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep(text: String, recorder: &Recorder) {
    let kept = Statement::Keep(Kept { key: KeptKey::new(KIND, NAME), text });
    // Kept late at worst: the next sum holds this one.
    let _ = recorder.record(Entry::of(vec![kept])).await;
}
