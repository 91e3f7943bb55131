//! People and sensors: what they say, and what they do when they are told that it was not recorded.

use std::collections::BTreeMap;

use agent::movement::{
    counted::Counted,
    entry::{Entry, Level, Posting, Statement, TakeBack},
};
use gateway_proto::{movement::Movement, place::Place, quantity::Quantity};

use super::{
    super::power::{index, percent},
    BINS, ITEMS, STRANGE,
    act::{ActNumber, device},
    defect::Defect,
    month::{Event, Fate, MINUTE, Month, SECOND},
    site::{Refused, Told},
};

/// How often a person scans again what was not recorded before giving up for now.
const RESCANS: u64 = 3;

impl Month<'_> {
    /// A person scans some parts, one after the other, faster than the disk.
    pub(super) fn scans(&mut self, scans: u64, tries: u64) {
        if self.is_ending || !self.site.is_open() {
            return;
        }
        let entries: Vec<_> = (0..scans).map(|_| self.entry()).collect();
        self.tally.add("scans", scans);
        if !self.record(&entries) && tries < RESCANS {
            for _ in 0..scans {
                let wait = self.between(5 * SECOND, 5 * MINUTE);
                self.after(wait, Event::ScansAgain(tries + 1));
            }
        }
    }

    /// A sensor's message comes, perhaps once more. It is sent until it is acknowledged.
    pub(super) fn message(&mut self, number: ActNumber, entry: Entry) {
        if self.is_ending {
            return;
        }
        let is_told = self.site.is_open() && self.record(&[(number, entry.clone())]);
        if is_told && !percent(&mut self.random, 15) {
            self.unacknowledged.remove(&number);
            return;
        }
        self.tally.one("messages sent again");
        let wait = self.between(SECOND, 30 * MINUTE);
        self.after(wait, Event::Message(number, Box::new(entry)));
    }

    /// Whether the senders were told that it is taken care of.
    fn record(&mut self, entries: &[(ActNumber, Entry)]) -> bool {
        if self.defect == Defect::OrderByWallClock && self.is_old_by_wall(entries) {
            return true;
        }
        let told = match self.site.record(entries) {
            Ok(told) => told,
            Err(refused) => {
                self.tally.one(match refused {
                    Refused::Full => "refused: full",
                    Refused::Ledger => "refused: cannot write",
                });
                let numbers: Vec<_> = entries.iter().map(|(number, _)| number).collect();
                self.digest.take(&format!("{} {numbers:?} refused {refused:?}", self.now));
                return false;
            }
        };
        for ((number, _), told) in entries.iter().zip(told) {
            self.digest.take(&format!("{} {number} {}", self.now, told.word()));
            match told {
                Told::Recorded(recorded) => {
                    self.recent.extend(
                        recorded.iter().filter(|recorded| recorded.movement.corrects.is_none()).map(|it| it.position()),
                    );
                    self.tally.one("acts accepted");
                    self.accept(*number);
                }
                Told::Repeated => {
                    assert!(self.accepted.contains_key(number), "act {number} is a repetition of nothing");
                    self.tally.one("repetitions told");
                }
                Told::NoChange => self.tally.one("levels without change"),
                Told::Never => self.tally.one("refused: breaks a rule"),
            }
        }
        let few = self.recent.len().saturating_sub(20);
        self.recent.drain(..few);
        self.pump_all();
        true
    }

    pub(super) fn accept(&mut self, number: ActNumber) {
        self.accepted.insert(number, Fate::Owed);
        let parts = [(number, true), (number, false)];
        self.parts.extend(parts.into_iter().filter(|part| self.site.book.seen.contains(part)));
    }

    /// What the ledger has although nobody was told: the power went before, or the disk is one with a commit that failed.
    pub(super) fn accept_ghosts(&mut self) {
        let ghosts: Vec<_> = self
            .site
            .book
            .seen
            .iter()
            .map(|(number, _)| *number)
            .filter(|it| matches!(self.accepted.get(it), None | Some(Fate::Gone)))
            .collect();
        for number in ghosts {
            self.tally.one("recorded and not told");
            self.accept(number);
        }
    }

    /// The site's disk is another: nothing that was on it is in hand.
    pub(super) fn forget_hands(&mut self) {
        self.forget_recent();
        let accepted = &self.accepted;
        self.unacknowledged.retain(|number| !accepted.contains_key(number));
    }

    /// What a start of the agent does not know to take back.
    pub(super) fn forget_recent(&mut self) {
        self.recent.clear();
    }

    /// Something that somebody or something has to say.
    pub(super) fn entry(&mut self) -> (ActNumber, Entry) {
        self.acts += 1;
        let number = self.acts;
        if self.plan.has_poison && percent(&mut self.random, 1) {
            self.poison.insert(number);
        }
        let (at, clock) = (self.wall.shows(self.now), self.wall.mark(self.now));
        let random = &mut self.random;
        let by = device(number).parse().unwrap();
        let item = match random.below(20) {
            0..9 => ITEMS[0].1,
            9..13 => ITEMS[1].1,
            13 => STRANGE,
            _ => ITEMS[3].1,
        };
        let bin = BINS[index(random, BINS.len())];
        let place: Place = bin.parse().unwrap();
        let statement = match random.below(100) {
            0..15 => Statement::Level(Box::new(Level {
                at,
                clock,
                item: item.parse().unwrap(),
                place,
                counted: Counted::exactly(random.below(60)),
                by,
                taken_to: Place::Used,
                filled_from: Place::Dock,
                shares: Vec::new(),
                origins: BTreeMap::new(),
            })),
            15..22 if !self.recent.is_empty() => {
                let of = self.recent[index(random, self.recent.len())].clone();
                Statement::TakeBack(Box::new(TakeBack { at, clock, by, actor: None, of }))
            }
            22..28 => {
                let found = random.below(30);
                let expected = i64::try_from(random.below(30)).unwrap();
                let change = found.cast_signed() - expected;
                Statement::Posting(Box::new(Posting {
                    at,
                    clock,
                    by,
                    actor: None,
                    item: item.parse().unwrap(),
                    place,
                    found,
                    expected: Some(expected),
                    change,
                    reason: None,
                    reference: None,
                }))
            }
            _ => {
                let ways = [("vendor", bin), ("dock", bin), (bin, "used"), (bin, "used"), (bin, "bench")];
                let (from, to) = ways[index(random, ways.len())];
                let qty = Quantity::new(1 + random.below(9)).unwrap();
                let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
                let mut movement = Movement::new(at, item.parse().unwrap(), qty, from, to, by);
                movement.clock = clock;
                Statement::movement(movement).unwrap()
            }
        };
        (number, Entry::of(vec![statement]))
    }
}
