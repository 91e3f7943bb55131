//! A host with a serial port open.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;
use rustix::termios;
use tempfile::TempDir;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Longer than any device under test takes.
pub(super) const BOUND: Duration = Duration::from_secs(10);

pub(super) struct Host {
    file: File,
    from_device: Receiver,
}

impl Host {
    /// Opens the port and leaves its speed.
    pub(super) fn open(link: &Path) -> std::io::Result<Self> {
        let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(link)?;
        let from_device = Receiver::from_file_unchecked(file.try_clone()?)?;
        Ok(Self { file, from_device })
    }

    /// Opens the port and sets a speed, one that the old constants do not have too.
    pub(super) fn open_at(link: &Path, baud: u32) -> std::io::Result<Self> {
        let host = Self::open(link)?;
        host.set_baud(baud);
        Ok(host)
    }

    pub(super) fn set_baud(&self, baud: u32) {
        let mut mode = termios::tcgetattr(&self.file).unwrap();
        mode.set_speed(baud).unwrap();
        termios::tcsetattr(&self.file, termios::OptionalActions::Now, &mode).unwrap();
    }

    pub(super) fn send(&self, bytes: &[u8]) {
        (&self.file).write_all(bytes).unwrap();
    }

    /// What comes, up to and with `end`; what came so far when the line is gone.
    pub(super) async fn read_until(&self, end: &[u8]) -> Vec<u8> {
        let mut got = Vec::new();
        while !got.ends_with(end) {
            match timeout(BOUND, self.byte()).await.unwrap() {
                Some(byte) => got.push(byte),
                None => break,
            }
        }
        got
    }

    /// As many bytes as this.
    pub(super) async fn read(&self, len: usize) -> Vec<u8> {
        let mut got = Vec::new();
        while got.len() < len {
            got.push(timeout(BOUND, self.byte()).await.unwrap().unwrap());
        }
        got
    }

    /// What comes until nothing has come for so long.
    pub(super) async fn read_for(&self, quiet: Duration) -> Vec<u8> {
        let mut got = Vec::new();
        while let Ok(Some(byte)) = timeout(quiet, self.byte()).await {
            got.push(byte);
        }
        got
    }

    /// All that comes in this time.
    pub(super) async fn read_within(&self, time: Duration) -> Vec<u8> {
        let end = Instant::now() + time;
        let mut got = Vec::new();
        while let Ok(Some(byte)) = timeout_at(end, self.byte()).await {
            got.push(byte);
        }
        got
    }

    pub(super) async fn ask(&self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes());
        String::from_utf8(self.read_until(b"\r\n").await).unwrap()
    }

    async fn byte(&self) -> Option<u8> {
        loop {
            self.from_device.readable().await.unwrap();
            let mut byte = [0];
            match self.from_device.try_read(&mut byte) {
                Ok(1) => return Some(byte[0]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }
}

/// A place to plug a device in at.
pub(super) fn port() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("usb-Sim_Device_1-if00");
    (folder, link)
}

/// Looks until it is so.
pub(super) async fn until(mut is_so: impl FnMut() -> bool) {
    timeout(BOUND, async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it becomes so within the bound");
}
