//! The one thread that writes. It takes what has queued, commits once, then answers everyone: the next group forms while
//! the last one syncs, so there is no timer and a lone batch waits for nobody.
//!
//! Where a group cannot be taken whole, each of its batches is tried alone, so that one bad batch does not undo its
//! neighbours. Batches of one feed that arrive together are taken in the order of their seqs. One that arrives a moment before its predecessor (a site has
//! several in flight, and a small body overtakes a large one) waits for it briefly instead of costing the site a
//! gap and a second sending.
//!
//! After a commit that failed, nothing is known of what the disk has; the file is opened anew before the next one. One that
//! found no room is rolled back: its end was never written, and the next one goes over the rest.
//!
//! Ends when every [`super::Store`] is gone. A store that cannot be written (disk full, read-only) does not end it: the
//! sites are told to come back, and keep what they have.

use std::{
    collections::BTreeSet,
    fs::File,
    path::PathBuf,
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
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{
    News, StoreError, StoredFeed,
    command::{Answer, Command, Intake},
    fold::Folds,
    intake, replay,
    schema::{self, Log},
};
use crate::{clock, planted};

/// Batches of one commit. More would only make the first of them wait longer.
const GROUP_MAX: usize = 64;

/// How long a batch may wait for the one before it: a round trip or two, much less than a second sending costs.
const EARLY_MAX: Duration = Duration::from_millis(200);

/// How far ahead a batch may be to wait: what one feed can have in flight.
const AHEAD_MAX: u64 = intake::WINDOW as u64 * BATCH_RECORDS_MAX as u64;

/// The writing end of the store; run it on a thread of its own.
pub struct Writer {
    db: Connection,
    path: PathBuf,
    feeds: Arc<[StoredFeed]>,
    folds: Folds,
    /// Held for as long as the connection is.
    _lock: File,
    queue: Receiver<Command>,
    /// The items of each feed, in the order of the configured feeds.
    items: Vec<Option<BTreeSet<ItemCode>>>,
    news: Arc<News>,
    early: Vec<Intake>,
    /// [`EARLY_MAX`], but for tests.
    patience: Duration,
    health: Health,
    /// A commit has failed, or the hub has started, and the log could not be begun anew since.
    is_lost: bool,
}

/// Whether the last commit went through: a change of it is logged, the repetitions are not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Writing,
    Failing,
}

/// Why a group was not taken. Nothing of it was.
enum NotTaken {
    /// A statement failed: for one of the batches, or for all.
    Batch(rusqlite::Error),
    Commit(rusqlite::Error),
}

/// What became of a batch inside the transaction.
enum Taken {
    Answer(Answer),
    /// Its predecessor is probably on the way.
    Early,
}

impl Writer {
    pub(super) fn new(
        (db, log): (Connection, Log),
        path: PathBuf,
        lock: File,
        queue: Receiver<Command>,
        feeds: Arc<[StoredFeed]>,
        items: Vec<Option<BTreeSet<ItemCode>>>,
        news: Arc<News>,
    ) -> Self {
        Self {
            db,
            path,
            feeds,
            folds: Folds::default(),
            _lock: lock,
            queue,
            items,
            news,
            early: Vec::new(),
            patience: EARLY_MAX,
            health: Health::Writing,
            is_lost: log == Log::Held,
        }
    }

    /// Runs until every handle on the store is gone.
    pub fn run(mut self) {
        while self.turn() {}
        tracing::debug!("store thread ends");
    }

    /// Lets no batch wait for the one before it: for whoever works the writer by hand, in a time that is not the wall's.
    pub fn hurry(&mut self) {
        self.patience = Duration::ZERO;
    }

    /// Waits for a batch, takes it with those that queued behind it, and answers: one commit. `false` when every handle on
    /// the store is gone. For whoever works the writer by hand; [`Writer::run`] is nothing else.
    pub fn turn(&mut self) -> bool {
        let Some(group) = self.next_group() else { return false };
        self.take(group);
        true
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
            Ok(command) => self.hear(command, &mut group),
            Err(RecvTimeoutError::Timeout) => {}
            // What is early has nobody left to wait for it, and its predecessor will not come.
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        while group.len() < GROUP_MAX
            && let Ok(command) = self.queue.try_recv()
        {
            self.hear(command, &mut group);
        }
        group.sort_by(|a, b| {
            let (a, b) = ((a.feed.place, &a.shipped.batch), (b.feed.place, &b.shipped.batch));
            (a.0, &a.1.epoch, a.1.first).cmp(&(b.0, &b.1.epoch, b.1.first))
        });
        Some(group)
    }

    fn hear(&mut self, command: Command, group: &mut Vec<Intake>) {
        match command {
            Command::Take(intake) => group.push(intake),
            Command::Carry(items, answer) => {
                let _gone = answer.send(self.carry(items));
            }
        }
    }

    /// Takes on new lists of items and applies what was parked for want of them.
    fn carry(&mut self, items: Vec<Option<BTreeSet<ItemCode>>>) -> u64 {
        self.items = items;
        self.folds.forget();
        let mut applied = 0;
        for feed in self.feeds.iter() {
            let items = self.items.get(feed.place).and_then(Option::as_ref);
            let knows = |item: &ItemCode| items.is_none_or(|items| items.contains(item));
            match replay::replay(&mut self.db, feed, knows, clock::now()) {
                Ok(0) => {}
                Ok(replayed) => {
                    tracing::info!(feed = %feed.key, replayed, "parked movements applied");
                    self.news.tell(std::iter::once(feed.place));
                    applied += replayed;
                }
                // They stay parked, and the next start or reading applies them.
                Err(error) => tracing::error!(feed = %feed.key, %error, "parked movements cannot be applied"),
            }
        }
        applied
    }

    fn take(&mut self, mut group: Vec<Intake>) {
        if self.is_lost
            && let Err(error) = self.open_anew()
        {
            self.refuse(group, &error);
            return;
        }
        match self.commit(&mut group) {
            Ok(taken) => self.settle(group, taken),
            // Each alone finds the one that cannot be taken; where nothing can, all are told.
            Err(NotTaken::Batch(error)) if group.len() > 1 => {
                tracing::debug!(%error, batches = group.len(), "group is taken one by one");
                for intake in group {
                    self.take(vec![intake]);
                }
            }
            Err(NotTaken::Batch(error)) => self.refuse(group, &error),
            Err(NotTaken::Commit(error)) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                self.refuse(group, &error);
            }
            Err(NotTaken::Commit(error)) => {
                self.refuse(group, &error);
                self.is_lost = true;
                if let Err(error) = self.open_anew() {
                    tracing::debug!(%error, "store not opened anew");
                }
            }
        }
    }

    /// Opens the file again after a commit that failed: what its connection believes is not what is there. Until that has
    /// succeeded nothing is taken.
    fn open_anew(&mut self) -> Result<(), rusqlite::Error> {
        match schema::open_writer(&self.path) {
            Ok((db, Log::Begun)) => {
                (self.db, self.is_lost) = (db, false);
                self.folds.forget();
                Ok(())
            }
            Ok((_, Log::Held)) => Err(cannot_open(
                "the log cannot begin anew while somebody reads the file; end what holds it open".to_owned(),
            )),
            Err(StoreError::Sql(error) | StoreError::Open { source: error, .. }) => Err(error),
            Err(error) => Err(cannot_open(error.to_string())),
        }
    }

    fn settle(&mut self, group: Vec<Intake>, taken: Vec<Taken>) {
        let mut touched = BTreeSet::new();
        for (mut intake, taken) in group.into_iter().zip(taken) {
            match taken {
                Taken::Answer(answer) => {
                    if answer.as_ref().map_or_else(|no| no.code == Code::Fork, |_| true) {
                        touched.insert(intake.feed.place);
                    }
                    if let Ok(ack) = &answer {
                        self.news.reached(intake.feed.place, ack);
                    }
                    intake.answer(answer);
                }
                Taken::Early => self.early.push(intake),
            }
        }
        if !touched.is_empty() {
            self.news.tell(touched.into_iter());
            self.note(Ok(()));
        }
    }

    fn refuse(&mut self, group: Vec<Intake>, error: &rusqlite::Error) {
        for mut intake in group {
            intake.answer(Err(busy()));
        }
        self.note(Err(error));
    }

    /// Takes a group in one transaction.
    fn commit(&mut self, group: &mut [Intake]) -> Result<Vec<Taken>, NotTaken> {
        let taken = self.take_all(group);
        if taken.is_err() {
            self.folds.forget();
        }
        taken
    }

    fn take_all(&mut self, group: &mut [Intake]) -> Result<Vec<Taken>, NotTaken> {
        let Self { db, folds, items, patience, .. } = self;
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(NotTaken::Batch)?;
        folds.begin(&tx).map_err(NotTaken::Batch)?;
        let mut all = Vec::with_capacity(group.len());
        for intake in group.iter() {
            let items = items.get(intake.feed.place).and_then(Option::as_ref);
            let answer = intake::take(&tx, folds, &intake.feed, items, &intake.shipped).map_err(NotTaken::Batch)?;
            all.push(if may_wait(intake, &answer, *patience) { Taken::Early } else { Taken::Answer(answer) });
        }
        folds.write(&tx).map_err(NotTaken::Batch)?;
        if planted::ack_before_commit() {
            for (intake, taken) in group.iter_mut().zip(&all) {
                if let Taken::Answer(answer) = taken {
                    intake.answer(answer.clone());
                }
            }
            std::thread::sleep(planted::PAUSE);
        }
        tx.commit().map_err(NotTaken::Commit)?;
        Ok(all)
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

/// Whether a batch is rejected only for being a moment early.
fn may_wait(intake: &Intake, answer: &Answer, patience: Duration) -> bool {
    let Err(rejection) = answer else { return false };
    let Some(expected) = rejection.expected else { return false };
    rejection.code == Code::Gap
        && intake.shipped.batch.first.0.saturating_sub(expected.0) <= AHEAD_MAX
        && intake.queued_at.elapsed() < patience
}

fn cannot_open(why: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN), Some(why))
}

fn busy() -> Rejection {
    Rejection::new(Code::Busy, "the hub cannot store anything right now")
}

#[cfg(test)]
mod tests;
