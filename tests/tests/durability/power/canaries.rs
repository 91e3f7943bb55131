//! The oracle is checked: with a defect planted, the runs that pass otherwise must fail, and for the right reason.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
};

use cutdisk::Survival;
use sim::Random;
use tests::skip::say;

use super::{
    Tally,
    joined_cuts::{self, Plant},
    site::{FEEDS, Site, work},
    vendor::{self, Sender, Vendor},
};

/// Runs in which a defect must show.
const RUNS: u64 = 200;

/// It has shown when that many have found it.
const ENOUGH: usize = 4;

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What a run panics with; `None` when it passes. Its panic is not printed: it is what is wanted.
pub(crate) fn panics_with(run: impl FnOnce()) -> Option<String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                loud(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    IS_QUIET.set(false);
    let panic = outcome.err()?;
    let said = panic.downcast_ref::<String>().cloned();
    Some(said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned())).unwrap_or_default())
}

/// Runs until enough have failed with a message that has one of `reasons` in it.
fn caught(defect: &str, reasons: &[&str], run: impl Fn(u64, &mut Random)) {
    let (mut runs, mut right, mut other) = (0, Vec::new(), Vec::new());
    while runs < RUNS && right.len() < ENOUGH {
        match panics_with(|| run(runs, &mut Random::seeded(runs))) {
            Some(said) if reasons.iter().any(|reason| said.contains(reason)) => right.push(said),
            Some(said) => other.push(said),
            None => {}
        }
        runs += 1;
    }
    let first = right.first().and_then(|said| said.lines().next()).unwrap_or("");
    say(&format!("{defect}: caught in {} of {runs} runs, in {} otherwise; {first}", right.len(), other.len()));
    assert!(right.len() >= ENOUGH, "{defect} was not caught: {other:?}");
}

fn cut(site: &mut Site, random: &mut Random) {
    for _ in 0..4 {
        site.world.cut_at(1 + random.below(120));
        work(site, 12, random, &mut Tally::default());
        site.restart(Survival::by(random.bits()));
        site.reopen();
    }
}

#[test]
fn a_ledger_whose_commits_are_not_synced_is_caught_losing() {
    let template = Site::template();
    // What `synchronous=NORMAL` comes to between two checkpoints, and what a drive that lies makes of FULL.
    caught("syncs of the ledger's WAL swallowed", &["neither what was answered"], |_, random| {
        let mut site = Site::like(&template);
        site.world.lies_about("-wal");
        cut(&mut site, random);
    });
}

#[test]
fn a_store_whose_commits_are_not_synced_is_caught_losing() {
    caught("syncs of the hub's WAL swallowed", &["neither what was answered"], |_, random| {
        let mut vendor = Vendor::unmade();
        vendor.reopen();
        vendor.world.lies_about("-wal");
        let mut senders = FEEDS.map(|(feed, _)| Sender::new(feed));
        for _ in 0..4 {
            vendor.world.cut_at(1 + random.below(120));
            vendor::work(&mut vendor, &mut senders, 12, random, &mut Tally::default());
            vendor.restart(Survival::by(random.bits()));
            vendor.reopen();
        }
    });
}

fn joined(defect: &str, plant: Plant, reasons: &[&str]) {
    let template = Site::template();
    caught(defect, reasons, |seed, random| {
        joined_cuts::run(Site::like(&template), seed, plant, random, &mut Tally::default());
    });
}

#[test]
fn a_site_that_settles_before_the_answer_is_caught_losing() {
    joined("settled when sent", Plant::SettlesOnSend, &["the hub lacks what the site recorded"]);
}

#[test]
fn a_site_on_a_drive_that_lies_is_caught_losing() {
    joined("the site's drive lies", Plant::SiteDriveLies, &["neither what was answered"]);
}

#[test]
fn a_hub_on_a_drive_that_lies_is_caught_losing() {
    joined("the hub's drive lies", Plant::HubDriveLies, &["the hub has answered for"]);
}

#[test]
fn a_hub_without_its_key_is_caught_doubling() {
    joined("no key on the hub's records", Plant::NoKeyAtHub, &["there twice", "something twice"]);
}
