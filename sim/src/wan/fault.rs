//! What may happen to one exchange, and to how many.
//!
//! Owns the names of the faults and the count of those still to come. Must not know how a connection works.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Says what a request's body is answered with in the hub's place; `None` lets the request pass.
type Judge = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// Makes another message out of the body of the hub's reply.
type Forge = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// A fault of one exchange of HTTP/1.1.
///
/// | the hub gets | fault | the site gets |
/// |---|---|---|
/// | nothing, or what is let pass | `Answer` | what somebody else says, then the end |
/// | half of the request | `ResetRequest` | a reset |
/// | half of the request | `SwallowRequest` | silence, on an open connection |
/// | the request | `Silence` | silence, on an open connection |
/// | the request | `Forge` | another reply in place of the hub's, then the end |
/// | the request | `ResetReply` | so many bytes, then a reset |
/// | the request | `CutReply` | so many bytes, then the end |
/// | the request | `Drip` | the reply a byte at a time |
/// | the request | `Endless` | a head and a body that does not end |
/// | the request twice | `Double` | the second reply |
/// | the request | `Late` | the reply, later than those behind it |
/// | the request | `Close` | the reply, then the end, unannounced |
#[derive(Clone)]
pub enum Fault {
    Answer(Judge),
    ResetRequest,
    SwallowRequest,
    Silence,
    Forge(Forge),
    ResetReply(usize),
    CutReply(usize),
    Drip(Duration),
    Endless,
    Double,
    Late(Duration),
    Close,
}

impl Fault {
    /// The hub gets nothing; the site gets this message, as it stands.
    #[must_use]
    pub fn answer(message: impl Into<Vec<u8>>) -> Self {
        let message = message.into();
        Self::Answer(Arc::new(move |_| Some(message.clone())))
    }

    /// As [`Fault::answer`] for the bodies that `judge` has an answer to.
    #[must_use]
    pub fn judge(judge: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::Answer(Arc::new(judge))
    }

    /// The hub answers; the site gets the message made of that answer's body.
    #[must_use]
    pub fn forge(forge: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Forge(Arc::new(forge))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(_) => f.write_str("Answer"),
            Self::ResetRequest => f.write_str("ResetRequest"),
            Self::SwallowRequest => f.write_str("SwallowRequest"),
            Self::Silence => f.write_str("Silence"),
            Self::Forge(_) => f.write_str("Forge"),
            Self::ResetReply(len) => write!(f, "ResetReply({len})"),
            Self::CutReply(len) => write!(f, "CutReply({len})"),
            Self::Drip(each) => write!(f, "Drip({each:?})"),
            Self::Endless => f.write_str("Endless"),
            Self::Double => f.write_str("Double"),
            Self::Late(by) => write!(f, "Late({by:?})"),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// The fault that is being played, and how often still.
#[derive(Debug, Default)]
pub(super) struct Programme(Mutex<Option<(Fault, u64)>>);

impl Programme {
    pub(super) fn set(&self, fault: Option<(Fault, u64)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// The fault of the next exchange.
    pub(super) fn take(&self) -> Option<Fault> {
        let mut playing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (fault, left) = playing.as_mut()?;
        *left = left.checked_sub(1)?;
        Some(fault.clone())
    }
}
