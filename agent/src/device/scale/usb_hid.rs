//! USB scales of the HID point-of-sale class: DYMO, Stamps.com, Fairbanks and other letter scales.
//!
//! Owns the data report of six bytes: report 3, status, unit, exponent, weight. The node of a raw HID device gives one
//! report for each read, but bytes are taken as a stream: a report begins where a 3 is followed by fields that can be.
//! Source: USB-IF, HID Usage Tables, page 8D (weighing devices), and HID Point of Sale Usage Tables. Must not know how
//! the device is found.

use super::{
    decoder::{Cut, Grammar},
    report::{Fault, Flag, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// The data report. Others tell the scale's attributes and limits.
const DATA_REPORT: u8 = 3;
const REPORT_LEN: usize = 6;

/// Of the last digit, as a power of ten: from a microgram shown in grams to loads in units of a thousand.
const EXPONENTS: std::ops::RangeInclusive<i8> = -6..=3;

/// By their place in the usage page, from 1.
const UNITS: [&[u8]; 12] = [b"mg", b"g", b"kg", b"ct", b"tael", b"gn", b"dwt", b"t", b"ton", b"ozt", b"oz", b"lb"];

#[derive(Debug, Clone, Copy)]
pub(super) struct UsbHid;

impl Grammar for UsbHid {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        let fits = match bytes {
            [DATA_REPORT] => true,
            [DATA_REPORT, status] => is_status(*status),
            [DATA_REPORT, status, unit] => is_status(*status) && is_unit(*unit),
            [DATA_REPORT, status, unit, exponent, ..] => {
                is_status(*status) && is_unit(*unit) && EXPONENTS.contains(&exponent.cast_signed())
            }
            _ => false,
        };
        match bytes.len() {
            _ if !fits => Cut::Noise(1),
            REPORT_LEN.. => Cut::Frame(REPORT_LEN),
            _ => Cut::More,
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let [DATA_REPORT, status, unit, exponent, low, high] = *frame else {
            return Err(FrameError::malformed(frame));
        };
        read(status, unit, exponent.cast_signed(), u16::from_le_bytes([low, high]))
            .ok_or_else(|| FrameError::malformed(frame))
    }

    fn ends(&self, _byte: u8) -> bool {
        true
    }
}

const fn is_status(status: u8) -> bool {
    matches!(status, 1..=8)
}

const fn is_unit(unit: u8) -> bool {
    matches!(unit, 1..=12)
}

fn read(status: u8, unit: u8, exponent: i8, weight: u16) -> Option<Report> {
    let (stable, zero) = match status {
        2 => (true, Some(true)),
        3 => (false, None),
        4 => (true, None),
        1 => return Some(Report::fault(Fault::DeviceError)),
        5 => return Some(Report::fault(Fault::Underload)),
        6 => return Some(Report::fault(Fault::Overload)),
        7 => {
            let flags = [Flag::Calibration].into_iter().collect();
            return Some(Report { flags, ..Report::fault(Fault::DeviceError) });
        }
        8 => return Some(Report::fault(Fault::ZeroError)),
        _ => return None,
    };
    let unit = Unit::parse(UNITS.get(usize::from(unit).checked_sub(1)?)?);
    let weight = i64::from(weight);
    let shown = match u8::try_from(-i16::from(exponent)) {
        Ok(fraction) => Decimal::new(weight, fraction),
        Err(_) => Decimal::new(weight.checked_mul(10_i64.checked_pow(u32::from(exponent.unsigned_abs()))?)?, 0),
    };
    Some(Report { zero, ..Report::amount(shown.ok()?, unit, Some(stable))? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::{self, Decoder};

    fn told(stream: &[u8]) -> Vec<String> {
        decoder::told(UsbHid, stream)
    }

    #[test]
    fn a_report_is_a_weight_in_its_unit() {
        for (report, expect) in [
            ([3, 4, 2, 0, 0x39, 0x01], r#"{"weight":"313","unit":"g","stable":true}"#),
            ([3, 4, 11, 0xFF, 0x6F, 0x00], r#"{"weight":"11.1","unit":"oz","stable":true}"#),
            ([3, 3, 12, 0xFE, 0x01, 0x02], r#"{"weight":"5.13","unit":"lb","stable":false}"#),
            ([3, 2, 3, 0xFD, 0x00, 0x00], r#"{"weight":"0.000","unit":"kg","stable":true,"zero":true}"#),
            ([3, 4, 2, 2, 0x05, 0x00], r#"{"weight":"500","unit":"g","stable":true}"#),
        ] {
            assert_eq!(told(&report), [expect], "{report:?}");
        }
    }

    #[test]
    fn a_state_without_a_weight_is_a_fault() {
        for (status, expect) in [
            (1, r#"{"error":"device-error"}"#),
            (5, r#"{"error":"underload"}"#),
            (6, r#"{"error":"overload"}"#),
            (7, r#"{"error":"device-error","flags":["calibration"]}"#),
            (8, r#"{"error":"zero-error"}"#),
        ] {
            assert_eq!(told(&[3, status, 2, 0, 5, 0]), [expect], "status {status}");
        }
    }

    #[test]
    fn a_report_is_found_behind_noise_and_cut_anywhere() {
        let report = [3, 4, 2, 0, 0x39, 0x01];
        let noise: &[&[u8]] = &[&[], &[0, 0xFF], &[3, 9], &[3, 4, 13], &[3, 4, 2, 100], &[1, 2]];
        for noise in noise {
            let stream = [noise, &report[..]].concat();
            assert_eq!(told(&stream), [r#"{"weight":"313","unit":"g","stable":true}"#], "{noise:?}");
        }
        let mut decoder = Decoder::new(Box::new(UsbHid), false);
        for byte in report {
            assert!(decoder.poll().is_none());
            decoder.push(&[byte]);
        }
        assert!(decoder.poll().unwrap().is_ok());
    }
}
