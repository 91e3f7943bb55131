//! The ledger: the ordered movements of this site in one SQLite file, and the only SQL of the agent.
//!
//! The ledger is the outbox. A record gets its feed, seq and link in the transaction that commits it; "unsent" is
//! "seq > through". One [`Ledger`] owns the write connection (WAL, FULL); [`recorder`] runs it on a thread of its own
//! and commits whatever has queued in one go. [`reader`] gives delivery its batches over a connection that only reads.
//!
//! [`file`] the file, its settings, its lock and its schema · [`counts`] the conservation identity ·
//! [`key`] where a record stands · [`book`] its mirror in memory · [`group`] what becomes one commit · [`plan`] an entry as rows ·
//! [`packed`] a record's text in the file · [`kept`] facts beside the ledger · [`proof`] what the ledger says of itself in a feed · [`delivered`] what delivery settles ·
//! [`aside`] what the hub refused, and the audit · [`retention`] what goes, and when · [`storage`] the disk · [`reader`] · [`recorder`]

mod aside;
mod book;
mod counts;
mod delivered;
mod epochs;
mod file;
mod forward;
mod group;
mod kept;
mod key;
pub mod packed;
mod plan;
mod proof;
pub mod reader;
pub mod recorder;
mod retention;
pub mod salvage;
mod storage;

use std::path::PathBuf;

use gateway_proto::{delivery::Standing, name::FeedName, record::RecordError};

pub use crate::movement::entry::{Outcome, Recorded};

pub use self::{
    aside::{Aside, AsideAct, AsideKey, AsideOutcome, AsideRefusal, AsideRule, AsideState, Audit},
    counts::{Counts, FeedCounts},
    epochs::Epochs,
    file::{Purpose, SCHEMA, disk_bytes},
    group::{Group, Ledger},
    kept::KeptRow,
    retention::Removal,
    storage::{Fullness, Room},
};

/// Why the ledger could not do something.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("make folder {path}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("another agent has the ledger {path} open; stop it, or give this one its own state_dir")]
    Locked { path: PathBuf },
    #[error("open ledger {path}")]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("ledger has schema {found}, this agent knows up to {known}; install a newer agent")]
    SchemaTooNew { found: u32, known: u32 },
    #[error("ledger does not keep {setting}={wanted} but {found}; is the folder on a network file system?")]
    Setting { setting: &'static str, wanted: &'static str, found: String },
    #[error("ledger does not hold what was written to it: {0}")]
    Broken(#[from] salvage::Broken),
    #[error("ledger was found damaged before: {0}")]
    NotedDamage(String),
    #[error("ledger's log is damaged before its end")]
    BrokenLog,
    #[error("write ledger")]
    Write(#[source] rusqlite::Error),
    #[error("read ledger")]
    Read(#[source] rusqlite::Error),
    #[error("no feed {0} in the ledger")]
    NoFeed(FeedName),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the ledger's log cannot begin anew while somebody reads the file; end what holds it open")]
    LogHeld,
    #[error("ledger is closed")]
    Closed,
}

impl LedgerError {
    /// Whether there is no room on the disk, or none left of the ledger's budget.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.sqlite_code() == Some(rusqlite::ErrorCode::DiskFull)
    }

    /// Whether nothing can be written to the disk any more: it was mounted read-only, as kernels do with failing ones.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.sqlite_code() == Some(rusqlite::ErrorCode::ReadOnly)
    }

    /// Whether the file's content is damaged, so that only setting it aside helps.
    #[must_use]
    pub fn is_damage(&self, state_dir: &std::path::Path) -> bool {
        match self {
            Self::Broken(_) | Self::NotedDamage(_) | Self::BrokenLog => true,
            Self::Open { source, .. } | Self::Write(source) | Self::Read(source) => match salvage::fault(source) {
                salvage::Fault::Damaged => true,
                salvage::Fault::Unread => salvage::reads_badly(state_dir),
                salvage::Fault::Other => false,
            },
            // A folder in its place, or a file of somebody else's.
            Self::Folder { path, .. } => *path == file::path(state_dir) && salvage::reads_badly(state_dir),
            Self::Locked { .. }
            | Self::SchemaTooNew { .. }
            | Self::Setting { .. }
            | Self::NoFeed(_)
            | Self::Record(_)
            | Self::LogHeld
            | Self::Closed => false,
        }
    }

    fn sqlite_code(&self) -> Option<rusqlite::ErrorCode> {
        let error = match self {
            Self::Open { source, .. } | Self::Write(source) | Self::Read(source) => source,
            Self::Folder { .. }
            | Self::Locked { .. }
            | Self::SchemaTooNew { .. }
            | Self::Setting { .. }
            | Self::Broken(_)
            | Self::NotedDamage(_)
            | Self::BrokenLog
            | Self::NoFeed(_)
            | Self::Record(_)
            | Self::LogHeld
            | Self::Closed => return None,
        };
        error.sqlite_error_code()
    }
}

/// A feed as delivery finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedStanding {
    pub life: i64,
    pub standing: Standing,
    /// It had records before this epoch, or damage took some: the hub may have what this ledger has not.
    pub has_past: bool,
}
