//! How long a bin waits for the other half of an act, and how many halves it remembers.

use std::time::Duration;

/// The waits of one bin. The defaults fit a person who scans beside the bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a weight change that nobody spoke for waits for a scan: people take first and scan with the part in
    /// their hand, and 20 s reach from the bin to the scanner. Longer would keep the page and the vendor waiting.
    pub grace: Duration,
    /// How long an act waits for its weight change: scanned at a desk, then a walk of minutes to the bin.
    pub wait: Duration,
    /// How long a level rests before a change that is not exactly what was stated counts as complete: between two grabs
    /// of one act lie seconds, and a scan that is repeated for each part comes as fast.
    pub gather: Duration,
    /// How long after a weight change a scan may still claim the movement that was recorded of it. Scans come by walks
    /// to the next station; what lies longer back is more likely another's.
    pub claim: Duration,
}

/// Whether people say what they do at this bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// Nobody scans here: a change is recorded at once. Acts that name the bin all the same are fused.
    ScaleAlone,
    /// People scan here, mostly.
    Scanned,
    /// Every change has to be scanned: one without a scan is an alarm.
    ScanRequired,
}

/// Acts of one bin that wait. Each holds the texts of a scan, some hundred bytes; more than a dozen people do not work
/// in one bin within minutes, so that more are a stuck scanner.
pub const ACTS_MAX: usize = 16;

/// Movements of one bin that a late scan may still claim, and acts that a person may still change their mind about. The
/// oldest is forgotten: it stands as it was recorded.
pub const REMEMBERED_MAX: usize = 32;

/// Acts recorded by quantity of which the scale still has to show the parts. The oldest is forgotten: what the scale
/// then shows counts as a change of its own.
pub const DUE_MAX: usize = 16;

/// The first wait after something could not be recorded; doubled for each failure, up to [`RETRY_MAX`]. A disk that is
/// full is not helped by asking often.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);

/// The longest wait after something could not be recorded: a person who freed the disk sees it work within a minute.
pub const RETRY_MAX: Duration = Duration::from_mins(1);

impl Default for Patience {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(20),
            wait: Duration::from_mins(3),
            gather: Duration::from_secs(8),
            claim: Duration::from_mins(5),
        }
    }
}

impl Patience {
    /// How long a change waits for a scan.
    pub(super) fn grace_on(&self, attendance: Attendance) -> Duration {
        match attendance {
            Attendance::ScaleAlone => Duration::ZERO,
            Attendance::Scanned | Attendance::ScanRequired => self.grace,
        }
    }
}
