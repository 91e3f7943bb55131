//! KERN EOC and others that answer `W`: KIB, GAB.
//!
//! Owns the line `ST,GS   12.34kg`: two headers, seven or eight digits, unit. Source: KERN's manual EOC-BA-e. Must not
//! know when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Mode, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

#[derive(Debug, Clone, Copy)]
pub(super) struct KernEoc;

impl Grammar for KernEoc {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        cut_line(previous, bytes)
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(line(frame)).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(line: &[u8]) -> Option<Report> {
    let (status, line) = line.split_at_checked(3)?;
    let (kind, amount) = line.split_at_checked(2)?;
    let mode = match kind {
        b"GS" | b"G " => Some(Mode::Gross),
        b"NT" | b"N " => Some(Mode::Net),
        b"TR" => None,
        _ => return None,
    };
    let stable = match status {
        b"ST," => true,
        b"US," => false,
        b"OL," => return Some(Report::fault(Fault::Overload)),
        b"UL," => return Some(Report::fault(Fault::Underload)),
        _ => return None,
    };
    let amount = amount.strip_prefix(b",").unwrap_or(amount);
    let is_unit = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'%';
    let (number, unit) = amount.split_at_checked(amount.iter().position(is_unit)?)?;
    let shown = Decimal::parse_bytes(number).ok()?;
    let unit = Some(Unit::parse(unit)?);
    if mode.is_none() {
        return Some(Report { tare: Some(shown), unit, ..Report::default() });
    }
    Some(Report { mode, ..Report::amount(shown, unit, Some(stable))? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::Decoder;

    fn check(line: &str, expect: &str) {
        let mut decoder = Decoder::new(Box::new(KernEoc), false);
        decoder.push(format!("{line}\r\n").as_bytes());
        let report = decoder.poll().unwrap();
        let told = report.map_or_else(|error| error.code().to_owned(), |r| serde_json::to_string(&r).unwrap());
        assert_eq!(told, expect, "{line:?}");
    }

    #[test]
    fn the_headers_say_whether_it_moves_and_which_weight_it_is() {
        check("ST,GS   12.34kg", r#"{"weight":"12.34","unit":"kg","stable":true,"mode":"gross"}"#);
        check("US,NT-  12.30kg", r#"{"weight":"-12.30","unit":"kg","stable":false,"mode":"net"}"#);
        check("ST,NT,   0.500 g", r#"{"weight":"0.500","unit":"g","stable":true,"mode":"net"}"#);
        check("ST,G       250pcs", r#"{"unit":"pcs","stable":true,"mode":"gross","count":250}"#);
        check("ST,TR    1.20kg", r#"{"unit":"kg","tare":"1.20"}"#);
    }

    #[test]
    fn out_of_range_there_is_no_weight() {
        check("OL,GS        kg", r#"{"error":"overload"}"#);
        check("UL,GS   ----.--kg", r#"{"error":"underload"}"#);
    }

    #[test]
    fn half_a_line_is_no_weight() {
        for line in
            ["", "ST,GS   12.34", "T,GS   12.34kg", "GS   12.34kg", "ST,XX   12.34kg", "ST,GS   12,34kg", "ST,GSkg"]
        {
            check(line, "bad-frame");
        }
    }
}
