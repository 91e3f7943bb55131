//! Toledo continuous output: METTLER TOLEDO IND445, Rice Lake 520, KERN FTC manuals.
//!
//! STX, three status words, six digits of weight and six of tare, CR and, where it is set so, a checksum: the two's
//! complement in seven bits of the sum of the low seven bits of all before. Digits have no point; the first status word
//! says where it is. `P`, `T`, `Z` and `C` are keys and have no answer.

use super::display::{Shown, Unit};
use super::pan::{Pan, State};
use super::tongue::{Model, Speaker};

const ALWAYS: u8 = 0x20;

#[derive(Debug)]
pub(super) struct ToledoContinuous {
    streams: bool,
    has_checksum: bool,
    /// `P` was pressed: one frame with the print bit, on a scale that is not set to stream too.
    prints: bool,
}

impl ToledoContinuous {
    pub(super) const fn new(model: &Model) -> Self {
        Self { streams: model.streams, has_checksum: model.has_checksum, prints: false }
    }
}

impl Speaker for ToledoContinuous {
    fn hear(&mut self, byte: u8, pan: &mut Pan, _say: &mut Vec<u8>) {
        match byte {
            b'P' => self.prints = true,
            b'T' if pan.rest() == State::Stable => pan.press_tare(),
            b'Z' if pan.rest() == State::Stable => pan.press_zero(),
            b'C' => pan.clear_tare(),
            _ => {}
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        let prints = std::mem::take(&mut self.prints);
        if !self.streams && !prints {
            return;
        }
        let reading = pan.weigh();
        let start = say.len();
        let weight = if reading.is_tared { reading.net } else { reading.gross };
        let point = ALWAYS | (increment(pan.division.step) << 3) | (weight.decimals.min(5) + 2);
        let flags = [
            (reading.is_tared, 0x01),
            (weight.is_negative(), 0x02),
            (matches!(reading.state, State::Over | State::Under | State::Fault), 0x04),
            (reading.state == State::Dynamic, 0x08),
            (!matches!(reading.unit, Unit::Pound | Unit::Ounce), 0x10),
        ];
        let state = flags.iter().filter(|(is_set, _)| *is_set).fold(ALWAYS, |byte, (_, bit)| byte | bit);
        let unit = match reading.unit {
            Unit::Kilogram | Unit::Pound | Unit::Piece => 0,
            Unit::Gram => 1,
            Unit::Tonne => 2,
            Unit::Ounce => 3,
        };
        let more = ALWAYS | unit | if prints { 0x08 } else { 0 } | if reading.is_preset { 0x40 } else { 0 };
        say.extend_from_slice(&[0x02, point, state, more]);
        say.extend_from_slice(digits(weight).as_bytes());
        say.extend_from_slice(digits(reading.tare).as_bytes());
        say.push(0x0D);
        if self.has_checksum {
            let sum = say[start..].iter().fold(0_u8, |sum, byte| sum.wrapping_add(byte & 0x7F));
            say.push(sum.wrapping_neg() & 0x7F);
        }
    }
}

const fn increment(step: u32) -> u8 {
    match step {
        2 | 20 => 2,
        5 | 50 => 3,
        _ => 1,
    }
}

/// Six digits; a number with more loses the high ones, which is out of range on a real one.
fn digits(shown: Shown) -> String {
    format!("{:06}", shown.last_places.unsigned_abs() % 1_000_000)
}

#[cfg(test)]
mod tests {
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::pan::Range;
    use crate::scale::tongue::{Model, Tongue};

    fn loaded(unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::of(Tongue::ToledoContinuous, unit, division, grams)
    }

    #[test]
    fn a_frame_has_the_bytes_of_the_manual() {
        for (unit, division, grams, frame) in [
            (Unit::Kilogram, 0.01, 12_500.0, "\x02,0 001250000000\r-"),
            (Unit::Kilogram, 0.01, -350.0, "\x02,2 000035000000\r+"),
            (Unit::Gram, 0.0001, 0.05, "\x02.0!000500000000\r-"),
        ] {
            assert_eq!(loaded(unit, division, grams).tick(), frame);
        }
    }

    #[test]
    fn a_pound_in_motion_has_its_bits() {
        let mut scale = loaded(Unit::Pound, 0.1, 0.0);
        scale.put(45.0 * 453.592_37, 1);
        let said = scale.tick();
        assert_eq!((&said[..4], &said[10..17]), ("\x02+( ", "000000\r"));
    }

    #[test]
    fn motion_range_and_tare_are_bits() {
        let mut scale = loaded(Unit::Kilogram, 0.01, 0.0);
        scale.put(0.0, 1);
        assert_eq!(&scale.tick()[..4], "\x02,8 ");
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.tick(), "\x02,4 000000000000\r1");
        let mut scale = loaded(Unit::Kilogram, 0.05, 1000.0);
        assert_eq!(scale.says("T"), "");
        assert_eq!(&scale.tick()[..17], "\x02<1 000000000100\r");
        scale.says("C");
        assert_eq!(&scale.tick()[..17], "\x02<0 000100000000\r");
    }

    #[test]
    fn the_checksum_can_be_left_out() {
        let model = Model { has_checksum: false, ..Model::usual(Tongue::ToledoContinuous) };
        assert_eq!(Bench::with(&model, 12_500.0).tick(), "\x02,0 001250000000\r");
    }

    #[test]
    fn set_to_demand_it_prints_when_the_key_is_pressed() {
        let model = Model { streams: false, has_checksum: false, ..Model::usual(Tongue::ToledoContinuous) };
        let mut scale = Bench::with(&model, 12_500.0);
        assert_eq!(scale.tick(), "");
        scale.says("P");
        assert_eq!((scale.tick(), scale.tick()), ("\x02,0(001250000000\r".into(), String::new()));
    }
}
