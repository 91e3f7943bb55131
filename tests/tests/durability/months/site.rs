//! A site's ledger on a disk of ours, worked as the recorder works it, and the test's own account of what it must hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::{Arc, Mutex},
};

use agent::{
    config::StorageLimits,
    ledger::{
        Epochs, FeedStanding, Fullness, Group, Ledger, LedgerError, Outcome, Recorded, Removal, disk_bytes,
        reader::Reader,
    },
    movement::entry::Entry,
    register::catalog::Catalog,
};
use cutdisk::{Image, Survival, World};
use gateway_proto::{
    batch::{Batch, Load, Lost},
    chain::Epoch,
    delivery::{Shipment, ShipmentKind},
    forward::Forward,
    name::FeedName,
    record::Seq,
};
use sim::Random;
use tests::chain;

use super::{
    FEEDS, ITEMS, SITE,
    act::{ActNumber, Amounts, Said},
    wall,
};

/// What the recorder keeps of a feed while the disk is only getting short.
const KEPT_WHEN_SHORT: u64 = 5_000;

/// Bytes that one commit may add to the log before the next look at the disk.
const ONE_COMMIT: u64 = 256 * 1024;

/// Bytes of log that stay on the disk, whatever the budget.
const LOG_KEPT: u64 = 4 * 1024 * 1024 + ONE_COMMIT;

/// A place in a feed: feed, epoch and seq.
pub(super) type Place = (String, String, u64);

/// A site with its disk.
pub(super) struct Site {
    pub(super) world: World,
    open: Option<Open>,
    pub(super) book: Book,
    /// What a commit that failed was about: the file may have it after all, until one succeeds.
    doubts: Doubt,
    /// Where the feeds stood after the newest commit that went through: what delivery goes by.
    pub(super) view: BTreeMap<FeedName, FeedStanding>,
    limits: StorageLimits,
    /// Bytes that the ledger may have on the disk.
    bytes_max: u64,
    /// Every text ever written under a feed, epoch and seq, by any life of this site.
    pub(super) written: BTreeMap<Place, BTreeSet<Rc<str>>>,
    /// What the next epoch's name is made of, and its time.
    names: Arc<Mutex<(Random, u64)>>,
}

struct Open {
    ledger: Ledger,
    reader: Reader,
}

/// What is on the site's disk, by the test's own account.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    strands: BTreeMap<String, Strand>,
    /// Acts that are recorded, each of them once however often its text stands there.
    pub(super) seen: BTreeSet<ActPart>,
    pub(super) on_hand: Amounts,
    /// Feeds and epochs for which a hub has said what it had beside the ledger.
    answered: BTreeSet<(String, String)>,
    /// What was taken back, each of it once.
    takings_back: BTreeSet<Rc<str>>,
    /// Where each act's newest record stands.
    pub(super) places: BTreeMap<ActNumber, Place>,
}

/// A movement (`true`) or a count of an act.
pub(super) type ActPart = (ActNumber, bool);

/// A feed's newest epoch.
#[derive(Debug, Clone, Default)]
struct Strand {
    life: i64,
    epoch: String,
    texts: Vec<Rc<str>>,
}

/// A site's disk at some time, with the account of it.
#[derive(Clone)]
pub(super) struct Copy {
    image: Image,
    pub(super) book: Book,
    /// What a commit that had just failed was about: the image may have it.
    doubts: Doubt,
}

/// What a commit is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubt {
    pub(super) acts: BTreeSet<ActNumber>,
    /// Begins new epochs, or appends records of the site's own.
    pub(super) own: bool,
    /// What a hub had beside the ledger, by feed and epoch.
    pub(super) carried: BTreeMap<(String, String), Forward>,
}

impl Doubt {
    fn carries(&self, feed: &str) -> bool {
        self.carried.keys().any(|(of, _)| of == feed)
    }
}

/// What a sender is told.
#[derive(Debug)]
pub(super) enum Told {
    Recorded(Vec<Recorded>),
    NoChange,
    Repeated,
    /// It breaks a rule.
    Never,
}

/// Why nothing was recorded.
#[derive(Debug)]
pub(super) enum Refused {
    Full,
    Ledger,
}

impl Site {
    pub(super) fn on(world: World, limits: StorageLimits, seed: u64) -> Self {
        let bytes_max = limits.budget + ONE_COMMIT;
        let book = Book::default();
        let (doubts, view, written) = (Doubt::default(), BTreeMap::new(), BTreeMap::new());
        let names = Arc::new(Mutex::new((Random::seeded(!seed), wall::BEGIN_MS.unsigned_abs())));
        Self { world, open: None, book, doubts, view, limits, bytes_max, written, names }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    pub(super) fn ledger(&mut self) -> &mut Ledger {
        &mut self.open.as_mut().unwrap().ledger
    }

    /// Opens the ledger and holds it against the account.
    pub(super) fn open(&mut self) -> Result<(), LedgerError> {
        self.open = None;
        let mut catalog = Catalog::default();
        for (feed, item) in ITEMS {
            catalog.add(item.parse().unwrap(), feed_name(feed), []);
        }
        let feeds = FEEDS.map(feed_name);
        let folder = self.world.folder().to_owned();
        let mut ledger = Ledger::open_with(&folder, &feeds, Arc::new(catalog), self.epochs())?;
        ledger.limit(self.limits)?;
        let reader = Reader::open(&folder)?;
        self.open = Some(Open { ledger, reader });
        let doubts = std::mem::take(&mut self.doubts);
        // Here, before anything new is taken in, what was in doubt is decided.
        let result = self.verify(&doubts);
        if result.is_err() {
            self.doubts = doubts;
            self.open = None;
        }
        result
    }

    /// Names of the seed's own: how long they are when packed decides where a cut meets the disk.
    fn epochs(&self) -> Epochs {
        let names = self.names.clone();
        Epochs::named_by(move || {
            let mut names = names.lock().unwrap();
            let (random, millis) = &mut *names;
            *millis += 1;
            let mut entropy = [0; 10];
            entropy[..8].copy_from_slice(&random.bits().to_be_bytes());
            Ok((Epoch::new(*millis, entropy), *millis))
        })
    }

    pub(super) fn restart(&mut self, survival: Survival) {
        self.world.cut();
        self.open = None;
        self.world.restart(survival);
    }

    /// The disk as it is, to be put back later.
    pub(super) fn copy(&self) -> Copy {
        Copy { image: self.world.image().unwrap(), book: self.book.clone(), doubts: self.doubts.clone() }
    }

    /// Another disk takes the place of this one.
    pub(super) fn put_back(&mut self, copy: &Copy) {
        self.open = None;
        self.world = World::with(&copy.image).unwrap();
        self.book = copy.book.clone();
        self.doubts = copy.doubts.clone();
        self.written_again();
    }

    /// The disk becomes short, or is as it was.
    pub(super) fn limit(&mut self, limits: StorageLimits) -> Result<(), LedgerError> {
        self.limits = limits;
        let file = self.world.bytes("ledger.db").map_or(0, |bytes| bytes.len() as u64);
        // Whatever the file has it keeps.
        self.bytes_max = (limits.budget + ONE_COMMIT).max(file + LOG_KEPT).max(self.bytes_max.min(file + LOG_KEPT));
        match &mut self.open {
            Some(open) => open.ledger.limit(limits),
            None => Ok(()),
        }
    }

    /// Records entries in one commit, as the recorder does.
    pub(super) fn record(&mut self, entries: &[(ActNumber, Entry)]) -> Result<Vec<Told>, Refused> {
        let ledger = self.ledger();
        if ledger.room().fullness == Fullness::Full && ledger.look_for_room().fullness == Fullness::Full {
            return Err(Refused::Full);
        }
        let acts = entries.iter().map(|(number, _)| *number).collect();
        let mut told = Vec::new();
        self.commit(&Doubt { acts, ..Doubt::default() }, |group| {
            told.clear();
            for (_, entry) in entries {
                told.push(match group.append(entry.clone())? {
                    Ok(Outcome::Recorded(recorded)) => Told::Recorded(recorded),
                    Ok(Outcome::NoChange) => Told::NoChange,
                    Ok(Outcome::Repeated) => Told::Repeated,
                    Err(_) => Told::Never,
                });
            }
            Ok(())
        })
        .map_err(|_| Refused::Ledger)?;
        for ((number, _), told) in entries.iter().zip(&told) {
            let is_there = [true, false].iter().any(|moves| self.book.seen.contains(&(*number, *moves)));
            let must_be = matches!(told, Told::Recorded(_) | Told::Repeated);
            assert_eq!(is_there, must_be, "act {number} was told {told:?}");
        }
        Ok(told)
    }

    /// A commit of anything; what was in doubt before is decided by its success.
    pub(super) fn commit<T>(
        &mut self,
        doubt: &Doubt,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let ledger = self.ledger();
        let fullness = ledger.room().fullness;
        let done = ledger.in_one_commit(|group| {
            make_room(group, fullness)?;
            work(group)
        });
        match done {
            Ok(done) => {
                self.doubts = Doubt::default();
                if let Err(error) = self.observe(doubt) {
                    if !self.world.has_power() {
                        // The power went when all was written and before anybody could be told.
                        self.doubt(doubt);
                        return Err(error);
                    }
                    // Trouble that waited for the next operation has met the look of the test, not the ledger's own.
                    self.world.heal();
                    self.observe(doubt).expect("the ledger can be read");
                }
                if !doubt.acts.is_empty() || doubt.own || !doubt.carried.is_empty() {
                    self.check();
                }
                Ok(done)
            }
            Err(error) => {
                self.doubt(doubt);
                Err(error)
            }
        }
    }

    fn doubt(&mut self, doubt: &Doubt) {
        self.doubts.acts.extend(&doubt.acts);
        self.doubts.own |= doubt.own;
        self.doubts.carried.extend(doubt.carried.clone());
    }

    /// The batch of a shipment, as delivery makes it.
    pub(super) fn batch(&mut self, feed: &str, shipment: &Shipment, asks: bool) -> Result<Batch, LedgerError> {
        let Open { reader, .. } = self.open.as_mut().unwrap();
        let at = self.view[&feed_name(feed)].clone();
        let epoch = at.standing.epoch.clone();
        let (prev, head, load) = match shipment.kind {
            ShipmentKind::Records | ShipmentKind::Ahead | ShipmentKind::Again => {
                let stretch = reader.stretch(at.life, &epoch, shipment.first, shipment.last)?;
                (Some(stretch.prev), stretch.head, Load::Records(stretch.records))
            }
            ShipmentKind::Removed | ShipmentKind::Damaged | ShipmentKind::SetAside => {
                let is_known = shipment.first >= at.standing.oldest;
                let prev = is_known.then(|| reader.link(at.life, &epoch, shipment.first.before())).transpose()?;
                let head = reader.link(at.life, &epoch, shipment.last)?;
                let why = match shipment.kind {
                    ShipmentKind::Removed => REMOVED,
                    _ => REFUSED,
                };
                (prev, head, Load::Lost(Lost { to: shipment.last, why: why.parse().unwrap() }))
            }
        };
        let ahead = shipment.kind == ShipmentKind::Ahead;
        let (site, feed) = (SITE.parse().unwrap(), feed_name(feed));
        let knows = if asks { reader.question(&feed)? } else { None };
        Ok(Batch { site, feed, epoch, first: shipment.first, prev, head, load, ahead, knows })
    }

    /// Reads what has come to the feeds. Nothing but what the commit was about may have.
    fn observe(&mut self, doubt: &Doubt) -> Result<(), LedgerError> {
        let Open { ledger, reader } = self.open.as_mut().unwrap();
        self.view = ledger.standings();
        for (feed, at) in &self.view {
            let name = feed.to_string();
            let strand = self.book.strands.entry(name.clone()).or_default();
            let standing = &at.standing;
            if at.life != strand.life {
                assert!(at.life > strand.life && (strand.life == 0 || doubt.own), "{feed}: a life out of nowhere");
                *strand = Strand { life: at.life, epoch: standing.epoch.to_string(), texts: Vec::new() };
            }
            assert!(standing.recorded.0 >= strand.texts.len() as u64, "{feed}: the ledger lost what was answered");
            if !standing.asks && self.book.answered.insert((name.clone(), strand.epoch.clone())) {
                let carried = doubt.carried.get(&(name.clone(), strand.epoch.clone()));
                let carried = carried.unwrap_or_else(|| panic!("{feed}: asks no more and nobody answered"));
                for held in &carried.amounts {
                    self.book.on_hand.add(held.item.as_str(), &held.place.to_string(), held.qty);
                }
            }
            while standing.recorded.0 > strand.texts.len() as u64 {
                let first = Seq(strand.texts.len() as u64 + 1);
                for text in reader.stretch(at.life, &standing.epoch, first, standing.recorded)?.records {
                    let (text, said): (Rc<str>, _) = (text.as_str().into(), Said::of(text.as_str()));
                    let key = said.number().map(|number| (number, matches!(said, Said::Moved(_))));
                    match key {
                        Some(key) if self.book.seen.insert(key) => {
                            assert!(doubt.acts.contains(&key.0), "{feed}: act {} was refused and is there", key.0);
                            if let Some(moved) = said.moved() {
                                self.book.on_hand.apply(moved);
                            }
                        }
                        None if matches!(said, Said::TakenBack(_)) && !self.book.takings_back.insert(text.clone()) => {
                            assert!(doubt.own, "{feed}: taken back once more: {text}");
                        }
                        None if matches!(said, Said::TakenBack(_)) => {
                            assert!(doubt.carries(&name), "{feed}: taken back and nothing was carried: {text}");
                            self.book.on_hand.apply(said.moved().unwrap());
                        }
                        // Chained anew, or sent once more.
                        Some(_) | None => assert!(doubt.own, "{feed}: the ledger has what nobody asked for: {text}"),
                    }
                    strand.texts.push(text.clone());
                    let place = (name.clone(), strand.epoch.clone(), strand.texts.len() as u64);
                    if let Some(number) = said.number() {
                        self.book.places.insert(number, place.clone());
                    }
                    self.written.entry(place).or_default().insert(text);
                }
            }
        }
        Ok(())
    }

    /// All that is still there is as it was written, and the counts add up.
    fn verify(&mut self, doubts: &Doubt) -> Result<(), LedgerError> {
        let Open { ledger, reader } = self.open.as_mut().unwrap();
        for (feed, at) in ledger.standings() {
            let standing = &at.standing;
            let Some(strand) = self.book.strands.get(feed.as_str()).filter(|strand| strand.life == at.life) else {
                continue;
            };
            let last = Seq(strand.texts.len() as u64);
            assert!(standing.recorded >= last, "{feed}: the ledger lost what was answered: {standing:?} of {last}");
            let mut seq = standing.oldest;
            while seq <= last {
                let stretch = reader.stretch(at.life, &standing.epoch, seq, last)?;
                let mut link = *stretch.prev.as_bytes();
                for text in &stretch.records {
                    let at = usize::try_from(seq.0 - 1).unwrap();
                    assert_eq!(text.as_str(), &*strand.texts[at], "{feed} {seq}: another text");
                    link = chain::after(&link, text.as_str());
                    seq = seq.next();
                }
                assert_eq!(stretch.head.as_bytes(), &link, "{feed}: the chain does not follow");
            }
        }
        self.observe(doubts)?;
        self.check();
        Ok(())
    }

    fn check(&mut self) {
        let bytes = disk_bytes(self.world.folder());
        assert!(bytes <= self.bytes_max, "{bytes} bytes on the disk, {} allowed", self.bytes_max);
        let Open { ledger, .. } = self.open.as_mut().unwrap();
        for (feed, counts) in &ledger.counts().feeds {
            assert!(counts.is_conserved(), "{feed}: not every record is accounted for: {counts:?}");
        }
        let mut found = Amounts::default();
        for (item, place, units) in ledger.on_hand().iter() {
            found.add(item.as_str(), &place.to_string(), units);
        }
        assert!(
            found == self.book.on_hand,
            "on-hand is not the fold of the movements:\n{found:?}\n{:?}",
            self.book.on_hand
        );
    }

    /// What a copy has was written before it was made.
    fn written_again(&mut self) {
        for (feed, strand) in &self.book.strands {
            for (seq, text) in (1..).zip(&strand.texts) {
                self.written.entry((feed.clone(), strand.epoch.clone(), seq)).or_default().insert(text.clone());
            }
        }
    }
}

/// Why records were declared lost, in the words of the agent.
pub(super) const REMOVED: &str = "retention";
pub(super) const REFUSED: &str = "refused by the hub, set aside at the site";

pub(super) fn feed_name(feed: &str) -> FeedName {
    feed.parse().unwrap()
}

/// As the recorder does before every commit.
fn make_room(group: &mut Group<'_>, fullness: Fullness) -> Result<(), LedgerError> {
    let kept = match fullness {
        Fullness::Roomy => return Ok(()),
        Fullness::Warn => KEPT_WHEN_SHORT,
        Fullness::Tight | Fullness::Full => 0,
    };
    let feeds: Vec<FeedName> = group.feeds().cloned().collect();
    for feed in feeds {
        if group.trim(&feed, Removal::AllBut(kept))? > 0 {
            return Ok(());
        }
    }
    Ok(())
}

impl Told {
    /// For the sum over all that happened.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Recorded(recorded) => {
                let places = recorded.iter().map(|it| format!("{}/{} {}", it.feed, it.seq, it.left));
                format!("recorded {}", places.collect::<Vec<_>>().join(","))
            }
            Self::NoChange => "no change".to_owned(),
            Self::Repeated => "repeated".to_owned(),
            Self::Never => "never".to_owned(),
        }
    }
}
