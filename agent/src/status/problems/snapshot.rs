//! What the list of problems is made from: every part's own word on how it is, at one moment.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gateway_proto::{
    delivery::Trouble,
    name::{DeviceName, FeedName},
    time::WallTime,
};

use super::super::{DeviceStatus, StorageStatus};
use crate::{
    clock::ClockStatus,
    floor::facts::FloorFacts,
    ledger::FeedCounts,
    receiver::progress::Progress,
    tariff::{self, drain::Estimate},
};

/// The agent at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub storage: StorageStatus,
    /// Why the newest commit failed.
    pub ledger: Option<LedgerTrouble>,
    pub clock: ClockStatus,
    pub feeds: BTreeMap<FeedName, FeedFacts>,
    pub devices: BTreeMap<DeviceName, DeviceStatus>,
    pub receivers: Vec<(String, Progress)>,
    pub floor: Arc<FloorFacts>,
    pub page: PageFacts,
}

/// What keeps the ledger from writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerTrouble {
    pub fault: LedgerFault,
    /// The error, for whoever has to find its cause.
    pub why: String,
}

/// The sort of it, since each has its own way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerFault {
    /// The disk takes nothing more.
    Full,
    /// The disk lets nothing be written.
    ReadOnly,
    Other,
}

/// One feed.
#[derive(Debug, Clone, Default)]
pub struct FeedFacts {
    pub counts: FeedCounts,
    /// Records that wait for somebody.
    pub aside: AsideWaiting,
    pub trouble: Option<Trouble>,
    pub held: Option<tariff::Why>,
    pub drain: Estimate,
    /// It is not in the site's file any more.
    pub is_gone: bool,
    /// Up to how many lost records somebody has taken note.
    pub losses_seen: u64,
    /// When the hub's certificate ends, once it was seen.
    pub certificate_until: Option<WallTime>,
    /// The hub takes records and does not say what it has beside a ledger that has a past.
    pub is_unsaid: bool,
}

/// Set aside records that nobody has dealt with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsideWaiting {
    /// Of the present epoch.
    pub now: u64,
    /// Of earlier ones: no retry reaches the hub for them.
    pub earlier: u64,
}

/// What the page says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// When its own certificate ends.
    pub certificate_until: Option<WallTime>,
    pub pin_storm: Option<PinStorm>,
}

/// Wrong PINs in a row, of all sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinStorm {
    pub tries: u64,
    /// When the newest was (monotonic).
    pub last: Duration,
    /// Until when nobody is let try (monotonic).
    pub until: Duration,
}
