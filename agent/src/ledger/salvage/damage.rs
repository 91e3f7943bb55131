//! Damage: which errors say that the ledger's content is damaged, and the note that a running agent leaves when it meets one.
//!
//! A ledger is set aside for damage of its *content* only. A disk that is full, busy, read-only or away may come back, and
//! the ledger on it is whole.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use rusqlite::ffi;

/// What an error of SQLite says of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its content is damaged, or it cannot be opened at all: set it aside.
    Damaged,
    /// The disk did not read what it holds. Ask [`reads_badly`]; if it reads by now, try again.
    Unread,
    /// Nothing that setting the ledger aside would cure.
    Other,
}

/// What an error of SQLite says of the file.
#[must_use]
pub fn fault(error: &rusqlite::Error) -> Fault {
    // What was read is no value that the ledger writes: the page is whole and its content is not.
    if matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::InvalidColumnType(..)
    ) {
        return Fault::Damaged;
    }
    let rusqlite::Error::SqliteFailure(failure, text) = error else { return Fault::Other };
    match failure.extended_code {
        // The system says itself that the bytes are not those that were written.
        ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA => return Fault::Damaged,
        // The file ends before the page: somebody cut it.
        ffi::SQLITE_IOERR_SHORT_READ => return Fault::Damaged,
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_FSTAT => return Fault::Unread,
        // Where the ledger should be is a folder.
        ffi::SQLITE_CANTOPEN_ISDIR => return Fault::Damaged,
        _ => {}
    }
    match failure.extended_code & 0xFF {
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB | ffi::SQLITE_FORMAT => Fault::Damaged,
        // A folder in its place, or a file of somebody else's: the agent must start all the same. But not for want of
        // handles or room, which say the same.
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM => Fault::Unread,
        // "no such table": the schema's page is damaged, or was another database's. Our own SQL is tested.
        ffi::SQLITE_ERROR if text.as_deref().is_some_and(|text| text.contains("no such")) => Fault::Damaged,
        _ => Fault::Other,
    }
}

/// Whether the content of the file is damaged.
#[must_use]
pub fn is_damaged(error: &rusqlite::Error) -> bool {
    fault(error) == Fault::Damaged
}

/// Reads the ledger's files to their ends. Whether one of them is there and cannot be read: bad sectors, a folder in its
/// place, a file of somebody else's.
#[must_use]
pub fn reads_badly(state_dir: &Path) -> bool {
    ["ledger.db", "ledger.db-wal", "ledger.db-shm"].iter().any(|name| {
        let path = state_dir.join(name);
        match File::open(&path).and_then(|mut file| io::copy(&mut file, &mut io::sink())) {
            Ok(_) => false,
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    })
}

/// Leaves a note that the ledger was found damaged while it was in use. The next start sets it aside: what reads well at a
/// start may still fail at every commit, and an agent that starts only to die does not start.
///
/// # Errors
/// That of the file.
pub fn note(state_dir: &Path, why: &str) -> io::Result<()> {
    let mut file = File::create(note_of(state_dir))?;
    file.write_all(why.as_bytes())?;
    file.sync_all()?;
    File::open(state_dir)?.sync_all()
}

/// The note, if there is one.
#[must_use]
pub fn noted(state_dir: &Path) -> Option<String> {
    fs::read(note_of(state_dir)).ok().map(|why| String::from_utf8_lossy(&why).into_owned())
}

pub(super) const NOTE: &str = "ledger.damaged";

fn note_of(state_dir: &Path) -> PathBuf {
    state_dir.join(NOTE)
}
