//! Why something was not done, and the way out.
//!
//! Its words (`Display`) are what scanners, logs and the command line show. A page says it in its viewer's language, for
//! which it needs to know what it is: there is no kind for whatever else.

use std::fmt;

use super::{
    order::{NotRecorded, Unwritten},
    refusal::Refusal,
};
use crate::{
    movement::{calibration, counting, session},
    register::{refusal::Refused, rule::Misread},
};

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// A station's session did not take a scan.
    Scan(Box<session::Refusal>),
    Count(Box<counting::Refusal>),
    Calibration(Box<calibration::Refusal>),
    /// An act can no longer be changed or taken back, or not yet.
    Act(ActRefusal),
    /// A form did not say all that its movement needs.
    Unsaid(Box<session::sight::Wants>),
    /// The floor itself.
    Floor(Box<Refusal>),
    /// A fact breaks rules of the register.
    Facts(Refused),
    /// It would break a rule of the ledger.
    Ledger(Box<Refusal>),
    /// The ledger cannot write; the same may be tried again.
    Disk(Unwritten),
}

/// Why an act cannot be changed or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActRefusal {
    #[error("the part is still being recorded; scan again to take it back")]
    StillRecording,
    #[error("the part is still being recorded; scan the quantity again")]
    StillRecordingQuantity,
    #[error("that was booked too long ago to take back here; undo the movement on the page")]
    TooLongAgo,
    #[error("that was booked too long ago to change; scan the quantity, then the part again")]
    TooLateToChange,
    #[error("nothing came of that scan; scan the quantity, then the part again")]
    NothingCame,
    #[error("that part was taken back; scan the quantity, then the part again")]
    TakenBack,
    #[error("that part is known by now; undo it and scan it anew")]
    Explained,
    #[error("that was taken back already; nothing is left to undo")]
    TakenBackAlready,
    #[error("that was recorded before the feed began anew and cannot be taken back; count the place")]
    EarlierLife,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(refusal) => refusal.fmt(f),
            Self::Count(refusal) => refusal.fmt(f),
            Self::Calibration(refusal) => write!(f, "{refusal}; {}", refusal.remedy()),
            Self::Act(refusal) => refusal.fmt(f),
            Self::Unsaid(wants) => write!(f, "not booked: {}", wants.missing()),
            Self::Floor(refusal) => refusal.fmt(f),
            Self::Facts(refused) => refused.fmt(f),
            Self::Ledger(refusal) => write!(f, "not recorded: {refusal}"),
            Self::Disk(unwritten) => unwritten.fmt(f),
        }
    }
}

impl Why {
    /// Why the ledger did not record it.
    #[must_use]
    pub fn not_recorded(why: &NotRecorded) -> Self {
        match why {
            NotRecorded::Refused(refusal) => Self::Ledger(Box::new(refusal.clone())),
            NotRecorded::Failed(unwritten) => Self::Disk(unwritten.clone()),
            NotRecorded::Gone(refusal, _) => Self::Act(*refusal),
        }
    }
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Self {
        Self::Floor(Box::new(refusal))
    }
}

impl From<Misread> for Why {
    fn from(misread: Misread) -> Self {
        Refusal::Misread(misread).into()
    }
}

impl From<Refused> for Why {
    fn from(refused: Refused) -> Self {
        Self::Facts(refused)
    }
}

impl From<ActRefusal> for Why {
    fn from(refusal: ActRefusal) -> Self {
        Self::Act(refusal)
    }
}

impl From<session::Refusal> for Why {
    fn from(refusal: session::Refusal) -> Self {
        Self::Scan(Box::new(refusal))
    }
}

impl From<counting::Refusal> for Why {
    fn from(refusal: counting::Refusal) -> Self {
        Self::Count(Box::new(refusal))
    }
}

impl From<calibration::Refusal> for Why {
    fn from(refusal: calibration::Refusal) -> Self {
        Self::Calibration(Box::new(refusal))
    }
}

impl From<Why> for String {
    fn from(why: Why) -> Self {
        why.to_string()
    }
}
