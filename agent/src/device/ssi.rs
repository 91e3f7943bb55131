//! SSI, Zebra's Simple Serial Interface: scans in packets that the host must acknowledge.
//!
//! Owns the packet: reading one ([`Packet::parse`]), finding them in a stream ([`SsiDecoder`]), the host's commands
//! ([`Command`]), joining data that fills several packets and telling a repeat from a new scan ([`Assembly`]). Written
//! to Zebra's programmer's guide 72E-40451. Must not know when to send what: that is
//! [`scanner_host`](super::scanner_host).
//!
//! ```text
//!  byte 0    1       2            3        4 ..       last two
//!  length   opcode  source       status   body       checksum
//!           D0 ..   00 scanner   bit 0 retransmitted   two's complement of the sum of all bytes before it,
//!                   04 host      bit 1 more follows     high byte first
//!                                bit 3 keep for good (PARAM_SEND)
//! ```
//! The length counts everything but the checksum, so 4 is the shortest.

use serde::ser::{Serialize, SerializeMap, Serializer};

mod assembly;
mod code_type;
mod command;
mod decoder;
mod opcode;

pub use assembly::{Assembly, Taken};
pub use code_type::CodeType;
pub use command::{Beep, Command, WAKE};
pub use decoder::SsiDecoder;
pub use opcode::{NakReason, Opcode};

/// Length, opcode, source and status.
const HEADER_LEN: usize = 4;
const CHECKSUM_LEN: usize = 2;

/// The longest packet: what a length byte can say, and the checksum.
pub const PACKET_LEN_MAX: usize = 255 + CHECKSUM_LEN;

const STATUS_RETRANSMIT: u8 = 0b0001;
const STATUS_MORE: u8 = 0b0010;
const STATUS_PERMANENT: u8 = 0b1000;

/// Why bytes are no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    #[error("the length does not fit the packet")]
    BadLength,
    #[error("the checksum is wrong")]
    Checksum,
    #[error("the packet is cut off")]
    Incomplete,
}

impl PacketError {
    /// A short word for machines.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadLength => "bad-length",
            Self::Checksum => "checksum",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Who sent a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Scanner,
    /// On a line that echoes, the host hears itself.
    Host,
    Other(u8),
}

impl Source {
    const fn of(byte: u8) -> Self {
        match byte {
            0x00 => Self::Scanner,
            0x04 => Self::Host,
            other => Self::Other(other),
        }
    }
}

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub source: Source,
    /// The sender had no answer and sends the same once more.
    pub retransmit: bool,
    /// The next packet goes on where this one ends.
    pub more: bool,
    pub message: Message,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A scan, or a part of one. `data` is as in the symbol, untrimmed.
    DecodeData { code_type: CodeType, data: Vec<u8> },
    /// The last packet was not taken.
    Nak(NakReason),
    /// Everything else, the body as sent.
    Other { opcode: Opcode, body: Vec<u8> },
}

impl Packet {
    /// Reads one packet; `bytes` must be exactly that.
    ///
    /// # Errors
    /// [`PacketError`]: shorter than it says, longer than it says, or wrongly summed.
    pub fn parse(bytes: &[u8]) -> Result<Self, PacketError> {
        let length = usize::from(*bytes.first().ok_or(PacketError::Incomplete)?);
        if length < HEADER_LEN {
            return Err(PacketError::BadLength);
        }
        let Some((summed, sum)) = bytes.split_at_checked(length) else {
            return Err(PacketError::Incomplete);
        };
        match sum {
            [_, _] if sum == checksum(summed) => {}
            [_, _] => return Err(PacketError::Checksum),
            [] | [_] => return Err(PacketError::Incomplete),
            [_, _, _, ..] => return Err(PacketError::BadLength),
        }
        let [_, opcode, source, status, body @ ..] = summed else {
            return Err(PacketError::BadLength);
        };
        let opcode = Opcode(*opcode);
        let message = match (opcode, body) {
            (Opcode::DECODE_DATA, [code_type, data @ ..]) => {
                Message::DecodeData { code_type: CodeType(*code_type), data: data.to_vec() }
            }
            (Opcode::CMD_NAK, [reason, ..]) => Message::Nak(NakReason::of(*reason)),
            (Opcode::DECODE_DATA | Opcode::CMD_NAK, []) => return Err(PacketError::BadLength),
            (_, body) => Message::Other { opcode, body: body.to_vec() },
        };
        Ok(Self {
            source: Source::of(*source),
            retransmit: status & STATUS_RETRANSMIT != 0,
            more: status & STATUS_MORE != 0,
            message,
        })
    }

    #[must_use]
    pub const fn opcode(&self) -> Opcode {
        match &self.message {
            Message::DecodeData { .. } => Opcode::DECODE_DATA,
            Message::Nak(_) => Opcode::CMD_NAK,
            Message::Other { opcode, .. } => *opcode,
        }
    }
}

/// `{"op":"DECODE_DATA","type":3,"type_name":"code-128","data":"…","retransmit":false,"more":false}`; a refusal has
/// `reason` and `reason_name`; all others their name only.
impl Serialize for Packet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("op", self.opcode().name())?;
        match &self.message {
            Message::DecodeData { code_type, data } => {
                map.serialize_entry("type", &code_type.0)?;
                map.serialize_entry("type_name", code_type.name())?;
                map.serialize_entry("data", &text(data))?;
                map.serialize_entry("retransmit", &self.retransmit)?;
                map.serialize_entry("more", &self.more)?;
            }
            Message::Nak(reason) => {
                map.serialize_entry("reason", &reason.number())?;
                map.serialize_entry("reason_name", reason.name())?;
            }
            Message::Other { .. } => {}
        }
        map.end()
    }
}

/// As [`Scan::text`](super::reading::Scan::text): different data stay different.
fn text(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) => text.to_owned(),
        Err(_) => data.iter().copied().map(char::from).collect(),
    }
}

fn checksum(summed: &[u8]) -> [u8; 2] {
    summed.iter().fold(0_u16, |sum, byte| sum.wrapping_sub(u16::from(*byte))).to_be_bytes()
}

#[cfg(test)]
mod tests;
