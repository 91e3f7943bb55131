//! Retention: what the hub has taken stays some days, so that a hub that was put back to an old backup can ask for it
//! again; then it is folded into `base` and removed, oldest first. What is not acknowledged is never removed.
//!
//! Age is that of the record's own time, and only under a clock that can be right: a gateway that believes in 1970 or in
//! 2036 must not take everything for fresh, or for old. Where the disk is short, age does not count.

use gateway_proto::{
    chain::Link,
    movement::Source,
    name::FeedName,
    on_hand::OnHand,
    record::{Record, Seq},
    time::WallTime,
};
use rusqlite::params;

use super::{
    LedgerError,
    group::{Group, signed},
    key::{self, Key},
    packed,
};

/// Records removed in one commit. A commit on a disk that is nearly full must itself be small.
pub(super) const BITE: usize = 500;

/// Records without a time that are looked past for one that has one.
const UNDATED_MAX: usize = 20_000;

/// Origins that are kept of removed records: as many as a feed remembers, twice over.
const SEEN_MAX: i64 = 150_000;

/// Which acknowledged records may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Those made before this.
    Before(WallTime),
    /// All but the newest so many of a feed: the disk is short.
    AllBut(u64),
}

/// What of a feed goes in one bite.
struct Bite {
    through: Seq,
    link: Link,
    /// What its movements come to.
    moved: OnHand,
}

impl Group<'_> {
    /// Removes acknowledged records of a feed, the oldest ones, [`BITE`] at most; says how many.
    ///
    /// # Errors
    /// [`LedgerError`] of the file.
    pub fn trim(&mut self, feed: &FeedName, removal: Removal) -> Result<u64, LedgerError> {
        for (life, trimmed, through) in self.settled_lives(feed).map_err(LedgerError::Read)? {
            let newest = self.book.heads.get(feed).filter(|head| head.life == life);
            let (before, last) = match removal {
                Removal::Before(before) => (Some(before), through),
                Removal::AllBut(kept) => {
                    let last = newest.map_or(through, |head| Seq(head.recorded.0.saturating_sub(kept)));
                    (None, through.min(last))
                }
            };
            let Some(bite) = self.bite(life, trimmed.next(), last, before).map_err(LedgerError::Read)? else {
                continue;
            };
            self.remove(feed, life, trimmed.next(), &bite).map_err(LedgerError::Write)?;
            if let Some(head) = self.book.heads.get_mut(feed).filter(|head| head.life == life) {
                (head.trimmed, head.trimmed_link) = (bite.through, bite.link);
            }
            // What is gone is not there to be taken back.
            self.book.taken_back.retain(|(of, seq)| *of != life || *seq > bite.through);
            return Ok(bite.through.0 - trimmed.0);
        }
        Ok(0)
    }

    /// The feed's lives that have settled records left, oldest first: how far each is trimmed and settled.
    fn settled_lives(&self, feed: &FeedName) -> rusqlite::Result<Vec<(i64, Seq, Seq)>> {
        self.db
            .prepare_cached(
                "SELECT life, trimmed, through FROM life WHERE feed = ? AND trimmed < through ORDER BY life",
            )?
            .query_map([feed.as_str()], |row| {
                let seq = |column| Ok::<_, rusqlite::Error>(Seq(row.get::<_, i64>(column)?.cast_unsigned()));
                Ok((row.get(0)?, seq(1)?, seq(2)?))
            })?
            .collect()
    }

    /// The oldest records that may go.
    fn bite(&self, life: i64, from: Seq, last: Seq, before: Option<WallTime>) -> rusqlite::Result<Option<Bite>> {
        if from > last {
            return Ok(None);
        }
        let mut select = self.db.prepare_cached(
            "SELECT key, link, text, coalesce((SELECT sent_as FROM set_aside WHERE life = ?3 AND seq = key & ?4), 0)
             FROM record WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?5",
        )?;
        let limit = i64::try_from(UNDATED_MAX).unwrap_or(i64::MAX);
        let mut rows = select.query(params![key::of(life, from), key::of(life, last), life, key::SEQ_MASK, limit])?;
        let (mut bite, mut moved): (Option<Bite>, OnHand) = (None, OnHand::default());
        // As many as are removed at once, none of which has a time: they go with the next that has one, and stay beside it.
        let mut undated: Option<Bite> = None;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            if count == BITE && bite.is_some() {
                break;
            }
            count += 1;
            let (seq, link) = (Key(row.get(0)?).seq(), Link::from_bytes(row.get(1)?));
            let record = Record::parse(&packed::column(row, 2)?);
            let time = record.as_ref().ok().and_then(time);
            if time.zip(before).is_some_and(|(at, before)| at >= before) {
                return Ok(bite);
            }
            if count > BITE {
                match time {
                    Some(_) => return Ok(undated),
                    None => continue,
                }
            }
            let stands_once_more = row.get::<_, i64>(3)? > 0;
            if let (Ok(Record::Movement(movement)), false) = (&record, stands_once_more) {
                moved.apply(movement);
            }
            // One without a time goes with the next that has one: nobody knows how old it is.
            if time.is_some() || before.is_none() {
                let sum = bite.take().map_or_else(OnHand::default, |bite| bite.moved);
                bite = Some(Bite { through: seq, link, moved: add(sum, std::mem::take(&mut moved)) });
            } else if count == BITE && bite.is_none() {
                undated = Some(Bite { through: seq, link, moved: std::mem::take(&mut moved) });
            }
        }
        Ok(bite)
    }

    fn remove(&self, feed: &FeedName, life: i64, from: Seq, bite: &Bite) -> rusqlite::Result<()> {
        let mut add = self.db.prepare_cached(
            "INSERT INTO base (feed, item, place, qty) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET qty = qty + excluded.qty",
        )?;
        for (item, place, qty) in bite.moved.iter() {
            add.execute(params![feed.as_str(), item.as_str(), place.to_string(), qty])?;
        }
        self.db.prepare_cached("UPDATE life SET trimmed = ?, trimmed_link = ? WHERE life = ?")?.execute(params![
            signed(bite.through),
            bite.link.as_bytes(),
            life
        ])?;
        self.db
            .prepare_cached(
                "INSERT INTO seen (feed, origin) SELECT ?3, origin FROM record
                 WHERE key BETWEEN ?1 AND ?2 AND origin IS NOT NULL ORDER BY key",
            )?
            .execute(params![key::of(life, from), key::of(life, bite.through), feed.as_str()])?;
        self.db.prepare_cached("DELETE FROM seen WHERE n <= (SELECT max(n) FROM seen) - ?")?.execute([SEEN_MAX])?;
        // What is set aside waits for somebody, however old it is.
        self.db
            .prepare_cached(
                "DELETE FROM record WHERE key BETWEEN ?1 AND ?2 AND NOT EXISTS
                 (SELECT 1 FROM set_aside WHERE life = ?3 AND seq = key & ?4 AND sent_as IS NULL)",
            )?
            .execute(params![key::of(life, Seq(1)), key::of(life, bite.through), life, key::SEQ_MASK])?;
        Ok(())
    }
}

/// When a record was made, where its clock could be right.
fn time(record: &Record) -> Option<WallTime> {
    match record {
        // The time of what others state is theirs.
        Record::Movement(movement) if movement.source == Source::Import => None,
        Record::Movement(movement) => movement.clock.is_none().then_some(movement.at),
        Record::Count(count) => count.clock.is_none().then_some(count.at),
        Record::Checkpoint(checkpoint) => Some(checkpoint.at),
        Record::Clock(offset) => Some(offset.at),
        Record::Health(body) => body.get("at").and_then(|at| serde_json::from_value(at.clone()).ok()),
        Record::Order(_) | Record::Unknown(_) => None,
    }
}

fn add(mut sum: OnHand, more: OnHand) -> OnHand {
    for (item, place, units) in more.iter() {
        sum.add(item, place, units);
    }
    sum
}
