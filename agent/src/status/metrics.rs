//! The status as Prometheus text (exposition format 0.0.4). Written by hand: a dozen gauges and counters that are all
//! read from one snapshot need no registry.

use std::fmt::Write as _;

use super::{Status, problems::Level};

/// The metrics of a status.
#[must_use]
pub fn text(status: &Status) -> String {
    let mut out = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, rows: &mut dyn Iterator<Item = (String, u64)>| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let site = format!("{{site=\"{}\"}}", status.site);
    let one = |value: u64| std::iter::once((site.clone(), value));
    metric("agent_uptime_seconds", "gauge", "Time since start.", &mut one(status.uptime_seconds));
    metric("agent_ledger_bytes", "gauge", "Ledger and its log on disk.", &mut one(status.ledger_bytes));
    let storage = &status.storage;
    metric("agent_disk_used_bytes", "gauge", "Bytes the ledger uses.", &mut one(storage.used));
    metric("agent_disk_limit_bytes", "gauge", "Bytes there are for it.", &mut one(storage.limit));
    metric("agent_disk_fullness", "gauge", "0 roomy, 1 warn, 2 tight, 3 full.", &mut one(storage.fullness as u64));
    metric("agent_refused_full_total", "counter", "Movements refused for want of room.", &mut one(storage.refused));
    metric("agent_damaged_ledgers", "gauge", "Damaged ledgers set aside.", &mut one(storage.apart.len() as u64));
    let written = storage.written_bytes.map(|bytes| (site.clone(), bytes));
    metric("agent_written_bytes_total", "counter", "Bytes written to the disk.", &mut written.into_iter());
    let clock = &status.clock;
    metric("agent_clock_trusted", "gauge", "1: the clock is trusted.", &mut one(clock.trusted.into()));
    metric(
        "agent_clock_trust_seconds",
        "gauge",
        "How long it has been trusted, or not.",
        &mut one(clock.since_seconds),
    );
    metric("agent_clock_steps_total", "counter", "Times the clock was set.", &mut one(clock.steps));
    metric(
        "agent_clock_floor_seconds",
        "gauge",
        "Unix time that is certainly past.",
        &mut one(u64::try_from(clock.floor.millis() / 1_000).unwrap_or_default()),
    );
    let of_level = |level| status.problems.iter().filter(|problem| problem.level == level).count() as u64;
    let levels = Level::ALL
        .into_iter()
        .map(|level| (format!("{{site=\"{}\",level=\"{}\"}}", status.site, level.word()), of_level(level)));
    metric("agent_problems", "gauge", "What status lists as wrong.", &mut levels.into_iter());
    type Feed = fn(&super::FeedStatus) -> u64;
    let feeds: [(&str, &str, &str, Feed); 7] = [
        ("agent_records_recorded_total", "counter", "Records committed to the ledger.", |f| f.counts.recorded),
        ("agent_records_acked_total", "counter", "Records the hub has taken.", |f| f.counts.acked),
        ("agent_records_waiting", "gauge", "Records the hub has not answered for.", |f| f.counts.waiting),
        ("agent_records_set_aside", "gauge", "Records the hub refused.", |f| f.counts.set_aside),
        ("agent_records_lost_total", "counter", "Records declared lost to the hub.", |f| f.counts.lost),
        ("agent_feed_conserved", "gauge", "1: recorded = acked + waiting + set aside + lost.", |f| f.conserved.into()),
        ("agent_feed_trouble_seconds", "gauge", "How long nothing has got through.", |f| {
            f.trouble.as_ref().map_or(0, |(_, seconds)| *seconds)
        }),
    ];
    for (name, kind, help, value) in feeds {
        let rows = status.feeds.iter().map(|(feed, status)| (format!("{{feed=\"{feed}\"}}"), value(status)));
        metric(name, kind, help, &mut rows.into_iter());
    }
    type Device = fn(&super::DeviceStatus) -> u64;
    let devices: [(&str, &str, &str, Device); 4] = [
        ("agent_device_connected", "gauge", "1: the device is there.", |d| d.connected.into()),
        ("agent_device_readings_total", "counter", "Readings.", |d| d.readings),
        ("agent_device_repeated_total", "counter", "Readings told for repetitions.", |d| d.repeated),
        ("agent_device_refused_total", "counter", "Readings refused or not recorded.", |d| d.refused),
    ];
    for (name, kind, help, value) in devices {
        let rows = status.devices.iter().map(|(device, status)| (device_label(device.as_str()), value(status)));
        metric(name, kind, help, &mut rows.into_iter());
    }
    let bad = status.devices.iter().flat_map(|(device, status)| {
        status.bad_frames_by_reason.iter().map(move |(reason, count)| {
            let labels = device_label(device.as_str());
            (format!("{},reason=\"{reason}\"}}", labels.trim_end_matches('}')), *count)
        })
    });
    metric("agent_device_bad_frames_total", "counter", "Frames that were no reading.", &mut bad.into_iter());
    out
}

fn device_label(name: &str) -> String {
    format!("{{device=\"{}\"}}", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ledger::FeedCounts,
        status::{DeviceStatus, FeedStatus, StorageStatus},
    };

    #[test]
    fn the_conservation_identity_can_be_read_from_the_metrics() {
        let counts = FeedCounts { recorded: 10, acked: 6, waiting: 2, set_aside: 1, lost: 1 };
        let feed =
            FeedStatus { counts, conserved: counts.is_conserved(), epoch: "e1".to_owned(), ..FeedStatus::default() };
        let device = DeviceStatus {
            on: "/dev/ttyUSB0".to_owned(),
            connected: true,
            problem: None,
            level_problem: None,
            dropped: 0,
            readings: 7,
            bad_frames: 3,
            bad_frames_by_reason: [("checksum".to_owned(), 3)].into(),
            refused: 0,
            repeated: 0,
        };
        let text = text(&Status {
            site: "plant-7".parse().unwrap(),
            version: "0".to_owned(),
            uptime_seconds: 5,
            ledger_bytes: 4096,
            storage: StorageStatus::default(),
            clock: crate::clock::Clock::start().status(),
            feeds: [("acme".parse().unwrap(), feed)].into(),
            devices: [("scale \"1\"".parse().unwrap(), device)].into(),
            page: None,
            problems: Vec::new(),
        });
        for line in [
            "agent_clock_steps_total{site=\"plant-7\"} 0",
            "agent_records_recorded_total{feed=\"acme\"} 10",
            "agent_records_acked_total{feed=\"acme\"} 6",
            "agent_records_waiting{feed=\"acme\"} 2",
            "agent_records_set_aside{feed=\"acme\"} 1",
            "agent_records_lost_total{feed=\"acme\"} 1",
            "agent_feed_conserved{feed=\"acme\"} 1",
            "agent_device_readings_total{device=\"scale \\\"1\\\"\"} 7",
            "agent_device_bad_frames_total{device=\"scale \\\"1\\\"\",reason=\"checksum\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
