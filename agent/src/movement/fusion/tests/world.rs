//! A site to try fusion on: bins on scales, the places around them, a ledger that fails and people who scan. It does what
//! the owner of the bins has to do, and checks at each commit what must hold at every moment.

mod ledger;
mod owner;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gateway_proto::{place::Place, quantity::Quantity, time::WallTime};

use crate::movement::{
    counted::Counted,
    fusion::{Attendance, Disagreement, End, Fusion, Output, Patience},
    said::{ActId, Said},
};

/// Places by number; the first two may be bins on scales.
pub(super) const A: usize = 0;
pub(super) const B: usize = 1;
pub(super) const USED: usize = 2;
pub(super) const VAN: usize = 3;
pub(super) const DOCK: usize = 4;
pub(super) const VARIANCE: usize = 5;
const NAMES: [&str; 6] = ["bin:A", "bin:B", "used", "field:van-3", "dock", "variance"];

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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Parts go from one place to another.
    Move {
        from: usize,
        to: usize,
        units: i64,
    },
    /// A person says an act.
    Scan {
        act: u64,
        from: usize,
        to: usize,
        qty: Option<u64>,
    },
    Restate {
        act: u64,
        qty: u64,
    },
    Withdraw {
        act: u64,
    },
    /// The scale of a bin cannot say until then.
    Away {
        bin: usize,
        until: u64,
    },
    Back {
        bin: usize,
    },
    /// The process ends and starts again.
    Restart,
}

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Weighed,
    Booked,
    Claimed,
    /// Scanned, and nothing moved.
    Flagged,
    Withdrawn,
    /// Never accepted; the person was told.
    Refused,
}

#[derive(Debug, Clone)]
struct Recorded {
    from: usize,
    to: usize,
    units: i64,
    act: Option<ActId>,
    stands: bool,
}

#[derive(Debug)]
struct Bin {
    fusion: Fusion,
    away_until: u64,
    level_at: Option<u64>,
    submitted: Option<(u64, Output)>,
}

#[derive(Debug)]
pub(super) struct World {
    random: Random,
    now: u64,
    names: Vec<Place>,
    attendance: Attendance,
    /// Of a hundred commits so many fail.
    failing: u64,
    /// Of a hundred acts so many cannot be kept, and the person is told so.
    pub(super) refusing: u64,
    truth: [i64; 6],
    books: [i64; 6],
    knows: [bool; 2],
    /// Units that moved, and units that people stated, in all.
    moved: i64,
    stated: i64,
    bins: Vec<Bin>,
    movements: Vec<Recorded>,
    kept: BTreeMap<ActId, (Said, usize, usize)>,
    /// Acts of which a person heard that they are taken.
    accepted: BTreeSet<ActId>,
    /// Acts withdrawn while they were being recorded.
    withdrawing: BTreeSet<ActId>,
    ends: BTreeMap<ActId, (usize, usize)>,
    endings: BTreeMap<ActId, Vec<Ending>>,
    corrections: Vec<(u64, u64, u64)>,
    pub(super) flags: Vec<Disagreement>,
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn said(act: u64, from: &Place, to: &Place, qty: Option<u64>) -> Said {
    Said {
        act: ActId(act),
        at: WallTime::from_millis(0),
        clock: None,
        by: "s".parse().unwrap(),
        item: "M8".parse().unwrap(),
        from: from.clone(),
        to: to.clone(),
        qty: qty.map(|qty| Quantity::new(qty).unwrap()),
        actor: None,
        reference: None,
        reason: None,
        lot: None,
        serial: None,
        code: None,
    }
}

impl World {
    /// `bins` on scales, each with so many parts, which the ledger knows of or not.
    pub(super) fn new(random: Random, attendance: Attendance, stock: &[i64], failing: u64, is_known: bool) -> Self {
        let names: Vec<Place> = NAMES.iter().map(|name| name.parse().unwrap()).collect();
        let mut world = Self {
            random,
            now: 0,
            attendance,
            failing,
            refusing: 0,
            truth: [0; 6],
            books: [0; 6],
            knows: [is_known; 2],
            moved: 0,
            stated: 0,
            bins: Vec::new(),
            movements: Vec::new(),
            kept: BTreeMap::new(),
            accepted: BTreeSet::new(),
            withdrawing: BTreeSet::new(),
            ends: BTreeMap::new(),
            endings: BTreeMap::new(),
            corrections: Vec::new(),
            flags: Vec::new(),
            names,
        };
        for (bin, stock) in stock.iter().enumerate() {
            world.truth[bin] = *stock;
            world.truth[VARIANCE] -= stock;
        }
        if is_known {
            world.books = world.truth;
        }
        world.start(stock.len());
        world
    }

    fn start(&mut self, bins: usize) {
        self.bins = (0..bins)
            .map(|bin| Bin {
                fusion: Fusion::new(self.names[bin].clone(), Patience::default(), self.attendance),
                away_until: self.bins.get(bin).map_or(0, |bin| bin.away_until),
                level_at: Some(self.now + self.random.below(4_000)),
                submitted: None,
            })
            .collect();
        for bin in 0..bins {
            let held = self.held(bin);
            self.bins[bin].fusion.handle_held(at(self.now), held);
        }
    }

    /// Runs the events, given in order of time, and then until nothing is left to wait for.
    pub(super) fn run(&mut self, events: &[(u64, Event)]) {
        let mut events = events.iter().copied().peekable();
        for _ in 0..10_000 {
            let next = self.bins.iter().flat_map(|bin| {
                let tick = bin.fusion.next_tick().map(|at| u64::try_from(at.as_millis()).unwrap());
                [bin.level_at, bin.submitted.as_ref().map(|(at, _)| *at), tick]
            });
            let corrections = self.corrections.iter().map(|(at, _, _)| Some(*at));
            let event = events.peek().map(|(at, _)| *at);
            let Some(next) = next.chain(corrections).flatten().chain(event).min() else { return };
            self.now = next.max(self.now);
            if event == Some(next) {
                let (_, event) = events.next().unwrap();
                self.happen(event);
            }
            for bin in 0..self.bins.len() {
                self.turn(bin);
            }
            if let Some(i) = self.corrections.iter().position(|(at, _, _)| *at <= self.now) {
                let (_, act, qty) = self.corrections.remove(i);
                self.restate(act, qty);
            }
        }
        panic!("never comes to rest");
    }

    /// What must hold once all waits are over.
    pub(super) fn check_at_rest(&self) {
        for (i, bin) in self.bins.iter().enumerate() {
            assert_eq!(self.books[i], self.truth[i], "books and truth of {}", NAMES[i]);
            assert_eq!(bin.fusion.acts().count(), 0, "an act waits for ever");
        }
        assert!(self.kept.is_empty(), "kept for ever: {:?}", self.kept);
        for (act, endings) in &self.endings {
            assert_eq!(endings.len(), 1, "{act:?} ended as {endings:?}");
        }
        // What one act can be: no more than all that moved, and what others may have said against it.
        for movement in self.movements.iter().filter(|movement| movement.stands && movement.act.is_some()) {
            assert!(movement.units <= self.moved + self.stated, "{movement:?} of {} and {}", self.moved, self.stated);
        }
    }

    pub(super) fn books(&self) -> [i64; 6] {
        self.books
    }

    pub(super) fn truth(&self) -> [i64; 6] {
        self.truth
    }

    /// What became of an act.
    pub(super) fn ending(&self, act: u64) -> Option<Ending> {
        self.endings.get(&ActId(act))?.first().copied()
    }

    /// Standing movements: units, from, to, act.
    pub(super) fn standing(&self) -> Vec<(i64, usize, usize, Option<u64>)> {
        let told = |movement: &Recorded| (movement.units, movement.from, movement.to, movement.act.map(|act| act.0));
        self.movements.iter().filter(|movement| movement.stands).map(told).collect()
    }

    fn held(&self, bin: usize) -> Option<i64> {
        self.knows[bin].then_some(self.books[bin])
    }

    fn happen(&mut self, event: Event) {
        let now = at(self.now);
        match event {
            Event::Move { from, to, units } => {
                let units = if from < self.bins.len() { units.min(self.truth[from]) } else { units };
                self.truth[from] -= units;
                self.truth[to] += units;
                self.moved += units;
                for bin in [from, to] {
                    if let Some(bin) = self.bins.get_mut(bin) {
                        bin.level_at = Some(self.now + 1_000 + self.random.below(3_000));
                    }
                }
            }
            Event::Scan { act, from, to, qty } => {
                let said = said(act, &self.names[from], &self.names[to], qty);
                self.stated += said.qty.map_or(1, Quantity::signed);
                let ends = self.ends_of(from, to);
                self.ends.insert(said.act, ends);
                self.endings.insert(said.act, Vec::new());
                let took = self.bins[ends.0].fusion.handle_said(now, said.clone(), End::Answering);
                if took.is_err() {
                    self.end(said.act, Ending::Refused);
                } else if ends.1 != ends.0 && self.bins[ends.1].fusion.handle_said(now, said, End::Other).is_err() {
                    self.withdraw(act, Ending::Refused);
                }
                self.drain();
            }
            Event::Restate { act, qty } => self.restate(act, qty),
            Event::Withdraw { act } => self.withdraw(act, Ending::Withdrawn),
            Event::Away { bin, until } => {
                self.bins[bin].away_until = until;
                self.bins[bin].fusion.handle_level(now, None);
                self.drain();
            }
            Event::Back { bin } => self.bins[bin].level_at = Some(self.now + self.random.below(3_000)),
            Event::Restart => self.restart(),
        }
    }

    /// The answering end and the other one; twice the same with only one bin.
    fn ends_of(&self, from: usize, to: usize) -> (usize, usize) {
        match (from < self.bins.len(), to < self.bins.len()) {
            (true, true) if !self.knows(from) && self.knows(to) => (to, from),
            (true, true) => (from, to),
            (true, false) => (from, from),
            (false, _) => (to, to),
        }
    }

    fn knows(&self, bin: usize) -> bool {
        self.bins[bin].fusion.knows_level()
    }

    fn is_away(&self, bin: usize) -> bool {
        self.now < self.bins[bin].away_until
    }

    fn turn(&mut self, bin: usize) {
        let now = at(self.now);
        if self.bins[bin].level_at.is_some_and(|at| at <= self.now) {
            self.bins[bin].level_at = None;
            let pieces = u64::try_from(self.truth[bin]).unwrap();
            let level = (!self.is_away(bin)).then(|| Counted::exactly(pieces));
            self.bins[bin].fusion.handle_level(now, level);
            self.drain();
        }
        if self.bins[bin].submitted.as_ref().is_some_and(|(at, _)| *at <= self.now) {
            let (_, output) = self.bins[bin].submitted.take().unwrap();
            let fails = self.random.percent(self.failing);
            self.answer(bin, &output, fails);
            self.drain();
        }
        if self.bins[bin].fusion.next_tick().is_some_and(|at_tick| at_tick <= now) {
            self.bins[bin].fusion.tick(now);
            self.drain();
            let next = self.bins[bin].fusion.next_tick();
            assert!(next.is_none_or(|next| next > now), "nothing comes of a tick");
        }
    }

    fn end(&mut self, act: ActId, ending: Ending) {
        self.endings.get_mut(&act).unwrap().push(ending);
    }

    fn is_recorded(&self, act: ActId) -> bool {
        self.movements.iter().any(|movement| movement.stands && movement.act == Some(act))
    }

    fn number(&self, place: &Place) -> usize {
        self.names.iter().position(|name| name == place).unwrap()
    }
}
