//! Reading on-hand.

use gateway_proto::{name::ItemCode, place::Place, time::WallTime};
use rusqlite::{Connection, Row, params};

use super::{StoreError, StoredFeed};
use crate::feed::FeedKey;

/// Base units of an item at a place, as the hub has folded them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldRow {
    pub(crate) feed: FeedKey,
    pub(crate) item: String,
    pub(crate) place: Place,
    pub(crate) qty: i64,
    /// When somebody last moved something here, by the site's clock where it trusted it.
    pub(crate) changed_at: WallTime,
}

/// What an amount at a place means to somebody who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PlaceKind {
    /// On site and usable, or nearly.
    Stock,
    /// Used, installed or scrapped: a running total.
    Gone,
    /// The other side of the books: the vendor, and what counts found or missed.
    Books,
}

impl PlaceKind {
    pub(crate) fn of(place: &Place) -> Self {
        match place {
            Place::Dock | Place::Bin(_) | Place::Bench | Place::Quarantine | Place::Field(_) => Self::Stock,
            Place::Asset(_) | Place::Used | Place::Scrap => Self::Gone,
            Place::Vendor | Place::Variance => Self::Books,
        }
    }
}

/// Everything held in these feeds: by item, places of stock first.
pub(crate) fn on_hand(
    db: &Connection,
    feeds: &[StoredFeed],
    item: Option<&ItemCode>,
) -> Result<Vec<HeldRow>, StoreError> {
    let mut held = Vec::new();
    let mut look = db.prepare_cached(
        "SELECT item, place, qty, changed_at FROM on_hand WHERE feed = ?1 AND (?2 IS NULL OR item = ?2)",
    )?;
    for feed in feeds {
        let mut rows = look.query(params![feed.id, item.map(ItemCode::as_str)])?;
        while let Some(row) = rows.next()? {
            held.push(read(&feed.key, row)?);
        }
    }
    held.sort_by_cached_key(|held| {
        (held.feed.clone(), held.item.clone(), PlaceKind::of(&held.place), held.place.to_string())
    });
    Ok(held)
}

/// What one item of one feed has at one place now.
pub(crate) fn on_hand_of(
    db: &Connection,
    feed: &StoredFeed,
    item: &ItemCode,
    place: &Place,
) -> Result<Option<HeldRow>, StoreError> {
    let mut look = db.prepare_cached(
        "SELECT item, place, qty, changed_at FROM on_hand WHERE feed = ?1 AND item = ?2 AND place = ?3",
    )?;
    let mut rows = look.query(params![feed.id, item.as_str(), place.to_string()])?;
    rows.next()?.map(|row| read(&feed.key, row)).transpose()
}

fn read(feed: &FeedKey, row: &Row<'_>) -> Result<HeldRow, StoreError> {
    let place: String = row.get(1)?;
    Ok(HeldRow {
        feed: feed.clone(),
        item: row.get(0)?,
        place: place.parse().map_err(|_| StoreError::Damaged { what: "place" })?,
        qty: row.get(2)?,
        changed_at: WallTime::from_millis(row.get(3)?),
    })
}
