//! Reading what of a feed matters for demand: every applied movement, when it was made, what it used and what it did to the
//! stock; and where records are missing. What is parked, or only shown ahead, is not in it.

use std::collections::{BTreeMap, HashMap};

use gateway_proto::{
    movement::{Movement, UsagePolicy},
    record::{Record, Seq},
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{SEQ_MAX, StoreError, StoredFeed, clocks, health, record_key, seq_of};

/// Movements of one feed that are read, the newest: about two years of a thousand picks a day. What is older is left out and
/// said to be unknown.
const MOVEMENTS_MAX: usize = 1_000_000;

/// All that is known of a feed's movements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    /// By item, in no particular order.
    pub(crate) items: BTreeMap<String, Vec<Moved>>,
    pub(crate) holes: Vec<Hole>,
    /// Until when the hub would know of a movement: when it last heard of the site or, where records wait behind a backlog,
    /// when the last of the chain was made. `None` when nothing was ever heard.
    pub(crate) known_until: Option<WallTime>,
    /// Older movements than those here were left out.
    pub(crate) is_cut: bool,
}

/// Records that the site declared lost were made between these times; an end that is not known is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) after: Option<WallTime>,
    pub(crate) before: Option<WallTime>,
}

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Number of its epoch and its seq there.
    pub(crate) name: (u32, u64),
    /// When it was made; `None` where the site did not trust its clock and has not said since what it should have shown.
    pub(crate) at: Option<WallTime>,
    /// Base units of usage; negative where it takes usage back.
    pub(crate) usage: i64,
    /// What it did to what is there to be taken.
    pub(crate) stock: i64,
    /// The movement that it takes back.
    pub(crate) corrects: Option<(u32, u64)>,
}

/// Everything of one feed.
pub(crate) fn past(db: &Connection, feed: &StoredFeed) -> Result<Past, StoreError> {
    let mut epochs: Vec<(i64, u32, String, i64)> = db
        .prepare_cached("SELECT id, number, name, through FROM epoch WHERE feed = ?1 ORDER BY number DESC")?
        .query_map([feed.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let mut reading = Reading {
        feed: feed.id,
        numbers: epochs.iter().map(|(_, number, name, _)| (name.clone(), *number)).collect(),
        ids: epochs.iter().map(|(id, number, ..)| (*id, *number)).collect(),
        past: Past::default(),
        left: MOVEMENTS_MAX,
    };
    reading.read(
        db,
        "SELECT r.key, record.text FROM refused AS r JOIN record ON record.key = r.key
         WHERE r.feed = ?1 AND r.replay > ?2 ORDER BY r.replay DESC",
        [feed.id, 0],
    )?;
    for (id, ..) in &epochs {
        reading.read(
            db,
            "SELECT key, text FROM record WHERE key BETWEEN ?1 AND ?2 AND state = 1 ORDER BY key DESC",
            [record_key(*id, Seq(1)), record_key(*id, Seq(SEQ_MAX))],
        )?;
    }
    let mut past = reading.past;
    let health = health(db, std::slice::from_ref(feed))?.remove(0);
    past.known_until = health.heard_at;
    if health.ahead > 0
        && let Some((id, _, _, through)) = epochs.first()
    {
        // What is shown ahead proves that records wait: nothing is known beyond the last one in line.
        let last = near(db, feed.id, *id, *through + 1, Side::Before)?;
        past.known_until = last.or(past.known_until).min(past.known_until);
    }
    epochs.reverse();
    for (id, ..) in &epochs {
        past.holes.extend(holes(db, feed.id, *id)?);
    }
    Ok(past)
}

struct Reading {
    feed: i64,
    /// Numbers of epochs, by name and by id.
    numbers: HashMap<String, u32>,
    ids: HashMap<i64, u32>,
    past: Past,
    /// Movements that may still be read.
    left: usize,
}

impl Reading {
    fn read(&mut self, db: &Connection, sql: &str, bounds: [i64; 2]) -> Result<(), StoreError> {
        let mut look = db.prepare_cached(sql)?;
        let mut rows = look.query(bounds)?;
        while let Some(row) = rows.next()? {
            if self.left == 0 {
                self.past.is_cut = true;
                return Ok(());
            }
            self.left -= 1;
            let (key, text): (i64, String) = (row.get(0)?, row.get(1)?);
            let Ok(Record::Movement(movement)) = Record::parse(&text) else {
                return Err(StoreError::Damaged { what: "movement" });
            };
            let at = time(db, self.feed, &text, &movement)?;
            self.take(key, at, &movement);
        }
        Ok(())
    }

    fn take(&mut self, key: i64, at: Option<WallTime>, movement: &Movement) {
        let number = self.ids.get(&super::epoch_of(key)).copied().unwrap_or(0);
        let corrected_in = match &movement.corrects_in {
            Some(name) => self.numbers.get(name.as_str()).copied(),
            None => Some(number),
        };
        let stock = movement
            .legs()
            .map_or(0, |legs| legs.into_iter().filter(|(place, _)| place.is_stock()).map(|(_, units)| units).sum());
        self.past.items.entry(movement.item.as_str().to_owned()).or_default().push(Moved {
            name: (number, seq_of(key)),
            at,
            usage: movement.usage(UsagePolicy::default()).unwrap_or(0),
            stock,
            corrects: corrected_in.zip(movement.corrects.map(|seq| seq.0)),
        });
    }
}

fn time(db: &Connection, feed: i64, text: &str, movement: &Movement) -> Result<Option<WallTime>, rusqlite::Error> {
    match movement.clock {
        None => Ok(Some(movement.at)),
        Some(_) => clocks::corrected(db, feed, text),
    }
}

/// Between which times the declared losses of an epoch lie.
fn holes(db: &Connection, feed: i64, epoch: i64) -> Result<Vec<Hole>, StoreError> {
    let lost: Vec<(i64, i64)> = db
        .prepare_cached("SELECT first, last FROM lost WHERE epoch = ?1 ORDER BY first")?
        .query_map([epoch], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut holes = Vec::new();
    for (first, last) in lost {
        holes.push(Hole {
            after: near(db, feed, epoch, first, Side::Before)?,
            before: near(db, feed, epoch, last, Side::After)?,
        });
    }
    Ok(holes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// When the movement nearest to a seq was made.
fn near(db: &Connection, feed: i64, epoch: i64, seq: i64, side: Side) -> Result<Option<WallTime>, StoreError> {
    let key = record_key(epoch, Seq(super::count(seq)));
    let (sql, end) = match side {
        Side::Before => (
            "SELECT text FROM record WHERE key < ?1 AND key > ?2 AND state = 1 ORDER BY key DESC LIMIT 1",
            record_key(epoch, Seq(0)),
        ),
        Side::After => (
            "SELECT text FROM record WHERE key > ?1 AND key < ?2 AND state = 1 ORDER BY key LIMIT 1",
            record_key(epoch, Seq(SEQ_MAX)),
        ),
    };
    let text: Option<String> = db.prepare_cached(sql)?.query_row(params![key, end], |row| row.get(0)).optional()?;
    let Some(text) = text else { return Ok(None) };
    let Ok(Record::Movement(movement)) = Record::parse(&text) else { return Ok(None) };
    Ok(time(db, feed, &text, &movement)?)
}
