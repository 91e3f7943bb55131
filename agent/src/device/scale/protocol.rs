//! The scale protocols: which there are, how their lines run, how they are asked.
//!
//! Owns the table that ties a name in the site's file to a grammar, a line and a question. A protocol's layout stands
//! in its own file. Must not know ports or time.

use std::{fmt, str::FromStr};

use super::{
    adam::Adam,
    and::And,
    cas::Cas,
    decoder::{Decoder, Grammar},
    dini::Dini,
    kern_de::KernDe,
    kern_eoc::KernEoc,
    modbus::{Modbus, Query},
    mt_sics::MtSics,
    nci::Nci,
    ohaus::Ohaus,
    radwag::Radwag,
    report::Unit,
    sartorius::Sartorius,
    sma::Sma,
    toledo_8217::Toledo8217,
    toledo_continuous::ToledoContinuous,
    usb_hid::UsbHid,
};
use crate::device::line_format::{Framing, LineFormat};

/// A scale's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    MtSics,
    Toledo8217,
    ToledoContinuous,
    Sma,
    Nci,
    And,
    Cas22,
    Cas18,
    Cas10,
    Ohaus,
    SartoriusSbi,
    Radwag,
    Dini,
    Adam,
    KernDe,
    KernEoc,
    ModbusRtu,
    ModbusTcp,
    UsbHid,
}

/// What a decoder has to be told besides the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// What a weight without a unit of its own is in.
    pub unit: Option<Unit>,
    /// The eighth bit is parity.
    pub mask_parity: bool,
    /// Toledo continuous: frames end with a checksum.
    pub checksum: bool,
    /// Modbus: which registers.
    pub query: Query,
}

/// Why a text is no protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such scale protocol: {name:?}; there are {}", Protocol::ALL.map(Protocol::name).join(", "))]
pub struct ProtocolError {
    name: String,
}

/// How a scale is brought to say what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// Sent once after the line opened, before anything else.
    pub open: &'static [u8],
    /// Sent again and again; empty: the scale speaks by itself.
    pub ask: Vec<u8>,
    /// Whether the scale answers the opening, so that the first question waits for it.
    pub open_is_answered: bool,
}

impl Protocol {
    pub const ALL: [Self; 19] = [
        Self::MtSics,
        Self::Toledo8217,
        Self::ToledoContinuous,
        Self::Sma,
        Self::Nci,
        Self::And,
        Self::Cas22,
        Self::Cas18,
        Self::Cas10,
        Self::Ohaus,
        Self::SartoriusSbi,
        Self::Radwag,
        Self::Dini,
        Self::Adam,
        Self::KernDe,
        Self::KernEoc,
        Self::ModbusRtu,
        Self::ModbusTcp,
        Self::UsbHid,
    ];

    /// As written in the site's file and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MtSics => "mt-sics",
            Self::Toledo8217 => "toledo-8217",
            Self::ToledoContinuous => "toledo-continuous",
            Self::Sma => "sma",
            Self::Nci => "nci",
            Self::And => "and",
            Self::Cas22 => "cas-22",
            Self::Cas18 => "cas-18",
            Self::Cas10 => "cas-10",
            Self::Ohaus => "ohaus",
            Self::SartoriusSbi => "sartorius-sbi",
            Self::Radwag => "radwag",
            Self::Dini => "dini",
            Self::Adam => "adam",
            Self::KernDe => "kern-de",
            Self::KernEoc => "kern-eoc",
            Self::ModbusRtu => "modbus-rtu",
            Self::ModbusTcp => "modbus-tcp",
            Self::UsbHid => "usb-hid",
        }
    }

    /// How the line of such a scale runs when it leaves the factory; older models differ.
    #[must_use]
    pub const fn line(self) -> LineFormat {
        match self {
            Self::Toledo8217 | Self::Nci => LineFormat::new(9_600, Framing::SevenEven),
            Self::And => LineFormat::new(2_400, Framing::SevenEven),
            Self::MtSics
            | Self::ToledoContinuous
            | Self::Sma
            | Self::Cas22
            | Self::Cas18
            | Self::Cas10
            | Self::Ohaus
            | Self::SartoriusSbi
            | Self::Radwag
            | Self::Dini
            | Self::Adam
            | Self::KernDe
            | Self::KernEoc
            | Self::ModbusRtu
            | Self::ModbusTcp
            | Self::UsbHid => LineFormat::USUAL,
        }
    }

    /// Whether a frame leaves out its unit, so that the site has to say it.
    #[must_use]
    pub const fn needs_unit(self) -> bool {
        matches!(self, Self::Toledo8217 | Self::Cas10 | Self::ModbusRtu | Self::ModbusTcp)
    }

    /// How such a scale is asked.
    #[must_use]
    pub fn asking(self, options: &Options) -> Asking {
        let (open, ask): (&'static [u8], &[u8]) = match self {
            // `@` stops a stream that a former host has started. `SI` and not `S`, which waits in the scale for
            // stability, seconds long: the agent has a stability check of its own.
            Self::MtSics => {
                return Asking { open: b"@\r\n", ask: b"SI\r\n".to_vec(), open_is_answered: true };
            }
            Self::Toledo8217 | Self::KernEoc => (b"", b"W"),
            Self::Sma => (b"", b"\nW\r"),
            Self::Nci => (b"", b"W\r"),
            Self::And => (b"", b"Q\r\n"),
            Self::Ohaus => (b"", b"IP\r\n"),
            Self::SartoriusSbi => (b"", b"\x1bP\r\n"),
            Self::Radwag => (b"", b"SI\r\n"),
            Self::Dini => (b"", b"READ\r\n"),
            Self::Adam => (b"", b"P\r\n"),
            Self::KernDe => (b"", b"w"),
            Self::ModbusRtu => return Asking { open: b"", ask: options.query.rtu_request(), open_is_answered: false },
            Self::ModbusTcp => return Asking { open: b"", ask: options.query.tcp_request(), open_is_answered: false },
            Self::ToledoContinuous | Self::Cas22 | Self::Cas18 | Self::Cas10 | Self::UsbHid => (b"", b""),
        };
        Asking { open, ask: ask.to_vec(), open_is_answered: false }
    }

    /// A decoder of such a scale's bytes.
    #[must_use]
    pub fn decoder(self, options: &Options) -> Decoder {
        let grammar: Box<dyn Grammar> = match self {
            Self::MtSics => Box::new(MtSics),
            Self::Toledo8217 => Box::new(Toledo8217::new(options.unit)),
            Self::ToledoContinuous => Box::new(ToledoContinuous::new(options.checksum)),
            Self::Sma => Box::new(Sma),
            Self::Nci => Box::new(Nci),
            Self::And => Box::new(And),
            Self::Cas22 => Box::new(Cas::TwentyTwo),
            Self::Cas18 => Box::new(Cas::Eighteen),
            Self::Cas10 => Box::new(Cas::Ten { unit: options.unit }),
            Self::Ohaus => Box::new(Ohaus),
            Self::SartoriusSbi => Box::new(Sartorius),
            Self::Radwag => Box::new(Radwag),
            Self::Dini => Box::new(Dini),
            Self::Adam => Box::new(Adam),
            Self::KernDe => Box::new(KernDe),
            Self::KernEoc => Box::new(KernEoc),
            Self::ModbusRtu => Box::new(Modbus::rtu(options.query.clone(), options.unit)),
            Self::ModbusTcp => Box::new(Modbus::tcp(options.query.clone(), options.unit)),
            Self::UsbHid => Box::new(UsbHid),
        };
        Decoder::new(grammar, options.mask_parity)
    }
}

impl FromStr for Protocol {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let found = Self::ALL.into_iter().find(|protocol| protocol.name() == text);
        found.ok_or_else(|| ProtocolError { name: text.to_owned() })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
