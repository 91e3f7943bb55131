//! Making room: what is acknowledged goes before anything is refused.

use gateway_proto::name::FeedName;

use crate::ledger::{Fullness, Group, Ledger, LedgerError, Removal};

/// Bites of acknowledged records that are removed before anything is refused: ten thousand records.
const BITES_MAX: usize = 20;

/// Acknowledged records of a feed that stay while the disk is only getting short: what a hub that was put back to last
/// night's backup asks for.
const KEPT_WHEN_SHORT: u64 = 5_000;

/// Where the disk is short, acknowledged records go before their time, a few with every commit; says how many.
pub(super) fn make(book: &mut Group<'_>, fullness: Fullness) -> Result<u64, LedgerError> {
    let kept = match fullness {
        Fullness::Roomy => return Ok(0),
        Fullness::Warn => KEPT_WHEN_SHORT,
        Fullness::Tight | Fullness::Full => 0,
    };
    let feeds: Vec<FeedName> = book.feeds().cloned().collect();
    for feed in feeds {
        match book.trim(&feed, Removal::AllBut(kept))? {
            0 => {}
            removed => return Ok(removed),
        }
    }
    Ok(0)
}

/// Whether there is room again: others have freed it, or acknowledged records are removed for it now. Pages that become
/// free show late, when the last row of each is gone, so only what is removed says whether to go on.
pub(super) fn is_made(ledger: &mut Ledger) -> bool {
    for _ in 0..BITES_MAX {
        if ledger.look_for_room().fullness < Fullness::Full {
            return true;
        }
        match ledger.in_one_commit(|book| make(book, Fullness::Full)) {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
    }
    ledger.look_for_room().fullness < Fullness::Full
}
