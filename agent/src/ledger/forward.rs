//! What the hub had of a feed beside this ledger, carried forward: amounts of records that an image, a new disk or damage
//! made the ledger forget.
//!
//! Each new epoch asks once, and so does each damaged place once its loss is declared. What came is one fact beside the
//! ledger, runs and amounts together: where damage takes it, it takes both, and the hub is asked again.
//!
//! What was weighed or counted since the ledger forgot has told it a second time: a bin of which the hub knows that 30 are
//! used is found 30 short of the image, and 30 are used once more. So the bin's amount stays as it was seen, and the same
//! commit takes back what was told twice.

use std::collections::{BTreeMap, BTreeSet};

use gateway_proto::{
    chain::Epoch,
    forward::{Forward, Run},
    limits::{QUANTITY_MAX, RUNS_MAX, SEQ_MAX},
    movement::{Act, Movement, Source},
    name::{FeedName, ItemCode},
    place::Place,
    quantity::Quantity,
    record::{Count, Held, Record, RecordText, Seq},
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use tracing::{error, warn};

use super::{
    LedgerError,
    book::{Book, Head, holes, word},
    group::{Group, wall_now},
    kept::{self, KEPT_LEN_MAX},
    key::{self, Key},
    packed,
    plan::PlannedMovement,
    salvage,
};
use crate::movement::entry::{Carried, Kept, KeptKey};

/// The kind under which it is kept, named by its feed.
pub(super) const KIND: &str = "forward";

/// How often amounts are carried forward between two starts: each is kept in memory for who shows them. A site that is put
/// back, or damaged, starts.
const CARRIED_MAX: usize = 16;

/// Why a movement takes back what an earlier one told.
const TOLD_TWICE: &str = "told before the ledger forgot it";

/// What was carried forward into a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Brought {
    /// The newest epoch that asked and was answered.
    epoch: Epoch,
    /// What damage had taken of the feed by then, by life.
    holes: Vec<(i64, Seq, Seq)>,
    runs: Vec<Run>,
    pub(super) amounts: Vec<Held>,
}

/// Who saw last what is at a place, and where the difference went.
struct Seen {
    movement: Movement,
    against: Place,
}

impl Brought {
    /// Nothing, and the hub was asked.
    fn none(epoch: Epoch) -> Self {
        Self { epoch, holes: Vec::new(), runs: Vec::new(), amounts: Vec::new() }
    }
}

impl Book {
    /// Whether the hub is to be asked what it has of a feed beside this ledger.
    pub(super) fn asks(&self, feed: &FeedName, head: &Head) -> bool {
        let brought = self.brought.get(feed);
        let is_answered = brought.is_some_and(|brought| brought.epoch == head.epoch && brought.holes == head.all_holes);
        // Of a loss that is not declared yet the hub may still get a part.
        !is_answered && head.holes.last().is_none_or(|(_, last)| *last <= head.through)
    }
}

impl Group<'_> {
    /// Adds to a feed's amounts what its hub had beside the ledger. An answer that is not about what was asked, because
    /// another was quicker or the hub is wrong, changes nothing.
    pub(super) fn bring_forward(&mut self, feed: &FeedName, forward: &Forward) -> Result<(), LedgerError> {
        let Some(head) = self.book.heads.get(feed) else { return Err(LedgerError::NoFeed(feed.clone())) };
        if !self.book.asks(feed, head) {
            return Ok(());
        }
        if self.carried_before >= CARRIED_MAX {
            error!(%feed, "hub has brought amounts forward too often since the start; the next start asks again");
            return Ok(());
        }
        let (life, epoch, holes) = (head.life, head.epoch.clone(), head.all_holes.clone());
        let known = known(self.db, feed).map_err(LedgerError::Read)?;
        // A vendor speaks for its own items only; of those that nobody knows any more it may have had records.
        let is_anothers = |held: &Held| self.catalog().feed(&held.item).is_some_and(|of| of != feed);
        if forward.runs.iter().any(|run| known.iter().any(|known| known.overlaps(run)))
            || forward.amounts.iter().any(|held| is_anothers(held) || held.qty.unsigned_abs() > QUANTITY_MAX)
            || !forward.is_balanced()
        {
            error!(%feed, "hub's word on what this ledger does not know does not fit; amounts stay without it");
            return Ok(());
        }
        let mut brought = self.book.brought.get(feed).cloned().unwrap_or_else(|| Brought::none(epoch.clone()));
        (brought.epoch, brought.holes) = (epoch, holes);
        brought.runs.extend(forward.runs.iter().cloned());
        brought.amounts = Held::list(&Held::fold(brought.amounts.iter().chain(&forward.amounts)));
        let text = serde_json::to_string(&brought).expect("texts and numbers are JSON");
        if text.len() > KEPT_LEN_MAX {
            error!(%feed, len = text.len(), "too many amounts to carry forward; those of this answer are left out");
            return Ok(());
        }
        kept::keep(self.db, &Kept { key: KeptKey { kind: KIND, name: feed.to_string() }, text })?;
        self.book.brought.insert(feed.clone(), brought);
        if forward.amounts.is_empty() {
            return Ok(());
        }
        let seen = self.seen_since(feed, life, forward)?;
        self.book.carry(feed, &forward.amounts);
        let mut carried = Carried { amounts: Held::fold(&forward.amounts), movements: Vec::new() };
        for held in &forward.amounts {
            let Some(seen) = seen.get(&(held.item.clone(), held.place.clone())) else { continue };
            let Some(movement) = taking_back(held, seen) else { continue };
            carried.amounts.apply(&movement);
            let text = RecordText::of_movement(&movement)?;
            let planned =
                PlannedMovement { feed: feed.clone(), movement, text, act: None, happened: None, origin: None };
            carried.movements.push(self.append_movement(planned, None)?);
        }
        let detail = format!(
            "{feed}: {} amounts of {} runs of records that only the hub had; {} movements told twice taken back",
            forward.amounts.len(),
            forward.runs.len(),
            carried.movements.len()
        );
        warn!(detail, "amounts carried forward");
        self.audit(wall_now(), "agent", "carry forward", &detail)?;
        self.book.carried.push(carried);
        Ok(())
    }

    /// What was weighed or counted in this life of a feed, of what `forward` is about. What somebody took back does not stand,
    /// and taking back is no look into a bin.
    fn seen_since(
        &self,
        feed: &FeedName,
        life: i64,
        forward: &Forward,
    ) -> Result<BTreeMap<(ItemCode, Place), Seen>, LedgerError> {
        let cells: BTreeSet<(&ItemCode, &Place)> = forward
            .amounts
            .iter()
            .filter(|held| held.place.is_on_site())
            .map(|held| (&held.item, &held.place))
            .collect();
        let mut seen = BTreeMap::new();
        if cells.is_empty() {
            return Ok(seen);
        }
        let stands = |movement: &Movement, key: i64| {
            movement.corrects.is_none() && !self.book.taken_back.contains(&(life, Key(key).seq()))
        };
        let mut read = || -> rusqlite::Result<()> {
            let mut select =
                self.db.prepare_cached("SELECT key, text FROM record WHERE key BETWEEN ? AND ? ORDER BY key")?;
            let mut rows = select.query([key::of(life, Seq(1)), key::last(life)])?;
            while let Some(row) = rows.next()? {
                match Record::parse(&packed::column(row, 1)?) {
                    Ok(Record::Movement(movement)) if is_sight(&movement) && stands(&movement, row.get(0)?) => {
                        let (here, against) = seen_place(&movement);
                        if cells.contains(&(&movement.item, here)) {
                            let cell = (movement.item.clone(), here.clone());
                            let against = against.clone();
                            seen.insert(cell, Seen { movement, against });
                        }
                    }
                    Ok(Record::Count(count)) if cells.contains(&(&count.item, &count.place)) => {
                        // It found what the books said, or the difference is the movement beside it.
                        let (item, place) = (count.item.clone(), count.place.clone());
                        seen.entry((item, place)).or_insert_with(|| Seen::of_count(count));
                    }
                    // What was seen before the damage was told once, and by books that were whole.
                    Ok(Record::Health(health)) if salvage::tells_of_missing(&health) => seen.clear(),
                    Ok(_) | Err(_) => {}
                }
            }
            Ok(())
        };
        read().map_err(LedgerError::Read)?;
        if !seen.is_empty() {
            warn!(%feed, places = seen.len(), "seen since the ledger forgot: told twice");
        }
        Ok(seen)
    }
}

impl Seen {
    fn of_count(count: Count) -> Self {
        let mut movement = Movement::new(count.at, count.item, Quantity::ONE, count.place, Place::Variance, count.by);
        (movement.source, movement.actor, movement.clock) = (Source::Count, count.actor, count.clock);
        Self { movement, against: Place::Variance }
    }
}

/// Whether somebody saw how many there are, and the books followed.
fn is_sight(movement: &Movement) -> bool {
    matches!(movement.source, Source::Scale | Source::Count) || movement.weighed_by.is_some()
}

/// The place that was seen, and where the difference came from or went. A scale sees its bin; parts go into it more often from
/// another bin than out of it into one.
fn seen_place(movement: &Movement) -> (&Place, &Place) {
    let (from, to) = (&movement.from, &movement.to);
    if matches!(to, Place::Bin(_)) || !from.is_on_site() { (to, from) } else { (from, to) }
}

/// The movement that leaves a place as it was seen: what the hub had of it was told once more since, to or from the same other
/// place. Where nothing may go back that way, it is a counted difference.
fn taking_back(held: &Held, seen: &Seen) -> Option<Movement> {
    let qty = Quantity::new(held.qty.unsigned_abs()).ok()?;
    let here = &held.place;
    let way = |there: &Place| if held.qty > 0 { (here.clone(), there.clone()) } else { (there.clone(), here.clone()) };
    let (mut from, mut to) = way(&seen.against);
    if Act::between(&from, &to).is_none() {
        (from, to) = way(&Place::Variance);
    }
    let mut movement = Movement::new(seen.movement.at, held.item.clone(), qty, from, to, seen.movement.by.clone());
    movement.source = seen.movement.source;
    movement.clock.clone_from(&seen.movement.clock);
    movement.reason = TOLD_TWICE.parse().ok();
    Some(movement)
}

/// The records of a feed that this ledger knows or has carried forward. Of the newest epoch whatever comes, but for what
/// damage took.
pub(super) fn known(db: &Connection, feed: &FeedName) -> rusqlite::Result<Vec<Run>> {
    let mut known = read(db)?.remove(feed).map_or_else(Vec::new, |brought| brought.runs);
    let mut lives = db.prepare_cached("SELECT life, epoch, through, trimmed FROM life WHERE feed = ? ORDER BY life")?;
    let seq =
        |row: &rusqlite::Row<'_>, column| Ok::<_, rusqlite::Error>(Seq(row.get::<_, i64>(column)?.cast_unsigned()));
    let lives = lives
        .query_map(params![feed.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, word::<Epoch>(row, 1)?, seq(row, 2)?, seq(row, 3)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let newest = lives.last().map(|(life, ..)| *life);
    for (life, epoch, through, trimmed) in lives {
        let recorded: Option<i64> = db
            .prepare_cached("SELECT max(key) FROM record WHERE key BETWEEN ? AND ?")?
            .query_row([key::of(life, Seq(1)), key::last(life)], |row| row.get(0))?;
        let recorded = recorded.map_or(Seq(0), |key| Key(key).seq());
        let last = if newest == Some(life) { Seq(SEQ_MAX) } else { through.max(trimmed).max(recorded) };
        let mut first = Seq(1);
        for (from, to) in holes(db, life)? {
            known.push(Run { epoch: epoch.clone(), first, last: from.before() });
            first = to.next();
        }
        known.push(Run { epoch, first, last });
    }
    known.retain(|run| run.first <= run.last);
    Ok(known)
}

/// The same, for a question; `None` where it would be too long to be asked.
pub(super) fn question(db: &Connection, feed: &FeedName) -> rusqlite::Result<Option<Vec<Run>>> {
    Ok(Some(known(db, feed)?).filter(|known| known.len() <= RUNS_MAX))
}

/// What was carried forward into each feed.
pub(super) fn read(db: &Connection) -> rusqlite::Result<BTreeMap<FeedName, Brought>> {
    let mut select = db.prepare_cached("SELECT name, text FROM kept WHERE kind = ?")?;
    let rows = select.query_map([KIND], |row| Ok((word::<FeedName>(row, 0)?, row.get::<_, String>(1)?)))?;
    let mut all = BTreeMap::new();
    for row in rows {
        let (feed, text) = row?;
        // What cannot be read is as if it had not come: the hub is asked again.
        if let Ok(brought) = serde_json::from_str(&text) {
            all.insert(feed, brought);
        }
    }
    Ok(all)
}

/// Takes a feed's newest epoch for answered: what its hub has may be in the amounts already, and nobody knows any more of
/// which records those are.
pub(super) fn waive(db: &Connection, feed: &FeedName, epoch: &Epoch) -> rusqlite::Result<()> {
    let mut brought = read(db)?.remove(feed).unwrap_or_else(|| Brought::none(epoch.clone()));
    brought.epoch.clone_from(epoch);
    let text = serde_json::to_string(&brought).expect("texts and numbers are JSON");
    db.execute("INSERT OR REPLACE INTO kept (kind, name, text) VALUES (?, ?, ?)", params![KIND, feed.as_str(), text])
        .map(drop)
}
