//! A backlog that is there before the agent starts: what a site has recorded in the weeks in which no hub could be reached,
//! written by the ledger's own code and read by the agent like any other.

use std::{path::Path, sync::Arc};

use agent::{
    ledger::Ledger,
    movement::entry::{Entry, Origin, OriginKind},
    register::catalog::Catalog,
};
use gateway_proto::{movement::Movement, quantity::Quantity, time::WallTime};

use crate::emitted::{Emitted, Part};

/// Movements in one commit.
const GROUP: u64 = 500;

/// Pieces of one movement count from here, so that no scan is taken for one of them.
pub const FIRST_QTY: u64 = 10_000_000;

/// The ledger of a site that does not run, with these items of one feed.
///
/// # Panics
/// When the ledger cannot be opened or written.
#[must_use]
pub fn ledger(state_dir: &Path, feed: &str, items: &[&str]) -> Ledger {
    let feed: gateway_proto::name::FeedName = feed.parse().expect("a feed's name");
    let mut catalog = Catalog::default();
    for item in items {
        catalog.add(item.parse().expect("an item's code"), feed.clone(), []);
    }
    Ledger::open(state_dir, &[feed], Arc::new(catalog)).expect("open the ledger")
}

/// Records so many movements, spread evenly over so many days before now, each with a quantity of its own.
///
/// # Panics
/// As [`ledger`].
pub fn record(state_dir: &Path, feed: &str, items: &[&str], count: u64, days: u64, emitted: &Emitted) {
    let mut ledger = ledger(state_dir, feed, items);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    let span = days * 86_400_000;
    let begin = u64::try_from(now.as_millis()).expect("a time of this age") - span;
    let place = |text: &str| text.parse().expect("a place");
    for first in (0..count).step_by(usize::try_from(GROUP).expect("small")) {
        let group = (first..(first + GROUP).min(count)).map(|n| {
            let index = usize::try_from(n % items.len() as u64).expect("small");
            let part = Part::new(items[index], FIRST_QTY + n);
            emitted.mean(&part);
            emitted.promise(&part);
            let at = WallTime::from_millis((begin + span / count * n).cast_signed());
            let (item, by) =
                (part.item.parse().expect("an item's code"), "gateway-1".parse().expect("a device's name"));
            let qty = Quantity::new(part.qty).expect("a quantity");
            let origin = Origin::new(OriginKind::Id, &[b"backlog", n.to_string().as_bytes()], true);
            let movement = Movement::new(at, item, qty, place("vendor"), place("dock"), by);
            Entry::movement(movement, Some(origin)).expect("a movement of the table")
        });
        let group: Vec<Entry> = group.collect();
        let recorded = ledger.in_one_commit(|book| {
            for entry in group {
                book.append(entry)?.expect("a movement that breaks no rule");
            }
            Ok(())
        });
        recorded.expect("record the backlog");
    }
}
