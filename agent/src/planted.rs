//! Deliberate defects, for the tests that prove that their checker sees one. Compiled in only with the feature
//! `planted-defects`, which no package has; then chosen by `BINWIRE_PLANT`.

/// A way to lose or double what was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// MQTT messages are acknowledged when they arrive, not when they are committed.
    AckBeforeCommit,
    /// A batch that got no answer is recorded again under new seqs.
    NewSeqOnRetry,
    /// Commits are not synced: a power cut takes what was promised.
    SyncNormal,
}

/// Whether a defect is planted.
#[cfg(feature = "planted-defects")]
#[must_use]
pub(crate) fn is_planted(defect: Defect) -> bool {
    let name = match defect {
        Defect::AckBeforeCommit => "ack-before-commit",
        Defect::NewSeqOnRetry => "new-seq-on-retry",
        Defect::SyncNormal => "sync-normal",
    };
    std::env::var("BINWIRE_PLANT").is_ok_and(|planted| planted == name)
}

/// Whether a defect is planted: never in this build.
#[cfg(not(feature = "planted-defects"))]
#[must_use]
pub(crate) const fn is_planted(_: Defect) -> bool {
    false
}
