//! Facts beside the ledger: rows of kind, name and text, written in the same commits as the records.

use gateway_proto::limits::RECORD_LEN_MAX;
use rusqlite::{Connection, params};

use super::LedgerError;
use crate::movement::entry::{Kept, KeptKey};

/// Bytes of one fact's text. An alarm list or a count of a whole store is the longest; a fact must not grow the file
/// without bound.
pub(super) const KEPT_LEN_MAX: usize = 16 * RECORD_LEN_MAX;

/// A fact as it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    pub kind: String,
    pub name: String,
    pub text: String,
}

pub(super) fn keep(db: &Connection, kept: &Kept) -> Result<(), LedgerError> {
    db.prepare_cached(
        "INSERT INTO kept (kind, name, text) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text",
    )
    .and_then(|mut insert| insert.execute(params![kept.key.kind, kept.key.name, kept.text]))
    .map(drop)
    .map_err(LedgerError::Write)
}

pub(super) fn forget(db: &Connection, key: &KeptKey) -> Result<(), LedgerError> {
    db.prepare_cached("DELETE FROM kept WHERE kind = ? AND name = ?")
        .and_then(|mut delete| delete.execute(params![key.kind, key.name]))
        .map(drop)
        .map_err(LedgerError::Write)
}

/// All of them, by kind and name, but for what the ledger keeps for itself (see [`salvage`](super::salvage) and [`forward`](super::forward)).
pub(super) fn all(db: &Connection) -> Result<Vec<KeptRow>, LedgerError> {
    let row = |row: &rusqlite::Row<'_>| Ok(KeptRow { kind: row.get(0)?, name: row.get(1)?, text: row.get(2)? });
    db.prepare("SELECT kind, name, text FROM kept WHERE kind NOT IN ('life', 'salvage', 'forward') ORDER BY kind, name")
        .and_then(|mut select| select.query_map([], row)?.collect())
        .map_err(LedgerError::Read)
}
