//! Dini Argeo: manuals of the 3590, DGT and DFW indicators.
//!
//! `R` or `READ` the standard string, `REXT` the extended one. With an address (RS-485) both commands and answers have
//! its two digits before them, and what is for another address is not answered. `OK` is accepted, not done. Errors:
//! `ERR01` syntax, `ERR02` data, `ERR03` not now, `ERR04` unknown.

use super::command::Command;
use super::display::{Division, Unit};
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, PATIENCE, Speaker};

#[derive(Debug)]
pub(super) struct Dini {
    /// Two digits, or nothing on a line with one scale.
    address: String,
    streams: bool,
    command: Command,
    waits: Option<(u32, Key)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Zero,
    Tare,
}

impl Dini {
    pub(super) fn new(model: &Model) -> Self {
        let address = if model.address == 0 { String::new() } else { format!("{:02}", model.address % 100) };
        Self { address, streams: model.streams, command: Command::default(), waits: None }
    }

    fn answer(&mut self, command: &str, pan: &mut Pan) -> String {
        match command {
            "R" | "READ" => standard(&pan.weigh()),
            "REXT" => extended(&pan.weigh(), pan),
            "GR10" => tenfold(&pan.weigh()),
            "TARE" | "T" => self.wait(Key::Tare, pan),
            "ZERO" | "Z" => self.wait(Key::Zero, pan),
            "C" => {
                pan.clear_tare();
                "OK".to_owned()
            }
            _ => Self::set(command, pan).unwrap_or("ERR04").to_owned(),
        }
    }

    /// `TMAN1.5` tare, `SPMU2.5` piece weight.
    fn set(command: &str, pan: &mut Pan) -> Option<&'static str> {
        let (name, value) = command.split_at_checked(4)?;
        let value = value.parse().ok().filter(|value: &f64| *value >= 0.0);
        match (name, value) {
            ("TMAN", Some(value)) => pan.preset_tare(value),
            ("SPMU", Some(grams)) => pan.piece = (grams > 0.0).then_some(grams),
            ("TMAN" | "SPMU", None) => return Some("ERR02"),
            _ => return None,
        }
        Some("OK")
    }

    fn wait(&mut self, key: Key, pan: &mut Pan) -> String {
        match pan.rest() {
            State::Stable | State::Dynamic => {
                self.waits = Some((PATIENCE, key));
                "OK".to_owned()
            }
            State::Over | State::Under | State::Fault => "ERR03".to_owned(),
        }
    }

    fn say_line(&self, line: &str, say: &mut Vec<u8>) {
        say.extend_from_slice(format!("{}{line}\r\n", self.address).as_bytes());
    }
}

impl Speaker for Dini {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        let Some(command) = self.command.push(byte) else { return };
        if let Some(command) = command.strip_prefix(&*self.address) {
            let line = self.answer(command, pan);
            self.say_line(&line, say);
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some((looks, key)) = self.waits {
            self.waits = match (pan.rest(), key) {
                (State::Stable, Key::Zero) => {
                    pan.press_zero();
                    None
                }
                (State::Stable, Key::Tare) => {
                    pan.press_tare();
                    None
                }
                (State::Dynamic | State::Over | State::Under | State::Fault, _) => {
                    looks.checked_sub(1).map(|looks| (looks, key))
                }
            };
        }
        if self.streams {
            self.say_line(&standard(&pan.weigh()), say);
        }
    }
}

const fn header(reading: &Reading) -> &'static str {
    match reading.state {
        State::Stable => "ST",
        State::Dynamic => "US",
        State::Over => "OL",
        State::Under | State::Fault => "UL",
    }
}

/// What stands where the weight would: nothing, when there is none.
fn weight(reading: &Reading, width: usize) -> String {
    match reading.state {
        State::Stable | State::Dynamic => format!("{:>width$}", reading.net.text()),
        State::Over | State::Under | State::Fault => " ".repeat(width),
    }
}

fn standard(reading: &Reading) -> String {
    let mode = if reading.is_tared { "NT" } else { "GS" };
    format!("{},{mode},{},{:>2}", header(reading), weight(reading, 8), unit(reading.unit))
}

fn tenfold(reading: &Reading) -> String {
    format!("{},GX,{:>8},{:>2}", header(reading), reading.fine_gross.text(), unit(reading.unit))
}

/// Weights stand here even on a scale that counts; the pieces have a field of their own.
fn extended(reading: &Reading, pan: &mut Pan) -> String {
    let piece = pan.piece.take();
    let weighed = Reading { state: reading.state, ..pan.weigh() };
    pan.piece = piece;
    let tare = format!("{:2}{:>10}", if weighed.is_preset { "PT" } else { "" }, weighed.tare.text());
    let (count, piece) = match piece {
        Some(grams) => (reading.net.text(), Division::of(0.001).show(grams).text()),
        None => ("0".to_owned(), "0".to_owned()),
    };
    let net = weight(&weighed, 10);
    format!("1,{},{net},{tare},{count:>10},{piece:>10},{:>2}", header(reading), unit(weighed.unit))
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Gram => "g",
        Unit::Kilogram => "kg",
        Unit::Tonne => "t",
        Unit::Pound => "lb",
        Unit::Ounce => "oz",
        Unit::Piece => "PC",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::bench::Bench;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    fn loaded(unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::with(&Model { unit, division, capacity_grams: 1e9, ..Model::usual(Tongue::Dini) }, grams)
    }

    #[test]
    fn the_standard_string() {
        for (unit, division, grams, reply) in [
            (Unit::Kilogram, 0.1, 0.0, "ST,GS,     0.0,kg\r\n"),
            (Unit::Kilogram, 0.01, 12_350.0, "ST,GS,   12.35,kg\r\n"),
            (Unit::Tonne, 0.001, 1_250_000.0, "ST,GS,   1.250, t\r\n"),
            (Unit::Kilogram, 0.01, -250.0, "ST,GS,   -0.25,kg\r\n"),
        ] {
            assert_eq!(loaded(unit, division, grams).says("READ\r\n"), reply);
        }
        assert_eq!(loaded(Unit::Kilogram, 0.01, 12_350.0).says("GR10\r"), "ST,GX,  12.350,kg\r\n");
    }

    #[test]
    fn the_extended_string() {
        let mut scale = loaded(Unit::Kilogram, 0.01, 10_500.0);
        assert_eq!(scale.says("REXT\r\n"), "1,ST,     10.50,        0.00,         0,         0,kg\r\n");
        scale.put(3_250.0, 1);
        assert_eq!(scale.says("REXT\r\n"), "1,US,      3.25,        0.00,         0,         0,kg\r\n");
        let mut scale = loaded(Unit::Kilogram, 0.001, 1_250.0);
        assert_eq!(scale.says("SPMU5\r\n"), "OK\r\n");
        assert_eq!(scale.says("REXT\r\n"), "1,ST,     1.250,       0.000,       250,     5.000,kg\r\n");
        assert_eq!(scale.says("TMAN1\r\nREXT\r\n"), "OK\r\n1,ST,     0.250,PT     1.000,        50,     5.000,kg\r\n");
    }

    #[test]
    fn out_of_range_has_no_weight() {
        let mut scale = loaded(Unit::Kilogram, 0.01, 0.0);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("R\r\n"), "OL,GS,        ,kg\r\n");
        assert_eq!(scale.says("REXT\r\n"), "1,OL,          ,        0.00,         0,         0,kg\r\n");
        assert_eq!(scale.says("T\r\n"), "ERR03\r\n");
        scale.pan.set_range(Range::Under);
        assert_eq!(scale.says("R\r\n"), "UL,GS,        ,kg\r\n");
    }

    #[test]
    fn a_key_is_accepted_and_done_when_it_rests() {
        let mut scale = loaded(Unit::Kilogram, 0.01, 0.0);
        scale.put(1000.0, 2);
        assert_eq!(scale.says("TARE\r\n"), "OK\r\n");
        scale.tick();
        assert_eq!(&scale.says("R\r\n")[..6], "ST,GS,");
        scale.tick();
        assert_eq!(scale.says("R\r\n"), "ST,NT,    0.00,kg\r\n");
        assert_eq!(scale.says("C\r\nR\r\n"), "OK\r\nST,GS,    1.00,kg\r\n");
    }

    #[test]
    fn on_a_bus_it_answers_to_its_address_only() {
        let mut scale = Bench::with(&Model { address: 3, ..Model::usual(Tongue::Dini) }, 1000.0);
        assert_eq!(scale.says("03READ\r\n"), "03ST,GS,    1.00,kg\r\n");
        assert_eq!(scale.says("04READ\r\nREAD\r\n"), "");
    }

    #[test]
    fn errors_have_numbers() {
        assert_eq!(loaded(Unit::Kilogram, 0.01, 0.0).says("SI\r\nTMANx\r\n"), "ERR04\r\nERR02\r\n");
    }
}
