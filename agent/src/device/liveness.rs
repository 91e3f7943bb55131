//! Liveness: how a node that reports over MQTT tells that it is there, gone, or there again.
//!
//! Owns the words of the last will, and the reading of an uptime: a counter that falls is a node that started again,
//! whose load cell may have a new zero. Must not know topics.

use std::time::Duration;

use super::reading::Reading;

/// What a birth or a last will says: online or offline in any letter case.
pub(super) fn online(payload: &[u8]) -> Option<bool> {
    if payload.eq_ignore_ascii_case(b"online") {
        Some(true)
    } else if payload.eq_ignore_ascii_case(b"offline") {
        Some(false)
    } else {
        None
    }
}

/// The last uptime a node stated. Only what it says now belongs here: an uptime that the broker retained is older than
/// the last one and would look like a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uptime {
    last: Option<Duration>,
}

impl Uptime {
    /// The node has said itself that it came up. The short uptime that follows is the same restart, told again.
    pub fn handle_online(&mut self) {
        self.last = None;
    }

    /// `Online(true)` when the node has run for less long than before: it started again, and its last will was missed.
    pub fn handle_uptime(&mut self, uptime: Duration) -> Option<Reading> {
        let before = self.last.replace(uptime);
        before.is_some_and(|before| uptime < before).then_some(Reading::Online(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn online_and_offline_are_read_in_any_letter_case_and_nothing_else_is() {
        for (payload, expect) in [
            ("online", Some(true)),
            ("Online", Some(true)),
            ("OFFLINE", Some(false)),
            ("", None),
            ("onlin", None),
            ("online ", None),
            ("true", None),
        ] {
            assert_eq!(online(payload.as_bytes()), expect, "{payload}");
        }
    }

    #[test]
    fn an_uptime_that_falls_is_a_restart_told_once() {
        let mut uptime = Uptime::default();
        let mut told = |seconds| uptime.handle_uptime(Duration::from_secs(seconds));
        assert_eq!((told(300), told(600), told(600)), (None, None, None));
        assert_eq!((told(10), told(310)), (Some(Reading::Online(true)), None));
    }

    #[test]
    fn a_restart_that_the_node_told_itself_is_not_told_again() {
        let mut uptime = Uptime::default();
        assert_eq!(uptime.handle_uptime(Duration::from_secs(300)), None);
        uptime.handle_online();
        assert_eq!(uptime.handle_uptime(Duration::from_secs(10)), None);
    }
}
