//! What the writer is asked and what it answers.

use std::{collections::BTreeSet, time::Instant};

use gateway_proto::{
    answer::{Ack, Rejection},
    name::ItemCode,
};
use tokio::sync::oneshot;

use super::{StoredFeed, intake::Shipped};

/// What a batch is told: committed, or why not.
pub type Answer = Result<Ack, Rejection>;

/// What the writer is asked.
#[expect(clippy::large_enum_variant, reason = "nearly all of them are batches")]
pub(super) enum Command {
    Take(Intake),
    /// From here on the feeds carry these items, in the order of the configured feeds; what is parked and is wanted now is
    /// applied. Answers with how many movements.
    Carry(Vec<Option<BTreeSet<ItemCode>>>, oneshot::Sender<u64>),
}

/// A batch on its way into the store.
pub(super) struct Intake {
    pub(super) feed: StoredFeed,
    pub(super) shipped: Shipped,
    /// When it came, for how long it may wait for the batches before it.
    pub(super) queued_at: Instant,
    /// Taken when answered: nobody is told twice.
    answer: Option<oneshot::Sender<Answer>>,
}

impl Intake {
    pub(super) fn new(feed: StoredFeed, shipped: Shipped, answer: oneshot::Sender<Answer>) -> Self {
        Self { feed, shipped, queued_at: Instant::now(), answer: Some(answer) }
    }

    /// Answers, unless the asker has gone; then the site will ask again.
    pub(super) fn answer(&mut self, answer: Answer) {
        if let Some(asker) = self.answer.take() {
            let _gone = asker.send(answer);
        }
    }
}
