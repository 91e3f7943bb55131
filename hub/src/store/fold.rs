//! Applies movements to a feed's on-hand inside one transaction: balances are read once, kept while a batch is applied,
//! and written once.

use std::collections::HashMap;

use gateway_proto::{movement::Movement, name::ItemCode, on_hand::OnHand, place::Place, time::WallTime};
use rusqlite::{Connection, OptionalExtension as _, params};

/// The balances of one feed that a batch touches.
pub(super) struct Fold<'c> {
    db: &'c Connection,
    feed: i64,
    balances: HashMap<(ItemCode, Place), Balance>,
}

struct Balance {
    qty: i64,
    /// When somebody last moved something here; `None` while only read.
    changed_at: Option<WallTime>,
}

/// A movement that no 64-bit balance can take.
#[derive(Debug)]
pub(super) struct Overflow;

impl<'c> Fold<'c> {
    pub(super) fn new(db: &'c Connection, feed: i64) -> Self {
        Self { db, feed, balances: HashMap::new() }
    }

    /// Applies one movement: all of it, or nothing where a balance would overflow.
    pub(super) fn apply(
        &mut self,
        movement: &Movement,
        received_at: WallTime,
    ) -> Result<Result<(), Overflow>, rusqlite::Error> {
        // What a movement does to balances is the protocol's to say, so its legs come from there.
        let mut legs = OnHand::default();
        legs.apply(movement);
        let mut after = Vec::with_capacity(2);
        for (item, place, units) in legs.iter() {
            match self.qty(item, place)?.checked_add(units) {
                Some(qty) => after.push((item.clone(), place.clone(), qty)),
                None => return Ok(Err(Overflow)),
            }
        }
        // A clock that the site itself did not trust is no time to show people.
        let changed_at = Some(if movement.clock.is_some() { received_at } else { movement.at });
        for (item, place, qty) in after {
            self.balances.insert((item, place), Balance { qty, changed_at });
        }
        Ok(Ok(()))
    }

    /// Writes what has changed. Later movements may follow.
    pub(super) fn write(&mut self) -> Result<(), rusqlite::Error> {
        let mut write = self.db.prepare_cached(
            "INSERT INTO on_hand (feed, item, place, qty, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (feed, item, place) DO UPDATE SET qty = excluded.qty, changed_at = excluded.changed_at",
        )?;
        for ((item, place), balance) in &mut self.balances {
            if let Some(changed_at) = balance.changed_at.take() {
                write.execute(params![
                    self.feed,
                    item.as_str(),
                    place.to_string(),
                    balance.qty,
                    changed_at.millis()
                ])?;
            }
        }
        Ok(())
    }

    fn qty(&mut self, item: &ItemCode, place: &Place) -> Result<i64, rusqlite::Error> {
        let key = (item.clone(), place.clone());
        if let Some(balance) = self.balances.get(&key) {
            return Ok(balance.qty);
        }
        let qty = self
            .db
            .prepare_cached("SELECT qty FROM on_hand WHERE feed = ?1 AND item = ?2 AND place = ?3")?
            .query_row(params![self.feed, item.as_str(), place.to_string()], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        self.balances.insert(key, Balance { qty, changed_at: None });
        Ok(qty)
    }
}
