//! The C side: a file system as SQLite calls it (sqlite.org/c3ref/vfs.html, sqlite.org/c3ref/io_methods.html).
//!
//! Owns nothing but the translation: pointers to references, results to codes. Paths outside of every world are handed to
//! the file system that was the default before.

#![expect(unsafe_code, reason = "SQLite calls a file system through C functions")]

use std::{
    ffi::{CStr, OsStr, c_char, c_int, c_void},
    mem,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    ptr,
    sync::{
        Arc, OnceLock,
        atomic::{Ordering, fence},
    },
};

use rusqlite::ffi;

use crate::{
    disk::{Code, Disk, Opened},
    lock::Hold,
    shm::Shm,
    world::{self, Shared},
};

/// An open file, as SQLite allots it.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    /// A box of ours, from `open` to `close`.
    file: *mut OpenFile,
}

struct OpenFile {
    disk: Shared,
    path: PathBuf,
    opened: Opened,
    shm: Option<Arc<Shm>>,
    /// SQLite syncs the folder along with the first sync of such a file.
    syncs_names: bool,
}

/// The default file system of before.
struct Before(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's registered file systems live as long as the process and may be called from every thread.
unsafe impl Send for Before {}
// SAFETY: as above.
unsafe impl Sync for Before {}

static BEFORE: OnceLock<Before> = OnceLock::new();

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // With shared memory, without memory-mapped pages.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes worlds the first thing SQLite asks, once per process.
pub(crate) fn register() {
    BEFORE.get_or_init(|| {
        // SAFETY: initialises SQLite; asking for the default needs no name.
        let before = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        // SAFETY: the default exists on every system we build for, and is a plain C struct.
        let template = unsafe { *before };
        let ours = Box::new(ffi::sqlite3_vfs {
            // Version 2: without system calls to replace.
            iVersion: 2,
            szOsFile: template.szOsFile.max(c_int::try_from(mem::size_of::<Handle>()).unwrap_or(c_int::MAX)),
            pNext: ptr::null_mut(),
            zName: c"cutdisk".as_ptr(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            ..template
        });
        // SAFETY: a registered file system must live for ever, so it is leaked; 1 makes it the default.
        unsafe { ffi::sqlite3_vfs_register(Box::leak(ours), 1) };
        Before(before)
    });
}

fn before() -> *mut ffi::sqlite3_vfs {
    BEFORE.get().map_or(ptr::null_mut(), |before| before.0)
}

/// The path that SQLite means; `None` for its temporary files.
///
/// # Safety
/// `name` must be null or end with a zero byte, and live for `'a`.
unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

/// Our part of a file that `open` has opened.
///
/// # Safety
/// `file` must be a [`Handle`] between its `open` and its `close`. SQLite never calls two methods of one file at once.
unsafe fn of<'a>(file: *mut ffi::sqlite3_file) -> &'a mut OpenFile {
    // SAFETY: the caller's promise.
    unsafe { &mut *(*file.cast::<Handle>()).file }
}

fn code(result: Result<(), Code>) -> c_int {
    result.err().unwrap_or(ffi::SQLITE_OK)
}

fn offset(at: ffi::sqlite3_int64) -> usize {
    usize::try_from(at).unwrap_or(0)
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes null or a text.
    let path = unsafe { path(name) };
    let Some((path, disk)) = path.and_then(|path| Some((path, world::of(path)?))) else {
        // SAFETY: the same arguments to the file system that they are for; `szOsFile` has room for its file.
        return unsafe {
            (*before()).xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| open(before(), name, file, flags, flags_out))
        };
    };
    // SAFETY: SQLite allots `szOsFile` bytes; null methods say that there is nothing to close.
    unsafe { (*file).pMethods = ptr::null() };
    let wants = |flag: c_int| flags & flag != 0;
    let opened = world::lock(&disk).open(path, wants(ffi::SQLITE_OPEN_CREATE), wants(ffi::SQLITE_OPEN_READWRITE));
    let opened = match opened {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let mut told = flags;
    if opened.is_read_only {
        told = told & !(ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE) | ffi::SQLITE_OPEN_READONLY;
    }
    let syncs_names =
        wants(ffi::SQLITE_OPEN_WAL) || wants(ffi::SQLITE_OPEN_MAIN_JOURNAL) || wants(ffi::SQLITE_OPEN_SUPER_JOURNAL);
    let ours = Box::new(OpenFile { disk, path: path.to_owned(), opened, shm: None, syncs_names });
    // SAFETY: there is room for a `Handle`, and `flags_out` is null or an integer to write.
    unsafe {
        file.cast::<Handle>()
            .write(Handle { base: ffi::sqlite3_file { pMethods: &raw const METHODS }, file: Box::into_raw(ours) });
        if !flags_out.is_null() {
            *flags_out = told;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, syncs: c_int) -> c_int {
    // SAFETY: SQLite passes a text.
    match unsafe { path(name) }.and_then(|path| Some((path, world::of(path)?))) {
        Some((path, disk)) => code(world::lock(&disk).delete(path, syncs != 0)),
        // SAFETY: the same arguments to the file system that they are for.
        None => unsafe { (*before()).xDelete.map_or(ffi::SQLITE_IOERR, |delete| delete(before(), name, syncs)) },
    }
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, name: *const c_char, flags: c_int, answer: *mut c_int) -> c_int {
    // SAFETY: SQLite passes a text.
    let Some((path, disk)) = unsafe { path(name) }.and_then(|path| Some((path, world::of(path)?))) else {
        // SAFETY: the same arguments to the file system that they are for.
        return unsafe {
            (*before()).xAccess.map_or(ffi::SQLITE_IOERR, |access| access(before(), name, flags, answer))
        };
    };
    let mut disk = world::lock(&disk);
    let is_so = disk.exists(path) && (flags != ffi::SQLITE_ACCESS_READWRITE || disk.is_writable());
    // SAFETY: SQLite passes an integer to write.
    unsafe { *answer = c_int::from(is_so) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    len_max: c_int,
    full: *mut c_char,
) -> c_int {
    // SAFETY: SQLite passes a text.
    if unsafe { path(name) }.and_then(world::of).is_none() {
        // SAFETY: the same arguments to the file system that they are for.
        return unsafe {
            (*before()).xFullPathname.map_or(ffi::SQLITE_CANTOPEN, |pathname| pathname(before(), name, len_max, full))
        };
    }
    // A world's folder is absolute and has no links.
    // SAFETY: `path` has found it to be a text.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > usize::try_from(len_max).unwrap_or(0) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `full` has room for `len_max` bytes and is no part of `name`.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), full, bytes.len()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: what `open` boxed is freed once, here: SQLite closes a file once and then forgets it.
    let ours = unsafe { Box::from_raw((*file.cast::<Handle>()).file) };
    if let Some(shm) = &ours.shm {
        shm.give(ours.opened.holder, 0..8);
    }
    ours.change(|disk, opened| {
        if let Some(contents) = disk.file(opened) {
            contents.locks.lower(opened.holder, ffi::SQLITE_LOCK_NONE);
        }
    });
    ffi::SQLITE_OK
}

impl OpenFile {
    fn change<T>(&self, change: impl FnOnce(&mut Disk, &Opened) -> T) -> T {
        change(&mut world::lock(&self.disk), &self.opened)
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    bytes: *mut c_void,
    len: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes one of ours, and room for `len` bytes.
    let (ours, bytes) =
        unsafe { (of(file), std::slice::from_raw_parts_mut(bytes.cast::<u8>(), usize::try_from(len).unwrap_or(0))) };
    code(ours.change(|disk, opened| disk.read(opened, offset(at), bytes)))
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes one of ours, and `len` bytes.
    let (ours, bytes) =
        unsafe { (of(file), std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(len).unwrap_or(0))) };
    code(ours.change(|disk, opened| disk.write(opened, offset(at), bytes)))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    code(ours.change(|disk, opened| disk.truncate(opened, offset(len))))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    let result = ours.change(|disk, opened| disk.sync(opened, &ours.path, ours.syncs_names));
    code(result)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, len: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    let size = ours.change(|disk, opened| disk.file(opened).map(|contents| contents.live.len()));
    let Some(size) = size else { return ffi::SQLITE_IOERR_FSTAT };
    // SAFETY: SQLite passes an integer to write.
    unsafe { *len = i64::try_from(size).unwrap_or(i64::MAX) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    ours.change(|disk, opened| match disk.file(opened).map(|contents| contents.locks.raise(opened.holder, level)) {
        Some(Ok(())) => ffi::SQLITE_OK,
        Some(Err(_)) => ffi::SQLITE_BUSY,
        None => ffi::SQLITE_IOERR_LOCK,
    })
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    ours.change(|disk, opened| {
        // After a cut there is nothing to give back.
        if let Some(contents) = disk.file(opened) {
            contents.locks.lower(opened.holder, level);
        }
    });
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, answer: *mut c_int) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    let is_reserved = ours.change(|disk, opened| disk.file(opened).map(|contents| contents.locks.is_reserved()));
    let Some(is_reserved) = is_reserved else { return ffi::SQLITE_IOERR_CHECKRESERVEDLOCK };
    // SAFETY: SQLite passes an integer to write.
    unsafe { *answer = c_int::from(is_reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

/// As SQLite takes disks to be on Unix.
unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4_096
}

/// As on Unix: a write that is cut short leaves its neighbours alone, which `Survival::Sectors` keeps to.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    number: c_int,
    len: c_int,
    wanted: c_int,
    region: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    if ours.shm.is_none() {
        ours.shm = ours.change(Disk::shm);
    }
    let Some(shm) = &ours.shm else { return ffi::SQLITE_IOERR_SHMMAP };
    let (number, len) = (usize::try_from(number).unwrap_or(0), usize::try_from(len).unwrap_or(0));
    let begin = shm.region(number, len, wanted != 0).unwrap_or(ptr::null_mut());
    // SAFETY: SQLite passes a pointer to write; the region lives until this file is unmapped or closed.
    unsafe { *region = begin.cast() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    let Some(shm) = &ours.shm else { return ffi::SQLITE_IOERR_SHMLOCK };
    let first = usize::try_from(first).unwrap_or(0);
    let slots = first..first + usize::try_from(count).unwrap_or(0);
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        shm.give(ours.opened.holder, slots);
        return ffi::SQLITE_OK;
    }
    let hold = if flags & ffi::SQLITE_SHM_SHARED != 0 { Hold::Shared } else { Hold::Alone };
    match shm.take(ours.opened.holder, slots, hold) {
        Ok(()) => ffi::SQLITE_OK,
        Err(_) => ffi::SQLITE_BUSY,
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite passes one of ours.
    let ours = unsafe { of(file) };
    if let Some(shm) = ours.shm.take() {
        shm.give(ours.opened.holder, 0..8);
    }
    ffi::SQLITE_OK
}
