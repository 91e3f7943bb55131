//! Records that came ahead of a backlog: kept apart to be shown, in no amount and behind no cursor, and gone in the commit in
//! which the chain reaches them. They are the site's to send again, so letting some go loses nothing.

use gateway_proto::{chain::Link, intake::Fresh, record::Seq, time::WallTime};
use rusqlite::{Connection, params};

use super::{SEQ_MAX, StoreError, StoredFeed, count, record_key, seq_of};
use crate::cursor::{Strand, StrandKind};

/// Records of one epoch kept ahead, the newest: what a person may want to see, not a second store.
const AHEAD_MAX: i64 = 2_000;

/// A record that came ahead of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AheadRow {
    pub(crate) strand: Strand,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) received_at: WallTime,
    /// The record's exact text.
    pub(crate) text: String,
    /// See [`super::Row::at_corrected`].
    pub(crate) at_corrected: Option<WallTime>,
}

/// Keeps the records of a batch that ran ahead. One that is here already with another link takes its place.
pub(super) fn keep(
    db: &Connection,
    epoch: i64,
    fresh: &[Fresh<'_>],
    received_at: WallTime,
) -> Result<(), rusqlite::Error> {
    let mut keep = db.prepare_cached(
        "INSERT INTO ahead (key, received_at, link, text) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (key) DO UPDATE SET link = excluded.link, text = excluded.text",
    )?;
    for record in fresh {
        let key = record_key(epoch, record.seq);
        keep.execute(params![key, received_at.millis(), record.link.as_bytes(), record.text.as_str()])?;
    }
    let let_go = db
        .prepare_cached(
            "DELETE FROM ahead WHERE key BETWEEN ?1 AND
             (SELECT key FROM ahead WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute([record_key(epoch, Seq(0)), record_key(epoch, Seq(SEQ_MAX)), AHEAD_MAX])?;
    note_dropped(db, epoch, let_go)
}

/// The chain has reached these: they are records now. Hands back the first seq that was shown with another content;
/// then what was shown beyond it was another history too and goes with it.
pub(super) fn reached(db: &Connection, epoch: i64, fresh: &[Fresh<'_>]) -> Result<Option<Seq>, rusqlite::Error> {
    let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else { return Ok(None) };
    let mut shown = db.prepare_cached("SELECT key, link FROM ahead WHERE key BETWEEN ?1 AND ?2 ORDER BY key")?;
    let mut rows = shown.query([record_key(epoch, first.seq), record_key(epoch, last.seq)])?;
    let (mut was_shown, mut other) = (false, None);
    while let Some(row) = rows.next()? {
        was_shown = true;
        let (seq, link) = (Seq(seq_of(row.get(0)?)), Link::from_bytes(row.get(1)?));
        let here = usize::try_from(seq.0 - first.seq.0).ok().and_then(|at| fresh.get(at));
        if here.is_some_and(|here| here.link != link) {
            other = Some(seq);
            break;
        }
    }
    drop(rows);
    if was_shown {
        db.prepare_cached("DELETE FROM ahead WHERE key BETWEEN ?1 AND ?2")?
            .execute([record_key(epoch, first.seq), record_key(epoch, last.seq)])?;
    }
    if other.is_some() {
        drop_epoch(db, epoch)?;
    }
    Ok(other)
}

/// The site declared everything through here lost.
pub(super) fn lost(db: &Connection, epoch: i64, through: Seq) -> Result<(), rusqlite::Error> {
    let let_go = db
        .prepare_cached("DELETE FROM ahead WHERE key BETWEEN ?1 AND ?2")?
        .execute([record_key(epoch, Seq(0)), record_key(epoch, through)])?;
    note_dropped(db, epoch, let_go)
}

/// A new epoch begins: its records carry what the feed's others had not delivered.
pub(super) fn superseded(db: &Connection, feed: i64) -> Result<(), rusqlite::Error> {
    let epochs: Vec<i64> = db
        .prepare_cached("SELECT id FROM epoch WHERE feed = ?1")?
        .query_map([feed], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    epochs.into_iter().try_for_each(|epoch| drop_epoch(db, epoch))
}

fn drop_epoch(db: &Connection, epoch: i64) -> Result<(), rusqlite::Error> {
    lost(db, epoch, Seq(SEQ_MAX))
}

fn note_dropped(db: &Connection, epoch: i64, let_go: usize) -> Result<(), rusqlite::Error> {
    if let_go > 0 {
        db.prepare_cached("UPDATE epoch SET ahead_dropped = ahead_dropped + ?2 WHERE id = ?1")?
            .execute([epoch, i64::try_from(let_go).unwrap_or(i64::MAX)])?;
    }
    Ok(())
}

/// The newest records that came ahead in these feeds, oldest first, at most `limit` of each feed.
pub(crate) fn ahead(db: &Connection, feeds: &[StoredFeed], limit: usize) -> Result<Vec<AheadRow>, StoreError> {
    let mut ahead = Vec::new();
    // Only the newest epoch can have any.
    let mut epoch =
        db.prepare_cached("SELECT id, number, name FROM epoch WHERE feed = ?1 ORDER BY number DESC LIMIT 1")?;
    let mut look = db.prepare_cached(
        "SELECT key, received_at, text FROM ahead WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3",
    )?;
    for feed in feeds {
        let mut epochs = epoch.query([feed.id])?;
        let Some(row) = epochs.next()? else { continue };
        let (id, number, name): (i64, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = look.query([record_key(id, Seq(0)), record_key(id, Seq(SEQ_MAX)), limit])?;
        let from = ahead.len();
        while let Some(row) = rows.next()? {
            let text: String = row.get(2)?;
            ahead.push(AheadRow {
                strand: Strand { feed: feed.key.clone(), kind: StrandKind::Epoch(number) },
                epoch: name.clone(),
                seq: seq_of(row.get(0)?),
                received_at: WallTime::from_millis(row.get(1)?),
                at_corrected: super::clocks::corrected(db, feed.id, &text)?,
                text,
            });
        }
        ahead[from..].reverse();
    }
    Ok(ahead)
}

/// Records ahead in a feed's epoch now, and those that were let go.
pub(super) fn counts(db: &Connection, epoch: i64) -> Result<(u64, u64), rusqlite::Error> {
    db.prepare_cached(
        "SELECT (SELECT count(*) FROM ahead WHERE key BETWEEN ?2 AND ?3), ahead_dropped FROM epoch WHERE id = ?1",
    )?
    .query_row([epoch, record_key(epoch, Seq(0)), record_key(epoch, Seq(SEQ_MAX))], |row| {
        Ok((count(row.get(0)?), count(row.get(1)?)))
    })
}
