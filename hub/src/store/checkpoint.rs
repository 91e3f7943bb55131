//! Compares a feed's on-hand here with what the site says it has: the proof that both folded the same records.
//!
//! A site that gives totals lists every amount that is not zero, at every place; then everything is compared, and what the
//! site does not list must be zero here. A long list comes in parts, each a record of its own; the verdict is given when
//! the last is in, and a list with a part missing has none. A site without totals may leave things out: compared
//! are the items it lists, at the places it states and at every other place on site. Items with parked movements are passed
//! over: there the hub knows that it knows less. After a declared loss the two differ, and the verdict says so until the
//! site's counts have corrected it.

use std::collections::{BTreeMap, BTreeSet};

use gateway_proto::{
    name::ItemCode,
    on_hand::OnHand,
    place::Place,
    record::{Checkpoint, Ended, Held, Part, Record, Seq, Totals},
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::{StoredFeed, record_key, seq_number};

/// Differences kept for people to look at; the count says how many there are.
const DIFFERENCES_MAX: usize = 20;

/// Records between a checkpoint's last part and what it covers that are undone to compare. A site writes the two
/// together; more than this is not a checkpoint of now and is kept without a comparison.
const BEHIND_MAX: u64 = 10_000;

/// Parts of one checkpoint: 256 records of 64 KiB hold 200,000 amounts, more than any site has.
const PARTS_MAX: u32 = 256;

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

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extent {
    /// The items that the site listed.
    Listed,
    /// All that the feed has, anywhere.
    Everything,
}

/// Where a checkpoint's last part stands.
#[derive(Clone, Copy)]
pub(super) struct Stand {
    pub(super) epoch: i64,
    pub(super) seq: Seq,
    pub(super) received_at: WallTime,
}

/// The amounts of all parts.
struct Stated {
    at: WallTime,
    through: Seq,
    on_hand: Vec<Held>,
    totals: Option<Totals>,
}

/// What a comparison comes to.
#[derive(Default)]
struct Verdict {
    compared: i64,
    differing: i64,
    differences: Vec<Difference>,
}

/// Takes a checkpoint, or a part of one, and gives the verdict if it is the last. Everything before it must have been
/// applied and written.
pub(super) fn take(
    db: &Connection,
    feed: &StoredFeed,
    stand: Stand,
    stated: &Checkpoint,
) -> Result<(), rusqlite::Error> {
    note_ended(db, feed, &stated.ended, stand.received_at)?;
    let Some(stated) = whole(db, feed, stand, stated)? else { return Ok(()) };
    let through = stated.through.min(stand.seq.before());
    if stand.seq.0 - through.0 > BEHIND_MAX {
        tracing::debug!(feed = %feed.key, seq = %stand.seq, "checkpoint covers too little to be compared");
        return Ok(());
    }
    let after = after(db, stand.epoch, through, stand.seq)?;
    let parked = parked_items(db, feed)?;
    let verdict = match stated.totals {
        Some(totals) => everything(db, feed, &stated.on_hand, totals, &after, &parked)?,
        None => listed(db, feed, &stated.on_hand, &after, &parked)?,
    };
    keep(db, feed, stand, &stated, &verdict)
}

/// The whole list, once its last part is here. The parts before were kept as records and are read from there.
fn whole(
    db: &Connection,
    feed: &StoredFeed,
    stand: Stand,
    last: &Checkpoint,
) -> Result<Option<Stated>, rusqlite::Error> {
    let mut stated = Stated { at: last.at, through: last.through, on_hand: Vec::new(), totals: last.totals };
    let part = last.part.unwrap_or(Part { number: 1, of: 1 });
    let key = record_key(stand.epoch, stand.seq);
    let mut keys =
        if part.number > 1 { parts_before(db, feed, stand.epoch, last.through, part)? } else { Some(Vec::new()) };
    if part.of > PARTS_MAX || part.number > part.of {
        keys = None;
    }
    db.prepare_cached("DELETE FROM checkpoint_part WHERE feed = ?1")?.execute([feed.id])?;
    let Some(mut keys) = keys else {
        tracing::debug!(feed = %feed.key, seq = %stand.seq, "part of a checkpoint without those before it");
        return Ok(None);
    };
    if part.number < part.of {
        keys.push(key);
        db.prepare_cached("INSERT INTO checkpoint_part (feed, epoch, through, of, keys) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                feed.id,
                stand.epoch,
                seq_number(last.through),
                part.of,
                serde_json::to_string(&keys).expect("numbers are JSON")
            ])?;
        return Ok(None);
    }
    for key in keys {
        let text: String =
            db.prepare_cached("SELECT text FROM record WHERE key = ?1")?.query_row([key], |row| row.get(0))?;
        if let Ok(Record::Checkpoint(before)) = Record::parse(&text) {
            stated.on_hand.extend(before.on_hand);
        }
    }
    stated.on_hand.extend(last.on_hand.iter().cloned());
    Ok(Some(stated))
}

/// The keys of parts 1 to n − 1 of a checkpoint, where they are all here.
fn parts_before(
    db: &Connection,
    feed: &StoredFeed,
    epoch: i64,
    through: Seq,
    part: Part,
) -> Result<Option<Vec<i64>>, rusqlite::Error> {
    let keys: Option<String> = db
        .prepare_cached("SELECT keys FROM checkpoint_part WHERE feed = ?1 AND epoch = ?2 AND through = ?3 AND of = ?4")?
        .query_row(params![feed.id, epoch, seq_number(through), part.of], |row| row.get(0))
        .optional()?;
    let keys: Option<Vec<i64>> = keys.and_then(|keys| serde_json::from_str(&keys).ok());
    Ok(keys.filter(|keys| u32::try_from(keys.len()).is_ok_and(|before| before + 1 == part.number)))
}

/// Compares all there is on either side.
fn everything(
    db: &Connection,
    feed: &StoredFeed,
    on_hand: &[Held],
    totals: Totals,
    after: &OnHand,
    parked: &BTreeSet<String>,
) -> Result<Verdict, rusqlite::Error> {
    let mut amounts: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    let mut listed = Totals::default();
    for held in on_hand.iter().filter(|held| held.qty != 0) {
        listed.amounts += 1;
        listed.units = listed.units.saturating_add(u64::try_from(held.qty).unwrap_or(0));
        amounts.entry((held.item.to_string(), held.place.to_string())).or_default().0 = held.qty;
    }
    let mut look = db.prepare_cached("SELECT item, place, qty FROM on_hand WHERE feed = ?1")?;
    let mut rows = look.query([feed.id])?;
    while let Some(row) = rows.next()? {
        amounts.entry((row.get(0)?, row.get(1)?)).or_default().1 = row.get(2)?;
    }
    for (item, place, units) in after.iter() {
        let here = &mut amounts.entry((item.to_string(), place.to_string())).or_default().1;
        *here = here.saturating_sub(units);
    }
    let mut verdict = Verdict::default();
    for ((item, place), (site, hub)) in &amounts {
        if (*site, *hub) != (0, 0) && !parked.contains(item) {
            verdict.note(item, place, *site, *hub);
        }
    }
    // A list that is not what its own totals say has lost something on its way into the record.
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    if listed != totals {
        verdict.note("*", "amounts in the site's list", number(totals.amounts), number(listed.amounts));
        verdict.note("*", "units in the site's list", number(totals.units), number(listed.units));
    }
    Ok(verdict)
}

/// Compares the items that the site lists.
fn listed(
    db: &Connection,
    feed: &StoredFeed,
    on_hand: &[Held],
    after: &OnHand,
    parked: &BTreeSet<String>,
) -> Result<Verdict, rusqlite::Error> {
    let mut by_item: BTreeMap<&ItemCode, BTreeMap<&Place, i64>> = BTreeMap::new();
    for held in on_hand {
        if !parked.contains(held.item.as_str()) {
            by_item.entry(&held.item).or_default().insert(&held.place, held.qty);
        }
    }
    let mut verdict = Verdict::default();
    for (item, places) in by_item {
        let here = here(db, feed, item)?;
        let amount =
            |place: &Place| here.get(place).copied().unwrap_or(0).saturating_sub(after.get(item, place).unwrap_or(0));
        for (place, site) in &places {
            verdict.note(item.as_str(), &place.to_string(), *site, amount(place));
        }
        for place in here.keys().filter(|place| place.is_on_site() && !places.contains_key(place)) {
            verdict.note(item.as_str(), &place.to_string(), 0, amount(place));
        }
    }
    Ok(verdict)
}

impl Verdict {
    fn note(&mut self, item: &str, place: &str, site: i64, hub: i64) {
        self.compared += 1;
        if site != hub {
            self.differing += 1;
            if self.differences.len() < DIFFERENCES_MAX {
                self.differences.push(Difference { item: item.to_owned(), place: place.to_owned(), site, hub });
            }
        }
    }
}

fn keep(
    db: &Connection,
    feed: &StoredFeed,
    stand: Stand,
    stated: &Stated,
    verdict: &Verdict,
) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO checkpoint (feed, epoch, seq, at, compared, differing, differences, extent, since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CASE WHEN ?6 > 0 THEN ?9 END)
         ON CONFLICT (feed) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, at = excluded.at,
         compared = excluded.compared, differing = excluded.differing, differences = excluded.differences,
         extent = excluded.extent, since = CASE WHEN ?6 > 0 THEN coalesce(checkpoint.since, ?9) END",
    )?
    .execute(params![
        feed.id,
        stand.epoch,
        seq_number(stand.seq),
        stated.at.millis(),
        verdict.compared,
        verdict.differing,
        serde_json::to_string(&verdict.differences).expect("texts and numbers are JSON"),
        i64::from(stated.totals.is_some()),
        stand.received_at.millis(),
    ])?;
    Ok(())
}

/// Notes each earlier epoch of which the site had delivered more than is here.
fn note_ended(db: &Connection, feed: &StoredFeed, ended: &[Ended], at: WallTime) -> Result<(), rusqlite::Error> {
    for ended in ended {
        db.prepare_cached(
            "INSERT INTO ended (feed, name, through, at) SELECT ?1, ?2, ?3, ?4
             WHERE ?3 > coalesce((SELECT through FROM epoch WHERE feed = ?1 AND name = ?2), 0)
             ON CONFLICT (feed, name) DO UPDATE SET through = max(through, excluded.through)",
        )?
        .execute(params![feed.id, ended.epoch.as_str(), seq_number(ended.through), at.millis()])?;
    }
    Ok(())
}

/// What the movements after `through` and before the checkpoint's last part did.
fn after(db: &Connection, epoch: i64, through: Seq, seq: Seq) -> Result<OnHand, rusqlite::Error> {
    let mut after = OnHand::default();
    let mut between = db.prepare_cached(
        "SELECT text FROM record WHERE key > ?1 AND key < ?2 AND (state = 1 OR key IN
         (SELECT key FROM refused WHERE key > ?1 AND key < ?2 AND replay IS NOT NULL))",
    )?;
    let mut rows = between.query([record_key(epoch, through), record_key(epoch, seq)])?;
    while let Some(row) = rows.next()? {
        if let Ok(Record::Movement(movement)) = Record::parse(row.get_ref(0)?.as_str()?) {
            after.apply(&movement);
        }
    }
    Ok(after)
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
