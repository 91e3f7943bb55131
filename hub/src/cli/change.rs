//! Changing commands: what an operator may do to the store, beside a running hub or without one.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};

use crate::{
    clock,
    config::HubConfig,
    feed::FeedKey,
    store::{self, Fact},
};

/// Who and why, in the audit: a name and a sentence.
const TEXT_LEN_MAX: usize = 256;

pub(super) fn acknowledge(
    config: &HubConfig,
    feed: &FeedKey,
    alarm: Fact,
    by: &str,
    note: &str,
) -> anyhow::Result<String> {
    let Some(named) = config.feeds.iter().find(|named| named.key() == *feed) else {
        bail!("there is no [[feed]] {feed} in the configuration");
    };
    if by.trim().is_empty() || by.len() > TEXT_LEN_MAX || note.len() > TEXT_LEN_MAX {
        bail!("--by needs a name, and neither it nor --note may be longer than {TEXT_LEN_MAX} bytes");
    }
    let facts = store::acknowledge(&config.state_dir, named, alarm, by.trim(), note, clock::now())
        .with_context(|| format!("acknowledge {} of {feed}", alarm.word()))?;
    Ok(match facts {
        0 => format!("{feed}: nothing to acknowledge as {}", alarm.word()),
        facts => format!("{feed}: {} acknowledged by {}, {facts} facts", alarm.word(), by.trim()),
    })
}

pub(super) fn replay(config: &HubConfig) -> anyhow::Result<String> {
    let replayed = store::replay(&config.state_dir, &config.feeds, clock::now())
        .with_context(|| format!("apply parked records in {}", config.state_dir.display()))?;
    let mut said = format!("{replayed} movements applied");
    if store::is_served(&config.state_dir) {
        write!(said, "\nthe running hub parks new ones until it reads its file anew: systemctl reload binwire-hub")?;
    }
    Ok(said)
}
