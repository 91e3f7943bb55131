//! Now: monotonic time to measure by, wall time as data.

use std::time::Duration;

use gateway_proto::{record::UntrustedClock, time::WallTime};

/// One instant by both clocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Monotonic.
    pub elapsed: Duration,
    pub wall: WallTime,
    /// Present when the wall clock is not trusted.
    pub clock: Option<UntrustedClock>,
}

impl Moment {
    /// The wall time of an earlier (or later) monotonic instant.
    #[must_use]
    pub fn wall_at(&self, elapsed: Duration) -> WallTime {
        let ago = self.elapsed.as_millis().saturating_sub(elapsed.as_millis());
        let ago = i64::try_from(ago).unwrap_or(i64::MAX);
        WallTime::from_millis(self.wall.millis().saturating_sub(ago))
    }
}
