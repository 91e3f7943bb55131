//! A world's state: its files, what was done to them, what is to go wrong, and whether there is power.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use rusqlite::ffi;

use crate::{
    chance::Chance,
    contents::Contents,
    fault::{Counts, Lasting, Operation, Planned, Survival, Trouble},
    lock::Holder,
    shm::Shm,
};

/// A code of SQLite's that is not `SQLITE_OK`.
pub(crate) type Code = i32;

/// A file whatever its name: the inode of the real, empty one.
pub(crate) type FileId = u64;

#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: HashMap<FileId, Kept>,
    /// How many files there have ever been.
    adopted: u64,
    /// Changes of names that a cut may undo, the last one first.
    names: Vec<Naming>,
    pub(crate) loses_names: bool,
    /// Syncs of files whose names end so are answered and not done.
    pub(crate) lies_about: Option<&'static str>,
    /// Bytes that all files together may have.
    pub(crate) space: Option<u64>,
    pub(crate) planned: Option<Planned>,
    read_only: bool,
    power: Power,
    /// How often the power came back: what was opened before is of no use since.
    pub(crate) life: u64,
    pub(crate) counts: Counts,
    /// How often planned trouble has come.
    pub(crate) troubles: u64,
    opened: Holder,
}

#[derive(Debug)]
struct Kept {
    /// The how manieth file it is: inodes come in any order.
    order: u64,
    contents: Contents,
    shm: Weak<Shm>,
    /// The real one. Open, so that its inode stays its own.
    real: File,
}

#[derive(Debug)]
enum Naming {
    Made { id: FileId, path: PathBuf },
    Removed { path: PathBuf, kept: Kept },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Power {
    #[default]
    On,
    Off,
}

/// What an operation comes to.
enum Gate {
    Go,
    /// It is done, pending like any other, and nobody hears of it: the power has gone.
    Last,
    Half,
    /// Nothing is done.
    Fails(Code),
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) id: FileId,
    pub(crate) life: u64,
    pub(crate) holder: Holder,
    pub(crate) is_read_only: bool,
}

impl Disk {
    pub(crate) fn open(&mut self, path: &Path, makes: bool, writes: bool) -> Result<Opened, Code> {
        if self.power == Power::Off {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        if !path.exists() {
            if !makes || self.read_only {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            match self.gate(Operation::Make) {
                Gate::Go | Gate::Half => {}
                Gate::Last | Gate::Fails(_) => return Err(ffi::SQLITE_CANTOPEN),
            }
            // Past the gate the remount may just have happened.
            if self.read_only {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            File::create(path).map_err(|_| ffi::SQLITE_CANTOPEN)?;
        }
        let id = self.adopt(path).ok_or(ffi::SQLITE_CANTOPEN)?;
        self.opened += 1;
        let is_read_only = !writes || self.read_only;
        Ok(Opened { id, life: self.life, holder: self.opened, is_read_only })
    }

    /// Takes a real file for one of this disk, with what is in it.
    pub(crate) fn adopt(&mut self, path: &Path) -> Option<FileId> {
        let id = fs::metadata(path).ok()?.ino();
        if !self.files.contains_key(&id) {
            let mut real = OpenOptions::new().read(true).write(true).open(path).ok()?;
            let mut bytes = Vec::new();
            real.read_to_end(&mut bytes).ok()?;
            if bytes.is_empty() && self.loses_names {
                self.names.push(Naming::Made { id, path: path.to_owned() });
            }
            self.adopted += 1;
            let order = self.adopted;
            self.files.insert(id, Kept { order, contents: Contents::of(bytes), shm: Weak::new(), real });
        }
        Some(id)
    }

    /// The file behind an open one, unless it is of before a cut.
    pub(crate) fn file(&mut self, opened: &Opened) -> Option<&mut Contents> {
        if self.power == Power::Off || opened.life != self.life {
            return None;
        }
        self.files.get_mut(&opened.id).map(|kept| &mut kept.contents)
    }

    /// Fills `bytes` from the file; with zeros beyond its end, which is [`ffi::SQLITE_IOERR_SHORT_READ`].
    pub(crate) fn read(&mut self, opened: &Opened, at: usize, bytes: &mut [u8]) -> Result<(), Code> {
        let failed = Err(ffi::SQLITE_IOERR_READ);
        if !matches!(self.gate(Operation::Read), Gate::Go) {
            return failed;
        }
        let Some(file) = self.file(opened) else { return failed };
        let there = file.live.get(at..).unwrap_or_default();
        let len = there.len().min(bytes.len());
        let (filled, rest) = bytes.split_at_mut(len);
        filled.copy_from_slice(&there[..len]);
        rest.fill(0);
        if rest.is_empty() { Ok(()) } else { Err(ffi::SQLITE_IOERR_SHORT_READ) }
    }

    pub(crate) fn write(&mut self, opened: &Opened, at: usize, bytes: &[u8]) -> Result<(), Code> {
        let failed = Err(ffi::SQLITE_IOERR_WRITE);
        let (space, used) = (self.space, self.used());
        let Some(file) = self.file(opened) else { return failed };
        let grown = (at + bytes.len()).saturating_sub(file.live.len()) as u64;
        if grown > 0 && space.is_some_and(|space| used + grown > space) {
            return Err(ffi::SQLITE_FULL);
        }
        let gate = self.gate(Operation::Write);
        if self.read_only || opened.is_read_only {
            return failed;
        }
        let bytes = match gate {
            Gate::Go | Gate::Last => bytes,
            Gate::Half => &bytes[..bytes.len() / 2],
            Gate::Fails(ffi::SQLITE_FULL) => return Err(ffi::SQLITE_FULL),
            Gate::Fails(_) => return failed,
        };
        self.counts.bytes += bytes.len() as u64;
        self.change(opened, |file| file.write(at, bytes));
        match gate {
            Gate::Go => Ok(()),
            Gate::Half => Err(ffi::SQLITE_FULL),
            Gate::Last | Gate::Fails(_) => failed,
        }
    }

    pub(crate) fn truncate(&mut self, opened: &Opened, len: usize) -> Result<(), Code> {
        let failed = Err(ffi::SQLITE_IOERR_TRUNCATE);
        if self.file(opened).is_none() {
            return failed;
        }
        let gate = self.gate(Operation::Truncate);
        if self.read_only || opened.is_read_only {
            return failed;
        }
        match gate {
            Gate::Fails(_) => return failed,
            Gate::Go | Gate::Half | Gate::Last => self.change(opened, |file| file.truncate(len)),
        }
        if matches!(gate, Gate::Last) { failed } else { Ok(()) }
    }

    /// Syncs a file; with it the names of its folder, when `names`.
    pub(crate) fn sync(&mut self, opened: &Opened, name: &Path, names: bool) -> Result<(), Code> {
        let failed = Err(ffi::SQLITE_IOERR_FSYNC);
        if self.file(opened).is_none() {
            return failed;
        }
        let gate = self.gate(Operation::Sync);
        let lies = self.lies_about.is_some_and(|end| name.as_os_str().as_encoded_bytes().ends_with(end.as_bytes()));
        let is_made_of_sync = matches!(self.planned, Some(Planned { trouble: Trouble::SyncFails, .. }));
        let Some(file) = self.file(opened) else { return failed };
        match gate {
            Gate::Go | Gate::Half if lies => Ok(()),
            Gate::Go | Gate::Half => {
                file.sync();
                if names {
                    self.names.clear();
                }
                Ok(())
            }
            Gate::Fails(_) if is_made_of_sync => {
                file.sync_failed();
                failed
            }
            Gate::Last | Gate::Fails(_) => failed,
        }
    }

    pub(crate) fn delete(&mut self, path: &Path, syncs: bool) -> Result<(), Code> {
        let failed = Err(ffi::SQLITE_IOERR_DELETE);
        if self.power == Power::Off {
            return failed;
        }
        let Ok(real) = fs::metadata(path) else { return Err(ffi::SQLITE_IOERR_DELETE_NOENT) };
        let gate = self.gate(Operation::Delete);
        if self.read_only || matches!(gate, Gate::Fails(_)) || fs::remove_file(path).is_err() {
            return failed;
        }
        let removed = self.files.remove(&real.ino()).map(|kept| Naming::Removed { path: path.to_owned(), kept });
        self.names.extend(removed.filter(|_| self.loses_names));
        if matches!(gate, Gate::Last) {
            return failed;
        }
        if syncs {
            self.names.clear();
        }
        Ok(())
    }

    /// Whether a file is there that is not empty: an empty journal is none to SQLite.
    pub(crate) fn exists(&mut self, path: &Path) -> bool {
        self.power == Power::On && fs::metadata(path).is_ok_and(|real| real.len() > 0)
    }

    pub(crate) fn is_writable(&self) -> bool {
        !self.read_only
    }

    pub(crate) fn shm(&mut self, opened: &Opened) -> Option<Arc<Shm>> {
        self.file(opened)?;
        let kept = self.files.get_mut(&opened.id)?;
        let shm = kept.shm.upgrade().unwrap_or_default();
        kept.shm = Arc::downgrade(&shm);
        Some(shm)
    }

    pub(crate) fn cut(&mut self) {
        self.power = Power::Off;
    }

    pub(crate) fn has_power(&self) -> bool {
        self.power == Power::On
    }

    pub(crate) fn heal(&mut self) {
        (self.planned, self.read_only, self.space) = (None, false, None);
    }

    /// The power comes back.
    pub(crate) fn restart(&mut self, survival: Survival) {
        let mut chance = Chance(match survival {
            Survival::Writes(seed) | Survival::Sectors(seed) => seed,
            Survival::Nothing | Survival::Everything => 0,
        });
        // Names change in order on a disk with a journal: what survives of them is a beginning.
        let kept = match survival {
            Survival::Nothing => 0,
            Survival::Everything => self.names.len() as u64,
            Survival::Writes(_) | Survival::Sectors(_) => chance.below(self.names.len() as u64 + 1),
        };
        for naming in self.names.split_off(usize::try_from(kept).unwrap_or(0)).into_iter().rev() {
            match naming {
                Naming::Made { id, path } => {
                    // `std::fs` may have put another there since.
                    if fs::metadata(&path).is_ok_and(|real| real.ino() == id) {
                        let _ = fs::remove_file(&path);
                    }
                    self.files.remove(&id);
                }
                Naming::Removed { path, mut kept } => {
                    let Ok(real) = File::create(&path) else { continue };
                    let Ok(id) = real.metadata().map(|real| real.ino()) else { continue };
                    kept.real = real;
                    self.files.insert(id, kept);
                }
            }
        }
        self.names.clear();
        // In the order in which they came, so that one seed is one outcome.
        let mut ids: Vec<_> = self.files.iter().map(|(id, kept)| (kept.order, *id)).collect();
        ids.sort_unstable();
        for (_, id) in ids {
            if let Some(kept) = self.files.get_mut(&id) {
                kept.contents.survive(survival, &mut chance);
                kept.shm = Weak::new();
                let _ = kept.real.set_len(kept.contents.live.len() as u64);
            }
        }
        self.heal();
        self.power = Power::On;
        self.life += 1;
    }

    pub(crate) fn contents(&mut self, path: &Path) -> Option<&mut Contents> {
        let id = self.adopt(path)?;
        self.files.get_mut(&id).map(|kept| &mut kept.contents)
    }

    /// Tells the real file how long it is.
    pub(crate) fn measure(&mut self, path: &Path) {
        if let Some(kept) = self.adopt(path).and_then(|id| self.files.get(&id)) {
            let _ = kept.real.set_len(kept.contents.live.len() as u64);
        }
    }

    fn used(&self) -> u64 {
        if self.space.is_none() {
            return 0;
        }
        self.files.values().map(|kept| kept.contents.live.len() as u64).sum()
    }

    fn change(&mut self, opened: &Opened, change: impl FnOnce(&mut Contents)) {
        let Some(kept) = self.files.get_mut(&opened.id) else { return };
        let before = kept.contents.live.len();
        change(&mut kept.contents);
        let len = kept.contents.live.len();
        if len != before {
            let _ = kept.real.set_len(len as u64);
        }
    }

    fn gate(&mut self, operation: Operation) -> Gate {
        if self.power == Power::Off {
            return Gate::Fails(ffi::SQLITE_IOERR);
        }
        self.counts.count(operation);
        let Some(planned) = self.planned.as_mut().filter(|planned| planned.trouble.hits(operation)) else {
            return Gate::Go;
        };
        match planned.left {
            0 if planned.lasting == Lasting::Once => return Gate::Go,
            0 => {}
            1 => planned.left = 0,
            2.. => {
                planned.left -= 1;
                return Gate::Go;
            }
        }
        self.troubles += 1;
        match planned.trouble {
            Trouble::Cut => {
                self.power = Power::Off;
                Gate::Last
            }
            Trouble::Io | Trouble::SyncFails | Trouble::Unreadable => Gate::Fails(ffi::SQLITE_IOERR),
            Trouble::Full => Gate::Fails(ffi::SQLITE_FULL),
            Trouble::Short => Gate::Half,
            Trouble::ReadOnly => {
                self.read_only = true;
                Gate::Go
            }
        }
    }
}
