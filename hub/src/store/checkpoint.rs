//! Compares a feed's on-hand here with what the site says it has: the proof that both folded the same records.
//!
//! Compared are the items the site lists. Each amount it states must be the amount here, and an on-site place here
//! that it does not state must be empty; a site may leave out the places beyond its fence. Items with parked
//! movements are passed over: there the hub knows that it knows less. After a declared loss the two differ, and the verdict
//! says so until the site's counts have corrected it.

use std::collections::{BTreeMap, BTreeSet};

use gateway_proto::{
    name::ItemCode,
    on_hand::OnHand,
    place::Place,
    record::{Checkpoint, Record, Seq},
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{StoredFeed, record_key};

/// Differences kept for people to look at; the count says how many there are.
const DIFFERENCES_MAX: usize = 20;

/// Records between a checkpoint and what it covers that are undone to compare. A site writes the two together; more
/// than this is not a checkpoint of now and is kept without a comparison.
const AHEAD_MAX: u64 = 10_000;

/// One amount on which site and hub differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    pub(crate) item: String,
    pub(crate) place: String,
    /// Base units the site states.
    pub(crate) site: i64,
    /// Base units here.
    pub(crate) hub: i64,
}

/// Compares and keeps the verdict. Everything before the checkpoint must have been applied and written.
pub(super) fn compare(
    db: &Connection,
    feed: &StoredFeed,
    epoch: i64,
    seq: Seq,
    stated: &Checkpoint,
) -> Result<(), rusqlite::Error> {
    let through = stated.through.min(seq.before());
    if seq.0 - through.0 > AHEAD_MAX {
        return Ok(());
    }
    let ahead = ahead(db, epoch, through, seq)?;
    let parked = parked_items(db, feed)?;
    let mut by_item: BTreeMap<&ItemCode, BTreeMap<&Place, i64>> = BTreeMap::new();
    for held in &stated.on_hand {
        if !parked.contains(held.item.as_str()) {
            by_item.entry(&held.item).or_default().insert(&held.place, held.qty);
        }
    }
    let mut compared = 0_i64;
    let mut differing = 0_i64;
    let mut differences = Vec::new();
    let mut note = |item: &ItemCode, place: &Place, site: i64, hub: i64| {
        compared += 1;
        if site != hub {
            differing += 1;
            if differences.len() < DIFFERENCES_MAX {
                differences.push(Difference { item: item.to_string(), place: place.to_string(), site, hub });
            }
        }
    };
    for (item, places) in by_item {
        let here = here(db, feed, item)?;
        let amount = |place: &Place| here.get(place).copied().unwrap_or(0) - ahead.get(item, place).unwrap_or(0);
        for (place, site) in &places {
            note(item, place, *site, amount(place));
        }
        for place in here.keys().filter(|place| place.is_on_site() && !places.contains_key(place)) {
            note(item, place, 0, amount(place));
        }
    }
    let before = verdict(db, feed)?;
    db.execute(
        "INSERT INTO checkpoint (feed, epoch, seq, at, compared, differing, differences) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (feed) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, at = excluded.at,
         compared = excluded.compared, differing = excluded.differing, differences = excluded.differences",
        params![
            feed.id,
            epoch,
            super::seq_number(seq),
            stated.at.millis(),
            compared,
            differing,
            serde_json::to_string(&differences).expect("texts and numbers are JSON"),
        ],
    )?;
    match (before, differing > 0) {
        (Some(false) | None, true) => {
            tracing::warn!(feed = %feed.key, %seq, differing, "on-hand differs from the site's")
        }
        (Some(true), false) => tracing::info!(feed = %feed.key, %seq, "on-hand agrees with the site's again"),
        _ => {}
    }
    Ok(())
}

/// Whether the last comparison found a difference; `None` before the first.
fn verdict(db: &Connection, feed: &StoredFeed) -> Result<Option<bool>, rusqlite::Error> {
    use rusqlite::OptionalExtension as _;
    db.prepare_cached("SELECT differing > 0 FROM checkpoint WHERE feed = ?1")?
        .query_row([feed.id], |row| row.get(0))
        .optional()
}

/// What the movements after `through` and before the checkpoint itself did.
fn ahead(db: &Connection, epoch: i64, through: Seq, seq: Seq) -> Result<OnHand, rusqlite::Error> {
    let mut ahead = OnHand::default();
    let mut between = db.prepare_cached("SELECT text FROM record WHERE key > ?1 AND key < ?2 AND state = 1")?;
    let mut rows = between.query([record_key(epoch, through), record_key(epoch, seq)])?;
    while let Some(row) = rows.next()? {
        if let Ok(Record::Movement(movement)) = Record::parse(row.get_ref(0)?.as_str()?) {
            ahead.apply(&movement);
        }
    }
    Ok(ahead)
}

fn parked_items(db: &Connection, feed: &StoredFeed) -> Result<BTreeSet<String>, rusqlite::Error> {
    db.prepare_cached("SELECT DISTINCT item FROM refused WHERE feed = ?1 AND replay IS NULL AND item IS NOT NULL")?
        .query_map([feed.id], |row| row.get(0))?
        .collect()
}

fn here(db: &Connection, feed: &StoredFeed, item: &ItemCode) -> Result<BTreeMap<Place, i64>, rusqlite::Error> {
    let mut here = BTreeMap::new();
    let mut held = db.prepare_cached("SELECT place, qty FROM on_hand WHERE feed = ?1 AND item = ?2")?;
    let mut rows = held.query(params![feed.id, item.as_str()])?;
    while let Some(row) = rows.next()? {
        if let Ok(place) = row.get_ref(0)?.as_str()?.parse() {
            here.insert(place, row.get(1)?);
        }
    }
    Ok(here)
}
