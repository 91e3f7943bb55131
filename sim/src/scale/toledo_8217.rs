//! Toledo 8217 and 8213: METTLER TOLEDO DIVA service manual, Rice Lake and Brecknell manuals.
//!
//! Single letters without an end. `W` and `H` answer STX, five digits with a point, CR; while that cannot be said, and
//! to `Z`, `T`, `C` and `S`, STX `?` and a status byte, CR. `E` echoes all that follows until `F`. Other bytes are
//! nothing to it: letters in other makers' questions do act, as on the real one.

use super::pan::{Pan, Reading, State};
use super::tongue::Speaker;

const STX: u8 = 0x02;
const CR: u8 = 0x0D;

/// Set always: it makes the byte printable.
const STATUS: u8 = 0x40;
const MOTION: u8 = 0x01;
const OVER: u8 = 0x02;
const UNDER: u8 = 0x04;
const CENTRE_OF_ZERO: u8 = 0x10;
const NET: u8 = 0x20;

#[derive(Debug, Default)]
pub(super) struct Toledo8217 {
    echoes: bool,
}

impl Speaker for Toledo8217 {
    fn hear(&mut self, byte: u8, pan: &mut Pan, say: &mut Vec<u8>) {
        if self.echoes && byte != b'F' {
            say.push(byte);
            return;
        }
        match byte {
            b'W' | b'H' => {
                let reading = pan.weigh();
                match reading.state {
                    State::Stable if !reading.net.is_negative() => say_weight(&reading, byte == b'H', say),
                    State::Stable | State::Dynamic | State::Over | State::Under | State::Fault => {
                        say_status(&reading, say);
                    }
                }
            }
            b'Z' | b'T' | b'C' | b'S' => {
                match (byte, pan.rest()) {
                    (b'Z', State::Stable) => pan.press_zero(),
                    (b'T', State::Stable) => pan.press_tare(),
                    (b'C', _) => pan.clear_tare(),
                    _ => {}
                }
                say_status(&pan.weigh(), say);
            }
            b'E' | b'F' => {
                self.echoes = byte == b'E';
                say.extend_from_slice(&[STX, byte, CR]);
            }
            _ => {}
        }
    }

    fn power_up(&mut self, _pan: &mut Pan, _say: &mut Vec<u8>) {
        self.echoes = false;
    }
}

fn say_weight(reading: &Reading, is_fine: bool, say: &mut Vec<u8>) {
    let (shown, width) = if is_fine { (reading.fine_net, 7) } else { (reading.net, 6) };
    say.push(STX);
    say.extend_from_slice(shown.zero_padded(width).as_bytes());
    if reading.is_tared {
        say.push(b'N');
    }
    say.push(CR);
}

fn say_status(reading: &Reading, say: &mut Vec<u8>) {
    let range = match reading.state {
        State::Stable if reading.net.is_negative() => UNDER,
        State::Stable if reading.gross.is_zero() => CENTRE_OF_ZERO,
        State::Stable => 0,
        State::Dynamic => MOTION,
        State::Over => OVER,
        // A broken cell reads far below zero.
        State::Under | State::Fault => UNDER,
    };
    let net = if reading.is_tared { NET } else { 0 };
    say.extend_from_slice(&[STX, b'?', STATUS | range | net, CR]);
}

#[cfg(test)]
mod tests {
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    fn loaded(grams: f64) -> Bench {
        Bench::of(Tongue::Toledo8217, Unit::Kilogram, 0.005, grams)
    }

    #[test]
    fn a_stable_weight_is_five_digits_with_a_point() {
        for (grams, reply) in [(1230.0, "\x0201.230\r"), (12_505.0, "\x0212.505\r"), (0.0, "\x0200.000\r")] {
            assert_eq!(loaded(grams).says("W"), reply);
        }
        assert_eq!(loaded(1230.0).says("H"), "\x0201.2300\r");
    }

    #[test]
    fn what_cannot_be_weighed_is_a_status() {
        let mut scale = loaded(0.0);
        scale.put(1000.0, 1);
        assert_eq!(scale.says("W"), "\x02?A\r");
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.says("W"), "\x02?B\r");
        scale.pan.set_range(Range::Under);
        assert_eq!(scale.says("W"), "\x02?D\r");
        assert_eq!(loaded(-500.0).says("W"), "\x02?D\r");
    }

    #[test]
    fn keys_answer_the_status_after_them() {
        let mut scale = loaded(500.0);
        assert_eq!(scale.says("S"), "\x02?@\r");
        assert_eq!(scale.says("T"), "\x02?`\r");
        assert_eq!(scale.says("W"), "\x0200.000N\r");
        assert_eq!(scale.says("C"), "\x02?@\r");
        assert_eq!(scale.says("Z"), "\x02?P\r");
    }

    #[test]
    fn the_echo_by_which_drivers_know_it() {
        let mut scale = loaded(500.0);
        assert_eq!(scale.says("Ehello"), "\x02E\rhello");
        assert_eq!(scale.says("F\r"), "\x02F\r");
        assert_eq!(scale.says("W"), "\x0200.500\r");
        assert_eq!(scale.says("\r\n?xyz"), "");
    }
}
