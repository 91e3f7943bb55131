//! Who has taken note of which alarm. An acknowledgement covers the facts that were there when it was given; one more fact
//! raises the alarm again. The facts stay, and so does every acknowledgement: together they are the audit.

use gateway_proto::time::WallTime;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use serde::Serialize;

use super::{StoredFeed, count};

/// What can be acknowledged. Other alarms end when their cause does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Fact {
    /// Two contents under one number.
    Forked,
    /// The site began anew.
    NewEpoch,
    /// The site declared records lost.
    Lossy,
    /// The site had delivered more of an earlier epoch than is here.
    EndMissing,
    /// Records of types that this hub does not know.
    UnknownKept,
}

/// One kind of fact of one feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) fact: Fact,
    /// How many there are that nobody has acknowledged.
    pub(crate) open: u64,
    /// When the first of those came.
    pub(crate) since: Option<WallTime>,
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Acknowledged {
    pub(crate) kind: String,
    pub(crate) facts: u64,
    pub(crate) by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
    pub(crate) at: WallTime,
}

impl Fact {
    pub(super) const ALL: [Self; 5] = [Self::Forked, Self::NewEpoch, Self::Lossy, Self::EndMissing, Self::UnknownKept];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Forked => "forked",
            Self::NewEpoch => "new_epoch",
            Self::Lossy => "lossy",
            Self::EndMissing => "end_missing",
            Self::UnknownKept => "unknown_kept",
        }
    }

    /// The times of all facts of this kind, which only grow in number, oldest first.
    fn times(self) -> &'static str {
        match self {
            Self::Forked => {
                "SELECT fork.at FROM fork JOIN epoch ON epoch.id = fork.epoch WHERE epoch.feed = ?1 ORDER BY fork.at"
            }
            Self::NewEpoch => "SELECT began_at FROM epoch WHERE feed = ?1 AND number > 1 ORDER BY number",
            Self::Lossy => {
                "SELECT lost.at FROM lost JOIN epoch ON epoch.id = lost.epoch WHERE epoch.feed = ?1 ORDER BY lost.at"
            }
            Self::EndMissing => "SELECT at FROM ended WHERE feed = ?1 ORDER BY id",
            Self::UnknownKept => "SELECT unknown_at FROM feed WHERE id = ?1 AND unknown > 0",
        }
    }
}

/// Every kind of fact of a feed, with what of it nobody has acknowledged.
pub(super) fn facts(db: &Connection, feed: &StoredFeed) -> Result<Vec<Facts>, rusqlite::Error> {
    Fact::ALL.into_iter().map(|fact| open(db, feed, fact)).collect()
}

fn open(db: &Connection, feed: &StoredFeed, fact: Fact) -> Result<Facts, rusqlite::Error> {
    let times: Vec<Option<i64>> =
        db.prepare_cached(fact.times())?.query_map([feed.id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let covered = usize::try_from(covered(db, feed, fact)?).unwrap_or(usize::MAX);
    let total = total(db, feed, fact, times.len())?;
    // Unknown records are counted, not listed: their one time is that of the first.
    let first_open = times.get(covered.min(times.len().saturating_sub(1))).copied().flatten();
    let open = total.saturating_sub(covered as u64);
    Ok(Facts { fact, open, since: first_open.filter(|_| open > 0).map(WallTime::from_millis) })
}

fn total(db: &Connection, feed: &StoredFeed, fact: Fact, listed: usize) -> Result<u64, rusqlite::Error> {
    match fact {
        Fact::UnknownKept => db
            .prepare_cached("SELECT unknown FROM feed WHERE id = ?1")?
            .query_row([feed.id], |row| Ok(count(row.get(0)?))),
        Fact::Forked | Fact::NewEpoch | Fact::Lossy | Fact::EndMissing => Ok(listed as u64),
    }
}

fn covered(db: &Connection, feed: &StoredFeed, fact: Fact) -> Result<u64, rusqlite::Error> {
    let covered: Option<i64> = db
        .prepare_cached("SELECT max(facts) FROM acknowledged WHERE feed = ?1 AND kind = ?2")?
        .query_row(params![feed.id, fact.word()], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(covered.map_or(0, count))
}

/// Every acknowledgement of a feed, oldest first.
pub(super) fn acknowledged(db: &Connection, feed: &StoredFeed) -> Result<Vec<Acknowledged>, rusqlite::Error> {
    db.prepare_cached("SELECT kind, facts, who, note, at FROM acknowledged WHERE feed = ?1 ORDER BY id")?
        .query_map([feed.id], |row| {
            Ok(Acknowledged {
                kind: row.get(0)?,
                facts: count(row.get(1)?),
                by: row.get(2)?,
                note: row.get(3)?,
                at: WallTime::from_millis(row.get(4)?),
            })
        })?
        .collect()
}

/// Acknowledges what there is of one kind now; says how many facts that covers for the first time. Nothing is written where
/// there is none.
pub(super) fn acknowledge(
    db: &mut Connection,
    feed: &StoredFeed,
    fact: Fact,
    by: &str,
    note: &str,
    at: WallTime,
) -> Result<u64, rusqlite::Error> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let open = open(&tx, feed, fact)?.open;
    if open > 0 {
        let facts = covered(&tx, feed, fact)? + open;
        tx.execute(
            "INSERT INTO acknowledged (feed, kind, facts, who, note, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![feed.id, fact.word(), i64::try_from(facts).unwrap_or(i64::MAX), by, note, at.millis()],
        )?;
    }
    tx.commit()?;
    Ok(open)
}
