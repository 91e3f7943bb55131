//! What delivery settles: acknowledged, set aside, declared lost, taken back, moved to a new epoch.
//!
//! All of it may come twice: a site that crashed between an ack and this file asks the hub again.

use gateway_proto::{
    answer::Refusal,
    chain::Epoch,
    delivery::Effect,
    name::FeedName,
    record::{Record, RecordText, Seq},
};
use rusqlite::{OptionalExtension, params};

use super::{
    LedgerError,
    book::heads,
    group::{Group, begin_life, signed, text},
};

impl Group<'_> {
    /// Takes down one effect of delivery. Effects of an epoch that is no longer the newest change nothing: `life` says
    /// which one the sender had in mind.
    ///
    /// # Errors
    /// [`LedgerError`] of the file.
    pub fn take_down(&mut self, feed: &FeedName, life: i64, effect: &Effect) -> Result<(), LedgerError> {
        let head = self.book.heads.get(feed).ok_or_else(|| LedgerError::NoFeed(feed.clone()))?;
        if head.life != life {
            return Ok(());
        }
        match effect {
            Effect::Settle { through, refused, lost } => {
                self.settle(feed, *through, refused, *lost).map_err(LedgerError::Write)
            }
            Effect::Rewind { through } => self.rewind(feed, *through),
            // It waits still: it counts as set aside once the hub has been told to pass it.
            Effect::SetAside { refusal } => {
                set_aside(self.db, head.life, refusal).map(drop).map_err(LedgerError::Write)
            }
            Effect::NewEpoch => self.renew(feed),
        }
    }

    fn settle(
        &mut self,
        feed: &FeedName,
        through: Seq,
        refused: &[Refusal],
        lost: Option<(Seq, Seq)>,
    ) -> rusqlite::Result<()> {
        let Some(head) = self.book.heads.get_mut(feed) else { return Ok(()) };
        for refusal in refused {
            // Counted as acknowledged by an earlier answer that did not say so.
            if set_aside(self.db, head.life, refusal)? && refusal.seq <= head.through {
                head.acked = head.acked.saturating_sub(1);
                head.set_aside += 1;
            }
        }
        if let Some((first, last)) = lost {
            self.db.execute(
                "INSERT OR IGNORE INTO lost (life, first_seq, last_seq) VALUES (?, ?, ?)",
                params![head.life, signed(first), signed(last)],
            )?;
        }
        if through > head.through {
            let (aside, lost) = not_acked(self.db, head.life, head.through, through)?;
            head.acked += through.0 - head.through.0 - aside - lost;
            head.set_aside += aside;
            head.lost += lost;
            head.through = through;
        }
        self.db.prepare_cached("UPDATE life SET through = ?, acked = ? WHERE life = ?")?.execute(params![
            signed(head.through),
            head.acked.cast_signed(),
            head.life
        ])?;
        Ok(())
    }

    fn rewind(&mut self, feed: &FeedName, through: Seq) -> Result<(), LedgerError> {
        let Some(head) = self.book.heads.get(feed).filter(|head| through < head.through) else { return Ok(()) };
        let (life, to) = (head.life, signed(through));
        not_acked(self.db, life, through, head.through)
            .and_then(|(aside, lost)| {
                let acked = head.acked.saturating_sub(head.through.0 - through.0 - aside - lost);
                self.db.execute("DELETE FROM set_aside WHERE life = ? AND seq > ?", params![life, to])?;
                self.db.execute("DELETE FROM lost WHERE life = ? AND first_seq > ?", params![life, to])?;
                self.db
                    .execute("UPDATE lost SET last_seq = ?2 WHERE life = ?1 AND last_seq > ?2", params![life, to])?;
                self.db.execute(
                    "UPDATE life SET through = ?, acked = ? WHERE life = ?",
                    params![to, acked.cast_signed(), life],
                )
            })
            .map_err(LedgerError::Write)?;
        self.book.heads = heads(self.db)?;
        Ok(())
    }

    /// Begins a new epoch; what is not settled in this one is chained anew there.
    fn renew(&mut self, feed: &FeedName) -> Result<(), LedgerError> {
        let head = self.book.heads.get(feed).map(|head| (head.life, head.through.next(), head.epoch.clone()));
        let Some((old, from, epoch)) = head else { return Ok(()) };
        begin_life(self.db, feed)?;
        self.book.heads = heads(self.db)?;
        let mut seq = from;
        loop {
            // One at a time: a backlog of weeks must not come into memory.
            let moved = self
                .db
                .prepare_cached("SELECT origin, text FROM record WHERE life = ? AND seq = ?")
                .and_then(|mut select| {
                    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Option<i64>>(0)?, text(row, 1)?));
                    select.query_row(params![old, signed(seq)], row).optional()
                })
                .map_err(LedgerError::Read)?;
            let Some((origin, text)) = moved else { break };
            let text = self.renumbered(feed, text, from, &epoch)?;
            self.append_text(feed, text.as_str(), origin.map(i64::cast_unsigned))?;
            seq = seq.next();
        }
        for sql in
            ["DELETE FROM set_aside WHERE life = ? AND seq >= ?", "DELETE FROM record WHERE life = ? AND seq >= ?"]
        {
            self.db.execute(sql, params![old, signed(from)]).map_err(LedgerError::Write)?;
        }
        self.book.heads = heads(self.db)?;
        Ok(())
    }
}

impl Group<'_> {
    /// A record on its way into a new epoch, `from` the first that goes there. A correction names its movement by the
    /// number that it has there; one that stays behind is named with its epoch.
    fn renumbered(
        &mut self,
        feed: &FeedName,
        text: RecordText,
        from: Seq,
        old: &Epoch,
    ) -> Result<RecordText, LedgerError> {
        // What cannot be read goes on as it is: the hub says what is wrong with it.
        let Ok(Record::Movement(mut movement)) = Record::parse(text.as_str()) else { return Ok(text) };
        let Some(corrected) = movement.corrects.filter(|_| movement.corrects_in.is_none()) else { return Ok(text) };
        if corrected < from {
            movement.corrects_in = old.as_str().parse().ok();
        } else {
            let moved_to = Seq(corrected.0 - from.before().0);
            movement.corrects = Some(moved_to);
            if let Some(head) = self.book.heads.get(feed) {
                self.book.taken_back.insert((head.life, moved_to));
            }
        }
        Ok(RecordText::of_movement(&movement)?)
    }
}

/// Keeps a record apart; whether it was not apart already.
fn set_aside(db: &rusqlite::Connection, life: i64, refusal: &Refusal) -> rusqlite::Result<bool> {
    let added = db.execute(
        "INSERT OR IGNORE INTO set_aside (life, seq, code, detail) VALUES (?, ?, ?, ?)",
        params![life, signed(refusal.seq), refusal.code, refusal.detail],
    )?;
    Ok(added > 0)
}

/// Records in `after+1..=through` that the hub did not take: how many are set aside, and how many others declared
/// lost.
fn not_acked(db: &rusqlite::Connection, life: i64, after: Seq, through: Seq) -> rusqlite::Result<(u64, u64)> {
    db.prepare_cached(
        "SELECT (SELECT count(*) FROM set_aside WHERE life = ?1 AND seq > ?2 AND seq <= ?3),
                (SELECT coalesce(sum(min(last_seq, ?3) - max(first_seq, ?2 + 1) + 1), 0) FROM lost
                 WHERE life = ?1 AND first_seq <= ?3 AND last_seq > ?2)",
    )?
    .query_row(params![life, signed(after), signed(through)], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
    })
}
