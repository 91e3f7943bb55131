//! What the ledger is asked to record. A scan says what moved; a settled weight says what is there, and only the
//! ledger, which knows what it holds at that instant, can say what moved.

mod level;
mod origin;

use std::sync::Arc;

use gateway_proto::{
    movement::Movement,
    name::{DeviceName, FeedName, ItemCode, Text},
    on_hand::OnHand,
    place::Place,
    record::{RecordError, RecordText, Seq, UntrustedClock},
    time::WallTime,
};

pub use level::{Level, LevelMove};
pub use origin::{Origin, OriginKind};

use super::said::{ActId, Said};
use crate::register::catalog::Catalog;

/// Things to record together or not at all, with what tells them from their own repetition.
#[derive(Debug, Clone)]
pub struct Entry {
    pub origin: Option<Origin>,
    pub statements: Vec<Statement>,
}

/// One thing to record.
#[derive(Debug, Clone)]
pub enum Statement {
    /// A movement with its text: written where it was made, so that the ledger's one thread need not.
    Movement {
        movement: Box<Movement>,
        text: RecordText,
    },
    Level(Box<Level>),
    TakeBack(Box<TakeBack>),
    Claim(Box<Claim>),
    Posting(Box<Posting>),
    /// From here on items belong to these feeds.
    Adopt(Arc<Catalog>),
    /// A fact beside the ledger that outlives a restart.
    Keep(Kept),
    /// That fact no longer holds; nothing when there is none.
    Forget(KeptKey),
    /// What somebody did, for whoever asks later.
    Audit(AuditLine),
}

/// Takes back a movement by the correcting one. Twice is an error: the second is recorded nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeBack {
    pub at: WallTime,
    pub clock: Option<UntrustedClock>,
    pub by: DeviceName,
    pub actor: Option<Text>,
    pub of: Position,
}

/// A movement by its place in a feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub feed: FeedName,
    /// The life of the feed that the seq is of; `None`: the present one, whichever that is. After a new epoch the same
    /// number is another movement.
    pub life: Option<i64>,
    pub seq: Seq,
}

/// A person's late word on a movement that nobody had spoken for: it is taken back and made again, of the same
/// quantity, with the person's ends and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub said: Said,
    pub of: Position,
    /// What the person stated, where it is another quantity.
    pub stated: Option<u64>,
}

/// What came of a count: the statement itself, and what the books have to move by. A difference, not a result: what
/// moved since the count began stays moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub at: WallTime,
    pub clock: Option<UntrustedClock>,
    pub by: DeviceName,
    pub actor: Option<Text>,
    pub item: ItemCode,
    pub place: Place,
    /// Base units found.
    pub found: u64,
    /// What the books said when the count was made.
    pub expected: Option<i64>,
    /// Found less expected, base units.
    pub change: i64,
    pub reason: Option<Text>,
    /// The count session.
    pub reference: Option<Text>,
}

/// Under what a kept fact is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeptKey {
    /// What sort of fact: `bin`, `calibration`, `session` …
    pub kind: &'static str,
    pub name: String,
}

/// A fact beside the ledger: what people told us of the site, and what a restart must not forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub key: KeptKey,
    /// JSON.
    pub text: String,
}

/// A line of what people did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    pub at: WallTime,
    /// By badge.
    pub actor: String,
    pub act: String,
    pub detail: String,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The movements in order; none when all there was to record is no movement.
    Recorded(Vec<Recorded>),
    /// A level that the ledger agrees with.
    NoChange,
    /// The repetition of something recorded before.
    Repeated,
}

/// Where a movement went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub feed: FeedName,
    pub life: i64,
    pub seq: Seq,
    pub movement: Movement,
    /// The act of a person that a weight was the outcome of.
    pub act: Option<ActId>,
    /// When the parts moved of which the books were wrong until now: it takes a movement back, or is that one made again
    /// under a person's name.
    pub happened: Option<WallTime>,
    /// Base units of the item at the places it left and reached, after the movement.
    pub left: i64,
    pub reached: i64,
}

/// What one commit carried forward into the amounts: what a hub had beside the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// What it did to the amounts in all.
    pub amounts: OnHand,
    /// Movements among that: they take back what was told twice.
    pub movements: Vec<Recorded>,
}

/// Why one entry cannot be recorded; others do not suffer.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("there is no movement {seq} in feed {feed}")]
    NoMovement { feed: FeedName, seq: Seq },
    #[error("movement {seq} was recorded before feed {feed} began anew and cannot be taken back; count the place")]
    EarlierLife { feed: FeedName, seq: Seq },
    #[error("movement {seq} of feed {feed} was taken back before")]
    TakenBack { feed: FeedName, seq: Seq },
}

impl Entry {
    /// A movement to record.
    ///
    /// # Errors
    /// [`RecordError`] when the movement table has no such movement, or its text is too long.
    pub fn movement(movement: Movement, origin: Option<Origin>) -> Result<Self, RecordError> {
        Ok(Self { origin, statements: vec![Statement::movement(movement)?] })
    }

    /// Statements that need no telling from their repetition.
    #[must_use]
    pub fn of(statements: Vec<Statement>) -> Self {
        Self { origin: None, statements }
    }
}

impl Statement {
    /// A movement to record.
    ///
    /// # Errors
    /// As [`Entry::movement`].
    pub fn movement(movement: Movement) -> Result<Self, RecordError> {
        movement.act()?;
        let text = RecordText::of_movement(&movement)?;
        Ok(Self::Movement { movement: Box::new(movement), text })
    }
}

impl Recorded {
    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { feed: self.feed.clone(), life: Some(self.life), seq: self.seq }
    }
}

impl KeptKey {
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// An act of a person that waits for its weight.
    #[must_use]
    pub fn act(act: ActId) -> Self {
        Self::new("act", act.0.to_string())
    }
}
