//! One batch inside the writer's transaction: look up, decide, apply, advance.
//!
//! The decision is `gateway_proto::intake::decide`; this file gives it what is known and does what it says. What
//! was rejected changes nothing, except that a fork is noted, for people to see.

use std::collections::BTreeSet;

use gateway_proto::{
    answer::{Ack, Code, Refusal, Rejection},
    batch::{Batch, Load, Lost},
    chain::Link,
    intake::{Decision, Fresh, Links, Position, decide_linked},
    name::ItemCode,
    record::Seq,
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    SEQ_MAX, StoredFeed, ahead, checkpoint, clocks,
    command::Answer,
    count,
    fold::Folds,
    forward,
    meaning::{Meaning, Meanings, Moves},
    record_key, seq_number, seq_of,
};

/// Batches the hub takes at once from one feed: at 1,000 records each and 80 ms round trip, 100,000 records/s.
pub(super) const WINDOW: u32 = 8;

/// Characters of a refusal's detail: it is read by people, and repeats what the record said.
const DETAIL_LEN_MAX: usize = 200;

/// What a record is to the store; `record.state`.
#[derive(Clone, Copy)]
enum State {
    Kept = 0,
    Applied = 1,
    Refused = 2,
    /// Of a type unknown to this version of the hub: a later one can find them again.
    Unknown = 3,
}

/// A batch with all that could be found out about it without the store.
#[derive(Debug)]
pub(super) struct Shipped {
    pub(super) batch: Batch,
    pub(super) links: Links,
    pub(super) meanings: Meanings,
    pub(super) received_at: WallTime,
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
    folds: &mut Folds,
    feed: &StoredFeed,
    items: Option<&BTreeSet<ItemCode>>,
    shipped: &Shipped,
) -> Result<Answer, rusqlite::Error> {
    let Shipped { batch, links, received_at, .. } = shipped;
    let received_at = *received_at;
    if batch.first.0 > SEQ_MAX || batch.last().0 > SEQ_MAX {
        return Ok(Err(Rejection::new(Code::BadBatch, format!("seqs beyond {SEQ_MAX} are not kept here"))));
    }
    let epoch = epoch(db, feed, batch)?;
    let position = epoch.as_ref().map(|epoch| epoch.at);
    let decision = decide_linked(batch, links, position, |seq| match &epoch {
        Some(epoch) => link_at(db, epoch.id, seq),
        None => Ok(None),
    })?;
    let mut epoch = match (&decision, epoch) {
        (Decision::Reject(rejection), epoch) => {
            if let (Code::Fork, Some(epoch)) = (rejection.code, &epoch) {
                note_fork(db, epoch.id, rejection.seq.unwrap_or(batch.first), received_at)?;
            }
            return Ok(Err(rejection.clone()));
        }
        (_, Some(epoch)) => epoch,
        (_, None) => begin(db, feed, batch, received_at)?,
    };
    let mut ack = Ack { window: WINDOW, takes_ahead: true, ..Ack::new(batch.epoch.clone(), epoch.at.through) };
    match decision {
        Decision::Reject(_) | Decision::Known => {}
        Decision::Ahead(fresh) => {
            ahead::keep(db, epoch.id, &fresh, received_at)?;
            heard(db, feed, 0, received_at)?;
            return Ok(Ok(Ack { ahead: Some(batch.last()), ..ack }));
        }
        Decision::Append(fresh) => {
            append(db, folds, feed, items, &epoch, &fresh, shipped)?;
            if let Some(other) = ahead::reached(db, epoch.id, &fresh)? {
                note_fork(db, epoch.id, other, received_at)?;
            }
            if let Some(last) = fresh.last() {
                epoch.at = Position { through: last.seq, head: last.link };
            }
        }
        Decision::Lose { from, lost, head } => {
            lose(db, &epoch, from, lost, head, received_at)?;
            ahead::lost(db, epoch.id, lost.to)?;
            epoch.at = Position { through: lost.to, head };
        }
    }
    db.prepare_cached("UPDATE epoch SET through = ?2, head = ?3 WHERE id = ?1")?.execute(params![
        epoch.id,
        seq_number(epoch.at.through),
        epoch.at.head.as_bytes()
    ])?;
    let repeated = (batch.last().0 + 1).saturating_sub(batch.first.0) - fresh_count(batch, position);
    heard(db, feed, repeated, received_at)?;
    ack.through = epoch.at.through;
    if let Some(known) = &batch.knows {
        ack.forward = forward::forward(db, feed, known)?;
    }
    ack.refused = refusals(db, epoch.id, batch.first, batch.last())?;
    if matches!(batch.load, Load::Records(_)) {
        ack.refused.extend(declared_lost(db, epoch.id, batch.first, batch.last())?);
    }
    Ok(Ok(ack))
}

fn heard(db: &Connection, feed: &StoredFeed, repeated: u64, received_at: WallTime) -> Result<(), rusqlite::Error> {
    db.prepare_cached("UPDATE feed SET heard_at = ?2, repeated = repeated + ?3 WHERE id = ?1")?.execute(params![
        feed.id,
        received_at.millis(),
        i64::try_from(repeated).unwrap_or(i64::MAX)
    ])?;
    Ok(())
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
    ahead::superseded(db, feed.id)?;
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
    folds: &mut Folds,
    feed: &StoredFeed,
    items: Option<&BTreeSet<ItemCode>>,
    epoch: &StoredEpoch,
    fresh: &[Fresh<'_>],
    shipped: &Shipped,
) -> Result<(), rusqlite::Error> {
    let received_at = shipped.received_at;
    let mut insert =
        db.prepare_cached("INSERT INTO record (key, state, received_at, link, text) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut unknown = 0_i64;
    for record in fresh {
        let key = record_key(epoch.id, record.seq);
        shipped.meanings.with(record.seq, record.text.as_str(), |meaning| -> Result<(), rusqlite::Error> {
            let judged = match meaning {
                Meaning::Moves(moves) => judge(db, folds, feed, items, moves, received_at)?,
                Meaning::Checkpoint(_) | Meaning::Clock(_) | Meaning::Kept => Ok(State::Kept),
                Meaning::Unknown => Ok(State::Unknown),
                Meaning::Bad(why) => Err(Objection { code: "bad_record", detail: why.clone(), item: None }),
            };
            let state = judged.as_ref().map_or(State::Refused, |state| *state);
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
            match meaning {
                Meaning::Checkpoint(stated) => {
                    folds.write(db)?;
                    checkpoint::take(
                        db,
                        feed,
                        checkpoint::Stand { epoch: epoch.id, seq: record.seq, received_at },
                        stated,
                    )
                }
                Meaning::Clock(said) => clocks::note(db, feed, said),
                Meaning::Unknown => {
                    unknown += 1;
                    Ok(())
                }
                Meaning::Moves(_) | Meaning::Kept | Meaning::Bad(_) => Ok(()),
            }
        })?;
    }
    if unknown > 0 {
        db.prepare_cached(
            "UPDATE feed SET unknown = unknown + ?2, unknown_at = coalesce(unknown_at, ?3) WHERE id = ?1",
        )?
        .execute(params![feed.id, unknown, received_at.millis()])?;
    }
    Ok(())
}

/// Applies a movement, or says why not.
fn judge(
    db: &Connection,
    folds: &mut Folds,
    feed: &StoredFeed,
    items: Option<&BTreeSet<ItemCode>>,
    moves: &Moves,
    received_at: WallTime,
) -> Result<Result<State, Objection>, rusqlite::Error> {
    if items.is_some_and(|items| !items.contains(&moves.item)) {
        let detail = format!("{:?} is not mapped to this feed at the hub", moves.item.as_str());
        return Ok(Err(Objection { code: "unknown_item", detail, item: Some(moves.item.clone()) }));
    }
    Ok(folds.apply(db, feed.id, moves, received_at)?.map(|()| State::Applied).map_err(|_| Objection {
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
    Ok(())
}

/// Once per place: a site that keeps sending the same fork adds nothing.
fn note_fork(db: &Connection, epoch: i64, seq: Seq, at: WallTime) -> Result<(), rusqlite::Error> {
    db.execute(
        "INSERT INTO fork (epoch, seq, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![epoch, seq_number(seq), at.millis()],
    )?;
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
