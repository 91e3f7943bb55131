//! A reading: what a device reported, the one type every decoder ends in.
//!
//! Owns the difference between "the level is so much" and "the level is unknown". A scale that is overloaded, silent or
//! answering nonsense yields [`Reading::Unknown`] with its cause, never a zero, because a zero would count as usage.
//! Must not know time (the receiver stamps it), bins or items.

use gateway_proto::{
    name::{DeviceName, ItemCode, Text},
    place::Place,
    quantity::Quantity,
    time::WallTime,
};

use super::aim::AimId;
use super::decimal::Decimal;
use super::mass::{Mass, MassUnit};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A code was read.
    Scan(Scan),
    /// A scale said how much it carries.
    Weight(Weight),
    /// Another system said what moved.
    Movement(Box<Stated>),
    /// The level this device watches cannot be trusted until the next [`Reading::Weight`].
    Unknown(Cause),
    /// `true`: the device has come up, or started again, so its zero may have moved; `false`: it is known to be gone.
    Online(bool),
}

/// One scan, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// The scanner's word on the symbol; `None` when it does not send AIM identifiers.
    pub symbology: Option<AimId>,
    /// The raw bytes after the AIM identifier, untrimmed: spaces and control characters are data.
    pub code: Vec<u8>,
    /// How many, when the device states it; in the item's base unit.
    pub quantity: Option<u64>,
    /// The sender's own id of this scan, by which a repeat is told.
    pub id: Option<String>,
    /// Where, when the device states it.
    pub place: Option<String>,
}

/// A movement that another system states: all of it but what the site alone knows of the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The sender's own id of the movement, by which a repeat is told.
    pub id: Option<String>,
    /// The item's code, or any code that stands for it.
    pub item: ItemCode,
    /// Of what the code stands for.
    pub qty: Quantity,
    pub from: Place,
    pub to: Place,
    /// When it happened, by the sender's clock.
    pub at: Option<WallTime>,
    /// What the sender had it from.
    pub by: Option<DeviceName>,
    pub actor: Option<Text>,
    pub lot: Option<Text>,
    pub serial: Option<Text>,
    pub reference: Option<Text>,
    pub reason: Option<Text>,
}

impl Scan {
    /// A scan from one frame of a scanner: AIM identifier and payload.
    #[must_use]
    pub fn from_frame(frame: &[u8]) -> Self {
        let (symbology, payload) = AimId::split(frame);
        Self { symbology, code: payload.to_vec(), ..Self::default() }
    }

    /// The code as text: UTF-8 if it is, else each byte as the character of the same number (ISO 8859-1), so that
    /// different codes stay different. Replacement characters would make all unreadable codes of a length equal.
    #[must_use]
    pub fn text(&self) -> String {
        match std::str::from_utf8(&self.code) {
            Ok(text) => text.to_owned(),
            Err(_) => self.code.iter().copied().map(char::from).collect(),
        }
    }
}

/// What a scale showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    pub mass: Mass,
    /// One step of the last digit shown.
    pub division: Mass,
    /// The device's own stability flag; `None` when the protocol has none.
    pub stable: Option<bool>,
    /// The number as the device displayed it, for people who stand before it.
    pub shown: Decimal,
    pub unit: MassUnit,
}

impl Weight {
    /// `None` when no mass can hold it: a number no scale shows.
    #[must_use]
    pub fn new(shown: Decimal, unit: MassUnit, stable: Option<bool>) -> Option<Self> {
        let mass = Mass::of(shown, unit)?;
        Some(Self { mass, division: Mass::division(shown, unit), stable, shown, unit })
    }
}

/// Why a level cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// More on the scale than it can weigh.
    Overload,
    /// Less than nothing: a lifted bin, or a pan that has come off.
    Underload,
    /// The device cannot weigh just now: settling, adjusting, in its menu.
    Busy,
    /// The device reports a fault, or answers in something that is no weight.
    DeviceError,
    /// Asked and asked again, and no answer.
    Silent,
    /// Asked for all that it has to say, which has not come yet.
    Awaited,
    /// It has started again, so that its zero may have moved, and has not weighed since.
    Restarted,
    /// Known to be gone: unplugged, or its broker says so.
    Offline,
    /// A value where a number should be, and it is none (`null`, `NaN`): the sensor failed to read.
    NotANumber,
}

impl Cause {
    /// For logs, metrics and pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::Underload => "underload",
            Self::Busy => "busy",
            Self::DeviceError => "device error",
            Self::Silent => "silent",
            Self::Awaited => "awaited",
            Self::Restarted => "restarted",
            Self::Offline => "offline",
            Self::NotANumber => "not a number",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_are_no_utf8_stay_different_as_text() {
        let text = |code: &[u8]| Scan::from_frame(code).text();
        assert_eq!(text("Größe".as_bytes()), "Größe");
        assert_eq!(text(b"caf\xe9"), "café");
        assert_ne!(text(b"caf\xe9"), text(b"caf\xe8"));
    }

    #[test]
    fn a_scan_keeps_spaces_and_separators() {
        let scan = Scan::from_frame(b"]d2 10LOT\x1d21S1 ");
        assert_eq!(scan.code, b" 10LOT\x1d21S1 ");
        assert!(scan.symbology.is_some_and(AimId::is_gs1));
        assert_eq!(Scan::from_frame(b"BIN-0042").symbology, None);
    }

    #[test]
    fn a_weight_knows_its_mass_and_its_division() {
        let weight = Weight::new(Decimal::parse("0.505").unwrap(), MassUnit::Kilogram, Some(true)).unwrap();
        assert_eq!((weight.mass.micrograms(), weight.division.micrograms()), (505_000_000, 1_000_000));
        assert_eq!(Weight::new(Decimal::parse("9223372036854775807").unwrap(), MassUnit::Tonne, None), None);
    }
}
