//! What the ledger says of itself in a feed: checkpoints (its fold of that feed, for the hub to compare), the time of a
//! boot whose clock was wrong, how the site is. They are records like all others: in the chain, and in the order of
//! what they speak of.

use gateway_proto::{
    limits::RECORD_LEN_MAX,
    name::FeedName,
    record::{Checkpoint, ClockOffset, Ended, Held, Part, Record, Seq, Totals},
    time::WallTime,
};
use rusqlite::params;
use serde_json::{Map, Value};

use super::{LedgerError, book::word, group::Group};

/// Bytes of the amounts in one part of a checkpoint: well below a record's limit, with room for all that stands around them.
const PART_LEN_MAX: usize = RECORD_LEN_MAX / 2;

/// Earlier epochs that a checkpoint names. A hub needs those that a backup could have cut, which are the newest.
const ENDED_MAX: usize = 20;

impl Group<'_> {
    /// Appends a checkpoint to a feed, in as many parts as it takes. Says how many records that are.
    ///
    /// # Errors
    /// [`LedgerError`] of the file.
    pub fn append_checkpoint(&mut self, feed: &FeedName, at: WallTime) -> Result<u64, LedgerError> {
        let Some(head) = self.book.heads.get(feed) else { return Err(LedgerError::NoFeed(feed.clone())) };
        let (through, life) = (head.recorded, head.life);
        let ended = self.ended(feed, life).map_err(LedgerError::Read)?;
        let amounts = self.book.by_feed.get(feed).map(Held::list).unwrap_or_default();
        let parts = checkpoint(at, through, amounts, ended);
        let count = parts.len() as u64;
        for part in parts {
            let record = Record::Checkpoint(part);
            self.append_own(feed, &record)?;
        }
        Ok(count)
    }

    /// Tells a feed when a boot with a wrong clock really was.
    ///
    /// # Errors
    /// [`LedgerError`] of the file.
    pub fn append_clock(&mut self, feed: &FeedName, offset: ClockOffset) -> Result<(), LedgerError> {
        self.append_own(feed, &Record::Clock(offset))
    }

    /// Tells a feed how the site is.
    ///
    /// # Errors
    /// [`LedgerError`] of the file.
    pub fn append_health(&mut self, feed: &FeedName, body: Map<String, Value>) -> Result<(), LedgerError> {
        self.append_own(feed, &Record::Health(Value::Object(body)))
    }

    fn append_own(&mut self, feed: &FeedName, record: &Record) -> Result<(), LedgerError> {
        let text = record.to_text()?;
        self.append_text(feed, text.as_str(), None)?;
        self.book.note(feed, record);
        Ok(())
    }

    /// The feed's earlier lives and how far each was settled, newest first.
    fn ended(&self, feed: &FeedName, life: i64) -> rusqlite::Result<Vec<Ended>> {
        self.db
            .prepare_cached("SELECT epoch, through FROM life WHERE feed = ? AND life < ? ORDER BY life DESC LIMIT ?")?
            .query_map(params![feed.as_str(), life, ENDED_MAX as i64], |row| {
                Ok(Ended { epoch: word(row, 0)?, through: Seq(row.get::<_, i64>(1)?.cast_unsigned()) })
            })?
            .collect()
    }
}

/// A checkpoint in parts that fit a record each.
fn checkpoint(at: WallTime, through: Seq, amounts: Vec<Held>, ended: Vec<Ended>) -> Vec<Checkpoint> {
    let positive = amounts.iter().filter(|held| held.qty > 0).map(|held| held.qty.unsigned_abs());
    let totals = Totals { amounts: amounts.len() as u64, units: positive.sum() };
    let mut lists: Vec<Vec<Held>> = vec![Vec::new()];
    let mut len = 0;
    for held in amounts {
        // A control character takes six bytes; the rest of a row is its names and a number.
        let row = (held.item.as_str().len() + 80) * 6 + 60;
        if len + row > PART_LEN_MAX && len > 0 {
            lists.push(Vec::new());
            len = 0;
        }
        len += row;
        lists.last_mut().expect("there is one").push(held);
    }
    let of = u32::try_from(lists.len()).unwrap_or(u32::MAX);
    let part = |number| (of > 1).then_some(Part { number, of });
    (1..)
        .zip(lists)
        .map(|(number, on_hand)| Checkpoint {
            at,
            through,
            on_hand,
            part: part(number),
            totals: (number == of).then_some(totals),
            ended: if number == of { ended.clone() } else { Vec::new() },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_of_any_size_fits_its_records_and_lists_every_amount_once() {
        for (count, name) in [(0, "I"), (1, "I"), (5_000, "I"), (40, &"\u{1d}".repeat(3_000))] {
            let held = |n: u64| Held {
                item: format!("{name}{n:05}").parse().unwrap(),
                place: "bin:A".parse().unwrap(),
                qty: if n.is_multiple_of(2) { 7 } else { -7 },
            };
            let amounts: Vec<Held> = (0..count).map(held).collect();
            let parts = checkpoint(WallTime::from_millis(0), Seq(9), amounts.clone(), Vec::new());
            assert_eq!(parts.iter().flat_map(|part| part.on_hand.clone()).collect::<Vec<_>>(), amounts);
            for (number, part) in (1..).zip(&parts) {
                Record::Checkpoint(part.clone()).to_text().expect("it fits");
                let expect = (parts.len() > 1).then_some(Part { number, of: parts.len() as u32 });
                assert_eq!((part.part, part.through), (expect, Seq(9)));
            }
            let totals = Totals { amounts: count, units: count.div_ceil(2) * 7 };
            assert_eq!(parts.last().unwrap().totals, Some(totals));
        }
    }
}
