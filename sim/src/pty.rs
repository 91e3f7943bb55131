//! A serial line that can be plugged in and pulled out, made of a pseudo terminal.
//!
//! Owns both ends: the device's (read and written here) and the host's (found by path). The path is a symlink, as
//! udev's `/dev/serial/by-id/…` is, so that pulling the plug removes it and another plug may bring another terminal
//! under the same name. Must not know what is said on the line.
//!
//! A pseudo terminal feels no speed of itself. [`Pty::plug_with`] adds it: the device has a speed of its own, the
//! host's is read from the terminal at every read and write, and where they differ each side gets what a receiver
//! sampling at its own pace makes of the other's bits. The host's is the one at the moment of reading: a host that
//! writes and changes its speed within the same millisecond may be read at the new one. [`Faults`] plays what cables
//! and adapters do besides.
//!
//! What it does not play: the host's parity, parity errors, and the modem lines. Linux drops `PARENB` and forces eight
//! bits on a pseudo terminal, so what the host asked for cannot be known; a device with parity sends it in the eighth
//! bit, see [`LineSettings::parity`]. An exclusive lock (`TIOCEXCL`) left by a host that was killed stays until the
//! next plug, since this end keeps the terminal open; root is not stopped by it.

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
use rustix::termios;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{sleep, timeout};

mod faults;
mod settings;
mod wire;

pub use faults::Faults;
pub use settings::{LineSettings, Parity};

/// A kernel buffer holds some 4 KB for a host that does not read. A test that waits longer than this has no reader.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what may be lost waits for room.
const ROOM_TIMEOUT: Duration = Duration::from_millis(2);

/// The device's end of a plugged-in line. Dropping it pulls the plug: the host reads end of file, then finds no path.
#[derive(Debug)]
pub struct Pty {
    from_host: Receiver,
    to_host: Sender,
    /// Kept open, or reads at the device's end would fail whenever no host has the port open. Its speed is the host's.
    host: OwnedFd,
    settings: LineSettings,
    faults: Faults,
    host_path: PathBuf,
    link: PathBuf,
}

impl Pty {
    /// Opens a terminal in raw mode and puts a symlink to it at `link`, over any symlink that is there.
    ///
    /// # Errors
    /// When the system has no terminal left, the folder of `link` is not there, or no tokio runtime is running.
    pub fn plug(link: &Path) -> anyhow::Result<Self> {
        Self::plug_with(link, LineSettings::ANY, Faults::none())
    }

    /// As [`Self::plug`], with a device that has settings of its own and a line that may have faults. The host finds
    /// the speed that Linux gives a new terminal, 38400, until it sets its own.
    ///
    /// # Errors
    /// As [`Self::plug`].
    pub fn plug_with(link: &Path, settings: LineSettings, faults: Faults) -> anyhow::Result<Self> {
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
        Ok(Self { from_host, to_host, host: pair.slave, settings, faults, host_path, link: link.to_owned() })
    }

    /// Where the host finds the port.
    #[must_use]
    pub fn link(&self) -> &Path {
        &self.link
    }

    /// Reads what the host has written, at least one byte. At another speed than the host's that is garbled, and cut
    /// where it has become longer than `buffer`. Cancel-safe.
    ///
    /// # Errors
    /// When the terminal is broken; not when no host has it open.
    pub async fn read(&self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        loop {
            self.from_host.readable().await.context("wait for terminal")?;
            match self.from_host.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => {
                    let len = self.as_device_hears(buffer, read.context("read terminal")?)?;
                    if len > 0 {
                        return Ok(len);
                    }
                }
            }
        }
    }

    /// Writes all of `bytes` to the host, waiting while the host is behind by a kernel buffer. Faults that are ordered
    /// befall it, and with a pause ordered it takes as long as the pauses do.
    ///
    /// # Errors
    /// When nobody has read for ten seconds.
    pub async fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        for (pause, piece) in self.faults.befall(bytes) {
            if !pause.is_zero() {
                sleep(pause).await;
            }
            let piece = self.as_host_hears(&piece)?;
            timeout(WRITE_TIMEOUT, self.write_all(&piece))
                .await
                .with_context(|| format!("write to {}: no host reads it", self.link.display()))??;
        }
        Ok(())
    }

    /// As [`Self::write`], but what the host is too far behind for is lost, as on a line whose port nobody has open.
    ///
    /// # Errors
    /// When the terminal is broken.
    pub async fn write_or_lose(&self, bytes: &[u8]) -> anyhow::Result<()> {
        for (pause, piece) in self.faults.befall(bytes) {
            if !pause.is_zero() {
                sleep(pause).await;
            }
            // Whether there is room is known only once it was waited for.
            let _ = timeout(ROOM_TIMEOUT, self.to_host.writable()).await;
            match self.to_host.try_write(&self.as_host_hears(&piece)?) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => drop(written.context("write terminal")?),
            }
        }
        Ok(())
    }

    /// The faults of this line, to be ordered while it is plugged in.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
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

    /// Baud the host has set; only looked up when the device has a speed to compare it with.
    fn host_baud(&self) -> anyhow::Result<u32> {
        Ok(termios::tcgetattr(&self.host).context("read terminal speed")?.output_speed())
    }

    fn as_host_hears(&self, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let sent: Vec<u8> = bytes.iter().map(|byte| self.settings.with_parity(*byte)).collect();
        let Some(baud) = self.settings.baud else { return Ok(sent) };
        Ok(wire::carry(&sent, baud, self.host_baud()?))
    }

    /// Turns the first `len` bytes of `buffer` into what the device makes of them; how many these are.
    fn as_device_hears(&self, buffer: &mut [u8], len: usize) -> anyhow::Result<usize> {
        let Some(baud) = self.settings.baud else { return Ok(len) };
        let heard = wire::carry(&buffer[..len], self.host_baud()?, baud);
        let len = heard.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(heard) {
            *place = self.settings.without_parity(byte);
        }
        Ok(len)
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
