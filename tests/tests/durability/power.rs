//! Power cuts, and errors at every operation, under the code that ships.
//!
//! A run is a [`Site`](site::Site) or a [`Vendor`](vendor::Vendor) on a [`cutdisk::World`]. Beside it goes a book, kept by
//! the test from what was *answered*. Whenever the power comes back, what is in the file must be that book, or that book
//! with the one commit that was under way, whole.
//!
//! [`book`], [`site`] the agent's side · [`vendor`] the hub's · the rest are the tests, by what they do.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test names the one arm it expects")]

#[path = "power/book.rs"]
mod book;
#[path = "power/site.rs"]
mod site;
#[path = "power/vendor.rs"]
mod vendor;

#[path = "power/at_every_operation.rs"]
mod at_every_operation;
#[path = "power/beside_a_look.rs"]
mod beside_a_look;
#[path = "power/canaries.rs"]
pub(crate) mod canaries;
#[path = "power/hub_cuts.rs"]
mod hub_cuts;
#[path = "power/joined_cuts.rs"]
mod joined_cuts;
#[path = "power/migration.rs"]
mod migration;
#[path = "power/site_cuts.rs"]
mod site_cuts;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use rusqlite::{Connection, OpenFlags};
use sim::Random;
use tests::{seed, skip::say};

/// After so many runs a long one says how far it is.
const SAID_EVERY: u64 = 1_000;

/// What a run went through, by name. A run that exercised nothing proves nothing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    pub(crate) fn add(&mut self, what: &'static str, n: u64) {
        *self.0.entry(what).or_default() += n;
    }

    pub(crate) fn one(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    fn take(&mut self, other: Self) {
        other.0.into_iter().for_each(|(what, n)| self.add(what, n));
    }

    pub(crate) fn must_have(&self, all: &[&str]) {
        for what in all {
            assert!(self.0.contains_key(what), "no run saw: {what}");
        }
    }
}

/// How many runs: a hundred times as many on demand.
fn runs(few: u64) -> std::ops::Range<u64> {
    seed::numbered(few, few * 100)
}

/// Whether only a part of the runs was asked for, which need not meet everything that all of them do.
pub(crate) fn is_part() -> bool {
    ["SEED", "SEEDS"].into_iter().any(|name| std::env::var_os(name).is_some())
}

/// Runs every seed, on all cores, and says what they went through. The first that fails is named and fails the test.
pub(crate) fn every(
    test: &str,
    seeds: std::ops::Range<u64>,
    run: impl Fn(u64, &mut Random, &mut Tally) + Sync,
) -> Tally {
    let begin = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(None);
    let tally = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(16));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = Tally::default();
                while failed.lock().unwrap().is_none() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let done = seed - seeds.start;
                    if done > 0 && done.is_multiple_of(SAID_EVERY) {
                        say(&format!(
                            "{test}: {done} of {} in {:.0} s",
                            seeds.end - seeds.start,
                            begin.elapsed().as_secs_f64()
                        ));
                    }
                    let outcome = catch_unwind(AssertUnwindSafe(|| run(seed, &mut Random::seeded(seed), &mut mine)));
                    if let Err(panic) = outcome {
                        *failed.lock().unwrap() = Some((seed, panic));
                    }
                }
                tally.lock().unwrap().take(mine);
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    if let Some((seed, panic)) = failed.into_inner().unwrap() {
        say(&format!("FAILED {test}: replay with SEED={seed}"));
        resume_unwind(panic);
    }
    let counts: Vec<_> = tally.0.iter().map(|(what, n)| format!("{n} {what}")).collect();
    let seconds = begin.elapsed().as_secs_f64();
    say(&format!("{test}: seeds {seeds:?} in {seconds:.1} s: {}", counts.join(", ")));
    tally
}

/// A look into a ledger or a store that does not end until it is dropped.
fn look(file: &Path) -> Connection {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.execute_batch("BEGIN").unwrap();
    let _: i64 = db.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
    db
}

pub(crate) fn percent(random: &mut Random, chance: u64) -> bool {
    random.below(100) < chance
}

pub(crate) fn index(random: &mut Random, len: usize) -> usize {
    usize::try_from(random.below(len as u64)).unwrap()
}
