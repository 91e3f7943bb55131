//! What the floor wants done, and what it is answered.

use gateway_proto::name::DeviceName;
use serde::Serialize;
use serde_json::Value;

use super::{
    notice::Notice,
    why::{ActRefusal, Why},
};
use crate::{
    device::scanner_host::Verdict,
    movement::{
        entry::{Entry, Recorded},
        rules::Alarm,
    },
};

/// An entry on its way to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Somebody who waits for a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller(pub u64);

/// One thing to do, in the order in which it is given.
#[derive(Debug)]
pub enum Order {
    /// Record it, then call [`Floor::handle_commit`](super::Floor::handle_commit).
    Record { ticket: Ticket, entry: Entry },
    /// Reply; the caller is asked once.
    Reply { caller: Caller, reply: Reply },
    /// What is wrong with the level that a scale reports, to be shown with the scale. `None`: nothing any more.
    Doubt { scale: DeviceName, remedy: Option<String> },
    /// Something was recorded.
    Recorded(Box<Recorded>),
    /// Something people should see.
    Notice(Notice),
    /// An alarm, committed.
    Alarm(Box<Alarm>),
}

/// What a caller is told.
#[derive(Debug)]
pub enum Reply {
    Heard(Heard),
    /// To a command: what came of it, or what is wrong and the way out.
    Done(Result<Value, Why>),
}

/// What came of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heard {
    #[serde(serialize_with = "word")]
    pub verdict: Verdict,
    /// The repetition of something recorded before.
    pub is_repetition: bool,
    /// What comes next, or why not and the way out.
    pub text: String,
}

/// Why an entry was not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRecorded {
    /// It would break the same rule again.
    Refused(String),
    /// The ledger cannot write now; the same may be tried again.
    Failed(String),
    /// What was to be taken back is not there to be taken back. The ledger's words.
    Gone(ActRefusal, String),
}

impl NotRecorded {
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Refused(text) | Self::Failed(text) | Self::Gone(_, text) => text,
        }
    }
}

fn word<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::NotRecorded => "not-recorded",
    })
}
