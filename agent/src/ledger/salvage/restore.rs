//! Restoring: the new ledger, filled in one commit with what was salvaged. A power cut before it leaves a file without lives,
//! into which the same folder is salvaged again.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use gateway_proto::{
    chain::{Epoch, Link},
    name::FeedName,
    on_hand::OnHand,
    record::{Record, Seq},
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    find::{FoundLife, Salvaged},
    report::{FeedReport, Report},
    rows::CachedPage,
};
use crate::ledger::{forward, key, packed::Packer};

/// The kind under which a salvage is kept beside the ledger, named by its folder.
const KIND: &str = "salvage";

/// Keeps what never changes of a life a second time, among the facts beside the ledger: the page of the lives is one page, and
/// without it no record belongs to any feed.
pub(in crate::ledger) fn keep_life(
    db: &Connection,
    life: i64,
    feed: &FeedName,
    epoch: &Epoch,
    begun_ms: i64,
) -> rusqlite::Result<()> {
    let text = serde_json::json!({ "feed": feed, "epoch": epoch, "begun_ms": begun_ms }).to_string();
    db.execute("INSERT OR REPLACE INTO kept (kind, name, text) VALUES ('life', ?, ?)", params![life.to_string(), text])
        .map(drop)
}

/// What a restoration needs that no ledger holds.
pub struct Terms<'a> {
    pub now: WallTime,
    /// All feeds of the site: each gets an epoch and a notice.
    pub feeds: &'a [FeedName],
    /// A new epoch, of the system's random source.
    pub epoch: &'a mut dyn FnMut() -> io::Result<Epoch>,
    /// Bytes of records for which there is room on the disk. Beyond it the oldest settled ones are only added up.
    pub room: u64,
}

/// Whether a folder's ledger stands in this one.
///
/// # Errors
/// That of the file.
pub fn is_restored(db: &Connection, folder: &str) -> rusqlite::Result<bool> {
    db.query_row("SELECT 1 FROM kept WHERE kind = ? AND name = ?", [KIND, folder], |_| Ok(()))
        .optional()
        .map(|row| row.is_some())
}

/// Fills an empty ledger, in one commit.
///
/// # Errors
/// That of the file, or of the random source; then nothing was changed.
pub fn restore_into(db: &mut Connection, found: &Salvaged, terms: &mut Terms<'_>) -> rusqlite::Result<Report> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut report = Report {
        folder: found.folder.clone(),
        unplaced: found.unplaced,
        bad_pages: found.rows.bad_pages,
        log_is_damaged: found.image.log_is_damaged,
        doubtful_items: doubtful(found),
        ..Report::default()
    };
    report.kept = facts(&tx, found)?;
    let mut base = Base::of(found);
    let mut dropped = found.too_many(terms.room);
    let mut ends = BTreeMap::new();
    for life in &found.lives {
        let end = restore_life(&tx, found, life, dropped.remove(&life.life).unwrap_or(life.trimmed), &mut base)?;
        let of = report.feeds.entry(life.feed.to_string()).or_default();
        let records = of.records + life.records.len() as u64;
        *of = FeedReport { records, ..life.report() };
        ends.insert(life.feed.clone(), end);
    }
    base.write(&tx)?;
    for feed in terms.feeds {
        let of = report.feeds.entry(feed.to_string()).or_insert_with(|| FeedReport {
            end_is_known: false,
            settled_is_known: false,
            ..FeedReport::default()
        });
        let end = match ends.remove(feed).flatten() {
            Some(end) => end,
            None => {
                of.is_new_epoch = true;
                let (end, epoch) = begin(&tx, feed, terms)?;
                if !found.lives.iter().any(|life| life.feed == *feed) && base.has(feed) {
                    forward::waive(&tx, feed, &epoch)?;
                }
                end
            }
        };
        notice(&tx, &end, of, terms.now)?;
    }
    let text = serde_json::to_string(&report).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    tx.execute("INSERT OR REPLACE INTO kept (kind, name, text) VALUES (?, ?, ?)", params![KIND, found.folder, text])?;
    tx.execute(
        "INSERT INTO audit (at_ms, actor, act, detail) VALUES (?, 'agent', 'salvage', ?)",
        params![terms.now.millis(), report.to_string()],
    )?;
    tx.commit()?;
    Ok(report)
}

/// Where a feed's chain goes on.
struct End {
    life: i64,
    seq: Seq,
    link: Link,
}

/// What retention had folded, with what is folded now.
struct Base {
    of: BTreeMap<(String, String, String), i64>,
}

impl Base {
    fn of(found: &Salvaged) -> Self {
        Self { of: found.rows.base.clone() }
    }

    fn fold(&mut self, feed: &FeedName, on_hand: &OnHand) {
        for (item, place, units) in on_hand.iter() {
            let held = self.of.entry((feed.to_string(), item.to_string(), place.to_string())).or_default();
            *held = held.saturating_add(units);
        }
    }

    fn has(&self, feed: &FeedName) -> bool {
        self.of.keys().any(|(of, ..)| of == feed.as_str())
    }

    fn write(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut insert = tx.prepare("INSERT INTO base (feed, item, place, qty) VALUES (?, ?, ?, ?)")?;
        for ((feed, item, place), qty) in &self.of {
            insert.execute(params![feed, item, place, qty])?;
        }
        Ok(())
    }
}

/// Writes one life; where its chain goes on, if it does.
fn restore_life(
    tx: &Transaction<'_>,
    found: &Salvaged,
    life: &FoundLife,
    folded_to: Seq,
    base: &mut Base,
) -> rusqlite::Result<Option<End>> {
    let number = life.life;
    let lost_link = Link::first(&life.epoch).then("lost to damage");
    tx.execute(
        "INSERT INTO life (life, feed, epoch, begun_ms, through, acked) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            number,
            life.feed.as_str(),
            life.epoch.as_str(),
            life.begun_ms,
            signed(life.through),
            life.acked.cast_signed()
        ],
    )?;
    keep_life(tx, number, &life.feed, &life.epoch, life.begun_ms)?;
    let sent_again: BTreeSet<u64> = found
        .rows
        .set_aside
        .range((number, 0)..=(number, u64::MAX))
        .filter(|(_, aside)| aside.sent_as.is_some_and(|seq| seq > 0))
        .map(|(&(_, seq), _)| seq)
        .collect();
    let (mut link, mut at) = (life.trimmed_link, life.trimmed);
    let (mut folded, mut folded_link) = (OnHand::default(), link);
    let (mut holes, mut page) = (life.holes.iter().peekable(), CachedPage::default());
    let mut insert = tx.prepare("INSERT INTO record (key, link, origin, text) VALUES (?, ?, ?, ?)")?;
    let mut packer = Packer::default();
    let mut dig = tx.prepare("INSERT INTO hole (life, first_seq, last_seq, link) VALUES (?, ?, ?, ?)")?;
    let mut pass_holes = |to: Seq, link: &mut Option<Link>, at: &mut Seq, folded_link: &mut Option<Link>| {
        while let Some(hole) = holes.next_if(|hole| hole.first <= to) {
            *link = Some(hole.link.unwrap_or(lost_link));
            *at = hole.last;
            if hole.last <= folded_to {
                *folded_link = *link;
            } else {
                let bytes = hole.link.unwrap_or(lost_link);
                dig.execute(params![number, signed(hole.first), signed(hole.last), bytes.as_bytes()])?;
            }
        }
        Ok::<_, rusqlite::Error>(())
    };
    for place in &life.records {
        let seq = Seq(place.seq());
        pass_holes(seq, &mut link, &mut at, &mut folded_link)?;
        // What was proved a moment ago is read again; a disk that fails in between fails this attempt.
        let gone = || rusqlite::Error::QueryReturnedNoRows;
        let record = found.read(place, &mut page).filter(|_| at.next() == seq).ok_or_else(gone)?;
        let next = link.ok_or_else(gone)?.then(&record.text);
        (link, at) = (Some(next), seq);
        let is_aside = found.rows.set_aside.contains_key(&(number, seq.0));
        if seq <= folded_to {
            if let (Ok(Record::Movement(movement)), false) = (Record::parse(&record.text), sent_again.contains(&seq.0))
            {
                folded.apply(&movement);
            }
            folded_link = Some(next);
            if !is_aside {
                continue;
            }
        }
        insert.execute(params![key::of(number, seq), next.as_bytes(), record.origin, packer.pack(&record.text)])?;
    }
    pass_holes(life.end, &mut link, &mut at, &mut folded_link)?;
    base.fold(&life.feed, &folded);
    tx.execute(
        "UPDATE life SET trimmed = ?, trimmed_link = ? WHERE life = ?",
        params![signed(folded_to), folded_link.map(|link| *link.as_bytes()), number],
    )?;
    lists(tx, found, life)?;
    let goes_on = life.end > life.through || life.end_link.is_some();
    Ok((life.is_newest && goes_on).then(|| End { life: number, seq: life.end, link: link.unwrap_or(lost_link) }))
}

/// What is set aside and what was declared lost of a life.
fn lists(tx: &Transaction<'_>, found: &Salvaged, life: &FoundLife) -> rusqlite::Result<()> {
    let number = life.life;
    let last = if life.settled_is_known { u64::MAX } else { life.through.0 };
    let mut aside = tx.prepare("INSERT INTO set_aside (life, seq, code, detail, sent_as) VALUES (?, ?, ?, ?, ?)")?;
    for (&(_, seq), row) in found.rows.set_aside.range((number, 0)..=(number, last)) {
        aside.execute(params![number, seq.cast_signed(), row.code, row.detail, row.sent_as])?;
    }
    let mut lost = tx.prepare("INSERT INTO lost (life, first_seq, last_seq) VALUES (?, ?, ?)")?;
    for (&(_, first), &to) in found.rows.lost.range((number, 0)..=(number, last)) {
        lost.execute(params![number, first.cast_signed(), to.min(last).cast_signed()])?;
    }
    Ok(())
}

/// The facts beside the ledger, and what was done to it; how many facts.
fn facts(tx: &Transaction<'_>, found: &Salvaged) -> rusqlite::Result<u64> {
    let mut insert = tx.prepare("INSERT INTO kept (kind, name, text) VALUES (?, ?, ?)")?;
    let mut kept = 0;
    for ((kind, name), text) in &found.rows.kept {
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
            insert.execute([kind, name, text])?;
            kept += 1;
        }
    }
    let mut insert = tx.prepare("INSERT INTO audit (n, at_ms, actor, act, detail) VALUES (?, ?, ?, ?, ?)")?;
    for (n, row) in &found.rows.audit {
        insert.execute(params![n, row.at_ms, row.actor, row.act, row.detail])?;
    }
    Ok(kept)
}

fn begin(tx: &Transaction<'_>, feed: &FeedName, terms: &mut Terms<'_>) -> rusqlite::Result<(End, Epoch)> {
    let epoch = (terms.epoch)().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    tx.execute(
        "INSERT INTO life (feed, epoch, begun_ms) VALUES (?, ?, ?)",
        params![feed.as_str(), epoch.as_str(), terms.now.millis()],
    )?;
    let life = tx.last_insert_rowid();
    keep_life(tx, life, feed, &epoch, terms.now.millis())?;
    Ok((End { life, seq: Seq(0), link: Link::first(&epoch) }, epoch))
}

fn notice(tx: &Transaction<'_>, end: &End, of: &FeedReport, now: WallTime) -> rusqlite::Result<()> {
    let text = of.notice(now);
    let (seq, link) = (end.seq.next(), end.link.then(&text));
    tx.execute(
        "INSERT INTO record (key, link, origin, text) VALUES (?, ?, NULL, ?)",
        params![key::of(end.life, seq), link.as_bytes(), text],
    )
    .map(drop)
}

/// Items of which the folded amounts do not come to zero over all places, as double entry has it.
fn doubtful(found: &Salvaged) -> u64 {
    let mut sums = BTreeMap::<(&str, &str), i64>::new();
    for ((feed, item, _), qty) in &found.rows.base {
        let sum = sums.entry((feed, item)).or_default();
        *sum = sum.saturating_add(*qty);
    }
    sums.values().filter(|&&sum| sum != 0).count() as u64
}

impl Salvaged {
    /// For each life through which seq there is no room for its records.
    fn too_many(&self, room: u64) -> BTreeMap<i64, Seq> {
        let mut page = CachedPage::default();
        let mut len = |place: &_| self.read(place, &mut page).map_or(0, |found| found.stored_len as u64 + ROW_LEN);
        let sizes: Vec<Vec<u64>> = self.lives.iter().map(|life| life.records.iter().map(&mut len).collect()).collect();
        let mut over = sizes.iter().flatten().sum::<u64>().saturating_sub(room);
        let mut through = BTreeMap::new();
        for (life, sizes) in self.lives.iter().zip(sizes) {
            let mut folded = life.trimmed;
            for (place, size) in life.records.iter().zip(sizes) {
                let seq = Seq(place.seq());
                if over == 0 || seq > life.through {
                    break;
                }
                folded = seq;
                over = over.saturating_sub(size);
            }
            through.insert(life.life, folded);
        }
        through
    }
}

/// What a record costs beside its text.
const ROW_LEN: u64 = 48;

fn signed(seq: Seq) -> i64 {
    seq.0.cast_signed()
}
