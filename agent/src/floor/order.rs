//! What the floor wants done, and what it is answered.

use std::fmt;

use gateway_proto::name::DeviceName;
use serde::Serialize;
use serde_json::Value;

use super::{
    notice::Notice,
    refusal::Refusal,
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
#[derive(Debug, Clone, PartialEq)]
pub enum NotRecorded {
    /// It would break the same rule again.
    Refused(Refusal),
    /// The ledger cannot write now; the same may be tried again.
    Failed(Unwritten),
    /// What was to be taken back is not there to be taken back. The ledger's words.
    Gone(ActRefusal, String),
}

/// Why the ledger cannot write now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten {
    /// The ledger's own words.
    pub words: String,
    pub cause: UnwrittenCause,
}

/// What keeps the ledger from writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnwrittenCause {
    /// No room is left for movements.
    Full {
        used_mb: u64,
        limit_mb: u64,
    },
    Closed,
    /// In the words of the system or of the data base.
    System(String),
}

impl NotRecorded {
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Refused(_) | Self::Failed(_) => Why::not_recorded(self).to_string(),
            Self::Gone(_, text) => text.clone(),
        }
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

fn word<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::NotRecorded => "not-recorded",
    })
}
