//! What sites said of their untrusted clocks, and what it makes of a record's time.
//!
//! The time is worked out when a record is looked at: so a word on a boot counts for all its records, those of earlier epochs
//! and those still to come, and the record itself stays as it was sent. Order is never touched: it is the seq's.

use gateway_proto::{
    record::{ClockOffset, UntrustedClock},
    time::WallTime,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Deserialize;

use super::StoredFeed;

/// The part of a record that its time depends on.
#[derive(Deserialize)]
struct Timed {
    at: WallTime,
    clock: Option<UntrustedClock>,
}

/// Keeps what a site said of a boot; a later word replaces an earlier one.
pub(super) fn note(db: &Connection, feed: &StoredFeed, said: &ClockOffset) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO clock (feed, boot, zero, offset_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (feed, boot) DO UPDATE SET zero = excluded.zero, offset_ms = excluded.offset_ms",
    )?
    .execute(params![feed.id, said.boot.as_str(), said.zero.map(WallTime::millis), said.offset_ms])?;
    tracing::info!(feed = %feed.key, boot = %said.boot, "site has corrected the times of a boot");
    Ok(())
}

/// When a record was made, where its site did not trust its clock then and has corrected it since.
pub(super) fn corrected(db: &Connection, feed: i64, text: &str) -> Result<Option<WallTime>, rusqlite::Error> {
    // Nearly all records were made by a trusted clock; they are not read for this.
    if !text.contains(r#""clock""#) {
        return Ok(None);
    }
    let Ok(Timed { at, clock: Some(clock) }) = serde_json::from_str(text) else { return Ok(None) };
    let said: Option<(Option<i64>, i64)> = db
        .prepare_cached("SELECT zero, offset_ms FROM clock WHERE feed = ?1 AND boot = ?2")?
        .query_row(params![feed, clock.boot.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(said.map(|(zero, offset_ms)| {
        let millis = match zero {
            Some(zero) => zero.saturating_add(i64::try_from(clock.mono_ms).unwrap_or(i64::MAX)),
            None => at.millis().saturating_add(offset_ms),
        };
        WallTime::from_millis(millis)
    }))
}
