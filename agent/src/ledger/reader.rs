//! Reading for delivery: the records of a shipment, over a connection of its own that only reads.

use std::{collections::BTreeMap, path::Path};

use gateway_proto::{
    chain::{Epoch, Link},
    forward::Run,
    movement::Movement,
    name::FeedName,
    record::{Record, RecordText, Seq},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    LedgerError, Purpose,
    book::word,
    file, forward,
    group::text,
    key::{self, Key},
    packed,
};

/// Bytes of record texts in one shipment. Far below the hub's limit for a batch, and quick on a slow line.
const SHIPMENT_LEN_MAX: usize = 1024 * 1024;

/// A read-only connection to the ledger.
#[derive(Debug)]
pub struct Reader {
    db: Connection,
}

/// The records of a shipment, with the links before and after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub records: Vec<RecordText>,
    pub prev: Link,
    pub head: Link,
}

impl Reader {
    /// Opens the ledger of a state folder. The writer must have made it.
    ///
    /// # Errors
    /// [`LedgerError::Open`].
    pub fn open(state_dir: &Path) -> Result<Self, LedgerError> {
        Ok(Self { db: file::open(state_dir, Purpose::Read)? })
    }

    /// The records `first..=last` of an epoch, or fewer from `first` on when they are long; never none.
    ///
    /// # Errors
    /// [`LedgerError::Read`], also when `first` is not there.
    pub fn stretch(&self, life: i64, epoch: &Epoch, first: Seq, last: Seq) -> Result<Stretch, LedgerError> {
        self.read(life, epoch, first, last).map_err(LedgerError::Read)
    }

    /// The link after a record; that before the first for `Seq(0)`.
    ///
    /// # Errors
    /// [`LedgerError::Read`], also when neither the record nor what retention left of it is there.
    pub fn link(&self, life: i64, epoch: &Epoch, seq: Seq) -> Result<Link, LedgerError> {
        self.link_after(life, epoch, seq).map_err(LedgerError::Read)
    }

    /// What this ledger knows of a feed, to ask its hub for the rest; `None` where that would be too long a question.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn question(&self, feed: &FeedName) -> Result<Option<Vec<Run>>, LedgerError> {
        forward::question(&self.db, feed).map_err(LedgerError::Read)
    }

    /// The text of a record; `None` when it is not there.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn record(&self, life: i64, seq: Seq) -> Result<Option<RecordText>, LedgerError> {
        self.db
            .query_row("SELECT text FROM record WHERE key = ?", [key::of(life, seq)], |row| text(row, 0))
            .optional()
            .map_err(LedgerError::Read)
    }

    /// The schema of the file. One that is not [`SCHEMA`](super::SCHEMA) cannot be read before an agent of its age has
    /// written it.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn schema(&self) -> Result<u32, LedgerError> {
        self.db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(LedgerError::Read)
    }

    /// Every feed with the life that is its newest.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn newest_lives(&self) -> Result<Vec<(FeedName, i64)>, LedgerError> {
        self.db
            .prepare_cached("SELECT feed, max(life) FROM life GROUP BY feed ORDER BY feed")
            .and_then(|mut select| select.query_map([], |row| Ok((word(row, 0)?, row.get(1)?)))?.collect())
            .map_err(LedgerError::Read)
    }

    /// Gives each record of a life, in order: those from `from` on, else the newest, `limit` at most.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn each(
        &self,
        life: i64,
        from: Option<Seq>,
        limit: u32,
        mut each: impl FnMut(Seq, &str),
    ) -> Result<(), LedgerError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut select = self.db.prepare_cached(match from {
                Some(_) => "SELECT key, text FROM record WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3",
                None => {
                    "SELECT key, text FROM
                         (SELECT key, text FROM record WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3) ORDER BY key"
                }
            })?;
            let mut rows = select.query(params![key::of(life, from.unwrap_or(Seq(1))), key::last(life), limit])?;
            while let Some(row) = rows.next()? {
                each(Key(row.get(0)?).seq(), &packed::column(row, 1)?);
            }
            Ok(())
        };
        read().map_err(LedgerError::Read)
    }

    /// The movements of an epoch that were not taken back, but for those that take back. All of them come into memory:
    /// for the feed of unknown items, which is short.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn standing_movements(&self, life: i64) -> Result<Vec<(Seq, Movement)>, LedgerError> {
        let mut movements = BTreeMap::new();
        let mut read = || -> rusqlite::Result<()> {
            let mut select = self.db.prepare_cached("SELECT key, text FROM record WHERE key BETWEEN ? AND ?")?;
            let mut rows = select.query([key::of(life, Seq(1)), key::last(life)])?;
            while let Some(row) = rows.next()? {
                let seq = Key(row.get(0)?).seq();
                // What cannot be read is told of at the start.
                let Ok(Record::Movement(movement)) = Record::parse(&packed::column(row, 1)?) else { continue };
                match movement.corrects {
                    Some(corrected) => drop(movements.remove(&corrected)),
                    None => drop(movements.insert(seq, movement)),
                }
            }
            Ok(())
        };
        read().map_err(LedgerError::Read)?;
        Ok(movements.into_iter().collect())
    }

    fn read(&self, life: i64, epoch: &Epoch, first: Seq, last: Seq) -> rusqlite::Result<Stretch> {
        let prev = self.link_after(life, epoch, first.before())?;
        let mut select =
            self.db.prepare_cached("SELECT text, link FROM record WHERE key BETWEEN ? AND ? ORDER BY key")?;
        let mut rows = select.query([key::of(life, first), key::of(life, last)])?;
        let (mut records, mut head, mut len) = (Vec::new(), None, 0);
        while let Some(row) = rows.next()? {
            let record = text(row, 0)?;
            len += record.as_str().len();
            if len > SHIPMENT_LEN_MAX && !records.is_empty() {
                break;
            }
            records.push(record);
            head = Some(Link::from_bytes(row.get(1)?));
        }
        let head = head.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        Ok(Stretch { records, prev, head })
    }

    fn link_after(&self, life: i64, epoch: &Epoch, seq: Seq) -> rusqlite::Result<Link> {
        if seq == Seq(0) {
            return Ok(Link::first(epoch));
        }
        let link = self
            .db
            .prepare_cached("SELECT link FROM record WHERE key = ?")?
            .query_row([key::of(life, seq)], |row| row.get(0))
            .optional()?;
        let link = match link {
            Some(link) => link,
            // Where retention has come to, and behind a hole, the chain goes on from here.
            None => self
                .db
                .prepare_cached(
                    "SELECT trimmed_link FROM life WHERE life = ?1 AND trimmed = ?2
                     UNION ALL SELECT link FROM hole WHERE life = ?1 AND last_seq = ?2",
                )?
                .query_row(params![life, seq.0.cast_signed()], |row| row.get(0))?,
        };
        Ok(Link::from_bytes(link))
    }
}
