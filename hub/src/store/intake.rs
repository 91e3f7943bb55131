//! One batch inside one savepoint: look up, decide, apply, advance.
//!
//! The decision is `gateway_proto::intake::decide`; this file gives it what is known and does what it says. Only what
//! was rejected changes nothing, except that a fork is noted, for people to see.

use std::collections::BTreeSet;

use gateway_proto::{
    answer::{Ack, Code, Refusal, Rejection},
    batch::{Batch, Load, Lost},
    chain::Link,
    intake::{Decision, Fresh, Position, decide},
    movement::Movement,
    name::ItemCode,
    record::{Record, Seq},
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{SEQ_MAX, StoredFeed, checkpoint, command::Answer, count, fold::Fold, record_key, seq_number, seq_of};

/// Batches the hub takes at once from one feed: at 500 records each and 80 ms round trip, 25,000 records/s.
pub(super) const WINDOW: u32 = 4;

/// Characters of a refusal's detail: it is read by people, and repeats what the record said.
const DETAIL_LEN_MAX: usize = 200;

/// What a record is to the store; `record.state`.
#[derive(Clone, Copy)]
enum State {
    Kept = 0,
    Applied = 1,
    Refused = 2,
}

/// An epoch of a feed, as stored.
struct StoredEpoch {
    id: i64,
    at: Position,
}

/// Why a record is refused.
struct Objection {
    code: &'static str,
    detail: String,
    item: Option<ItemCode>,
}

/// Takes a batch in. `items` are those the feed may carry, `None` every one.
pub(super) fn take(
    db: &Connection,
    feed: &StoredFeed,
    items: Option<&BTreeSet<ItemCode>>,
    batch: &Batch,
    received_at: WallTime,
) -> Result<Answer, rusqlite::Error> {
    if batch.first.0 > SEQ_MAX || batch.last().0 > SEQ_MAX {
        return Ok(Err(Rejection::new(Code::BadBatch, format!("seqs beyond {SEQ_MAX} are not kept here"))));
    }
    let epoch = epoch(db, feed, batch)?;
    let position = epoch.as_ref().map(|epoch| epoch.at);
    let decision = decide(batch, position, |seq| match &epoch {
        Some(epoch) => link_at(db, epoch.id, seq),
        None => Ok(None),
    })?;
    let epoch = match decision {
        Decision::Reject(rejection) => {
            if let (Code::Fork, Some(epoch)) = (rejection.code, &epoch) {
                note_fork(db, feed, epoch, rejection.seq.unwrap_or(batch.first), received_at)?;
            }
            return Ok(Err(rejection));
        }
        Decision::Known => epoch.map_or_else(|| begin(db, feed, batch, received_at), Ok)?,
        Decision::Append(fresh) => {
            let mut epoch = epoch.map_or_else(|| begin(db, feed, batch, received_at), Ok)?;
            append(db, feed, items, &epoch, &fresh, received_at)?;
            if let Some(last) = fresh.last() {
                epoch.at = Position { through: last.seq, head: last.link };
            }
            epoch
        }
        Decision::Lose { from, lost, head } => {
            let mut epoch = epoch.map_or_else(|| begin(db, feed, batch, received_at), Ok)?;
            lose(db, feed, &epoch, from, lost, head, received_at)?;
            epoch.at = Position { through: lost.to, head };
            epoch
        }
    };
    db.prepare_cached("UPDATE epoch SET through = ?2, head = ?3 WHERE id = ?1")?.execute(params![
        epoch.id,
        seq_number(epoch.at.through),
        epoch.at.head.as_bytes()
    ])?;
    let repeated = (batch.last().0 + 1).saturating_sub(batch.first.0) - fresh_count(batch, position);
    db.prepare_cached("UPDATE feed SET heard_at = ?2, repeated = repeated + ?3 WHERE id = ?1")?.execute(params![
        feed.id,
        received_at.millis(),
        i64::try_from(repeated).unwrap_or(i64::MAX)
    ])?;
    let mut refused = refusals(db, epoch.id, batch.first, batch.last())?;
    if matches!(batch.load, Load::Records(_)) {
        refused.extend(declared_lost(db, epoch.id, batch.first, batch.last())?);
    }
    Ok(Ok(Ack { epoch: batch.epoch.clone(), through: epoch.at.through, refused, window: WINDOW }))
}

/// How many of the batch's seqs were not here before.
fn fresh_count(batch: &Batch, position: Option<Position>) -> u64 {
    let through = position.map_or(0, |at| at.through.0);
    batch.last().0.saturating_sub(through.max(batch.first.before().0))
}

fn epoch(db: &Connection, feed: &StoredFeed, batch: &Batch) -> Result<Option<StoredEpoch>, rusqlite::Error> {
    db.prepare_cached("SELECT id, through, head FROM epoch WHERE feed = ?1 AND name = ?2")?
        .query_row(params![feed.id, batch.epoch.as_str()], |row| {
            let at = Position { through: Seq(count(row.get(1)?)), head: Link::from_bytes(row.get(2)?) };
            Ok(StoredEpoch { id: row.get(0)?, at })
        })
        .optional()
}

fn begin(
    db: &Connection,
    feed: &StoredFeed,
    batch: &Batch,
    received_at: WallTime,
) -> Result<StoredEpoch, rusqlite::Error> {
    let head = Link::first(&batch.epoch);
    db.execute(
        "INSERT INTO epoch (feed, number, name, through, head, began_at)
         SELECT ?1, 1 + count(*), ?2, 0, ?3, ?4 FROM epoch WHERE feed = ?1",
        params![feed.id, batch.epoch.as_str(), head.as_bytes(), received_at.millis()],
    )?;
    tracing::info!(feed = %feed.key, epoch = %batch.epoch, "epoch begins");
    Ok(StoredEpoch { id: db.last_insert_rowid(), at: Position { through: Seq(0), head } })
}

fn link_at(db: &Connection, epoch: i64, seq: Seq) -> Result<Option<Link>, rusqlite::Error> {
    let link = db
        .prepare_cached("SELECT link FROM record WHERE key = ?1")?
        .query_row([record_key(epoch, seq)], |row| row.get(0))
        .optional()?;
    if let Some(link) = link {
        return Ok(Some(Link::from_bytes(link)));
    }
    // The end of a declared loss has a link all the same: the one the chain went on from.
    let head = db
        .prepare_cached("SELECT head FROM lost WHERE epoch = ?1 AND last = ?2")?
        .query_row([epoch, seq_number(seq)], |row| row.get(0))
        .optional()?;
    Ok(head.map(Link::from_bytes))
}

fn append(
    db: &Connection,
    feed: &StoredFeed,
    items: Option<&BTreeSet<ItemCode>>,
    epoch: &StoredEpoch,
    fresh: &[Fresh<'_>],
    received_at: WallTime,
) -> Result<(), rusqlite::Error> {
    let mut fold = Fold::new(db, feed.id);
    let mut insert =
        db.prepare_cached("INSERT INTO record (key, state, received_at, link, text) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for record in fresh {
        let parsed = Record::parse(record.text.as_str());
        let judged = match &parsed {
            Ok(Record::Movement(movement)) => judge(&mut fold, items, movement, received_at)?,
            Ok(
                Record::Count(_)
                | Record::Checkpoint(_)
                | Record::Clock(_)
                | Record::Order(_)
                | Record::Health(_)
                | Record::Unknown(_),
            ) => Ok(State::Kept),
            Err(error) => Err(Objection { code: "bad_record", detail: error.to_string(), item: None }),
        };
        let state = judged.as_ref().map_or(State::Refused, |state| *state);
        let key = record_key(epoch.id, record.seq);
        insert.execute(params![
            key,
            state as i64,
            received_at.millis(),
            record.link.as_bytes(),
            record.text.as_str()
        ])?;
        if let Err(objection) = judged {
            refuse(db, feed, key, &objection)?;
        }
        if let Ok(Record::Checkpoint(stated)) = &parsed {
            fold.write()?;
            checkpoint::compare(db, feed, epoch.id, record.seq, stated)?;
        }
    }
    fold.write()
}

/// Applies a movement, or says why not.
fn judge(
    fold: &mut Fold<'_>,
    items: Option<&BTreeSet<ItemCode>>,
    movement: &Movement,
    received_at: WallTime,
) -> Result<Result<State, Objection>, rusqlite::Error> {
    if items.is_some_and(|items| !items.contains(&movement.item)) {
        let detail = format!("{:?} is not mapped to this feed at the hub", movement.item.as_str());
        return Ok(Err(Objection { code: "unknown_item", detail, item: Some(movement.item.clone()) }));
    }
    Ok(fold.apply(movement, received_at)?.map(|()| State::Applied).map_err(|_| Objection {
        code: "bad_record",
        detail: "the amount at a place would no longer fit 64 bits".to_owned(),
        item: None,
    }))
}

fn refuse(db: &Connection, feed: &StoredFeed, key: i64, objection: &Objection) -> Result<(), rusqlite::Error> {
    let detail: String = objection.detail.chars().take(DETAIL_LEN_MAX).collect();
    let item = objection.item.as_ref().map(ItemCode::as_str);
    db.prepare_cached("INSERT INTO refused (key, feed, code, detail, item) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![key, feed.id, objection.code, detail, item])?;
    tracing::debug!(feed = %feed.key, seq = seq_of(key), code = objection.code, "record parked");
    Ok(())
}

fn lose(
    db: &Connection,
    feed: &StoredFeed,
    epoch: &StoredEpoch,
    from: Seq,
    lost: &Lost,
    head: Link,
    received_at: WallTime,
) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO lost (epoch, first, last, why, head, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            epoch.id,
            seq_number(from),
            seq_number(lost.to),
            lost.why.as_str(),
            head.as_bytes(),
            received_at.millis()
        ],
    )?;
    tracing::warn!(feed = %feed.key, from = %from, to = %lost.to, why = %lost.why, "records declared lost by the site");
    Ok(())
}

fn note_fork(
    db: &Connection,
    feed: &StoredFeed,
    epoch: &StoredEpoch,
    seq: Seq,
    at: WallTime,
) -> Result<(), rusqlite::Error> {
    let noted = db.execute(
        "INSERT INTO fork (epoch, seq, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![epoch.id, seq_number(seq), at.millis()],
    )?;
    // Once per place: a site that keeps sending the same fork must not fill the log.
    if noted > 0 {
        tracing::error!(feed = %feed.key, %seq, "feed forked: a restored image or a cloned gateway sends other records at known seqs");
    }
    Ok(())
}

/// The records of a batch that are not here because the site declared them lost: an earlier life of a restored site
/// did, and the one that sends them now must not take them for accepted.
fn declared_lost(db: &Connection, epoch: i64, first: Seq, last: Seq) -> Result<Vec<Refusal>, rusqlite::Error> {
    let ranges = db
        .prepare_cached(
            "SELECT max(first, ?2), min(last, ?3) FROM lost WHERE epoch = ?1 AND first <= ?3 AND last >= ?2",
        )?
        .query_map(params![epoch, seq_number(first), seq_number(last)], |row| {
            Ok(row.get::<_, i64>(0)?..=row.get::<_, i64>(1)?)
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let refusal = |seq: i64| Refusal {
        seq: Seq(seq.cast_unsigned()),
        code: "declared_lost".to_owned(),
        detail: "the site declared this record lost before".to_owned(),
    };
    Ok(ranges.into_iter().flatten().map(refusal).collect())
}

/// The records of a range that are parked. One that was replayed since is no longer refused.
fn refusals(db: &Connection, epoch: i64, first: Seq, last: Seq) -> Result<Vec<Refusal>, rusqlite::Error> {
    db.prepare_cached(
        "SELECT key, code, detail FROM refused WHERE key BETWEEN ?1 AND ?2 AND replay IS NULL ORDER BY key LIMIT 1000",
    )?
    .query_map([record_key(epoch, first), record_key(epoch, last)], |row| {
        Ok(Refusal { seq: Seq(seq_of(row.get(0)?)), code: row.get(1)?, detail: row.get(2)? })
    })?
    .collect()
}
