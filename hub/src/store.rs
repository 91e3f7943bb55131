//! The store: every record that was ever acknowledged, and what follows from them. The only SQL of the hub.
//!
//! One thread owns the connection that writes ([`writer`]); it takes what has queued, commits once, then answers
//! everyone, so that a hundred batches cost little more than one and nobody is answered before the commit. Readers
//! ([`readers`]) see snapshots and never wait for the writer. What a batch means is decided in
//! `gateway_proto::intake`; here it is looked up, applied and kept.
//!
//! Must not know: HTTP, tokens, viewers. Callers name the feeds they may see, and no query looks at others.

mod acknowledge;
mod ahead;
mod checkpoint;
mod clocks;
mod command;
mod fold;
mod forward;
mod health;
mod intake;
mod meaning;
mod movements;
mod on_hand;
mod parked;
mod past;
mod readers;
mod replay;
mod schema;
mod writer;

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use gateway_proto::{answer::Ack, batch::Batch, chain::Epoch, intake::Links, record::Seq, time::WallTime};
use tokio::sync::{oneshot, watch};

pub(crate) use self::{
    acknowledge::{Acknowledged, Fact},
    ahead::{AheadRow, ahead},
    checkpoint::{Difference, Extent},
    health::{FeedHealth, Fork, Loss, MissingEnd, Verdict, health},
    movements::{Row, after, newest, now},
    on_hand::{HeldRow, PlaceKind, on_hand, on_hand_of},
    parked::{Parked, parked},
    past::{Hole, Moved, Past, past},
};
pub use self::{command::Answer, writer::Writer};
use self::{
    command::{Command, Intake},
    intake::Shipped,
    meaning::Meanings,
    readers::Readers,
    schema::Log,
};
use crate::{config::FeedConfig, feed::FeedKey};
/// What a look at the store sees.
pub(crate) use rusqlite::Connection as Snapshot;

/// Batches that may wait for the writer. At four in flight a site, 64 sites at once; beyond it the hub says busy
/// instead of growing.
const QUEUE_MAX: usize = 256;

/// Bits of a record's key that hold its seq: a trillion records an epoch, eight million epochs a hub.
const SEQ_BITS: u32 = 40;

/// The last seq the store can hold.
pub(crate) const SEQ_MAX: u64 = (1 << SEQ_BITS) - 1;

/// A feed that the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFeed {
    id: i64,
    /// Where it stands among the configured feeds.
    place: usize,
    pub(crate) key: FeedKey,
    /// Silence after which a person is told.
    silent_after_ms: Option<i64>,
}

/// A handle on the store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    feeds: Arc<[StoredFeed]>,
    commands: mpsc::SyncSender<Command>,
    readers: Arc<Readers>,
    news: Arc<News>,
}

/// What the last commits touched.
#[derive(Debug)]
struct News {
    commits: watch::Sender<u64>,
    /// Commits per feed, in the order of the configured feeds.
    feeds: Box<[AtomicU64]>,
    /// How far each feed's last epoch has come. Only a hint, for those who would otherwise read what is known.
    reached: Mutex<Vec<Option<(Epoch, Seq)>>>,
}

/// Why the store does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("make {path}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("another hub is using {0}; stop it first, or give this one its own state_dir")]
    InUse(PathBuf),
    #[error("open store {path}")]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error(
        "store has schema {found}, this hub knows up to {known}; install a newer hub, or restore the store of before"
    )]
    SchemaTooNew { found: usize, known: usize },
    #[error(
        "store has schema {found}, this program writes {known}; start the new hub once, it brings the store up to date"
    )]
    SchemaTooOld { found: usize, known: usize },
    #[error("feed {0} is not in the store: start the hub with it once")]
    Unheard(FeedKey),
    #[error(
        "store does not keep {pragma}={wanted}, it says {found}; is the file system one that SQLite can lock and sync?"
    )]
    Setting { pragma: &'static str, wanted: String, found: String },
    #[error("stored {what} is not readable; restore the store from a backup")]
    Damaged { what: &'static str },
    #[error("read or write store")]
    Sql(#[from] rusqlite::Error),
    #[error("store has stopped")]
    Stopped,
}

/// Why a batch did not reach the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotQueued {
    /// Too many wait already.
    Full,
    /// The writer is gone; the hub is about to end.
    Stopped,
}

impl Store {
    /// Opens the store in a folder, makes the configured feeds known to it and applies what was parked and is
    /// wanted now. The returned writer must be run for batches to be taken.
    ///
    /// # Errors
    /// [`StoreError`] when the folder or file cannot be used, or is in use.
    pub fn open(folder: &Path, feeds: &[FeedConfig], now: WallTime) -> Result<(Self, Writer), StoreError> {
        let lock = lock(folder)?;
        let path = file(folder);
        // Whoever holds the log may be gone in a moment. Until then sites are told to come back, and everything can be seen.
        let (mut db, log) = schema::open_writer(&path)?;
        if log == Log::Held {
            tracing::warn!(path = %path.display(), "somebody reads the store; nothing is taken in until the look ends");
        }
        let stored = register(&db, feeds)?;
        for (feed, config) in stored.iter().zip(feeds) {
            let replayed = replay::replay(&mut db, feed, |item| config.knows(item), now)?;
            if replayed > 0 {
                tracing::info!(feed = %feed.key, replayed, "parked movements applied");
            }
        }
        let news = Arc::new(News {
            commits: watch::Sender::new(0),
            feeds: stored.iter().map(|_| AtomicU64::new(0)).collect(),
            reached: Mutex::new(vec![None; stored.len()]),
        });
        let (commands, queue) = mpsc::sync_channel(QUEUE_MAX);
        let items = feeds.iter().map(|feed| feed.items.clone()).collect();
        let stored: Arc<[StoredFeed]> = stored.into();
        let writer = Writer::new((db, log), path.clone(), lock, queue, Arc::clone(&stored), items, Arc::clone(&news));
        Ok((Self { feeds: stored, commands, readers: Arc::new(Readers::new(path)), news }, writer))
    }

    /// The configured feeds, in their order.
    #[must_use]
    pub fn feeds(&self) -> &[StoredFeed] {
        &self.feeds
    }

    /// Follows a batch's chain and reads its new records, which takes a millisecond for 500, then queues it. The answer
    /// comes after its commit.
    ///
    /// # Errors
    /// [`NotQueued`]; then nothing was taken.
    pub fn take(
        &self,
        feed: &StoredFeed,
        batch: Batch,
        received_at: WallTime,
    ) -> Result<oneshot::Receiver<Answer>, NotQueued> {
        let (answer, answered) = oneshot::channel();
        let links = match Links::follow(&batch) {
            Ok(links) => links,
            Err(rejection) => {
                let _here = answer.send(Err(rejection));
                return Ok(answered);
            }
        };
        let meanings = Meanings::read(&batch, self.news.known(feed.place, &batch.epoch));
        let shipped = Shipped { batch, links, meanings, received_at };
        match self.commands.try_send(Command::Take(Intake::new(feed.clone(), shipped, answer))) {
            Ok(()) => Ok(answered),
            Err(mpsc::TrySendError::Full(_)) => Err(NotQueued::Full),
            Err(mpsc::TrySendError::Disconnected(_)) => Err(NotQueued::Stopped),
        }
    }

    /// Lets the feeds carry other items from here on, in the order of the configured feeds, and applies what was parked
    /// for want of them; says how many movements. Waits for its turn.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] when the writer is gone.
    pub(crate) async fn carry(&self, feeds: &[FeedConfig]) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        let items = feeds.iter().map(|feed| feed.items.clone()).collect();
        let commands = self.commands.clone();
        let sent = tokio::task::spawn_blocking(move || commands.send(Command::Carry(items, answer)).is_ok());
        if !matches!(sent.await, Ok(true)) {
            return Err(StoreError::Stopped);
        }
        answered.await.map_err(|_| StoreError::Stopped)
    }

    /// Looks at one snapshot of the store, off the async threads.
    ///
    /// # Errors
    /// Those of `look`, and [`StoreError::Stopped`] when it panicked.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Snapshot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        Arc::clone(&self.readers).read(look).await
    }

    /// Changes with every commit that took something in.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.news.commits.subscribe()
    }

    /// Tells those who follow that a feed has changed without a commit of this hub.
    pub(crate) fn tell(&self, feed: &StoredFeed) {
        self.news.tell(std::iter::once(feed.place));
    }

    /// A number that changes with every commit that touched one of these feeds.
    pub(crate) fn version(&self, feeds: &[StoredFeed]) -> u64 {
        feeds.iter().map(|feed| self.news.feeds[feed.place].load(Ordering::Acquire)).sum()
    }
}

impl StoredFeed {
    fn new(id: i64, place: usize, config: &FeedConfig) -> Self {
        let silent_after_ms = (config.silent_hours > 0).then(|| i64::from(config.silent_hours) * 3_600_000);
        Self { id, place, key: config.key(), silent_after_ms }
    }
}

impl News {
    fn tell(&self, touched: impl Iterator<Item = usize>) {
        for place in touched {
            self.feeds[place].fetch_add(1, Ordering::Release);
        }
        self.commits.send_modify(|commits| *commits += 1);
    }

    fn reached(&self, place: usize, ack: &Ack) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        match reached.get_mut(place) {
            Some(Some((epoch, through))) if *epoch == ack.epoch => *through = ack.through,
            Some(other) => *other = Some((ack.epoch.clone(), ack.through)),
            None => {}
        }
    }

    /// Everything up to here is known of this epoch; 0 where nobody remembers.
    fn known(&self, place: usize, epoch: &Epoch) -> Seq {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        match reached.get(place) {
            Some(Some((known, through))) if known == epoch => *through,
            _ => Seq(0),
        }
    }
}

/// Looks at one snapshot of a store that a hub may be serving, without a hub.
///
/// # Errors
/// [`StoreError`] when there is no store, or its schema is newer.
pub(crate) fn look<T>(
    folder: &Path,
    feeds: &[FeedConfig],
    look: impl FnOnce(&Snapshot, &[StoredFeed]) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let db = schema::open_reader(&file(folder))?;
    let snapshot = db.unchecked_transaction()?;
    let mut known = Vec::new();
    for (place, feed) in feeds.iter().enumerate() {
        if let Some(id) = feed_id(&snapshot, &feed.key())? {
            known.push(StoredFeed::new(id, place, feed));
        }
    }
    look(&snapshot, &known)
}

/// Acknowledges what there is of one kind of a feed now, in a store that a hub may be serving; says how many facts.
///
/// # Errors
/// [`StoreError`] when there is no store of this schema, or nothing was ever heard of the feed.
pub(crate) fn acknowledge(
    folder: &Path,
    feed: &FeedConfig,
    fact: Fact,
    by: &str,
    note: &str,
    now: WallTime,
) -> Result<u64, StoreError> {
    let mut db = schema::open_beside(&file(folder))?;
    let id = feed_id(&db, &feed.key())?.ok_or(StoreError::Unheard(feed.key()))?;
    Ok(acknowledge::acknowledge(&mut db, &StoredFeed::new(id, 0, feed), fact, by, note, now)?)
}

/// Applies what is parked and wanted now, in a store that a hub may be serving; says how many movements. Both write in
/// turns, and a movement that one has applied is no longer parked for the other.
///
/// # Errors
/// [`StoreError`] when there is no store of this schema.
pub(crate) fn replay(folder: &Path, feeds: &[FeedConfig], now: WallTime) -> Result<u64, StoreError> {
    let mut db = schema::open_beside(&file(folder))?;
    let mut replayed = 0;
    for (place, feed) in feeds.iter().enumerate() {
        if let Some(id) = feed_id(&db, &feed.key())? {
            let stored = StoredFeed::new(id, place, feed);
            replayed += replay::replay(&mut db, &stored, |item| feed.knows(item), now)?;
        }
    }
    Ok(replayed)
}

/// Whether a hub is serving this store now.
pub(crate) fn is_served(folder: &Path) -> bool {
    matches!(lock(folder), Err(StoreError::InUse(_)))
}

fn file(folder: &Path) -> PathBuf {
    folder.join("hub.db")
}

/// Keeps a second hub from writing the same store: it would answer from a state that the first is changing.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let fault = |source| StoreError::Folder { path: folder.to_owned(), source };
    if !folder.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault)?;
    }
    let lock =
        fs::OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join("hub.lock")).map_err(fault)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

fn register(db: &rusqlite::Connection, feeds: &[FeedConfig]) -> Result<Vec<StoredFeed>, StoreError> {
    let mut stored = Vec::new();
    for (place, feed) in feeds.iter().enumerate() {
        let key = feed.key();
        db.execute(
            "INSERT INTO feed (site, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            [key.site.as_str(), key.name.as_str()],
        )?;
        let id = feed_id(db, &key)?.ok_or(StoreError::Damaged { what: "feed" })?;
        stored.push(StoredFeed::new(id, place, feed));
    }
    Ok(stored)
}

fn feed_id(db: &rusqlite::Connection, key: &FeedKey) -> Result<Option<i64>, rusqlite::Error> {
    use rusqlite::OptionalExtension as _;
    db.query_row("SELECT id FROM feed WHERE site = ?1 AND name = ?2", [key.site.as_str(), key.name.as_str()], |row| {
        row.get(0)
    })
    .optional()
}

/// Where a record stands in its table. The seq must be at most [`SEQ_MAX`].
fn record_key(epoch: i64, seq: Seq) -> i64 {
    (epoch << SEQ_BITS) | seq_number(seq)
}

fn seq_number(seq: Seq) -> i64 {
    i64::try_from(seq.0.min(SEQ_MAX)).expect("forty bits fit")
}

fn seq_of(key: i64) -> u64 {
    u64::try_from(key).unwrap_or(0) & SEQ_MAX
}

fn epoch_of(key: i64) -> i64 {
    key >> SEQ_BITS
}

/// A number from a column that only ever holds counts.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
