//! The memory that the connections to one file share: SQLite's index of its WAL. A power cut takes it.

#![expect(unsafe_code, reason = "SQLite wants raw memory that several connections write")]

use std::sync::{Mutex, PoisonError};

use crate::lock::{Busy, Hold, Holder, Slots};

/// One file's shared memory. Lives as long as a connection maps it.
#[derive(Debug, Default)]
pub(crate) struct Shm {
    regions: Mutex<Vec<Region>>,
    slots: Mutex<Slots>,
}

/// Memory of its own, zeroed, aligned for 64 bits, that does not move.
#[derive(Debug)]
struct Region {
    words: *mut u64,
    len: usize,
}

// SAFETY: the pointer owns its memory and is only handed to SQLite, which accesses it from several threads with the atomic
// operations and the locks of its WAL format, as it does with memory mapped from a file.
unsafe impl Send for Region {}

impl Region {
    fn zeroed(bytes: usize) -> Self {
        let words = vec![0_u64; bytes.div_ceil(8)].into_boxed_slice();
        let len = words.len();
        Self { words: Box::into_raw(words).cast(), len }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let words = std::ptr::slice_from_raw_parts_mut(self.words, self.len);
        // SAFETY: `words` and `len` are those of the box that `zeroed` took apart, and nobody else frees it.
        drop(unsafe { Box::from_raw(words) });
    }
}

impl Shm {
    /// Where region `number` begins; `None` when it is not there and not wanted.
    pub(crate) fn region(&self, number: usize, bytes: usize, wanted: bool) -> Option<*mut u64> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        while wanted && regions.len() <= number {
            regions.push(Region::zeroed(bytes));
        }
        regions.get(number).map(|region| region.words)
    }

    pub(crate) fn take(&self, holder: Holder, slots: std::ops::Range<usize>, hold: Hold) -> Result<(), Busy> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).take(holder, slots, hold)
    }

    pub(crate) fn give(&self, holder: Holder, slots: std::ops::Range<usize>) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).give(holder, slots);
    }
}
