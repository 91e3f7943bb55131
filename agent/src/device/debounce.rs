//! One label seen twice is one scan.
//!
//! Owns the same-code window: a scanner in presentation mode reads a label again and again while it stays in view.
//! Must not be used where each scan counts one piece; whether it is belongs to the action, so it is asked per scanner
//! and never built into the frame decoder.

/// Remembers the last accepted code of one scanner.
#[derive(Debug, Clone)]
pub struct Debounce {
    window_ms: u64,
    accepted: Option<(Vec<u8>, u64)>,
}

impl Debounce {
    /// Repeats of a code within `window_ms` of its last *accepted* read are not accepted; 0 switches it off.
    /// 1000–2000 suits a person with a trigger.
    #[must_use]
    pub const fn new(window_ms: u64) -> Self {
        Self { window_ms, accepted: None }
    }

    /// Whether this read is a scan of its own. A rejected repeat does not extend the window, or a label left in view
    /// would silence the scanner for ever; another code in between ends it. A clock that steps back keeps it closed.
    pub fn accept(&mut self, code: &[u8], now_ms: u64) -> bool {
        if let Some((last, at_ms)) = &self.accepted
            && last == code
            && now_ms.saturating_sub(*at_ms) < self.window_ms
        {
            return false;
        }
        self.accepted = Some((code.to_vec(), now_ms));
        true
    }

    /// The last accepted read came to nothing: its repeat is a scan of its own.
    pub fn forget(&mut self) {
        self.accepted = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(window_ms: u64, reads: &[(u64, &str)], expect: &[bool]) {
        let mut debounce = Debounce::new(window_ms);
        let found: Vec<bool> = reads.iter().map(|(at, code)| debounce.accept(code.as_bytes(), *at)).collect();
        assert_eq!(found, expect, "window {window_ms}: {reads:?}");
    }

    #[test]
    fn a_repeat_counts_again_only_after_the_window_from_the_last_accepted_read() {
        check(1000, &[(0, "a"), (900, "a"), (999, "a"), (1000, "a"), (1500, "a")], &[true, false, false, true, false]);
    }

    #[test]
    fn another_code_in_between_ends_the_window() {
        check(5000, &[(0, "a"), (10, "b"), (20, "a"), (30, "a")], &[true, true, true, false]);
    }

    #[test]
    fn a_window_of_zero_accepts_everything() {
        check(0, &[(0, "a"), (0, "a"), (1, "a")], &[true, true, true]);
    }

    #[test]
    fn a_clock_that_steps_back_does_not_open_the_window() {
        check(1000, &[(5000, "a"), (10, "a"), (6000, "a")], &[true, false, true]);
    }
}
