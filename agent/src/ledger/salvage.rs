//! Salvage: what is still there of a ledger whose file is damaged, so that the agent always starts.
//!
//! A damaged ledger is set aside whole ([`set_aside`]), read in place ([`salvage`]), and what is proved of it becomes a new
//! file ([`restore_into`]), in one commit. Everything else is told: to the vendors in their feeds, to people in the status.
//!
//! ```text
//!  ledger.db ─▶ damaged-1-…/ ─▶ image ─▶ rows ─▶ proof ─▶ new ledger.db
//!  + log        (never removed)  pages    cells    chain     records · holes · a notice in each feed
//! ```
//!
//! # How a feed goes on, and why nothing is counted twice
//!
//! A record's identity is (feed, epoch, seq), and the hub keeps it. So **what is salvaged keeps its epoch and its seq**: what
//! the hub has already it acknowledges again, whatever this file still knows of its acknowledgements. A new epoch for
//! records that were perhaps delivered would count them twice, since nothing here can tell which were.
//!
//! - **Holes.** Seqs that are missing, or whose text nothing proves, are declared lost in their place, a hole at a time, with
//!   the link after it, which the next record proves. Where the hub has some of them, they are known to it and stay; the
//!   declaration covers the rest. The first record after a hole is always part of it: the link before it is gone, so it
//!   could be neither proved nor sent.
//! - **The end.** Seqs of which the file only shows that there were some are a hole at the end. Records that vanished without
//!   a trace are beyond counting; then the hub's history goes on beyond ours, its answer says so (`through` beyond what is
//!   recorded, or `fork`), and the rule for restored ledgers begins a new epoch with what was recorded since.
//! - **The settled position.** It is believed if the conservation identity of its life holds; else the life is offered again
//!   from its first record. A life that is settled, with its end lost, gets a successor at once: its chain cannot go on.
//! - **The epoch.** Proved by the first record, else it must agree with its index. A life of unknown epoch or feed is never
//!   sent: its records would be new to the hub, or another vendor's.
//! - **The notice.** Each feed's first new record is a `health` record: what is missing, and whether more may be.
//!
//! Lost: a new epoch with all that is not known to be settled. It tells the vendor of the damage more plainly, and doubles
//! every record whose acknowledgement went with the damage.
//!
//! [`cell`] a page's cells · [`image`] the pages of file and log · [`rows`] what they hold · [`proof`] the chain ·
//! [`find`] a life of a feed as it was found · [`restore`] the new file · [`apart`] the folders · [`damage`] which errors are
//! damage · [`follow`] the chain of a file that is read at a start

mod apart;
mod cell;
mod damage;
mod find;
mod follow;
mod image;
mod proof;
mod report;
mod restore;
mod rows;

use self::image::Image;
pub(super) use self::restore::keep_life;
pub use self::{
    apart::{Apart, apart, resume, set_aside},
    damage::{Fault, fault, is_damaged, note, noted, reads_badly},
    find::{Salvaged, salvage},
    follow::{Broken, Follow},
    proof::Hole,
    report::{FeedReport, Report},
    restore::{Terms, is_restored, restore_into},
};

pub(super) use self::report::tells_of_missing;

/// Whether the ledger's log has commits that SQLite would pass over without a word. To be asked before it opens the file:
/// when it closes it, they are gone.
#[must_use]
pub fn log_hides_commits(state_dir: &std::path::Path) -> bool {
    Image::open(state_dir).hides_commits()
}

#[cfg(test)]
mod tests;
