//! A serial line that can be plugged in and pulled out, made of a pseudo terminal.
//!
//! Owns both ends: the device's (read and written here) and the host's (found by path). The path is a symlink, as
//! udev's `/dev/serial/by-id/…` is, so that pulling the plug removes it and another plug may bring another terminal
//! under the same name. Must not know what is said on the line.
//!
//! What a pseudo terminal does not play: speed and parity (any setting is accepted, none is felt), framing errors, and
//! the modem lines. An exclusive lock (`TIOCEXCL`) left by a host that was killed stays until the next plug, since this
//! end keeps the terminal open; root is not stopped by it.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::ttyname;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::timeout;

/// A kernel buffer holds some 4 KB for a host that does not read. A test that waits longer than this has no reader.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The device's end of a plugged-in line. Dropping it pulls the plug: the host reads end of file, then finds no path.
#[derive(Debug)]
pub struct Pty {
    from_host: Receiver,
    to_host: Sender,
    /// Kept open, or reads at the device's end would fail whenever no host has the port open.
    _host: OwnedFd,
    host_path: PathBuf,
    link: PathBuf,
}

impl Pty {
    /// Opens a terminal in raw mode and puts a symlink to it at `link`, over any symlink that is there.
    ///
    /// # Errors
    /// When the system has no terminal left, the folder of `link` is not there, or no tokio runtime is running.
    pub fn plug(link: &Path) -> anyhow::Result<Self> {
        let pair = openpty(None, None).context("open pseudo terminal")?;
        // Raw from the start: a host that has not yet set its own mode must not see echo or translated line ends.
        let mut mode = tcgetattr(&pair.slave).context("read terminal mode")?;
        cfmakeraw(&mut mode);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &mode).context("set terminal mode")?;
        let flags = OFlag::from_bits_retain(fcntl(&pair.master, FcntlArg::F_GETFL).context("read terminal flags")?);
        fcntl(&pair.master, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).context("set terminal flags")?;
        // A program started by a test must not keep the line plugged in.
        for end in [&pair.master, &pair.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context("set terminal flags")?;
        }
        let host_path = ttyname(&pair.slave).context("name pseudo terminal")?;
        let device = File::from(pair.master);
        // Tokio's pipe ends are its only way to watch a file that needs no unsafe code. They check nothing and do
        // nothing that a terminal does not know: wait, read, write.
        let to_host = Sender::from_file_unchecked(device.try_clone().context("share pseudo terminal")?);
        let to_host = to_host.context("watch pseudo terminal")?;
        let from_host = Receiver::from_file_unchecked(device).context("watch pseudo terminal")?;
        point(link, &host_path).with_context(|| format!("link {} to {}", link.display(), host_path.display()))?;
        Ok(Self { from_host, to_host, _host: pair.slave, host_path, link: link.to_owned() })
    }

    /// Where the host finds the port.
    #[must_use]
    pub fn link(&self) -> &Path {
        &self.link
    }

    /// Reads what the host has written, at least one byte. Cancel-safe.
    ///
    /// # Errors
    /// When the terminal is broken; not when no host has it open.
    pub async fn read(&self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        loop {
            self.from_host.readable().await.context("wait for terminal")?;
            match self.from_host.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read.context("read terminal"),
            }
        }
    }

    /// Writes all of `bytes` to the host, waiting while the host is behind by a kernel buffer.
    ///
    /// # Errors
    /// When nobody has read for ten seconds.
    pub async fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        timeout(WRITE_TIMEOUT, self.write_all(bytes))
            .await
            .with_context(|| format!("write to {}: no host reads it", self.link.display()))?
    }

    /// Pulls the plug, as dropping does; says so at the call.
    pub fn unplug(self) {}

    async fn write_all(&self, mut bytes: &[u8]) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            self.to_host.writable().await.context("wait for terminal")?;
            match self.to_host.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => bytes = &bytes[written.context("write terminal")?..],
            }
        }
        Ok(())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Another line may have been plugged in under the name meanwhile; that link is not ours to remove.
        if std::fs::read_link(&self.link).is_ok_and(|target| target == self.host_path) {
            let _ = std::fs::remove_file(&self.link);
        }
    }
}

/// Makes `link` point at `target` in one step: a host that looks meanwhile finds the old line or the new one.
fn point(link: &Path, target: &Path) -> std::io::Result<()> {
    let mut name = link.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = link.with_file_name(name);
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    std::os::unix::fs::symlink(target, &fresh)?;
    std::fs::rename(&fresh, link)
}
