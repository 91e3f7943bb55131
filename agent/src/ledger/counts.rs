//! The conservation identity: for every feed, recorded = acknowledged + waiting + set aside + declared lost.
//!
//! Each term is kept by what makes it so, not as the difference of the others: `recorded` by appending, `waiting` by
//! positions, the rest by what delivery settled. An identity that could not fail would prove nothing.

use std::collections::BTreeMap;

use gateway_proto::name::FeedName;
use serde::{Deserialize, Serialize};

/// Every feed's counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub feeds: BTreeMap<FeedName, FeedCounts>,
}

/// One feed's counts, over all its epochs, in records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCounts {
    /// Ever recorded.
    pub recorded: u64,
    /// Taken by the hub.
    pub acked: u64,
    /// Not settled yet.
    pub waiting: u64,
    /// Refused by the hub, kept here.
    pub set_aside: u64,
    /// Gone, and the hub was told.
    pub lost: u64,
}

impl FeedCounts {
    /// Whether every record is accounted for.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        self.recorded == self.acked + self.waiting + self.set_aside + self.lost
    }
}
