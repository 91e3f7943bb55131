//! Reading what was acknowledged but not applied.

use gateway_proto::time::WallTime;
use rusqlite::Connection;

use super::{StoreError, StoredFeed, epoch_of, seq_of};
use crate::feed::FeedKey;

/// A record that waits for somebody to say what its item is, or that nobody can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) feed: FeedKey,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) received_at: WallTime,
    /// The record's exact text.
    pub(crate) text: String,
}

/// Up to `limit` parked records of each feed, newest first.
pub(crate) fn parked(db: &Connection, feeds: &[StoredFeed], limit: usize) -> Result<Vec<Parked>, StoreError> {
    let mut parked = Vec::new();
    let mut look = db.prepare_cached(
        "SELECT r.key, r.code, r.detail, record.received_at, record.text
         FROM refused AS r JOIN record ON record.key = r.key
         WHERE r.feed = ?1 AND r.replay IS NULL ORDER BY r.key DESC LIMIT ?2",
    )?;
    let mut name = db.prepare_cached("SELECT name FROM epoch WHERE id = ?1")?;
    for feed in feeds {
        let mut rows = look.query([feed.id, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        while let Some(row) = rows.next()? {
            let key = row.get(0)?;
            parked.push(Parked {
                feed: feed.key.clone(),
                epoch: name.query_row([epoch_of(key)], |row| row.get(0))?,
                seq: seq_of(key),
                code: row.get(1)?,
                detail: row.get(2)?,
                received_at: WallTime::from_millis(row.get(3)?),
                text: row.get(4)?,
            });
        }
    }
    Ok(parked)
}
