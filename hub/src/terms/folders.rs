//! The folders of all feeds as they were last read. Read at the start and when the hub is told to; between the two nothing looks
//! at the disk, so that an answer never stands on half a file.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use super::Terms;
use crate::{config::FeedConfig, feed::FeedKey};

/// Faults of one folder that are logged; all are counted, and the API tells more.
const LOGGED_MAX: usize = 20;

/// What is said of each feed.
#[derive(Debug, Default)]
pub(crate) struct Folders(RwLock<BTreeMap<FeedKey, Folder>>);

#[derive(Debug, Clone)]
struct Folder {
    path: PathBuf,
    terms: Arc<Terms>,
}

impl Folders {
    /// Reads the folder of every feed that has one. Reads files: not for a thread that others wait for.
    pub(crate) fn read(feeds: &[FeedConfig]) -> Self {
        let folders = Self::default();
        folders.read_anew(feeds);
        folders
    }

    /// Reads every folder anew. One of which a file cannot be read any more stays as it was, and says so.
    pub(crate) fn read_anew(&self, feeds: &[FeedConfig]) {
        let before = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found = BTreeMap::new();
        for feed in feeds {
            let (Some(path), key) = (&feed.planning, feed.key()) else { continue };
            let read = Terms::read(path, &key);
            let good = before.get(&key).filter(|known| known.path == *path && known.terms.is_good());
            let terms = match good {
                Some(known) if !read.unread.is_empty() => Terms::clone(&known.terms).standing_in(&read),
                Some(_) | None => read,
            };
            log(&key, &terms);
            found.insert(key, Folder { path: path.clone(), terms: Arc::new(terms) });
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// What is said of a feed; nothing where it has no folder.
    pub(crate) fn of(&self, feed: &FeedKey) -> Arc<Terms> {
        let folders = self.0.read().unwrap_or_else(PoisonError::into_inner);
        folders.get(feed).map(|folder| Arc::clone(&folder.terms)).unwrap_or_default()
    }
}

impl Terms {
    /// Whether it may stand in for a reading that fails: every file was read when it was.
    fn is_good(&self) -> bool {
        self.unread.is_empty() || self.is_of_before
    }
}

fn log(feed: &FeedKey, terms: &Terms) {
    let (items, events) = (terms.items.len(), terms.said.events.len());
    let (sources, orders) = (terms.said.sources.len(), terms.said.orders.len());
    tracing::info!(%feed, items, events, sources, orders, faults = terms.fault_count(), "planning folder is read");
    for fault in terms.all_faults().take(LOGGED_MAX) {
        tracing::warn!(%feed, file = %fault.file, line = fault.line, what = %fault.what, "planning folder has a fault");
    }
}
