//! KERN DE and scales of its age: FKB, FCB, 440.
//!
//! Owns the line of sign, ten digits and unit. It has no flag for stability; models that print a moving weight without
//! its unit are read so. Source: KERN's manuals DE-BA-e and `FKB_A-BA-e`. Must not know when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// `M` or space, sign, ten digits.
const NUMBER_COLUMNS_MIN: usize = 12;

#[derive(Debug, Clone, Copy)]
pub(super) struct KernDe;

impl Grammar for KernDe {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        cut_line(previous, bytes)
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(line(frame)).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(line: &[u8]) -> Option<Report> {
    if line.trim_ascii().eq_ignore_ascii_case(b"Error") {
        return Some(Report::fault(Fault::DeviceError));
    }
    // The manuals name the `M` without saying what it means; the number is the display's in either case.
    let (head, text) = line.split_at_checked(1)?;
    let is_unit = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'%';
    let (number, unit) = text.split_at_checked(text.iter().position(is_unit).unwrap_or(text.len()))?;
    let is_whole = matches!(head, b" " | b"M") && head.len() + number.trim_ascii_end().len() >= NUMBER_COLUMNS_MIN;
    if !is_whole {
        return None;
    }
    let shown = Decimal::parse_bytes(number).ok()?;
    if unit.is_empty() {
        return Report::amount(shown, None, Some(false));
    }
    Report::amount(shown, Some(Unit::parse(unit)?), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::Decoder;

    fn check(stream: &str, expect: &str) {
        let mut decoder = Decoder::new(Box::new(KernDe), false);
        decoder.push(stream.as_bytes());
        let report = decoder.poll().unwrap();
        let told = report.map_or_else(|error| error.code().to_owned(), |r| serde_json::to_string(&r).unwrap());
        assert_eq!(told, expect, "{stream:?}");
        assert!(decoder.poll().is_none());
    }

    #[test]
    fn a_line_is_sign_number_and_unit() {
        check("        12.345 kg\r\n", r#"{"weight":"12.345","unit":"kg"}"#);
        check("M-       0.125 kg\r\n", r#"{"weight":"-0.125","unit":"kg"}"#);
        check("       100.0 g  \r\n", r#"{"weight":"100.0","unit":"g"}"#);
        check("          25 pcs\r\n", r#"{"unit":"pcs","count":25}"#);
        check("        50.0 %\r\n", r#"{"weight":"50.0","unit":"%"}"#);
    }

    #[test]
    fn a_weight_without_its_unit_moves() {
        check("       100.3 \r\n", r#"{"weight":"100.3","stable":false}"#);
    }

    #[test]
    fn a_fault_is_no_weight() {
        check("       Error\r\n", r#"{"error":"device-error"}"#);
    }

    #[test]
    fn the_tail_of_a_line_is_no_weight() {
        let line = " -      100.3 g\r\n";
        for at in 2..line.len() - 2 {
            check(&line[at..], "bad-frame");
        }
        for line in
            ["\r\n", "        12,345 kg\r\n", "       1 2.345 kg\r\n", "X       12.345 kg\r\n", "              kg\r\n"]
        {
            check(line, "bad-frame");
        }
    }
}
