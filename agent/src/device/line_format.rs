//! How bytes travel on a serial line: speed, data bits, parity, stop bits, as manuals print them ("9600 7E1").
//!
//! Owns the words for it, so that a protocol can say what its scales leave the factory with. Must not know ports.

use std::{fmt, str::FromStr};

/// Speed and format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineFormat {
    /// Bits per second.
    pub baud: u32,
    pub framing: Framing,
}

/// Data bits, parity and stop bits together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// What most devices come with.
    #[default]
    EightNone,
    SevenEven,
    SevenOdd,
    /// Seven bits and two stop bits: old Ohaus scales.
    SevenNoneTwo,
    EightEven,
    EightOdd,
    /// Modbus without parity, by the letter of its specification.
    EightNoneTwo,
}

/// Why a text is no framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of 8N1, 7E1, 7O1, 7N2, 8E1, 8O1, 8N2")]
pub struct FramingError;

impl LineFormat {
    /// Most scanners and scales out of the box.
    pub const USUAL: Self = Self::new(9_600, Framing::EightNone);

    #[must_use]
    pub const fn new(baud: u32, framing: Framing) -> Self {
        Self { baud, framing }
    }
}

impl Framing {
    pub const ALL: [Self; 7] = [
        Self::EightNone,
        Self::SevenEven,
        Self::SevenOdd,
        Self::SevenNoneTwo,
        Self::EightEven,
        Self::EightOdd,
        Self::EightNoneTwo,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EightNone => "8N1",
            Self::SevenEven => "7E1",
            Self::SevenOdd => "7O1",
            Self::SevenNoneTwo => "7N2",
            Self::EightEven => "8E1",
            Self::EightOdd => "8O1",
            Self::EightNoneTwo => "8N2",
        }
    }

    /// The eighth bit carries no data: what arrives in it is parity.
    #[must_use]
    pub const fn is_seven_bits(self) -> bool {
        matches!(self, Self::SevenEven | Self::SevenOdd | Self::SevenNoneTwo)
    }
}

impl FromStr for Framing {
    type Err = FramingError;

    fn from_str(text: &str) -> Result<Self, FramingError> {
        Self::ALL.into_iter().find(|framing| framing.name().eq_ignore_ascii_case(text)).ok_or(FramingError)
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for LineFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.baud, self.framing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_framing_is_read_back_from_its_name() {
        for framing in Framing::ALL {
            assert_eq!(framing.name().to_lowercase().parse(), Ok(framing));
        }
        assert_eq!("9N1".parse::<Framing>(), Err(FramingError));
        assert_eq!(LineFormat::new(4_800, Framing::SevenEven).to_string(), "4800 7E1");
    }
}
