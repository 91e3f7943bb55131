//! Reading movements: from a cursor on, oldest first, or the newest.
//!
//! Strands (see [`crate::cursor`]) are read one by one and merged by the time the hub took them in. Every query reads
//! at most [`SCAN_MAX`] records of a strand, however few of them are wanted, so that a filter for one rare item
//! costs many short requests instead of one endless one.

use gateway_proto::{name::ItemCode, record::Seq, time::WallTime};
use rusqlite::{Connection, params};

use super::{StoreError, StoredFeed, clocks, count, epoch_of, record_key, seq_of};
use crate::cursor::{Cursor, Strand, StrandKind};

/// Records of one strand that one query looks at.
const SCAN_MAX: usize = 5_000;

/// A movement that was applied, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) strand: Strand,
    /// Its place in the strand.
    pub(crate) position: u64,
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) received_at: WallTime,
    /// When it was applied after having been parked.
    pub(crate) replayed_at: Option<WallTime>,
    /// The record's exact text.
    pub(crate) text: String,
    /// When it was made, where the site did not trust its clock then and has said since what it should have shown.
    pub(crate) at_corrected: Option<WallTime>,
    /// When the hub applied it, kept in the order of its strand whatever the clock did: what strands are merged by.
    order: i64,
}

/// Some movements and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    pub(crate) next: Cursor,
    /// Whether there is more right now. A page may be empty and still have more after it.
    pub(crate) more: bool,
}

/// A strand that exists, and which keys are in it.
struct Source {
    strand: Strand,
    feed: i64,
    /// The epoch's id and name; `None` for replays.
    epoch: Option<(i64, String)>,
    /// The last position.
    end: u64,
}

/// Which end of a strand is read first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Oldest,
    Newest,
}

/// What one query found in one strand.
struct Piece {
    strand: Strand,
    rows: Vec<Row>,
    /// Everything through this position was looked at.
    through: u64,
    /// The time at that position, in the sense of [`Row::order`].
    order: i64,
    is_whole: bool,
}

/// Up to `limit` movements after a cursor, oldest first.
pub(crate) fn after(
    db: &Connection,
    feeds: &[StoredFeed],
    cursor: &Cursor,
    item: Option<&ItemCode>,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut pieces = Vec::new();
    for source in sources(db, feeds)? {
        let position = cursor.position(&source.strand);
        if position < source.end {
            pieces.push(piece(db, &source, position, item, limit, First::Oldest)?);
        }
    }
    let mut next = cursor.clone();
    next.retain(|feed| feeds.iter().any(|granted| granted.key == *feed));
    // Where a strand was not read to its end, what the others have beyond that point must wait for it.
    let horizon = pieces.iter().filter(|piece| !piece.is_whole).map(|piece| piece.order).min().unwrap_or(i64::MAX);
    let mut more = pieces.iter().any(|piece| !piece.is_whole);
    let mut rows = Vec::new();
    for piece in pieces {
        let taken = piece.rows.iter().take_while(|row| row.order <= horizon).count();
        if taken == piece.rows.len() {
            next.advance(&piece.strand, piece.through);
        } else {
            more = true;
        }
        rows.extend(piece.rows.into_iter().take(taken));
    }
    rows.sort_by(|a, b| (a.order, &a.strand, a.position).cmp(&(b.order, &b.strand, b.position)));
    if rows.len() > limit {
        more = true;
        rewind(&mut next, cursor, &rows[limit..]);
        rows.truncate(limit);
    }
    for row in &rows {
        next.advance(&row.strand, row.position);
    }
    Ok(Page { rows, next, more })
}

/// The newest movements, newest first. `next` is the end of everything, for following on from here.
pub(crate) fn newest(
    db: &Connection,
    feeds: &[StoredFeed],
    item: Option<&ItemCode>,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut next = Cursor::default();
    let mut rows = Vec::new();
    let mut more = false;
    for source in sources(db, feeds)? {
        next.advance(&source.strand, source.end);
        let piece = piece(db, &source, 0, item, limit, First::Newest)?;
        more |= !piece.is_whole;
        rows.extend(piece.rows);
    }
    rows.sort_by(|a, b| (b.order, &b.strand, b.position).cmp(&(a.order, &a.strand, a.position)));
    more |= rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { rows, next, more })
}

/// The end of everything in these feeds.
pub(crate) fn now(db: &Connection, feeds: &[StoredFeed]) -> Result<Cursor, StoreError> {
    let mut cursor = Cursor::default();
    for source in sources(db, feeds)? {
        cursor.advance(&source.strand, source.end);
    }
    Ok(cursor)
}

/// Takes back what `next` promises of rows that are left for the next page.
fn rewind(next: &mut Cursor, from: &Cursor, left: &[Row]) {
    let mut rewound = Cursor::default();
    for (strand, position) in next.iter() {
        let first_left = left.iter().filter(|row| row.strand == *strand).map(|row| row.position).min();
        let position = first_left.map_or(position, |first| from.position(strand).max(first - 1));
        rewound.advance(strand, position);
    }
    *next = rewound;
}

fn sources(db: &Connection, feeds: &[StoredFeed]) -> Result<Vec<Source>, StoreError> {
    let mut sources = Vec::new();
    let mut epochs =
        db.prepare_cached("SELECT id, number, name, through FROM epoch WHERE feed = ?1 ORDER BY number")?;
    let mut replays = db.prepare_cached("SELECT replays FROM feed WHERE id = ?1")?;
    for feed in feeds {
        let strand = |kind| Strand { feed: feed.key.clone(), kind };
        let mut rows = epochs.query([feed.id])?;
        while let Some(row) = rows.next()? {
            sources.push(Source {
                strand: strand(StrandKind::Epoch(row.get(1)?)),
                feed: feed.id,
                epoch: Some((row.get(0)?, row.get(2)?)),
                end: count(row.get(3)?),
            });
        }
        let end = count(replays.query_row([feed.id], |row| row.get(0))?);
        sources.push(Source { strand: strand(StrandKind::Replays), feed: feed.id, epoch: None, end });
    }
    Ok(sources)
}

fn piece(
    db: &Connection,
    source: &Source,
    after: u64,
    item: Option<&ItemCode>,
    limit: usize,
    first: First,
) -> Result<Piece, StoreError> {
    let order = if first == First::Oldest { 0 } else { i64::MAX };
    let mut piece = Piece { strand: source.strand.clone(), rows: Vec::new(), through: after, order, is_whole: true };
    let item = item.map(ItemCode::as_str);
    let mut look = db.prepare_cached(&source.sql(first))?;
    let mut rows = match &source.epoch {
        Some((epoch, _)) => {
            look.query(params![record_key(*epoch, Seq(after)), record_key(*epoch, Seq(source.end)), item])?
        }
        None => {
            let at = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
            look.query(params![at(after), at(source.end), item, source.feed])?
        }
    };
    let mut looked = 0;
    while let Some(row) = rows.next()? {
        if looked == SCAN_MAX || piece.rows.len() == limit {
            piece.is_whole = false;
            return Ok(piece);
        }
        looked += 1;
        let position = match &source.epoch {
            Some(_) => seq_of(row.get(0)?),
            None => count(row.get(0)?),
        };
        piece.through = position;
        let received_at: i64 = row.get(1)?;
        let replayed_at: Option<i64> = row.get(2)?;
        let applied_at = replayed_at.unwrap_or(received_at);
        // The hub's clock may have been set back between two of them; their order is not touched by that.
        piece.order = if first == First::Oldest { applied_at.max(piece.order) } else { applied_at.min(piece.order) };
        let Some(text) = row.get::<_, Option<String>>(4)? else { continue };
        let key: i64 = row.get(3)?;
        piece.rows.push(Row {
            strand: source.strand.clone(),
            position,
            epoch: match &source.epoch {
                Some((_, name)) => name.clone(),
                None => epoch_name(db, epoch_of(key))?,
            },
            seq: seq_of(key),
            received_at: WallTime::from_millis(received_at),
            replayed_at: replayed_at.map(WallTime::from_millis),
            at_corrected: clocks::corrected(db, source.feed, &text)?,
            text,
            order: piece.order,
        });
    }
    // A declared loss has no rows, yet it has been passed.
    piece.through = source.end;
    Ok(piece)
}

impl Source {
    /// Position, two times, the record's key, and its text only where the movement is wanted: one row for every
    /// position, so that the scan can be bounded.
    fn sql(&self, first: First) -> String {
        let direction = if first == First::Oldest { "ASC" } else { "DESC" };
        match &self.epoch {
            Some(_) => format!(
                "SELECT key, received_at, NULL, key,
                        CASE WHEN state = 1 AND (?3 IS NULL OR json_extract(text, '$.item') = ?3) THEN text END
                 FROM record WHERE key > ?1 AND key <= ?2 ORDER BY key {direction}"
            ),
            None => format!(
                "SELECT r.replay, record.received_at, r.replayed_at, r.key,
                        CASE WHEN ?3 IS NULL OR r.item = ?3 THEN record.text END
                 FROM refused AS r JOIN record ON record.key = r.key
                 WHERE r.feed = ?4 AND r.replay > ?1 AND r.replay <= ?2 ORDER BY r.replay {direction}"
            ),
        }
    }
}

fn epoch_name(db: &Connection, epoch: i64) -> Result<String, StoreError> {
    Ok(db.prepare_cached("SELECT name FROM epoch WHERE id = ?1")?.query_row([epoch], |row| row.get(0))?)
}
