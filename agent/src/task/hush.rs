//! Keeps one device from filling the log: so many lines a minute, then silence, then how many there were.

use std::time::Duration;

/// Lines of one device in one window.
const LINES_MAX: u32 = 10;

const WINDOW: Duration = Duration::from_secs(60);

/// Counts the lines of one device.
#[derive(Debug, Default)]
pub(super) struct Hush {
    began: Duration,
    said: u32,
    hushed: u64,
}

impl Hush {
    /// Whether a line may be said at `now`; if so, how many were not since the last one.
    pub(super) fn may_say(&mut self, now: Duration) -> Option<u64> {
        if now.saturating_sub(self.began) >= WINDOW {
            (self.began, self.said) = (now, 0);
        }
        if self.said == LINES_MAX {
            self.hushed += 1;
            return None;
        }
        self.said += 1;
        Some(std::mem::take(&mut self.hushed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_never_stops_is_told_of_ten_times_a_minute_and_then_in_numbers() {
        let mut hush = Hush::default();
        let said: Vec<u64> = (0..1_000).filter_map(|n| hush.may_say(Duration::from_millis(n))).collect();
        assert_eq!(said, [0; 10]);
        assert_eq!(hush.may_say(Duration::from_secs(61)), Some(990));
        assert_eq!(hush.may_say(Duration::from_secs(62)), Some(0));
    }
}
