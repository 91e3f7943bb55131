//! What the agent says of itself: one snapshot that the command line, the metrics and later the page read.
//!
//! Every device, broker and feed owns its state and publishes it through a `watch`; nobody waits for a reader.

pub mod metrics;
pub mod problems;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use gateway_proto::{
    delivery::Trouble,
    name::{DeviceName, FeedName, SiteName},
    time::WallTime,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use self::problems::{
    AsideWaiting, FeedFacts, LedgerFault, LedgerTrouble, PageFacts, Problem, Snapshot, Told, since::Seen,
};
use crate::{
    cause,
    clock::{Clock, ClockStatus},
    floor::{facts::FloorFacts, moment::Moment},
    ledger::{
        self, FeedCounts, Fullness,
        recorder::{Recorder, View},
        salvage,
    },
    receiver::progress::Progress,
    tariff::{self, drain::Estimate},
};

/// Everything, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub site: SiteName,
    pub version: String,
    pub uptime_seconds: u64,
    pub ledger_bytes: u64,
    pub storage: StorageStatus,
    pub clock: ClockStatus,
    pub feeds: BTreeMap<FeedName, FeedStatus>,
    pub devices: BTreeMap<DeviceName, DeviceStatus>,
    /// The page at the bin, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageStatus>,
    /// What is wrong and what to do, worst first. Empty: all is well.
    pub problems: Vec<Told>,
}

/// Where the page is, and how its certificate is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStatus {
    /// `https://10.0.0.5:8443`
    pub address: String,
    /// SHA-256 of the certificate of the gateway's own authority, as phones show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// The ledger's disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageStatus {
    pub fullness: Fullness,
    /// Bytes in use, and how many there are: of the budget, or of the disk if that is less.
    pub used: u64,
    pub limit: u64,
    pub percent: u8,
    /// The ballast was given up, so that there is room to drain.
    pub ballast_released: bool,
    /// Movements that were refused for want of room.
    pub refused: u64,
    /// Bytes this process has caused to be written to its disk since it started; `None` where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_bytes: Option<u64>,
    /// Ledgers that were set aside as damaged, with their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<(PathBuf, u64)>,
}

/// One feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedStatus {
    #[serde(flatten)]
    pub counts: FeedCounts,
    /// recorded = acked + waiting + set aside + lost
    pub conserved: bool,
    pub epoch: String,
    /// Why nothing gets through, and for how many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<(String, u64)>,
    /// Why nothing is sent, where the line costs: quiet hours, the month's budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// How long until nothing waits; `None` when nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<String>,
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

/// How a feed's delivery goes.
#[derive(Debug, Clone, Default)]
pub struct Delivering {
    /// Why nothing gets through.
    pub trouble: Option<Trouble>,
    /// Why nothing is sent, where the line costs.
    pub held: Option<tariff::Why>,
    pub drain: Estimate,
    /// When the hub's certificate ends, once it was seen.
    pub certificate_until: Option<WallTime>,
    /// The hub takes records and does not say what it has beside a ledger that has a past.
    pub is_unsaid: bool,
}

/// Where a delivery says how it goes.
pub type FeedBoard = watch::Sender<Delivering>;

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
    pub deliveries: BTreeMap<FeedName, watch::Receiver<Delivering>>,
    /// What the floor shows of itself.
    pub floor: watch::Receiver<Arc<FloorFacts>>,
    /// Where the page says how it is.
    pub page: watch::Sender<PageFacts>,
    /// Where the page is; set once, when it is on its socket.
    pub page_at: Arc<OnceLock<PageStatus>>,
    /// Since when each problem stands of which nobody else knows it.
    pub seen: Arc<Mutex<Seen>>,
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
                let delivering = self.deliveries.get(name).map(|board| board.borrow().clone()).unwrap_or_default();
                let status = FeedStatus {
                    counts,
                    conserved: counts.is_conserved(),
                    epoch: at.standing.epoch.to_string(),
                    trouble: delivering.trouble.map(|trouble| described(&trouble, now)),
                    held: delivering.held.map(|why| why.to_string()),
                    drain: (counts.waiting > 0).then(|| delivering.drain.to_string()),
                };
                (name.clone(), status)
            })
            .collect();
        let devices: BTreeMap<_, _> =
            self.devices.iter().map(|(name, board)| (name.clone(), board.borrow().clone())).collect();
        let storage = self.storage(&view);
        let clock = self.clock.status();
        let moment = self.moment();
        let snapshot = self.snapshot_of(&view, storage.clone(), clock.clone(), devices.clone());
        let problems = self.problems_of(&snapshot, &moment).iter().map(|problem| problem.told(&moment)).collect();
        Status {
            site: self.site.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: now.as_secs(),
            ledger_bytes: ledger::disk_bytes(&self.state_dir),
            storage,
            clock,
            feeds,
            devices,
            page: self.page_at.get().cloned(),
            problems,
        }
    }
}

impl Watcher {
    /// What is wrong and what to do, worst first.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.problems_of(&self.snapshot(), &self.moment())
    }

    /// What the list of problems is made from.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let view = self.recorder.view().borrow().clone();
        let devices = self.devices.iter().map(|(name, board)| (name.clone(), board.borrow().clone())).collect();
        self.snapshot_of(&view, self.storage(&view), self.clock.status(), devices)
    }

    /// Now, by both clocks.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let (wall, clock) = self.clock.wall();
        Moment { elapsed: self.clock.elapsed(), wall, clock }
    }

    fn problems_of(&self, snapshot: &Snapshot, now: &Moment) -> Vec<Problem> {
        let mut problems = problems::of(snapshot, now);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).handle(&mut problems, now.elapsed);
        problems
    }

    fn snapshot_of(
        &self,
        view: &View,
        storage: StorageStatus,
        clock: ClockStatus,
        devices: BTreeMap<DeviceName, DeviceStatus>,
    ) -> Snapshot {
        let floor = self.floor.borrow().clone();
        let feeds = view.standings.keys().map(|name| {
            let told = self.deliveries.get(name).map(|board| board.borrow().clone());
            let is_gone = told.is_none();
            let delivering = told.unwrap_or_default();
            let (now, earlier) = view.aside.get(name).copied().unwrap_or_default();
            let facts = FeedFacts {
                counts: view.counts.feeds.get(name).copied().unwrap_or_default(),
                aside: AsideWaiting { now, earlier },
                trouble: delivering.trouble,
                held: delivering.held,
                drain: delivering.drain,
                is_gone,
                losses_seen: floor.losses_seen.get(name).copied().unwrap_or_default(),
                certificate_until: delivering.certificate_until,
                is_unsaid: delivering.is_unsaid,
            };
            (name.clone(), facts)
        });
        let ledger = view.trouble.as_ref().map(|error| {
            let fault = match (error.is_disk_full(), error.is_read_only()) {
                (true, _) => LedgerFault::Full,
                (false, true) => LedgerFault::ReadOnly,
                (false, false) => LedgerFault::Other,
            };
            LedgerTrouble { fault, why: cause::chain(&**error) }
        });
        Snapshot {
            storage,
            ledger,
            clock,
            feeds: feeds.collect(),
            devices,
            receivers: self.receivers.iter().map(|(name, board)| (name.clone(), board.borrow().clone())).collect(),
            floor,
            page: *self.page.borrow(),
        }
    }

    fn storage(&self, view: &View) -> StorageStatus {
        let room = view.room;
        StorageStatus {
            fullness: room.fullness,
            used: room.used,
            limit: room.limit,
            percent: room.percent(),
            ballast_released: room.ballast_released,
            refused: view.refused_full,
            written_bytes: written_bytes(),
            apart: salvage::apart(&self.state_dir).into_iter().map(|apart| (apart.folder, apart.bytes)).collect(),
        }
    }
}

/// What the system says this process has caused to be written to a disk.
fn written_bytes() -> Option<u64> {
    let io = fs::read_to_string("/proc/self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("write_bytes: "))?.trim().parse().ok()
}

fn described(trouble: &Trouble, now: Duration) -> (String, u64) {
    let text = match trouble.detail.as_str() {
        "" => trouble.kind.word().to_owned(),
        detail => format!("{} ({detail})", trouble.kind.word()),
    };
    (text, now.saturating_sub(trouble.since).as_secs())
}
