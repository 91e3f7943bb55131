//! Chores: what the ledger does for itself and for those who look after it, beside recording what people and devices say.

use gateway_proto::{
    name::{FeedName, Text},
    record::ClockOffset,
    time::WallTime,
};
use serde_json::{Map, Value};

use crate::ledger::{AsideAct, AsideKey, AsideOutcome, Fullness, Group, LedgerError, Removal};

/// Something the ledger does for itself.
#[derive(Debug, Clone)]
pub enum Chore {
    /// Appends a checkpoint to a feed.
    Checkpoint { feed: FeedName, at: WallTime },
    /// Tells a feed when a boot with a wrong clock really was.
    Clock { feed: FeedName, offset: ClockOffset },
    /// Tells a feed how the site is.
    Health { feed: FeedName, body: Map<String, Value> },
    /// Removes acknowledged records of a feed that are older.
    Trim { feed: FeedName, before: WallTime },
    /// Writes what waits for the next commit, where none has come.
    Flush,
    /// Does something to a record that is set aside.
    Tend { of: AsideKey, act: AsideAct, actor: Text, at: WallTime },
}

/// What came of a chore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// So many records were appended.
    Appended(u64),
    /// So many were removed.
    Trimmed(u64),
    Tended(AsideOutcome),
    /// The disk is too full for it.
    Waived,
}

/// Does one, unless the disk is too full for it.
pub(super) fn carry_out(book: &mut Group<'_>, chore: Chore, fullness: Fullness) -> Result<Done, LedgerError> {
    // In the order of what can be missed: the hub learns less, the movements are all there.
    let waived = match &chore {
        Chore::Health { .. } => fullness >= Fullness::Warn,
        Chore::Checkpoint { .. } => fullness >= Fullness::Tight,
        Chore::Clock { .. } | Chore::Trim { .. } | Chore::Flush | Chore::Tend { .. } => false,
    };
    if waived {
        return Ok(Done::Waived);
    }
    Ok(match chore {
        Chore::Checkpoint { feed, at } => Done::Appended(book.append_checkpoint(&feed, at)?),
        Chore::Clock { feed, offset } => {
            book.append_clock(&feed, offset)?;
            Done::Appended(1)
        }
        Chore::Health { feed, body } => {
            book.append_health(&feed, body)?;
            Done::Appended(1)
        }
        Chore::Flush => Done::Appended(0),
        Chore::Trim { feed, before } => Done::Trimmed(book.trim(&feed, Removal::Before(before))?),
        Chore::Tend { of, act, actor, at } => Done::Tended(book.tend(&of, act, &actor, at)?),
    })
}
