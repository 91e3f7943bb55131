//! Serial lines: opened exclusively, drained of what lay in their buffers, read until they are gone.
//!
//! An unplugged line reads as an end of file (`Ok(0)`), not as an error; whoever reads on would spin. Here it ends
//! the line, and the device's task opens it anew.

use std::{io, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_serial::{ClearBuffer, DataBits, SerialPort, SerialPortBuilderExt, SerialStream, StopBits};

use crate::config::{LineConfig, Parity};

/// Bytes of one read. A scan is under a hundred; a burst after a pause is taken in a few reads.
const READ_LEN: usize = 4_096;

/// The first wait before a line is opened again, and the longest: a plug takes a second, a night's power cut hours.
pub const REOPEN_FIRST: Duration = Duration::from_millis(200);
pub const REOPEN_MAX: Duration = Duration::from_secs(5);

/// An open line.
#[derive(Debug)]
pub struct Line {
    stream: SerialStream,
}

/// Why a line cannot be used, and what to do.
#[must_use]
pub fn explained(error: &io::Error, line: &LineConfig) -> String {
    let port = line.port.display();
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) {
        format!("{port} is not there; plug it in")
    } else if kind == io::ErrorKind::PermissionDenied {
        format!("no permission for {port}; add the agent's user to the group that owns it")
    } else {
        format!("{port}: {error}")
    }
}

impl Line {
    /// Opens a line and drops what was waiting in it: half a frame from before says nothing.
    ///
    /// # Errors
    /// The system's: not there, no permission, taken by another.
    pub fn open(config: &LineConfig) -> io::Result<Self> {
        let (data_bits, parity) = match config.parity {
            Parity::None => (DataBits::Eight, tokio_serial::Parity::None),
            Parity::Even => (DataBits::Seven, tokio_serial::Parity::Even),
            Parity::Odd => (DataBits::Seven, tokio_serial::Parity::Odd),
        };
        let stream = tokio_serial::new(config.port.to_string_lossy(), config.baud)
            .data_bits(data_bits)
            .parity(parity)
            .stop_bits(StopBits::One)
            .open_native_async()?;
        stream.clear(ClearBuffer::Input)?;
        Ok(Self { stream })
    }

    /// The next bytes.
    ///
    /// # Errors
    /// `UnexpectedEof` when the line is gone.
    pub async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; READ_LEN];
        match self.stream.read(&mut bytes).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "unplugged")),
            len => {
                bytes.truncate(len);
                Ok(bytes)
            }
        }
    }

    /// Sends a command.
    ///
    /// # Errors
    /// The system's.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }
}
