//! The ledger: the ordered movements of this site in one SQLite file, and the only SQL of the agent.
//!
//! The ledger is the outbox. A record gets its feed, seq and link in the transaction that commits it; "unsent" is
//! "seq > through". One [`Ledger`] owns the write connection (WAL, FULL); [`recorder`] runs it on a thread of its own
//! and commits whatever has queued in one go. [`reader`] gives delivery its batches over a connection that only reads.
//!
//! [`file`] the file, its settings, its lock and its schema · [`counts`] the conservation identity ·
//! [`book`] its mirror in memory · [`group`] what becomes one commit · [`plan`] an entry as rows · [`kept`] facts beside the ledger · [`delivered`] what delivery settles · [`reader`] · [`recorder`]

mod book;
mod counts;
mod delivered;
mod file;
mod group;
mod kept;
mod plan;
pub mod reader;
pub mod recorder;

use std::path::PathBuf;

use gateway_proto::{
    delivery::Standing,
    name::FeedName,
    record::{RecordError, Seq},
};

pub use crate::movement::entry::{Outcome, Recorded};

pub use self::{
    counts::{Counts, FeedCounts},
    file::{Purpose, disk_bytes},
    group::{Group, Ledger},
    kept::KeptRow,
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
    #[error("ledger has a record that cannot be read: feed {feed} seq {seq}")]
    Damaged { feed: FeedName, seq: Seq, source: RecordError },
    #[error("write ledger")]
    Write(#[source] rusqlite::Error),
    #[error("read ledger")]
    Read(#[source] rusqlite::Error),
    #[error("no feed {0} in the ledger")]
    NoFeed(FeedName),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("ledger is closed")]
    Closed,
}

/// A feed as delivery finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedStanding {
    pub life: i64,
    pub standing: Standing,
}
