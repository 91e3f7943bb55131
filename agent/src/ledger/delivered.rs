//! What delivery settles: acknowledged, set aside, declared lost, taken back, moved to a new epoch.
//!
//! All of it may come twice: a site that crashed between an ack and this file asks the hub again.

use std::collections::BTreeSet;

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
    book::{Head, heads},
    group::{Group, begin_life, signed, text},
    key,
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
                set_aside(self.db, head.life, refusal).map_err(LedgerError::Write)?;
                self.head(feed)?.withheld.insert(refusal.seq);
                Ok(())
            }
            Effect::Taken { seq } => self.taken(feed, *seq).map_err(LedgerError::Write),
            Effect::NewEpoch => self.renew(feed),
            Effect::BringForward(forward) => self.bring_forward(feed, forward),
        }
    }

    fn head(&mut self, feed: &FeedName) -> Result<&mut Head, LedgerError> {
        self.book.heads.get_mut(feed).ok_or_else(|| LedgerError::NoFeed(feed.clone()))
    }

    /// The hub has taken what it had refused: it is set aside no longer.
    fn taken(&mut self, feed: &FeedName, seq: Seq) -> rusqlite::Result<()> {
        let Some(head) = self.book.heads.get_mut(feed) else { return Ok(()) };
        let gone = self.db.execute(
            "DELETE FROM set_aside WHERE life = ? AND seq = ? AND coalesce(sent_as, 0) = 0
             AND code NOT IN ('bad_batch', 'too_large', 'declared_lost')",
            params![head.life, signed(seq)],
        )?;
        if gone > 0 && seq <= head.through {
            head.set_aside = head.set_aside.saturating_sub(1);
            head.acked += 1;
            self.db
                .prepare_cached("UPDATE life SET acked = ? WHERE life = ?")?
                .execute(params![head.acked.cast_signed(), head.life])?;
        }
        Ok(())
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
            head.acked += (through.0 - head.through.0).saturating_sub(aside + lost);
            head.set_aside += aside;
            head.lost += lost;
            head.through = through;
            if !head.withheld.is_empty() {
                // What is settled need not be withheld any more, but for what stands in the ledger once more.
                let again = sent_again(self.db, head.life)?;
                head.withheld.retain(|seq| *seq > through || again.contains(seq));
            }
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
                // What the hub had and refused comes again, and is refused again. What it could not read is declared
                // again, and what stands in the ledger once more must not be sent under its old number, too.
                self.db.execute(
                    "DELETE FROM set_aside WHERE life = ? AND seq > ? AND coalesce(sent_as, 0) = 0
                     AND code NOT IN ('bad_batch', 'too_large')",
                    params![life, to],
                )?;
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
        self.give_up_trimmed(feed).map_err(LedgerError::Write)?;
        let head = self
            .book
            .heads
            .get(feed)
            .map(|head| (head.life, head.through.next(), head.epoch.clone(), head.recorded, head.holes.clone()));
        let Some((old, from, epoch, last, holes)) = head else { return Ok(()) };
        begin_life(self.db, feed, self.epochs)?;
        self.book.heads = heads(self.db)?;
        // What does not go along: damage took it, or it goes along under the number that it has been given since.
        let mut left: BTreeSet<Seq> = sent_again(self.db, old).map_err(LedgerError::Read)?;
        left.extend(holes.iter().flat_map(|(first, last)| (first.0..=last.0).map(Seq)));
        left.retain(|seq| *seq >= from);
        let mut seq = from;
        while seq <= last {
            if left.contains(&seq) {
                seq = seq.next();
                continue;
            }
            // One at a time: a backlog of weeks must not come into memory.
            let moved = self
                .db
                .prepare_cached("SELECT origin, text FROM record WHERE key = ?")
                .and_then(|mut select| {
                    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Option<i64>>(0)?, text(row, 1)?));
                    select.query_row([key::of(old, seq)], row).optional()
                })
                .map_err(LedgerError::Read)?;
            let Some((origin, text)) = moved else { break };
            let text = self.renumbered(feed, text, from, &left, &epoch)?;
            self.append_text(feed, text.as_str(), origin.map(i64::cast_unsigned))?;
            seq = seq.next();
        }
        self.db
            .execute("DELETE FROM set_aside WHERE life = ? AND seq >= ?", params![old, signed(from)])
            // What damage took and no vendor was told of in this epoch is told of by the record that goes along.
            .and_then(|_| {
                self.db.execute("DELETE FROM hole WHERE life = ? AND first_seq >= ?", params![old, signed(from)])
            })
            .and_then(|_| {
                self.db.execute(
                    "DELETE FROM record WHERE key BETWEEN ? AND ?",
                    params![key::of(old, from), key::last(old)],
                )
            })
            .map_err(LedgerError::Write)?;
        self.book.heads = heads(self.db)?;
        Ok(())
    }

    /// A hub that was put back to a backup asked for records that retention had removed, and then had another history.
    /// They cannot be sent any more, and they were acknowledged once: so they stay.
    fn give_up_trimmed(&mut self, feed: &FeedName) -> rusqlite::Result<()> {
        let Some(head) = self.book.heads.get_mut(feed).filter(|head| head.through < head.trimmed) else {
            return Ok(());
        };
        let (aside, lost) = not_acked(self.db, head.life, head.through, head.trimmed)?;
        head.acked += (head.trimmed.0 - head.through.0).saturating_sub(aside + lost);
        head.through = head.trimmed;
        self.db.execute(
            "UPDATE life SET through = ?, acked = ? WHERE life = ?",
            params![signed(head.through), head.acked.cast_signed(), head.life],
        )?;
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
        left: &BTreeSet<Seq>,
        old: &Epoch,
    ) -> Result<RecordText, LedgerError> {
        // What cannot be read goes on as it is: the hub says what is wrong with it.
        let Ok(Record::Movement(mut movement)) = Record::parse(text.as_str()) else { return Ok(text) };
        let Some(corrected) = movement.corrects.filter(|_| movement.corrects_in.is_none()) else { return Ok(text) };
        if corrected < from || left.contains(&corrected) {
            movement.corrects_in = old.as_str().parse().ok();
        } else {
            let behind = left.range(..corrected).count() as u64;
            let moved_to = Seq(corrected.0 - from.before().0 - behind);
            movement.corrects = Some(moved_to);
            if let Some(head) = self.book.heads.get(feed) {
                self.book.taken_back.insert((head.life, moved_to));
            }
        }
        Ok(RecordText::of_movement(&movement)?)
    }
}

/// Records of a life that stand in the ledger once more.
fn sent_again(db: &rusqlite::Connection, life: i64) -> rusqlite::Result<BTreeSet<Seq>> {
    db.prepare_cached("SELECT seq FROM set_aside WHERE life = ? AND sent_as > 0")?
        .query_map([life], |row| Ok(Seq(row.get::<_, i64>(0)?.cast_unsigned())))?
        .collect()
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
                 WHERE life = ?1 AND first_seq <= ?3 AND last_seq > ?2),
                (SELECT count(*) FROM set_aside JOIN lost USING (life)
                 WHERE life = ?1 AND seq > ?2 AND seq <= ?3 AND seq BETWEEN first_seq AND last_seq)",
    )?
    .query_row(params![life, signed(after), signed(through)], |row| {
        let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        // One that is in a declared loss, too, is set aside: somebody can still look at it.
        Ok((number(0)?, number(1)?.saturating_sub(number(2)?)))
    })
}
