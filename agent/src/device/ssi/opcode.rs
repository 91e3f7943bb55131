//! The opcodes and the reasons of a refusal.

/// What kind of packet it is. Both sides use one numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode(pub u8);

impl Opcode {
    pub const PARAM_SEND: Self = Self(0xC6);
    pub const PARAM_REQUEST: Self = Self(0xC7);
    pub const REQUEST_REVISION: Self = Self(0xA3);
    pub const REPLY_REVISION: Self = Self(0xA4);
    pub const CMD_ACK: Self = Self(0xD0);
    pub const CMD_NAK: Self = Self(0xD1);
    pub const FLUSH_QUEUE: Self = Self(0xD2);
    pub const CAPABILITIES_REPLY: Self = Self(0xD4);
    pub const BATCH_DATA: Self = Self(0xD6);
    pub const START_SESSION: Self = Self(0xE4);
    pub const STOP_SESSION: Self = Self(0xE5);
    pub const BEEP: Self = Self(0xE6);
    pub const LED_ON: Self = Self(0xE7);
    pub const LED_OFF: Self = Self(0xE8);
    pub const SCAN_ENABLE: Self = Self(0xE9);
    pub const SCAN_DISABLE: Self = Self(0xEA);
    pub const IMAGE_DATA: Self = Self(0xB1);
    pub const VIDEO_DATA: Self = Self(0xB4);
    pub const DECODE_DATA: Self = Self(0xF3);
    pub const EVENT: Self = Self(0xF6);

    /// The guide's name; "UNKNOWN" for numbers it does not list.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            0x10 => "FLUSH_MACRO_PDF",
            0x11 => "ABORT_MACRO_PDF",
            0x12 => "CUSTOM_DEFAULTS",
            0x80 => "SSI_MGMT_COMMAND",
            0xA3 => "REQUEST_REVISION",
            0xA4 => "REPLY_REVISION",
            0xB1 => "IMAGE_DATA",
            0xB4 => "VIDEO_DATA",
            0xC0 => "ILLUMINATION_OFF",
            0xC1 => "ILLUMINATION_ON",
            0xC4 => "AIM_OFF",
            0xC5 => "AIM_ON",
            0xC6 => "PARAM_SEND",
            0xC7 => "PARAM_REQUEST",
            0xC8 => "PARAM_DEFAULTS",
            0xC9 => "CHANGE_ALL_CODE_TYPES",
            0xCA => "PAGER_MOTOR_ACTIVATION",
            0xD0 => "CMD_ACK",
            0xD1 => "CMD_NAK",
            0xD2 => "FLUSH_QUEUE",
            0xD3 => "CAPABILITIES_REQUEST",
            0xD4 => "CAPABILITIES_REPLY",
            0xD5 => "BATCH_REQUEST",
            0xD6 => "BATCH_DATA",
            0xD8 => "CMD_ACK_ACTION",
            0xE4 => "START_SESSION",
            0xE5 => "STOP_SESSION",
            0xE6 => "BEEP",
            0xE7 => "LED_ON",
            0xE8 => "LED_OFF",
            0xE9 => "SCAN_ENABLE",
            0xEA => "SCAN_DISABLE",
            0xEB => "SLEEP",
            0xF3 => "DECODE_DATA",
            0xF6 => "EVENT",
            0xF7 => "IMAGER_MODE",
            _ => "UNKNOWN",
        }
    }

    /// The guide lists it.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.name() != "UNKNOWN"
    }

    /// The scanner sends it of its own and repeats it until it is acknowledged. `DECODE_DATA` is not among them: its
    /// acknowledgement is a matter of whether the scan was recorded.
    #[must_use]
    pub const fn wants_ack(self) -> bool {
        matches!(
            self,
            Self::PARAM_SEND | Self::EVENT | Self::IMAGE_DATA | Self::VIDEO_DATA | Self::BATCH_DATA | Self(0x80)
        )
    }

    /// The scanner's answer to a command, other than a plain acknowledgement.
    #[must_use]
    pub const fn is_reply(self) -> bool {
        matches!(self, Self::REPLY_REVISION | Self::CAPABILITIES_REPLY | Self::PARAM_SEND)
    }
}

/// Why a packet was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NakReason {
    /// Came damaged, or cannot be dealt with now: the same again, please.
    Resend,
    /// Makes no sense here, or is not known.
    BadContext,
    /// Known, and switched off.
    Denied,
    /// Not wanted, also not again.
    Cancel,
    Other(u8),
}

impl NakReason {
    #[must_use]
    pub const fn of(number: u8) -> Self {
        match number {
            0x01 => Self::Resend,
            0x02 => Self::BadContext,
            0x06 => Self::Denied,
            0x0A => Self::Cancel,
            other => Self::Other(other),
        }
    }

    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Resend => 0x01,
            Self::BadContext => 0x02,
            Self::Denied => 0x06,
            Self::Cancel => 0x0A,
            Self::Other(number) => number,
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::BadContext => "bad-context",
            Self::Denied => "denied",
            Self::Cancel => "cancel",
            Self::Other(_) => "unknown",
        }
    }
}
