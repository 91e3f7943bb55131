//! The agent's ledger on a disk of ours, driven through its public interface, and held against the book.

use std::{collections::BTreeMap, sync::Arc};

use agent::{
    ledger::{Ledger, LedgerError, Outcome, reader::Reader},
    movement::{
        counted::Counted,
        entry::{Entry, Kept, KeptKey, Level, Position, Statement, TakeBack},
    },
    register::catalog::Catalog,
};
use cutdisk::{Image, Survival, World};
use gateway_proto::{
    answer::Refusal,
    chain::Epoch,
    delivery::Effect,
    forward::{Forward, Run},
    movement::Movement,
    name::FeedName,
    place::Place,
    quantity::Quantity,
    record::{Held, Record, Seq},
    time::WallTime,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use sim::Random;
use tests::chain;

use super::{
    Tally,
    book::{Book, Deed, FeedBook, KIND, Moved},
    index, percent,
};

/// The feeds and their items.
pub(super) const FEEDS: [(&str, &str); 2] = [("acme", "M8"), ("boltco", "SEAL")];

/// Beyond every seq here.
const SEQ_MAX: Seq = Seq(u32::MAX as u64);

/// How the device of a level is called.
const SCALE: &str = "scale-";

/// How the device of what takes back is called, before the other's name.
const BACK: &str = "back-";

const BINS: [&str; 3] = ["bin:A", "bin:B", "bin:C"];

/// A site with its disk.
pub(super) struct Site {
    pub(super) world: World,
    pub(super) ledger: Option<Ledger>,
    /// What was answered.
    pub(super) book: Book,
    /// What the file may hold as well: the answer did not come.
    doubts: Vec<Book>,
    /// By feed: its epochs so far, the newest last.
    lives: BTreeMap<String, Vec<(i64, Epoch)>>,
    /// By feed: the seqs of the newest epoch's movements, in order.
    seqs: BTreeMap<String, Vec<u64>>,
    /// Movements that can be taken back: where they are and what they were.
    recent: Vec<(Position, String, Moved)>,
    number: u64,
}

/// A commit: what the ledger is asked, and what that comes to in the book.
pub(super) struct Commit {
    pub(super) name: &'static str,
    asked: Vec<Asked>,
    deeds: Vec<Deed>,
}

enum Asked {
    Entry(Entry),
    Effect { feed: FeedName, life: i64, effect: Effect },
}

/// What a commit can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Move,
    MoveAndKeep,
    Several,
    Level,
    TakeBack,
    KeepMuch,
    Forget,
    Settle,
    SettleRefused,
    SettleLost,
    Rewind,
    SetAside,
    NewEpoch,
    BringForward,
}

impl Kind {
    pub(super) const ALL: [Self; 14] = [
        Self::Move,
        Self::MoveAndKeep,
        Self::Several,
        Self::Level,
        Self::TakeBack,
        Self::KeepMuch,
        Self::Forget,
        Self::Settle,
        Self::SettleRefused,
        Self::SettleLost,
        Self::Rewind,
        Self::SetAside,
        Self::NewEpoch,
        Self::BringForward,
    ];
}

pub(super) fn feed_name(feed: &str) -> FeedName {
    feed.parse().unwrap()
}

fn at(number: u64) -> WallTime {
    WallTime::from_millis(1_795_237_200_000 + i64::try_from(number).unwrap() * 37)
}

pub(super) fn open(world: &World) -> Result<Ledger, LedgerError> {
    let mut catalog = Catalog::default();
    for (feed, item) in FEEDS {
        catalog.add(item.parse().unwrap(), feed_name(feed), []);
    }
    Ledger::open(world.folder(), &FEEDS.map(|(feed, _)| feed_name(feed)), Arc::new(catalog))
}

impl Site {
    /// A ledger that does not exist yet.
    pub(super) fn unmade() -> Self {
        Self::on(World::new().unwrap(), Book::default())
    }

    /// A ledger as a template holds it.
    pub(super) fn like(template: &(Image, Book)) -> Self {
        let mut site = Self::on(World::with(&template.0).unwrap(), template.1.clone());
        site.number = 1_000;
        site.reopen();
        site
    }

    pub(super) fn on(world: World, mut book: Book) -> Self {
        for (feed, _) in FEEDS {
            book.feed(feed);
        }
        Self {
            world,
            ledger: None,
            book,
            doubts: Vec::new(),
            lives: BTreeMap::new(),
            seqs: BTreeMap::new(),
            recent: Vec::new(),
            number: 0,
        }
    }

    /// A ledger with some of everything, closed: to begin other sites with.
    pub(super) fn template() -> (Image, Book) {
        let mut site = Self::unmade();
        site.reopen();
        let mut random = Random::seeded(0);
        for kind in [Kind::Move, Kind::Several, Kind::MoveAndKeep, Kind::SettleRefused, Kind::Several, Kind::Level] {
            let commit = site.plan(kind, &mut random);
            site.commit(&commit).unwrap();
        }
        site.ledger = None;
        (site.world.image().unwrap(), site.book)
    }

    pub(super) fn ledger(&mut self) -> &mut Ledger {
        self.ledger.as_mut().unwrap()
    }

    /// A commit of some kind, or of another where there is nothing for it to do.
    pub(super) fn plan(&mut self, kind: Kind, random: &mut Random) -> Commit {
        let feed = FEEDS[index(random, FEEDS.len())].0.to_owned();
        let book = self.book.feed(&feed).clone();
        let (settled, len) = (book.settled, book.records.len());
        let mut commit = Commit { name: "settlements", asked: Vec::new(), deeds: Vec::new() };
        match kind {
            Kind::Move => self.moves(&mut commit, &feed, random),
            Kind::MoveAndKeep => {
                self.moves(&mut commit, &feed, random);
                // The fact names the movement that it was written with.
                let name = format!("place-{}", random.below(3));
                let text = format!("{{\"last\":\"d{}\"}}", self.number);
                commit.keeps(name, text);
                commit.one_entry();
                commit.name = "movements with a fact";
            }
            Kind::Several => {
                for _ in 0..2 + random.below(6) {
                    let feed = FEEDS[index(random, FEEDS.len())].0;
                    self.moves(&mut commit, feed, random);
                }
                commit.name = "groups of movements";
            }
            Kind::Level => self.level(&mut commit, random),
            Kind::TakeBack if !self.recent.is_empty() => self.take_back(&mut commit, random),
            Kind::TakeBack => self.moves(&mut commit, &feed, random),
            Kind::KeepMuch => {
                let text = format!("\"{}\"", "much ".repeat(2_000 + index(random, 18_000)));
                commit.keeps(format!("much-{}", random.below(2)), text);
                commit.name = "long facts";
            }
            Kind::Forget => {
                let names: Vec<_> = self.book.kept.keys().map(|(_, name)| name.clone()).collect();
                let name = if names.is_empty() { "none".to_owned() } else { names[index(random, names.len())].clone() };
                let key = KeptKey::new(KIND, name.clone());
                commit.asked.push(Asked::Entry(Entry::of(vec![Statement::Forget(key)])));
                commit.deeds.push(Deed::Forget { name });
                commit.name = "forgotten facts";
            }
            Kind::Settle if settled < len => {
                let to = settled + 1 + index(random, len - settled);
                self.settles(&mut commit, &feed, to, Vec::new(), false);
            }
            Kind::SettleRefused if settled < len => {
                let to = settled + 1 + index(random, len - settled);
                // One of these, and at times one that an earlier answer said nothing of.
                let mut refused = vec![settled + index(random, to - settled)];
                let earlier = (book.base..settled).find(|at| !book.lost.contains(at) && !book.aside.contains(at));
                refused.extend(earlier.filter(|_| percent(random, 30)));
                refused.retain(|at| !book.lost.contains(at));
                self.settles(&mut commit, &feed, to, refused, false);
                commit.name = "refusals";
            }
            Kind::SettleLost if settled < len && !book.aside.iter().any(|at| *at >= settled) => {
                let to = settled + 1 + index(random, len - settled);
                self.settles(&mut commit, &feed, to, Vec::new(), true);
                commit.name = "declared losses";
            }
            Kind::Rewind if settled > book.base => {
                let to = book.base + index(random, settled - book.base);
                let effect = Effect::Rewind { through: self.seq(&feed, to) };
                self.takes_down(&mut commit, &feed, effect);
                commit.deeds.push(Deed::Rewind { feed, to });
                commit.name = "rewinds";
            }
            Kind::SetAside if settled < len => {
                let effect = Effect::SetAside { refusal: refusal(self.seq(&feed, settled + 1)) };
                self.takes_down(&mut commit, &feed, effect);
                commit.deeds.push(Deed::SetAside { feed, at: settled });
                commit.name = "set aside";
            }
            Kind::NewEpoch => {
                self.takes_down(&mut commit, &feed, Effect::NewEpoch);
                commit.deeds.push(Deed::NewEpoch { feed });
                commit.name = "new epochs";
            }
            Kind::BringForward if self.ledger().standings()[&feed_name(&feed)].standing.asks => {
                self.brings_forward(&mut commit, &feed, random);
            }
            Kind::BringForward
            | Kind::Settle
            | Kind::SettleRefused
            | Kind::SettleLost
            | Kind::Rewind
            | Kind::SetAside => {
                self.moves(&mut commit, &feed, random);
            }
        }
        commit
    }

    /// What delivery decided, as a commit.
    pub(super) fn effects(&self, feed: &str, effects: Vec<Effect>) -> Commit {
        let mut commit = Commit { name: "settlements", asked: Vec::new(), deeds: Vec::new() };
        let (base, seqs) = (self.book.feeds[feed].base, &self.seqs[feed]);
        let to = |through: Seq| base + seqs.partition_point(|seq| *seq <= through.0);
        for effect in effects {
            let feed = feed.to_owned();
            commit.deeds.push(match &effect {
                Effect::Settle { through, refused, lost } => {
                    let refused = refused.iter().map(|refusal| to(refusal.seq) - 1).collect();
                    Deed::Settle { feed: feed.clone(), to: to(*through), refused, lost: lost.is_some() }
                }
                Effect::Rewind { through } => Deed::Rewind { feed: feed.clone(), to: to(*through) },
                Effect::SetAside { refusal } => Deed::SetAside { feed: feed.clone(), at: to(refusal.seq) - 1 },
                Effect::NewEpoch => Deed::NewEpoch { feed: feed.clone() },
                Effect::Taken { .. } | Effect::BringForward(_) => panic!("nothing is refused here: {effect:?}"),
            });
            self.takes_down(&mut commit, &feed, effect);
        }
        commit
    }

    /// An epoch of before the newest.
    pub(super) fn knew(&mut self, feed: &str, life: i64, epoch: Epoch) {
        self.lives.entry(feed.to_owned()).or_default().push((life, epoch));
    }

    /// Commits, and books what was answered.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), LedgerError> {
        let next = self.book.with(&commit.deeds);
        let committed = self.ledger().in_one_commit(|group| {
            let mut recorded = Vec::new();
            for asked in &commit.asked {
                match asked {
                    Asked::Entry(entry) => match group.append(entry.clone())?.expect("an entry that breaks no rule") {
                        Outcome::Recorded(those) => recorded.extend(those),
                        outcome => panic!("{outcome:?}"),
                    },
                    Asked::Effect { feed, life, effect } => group.take_down(feed, *life, effect)?,
                }
            }
            Ok(recorded)
        });
        let recorded = match committed {
            Ok(recorded) => recorded,
            Err(error) => {
                self.doubts.push(next);
                return Err(error);
            }
        };
        self.book = next;
        self.doubts.clear();
        for recorded in recorded {
            let feed = recorded.feed.to_string();
            let moved = moved(&recorded.movement);
            self.seqs.entry(feed.clone()).or_default().push(recorded.seq.0);
            if recorded.movement.corrects.is_none() {
                self.recent.push((recorded.position(), feed, moved));
            }
        }
        if commit.deeds.iter().any(|deed| matches!(deed, Deed::NewEpoch { .. } | Deed::BringForward { .. })) {
            self.learn();
        }
        Ok(())
    }

    /// The power is cut, if it was not, and comes back; nothing is open.
    pub(super) fn restart(&mut self, survival: Survival) {
        self.world.cut();
        self.ledger = None;
        self.world.restart(survival);
    }

    /// Opens the ledger and holds it against the book.
    pub(super) fn reopen(&mut self) {
        self.try_reopen().unwrap_or_else(|error| panic!("the ledger does not open: {error:?}"));
        self.check();
    }

    pub(super) fn try_reopen(&mut self) -> Result<(), LedgerError> {
        self.ledger = None;
        self.ledger = Some(open(&self.world)?);
        self.recent.clear();
        self.learn();
        Ok(())
    }

    /// Another connection moves the WAL into the file, as the ledger does now and then.
    pub(super) fn checkpoint(&self, how: &str) {
        let checkpointed = Connection::open(self.state_dir().join("ledger.db"))
            .and_then(|db| db.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(())));
        assert!(checkpointed.is_ok() || !self.world.has_power() || self.world.troubles() > 0, "{checkpointed:?}");
    }

    /// A look into the file that does not end until it is dropped.
    pub(super) fn look(&self) -> Connection {
        super::look(&self.state_dir().join("ledger.db"))
    }

    fn state_dir(&self) -> std::path::PathBuf {
        self.world.folder().to_owned()
    }

    /// Holds the file against the book: all that was answered, or that and the commit that was under way.
    pub(super) fn check(&mut self) {
        let found = self.find();
        if found != self.book {
            let Some(doubt) = self.doubts.iter().position(|doubt| *doubt == found) else {
                panic!("{}", difference(&self.book, &found));
            };
            self.book = self.doubts.swap_remove(doubt);
        }
        self.doubts.clear();
        let counts = self.ledger().counts();
        for (feed, book) in &self.book.feeds {
            let counts = counts.feeds[&feed_name(feed)];
            let settled = |of: &std::collections::BTreeSet<usize>| of.range(..book.settled).count() as u64;
            assert!(counts.is_conserved(), "{feed}: {counts:?}");
            assert_eq!(
                (counts.set_aside, counts.lost),
                (settled(&book.aside), settled(&book.lost)),
                "{feed}: {counts:?}"
            );
        }
        let on_hand = self.ledger().on_hand().clone();
        let held: BTreeMap<_, _> = on_hand
            .iter()
            .filter(|(_, _, units)| *units != 0)
            .map(|(item, place, units)| ((item.as_str().to_owned(), place.to_string()), units))
            .collect();
        assert_eq!(held, self.book.on_hand(), "on-hand is not the fold of the movements");
    }

    /// All that is in the file, as a book. Proves the chain on the way.
    fn find(&mut self) -> Book {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = Connection::open_with_flags(self.state_dir().join("ledger.db"), flags).unwrap();
        let whole: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
        let reader = Reader::open(&self.state_dir()).unwrap();
        let mut found = Book::default();
        let facts = self.ledger().kept().unwrap().into_iter().filter(|row| row.kind == KIND);
        found.kept = facts.map(|row| ((row.kind, row.name), row.text)).collect();
        let standings = self.ledger().standings();
        for (feed, _) in FEEDS {
            let standing = &standings[&feed_name(feed)].standing;
            let book = found.feed(feed);
            book.brought = read_brought(&db, feed);
            for (life, epoch) in &self.lives[feed] {
                book.base = book.records.len();
                let is_newest = *epoch == standing.epoch;
                // An epoch without a record has no stretch.
                let Ok(stretch) = reader.stretch(*life, epoch, Seq(1), SEQ_MAX) else { continue };
                let mut link = chain::first(epoch.as_str());
                assert_eq!(stretch.prev.as_bytes(), &link, "{feed}: the chain begins elsewhere");
                let mut seqs = Vec::new();
                for (seq, record) in (1..).zip(&stretch.records) {
                    link = chain::after(&link, record.as_str());
                    if let Record::Movement(movement) = Record::parse(record.as_str()).unwrap() {
                        seqs.push(seq);
                        book.records.push(moved(&movement));
                        if !is_newest || seq <= standing.through.0 {
                            book.settled = book.records.len();
                        }
                    }
                }
                read_lists(&db, *life, &seqs, book);
                assert_eq!(stretch.head.as_bytes(), &link, "{feed}: the chain does not follow from the records");
                assert!(!is_newest || stretch.records.len() as u64 == standing.recorded.0, "{feed}: {standing:?}");
            }
        }
        found
    }

    /// Which epoch each feed is in, and at which seqs its movements are.
    fn learn(&mut self) {
        let standings = self.ledger().standings();
        let reader = Reader::open(&self.state_dir()).unwrap();
        for (feed, _) in FEEDS {
            let at = &standings[&feed_name(feed)];
            let lives = self.lives.entry(feed.to_owned()).or_default();
            let newest = (at.life, at.standing.epoch.clone());
            // One that was begun and never answered for is not there.
            lives.retain(|(life, _)| *life < newest.0);
            lives.push(newest);
            let all = reader.stretch(at.life, &at.standing.epoch, Seq(1), at.standing.recorded);
            let seqs = all.map_or(Vec::new(), |all| {
                let is_movement = |text: &str| matches!(Record::parse(text), Ok(Record::Movement(_)));
                (1..).zip(&all.records).filter(|(_, text)| is_movement(text.as_str())).map(|(seq, _)| seq).collect()
            });
            self.seqs.insert(feed.to_owned(), seqs);
        }
        self.recent.retain(|(position, feed, _)| position.life == Some(standings[&feed_name(feed)].life));
    }

    /// The seq of the movement that stands before a place in a feed's book.
    fn seq(&self, feed: &str, place: usize) -> Seq {
        let within = place - self.book.feeds[feed].base;
        Seq(within.checked_sub(1).map_or(0, |last| self.seqs[feed][last]))
    }

    fn moves(&mut self, commit: &mut Commit, feed: &str, random: &mut Random) {
        let item = FEEDS.iter().find(|(name, _)| *name == feed).unwrap().1;
        let bin = BINS[index(random, BINS.len())];
        let (from, to) = [("dock", bin), (bin, "used"), (bin, "bench"), ("vendor", bin)][index(random, 4)];
        self.number += 1;
        let moved = Moved {
            by: format!("d{}", self.number),
            item: item.to_owned(),
            qty: 1 + random.below(9),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let mut movement = Movement::new(
            at(self.number),
            item.parse().unwrap(),
            Quantity::new(moved.qty).unwrap(),
            from.parse().unwrap(),
            to.parse().unwrap(),
            moved.by.parse().unwrap(),
        );
        if percent(random, 20) {
            movement.reason = Some("a reason that takes some room ".repeat(4).trim().parse().unwrap());
        }
        commit.asked.push(Asked::Entry(Entry::movement(movement, None).unwrap()));
        commit.deeds.push(Deed::Record { feed: feed.to_owned(), moved });
        commit.name = "movements";
    }

    fn level(&mut self, commit: &mut Commit, random: &mut Random) {
        let ((feed, item), place) = (FEEDS[0], BINS[index(random, BINS.len())]);
        let held = self.book.on_hand().get(&(item.to_owned(), place.to_owned())).copied();
        let was_there = self
            .book
            .feeds
            .values()
            .flat_map(|feed| &feed.records)
            .any(|moved| moved.item == item && (moved.from == place || moved.to == place))
            || self.book.feeds[feed].brought.contains_key(&(item.to_owned(), place.to_owned()));
        let held = held.unwrap_or(0);
        let pieces = match 3 + random.below(40) {
            same if i64::try_from(same).unwrap() == held => same + 1,
            other => other,
        };
        let change = i64::try_from(pieces).unwrap() - held;
        self.number += 1;
        let (from, to) = match change {
            ..0 => (place, "used"),
            0.. if was_there => ("dock", place),
            // What was never counted is no receipt.
            0.. => ("variance", place),
        };
        let by = format!("{SCALE}{}", self.number);
        let level = Level {
            at: at(self.number),
            clock: None,
            item: item.parse().unwrap(),
            place: place.parse().unwrap(),
            counted: Counted::exactly(pieces),
            by: by.parse().unwrap(),
            taken_to: Place::Used,
            filled_from: Place::Dock,
            shares: Vec::new(),
            origins: BTreeMap::new(),
        };
        let moved =
            Moved { by, item: item.to_owned(), qty: change.unsigned_abs(), from: from.to_owned(), to: to.to_owned() };
        commit.asked.push(Asked::Entry(Entry::of(vec![Statement::Level(Box::new(level))])));
        commit.deeds.push(Deed::Record { feed: feed.to_owned(), moved });
        commit.name = "levels";
    }

    fn take_back(&mut self, commit: &mut Commit, random: &mut Random) {
        // Once, whether it is answered or not: a second time would be refused.
        let (of, feed, original) = self.recent.swap_remove(index(random, self.recent.len()));
        self.number += 1;
        let by = format!("{BACK}{}", original.by);
        let back = TakeBack { at: at(self.number), clock: None, by: by.parse().unwrap(), actor: None, of };
        let moved = Moved { by, from: original.to.clone(), to: original.from.clone(), ..original };
        commit.asked.push(Asked::Entry(Entry::of(vec![Statement::TakeBack(Box::new(back))])));
        commit.deeds.push(Deed::Record { feed, moved });
        commit.name = "taken back";
    }

    /// A hub that knows of a life that this ledger has forgotten.
    fn brings_forward(&mut self, commit: &mut Commit, feed: &str, random: &mut Random) {
        let item = FEEDS.iter().find(|(name, _)| *name == feed).unwrap().1;
        let bin = BINS[index(random, BINS.len())];
        self.number += 1;
        let by = format!("d{}", self.number);
        let used = Moved { by, item: item.to_owned(), qty: 1 + random.below(9), from: bin.into(), to: "used".into() };
        // What a scale saw since has told it a second time, and goes back where that came from.
        let book = &self.book.feeds[feed];
        let stands = |moved: &Moved| !book.records.iter().any(|back| back.by == format!("{BACK}{}", moved.by));
        let is_sight =
            |moved: &&Moved| moved.by.starts_with(SCALE) && (moved.from == bin || moved.to == bin) && stands(moved);
        let taken_back = book.records[book.base..].iter().rfind(is_sight).map(|sight| {
            let there = if sight.to == bin { &sight.from } else { &sight.to };
            Moved { by: sight.by.clone(), from: there.clone(), to: bin.into(), ..used.clone() }
        });
        let units = used.qty.cast_signed();
        let held = |place: &str, qty| Held { item: item.parse().unwrap(), place: place.parse().unwrap(), qty };
        let run = Run { epoch: format!("forgotten-{}", self.number).parse().unwrap(), first: Seq(1), last: Seq(9) };
        let forward = Forward { runs: vec![run], amounts: vec![held(bin, -units), held("used", units)] };
        self.takes_down(commit, feed, Effect::BringForward(forward));
        commit.deeds.push(Deed::BringForward { feed: feed.to_owned(), used, taken_back });
        commit.name = "amounts brought forward";
    }

    fn settles(&self, commit: &mut Commit, feed: &str, to: usize, refused: Vec<usize>, is_lost: bool) {
        let refusals = refused.iter().map(|at| refusal(self.seq(feed, at + 1))).collect();
        let settled = self.book.feeds[feed].settled;
        let lost = is_lost.then(|| (self.seq(feed, settled + 1), self.seq(feed, to)));
        let effect = Effect::Settle { through: self.seq(feed, to), refused: refusals, lost };
        self.takes_down(commit, feed, effect);
        commit.deeds.push(Deed::Settle { feed: feed.to_owned(), to, refused, lost: is_lost });
    }

    fn takes_down(&self, commit: &mut Commit, feed: &str, effect: Effect) {
        let life = self.ledger.as_ref().unwrap().standings()[&feed_name(feed)].life;
        commit.asked.push(Asked::Effect { feed: feed_name(feed), life, effect });
    }
}

impl Commit {
    fn keeps(&mut self, name: String, text: String) {
        let kept = Kept { key: KeptKey::new(KIND, name.clone()), text: text.clone() };
        self.asked.push(Asked::Entry(Entry::of(vec![Statement::Keep(kept)])));
        self.deeds.push(Deed::Keep { name, text });
    }

    /// All entries so far become one.
    fn one_entry(&mut self) {
        let mut statements = Vec::new();
        self.asked.retain_mut(|asked| match asked {
            Asked::Entry(entry) => {
                statements.append(&mut entry.statements);
                false
            }
            Asked::Effect { .. } => true,
        });
        self.asked.push(Asked::Entry(Entry::of(statements)));
    }
}

/// The lists that have no other way to be read: which of a life's movements are set aside, and which were declared lost.
fn read_lists(db: &Connection, life: i64, seqs: &[u64], book: &mut FeedBook) {
    let range = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let ranges = |sql: &str| -> Vec<usize> {
        let mut select = db.prepare_cached(sql).unwrap();
        let ranges: Vec<_> = select.query_map([life], range).unwrap().map(Result::unwrap).collect();
        let is_in = |seq: i64| ranges.iter().any(|(first, last)| (*first..=*last).contains(&seq));
        (0..seqs.len()).filter(|at| is_in(seqs[*at].cast_signed())).map(|at| book.base + at).collect()
    };
    let aside = ranges("SELECT seq, seq FROM set_aside WHERE life = ?");
    let lost = ranges("SELECT first_seq, last_seq FROM lost WHERE life = ?");
    book.aside.extend(aside);
    book.lost.extend(lost);
}

/// What was brought forward into a feed.
fn read_brought(db: &Connection, feed: &str) -> BTreeMap<(String, String), i64> {
    let sql = "SELECT text FROM kept WHERE kind = 'forward' AND name = ?";
    let Some(text): Option<String> = db.query_row(sql, [feed], |row| row.get(0)).optional().unwrap() else {
        return BTreeMap::new();
    };
    let brought: serde_json::Value = serde_json::from_str(&text).unwrap();
    let held: Vec<Held> = serde_json::from_value(brought["amounts"].clone()).unwrap();
    held.into_iter().map(|held| ((held.item.to_string(), held.place.to_string()), held.qty)).collect()
}

fn refusal(seq: Seq) -> Refusal {
    Refusal { seq, code: "unknown_item".to_owned(), detail: String::new() }
}

pub(super) fn moved(movement: &Movement) -> Moved {
    Moved {
        by: movement.by.as_str().to_owned(),
        item: movement.item.as_str().to_owned(),
        qty: movement.qty.units(),
        from: movement.from.to_string(),
        to: movement.to.to_string(),
    }
}

/// Where two books part, in a few lines.
fn difference(book: &Book, found: &Book) -> String {
    let mut said = String::from("the ledger is neither what was answered nor that with the commit under way:\n");
    for (feed, book) in &book.feeds {
        let none = FeedBook::default();
        let found = found.feeds.get(feed).unwrap_or(&none);
        let brief = |feed: &FeedBook| {
            let of = |moved: &Moved| format!("{}:{}:{}>{}", moved.by, moved.qty, moved.from, moved.to);
            let all: Vec<_> = feed.records.iter().map(of).collect();
            let (settled, aside, lost, base) = (feed.settled, &feed.aside, &feed.lost, feed.base);
            let brought = &feed.brought;
            format!(
                "settled {settled} aside {aside:?} lost {lost:?} base {base} brought {brought:?} records {}",
                all.join(" ")
            )
        };
        said += &format!("{feed} answered {}\n{feed} found    {}\n", brief(book), brief(found));
    }
    let brief =
        |book: &Book| book.kept.iter().map(|((_, name), text)| format!("{name}={:.40}", text)).collect::<Vec<_>>();
    said + &format!("facts answered {:?}\nfacts found    {:?}\n", brief(book), brief(found))
}

/// Random work until the power is gone, or for `commits`.
pub(super) fn work(site: &mut Site, commits: u64, random: &mut Random, tally: &mut Tally) {
    for _ in 0..commits {
        let kind = match random.below(100) {
            0..45 => Kind::Move,
            n => Kind::ALL[usize::try_from(n).unwrap() % Kind::ALL.len()],
        };
        let commit = site.plan(kind, random);
        match site.commit(&commit) {
            Ok(()) => tally.one(commit.name),
            Err(error) => {
                assert!(!site.world.has_power(), "{}: {error:?}", commit.name);
                return;
            }
        }
        match random.below(24) {
            0 => site.checkpoint("PASSIVE"),
            1 => site.checkpoint("TRUNCATE"),
            2 if site.try_reopen().is_err() => return,
            _ => {}
        }
    }
}
