//! The book: what the ledger's file says, held in memory for the thread that appends to it. Heads of the feeds, on-hand,
//! and the origins that tell repetitions. It mirrors the file: after a commit that failed it is read anew.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Arc,
};

use gateway_proto::{
    chain::{Epoch, Link},
    delivery::Standing,
    name::FeedName,
    on_hand::OnHand,
    record::{Record, Seq},
};
use rusqlite::{Connection, OptionalExtension};

use super::{Counts, FeedCounts, FeedStanding, LedgerError};
use crate::{
    movement::entry::{Origin, OriginKind},
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
    /// By feed, because only within one is the file's order that of time.
    pub(super) origins: BTreeMap<FeedName, Origins>,
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
    pub(super) acked: u64,
    /// Of this and earlier epochs.
    pub(super) set_aside: u64,
    pub(super) lost: u64,
    /// Of earlier epochs.
    earlier_recorded: u64,
    earlier_acked: u64,
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
        let mut select = db
            .prepare(
                "SELECT life.feed, record.seq, record.origin, record.text, record.life
                 FROM record JOIN life USING (life) ORDER BY record.life, record.seq",
            )
            .map_err(LedgerError::Read)?;
        let mut rows = select.query([]).map_err(LedgerError::Read)?;
        while let Some(row) = rows.next().map_err(LedgerError::Read)? {
            let feed = || row.get::<_, String>(0).map(|name| name.parse().unwrap_or_else(|_| unassigned()));
            let text = row.get_ref(3).and_then(|text| Ok(text.as_str()?)).map_err(LedgerError::Read)?;
            match Record::parse(text) {
                Ok(Record::Movement(movement)) => {
                    book.on_hand.apply(&movement);
                    let life = row.get(4).map_err(LedgerError::Read)?;
                    let is_here = movement.corrects_in.is_none();
                    book.taken_back.extend(movement.corrects.filter(|_| is_here).map(|seq| (life, seq)));
                }
                Ok(_) => {}
                Err(source) => {
                    let feed = feed().map_err(LedgerError::Read)?;
                    let seq = Seq(row.get::<_, i64>(1).map_err(LedgerError::Read)?.cast_unsigned());
                    return Err(LedgerError::Damaged { feed, seq, source });
                }
            }
            if let Some(origin) = row.get::<_, Option<i64>>(2).map_err(LedgerError::Read)? {
                let feed = feed().map_err(LedgerError::Read)?;
                book.origins.entry(feed).or_default().remember(origin.cast_unsigned());
            }
        }
        Ok(book)
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
    let (epoch, through, acked) =
        db.query_row("SELECT epoch, through, acked FROM life WHERE life = ?", [life], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })?;
    let epoch: Epoch = epoch
        .parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))?;
    let newest = db
        .query_row("SELECT seq, link FROM record WHERE life = ? ORDER BY seq DESC LIMIT 1", [life], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    let (recorded, link) = match newest {
        Some((seq, link)) => (Seq(seq.cast_unsigned()), Link::from_bytes(link)),
        None => (Seq(0), Link::first(&epoch)),
    };
    let number = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        db.query_row(sql, values, |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
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
        earlier_acked: number("SELECT coalesce(sum(acked), 0) FROM life WHERE feed = ? AND life < ?", &[&name, &life])?,
        epoch,
    })
}
