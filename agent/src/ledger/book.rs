//! The book: what the ledger's file says, held in memory for the thread that appends to it. Heads of the feeds, on-hand,
//! and the origins that tell repetitions. It mirrors the file: after a commit that failed it is read anew.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use gateway_proto::{
    chain::{Epoch, Link},
    delivery::Standing,
    movement::{Movement, Source},
    name::{FeedName, ItemCode},
    on_hand::OnHand,
    place::Place,
    record::{Held, Record, Seq},
};
use rusqlite::{Connection, OptionalExtension, types::Type};
use tracing::error;

use super::{
    Counts, FeedCounts, FeedStanding, LedgerError,
    forward::{self, Brought},
    key::{self, Key},
    packed,
    salvage::{self, Follow, Hole},
};
use crate::{
    clock::mark::Marks,
    movement::entry::{Carried, Origin, OriginKind},
    register::catalog::{Catalog, UNASSIGNED},
};

/// Ids remembered for each feed to tell repetitions: as many as an MQTT session can hold unacknowledged (packet ids have
/// 16 bits). Brokers do send that much at once, whatever their in-flight setting says.
const IDS_MAX: usize = 65_535;

/// Transport numbers remembered for each feed. Two dangers meet here. Fewer than a broker has in flight, and after a
/// crash what was recorded is recorded again; some 2,000 were seen. More, and a number that was given out anew makes a
/// repetition of something that is none. A sender that gives its scans an id has neither.
const PACKETS_MAX: usize = 8_192;

/// The mirror of the file.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) heads: BTreeMap<FeedName, Head>,
    pub(super) on_hand: OnHand,
    /// The same for each feed: what a checkpoint tells its vendor.
    pub(super) by_feed: BTreeMap<FeedName, OnHand>,
    /// What each feed has had since its last checkpoint.
    pub(super) news: BTreeMap<FeedName, News>,
    /// Records of a wrong clock whose times nobody has put right yet.
    pub(super) marks: Marks,
    /// The newest time on a record that was made by a clock that could be right, in milliseconds since 1970.
    pub(super) newest_ms: i64,
    /// By feed, because only within one is the file's order that of time.
    pub(super) origins: BTreeMap<FeedName, Origins>,
    /// Bins whose amounts lack movements that damage took, until somebody counts them or their scale has spoken.
    pub(super) behind: BTreeSet<(ItemCode, Place)>,
    /// What the hub had beside the file, by feed; it is in the amounts.
    pub(super) brought: BTreeMap<FeedName, Brought>,
    /// What was carried forward since somebody last took note of it. No part of the file.
    pub(super) carried: Vec<Carried>,
    /// Movements that a later one corrects, by life and seq.
    pub(super) taken_back: HashSet<(i64, Seq)>,
    /// Which feed an item belongs to. No part of the file: whoever reads the book anew says which holds.
    pub(super) catalog: Arc<Catalog>,
}

/// The growing end of a feed.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) life: i64,
    pub(super) epoch: Epoch,
    pub(super) recorded: Seq,
    pub(super) link: Link,
    pub(super) through: Seq,
    /// Removed by retention up to here, with the link after it.
    pub(super) trimmed: Seq,
    pub(super) trimmed_link: Link,
    pub(super) acked: u64,
    /// Never to be sent, but to be declared: the hub cannot read them, or they stand in the ledger once more.
    pub(super) withheld: BTreeSet<Seq>,
    /// Runs of records that damage took, in order.
    pub(super) holes: Vec<(Seq, Seq)>,
    /// The same of all epochs of the feed, by life.
    pub(super) all_holes: Vec<(i64, Seq, Seq)>,
    /// Of this and earlier epochs.
    pub(super) set_aside: u64,
    pub(super) lost: u64,
    /// Of earlier epochs.
    earlier_recorded: u64,
    earlier_acked: u64,
}

/// What a feed has had since its last checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct News {
    pub(super) movements: u64,
}

/// A feed's newest origins.
#[derive(Debug, Default)]
pub(super) struct Origins {
    ids: Ring,
    packets: Ring,
}

#[derive(Debug, Default)]
struct Ring {
    order: VecDeque<u64>,
    known: HashSet<u64>,
}

impl Book {
    /// Reads all of it from the file.
    pub(super) fn read(db: &Connection, catalog: Arc<Catalog>) -> Result<Self, LedgerError> {
        let mut book = Self { heads: heads(db)?, catalog, ..Self::default() };
        book.read_base(db).map_err(LedgerError::Read)?;
        book.read_seen(db).map_err(LedgerError::Read)?;
        let lives = lives(db).map_err(LedgerError::Read)?;
        let sent_again = sent_again(db).map_err(LedgerError::Read)?;
        let mut select =
            db.prepare("SELECT key, link, origin, text FROM record ORDER BY key").map_err(LedgerError::Read)?;
        let mut chain = chain(db).map_err(LedgerError::Read)?;
        let mut rows = select.query([]).map_err(LedgerError::Read)?;
        while let Some(row) = rows.next().map_err(LedgerError::Read)? {
            let key = Key(row.get(0).map_err(LedgerError::Read)?);
            let (life, seq) = (key.life(), key.seq());
            let Some((feed, trimmed)) = lives.get(&life) else { continue };
            let text = packed::column(row, 3).map_err(LedgerError::Read)?;
            chain.record(
                key.0,
                row.get_ref(1).and_then(|link| Ok(link.as_blob()?)).map_err(LedgerError::Read)?,
                &text,
            )?;
            if let Some(origin) = row.get::<_, Option<i64>>(2).map_err(LedgerError::Read)? {
                book.origins.entry(feed.clone()).or_default().remember(origin.cast_unsigned());
            }
            if seq <= *trimmed || sent_again.contains(&key) {
                // It is in the base, or stands in the ledger once more.
                continue;
            }
            let Ok(record) = Record::parse(&text) else {
                // The chain says that it was written so: by an agent that knew more. Its hub says what is wrong with it.
                error!(%feed, seq = seq.0, "ledger has a record that this agent cannot read; on-hand is without it");
                continue;
            };
            if let Record::Movement(movement) = &record {
                let is_here = movement.corrects_in.is_none();
                book.taken_back.extend(movement.corrects.filter(|_| is_here).map(|seq| (life, seq)));
                book.fold(feed, movement);
            }
            book.note(feed, &record);
        }
        Ok(book)
    }

    fn read_base(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut select = db.prepare("SELECT feed, item, place, qty FROM base")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (feed, item, place): (FeedName, ItemCode, Place) = (word(row, 0)?, word(row, 1)?, word(row, 2)?);
            let units = row.get(3)?;
            self.on_hand.add(&item, &place, units);
            self.by_feed.entry(feed).or_default().add(&item, &place, units);
        }
        self.brought = forward::read(db)?;
        for (feed, brought) in self.brought.clone() {
            self.carry(&feed, &brought.amounts);
        }
        Ok(())
    }

    /// Takes amounts that no record here says into the amounts of a feed.
    pub(super) fn carry(&mut self, feed: &FeedName, amounts: &[Held]) {
        let of_feed = self.by_feed.entry(feed.clone()).or_default();
        for held in amounts {
            self.on_hand.add(&held.item, &held.place, held.qty);
            of_feed.add(&held.item, &held.place, held.qty);
        }
    }

    /// Origins of records that retention has removed.
    fn read_seen(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut select = db.prepare("SELECT feed, origin FROM seen ORDER BY n")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (feed, origin): (FeedName, i64) = (word(row, 0)?, row.get(1)?);
            self.origins.entry(feed).or_default().remember(origin.cast_unsigned());
        }
        Ok(())
    }

    /// Takes a movement into the amounts.
    pub(super) fn fold(&mut self, feed: &FeedName, movement: &Movement) {
        self.on_hand.apply(movement);
        match self.by_feed.get_mut(feed) {
            Some(on_hand) => on_hand.apply(movement),
            None => self.by_feed.entry(feed.clone()).or_default().apply(movement),
        }
    }

    /// Takes down what a record says beside its amounts.
    pub(super) fn note(&mut self, feed: &FeedName, record: &Record) {
        let (at, clock) = match record {
            // The time of what others state is theirs.
            Record::Movement(movement) if movement.source == Source::Import => {
                self.news_of(feed).movements += 1;
                return;
            }
            Record::Movement(movement) => (movement.at, movement.clock.as_ref()),
            Record::Count(count) => (count.at, count.clock.as_ref()),
            Record::Checkpoint(checkpoint) => {
                *self.news_of(feed) = News::default();
                (checkpoint.at, None)
            }
            Record::Clock(offset) => (offset.at, None),
            Record::Health(health) if salvage::tells_of_missing(health) => {
                let cells = self.by_feed.get(feed).into_iter().flat_map(OnHand::iter);
                let bins = cells.filter(|(_, place, _)| matches!(place, Place::Bin(_)));
                self.behind.extend(bins.map(|(item, place, _)| (item.clone(), place.clone())));
                return;
            }
            Record::Order(_) | Record::Health(_) | Record::Unknown(_) => return,
        };
        self.marks.take(feed, record);
        if clock.is_none() {
            self.newest_ms = self.newest_ms.max(at.millis());
        }
        if let Record::Movement(movement) = record {
            self.news_of(feed).movements += 1;
            self.catch_up(movement);
        }
    }

    /// What was weighed or counted is no longer behind.
    fn catch_up(&mut self, movement: &Movement) {
        let is_seen = matches!(movement.source, Source::Scale | Source::Count) || movement.weighed_by.is_some();
        if is_seen && !self.behind.is_empty() {
            for place in [&movement.from, &movement.to] {
                self.behind.remove(&(movement.item.clone(), place.clone()));
            }
        }
    }

    fn news_of(&mut self, feed: &FeedName) -> &mut News {
        // Looked up twice, so that the usual case clones no name.
        if !self.news.contains_key(feed) {
            self.news.insert(feed.clone(), News::default());
        }
        self.news.get_mut(feed).expect("it has just been put there")
    }

    /// Every feed's counts, for the conservation identity.
    pub(super) fn counts(&self) -> Counts {
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
    pub(super) fn standings(&self) -> BTreeMap<FeedName, FeedStanding> {
        let standing = |feed: &FeedName, head: &Head| FeedStanding {
            life: head.life,
            has_past: head.earlier_recorded > 0 || !head.all_holes.is_empty(),
            standing: Standing {
                epoch: head.epoch.clone(),
                oldest: head.trimmed.next(),
                recorded: head.recorded,
                through: head.through,
                withheld: head.withheld.clone(),
                holes: head.holes.clone(),
                asks: self.asks(feed, head),
            },
        };
        self.heads.iter().map(|(feed, head)| (feed.clone(), standing(feed, head))).collect()
    }
}

impl Origins {
    pub(super) fn knows(&self, origin: u64) -> bool {
        match Origin::kind(origin) {
            OriginKind::Id => self.ids.known.contains(&origin),
            OriginKind::Packet => self.packets.known.contains(&origin),
        }
    }

    pub(super) fn remember(&mut self, origin: u64) {
        match Origin::kind(origin) {
            OriginKind::Id => self.ids.remember(origin, IDS_MAX),
            OriginKind::Packet => self.packets.remember(origin, PACKETS_MAX),
        }
    }
}

impl Ring {
    fn remember(&mut self, key: u64, max: usize) {
        if !self.known.insert(key) {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > max
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// The feed of items nobody knows.
pub(super) fn unassigned() -> FeedName {
    UNASSIGNED.parse().expect("a valid name")
}

/// The newest life of a feed; `None` for a feed that never had one.
pub(super) fn newest_life(db: &Connection, feed: &FeedName) -> Result<Option<i64>, LedgerError> {
    db.query_row("SELECT max(life) FROM life WHERE feed = ?", [feed.as_str()], |row| row.get(0))
        .map_err(LedgerError::Read)
}

/// Every feed's head.
pub(super) fn heads(db: &Connection) -> Result<BTreeMap<FeedName, Head>, LedgerError> {
    let names = db
        .prepare("SELECT DISTINCT feed FROM life")
        .and_then(|mut select| select.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>())
        .map_err(LedgerError::Read)?;
    let mut heads = BTreeMap::new();
    for feed in names.iter().filter_map(|name| name.parse::<FeedName>().ok()) {
        if let Some(life) = newest_life(db, &feed)? {
            let head = head(db, &feed, life).map_err(LedgerError::Read)?;
            heads.insert(feed, head);
        }
    }
    Ok(heads)
}

fn head(db: &Connection, feed: &FeedName, life: i64) -> rusqlite::Result<Head> {
    let (epoch, through, acked, trimmed, trimmed_link) =
        db.query_row("SELECT epoch, through, acked, trimmed, trimmed_link FROM life WHERE life = ?", [life], |row| {
            let link: Option<[u8; 32]> = row.get(4)?;
            Ok((word::<Epoch>(row, 0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?, link))
        })?;
    let (trimmed, trimmed_link) =
        (Seq(trimmed.cast_unsigned()), trimmed_link.map_or_else(|| Link::first(&epoch), Link::from_bytes));
    let newest = db
        .query_row(
            "SELECT key, link FROM record WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1",
            [key::of(life, trimmed.next()), key::last(life)],
            |row| Ok((Key(row.get(0)?).seq(), Link::from_bytes(row.get(1)?))),
        )
        .optional()?;
    let hole = db
        .query_row("SELECT last_seq, link FROM hole WHERE life = ? ORDER BY first_seq DESC LIMIT 1", [life], |row| {
            Ok((Seq(row.get::<_, i64>(0)?.cast_unsigned()), Link::from_bytes(row.get(1)?)))
        })
        .optional()?;
    let ends = [newest, hole].into_iter().flatten();
    let (recorded, link) =
        ends.fold((trimmed, trimmed_link), |newest, end| if end.0 > newest.0 { end } else { newest });
    let number = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        db.query_row(sql, values, |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
    };
    let name = feed.as_str();
    Ok(Head {
        life,
        recorded,
        link,
        through: Seq(through.cast_unsigned()),
        trimmed,
        trimmed_link,
        acked: acked.cast_unsigned(),
        withheld: withheld(db, life)?,
        holes: holes(db, life)?,
        all_holes: all_holes(db, feed)?,
        set_aside: number(
            "SELECT count(*) FROM set_aside JOIN life USING (life) WHERE feed = ? AND seq <= through",
            &[&name],
        )?,
        lost: number(
            "SELECT coalesce(sum(min(last_seq, through) - first_seq + 1
                                 - (SELECT count(*) FROM set_aside WHERE set_aside.life = lost.life
                                    AND seq BETWEEN first_seq AND min(last_seq, through))), 0)
             FROM lost JOIN life USING (life) WHERE feed = ? AND first_seq <= through",
            &[&name],
        )?,
        earlier_recorded: earlier_recorded(db, feed, life)?,
        earlier_acked: number("SELECT coalesce(sum(acked), 0) FROM life WHERE feed = ? AND life < ?", &[&name, &life])?,
        epoch,
    })
}

fn withheld(db: &Connection, life: i64) -> rusqlite::Result<BTreeSet<Seq>> {
    db.prepare_cached(
        "SELECT seq FROM set_aside JOIN life USING (life) WHERE life = ? AND (sent_as > 0 OR seq > through)",
    )?
    .query_map([life], |row| Ok(Seq(row.get::<_, i64>(0)?.cast_unsigned())))?
    .collect()
}

pub(super) fn holes(db: &Connection, life: i64) -> rusqlite::Result<Vec<(Seq, Seq)>> {
    db.prepare_cached("SELECT first_seq, last_seq FROM hole WHERE life = ? ORDER BY first_seq")?
        .query_map([life], |row| {
            let seq = |column| Ok::<_, rusqlite::Error>(Seq(row.get::<_, i64>(column)?.cast_unsigned()));
            Ok((seq(0)?, seq(1)?))
        })?
        .collect()
}

fn all_holes(db: &Connection, feed: &FeedName) -> rusqlite::Result<Vec<(i64, Seq, Seq)>> {
    db.prepare_cached(
        "SELECT life, first_seq, last_seq FROM hole JOIN life USING (life) WHERE feed = ? ORDER BY life, first_seq",
    )?
    .query_map([feed.as_str()], |row| {
        let seq = |column| Ok::<_, rusqlite::Error>(Seq(row.get::<_, i64>(column)?.cast_unsigned()));
        Ok((row.get(0)?, seq(1)?, seq(2)?))
    })?
    .collect()
}

/// Records of a feed's lives before this one: what stays of a life ends where its successor took over.
fn earlier_recorded(db: &Connection, feed: &FeedName, life: i64) -> rusqlite::Result<u64> {
    let mut sum = 0;
    let mut select = db.prepare_cached("SELECT life, trimmed FROM life WHERE feed = ? AND life < ?")?;
    let mut rows = select.query(rusqlite::params![feed.as_str(), life])?;
    while let Some(row) = rows.next()? {
        let (life, trimmed): (i64, i64) = (row.get(0)?, row.get(1)?);
        let newest: Option<i64> = db
            .prepare_cached("SELECT max(key) FROM record WHERE key BETWEEN ? AND ?")?
            .query_row([key::of(life, Seq(1)), key::last(life)], |row| row.get(0))?;
        let hole = holes(db, life)?.last().map_or(0, |(_, last)| last.0);
        sum += newest.map_or(0, |key| Key(key).seq().0).max(trimmed.cast_unsigned()).max(hole);
    }
    Ok(sum)
}

/// Every life's feed, and how far it is trimmed.
fn lives(db: &Connection) -> rusqlite::Result<HashMap<i64, (FeedName, Seq)>> {
    db.prepare("SELECT life, feed, trimmed FROM life")?
        .query_map([], |row| Ok((row.get(0)?, (word(row, 1)?, Seq(row.get::<_, i64>(2)?.cast_unsigned())))))?
        .collect()
}

/// What the chains of all records are to be followed with.
fn chain(db: &Connection) -> rusqlite::Result<Follow> {
    let seq =
        |row: &rusqlite::Row<'_>, column| Ok::<_, rusqlite::Error>(Seq(row.get::<_, i64>(column)?.cast_unsigned()));
    let lives = db
        .prepare("SELECT life, trimmed, trimmed_link, epoch FROM life")?
        .query_map([], |row| {
            let link: Option<[u8; 32]> = row.get(2)?;
            let link = match link {
                Some(link) => Link::from_bytes(link),
                None => Link::first(&word(row, 3)?),
            };
            Ok((row.get(0)?, seq(row, 1)?, link))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let holes = db
        .prepare("SELECT life, first_seq, last_seq, link FROM hole")?
        .query_map([], |row| {
            let hole = Hole { first: seq(row, 1)?, last: seq(row, 2)?, link: Some(Link::from_bytes(row.get(3)?)) };
            Ok((row.get(0)?, hole))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Follow::new(lives, holes))
}

/// Records that were set aside and stand in the ledger once more under another number.
fn sent_again(db: &Connection) -> rusqlite::Result<HashSet<Key>> {
    db.prepare("SELECT life, seq FROM set_aside WHERE sent_as > 0")?
        .query_map([], |row| Ok(key::of(row.get(0)?, Seq(row.get::<_, i64>(1)?.cast_unsigned()))))?
        .map(|key| key.map(Key))
        .collect()
}

/// A column that holds one of our words.
pub(super) fn word<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
