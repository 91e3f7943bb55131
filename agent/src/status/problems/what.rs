//! What can be wrong with a site: the kinds, how bad each is, and their order.

use std::time::Duration;

use gateway_proto::{
    delivery::TroubleKind,
    name::{DeviceName, FeedName, PlaceName},
    time::WallTime,
};

use super::{LedgerFault, Level};
use crate::{
    clock,
    floor::{
        facts::{LevelDoubt, OpenAlarm},
        notice::Notice,
    },
    ledger::Fullness,
    movement::rules::State,
    receiver::progress::Closed,
    tariff::{self, drain::Estimate},
};

/// A line that is down for less may come back by itself: a router that starts again takes as long.
pub const LINE_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// From so many days before its end on a certificate is told of, and from so many on somebody has to act.
pub(super) const CERTIFICATE_DAYS: (i64, i64) = (30, 14);

const DAY_MS: i64 = 86_400_000;

/// What is wrong. The order of the variants is the order among those of a level.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The ledger cannot write.
    Ledger {
        fault: LedgerFault,
        why: String,
    },
    /// Movements are refused for want of room.
    DiskFull {
        used_mb: u64,
        limit_mb: u64,
        refused: u64,
    },
    /// The disk is getting full.
    DiskShort {
        fullness: Fullness,
        percent: u8,
        used_mb: u64,
        limit_mb: u64,
    },
    /// The bytes that stood by for a full disk are given up.
    BallastGone,
    /// A damaged ledger was set aside and salvaged.
    Damaged {
        folder: String,
        mb: u64,
    },
    /// Recorded is not acknowledged + waiting + set aside + lost.
    Unaccounted {
        feed: FeedName,
    },
    Clock {
        wall: WallTime,
        doubt: clock::trust::Doubt,
    },
    DeviceGone {
        device: DeviceName,
        on: String,
        why: String,
    },
    /// It is there, and something is wrong with its line.
    DeviceFault {
        device: DeviceName,
        on: String,
        why: String,
    },
    /// A bin's level is unknown, or known with a reservation.
    Level {
        bin: PlaceName,
        scale: DeviceName,
        doubt: LevelDoubt,
    },
    Alarm(OpenAlarm),
    MoreAlarms {
        count: usize,
    },
    /// Nothing gets through to a hub.
    Down {
        feed: FeedName,
        kind: TroubleKind,
        detail: String,
        waiting: u64,
    },
    /// The hub's certificate, or the page's own, ends.
    Certificate {
        whose: Whose,
        until: WallTime,
    },
    SetAside {
        feed: FeedName,
        count: u64,
    },
    /// Set aside records of an earlier epoch that wait for somebody.
    OlderEpoch {
        feed: FeedName,
        count: u64,
    },
    Lost {
        feed: FeedName,
        count: u64,
    },
    /// Records wait for a feed that is not in the site's file any more.
    FeedGone {
        feed: FeedName,
        waiting: u64,
    },
    Parked {
        codes: usize,
        units: u64,
    },
    Notice(Notice),
    /// Somebody tries PINs.
    PinStorm {
        tries: u64,
        until: Option<WallTime>,
    },
    /// A receiver of alarms is not reached.
    Receiver {
        name: String,
        why: String,
        waiting: usize,
        closed: Closed,
    },
    ReceiverAside {
        name: String,
        count: u64,
    },
    ReceiverDropped {
        name: String,
        count: u64,
    },
    /// A metered line is quiet, or its budget is used up.
    Held {
        feed: FeedName,
        why: tariff::Why,
        waiting: u64,
    },
    Backlog {
        feed: FeedName,
        waiting: u64,
        drain: Estimate,
    },
    /// The hub does not say what it has beside a ledger that was put back or lost records.
    Unsaid {
        feed: FeedName,
    },
    CountsDue {
        count: usize,
    },
}

/// Whose certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    Hub(FeedName),
    Page,
}
/// Whole days from now on, negative once it is over.
#[must_use]
pub fn days_until(until: WallTime, now: WallTime) -> i64 {
    until.millis().saturating_sub(now.millis()).div_euclid(DAY_MS)
}

impl What {
    /// The word for machines.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ledger { .. } => "ledger",
            Self::DiskFull { .. } => "disk_full",
            Self::DiskShort { .. } => "disk_short",
            Self::BallastGone => "ballast_gone",
            Self::Damaged { .. } => "damaged",
            Self::Unaccounted { .. } => "unaccounted",
            Self::Clock { .. } => "clock",
            Self::DeviceGone { .. } => "device_gone",
            Self::DeviceFault { .. } => "device_fault",
            Self::Level { .. } => "level",
            Self::Alarm(_) => "alarm",
            Self::MoreAlarms { .. } => "more_alarms",
            Self::Down { .. } => "down",
            Self::Certificate { .. } => "certificate",
            Self::SetAside { .. } => "set_aside",
            Self::OlderEpoch { .. } => "older_epoch",
            Self::Lost { .. } => "lost",
            Self::FeedGone { .. } => "feed_gone",
            Self::Parked { .. } => "parked",
            Self::Notice(_) => "notice",
            Self::PinStorm { .. } => "pin_storm",
            Self::Receiver { .. } => "receiver",
            Self::ReceiverAside { .. } => "receiver_aside",
            Self::ReceiverDropped { .. } => "receiver_dropped",
            Self::Held { .. } => "held",
            Self::Backlog { .. } => "backlog",
            Self::Unsaid { .. } => "unsaid",
            Self::CountsDue { .. } => "counts_due",
        }
    }

    /// Among those of its kind, the one: stays the same as long as the problem does.
    #[must_use]
    pub fn of_what(&self) -> String {
        match self {
            Self::Ledger { .. }
            | Self::DiskFull { .. }
            | Self::DiskShort { .. }
            | Self::BallastGone
            | Self::Clock { .. }
            | Self::MoreAlarms { .. }
            | Self::Parked { .. }
            | Self::PinStorm { .. }
            | Self::CountsDue { .. } => String::new(),
            Self::Damaged { folder, .. } => folder.clone(),
            Self::DeviceGone { device, .. } | Self::DeviceFault { device, .. } => device.to_string(),
            Self::Level { bin, .. } => bin.to_string(),
            Self::Alarm(alarm) => alarm.subject.to_string(),
            Self::Notice(notice) => notice.id.to_string(),
            Self::Unaccounted { feed }
            | Self::Down { feed, .. }
            | Self::SetAside { feed, .. }
            | Self::OlderEpoch { feed, .. }
            | Self::Lost { feed, .. }
            | Self::FeedGone { feed, .. }
            | Self::Held { feed, .. }
            | Self::Backlog { feed, .. }
            | Self::Unsaid { feed } => feed.to_string(),
            Self::Certificate { whose: Whose::Hub(feed), .. } => feed.to_string(),
            Self::Certificate { whose: Whose::Page, .. } => String::new(),
            Self::Receiver { name, .. } | Self::ReceiverAside { name, .. } | Self::ReceiverDropped { name, .. } => {
                name.clone()
            }
        }
    }

    /// How bad it is once it has lasted for so long.
    pub(super) fn level(&self, lasted: Option<Duration>, now: WallTime) -> Level {
        match self {
            Self::Ledger { .. } | Self::DiskFull { .. } => Level::Stop,
            Self::DiskShort { fullness: Fullness::Tight, .. }
            | Self::BallastGone
            | Self::Damaged { .. }
            | Self::Unaccounted { .. }
            | Self::Clock { .. }
            | Self::DeviceGone { .. }
            | Self::DeviceFault { .. }
            | Self::SetAside { .. }
            | Self::OlderEpoch { .. }
            | Self::Lost { .. }
            | Self::FeedGone { .. }
            | Self::Parked { .. }
            | Self::Notice(_)
            | Self::PinStorm { .. }
            | Self::Receiver { .. }
            | Self::ReceiverAside { .. } => Level::Act,
            Self::DiskShort { .. }
            | Self::MoreAlarms { .. }
            | Self::ReceiverDropped { .. }
            | Self::Held { .. }
            | Self::Backlog { .. }
            | Self::Unsaid { .. }
            | Self::CountsDue { .. } => Level::Know,
            Self::Level { doubt, .. } => match doubt {
                LevelDoubt::Calibrating => Level::Know,
                LevelDoubt::NoBin | LevelDoubt::NoPiece(_) | LevelDoubt::Scale(_) if doubt.is_unknown() => Level::Act,
                LevelDoubt::NoBin | LevelDoubt::NoPiece(_) | LevelDoubt::Scale(_) => Level::Know,
            },
            Self::Alarm(alarm) => match (alarm.state, &alarm.acknowledged) {
                (State::Unknown | State::Negative | State::Out | State::Low, None) => Level::Act,
                (State::Unknown | State::Negative | State::Out | State::Low, Some(_))
                | (State::Perhaps | State::Over | State::Fine, _) => Level::Know,
            },
            Self::Down { kind, .. } => match kind {
                TroubleKind::NameUnknown
                | TroubleKind::Unreachable
                | TroubleKind::BrokenOff
                | TroubleKind::TimedOut
                | TroubleKind::Busy
                | TroubleKind::Failing => {
                    if lasted.is_some_and(|lasted| lasted < LINE_PATIENCE) {
                        Level::Know
                    } else {
                        Level::Act
                    }
                }
                TroubleKind::NotSecure
                | TroubleKind::Certificate
                | TroubleKind::CertificateTime
                | TroubleKind::NotAHub
                | TroubleKind::Proxy
                | TroubleKind::Unauthorized
                | TroubleKind::FeedUnknown
                | TroubleKind::Refused => Level::Act,
            },
            Self::Certificate { until, .. } => {
                if days_until(*until, now) <= CERTIFICATE_DAYS.1 {
                    Level::Act
                } else {
                    Level::Know
                }
            }
        }
    }

    /// Where it stands among those of its level: as the variants are written.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Ledger { .. } => 0,
            Self::DiskFull { .. } => 1,
            Self::DiskShort { .. } => 2,
            Self::BallastGone => 3,
            Self::Damaged { .. } => 4,
            Self::Unaccounted { .. } => 5,
            Self::Clock { .. } => 6,
            Self::DeviceGone { .. } => 7,
            Self::DeviceFault { .. } => 8,
            Self::Level { .. } => 9,
            Self::Alarm(_) => 10,
            Self::MoreAlarms { .. } => 11,
            Self::Down { .. } => 12,
            Self::Certificate { .. } => 13,
            Self::SetAside { .. } => 14,
            Self::OlderEpoch { .. } => 15,
            Self::Lost { .. } => 16,
            Self::FeedGone { .. } => 17,
            Self::Parked { .. } => 18,
            Self::Notice(_) => 19,
            Self::PinStorm { .. } => 20,
            Self::Receiver { .. } => 21,
            Self::ReceiverAside { .. } => 22,
            Self::ReceiverDropped { .. } => 23,
            Self::Held { .. } => 24,
            Self::Backlog { .. } => 25,
            Self::Unsaid { .. } => 26,
            Self::CountsDue { .. } => 27,
        }
    }
}
