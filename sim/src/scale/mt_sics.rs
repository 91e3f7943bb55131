//! MT-SICS, and KERN's KCP: METTLER TOLEDO's reference manual.
//!
//! Owns the command table. Replies `S_<S|D>_<10>_<unit>`; `I` cannot now, `+` and `-` out of range, `L` wrong
//! parameter, `ES` unknown. `S` does not wait here: it answers the giving up at once, so that a test is not kept.

use super::display::{Division, Unit};
use super::pan::{Pan, Reading, State};
use super::tongue::Speaker;

/// Longer than any command; a host that sends more without a line end is cut.
const COMMAND_LEN_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct MtSics {
    command: Vec<u8>,
    repeats: Repeats,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    #[default]
    Nothing,
    /// `SIR`: every interval.
    Weight,
    /// `SR`: every stable weight that differs from the last one, in last places.
    Changes(Option<i64>),
}

impl Speaker for MtSics {
    /// Only LF ends a command: a CR alone stays in the buffer and makes the next command an unknown one.
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        match byte {
            b'\n' => {
                let command = std::mem::take(&mut self.command);
                let reply = self.answer(String::from_utf8_lossy(&command).trim_end_matches('\r'), pan);
                say_line(&reply, say);
            }
            _ if self.command.len() < COMMAND_LEN_MAX => self.command.push(byte),
            _ => {}
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        match self.repeats {
            Repeats::Nothing => {}
            Repeats::Weight => say_line(&weight("S", &pan.weigh()), say),
            Repeats::Changes(last) => {
                let Some(reading) = pan.weigh_at_rest() else { return };
                if last != Some(reading.net.last_places) {
                    self.repeats = Repeats::Changes(Some(reading.net.last_places));
                    say_line(&weight("S", &reading), say);
                }
            }
        }
    }

    fn power_up(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        self.repeats = Repeats::Nothing;
        say_line(&identity(pan), say);
    }
}

impl MtSics {
    /// The reply to one command, without its CRLF; empty for a repetition, whose first frame is the next interval's.
    fn answer(&mut self, command: &str, pan: &mut Pan) -> String {
        // Every command ends a running repetition.
        self.repeats = Repeats::Nothing;
        match command {
            "SI" => weight("S", &pan.weigh()),
            "S" => pan.weigh_at_rest().map_or_else(|| "S I".to_owned(), |reading| weight("S", &reading)),
            "SIR" => {
                self.repeats = Repeats::Weight;
                String::new()
            }
            "SR" => {
                self.repeats = Repeats::Changes(None);
                String::new()
            }
            "Z" => at_rest("Z", pan, |pan| {
                pan.press_zero();
                "Z A".to_owned()
            }),
            "T" => at_rest("T", pan, |pan| {
                pan.press_tare();
                format!("T S {:>10} {}", pan.shown_tare().text(), unit(pan.unit))
            }),
            "ZI" => now("ZI", pan, |pan, state| {
                pan.press_zero();
                format!("ZI {state}")
            }),
            "TI" => now("TI", pan, |pan, state| {
                pan.press_tare();
                format!("TI {state} {:>10} {}", pan.shown_tare().text(), unit(pan.unit))
            }),
            "TA" => format!("TA A {:>10} {}", pan.shown_tare().text(), unit(pan.unit)),
            "TAC" => {
                pan.clear_tare();
                "TAC A".to_owned()
            }
            "PW" => {
                let piece = Division::of(0.0001).show(pan.piece.unwrap_or(0.0));
                format!("PW A {:>10} g", piece.text())
            }
            "@" => {
                pan.clear_tare();
                identity(pan)
            }
            "I2" => format!("I2 A \"SIM Scale {} {}\"", pan.shown_capacity().text(), unit(pan.unit)),
            "I4" => identity(pan),
            _ => Self::set(command, pan).unwrap_or_else(|| "ES".to_owned()),
        }
    }

    /// `PW 2.5 g` and `TA 100 g`.
    fn set(command: &str, pan: &mut Pan) -> Option<String> {
        let (name, parameters) = command.split_once(' ')?;
        let value = parameters.split_whitespace().next().and_then(|value| value.parse::<f64>().ok());
        match (name, value) {
            ("PW", Some(grams)) if grams > 0.0 => {
                pan.piece = Some(grams);
                Some("PW A".to_owned())
            }
            ("TA", Some(value)) if value >= 0.0 => {
                pan.preset_tare(value);
                Some(format!("TA A {:>10} {}", pan.shown_tare().text(), unit(pan.unit)))
            }
            ("PW" | "TA", _) => Some(format!("{name} L")),
            _ => None,
        }
    }
}

fn say_line(line: &str, say: &mut Vec<u8>) {
    if !line.is_empty() {
        say.extend_from_slice(line.as_bytes());
        say.extend_from_slice(b"\r\n");
    }
}

fn weight(name: &str, reading: &Reading) -> String {
    let state = match reading.state {
        State::Over => return format!("{name} +"),
        State::Under => return format!("{name} -"),
        State::Fault => return format!("{name} I"),
        State::Stable => "S",
        State::Dynamic => "D",
    };
    format!("{name} {state} {:>10} {}", reading.net.text(), unit(reading.unit))
}

fn at_rest(name: &str, pan: &mut Pan, act: impl FnOnce(&mut Pan) -> String) -> String {
    match pan.rest() {
        State::Over => format!("{name} +"),
        State::Under => format!("{name} -"),
        State::Fault | State::Dynamic => format!("{name} I"),
        State::Stable => act(pan),
    }
}

fn now(name: &str, pan: &mut Pan, act: impl FnOnce(&mut Pan, &str) -> String) -> String {
    match pan.rest() {
        State::Over => format!("{name} +"),
        State::Under => format!("{name} -"),
        State::Fault => format!("{name} I"),
        State::Dynamic => act(pan, "D"),
        State::Stable => act(pan, "S"),
    }
}

fn identity(pan: &Pan) -> String {
    format!("I4 A \"{}\"", pan.serial)
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Gram => "g",
        Unit::Kilogram => "kg",
        Unit::Tonne => "t",
        Unit::Pound => "lb",
        Unit::Ounce => "oz",
        Unit::Piece => "PCS",
    }
}

#[cfg(test)]
mod tests;
