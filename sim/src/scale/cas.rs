//! CAS in its three formats of 22, 18 and 10 bytes: manuals of the CI-400, CI-150A, CI-600D and NT-200.
//!
//! 22: state, mode, a device id and a byte of lamps that is not ASCII, eight characters of weight, unit. 18 is A&D's
//! indicator format, 10 the weight alone. It streams, or answers to one byte: its id (30h and the address) or ENQ.
//! `kZ` and `kT` are keys.

use super::display::Unit;
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, Speaker};

const ENQ: u8 = 0x05;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CasFormat {
    TwentyTwo,
    Eighteen,
    Ten,
}

#[derive(Debug)]
pub(super) struct Cas {
    format: CasFormat,
    id: u8,
    streams: bool,
    before: u8,
}

impl Cas {
    pub(super) const fn new(format: CasFormat, model: &Model) -> Self {
        Self { format, id: 0x30 + (model.address & 0x0F), streams: model.streams, before: 0 }
    }

    fn say_weight(&self, reading: &Reading, say: &mut Vec<u8>) {
        let state = match reading.state {
            State::Stable => "ST",
            State::Dynamic => "US",
            State::Over | State::Under | State::Fault => "OL",
        };
        let mode = if reading.is_tared { "NT" } else { "GS" };
        let net = reading.net;
        match self.format {
            CasFormat::TwentyTwo => {
                let bit = |is_set: bool, bit: u8| u8::from(is_set) << bit;
                let lamps = 0xA0
                    | bit(reading.state == State::Stable, 6)
                    | bit(!reading.is_tared, 2)
                    | bit(reading.is_tared, 1)
                    | bit(reading.gross.is_zero(), 0);
                let minus = if net.is_negative() { "-" } else { "" };
                let digits = net.zero_padded(8 - minus.len());
                say.extend_from_slice(format!("{state},{mode},").as_bytes());
                say.extend_from_slice(&[self.id, lamps]);
                say.extend_from_slice(format!(",{minus}{digits} {:>2}\r\n", unit(reading.unit)).as_bytes());
            }
            CasFormat::Eighteen => {
                let (sign, digits) = (net.sign(), net.zero_padded(7));
                say.extend_from_slice(format!("{state},{mode},{sign}{digits}{:>2}\r\n", unit(reading.unit)).as_bytes());
            }
            CasFormat::Ten => {
                let text = format!("{}{}", if net.is_negative() { "-" } else { "" }, net.zero_padded(6));
                say.extend_from_slice(format!("{text:>8}\r\n").as_bytes());
            }
        }
    }
}

impl Speaker for Cas {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        let before = std::mem::replace(&mut self.before, byte);
        match (before, byte) {
            (b'k', b'Z') if pan.rest() == State::Stable => pan.press_zero(),
            (b'k', b'T') if pan.rest() == State::Stable => pan.press_tare(),
            _ if !self.streams && (byte == self.id || byte == ENQ) => self.say_weight(&pan.weigh(), say),
            _ => {}
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if self.streams {
            self.say_weight(&pan.weigh(), say);
        }
    }
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Gram => "g",
        Unit::Kilogram => "kg",
        Unit::Tonne => "t",
        Unit::Pound => "lb",
        Unit::Ounce => "oz",
        Unit::Piece => "pc",
    }
}

#[cfg(test)]
mod tests {
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::pan::Range;
    use crate::scale::tongue::{Model, Tongue};

    fn loaded(tongue: Tongue, unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::with(&Model { unit, division, capacity_grams: 1e9, address: 2, ..Model::usual(tongue) }, grams)
    }

    #[test]
    fn a_weight_in_each_format() {
        for (tongue, unit, division, grams, frame) in [
            (Tongue::Cas22, Unit::Kilogram, 0.01, 2500.0, "ST,GS,2\u{e4},00002.50 kg\r\n"),
            (Tongue::Cas22, Unit::Kilogram, 0.01, 0.0, "ST,GS,2\u{e5},00000.00 kg\r\n"),
            (Tongue::Cas22, Unit::Tonne, 0.01, 1_250_000.0, "ST,GS,2\u{e4},00001.25  t\r\n"),
            (Tongue::Cas22, Unit::Kilogram, 0.1, -13_500.0, "ST,GS,2\u{e4},-00013.5 kg\r\n"),
            (Tongue::Cas18, Unit::Kilogram, 0.01, 12_340.0, "ST,GS,+0012.34kg\r\n"),
            (Tongue::Cas18, Unit::Tonne, 0.01, 0.0, "ST,GS,+0000.00 t\r\n"),
            (Tongue::Cas10, Unit::Kilogram, 0.01, 12_500.0, "  012.50\r\n"),
            (Tongue::Cas10, Unit::Kilogram, 0.01, -12_500.0, " -012.50\r\n"),
        ] {
            assert_eq!(loaded(tongue, unit, division, grams).tick(), frame);
        }
    }

    #[test]
    fn keys_and_range() {
        let mut scale = loaded(Tongue::Cas22, Unit::Kilogram, 0.01, 2500.0);
        assert_eq!(scale.says("kT2\x05"), "");
        assert_eq!(scale.tick(), "ST,NT,2\u{e2},00000.00 kg\r\n");
        scale.put(2500.0, 1);
        assert_eq!(scale.tick(), "US,NT,2\u{a2},00000.00 kg\r\n");
        scale.pan.set_range(Range::Over);
        assert_eq!(&scale.tick()[..6], "OL,NT,");
    }

    #[test]
    fn one_that_does_not_stream_answers_its_id() {
        let mut scale = Bench::with(&Model { streams: false, ..Model::usual(Tongue::Cas18) }, 1000.0);
        assert_eq!(scale.tick(), "");
        assert_eq!(scale.says("2"), "");
        assert_eq!(
            (scale.says("1"), scale.says("\x05")),
            ("ST,GS,+001.000kg\r\n".into(), "ST,GS,+001.000kg\r\n".into())
        );
    }
}
