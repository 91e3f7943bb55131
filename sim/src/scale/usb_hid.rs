//! USB HID scales as DYMO and Stamps.com sell them: the scale page of the HID usage tables.
//!
//! Reports of six bytes: 03, status, unit, exponent of ten, weight in 16 bits with the low byte first. It hears
//! nothing.

use super::display::Unit;
use super::pan::{Pan, State};
use super::tongue::Speaker;

#[derive(Debug)]
pub(super) struct UsbHid;

const REPORT: u8 = 3;
const FAULT: u8 = 1;
const ZERO: u8 = 2;
const MOTION: u8 = 3;
const STABLE: u8 = 4;
const UNDER: u8 = 5;
const OVER: u8 = 6;

impl Speaker for UsbHid {
    fn hear(&mut self, _byte: u8, _pan: &mut Pan, _say: &mut Vec<u8>) {}

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        let reading = pan.weigh();
        let status = match reading.state {
            State::Stable if reading.net.is_zero() => ZERO,
            // There is no sign: below zero is out of range.
            State::Stable | State::Dynamic if reading.net.is_negative() => UNDER,
            State::Stable => STABLE,
            State::Dynamic => MOTION,
            State::Over => OVER,
            State::Under => UNDER,
            State::Fault => FAULT,
        };
        let unit = match reading.unit {
            Unit::Gram | Unit::Piece => 2,
            Unit::Kilogram => 3,
            Unit::Tonne => 4,
            Unit::Ounce => 11,
            Unit::Pound => 12,
        };
        let weight = u16::try_from(reading.net.last_places.unsigned_abs()).unwrap_or(u16::MAX);
        let [low, high] = weight.to_le_bytes();
        say.extend_from_slice(&[REPORT, status, unit, reading.net.decimals.wrapping_neg(), low, high]);
    }
}

#[cfg(test)]
mod tests {
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    #[test]
    fn a_report_has_six_bytes() {
        for (unit, division, grams, report) in [
            (Unit::Gram, 1.0, 500.0, "\x03\x04\x02\x00\u{f4}\x01"),
            (Unit::Ounce, 0.1, 17.6 * 28.349_523_125, "\x03\x04\x0b\u{ff}\u{b0}\x00"),
            (Unit::Gram, 1.0, 0.0, "\x03\x02\x02\x00\x00\x00"),
            (Unit::Gram, 1.0, -5.0, "\x03\x05\x02\x00\x05\x00"),
        ] {
            assert_eq!(Bench::of(Tongue::UsbHid, unit, division, grams).tick(), report);
        }
    }

    #[test]
    fn motion_and_range_are_the_status() {
        let mut scale = Bench::of(Tongue::UsbHid, Unit::Gram, 1.0, 5.0);
        scale.put(5.0, 1);
        assert_eq!(scale.tick().as_bytes()[1], 3);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.tick().as_bytes()[1], 6);
        scale.pan.set_range(Range::Fault);
        assert_eq!(scale.tick().as_bytes()[1], 1);
    }
}
