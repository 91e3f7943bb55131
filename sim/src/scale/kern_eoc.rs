//! KERN EOC: operating instructions EOC-BA-e, as drivers for it read them.
//!
//! Single letters without an end: `W` now, `S` at rest, `Z` and `T` keys without an answer. `ST,GS`, eight characters,
//! unit, CRLF. Other bytes are nothing to it; letters in other makers' questions do act.

use super::display::Unit;
use super::pan::{Pan, Reading, State};
use super::tongue::{PATIENCE, Speaker};

#[derive(Debug, Default)]
pub(super) struct KernEoc {
    waits: Option<u32>,
}

impl Speaker for KernEoc {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        match byte {
            b'W' => say_weight(&pan.weigh(), say),
            b'S' => self.waits = Some(PATIENCE),
            b'Z' if pan.rest() == State::Stable => pan.press_zero(),
            b'T' if pan.rest() == State::Stable => pan.press_tare(),
            _ => {}
        }
    }

    fn tick(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        let Some(looks) = self.waits else { return };
        self.waits = looks.checked_sub(1);
        if let Some(reading) = pan.weigh_at_rest() {
            self.waits = None;
            say_weight(&reading, say);
        }
    }
}

fn say_weight(reading: &Reading, say: &mut Vec<u8>) {
    let (state, weight) = match reading.state {
        State::Stable => ("ST", reading.net.text()),
        State::Dynamic => ("US", reading.net.text()),
        State::Over | State::Under | State::Fault => ("OL", String::new()),
    };
    let mode = if reading.is_tared { "NT" } else { "GS" };
    say.extend_from_slice(format!("{state},{mode}{weight:>8}{:>2}\r\n", unit(reading.unit)).as_bytes());
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

    #[test]
    fn it_answers_single_letters() {
        let mut scale = Bench::of(Tongue::KernEoc, Unit::Kilogram, 0.01, 12_340.0);
        assert_eq!(scale.says("W"), "ST,GS   12.34kg\r\n");
        assert_eq!(scale.says("T\r\nW"), "ST,NT    0.00kg\r\n");
        assert_eq!(scale.says("Zw\r\n?"), "");
        scale.put(12_300.0, 1);
        assert_eq!(&scale.says("W")[..5], "US,GS");
        scale.put(13_340.0, 1);
        assert_eq!(scale.says("S"), "");
        assert_eq!([scale.tick(), scale.tick(), scale.tick()], ["", "ST,GS    1.00kg\r\n", ""]);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("W"), "OL,GS        kg\r\n");
    }
}
