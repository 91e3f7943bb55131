//! NCI, also called SCP-01: Avery Weigh-Tronix, Brecknell and Adam MDW manuals.
//!
//! A letter and CR. `W` answers LF, the weight with its unit, CR, LF, two to four status characters, CR, ETX; `S` and
//! the keys `Z`, `T`, `U` the status alone; anything else LF `?` CR ETX.

use super::command::Command;
use super::display::Unit;
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, Speaker};

#[derive(Debug)]
pub(super) struct Nci {
    command: Command,
    status_bytes: u8,
}

impl Nci {
    pub(super) fn new(model: &Model) -> Self {
        Self { command: Command::default(), status_bytes: model.status_bytes.clamp(2, 4) }
    }

    fn answer(&self, command: &str, pan: &mut Pan) -> String {
        match command {
            "W" | "H" => {
                let reading = pan.weigh();
                let shown = if command == "H" { reading.fine_net } else { reading.net };
                let digits = match reading.state {
                    State::Over => "^^^^^^^".to_owned(),
                    State::Under => "_______".to_owned(),
                    State::Fault => "-------".to_owned(),
                    State::Stable | State::Dynamic => format!("{:>7}", shown.text()),
                };
                format!("\n{digits}{:<2}\r\n{}\r\x03", unit(reading.unit), self.status(&reading))
            }
            "S" | "Z" | "T" | "U" => {
                match (command, pan.rest()) {
                    ("Z", State::Stable) => pan.press_zero(),
                    ("T", State::Stable) => pan.press_tare(),
                    ("U", _) => pan.unit = if pan.unit == Unit::Kilogram { Unit::Pound } else { Unit::Kilogram },
                    _ => {}
                }
                format!("\n{}\r\x03", self.status(&pan.weigh()))
            }
            _ => "\n?\r\x03".to_owned(),
        }
    }

    /// Bits 4 and 5 make each a printable character; bit 6 says that another follows, from the second on.
    fn status(&self, reading: &Reading) -> String {
        let bit = |is_set: bool, bit: u8| u8::from(is_set) << bit;
        let state = |state| reading.state == state;
        let bytes = [
            bit(state(State::Dynamic), 0) | bit(reading.gross.is_zero(), 1),
            bit(state(State::Under), 0) | bit(state(State::Over), 1) | bit(state(State::Fault), 3),
            bit(reading.is_tared, 2),
            bit(matches!(reading.unit, Unit::Gram | Unit::Kilogram | Unit::Tonne), 2),
        ];
        let count = usize::from(self.status_bytes);
        let more = |place: usize| place >= 1 && place + 1 < count;
        bytes
            .iter()
            .take(count)
            .enumerate()
            .map(|(place, bits)| char::from(0x30 | bits | bit(more(place), 6)))
            .collect()
    }
}

impl Speaker for Nci {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some(command) = self.command.push(byte) {
            say.extend_from_slice(self.answer(&command, pan).as_bytes());
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
    use super::*;
    use crate::scale::bench::Bench;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    fn loaded(status_bytes: u8, unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::with(&Model { status_bytes, unit, division, ..Model::usual(Tongue::Nci) }, grams)
    }

    #[test]
    fn a_weight_and_its_status() {
        for (status_bytes, unit, division, grams, reply) in [
            (2, Unit::Pound, 0.01, 12.34 * 453.592_37, "\n  12.34lb\r\n00\r\x03"),
            (2, Unit::Kilogram, 0.01, 0.0, "\n   0.00kg\r\n20\r\x03"),
            (2, Unit::Gram, 1.0, 1234.0, "\n   1234g \r\n00\r\x03"),
            (3, Unit::Kilogram, 0.01, 2500.0, "\n   2.50kg\r\n0p0\r\x03"),
            (4, Unit::Kilogram, 0.01, 2500.0, "\n   2.50kg\r\n0pp4\r\x03"),
        ] {
            assert_eq!(loaded(status_bytes, unit, division, grams).says("W\r"), reply);
        }
    }

    #[test]
    fn motion_tare_and_range() {
        let mut scale = loaded(3, Unit::Kilogram, 0.01, 2500.0);
        assert_eq!(scale.says("T\r"), "\n0p4\r\x03");
        scale.says("C\r");
        scale.put(5000.0, 1);
        assert_eq!(&scale.says("W\r")[12..], "1p4\r\x03");
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("W\r"), "\n^^^^^^^kg\r\n0r4\r\x03");
        scale.pan.set_range(Range::Under);
        assert_eq!(scale.says("W\r"), "\n_______kg\r\n0q4\r\x03");
    }

    #[test]
    fn an_unknown_command_gets_a_question_mark() {
        let mut scale = loaded(2, Unit::Kilogram, 0.01, 0.0);
        assert_eq!(scale.says("SI\r\n"), "\n?\r\x03");
        assert_eq!(scale.says("S\r"), "\n20\r\x03");
        assert_eq!(scale.says("H\r"), "\n  0.000kg\r\n20\r\x03");
    }
}
