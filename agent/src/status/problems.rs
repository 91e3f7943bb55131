//! What is wrong and what to do: one ordered list out of one snapshot of the agent, for the page, `status` and the
//! metrics alike.
//!
//! Pure: [`of`] reads a [`Snapshot`] and the time it is handed. Owns which conditions are problems, how bad each is, and the
//! order; [`words`] says them in English and German, [`since`] remembers when each was first seen. Must not know pages.
//!
//! | level | means |
//! |---|---|
//! | stop | something is refused or not counted until somebody has been here |
//! | act | nothing is lost, and it will not cure itself |
//! | know | it is worth knowing; it passes, or can wait |

pub mod since;
mod snapshot;
pub mod words;

#[cfg(test)]
mod tests;

use std::{cmp::Ordering, time::Duration};

use gateway_proto::{
    delivery::TroubleKind,
    name::{DeviceName, FeedName, PlaceName},
    time::WallTime,
};
use serde::{Deserialize, Serialize};

pub use self::{
    since::Since,
    snapshot::{AsideWaiting, FeedFacts, LedgerFault, LedgerTrouble, PageFacts, PinStorm, Snapshot},
};
use super::DeviceStatus;
use crate::{
    clock,
    floor::{
        facts::{LevelDoubt, LevelFact, OpenAlarm},
        moment::Moment,
        notice::Notice,
    },
    ledger::Fullness,
    movement::rules::{State, Subject},
    receiver::progress::Closed,
    register::catalog::UNASSIGNED,
    tariff::{self, drain::Estimate},
};

/// A line that is down for less may come back by itself: a router that starts again takes as long.
pub const LINE_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Fewer waiting records than this are on their way, not a backlog: one batch.
pub const BACKLOG_MIN: u64 = 1_000;

/// From so many days before its end on a certificate is told of, and from so many on somebody has to act.
pub const CERTIFICATE_DAYS: (i64, i64) = (30, 14);

/// After so long without a wrong PIN a storm is over, and the count of tries begins anew.
pub const PIN_STORM_OVER: Duration = Duration::from_secs(3_600);

const DAY_MS: i64 = 86_400_000;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub what: What,
    pub level: Level,
    pub since: Since,
}

/// `disk: 82 % full (820 of 1000 MB), for 42 s; bring the hub's line back`
impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.text)?;
        if let Some(seconds) = self.for_seconds {
            write!(f, ", for {seconds} s")?;
        }
        write!(f, "; {}", self.remedy)
    }
}

/// How bad it is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Stop,
    Act,
    Know,
}

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

/// A problem as it travels to whoever is not of this program: with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// A word for machines: `device_gone`.
    pub kind: String,
    pub level: Level,
    /// What it is about: `scale-3`, `feed acme`.
    pub name: String,
    pub text: String,
    pub remedy: String,
    /// When it began; `None`: it is not known any better than that it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<WallTime>,
    /// For how many seconds, by a clock that nobody sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Stop, Self::Act, Self::Know];

    /// The word for machines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Act => "act",
            Self::Know => "know",
        }
    }

    /// Whether somebody has to do something.
    #[must_use]
    pub const fn needs_somebody(self) -> bool {
        match self {
            Self::Stop | Self::Act => true,
            Self::Know => false,
        }
    }
}

/// Everything that is wrong, worst first: by level, then by kind, then by name.
#[must_use]
pub fn of(snapshot: &Snapshot, now: &Moment) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut put = |what: What, since: Since| {
        let level = what.level(since.lasted(now), now.wall);
        problems.push(Problem { what, level, since });
    };
    ledger(snapshot, &mut put);
    clock(snapshot, now, &mut put);
    devices(snapshot, &mut put);
    floor(snapshot, &mut put);
    for (name, feed) in &snapshot.feeds {
        self::feed(name, feed, now, &mut put);
    }
    receivers(snapshot, &mut put);
    page(snapshot, now, &mut put);
    problems.sort_by(Problem::compare);
    problems
}

fn ledger(snapshot: &Snapshot, put: &mut impl FnMut(What, Since)) {
    if let Some(LedgerTrouble { fault, why }) = &snapshot.ledger {
        put(What::Ledger { fault: *fault, why: why.clone() }, Since::Unknown);
    }
    let storage = &snapshot.storage;
    let (used_mb, limit_mb, percent) = (storage.used / 1_000_000, storage.limit / 1_000_000, storage.percent);
    match storage.fullness {
        Fullness::Roomy => {}
        fullness @ (Fullness::Warn | Fullness::Tight) => {
            put(What::DiskShort { fullness, percent, used_mb, limit_mb }, Since::Unknown);
        }
        Fullness::Full => put(What::DiskFull { used_mb, limit_mb, refused: storage.refused }, Since::Unknown),
    }
    if storage.ballast_released {
        put(What::BallastGone, Since::Unknown);
    }
    for (folder, bytes) in &storage.apart {
        put(What::Damaged { folder: folder.display().to_string(), mb: bytes / 1_000_000 }, Since::Unknown);
    }
}

fn clock(snapshot: &Snapshot, now: &Moment, put: &mut impl FnMut(What, Since)) {
    let clock = &snapshot.clock;
    if let Some(doubt) = clock.doubt.filter(|_| !clock.trusted) {
        let since = now.elapsed.saturating_sub(Duration::from_secs(clock.since_seconds));
        put(What::Clock { wall: clock.wall, doubt }, Since::Ran(since));
    }
}

fn devices(snapshot: &Snapshot, put: &mut impl FnMut(What, Since)) {
    for (name, status) in &snapshot.devices {
        let (device, on) = (name.clone(), status.on.clone());
        match (&status.problem, status.connected) {
            (Some(why), false) => put(What::DeviceGone { device, on, why: why.clone() }, Since::Unknown),
            (Some(why), true) => put(What::DeviceFault { device, on, why: why.clone() }, Since::Unknown),
            (None, true | false) => {}
        }
    }
}

fn floor(snapshot: &Snapshot, put: &mut impl FnMut(What, Since)) {
    let floor = &snapshot.floor;
    for fact in &floor.levels {
        // Of a device that is gone nobody need hear that its level is unknown, too.
        if !snapshot.devices.get(&fact.scale).is_none_or(is_well) {
            continue;
        }
        let since = fact.unknown_since.map_or(Since::Unknown, Since::Ran);
        put(What::Level { bin: fact.bin.clone(), scale: fact.scale.clone(), doubt: fact.doubt.clone() }, since);
    }
    let said = |alarm: &&OpenAlarm| match &alarm.subject {
        // The level itself is told, with its reason.
        Subject::Bin(bin) if alarm.state == State::Unknown => {
            let known = |fact: &&LevelFact| fact.bin == *bin && snapshot.devices.get(&fact.scale).is_none_or(is_well);
            floor.levels.iter().find(known).is_none()
        }
        Subject::Bin(_) | Subject::Item(_) => true,
    };
    for alarm in floor.alarms.iter().filter(said) {
        put(What::Alarm(alarm.clone()), alarm.fired.map_or(Since::Unknown, Since::At));
    }
    if floor.alarms_more > 0 {
        put(What::MoreAlarms { count: floor.alarms_more }, Since::Unknown);
    }
    if floor.parked.codes > 0 {
        put(What::Parked { codes: floor.parked.codes, units: floor.parked.units }, Since::Unknown);
    }
    for notice in &floor.notices {
        put(What::Notice(notice.clone()), Since::At(notice.at));
    }
    if floor.counts_due > 0 {
        put(What::CountsDue { count: floor.counts_due }, Since::Unknown);
    }
}

fn is_well(device: &DeviceStatus) -> bool {
    device.problem.is_none()
}

fn feed(name: &FeedName, facts: &FeedFacts, now: &Moment, put: &mut impl FnMut(What, Since)) {
    let feed = || name.clone();
    let counts = facts.counts;
    if !counts.is_conserved() {
        put(What::Unaccounted { feed: feed() }, Since::Unknown);
    }
    // What waits there waits for people, and is told by its codes.
    if name.as_str() == UNASSIGNED {
        return;
    }
    let waiting = counts.waiting;
    if facts.is_gone {
        if waiting > 0 {
            put(What::FeedGone { feed: feed(), waiting }, Since::Unknown);
        }
    } else if let Some(trouble) = &facts.trouble {
        let (kind, detail) = (trouble.kind, trouble.detail.clone());
        put(What::Down { feed: feed(), kind, detail, waiting }, Since::Ran(trouble.since));
    } else if let Some(why) = facts.held.filter(|_| waiting > 0) {
        put(What::Held { feed: feed(), why, waiting }, Since::Unknown);
    } else if waiting >= BACKLOG_MIN {
        put(What::Backlog { feed: feed(), waiting, drain: facts.drain }, Since::Unknown);
    }
    if facts.aside.now > 0 {
        put(What::SetAside { feed: feed(), count: facts.aside.now }, Since::Unknown);
    }
    if facts.aside.earlier > 0 {
        put(What::OlderEpoch { feed: feed(), count: facts.aside.earlier }, Since::Unknown);
    }
    if counts.lost > facts.losses_seen {
        put(What::Lost { feed: feed(), count: counts.lost }, Since::Unknown);
    }
    if let Some(until) = facts.certificate_until {
        certificate(Whose::Hub(feed()), until, now, put);
    }
}

fn receivers(snapshot: &Snapshot, put: &mut impl FnMut(What, Since)) {
    for (name, progress) in &snapshot.receivers {
        if let Some(trouble) = &progress.trouble {
            let (why, waiting, closed) = (trouble.why.clone(), progress.waiting, trouble.closed);
            put(What::Receiver { name: name.clone(), why, waiting, closed }, Since::Ran(trouble.since));
        }
        if progress.set_aside > 0 {
            put(What::ReceiverAside { name: name.clone(), count: progress.set_aside }, Since::Unknown);
        }
        if progress.dropped > 0 {
            put(What::ReceiverDropped { name: name.clone(), count: progress.dropped }, Since::Unknown);
        }
    }
}

fn page(snapshot: &Snapshot, now: &Moment, put: &mut impl FnMut(What, Since)) {
    if let Some(until) = snapshot.page.certificate_until {
        certificate(Whose::Page, until, now, put);
    }
    let storm = snapshot.page.pin_storm;
    if let Some(PinStorm { tries, last, until }) = storm
        && now.elapsed.saturating_sub(last) < PIN_STORM_OVER
    {
        let until = until.checked_sub(now.elapsed).filter(|left| !left.is_zero()).map(|left| {
            let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
            WallTime::from_millis(now.wall.millis().saturating_add(left))
        });
        put(What::PinStorm { tries, until }, Since::Unknown);
    }
}

fn certificate(whose: Whose, until: WallTime, now: &Moment, put: &mut impl FnMut(What, Since)) {
    // By a clock that is not trusted nothing ends.
    if now.clock.is_none() && days_until(until, now.wall) <= CERTIFICATE_DAYS.0 {
        put(What::Certificate { whose, until }, Since::Unknown);
    }
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
            | Self::Backlog { feed, .. } => feed.to_string(),
            Self::Certificate { whose: Whose::Hub(feed), .. } => feed.to_string(),
            Self::Certificate { whose: Whose::Page, .. } => String::new(),
            Self::Receiver { name, .. } | Self::ReceiverAside { name, .. } | Self::ReceiverDropped { name, .. } => {
                name.clone()
            }
        }
    }

    /// How bad it is once it has lasted for so long.
    fn level(&self, lasted: Option<Duration>, now: WallTime) -> Level {
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
    const fn rank(&self) -> u8 {
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
            Self::CountsDue { .. } => 26,
        }
    }
}

impl Problem {
    /// Its name among all: stays the same as long as it stands.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.what.kind(), self.what.of_what())
    }

    fn compare(&self, other: &Self) -> Ordering {
        let state = |what: &What| if let What::Alarm(alarm) = what { Some(alarm.state) } else { None };
        (self.level, self.what.rank())
            .cmp(&(other.level, other.what.rank()))
            .then_with(|| state(&self.what).cmp(&state(&other.what)))
            .then_with(|| self.what.of_what().cmp(&other.what.of_what()))
    }

    /// With its words, in English: for the command line and other programs.
    #[must_use]
    pub fn told(&self, now: &Moment) -> Told {
        let words::Said { name, text, remedy } = words::english(&self.what, now);
        Told {
            kind: self.what.kind().to_owned(),
            level: self.level,
            name,
            text,
            remedy,
            since: self.since.wall(now),
            for_seconds: self.since.lasted(now).map(|lasted| lasted.as_secs()),
        }
    }
}
