//! Ohaus: manuals of the Defender 3000, Ranger and Scout.
//!
//! The weight right-aligned, unit, `?` while not stable, a legend; the columns differ by maker's line. Unknown commands
//! get `ES`; keys have no answer. `PSI` makes it speak MT-SICS until `POH`.

use super::command::Command;
use super::display::{Division, Unit};
use super::mt_sics::MtSics;
use super::pan::{Pan, Reading, State};
use super::tongue::{Model, PATIENCE, Speaker};

/// Which columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OhausFormat {
    /// Sign, space, 7 of weight, space, 5 of unit, `?`, 3 of legend.
    Defender,
    /// Sign, two spaces, 7 of weight, space, 2 of unit, space, `?`, space, `NET` or `B/G`.
    Ranger,
    /// 11 of weight, space, unit, and `?` or a legend behind a space.
    Scout,
}

#[derive(Debug)]
pub(super) struct Ohaus {
    format: OhausFormat,
    command: Command,
    /// The other tongue, while it speaks that.
    sics: Option<MtSics>,
    /// The LF that belongs to the CR of `PSI` is no command in the other tongue.
    skips_lf: bool,
    prints: Prints,
    waits: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prints {
    OnDemand,
    Always,
    /// Every so many intervals of a tenth of a second, and how many are gone.
    Every(u32, u32),
}

impl Ohaus {
    pub(super) fn new(model: &Model) -> Self {
        let prints = if model.streams { Prints::Always } else { Prints::OnDemand };
        Self { format: model.ohaus, command: Command::default(), sics: None, skips_lf: false, prints, waits: None }
    }

    fn answer(&mut self, command: &str, pan: &mut Pan) -> String {
        match command {
            "IP" | "P" => self.weight(&pan.weigh()),
            "SP" => {
                self.waits = Some(PATIENCE);
                String::new()
            }
            "CP" => self.set_prints(Prints::Always),
            "0P" => self.set_prints(Prints::OnDemand),
            "Z" => key(pan, Pan::press_zero),
            "T" => key(pan, Pan::press_tare),
            "PU" => format!("{}\r\n", unit(pan.unit)),
            "P#" => format!("{} g\r\n", Division::of(0.0001).show(pan.piece.unwrap_or(0.0)).text()),
            "PV" => "Sr 1.00\r\n".to_owned(),
            "PSI" => {
                self.sics = Some(MtSics::default());
                self.skips_lf = true;
                String::new()
            }
            "POH" => String::new(),
            _ => self.set(command, pan).unwrap_or_else(|| "ES\r\n".to_owned()),
        }
    }

    /// `2.5#` piece weight, `100T` tare, `5P` every five seconds.
    fn set(&mut self, command: &str, pan: &mut Pan) -> Option<String> {
        let (value, letter) = command.split_at_checked(command.len().checked_sub(1)?)?;
        let value: f64 = value.parse().ok().filter(|value: &f64| *value >= 0.0)?;
        match letter {
            "#" => pan.piece = (value > 0.0).then_some(value),
            "T" => pan.preset_tare(value),
            "P" => self.prints = Prints::Every((value * 10.0) as u32, 0),
            _ => return None,
        }
        Some(String::new())
    }

    fn set_prints(&mut self, prints: Prints) -> String {
        self.prints = prints;
        self.waits = None;
        String::new()
    }

    fn weight(&self, reading: &Reading) -> String {
        match reading.state {
            State::Over => return "Err 8.3\r\n".to_owned(),
            State::Under => return "Err 8.4\r\n".to_owned(),
            State::Fault => return "Err 3.0\r\n".to_owned(),
            State::Stable | State::Dynamic => {}
        }
        let state = if reading.state == State::Stable { ' ' } else { '?' };
        let (minus, magnitude, unit) = (reading.net.minus(), reading.net.magnitude(), unit(reading.unit));
        match self.format {
            OhausFormat::Defender => {
                let legend = if reading.is_tared { "NET" } else { "G  " };
                format!("{minus} {magnitude:>7} {unit:<5}{state}{legend}\r\n")
            }
            OhausFormat::Ranger => {
                let legend = if reading.is_tared { "NET" } else { "B/G" };
                format!("{minus}  {magnitude:>7} {unit:<2} {state} {legend}\r\n")
            }
            OhausFormat::Scout => {
                let state = if reading.state == State::Stable { "" } else { " ?" };
                let legend = if reading.is_tared { " NET" } else { "" };
                format!("{:>11} {unit}{state}{legend}\r\n", reading.net.text())
            }
        }
    }
}

impl Speaker for Ohaus {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        let command = self.command.push(byte);
        if std::mem::take(&mut self.skips_lf) && byte == b'\n' {
            return;
        }
        if let Some(sics) = &mut self.sics {
            if command.as_deref() == Some("POH") {
                self.sics = None;
            } else {
                sics.hear(byte, pan, say);
            }
        } else if let Some(command) = command {
            say.extend_from_slice(self.answer(&command, pan).as_bytes());
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        if let Some(sics) = &mut self.sics {
            return sics.tick(pan, say);
        }
        let is_due = match &mut self.prints {
            Prints::OnDemand => false,
            Prints::Always => true,
            Prints::Every(intervals, gone) => {
                *gone += 1;
                let is_due = *gone >= *intervals;
                if is_due {
                    *gone = 0;
                }
                is_due
            }
        };
        if is_due {
            say.extend_from_slice(self.weight(&pan.weigh()).as_bytes());
        }
        if let Some(looks) = self.waits {
            self.waits = looks.checked_sub(1);
            if let Some(reading) = pan.weigh_at_rest() {
                self.waits = None;
                say.extend_from_slice(self.weight(&reading).as_bytes());
            }
        }
    }
}

fn key(pan: &mut Pan, press: impl FnOnce(&mut Pan)) -> String {
    if pan.rest() == State::Stable {
        press(pan);
    }
    String::new()
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
mod tests {
    use super::*;
    use crate::scale::bench::Bench;
    use crate::scale::tongue::Tongue;

    fn loaded(format: OhausFormat, unit: Unit, division: f64, grams: f64) -> Bench {
        let capacity_grams = 60_000.0;
        Bench::with(&Model { ohaus: format, unit, division, capacity_grams, ..Model::usual(Tongue::Ohaus) }, grams)
    }

    #[test]
    fn a_weight_in_each_format() {
        for (format, unit, division, grams, reply) in [
            (OhausFormat::Defender, Unit::Kilogram, 0.01, 12_500.0, "    12.50 kg    G  \r\n"),
            (OhausFormat::Ranger, Unit::Kilogram, 0.001, 1_234.0, "     1.234 kg   B/G\r\n"),
            (OhausFormat::Ranger, Unit::Kilogram, 0.001, -10.0, "-    0.010 kg   B/G\r\n"),
            (OhausFormat::Scout, Unit::Gram, 0.01, 207.8, "     207.80 g\r\n"),
        ] {
            assert_eq!(loaded(format, unit, division, grams).says("IP\r\n"), reply);
        }
    }

    #[test]
    fn a_net_weight_and_one_in_motion_say_so() {
        let mut scale = loaded(OhausFormat::Defender, Unit::Kilogram, 0.01, 250.0);
        assert_eq!(scale.says("T\r\n"), "");
        scale.put(0.0, 0);
        assert_eq!(scale.says("P\r\n"), "-    0.25 kg    NET\r\n");
        let mut scale = loaded(OhausFormat::Ranger, Unit::Kilogram, 0.001, 1230.0);
        scale.put(1230.0, 1);
        assert_eq!(scale.says("IP\r"), "     1.230 kg ? B/G\r\n");
        let mut scale = loaded(OhausFormat::Scout, Unit::Gram, 0.01, 0.01);
        scale.put(0.01, 1);
        assert_eq!(scale.says("IP\r"), "       0.01 g ?\r\n");
    }

    #[test]
    fn a_stable_print_is_waited_for_and_a_stream_stopped() {
        let mut scale = loaded(OhausFormat::Scout, Unit::Gram, 0.1, 0.0);
        scale.put(5.0, 1);
        assert_eq!(scale.says("SP\r\n"), "");
        assert_eq!((scale.tick(), scale.tick(), scale.tick()), ("".into(), "        5.0 g\r\n".into(), "".into()));
        assert_eq!(scale.says("CP\r\n") + &scale.tick(), "        5.0 g\r\n");
        assert_eq!(scale.says("0P\r\n") + &scale.tick(), "");
    }

    #[test]
    fn it_can_change_its_tongue_and_back() {
        let mut scale = loaded(OhausFormat::Scout, Unit::Gram, 0.1, 5.0);
        assert_eq!(scale.says("SI\r\n"), "ES\r\n");
        assert_eq!(scale.says("PSI\r\nSI\r\n"), "S S        5.0 g\r\n");
        assert_eq!(scale.says("POH\r\nIP\r\nPU\r\n"), "        5.0 g\r\ng\r\n");
    }

    #[test]
    fn it_counts_once_it_knows_a_piece() {
        let mut scale = loaded(OhausFormat::Scout, Unit::Gram, 0.1, 15.0);
        assert_eq!(scale.says("5#\r\nIP\r\nP#\r\n"), "          3 PCS\r\n5.0000 g\r\n");
    }
}
