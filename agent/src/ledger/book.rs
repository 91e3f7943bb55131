//! Appending: movements get their feed, their seq and their link, and the fold of them is kept beside.
//!
//! What is in memory (heads, on-hand, origins) mirrors the file. A commit that fails rolls the file back and then
//! reads the mirror anew, so the two never differ.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    fs::File,
    io::Read,
    path::Path,
    time::{Duration, SystemTime},
};

use gateway_proto::{
    chain::{Epoch, Link},
    delivery::Standing,
    name::{FeedName, ItemCode},
    on_hand::OnHand,
    place::Place,
    record::{Record, RecordError, RecordText, Seq},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Counts, FeedCounts, FeedStanding, LedgerError, Purpose, Recorded, UNASSIGNED, file};
use crate::movement::{
    catalog::Catalog,
    entry::{Entry, Statement},
};

/// Origins remembered to tell repetitions: as many as an MQTT session can hold unacknowledged.
const ORIGINS_MAX: usize = 65_536;

/// The ledger, open for writing. One per site; the lock on its folder sees to that.
#[derive(Debug)]
pub struct Ledger {
    pub(super) db: Connection,
    pub(super) heads: BTreeMap<FeedName, Head>,
    on_hand: OnHand,
    origins: Origins,
    catalog: Catalog,
    unassigned: FeedName,
    _lock: File,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Recorded(Box<Recorded>),
    /// A level that the ledger agrees with.
    NoChange,
    /// The repetition of something recorded before.
    Repeated,
}

/// The growing end of a feed.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) life: i64,
    pub(super) epoch: Epoch,
    pub(super) recorded: Seq,
    pub(super) link: Link,
    pub(super) through: Seq,
    pub(super) acked: u64,
    /// Of this and earlier epochs.
    pub(super) set_aside: u64,
    pub(super) lost: u64,
    /// Of earlier epochs.
    earlier_recorded: u64,
    earlier_acked: u64,
}

#[derive(Debug, Default)]
struct Origins {
    order: VecDeque<u64>,
    known: HashSet<u64>,
}

impl Ledger {
    /// Opens the ledger of a site, making it when there is none, with a feed for each name.
    ///
    /// # Errors
    /// [`LedgerError`]; `Locked` when another agent has it, `SchemaTooNew` when a newer one wrote it.
    pub fn open(state_dir: &Path, feeds: &[FeedName], catalog: Catalog) -> Result<Self, LedgerError> {
        let lock = file::lock(state_dir)?;
        let db = file::open(state_dir, Purpose::Write)?;
        let unassigned: FeedName = UNASSIGNED.parse().expect("a valid name");
        let mut ledger = Self {
            db,
            heads: BTreeMap::new(),
            on_hand: OnHand::default(),
            origins: Origins::default(),
            catalog,
            unassigned: unassigned.clone(),
            _lock: lock,
        };
        for feed in feeds.iter().chain([&unassigned]) {
            if ledger.newest_life(feed)?.is_none() {
                ledger.begin_life(feed)?;
            }
        }
        ledger.reload()?;
        Ok(ledger)
    }

    /// Does `work` and commits it; or, when anything fails, leaves file and mirror as they were.
    ///
    /// # Errors
    /// That of `work`, or of the commit.
    pub fn in_one_commit<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(LedgerError::Write)?;
        let done = work(self).and_then(|done| {
            self.db.execute_batch("COMMIT").map_err(LedgerError::Write)?;
            Ok(done)
        });
        if done.is_err() {
            // Fails when SQLite has rolled back by itself (disk full); both ways nothing of the group remains.
            let _ = self.db.execute_batch("ROLLBACK");
            self.reload()?;
        }
        done
    }

    /// Appends what an entry states. Only inside [`Ledger::in_one_commit`].
    ///
    /// # Errors
    /// The outer error is the file's, and takes the whole group along; the inner one is this entry's alone.
    pub fn append(&mut self, entry: Entry) -> Result<Result<Outcome, RecordError>, LedgerError> {
        if let Some(origin) = entry.origin
            && origin.proves_repeat
            && self.origins.known.contains(&origin.key)
        {
            return Ok(Ok(Outcome::Repeated));
        }
        let movement = match entry.statement {
            Statement::Movement(movement) => movement,
            Statement::Level(level) => match level.movement(self.on_hand.get(&level.item, &level.place)) {
                Some(movement) => movement,
                None => return Ok(Ok(Outcome::NoChange)),
            },
        };
        if let Err(error) = movement.act() {
            return Ok(Err(error.into()));
        }
        let text = match RecordText::of_movement(&movement) {
            Ok(text) => text,
            Err(error) => return Ok(Err(error)),
        };
        let feed = self.catalog.feed(&movement.item).unwrap_or(&self.unassigned).clone();
        let seq = self.append_text(&feed, text.as_str(), entry.origin.map(|origin| origin.key))?;
        self.on_hand.apply(&movement);
        let held = |place: &Place| self.on_hand.get(&movement.item, place).unwrap_or(0);
        let (left, reached) = (held(&movement.from), held(&movement.to));
        Ok(Ok(Outcome::Recorded(Box::new(Recorded { feed, seq, movement, left, reached }))))
    }

    /// Base units of an item at a place; `None` when nothing was ever recorded there.
    #[must_use]
    pub fn on_hand(&self, item: &ItemCode, place: &Place) -> Option<i64> {
        self.on_hand.get(item, place)
    }

    /// The fold of all movements.
    #[must_use]
    pub fn all_on_hand(&self) -> &OnHand {
        &self.on_hand
    }

    /// Every feed's counts, for the conservation identity.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |head: &Head| FeedCounts {
            recorded: head.earlier_recorded + head.recorded.0,
            acked: head.earlier_acked + head.acked,
            waiting: head.recorded.0 - head.through.0,
            set_aside: head.set_aside,
            lost: head.lost,
        };
        Counts { feeds: self.heads.iter().map(|(feed, head)| (feed.clone(), count(head))).collect() }
    }

    /// Where each feed stands for delivery.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<FeedName, FeedStanding> {
        let standing = |head: &Head| FeedStanding {
            life: head.life,
            standing: Standing {
                epoch: head.epoch.clone(),
                // Nothing is removed yet: acknowledged records stay.
                oldest: Seq(1),
                recorded: head.recorded,
                through: head.through,
            },
        };
        self.heads.iter().map(|(feed, head)| (feed.clone(), standing(head))).collect()
    }

    pub(super) fn append_text(&mut self, feed: &FeedName, text: &str, origin: Option<u64>) -> Result<Seq, LedgerError> {
        let head = self.heads.get_mut(feed).ok_or_else(|| LedgerError::NoFeed(feed.clone()))?;
        let (seq, link) = (head.recorded.next(), head.link.then(text));
        self.db
            .prepare_cached("INSERT INTO record (life, seq, link, origin, text) VALUES (?, ?, ?, ?, ?)")
            .and_then(|mut insert| {
                insert.execute(params![head.life, signed(seq), link.as_bytes(), origin.map(u64::cast_signed), text])
            })
            .map_err(LedgerError::Write)?;
        (head.recorded, head.link) = (seq, link);
        if let Some(origin) = origin {
            self.origins.remember(origin);
        }
        Ok(seq)
    }

    /// Begins a new epoch for a feed and returns its life.
    pub(super) fn begin_life(&self, feed: &FeedName) -> Result<i64, LedgerError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let mut entropy = [0; 10];
        File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut entropy))
            .map_err(|source| LedgerError::Folder { path: "/dev/urandom".into(), source })?;
        let epoch = Epoch::new(millis, entropy);
        self.db
            .execute(
                "INSERT INTO life (feed, epoch, begun_ms) VALUES (?, ?, ?)",
                params![feed.as_str(), epoch.as_str(), millis.cast_signed()],
            )
            .map_err(LedgerError::Write)?;
        Ok(self.db.last_insert_rowid())
    }

    /// Reads heads, on-hand and origins from the file.
    pub(super) fn reload(&mut self) -> Result<(), LedgerError> {
        self.reload_heads()?;
        self.on_hand = OnHand::default();
        self.origins = Origins::default();
        let mut select = self
            .db
            .prepare(
                "SELECT life.feed, record.seq, record.origin, record.text
                 FROM record JOIN life USING (life) ORDER BY record.life, record.seq",
            )
            .map_err(LedgerError::Read)?;
        let mut rows = select.query([]).map_err(LedgerError::Read)?;
        while let Some(row) = rows.next().map_err(LedgerError::Read)? {
            let text = row.get_ref(3).and_then(|text| Ok(text.as_str()?)).map_err(LedgerError::Read)?;
            match Record::parse(text) {
                Ok(Record::Movement(movement)) => self.on_hand.apply(&movement),
                Ok(_) => {}
                Err(source) => {
                    let feed: String = row.get(0).map_err(LedgerError::Read)?;
                    let feed = feed.parse().unwrap_or_else(|_| self.unassigned.clone());
                    let seq = Seq(row.get::<_, i64>(1).map_err(LedgerError::Read)?.cast_unsigned());
                    return Err(LedgerError::Damaged { feed, seq, source });
                }
            }
            if let Some(origin) = row.get::<_, Option<i64>>(2).map_err(LedgerError::Read)? {
                self.origins.remember(origin.cast_unsigned());
            }
        }
        Ok(())
    }

    pub(super) fn reload_heads(&mut self) -> Result<(), LedgerError> {
        let mut select = self.db.prepare("SELECT DISTINCT feed FROM life").map_err(LedgerError::Read)?;
        let names = select
            .query_map([], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(LedgerError::Read)?;
        let mut heads = BTreeMap::new();
        for feed in names.iter().filter_map(|name| name.parse::<FeedName>().ok()) {
            if let Some(life) = self.newest_life(&feed)? {
                heads.insert(feed.clone(), self.head(&feed, life).map_err(LedgerError::Read)?);
            }
        }
        drop(select);
        self.heads = heads;
        Ok(())
    }

    fn newest_life(&self, feed: &FeedName) -> Result<Option<i64>, LedgerError> {
        self.db
            .query_row("SELECT max(life) FROM life WHERE feed = ?", [feed.as_str()], |row| row.get(0))
            .map_err(LedgerError::Read)
    }

    fn head(&self, feed: &FeedName, life: i64) -> rusqlite::Result<Head> {
        let (epoch, through, acked) =
            self.db.query_row("SELECT epoch, through, acked FROM life WHERE life = ?", [life], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })?;
        let epoch: Epoch = epoch.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
        })?;
        let newest = self
            .db
            .query_row("SELECT seq, link FROM record WHERE life = ? ORDER BY seq DESC LIMIT 1", [life], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))
            })
            .optional()?;
        let (recorded, link) = match newest {
            Some((seq, link)) => (Seq(seq.cast_unsigned()), Link::from_bytes(link)),
            None => (Seq(0), Link::first(&epoch)),
        };
        let number = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            self.db.query_row(sql, values, |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
        };
        let name = feed.as_str();
        Ok(Head {
            life,
            recorded,
            link,
            through: Seq(through.cast_unsigned()),
            acked: acked.cast_unsigned(),
            set_aside: number(
                "SELECT count(*) FROM set_aside JOIN life USING (life) WHERE feed = ? AND seq <= through",
                &[&name],
            )?,
            lost: number(
                "SELECT coalesce(sum(min(last_seq, through) - first_seq + 1), 0)
                 FROM lost JOIN life USING (life) WHERE feed = ? AND first_seq <= through",
                &[&name],
            )?,
            earlier_recorded: number(
                "SELECT coalesce(sum((SELECT max(seq) FROM record WHERE record.life = life.life)), 0)
                 FROM life WHERE feed = ? AND life < ?",
                &[&name, &life],
            )?,
            earlier_acked: number(
                "SELECT coalesce(sum(acked), 0) FROM life WHERE feed = ? AND life < ?",
                &[&name, &life],
            )?,
            epoch,
        })
    }
}

impl Origins {
    fn remember(&mut self, origin: u64) {
        if !self.known.insert(origin) {
            return;
        }
        self.order.push_back(origin);
        if self.order.len() > ORIGINS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

pub(super) fn signed(seq: Seq) -> i64 {
    seq.0.cast_signed()
}

/// A record's text as it stands in the file. Its length was checked when it was written.
pub(super) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<RecordText> {
    RecordText::new(row.get(column)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
