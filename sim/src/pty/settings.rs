//! How a device's end of the line is set.
//!
//! Owns the speed and the parity of the device. What the host has set is [`Pty`](super::Pty)'s to find out.

/// The eighth bit of a device that sends seven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    Even,
    Odd,
}

/// A device's line settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSettings {
    /// Bits per second; `None` is whatever the host has set, as with USB adapters that are no UART.
    pub baud: Option<u32>,
    /// `Some` is a 7E1 or 7O1 device whose parity bit reaches the host, as it does a host that is set to 8N1. A host
    /// set to seven bits would not see the bit, and whether it is cannot be known here, so `None` is the usual setting
    /// for seven-bit devices too. What such a device hears is cut to seven bits.
    pub parity: Option<Parity>,
}

impl LineSettings {
    /// Any speed of the host is the right one, and all eight bits are data.
    pub const ANY: Self = Self { baud: None, parity: None };

    /// Eight data bits at a speed that the host has to match.
    #[must_use]
    pub const fn at(baud: u32) -> Self {
        Self { baud: Some(baud), parity: None }
    }

    /// The same, with the parity in the eighth bit.
    #[must_use]
    pub const fn parity(self, parity: Parity) -> Self {
        Self { parity: Some(parity), ..self }
    }

    pub(super) const fn with_parity(self, byte: u8) -> u8 {
        let seven = byte & 0x7F;
        let odd = seven.count_ones() % 2 == 1;
        match self.parity {
            None => byte,
            Some(Parity::Even) => seven | ((odd as u8) << 7),
            Some(Parity::Odd) => seven | ((!odd as u8) << 7),
        }
    }

    pub(super) const fn without_parity(self, byte: u8) -> u8 {
        match self.parity {
            None => byte,
            Some(_) => byte & 0x7F,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eighth_bit_makes_the_count_of_ones_even_or_odd() {
        for (byte, even, odd) in [(0x02, 0x82, 0x02), (b' ', 0xA0, b' '), (b'0', b'0', 0xB0), (b'\r', 0x8D, b'\r')] {
            assert_eq!(LineSettings::at(9600).parity(Parity::Even).with_parity(byte), even, "{byte:02x}");
            assert_eq!(LineSettings::at(9600).parity(Parity::Odd).with_parity(byte), odd, "{byte:02x}");
            assert_eq!(LineSettings::at(9600).with_parity(byte), byte);
        }
        assert_eq!(LineSettings::ANY.parity(Parity::Odd).without_parity(0xD7), 0x57);
    }
}
