//! SMA SCP-0499, the Scale Manufacturers Association's protocol, level 2.
//!
//! Commands are LF, a letter, CR; ESC ends a repetition. The weight is LF `s r n m f`, ten characters, three of unit,
//! CR. Unknown commands get LF `?` CR, and a byte of eight bits, which a line error brings, LF `!` CR. `P` and `Q` wait
//! for rest. What comes before an LF is nothing.

use super::display::{Shown, Unit};
use super::pan::{Pan, Reading, State};
use super::tongue::{PATIENCE, Speaker};

const ESC: u8 = 0x1B;

/// Longer than any command.
const COMMAND_LEN_MAX: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Sma {
    /// What has come since an LF.
    command: Option<Vec<u8>>,
    repeats: bool,
    /// Looks left for a command that waits for rest, and whether it wants the fine weight.
    waits: Option<(u32, bool)>,
    /// Where `B` and `N` are in the lists that `A` and `I` begin.
    about: usize,
    info: usize,
}

impl Speaker for Sma {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        match (byte, &mut self.command) {
            (b'\n', _) => self.command = Some(Vec::new()),
            (ESC, _) => {
                self.repeats = false;
                self.waits = None;
                self.command = None;
            }
            (b'\r', Some(command)) => {
                let command = std::mem::take(command);
                self.command = None;
                if !command.is_empty() {
                    self.obey(&command, pan, say);
                }
            }
            (_, Some(command)) if command.len() < COMMAND_LEN_MAX => command.push(byte),
            _ => {}
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if self.repeats {
            say_weight(&pan.weigh(), false, say);
        }
        if let Some((looks, is_fine)) = self.waits {
            match pan.weigh_at_rest() {
                Some(reading) => {
                    self.waits = None;
                    say_weight(&reading, is_fine, say);
                }
                // It gives up in silence.
                None => self.waits = looks.checked_sub(1).map(|looks| (looks, is_fine)),
            }
        }
    }
}

impl Sma {
    fn obey(&mut self, command: &[u8], pan: &mut Pan, say: &mut Vec<u8>) {
        self.repeats = false;
        self.waits = None;
        match command {
            b"W" => say_weight(&pan.weigh(), false, say),
            b"H" => say_weight(&pan.weigh(), true, say),
            b"P" => self.waits = Some((PATIENCE, false)),
            b"Q" => self.waits = Some((PATIENCE, true)),
            b"R" => self.repeats = true,
            b"Z" => {
                if pan.rest() == State::Stable {
                    pan.press_zero();
                }
                say_weight(&pan.weigh(), false, say);
            }
            b"T" => {
                if pan.rest() == State::Stable {
                    pan.press_tare();
                }
                say_weight(&pan.weigh(), false, say);
            }
            b"M" => {
                let reading = pan.weigh();
                say_frame([' ', '1', 'T', ' ', ' '], &format!("{:>10}", reading.tare.text()), pan.unit, say);
            }
            b"C" => {
                pan.clear_tare();
                say_weight(&pan.weigh(), false, say);
            }
            b"U" => {
                pan.unit = if pan.unit == Unit::Kilogram { Unit::Pound } else { Unit::Kilogram };
                say_weight(&pan.weigh(), false, say);
            }
            b"D" => say_line(if pan.rest() == State::Fault { "  E " } else { "    " }, say),
            b"A" | b"B" => {
                self.about = if command == b"A" { 0 } else { self.about + 1 };
                let lines = ["SMA:2/1.0", "MFG:Sim", "MOD:Scale", "REV:1.0", "END:"];
                say_line(lines.get(self.about).unwrap_or(&"?"), say);
            }
            b"I" | b"N" => {
                self.info = if command == b"I" { 0 } else { self.info + 1 };
                // Range capacity: unit, capacity in divisions' units, step of the last digit, decimals.
                let capacity = pan.shown_capacity();
                let (steps, step, decimals) = (capacity.last_places, pan.division.step, capacity.decimals);
                let capacity = format!("CAP:{:<3}:{steps}:{step}:{decimals}", unit(pan.unit));
                let lines = ["SMA:2/1.0", &capacity, "CMD:HPQTMCRU", "END:"];
                say_line(lines.get(self.info).unwrap_or(&"?"), say);
            }
            _ if command.iter().any(|byte| *byte >= 0x80) => say_line("!", say),
            _ => match tare_value(command) {
                Some(value) => {
                    pan.preset_tare(value);
                    say_weight(&pan.weigh(), false, say);
                }
                None => say_line("?", say),
            },
        }
    }
}

/// `T1.25`: a tare keyed in.
fn tare_value(command: &[u8]) -> Option<f64> {
    let value = std::str::from_utf8(command.strip_prefix(b"T")?).ok()?;
    value.trim().parse().ok().filter(|value: &f64| *value >= 0.0)
}

fn say_weight(reading: &Reading, is_fine: bool, say: &mut Vec<u8>) {
    let state = match reading.state {
        State::Over => 'O',
        State::Under => 'U',
        State::Fault => 'E',
        State::Stable | State::Dynamic if reading.gross.is_zero() => 'Z',
        State::Stable | State::Dynamic => ' ',
    };
    let kind = match (reading.is_tared, is_fine) {
        (false, false) => 'G',
        (false, true) => 'g',
        (true, false) => 'N',
        (true, true) => 'n',
    };
    let motion = if reading.state == State::Dynamic { 'M' } else { ' ' };
    let shown: Shown = if is_fine { reading.fine_net } else { reading.net };
    let weight = match reading.state {
        State::Fault => "-".repeat(10),
        State::Stable | State::Dynamic | State::Over | State::Under => format!("{:>10}", shown.text()),
    };
    say_frame([state, '1', kind, motion, ' '], &weight, reading.unit, say);
}

fn say_frame(status: [char; 5], weight: &str, in_unit: Unit, say: &mut Vec<u8>) {
    let status: String = status.iter().collect();
    say_line(&format!("{status}{weight}{:<3}", unit(in_unit)), say);
}

fn say_line(line: &str, say: &mut Vec<u8>) {
    say.push(b'\n');
    say.extend_from_slice(line.as_bytes());
    say.push(b'\r');
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
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    fn loaded(unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::of(Tongue::Sma, unit, division, grams)
    }

    #[test]
    fn a_weight_has_the_twenty_bytes_of_the_standard() {
        for (unit, division, grams, reply) in [
            (Unit::Gram, 0.1, 453.6, "\n 1G       453.6g  \r"),
            (Unit::Kilogram, 0.001, -15.0, "\n 1G      -0.015kg \r"),
            (Unit::Pound, 0.001, 0.0, "\nZ1G       0.000lb \r"),
        ] {
            assert_eq!(loaded(unit, division, grams).says("\nW\r"), reply);
        }
        assert_eq!(loaded(Unit::Gram, 0.1, 453.6).says("\nH\r"), "\n 1g      453.60g  \r");
    }

    #[test]
    fn out_of_range_and_broken_stand_in_the_first_character() {
        let mut scale = loaded(Unit::Kilogram, 0.01, 60_010.0);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("\nW\r"), "\nO1G       60.01kg \r");
        scale.pan.set_range(Range::Fault);
        assert_eq!(scale.says("\nW\r"), "\nE1G  ----------kg \r");
    }

    #[test]
    fn a_print_waits_for_rest_and_an_escape_ends_the_waiting() {
        let mut scale = loaded(Unit::Kilogram, 0.001, 0.0);
        scale.put(1000.0, 2);
        assert_eq!(scale.says("\nP\r"), "");
        assert_eq!((scale.tick(), scale.tick()), (String::new(), String::new()));
        assert_eq!((scale.tick(), scale.tick()), ("\n 1G       1.000kg \r".into(), String::new()));
        scale.put(0.0, 1);
        assert_eq!(scale.says("\nP\r\x1b") + &scale.tick() + &scale.tick(), "");
        scale.put(1000.0, 1);
        assert_eq!(&scale.says("\nW\r")[..5], "\n 1GM");
    }

    #[test]
    fn a_repetition_goes_on_until_it_is_aborted() {
        let mut scale = loaded(Unit::Kilogram, 0.001, 1000.0);
        scale.says("\nR\r");
        assert_eq!((scale.tick(), scale.tick()), ("\n 1G       1.000kg \r".into(), "\n 1G       1.000kg \r".into()));
        scale.says("\x1b");
        assert_eq!(scale.tick(), "");
    }

    #[test]
    fn tare_is_taken_told_and_cleared() {
        let mut scale = loaded(Unit::Kilogram, 0.001, 1200.0);
        assert_eq!(scale.says("\nT\r"), "\n 1N       0.000kg \r");
        assert_eq!(scale.says("\nM\r"), "\n 1T       1.200kg \r");
        assert_eq!(scale.says("\nC\r"), "\n 1G       1.200kg \r");
        assert_eq!(scale.says("\nT0.2\r"), "\n 1N       1.000kg \r");
        assert_eq!(scale.says("\nZ\r"), "\nZ1G       0.000kg \r");
    }

    #[test]
    fn lists_are_told_line_by_line() {
        let mut scale = loaded(Unit::Kilogram, 10.0, 0.0);
        assert_eq!(
            scale.says("\nI\r\nN\r\nN\r\nN\r\nN\r"),
            "\nSMA:2/1.0\r\nCAP:kg :60:10:0\r\nCMD:HPQTMCRU\r\nEND:\r\n?\r"
        );
        assert_eq!(scale.says("\nA\r\nB\r"), "\nSMA:2/1.0\r\nMFG:Sim\r");
        assert_eq!(scale.says("\nD\r"), "\n    \r");
    }

    #[test]
    fn other_makers_questions_get_a_question_mark_or_nothing() {
        let mut scale = loaded(Unit::Kilogram, 0.001, 0.0);
        assert_eq!(scale.says("\nX\r"), "\n?\r");
        assert_eq!(scale.says("W\r"), "");
        assert_eq!(scale.says("SI\r\nREAD\r\n"), "\n?\r");
        assert_eq!(scale.ask(b"\n\xd7\r"), b"\n!\r");
    }
}
