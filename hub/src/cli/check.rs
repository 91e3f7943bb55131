//! `binwire-hub check`: what the hub would start with, and what it would tell of planning folders.

use std::{fmt::Write as _, path::Path};

use crate::{config::HubConfig, terms::Terms};

/// Faults of one folder that are printed; all are counted.
const FAULTS_SHOWN: usize = 20;

/// A good configuration; faults of planning folders do not keep a hub from starting and are listed.
pub(super) fn check(config: &HubConfig, path: &Path) -> anyhow::Result<String> {
    let (feeds, viewers) = (config.feeds.len(), config.viewers.len());
    let mut said = format!("{} is good: {feeds} feeds, {viewers} viewers", path.display());
    for feed in &config.feeds {
        let (Some(folder), key) = (&feed.planning, feed.key()) else { continue };
        let terms = Terms::read(folder, &key);
        for fault in terms.all_faults().take(FAULTS_SHOWN) {
            write!(said, "\n{key}: planning: {fault}")?;
        }
        if let Some(more) = terms.fault_count().checked_sub(FAULTS_SHOWN as u64 + 1) {
            write!(said, "\n{key}: planning: and {} more", more + 1)?;
        }
        if let Some(why) = terms.refusal() {
            write!(said, "\n{key}: planning: nothing would be planned: {why}")?;
        }
    }
    Ok(said)
}
