//! Modbus RTU: the frame around [`Registers`] on a serial line.
//!
//! A frame is what comes between two silences, with an address before and a CRC behind, low byte first. What has a
//! wrong CRC, another address or is too short is not answered.

use std::time::Duration;

use super::modbus::Registers;
use super::pan::Pan;
use super::tongue::{Model, Speaker};

/// 3.5 characters are 4 ms at 9600 baud; a host on a busy machine may pause for longer within a frame.
const SILENCE: Duration = Duration::from_millis(10);

/// The longest frame there is.
const FRAME_LEN_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct ModbusRtu {
    registers: Registers,
    address: u8,
    frame: Vec<u8>,
}

impl ModbusRtu {
    pub(super) const fn new(model: &Model) -> Self {
        let registers = Registers::new(model.map, model.word_order);
        Self { registers, address: model.address, frame: Vec::new() }
    }
}

impl Speaker for ModbusRtu {
    fn hear(&mut self, byte: u8, _pan: &mut Pan, _say: &mut Vec<u8>) {
        // One byte more than allowed makes the CRC wrong, as it should be.
        if self.frame.len() <= FRAME_LEN_MAX {
            self.frame.push(byte);
        }
    }

    fn quiet_after(&self) -> Option<Duration> {
        Some(SILENCE)
    }

    fn quiet(&mut self, pan: &mut Pan, say: &mut Vec<u8>) {
        let frame = std::mem::take(&mut self.frame);
        let Some((body, sum)) = frame.split_last_chunk::<2>() else { return };
        if crc(body).to_le_bytes() != *sum || body.first() != Some(&self.address) {
            return;
        }
        say.push(self.address);
        say.extend(self.registers.answer(&body[1..], pan));
        let sum = crc(say);
        say.extend(sum.to_le_bytes());
    }
}

/// Polynomial A001, from FFFF.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::bench::Bench;
    use crate::scale::display::Unit;
    use crate::scale::modbus::{Map, WordOrder};
    use crate::scale::pan::Range;
    use crate::scale::tongue::Tongue;

    const DINI_READ: &[u8] = &[0x01, 0x04, 0x00, 0x00, 0x00, 0x05, 0x30, 0x09];
    const LAUMAS_READ: &[u8] = &[0x01, 0x03, 0x00, 0x06, 0x00, 0x05, 0x65, 0xC8];

    fn loaded(map: Map, division: f64, grams: f64) -> Bench {
        Bench::with(&Model { map, division, ..Model::usual(Tongue::ModbusRtu) }, grams)
    }

    fn framed(body: &[u8]) -> Vec<u8> {
        [body, &crc(body).to_le_bytes()].concat()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_dini_in_motion_and_one_with_a_tare() {
        let mut scale = loaded(Map::DiniDgt, 0.001, 0.0);
        scale.put(1000.0, 0);
        let tare = framed(&[1, 16, 0, 0, 0, 3, 6, 0, 3, 0, 0, 7, 0xD0]);
        assert_eq!(hex(&scale.ask(DINI_READ)), hex(&framed(&[1, 4, 10, 0, 0, 3, 0xE8, 0, 0, 3, 0xE8, 0, 4])));
        assert_eq!(hex(&scale.ask(&tare)), hex(&framed(&[1, 16, 0, 0, 0, 3])));
        scale.put(1200.0, 0);
        // The manual's own: gross 1.200, net -0.800; here the tare was keyed in.
        assert_eq!(hex(&scale.ask(DINI_READ)), hex(&framed(&[1, 4, 10, 0, 0, 4, 0xB0, 0, 0, 3, 0x20, 0, 0x65])));
        scale.put(0.0, 0);
        scale.pan.press_zero();
        scale.put(2000.0, 0);
        assert_eq!(hex(&scale.ask(&framed(&[1, 6, 0, 0, 0, 2]))), hex(&framed(&[1, 6, 0, 0, 0, 2])));
        scale.put(1200.0, 0);
        assert_eq!(hex(&scale.ask(DINI_READ)), "01040a000004b00000032000 25a110".replace(' ', ""));
        scale.pan.set_range(Range::Over);
        assert_eq!(scale.ask(DINI_READ)[12] & 0x14, 0x10);
    }

    #[test]
    fn a_laumas_at_rest_below_zero_and_broken() {
        for (grams, answer) in [
            (12_500.0, "01030a0800000004e2000004e2de47"),
            (0.0, "01030a18000000000000000000a4c9"),
            (-350.0, "01030a09800000002300000023 1141"),
        ] {
            assert_eq!(hex(&loaded(Map::LaumasTlb, 0.01, grams).ask(LAUMAS_READ)), answer.replace(' ', ""));
        }
        let mut scale = loaded(Map::LaumasTlb, 0.01, 0.0);
        scale.put(12_480.0, 1);
        assert_eq!(&hex(&scale.ask(LAUMAS_READ))[..10], "01030a0000");
        let mut scale = loaded(Map::LaumasTlb, 0.01, 2500.0);
        assert_eq!(scale.ask(&framed(&[1, 6, 0, 5, 0, 7])), framed(&[1, 6, 0, 5, 0, 7]));
        scale.put(12_500.0, 0);
        assert_eq!(hex(&scale.ask(LAUMAS_READ)), "01030a0c00000004e2000003e81da5");
        assert_eq!(hex(&scale.ask(&framed(&[1, 3, 0, 13, 0, 1])))[6..10], *"000c");
        let mut scale = loaded(Map::LaumasTlb, 0.01, 0.0);
        scale.pan.set_range(Range::Fault);
        assert_eq!(scale.ask(LAUMAS_READ)[4] & 1, 1);
    }

    #[test]
    fn floats_and_the_other_word_order() {
        let model = Model { map: Map::EagleEi, unit: Unit::Kilogram, ..Model::usual(Tongue::ModbusRtu) };
        let mut scale = Bench::with(&model, 12_500.0);
        assert_eq!(scale.ask(&framed(&[1, 3, 0x10, 0, 0, 2])), framed(&[1, 3, 4, 0x41, 0x48, 0, 0]));
        assert_eq!(scale.ask(&framed(&[1, 4, 0x10, 8, 0, 2])), framed(&[1, 4, 4, 0x41, 0x48, 0, 0]));
        let mut scale = Bench::with(&Model { word_order: WordOrder::LowFirst, ..model }, 12_500.0);
        assert_eq!(scale.ask(&framed(&[1, 3, 0x10, 0, 0, 2])), framed(&[1, 3, 4, 0, 0, 0x41, 0x48]));
        let mut scale = loaded(Map::Dat400, 0.01, -350.0);
        let answer = [1, 3, 10, 0, 2, 0xFF, 0xFF, 0xFF, 0xDD, 0xFF, 0xFF, 0xFF, 0xDD];
        assert_eq!(scale.ask(&framed(&[1, 3, 0, 0, 0, 5])), framed(&answer));
    }

    #[test]
    fn what_it_cannot_do_is_an_exception() {
        let mut scale = loaded(Map::LaumasTlb, 0.01, 0.0);
        assert_eq!(hex(&scale.ask(&framed(&[1, 3, 0, 100, 0, 5]))), "018302c0f1");
        assert_eq!(scale.ask(&framed(&[1, 4, 0, 6, 0, 5])), framed(&[1, 0x84, 1]));
        assert_eq!(scale.ask(&framed(&[1, 3, 0, 6, 0, 0])), framed(&[1, 0x83, 3]));
        assert_eq!(scale.ask(&framed(&[1, 6, 0, 5, 0, 99])), framed(&[1, 0x86, 3]));
        scale.put(100.0, 1);
        assert_eq!(scale.ask(&framed(&[1, 6, 0, 5, 0, 8])), framed(&[1, 0x86, 6]));
    }

    #[test]
    fn what_is_not_for_it_is_not_answered() {
        let mut scale = loaded(Map::LaumasTlb, 0.01, 0.0);
        for frame in [&b"SI\r\n"[..], b"", b"\x01", &framed(&[2, 3, 0, 6, 0, 5]), &LAUMAS_READ[..7], &[1; 400]] {
            assert_eq!(scale.ask(frame), b"", "{frame:02x?}");
        }
        assert!(!scale.ask(LAUMAS_READ).is_empty());
    }
}
