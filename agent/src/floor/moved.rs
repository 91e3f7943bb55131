//! The newest movements of the site, for people who look at a bin. The ledger has them all; this is what fits on a page,
//! so that looking costs neither the ledger nor its disk anything.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use gateway_proto::{
    movement::Movement,
    name::{FeedName, PlaceName},
    place::Place,
    record::Seq,
};

use crate::movement::entry::Recorded;

/// Movements of the whole site that are remembered: a day of a busy one, half a megabyte.
pub const MOVED_MAX: usize = 1_000;

/// A movement and where it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub feed: FeedName,
    pub seq: Seq,
    pub movement: Movement,
}

/// The newest movements, and the newest of each bin.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// Oldest first.
    all: VecDeque<Arc<Moved>>,
    of_bin: BTreeMap<PlaceName, Arc<Moved>>,
}

impl Newest {
    pub(super) fn recorded(&mut self, recorded: &Recorded) {
        let Recorded { feed, seq, movement, .. } = recorded;
        self.push(Moved { feed: feed.clone(), seq: *seq, movement: movement.clone() });
    }

    pub(super) fn push(&mut self, moved: Moved) {
        let moved = Arc::new(moved);
        for place in [&moved.movement.from, &moved.movement.to] {
            if let Place::Bin(bin) = place {
                self.of_bin.insert(bin.clone(), moved.clone());
            }
        }
        self.all.push_back(moved);
        if self.all.len() > MOVED_MAX {
            self.all.pop_front();
        }
    }

    pub(super) fn of(&self, bin: &PlaceName) -> Option<&Arc<Moved>> {
        self.of_bin.get(bin)
    }

    /// Newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Moved>> {
        self.all.iter().rev()
    }
}
