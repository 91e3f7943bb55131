//! What one frame of a scale says, whatever its protocol.
//!
//! Owns the common words: every decoder fills in what its frame states and leaves the rest out. So one set of names
//! reaches the command line's JSON, and one rule says what counts as a level. A number keeps the digits it was sent
//! with. Must not know how any protocol is laid out.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeSeq as _};

use crate::device::{
    decimal::Decimal,
    mass::MassUnit,
    reading::{Cause, Reading, Weight},
};

/// One frame, told in the protocol-free words. `None` and empty: the frame does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The scale answered, but not with what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
    /// The fault refuses a command that did not ask for the weight: zero, tare, piece weight.
    #[serde(skip)]
    pub refuses_other: bool,
    #[serde(skip_serializing_if = "Flags::is_empty")]
    pub flags: Flags,
    /// What the display shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The scale's own word; `None` when the protocol has no such flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gross: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tare: Option<Decimal>,
    #[serde(skip_serializing_if = "is_false")]
    pub tare_active: bool,
    /// The tare was keyed in, not weighed.
    #[serde(skip_serializing_if = "is_false")]
    pub tare_preset: bool,
    /// Whether the scale stands at the centre of its zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zero: Option<bool>,
    /// Weighing range of a multi-range scale, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<u8>,
    #[serde(skip_serializing_if = "is_false")]
    pub high_resolution: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub hold: bool,
    /// Pieces, of a counting scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accumulated_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub piece_weight: Option<Decimal>,
    /// Where it differs from `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub piece_weight_unit: Option<Unit>,
    /// Pieces of the reference sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_pieces: Option<i64>,
    /// LO, OK, HI of a checkweigher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparator: Option<Short>,
    /// What else stands on the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legend: Option<Short>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<u8>,
    /// Number of the platform, of an indicator that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// Address on a shared line, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Short>,
    /// A frame of flags without a weight.
    #[serde(skip_serializing_if = "is_false")]
    pub status_only: bool,
    /// A command was carried out, or heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<Box<str>>,
    /// The scale's serial number; some say it unasked when they start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_code: Option<u8>,
}

/// Why a scale did not answer with what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    Overload,
    Underload,
    /// Another command runs, or stability was not reached in time.
    Busy,
    Unstable,
    /// The weight is outside the range that can be zeroed.
    ZeroRange,
    ZeroError,
    /// Zero could not be found when it was switched on.
    InitialZeroError,
    TareError,
    /// A command's form is wrong.
    Syntax,
    /// Parity or framing went wrong on the way to the scale.
    Transmission,
    /// A command's parameter makes no sense here.
    Logical,
    UnknownCommand,
    /// The scale gave up waiting for stability.
    Timeout,
    DeviceError,
    DeviceOff,
    ModbusException,
}

/// Which weight is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Gross,
    Net,
}

/// One thing a status word can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Flag {
    Motion,
    OverCapacity,
    UnderZero,
    OutsideZeroCapture,
    CentreOfZero,
    Net,
    Ram,
    Eeprom,
    Rom,
    Calibration,
    InitialZero,
    LoadCell,
    Converter,
    /// The value does not fit the transmitter's register or display.
    Overflow,
}

/// A set of [`Flag`]s, in their order of declaration.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u16);

/// A text of at most 14 bytes of printable ASCII, held inline: units, legends, addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Short {
    len: u8,
    bytes: [u8; Self::LEN_MAX],
}

/// A unit as sent, in lower case: "kg", "pcs", "%".
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Unit(Short);

impl Report {
    /// A fault and nothing else.
    #[must_use]
    pub fn fault(error: Fault) -> Self {
        Self { error: Some(error), ..Self::default() }
    }

    /// A command carried out.
    #[must_use]
    pub fn ack(ack: &'static str) -> Self {
        Self { ack: Some(ack), ..Self::default() }
    }

    /// An amount in its unit: a count when the unit is pieces, else a weight. `None` when pieces are not whole.
    #[must_use]
    pub fn amount(shown: Decimal, unit: Option<Unit>, stable: Option<bool>) -> Option<Self> {
        let mut report = Self { unit, stable, ..Self::default() };
        if unit.is_some_and(Unit::is_pieces) {
            report.count = Some(shown.whole()?);
        } else {
            report.weight = Some(shown);
        }
        Some(report)
    }

    /// What this frame says about the level, if anything. `assumed`: the unit where the frame has none.
    ///
    /// A fault is an unknown level, never a zero. So is an amount that is no mass: somebody has switched the unit at
    /// the scale.
    #[must_use]
    pub fn reading(&self, assumed: Option<MassUnit>) -> Option<Reading> {
        if let Some(fault) = self.error {
            // What lies on the scale is too much or too little whatever it was asked.
            let tells_level = !self.refuses_other || matches!(fault, Fault::Overload | Fault::Underload);
            return tells_level.then_some(Reading::Unknown(fault.cause()));
        }
        if self.count.is_some() && self.weight.is_none() {
            return Some(Reading::Unknown(Cause::DeviceError));
        }
        let shown = self.weight?;
        // A sum of weighings lies in no bin.
        if self.legend.is_some_and(|legend| legend.as_str() == "TOTAL") {
            return None;
        }
        let unit = self.unit.map_or(assumed, Unit::mass);
        if unit.is_none() && self.unit.is_none() && self.stable == Some(false) {
            // Some scales leave the unit out while they move.
            return Some(Reading::Unknown(Cause::Busy));
        }
        let weight = unit.and_then(|unit| Weight::new(shown, unit, self.stable));
        Some(weight.map_or(Reading::Unknown(Cause::DeviceError), Reading::Weight))
    }

    /// Whether this is an answer to the question for the weight.
    #[must_use]
    pub const fn speaks_of_level(&self) -> bool {
        let refused = self.error.is_some() && !self.refuses_other;
        self.weight.is_some() || self.count.is_some() || refused || self.status_only
    }
}

impl Fault {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::Underload => "underload",
            Self::Busy => "busy",
            Self::Unstable => "unstable",
            Self::ZeroRange => "zero-range",
            Self::ZeroError => "zero-error",
            Self::InitialZeroError => "initial-zero-error",
            Self::TareError => "tare-error",
            Self::Syntax => "syntax",
            Self::Transmission => "transmission",
            Self::Logical => "logical",
            Self::UnknownCommand => "unknown-command",
            Self::Timeout => "timeout",
            Self::DeviceError => "device-error",
            Self::DeviceOff => "device-off",
            Self::ModbusException => "modbus-exception",
        }
    }

    /// What it means for the level.
    #[must_use]
    pub const fn cause(self) -> Cause {
        match self {
            Self::Overload => Cause::Overload,
            Self::Underload => Cause::Underload,
            Self::Busy | Self::Unstable | Self::ZeroRange | Self::Timeout => Cause::Busy,
            Self::DeviceOff => Cause::Offline,
            Self::ZeroError
            | Self::InitialZeroError
            | Self::TareError
            | Self::Syntax
            | Self::Transmission
            | Self::Logical
            | Self::UnknownCommand
            | Self::DeviceError
            | Self::ModbusException => Cause::DeviceError,
        }
    }

    /// The scale could not make out the question, or does not know it.
    #[must_use]
    pub const fn is_misunderstanding(self) -> bool {
        matches!(self, Self::Syntax | Self::Transmission | Self::Logical | Self::UnknownCommand)
    }
}

impl Flag {
    const ALL: [Self; 14] = [
        Self::Motion,
        Self::OverCapacity,
        Self::UnderZero,
        Self::OutsideZeroCapture,
        Self::CentreOfZero,
        Self::Net,
        Self::Ram,
        Self::Eeprom,
        Self::Rom,
        Self::Calibration,
        Self::InitialZero,
        Self::LoadCell,
        Self::Converter,
        Self::Overflow,
    ];
}

impl Flags {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub const fn insert(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u8;
    }

    #[must_use]
    pub const fn contains(self, flag: Flag) -> bool {
        self.0 & 1 << flag as u8 != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.contains(*flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<T: IntoIterator<Item = Flag>>(flags: T) -> Self {
        let mut set = Self::default();
        flags.into_iter().for_each(|flag| set.insert(flag));
        set
    }
}

impl Short {
    pub const LEN_MAX: usize = 14;

    /// `None` when it is longer, empty, or not printable ASCII.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::LEN_MAX;
        if !fits || !text.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return None;
        }
        let mut bytes = [0; Self::LEN_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { len: u8::try_from(text.len()).ok()?, bytes })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Unit {
    pub const PIECES: &'static str = "pcs";

    /// Letter case and padding are the maker's whim; "PC" is pieces and "lbs" pounds. `None` for an empty text, for one
    /// with anything but letters, digits and `%`, and for one that begins with a digit: a number torn in two is no number
    /// and its unit.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut short = Short::new(text.trim_ascii())?;
        short.bytes.make_ascii_lowercase();
        match short.as_str() {
            "pc" => short = Short::new(Self::PIECES.as_bytes())?,
            "lbs" => short = Short::new(b"lb")?,
            text if text.starts_with(|first: char| first.is_ascii_digit()) => return None,
            text if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%') => return None,
            _ => {}
        }
        Some(Self(short))
    }

    #[must_use]
    pub fn of(unit: MassUnit) -> Self {
        Self(Short::new(unit.symbol().as_bytes()).unwrap_or(Short { len: 0, bytes: [0; Short::LEN_MAX] }))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    #[must_use]
    pub fn is_pieces(self) -> bool {
        self.as_str() == Self::PIECES
    }

    /// The unit of mass it is, if it is one.
    #[must_use]
    pub fn mass(self) -> Option<MassUnit> {
        MassUnit::parse(self.as_str())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for flag in self.iter() {
            list.serialize_element(&flag)?;
        }
        list.end()
    }
}

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn a_report_is_told_in_the_fields_it_has() {
        let report = Report::amount(decimal("0.505"), Unit::parse(b"Kg"), Some(true)).unwrap();
        assert_eq!(serde_json::to_string(&report).unwrap(), r#"{"weight":"0.505","unit":"kg","stable":true}"#);
        let mut fault = Report::fault(Fault::Overload);
        fault.flags = [Flag::OverCapacity, Flag::Motion].into_iter().collect();
        assert_eq!(
            serde_json::to_string(&fault).unwrap(),
            r#"{"error":"overload","flags":["motion","over-capacity"]}"#
        );
    }

    #[test]
    fn pieces_are_a_count_and_only_whole() {
        let pieces = Unit::parse(b" PC");
        assert_eq!(Report::amount(decimal("252"), pieces, None).unwrap().count, Some(252));
        assert_eq!(Report::amount(decimal("2.5"), pieces, None), None);
    }

    #[test]
    fn only_a_mass_without_a_fault_is_a_level() {
        let gram = Report::amount(decimal("5"), Unit::parse(b"g"), None).unwrap();
        assert!(matches!(gram.reading(None), Some(Reading::Weight(_))));
        let bare = Report::amount(decimal("5"), None, None).unwrap();
        assert!(matches!(bare.reading(Some(MassUnit::Gram)), Some(Reading::Weight(_))));
        let unknown = Some(Reading::Unknown(Cause::DeviceError));
        assert_eq!(bare.reading(None), unknown, "no unit anywhere");
        let moving = Report { stable: Some(false), ..bare.clone() };
        assert_eq!(moving.reading(None), Some(Reading::Unknown(Cause::Busy)), "the unit comes when it rests");
        let total = Report { legend: Short::new(b"TOTAL"), ..gram.clone() };
        assert_eq!(total.reading(None), None, "a sum of weighings");
        assert_eq!(Report::amount(decimal("5"), Unit::parse(b"pcs"), None).unwrap().reading(None), unknown);
        assert_eq!(
            Report::amount(decimal("5"), Unit::parse(b"%"), None).unwrap().reading(Some(MassUnit::Gram)),
            unknown
        );
        assert_eq!(Report::fault(Fault::Overload).reading(None), Some(Reading::Unknown(Cause::Overload)));
        assert_eq!(Report::ack("zero").reading(None), None);
    }

    #[test]
    fn the_refusal_of_another_command_is_no_answer_but_an_overload_is_one_all_the_same() {
        let refusal = |fault| Report { refuses_other: true, ..Report::fault(fault) };
        assert_eq!(refusal(Fault::Busy).reading(None), None);
        assert_eq!(refusal(Fault::Overload).reading(None), Some(Reading::Unknown(Cause::Overload)));
        assert!(!refusal(Fault::Overload).speaks_of_level());
        assert!(Report::fault(Fault::Busy).speaks_of_level());
        assert_eq!(serde_json::to_string(&refusal(Fault::Busy)).unwrap(), r#"{"error":"busy"}"#);
    }

    #[test]
    fn a_unit_is_letters_digits_or_percent() {
        for (text, unit) in [("LB", Some("lb")), ("  g", Some("g")), ("%", Some("%")), ("lbs", Some("lb"))] {
            assert_eq!(Unit::parse(text.as_bytes()).as_ref().map(Unit::as_str), unit);
        }
        for text in ["", "   ", "k g", "-", "2kg", "5", "\u{b5}g", "a-very-long-unit"] {
            assert_eq!(Unit::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
