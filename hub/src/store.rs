//! The store: every record that was ever acknowledged, and what follows from them. The only SQL of the hub.
//!
//! One thread owns the connection that writes ([`writer`]); it takes what has queued, commits once, then answers
//! everyone, so that a hundred batches cost little more than one and nobody is answered before the commit. Readers
//! ([`readers`]) see snapshots and never wait for the writer. What a batch means is decided in
//! `gateway_proto::intake`; here it is looked up, applied and kept.
//!
//! Must not know: HTTP, tokens, viewers. Callers name the feeds they may see, and no query looks at others.

mod checkpoint;
mod command;
mod fold;
mod health;
mod intake;
mod movements;
mod on_hand;
mod parked;
mod readers;
mod replay;
mod schema;
mod writer;

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use gateway_proto::{batch::Batch, record::Seq, time::WallTime};
use tokio::sync::{oneshot, watch};

pub(crate) use self::{
    checkpoint::Difference,
    command::Answer,
    health::{FeedHealth, Fork, Loss, Verdict, health},
    movements::{Row, after, newest, now},
    on_hand::{HeldRow, PlaceKind, on_hand, on_hand_of},
    parked::{Parked, parked},
    writer::Writer,
};
use self::{command::Intake, readers::Readers};
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
pub(crate) struct StoredFeed {
    id: i64,
    /// Where it stands among the configured feeds.
    place: usize,
    pub(crate) key: FeedKey,
}

/// A handle on the store; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    feeds: Arc<[StoredFeed]>,
    intakes: mpsc::SyncSender<Intake>,
    readers: Arc<Readers>,
    news: Arc<News>,
}

/// What the last commits touched.
#[derive(Debug)]
struct News {
    commits: watch::Sender<u64>,
    /// Commits per feed, in the order of the configured feeds.
    feeds: Box<[AtomicU64]>,
}

/// Why the store does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
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
pub(crate) enum NotQueued {
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
    pub(crate) fn open(folder: &Path, feeds: &[FeedConfig], now: WallTime) -> Result<(Self, Writer), StoreError> {
        let lock = lock(folder)?;
        let path = file(folder);
        let mut db = schema::open_writer(&path)?;
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
        });
        let (intakes, queue) = mpsc::sync_channel(QUEUE_MAX);
        let items = feeds.iter().map(|feed| feed.items.clone()).collect();
        let writer = Writer::new(db, lock, queue, items, Arc::clone(&news));
        Ok((Self { feeds: stored.into(), intakes, readers: Arc::new(Readers::new(path)), news }, writer))
    }

    /// The configured feeds, in their order.
    pub(crate) fn feeds(&self) -> &[StoredFeed] {
        &self.feeds
    }

    /// Queues a batch of a feed. The answer comes after its commit.
    ///
    /// # Errors
    /// [`NotQueued`]; then nothing was taken.
    pub(crate) fn take(
        &self,
        feed: &StoredFeed,
        batch: Batch,
        received_at: WallTime,
    ) -> Result<oneshot::Receiver<Answer>, NotQueued> {
        let (answer, answered) = oneshot::channel();
        let intake = Intake::new(feed.clone(), batch, received_at, answer);
        match self.intakes.try_send(intake) {
            Ok(()) => Ok(answered),
            Err(mpsc::TrySendError::Full(_)) => Err(NotQueued::Full),
            Err(mpsc::TrySendError::Disconnected(_)) => Err(NotQueued::Stopped),
        }
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
    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.news.commits.subscribe()
    }

    /// A number that changes with every commit that touched one of these feeds.
    pub(crate) fn version(&self, feeds: &[StoredFeed]) -> u64 {
        feeds.iter().map(|feed| self.news.feeds[feed.place].load(Ordering::Acquire)).sum()
    }
}

impl News {
    fn tell(&self, touched: impl Iterator<Item = usize>) {
        for place in touched {
            self.feeds[place].fetch_add(1, Ordering::Release);
        }
        self.commits.send_modify(|commits| *commits += 1);
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
            known.push(StoredFeed { id, place, key: feed.key() });
        }
    }
    look(&snapshot, &known)
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
        stored.push(StoredFeed { id, place, key });
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
