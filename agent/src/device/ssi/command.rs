//! What a host sends.

use super::{NakReason, Opcode, STATUS_PERMANENT, STATUS_RETRANSMIT, checksum};

/// Sent alone, then 10 ms of silence: wakes a scanner that would otherwise lose the first byte of a packet. Needed
/// wherever RTS/CTS is not wired.
pub const WAKE: u8 = 0x00;

/// What the `PARAM_SEND` beep code means when nothing is to sound.
const NO_BEEP: u8 = 0xFF;

/// The host's source byte.
const HOST: u8 = 0x04;

/// The longest body a length byte leaves room for.
const BODY_LEN_MAX: usize = 255 - super::HEADER_LEN;

/// A tone, of the 26 the scanner knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beep(pub u8);

impl Beep {
    pub const ONE_SHORT_HIGH: Self = Self(0x00);
    pub const TWO_SHORT_HIGH: Self = Self(0x01);
    pub const THREE_SHORT_HIGH: Self = Self(0x02);
    pub const ONE_SHORT_LOW: Self = Self(0x05);
    pub const FOUR_SHORT_LOW: Self = Self(0x08);
    pub const ONE_LONG_HIGH: Self = Self(0x0A);
    pub const ONE_LONG_LOW: Self = Self(0x0F);
    pub const FAST_WARBLE: Self = Self(0x14);
    pub const SLOW_WARBLE: Self = Self(0x15);
    pub const HIGH_LOW: Self = Self(0x16);
    pub const LOW_HIGH: Self = Self(0x17);
    pub const HIGH_LOW_HIGH: Self = Self(0x18);
    pub const LOW_HIGH_LOW: Self = Self(0x19);
}

/// A packet from the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Ack,
    Nak(NakReason),
    Beep(Beep),
    /// Bit 0 is the decode LED.
    LedOn(u8),
    LedOff(u8),
    ScanEnable,
    ScanDisable,
    /// Settings as the scanner numbers them, `number value` in turn with the prefixes the guide gives high numbers.
    ParamSend {
        settings: Vec<u8>,
        /// Written to flash, which wears out; else forgotten when the power goes.
        permanent: bool,
    },
    ParamRequest(u8),
    RequestRevision,
    /// As if the trigger were pulled.
    StartSession,
    StopSession,
    FlushQueue,
}

impl Command {
    /// The packet. `retransmit`: the same was sent before and got no answer.
    #[must_use]
    pub fn encode(&self, retransmit: bool) -> Vec<u8> {
        let one;
        let several;
        let mut status = if retransmit { STATUS_RETRANSMIT } else { 0 };
        let (opcode, body): (Opcode, &[u8]) = match self {
            Self::Ack => (Opcode::CMD_ACK, &[]),
            Self::Nak(reason) => {
                one = [reason.number()];
                (Opcode::CMD_NAK, &one)
            }
            Self::Beep(beep) => {
                one = [beep.0];
                (Opcode::BEEP, &one)
            }
            Self::LedOn(mask) => {
                one = [*mask];
                (Opcode::LED_ON, &one)
            }
            Self::LedOff(mask) => {
                one = [*mask];
                (Opcode::LED_OFF, &one)
            }
            Self::ScanEnable => (Opcode::SCAN_ENABLE, &[]),
            Self::ScanDisable => (Opcode::SCAN_DISABLE, &[]),
            Self::ParamSend { settings, permanent } => {
                if *permanent {
                    status |= STATUS_PERMANENT;
                }
                several = [&[NO_BEEP], settings.as_slice()].concat();
                (Opcode::PARAM_SEND, &several)
            }
            Self::ParamRequest(number) => {
                one = [*number];
                (Opcode::PARAM_REQUEST, &one)
            }
            Self::RequestRevision => (Opcode::REQUEST_REVISION, &[]),
            Self::StartSession => (Opcode::START_SESSION, &[]),
            Self::StopSession => (Opcode::STOP_SESSION, &[]),
            Self::FlushQueue => (Opcode::FLUSH_QUEUE, &[]),
        };
        packet(opcode, status, body)
    }
}

fn packet(opcode: Opcode, status: u8, body: &[u8]) -> Vec<u8> {
    let body = &body[..body.len().min(BODY_LEN_MAX)];
    let length = u8::try_from(super::HEADER_LEN + body.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![length, opcode.0, HOST, status];
    bytes.extend_from_slice(body);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}
