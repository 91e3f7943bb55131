//! Sartorius SBI: manuals of the ME215S, Entris II and Combics 1.
//!
//! Commands are ESC and a letter, or ESC and `x1_`; a line end behind is nothing, and so is everything else: it has no
//! error answer. A line is sign, nine characters, space, unit of three, CRLF, with six of an id block before it where
//! it is set so. While it is not stable the unit is blank.

use super::display::Unit;
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, Speaker};

const ESC: u8 = 0x1B;

#[derive(Debug)]
pub(super) struct Sartorius {
    has_id_block: bool,
    streams: bool,
    heard: Heard,
}

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Escape,
    X,
    XDigit(u8),
}

impl Sartorius {
    pub(super) const fn new(model: &Model) -> Self {
        Self { has_id_block: model.has_id_block, streams: model.streams, heard: Heard::Nothing }
    }

    fn say_weight(&self, reading: &Reading, say: &mut Vec<u8>) {
        let special = |text: &str| (if self.has_id_block { "Stat  " } else { "" }, format!("{text:<14}"));
        let (id, line) = match reading.state {
            State::Over => special("     High"),
            State::Under => special("     Low"),
            State::Fault => special("   Err   54"),
            State::Stable | State::Dynamic => {
                let id = match (self.has_id_block, reading.unit, reading.is_tared) {
                    (false, _, _) => "",
                    (true, Unit::Piece, _) => "Qnt   ",
                    (true, _, true) => "N     ",
                    (true, _, false) => "G     ",
                };
                let sign = if reading.net.is_zero() { ' ' } else { reading.net.sign() };
                let unit = if reading.state == State::Stable { unit(reading.unit) } else { "" };
                (id, format!("{sign}{:>9} {unit:<3}", reading.net.magnitude()))
            }
        };
        say.extend_from_slice(format!("{id}{line}\r\n").as_bytes());
    }
}

impl Speaker for Sartorius {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        self.heard = match (self.heard, byte) {
            (_, ESC) => Heard::Escape,
            (Heard::Escape, b'x') => Heard::X,
            (Heard::X, digit) => Heard::XDigit(digit),
            (Heard::Escape, b'P') => {
                self.say_weight(&pan.weigh(), say);
                Heard::Nothing
            }
            (Heard::Escape, key @ (b'T' | b'U' | b'V')) => {
                if pan.rest() == State::Stable {
                    match (key, pan.weigh().gross.is_zero()) {
                        // The combined key zeroes an empty pan and tares a loaded one.
                        (b'V', _) | (b'T', true) => pan.press_zero(),
                        _ => pan.press_tare(),
                    }
                }
                Heard::Nothing
            }
            (Heard::XDigit(digit), b'_') => {
                match digit {
                    b'1' => say.extend_from_slice(b"SIM6200\r\n"),
                    b'2' => say.extend_from_slice(format!("{}\r\n", pan.serial).as_bytes()),
                    _ => {}
                }
                Heard::Nothing
            }
            (Heard::Nothing | Heard::Escape | Heard::XDigit(_), _) => Heard::Nothing,
        };
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
        Unit::Piece => "pcs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::bench::Bench;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    fn loaded(has_id_block: bool, division: f64, grams: f64) -> Bench {
        Bench::with(&Model { has_id_block, division, ..Model::usual(Tongue::SartoriusSbi) }, grams)
    }

    #[test]
    fn a_weight_of_sixteen_and_of_twenty_two() {
        for (has_id_block, grams, reply) in [
            (false, -0.35, "-     0.35 g  \r\n"),
            (false, 0.0, "      0.00 g  \r\n"),
            (true, 123.56, "G     +   123.56 g  \r\n"),
        ] {
            assert_eq!(loaded(has_id_block, 0.01, grams).says("\x1bP"), reply);
        }
        let mut counts = loaded(false, 0.01, 253.0);
        counts.pan.piece = Some(1.0);
        assert_eq!(counts.says("\x1bP\r\n"), "+      253 pcs\r\n");
    }

    #[test]
    fn the_unit_is_missing_while_it_is_not_stable() {
        let mut scale = loaded(true, 0.01, 100.0);
        scale.says("\x1bU");
        scale.put(223.51, 0);
        assert_eq!(scale.says("\x1bP"), "N     +   123.51 g  \r\n");
        let mut scale = loaded(false, 0.01, 12.47);
        scale.put(12.47, 1);
        assert_eq!(scale.says("\x1bP"), "+    12.47    \r\n");
    }

    #[test]
    fn specials_stand_in_the_middle() {
        for (range, text) in [
            (Range::Over, "Stat       High     \r\n"),
            (Range::Under, "Stat       Low      \r\n"),
            (Range::Fault, "Stat     Err   54   \r\n"),
        ] {
            let mut scale = loaded(true, 0.01, 1.0);
            scale.pan.set_range(range);
            assert_eq!(scale.says("\x1bP"), text);
            assert_eq!(loaded(true, 0.01, 1.0).says("\x1bP").len(), 22);
        }
    }

    #[test]
    fn it_says_what_it_is_and_nothing_to_what_it_does_not_know() {
        let mut scale = loaded(true, 0.01, 1.0);
        assert_eq!(scale.says("\x1bx1_\x1bx2_\r\n"), "SIM6200\r\nB000000001\r\n");
        assert_eq!(scale.says("SI\r\nP\r\nW\x1bx9_\x1bq"), "");
    }
}
