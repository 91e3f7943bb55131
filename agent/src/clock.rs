//! The site's clock: wall time as data, with a mark when it cannot be right.
//!
//! A gateway without a battery clock boots in 1970. Nothing waits for the right time: order comes from seq, and a
//! record made meanwhile carries its boot and the time since, so that it can be put right later.

use std::{
    fs,
    time::{Duration, Instant, SystemTime},
};

use gateway_proto::{name::Text, record::UntrustedClock, time::WallTime};

/// No record of this version is older: 2026-11-01T00:00:00Z. A clock before it is wrong.
const FLOOR_MILLIS: i64 = 1_793_491_200_000;

/// Reads the system's clocks.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    /// Time since boot when the agent started.
    uptime_at_start: Duration,
    boot: Text,
}

impl Clock {
    /// Notes which boot this is. Where the system does not say, the boot is `unknown`.
    #[must_use]
    pub fn start() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let uptime = uptime.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0.0);
        Self {
            started: Instant::now(),
            uptime_at_start: Duration::try_from_secs_f64(uptime).unwrap_or_default(),
            boot: boot.trim().parse().unwrap_or_else(|_| "unknown".parse().expect("a valid text")),
        }
    }

    /// Time since the agent started: what the pure parts measure by.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Wall time, and the mark when it is not to be trusted.
    #[must_use]
    pub fn wall(&self) -> (WallTime, Option<UntrustedClock>) {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
        let mark = (millis < FLOOR_MILLIS).then(|| {
            let since_boot = self.uptime_at_start + self.elapsed();
            UntrustedClock {
                boot: self.boot.clone(),
                mono_ms: u64::try_from(since_boot.as_millis()).unwrap_or(u64::MAX),
            }
        });
        (WallTime::from_millis(millis), mark)
    }
}
