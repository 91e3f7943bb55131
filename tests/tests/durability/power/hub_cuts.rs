//! The hub's store: random batches of two feeds, power cuts anywhere, also while it recovers.

use cutdisk::Survival;

use super::{
    every, is_part, percent, runs,
    site::FEEDS,
    vendor::{Sender, Vendor, work},
};

/// Worlds in CI.
const WORLDS: u64 = 400;

/// Cuts of each.
const CUTS: u64 = 8;

#[test]
fn no_cut_takes_a_batch_that_the_hub_answered_nor_doubles_it() {
    let tally = every("no_cut_takes_a_batch_that_the_hub_answered_nor_doubles_it", runs(WORLDS), |_, random, tally| {
        let mut vendor = Vendor::unmade();
        let mut senders = FEEDS.map(|(feed, _)| Sender::new(feed));
        if percent(random, 30) {
            vendor.world.lose_names();
        }
        for _ in 0..CUTS {
            vendor.world.cut_at(1 + random.below(160));
            if vendor.is_open() || vendor.try_open().is_ok() {
                work(&mut vendor, &mut senders, 3 + random.below(14), random, tally);
            }
            tally.one(if vendor.world.has_power() { "cuts between operations" } else { "cuts in an operation" });
            vendor.restart(Survival::by(random.bits()));
            while percent(random, 25) {
                vendor.world.cut_at(1 + random.below(30));
                let _ = vendor.try_open();
                tally.one("cuts while it recovers");
                vendor.restart(Survival::by(random.bits()));
            }
            vendor.reopen();
            tally.one("recoveries");
        }
    });
    if !is_part() {
        tally.must_have(&[
            "batches",
            "batches repeated",
            "new epochs",
            "declared losses",
            "cuts in an operation",
            "cuts between operations",
            "cuts while it recovers",
        ]);
        assert!(tally.of("recoveries") >= WORLDS * CUTS);
    }
}
