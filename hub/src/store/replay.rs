//! Applies parked movements once their item is known: when the hub starts, when its configuration is read anew, and when a
//! person asks. One transaction per feed, in which each movement is marked as applied: a crash replays nothing twice, and
//! neither do two processes that replay at the same time.

use gateway_proto::{name::ItemCode, time::WallTime};
use rusqlite::{Connection, TransactionBehavior, params};

use super::{StoredFeed, fold::Folds, meaning::Meaning};

/// Applies what `knows` accepts now; says how many movements.
pub(super) fn replay(
    db: &mut Connection,
    feed: &StoredFeed,
    knows: impl Fn(&ItemCode) -> bool,
    now: WallTime,
) -> Result<u64, rusqlite::Error> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let wanted = parked(&tx, feed, knows)?;
    if wanted.is_empty() {
        return Ok(0);
    }
    let mut replays: i64 = tx.query_row("SELECT replays FROM feed WHERE id = ?1", [feed.id], |row| row.get(0))?;
    let mut replayed = 0;
    let mut folds = Folds::default();
    folds.begin(&tx)?;
    for key in wanted {
        let text: String = tx.query_row("SELECT text FROM record WHERE key = ?1", [key], |row| row.get(0))?;
        let Meaning::Moves(moves) = Meaning::of(&text) else { continue };
        if folds.apply(&tx, feed.id, &moves, now)?.is_err() {
            // It stays parked. Such an amount is nothing a site can have.
            continue;
        }
        replays += 1;
        replayed += 1;
        tx.execute(
            "UPDATE refused SET replay = ?2, replayed_at = ?3 WHERE key = ?1",
            params![key, replays, now.millis()],
        )?;
    }
    folds.write(&tx)?;
    tx.execute("UPDATE feed SET replays = ?2 WHERE id = ?1", [feed.id, replays])?;
    tx.commit()?;
    Ok(replayed)
}

/// The keys of what waits and is known now, oldest first. Texts are read one by one later: there may be many.
fn parked(db: &Connection, feed: &StoredFeed, knows: impl Fn(&ItemCode) -> bool) -> Result<Vec<i64>, rusqlite::Error> {
    let mut wanted = Vec::new();
    let mut parked = db.prepare(
        "SELECT key, item FROM refused WHERE feed = ?1 AND replay IS NULL AND code = 'unknown_item' ORDER BY key",
    )?;
    let mut rows = parked.query([feed.id])?;
    while let Some(row) = rows.next()? {
        let item: Option<String> = row.get(1)?;
        if item.and_then(|item| item.parse().ok()).is_some_and(|item| knows(&item)) {
            wanted.push(row.get(0)?);
        }
    }
    Ok(wanted)
}
