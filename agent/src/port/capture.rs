//! The file a line's bytes are kept in: what came, what was sent, and when.
//!
//! JSON lines. The first says what it is; each of the others is one read or one write:
//! ```text
//! {"binwire_capture":1,"port":"/dev/ttyUSB0","format":"9600 8N1"}
//! {"t_ms":0,"out":"53490d0a"}
//! {"t_ms":14,"in":"5320532020202020313030"}
//! ```
//! Hex, since a line may carry anything; text lines, since they survive mail and can be cut with an editor.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The version of the file's layout.
const VERSION: u32 = 1;

/// The longest line read: a read has some kB, two digits a byte.
pub const LINE_LEN_MAX: usize = 64 * 1024;

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    binwire_capture: u32,
    pub port: String,
    pub format: String,
}

/// One read or write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Since the capture began.
    pub at_ms: u64,
    pub direction: Direction,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the device.
    In,
    /// To the device.
    Out,
}

/// Why a file is no capture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    #[error("line 1 is no capture header; captures are made with `binwire-agent capture`")]
    Header,
    #[error("capture has version {0}, this agent reads version {VERSION}")]
    Version(u32),
    #[error("line {0} is no chunk of a capture")]
    Chunk(usize),
    #[error("line {0} goes back in time")]
    Time(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    t_ms: u64,
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(rename = "out", default, skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl Header {
    #[must_use]
    pub fn new(port: String, format: String) -> Self {
        Self { binwire_capture: VERSION, port, format }
    }

    /// As a line of the file, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Chunk {
    /// As a line of the file, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let (input, output) = match self.direction {
            Direction::In => (Some(to_hex(&self.bytes)), None),
            Direction::Out => (None, Some(to_hex(&self.bytes))),
        };
        serde_json::to_string(&Row { t_ms: self.at_ms, input, output }).unwrap_or_default()
    }
}

/// Reads a whole capture.
///
/// # Errors
/// Names the line that is wrong.
pub fn parse(text: &str) -> Result<(Header, Vec<Chunk>), CaptureError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header: Header =
        lines.next().and_then(|(_, line)| serde_json::from_str(line).ok()).ok_or(CaptureError::Header)?;
    if header.binwire_capture != VERSION {
        return Err(CaptureError::Version(header.binwire_capture));
    }
    let mut chunks = Vec::new();
    let mut last_ms = 0;
    for (index, line) in lines {
        let row: Row = serde_json::from_str(line).map_err(|_| CaptureError::Chunk(index + 1))?;
        let (direction, hex) = match (row.input, row.output) {
            (Some(hex), None) => (Direction::In, hex),
            (None, Some(hex)) => (Direction::Out, hex),
            (None, None) | (Some(_), Some(_)) => return Err(CaptureError::Chunk(index + 1)),
        };
        if row.t_ms < last_ms {
            return Err(CaptureError::Time(index + 1));
        }
        last_ms = row.t_ms;
        let bytes = from_hex(&hex).ok_or(CaptureError::Chunk(index + 1))?;
        chunks.push(Chunk { at_ms: row.t_ms, direction, bytes });
    }
    Ok((header, chunks))
}

/// Lower-case hex.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Bytes of a hex text; spaces and colons between bytes are skipped. `None` when it is none.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b':').collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        u8::try_from(high? * 16 + low?).ok()
    };
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_is_read_as_it_was_written() {
        let header = Header::new("/dev/ttyUSB0".into(), "9600 8N1".into());
        let chunks = [
            Chunk { at_ms: 0, direction: Direction::Out, bytes: b"SI\r\n".to_vec() },
            Chunk { at_ms: 14, direction: Direction::In, bytes: vec![0, 0xFF, 0x1D] },
        ];
        let text = format!("{}\n{}\n{}\n", header.to_line(), chunks[0].to_line(), chunks[1].to_line());
        assert_eq!(parse(&text), Ok((header, chunks.to_vec())));
    }

    #[test]
    fn a_damaged_capture_names_its_line() {
        let header = Header::new("p".into(), "f".into()).to_line();
        let with = |line: &str| parse(&format!("{header}\n{{\"t_ms\":5,\"in\":\"00\"}}\n{line}")).unwrap_err();
        assert_eq!(with("{\"t_ms\":6,\"in\":\"0\"}"), CaptureError::Chunk(3));
        assert_eq!(with("{\"t_ms\":6}"), CaptureError::Chunk(3));
        assert_eq!(with("{\"t_ms\":4,\"in\":\"00\"}"), CaptureError::Time(3));
        assert_eq!(parse("{}"), Err(CaptureError::Header));
        assert_eq!(parse(&header.replace("capture\":1", "capture\":9")), Err(CaptureError::Version(9)));
    }

    #[test]
    fn hex_may_be_grouped() {
        assert_eq!(from_hex("53 49:0D\n0a"), Some(b"SI\r\n".to_vec()));
        assert_eq!(from_hex(""), Some(Vec::new()));
        for text in ["5", "5g", "535"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
        assert_eq!(to_hex(&[0, 0x0d, 0xff]), "000dff");
    }
}
