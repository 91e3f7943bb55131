//! A device's bytes, whatever it hangs on.
//!
//! Opened exclusively where that is possible, drained of what lay in its buffers, read until it is gone. What is
//! unplugged reads as an end of file (`Ok(0)`), not as an error; whoever reads on would spin. Here it ends the line, and
//! the device's task opens it anew.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_serial::SerialStream;

use super::{capture::Direction, keyboard::Keys, raw::Raw, replay::Replay, serial};
use crate::{
    config::{LineConfig, Port},
    device::FrameError,
};

/// Bytes of one read. A scan is under a hundred; a burst after a pause is taken in a few reads.
const READ_LEN: usize = 4_096;

/// The first wait before a line is opened again, and the longest: a plug takes a second, a night's power cut hours.
pub const REOPEN_FIRST: Duration = Duration::from_millis(200);
pub const REOPEN_MAX: Duration = Duration::from_secs(5);

/// How long a device on the network may take to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a line may take to take a command: one whose far end nobody reads takes bytes until its buffer is full, and
/// then none.
const WRITE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// An open line.
pub struct Line {
    source: Source,
    tap: Option<Tap>,
}

/// Sees what comes and goes over a line.
pub type Tap = Box<dyn FnMut(Direction, &[u8]) + Send>;

#[derive(Debug)]
enum Source {
    Serial(SerialStream),
    Tcp(TcpStream),
    Hid(Raw),
    Keyboard(Box<Keys>),
    Replay(Replay),
}

/// Why a line cannot be used, and what to do.
#[must_use]
pub fn explained(error: &io::Error, line: &LineConfig) -> String {
    let port = &line.port;
    match (error.kind(), port) {
        (io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut, Port::Tcp(_)) => {
            format!("{port} does not answer; switch the device on, or check address and port")
        }
        (io::ErrorKind::NotFound, Port::Replay(_)) => format!("{port} is not there"),
        (io::ErrorKind::InvalidData, Port::Replay(_)) => format!("{port}: {error}"),
        (io::ErrorKind::UnexpectedEof, Port::Tcp(_)) => {
            format!("{port} closed the connection; it may serve one program at a time: stop the other one")
        }
        (io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof, _) => format!("{port} is not there; plug it in"),
        (io::ErrorKind::PermissionDenied, _) => {
            format!("no permission for {port}; add the agent's user to the group that owns it")
        }
        (io::ErrorKind::ResourceBusy, _) => format!("{port} is held by another program; stop that one"),
        _ => format!("{port}: {error}"),
    }
}

impl Line {
    /// Opens a line and drops what was waiting in it: half a frame from before says nothing.
    ///
    /// # Errors
    /// The system's: not there, no permission, taken by another.
    pub async fn open(config: &LineConfig) -> io::Result<Self> {
        let source = match &config.port {
            Port::Serial(path) => Source::Serial(serial::open(path, config.format)?),
            Port::Tcp(address) => {
                let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
                stream.set_nodelay(true)?;
                SockRef::from(&stream).set_tcp_keepalive(&keepalive())?;
                Source::Tcp(stream)
            }
            Port::Hid(path) => Source::Hid(Raw::open(path)?),
            Port::Keyboard(path) => Source::Keyboard(Box::new(Keys::open(path)?)),
            Port::Replay(path) => Source::Replay(Replay::open(path).await?),
        };
        Ok(Self { source, tap: None })
    }

    /// The same line, seen by `tap`.
    #[must_use]
    pub fn tapped(mut self, tap: Tap) -> Self {
        self.tap = Some(tap);
        self
    }

    /// Whether bytes travel at a speed that must be right.
    #[must_use]
    pub const fn has_uart(&self) -> bool {
        matches!(self.source, Source::Serial(_))
    }

    /// Whether the far end can be gone without anybody noticing.
    #[must_use]
    pub const fn is_network(&self) -> bool {
        matches!(self.source, Source::Tcp(_))
    }

    /// Scans that the port itself could not make out, since the last call.
    #[must_use]
    pub fn take_bad_frames(&mut self) -> Vec<FrameError> {
        match &mut self.source {
            Source::Keyboard(keys) => keys.take_bad_frames(),
            Source::Serial(_) | Source::Tcp(_) | Source::Hid(_) | Source::Replay(_) => Vec::new(),
        }
    }

    /// The next bytes; none when there is only something for [`Self::take_bad_frames`]. Cancel-safe: what was read is returned, or still waits.
    ///
    /// # Errors
    /// `UnexpectedEof` when the line is gone.
    pub async fn read(&mut self) -> io::Result<Vec<u8>> {
        let bytes = self.read_untapped().await?;
        if let Some(tap) = &mut self.tap {
            tap(Direction::In, &bytes);
        }
        Ok(bytes)
    }

    async fn read_untapped(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; READ_LEN];
        let len = match &mut self.source {
            Source::Serial(stream) => stream.read(&mut bytes).await?,
            Source::Tcp(stream) => stream.read(&mut bytes).await?,
            Source::Hid(raw) => raw.read(&mut bytes).await?,
            Source::Keyboard(keys) => return keys.read().await,
            Source::Replay(replay) => return replay.read().await,
        };
        if len == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "unplugged"));
        }
        bytes.truncate(len);
        Ok(bytes)
    }

    /// Sends bytes. What takes none (a keyboard, a HID scale, a capture) swallows them.
    ///
    /// # Errors
    /// The system's; `TimedOut` when the far end takes nothing.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(tap) = &mut self.tap {
            tap(Direction::Out, bytes);
        }
        let written = async {
            match &mut self.source {
                Source::Serial(stream) => stream.write_all(bytes).await,
                Source::Tcp(stream) => stream.write_all(bytes).await,
                Source::Hid(_) | Source::Keyboard(_) | Source::Replay(_) => Ok(()),
            }
        };
        timeout(WRITE_TIMEOUT, written)
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "takes no bytes")))
    }
}

/// A device on the network that loses its power says nothing, and nothing is sent to one that speaks by itself: it is
/// asked for a sign of life after so long, so often, and is gone after half a minute without one.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_secs(10)).with_interval(Duration::from_secs(5)).with_retries(3)
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("source", &self.source).finish_non_exhaustive()
    }
}
