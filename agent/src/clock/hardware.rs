//! Whether a hardware clock kept the time while the machine was off.
//!
//! Linux says of a real-time clock whether it set the system's at boot (`hctosys`). One without a battery does that, too,
//! with a year long past; a saved time then takes its place, which is as old as the outage. So what it says now must also
//! be what the system says.

use std::{env::consts::ARCH, fs, path::Path};

use gateway_proto::time::WallTime;

use super::trust::Hardware;

/// Where Linux lists real-time clocks.
const CLOCKS: &str = "/sys/class/rtc";

/// How far it may be from wall time. Both drift, by seconds a day at most, and a month without NTP is nothing unusual; a
/// time that was saved before an outage of less is as good.
const APART_MS: i64 = 5 * 60 * 1_000;

/// A real-time clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rtc {
    /// It set the system's clock at boot.
    set_system: bool,
    /// What it says.
    millis: i64,
}

/// Looks for one when it is `wall`.
pub(super) fn look(wall: WallTime) -> Hardware {
    judged(&listed(Path::new(CLOCKS)), ARCH, wall)
}

fn judged(clocks: &[Rtc], arch: &str, wall: WallTime) -> Hardware {
    let agrees = |rtc: &Rtc| rtc.set_system && rtc.millis.abs_diff(wall.millis()) <= APART_MS.unsigned_abs();
    // A PC without one in the list is a virtual machine, whose clock is its host's.
    let is_virtual = clocks.is_empty() && matches!(arch, "x86_64" | "x86");
    if is_virtual || clocks.iter().any(agrees) { Hardware::Kept } else { Hardware::Absent }
}

fn listed(folder: &Path) -> Vec<Rtc> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let number = |name| {
                let text = fs::read_to_string(entry.path().join(name)).unwrap_or_default();
                text.trim().parse::<i64>().unwrap_or(0)
            };
            Rtc { set_system: number("hctosys") == 1, millis: number("since_epoch").saturating_mul(1_000) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_kept_where_one_set_the_system_and_still_says_the_same() {
        let now = 1_795_000_000_000;
        let rtc = |set_system, millis| Rtc { set_system, millis };
        for (clocks, arch, expect) in [
            (&[][..], "aarch64", Hardware::Absent),
            (&[], "x86_64", Hardware::Kept),
            (&[rtc(true, now - 4_000)], "aarch64", Hardware::Kept),
            (&[rtc(false, 0), rtc(true, now + 60_000)], "aarch64", Hardware::Kept),
            (&[rtc(false, now)], "aarch64", Hardware::Absent),
            // No battery, and a time that was saved has taken the place of 1970.
            (&[rtc(true, 4_000)], "aarch64", Hardware::Absent),
            (&[rtc(true, 4_000)], "x86_64", Hardware::Absent),
        ] {
            assert_eq!(judged(clocks, arch, WallTime::from_millis(now)), expect, "{clocks:?} {arch}");
        }
    }

    #[test]
    fn clocks_are_read_from_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("rtc0")).unwrap();
        fs::write(folder.path().join("rtc0/hctosys"), "1\n").unwrap();
        fs::write(folder.path().join("rtc0/since_epoch"), "1795000000\n").unwrap();
        assert_eq!(listed(folder.path()), [Rtc { set_system: true, millis: 1_795_000_000_000 }]);
        assert_eq!(listed(&folder.path().join("absent")), []);
    }
}
