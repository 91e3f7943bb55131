//! Serial lines through the system's terminals.

use std::{io, path::Path};

use tokio_serial::{ClearBuffer, DataBits, Parity, SerialPort, SerialPortBuilderExt, SerialStream, StopBits};

use crate::device::{Framing, LineFormat};

/// Opens a line for us alone, at its speed and framing, and drops what waited in it.
///
/// # Errors
/// The system's.
pub(super) fn open(path: &Path, format: LineFormat) -> io::Result<SerialStream> {
    let (data_bits, parity, stop_bits) = match format.framing {
        Framing::EightNone => (DataBits::Eight, Parity::None, StopBits::One),
        Framing::SevenEven => (DataBits::Seven, Parity::Even, StopBits::One),
        Framing::SevenOdd => (DataBits::Seven, Parity::Odd, StopBits::One),
        Framing::SevenNoneTwo => (DataBits::Seven, Parity::None, StopBits::Two),
        Framing::EightEven => (DataBits::Eight, Parity::Even, StopBits::One),
        Framing::EightOdd => (DataBits::Eight, Parity::Odd, StopBits::One),
        Framing::EightNoneTwo => (DataBits::Eight, Parity::None, StopBits::Two),
    };
    let stream = tokio_serial::new(path.to_string_lossy(), format.baud)
        .data_bits(data_bits)
        .parity(parity)
        .stop_bits(stop_bits)
        .open_native_async()?;
    stream.clear(ClearBuffer::Input)?;
    Ok(stream)
}
