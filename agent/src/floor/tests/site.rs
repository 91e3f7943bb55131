//! A site on a model clock: a floor, the real ledger in a folder of its own, people who scan and scales that report. It
//! answers orders in their order: at once, or when told to, or with a failure; and it can start the floor again from
//! what the ledger kept. Every caller must be answered exactly once, in every test.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};

use gateway_proto::{
    delivery::Effect,
    movement::Movement,
    name::{DeviceName, FeedName, ItemCode, PlaceName},
    place::Place,
    time::WallTime,
};
use serde_json::Value;

use crate::{
    device::{Cause, Decimal, Mass, MassUnit, Scan, Weight, scanner_host::Verdict},
    floor::{
        Books, Command, Floor, Form, KeptFact, Look, Setup, Watching,
        moment::Moment,
        notice::Notice,
        order::{Caller, Heard, NotRecorded, Order, Reply, Ticket, Unwritten, UnwrittenCause},
        refusal::Refusal,
    },
    label::LabelRules,
    ledger::{Ledger, reader::Reader, recorder::Refused},
    movement::{
        entry::{Entry, Origin, OriginKind, Recorded},
        fusion::Attendance,
        rules::{Alarm, Caution},
        session::{Badge, Station},
    },
    register::{
        Register,
        alias::Alias,
        bin::Bin,
        catalog::UNASSIGNED,
        fact::{Fact, Origin as FactOrigin},
        item::{Item, PieceWeight},
    },
    task::floor::not_recorded,
};

/// The wall clock at the start of every site.
const BEGIN_MS: i64 = 1_790_000_000_000;

/// Of one piece of every item, in tenths of a gram, and of every empty bin.
const PIECE: u64 = 100;
const TARE: u64 = 2_000;

/// Readings of a followed bin in four seconds' model time: four a second.
pub(super) const STEP: Duration = Duration::from_millis(250);

/// What becomes of an order to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Recorded,
    Failed,
    Refused,
}

/// SplitMix64.
#[derive(Debug, Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end.max(1)
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

pub(super) struct Site {
    pub(super) floor: Floor,
    pub(super) ledger: Option<Ledger>,
    reader: Reader,
    folder: tempfile::TempDir,
    pub(super) setup: Setup,
    pub(super) now: Duration,
    queue: VecDeque<(Ticket, Entry)>,
    /// Orders wait until [`Site::answer`].
    pub(super) is_late: bool,
    /// What becomes of the next orders, of all others they are recorded.
    pub(super) fates: VecDeque<Fate>,
    /// All of them, while set.
    pub(super) fate: Fate,
    /// Else of a hundred orders so many fail.
    pub(super) failing: Option<(Random, u64)>,
    next_caller: u64,
    waiting: BTreeSet<Caller>,
    replies: BTreeMap<Caller, Reply>,
    pub(super) recorded: Vec<Recorded>,
    pub(super) notices: Vec<Notice>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) remedies: BTreeMap<DeviceName, Option<String>>,
    /// Bins whose scales report all the time, and what lies in them.
    pub(super) followed: BTreeMap<DeviceName, u64>,
}

/// What an item's pieces weigh.
fn piece() -> Option<PieceWeight> {
    let mean = Mass::from_micrograms(i64::try_from(PIECE).unwrap() * 100_000);
    Some(PieceWeight { mean, cv: 0.001, sample_size: 10_000 })
}

pub(super) fn item(code: &str, feed: &str, is_weighed: bool) -> Fact {
    let mut item = Item::new(code.parse().unwrap(), feed.parse().unwrap());
    item.piece = if is_weighed { piece() } else { None };
    Fact::Item(item)
}

pub(super) fn bin(name: &str, item: &str) -> Bin {
    let mut bin = Bin::new(name.parse().unwrap(), item.parse().unwrap());
    bin.tare = Some(Mass::from_micrograms(i64::try_from(TARE).unwrap() * 100_000));
    bin
}

pub(super) fn code(code: &str, item: &str, factor: u64) -> Fact {
    Fact::Alias(Alias { factor, ..Alias::new(code.parse().unwrap(), item.parse().unwrap()) })
}

pub(super) fn place(text: &str) -> Place {
    text.parse().unwrap()
}

pub(super) fn weight(pieces: u64) -> Weight {
    tenths(TARE + PIECE * pieces)
}

pub(super) fn tenths(tenths: u64) -> Weight {
    let shown = Decimal::parse(&format!("{}.{}", tenths / 10, tenths % 10)).unwrap();
    Weight::new(shown, MassUnit::Gram, None).unwrap()
}

/// Where a ledger costs no disk: there, as elsewhere, each commit is one of SQLite.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Bins A and B of M8 on scales that report changes, F of M8 on one that reports all the time, U of NUT of which nobody
/// knows the piece weight; C and D of NUT without scales.
pub(super) fn setup() -> Setup {
    let mut register = Register::new(feeds());
    let bins = [("A", "M8"), ("B", "M8"), ("F", "M8"), ("U", "NUT"), ("C", "NUT"), ("D", "NUT")];
    let facts = [item("M8", "acme", true), item("NUT", "beta", false), code("BOX", "NUT", 12)];
    for fact in facts.into_iter().chain(bins.map(|(name, item)| Fact::Bin(bin(name, item)))) {
        register.apply(fact, FactOrigin::Imported).unwrap();
    }
    let watching = |bin: &str, settle_readings| Watching {
        scale: format!("scale-{}", bin.to_ascii_lowercase()).parse().unwrap(),
        bin: bin.parse().unwrap(),
        settle_readings,
        attendance: Attendance::Scanned,
    };
    let station = |name: &str| Station {
        name: name.parse().unwrap(),
        place: None,
        task: None,
        badge: Badge::Optional,
        idle: Duration::from_mins(10),
    };
    Setup {
        register,
        labels: LabelRules::default(),
        stations: vec![station("desk"), station("gate")],
        scales: vec![watching("A", 1), watching("B", 1), watching("U", 1), watching("F", 4)],
        caution: Caution::default(),
    }
}

fn feeds() -> [FeedName; 2] {
    ["acme", "beta"].map(|feed| feed.parse().unwrap())
}

fn books(ledger: &Ledger) -> Books {
    Books { on_hand: ledger.on_hand().clone(), behind: ledger.behind().clone() }
}

fn moment(now: Duration) -> Moment {
    let wall = WallTime::from_millis(BEGIN_MS + i64::try_from(now.as_millis()).unwrap());
    Moment { elapsed: now, wall, clock: None }
}

impl Site {
    pub(super) fn new() -> Self {
        Self::of(setup())
    }

    pub(super) fn of(setup: Setup) -> Self {
        let folder = folder();
        let catalog = std::sync::Arc::new(setup.register.catalog());
        let ledger = Ledger::open(folder.path(), &feeds(), catalog).unwrap();
        let now = Duration::from_secs(60);
        let floor = Floor::new(setup.clone(), Vec::new(), books(&ledger), &moment(now));
        let mut site = Self {
            floor,
            ledger: Some(ledger),
            reader: Reader::open(folder.path()).unwrap(),
            folder,
            setup,
            now,
            queue: VecDeque::new(),
            is_late: false,
            fates: VecDeque::new(),
            fate: Fate::Recorded,
            failing: None,
            next_caller: 0,
            waiting: BTreeSet::new(),
            replies: BTreeMap::new(),
            recorded: Vec::new(),
            notices: Vec::new(),
            alarms: Vec::new(),
            remedies: BTreeMap::new(),
            followed: BTreeMap::new(),
        };
        site.settle();
        site
    }

    pub(super) fn moment(&self) -> Moment {
        moment(self.now)
    }

    /// The process ends and starts again; of what was under way the first `committed` entries reached the ledger, and
    /// nobody heard of it.
    pub(super) fn restart(&mut self, committed: usize) {
        self.carry_out();
        for (_, entry) in std::mem::take(&mut self.queue).into_iter().take(committed) {
            let _ = self.commit(entry, Fate::Recorded);
        }
        self.waiting.clear();
        let ledger = self.ledger.as_ref().unwrap();
        let kept = ledger.kept().unwrap().into_iter();
        let kept = kept.map(|row| KeptFact { kind: row.kind, name: row.name, text: row.text }).collect();
        self.now += Duration::from_secs(2);
        self.floor = Floor::new(self.setup.clone(), kept, books(ledger), &self.moment());
        self.settle();
    }

    /// Delivery of acme comes to something, and the floor hears what it hears of it.
    pub(super) fn takes_down(&mut self, effect: &Effect) {
        self.takes_down_of("acme", effect);
    }

    /// The same for another feed.
    pub(super) fn takes_down_of(&mut self, feed: &str, effect: &Effect) {
        let feed = feed.parse().unwrap();
        let ledger = self.ledger.as_mut().unwrap();
        let (life, before) = (ledger.standings()[&feed].life, ledger.carried().len());
        ledger.in_one_commit(|group| group.take_down(&feed, life, effect)).unwrap();
        for carried in &ledger.carried()[before..] {
            self.floor.handle_carried(&moment(self.now), carried);
        }
        self.settle();
    }

    /// The same, with the ledger's file opened anew.
    pub(super) fn reboot(&mut self) {
        self.reboot_after(|_| ());
    }

    /// The same, after something happened to the file.
    pub(super) fn reboot_after(&mut self, damage: impl FnOnce(&Path)) {
        drop(self.ledger.take());
        damage(self.folder.path());
        let catalog = std::sync::Arc::new(self.setup.register.catalog());
        self.ledger = Some(Ledger::open(self.folder.path(), &feeds(), catalog).unwrap());
        self.queue.clear();
        self.restart(0);
    }

    pub(super) fn caller(&mut self) -> Caller {
        self.next_caller += 1;
        let caller = Caller(self.next_caller);
        self.waiting.insert(caller);
        caller
    }

    /// What came to `caller`.
    pub(super) fn heard(&self, caller: Caller) -> Option<&Heard> {
        match self.replies.get(&caller)? {
            Reply::Heard(heard) => Some(heard),
            Reply::Done(done) => panic!("a command's reply to a scan: {done:?}"),
        }
    }

    pub(super) fn is_waiting(&self, caller: Caller) -> bool {
        self.waiting.contains(&caller)
    }

    pub(super) fn begin_scan(&mut self, station: &str, code: &str, origin: Option<Origin>) -> Caller {
        let caller = self.caller();
        let scan = Scan::from_frame(code.as_bytes());
        self.floor.handle_scan(&self.moment(), caller, &station.parse().unwrap(), &scan, origin);
        self.settle();
        caller
    }

    /// A scan at the desk, to its answer.
    pub(super) fn scan(&mut self, code: &str) -> Heard {
        let caller = self.begin_scan("desk", code, None);
        self.heard(caller).unwrap_or_else(|| panic!("no answer to {code}")).clone()
    }

    /// Scans at the desk that are all accepted.
    pub(super) fn scans(&mut self, codes: &[&str]) {
        for code in codes {
            let heard = self.scan(code);
            assert_eq!(heard.verdict, Verdict::Accepted, "{code}: {}", heard.text);
        }
    }

    pub(super) fn begin_weight(&mut self, bin: &str, weight: &Weight) -> Caller {
        let caller = self.caller();
        let scale = scale(bin);
        self.floor.handle_weight(&self.moment(), &scale, weight, Some(caller));
        self.settle();
        caller
    }

    /// A scale that reports changes shows so many pieces.
    pub(super) fn shows(&mut self, bin: &str, pieces: u64) {
        self.floor.handle_weight(&self.moment(), &scale(bin), &weight(pieces), None);
        self.settle();
    }

    pub(super) fn away(&mut self, bin: &str) {
        self.floor.handle_unknown(&self.moment(), &scale(bin), Cause::Silent);
        self.settle();
    }

    pub(super) fn command(&mut self, command: &Value) -> Result<Value, String> {
        let caller = self.begin_command(command);
        self.done(caller).unwrap_or_else(|| panic!("no answer to {command}"))
    }

    pub(super) fn done(&self, caller: Caller) -> Option<Result<Value, String>> {
        match self.replies.get(&caller)? {
            Reply::Done(done) => Some(done.clone().map_err(|why| why.to_string())),
            Reply::Heard(heard) => panic!("a scan's reply to a command: {heard:?}"),
        }
    }

    pub(super) fn begin_command(&mut self, command: &Value) -> Caller {
        let caller = self.caller();
        let command: Command = serde_json::from_value(command.clone()).unwrap_or_else(|e| panic!("{command}: {e}"));
        self.floor.handle_command(&self.moment(), caller, command);
        self.settle();
        caller
    }

    /// A form sent at the desk by 0042.
    pub(super) fn begin_form(&mut self, codes: &[&str], id: u64) -> Caller {
        let caller = self.caller();
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        let form = Form { station: "desk".parse().unwrap(), by: "0042".parse().unwrap(), codes, receipts: Vec::new() };
        self.floor.handle_form(&self.moment(), caller, &form, origin(id));
        self.settle();
        caller
    }

    pub(super) fn reply(&self, caller: Caller) -> Option<&Reply> {
        self.replies.get(&caller)
    }

    pub(super) fn look(&mut self, look: &Value) -> Value {
        let caller = self.caller();
        let look: Look = serde_json::from_value(look.clone()).unwrap();
        self.floor.handle_look(&self.moment(), caller, &look);
        self.settle();
        self.done(caller).unwrap().unwrap()
    }

    /// Time passes; scales that report all the time do.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let step = if self.followed.is_empty() { STEP * 2 } else { STEP };
            self.now = (self.now + step).min(end);
            for (scale, pieces) in self.followed.clone() {
                self.floor.handle_weight(&self.moment(), &scale, &weight(pieces), None);
            }
            self.floor.tick(&self.moment());
            self.settle();
        }
    }

    /// Somebody reaches into a bin whose scale reports all the time, and leaves so many pieces.
    pub(super) fn reach(&mut self, bin: &str, pieces: u64) {
        let scale = scale(bin);
        let before = self.followed.insert(scale.clone(), pieces).unwrap_or(pieces);
        for (hand, there) in [(3_100, before), (7_700, before), (5_200, pieces), (6_400, pieces), (2_300, pieces)] {
            self.now += STEP;
            let weight = tenths(TARE + PIECE * there + hand);
            self.floor.handle_weight(&self.moment(), &scale, &weight, None);
            self.settle();
        }
    }

    pub(super) fn pass_secs(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Does what the floor orders, until it orders nothing more.
    pub(super) fn settle(&mut self) {
        self.carry_out();
        while !self.is_late && self.answer() {}
    }

    /// Answers the oldest order to record; whether there was one.
    pub(super) fn answer(&mut self) -> bool {
        self.carry_out();
        let Some((ticket, entry)) = self.queue.pop_front() else {
            if !self.floor.wants_parked() {
                return false;
            }
            let parked = self.parked();
            self.floor.handle_parked(&self.moment(), parked);
            self.carry_out();
            return true;
        };
        let mut fate = self.fates.pop_front().unwrap_or(self.fate);
        if let Some((random, chance)) = &mut self.failing
            && random.percent(*chance)
        {
            fate = Fate::Failed;
        }
        let answer = self.commit(entry, fate);
        if let Ok(crate::movement::entry::Outcome::Recorded(recorded)) = &answer {
            self.recorded.extend(recorded.iter().cloned());
        }
        self.floor.handle_commit(&self.moment(), ticket, answer);
        self.carry_out();
        self.check();
        true
    }

    pub(super) fn queued(&mut self) -> usize {
        self.carry_out();
        self.queue.len()
    }

    /// In the oldest order to record.
    pub(super) fn statements(&mut self) -> usize {
        self.carry_out();
        self.queue.front().map_or(0, |(_, entry)| entry.statements.len())
    }

    fn commit(&mut self, entry: Entry, fate: Fate) -> Result<crate::movement::entry::Outcome, NotRecorded> {
        match fate {
            Fate::Failed => {
                return Err(NotRecorded::Failed(Unwritten {
                    words: "the disk is full".to_owned(),
                    cause: UnwrittenCause::System("disk full".to_owned()),
                }));
            }
            Fate::Refused => return Err(NotRecorded::Refused(Refusal::NothingCame)),
            Fate::Recorded => {}
        }
        let ledger = self.ledger.as_mut().unwrap();
        let appended = ledger.in_one_commit(|group| group.append(entry)).unwrap();
        appended.map_err(|refused| not_recorded(&Refused::Entry(Arc::new(refused))))
    }

    fn parked(&self) -> Vec<(gateway_proto::record::Seq, Movement)> {
        let feed: FeedName = UNASSIGNED.parse().unwrap();
        let life = self.ledger.as_ref().unwrap().standings()[&feed].life;
        self.reader.standing_movements(life).unwrap()
    }

    fn carry_out(&mut self) {
        while let Some(order) = self.floor.poll() {
            match order {
                Order::Record { ticket, entry } => self.queue.push_back((ticket, entry)),
                Order::Reply { caller, reply } => {
                    assert!(self.waiting.remove(&caller), "{caller:?} hears twice, or unasked: {reply:?}");
                    self.replies.insert(caller, reply);
                }
                Order::Doubt { scale, remedy } => drop(self.remedies.insert(scale, remedy)),
                Order::Recorded(_) => {}
                Order::Notice(notice) => self.notices.push(notice),
                Order::Alarm(alarm) => self.alarms.push(*alarm),
            }
        }
    }

    /// What holds after every commit.
    fn check(&self) {
        let on_hand = self.ledger.as_ref().unwrap().on_hand();
        let mut sums: BTreeMap<&ItemCode, i64> = BTreeMap::new();
        for (item, _, units) in on_hand.iter() {
            *sums.entry(item).or_default() += units;
        }
        assert!(sums.values().all(|sum| *sum == 0), "parts appear or vanish: {sums:?}");
        let floor: Vec<_> = self.floor.stock.iter().collect();
        assert!(floor.into_iter().eq(on_hand.iter()), "the floor and the ledger hold different stock");
    }

    /// What holds when nothing is under way.
    pub(super) fn check_at_rest(&mut self) {
        assert_eq!(self.queued(), 0);
        assert!(self.floor.is_idle(), "{:?}", self.floor.pending);
        assert!(self.waiting.is_empty(), "never answered: {:?}", self.waiting);
        assert!(self.floor.commanders.is_empty(), "{:?}", self.floor.commanders);
        assert!(self.floor.flights.is_empty(), "{:?}", self.floor.flights);
        assert!(self.floor.next_register.is_none(), "an import never ends");
        assert_eq!(self.kept("act"), self.waiting_acts(), "kept acts, and those that wait");
    }

    pub(super) fn books(&self, item: &str, at: &str) -> i64 {
        self.ledger.as_ref().unwrap().on_hand().get(&item.parse().unwrap(), &place(at)).unwrap_or(0)
    }

    /// The names of what is kept of a kind.
    pub(super) fn kept(&self, kind: &str) -> BTreeSet<String> {
        let kept = self.ledger.as_ref().unwrap().kept().unwrap();
        kept.into_iter().filter(|row| row.kind == kind).map(|row| row.name).collect()
    }

    /// The acts that wait at any bin.
    pub(super) fn waiting_acts(&self) -> BTreeSet<String> {
        let acts = self.floor.weighed.values().flat_map(|weighed| weighed.fusion.acts());
        acts.map(|said| said.act.0.to_string()).collect()
    }

    /// Movements that stand: item, units, from, to.
    pub(super) fn standing(&self) -> Vec<(String, u64, String, String)> {
        let mut standing: BTreeMap<(FeedName, u64), &Movement> = BTreeMap::new();
        for recorded in &self.recorded {
            match recorded.movement.corrects {
                Some(seq) => drop(standing.remove(&(recorded.feed.clone(), seq.0))),
                None => drop(standing.insert((recorded.feed.clone(), recorded.seq.0), &recorded.movement)),
            }
        }
        let told = |movement: &&Movement| {
            let Movement { item, qty, from, to, .. } = movement;
            (item.to_string(), qty.units(), from.to_string(), to.to_string())
        };
        standing.values().map(told).collect()
    }

    /// How many movements stand with each reference.
    pub(super) fn references(&self) -> BTreeMap<String, usize> {
        let feed: FeedName = "acme".parse().unwrap();
        let life = self.ledger.as_ref().unwrap().standings()[&feed].life;
        let standing = self.reader.standing_movements(life).unwrap();
        let mut references = BTreeMap::new();
        for (_, movement) in standing {
            if let Some(reference) = movement.reference {
                *references.entry(reference.to_string()).or_default() += 1;
            }
        }
        references
    }

    /// The newest movement.
    pub(super) fn last(&self) -> &Movement {
        &self.recorded.last().unwrap().movement
    }

    /// What a bin on a scale is known to hold.
    pub(super) fn counted(&self, bin: &str) -> Option<u64> {
        let bin: PlaceName = bin.parse().unwrap();
        self.floor.weighed[&bin].counted().map(|counted| counted.pieces)
    }
}

/// Every caller of a test that is over was answered.
impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.is_late = false;
            self.settle();
            self.check_at_rest();
        }
    }
}

pub(super) fn scale(bin: &str) -> DeviceName {
    format!("scale-{}", bin.to_ascii_lowercase()).parse().unwrap()
}

/// Of a sender that numbers its scans.
pub(super) fn origin(id: u64) -> Option<Origin> {
    Some(Origin::new(OriginKind::Id, &[b"scanner", &id.to_be_bytes()], true))
}
