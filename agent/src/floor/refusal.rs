//! Why the floor itself did not do something, and the way out: what is neither of a session, a count nor a calibration.
//!
//! Closed, so that a page can say each in its viewer's language. Its English (`Display`) is what scanners, logs and the
//! command line show.

#[cfg(test)]
pub(crate) mod samples;

use gateway_proto::{
    limits::RECORD_LEN_MAX,
    movement::MovementError,
    name::{DeviceName, FeedName, ItemCode, PlaceName, Text},
    place::Place,
    record::{RecordError, Seq},
};

use super::why::Why;
use crate::{
    movement::{
        calibration::ContainerRefusal,
        counting::SessionId,
        fusion,
        rules::{NotAcknowledged, Subject},
    },
    register::{fact::Kind, rule::Misread},
};

/// Why the floor did not do it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    // Master data.
    #[error("an import is being taken in; try again in a moment")]
    Importing,
    #[error("another import is being taken in; try again in a moment")]
    ImportingOther,
    #[error("there is no {0}")]
    NoSubject(Subject),
    #[error("there is no {kind} {name}")]
    NoFact { kind: Kind, name: String },
    #[error(transparent)]
    Misread(Misread),

    // Bins and scales.
    #[error("{0} is no bin")]
    NotABin(String),
    #[error("bin {0} has no scale")]
    NoScale(PlaceName),
    #[error("there is no bin {0} yet; import it with bins.csv")]
    NoBin(PlaceName),
    #[error("there is no container {0}; weigh one, or import it with containers.csv")]
    NoContainer(Text),
    #[error("{0:?} is no weight; write grams with a point, 8.05")]
    NoWeight(String),
    #[error(transparent)]
    Container(ContainerRefusal),

    // Counts.
    #[error("there is no count {}", .0.0)]
    NoCount(SessionId),
    #[error("say which item was counted")]
    WhichItem,
    #[error("say who counts (by), or ask for the review")]
    WhoCounts,
    #[error("{item} at {place} is counted in {} of {by} already; count it there, or end that count first", .session.0)]
    CountedElsewhere { item: ItemCode, place: Place, session: SessionId, by: Text },
    #[error("there is nothing to count; name bins or items, or ask for what is due")]
    NothingToCount,
    #[error("{open} counts are open, and more cannot be; complete or cancel some (binwire-agent count list)")]
    CountsFull { open: usize },
    #[error("count of {place} is not taken: {why}")]
    CountNotTaken { place: Place, why: Box<Why> },
    #[error("another count of it is just being recorded; scan BW:DONE again")]
    CountBusy,
    #[error("it is gone")]
    CountGone,
    #[error("the count was begun before a restart; scan BW:CANCEL and count again")]
    CountBeforeRestart,

    // Scans and forms.
    #[error("there is no station {0}")]
    NoStation(DeviceName),
    #[error("a form has at most {max} lines; send it in parts")]
    FormTooLong { max: usize },
    #[error("a count is held on the count page")]
    CountOnItsPage,
    #[error("nothing was said")]
    NothingSaid,
    #[error(transparent)]
    Bin(fusion::Refused),

    // Records.
    #[error(transparent)]
    Movement(MovementError),
    #[error("record has {len} bytes, at most {RECORD_LEN_MAX} are allowed")]
    RecordTooLong { len: usize },
    /// What the reader of JSON says.
    #[error("{0}")]
    RecordUnreadable(String),
    #[error("there is no movement {seq} in feed {feed}")]
    NoMovement { feed: FeedName, seq: Seq },
    #[error("nothing came of it")]
    NothingCame,

    // The rest.
    #[error("there is no notice {0}")]
    NoNotice(u64),
    #[error(transparent)]
    Alarm(NotAcknowledged),
    #[error("agent is stopping")]
    Stopping,
}

impl From<&RecordError> for Refusal {
    fn from(error: &RecordError) -> Self {
        match error {
            RecordError::Movement(why) => Self::Movement(why.clone()),
            RecordError::TooLong { len } => Self::RecordTooLong { len: *len },
            RecordError::Unreadable(_) => Self::RecordUnreadable(error.to_string()),
        }
    }
}
