//! Months of a site and its hub, both real, with everything that can go wrong between, around and under them.
//!
//! A month is a seed. People scan, sensors send, the line comes and goes, disks lose power, fill up, fail and are put back,
//! clocks are years off. Time is counted, not waited for: a month takes a fraction of a second. In the end all trouble stops,
//! and what was accepted must be at the hub: each act once, but for what was declared lost or given up, to the record.
//!
//! [`act`] what is followed through the books · [`wall`] the site's clock · [`line`] · [`site`] and [`hub`], each on its disk ·
//! [`trouble`] what befalls them, and what is left out · [`month`] the events · [`people`] · [`traffic`] delivery · [`upkeep`] ·
//! [`oracle`] what must hold · [`defect`] that it bites

#[path = "months/act.rs"]
mod act;
#[path = "months/defect.rs"]
mod defect;
#[path = "months/hub.rs"]
mod hub;
#[path = "months/line.rs"]
mod line;
#[path = "months/month.rs"]
mod month;
#[path = "months/oracle.rs"]
mod oracle;
#[path = "months/people.rs"]
mod people;
#[path = "months/site.rs"]
mod site;
#[path = "months/traffic.rs"]
mod traffic;
#[path = "months/trouble.rs"]
mod trouble;
#[path = "months/upkeep.rs"]
mod upkeep;
#[path = "months/wall.rs"]
mod wall;

use sim::Random;
use tests::{seed, skip::say};

use self::defect::Defect;
use super::power::{Tally, canaries::panics_with, every, is_part};

/// The site's name at its hubs.
const SITE: &str = "plant-7";

const FEEDS: [&str; 2] = ["acme", "boltco"];

/// Which feed carries what.
const ITEMS: [(&str, &str); 4] = [("acme", "M8"), ("acme", "M10"), ("acme", STRANGE), ("boltco", "SEAL")];

/// An item that the hub learns of late.
const STRANGE: &str = "STRANGE";

const BINS: [&str; 3] = ["bin:A", "bin:B", "bin:C"];

/// Months in CI, and with `BINWIRE_LONG`: a thousand years of 365 days.
const MONTHS: u64 = 300;
const MONTHS_LONG: u64 = 12_200;

/// Months that are lived twice.
const TWICE: u64 = 6;

/// Months in which a defect must show, and in how many of them.
const WITH_DEFECT: u64 = 24;
const ENOUGH: usize = 2;

#[test]
fn a_month_of_trouble_loses_nothing_that_was_accepted_and_doubles_nothing() {
    let test = "a_month_of_trouble_loses_nothing_that_was_accepted_and_doubles_nothing";
    let begin = std::time::Instant::now();
    let tally = every(test, seed::numbered(MONTHS, MONTHS_LONG), |seed, random, tally| {
        month::live(seed, Defect::Nothing, random, tally);
    });
    let days = tally.of("days");
    let rate = days as f64 / begin.elapsed().as_secs_f64();
    say(&format!("{days} days simulated, {rate:.0} days/s, {:.2} site-years/s", rate / 365.0));
    if !is_part() {
        tally.must_have(&MET);
    }
}

/// What a run must have gone through to prove anything.
const MET: [&str; 50] = [
    "acknowledged records removed",
    "acts accepted",
    "acts declared lost",
    "acts gone with all disks",
    "answers lost",
    "answers: fork",
    "answers: gap",
    "attempts without a line",
    "backups older than what a site keeps",
    "batches doubled on the way",
    "batches lost",
    "batches sent ahead",
    "batches shown ahead",
    "batches taken",
    "batches that something on the way refused",
    "boots in 1970",
    "checkpoints",
    "clock jumps",
    "disks gone read-only",
    "disks that got short",
    "disks without space",
    "health records",
    "hubs put back to a backup",
    "images of the site",
    "kills of the agent",
    "levels without change",
    "looks at a full disk",
    "losses declared: refused",
    "losses declared: retention",
    "messages sent again",
    "months whose amounts agree",
    "new epochs",
    "operator gives up",
    "operator sends again",
    "outages",
    "outages of days",
    "power cuts of the hub",
    "power cuts of the site",
    "power cuts while it recovers",
    "recorded and not told",
    "refused records asked again",
    "refused records taken after all",
    "refused: breaks a rule",
    "refused: cannot write",
    "refused: full",
    "repetitions told",
    "rewinds",
    "sites put back to an image",
    "syncs that fail",
    "times put right",
];

#[test]
fn a_month_lived_twice_is_the_same_month() {
    for seed in 0..TWICE {
        let live = || month::live(seed, Defect::Nothing, &Random::seeded(seed), &mut Tally::default());
        assert_eq!(live(), live(), "seed {seed}: something is not of the seed");
    }
    say(&format!("{TWICE} months lived twice: the same events, the same books"));
}

/// Lives months until enough of them have failed for one of these reasons.
fn caught(defect: Defect, reasons: &[&str]) {
    let (mut seed, mut right, mut other) = (0, Vec::new(), Vec::new());
    while seed < WITH_DEFECT && right.len() < ENOUGH {
        let live = || {
            month::live(seed, defect, &Random::seeded(seed), &mut Tally::default());
        };
        match panics_with(live) {
            Some(said) if reasons.iter().any(|reason| said.contains(reason)) => right.push(said),
            Some(said) => other.push(said),
            None => {}
        }
        seed += 1;
    }
    let first = right.first().and_then(|said| said.lines().next()).unwrap_or("");
    say(&format!("{defect:?}: caught in {} of {seed} months, in {} otherwise; {first}", right.len(), other.len()));
    assert!(right.len() >= ENOUGH, "{defect:?} was not caught: {other:?}");
}

#[test]
fn a_site_whose_commits_are_not_synced_is_caught() {
    caught(Defect::NotSynced, &["the ledger lost what was answered"]);
}

#[test]
fn a_site_that_removes_before_the_answer_is_caught() {
    caught(Defect::DeletesBeforeAck, &["not every record is accounted for", "the hub lacks act"]);
}

#[test]
fn a_hub_without_its_key_is_caught() {
    caught(Defect::NoKeyAtHub, &["there twice", "twice", "the hub has answered for"]);
}

#[test]
fn a_site_that_gives_new_numbers_on_a_retry_is_caught() {
    caught(Defect::NewIdOnRetry, &["twice", "on-hand is not the fold"]);
}

#[test]
fn a_site_that_goes_by_the_wall_clock_is_caught() {
    caught(Defect::OrderByWallClock, &["the hub lacks act"]);
}

#[test]
fn a_hub_that_answers_before_its_commit_is_caught() {
    caught(Defect::AckBeforeCommit, &["the hub has answered for", "the hub lacks act"]);
}
