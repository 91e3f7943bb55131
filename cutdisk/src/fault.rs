//! What can go wrong with a disk, when, and what a power cut leaves.

/// What an operation does to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Make,
    Read,
    Write,
    Truncate,
    Sync,
    Delete,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The power fails during a write, truncate, sync, make or delete. Everything after it fails too.
    Cut,
    /// A write, truncate, sync, make or delete fails (EIO).
    Io,
    /// A read fails (EIO).
    Unreadable,
    /// A write or make finds no space (ENOSPC).
    Full,
    /// Half of a write reaches the disk, the rest finds no space.
    Short,
    /// A sync fails (EIO). What it was for stays readable, and is never synced by a later one.
    SyncFails,
    /// The disk is read-only from here on (EROFS), whatever [`Lasting`] says.
    ReadOnly,
}

/// How long trouble lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    Once,
    /// Until [`crate::World::heal`].
    FromThenOn,
}

/// What of the pending writes is there after a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    Nothing,
    Everything,
    /// Some whole writes, by this seed.
    Writes(u64),
    /// Some 512-byte sectors of some writes, by this seed.
    Sectors(u64),
}

impl Survival {
    /// One of the four, by a seed.
    #[must_use]
    pub fn by(seed: u64) -> Self {
        match seed % 6 {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 | 3 => Self::Writes(seed),
            _ => Self::Sectors(seed),
        }
    }
}

/// What was done to a disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub makes: u64,
    pub reads: u64,
    pub writes: u64,
    /// Bytes of those writes.
    pub bytes: u64,
    pub truncates: u64,
    pub syncs: u64,
    pub deletes: u64,
}

impl Counts {
    /// Everything that changes the disk: what a cut can fall into.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.makes + self.writes + self.truncates + self.syncs + self.deletes
    }

    pub(crate) fn count(&mut self, operation: Operation) {
        match operation {
            Operation::Make => self.makes += 1,
            Operation::Read => self.reads += 1,
            Operation::Write => self.writes += 1,
            Operation::Truncate => self.truncates += 1,
            Operation::Sync => self.syncs += 1,
            Operation::Delete => self.deletes += 1,
        }
    }
}

/// Trouble that is to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) trouble: Trouble,
    pub(crate) lasting: Lasting,
    /// Operations that it can hit until it comes; 1 is the next, 0 is now and from here on.
    pub(crate) left: u64,
}

impl Trouble {
    pub(crate) fn hits(self, operation: Operation) -> bool {
        match self {
            Self::Cut | Self::Io => operation != Operation::Read,
            Self::ReadOnly => !matches!(operation, Operation::Read | Operation::Sync),
            Self::Unreadable => operation == Operation::Read,
            Self::Full => matches!(operation, Operation::Write | Operation::Make),
            Self::Short => operation == Operation::Write,
            Self::SyncFails => operation == Operation::Sync,
        }
    }
}
