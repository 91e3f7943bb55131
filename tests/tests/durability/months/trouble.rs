//! What befalls a site and its hub, and when.
//!
//! Left out, by name, is what `docs/feed.md` says the protocol cannot see, and what it leaves to people:
//! - a hub put back to a backup of before a site's change of epoch: backups end with the epoch;
//! - an image of a site taken after a replacement, before the hub had answered for what was recorded since: none is taken;
//! - an image of a site taken before an operator sent a record again, who does so again on it: images end with that;
//! - a sensor that sends once more to a replaced disk what the one before had recorded: its message counts as acknowledged.

use agent::config::StorageLimits;
use agent::ledger::disk_bytes;
use cutdisk::{Lasting, Survival};
use sim::Random;

use super::{
    super::power::{index, percent},
    hub::Acked,
    month::{DAY, Event, Fate, HOUR, MINUTE, MONTH, Month, ROOMY, SECOND},
    site::Place,
};

/// Days between a hub's backups, and how many are kept.
const BACKUP_EVERY: u64 = DAY;
const BACKUPS_MAX: usize = 10;

/// Ten years, and the hour of summer.
const YEARS: i64 = 3_652 * DAY.cast_signed();
const SUMMER: i64 = HOUR.cast_signed();

/// What a month is like.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) loses: u64,
    pub(super) doubles: u64,
    pub(super) slow: u64,
    pub(super) has_poison: bool,
    /// How long acknowledged records stay.
    pub(super) keep: u64,
    pub(super) next_checkpoint: u64,
    pub(super) next_asking: u64,
    pub(super) troubles: Vec<(u64, Trouble)>,
    pub(super) hub_was_put_back: bool,
    pub(super) site_was_replaced: bool,
}

/// Something bad, or its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble {
    OutageBegins(u64),
    OutageEnds,
    SiteCut,
    SiteKilled,
    SiteUp,
    SiteCopied,
    SiteReplaced,
    HubCut,
    HubUp,
    HubBackedUp,
    HubPutBack,
    HubLearns,
    DiskShort(u64),
    DiskRoomy,
    DiskFull(u64),
    SyncFails,
    ReadOnly(u64),
    Heals,
    ClockJumps,
    TimeServer,
    Operator,
}

impl Plan {
    pub(super) fn draw(random: &mut Random) -> Self {
        let mut troubles = Vec::new();
        let mut often = |random: &mut Random, times: u64, draw: &dyn Fn(&mut Random) -> Trouble| {
            for _ in 0..random.below(times + 1) {
                troubles.push((random.below(MONTH), draw(random)));
            }
        };
        often(random, 8, &|random| Trouble::OutageBegins(SECOND + random.below(12 * HOUR)));
        often(random, 30, &|random| Trouble::OutageBegins(SECOND + random.below(10 * MINUTE)));
        if percent(random, 40) {
            often(random, 1, &|random| Trouble::OutageBegins(DAY + random.below(13 * DAY)));
        }
        often(random, 8, &|_| Trouble::SiteCut);
        often(random, 5, &|_| Trouble::SiteKilled);
        often(random, 6, &|_| Trouble::HubCut);
        often(random, 1, &|_| Trouble::HubLearns);
        often(random, 1, &|random| Trouble::DiskShort(random.below(DAY)));
        often(random, 2, &|random| Trouble::DiskFull(random.below(6 * HOUR)));
        often(random, 2, &|_| Trouble::SyncFails);
        often(random, 2, &|random| Trouble::ReadOnly(random.below(3 * HOUR)));
        often(random, 4, &|_| Trouble::ClockJumps);
        often(random, 4, &|_| Trouble::Operator);
        if percent(random, 50) {
            often(random, 2, &|_| Trouble::HubPutBack);
        }
        if percent(random, 40) {
            often(random, 20, &|_| Trouble::SiteCopied);
            often(random, 2, &|_| Trouble::SiteReplaced);
        }
        troubles.push((random.below(BACKUP_EVERY), Trouble::HubBackedUp));
        Self {
            loses: random.below(12),
            doubles: random.below(10),
            slow: [200, 2 * SECOND, 40 * SECOND][index(random, 3)],
            has_poison: percent(random, 30),
            keep: [1, 3, 10, 30][index(random, 4)] * DAY,
            next_checkpoint: random.below(DAY),
            next_asking: random.below(DAY),
            troubles,
            hub_was_put_back: false,
            site_was_replaced: false,
        }
    }
}

impl Month<'_> {
    pub(super) fn befalls(&mut self, trouble: Trouble) {
        if self.is_ending && !matches!(trouble, Trouble::SiteUp | Trouble::HubUp) {
            return;
        }
        self.digest.take(&format!("{} {trouble:?}", self.now));
        match trouble {
            Trouble::OutageBegins(length) => {
                self.tally.one(if length > DAY { "outages of days" } else { "outages" });
                self.line.is_up = false;
                self.after(length, Event::Trouble(Trouble::OutageEnds));
            }
            Trouble::OutageEnds => self.line.is_up = true,
            Trouble::SiteCut => {
                let n = 1 + self.random.below(60);
                self.site.world.cut_at(n);
            }
            Trouble::SiteKilled if self.site.is_open() => {
                self.tally.one("kills of the agent");
                self.site.close();
                self.site_is_up();
            }
            Trouble::SiteUp => self.site_is_up(),
            Trouble::SiteCopied if self.site.is_open() && self.is_settled => {
                self.tally.one("images of the site");
                self.copy = Some(self.site.copy());
            }
            Trouble::SiteReplaced if self.site.is_open() && self.copy.is_some() => self.site_is_replaced(),
            Trouble::HubCut => {
                let n = 1 + self.random.below(60);
                self.hub.world.cut_at(n);
            }
            Trouble::HubUp => self.hub_is_up(),
            Trouble::HubBackedUp => {
                self.after(BACKUP_EVERY, Event::Trouble(Trouble::HubBackedUp));
                if self.hub.is_open() {
                    self.backups.push(self.hub.back_up(self.now));
                    let few = self.backups.len().saturating_sub(BACKUPS_MAX);
                    self.backups.drain(..few);
                }
            }
            Trouble::HubPutBack if self.hub.is_open() && !self.backups.is_empty() => self.hub_is_put_back(),
            Trouble::HubLearns => {
                self.hub.knows_all = true;
                if self.hub.is_open() && self.hub.open().is_err() {
                    self.after(MINUTE, Event::Trouble(Trouble::HubUp));
                }
            }
            Trouble::DiskShort(length) if self.site.is_open() => {
                self.tally.one("disks that got short");
                let used = self.site.ledger().look_for_room().used;
                let budget = used + 1024 * 1024 + self.random.below(200 * 1024);
                let _ = self.site.limit(StorageLimits { budget, ..ROOMY });
                self.after(length, Event::Trouble(Trouble::DiskRoomy));
            }
            Trouble::DiskRoomy => drop(self.site.limit(ROOMY)),
            Trouble::DiskFull(length) => {
                self.tally.one("disks without space");
                if percent(&mut self.random, 50) {
                    self.site.world.plan(cutdisk::Trouble::Full, 1 + self.random.below(9), Lasting::FromThenOn);
                } else {
                    let more = 64 * 1024 + self.random.below(64 * 1024);
                    self.site.world.space(disk_bytes(self.site.world.folder()) + more);
                }
                self.after(length, Event::Trouble(Trouble::Heals));
            }
            Trouble::SyncFails => {
                self.tally.one("syncs that fail");
                self.site.world.plan(cutdisk::Trouble::SyncFails, 1 + self.random.below(4), Lasting::Once);
            }
            Trouble::ReadOnly(length) => {
                self.tally.one("disks gone read-only");
                self.site.world.plan(cutdisk::Trouble::ReadOnly, 1, Lasting::FromThenOn);
                self.after(length, Event::Trouble(Trouble::Heals));
            }
            Trouble::Heals => self.site.world.heal(),
            Trouble::ClockJumps => {
                self.tally.one("clock jumps");
                let by = [YEARS, -YEARS, -SUMMER, SUMMER, -17][index(&mut self.random, 5)];
                self.wall.jumps(by);
                let wait = MINUTE + self.random.below(3 * DAY);
                self.after(wait, Event::Trouble(Trouble::TimeServer));
            }
            Trouble::TimeServer => {
                self.wall.is_set_right();
                if self.site.is_open() {
                    let _ = self.put_clock_right();
                    self.pump_all();
                }
            }
            Trouble::Operator => self.tend(),
            // There is nothing that it could befall now.
            Trouble::SiteKilled
            | Trouble::SiteCopied
            | Trouble::SiteReplaced
            | Trouble::HubPutBack
            | Trouble::DiskShort(_) => {}
        }
    }

    /// The power is gone at the site, in the middle of something.
    pub(super) fn site_is_dark(&mut self) {
        self.tally.one("power cuts of the site");
        self.site.close();
        let wait = MINUTE + self.random.below(2 * HOUR);
        self.after(wait, Event::Trouble(Trouble::SiteUp));
    }

    fn site_is_up(&mut self) {
        if self.site.is_open() {
            return;
        }
        if !self.site.world.has_power() {
            self.site.restart(Survival::by(self.random.bits()));
            let has_clock = !percent(&mut self.random, 40);
            self.wall.boots(self.now, has_clock);
            if !has_clock {
                self.tally.one("boots in 1970");
                let wait = 10 * MINUTE + self.random.below(2 * DAY);
                self.after(wait, Event::Trouble(Trouble::TimeServer));
            }
            if !self.is_ending && percent(&mut self.random, 20) {
                self.tally.one("power cuts while it recovers");
                let n = 1 + self.random.below(30);
                self.site.world.cut_at(n);
            }
        }
        if self.site.open().is_err() {
            self.tally.one("starts that could not write");
            self.after(MINUTE, Event::Trouble(Trouble::SiteUp));
            return;
        }
        self.digest.take(&format!("{} site is up with {} acts", self.now, self.site.book.seen.len()));
        self.accept_ghosts();
        self.forget_recent();
        self.start_delivery();
        self.pump_all();
    }

    /// The site's disk is exchanged for one with an image of before.
    fn site_is_replaced(&mut self) {
        self.tally.one("sites put back to an image");
        let copy = self.copy.clone().expect("there is one");
        for (number, fate) in &mut self.accepted {
            let is_there = [true, false].iter().any(|moves| copy.book.seen.contains(&(*number, *moves)));
            if *fate == Fate::Owed && !is_there {
                let place = self.site.book.places[number].clone();
                let reaches = |acked: &Acked| acked.get(&epoch(&place)).is_some_and(|acked| *acked >= place.2);
                let is_answered = reaches(&self.hub.acked) && !reaches(&self.answered_before);
                *fate = if is_answered { Fate::AtHub(place) } else { Fate::Gone };
            }
        }
        self.answered_before = self.hub.acked.clone();
        self.site.put_back(&copy);
        self.plan.site_was_replaced = true;
        self.is_settled = false;
        self.forget_hands();
        self.wall.boots(self.now, true);
        self.site_is_up();
    }

    pub(super) fn hub_is_dark(&mut self) {
        self.tally.one("power cuts of the hub");
        self.hub.close();
        self.owed_by_hub = None;
        let wait = MINUTE + self.random.below(6 * HOUR);
        self.after(wait, Event::Trouble(Trouble::HubUp));
    }

    fn hub_is_up(&mut self) {
        if self.hub.is_open() {
            return;
        }
        if !self.hub.world.has_power() {
            self.hub.restart(Survival::by(self.random.bits()));
        }
        if self.hub.open().is_err() {
            self.after(MINUTE, Event::Trouble(Trouble::HubUp));
        }
    }

    fn hub_is_put_back(&mut self) {
        self.tally.one("hubs put back to a backup");
        let chosen = index(&mut self.random, self.backups.len());
        self.backups.truncate(chosen + 1);
        let backup = &self.backups[chosen];
        if self.now - backup.made_at > self.plan.keep {
            self.tally.one("backups older than what a site keeps");
        }
        self.hub.put_back(backup);
        self.answered_before.retain(|epoch, before| {
            let acked = backup.acked.get(epoch).copied().unwrap_or(0);
            *before = acked.min(*before);
            acked > 0
        });
        for fate in self.accepted.values_mut() {
            if matches!(fate, Fate::AtHub(place) if backup.acked.get(&epoch(place)).is_none_or(|acked| *acked < place.2))
            {
                *fate = Fate::Gone;
            }
        }
        self.plan.hub_was_put_back = true;
        self.hub.open().expect("a backup opens");
    }

    /// Nothing is wrong any more, and somebody sees to what was.
    pub(super) fn all_is_well(&mut self) {
        self.line.is_mended();
        self.poison.clear();
        self.site.world.heal();
        self.hub.world.heal();
        if !self.site.is_open() {
            self.site_is_up();
        }
        self.site.limit(ROOMY).expect("a disk that is well");
        self.wall.is_set_right();
        if !self.hub.world.has_power() {
            self.hub.restart(Survival::by(self.random.bits()));
        }
        self.hub.knows_all = true;
        self.hub.open().expect("a disk that is well");
        let _ = self.put_clock_right();
        self.start_delivery();
    }
}

fn epoch(place: &Place) -> (String, String) {
    (place.0.clone(), place.1.clone())
}
