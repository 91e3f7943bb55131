//! The site's clock: wall time as data, with a mark when it is not to be trusted.
//!
//! A gateway without a battery clock boots in 1970, and a wrong clock is set right in the middle of a shift. Nothing waits
//! for the right time: order comes from seq, and a record made meanwhile carries its boot and the time since, so that one
//! `clock` record puts it right later. [`trust`] decides what is believed, [`mark`] what is to be put right; here the
//! clocks are read, and in [`hardware`], [`chrony`] and [`ntp`] what speaks for them.
//!
//! Two clocks that differ when the machine is suspended: marks and steps are by CLOCK_BOOTTIME, which goes on, because a
//! mark must mean the same moment however long the gateway slept. [`Clock::elapsed`] is CLOCK_MONOTONIC, which stops: it
//! is what waits and patience are measured by, and who was suspended has waited for nobody.
//!
//! The kernel's own word (adjtimex) can be had only by `unsafe` code; those who synchronize the clock are asked instead.

pub mod chrony;
pub mod hardware;
pub mod mark;
pub mod ntp;
pub mod trust;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use gateway_proto::{name::Text, record::UntrustedClock, time::WallTime};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use self::{
    mark::Zero,
    trust::{Belief, News, Seen, State, Synced, Trust},
};

/// No record of this version is older: 2026-11-01T00:00:00Z. A build that claims to be is reproducible, not old.
const RELEASED_MILLIS: i64 = 1_793_491_200_000;

/// Seconds since 1970 at which this agent was built.
const BUILT_SECONDS: &str = env!("BINWIRE_BUILT_SECONDS");

/// `[clock]`: what speaks for the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockConfig {
    /// Whether a clock that nothing synchronizes is believed.
    pub trust: Belief,
    /// Exists, and is touched, when the clock was synchronized.
    pub synchronized_file: PathBuf,
}

/// Reads the system's clocks. Cheap to clone; clones share what they know.
#[derive(Debug, Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    boot: Text,
    config: ClockConfig,
    trust: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    trust: Trust,
    /// What was last heard of synchronizations.
    synced: Option<Synced>,
}

/// How the clock is, for people and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStatus {
    pub wall: WallTime,
    pub trusted: bool,
    /// What speaks for it, or against it.
    pub why: String,
    /// The latter by its kind, for those who say it in words of their own.
    #[serde(skip)]
    pub doubt: Option<trust::Doubt>,
    /// How long it has been trusted, or not.
    pub since_seconds: u64,
    /// The latest time that is certainly past: what certificates are judged by while the clock is before it.
    pub floor: WallTime,
    /// Which boot of the machine this is.
    pub boot: Text,
    /// How often the clock was set since the agent started.
    pub steps: u64,
}

impl Default for ClockConfig {
    fn default() -> Self {
        Self {
            trust: Belief::default(),
            // systemd-timesyncd touches it at each synchronization, and it goes when timesyncd does.
            synchronized_file: PathBuf::from("/run/systemd/timesync/synchronized"),
        }
    }
}

impl ClockConfig {
    /// Whether services on this machine are asked, too. Who names a file of their own knows better.
    fn asks_services(&self) -> bool {
        *self == Self { trust: self.trust, ..Self::default() }
    }
}

impl Clock {
    /// The clock as it is found, by the rules of a site that says nothing of it.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&ClockConfig::default())
    }

    /// Notes which boot this is, and looks for what speaks for the clock. Where the system does not say which boot it is,
    /// it is `unknown`, and nothing that was marked in it is put right.
    #[must_use]
    pub fn start_with(config: &ClockConfig) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let wall = wall();
        let synced = touched(&config.synchronized_file);
        let seen = Seen { wall, mono_ms: mono_ms(), synced };
        let trust = Trust::new(config.trust, hardware::look(wall), built(), seen);
        Self {
            shared: Arc::new(Shared {
                started: Instant::now(),
                boot: boot.trim().parse().unwrap_or_else(|_| mark::unknown_boot()),
                config: config.clone(),
                trust: Mutex::new(Known { trust, synced }),
            }),
        }
    }

    /// Takes the time of the newest record that was made with a trusted clock: it is certainly past.
    pub fn raise_floor(&self, record: WallTime) {
        let mut known = self.lock();
        known.trust.raise_floor(record);
        self.look(&mut known);
    }

    /// Time since the agent started without that in which the machine was suspended: what the pure parts measure by.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// Wall time, and the mark when it is not to be trusted.
    #[must_use]
    pub fn wall(&self) -> (WallTime, Option<UntrustedClock>) {
        let mut known = self.lock();
        let seen = self.look(&mut known);
        let is_trusted = known.trust.state().is_trusted();
        let mark = (!is_trusted).then(|| UntrustedClock { boot: self.shared.boot.clone(), mono_ms: seen.mono_ms });
        (seen.wall, mark)
    }

    /// When this agent was built: no clock that says less is right.
    #[must_use]
    pub fn built(&self) -> WallTime {
        built()
    }

    /// Asks those who synchronize this machine's clock, and looks again. To be called every few seconds: what is heard
    /// here is what [`Self::wall`] judges by in between.
    pub async fn ask(&self) {
        let mut synced = touched(&self.shared.config.synchronized_file);
        if synced.is_none() && self.shared.config.asks_services() {
            synced = chrony::ask().await;
            if synced.is_none() {
                synced = ntp::ask().await;
            }
        }
        let mut known = self.lock();
        known.synced = synced;
        self.look(&mut known);
    }

    /// When this boot began, while the clock is trusted: what marked records of it are put right by.
    #[must_use]
    pub fn zero(&self) -> Option<Zero> {
        let mut known = self.lock();
        let seen = self.look(&mut known);
        known.trust.zero().map(|zero| Zero { boot: self.shared.boot.clone(), at: seen.wall, zero })
    }

    /// What certificates are judged by: the clock where it is trusted, else at least the floor.
    #[must_use]
    pub fn certificate_time(&self) -> WallTime {
        let mut known = self.lock();
        let seen = self.look(&mut known);
        known.trust.certificate_time(seen.wall)
    }

    /// Why a certificate that is out of date may not be: for whoever reads that a hub's certificate is.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let mut known = self.lock();
        let seen = self.look(&mut known);
        match known.trust.state() {
            State::Trusted(_) => None,
            State::Untrusted(doubt) => Some(format!(
                "this machine's clock says {} and is not trusted: it {doubt}; records are kept and go once it is right",
                seen.wall
            )),
        }
    }

    #[must_use]
    pub fn status(&self) -> ClockStatus {
        let mut known = self.lock();
        let seen = self.look(&mut known);
        let trust = &known.trust;
        ClockStatus {
            wall: seen.wall,
            trusted: trust.state().is_trusted(),
            why: match trust.state() {
                State::Trusted(ground) => ground.to_string(),
                State::Untrusted(doubt) => doubt.to_string(),
            },
            doubt: match trust.state() {
                State::Trusted(_) => None,
                State::Untrusted(doubt) => Some(doubt),
            },
            since_seconds: seen.mono_ms.saturating_sub(trust.since_mono_ms()) / 1_000,
            floor: trust.floor(),
            boot: self.shared.boot.clone(),
            steps: trust.steps(),
        }
    }

    fn look(&self, known: &mut Known) -> Seen {
        let mut seen = Seen { wall: wall(), mono_ms: mono_ms(), synced: known.synced };
        if known.trust.would_step(seen) {
            // Whoever has set the clock says so right after, maybe since the last time we asked.
            let file = touched(&self.shared.config.synchronized_file);
            (seen.synced, known.synced) = (file.or(seen.synced), file.or(known.synced));
        }
        tell(known.trust.look(seen));
        seen
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.shared.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(news: News) {
    let step_seconds = news.step_ms.map(|by| by / 1_000);
    match (news.state, step_seconds) {
        (Some(State::Untrusted(doubt)), _) => warn!(%doubt, "clock is not trusted; records are marked"),
        (Some(State::Trusted(ground)), Some(step_seconds)) => {
            info!(%ground, step_seconds, "clock was set and is trusted")
        }
        (Some(State::Trusted(ground)), None) => info!(%ground, "clock is trusted"),
        (None, Some(step_seconds)) => warn!(step_seconds, "clock was set"),
        (None, None) => {}
    }
}

fn wall() -> WallTime {
    since_1970(SystemTime::now())
}

fn since_1970(time: SystemTime) -> WallTime {
    let passed = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallTime::from_millis(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
}

fn mono_ms() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let millis = u64::try_from(time.tv_nsec).unwrap_or_default() / 1_000_000;
    seconds.saturating_mul(1_000).saturating_add(millis)
}

fn built() -> WallTime {
    let seconds: i64 = BUILT_SECONDS.parse().unwrap_or_default();
    WallTime::from_millis(seconds.saturating_mul(1_000).max(RELEASED_MILLIS))
}

/// When a file was last touched.
fn touched(file: &std::path::Path) -> Option<Synced> {
    let touched = fs::metadata(file).ok()?.modified().ok()?;
    Some(Synced(since_1970(touched)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_is_never_before_the_release_and_the_time_since_boot_never_goes_back() {
        assert!(built().millis() >= RELEASED_MILLIS);
        let before = mono_ms();
        assert!(mono_ms() >= before && before > 0);
    }

    #[test]
    fn a_floor_that_the_clock_has_not_reached_takes_its_trust_and_certificates_are_judged_by_the_floor() {
        let clock =
            Clock::start_with(&ClockConfig { synchronized_file: "/nonexistent".into(), ..ClockConfig::default() });
        let later = WallTime::from_millis(wall().millis() + 3_600_000);
        clock.raise_floor(later);
        let status = clock.status();
        assert_eq!((status.trusted, status.floor), (false, later), "{status:?}");
        assert!(clock.wall().1.is_some());
        assert_eq!((clock.zero(), clock.certificate_time()), (None, later));
    }
}
