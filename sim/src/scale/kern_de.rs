//! KERN DE: operating instructions DE-BA-e, as drivers for it read them.
//!
//! Single letters without an end: `w` now, `s` at rest, `t` tare. `M` or a space, sign, weight, unit; no stability
//! flag. Everything else, and a weight that is out of range, is silence.

use super::display::Unit;
use super::pan::{Pan, Reading, State};
use super::tongue::{PATIENCE, Speaker};

#[derive(Debug, Default)]
pub(super) struct KernDe {
    waits: Option<u32>,
}

impl Speaker for KernDe {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        match byte {
            b'w' => say_weight(&pan.weigh(), say),
            b's' => self.waits = Some(PATIENCE),
            b't' if pan.rest() == State::Stable => pan.press_tare(),
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
    if matches!(reading.state, State::Stable | State::Dynamic) {
        let (minus, magnitude, unit) = (reading.net.minus(), reading.net.magnitude(), unit(reading.unit));
        say.extend_from_slice(format!(" {minus}{magnitude:>12} {unit}\r\n").as_bytes());
    }
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
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    #[test]
    fn it_answers_three_letters() {
        let mut scale = Bench::of(Tongue::KernDe, Unit::Kilogram, 0.001, 12_345.0);
        assert_eq!(scale.says("w"), "        12.345 kg\r\n");
        assert_eq!(scale.says("t\r\nSI\r\nQ\r\n"), "");
        assert_eq!(scale.says("w"), "         0.000 kg\r\n");
        scale.put(11_345.0, 1);
        assert_eq!(scale.says("s"), "");
        assert_eq!([scale.tick(), scale.tick(), scale.tick()], ["", " -       1.000 kg\r\n", ""]);
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("w"), "");
    }
}
