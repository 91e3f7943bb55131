//! What a run says past the test framework: seeds, counts, and by name what it could not try.

use std::io::Write as _;

/// Says a line on the real standard error: the framework keeps what a passing test prints to itself.
pub fn say(line: &str) {
    // One write, so that lines of tests that run side by side stay whole. Nobody to hear is no reason to fail.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Says that a test was skipped and why. Whoever counts, counts these lines.
pub fn skip(test: &str, why: &str) {
    say(&format!("SKIPPED {test}: {why}"));
}
