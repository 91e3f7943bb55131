//! Why the ledger did not do what it was asked, and the way out. Its English is what the command line shows; a page says
//! it in its viewer's language.

use gateway_proto::name::FeedName;

use crate::{floor::why::Why, ledger::AsideRefusal};

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotDone {
    #[error("the line costs nothing: what waits is sent as soon as the hub can be reached")]
    NotMetered,
    #[error("there is no feed {0} in the ledger")]
    NoFeed(FeedName),
    /// With what the system says of it.
    #[error("{words}")]
    NotRead { words: String, system: String },
    #[error("the ledger cannot be read now")]
    NotReadNow,
    #[error("nothing came of it")]
    NothingCame,
    #[error(transparent)]
    Aside(AsideRefusal),
    #[error("too many are asked for already; try again in a minute")]
    TooManyAsked,
    #[error("feed {0} is not in the site's file; there is no hub to ask")]
    NoHub(FeedName),
    #[error("the disk is too full for checkpoints; `status` says what to do")]
    TooFull,
    /// The ledger refuses, or cannot.
    #[error("{0}")]
    Ledger(Why),
}
