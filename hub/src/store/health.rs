//! Reading how a feed is: when it was heard, how far it came, whether it is whole, whether it agrees with its site.

use gateway_proto::time::WallTime;
use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;

use super::{
    StoreError, StoredFeed,
    acknowledge::{self, Acknowledged, Facts},
    ahead,
    checkpoint::{Difference, Extent},
    count,
};
use crate::feed::FeedKey;

/// The state of one feed. What waits at the site is not in it: only the site knows that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedHealth {
    pub(crate) feed: FeedKey,
    /// When a batch was last accepted; `None` when never.
    pub(crate) heard_at: Option<WallTime>,
    /// The newest epoch; `None` before the first batch.
    pub(crate) epoch: Option<String>,
    pub(crate) epochs: u64,
    /// The newest epoch's last seq.
    pub(crate) through: u64,
    /// Records kept, over all epochs.
    pub(crate) records: u64,
    /// Records that came again after they had been acknowledged.
    pub(crate) repeated: u64,
    pub(crate) parked: u64,
    /// When the oldest of the parked came.
    pub(crate) parked_since: Option<WallTime>,
    /// Records of types that this hub does not know.
    pub(crate) unknown: u64,
    /// Records shown ahead of the chain now.
    pub(crate) ahead: u64,
    /// Records that were shown ahead and let go before the chain reached them.
    pub(crate) ahead_dropped: u64,
    pub(crate) silent_after_ms: Option<i64>,
    /// What a person can acknowledge.
    pub(crate) facts: Vec<Facts>,
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Earlier epochs of which the site had delivered more than is here.
    pub(crate) missing: Vec<MissingEnd>,
    pub(crate) lost: Vec<Loss>,
    pub(crate) forks: Vec<Fork>,
    pub(crate) checkpoint: Option<Compared>,
}

/// A declared loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Loss {
    pub(crate) epoch: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) why: String,
    pub(crate) at: WallTime,
}

/// An epoch whose end this hub had and lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MissingEnd {
    pub(crate) epoch: String,
    /// The last seq that is here.
    pub(crate) here: u64,
    /// The last seq that the site had delivered.
    pub(crate) through: u64,
}

/// Where the feed was seen with two contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fork {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) at: WallTime,
}

/// The last checkpoint's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    /// The site's time of the checkpoint.
    pub(crate) at: WallTime,
    pub(crate) extent: Extent,
    /// When this hub first saw the difference that stands; `None` where there is none.
    pub(crate) since: Option<WallTime>,
    /// Amounts compared.
    pub(crate) compared: u64,
    pub(crate) differing: u64,
    /// The first of those that differ.
    pub(crate) differences: Vec<Difference>,
}

/// What can be said about the chain of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Nothing has come yet.
    Unheard,
    /// Every record of every epoch is here.
    Whole,
    /// Whole but for what the site declared lost.
    Lossy,
    /// Two gateways, or a restored one, wrote the same seqs.
    Forked,
}

impl FeedHealth {
    pub(crate) fn verdict(&self) -> Verdict {
        if !self.forks.is_empty() {
            Verdict::Forked
        } else if !self.lost.is_empty() {
            Verdict::Lossy
        } else if self.epoch.is_some() {
            Verdict::Whole
        } else {
            Verdict::Unheard
        }
    }

    /// Records the site declared lost.
    pub(crate) fn lost_records(&self) -> u64 {
        self.lost.iter().map(|loss| loss.to + 1 - loss.from).sum()
    }
}

/// The state of each feed, in the order given.
pub(crate) fn health(db: &Connection, feeds: &[StoredFeed]) -> Result<Vec<FeedHealth>, StoreError> {
    feeds.iter().map(|feed| one(db, feed)).collect()
}

fn one(db: &Connection, feed: &StoredFeed) -> Result<FeedHealth, StoreError> {
    let (heard_at, repeated, unknown) = db
        .prepare_cached("SELECT heard_at, repeated, unknown FROM feed WHERE id = ?1")?
        .query_row([feed.id], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get(2)?)))?;
    let newest: Option<(String, i64, i64)> = db
        .prepare_cached("SELECT name, through, id FROM epoch WHERE feed = ?1 ORDER BY number DESC LIMIT 1")?
        .query_row([feed.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (ahead, ahead_dropped) = match &newest {
        Some((_, _, id)) => ahead::counts(db, *id)?,
        None => (0, 0),
    };
    let parked_since: Option<i64> = db
        .prepare_cached(
            "SELECT received_at FROM record WHERE key = (SELECT min(key) FROM refused WHERE feed = ?1 AND replay IS NULL)",
        )?
        .query_row([feed.id], |row| row.get(0))
        .optional()?;
    let (epochs, sent): (i64, i64) = db
        .prepare_cached("SELECT count(*), coalesce(sum(through), 0) FROM epoch WHERE feed = ?1")?
        .query_row([feed.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let parked = db
        .prepare_cached("SELECT count(*) FROM refused WHERE feed = ?1 AND replay IS NULL")?
        .query_row([feed.id], |row| row.get(0))?;
    let mut health = FeedHealth {
        feed: feed.key.clone(),
        heard_at: heard_at.map(WallTime::from_millis),
        through: newest.as_ref().map_or(0, |(_, through, _)| count(*through)),
        epoch: newest.map(|(name, _, _)| name),
        epochs: count(epochs),
        records: 0,
        repeated: count(repeated),
        parked: count(parked),
        parked_since: parked_since.map(WallTime::from_millis),
        unknown: count(unknown),
        ahead,
        ahead_dropped,
        silent_after_ms: feed.silent_after_ms,
        facts: acknowledge::facts(db, feed)?,
        acknowledged: acknowledge::acknowledged(db, feed)?,
        missing: missing(db, feed)?,
        lost: losses(db, feed)?,
        forks: forks(db, feed)?,
        checkpoint: compared(db, feed)?,
    };
    health.records = count(sent).saturating_sub(health.lost_records());
    Ok(health)
}

fn missing(db: &Connection, feed: &StoredFeed) -> Result<Vec<MissingEnd>, StoreError> {
    let missing = db
        .prepare_cached(
            "SELECT ended.name, coalesce(epoch.through, 0), ended.through FROM ended
             LEFT JOIN epoch ON epoch.feed = ended.feed AND epoch.name = ended.name
             WHERE ended.feed = ?1 AND ended.through > coalesce(epoch.through, 0) ORDER BY ended.id DESC LIMIT 20",
        )?
        .query_map([feed.id], |row| {
            Ok(MissingEnd { epoch: row.get(0)?, here: count(row.get(1)?), through: count(row.get(2)?) })
        })?
        .collect::<Result<_, _>>()?;
    Ok(missing)
}

fn losses(db: &Connection, feed: &StoredFeed) -> Result<Vec<Loss>, StoreError> {
    let losses = db
        .prepare_cached(
            "SELECT epoch.name, lost.first, lost.last, lost.why, lost.at FROM lost JOIN epoch ON epoch.id = lost.epoch
             WHERE epoch.feed = ?1 ORDER BY epoch.number, lost.first",
        )?
        .query_map([feed.id], |row| {
            Ok(Loss {
                epoch: row.get(0)?,
                from: count(row.get(1)?),
                to: count(row.get(2)?),
                why: row.get(3)?,
                at: WallTime::from_millis(row.get(4)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(losses)
}

fn forks(db: &Connection, feed: &StoredFeed) -> Result<Vec<Fork>, StoreError> {
    let forks = db
        .prepare_cached(
            "SELECT epoch.name, fork.seq, fork.at FROM fork JOIN epoch ON epoch.id = fork.epoch
             WHERE epoch.feed = ?1 ORDER BY epoch.number, fork.seq LIMIT 20",
        )?
        .query_map([feed.id], |row| {
            Ok(Fork { epoch: row.get(0)?, seq: count(row.get(1)?), at: WallTime::from_millis(row.get(2)?) })
        })?
        .collect::<Result<_, _>>()?;
    Ok(forks)
}

fn compared(db: &Connection, feed: &StoredFeed) -> Result<Option<Compared>, StoreError> {
    let compared: Option<(Compared, String)> = db
        .prepare_cached(
            "SELECT epoch.name, c.seq, c.at, c.compared, c.differing, c.differences, c.extent, c.since
             FROM checkpoint AS c JOIN epoch ON epoch.id = c.epoch WHERE c.feed = ?1",
        )?
        .query_row([feed.id], |row| {
            let compared = Compared {
                epoch: row.get(0)?,
                seq: count(row.get(1)?),
                at: WallTime::from_millis(row.get(2)?),
                compared: count(row.get(3)?),
                differing: count(row.get(4)?),
                differences: Vec::new(),
                extent: if row.get::<_, i64>(6)? == 0 { Extent::Listed } else { Extent::Everything },
                since: row.get::<_, Option<i64>>(7)?.map(WallTime::from_millis),
            };
            Ok((compared, row.get(5)?))
        })
        .optional()?;
    compared
        .map(|(compared, differences)| {
            let differences =
                serde_json::from_str(&differences).map_err(|_| StoreError::Damaged { what: "checkpoint" })?;
            Ok(Compared { differences, ..compared })
        })
        .transpose()
}
