//! Both halves of the feed protocol over a link that drops, doubles, reorders, delays and forgets acks; with a hub
//! that is restored from a backup, a site that crashes, retention, records that the hub refuses or cannot even read.
//!
//! One seed is one world. All seeds are printed on failure; `SEED=n cargo test -p gateway-proto --test link` replays
//! one and says each step.

#![allow(clippy::wildcard_enum_match_arm, clippy::print_stdout, clippy::unwrap_used, reason = "test code")]

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use gateway_proto::{
    answer::{Ack, Code, Refusal, Rejection},
    backoff::Backoff,
    batch::{Batch, Load, Lost},
    chain::{Epoch, Link},
    delivery::{Delivery, Effect, Live, Reply, Shipment, ShipmentKind, Standing, Step, TroubleKind},
    intake::{Decision, Position, decide},
    record::{RecordText, Seq},
};

const SEEDS: u64 = 1_000;
/// With `BINWIRE_LONG`.
const SEEDS_LONG: u64 = 50_000;
const RECORDS: u64 = 120;
const BATCH_MAX: usize = 12;
const STEPS_MAX: u32 = 60_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// What the site's disk holds: survives its crashes.
#[derive(Clone)]
struct Ledger {
    epoch: Epoch,
    epochs: u64,
    /// Text and link after it, by seq − 1.
    records: Vec<(String, Link)>,
    through: u64,
    /// Records below this seq are gone.
    oldest: u64,
    aside: BTreeMap<u64, String>,
    lost: Vec<(u64, u64)>,
    /// What earlier epochs took for acknowledged.
    acknowledged: Vec<String>,
    /// Numbers the records of this world. Events go on when an old image is restored, so this never goes back.
    recorded: u64,
}

impl Ledger {
    fn new(seed: u64) -> Self {
        Self {
            epoch: epoch(seed, 0),
            epochs: 0,
            records: Vec::new(),
            through: 0,
            oldest: 1,
            aside: BTreeMap::new(),
            lost: Vec::new(),
            acknowledged: Vec::new(),
            recorded: 0,
        }
    }

    fn link(&self, seq: u64) -> Link {
        if seq == 0 { Link::first(&self.epoch) } else { self.records[seq as usize - 1].1 }
    }

    fn append(&mut self, text: String) {
        let link = self.link(self.records.len() as u64).then(&text);
        self.records.push((text, link));
    }

    fn record(&mut self, random: &mut Random) {
        self.recorded += 1;
        let kind = match random.below(40) {
            0 => "refused",
            1 => "poison",
            _ => "movement",
        };
        self.append(format!(r#"{{"type":"{kind}","n":{}}}"#, self.recorded));
    }

    fn standing(&self) -> Standing {
        Standing {
            epoch: self.epoch.clone(),
            oldest: Seq(self.oldest),
            recorded: Seq(self.records.len() as u64),
            through: Seq(self.through),
            withheld: self.aside.keys().filter(|&&seq| seq > self.through).map(|&seq| Seq(seq)).collect(),
            holes: Vec::new(),
            asks: false,
        }
    }

    fn take(&mut self, effect: Effect, seed: u64) -> bool {
        match effect {
            Effect::Settle { through, refused, lost } => {
                self.through = through.0;
                self.aside.extend(refused.into_iter().map(|r| (r.seq.0, r.code)));
                self.lost.extend(lost.map(|(from, to)| (from.0, to.0)));
            }
            Effect::Rewind { through } => {
                self.through = through.0;
                self.aside.retain(|&seq, _| seq <= through.0);
            }
            Effect::SetAside { refusal } => {
                self.aside.insert(refusal.seq.0, refusal.code);
            }
            Effect::Taken { seq } => {
                // Other answers may have come before this one.
                if self.aside.get(&seq.0).is_some_and(|code| code == "unknown_item") {
                    self.aside.remove(&seq.0);
                }
            }
            // Amounts are no matter of this world.
            Effect::BringForward(_) => {}
            Effect::NewEpoch => {
                let rest: Vec<_> = self.records.drain(self.through as usize..).map(|(text, _)| text).collect();
                let gone =
                    |seq: u64| self.aside.contains_key(&seq) || self.lost.iter().any(|l| (l.0..=l.1).contains(&seq));
                let kept = self.records.drain(..).zip(1..).filter(|&(_, seq)| !gone(seq));
                self.acknowledged.extend(kept.map(|((text, _), _)| text));
                self.epochs += 1;
                self.epoch = epoch(seed, self.epochs);
                self.records.clear();
                (self.through, self.oldest) = (0, 1);
                self.aside.clear();
                self.lost.clear();
                rest.into_iter().for_each(|text| self.append(text));
                return true;
            }
        }
        false
    }

    fn batch(&self, shipment: &Shipment) -> Batch {
        let (first, last) = (shipment.first.0, shipment.last.0);
        let load = match shipment.kind {
            ShipmentKind::Records | ShipmentKind::Ahead | ShipmentKind::Again => Load::Records(
                self.records[first as usize - 1..last as usize]
                    .iter()
                    .map(|(text, _)| RecordText::new(text.clone()).unwrap())
                    .collect(),
            ),
            ShipmentKind::Removed | ShipmentKind::Damaged => {
                Load::Lost(Lost { to: shipment.last, why: "retention".parse().unwrap() })
            }
            ShipmentKind::SetAside => Load::Lost(Lost { to: shipment.last, why: "refused".parse().unwrap() }),
        };
        Batch {
            knows: None,
            site: "s".parse().unwrap(),
            feed: "f".parse().unwrap(),
            epoch: self.epoch.clone(),
            first: shipment.first,
            // Of what retention took, nobody knows what came before it.
            prev: (first >= self.oldest).then(|| self.link(first - 1)),
            head: self.link(last),
            load,
            ahead: shipment.kind == ShipmentKind::Ahead,
        }
    }
}

/// A hub's store: per epoch what it has at each seq; `None` where a loss was declared.
#[derive(Clone, Default)]
struct Hub {
    epochs: BTreeMap<Epoch, Vec<Option<(String, Link)>>>,
    heads: BTreeMap<Epoch, Link>,
    /// The items of refused records are known by now.
    mapped: bool,
    takes_ahead: bool,
}

impl Hub {
    fn intake(&mut self, batch: &Batch, window: u32) -> Result<Ack, Rejection> {
        if let Load::Records(records) = &batch.load
            && records.iter().any(|record| record.as_str().contains("poison"))
        {
            return Err(Rejection::new(Code::BadBatch, "cannot read it"));
        }
        let kept = self.epochs.get(&batch.epoch);
        let position = kept.map(|kept| Position { through: Seq(kept.len() as u64), head: self.heads[&batch.epoch] });
        let link_at = |seq: Seq| {
            let kept = &kept.unwrap()[seq.0 as usize - 1];
            Ok::<_, Infallible>(kept.as_ref().map(|(_, link)| *link))
        };
        match decide(batch, position, link_at).unwrap() {
            Decision::Reject(rejection) => return Err(rejection),
            Decision::Known | Decision::Ahead(_) => {}
            Decision::Append(fresh) => {
                let head = fresh.last().unwrap().link;
                let rows: Vec<_> = fresh.iter().map(|f| Some((f.text.to_string(), f.link))).collect();
                self.epochs.entry(batch.epoch.clone()).or_default().extend(rows);
                self.heads.insert(batch.epoch.clone(), head);
            }
            Decision::Lose { lost, head, .. } => {
                let to = lost.to.0 as usize;
                self.epochs.entry(batch.epoch.clone()).or_default().resize(to, None);
                self.heads.insert(batch.epoch.clone(), head);
            }
        }
        let Some(kept) = self.epochs.get(&batch.epoch).filter(|kept| kept.len() as u64 >= batch.last().0) else {
            let through = Seq(self.epochs.get(&batch.epoch).map_or(0, |kept| kept.len() as u64));
            return Ok(Ack { ahead: Some(batch.last()), takes_ahead: true, ..Ack::new(batch.epoch.clone(), through) });
        };
        let asked = batch.first.0..=batch.last().0;
        let refused = asked
            .filter_map(|seq| {
                let code = match &kept[seq as usize - 1] {
                    Some((text, _)) => (text.contains("refused") && !self.mapped).then_some("unknown_item")?,
                    // An earlier life of the site declared it; this one must know that it is not here.
                    None => "declared_lost",
                };
                Some(Refusal { seq: Seq(seq), code: code.to_owned(), detail: String::new() })
            })
            .collect();
        let takes_ahead = self.takes_ahead;
        Ok(Ack { refused, window, takes_ahead, ..Ack::new(batch.epoch.clone(), Seq(kept.len() as u64)) })
    }
}

/// A batch or an answer, with the number of the site's process that has to do with it and the shipment's id.
enum Travelling {
    Batch(u64, u64, Batch),
    Answer(u64, u64, Reply),
}

struct World {
    seed: u64,
    say: bool,
    random: Random,
    now: Duration,
    ledger: Ledger,
    delivery: Delivery,
    hub: Hub,
    hub_backup: Hub,
    ledger_backup: Ledger,
    /// What is on its way, by arrival time and a number to keep equal times apart.
    link: BTreeMap<(Duration, u64), Travelling>,
    sent: u64,
    process: u64,
    one_history: bool,
    faults: bool,
    window: u32,
    /// Counts of what this world went through: a test that exercises nothing proves nothing.
    seen: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64, say: bool) -> Self {
        let mut random = Random(seed);
        let ledger = Ledger::new(seed);
        let window = 1 + random.below(4) as u32;
        Self {
            delivery: delivery(&ledger, seed, seed),
            seed,
            say,
            random,
            now: Duration::ZERO,
            ledger,
            hub: Hub { takes_ahead: !seed.is_multiple_of(3), ..Hub::default() },
            hub_backup: Hub::default(),
            ledger_backup: Ledger::new(seed),
            link: BTreeMap::new(),
            sent: 0,
            process: 1,
            one_history: true,
            faults: true,
            window,
            seen: BTreeMap::new(),
        }
    }

    fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
        if self.say {
            println!("{:>9.3} s  {what}; site {:?}", self.now.as_secs_f64(), self.ledger.standing());
        }
    }

    fn travel(&mut self, load: Travelling) {
        let delay = Duration::from_micros(1_000 + self.random.below(if self.faults { 400_000 } else { 10_000 }));
        self.sent += 1;
        self.link.insert((self.now + delay, self.sent), load);
    }

    /// Sends what the machine wants sent, and makes sure that every flight ends: with an answer or with a time-out.
    fn pump(&mut self) {
        loop {
            match self.delivery.poll(self.now) {
                Step::Send(shipment) => {
                    match shipment.kind {
                        ShipmentKind::Ahead => self.note("shown ahead"),
                        ShipmentKind::Again => self.note("asked again"),
                        ShipmentKind::Records
                        | ShipmentKind::Removed
                        | ShipmentKind::Damaged
                        | ShipmentKind::SetAside => {}
                    }
                    let batch = self.ledger.batch(&shipment);
                    let batch = Batch::parse(batch.to_json().unwrap().as_bytes()).unwrap();
                    let timed_out =
                        Reply::Nothing { kind: TroubleKind::TimedOut, detail: String::new(), retry_after: None };
                    self.sent += 1;
                    let late = self.now + Duration::from_secs(1);
                    self.link.insert((late, self.sent), Travelling::Answer(self.process, shipment.id, timed_out));
                    if self.faults && self.random.percent(10) {
                        self.note("batch dropped");
                        continue;
                    }
                    if self.faults && self.random.percent(10) {
                        self.note("batch doubled");
                        self.travel(Travelling::Batch(self.process, shipment.id, batch.clone()));
                    }
                    self.travel(Travelling::Batch(self.process, shipment.id, batch));
                }
                Step::Wait(until) => {
                    self.link.entry((until, 0)).or_insert(Travelling::Answer(0, 0, busy()));
                    return;
                }
                Step::Idle => return,
            }
        }
    }

    fn arrive(&mut self, load: Travelling) {
        match load {
            Travelling::Batch(process, id, batch) => {
                let reply = match self.hub.intake(&batch, self.window) {
                    Ok(ack) => Reply::Ack(ack),
                    Err(rejection) => {
                        self.note(match rejection.code {
                            Code::Gap => "gap",
                            Code::Fork => "fork",
                            Code::BadBatch => "bad batch",
                            _ => "other rejection",
                        });
                        Reply::Rejected { rejection, retry_after: None }
                    }
                };
                if self.faults && self.random.percent(15) {
                    self.note("answer forgotten");
                    return;
                }
                if self.faults && self.random.percent(5) {
                    self.note("answer doubled");
                    self.travel(Travelling::Answer(process, id, reply.clone()));
                }
                self.travel(Travelling::Answer(process, id, reply));
            }
            // Answers to an earlier process reach nobody.
            Travelling::Answer(process, ..) if process != self.process => {}
            Travelling::Answer(_, id, reply) => {
                for effect in self.delivery.handle_reply(self.now, id, reply) {
                    match effect {
                        Effect::Rewind { .. } => self.note("rewound"),
                        Effect::SetAside { .. } => self.note("set aside"),
                        Effect::Taken { .. } => self.note("taken after all"),
                        Effect::Settle { lost: Some(_), .. } => self.note("declared lost"),
                        _ => {}
                    }
                    let renewed = self.ledger.take(effect, self.seed);
                    self.one_history |= renewed || self.ledger.through == self.ledger.records.len() as u64;
                    if renewed {
                        self.note("new epoch");
                        let standing = self.ledger.standing();
                        let old = std::mem::replace(&mut self.delivery, delivery(&self.ledger, self.seed, self.seed));
                        self.delivery = old.renewed(standing, self.now);
                    }
                }
            }
        }
    }

    fn restart_site(&mut self) {
        self.process += 1;
        self.delivery = delivery(&self.ledger, self.seed, self.seed ^ self.sent);
    }

    /// In a world either the hub or the site is put back to an old backup. Two limits of the protocol are left out:
    /// a hub older than a site's change of epoch (it would have to ask for the old epoch again), and an image taken
    /// between a site's restore and the hub's word on whether its history goes on (records made in between can not
    /// tell later which life they are from).
    fn mishap(&mut self) {
        let site_is_restored = self.seed % 2 == 1;
        match self.random.below(400) {
            0 => {
                self.note("site crashed");
                self.restart_site();
            }
            1 => {
                self.note("backed up");
                self.hub_backup = self.hub.clone();
                if self.one_history {
                    self.ledger_backup = self.ledger.clone();
                }
            }
            2 if site_is_restored => {
                self.note("site restored");
                let recorded = self.ledger.recorded;
                self.ledger = Ledger { recorded, ..self.ledger_backup.clone() };
                self.one_history = false;
                // An epoch id is random: the restored image does not choose the one its later life chose.
                self.ledger.epochs += 1_000 * self.process;
                self.restart_site();
            }
            2 => {
                self.note("hub restored");
                self.hub = self.hub_backup.clone();
            }
            4 => self.hub.mapped = true,
            5..15 => {
                let refused = self.ledger.aside.iter().filter(|(_, code)| *code == "unknown_item");
                for seq in refused.map(|(&seq, _)| Seq(seq)).collect::<Vec<_>>() {
                    self.delivery.ask_again(seq);
                }
            }
            3 => {
                let oldest = 1 + self.random.below(self.ledger.through + 1);
                if oldest > self.ledger.oldest {
                    self.note("retention");
                    self.ledger.oldest = oldest;
                    self.delivery.handle_removed(Seq(oldest));
                }
            }
            _ => {}
        }
    }

    fn run(&mut self) {
        for step in 0..STEPS_MAX {
            // The last record is made in good times: it is what tells a site that its hub was restored meanwhile.
            let wanted = if self.faults { RECORDS - 1 } else { RECORDS };
            if self.ledger.recorded < wanted && self.random.percent(30) {
                self.ledger.record(&mut self.random);
                self.delivery.handle_recorded(Seq(self.ledger.records.len() as u64));
            }
            if self.faults {
                self.mishap();
                // Trouble ends some time: then everything must come right.
                self.faults = step < 1_500;
            }
            self.pump();
            match self.link.pop_first() {
                Some(((at, _), load)) => {
                    self.now = self.now.max(at);
                    self.arrive(load);
                }
                None => self.now += Duration::from_millis(20),
            }
            let settled = self.ledger.through == self.ledger.records.len() as u64;
            if !self.faults && self.ledger.recorded == RECORDS && settled && self.link.is_empty() {
                return;
            }
        }
        panic!("did not come to rest: {:?}", self.ledger.standing());
    }

    /// The hub's history of the current epoch is the ledger's, but for what was declared; over all epochs each
    /// record is there once or is accounted for at the site.
    fn check(&self) {
        let kept = self.hub.epochs.get(&self.ledger.epoch).map_or(&[][..], Vec::as_slice);
        assert_eq!(kept.len(), self.ledger.records.len());
        for (i, (hub, site)) in kept.iter().zip(&self.ledger.records).enumerate() {
            let seq = i as u64 + 1;
            match hub {
                Some(hub) => assert_eq!(hub, site, "seq {seq}"),
                None => {
                    let aside = self.ledger.aside.contains_key(&seq);
                    let lost = self.ledger.lost.iter().any(|&(from, to)| (from..=to).contains(&seq));
                    assert!(aside || lost, "seq {seq} is nowhere: {}", site.0);
                }
            }
        }
        let mut times = BTreeMap::<&str, u32>::new();
        for (text, _) in self.hub.epochs.values().flatten().flatten() {
            *times.entry(text).or_default() += 1;
        }
        let missing: Vec<_> =
            self.ledger.acknowledged.iter().filter(|text| !times.contains_key(text.as_str())).collect();
        assert!(missing.is_empty(), "taken for acknowledged in an earlier epoch, and nowhere: {missing:?}");
        let doubled: Vec<_> = times.iter().filter(|&(_, &n)| n > 1).collect();
        assert!(doubled.is_empty(), "counted twice: {doubled:?}");
    }
}

fn epoch(seed: u64, number: u64) -> Epoch {
    let mut entropy = [0; 10];
    entropy[..8].copy_from_slice(&(seed.wrapping_mul(31) + number).to_be_bytes());
    Epoch::new(1_795_237_200_000 + number, entropy)
}

fn delivery(ledger: &Ledger, world: u64, seed: u64) -> Delivery {
    // A few records of a small world: the backlog is never long, so that in half of them one is shown all the same.
    let batch = if world.is_multiple_of(2) { BATCH_MAX } else { 2 };
    let live = Live { records: 3, every: Duration::from_millis(100) };
    Delivery::new(ledger.standing(), batch, backoff(seed)).with_live(live)
}

fn backoff(seed: u64) -> Backoff {
    Backoff::new(Duration::from_millis(200), Duration::from_secs(5), seed)
}

fn busy() -> Reply {
    Reply::Nothing { kind: TroubleKind::Busy, detail: String::new(), retry_after: None }
}

#[test]
fn every_record_arrives_once_and_in_order_whatever_the_link_does() {
    let one: Option<u64> = std::env::var("SEED").ok().map(|seed| seed.parse().expect("SEED is a number"));
    let all = if std::env::var_os("BINWIRE_LONG").is_some() { SEEDS_LONG } else { SEEDS };
    let seeds = one.map_or(0..all, |seed| seed..seed + 1);
    let mut seen = BTreeMap::<&str, u64>::new();
    println!("seeds {seeds:?}; replay one with SEED=n");
    for seed in seeds {
        let outcome = std::panic::catch_unwind(|| {
            let mut world = World::new(seed, one.is_some());
            world.run();
            world.check();
            world.seen
        });
        match outcome {
            Ok(counts) => counts.into_iter().for_each(|(what, n)| *seen.entry(what).or_default() += n),
            Err(panic) => {
                println!("FAILED with SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("{all} worlds of {RECORDS} records went through {seen:#?}");
    if one.is_none() {
        for what in [
            "batch dropped",
            "batch doubled",
            "answer forgotten",
            "answer doubled",
            "gap",
            "bad batch",
            "set aside",
            "rewound",
            "declared lost",
            "fork",
            "new epoch",
            "site crashed",
            "site restored",
            "hub restored",
            "retention",
            "shown ahead",
            "asked again",
            "taken after all",
        ] {
            assert!(seen.contains_key(what), "no world saw: {what}");
        }
    }
}
