//! Site and hub, each on a disk of its own that is cut now and then, with the real state machine of delivery between
//! them and a link that loses batches and answers. In the end both have the same records, each once.

use std::{collections::BTreeMap, time::Duration};

use agent::ledger::reader::Reader;
use cutdisk::Survival;
use gateway_proto::{
    backoff::Backoff,
    batch::{Batch, Load, Lost},
    delivery::{Delivery, Effect, Reply, Shipment, ShipmentKind, Step, TroubleKind},
    record::Seq,
};
use rusqlite::Connection;
use sim::Random;

use super::{
    Tally, every, is_part, percent, runs,
    site::{FEEDS, Kind, Site, feed_name},
    vendor::{Held, Vendor, site_name},
};

/// Worlds in CI.
const WORLDS: u64 = 300;

/// Cuts of each, of the site or of the hub.
const CUTS: u64 = 10;

/// Records of one shipment at most: small, so that one commit is several.
const BATCH_MAX: usize = 6;

/// Steps until both sides must have come to rest.
const STEPS_MAX: u32 = 5_000;

/// A defect, for the canaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plant {
    Nothing,
    /// The site takes records for delivered when it has sent them.
    SettlesOnSend,
    /// The site's drive answers syncs of the WAL and does not do them.
    SiteDriveLies,
    HubDriveLies,
    /// The hub's records have no key, and its positions are forgotten now and then.
    NoKeyAtHub,
}

struct Joined {
    site: Site,
    vendor: Vendor,
    deliveries: BTreeMap<&'static str, Delivery>,
    flights: Vec<(&'static str, Shipment)>,
    now: Duration,
    plant: Plant,
    /// What the hub has answered for, by feed and epoch.
    acked: BTreeMap<(String, String), u64>,
}

#[test]
fn no_cut_on_either_side_loses_or_doubles_what_the_site_recorded() {
    let test = "no_cut_on_either_side_loses_or_doubles_what_the_site_recorded";
    let template = Site::template();
    let tally = every(test, runs(WORLDS), |seed, random, tally| {
        run(Site::like(&template), seed, Plant::Nothing, random, tally);
    });
    if !is_part() {
        tally.must_have(&["cuts of the site", "cuts of the hub", "batches lost", "answers lost", "batches taken"]);
        assert!(tally.of("cuts of the site") + tally.of("cuts of the hub") >= WORLDS * CUTS);
    }
}

pub(super) fn run(site: Site, seed: u64, plant: Plant, random: &mut Random, tally: &mut Tally) {
    let mut joined = Joined::new(site, plant);
    let mut cuts = 0;
    while cuts < CUTS {
        match random.below(20) {
            0 => joined.site.world.cut_at(1 + random.below(60)),
            1 => joined.vendor.world.cut_at(1 + random.below(60)),
            2..9 => joined.record(random),
            _ => joined.step(random, tally, true),
        }
        cuts += joined.repair(random, tally);
    }
    joined.site.world.heal();
    joined.vendor.world.heal();
    for step in 0.. {
        assert!(step < STEPS_MAX, "site and hub do not come to rest");
        joined.step(random, tally, false);
        joined.repair(random, tally);
        if joined.is_at_rest() {
            break;
        }
    }
    joined.compare();
    if is_part() {
        tests::skip::say(&format!("seed {seed}: {:?}", joined.acked));
    }
}

impl Joined {
    fn new(mut site: Site, plant: Plant) -> Self {
        let mut vendor = Vendor::unmade();
        match plant {
            Plant::Nothing | Plant::SettlesOnSend => {}
            Plant::SiteDriveLies => site.world.lies_about("-wal"),
            Plant::HubDriveLies => vendor.world.lies_about("-wal"),
            Plant::NoKeyAtHub => {
                vendor.try_open().unwrap();
                let db = Connection::open(vendor.world.folder().join("hub.db")).unwrap();
                db.execute_batch(
                    "PRAGMA foreign_keys = OFF;
                     CREATE TABLE planted AS SELECT * FROM refused; DROP TABLE refused; ALTER TABLE planted RENAME TO refused;
                     CREATE TABLE planted AS SELECT * FROM record; DROP TABLE record; ALTER TABLE planted RENAME TO record;
                     CREATE TRIGGER forgets BEFORE UPDATE OF through ON epoch WHEN new.through % 3 = 0
                     BEGIN SELECT RAISE(IGNORE); END",
                )
                .unwrap();
            }
        }
        vendor.try_open().unwrap();
        // The template has settled with a hub that nobody ever saw: this one begins where the site believes it to be.
        for (feed, _) in FEEDS {
            let rewind = site.effects(feed, vec![Effect::Rewind { through: Seq(0) }]);
            site.commit(&rewind).unwrap();
        }
        let mut joined = Self {
            site,
            vendor,
            deliveries: BTreeMap::new(),
            flights: Vec::new(),
            now: Duration::ZERO,
            plant,
            acked: BTreeMap::new(),
        };
        joined.start_delivery();
        joined
    }

    fn start_delivery(&mut self) {
        self.flights.clear();
        for (feed, _) in FEEDS {
            let at = self.site.ledger().standings()[&feed_name(feed)].standing.clone();
            let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), 1);
            self.deliveries.insert(feed, Delivery::new(at, BATCH_MAX, backoff));
        }
    }

    fn record(&mut self, random: &mut Random) {
        const KINDS: [Kind; 6] =
            [Kind::Move, Kind::Several, Kind::Several, Kind::MoveAndKeep, Kind::Level, Kind::TakeBack];
        let kind = KINDS[super::index(random, KINDS.len())];
        let commit = self.site.plan(kind, random);
        let _ = self.site.commit(&commit);
    }

    /// Sends what is to be sent; lets one shipment arrive and its answer come back.
    fn step(&mut self, random: &mut Random, tally: &mut Tally, has_faults: bool) {
        if self.flights.is_empty() {
            self.poll();
            return;
        }
        let (feed, shipment) = self.flights.remove(0);
        let Some(batch) = self.batch(feed, &shipment) else { return };
        if has_faults && percent(random, 8) {
            tally.one("batches lost");
            self.reply(feed, &shipment, &batch, nothing());
            self.break_off();
            return;
        }
        let answer = self.vendor.take(std::slice::from_ref(&batch)).remove(0);
        let reply = match answer {
            Ok(ack) => {
                tally.one("batches taken");
                let acked = self.acked.entry((feed.to_owned(), ack.epoch.to_string())).or_default();
                *acked = (*acked).max(ack.through.0);
                Reply::Ack(ack)
            }
            Err(rejection) => Reply::Rejected { rejection, retry_after: None },
        };
        let is_lost = !self.vendor.world.has_power() || (has_faults && percent(random, 12));
        let reply = if is_lost { nothing() } else { reply };
        tally.add("answers lost", u64::from(is_lost));
        self.reply(feed, &shipment, &batch, reply);
        if !self.vendor.world.has_power() {
            self.break_off();
        }
    }

    /// The connection is gone, and with it what was behind on it.
    fn break_off(&mut self) {
        for (feed, shipment) in std::mem::take(&mut self.flights) {
            if let Some(batch) = self.batch(feed, &shipment) {
                self.reply(feed, &shipment, &batch, nothing());
            }
        }
    }

    fn poll(&mut self) {
        let mut wait = None;
        for (feed, delivery) in &mut self.deliveries {
            delivery
                .handle_recorded(self.site.ledger.as_ref().unwrap().standings()[&feed_name(feed)].standing.recorded);
            loop {
                match delivery.poll(self.now) {
                    Step::Send(shipment) => self.flights.push((*feed, shipment)),
                    Step::Wait(until) => {
                        wait = Some(wait.map_or(until, |wait: Duration| wait.min(until)));
                        break;
                    }
                    Step::Idle => break,
                }
            }
        }
        if let (true, Some(until)) = (self.flights.is_empty(), wait) {
            self.now = until;
        }
        if self.plant == Plant::SettlesOnSend {
            for (feed, shipment) in self.flights.clone() {
                self.take_down(feed, vec![Effect::Settle { through: shipment.last, refused: Vec::new(), lost: None }]);
            }
        }
    }

    fn reply(&mut self, feed: &'static str, shipment: &Shipment, batch: &Batch, reply: Reply) {
        let delivery = self.deliveries.get_mut(feed).unwrap();
        delivery.handle_shortened(shipment.id, batch.last());
        let effects = delivery.handle_reply(self.now, shipment.id, reply);
        self.take_down(feed, effects);
    }

    fn take_down(&mut self, feed: &'static str, effects: Vec<Effect>) {
        if effects.is_empty() || !self.site.world.has_power() {
            return;
        }
        let is_new_epoch = effects.contains(&Effect::NewEpoch);
        let commit = self.site.effects(feed, effects);
        if self.site.commit(&commit).is_ok() && is_new_epoch {
            self.start_delivery();
        }
    }

    /// Brings back who has lost power; says how many.
    fn repair(&mut self, random: &mut Random, tally: &mut Tally) -> u64 {
        let mut cuts = 0;
        if !self.site.world.has_power() {
            cuts += 1;
            tally.one("cuts of the site");
            self.site.restart(Survival::by(random.bits()));
            self.site.reopen();
            self.start_delivery();
        }
        if !self.vendor.world.has_power() {
            cuts += 1;
            tally.one("cuts of the hub");
            self.vendor.restart(Survival::by(random.bits()));
            self.vendor.try_open().unwrap();
            self.check_acked(&self.vendor.find().held);
        }
        cuts
    }

    fn check_acked(&self, held: &Held) {
        for (epoch, acked) in &self.acked {
            let through = held.get(epoch).map_or(0, Vec::len) as u64;
            assert!(through >= *acked, "the hub has answered for {acked} of {epoch:?} and has {through}");
        }
    }

    fn batch(&self, feed: &str, shipment: &Shipment) -> Option<Batch> {
        let at = self.site.ledger.as_ref()?.standings()[&feed_name(feed)].clone();
        let epoch = at.standing.epoch;
        let reader = Reader::open(self.site.world.folder()).ok()?;
        let (prev, head, load) = match shipment.kind {
            ShipmentKind::Records | ShipmentKind::Ahead | ShipmentKind::Again => {
                let stretch = reader.stretch(at.life, &epoch, shipment.first, shipment.last).ok()?;
                (stretch.prev, stretch.head, Load::Records(stretch.records))
            }
            ShipmentKind::Removed | ShipmentKind::Damaged | ShipmentKind::SetAside => {
                let prev = reader.link(at.life, &epoch, shipment.first.before()).ok()?;
                let head = reader.link(at.life, &epoch, shipment.last).ok()?;
                (prev, head, Load::Lost(Lost { to: shipment.last, why: "refused".parse().unwrap() }))
            }
        };
        let (site, feed, ahead) = (site_name(), feed_name(feed), shipment.kind == ShipmentKind::Ahead);
        Some(Batch { site, feed, epoch, first: shipment.first, prev: Some(prev), head, load, ahead, knows: None })
    }

    fn is_at_rest(&mut self) -> bool {
        let standings = self.site.ledger().standings();
        let is_settled = |feed: &str| {
            let at = &standings[&feed_name(feed)].standing;
            at.through == at.recorded
        };
        self.flights.is_empty() && FEEDS.iter().all(|(feed, _)| is_settled(feed))
    }

    /// Both sides have the same movements, each once, in the same order.
    fn compare(&mut self) {
        self.site.check();
        let found = self.vendor.find();
        self.check_acked(&found.held);
        for (feed, book) in &self.site.book.feeds {
            let at_hub = found.applied.get(feed).cloned().unwrap_or_default();
            let missing = book.records.iter().filter(|moved| !at_hub.contains(moved)).count();
            assert_eq!(missing, 0, "{feed}: the hub lacks what the site recorded");
            assert_eq!(at_hub.len(), book.records.len(), "{feed}: the hub has something twice");
            assert!(at_hub == book.records, "{feed}: the hub has another order");
        }
    }
}

fn nothing() -> Reply {
    Reply::Nothing { kind: TroubleKind::TimedOut, detail: String::new(), retry_after: None }
}
