//! Apart: the folders into which damaged ledgers are moved, whole, and never removed by the agent.
//!
//! The order of the renames is what makes a power cut harmless. The file goes first, each rename is on the disk before the
//! next: so a log without its file is what a cut leaves, and never a file without its log. [`resume`] moves such a log after
//! its file before anything is opened; SQLite never sees it beside a new file.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use gateway_proto::time::WallTime;

use super::damage::NOTE;

/// In the order in which they are moved. The note last: while it stands there, the next start goes on.
const FILES: [&str; 4] = ["ledger.db", "ledger.db-wal", "ledger.db-shm", NOTE];

const PREFIX: &str = "damaged-";

/// Ledgers set aside at the same second; a ledger that is damaged a hundred times a second is no matter of names.
const NAMES_MAX: u32 = 100;

/// A ledger that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    pub folder: PathBuf,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// Moves the ledger's files into a new folder and returns it. The caller has the lock and no connection open.
///
/// # Errors
/// That of the file system: nothing was moved, or [`resume`] will go on.
pub fn set_aside(state_dir: &Path, now: WallTime) -> io::Result<PathBuf> {
    let folder = new_folder(state_dir, now)?;
    sync(state_dir)?;
    for name in FILES {
        shift(state_dir, &folder, name)?;
    }
    Ok(folder)
}

/// Goes on where a power cut ended a [`set_aside`]. Also a log whose file somebody took away is moved: it belongs to none
/// that could come.
///
/// # Errors
/// That of the file system.
pub fn resume(state_dir: &Path) -> io::Result<()> {
    if exists(&state_dir.join(FILES[0])) || !FILES[1..].iter().any(|name| exists(&state_dir.join(name))) {
        return Ok(());
    }
    // The newest folder, if it still lacks what is left here.
    let newest = apart(state_dir).pop().map(|apart| apart.folder);
    let fits = |folder: &PathBuf| {
        exists(&folder.join(FILES[0]))
            && FILES[1..].iter().all(|name| !(exists(&state_dir.join(name)) && exists(&folder.join(name))))
    };
    let folder = match newest.filter(fits) {
        Some(folder) => folder,
        None => new_folder(state_dir, WallTime::from_millis(0))?,
    };
    sync(state_dir)?;
    for name in &FILES[1..] {
        shift(state_dir, &folder, name)?;
    }
    Ok(())
}

/// The ledgers that were set aside, oldest first.
#[must_use]
pub fn apart(state_dir: &Path) -> Vec<Apart> {
    let entries = fs::read_dir(state_dir).into_iter().flatten().flatten();
    let is_one = |path: &PathBuf| {
        path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
    };
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(is_one).collect();
    // By number: a clock that was put right must not change the order.
    folders.sort_by_key(|folder| number(folder));
    folders.into_iter().map(|folder| Apart { bytes: bytes(&folder), folder }).collect()
}

/// `damaged-3-20261121T050000Z`: numbered, because clocks go back.
fn new_folder(state_dir: &Path, now: WallTime) -> io::Result<PathBuf> {
    let second = now.to_string();
    let second: String = second.chars().take(19).filter(|c| c.is_ascii_alphanumeric()).collect();
    let next = apart(state_dir).last().map_or(1, |apart| number(&apart.folder).saturating_add(1));
    for n in next..next.saturating_add(NAMES_MAX) {
        let folder = state_dir.join(format!("{PREFIX}{n}-{second}Z"));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(ErrorKind::AlreadyExists))
}

fn number(folder: &Path) -> u32 {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let digits: String = name.trim_start_matches(PREFIX).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

fn shift(from: &Path, to: &Path, name: &str) -> io::Result<()> {
    match fs::rename(from.join(name), to.join(name)) {
        Ok(()) => sync(to).and_then(|()| sync(from)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
}
