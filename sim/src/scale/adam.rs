//! Adam Equipment: manuals of the CPWplus, the Highland and AZextra, and the CBC.
//!
//! `P`, `G`, `N` print, `Z` and `T` are keys without an answer, `T12.3` and `U1.234` set the tare and the piece weight.
//! `ER 01` for what it does not know. A scale set to print by itself prints each new weight at rest once.

use super::command::Command;
use super::display::{Division, Shown, Unit};
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, Speaker};

/// How a weight is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdamFormat {
    /// `G     +  2.00 kg`
    CpwPlus,
    /// `-      123.45 g `
    Highland,
    /// As Highland, but `P` is answered only when a new weight that is not zero has come to rest.
    AzExtra,
    /// Three lines and an empty one: weight, unit weight, pieces.
    Cbc,
}

#[derive(Debug)]
pub(super) struct Adam {
    format: AdamFormat,
    prints_alone: bool,
    command: Command,
    printed: Option<i64>,
}

impl Adam {
    pub(super) fn new(model: &Model) -> Self {
        Self { format: model.adam, prints_alone: model.streams, command: Command::default(), printed: None }
    }

    fn answer(&mut self, command: &str, pan: &mut Pan) -> String {
        match command {
            "P" if self.format == AdamFormat::AzExtra => self.new_at_rest(pan),
            "P" => {
                let reading = pan.weigh();
                self.print(&reading, if reading.is_tared { 'N' } else { 'G' }, pan.piece)
            }
            "G" => self.print(&pan.weigh(), 'G', pan.piece),
            "N" => self.print(&pan.weigh(), 'N', pan.piece),
            "Z" | "T" => {
                match (command, pan.rest()) {
                    ("Z", State::Stable) => pan.press_zero(),
                    ("T", State::Stable) => pan.press_tare(),
                    _ => {}
                }
                String::new()
            }
            _ => Self::set(command, pan).unwrap_or("ER 01\r\n").to_owned(),
        }
    }

    fn set(command: &str, pan: &mut Pan) -> Option<&'static str> {
        let (name, value) = command.split_at_checked(1)?;
        let value = value.parse().ok().filter(|value: &f64| *value >= 0.0)?;
        match name {
            "T" => pan.preset_tare(value),
            "U" => pan.piece = (value > 0.0).then_some(value),
            _ => return None,
        }
        Some("")
    }

    fn new_at_rest(&mut self, pan: &mut Pan) -> String {
        let Some(reading) = pan.weigh_at_rest() else { return String::new() };
        let weight = reading.net.last_places;
        if self.printed == Some(weight) || weight == 0 {
            // An empty pan makes the same weight a new one.
            self.printed = self.printed.filter(|_| weight != 0);
            return String::new();
        }
        self.printed = Some(weight);
        self.print(&reading, if reading.is_tared { 'N' } else { 'G' }, pan.piece)
    }

    fn print(&self, reading: &Reading, kind: char, piece: Option<f64>) -> String {
        if matches!(reading.state, State::Over | State::Under | State::Fault) {
            // The display shows dashes, and nothing is printed.
            return String::new();
        }
        let shown: Shown = if kind == 'G' { reading.gross } else { reading.net };
        let unit = unit(reading.unit);
        match self.format {
            AdamFormat::CpwPlus => {
                format!("{kind}     {}{:>6} {unit:<2}\r\n", shown.sign(), shown.magnitude())
            }
            AdamFormat::Highland | AdamFormat::AzExtra => {
                format!("{}{:>12} {unit:<2}\r\n", shown.minus(), shown.magnitude())
            }
            AdamFormat::Cbc => {
                let label = if kind == 'G' { "Gross Wt" } else { "Net Wt" };
                let piece = piece.unwrap_or(0.0);
                let pieces = if reading.unit == Unit::Piece { shown.text() } else { "0".to_owned() };
                let unit_weight = Division::of(0.001).show(piece).text();
                let weight = match reading.unit {
                    // The count is what the mechanics show; the weight is as near as the pieces are.
                    Unit::Piece => Division::of(0.001).show(shown.last_places as f64 * piece / 1000.0).text(),
                    Unit::Gram | Unit::Kilogram | Unit::Tonne | Unit::Pound | Unit::Ounce => shown.text(),
                };
                let unit = if matches!(reading.unit, Unit::Kilogram | Unit::Piece) { "Kg" } else { unit };
                format!(
                    "{label:<8}{weight:>9} {unit}\r\nUnit Wt.{unit_weight:>9} g\r\n{:<8}{pieces:>9} pcs\r\n\r\n",
                    "PCS"
                )
            }
        }
    }
}

impl Speaker for Adam {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some(command) = self.command.push(byte) {
            say.extend_from_slice(self.answer(&command, pan).as_bytes());
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if self.prints_alone {
            say.extend_from_slice(self.new_at_rest(pan).as_bytes());
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

    fn loaded(format: AdamFormat, unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::with(&Model { adam: format, unit, division, ..Model::usual(Tongue::Adam) }, grams)
    }

    #[test]
    fn a_weight_in_each_format() {
        for (format, unit, division, grams, reply) in [
            (AdamFormat::CpwPlus, Unit::Kilogram, 0.01, 2000.0, "G     +  2.00 kg\r\n"),
            (AdamFormat::Highland, Unit::Gram, 0.01, 123.45, "       123.45 g \r\n"),
            (AdamFormat::Highland, Unit::Gram, 0.01, -123.45, "-      123.45 g \r\n"),
        ] {
            assert_eq!(loaded(format, unit, division, grams).says("P\r\n"), reply);
        }
        let mut counts = loaded(AdamFormat::Cbc, Unit::Kilogram, 0.001, 1230.0);
        assert_eq!(
            counts.says("U123\r\nP\r\n"),
            "Gross Wt    1.230 Kg\r\nUnit Wt.  123.000 g\r\nPCS            10 pcs\r\n\r\n"
        );
    }

    #[test]
    fn a_tared_scale_prints_net() {
        let mut scale = loaded(AdamFormat::CpwPlus, Unit::Kilogram, 0.01, 3000.0);
        assert_eq!(scale.says("T1\r\nP\r\nG\r\nN\r\n"), "N     +  2.00 kg\r\nG     +  3.00 kg\r\nN     +  2.00 kg\r\n");
        assert_eq!(scale.says("T\r\nP\r\n"), "N     +  0.00 kg\r\n");
        assert_eq!(scale.says("SI\r\n"), "ER 01\r\n");
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("P\r\n"), "");
    }

    #[test]
    fn an_azextra_answers_only_a_new_weight_that_is_not_zero() {
        let mut scale = loaded(AdamFormat::AzExtra, Unit::Gram, 0.1, 0.0);
        assert_eq!(scale.says("P\r\n"), "");
        scale.put(5.0, 1);
        let said = [scale.says("P\r\n"), scale.says("P\r\n"), scale.says("P\r\n")];
        assert_eq!(said, ["", "          5.0 g \r\n", ""]);
        scale.put(0.0, 0);
        assert_eq!(scale.says("P\r\n"), "");
        scale.put(5.0, 0);
        assert_eq!(scale.says("P\r\n"), "          5.0 g \r\n");
    }

    #[test]
    fn one_that_prints_alone_prints_each_weight_at_rest_once() {
        let model = Model { streams: true, ..Model::usual(Tongue::Adam) };
        let mut scale = Bench::with(&model, 0.0);
        assert_eq!(scale.tick(), "");
        scale.put(2000.0, 1);
        assert_eq!([scale.tick(), scale.tick(), scale.tick()], ["", "G     +  2.00 kg\r\n", ""]);
    }
}
