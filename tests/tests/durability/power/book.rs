//! What must be in a ledger: the test's own account of what it was answered. Shares no code with the agent: records in one
//! row, epochs left out, because a new epoch changes nothing of what was recorded.

use std::collections::{BTreeMap, BTreeSet};

/// A movement, told from all others by who reported it: each report has a device of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) by: String,
    pub(super) item: String,
    pub(super) qty: u64,
    pub(super) from: String,
    pub(super) to: String,
}

/// One feed's records, through all its epochs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FeedBook {
    pub(super) records: Vec<Moved>,
    /// How many of them, from the first, are settled.
    pub(super) settled: usize,
    /// Refused by the hub, by place in `records`. Those that are not settled wait for the hub to be told.
    pub(super) aside: BTreeSet<usize>,
    /// Declared lost.
    pub(super) lost: BTreeSet<usize>,
    /// Where the newest epoch begins: nothing before it is taken back.
    pub(super) base: usize,
    /// Units that no record here says, by item and place: the hub had them beside the ledger.
    pub(super) brought: BTreeMap<(String, String), i64>,
}

/// All that a ledger holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Book {
    pub(super) feeds: BTreeMap<String, FeedBook>,
    /// Facts by kind and name.
    pub(super) kept: BTreeMap<(String, String), String>,
}

/// One thing that a commit does.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Record {
        feed: String,
        moved: Moved,
    },
    Keep {
        name: String,
        text: String,
    },
    Forget {
        name: String,
    },
    /// Settled up to this place, some refused, or all of it lost.
    Settle {
        feed: String,
        to: usize,
        refused: Vec<usize>,
        lost: bool,
    },
    Rewind {
        feed: String,
        to: usize,
    },
    SetAside {
        feed: String,
        at: usize,
    },
    NewEpoch {
        feed: String,
    },
    /// The hub knew of so many used out of a bin; where a scale had told it again, that is taken back.
    BringForward {
        feed: String,
        used: Moved,
        taken_back: Option<Moved>,
    },
}

/// The kind of all facts here.
pub(super) const KIND: &str = "shelf";

impl Book {
    pub(super) fn feed(&mut self, feed: &str) -> &mut FeedBook {
        self.feeds.entry(feed.to_owned()).or_default()
    }

    pub(super) fn with(&self, deeds: &[Deed]) -> Self {
        let mut book = self.clone();
        deeds.iter().for_each(|deed| book.apply(deed));
        book
    }

    fn apply(&mut self, deed: &Deed) {
        match deed {
            Deed::Record { feed, moved } => self.feed(feed).records.push(moved.clone()),
            Deed::Keep { name, text } => drop(self.kept.insert((KIND.to_owned(), name.clone()), text.clone())),
            Deed::Forget { name } => drop(self.kept.remove(&(KIND.to_owned(), name.clone()))),
            Deed::Settle { feed, to, refused, lost } => {
                let feed = self.feed(feed);
                feed.aside.extend(refused);
                if *lost {
                    feed.lost.extend(feed.settled..*to);
                }
                feed.settled = feed.settled.max(*to);
            }
            Deed::Rewind { feed, to } => {
                let feed = self.feed(feed);
                feed.settled = feed.settled.min(*to);
                feed.aside.retain(|at| at < to);
                feed.lost.retain(|at| at < to);
            }
            Deed::SetAside { feed, at } => drop(self.feed(feed).aside.insert(*at)),
            Deed::NewEpoch { feed } => {
                let feed = self.feed(feed);
                let settled = feed.settled;
                feed.aside.retain(|at| *at < settled);
                feed.base = settled;
            }
            Deed::BringForward { feed, used, taken_back } => {
                let feed = self.feed(feed);
                add(&mut feed.brought, used);
                feed.records.extend(taken_back.clone());
            }
        }
    }

    /// Base units by item and place; what is nowhere is left out.
    pub(super) fn on_hand(&self) -> BTreeMap<(String, String), i64> {
        let mut held = BTreeMap::new();
        for feed in self.feeds.values() {
            feed.records.iter().for_each(|moved| add(&mut held, moved));
            for (cell, units) in &feed.brought {
                *held.entry(cell.clone()).or_default() += units;
            }
        }
        held.retain(|_, units| *units != 0);
        held
    }
}

fn add(held: &mut BTreeMap<(String, String), i64>, moved: &Moved) {
    let qty = i64::try_from(moved.qty).unwrap();
    *held.entry((moved.item.clone(), moved.from.clone())).or_default() -= qty;
    *held.entry((moved.item.clone(), moved.to.clone())).or_default() += qty;
}
