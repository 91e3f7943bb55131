//! RADWAG: the communication protocol of the WPY, ITKU, APP and AS.R2.
//!
//! 19 characters and CRLF: the command in three, stability, space, sign, nine of mass, space, three of unit. What has
//! to wait answers twice: `S A` and the frame, `Z A` and `Z D`; `S E` when it does not come to rest. Unknown is `ES`.

use super::command::Command;
use super::display::Unit;
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, PATIENCE, Speaker};

#[derive(Debug)]
pub(super) struct Radwag {
    command: Command,
    /// The command that each frame of a repetition is headed by.
    repeats: Option<&'static str>,
    waits: Option<(u32, &'static str)>,
}

impl Radwag {
    pub(super) fn new(model: &Model) -> Self {
        Self { command: Command::default(), repeats: model.streams.then_some("SI"), waits: None }
    }

    fn answer(&mut self, command: &str, pan: &mut Pan) -> String {
        match command {
            "S" => self.wait("S"),
            "SU" => self.wait("SU"),
            "Z" => self.wait("Z"),
            "T" => self.wait("T"),
            "SI" => frame("SI", &pan.weigh()),
            "SUI" => frame("SUI", &pan.weigh()),
            "C1" | "CU1" => {
                self.repeats = Some(if command == "C1" { "SI" } else { "SUI" });
                format!("{command} A\r\n")
            }
            "C0" | "CU0" => {
                self.repeats = None;
                format!("{command} A\r\n")
            }
            "OT" => format!("OT {:>9} {:<3}\r\n", pan.shown_tare().text(), unit(pan.unit)),
            "NB" => format!("NB A \"{}\"\r\n", pan.serial),
            _ => Self::set(command, pan).unwrap_or("ES\r\n").to_owned(),
        }
    }

    /// `SM 2.5` piece mass, `UT 1.2` tare.
    fn set(command: &str, pan: &mut Pan) -> Option<&'static str> {
        let (name, value) = command.split_once(' ')?;
        let value = value.trim().parse().ok().filter(|value: &f64| *value >= 0.0);
        match (name, value) {
            ("SM", Some(grams)) => {
                pan.piece = (grams > 0.0).then_some(grams);
                Some("SM OK\r\n")
            }
            ("UT", Some(value)) => {
                pan.preset_tare(value);
                Some("UT OK\r\n")
            }
            ("SM" | "UT", None) => Some("ES\r\n"),
            _ => None,
        }
    }

    fn wait(&mut self, command: &'static str) -> String {
        if self.waits.is_some() {
            return format!("{command} I\r\n");
        }
        self.waits = Some((PATIENCE, command));
        format!("{command} A\r\n")
    }
}

impl Speaker for Radwag {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some(command) = self.command.push(byte) {
            say.extend_from_slice(self.answer(&command, pan).as_bytes());
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some(command) = self.repeats {
            say.extend_from_slice(frame(command, &pan.weigh()).as_bytes());
        }
        let Some((looks, command)) = self.waits else { return };
        let reply = match (command, pan.rest()) {
            (_, State::Dynamic) if looks > 0 => {
                self.waits = Some((looks - 1, command));
                return;
            }
            (_, State::Dynamic) => format!("{command} E\r\n"),
            ("Z", State::Stable) => {
                pan.press_zero();
                "Z D\r\n".to_owned()
            }
            ("T", State::Stable) => {
                pan.press_tare();
                "T D\r\n".to_owned()
            }
            ("Z" | "T", State::Over) => format!("{command} ^\r\n"),
            ("Z" | "T", State::Under) => format!("{command} v\r\n"),
            (_, State::Fault) => format!("{command} I\r\n"),
            (_, State::Stable | State::Over | State::Under) => frame(command, &pan.weigh()),
        };
        self.waits = None;
        say.extend_from_slice(reply.as_bytes());
    }
}

fn frame(command: &str, reading: &Reading) -> String {
    let state = match reading.state {
        State::Stable => ' ',
        State::Dynamic => '?',
        State::Over => '^',
        State::Under => 'v',
        State::Fault => return format!("{command} I\r\n"),
    };
    let (minus, mass, unit) = (reading.net.minus(), reading.net.magnitude(), unit(reading.unit));
    format!("{command:<3}{state} {minus}{mass:>9} {unit:<3}\r\n")
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

    fn loaded(unit: Unit, division: f64, grams: f64) -> Bench {
        Bench::of(Tongue::Radwag, unit, division, grams)
    }

    #[test]
    fn a_weight_at_once() {
        assert_eq!(loaded(Unit::Gram, 0.01, 0.0).says("SI\r\n"), "SI         0.00 g  \r\n");
        assert_eq!(loaded(Unit::Gram, 0.1, -8.5).says("SI\r\n"), "SI   -      8.5 g  \r\n");
        let mut scale = loaded(Unit::Kilogram, 0.1, 60_000.0);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("SI\r\n"), "SI ^       60.0 kg \r\n");
        let mut scale = loaded(Unit::Gram, 1.0, 125.0);
        scale.put(125.0, 1);
        assert_eq!(scale.says("SM 1.0\r\nSUI\r\n"), "SM OK\r\nSUI?        125 pcs\r\n");
    }

    #[test]
    fn a_stable_weight_is_two_answers() {
        let mut scale = loaded(Unit::Gram, 0.1, 0.0);
        scale.put(8.5, 1);
        assert_eq!(scale.says("S\r\n"), "S A\r\n");
        assert_eq!(scale.says("S\r\n"), "S I\r\n");
        assert_eq!((scale.tick(), scale.tick()), (String::new(), "S           8.5 g  \r\n".into()));
        let mut scale = loaded(Unit::Kilogram, 0.0001, 1234.5);
        assert_eq!(scale.says("S\r\n") + &scale.tick(), "S A\r\nS        1.2345 kg \r\n");
        scale.put(0.0, 1000);
        scale.says("S\r\n");
        assert_eq!((0..=PATIENCE).map(|_| scale.tick()).collect::<String>(), "S E\r\n");
    }

    #[test]
    fn keys_are_accepted_and_then_done() {
        let mut scale = loaded(Unit::Gram, 0.1, 8.5);
        assert_eq!(scale.says("T\r\n") + &scale.tick(), "T A\r\nT D\r\n");
        assert_eq!(scale.says("OT\r\n"), "OT       8.5 g  \r\n");
        assert_eq!(scale.says("Z\r\n") + &scale.tick(), "Z A\r\nZ D\r\n");
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("Z\r\n") + &scale.tick(), "Z A\r\nZ ^\r\n");
    }

    #[test]
    fn a_repetition_is_begun_and_ended() {
        let mut scale = loaded(Unit::Gram, 0.1, 8.5);
        assert_eq!(scale.says("C1\r\n") + &scale.tick(), "C1 A\r\nSI          8.5 g  \r\n");
        assert_eq!(scale.says("C0\r\n") + &scale.tick(), "C0 A\r\n");
        assert_eq!(scale.says("Q\r\n?WT\r\n"), "ES\r\nES\r\n");
    }
}
