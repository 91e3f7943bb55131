//! The ledger's file: its lock, its settings (asserted by reading them back) and its schema.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::LedgerError;
use crate::planted::{Defect, is_planted};

/// The schemas in order. Version n is reached by running the first n. Never edit one that was released: add the next.
const SCHEMAS: [&str; 3] = [include_str!("schema.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// The schema that this agent writes.
#[expect(clippy::cast_possible_truncation, reason = "a handful of schemas")]
pub const SCHEMA: u32 = SCHEMAS.len() as u32;

/// Bytes of a page of a new ledger; one that is there keeps the length that it has. A movement by itself is a commit of one
/// page and its header in the log: with pages of 4,096 bytes, as long as the disk's own, it lay on two of the disk's each time.
/// Bursts write as much as before (343 to 350 bytes a movement).
pub(super) const PAGE_LEN: u32 = 2_048;

/// Bytes of the log that stay on the disk between two checkpoints: it counts against the site's disk.
pub(super) const WAL_LEN_KEPT: u64 = 4 * 1024 * 1024;

/// Where the disk has hardly any room: fewer would have the log copied at every other commit.
const LOG_PAGES_MIN: u64 = 64;

/// How long a connection waits for another one's lock before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// How long the log waits for somebody's look to end: people at a scanner wait meanwhile.
pub(super) const LOOK_MAX: Duration = Duration::from_secs(1);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Write,
    Read,
}

/// The ledger's file in a state folder.
#[must_use]
pub(super) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("ledger.db")
}

/// Bytes of a state folder's ledger on disk: the file and its write-ahead log.
#[must_use]
pub fn disk_bytes(state_dir: &Path) -> u64 {
    fs::metadata(path(state_dir)).map_or(0, |meta| meta.len()) + wal_bytes(state_dir)
}

/// Bytes of the write-ahead log.
pub(super) fn wal_bytes(state_dir: &Path) -> u64 {
    fs::metadata(wal(state_dir)).map_or(0, |meta| meta.len())
}

fn wal(state_dir: &Path) -> PathBuf {
    let mut wal = path(state_dir).into_os_string();
    wal.push("-wal");
    wal.into()
}

/// Has the log copied into the file, and begun anew, before it is so long: the last commit before that may be a long one, and is
/// to find room, too.
pub(super) fn begin_anew_before(db: &Connection, len: u64) -> rusqlite::Result<()> {
    let page: u64 = db.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))?.into();
    let pages = (len - len / 16) / page;
    db.pragma_update(None, "wal_autocheckpoint", pages.max(LOG_PAGES_MIN).cast_signed())
}

/// Makes the log so long that commits write over what is there and none of them makes it longer. SQLite takes zeros behind its
/// frames for the end of the log.
///
/// A sync of a file that grew waits for the file system's journal. Where an ext4 finds itself damaged and goes read-only at just
/// that moment, the sync may say that all went well, and the last commit is not there after the repair (seen in 5 of 200 such
/// moments; in none of 160 where the log was laid out).
///
/// # Errors
/// Those of the system, no room above all; the log is as long as before then.
pub(super) fn lay_out_log(state_dir: &Path, len: u64) -> io::Result<()> {
    let mut log = match OpenOptions::new().append(true).open(wal(state_dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let before = log.metadata()?.len();
    let missing = len.saturating_sub(before);
    if missing == 0 {
        return Ok(());
    }
    let laid = io::copy(&mut io::repeat(0).take(missing), &mut log).and_then(|_| log.sync_all());
    if laid.is_err() {
        log.set_len(before)?;
    }
    laid
}

/// Makes the state folder and takes the lock that keeps a second agent out. The lock lasts as long as the file.
pub(super) fn lock(state_dir: &Path) -> Result<File, LedgerError> {
    let folder = |source| LedgerError::Folder { path: state_dir.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state_dir).map_err(folder)?;
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(state_dir.join("ledger.lock"))
        .map_err(folder)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(LedgerError::Locked { path: path(state_dir) }),
        Err(fs::TryLockError::Error(source)) => Err(folder(source)),
    }
}

/// Opens a connection. The one for writing makes the file and brings the schema up to date.
pub(super) fn open(state_dir: &Path, purpose: Purpose) -> Result<Connection, LedgerError> {
    let path = path(state_dir);
    let opened = |source| LedgerError::Open { path: path.clone(), source };
    let flags = match purpose {
        Purpose::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Purpose::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    if purpose == Purpose::Write {
        // SQLite would make it readable to all.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| LedgerError::Folder { path: path.clone(), source })?;
    }
    let mut db = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(opened)?;
    db.busy_timeout(BUSY).map_err(opened)?;
    // 512 KiB: appends and sequential reads need no more, and an idle gateway keeps its memory.
    db.pragma_update(None, "cache_size", -512).map_err(opened)?;
    db.pragma_update(None, "foreign_keys", true).map_err(opened)?;
    if purpose == Purpose::Write {
        durable(&db)?;
        migrate(&mut db)?;
    }
    Ok(db)
}

/// WAL with FULL: a commit that returned survives a power cut. NORMAL does not, and OFF does not even stay whole.
fn durable(db: &Connection) -> Result<(), LedgerError> {
    db.pragma_update(None, "page_size", PAGE_LEN).map_err(LedgerError::Write)?;
    db.pragma_update(None, "journal_mode", "wal").map_err(LedgerError::Write)?;
    let synchronous = if is_planted(Defect::SyncNormal) { "1" } else { "2" };
    db.pragma_update(None, "synchronous", synchronous).map_err(LedgerError::Write)?;
    begin_anew_before(db, WAL_LEN_KEPT).map_err(LedgerError::Write)?;
    // Should it have become longer, it is cut back to this.
    db.pragma_update(None, "journal_size_limit", WAL_LEN_KEPT.cast_signed()).map_err(LedgerError::Write)?;
    for (setting, wanted) in [("journal_mode", "wal"), ("synchronous", synchronous)] {
        let found: String = db
            .query_row(&format!("SELECT CAST({setting} AS TEXT) FROM pragma_{setting}"), [], |row| row.get(0))
            .map_err(LedgerError::Write)?;
        if found != wanted {
            return Err(LedgerError::Setting { setting, wanted, found });
        }
    }
    Ok(())
}

/// Begins the log anew before anything is accepted; waits for whoever reads the file, `look_max` at most.
///
/// What an earlier process could not sync may stand in the log all the same: readable, since the system keeps it in memory
/// and takes it for written, and gone with the next power cut. Whatever were written behind it, and synced, would be gone
/// with it. Copied into the file it is written once more, and synced.
pub(super) fn begin_log(db: &Connection, look_max: Duration) -> Result<(), LedgerError> {
    db.busy_timeout(look_max).map_err(LedgerError::Write)?;
    let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    db.busy_timeout(BUSY).map_err(LedgerError::Write)?;
    if busy.map_err(LedgerError::Write)? == 0 { Ok(()) } else { Err(LedgerError::LogHeld) }
}

fn migrate(db: &mut Connection) -> Result<(), LedgerError> {
    let known = SCHEMA;
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(LedgerError::Write)?;
    if found > known {
        return Err(LedgerError::SchemaTooNew { found, known });
    }
    let tx = db.transaction().map_err(LedgerError::Write)?;
    for schema in &SCHEMAS[found as usize..] {
        tx.execute_batch(schema).map_err(LedgerError::Write)?;
    }
    tx.pragma_update(None, "user_version", known).map_err(LedgerError::Write)?;
    tx.commit().map_err(LedgerError::Write)
}
