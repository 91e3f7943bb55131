//! Applies movements to on-hand. Balances are read once and kept in memory for as long as nobody else writes the file;
//! what has changed is written once a commit.

use std::collections::HashMap;

use gateway_proto::{name::ItemCode, place::Place, time::WallTime};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::meaning::Moves;

/// Balances kept in memory over all feeds, about 200 bytes each. Beyond it they are forgotten and read again.
const KEPT_MAX: usize = 200_000;

/// The balances that were touched, of every feed.
#[derive(Debug, Default)]
pub(super) struct Folds {
    feeds: HashMap<i64, HashMap<ItemCode, HashMap<Place, Balance>>>,
    kept: usize,
    /// What is not written yet.
    changed: Vec<(i64, ItemCode, Place)>,
    /// SQLite's number for what others have written; see [`Folds::begin`].
    data_version: i64,
}

#[derive(Debug, Clone, Copy)]
struct Balance {
    qty: i64,
    /// When somebody last moved something here; `None` while it is as written.
    changed_at: Option<WallTime>,
}

/// A movement that no 64-bit balance can take.
#[derive(Debug)]
pub(super) struct Overflow;

impl Folds {
    /// To be called inside each transaction before anything else: forgets what another process may have changed, such as
    /// a person who replays parked records beside a running hub.
    pub(super) fn begin(&mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        let data_version = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if data_version != self.data_version || self.kept > KEPT_MAX || !self.changed.is_empty() {
            *self = Self { data_version, ..Self::default() };
        }
        Ok(())
    }

    /// Applies one movement: all of it, or nothing where a balance would overflow.
    pub(super) fn apply(
        &mut self,
        db: &Connection,
        feed: i64,
        moves: &Moves,
        received_at: WallTime,
    ) -> Result<Result<(), Overflow>, rusqlite::Error> {
        let Some([(from, out), (to, into)]) = &moves.legs else { return Ok(Ok(())) };
        let places = self.feeds.entry(feed).or_default();
        if !places.contains_key(&moves.item) {
            places.insert(moves.item.clone(), HashMap::new());
        }
        let places = places.get_mut(&moves.item).expect("it has just been put there");
        for place in [from, to] {
            if !places.contains_key(place) {
                let qty = read(db, feed, &moves.item, place)?;
                places.insert(place.clone(), Balance { qty, changed_at: None });
                self.kept += 1;
            }
        }
        let after = |place: &Place, units: i64| places.get(place).and_then(|balance| balance.qty.checked_add(units));
        let (Some(less), Some(more)) = (after(from, *out), after(to, *into)) else { return Ok(Err(Overflow)) };
        let changed_at = Some(moves.at.unwrap_or(received_at));
        for (place, qty) in [(from, less), (to, more)] {
            if let Some(balance) = places.get_mut(place) {
                if balance.changed_at.is_none() {
                    self.changed.push((feed, moves.item.clone(), place.clone()));
                }
                *balance = Balance { qty, changed_at };
            }
        }
        Ok(Ok(()))
    }

    /// Writes what has changed. Later movements may follow.
    pub(super) fn write(&mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let mut write = db.prepare_cached(
            "INSERT INTO on_hand (feed, item, place, qty, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (feed, item, place) DO UPDATE SET qty = excluded.qty, changed_at = excluded.changed_at",
        )?;
        for (feed, item, place) in &self.changed {
            let Some(balance) = self.feeds.get_mut(feed).and_then(|items| items.get_mut(item)?.get_mut(place)) else {
                continue;
            };
            if let Some(changed_at) = balance.changed_at.take() {
                write.execute(params![feed, item.as_str(), place.to_string(), balance.qty, changed_at.millis()])?;
            }
        }
        self.changed.clear();
        Ok(())
    }

    /// Forgets everything: what was in memory did not become true.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

fn read(db: &Connection, feed: i64, item: &ItemCode, place: &Place) -> Result<i64, rusqlite::Error> {
    Ok(db
        .prepare_cached("SELECT qty FROM on_hand WHERE feed = ?1 AND item = ?2 AND place = ?3")?
        .query_row(params![feed, item.as_str(), place.to_string()], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn what_another_process_wrote_is_not_overwritten_from_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let (db, _) = schema::open_writer(&path).unwrap();
        db.execute("INSERT INTO feed (id, site, name) VALUES (1, 'plant-7', 'acme')", []).unwrap();
        let mut folds = Folds::default();
        let mut five_more = || {
            let tx = db.unchecked_transaction().unwrap();
            folds.begin(&tx).unwrap();
            let legs = Some([(Place::Vendor, -5), (Place::Dock, 5)]);
            let moves = Moves { item: "A".parse().unwrap(), legs, at: None };
            folds.apply(&tx, 1, &moves, WallTime::from_millis(0)).unwrap().unwrap();
            folds.write(&tx).unwrap();
            tx.commit().unwrap();
        };
        five_more();
        let other = schema::open_beside(&path).unwrap();
        other.execute("UPDATE on_hand SET qty = qty + 100 WHERE place = 'dock'", []).unwrap();
        five_more();
        let dock: i64 = other.query_row("SELECT qty FROM on_hand WHERE place = 'dock'", [], |row| row.get(0)).unwrap();
        assert_eq!(dock, 110);
    }
}
