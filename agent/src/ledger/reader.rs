//! Reading for delivery: the records of a shipment, over a connection of its own that only reads.

use std::{collections::BTreeMap, path::Path};

use gateway_proto::{
    chain::{Epoch, Link},
    movement::Movement,
    record::{Record, RecordText, Seq},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    LedgerError, Purpose, file,
    group::{signed, text},
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
    /// [`LedgerError::Read`], also when the record is not there.
    pub fn link(&self, life: i64, epoch: &Epoch, seq: Seq) -> Result<Link, LedgerError> {
        self.link_after(life, epoch, seq).map_err(LedgerError::Read)
    }

    /// The text of a record; `None` when it is not there.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn record(&self, life: i64, seq: Seq) -> Result<Option<RecordText>, LedgerError> {
        self.db
            .query_row("SELECT text FROM record WHERE life = ? AND seq = ?", params![life, signed(seq)], |row| {
                text(row, 0)
            })
            .optional()
            .map_err(LedgerError::Read)
    }

    /// The movements of an epoch that were not taken back, but for those that take back. All of them come into memory:
    /// for the feed of unknown items, which is short.
    ///
    /// # Errors
    /// [`LedgerError::Read`].
    pub fn standing_movements(&self, life: i64) -> Result<Vec<(Seq, Movement)>, LedgerError> {
        let mut movements = BTreeMap::new();
        let mut read = || -> rusqlite::Result<()> {
            let mut select = self.db.prepare_cached("SELECT seq, text FROM record WHERE life = ? ORDER BY seq")?;
            let mut rows = select.query([life])?;
            while let Some(row) = rows.next()? {
                let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
                // What cannot be read is told of at the start.
                let Ok(Record::Movement(movement)) = Record::parse(text(row, 1)?.as_str()) else { continue };
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
        let mut select = self
            .db
            .prepare_cached("SELECT text, link FROM record WHERE life = ? AND seq BETWEEN ? AND ? ORDER BY seq")?;
        let mut rows = select.query(params![life, signed(first), signed(last)])?;
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
        self.db
            .prepare_cached("SELECT link FROM record WHERE life = ? AND seq = ?")?
            .query_row(params![life, signed(seq)], |row| row.get(0))
            .map(Link::from_bytes)
    }
}
