//! A group: everything that goes into one commit. Only here can the ledger change, so nothing can be half done.

use std::{
    fs::File,
    io::Read,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use gateway_proto::{
    chain::Epoch,
    name::FeedName,
    on_hand::OnHand,
    place::Place,
    record::{RecordText, Seq},
};
use rusqlite::{CachedStatement, Connection, params};

use super::{
    Counts, FeedStanding, LedgerError, Outcome, Purpose, Recorded,
    book::{Book, newest_life, unassigned},
    file,
    kept::{self, KeptRow},
    plan::{Planned, PlannedMovement},
};
use crate::{
    movement::entry::{Entry, EntryError, Statement},
    register::catalog::Catalog,
};

const INSERT: &str = "INSERT INTO record (life, seq, link, origin, text) VALUES (?, ?, ?, ?, ?)";

/// The ledger, open for writing. One per site; the lock on its folder sees to that.
#[derive(Debug)]
pub struct Ledger {
    db: Connection,
    book: Book,
    /// A commit has failed since the book was read: it may say more than the file.
    stale: bool,
    /// The one that the newest commit left.
    catalog: Arc<Catalog>,
    unassigned: FeedName,
    _lock: File,
}

/// What becomes one commit.
pub struct Group<'l> {
    pub(super) db: &'l Connection,
    pub(super) book: &'l mut Book,
    insert: CachedStatement<'l>,
    unassigned: &'l FeedName,
}

impl Ledger {
    /// Opens the ledger of a site, making it when there is none, with a feed for each name.
    ///
    /// # Errors
    /// [`LedgerError`]; `Locked` when another agent has it, `SchemaTooNew` when a newer one wrote it.
    pub fn open(state_dir: &Path, feeds: &[FeedName], catalog: Arc<Catalog>) -> Result<Self, LedgerError> {
        let lock = file::lock(state_dir)?;
        let db = file::open(state_dir, Purpose::Write)?;
        let unassigned = unassigned();
        for feed in feeds.iter().chain([&unassigned]) {
            if newest_life(&db, feed)?.is_none() {
                begin_life(&db, feed)?;
            }
        }
        let book = Book::read(&db, catalog.clone())?;
        Ok(Self { db, book, stale: false, catalog, unassigned, _lock: lock })
    }

    /// Does `work` and commits it; or, when anything fails, leaves the ledger as it was. After a failure the book says
    /// nothing to rely on until a commit has succeeded: see [`Ledger::is_stale`].
    ///
    /// # Errors
    /// That of `work`, or of the commit.
    pub fn in_one_commit<T>(
        &mut self,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        if self.stale {
            self.book = Book::read(&self.db, self.catalog.clone())?;
            self.stale = false;
        }
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(LedgerError::Write)?;
        let done = self.group().and_then(|mut group| work(&mut group)).and_then(|done| {
            self.db.execute_batch("COMMIT").map_err(LedgerError::Write)?;
            Ok(done)
        });
        if done.is_err() {
            // Fails when SQLite has rolled back by itself (disk full); both ways nothing of the group remains.
            let _ = self.db.execute_batch("ROLLBACK");
            self.stale = true;
        } else {
            self.catalog.clone_from(&self.book.catalog);
        }
        done
    }

    /// The facts beside the records, by kind and name.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn kept(&self) -> Result<Vec<KeptRow>, LedgerError> {
        kept::all(&self.db)
    }

    /// Whether counts, standings and on-hand are not to be relied on because the last commit failed.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// The fold of all movements.
    #[must_use]
    pub fn on_hand(&self) -> &OnHand {
        &self.book.on_hand
    }

    /// Every feed's counts, for the conservation identity.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.book.counts()
    }

    /// Where each feed stands for delivery.
    #[must_use]
    pub fn standings(&self) -> std::collections::BTreeMap<FeedName, FeedStanding> {
        self.book.standings()
    }

    fn group(&mut self) -> Result<Group<'_>, LedgerError> {
        Ok(Group {
            insert: self.db.prepare_cached(INSERT).map_err(LedgerError::Write)?,
            db: &self.db,
            book: &mut self.book,
            unassigned: &self.unassigned,
        })
    }
}

impl Group<'_> {
    /// Appends what an entry states: all of it or, with the inner error, nothing.
    ///
    /// # Errors
    /// The outer error is the file's, and takes the whole group along; the inner one is this entry's alone.
    pub fn append(&mut self, entry: Entry) -> Result<Result<Outcome, EntryError>, LedgerError> {
        if let Some(origin) = entry.origin
            && origin.proves_repeat
            && self.book.origins.values().any(|origins| origins.knows(origin.key))
        {
            return Ok(Ok(Outcome::Repeated));
        }
        let before = self.book.catalog.clone();
        let mut origin = entry.origin.map(|origin| origin.key);
        let is_level = matches!(entry.statements[..], [Statement::Level(_)]);
        let rows = match self.plan(entry)? {
            Ok(rows) if rows.is_empty() && is_level => return Ok(Ok(Outcome::NoChange)),
            Ok(rows) => rows,
            Err(error) => {
                self.book.catalog = before;
                return Ok(Err(error));
            }
        };
        let mut recorded = Vec::new();
        for row in rows {
            match row {
                // One record carries the origin of all.
                Planned::Movement(planned) => recorded.push(self.append_movement(*planned, origin.take())?),
                Planned::Count { feed, text } => drop(self.append_text(&feed, text.as_str(), origin.take())?),
                Planned::Keep(fact) => kept::keep(self.db, &fact)?,
                Planned::Forget(key) => kept::forget(self.db, &key)?,
            }
        }
        Ok(Ok(Outcome::Recorded(recorded)))
    }

    fn append_movement(&mut self, planned: PlannedMovement, origin: Option<u64>) -> Result<Recorded, LedgerError> {
        let PlannedMovement { feed, movement, text, act, happened, origin: of_act } = planned;
        let seq = self.append_text(&feed, text.as_str(), origin.or(of_act))?;
        let life = self.book.heads.get(&feed).map_or(0, |head| head.life);
        if let Some(corrected) = movement.corrects {
            self.book.taken_back.insert((life, corrected));
        }
        let on_hand = &mut self.book.on_hand;
        on_hand.apply(&movement);
        let held = |place: &Place| on_hand.get(&movement.item, place).unwrap_or(0);
        let (left, reached) = (held(&movement.from), held(&movement.to));
        Ok(Recorded { feed, life, seq, movement, act, happened, left, reached })
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.book.catalog
    }

    pub(super) fn unassigned(&self) -> &FeedName {
        self.unassigned
    }

    /// The fold of all movements, with those of this group so far.
    #[must_use]
    pub fn on_hand(&self) -> &OnHand {
        &self.book.on_hand
    }

    pub(super) fn append_text(&mut self, feed: &FeedName, text: &str, origin: Option<u64>) -> Result<Seq, LedgerError> {
        let head = self.book.heads.get_mut(feed).ok_or_else(|| LedgerError::NoFeed(feed.clone()))?;
        let (seq, link) = (head.recorded.next(), head.link.then(text));
        self.insert
            .execute(params![head.life, signed(seq), link.as_bytes(), origin.map(u64::cast_signed), text])
            .map_err(LedgerError::Write)?;
        (head.recorded, head.link) = (seq, link);
        if let Some(origin) = origin {
            self.book.origins.entry(feed.clone()).or_default().remember(origin);
        }
        Ok(seq)
    }
}

/// Begins a new epoch for a feed.
pub(super) fn begin_life(db: &Connection, feed: &FeedName) -> Result<(), LedgerError> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut entropy = [0; 10];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut entropy))
        .map_err(|source| LedgerError::Folder { path: "/dev/urandom".into(), source })?;
    let epoch = Epoch::new(millis, entropy);
    db.execute(
        "INSERT INTO life (feed, epoch, begun_ms) VALUES (?, ?, ?)",
        params![feed.as_str(), epoch.as_str(), millis.cast_signed()],
    )
    .map(drop)
    .map_err(LedgerError::Write)
}

pub(super) fn signed(seq: Seq) -> i64 {
    seq.0.cast_signed()
}

/// A record's text as it stands in the file. Its length was checked when it was written.
pub(super) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RecordText> {
    RecordText::new(row.get(column)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
