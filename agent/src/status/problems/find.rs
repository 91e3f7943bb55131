//! Which problems a site has: one snapshot of the agent, gone through once.

use std::time::Duration;

use gateway_proto::{name::FeedName, time::WallTime};

use super::{
    FeedFacts, LedgerTrouble, PinStorm, Problem, Since, Snapshot,
    what::{CERTIFICATE_DAYS, What, Whose, days_until},
};
use crate::{
    floor::{
        facts::{LevelFact, OpenAlarm},
        moment::Moment,
    },
    ledger::Fullness,
    movement::rules::{State, Subject},
    register::catalog::UNASSIGNED,
    status::DeviceStatus,
};

/// Fewer waiting records than this are on their way, not a backlog: one batch.
pub(super) const BACKLOG_MIN: u64 = 1_000;

/// After so long without a wrong PIN a storm is over, and the count of tries begins anew.
pub const PIN_STORM_OVER: Duration = Duration::from_secs(3_600);

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
    if facts.is_unsaid {
        put(What::Unsaid { feed: feed() }, Since::Unknown);
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
