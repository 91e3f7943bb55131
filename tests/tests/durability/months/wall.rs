//! A site's clock: that of its boot, and the one on its wall, which may be years off and believed all the same.

use agent::clock::mark::Zero;
use gateway_proto::{record::UntrustedClock, time::WallTime};

/// The wall's time when a month begins, milliseconds since 1970.
pub(super) const BEGIN_MS: i64 = 1_795_237_200_000;

/// The site's clock. Time that really passes is in milliseconds since the month began.
#[derive(Debug)]
pub(super) struct Wall {
    boot: u64,
    booted_at: u64,
    /// What the wall shows less what it should.
    error_ms: i64,
    is_trusted: bool,
}

impl Wall {
    pub(super) fn new() -> Self {
        Self { boot: 1, booted_at: 0, error_ms: 0, is_trusted: true }
    }

    /// The machine was switched on, with a clock that ran on or with none.
    pub(super) fn boots(&mut self, now: u64, has_clock: bool) {
        self.boot += 1;
        self.booted_at = now;
        if !has_clock {
            // It begins in 1970.
            self.error_ms = -BEGIN_MS - now.cast_signed();
            self.is_trusted = false;
        }
    }

    /// A time server was reached.
    pub(super) fn is_set_right(&mut self) {
        self.error_ms = 0;
        self.is_trusted = true;
    }

    /// Somebody set it; nothing tells that it is wrong.
    pub(super) fn jumps(&mut self, by_ms: i64) {
        self.error_ms += by_ms;
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    pub(super) fn shows(&self, now: u64) -> WallTime {
        WallTime::from_millis(BEGIN_MS + now.cast_signed() + self.error_ms)
    }

    /// On what is recorded now.
    pub(super) fn mark(&self, now: u64) -> Option<UntrustedClock> {
        let clock = UntrustedClock { boot: self.name().parse().unwrap(), mono_ms: now - self.booted_at };
        (!self.is_trusted).then_some(clock)
    }

    /// When this boot began, as far as that is known.
    pub(super) fn zero(&self, now: u64) -> Option<Zero> {
        let at = self.shows(now);
        let zero = WallTime::from_millis(at.millis() - (now - self.booted_at).cast_signed());
        self.is_trusted.then(|| Zero { boot: self.name().parse().unwrap(), at, zero })
    }

    fn name(&self) -> String {
        format!("boot-{}", self.boot)
    }
}
