//! A month of one site and its hub, event by event, in a time that is nobody's.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use agent::{
    config::StorageLimits,
    movement::entry::{Entry, Origin, OriginKind, Position},
};
use cutdisk::World;
use gateway_proto::{
    backoff::Backoff,
    batch::Batch,
    delivery::{Delivery, Live, Reply, TroubleKind},
};
use sim::Random;

use super::{
    super::power::Tally,
    FEEDS,
    act::ActNumber,
    defect::Defect,
    hub::{Acked, Backup, Hub},
    line::Line,
    site::{ActPart, Copy, Site, feed_name},
    trouble::Plan,
    wall::Wall,
};

pub(super) const SECOND: u64 = 1_000;
pub(super) const MINUTE: u64 = 60 * SECOND;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// How long a month is.
pub(super) const MONTH: u64 = 30 * DAY;

/// Records of one shipment: small, so that a day's backlog is several.
const BATCH_MAX: usize = 10;

/// Until both sides must have come to rest once all is well: the longest wait of a backoff, twice, and a month's backlog.
const DRAIN_MAX: u64 = 4 * HOUR;

/// The budget of a site whose disk is well.
pub(super) const ROOMY: StorageLimits =
    StorageLimits { budget: 8 * 1024 * 1024, ballast: 64 * 1024, warn_percent: 80, refuse_percent: 95 };

/// One site and its hub.
pub(super) struct Month<'t> {
    pub(super) now: u64,
    queue: BTreeMap<(u64, u64), Event>,
    queued: u64,
    pub(super) site: Site,
    pub(super) hub: Hub,
    pub(super) wall: Wall,
    pub(super) line: Line,
    pub(super) plan: Plan,
    pub(super) defect: Defect,
    /// Which start of the agent this is: answers to an earlier one find nobody.
    pub(super) start: u64,
    pub(super) deliveries: BTreeMap<&'static str, Delivery>,
    /// When each feed is looked at next.
    pub(super) polls: BTreeMap<&'static str, u64>,
    /// Nothing is sent before: the ledger has just failed.
    pub(super) quiet_until: u64,
    pub(super) acts: ActNumber,
    /// What was accepted, and what became of it.
    pub(super) accepted: BTreeMap<ActNumber, Fate>,
    pub(super) parts: BTreeSet<ActPart>,
    /// Movements that can be taken back.
    pub(super) recent: Vec<Position>,
    /// Messages that their sender has no acknowledgement for.
    pub(super) unacknowledged: BTreeSet<ActNumber>,
    /// Acts whose records something on the way does not let through.
    pub(super) poison: BTreeSet<ActNumber>,
    /// Acts that an operator gave up, or tried to.
    pub(super) discarded: BTreeSet<ActNumber>,
    pub(super) copy: Option<Copy>,
    pub(super) backups: Vec<Backup>,
    /// What the hub had answered for when the site's disk was last replaced: what the new disk has under these numbers is
    /// not what was answered for.
    pub(super) answered_before: Acked,
    /// Since the site's disk was last replaced, the hub has answered for everything once.
    pub(super) is_settled: bool,
    pub(super) is_ending: bool,
    /// A batch that is answered for and not committed: a planted defect.
    pub(super) owed_by_hub: Option<Batch>,
    /// The newest time on the wall, for a site that goes by it.
    pub(super) newest_at: i64,
    pub(super) random: Random,
    pub(super) tally: &'t mut Tally,
    pub(super) digest: Digest,
}

/// What became of an act that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It must be at the hub in the end.
    Owed,
    /// Its site's disk is gone; the hub has it, and must keep it.
    AtHub(super::site::Place),
    /// All disks that surely had it are gone.
    Gone,
}

/// Something that happens.
#[derive(Debug)]
pub(super) enum Event {
    Work,
    ScansAgain(u64),
    Sensor,
    Message(ActNumber, Box<Entry>),
    Poll(&'static str),
    Arrives(Box<Flight>),
    Answered { start: u64, feed: &'static str, id: u64, last: gateway_proto::record::Seq, reply: Box<Reply> },
    Upkeep,
    LedgerRetry { start: u64 },
    Trouble(super::trouble::Trouble),
}

/// A batch on its way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) start: u64,
    pub(super) feed: &'static str,
    pub(super) id: u64,
    pub(super) batch: Batch,
    pub(super) is_poisoned: bool,
}

/// A sum over all that happened: FNV-1a. Epochs are left out, they are of real chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    sum: u64,
    /// Says all of it as well: to see what led to a failure.
    is_told: bool,
}

impl Digest {
    fn of(seed: u64) -> Self {
        Self { sum: 0xCBF2_9CE4_8422_2325 ^ seed, is_told: std::env::var_os("BINWIRE_TELL").is_some() }
    }

    pub(super) fn take(&mut self, text: &str) {
        if self.is_told {
            tests::skip::say(text);
        }
        for byte in text.bytes().chain([b'\n']) {
            self.sum = (self.sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

/// Lives through a month and checks what came of it.
pub(super) fn live(seed: u64, defect: Defect, random: &Random, tally: &mut Tally) -> Digest {
    let mut month = Month::begin(seed, defect, random.clone(), tally);
    while month.now < MONTH {
        month.step();
    }
    month.end();
    month.compare();
    month.tally.add("days", MONTH / DAY);
    month.digest
}

impl<'t> Month<'t> {
    fn begin(seed: u64, defect: Defect, mut random: Random, tally: &'t mut Tally) -> Self {
        let mut site = Site::on(World::new().unwrap(), ROOMY, seed);
        site.open().unwrap();
        let plan = Plan::draw(&mut random);
        let mut month = Self {
            now: 0,
            queue: BTreeMap::new(),
            queued: 0,
            site,
            hub: Hub::new(),
            wall: Wall::new(),
            line: Line::new(&plan),
            plan,
            defect,
            start: 0,
            deliveries: BTreeMap::new(),
            polls: BTreeMap::new(),
            quiet_until: 0,
            acts: 0,
            accepted: BTreeMap::new(),
            parts: BTreeSet::new(),
            recent: Vec::new(),
            unacknowledged: BTreeSet::new(),
            poison: BTreeSet::new(),
            discarded: BTreeSet::new(),
            copy: None,
            backups: Vec::new(),
            answered_before: Acked::new(),
            is_settled: true,
            is_ending: false,
            owed_by_hub: None,
            newest_at: i64::MIN,
            random,
            tally,
            digest: Digest::of(seed),
        };
        month.plant();
        month.start_delivery();
        month.after(MINUTE, Event::Work);
        month.after(MINUTE, Event::Sensor);
        month.after(HOUR, Event::Upkeep);
        for (at, trouble) in std::mem::take(&mut month.plan.troubles) {
            month.after(at, Event::Trouble(trouble));
        }
        month
    }

    pub(super) fn after(&mut self, wait: u64, event: Event) {
        self.queued += 1;
        self.queue.insert((self.now + wait, self.queued), event);
    }

    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.random.below(most - least)
    }

    /// The next thing happens.
    pub(super) fn step(&mut self) {
        let ((at, _), event) = self.queue.pop_first().expect("something always happens");
        self.now = at;
        self.happens(event);
        if self.site.is_open() && !self.site.world.has_power() {
            self.site_is_dark();
        }
        if self.hub.is_open() && !self.hub.world.has_power() {
            self.hub_is_dark();
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Work => {
                let next = self.between(MINUTE, 5 * HOUR);
                self.after(next, Event::Work);
                let scans = 1 + self.random.below(4);
                self.scans(scans, 0);
            }
            Event::ScansAgain(tries) => self.scans(1, tries),
            Event::Sensor => {
                let next = self.between(MINUTE, 5 * HOUR);
                self.after(next, Event::Sensor);
                let (number, mut entry) = self.entry();
                entry.origin = Some(Origin::new(OriginKind::Id, &[b"sensor", &number.to_be_bytes()], true));
                self.unacknowledged.insert(number);
                self.message(number, entry);
            }
            Event::Message(number, entry) if self.unacknowledged.contains(&number) => self.message(number, *entry),
            Event::Message(..) => {}
            Event::Poll(feed) => {
                // Another was planned before this one.
                if self.polls.get(feed) == Some(&self.now) {
                    self.polls.remove(feed);
                    self.pump(feed);
                }
            }
            Event::Arrives(flight) => self.arrives(*flight),
            Event::Answered { start, feed, id, last, reply } => {
                if start == self.start && self.site.is_open() {
                    self.answered(feed, id, last, *reply);
                }
            }
            Event::Upkeep => {
                self.after(4 * HOUR, Event::Upkeep);
                self.upkeep();
            }
            Event::LedgerRetry { start } => {
                if start == self.start && self.site.is_open() {
                    self.start_delivery();
                    self.pump_all();
                }
            }
            Event::Trouble(trouble) => self.befalls(trouble),
        }
    }

    /// The agent has started: delivery begins from the ledger.
    pub(super) fn start_delivery(&mut self) {
        self.start += 1;
        self.quiet_until = 0;
        for feed in FEEDS {
            let at = self.site.view[&feed_name(feed)].standing.clone();
            let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1_800), self.random.bits());
            let live = Live { records: 5, every: Duration::from_secs(600) };
            self.deliveries.insert(feed, Delivery::new(at, BATCH_MAX, backoff).with_live(live));
        }
    }

    /// All trouble ends; then both sides must come to rest, and an operator sees to what is left.
    fn end(&mut self) {
        self.is_ending = true;
        self.all_is_well();
        self.come_to_rest();
        for _ in 0..3 {
            self.tend_all();
            self.last_words();
            self.come_to_rest();
            self.ask_again();
            self.pump_all();
            self.come_to_rest();
        }
        // What is on the disk, not what is in memory.
        self.site.close();
        self.site.open().unwrap();
        self.accept_ghosts();
    }

    fn come_to_rest(&mut self) {
        let begun = self.now;
        self.pump_all();
        while !self.is_at_rest() {
            self.step();
            assert!(self.now - begun < DRAIN_MAX, "site and hub do not come to rest: {:?}", self.site.view);
        }
        self.tally.add("minutes of draining", (self.now - begun) / MINUTE);
    }

    fn is_at_rest(&self) -> bool {
        self.site.is_open()
            && self.hub.is_open()
            && FEEDS.iter().all(|feed| {
                let at = &self.site.view[&feed_name(feed)].standing;
                at.through == at.recorded && self.deliveries[feed].in_flight() == 0
            })
    }
}

/// A connection that came to nothing.
pub(super) fn nothing(kind: TroubleKind) -> Box<Reply> {
    Box::new(Reply::Nothing { kind, detail: String::new(), retry_after: None })
}
