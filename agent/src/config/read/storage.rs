//! `[storage]`: what the ledger may take of the disk, and how long it keeps what was acknowledged.

use std::time::Duration;

use settings::Section;

use super::Reader;
use crate::config::{StorageConfig, StorageLimits};

/// Bytes of a megabyte, as disks are sold.
const MB: u64 = 1_000_000;

impl Reader<'_, '_> {
    pub(super) fn storage(&mut self, mut section: Section<'_, '_>) -> StorageConfig {
        let default = StorageConfig::default();
        let number = |at: Option<settings::At<i64>>| at.and_then(|at| u64::try_from(at.value).ok());
        let budget = number(section.integer(self.notes, "budget_mb", 8..=1_000_000));
        let ballast = number(section.integer(self.notes, "ballast_mb", 0..=10_000));
        let warn = number(section.integer(self.notes, "warn_percent", 10..=99));
        let refuse = section.integer(self.notes, "refuse_percent", 10..=99);
        let days = section.number(self.notes, "keep_acknowledged_days", 0.0..=3_650.0);
        let percent = |percent: Option<u64>, default| percent.and_then(|p| u8::try_from(p).ok()).unwrap_or(default);
        let warn_percent = percent(warn, default.limits.warn_percent);
        let refuse_percent =
            percent(refuse.as_ref().and_then(|at| u64::try_from(at.value).ok()), default.limits.refuse_percent);
        if let Some(refuse) = refuse.filter(|_| refuse_percent <= warn_percent) {
            self.notes.note_at(&refuse, format_args!("must be above warn_percent, which is {warn_percent}"));
        }
        section.end(self.notes);
        StorageConfig {
            limits: StorageLimits {
                budget: budget.map_or(default.limits.budget, |mb| mb * MB),
                ballast: ballast.map_or(default.limits.ballast, |mb| mb * MB),
                warn_percent,
                refuse_percent,
            },
            keep_acknowledged: days
                .map_or(default.keep_acknowledged, |at| Duration::from_secs_f64(at.value * 86_400.0)),
        }
    }
}
