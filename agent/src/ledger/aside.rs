//! Records that are set aside: what the hub refused. They wait for somebody to look, to send them again, or to give them up;
//! whatever is done to them leaves a line in the audit.
//!
//! Two sorts. What the hub *keeps* and cannot apply (an item it does not know) is asked for again: when the hub has taken
//! it, it is acknowledged like any other. What the hub could not even *read* was declared lost in the chain; sent again it
//! is a new record at the end, and the old one no longer counts on site.

use std::collections::BTreeMap;

use gateway_proto::{
    chain::Epoch,
    movement::Movement,
    name::{FeedName, Text},
    record::{Record, RecordText, Seq},
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{
    LedgerError,
    book::word,
    group::{Group, signed, text},
    key,
    packed::Unpacked,
};

/// Lines of audit that are kept; the oldest go first. Ten years of one a day.
const AUDIT_MAX: i64 = 4_000;

/// A record that is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    pub feed: FeedName,
    pub epoch: Epoch,
    pub seq: Seq,
    /// Why: the hub's code and words.
    pub code: String,
    pub detail: String,
    pub state: AsideState,
    /// The record; `None` once it was given up and removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsideState {
    /// The hub keeps it and will apply it once it can.
    KeptAtHub,
    /// The hub could not read it: it was, or is to be, declared lost.
    Unreadable,
    /// Stands in the ledger once more, under this seq of the epoch of then.
    SentAgain { seq: Seq },
    /// Given up by somebody.
    Discarded,
}

/// Which one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsideKey {
    pub feed: FeedName,
    pub epoch: Epoch,
    pub seq: Seq,
}

/// What can be done to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsideAct {
    Retry,
    Discard,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsideOutcome {
    /// The hub is to be asked whether it takes it by now.
    Ask {
        seq: Seq,
    },
    /// It stands in the ledger once more.
    SentAgain {
        seq: Seq,
    },
    Discarded,
    /// Nothing was done, for this reason.
    Refused(AsideRefusal),
}

/// Why nothing was done about a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("record {seq} of feed {feed}: {why}")]
pub struct AsideRefusal {
    pub feed: FeedName,
    pub seq: Seq,
    pub why: AsideRule,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AsideRule {
    #[error("is not set aside; `set-aside list` shows what is")]
    NotAside,
    #[error("was sent again or given up before")]
    Over,
    #[error("has not been declared yet; it can be sent again once the hub knows")]
    Undeclared,
    #[error("is of an earlier epoch; the hub keeps it and applies it once its item is known there")]
    EarlierEpoch,
    #[error("is no longer there, or is no record that could be read")]
    NoRecord,
}

/// A line of what people did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    pub at: WallTime,
    pub actor: String,
    pub act: String,
    pub detail: String,
}

/// All that are set aside, by feed and seq, those that wait for somebody first; `limit` at most.
///
/// # Errors
/// [`LedgerError::Read`].
pub(super) fn list(db: &Connection, limit: usize) -> Result<Vec<Aside>, LedgerError> {
    let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Aside> {
        let sent_as: Option<i64> = row.get(5)?;
        let state = match sent_as {
            None if row.get(6)? => AsideState::Unreadable,
            None => AsideState::KeptAtHub,
            Some(0) => AsideState::Discarded,
            Some(seq) => AsideState::SentAgain { seq: Seq(seq.cast_unsigned()) },
        };
        Ok(Aside {
            feed: word(row, 0)?,
            epoch: word(row, 1)?,
            seq: Seq(row.get::<_, i64>(2)?.cast_unsigned()),
            code: row.get(3)?,
            detail: row.get(4)?,
            state,
            record: row.get::<_, Option<Unpacked>>(7)?.map(|text| text.0),
        })
    };
    db.prepare_cached(
        "SELECT feed, epoch, seq, code, detail, sent_as,
                code IN ('bad_batch', 'too_large', 'declared_lost'),
                (SELECT text FROM record WHERE key = life << 40 | seq)
         FROM set_aside JOIN life USING (life) ORDER BY sent_as IS NOT NULL, feed, life, seq LIMIT ?",
    )
    .and_then(|mut select| select.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], row)?.collect())
    .map_err(LedgerError::Read)
}

/// Of each feed, how many set aside records nobody has dealt with: those of the newest epoch, and those of earlier ones.
///
/// # Errors
/// [`LedgerError::Read`].
pub(super) fn waiting(db: &Connection) -> Result<BTreeMap<FeedName, (u64, u64)>, LedgerError> {
    let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(FeedName, (u64, u64))> {
        let (now, earlier): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok((word(row, 0)?, (now.cast_unsigned(), earlier.cast_unsigned())))
    };
    db.prepare_cached(
        "SELECT feed, sum(life = newest), sum(life <> newest)
         FROM set_aside JOIN life USING (life)
              JOIN (SELECT feed, max(life) AS newest FROM life GROUP BY feed) USING (feed)
         WHERE sent_as IS NULL GROUP BY feed",
    )
    .and_then(|mut select| select.query_map([], row)?.collect())
    .map_err(LedgerError::Read)
}

/// The newest lines of audit, newest first.
///
/// # Errors
/// [`LedgerError::Read`].
pub(super) fn audit(db: &Connection, limit: usize) -> Result<Vec<Audit>, LedgerError> {
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Audit { at: WallTime::from_millis(row.get(0)?), actor: row.get(1)?, act: row.get(2)?, detail: row.get(3)? })
    };
    db.prepare_cached("SELECT at_ms, actor, act, detail FROM audit ORDER BY n DESC LIMIT ?")
        .and_then(|mut select| select.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], row)?.collect())
        .map_err(LedgerError::Read)
}

impl Group<'_> {
    /// Does something to a record that is set aside, with a line of audit.
    ///
    /// # Errors
    /// [`LedgerError`] of the file. What cannot be done is [`AsideOutcome::Refused`].
    pub fn tend(
        &mut self,
        of: &AsideKey,
        act: AsideAct,
        actor: &Text,
        at: WallTime,
    ) -> Result<AsideOutcome, LedgerError> {
        let refused = |why| Ok(AsideOutcome::Refused(AsideRefusal { feed: of.feed.clone(), seq: of.seq, why }));
        let Some((life, waits, is_lost)) = self.aside(of).map_err(LedgerError::Read)? else {
            return refused(AsideRule::NotAside);
        };
        if !waits {
            return refused(AsideRule::Over);
        }
        let head = self.book.heads.get(&of.feed).filter(|head| head.life == life);
        let outcome = match act {
            AsideAct::Discard => {
                self.mark(life, of.seq, 0).map_err(LedgerError::Write)?;
                AsideOutcome::Discarded
            }
            AsideAct::Retry if !is_lost => match head {
                Some(head) if of.seq <= head.through => AsideOutcome::Ask { seq: of.seq },
                Some(_) => return refused(AsideRule::Undeclared),
                None => return refused(AsideRule::EarlierEpoch),
            },
            AsideAct::Retry => match self.send_again(of, life)? {
                Some(seq) => AsideOutcome::SentAgain { seq },
                None => return refused(AsideRule::NoRecord),
            },
        };
        let act = match act {
            AsideAct::Retry => "retry set-aside record",
            AsideAct::Discard => "discard set-aside record",
        };
        self.audit(
            at,
            actor.as_str(),
            act,
            &format!("feed {} epoch {} seq {}: {outcome:?}", of.feed, of.epoch, of.seq),
        )?;
        Ok(outcome)
    }

    /// Writes a line of audit.
    ///
    /// # Errors
    /// [`LedgerError::Write`].
    pub fn audit(&self, at: WallTime, actor: &str, act: &str, detail: &str) -> Result<(), LedgerError> {
        self.db
            .prepare_cached("INSERT INTO audit (at_ms, actor, act, detail) VALUES (?, ?, ?, ?)")
            .and_then(|mut insert| insert.execute(params![at.millis(), actor, act, detail]))
            .and_then(|_| self.db.execute("DELETE FROM audit WHERE n <= (SELECT max(n) FROM audit) - ?", [AUDIT_MAX]))
            .map(drop)
            .map_err(LedgerError::Write)
    }

    /// Its life, whether it waits for somebody, whether the hub does not have it: codes of our own, and its word that an
    /// earlier life of this ledger declared it lost.
    fn aside(&self, of: &AsideKey) -> rusqlite::Result<Option<(i64, bool, bool)>> {
        self.db
            .query_row(
                "SELECT life, sent_as IS NULL, code IN ('bad_batch', 'too_large', 'declared_lost')
                 FROM set_aside JOIN life USING (life) WHERE feed = ? AND epoch = ? AND seq = ?",
                params![of.feed.as_str(), of.epoch.as_str(), signed(of.seq)],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
    }

    fn send_again(&mut self, of: &AsideKey, life: i64) -> Result<Option<Seq>, LedgerError> {
        let found: Option<RecordText> = self
            .db
            .query_row("SELECT text FROM record WHERE key = ?", [key::of(life, of.seq)], |row| text(row, 0))
            .optional()
            .map_err(LedgerError::Read)?;
        let Some(found) = found else { return Ok(None) };
        let Ok(record) = Record::parse(found.as_str()) else { return Ok(None) };
        let seq = self.append_text(&of.feed, found.as_str(), None)?;
        self.mark(life, of.seq, signed(seq)).map_err(LedgerError::Write)?;
        if let Record::Movement(movement) = &record {
            self.take_out_of_base(of, life, movement).map_err(LedgerError::Write)?;
        }
        // The amounts stay: what the old one moved, the new one does.
        self.book.note(&of.feed, &record);
        if let Some(head) = self.book.heads.get_mut(&of.feed).filter(|head| head.life == life) {
            head.withheld.insert(of.seq);
        }
        Ok(Some(seq))
    }

    /// Where retention has passed the old one, its amounts are in the base and would be there twice.
    fn take_out_of_base(&self, of: &AsideKey, life: i64, movement: &Movement) -> rusqlite::Result<()> {
        let is_in_base =
            self.db.query_row("SELECT trimmed >= ? FROM life WHERE life = ?", [signed(of.seq), life], |row| {
                row.get::<_, bool>(0)
            })?;
        if !is_in_base || movement.from == movement.to {
            return Ok(());
        }
        for (place, qty) in [(&movement.from, movement.qty.signed()), (&movement.to, -movement.qty.signed())] {
            self.db.execute(
                "UPDATE base SET qty = qty + ? WHERE feed = ? AND item = ? AND place = ?",
                params![qty, of.feed.as_str(), movement.item.as_str(), place.to_string()],
            )?;
        }
        Ok(())
    }

    fn mark(&self, life: i64, seq: Seq, sent_as: i64) -> rusqlite::Result<()> {
        self.db
            .execute("UPDATE set_aside SET sent_as = ? WHERE life = ? AND seq = ?", params![sent_as, life, signed(seq)])
            .map(drop)
    }
}
