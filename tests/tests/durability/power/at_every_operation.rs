//! Small workloads with trouble at every single operation of the disk: power cuts, EIO, ENOSPC, short writes, failed
//! syncs, a remount read-only. What fails is told and not recorded; what was recorded stays; work goes on.

use cutdisk::{Image, Lasting, Survival, Trouble};
use sim::Random;
use tests::skip::say;

use super::{
    Tally,
    book::Book,
    every, is_part, runs,
    site::{FEEDS, Kind, Site},
    vendor::{Sender, Vendor, batches},
};

/// What goes wrong, how long, and, where the power goes, what is left.
const TROUBLES: [(Trouble, Lasting, Survival); 12] = [
    (Trouble::Cut, Lasting::Once, Survival::Nothing),
    (Trouble::Cut, Lasting::Once, Survival::Everything),
    (Trouble::Cut, Lasting::Once, Survival::Writes(1)),
    (Trouble::Cut, Lasting::Once, Survival::Sectors(1)),
    (Trouble::Io, Lasting::Once, Survival::Everything),
    (Trouble::Io, Lasting::FromThenOn, Survival::Nothing),
    (Trouble::Full, Lasting::Once, Survival::Nothing),
    (Trouble::Full, Lasting::FromThenOn, Survival::Everything),
    (Trouble::Short, Lasting::Once, Survival::Sectors(2)),
    (Trouble::SyncFails, Lasting::Once, Survival::Nothing),
    (Trouble::SyncFails, Lasting::FromThenOn, Survival::Writes(2)),
    (Trouble::ReadOnly, Lasting::FromThenOn, Survival::Nothing),
];

/// What a site does before, between and after its commits.
#[derive(Debug, Clone, Copy)]
enum Move {
    Commit(Kind),
    Reopen,
    Checkpoint,
}

/// Three moves each: every kind of commit first, second and third, with everything else around it.
fn workloads() -> Vec<[Move; 3]> {
    let kind = |n: usize| Move::Commit(Kind::ALL[n % Kind::ALL.len()]);
    let mut all: Vec<_> = (0..Kind::ALL.len()).map(|n| [kind(n), kind(n + 3), kind(n + 7)]).collect();
    all.push([Move::Reopen, Move::Commit(Kind::Several), Move::Reopen]);
    all.push([Move::Commit(Kind::Several), Move::Checkpoint, Move::Commit(Kind::Move)]);
    all.push([Move::Commit(Kind::Move), Move::Reopen, Move::Commit(Kind::NewEpoch)]);
    all
}

/// Whether the trouble was for the disk to have: those with a power cut end in one, the others in a working disk.
fn name(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Cut => "cuts",
        Trouble::Io => "EIO",
        Trouble::Unreadable => "EIO on a read",
        Trouble::Full => "ENOSPC",
        Trouble::Short => "short writes",
        Trouble::SyncFails => "failed syncs",
        Trouble::ReadOnly => "remounts read-only",
    }
}

/// One workload with one trouble at its `n`-th operation; whether there was one so late.
fn site_case(
    template: Option<&(Image, Book)>,
    moves: &[Move],
    (trouble, lasting, survival): (Trouble, Lasting, Survival),
    n: u64,
) -> bool {
    let mut random = Random::seeded(7);
    let mut site = template.map_or_else(Site::unmade, Site::like);
    site.world.plan(trouble, n, lasting);
    for step in moves {
        let failed = match step {
            Move::Commit(kind) => {
                let commit = site.plan(*kind, &mut random);
                site.commit(&commit).is_err()
            }
            Move::Reopen => site.try_reopen().is_err(),
            Move::Checkpoint => {
                site.checkpoint("TRUNCATE");
                false
            }
        };
        if failed {
            assert!(site.world.troubles() > 0, "{step:?} failed on a disk without trouble");
            break;
        }
    }
    let came = site.world.troubles() > 0;
    if !site.world.has_power() {
        site.restart(survival);
        site.reopen();
    }
    site.world.heal();
    // The ledger goes on by itself, or after it was opened anew.
    let commit = site.ledger.is_some().then(|| site.plan(Kind::Several, &mut random));
    if commit.is_none_or(|commit| site.commit(&commit).is_err()) {
        site.reopen();
        let commit = site.plan(Kind::Several, &mut random);
        site.commit(&commit).unwrap();
    }
    site.check();
    site.restart(survival);
    site.reopen();
    came
}

fn vendor_case((trouble, lasting, survival): (Trouble, Lasting, Survival), seed: u64, n: u64) -> bool {
    let mut random = Random::seeded(seed);
    let mut senders = FEEDS.map(|(feed, _)| Sender::new(feed));
    let mut vendor = Vendor::unmade();
    // Half of them from the first file on.
    if seed.is_multiple_of(2) {
        vendor.reopen();
    }
    vendor.world.plan(trouble, n, lasting);
    if vendor.is_open() || vendor.try_open().is_ok() {
        for step in 0..3 {
            let shipped = batches(&mut senders, &mut random, &mut Tally::default());
            let is_taken = vendor.must_take(&shipped).is_some();
            senders.iter_mut().for_each(|sender| sender.answered(is_taken));
            let is_open = is_taken && (step != 1 || vendor.try_open().is_ok());
            if !is_open {
                break;
            }
        }
    }
    let came = vendor.world.troubles() > 0;
    if !vendor.world.has_power() {
        vendor.restart(survival);
        vendor.reopen();
    }
    vendor.world.heal();
    let shipped = batches(&mut senders, &mut random, &mut Tally::default());
    let goes_on = vendor.is_open() && vendor.must_take(&shipped).is_some();
    senders.iter_mut().for_each(|sender| sender.answered(goes_on));
    if !goes_on {
        vendor.reopen();
        let shipped = batches(&mut senders, &mut random, &mut Tally::default());
        assert!(vendor.must_take(&shipped).is_some());
    }
    vendor.restart(survival);
    vendor.reopen();
    came
}

/// Tries every operation that a trouble can hit, from the first to the last.
fn at_every(tally: &mut Tally, trouble: Trouble, case: impl Fn(u64) -> bool) {
    for n in 1.. {
        if is_part() {
            say(&format!("  {} at operation {n}", name(trouble)));
        }
        if !case(n) {
            return;
        }
        tally.one(name(trouble));
    }
}

const ALL: [&str; 6] = ["cuts", "EIO", "ENOSPC", "short writes", "failed syncs", "remounts read-only"];

#[test]
fn a_ledger_tells_every_error_and_keeps_what_it_told() {
    let template = Site::template();
    let workloads = workloads();
    let cases = (workloads.len() * TROUBLES.len()) as u64;
    let test = "a_ledger_tells_every_error_and_keeps_what_it_told";
    let tally = every(test, one_or(cases), |case, _, tally| {
        let case = usize::try_from(case).unwrap();
        let (moves, trouble) = (&workloads[case / TROUBLES.len()], TROUBLES[case % TROUBLES.len()]);
        at_every(tally, trouble.0, |n| site_case(Some(&template), moves, trouble, n));
    });
    if !is_part() {
        tally.must_have(&ALL);
    }
}

#[test]
fn a_ledger_is_made_whole_or_made_anew_whatever_fails() {
    let moves = [Move::Reopen, Move::Commit(Kind::Several), Move::Reopen];
    let test = "a_ledger_is_made_whole_or_made_anew_whatever_fails";
    let tally = every(test, one_or(TROUBLES.len() as u64), |case, _, tally| {
        let trouble = TROUBLES[usize::try_from(case).unwrap()];
        at_every(tally, trouble.0, |n| site_case(None, &moves, trouble, n));
    });
    if !is_part() {
        tally.must_have(&ALL);
    }
}

#[test]
fn a_store_tells_every_error_and_keeps_what_it_told() {
    // Batches differ by seed.
    const WORKLOADS: u64 = 2;
    let test = "a_store_tells_every_error_and_keeps_what_it_told";
    let tally = every(test, one_or(WORKLOADS * TROUBLES.len() as u64), |case, _, tally| {
        let trouble = TROUBLES[usize::try_from(case).unwrap() % TROUBLES.len()];
        at_every(tally, trouble.0, |n| vendor_case(trouble, case / TROUBLES.len() as u64, n));
    });
    if !is_part() {
        tally.must_have(&ALL);
    }
}

/// Exhaustive already: `BINWIRE_LONG` adds nothing.
fn one_or(cases: u64) -> std::ops::Range<u64> {
    if is_part() { runs(cases) } else { 0..cases }
}
