//! A world: one disk with its folder, for a test to hold.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    disk::Disk,
    fault::{Counts, Lasting, Planned, Survival, Trouble},
    vfs,
};

/// A disk's state, as all its connections share it.
pub(crate) type Shared = Arc<Mutex<Disk>>;

static WORLDS: LazyLock<RwLock<HashMap<PathBuf, Shared>>> = LazyLock::new(RwLock::default);

/// One disk. Ends with its folder when it is dropped; connections must be closed before.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
    disk: Shared,
}

/// What is in a world's files, by name: to begin other worlds with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image(BTreeMap<String, Vec<u8>>);

impl World {
    /// An empty disk with power.
    ///
    /// # Errors
    /// That of the real file system, which has no room for an empty folder.
    pub fn new() -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        vfs::register();
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir().canonicalize()? };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("cutdisk-{}-{number}", std::process::id()));
        // Of a process that was killed and had our number.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder)?;
        let disk = Shared::default();
        WORLDS.write().unwrap_or_else(PoisonError::into_inner).insert(folder.clone(), disk.clone());
        Ok(Self { folder, disk })
    }

    /// A disk with these files, all of them durable.
    ///
    /// # Errors
    /// As [`World::new`].
    pub fn with(image: &Image) -> io::Result<Self> {
        let world = Self::new()?;
        for (name, bytes) in &image.0 {
            let path = world.folder.join(name);
            fs::write(&path, bytes)?;
            world.disk().adopt(&path);
        }
        Ok(world)
    }

    /// The real folder. What SQLite opens in it is on this disk.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What programs see in the folder's files now. Folders in it are left out.
    ///
    /// # Errors
    /// That of reading the real folder.
    pub fn image(&self) -> io::Result<Image> {
        let mut image = Image::default();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_file() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(contents) = self.disk().contents(&entry.path()) {
                image.0.insert(name, contents.live.clone());
            }
        }
        Ok(image)
    }

    /// Lets trouble come at the `n`-th operation from now that it can hit, counted from 1. Replaces what was planned.
    pub fn plan(&self, trouble: Trouble, n: u64, lasting: Lasting) {
        self.disk().planned = Some(Planned { trouble, lasting, left: n.max(1) });
    }

    /// Cuts the power at the `n`-th change from now, counted from 1.
    pub fn cut_at(&self, n: u64) {
        self.plan(Trouble::Cut, n, Lasting::Once);
    }

    /// Cuts the power now, between two operations.
    pub fn cut(&self) {
        self.disk().cut();
    }

    /// Nothing is planned any more, the disk can be written, and there is space.
    pub fn heal(&self) {
        self.disk().heal();
    }

    /// Bytes that all files together may have; a write that needs more fails with ENOSPC.
    pub fn space(&self, bytes: u64) {
        self.disk().space = Some(bytes);
    }

    /// A drive that lies: syncs of files whose names end so are answered and not done. `""` is every file.
    pub fn lies_about(&self, end: &'static str) {
        self.disk().lies_about = Some(end);
    }

    /// Names made and removed by SQLite are pending too, until it syncs the folder.
    pub fn lose_names(&self) {
        self.disk().loses_names = true;
    }

    /// Whether there is power.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.disk().has_power()
    }

    /// How often planned trouble has come so far.
    #[must_use]
    pub fn troubles(&self) -> u64 {
        self.disk().troubles
    }

    /// The power comes back, cut first if it was not. What was open stays of no use; nothing is planned any more.
    pub fn restart(&self, survival: Survival) {
        self.disk().restart(survival);
    }

    /// What was done to this disk since it was made.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.disk().counts
    }

    /// Bytes of a file as programs see them; `None` when there is none.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.disk().contents(&self.folder.join(name)).map(|contents| contents.live.clone())
    }

    /// Turns a bit of a file over, in memory and on the disk.
    pub fn flip_bit(&self, name: &str, byte: usize, bit: u32) {
        self.damage(name, byte, 1, |byte| byte ^ 1_u8.rotate_left(bit));
    }

    /// Fills part of a file with zeros, in memory and on the disk.
    pub fn zero(&self, name: &str, at: usize, len: usize) {
        self.damage(name, at, len, |_| 0);
    }

    /// Takes the end of a file away, in memory and on the disk.
    pub fn cut_short(&self, name: &str, len: usize) {
        let path = self.folder.join(name);
        let mut disk = self.disk();
        if let Some(contents) = disk.contents(&path) {
            contents.cut_short(len);
        }
        disk.measure(&path);
    }

    fn damage(&self, name: &str, at: usize, len: usize, change: impl Fn(u8) -> u8) {
        if let Some(contents) = self.disk().contents(&self.folder.join(name)) {
            contents.damage(at, change, len);
        }
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        WORLDS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.folder);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The disk that a path is on; `None` for the real file system.
pub(crate) fn of(path: &Path) -> Option<Shared> {
    let worlds = WORLDS.read().unwrap_or_else(PoisonError::into_inner);
    path.ancestors().skip(1).find_map(|folder| worlds.get(folder)).cloned()
}

/// A panic elsewhere in a test is no reason for SQLite to hear of one.
pub(crate) fn lock(disk: &Shared) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}
