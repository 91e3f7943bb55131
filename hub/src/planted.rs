//! Deliberate defects, one switch each, so that the tests can prove that their checker would notice. Without the
//! cargo feature `planted-defects` every switch is a constant `false` and the defect is not in the program.

use std::time::Duration;

/// How long a planted defect stays open: time enough for a test to end the process inside it.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// Answers a batch before its commit: a hub that dies in between has acknowledged what it does not have.
#[cfg(feature = "planted-defects")]
pub(crate) fn ack_before_commit() -> bool {
    std::env::var("BINWIRE_PLANT").is_ok_and(|plant| plant == "hub-ack-before-commit")
}

/// Answers a batch before its commit: not in this build.
#[cfg(not(feature = "planted-defects"))]
pub(crate) const fn ack_before_commit() -> bool {
    false
}
