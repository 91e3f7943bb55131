//! A small disk of our own: an ext4 in a file, mounted where a site keeps its ledger. It can be filled, and taken away.
//!
//! Needs root and loop devices; where they are missing a test that wants one is skipped by name.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::NamedTempFile;

use crate::skip::skip;

/// Bytes written at once while it is filled: small at the end, so that nothing is left.
const PIECES: [usize; 3] = [64 * 1024, 4_096, 1];

/// A mounted disk. Dropping it takes it away, whoever still uses it.
#[derive(Debug)]
pub struct LoopDisk {
    image: NamedTempFile,
    mount_point: PathBuf,
}

impl LoopDisk {
    /// A new disk of so many MiB at this folder, or `None` after saying that `test` is skipped.
    ///
    /// # Panics
    /// When its file cannot be written.
    #[must_use]
    pub fn mount_or_skip(test: &str, mount_point: &Path, mebibytes: u64) -> Option<Self> {
        let image = NamedTempFile::new().expect("make a file for the disk");
        image.as_file().set_len(mebibytes * 1024 * 1024).expect("give the disk its size");
        fs::create_dir_all(mount_point).expect("make a folder to mount the disk at");
        let disk = Self { image, mount_point: mount_point.to_owned() };
        // No part of it is kept for root: the agent under test is root.
        let path = disk.image.path().to_owned();
        if let Err(why) = run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(path)) {
            skip(test, &format!("mkfs.ext4 (e2fsprogs): {why}"));
            return None;
        }
        if let Err(why) = disk.attach() {
            skip(test, &format!("no loop device can be mounted: {why}"));
            return None;
        }
        Some(disk)
    }

    /// Repairs it where that is due, and mounts it again.
    ///
    /// # Panics
    /// When it cannot be mounted any more.
    pub fn mount_again(&self) {
        self.unmount();
        // 1: it was repaired.
        let _ = run(Command::new("e2fsck").args(["-f", "-y"]).arg(self.image.path()));
        self.attach().expect("mount the disk again");
    }

    /// Somebody else fills the disk, but for so many bytes. Returns the file that does.
    ///
    /// # Panics
    /// When the disk cannot be written for another reason than being full.
    #[must_use]
    pub fn fill_but(&self, left: u64) -> PathBuf {
        let path = self.mount_point.join("somebody-elses.bin");
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&path).expect("write to the disk");
        if left > 0 {
            let more = self.free().saturating_sub(left);
            let bytes = vec![0x5A; usize::try_from(more).expect("a small disk")];
            file.write_all(&bytes).and_then(|()| file.sync_all()).expect("there is that much room");
            return path;
        }
        for piece in PIECES {
            let bytes = vec![0x5A; piece];
            // What ext4 promises before it knows where to put it is only true once it is synced.
            while file.write_all(&bytes).is_ok() {}
            let _ = file.sync_all();
        }
        path
    }

    /// Bytes that nobody has taken.
    ///
    /// # Panics
    /// When the disk does not say.
    #[must_use]
    pub fn free(&self) -> u64 {
        let fs = nix::sys::statvfs::statvfs(&self.mount_point).expect("ask the disk");
        fs.blocks_available() * fs.fragment_size()
    }

    /// The disk takes no byte of this file any more, whoever has it open; or takes them again.
    ///
    /// # Panics
    /// When the attribute cannot be set.
    pub fn refuse_writes(&self, name: &str, refuses: bool) {
        let attribute = if refuses { "+i" } else { "-i" };
        run(Command::new("chattr").arg(attribute).arg(self.mount_point.join(name))).expect("set the file's attribute");
    }

    /// The file system finds itself damaged and goes read-only, as `errors=remount-ro` has it do, until it is mounted again.
    ///
    /// # Panics
    /// When the kernel has no such switch.
    pub fn go_read_only(&self) {
        let devices = fs::read_to_string("/proc/self/mounts").expect("see what is mounted");
        let here = self.mount_point.display().to_string();
        let line = devices.lines().find(|line| line.split(' ').nth(1) == Some(&here)).expect("the disk is mounted");
        let device = line.split(' ').next().and_then(|device| device.strip_prefix("/dev/")).expect("a device's name");
        let switch = format!("/sys/fs/ext4/{device}/trigger_fs_error");
        File::options().write(true).open(switch).and_then(|mut file| file.write_all(b"1")).expect("report an error");
    }

    fn attach(&self) -> Result<(), String> {
        let mount = ["-t", "ext4", "-o", "loop,errors=remount-ro"];
        run(Command::new("mount").args(mount).arg(self.image.path()).arg(&self.mount_point))
    }

    fn unmount(&self) {
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.mount_point));
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        self.unmount();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned())
}
