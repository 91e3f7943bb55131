//! What the writer is asked and what it answers.

use std::time::Instant;

use gateway_proto::{
    answer::{Ack, Rejection},
    batch::Batch,
    time::WallTime,
};
use tokio::sync::oneshot;

use super::StoredFeed;

/// What a batch is told: committed, or why not.
pub(crate) type Answer = Result<Ack, Rejection>;

/// A batch on its way into the store.
pub(super) struct Intake {
    pub(super) feed: StoredFeed,
    pub(super) batch: Batch,
    pub(super) received_at: WallTime,
    /// When it came, for how long it may wait for the batches before it.
    pub(super) queued_at: Instant,
    /// Taken when answered: nobody is told twice.
    answer: Option<oneshot::Sender<Answer>>,
}

impl Intake {
    pub(super) fn new(feed: StoredFeed, batch: Batch, received_at: WallTime, answer: oneshot::Sender<Answer>) -> Self {
        Self { feed, batch, received_at, queued_at: Instant::now(), answer: Some(answer) }
    }

    /// Answers, unless the asker has gone; then the site will ask again.
    pub(super) fn answer(&mut self, answer: Answer) {
        if let Some(asker) = self.answer.take() {
            let _gone = asker.send(answer);
        }
    }
}
