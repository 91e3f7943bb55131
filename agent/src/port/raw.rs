//! A device file that gives one whole report with each read: hidraw.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt as _, path::Path};

use tokio::net::unix::pipe::Receiver;

/// `O_NONBLOCK` of Linux; the standard library takes the number and has no name for it.
const NON_BLOCKING: i32 = 0o4_000;

/// An open device file.
#[derive(Debug)]
pub(super) struct Raw {
    /// Tokio's pipe end is its only way to watch a file that needs no unsafe code. It does nothing that a device file does
    /// not know: wait, read.
    file: Receiver,
}

impl Raw {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).custom_flags(NON_BLOCKING).open(path)?;
        Ok(Self { file: Receiver::from_file_unchecked(file)? })
    }

    pub(super) async fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            self.file.readable().await?;
            match self.file.try_read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}
