//! Somebody looks into the ledger or the store for long (a backup, a shell) when a commit fails. Where there was no room it goes
//! on beside them; where a sync failed it takes nothing in until the look ends. Then the power goes.

use agent::ledger::LedgerError;
use cutdisk::{Lasting, Survival, Trouble};
use sim::Random;

use super::{
    Tally, every, is_part, runs,
    site::{FEEDS, Kind, Site},
    vendor::{Sender, Vendor, batches},
};

const NO_ROOM: [(Trouble, Lasting); 3] =
    [(Trouble::Full, Lasting::Once), (Trouble::Full, Lasting::FromThenOn), (Trouble::Short, Lasting::Once)];

const SURVIVALS: [Survival; 4] = [Survival::Nothing, Survival::Everything, Survival::Writes(1), Survival::Sectors(1)];

#[test]
fn a_ledger_that_found_no_room_goes_on_while_somebody_looks() {
    let template = Site::template();
    let cases = Kind::ALL.len() * NO_ROOM.len() * SURVIVALS.len();
    let cases = if is_part() { runs(cases as u64) } else { 0..cases as u64 };
    let test = "a_ledger_that_found_no_room_goes_on_while_somebody_looks";
    let tally = every(test, cases, |case, _, tally| {
        let case = usize::try_from(case).unwrap();
        let (trouble, lasting) = NO_ROOM[case % NO_ROOM.len()];
        let survival = SURVIVALS[case / NO_ROOM.len() % SURVIVALS.len()];
        let kind = Kind::ALL[case / NO_ROOM.len() / SURVIVALS.len()];
        for n in 1.. {
            let (mut site, mut random) = (Site::like(&template), Random::seeded(7));
            let before = site.plan(Kind::Several, &mut random);
            site.commit(&before).unwrap();
            let look = site.look();
            site.world.plan(trouble, n, lasting);
            let failing = site.plan(kind, &mut random);
            let failed = site.commit(&failing).is_err();
            assert!(failed <= (site.world.troubles() > 0), "{kind:?} failed on a disk without trouble");
            if site.world.troubles() == 0 {
                break;
            }
            tally.one(if failed { "commits without room" } else { "commits that got by" });
            site.world.heal();
            if n.is_multiple_of(2) {
                let next = site.plan(Kind::Move, &mut random);
                site.commit(&next).expect("the look does not keep it from going on");
                tally.one("commits beside the look");
            }
            drop(look);
            site.restart(survival);
            site.reopen();
            let next = site.plan(Kind::Several, &mut random);
            site.commit(&next).unwrap();
            site.check();
        }
    });
    if !is_part() {
        tally.must_have(&["commits without room", "commits beside the look"]);
    }
}

#[test]
fn a_store_that_found_no_room_goes_on_while_somebody_looks() {
    let cases = (NO_ROOM.len() * SURVIVALS.len()) as u64;
    let cases = if is_part() { runs(cases) } else { 0..cases };
    let test = "a_store_that_found_no_room_goes_on_while_somebody_looks";
    let tally = every(test, cases, |case, _, tally| {
        let case = usize::try_from(case).unwrap();
        let (trouble, lasting) = NO_ROOM[case % NO_ROOM.len()];
        let survival = SURVIVALS[case / NO_ROOM.len()];
        for n in 1.. {
            let (mut vendor, mut random) = (Vendor::unmade(), Random::seeded(7));
            let mut senders = FEEDS.map(|(feed, _)| Sender::new(feed));
            vendor.reopen();
            let mut ship = |vendor: &mut Vendor| {
                let shipped = batches(&mut senders, &mut random, &mut Tally::default());
                let is_taken = vendor.must_take(&shipped).is_some();
                senders.iter_mut().for_each(|sender| sender.answered(is_taken));
                is_taken
            };
            assert!(ship(&mut vendor));
            let look = vendor.look();
            vendor.world.plan(trouble, n, lasting);
            let is_taken = ship(&mut vendor);
            if vendor.world.troubles() == 0 {
                assert!(is_taken);
                break;
            }
            tally.one(if is_taken { "commits that got by" } else { "commits without room" });
            vendor.world.heal();
            if n.is_multiple_of(2) {
                assert!(ship(&mut vendor), "the look does not keep it from going on");
                tally.one("commits beside the look");
            }
            drop(look);
            vendor.restart(survival);
            vendor.reopen();
        }
    });
    if !is_part() {
        tally.must_have(&["commits without room", "commits beside the look"]);
    }
}

#[test]
fn a_ledger_whose_sync_failed_takes_nothing_in_until_the_look_ends() {
    let (mut site, mut random) = (Site::like(&Site::template()), Random::seeded(7));
    let before = site.plan(Kind::Several, &mut random);
    site.commit(&before).unwrap();
    let look = site.look();
    site.world.plan(Trouble::SyncFails, 1, Lasting::Once);
    let failing = site.plan(Kind::Move, &mut random);
    assert!(site.commit(&failing).is_err());
    let next = site.plan(Kind::Move, &mut random);
    let refused = site.commit(&next);
    assert!(matches!(refused, Err(LedgerError::LogHeld)), "{refused:?}");
    drop(look);
    let next = site.plan(Kind::Move, &mut random);
    site.commit(&next).unwrap();
    site.restart(Survival::Nothing);
    site.reopen();
}
