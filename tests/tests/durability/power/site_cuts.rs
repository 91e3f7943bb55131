//! The agent's ledger: random work, power cuts anywhere, also while it recovers.

use cutdisk::Survival;

use super::{
    every, is_part, percent, runs,
    site::{Site, work},
};

/// Worlds in CI.
const WORLDS: u64 = 500;

/// Cuts of each.
const CUTS: u64 = 8;

#[test]
fn no_cut_takes_what_the_ledger_answered_nor_doubles_it() {
    let template = Site::template();
    let tally = every("no_cut_takes_what_the_ledger_answered_nor_doubles_it", runs(WORLDS), |_, random, tally| {
        // Some begin before there is a ledger.
        let mut site = if percent(random, 20) { Site::unmade() } else { Site::like(&template) };
        if percent(random, 30) {
            site.world.lose_names();
        }
        for _ in 0..CUTS {
            site.world.cut_at(1 + random.below(120));
            if site.ledger.is_some() || site.try_reopen().is_ok() {
                work(&mut site, 4 + random.below(16), random, tally);
            }
            tally.one(if site.world.has_power() { "cuts between operations" } else { "cuts in an operation" });
            site.restart(Survival::by(random.bits()));
            while percent(random, 25) {
                site.world.cut_at(1 + random.below(30));
                let _ = site.try_reopen();
                tally.one("cuts while it recovers");
                site.restart(Survival::by(random.bits()));
            }
            site.reopen();
            tally.one("recoveries");
        }
    });
    if !is_part() {
        tally.must_have(&[
            "movements",
            "movements with a fact",
            "groups of movements",
            "levels",
            "taken back",
            "long facts",
            "forgotten facts",
            "settlements",
            "refusals",
            "declared losses",
            "rewinds",
            "set aside",
            "new epochs",
            "cuts in an operation",
            "cuts between operations",
            "cuts while it recovers",
        ]);
        assert!(tally.of("recoveries") >= WORLDS * CUTS);
    }
}
