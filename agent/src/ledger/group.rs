//! A group: everything that goes into one commit. Only here can the ledger change, so nothing can be half done.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use gateway_proto::{
    name::{FeedName, ItemCode},
    on_hand::OnHand,
    place::Place,
    record::{Record, RecordText, Seq},
    time::WallTime,
};
use rusqlite::{CachedStatement, Connection, params};
use tracing::error;

use super::{
    Counts, FeedStanding, LedgerError, Outcome, Purpose, Recorded,
    aside::{self, Aside, Audit},
    book::{Book, newest_life, unassigned},
    epochs::Epochs,
    file,
    kept::{self, KeptRow},
    key,
    packed::{Packer, Unpacked},
    plan::{Planned, PlannedMovement},
    salvage::{self, Terms},
    storage::{self, Room, Storage},
};
use crate::{
    cause,
    clock::mark::Marks,
    config::StorageLimits,
    movement::entry::{Carried, Entry, EntryError, Statement},
    register::catalog::Catalog,
};

const INSERT: &str = "INSERT INTO record (key, link, origin, text) VALUES (?, ?, ?, ?)";

/// Bytes of records that a salvaged ledger may begin with; beyond it the oldest settled ones are only added up.
const SALVAGE_ROOM: u64 = 512 * 1024 * 1024;

/// The ledger, open for writing. One per site; the lock on its folder sees to that.
#[derive(Debug)]
pub struct Ledger {
    db: Connection,
    book: Book,
    packer: Packer,
    epochs: Epochs,
    /// What commits that failed left in doubt.
    doubt: Option<Doubt>,
    storage: Storage,
    /// The one that the newest commit left.
    catalog: Arc<Catalog>,
    unassigned: FeedName,
    /// What was carried forward since the start, commit by commit.
    carried: Arc<Vec<Carried>>,
    _lock: File,
}

/// What a failed commit leaves in doubt, the lesser first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    /// The book says more than the file. There was no room: the commit's end was never written, and nothing that was written
    /// before is in doubt.
    Book,
    /// The log, too, may say more than the disk.
    Log,
}

impl Doubt {
    fn after(error: &LedgerError) -> Self {
        if error.is_disk_full() { Self::Book } else { Self::Log }
    }
}

/// What becomes one commit.
pub struct Group<'l> {
    pub(super) db: &'l Connection,
    pub(super) book: &'l mut Book,
    packer: &'l mut Packer,
    pub(super) epochs: &'l mut Epochs,
    insert: CachedStatement<'l>,
    unassigned: &'l FeedName,
    /// How many commits have carried something forward since the start.
    pub(super) carried_before: usize,
}

impl Ledger {
    /// Opens the ledger of a site, making it when there is none, with a feed for each name. One that is damaged is set
    /// aside whole, and what is proved of it goes on in a new file.
    ///
    /// # Errors
    /// [`LedgerError`]; `Locked` when another agent has it, `SchemaTooNew` when a newer one wrote it.
    pub fn open(state_dir: &Path, feeds: &[FeedName], catalog: Arc<Catalog>) -> Result<Self, LedgerError> {
        Self::open_with(state_dir, feeds, catalog, Epochs::of_the_system())
    }

    /// The same, with new epochs named by `epochs`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        state_dir: &Path,
        feeds: &[FeedName],
        catalog: Arc<Catalog>,
        mut epochs: Epochs,
    ) -> Result<Self, LedgerError> {
        let lock = file::lock(state_dir)?;
        let folder = |source| LedgerError::Folder { path: state_dir.to_owned(), source };
        salvage::resume(state_dir).map_err(folder)?;
        let unassigned = unassigned();
        let names: Vec<FeedName> = feeds.iter().chain([&unassigned]).cloned().collect();
        let opened = match salvage::noted(state_dir) {
            Some(why) => Err(LedgerError::NotedDamage(why)),
            None if salvage::log_hides_commits(state_dir) => Err(LedgerError::BrokenLog),
            None => open_book(state_dir, &names, &catalog, &mut epochs),
        };
        let (db, book, log) = match opened {
            Err(error) if error.is_damage(state_dir) => {
                let apart = salvage::set_aside(state_dir, wall_now()).map_err(folder)?;
                let (why, apart) = (cause::chain(&error), apart.display());
                error!(why, %apart, "ledger is damaged and set aside; going on with what is proved of it");
                open_book(state_dir, &names, &catalog, &mut epochs)?
            }
            // Even a start writes: what the log holds goes into the file.
            Err(error) if error.is_disk_full() && storage::release(state_dir) => {
                open_book(state_dir, &names, &catalog, &mut epochs)?
            }
            opened => opened?,
        };
        let mut storage = Storage::new(state_dir);
        storage.look(&db).map_err(LedgerError::Read)?;
        let doubt = (log == Log::Held).then_some(Doubt::Log);
        Ok(Self {
            db,
            book,
            packer: Packer::default(),
            epochs,
            doubt,
            storage,
            catalog,
            unassigned,
            carried: Arc::default(),
            _lock: lock,
        })
    }

    /// Says how much of the disk the ledger may take, and sets the ballast aside.
    ///
    /// # Errors
    /// [`LedgerError::Write`].
    pub fn limit(&mut self, limits: StorageLimits) -> Result<(), LedgerError> {
        self.storage.limit(&self.db, limits).map_err(LedgerError::Write)
    }

    /// Whether an error says that the file's content is damaged; then that is noted for the next start.
    #[must_use]
    pub fn is_damage(&self, error: &LedgerError) -> bool {
        let is_damage = error.is_damage(self.storage.folder());
        if is_damage {
            // Without the note the next start finds out by itself, unless it reads nothing of the damaged part.
            let _ = salvage::note(self.storage.folder(), &cause::chain(error));
        }
        is_damage
    }

    /// How full the disk was after the newest commit.
    #[must_use]
    pub fn room(&self) -> Room {
        self.storage.room()
    }

    /// Looks how full the disk is: others write to it, too, and go.
    pub fn look_for_room(&mut self) -> Room {
        // Where the file cannot even be asked, what was known before holds.
        let _ = self.storage.look(&self.db);
        self.storage.room()
    }

    /// Looks how full the disk is, after what makes room without a commit: a log that outgrew itself while somebody read the
    /// file begins anew as soon as nobody does, and the ballast is made again.
    pub fn tidy(&mut self) -> Room {
        if self.doubt.is_none() && file::wal_bytes(self.storage.folder()) > file::WAL_LEN_KEPT {
            // Held still, or no room in the file: the next look tries again.
            if file::begin_log(&self.db, Duration::ZERO).is_ok() {
                self.storage.lay_out_log(&self.db);
            }
        }
        self.storage.hold_ballast();
        self.look_for_room()
    }

    /// The newest time on a record, made by a clock that could be right; milliseconds since 1970, 0 when there is none.
    #[must_use]
    pub fn newest_ms(&self) -> i64 {
        self.book.newest_ms
    }

    /// Records of a wrong clock whose times wait to be put right.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.book.marks
    }

    /// Movements of each feed since its last checkpoint.
    #[must_use]
    pub fn since_checkpoint(&self) -> BTreeMap<FeedName, u64> {
        self.book.news.iter().map(|(feed, news)| (feed.clone(), news.movements)).collect()
    }

    /// Of each feed, how many set aside records wait for somebody: of its newest epoch, and of earlier ones.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn aside_waiting(&self) -> Result<BTreeMap<FeedName, (u64, u64)>, LedgerError> {
        aside::waiting(&self.db)
    }

    /// What is set aside; `limit` at most.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn set_aside(&self, limit: usize) -> Result<Vec<Aside>, LedgerError> {
        aside::list(&self.db, limit)
    }

    /// What people did to the ledger, newest first; `limit` at most.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn audit(&self, limit: usize) -> Result<Vec<Audit>, LedgerError> {
        aside::audit(&self.db, limit)
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
        let done = self.recover().and_then(|()| self.commit(work));
        match &done {
            Ok(_) => {
                self.catalog.clone_from(&self.book.catalog);
                if !self.book.carried.is_empty() {
                    Arc::make_mut(&mut self.carried).append(&mut self.book.carried);
                }
            }
            Err(error) if error.is_disk_full() => {
                self.storage.release_ballast();
            }
            Err(_) => {}
        }
        self.look_for_room();
        done
    }

    fn commit<T>(&mut self, work: impl FnOnce(&mut Group<'_>) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(LedgerError::Write)?;
        let done = self.group().and_then(|mut group| work(&mut group)).and_then(|done| {
            self.db.execute_batch("COMMIT").map_err(LedgerError::Write)?;
            Ok(done)
        });
        if let Err(error) = &done {
            // Fails when SQLite has rolled back by itself (disk full); both ways nothing of the group remains.
            let _ = self.db.execute_batch("ROLLBACK");
            self.doubt = self.doubt.max(Some(Doubt::after(error)));
        }
        done
    }

    /// After a commit that failed: makes sure that nothing of it can come back, and learns from the file what holds.
    ///
    /// What the commit wrote may stand in the log, whole and with the right sums, and the next commit writes over it. But a
    /// failed fsync says nothing of what is on the disk, nor of what was there before: the system takes those pages for
    /// written from then on, and a process that started now would take the failed commit for one that succeeded and go on
    /// behind it, where the log ends after a power cut. So the log is begun anew before anything is taken in: what was
    /// committed goes into the file, and only when the disk has synced that the ledger accepts again. That waits for whoever
    /// reads the file, so it is not done where there was merely no room.
    fn recover(&mut self) -> Result<(), LedgerError> {
        let Some(doubt) = self.doubt else { return Ok(()) };
        if doubt == Doubt::Log {
            file::begin_log(&self.db, file::LOOK_MAX)?;
            self.storage.lay_out_log(&self.db);
        }
        self.book = Book::read(&self.db, self.catalog.clone())?;
        self.doubt = None;
        Ok(())
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
        self.doubt.is_some()
    }

    /// The fold of all movements.
    #[must_use]
    pub fn on_hand(&self) -> &OnHand {
        &self.book.on_hand
    }

    /// Bins whose amounts lack movements that damage took from the ledger, until they are weighed or counted: what the scale
    /// finds gone of them was told before the damage, or nobody knows when it went.
    #[must_use]
    pub fn behind(&self) -> &BTreeSet<(ItemCode, Place)> {
        &self.book.behind
    }

    /// What was carried forward from a hub since the start: a commit that did so each, in order.
    #[must_use]
    pub fn carried(&self) -> Arc<Vec<Carried>> {
        self.carried.clone()
    }

    /// Every feed's counts, for the conservation identity.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.book.counts()
    }

    /// Whether an entry is the repetition of something recorded. Not while the book may say more than the file: what it
    /// learned from a commit that failed is not recorded.
    #[must_use]
    pub fn is_repetition(&self, entry: &Entry) -> bool {
        !self.is_stale()
            && entry.origin.is_some_and(|origin| {
                origin.proves_repeat && self.book.origins.values().any(|origins| origins.knows(origin.key))
            })
    }

    /// Whether a settlement through this record leaves nothing to be sent, and is of records that the hub has taken, all
    /// of them.
    #[must_use]
    pub(super) fn settles_all(&self, feed: &FeedName, life: i64, through: Seq) -> bool {
        let Some(head) = self.book.heads.get(feed).filter(|head| head.life == life) else { return false };
        let is_here = |seq: &Seq| *seq > head.through;
        !self.is_stale()
            && through == head.recorded
            && through > head.through
            && !head.withheld.iter().any(is_here)
            && !head.holes.iter().any(|(_, last)| is_here(last))
    }

    /// Records that a settlement through this one would settle.
    #[must_use]
    pub(super) fn unsettled(&self, feed: &FeedName, life: i64, through: Seq) -> u64 {
        let head = self.book.heads.get(feed).filter(|head| head.life == life);
        head.map_or(0, |head| through.0.saturating_sub(head.through.0))
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
            packer: &mut self.packer,
            epochs: &mut self.epochs,
            unassigned: &self.unassigned,
            carried_before: self.carried.len(),
        })
    }
}

/// Whether the log of an opened file was begun anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Begun,
    Held,
}

/// Opens the file, fills it with what is salvaged where that is due, and reads it.
fn open_book(
    state_dir: &Path,
    feeds: &[FeedName],
    catalog: &Arc<Catalog>,
    epochs: &mut Epochs,
) -> Result<(Connection, Book, Log), LedgerError> {
    let mut db = file::open(state_dir, Purpose::Write)?;
    let log = match file::begin_log(&db, file::LOOK_MAX) {
        Ok(()) => Log::Begun,
        // Whoever holds it may be gone in a moment. Until then nothing is accepted, but everything can be seen.
        Err(LedgerError::LogHeld) => Log::Held,
        Err(error) => return Err(error),
    };
    let is_empty: bool =
        db.query_row("SELECT NOT EXISTS (SELECT 1 FROM life)", [], |row| row.get(0)).map_err(LedgerError::Read)?;
    // Also after a power cut between setting aside and this.
    if is_empty && let Some(apart) = salvage::apart(state_dir).last() {
        let name = apart.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !salvage::is_restored(&db, &name).map_err(LedgerError::Read)? {
            // In one commit: what is written stands in the log and in the file.
            let room = SALVAGE_ROOM.min(storage::free(state_dir) / 3);
            let mut epoch = || epochs.begin().map(|(epoch, _)| epoch);
            let mut terms = Terms { now: wall_now(), feeds, epoch: &mut epoch, room };
            let report = salvage::restore_into(&mut db, &salvage::salvage(&apart.folder), &mut terms);
            let report = report.map_err(LedgerError::Write)?;
            error!(report = %report, "ledger salvaged");
        }
    }
    for feed in feeds {
        if newest_life(&db, feed)?.is_none() {
            begin_life(&db, feed, epochs)?;
        }
    }
    let book = Book::read(&db, catalog.clone())?;
    Ok((db, book, log))
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
        // Thousands of these are on their way back at a time: none has room to spare.
        let mut recorded = Vec::with_capacity(rows.len());
        for row in rows {
            match row {
                // One record carries the origin of all.
                Planned::Movement(planned) => recorded.push(self.append_movement(*planned, origin.take())?),
                Planned::Count { feed, count, text } => {
                    self.append_text(&feed, text.as_str(), origin.take())?;
                    self.book.note(&feed, &Record::Count(*count));
                }
                Planned::Keep(fact) => kept::keep(self.db, &fact)?,
                Planned::Forget(key) => kept::forget(self.db, &key)?,
                Planned::Audit(line) => self.audit(line.at, &line.actor, &line.act, &line.detail)?,
            }
        }
        Ok(Ok(Outcome::Recorded(recorded)))
    }

    pub(super) fn append_movement(
        &mut self,
        planned: PlannedMovement,
        origin: Option<u64>,
    ) -> Result<Recorded, LedgerError> {
        let PlannedMovement { feed, movement, text, act, happened, origin: of_act } = planned;
        let seq = self.append_text(&feed, text.as_str(), origin.or(of_act))?;
        let life = self.book.heads.get(&feed).map_or(0, |head| head.life);
        if let Some(corrected) = movement.corrects {
            self.book.taken_back.insert((life, corrected));
        }
        self.book.fold(&feed, &movement);
        // Read from the record that it goes through, so that there is one place that knows what a record says.
        let record = Record::Movement(movement);
        self.book.note(&feed, &record);
        let Record::Movement(movement) = record else { unreachable!("it has just been made") };
        let held = |place: &Place| self.book.on_hand.get(&movement.item, place).unwrap_or(0);
        let (left, reached) = (held(&movement.from), held(&movement.to));
        Ok(Recorded { feed, life, seq, movement, act, happened, left, reached })
    }

    /// The feeds there are.
    pub fn feeds(&self) -> impl Iterator<Item = &FeedName> {
        self.book.heads.keys()
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
            .execute(params![
                key::of(head.life, seq),
                link.as_bytes(),
                origin.map(u64::cast_signed),
                self.packer.pack(text)
            ])
            .map_err(LedgerError::Write)?;
        (head.recorded, head.link) = (seq, link);
        if let Some(origin) = origin {
            self.book.origins.entry(feed.clone()).or_default().remember(origin);
        }
        Ok(seq)
    }
}

/// Begins a new epoch for a feed.
pub(super) fn begin_life(db: &Connection, feed: &FeedName, epochs: &mut Epochs) -> Result<(), LedgerError> {
    let (epoch, millis) =
        epochs.begin().map_err(|source| LedgerError::Folder { path: "/dev/urandom".into(), source })?;
    db.execute(
        "INSERT INTO life (feed, epoch, begun_ms) VALUES (?, ?, ?)",
        params![feed.as_str(), epoch.as_str(), millis.cast_signed()],
    )
    .and_then(|_| salvage::keep_life(db, db.last_insert_rowid(), feed, &epoch, millis.cast_signed()))
    .map_err(LedgerError::Write)
}

pub(super) fn wall_now() -> WallTime {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    WallTime::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

pub(super) fn signed(seq: Seq) -> i64 {
    seq.0.cast_signed()
}

/// A record's text as it stands in the file. Its length was checked when it was written.
pub(super) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RecordText> {
    RecordText::new(row.get::<_, Unpacked>(column)?.0).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
