//! What an operator must know of a feed, why, and what to do about it. Pure: from a feed's state and the time.
//!
//! An alarm about a fact (a fork, a loss, a new epoch) stands until a person acknowledges it; the fact stays. The others
//! end with their cause.

use gateway_proto::time::WallTime;
use serde::Serialize;

use crate::store::{Fact, FeedHealth};

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlarmKind {
    Forked,
    EndMissing,
    Lossy,
    Differs,
    NewEpoch,
    Silent,
    UnknownKept,
    Parked,
}

/// Something that a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Alarm {
    pub(crate) kind: AlarmKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<WallTime>,
    /// What is the matter, in a sentence.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) todo: String,
}

impl AlarmKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Forked => "forked",
            Self::EndMissing => "end_missing",
            Self::Lossy => "lossy",
            Self::Differs => "differs",
            Self::NewEpoch => "new_epoch",
            Self::Silent => "silent",
            Self::UnknownKept => "unknown_kept",
            Self::Parked => "parked",
        }
    }
}

/// The alarms of a feed, the worst first.
pub(crate) fn alarms(health: &FeedHealth, now: WallTime) -> Vec<Alarm> {
    let mut alarms: Vec<Alarm> = health
        .facts
        .iter()
        .filter(|facts| facts.open > 0)
        .filter_map(|facts| of_fact(health, facts.fact, facts.open, facts.since))
        .collect();
    if let Some(compared) = health.checkpoint.as_ref().filter(|compared| compared.differing > 0) {
        alarms.push(Alarm {
            kind: AlarmKind::Differs,
            since: compared.since,
            what: format!("{} of {} amounts differ from the site's own", compared.differing, compared.compared),
            todo: "count the items listed at the site: the counts correct both; where nothing was declared lost and nothing \
                   is parked, send the list to support"
                .to_owned(),
        });
    }
    if let (Some(heard), Some(limit)) = (health.heard_at, health.silent_after_ms)
        && now.millis().saturating_sub(heard.millis()) > limit
    {
        alarms.push(Alarm {
            kind: AlarmKind::Silent,
            since: Some(heard),
            what: format!("nothing heard for {} hours", (now.millis() - heard.millis()) / 3_600_000),
            todo: "ask the site whether the gateway has power and network; it keeps what it records until it is heard"
                .to_owned(),
        });
    }
    if health.parked > 0 {
        alarms.push(Alarm {
            kind: AlarmKind::Parked,
            since: health.parked_since,
            what: format!("{} records are kept but not in the amounts", health.parked),
            todo: "binwire-hub parked list says why; add the items to the feed and run binwire-hub parked replay"
                .to_owned(),
        });
    }
    alarms.sort_by_key(|alarm| alarm.kind);
    alarms
}

fn of_fact(health: &FeedHealth, fact: Fact, open: u64, since: Option<WallTime>) -> Option<Alarm> {
    let (kind, what, todo) = match fact {
        Fact::Forked => (
            AlarmKind::Forked,
            match health.forks.last() {
                Some(fork) => format!(
                    "the feed forked at no. {} of epoch {}: a restored or cloned gateway sent other records under numbers already used",
                    fork.seq, fork.epoch
                ),
                None => "the feed forked".to_owned(),
            },
            "find out whether the gateway was restored from a backup or runs twice, and switch the copy off; then acknowledge",
        ),
        Fact::NewEpoch => (
            AlarmKind::NewEpoch,
            format!(
                "the site began anew, epoch {} of this feed{}",
                health.epochs,
                if health.forks.is_empty() { "" } else { ", after a fork" }
            ),
            "expected after a restore, a repaired ledger or a new gateway; otherwise look for a second gateway; then acknowledge",
        ),
        Fact::Lossy => (
            AlarmKind::Lossy,
            match health.lost.last() {
                Some(loss) => format!(
                    "{} records declared lost by the site, last no. {} to {} of epoch {}: {}",
                    health.lost_records(),
                    loss.from,
                    loss.to,
                    loss.epoch,
                    loss.why
                ),
                None => "records declared lost by the site".to_owned(),
            },
            "what was lost cannot come back: have the items counted that may be concerned; then acknowledge",
        ),
        Fact::EndMissing => {
            let missing = health.missing.first()?;
            (
                AlarmKind::EndMissing,
                format!(
                    "this hub has epoch {} through no. {}, the site had delivered through no. {}: it was put back to an old backup",
                    missing.epoch, missing.here, missing.through
                ),
                "restore a later backup of this hub if there is one; else have the site's items counted; then acknowledge",
            )
        }
        Fact::UnknownKept => (
            AlarmKind::UnknownKept,
            format!("{open} records are of types that this hub does not know; they are kept"),
            "install a newer hub; then acknowledge",
        ),
    };
    Some(Alarm { kind, since, what, todo: todo.to_owned() })
}
