//! What the hub has of a feed beside what the site names as known to it: the fold of those records, whether they were
//! applied or are parked. For a site that was put back to an image, has a new disk, or lost records to damage.

use gateway_proto::{
    chain::Epoch,
    forward::{Forward, Run, unknown},
    limits::FORWARD_LEN_MAX,
    on_hand::OnHand,
    record::{Held, Seq},
};
use rusqlite::{Connection, params};

use super::{StoredFeed, count, meaning::Meaning, record_key};

/// Records that are folded for one answer, in about a second: the site waits for it, and so do all others.
const RECORDS_MAX: u64 = 500_000;

/// Folds what is here of a feed and not in `known`. `None` where that is more than an answer can be about: the site goes on
/// without, and its checkpoints say how far the two are apart.
pub(super) fn forward(db: &Connection, feed: &StoredFeed, known: &[Run]) -> Result<Option<Forward>, rusqlite::Error> {
    let mut runs = Vec::new();
    for (id, epoch, through) in epochs(db, feed)? {
        runs.extend(unknown(&epoch, through, known).into_iter().map(|run| (id, run)));
    }
    let records = runs.iter().map(|(_, run)| run.last.0 - run.first.0 + 1).sum::<u64>();
    if records > RECORDS_MAX {
        tracing::warn!(feed = %feed.key, records, "too many records that the site does not know; its amounts stay without them");
        return Ok(None);
    }
    let mut fold = OnHand::default();
    for (id, run) in &runs {
        add(db, *id, run, &mut fold)?;
    }
    let runs = runs.into_iter().map(|(_, run)| run).collect();
    let forward = Forward { runs, amounts: Held::list(&fold) };
    let len = serde_json::to_vec(&forward).map_or(usize::MAX, |json| json.len());
    if len > FORWARD_LEN_MAX {
        tracing::warn!(feed = %feed.key, len, "too many amounts that the site does not know; it stays without them");
        return Ok(None);
    }
    if !forward.runs.is_empty() {
        let (runs, amounts) = (forward.runs.len(), forward.amounts.len());
        tracing::info!(feed = %feed.key, runs, records, amounts, "site asked for what it does not know");
    }
    Ok(Some(forward))
}

fn epochs(db: &Connection, feed: &StoredFeed) -> Result<Vec<(i64, Epoch, Seq)>, rusqlite::Error> {
    let mut look = db.prepare_cached("SELECT id, name, through FROM epoch WHERE feed = ?1 ORDER BY number")?;
    let mut rows = look.query(params![feed.id])?;
    let mut epochs = Vec::new();
    while let Some(row) = rows.next()? {
        // Names that no site could have sent are none that it could know.
        if let Ok(name) = row.get_ref(1)?.as_str()?.parse() {
            epochs.push((row.get(0)?, name, Seq(count(row.get(2)?))));
        }
    }
    Ok(epochs)
}

fn add(db: &Connection, epoch: i64, run: &Run, fold: &mut OnHand) -> Result<(), rusqlite::Error> {
    let mut look = db.prepare_cached("SELECT text FROM record WHERE key BETWEEN ?1 AND ?2")?;
    let mut rows = look.query([record_key(epoch, run.first), record_key(epoch, run.last)])?;
    while let Some(row) = rows.next()? {
        if let Meaning::Moves(moves) = Meaning::of(row.get_ref(0)?.as_str()?)
            && let Some(legs) = &moves.legs
        {
            legs.iter().for_each(|(place, units)| fold.add(&moves.item, place, *units));
        }
    }
    Ok(())
}
