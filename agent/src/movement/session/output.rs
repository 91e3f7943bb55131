//! What a station's session answers to a token: what to record, and what the technician hears.

use std::{fmt, time::Duration};

use gateway_proto::{
    name::{DeviceName, ItemCode, Text},
    place::Place,
    quantity::Quantity,
    record::UntrustedClock,
    time::WallTime,
};

use super::{mode::Task, refusal::Refusal};
use crate::movement::said::{ActId, Said};

/// How long a station waits for its technician unless its section says otherwise: one who is called away must not book
/// the next one's part.
pub const IDLE: Duration = Duration::from_mins(1);

/// What a station's section says: what holds when nothing was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    pub name: DeviceName,
    /// Where the parts of this station are kept. `None`: the place has to be scanned.
    pub place: Option<Place>,
    /// What a scan does. `None`: the mode has to be scanned.
    pub task: Option<Task>,
    pub badge: Badge,
    /// After how long without a scan everything falls back; ten times as long in a count, where hands are busy.
    pub idle: Duration,
}

/// Whether a station books for people it does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Badge {
    #[default]
    Optional,
    /// Nothing is booked before a badge that is on the list of operators.
    Needed,
}

/// When a token was scanned, by the site's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    pub at: WallTime,
    /// Present when the site does not trust its clock.
    pub clock: Option<UntrustedClock>,
}

/// One thing that a token came to. All of one token belong into one transaction; the last is always
/// [`Expecting`](Self::Expecting) or [`Refused`](Self::Refused), and is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Somebody said that parts move.
    Say(Box<Said>),
    /// The act just said is of so many, in all.
    Restate { act: ActId, qty: Quantity },
    /// The act is taken back.
    Withdraw { act: ActId },
    /// A count began: what moves from now on moves beside it.
    CountBegun { count: ActId, place: Place },
    /// What was found of one item, or of one lot or piece of it. Said when the count of its place ends.
    Counted(Box<CountLine>),
    /// The count ended. What it has no line for was not found.
    CountEnded { count: ActId, found: Found },
    /// The count comes to nothing.
    CountDropped { count: ActId },
    /// Something was begun and is not booked; the text says what and why.
    Dropped(Dropped),
    /// What comes next, in plain words.
    Expecting(String),
    /// The token changed nothing; why, and the way out.
    Refused(Refusal),
}

/// Something begun that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    pub what: Unfinished,
    pub why: DropCause,
}

/// What was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfinished {
    Part(ItemCode),
    Count(Place),
}

/// Why it came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropCause {
    LeftAlone,
    Cancelled,
    SomebodyElse,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            DropCause::LeftAlone => "the station was left alone",
            DropCause::Cancelled => "it was cancelled",
            DropCause::SomebodyElse => "somebody else has come",
        };
        match &self.what {
            Unfinished::Part(item) => write!(f, "{item} was not booked: {why}; begin it again"),
            Unfinished::Count(place) => write!(f, "the count of {place} was not booked: {why}; count it again"),
        }
    }
}

/// What a count came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The parts on its lines.
    Parts,
    /// Somebody looked, and nothing was there.
    Nothing,
}

/// One line of a count: what a person found, said blind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountLine {
    pub count: ActId,
    pub at: WallTime,
    pub clock: Option<UntrustedClock>,
    /// The station.
    pub by: DeviceName,
    pub actor: Option<Text>,
    pub reference: Option<Text>,
    pub reason: Option<Text>,
    pub place: Place,
    pub item: ItemCode,
    pub lot: Option<Text>,
    pub serial: Option<Text>,
    /// Base units found, 0 where a person stated none.
    pub qty: u64,
}
