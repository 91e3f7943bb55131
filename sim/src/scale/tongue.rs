//! The tongues scales speak, and how a scale of each comes from the factory.
//!
//! Owns the names, the usual line of each and what a tongue is to the rest of the simulation: something that hears
//! bytes and says bytes. The bytes themselves stand in a file per tongue, written from the makers' manuals and not from
//! the agent's decoders: a mistake made in one must not be repeated in the other.

use std::fmt;
use std::time::Duration;

use super::adam::{Adam, AdamFormat};
use super::and::{And, AndFormat};
use super::cas::{Cas, CasFormat};
use super::dini::Dini;
use super::display::Unit;
use super::kern_de::KernDe;
use super::kern_eoc::KernEoc;
use super::modbus::{Map, WordOrder};
use super::modbus_rtu::ModbusRtu;
use super::mt_sics::MtSics;
use super::nci::Nci;
use super::ohaus::{Ohaus, OhausFormat};
use super::pan::Pan;
use super::radwag::Radwag;
use super::sartorius::Sartorius;
use super::sma::Sma;
use super::toledo_8217::Toledo8217;
use super::toledo_continuous::ToledoContinuous;
use super::usb_hid::UsbHid;
use crate::pty::LineSettings;

/// What a scale speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tongue {
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
    /// On a TCP port instead of a serial line.
    ModbusTcp,
    /// Reports of six bytes on a terminal in the place of a hidraw node.
    UsbHid,
}

impl Tongue {
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

    /// The word for it in a site's file.
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

    /// Baud from the factory; `None` where there is no UART.
    #[must_use]
    pub const fn usual_baud(self) -> Option<u32> {
        match self {
            Self::And => Some(2400),
            Self::MtSics
            | Self::Toledo8217
            | Self::ToledoContinuous
            | Self::Sma
            | Self::Nci
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
            | Self::ModbusRtu => Some(9600),
            Self::ModbusTcp | Self::UsbHid => None,
        }
    }

    /// Whether it talks without being asked, from the factory.
    #[must_use]
    pub const fn usually_streams(self) -> bool {
        matches!(self, Self::ToledoContinuous | Self::Cas22 | Self::Cas18 | Self::Cas10 | Self::UsbHid)
    }

    /// Unit, division in that unit and capacity in grams: a laboratory balance's or an industrial scale's.
    const fn usual_display(self) -> (Unit, f64, f64) {
        match self {
            Self::MtSics | Self::And | Self::SartoriusSbi | Self::Radwag | Self::Ohaus | Self::KernDe => {
                (Unit::Gram, 0.1, 6_000.0)
            }
            Self::UsbHid => (Unit::Gram, 1.0, 5_000.0),
            Self::Toledo8217 | Self::Cas22 | Self::Cas18 | Self::Cas10 => (Unit::Kilogram, 0.005, 30_000.0),
            Self::ToledoContinuous
            | Self::Sma
            | Self::Nci
            | Self::Dini
            | Self::Adam
            | Self::KernEoc
            | Self::ModbusRtu
            | Self::ModbusTcp => (Unit::Kilogram, 0.01, 60_000.0),
        }
    }

    pub(super) fn speaker(self, model: &Model) -> Box<dyn Speaker> {
        match self {
            Self::MtSics => Box::new(MtSics::default()),
            Self::Toledo8217 => Box::new(Toledo8217::default()),
            Self::ToledoContinuous => Box::new(ToledoContinuous::new(model)),
            Self::Sma => Box::new(Sma::default()),
            Self::Nci => Box::new(Nci::new(model)),
            Self::And => Box::new(And::new(model)),
            Self::Cas22 => Box::new(Cas::new(CasFormat::TwentyTwo, model)),
            Self::Cas18 => Box::new(Cas::new(CasFormat::Eighteen, model)),
            Self::Cas10 => Box::new(Cas::new(CasFormat::Ten, model)),
            Self::Ohaus => Box::new(Ohaus::new(model)),
            Self::SartoriusSbi => Box::new(Sartorius::new(model)),
            Self::Radwag => Box::new(Radwag::new(model)),
            Self::Dini => Box::new(Dini::new(model)),
            Self::Adam => Box::new(Adam::new(model)),
            Self::KernDe => Box::new(KernDe::default()),
            Self::KernEoc => Box::new(KernEoc::default()),
            Self::ModbusRtu | Self::ModbusTcp => Box::new(ModbusRtu::new(model)),
            Self::UsbHid => Box::new(UsbHid),
        }
    }
}

impl fmt::Display for Tongue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A make of scale: what it speaks, how it is set, and where makers differ within one tongue.
#[derive(Debug, Clone)]
pub struct Model {
    pub tongue: Tongue,
    pub line: LineSettings,
    /// Feeds the noise and the serial number.
    pub seed: u64,
    pub unit: Unit,
    /// One step of the last digit, in `unit`.
    pub division: f64,
    pub capacity_grams: f64,
    /// Time to think before an answer; the time its bytes take on the line comes on top.
    pub latency: Duration,
    /// Between two frames of a stream, and between two looks of a command that waits for rest.
    pub interval: Duration,
    /// It talks without being asked. Not for those that cannot: toledo-8217, nci, modbus, kern.
    pub streams: bool,
    /// RS-485 or Modbus unit address; CAS device id. Dini puts it before each answer and wants it before each command,
    /// unless it is 0.
    pub address: u8,
    /// Toledo continuous: a 18th byte.
    pub has_checksum: bool,
    /// NCI: 2, 3 or 4.
    pub status_bytes: u8,
    /// Sartorius: 22 characters, with the six of the id block, instead of 16.
    pub has_id_block: bool,
    pub and: AndFormat,
    pub ohaus: OhausFormat,
    pub adam: AdamFormat,
    pub map: Map,
    pub word_order: WordOrder,
}

impl Model {
    /// As from the factory.
    #[must_use]
    pub const fn usual(tongue: Tongue) -> Self {
        let (unit, division, capacity_grams) = tongue.usual_display();
        Self {
            tongue,
            line: LineSettings { baud: tongue.usual_baud(), parity: None },
            seed: 1,
            unit,
            division,
            capacity_grams,
            latency: Duration::from_millis(4),
            interval: Duration::from_millis(100),
            streams: tongue.usually_streams(),
            address: if matches!(tongue, Tongue::Dini) { 0 } else { 1 },
            has_checksum: true,
            status_bytes: 2,
            has_id_block: true,
            and: AndFormat::Balance,
            ohaus: OhausFormat::Defender,
            adam: AdamFormat::CpwPlus,
            map: Map::DiniDgt,
            word_order: WordOrder::HighFirst,
        }
    }
}

/// A tongue at work: it turns what the host sends and the passing of time into what the scale sends.
pub(super) trait Speaker: fmt::Debug + Send {
    /// One byte from the host. What is said to it goes to `say`.
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>);

    /// The model's interval has passed: a stream's next frame, or a command that waited for rest looks again.
    fn tick(&mut self, _pan: &mut Pan, _say: &mut Vec<u8>) {}

    /// How long the host must be quiet to have ended a frame, in tongues that end frames so.
    fn quiet_after(&self) -> Option<Duration> {
        None
    }

    /// The host has been quiet for that long.
    fn quiet(&mut self, _pan: &mut Pan, _say: &mut Vec<u8>) {}

    /// The power has come back.
    fn power_up(&mut self, _pan: &mut Pan, _say: &mut Vec<u8>) {}
}

/// Looks that a command waits for rest before it gives up: three seconds at the usual interval.
pub(super) const PATIENCE: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tongue_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Tongue::ALL.iter().map(|tongue| tongue.name()).collect();
        assert_eq!(names.len(), Tongue::ALL.len());
    }
}
