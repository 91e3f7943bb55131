//! The disk: how much of it the ledger may take, how full that is, and what is given up first.
//!
//! | fullness | what happens |
//! |---|---|
//! | below `warn` | all is recorded |
//! | from `warn` on | acknowledged records go early, the agent writes no health records; `status` says so |
//! | from half way to `refuse` on | nor checkpoints |
//! | from `refuse` on | movements are refused where they are made; what the hub acknowledges is still taken down |
//!
//! In WAL even a DELETE needs room, so a ledger that filled the disk could neither record nor drain. A ballast file stands
//! by: on the first "disk full" it is removed, and there is room to drain. It is made again once there is room twice over.
//! Full is what is left of the budget or of the file system, whichever is less; pages inside the file that are free count
//! as room, since nothing ever shrinks the file (a VACUUM would write it anew).

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::{file, salvage};
use crate::config::StorageLimits;

/// Room that stays when movements are refused: what settling a backlog writes between two checkpoints of the WAL.
const RESERVE_MIN: u64 = 1024 * 1024;

/// A disk this small is a test's or a mistake; the ballast takes an eighth of what is free at most.
const BALLAST_SHARE: u64 = 8;

/// Of what is free the log is laid out over so much at most: a small disk is there for records.
const LOG_SHARE: u64 = 16;

const BALLAST: &str = "ballast";

/// How full it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fullness {
    #[default]
    Roomy,
    /// Acknowledged records go early, and no health records are made.
    Warn,
    /// Nor checkpoints.
    Tight,
    /// Movements are refused.
    Full,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    pub fullness: Fullness,
    /// Bytes in use: pages that hold something, the log, damaged ledgers.
    pub used: u64,
    /// Bytes there are for them.
    pub limit: u64,
    /// The ballast was given up.
    pub ballast_released: bool,
}

/// Watches the disk of one ledger.
#[derive(Debug)]
pub(super) struct Storage {
    folder: PathBuf,
    limits: StorageLimits,
    room: Room,
    /// Bytes of ledgers that were set aside as damaged.
    apart: u64,
    /// Bytes of the ballast when it was last made: it comes back when there is room for it twice over.
    held: u64,
}

impl Room {
    /// In percent of what there is.
    #[must_use]
    pub fn percent(&self) -> u8 {
        u8::try_from(self.used.saturating_mul(100).checked_div(self.limit).unwrap_or(100).min(100)).unwrap_or(100)
    }
}

impl Storage {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), limits: StorageLimits::default(), room: Room::default(), apart: 0, held: 0 }
    }

    /// Sets the limits: the file's own as pages, the ballast as a file.
    pub(super) fn limit(&mut self, db: &Connection, limits: StorageLimits) -> rusqlite::Result<()> {
        self.limits = limits;
        let page: u64 = db.pragma_query_value(None, "page_size", |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)?;
        // The log and the ballast are outside of the file. SQLite never sets it below what the file has.
        let pages = limits.budget.saturating_sub(file::WAL_LEN_KEPT.min(limits.budget / 4)) / page.max(1);
        db.pragma_update(None, "max_page_count", i64::try_from(pages.max(64)).unwrap_or(i64::MAX))?;
        self.apart = salvage::apart(&self.folder).iter().map(|apart| apart.bytes).sum();
        self.lay_out_log(db);
        self.look(db)?;
        self.hold_ballast();
        Ok(())
    }

    /// Lays the log out as far as there is room for it, and has it copied into the file before it would grow. Where there is
    /// no room it grows as it is written.
    pub(super) fn lay_out_log(&self, db: &Connection) {
        let len = file::WAL_LEN_KEPT.min(self.limits.budget / 4).min(self.free() / LOG_SHARE);
        let laid = file::lay_out_log(&self.folder, len).map_err(|error| error.to_string());
        if let Err(error) = laid.and_then(|()| file::begin_anew_before(db, len).map_err(|error| error.to_string())) {
            debug!(error, "log not laid out");
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn room(&self) -> Room {
        self.room
    }

    /// Looks how full it is.
    pub(super) fn look(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let number =
            |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map(i64::cast_unsigned);
        let (page, pages, free_pages) = (number("page_size")?, number("page_count")?, number("freelist_count")?);
        let wal = file::wal_bytes(&self.folder);
        let used = pages.saturating_sub(free_pages) * page + wal + self.apart;
        let on_disk = pages * page + wal + self.apart;
        let limit = self.limits.budget.min(on_disk.saturating_add(self.free()));
        let fullness = fullness(used, limit, &self.limits);
        self.room =
            Room { fullness, used, limit, ballast_released: !self.ballast().exists() && self.limits.ballast > 0 };
        Ok(())
    }

    /// The disk is full: gives up the ballast. Whether there was one.
    pub(super) fn release_ballast(&mut self) -> bool {
        let released = release(&self.folder);
        self.room.ballast_released = true;
        released
    }

    /// Makes the ballast where there is none and room for it.
    pub(super) fn hold_ballast(&mut self) {
        let wanted = self.limits.ballast;
        if wanted == 0 || self.ballast().exists() {
            return;
        }
        let free = self.free();
        let len = wanted.min(free / BALLAST_SHARE);
        // Once given up it is not taken again from a disk that would be full at once: the log grows back.
        let log = file::WAL_LEN_KEPT.saturating_sub(file::wal_bytes(&self.folder));
        let needed = 2 * len.max(self.held).max(RESERVE_MIN) + log;
        if len == 0 || self.room.ballast_released && free < needed {
            return;
        }
        match make(&self.ballast(), len) {
            Ok(()) => (self.room.ballast_released, self.held) = (false, len),
            Err(_) => drop(fs::remove_file(self.ballast())),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join(BALLAST)
    }

    /// Bytes that the file system has for us. Where it does not say, the budget alone counts.
    fn free(&self) -> u64 {
        free(&self.folder)
    }
}

/// Bytes that a folder's file system has for us; where it does not say, all there can be.
pub(super) fn free(folder: &Path) -> u64 {
    statvfs(folder).map_or(u64::MAX, |fs| fs.f_bavail.saturating_mul(fs.f_frsize))
}

/// Gives up the ballast of a ledger that is not open yet. Whether there was one.
pub(super) fn release(folder: &Path) -> bool {
    fs::remove_file(folder.join(BALLAST)).is_ok()
}

fn fullness(used: u64, limit: u64, limits: &StorageLimits) -> Fullness {
    let share = |percent: u8| limit / 100 * u64::from(percent);
    let refuse = share(limits.refuse_percent).min(limit.saturating_sub(RESERVE_MIN));
    let warn = share(limits.warn_percent).min(refuse);
    match used {
        used if used >= refuse => Fullness::Full,
        used if used >= warn + (refuse - warn) / 2 => Fullness::Tight,
        used if used >= warn => Fullness::Warn,
        _ => Fullness::Roomy,
    }
}

/// A file that really has its bytes: a sparse one would be of no help.
fn make(path: &Path, len: u64) -> io::Result<()> {
    let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    fallocate(&file, FallocateFlags::empty(), 0, len)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fullness_rises_in_order_and_leaves_a_reserve() {
        let limits = StorageLimits::default();
        const MB: u64 = 1024 * 1024;
        for (used, limit, expect) in [
            (0, 100 * MB, Fullness::Roomy),
            (79 * MB, 100 * MB, Fullness::Roomy),
            (81 * MB, 100 * MB, Fullness::Warn),
            (90 * MB, 100 * MB, Fullness::Tight),
            (95 * MB, 100 * MB, Fullness::Full),
            // On a small disk five percent would be too little to drain.
            (8 * MB, 10 * MB, Fullness::Warn),
            (9 * MB, 10 * MB, Fullness::Full),
            (0, 0, Fullness::Full),
            (0, MB / 2, Fullness::Full),
        ] {
            assert_eq!(fullness(used, limit, &limits), expect, "{used} of {limit}");
        }
    }

    #[test]
    fn the_ballast_holds_real_bytes_and_is_given_up_once() {
        let folder = tempfile::tempdir().unwrap();
        let db = Connection::open(folder.path().join("ledger.db")).unwrap();
        let mut storage = Storage::new(folder.path());
        storage.limit(&db, StorageLimits { ballast: 1024 * 1024, ..StorageLimits::default() }).unwrap();
        let ballast = fs::metadata(folder.path().join("ballast")).unwrap();
        assert!(std::os::unix::fs::MetadataExt::blocks(&ballast) * 512 >= ballast.len() && ballast.len() > 0);
        assert!(storage.release_ballast());
        assert!(!storage.release_ballast(), "there is only one");
        storage.hold_ballast();
        assert!(!storage.room().ballast_released, "there is room again");
    }
}
