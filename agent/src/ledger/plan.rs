//! What an entry comes to, before anything of it is written: so that an entry that cannot be recorded leaves nothing
//! behind, while its neighbours in the group are recorded.

use gateway_proto::{
    movement::{Movement, Source},
    name::FeedName,
    place::Place,
    quantity::Quantity,
    record::{Count, Record, RecordError, RecordText},
    time::WallTime,
};
use rusqlite::OptionalExtension;

use super::{
    LedgerError,
    group::{Group, text},
    kept::KEPT_LEN_MAX,
    key,
};
use crate::movement::{
    entry::{AuditLine, Claim, Entry, EntryError, Kept, KeptKey, Level, Position, Posting, Statement, TakeBack},
    said::ActId,
};

/// One row to write.
pub(super) enum Planned {
    Movement(Box<PlannedMovement>),
    Count { feed: FeedName, count: Box<Count>, text: RecordText },
    Keep(Kept),
    Forget(KeptKey),
    Audit(AuditLine),
}

/// A movement to append.
pub(super) struct PlannedMovement {
    pub(super) feed: FeedName,
    pub(super) movement: Movement,
    pub(super) text: RecordText,
    pub(super) act: Option<ActId>,
    /// As in [`Recorded`](crate::movement::entry::Recorded).
    pub(super) happened: Option<WallTime>,
    /// What tells the repetition of the scan that said it, where that is not the entry's own.
    pub(super) origin: Option<u64>,
}

impl Group<'_> {
    /// The rows of an entry. The outer error is the file's, the inner one this entry's alone.
    /// Takes over the entry's catalog, if it brings one; the caller puts the old one back on an error.
    pub(super) fn plan(&mut self, entry: Entry) -> Result<Result<Vec<Planned>, EntryError>, LedgerError> {
        let mut rows = Vec::with_capacity(entry.statements.len());
        for statement in entry.statements {
            let planned = match statement {
                Statement::Movement { movement, text } => {
                    let (feed, movement) = (self.feed(&movement), *movement);
                    rows.push(Planned::Movement(Box::new(PlannedMovement {
                        feed,
                        movement,
                        text,
                        act: None,
                        happened: None,
                        origin: None,
                    })));
                    Ok(())
                }
                Statement::Level(level) => self.level(&level, &mut rows),
                Statement::TakeBack(back) => self.take_back(&back, &mut rows)?,
                Statement::Claim(claim) => self.claim(&claim, &mut rows)?,
                Statement::Posting(posting) => self.posting(&posting, &mut rows),
                Statement::Adopt(catalog) => {
                    self.book.catalog = catalog;
                    Ok(())
                }
                Statement::Keep(kept) if kept.text.len() > KEPT_LEN_MAX => {
                    Err(RecordError::TooLong { len: kept.text.len() }.into())
                }
                Statement::Keep(kept) => {
                    rows.push(Planned::Keep(kept));
                    Ok(())
                }
                Statement::Forget(key) => {
                    rows.push(Planned::Forget(key));
                    Ok(())
                }
                Statement::Audit(line) => {
                    rows.push(Planned::Audit(line));
                    Ok(())
                }
            };
            if let Err(error) = planned {
                return Ok(Err(error));
            }
        }
        Ok(Ok(rows))
    }

    fn level(&self, level: &Level, rows: &mut Vec<Planned>) -> Result<(), EntryError> {
        for moved in level.movements(self.on_hand().get(&level.item, &level.place)) {
            // The act is told: it waits no longer.
            rows.extend(moved.act.map(|act| Planned::Forget(KeptKey::act(act))));
            let mut row = PlannedMovement::row(self.feed(&moved.movement), moved.movement, moved.act)?;
            if let Planned::Movement(planned) = &mut row {
                planned.origin = moved.act.and_then(|act| level.origins.get(&act)).copied();
            }
            rows.push(row);
        }
        Ok(())
    }

    fn take_back(&self, back: &TakeBack, rows: &mut Vec<Planned>) -> Result<Result<(), EntryError>, LedgerError> {
        let original = match self.standing(&back.of, rows)? {
            Ok(original) => original,
            Err(error) => return Ok(Err(error)),
        };
        let mut movement = original.correction(back.of.seq, back.at, back.by.clone());
        movement.clock.clone_from(&back.clock);
        movement.actor.clone_from(&back.actor);
        let row = PlannedMovement::row(back.of.feed.clone(), movement, None);
        Ok(row.map(|row| rows.push(row.of_time(original.at))))
    }

    fn claim(&self, claim: &Claim, rows: &mut Vec<Planned>) -> Result<Result<(), EntryError>, LedgerError> {
        let (said, feed) = (&claim.said, &claim.of.feed);
        let original = match self.standing(&claim.of, rows)? {
            Ok(original) => original,
            Err(error) => return Ok(Err(error)),
        };
        let mut back = original.correction(claim.of.seq, said.at, said.by.clone());
        back.clock.clone_from(&said.clock);
        let happened = original.at;
        let mut movement = said.movement(original.qty);
        movement.item = original.item;
        movement.weighed_by = Some(original.by);
        movement.between = original.between;
        movement.stated = claim.stated;
        rows.push(Planned::Forget(KeptKey::act(said.act)));
        Ok(PlannedMovement::row(feed.clone(), back, None).and_then(|back| {
            let again = PlannedMovement::row(feed.clone(), movement, Some(said.act))?;
            rows.extend([back.of_time(happened), again.of_time(happened)]);
            Ok(())
        }))
    }

    fn posting(&self, posting: &Posting, rows: &mut Vec<Planned>) -> Result<(), EntryError> {
        let count = Count {
            at: posting.at,
            item: posting.item.clone(),
            place: posting.place.clone(),
            qty: posting.found,
            by: posting.by.clone(),
            expected: posting.expected,
            actor: posting.actor.clone(),
            clock: posting.clock.clone(),
        };
        let feed = self.catalog().feed(&posting.item).unwrap_or(self.unassigned()).clone();
        let text = Record::Count(count.clone()).to_text()?;
        rows.push(Planned::Count { feed: feed.clone(), count: Box::new(count), text });
        let Ok(qty) = Quantity::new(posting.change.unsigned_abs()) else { return Ok(()) };
        let (from, to) = match posting.change {
            ..0 => (posting.place.clone(), Place::Variance),
            0.. => (Place::Variance, posting.place.clone()),
        };
        let mut movement = Movement::new(posting.at, posting.item.clone(), qty, from, to, posting.by.clone());
        movement.source = Source::Count;
        movement.clock.clone_from(&posting.clock);
        movement.actor.clone_from(&posting.actor);
        movement.reason.clone_from(&posting.reason);
        movement.reference.clone_from(&posting.reference);
        rows.push(PlannedMovement::row(feed, movement, None)?);
        Ok(())
    }

    /// A movement of the feed's present life that was not taken back, neither before nor by `rows`.
    fn standing(&self, of: &Position, rows: &[Planned]) -> Result<Result<Movement, EntryError>, LedgerError> {
        let Position { feed, life, seq } = of;
        let seq = *seq;
        let no_movement = || EntryError::NoMovement { feed: feed.clone(), seq };
        let Some(head) = self.book.heads.get(feed) else { return Ok(Err(no_movement())) };
        if seq <= head.trimmed {
            // What retention has passed may have been taken back before, too.
            return Ok(Err(no_movement()));
        }
        if life.is_some_and(|life| life != head.life) {
            return Ok(Err(EntryError::EarlierLife { feed: feed.clone(), seq }));
        }
        let by_these = rows.iter().any(|row| {
            matches!(row, Planned::Movement(planned) if planned.feed == *feed && planned.movement.corrects == Some(seq))
        });
        if by_these || self.book.taken_back.contains(&(head.life, seq)) {
            return Ok(Err(EntryError::TakenBack { feed: feed.clone(), seq }));
        }
        let found = self
            .db
            .prepare_cached("SELECT text FROM record WHERE key = ?")
            .and_then(|mut select| select.query_row([key::of(head.life, seq)], |row| text(row, 0)).optional())
            .map_err(LedgerError::Read)?;
        Ok(match found.map(|text| Record::parse(text.as_str())) {
            Some(Ok(Record::Movement(movement))) if movement.corrects.is_none() => Ok(movement),
            _ => Err(no_movement()),
        })
    }

    fn feed(&self, movement: &Movement) -> FeedName {
        self.catalog().feed(&movement.item).unwrap_or(self.unassigned()).clone()
    }
}

impl Planned {
    /// Its parts moved then, whatever time it was said at.
    fn of_time(mut self, at: WallTime) -> Self {
        if let Self::Movement(planned) = &mut self {
            planned.happened = Some(at);
        }
        self
    }
}

impl PlannedMovement {
    fn row(feed: FeedName, movement: Movement, act: Option<ActId>) -> Result<Planned, EntryError> {
        movement.act().map_err(RecordError::from)?;
        let text = RecordText::of_movement(&movement)?;
        Ok(Planned::Movement(Box::new(Self { feed, movement, text, act, happened: None, origin: None })))
    }
}
