//! What a record means to the store: read once, on the thread that took the batch from the network, so that the one thread
//! that writes has nothing left to read. Keeps only what the store acts on; the text itself is kept beside it.

use gateway_proto::{
    batch::{Batch, Load},
    movement::Movement,
    name::ItemCode,
    place::Place,
    record::{Checkpoint, ClockOffset, Record, Seq},
    time::WallTime,
};

/// What a record asks of the store.
#[derive(Debug)]
pub(super) enum Meaning {
    Moves(Moves),
    Checkpoint(Box<Checkpoint>),
    Clock(Box<ClockOffset>),
    /// Kept as it is.
    Kept,
    /// Of a type that this hub does not know; kept as it is.
    Unknown,
    /// Breaks the rules of its type; the text says which.
    Bad(String),
}

/// What a movement does to amounts.
#[derive(Debug)]
pub(super) struct Moves {
    pub(super) item: ItemCode,
    /// From where, to where, how many; `None` where nothing goes anywhere.
    pub(super) legs: Option<[(Place, i64); 2]>,
    /// When, by a clock that the site trusted.
    pub(super) at: Option<WallTime>,
}

/// What the records of a batch mean, from a seq on: those before it are known and will not be looked at.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    first: u64,
    read: Vec<Meaning>,
}

impl Meaning {
    pub(super) fn of(text: &str) -> Self {
        match Record::parse(text) {
            Ok(Record::Movement(movement)) => Self::Moves(Moves::of(movement)),
            Ok(Record::Checkpoint(stated)) => Self::Checkpoint(Box::new(stated)),
            Ok(Record::Clock(said)) => Self::Clock(Box::new(said)),
            Ok(Record::Count(_) | Record::Order(_) | Record::Health(_)) => Self::Kept,
            Ok(Record::Unknown(_)) => Self::Unknown,
            Err(error) => Self::Bad(error.to_string()),
        }
    }
}

impl Moves {
    pub(super) fn of(movement: Movement) -> Self {
        let legs = movement.legs().map(|legs| legs.map(|(_, units)| units));
        let Movement { at, item, from, to, clock, .. } = movement;
        let legs = legs.map(|[out, into]| [(from, out), (to, into)]);
        // A clock that the site itself did not trust is no time to show people.
        Self { item, legs, at: clock.is_none().then_some(at) }
    }
}

impl Meanings {
    /// Reads the records of a batch that come after `known`.
    pub(super) fn read(batch: &Batch, known: Seq) -> Self {
        let first = batch.first.0.max(known.0.saturating_add(1));
        let Load::Records(records) = &batch.load else { return Self::default() };
        let skipped = usize::try_from(first - batch.first.0).unwrap_or(usize::MAX);
        Self { first, read: records.iter().skip(skipped).map(|text| Meaning::of(text.as_str())).collect() }
    }

    /// What the record at a seq means, read now where it was taken for known.
    pub(super) fn with<T>(&self, seq: Seq, text: &str, act: impl FnOnce(&Meaning) -> T) -> T {
        let read = seq.0.checked_sub(self.first).and_then(|at| self.read.get(usize::try_from(at).ok()?));
        match read {
            Some(meaning) => act(meaning),
            None => act(&Meaning::of(text)),
        }
    }
}
