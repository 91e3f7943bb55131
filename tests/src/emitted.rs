//! What the devices said: the truth that a run is judged by.
//!
//! Written by whoever plays a device, never by the agent. A scan is told from every other by its item and quantity
//! together, because these two reach the vendor: no id of the harness travels that far. A scan is *meant* once it may
//! have been said, and *promised* once the agent must not lose it any more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// So many of an item: what a scan says, and what makes it unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    pub item: String,
    pub qty: u64,
}

/// Everything that was said. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Emitted(Arc<Mutex<Said>>);

#[derive(Debug, Default)]
struct Said {
    meant: BTreeMap<Part, u32>,
    promised: BTreeMap<Part, u32>,
    /// Item and bin → the pieces that have lain in it, oldest first.
    levels: BTreeMap<(String, String), Vec<u64>>,
}

impl Part {
    #[must_use]
    pub fn new(item: impl Into<String>, qty: u64) -> Self {
        Self { item: item.into(), qty }
    }
}

impl Emitted {
    /// A scan is about to be said.
    pub fn mean(&self, part: &Part) {
        *self.lock().meant.entry(part.clone()).or_default() += 1;
    }

    /// Somebody was told that this scan is safe: from here on its absence is a loss.
    pub fn promise(&self, part: &Part) {
        *self.lock().promised.entry(part.clone()).or_default() += 1;
    }

    /// So many pieces lie in a bin from now on.
    pub fn level(&self, item: &str, bin: &str, pieces: u64) {
        self.lock().levels.entry((item.to_owned(), bin.to_owned())).or_default().push(pieces);
    }

    /// How often each scan was meant as a part of its own.
    #[must_use]
    pub fn meant(&self) -> BTreeMap<Part, u32> {
        self.lock().meant.clone()
    }

    #[must_use]
    pub fn promised(&self) -> BTreeMap<Part, u32> {
        self.lock().promised.clone()
    }

    /// The pieces that have lain in each bin, oldest first.
    #[must_use]
    pub fn levels(&self) -> BTreeMap<(String, String), Vec<u64>> {
        self.lock().levels.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
