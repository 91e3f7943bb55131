//! What the agent says of itself: one snapshot that the command line, the metrics and later the page read.
//!
//! Every device, broker and feed owns its state and publishes it through a `watch`; nobody waits for a reader.

pub mod metrics;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use gateway_proto::{
    delivery::Trouble,
    name::{DeviceName, FeedName, SiteName},
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    cause,
    clock::Clock,
    ledger::{self, FeedCounts, recorder::Recorder},
    receiver::progress::Progress,
    register::catalog::UNASSIGNED,
};

/// Everything, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub site: SiteName,
    pub version: String,
    pub uptime_seconds: u64,
    pub ledger_bytes: u64,
    pub feeds: BTreeMap<FeedName, FeedStatus>,
    pub devices: BTreeMap<DeviceName, DeviceStatus>,
    /// What is wrong and what to do: the ledger, then feeds, then devices. Empty: all is well.
    pub problems: Vec<String>,
}

/// One feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedStatus {
    #[serde(flatten)]
    pub counts: FeedCounts,
    /// recorded = acked + waiting + set aside + lost
    pub conserved: bool,
    pub epoch: String,
    /// Why nothing gets through, and for how many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<(String, u64)>,
}

/// One device or broker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// What it hangs on: a port or a topic.
    pub on: String,
    pub connected: bool,
    /// Why it is not connected, or what is wrong with its line, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Why its level is unknown or in doubt, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_problem: Option<String>,
    pub readings: u64,
    /// Readings that were passed over because too many waited: the next ones said as much.
    #[serde(default)]
    pub dropped: u64,
    pub bad_frames: u64,
    /// The same, by what was wrong with them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bad_frames_by_reason: BTreeMap<String, u64>,
    /// Readings that were refused or could not be recorded.
    pub refused: u64,
    /// Readings told for repetitions of something recorded. Many of them from a sensor that numbers its scans: does it
    /// begin at the same number again after a power cut?
    pub repeated: u64,
}

/// Where a device keeps its state for others to see.
#[derive(Debug, Clone)]
pub struct DeviceBoard {
    sender: watch::Sender<DeviceStatus>,
}

/// Where a feed keeps its trouble for others to see.
pub type TroubleBoard = watch::Sender<Option<Trouble>>;

/// Reads all boards.
#[derive(Debug, Clone)]
pub struct Watcher {
    pub site: SiteName,
    pub state_dir: PathBuf,
    pub clock: Clock,
    pub recorder: Recorder,
    pub devices: BTreeMap<DeviceName, watch::Receiver<DeviceStatus>>,
    /// Who hears of alarms, and how far each is.
    pub receivers: Vec<(String, watch::Receiver<Progress>)>,
    pub troubles: BTreeMap<FeedName, watch::Receiver<Option<Trouble>>>,
}

impl DeviceBoard {
    /// A board for what hangs `on` a port or topic; not connected yet.
    #[must_use]
    pub fn new(on: String) -> (Self, watch::Receiver<DeviceStatus>) {
        let (sender, receiver) = watch::channel(DeviceStatus {
            on,
            connected: false,
            problem: Some("not connected yet".to_owned()),
            level_problem: None,
            readings: 0,
            dropped: 0,
            bad_frames: 0,
            bad_frames_by_reason: BTreeMap::new(),
            refused: 0,
            repeated: 0,
        });
        (Self { sender }, receiver)
    }

    /// Whether this is news: the first time after it was lost.
    pub fn connected(&self) -> bool {
        self.sender.send_if_modified(|status| {
            let news = !status.connected;
            (status.connected, status.problem) = (true, if news { None } else { status.problem.take() });
            news
        })
    }

    /// Whether this is news: the first time after it was there, or for another reason.
    pub fn lost(&self, why: String) -> bool {
        self.sender.send_if_modified(|status| {
            let news = status.connected || status.problem.as_ref() != Some(&why);
            (status.connected, status.problem) = (false, Some(why));
            news
        })
    }

    /// Sets or clears what is wrong with a device that is there. Whether this is news.
    pub fn problem(&self, problem: Option<String>) -> bool {
        self.sender.send_if_modified(|status| {
            let news = status.problem != problem;
            status.problem = problem;
            news
        })
    }

    pub fn count_reading(&self) {
        self.sender.send_modify(|status| status.readings += 1);
    }

    pub fn count_bad_frame(&self, reason: &'static str) {
        self.sender.send_modify(|status| {
            status.bad_frames += 1;
            match status.bad_frames_by_reason.get_mut(reason) {
                Some(count) => *count += 1,
                None => drop(status.bad_frames_by_reason.insert(reason.to_owned(), 1)),
            }
        });
    }

    pub fn count_repeated(&self) {
        self.sender.send_modify(|status| status.repeated += 1);
    }

    /// Sets or clears what is wrong with the level that a device reports. Whether this is news.
    pub fn level(&self, problem: Option<String>) -> bool {
        self.sender.send_if_modified(|status| {
            let news = status.level_problem != problem;
            status.level_problem = problem;
            news
        })
    }

    pub fn count_dropped(&self) {
        self.sender.send_modify(|status| status.dropped += 1);
    }

    pub fn count_refused(&self) {
        self.sender.send_modify(|status| status.refused += 1);
    }
}

impl Watcher {
    /// How things are now.
    #[must_use]
    pub fn status(&self) -> Status {
        let view = self.recorder.view().borrow().clone();
        let now = self.clock.elapsed();
        let feeds: BTreeMap<_, _> = view
            .standings
            .iter()
            .map(|(name, at)| {
                let counts = view.counts.feeds.get(name).copied().unwrap_or_default();
                let trouble = self.troubles.get(name).and_then(|board| board.borrow().clone());
                let status = FeedStatus {
                    counts,
                    conserved: counts.is_conserved(),
                    epoch: at.standing.epoch.to_string(),
                    trouble: trouble.map(|trouble| described(&trouble, now)),
                };
                (name.clone(), status)
            })
            .collect();
        let devices: BTreeMap<_, _> =
            self.devices.iter().map(|(name, board)| (name.clone(), board.borrow().clone())).collect();
        let mut problems = Vec::new();
        if let Some(trouble) = &view.trouble {
            problems.push(format!("ledger: {}; nothing is recorded until this is cured", cause::chain(&**trouble)));
        }
        for (name, feed) in &feeds {
            problems.extend(feed_problems(name, feed));
            let has_hub = self.troubles.contains_key(name) || name.as_str() == UNASSIGNED;
            if !has_hub && feed.counts.waiting > 0 {
                let waiting = feed.counts.waiting;
                problems.push(format!("feed {name}: is no longer in the site's file; {waiting} records wait for it"));
            }
        }
        for (name, device) in &devices {
            // Of a device that is gone nobody need hear that its level is unknown, too.
            let problem = device.problem.as_ref().or(device.level_problem.as_ref());
            problems.extend(problem.map(|problem| format!("{name} on {}: {problem}", device.on)));
        }
        for (name, board) in &self.receivers {
            problems.extend(board.borrow().problems(name, now));
        }
        Status {
            site: self.site.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: now.as_secs(),
            ledger_bytes: ledger::disk_bytes(&self.state_dir),
            feeds,
            devices,
            problems,
        }
    }
}

fn feed_problems(name: &FeedName, feed: &FeedStatus) -> Vec<String> {
    let mut problems = Vec::new();
    let counts = feed.counts;
    if !feed.conserved {
        problems.push(format!("feed {name}: records are not accounted for ({counts:?}); report this"));
    }
    if name.as_str() == UNASSIGNED {
        if counts.recorded > 0 {
            let count = counts.recorded;
            problems.push(format!("{count} records of unknown items are kept here; the log names their codes"));
        }
        return problems;
    }
    if let Some((trouble, seconds)) = &feed.trouble {
        problems.push(format!("feed {name}: {trouble}, since {seconds} s; {} waiting", counts.waiting));
    }
    if counts.set_aside > 0 {
        problems.push(format!("feed {name}: {} records set aside because the hub refused them", counts.set_aside));
    }
    problems
}

fn described(trouble: &Trouble, now: Duration) -> (String, u64) {
    let text = match trouble.detail.as_str() {
        "" => trouble.kind.word().to_owned(),
        detail => format!("{} ({detail})", trouble.kind.word()),
    };
    (text, now.saturating_sub(trouble.since).as_secs())
}
