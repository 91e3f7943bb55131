//! Who may read and write a file, as SQLite asks for it (sqlite.org/lockingv3.html), and the slots of its shared memory
//! (sqlite.org/walformat.html §2.3). Between the connections of one process only.

use rusqlite::ffi::{SQLITE_LOCK_EXCLUSIVE, SQLITE_LOCK_NONE, SQLITE_LOCK_RESERVED, SQLITE_LOCK_SHARED};

/// A connection's open file, told from all others of the process.
pub(crate) type Holder = u64;

/// The locks on a file.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    shared: Vec<Holder>,
    reserved: Option<Holder>,
    /// Nobody new may read; whoever has it waits for the last reader, or is alone.
    pending: Option<Holder>,
}

/// Another connection is in the way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Busy;

impl Locks {
    /// Raises a lock to a level of SQLite's.
    pub(crate) fn raise(&mut self, holder: Holder, level: i32) -> Result<(), Busy> {
        let others = |held: Option<Holder>| held.is_some_and(|held| held != holder);
        if others(self.pending) || (level > SQLITE_LOCK_SHARED && others(self.reserved)) {
            return Err(Busy);
        }
        if level >= SQLITE_LOCK_SHARED && !self.shared.contains(&holder) {
            self.shared.push(holder);
        }
        if level >= SQLITE_LOCK_RESERVED {
            self.reserved = Some(holder);
        }
        if level == SQLITE_LOCK_EXCLUSIVE {
            self.pending = Some(holder);
            if self.shared.iter().any(|&other| other != holder) {
                return Err(Busy);
            }
        }
        Ok(())
    }

    /// Lowers a lock to a level of SQLite's.
    pub(crate) fn lower(&mut self, holder: Holder, level: i32) {
        for held in [&mut self.reserved, &mut self.pending] {
            held.take_if(|held| *held == holder);
        }
        if level == SQLITE_LOCK_NONE {
            self.shared.retain(|&held| held != holder);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.reserved.is_some() || self.pending.is_some()
    }
}

/// The slots of a file's shared memory.
#[derive(Debug, Default)]
pub(crate) struct Slots([Vec<Holder>; 8]);

/// How a slot is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    Shared,
    Alone,
}

/// Marks one that holds a slot alone: SQLite never lets a connection hold it both ways.
const ALONE: Holder = 1 << 63;

impl Slots {
    pub(crate) fn take(&mut self, holder: Holder, slots: std::ops::Range<usize>, hold: Hold) -> Result<(), Busy> {
        let Some(slots) = self.0.get_mut(slots) else { return Err(Busy) };
        let free = |slot: &Vec<Holder>| match hold {
            Hold::Shared => slot.iter().all(|held| held & ALONE == 0 || held & !ALONE == holder),
            Hold::Alone => slot.iter().all(|held| held & !ALONE == holder),
        };
        if !slots.iter().all(free) {
            return Err(Busy);
        }
        let mark = if hold == Hold::Alone { holder | ALONE } else { holder };
        for slot in slots.iter_mut().filter(|slot| !slot.contains(&mark)) {
            slot.push(mark);
        }
        Ok(())
    }

    pub(crate) fn give(&mut self, holder: Holder, slots: std::ops::Range<usize>) {
        for slot in self.0.get_mut(slots).unwrap_or_default() {
            slot.retain(|held| held & !ALONE != holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi::SQLITE_LOCK_SHARED;

    use super::*;

    #[test]
    fn a_writer_waits_for_readers_and_lets_no_new_one_in() {
        let mut locks = Locks::default();
        locks.raise(1, SQLITE_LOCK_SHARED).unwrap();
        locks.raise(2, SQLITE_LOCK_SHARED).unwrap();
        locks.raise(1, SQLITE_LOCK_RESERVED).unwrap();
        assert_eq!(locks.raise(2, SQLITE_LOCK_RESERVED), Err(Busy));
        assert_eq!(locks.raise(1, SQLITE_LOCK_EXCLUSIVE), Err(Busy));
        assert_eq!(locks.raise(3, SQLITE_LOCK_SHARED), Err(Busy));
        locks.lower(2, SQLITE_LOCK_NONE);
        locks.raise(1, SQLITE_LOCK_EXCLUSIVE).unwrap();
        locks.lower(1, SQLITE_LOCK_NONE);
        locks.raise(3, SQLITE_LOCK_SHARED).unwrap();
    }

    #[test]
    fn a_slot_is_held_by_many_readers_or_by_one() {
        let mut slots = Slots::default();
        slots.take(1, 3..4, Hold::Shared).unwrap();
        slots.take(2, 3..4, Hold::Shared).unwrap();
        assert_eq!(slots.take(1, 0..8, Hold::Alone), Err(Busy));
        slots.give(2, 0..8);
        slots.take(1, 0..8, Hold::Alone).unwrap();
        assert_eq!(slots.take(2, 0..1, Hold::Shared), Err(Busy));
    }
}
