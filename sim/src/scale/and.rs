//! A&D: manuals of the EK and EJ balances, the HC and GC counting scales and the AD-4404 indicator.
//!
//! `HH,±dddddddd` and a unit of three, CRLF. The header is ST, QT (a count at rest), US or OL. Keys and `S` answer ACK
//! when heard; keys answer a second ACK when done. Errors are `EC,E1` unknown, `EC,E2` not ready, `EC,E7` range.

use super::command::Command;
use super::display::{Division, Shown, Unit};
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, PATIENCE, Speaker};

/// How the weight is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AndFormat {
    /// `ST,+001234.5  g`
    Balance,
    /// GC scales: `ST,OK,+0001.234 kg`, here always with the comparator off, `--`.
    Comparator,
    /// AD-4400 indicators: `ST,GS,+0012.34kg`
    Indicator,
}

#[derive(Debug)]
pub(super) struct And {
    format: AndFormat,
    command: Command,
    repeats: bool,
    waits: Option<(u32, Act)>,
}

/// What waits for rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Say,
    Zero,
    Tare,
}

const ACK: &str = "\x06\r\n";

impl And {
    pub(super) fn new(model: &Model) -> Self {
        Self { format: model.and, command: Command::default(), repeats: model.streams, waits: None }
    }

    fn answer(&mut self, command: &str, pan: &mut Pan) -> String {
        match command {
            "Q" | "?WT" | "SI" => self.weight(&pan.weigh()),
            "?QT" if pan.piece.is_some() => self.weight(&pan.weigh()),
            "?QT" => "EC,E2\r\n".to_owned(),
            "S" => self.wait(Act::Say),
            "SIR" => {
                self.repeats = true;
                String::new()
            }
            "C" => {
                self.repeats = false;
                self.waits = None;
                ACK.to_owned()
            }
            "Z" => self.wait(Act::Zero) + ACK,
            "T" => self.wait(Act::Tare) + ACK,
            "?TR" => {
                let tare = pan.shown_tare();
                format!("TR,{}{}{:>3}\r\n", tare.sign(), tare.zero_padded(8), unit(pan.unit))
            }
            "?UW" => {
                let piece = Division::of(0.000_001).show(pan.piece.unwrap_or(0.0));
                format!("UW,{}{}  g\r\n", piece.sign(), piece.zero_padded(8))
            }
            "?ID" => "ID,000012\r\n".to_owned(),
            "?SN" => format!("SN,{}\r\n", pan.serial),
            "?TN" => "TN,SIM-6000\r\n".to_owned(),
            _ => "EC,E1\r\n".to_owned(),
        }
    }

    fn wait(&mut self, act: Act) -> String {
        self.waits = Some((PATIENCE, act));
        String::new()
    }

    fn weight(&self, reading: &Reading) -> String {
        let header = match (reading.state, reading.unit) {
            (State::Stable, Unit::Piece) => "QT",
            (State::Stable, _) => "ST",
            (State::Dynamic, _) => "US",
            (State::Over | State::Under, _) => "OL",
            (State::Fault, _) => return "EC,E2\r\n".to_owned(),
        };
        let is_out = matches!(reading.state, State::Over | State::Under);
        let sign = match reading.state {
            State::Over => '+',
            State::Under => '-',
            State::Stable | State::Dynamic | State::Fault => reading.net.sign(),
        };
        let digits = |shown: Shown, width| if is_out { shown.nines(width) } else { shown.zero_padded(width) };
        match self.format {
            AndFormat::Balance => format!("{header},{sign}{}{:>3}\r\n", digits(reading.net, 8), unit(reading.unit)),
            AndFormat::Comparator => {
                format!("{header},--,{sign}{}{:>3}\r\n", digits(reading.net, 8), unit(reading.unit))
            }
            AndFormat::Indicator => {
                let mode = if reading.is_tared { "NT" } else { "GS" };
                let digits = if is_out { format!("{:7}", "") } else { reading.net.zero_padded(7) };
                format!("{header},{mode},{sign}{digits}{:>2}\r\n", unit(reading.unit))
            }
        }
    }
}

impl Speaker for And {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some(command) = self.command.push(byte) {
            say.extend_from_slice(self.answer(&command, pan).as_bytes());
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if self.repeats {
            say.extend_from_slice(self.weight(&pan.weigh()).as_bytes());
        }
        let Some((looks, act)) = self.waits else { return };
        let reply = match (act, pan.rest()) {
            (_, State::Dynamic) if looks > 0 => {
                self.waits = Some((looks - 1, act));
                return;
            }
            (Act::Say, State::Stable | State::Over | State::Under) => self.weight(&pan.weigh()),
            (Act::Zero, State::Stable) => {
                pan.press_zero();
                ACK.to_owned()
            }
            (Act::Tare, State::Stable) => {
                pan.press_tare();
                ACK.to_owned()
            }
            (Act::Say | Act::Zero | Act::Tare, State::Dynamic | State::Over | State::Under | State::Fault) => {
                "EC,E2\r\n".to_owned()
            }
        };
        self.waits = None;
        say.extend_from_slice(reply.as_bytes());
    }
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

    fn loaded(format: AndFormat, unit: Unit, division: f64, grams: f64) -> Bench {
        let capacity_grams = 60_000.0;
        Bench::with(&Model { and: format, unit, division, capacity_grams, ..Model::usual(Tongue::And) }, grams)
    }

    #[test]
    fn a_weight_in_each_format() {
        for (format, unit, division, grams, reply) in [
            (AndFormat::Balance, Unit::Gram, 0.1, 1234.5, "ST,+001234.5  g\r\n"),
            (AndFormat::Balance, Unit::Gram, 0.01, 0.0, "ST,+00000.00  g\r\n"),
            (AndFormat::Balance, Unit::Pound, 0.0001, -2.7255 * 453.592_37, "ST,-002.7255 lb\r\n"),
            (AndFormat::Comparator, Unit::Kilogram, 0.001, 1234.0, "ST,--,+0001.234 kg\r\n"),
            (AndFormat::Indicator, Unit::Kilogram, 0.01, 12_340.0, "ST,GS,+0012.34kg\r\n"),
        ] {
            assert_eq!(loaded(format, unit, division, grams).says("Q\r\n"), reply);
        }
    }

    #[test]
    fn a_count_has_its_own_header_and_unit() {
        let mut scale = loaded(AndFormat::Balance, Unit::Gram, 0.1, 12_345.0);
        assert_eq!(scale.says("?QT\r\n"), "EC,E2\r\n");
        scale.pan.piece = Some(1.0);
        assert_eq!(scale.says("?QT\r\n"), "QT,+00012345 PC\r\n");
        assert_eq!(scale.says("?UW\r\n"), "UW,+1.000000  g\r\n");
    }

    #[test]
    fn out_of_range_is_nines() {
        let mut scale = loaded(AndFormat::Balance, Unit::Gram, 0.1, 0.0);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("Q\r\n"), "OL,+999999.9  g\r\n");
        scale.pan.set_range(Range::Under);
        assert_eq!(scale.says("Q\r\n"), "OL,-999999.9  g\r\n");
        let mut scale = loaded(AndFormat::Indicator, Unit::Kilogram, 0.01, 0.0);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("Q\r\n"), "OL,GS,+       kg\r\n");
    }

    #[test]
    fn a_stable_weight_and_the_keys_are_waited_for() {
        let mut scale = loaded(AndFormat::Balance, Unit::Gram, 0.1, 0.0);
        scale.put(500.0, 1);
        assert_eq!(&scale.says("Q\r\n")[..3], "US,");
        scale.put(500.0, 1);
        assert_eq!(scale.says("S\r\n"), "");
        assert_eq!((scale.tick(), scale.tick()), (String::new(), "ST,+000500.0  g\r\n".into()));
        assert_eq!((scale.says("T\r\n"), scale.tick()), (ACK.into(), ACK.into()));
        assert_eq!(scale.says("?TR\r\n"), "TR,+000500.0  g\r\n");
        scale.put(0.0, 1000);
        scale.says("Z\r\n");
        let given_up: String = (0..=PATIENCE).map(|_| scale.tick()).collect();
        assert_eq!(given_up, "EC,E2\r\n");
    }

    #[test]
    fn a_stream_runs_until_it_is_cancelled() {
        let mut scale = loaded(AndFormat::Balance, Unit::Gram, 0.1, 500.0);
        assert_eq!(scale.says("SIR\r\n") + &scale.tick(), "ST,+000500.0  g\r\n");
        assert_eq!(scale.says("C\r\n") + &scale.tick(), ACK);
        assert_eq!(scale.says("READ\r\n"), "EC,E1\r\n");
    }
}
