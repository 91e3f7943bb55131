//! The one thread that writes. It takes what has queued, commits once, then answers everyone: the next group forms while
//! the last one syncs, so there is no timer and a lone batch waits for nobody.
//!
//! Each batch is its own savepoint, so that one bad batch does not undo its neighbours. Batches of one feed that
//! arrive together are taken in the order of their seqs. One that arrives a moment before its predecessor (a site has
//! several in flight, and a small body overtakes a large one) waits for it briefly instead of costing the site a
//! gap and a second sending.
//!
//! Ends when every [`super::Store`] is gone. A store that cannot be written (disk full, read-only) does not end it: the
//! sites are told to come back, and keep what they have.

use std::{
    collections::BTreeSet,
    fs::File,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use gateway_proto::{
    answer::{Code, Rejection},
    limits::BATCH_RECORDS_MAX,
    name::ItemCode,
};
use rusqlite::{Connection, TransactionBehavior};

use super::{
    News,
    command::{Answer, Intake},
    intake,
};
use crate::planted;

/// Batches of one commit. More would only make the first of them wait longer.
const GROUP_MAX: usize = 64;

/// How long a batch may wait for the one before it: a round trip or two, much less than a second sending costs.
const EARLY_MAX: Duration = Duration::from_millis(200);

/// How far ahead a batch may be to wait: what one feed can have in flight.
const AHEAD_MAX: u64 = intake::WINDOW as u64 * BATCH_RECORDS_MAX as u64;

/// The writing end of the store; run it on a thread of its own.
pub(crate) struct Writer {
    db: Connection,
    /// Held for as long as the connection is.
    _lock: File,
    queue: Receiver<Intake>,
    /// The items of each feed, in the order of the configured feeds.
    items: Vec<Option<BTreeSet<ItemCode>>>,
    news: Arc<News>,
    early: Vec<Intake>,
    /// [`EARLY_MAX`], but for tests.
    patience: Duration,
    health: Health,
}

/// Whether the last commit went through: a change of it is logged, the repetitions are not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Writing,
    Failing,
}

/// What became of a batch inside the transaction.
enum Taken {
    Answer(Answer),
    /// Its predecessor is probably on the way.
    Early,
}

impl Writer {
    pub(super) fn new(
        db: Connection,
        lock: File,
        queue: Receiver<Intake>,
        items: Vec<Option<BTreeSet<ItemCode>>>,
        news: Arc<News>,
    ) -> Self {
        Self { db, _lock: lock, queue, items, news, early: Vec::new(), patience: EARLY_MAX, health: Health::Writing }
    }

    /// Runs until every handle on the store is gone.
    pub(crate) fn run(mut self) {
        while let Some(group) = self.next_group() {
            self.take(group);
        }
        tracing::debug!("store thread ends");
    }

    /// Waits for a batch and takes those that queued behind it. `None` at the end.
    fn next_group(&mut self) -> Option<Vec<Intake>> {
        let mut group = std::mem::take(&mut self.early);
        let patience = group.iter().map(|intake| self.patience.saturating_sub(intake.queued_at.elapsed())).min();
        let first = match patience {
            None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(patience) => self.queue.recv_timeout(patience),
        };
        match first {
            Ok(intake) => group.push(intake),
            Err(RecvTimeoutError::Timeout) => {}
            // What is early has nobody left to wait for it, and its predecessor will not come.
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        while group.len() < GROUP_MAX
            && let Ok(intake) = self.queue.try_recv()
        {
            group.push(intake);
        }
        group.sort_by(|a, b| {
            (a.feed.place, &a.batch.epoch, a.batch.first).cmp(&(b.feed.place, &b.batch.epoch, b.batch.first))
        });
        Some(group)
    }

    fn take(&mut self, group: Vec<Intake>) {
        match self.commit(group) {
            Ok((answered, early)) => {
                self.early = early;
                let touched: BTreeSet<usize> = answered
                    .iter()
                    .filter(|(_, answer)| answer.as_ref().map_or_else(|no| no.code == Code::Fork, |_| true))
                    .map(|(intake, _)| intake.feed.place)
                    .collect();
                for (mut intake, answer) in answered {
                    intake.answer(answer);
                }
                if !touched.is_empty() {
                    self.news.tell(touched.into_iter());
                    self.note(Ok(()));
                }
            }
            Err((group, error)) => {
                for mut intake in group {
                    intake.answer(Err(busy()));
                }
                self.note(Err(&error));
            }
        }
    }

    /// Takes a group in one transaction. On an error nothing of it was taken.
    #[expect(clippy::type_complexity, reason = "both ends are right here")]
    fn commit(
        &mut self,
        mut group: Vec<Intake>,
    ) -> Result<(Vec<(Intake, Answer)>, Vec<Intake>), (Vec<Intake>, rusqlite::Error)> {
        let taken = match take_all(&mut self.db, &self.items, &mut group, self.patience) {
            Ok(taken) => taken,
            Err(error) => return Err((group, error)),
        };
        let (mut answered, mut early) = (Vec::new(), Vec::new());
        for (intake, taken) in group.into_iter().zip(taken) {
            match taken {
                Taken::Answer(answer) => answered.push((intake, answer)),
                Taken::Early => early.push(intake),
            }
        }
        Ok((answered, early))
    }

    fn note(&mut self, outcome: Result<(), &rusqlite::Error>) {
        let health = if outcome.is_ok() { Health::Writing } else { Health::Failing };
        if std::mem::replace(&mut self.health, health) == health {
            return;
        }
        match outcome {
            Ok(()) => tracing::info!("store is written again"),
            Err(error) => tracing::error!(%error, "store cannot be written; sites are told to come back"),
        }
    }
}

fn take_all(
    db: &mut Connection,
    items: &[Option<BTreeSet<ItemCode>>],
    group: &mut [Intake],
    patience: Duration,
) -> Result<Vec<Taken>, rusqlite::Error> {
    let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut all = Vec::with_capacity(group.len());
    for intake in group.iter() {
        let point = tx.savepoint()?;
        let items = items[intake.feed.place].as_ref();
        match intake::take(&point, &intake.feed, items, &intake.batch, intake.received_at) {
            Ok(answer) => {
                point.commit()?;
                all.push(if may_wait(intake, &answer, patience) { Taken::Early } else { Taken::Answer(answer) });
            }
            Err(error) => {
                drop(point);
                // A full disk ends the whole transaction; anything else only this batch.
                if tx.is_autocommit() {
                    return Err(error);
                }
                tracing::error!(feed = %intake.feed.key, %error, "batch cannot be stored");
                all.push(Taken::Answer(Err(busy())));
            }
        }
    }
    if planted::ack_before_commit() {
        for (intake, taken) in group.iter_mut().zip(&all) {
            if let Taken::Answer(answer) = taken {
                intake.answer(answer.clone());
            }
        }
        std::thread::sleep(planted::PAUSE);
    }
    tx.commit()?;
    Ok(all)
}

/// Whether a batch is rejected only for being a moment early.
fn may_wait(intake: &Intake, answer: &Answer, patience: Duration) -> bool {
    let Err(rejection) = answer else { return false };
    let Some(expected) = rejection.expected else { return false };
    rejection.code == Code::Gap
        && intake.batch.first.0.saturating_sub(expected.0) <= AHEAD_MAX
        && intake.queued_at.elapsed() < patience
}

fn busy() -> Rejection {
    Rejection::new(Code::Busy, "the hub cannot store anything right now")
}

#[cfg(test)]
mod tests;
