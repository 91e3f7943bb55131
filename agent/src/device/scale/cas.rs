//! CAS indicators: fixed lines of 22, 18 or 10 bytes, sent again and again.
//!
//! Owns the three layouts; the site says which one the indicator is set to. The longest has a byte of lamps that is no
//! character. Columns are counted, so that a number that has lost a digit is none. From the manuals of the CI and NT
//! series. Must not know when to ask: nobody does.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Mode, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// One for each layout.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cas {
    /// `ST,GS,` id, lamps, `,` weight, space, unit.
    TwentyTwo,
    /// `ST,GS,` weight, unit.
    Eighteen,
    /// The weight and nothing else.
    Ten { unit: Option<Unit> },
}

const WEIGHT_COLUMNS: usize = 8;
const UNIT_COLUMNS: usize = 2;

/// Lamps that are lit, as bits. Those of stability and gross say what stands in letters before them.
const ZERO: u8 = 1;
const TARE: u8 = 1 << 1;
const HOLD: u8 = 1 << 4;

impl Grammar for Cas {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        match bytes.first() {
            Some(b' '..=b'~' | b'\r' | b'\n') => cut_line(previous, bytes),
            // The ringing of a plug.
            Some(_) | None => Cut::Noise(1),
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let line = line(frame);
        let report = match self {
            Self::TwentyTwo => twenty_two(line),
            Self::Eighteen => eighteen(line),
            Self::Ten { unit } => ten(line, *unit),
        };
        report.ok_or_else(|| FrameError::malformed(frame))
    }
}

fn twenty_two(line: &[u8]) -> Option<Report> {
    let (header, rest) = Header::split(line)?;
    let [id, lamps, b',', rest @ ..] = rest else { return None };
    let (weight, unit) = rest.split_at_checked(WEIGHT_COLUMNS)?;
    let [b' ', unit @ ..] = unit else { return None };
    let report = header.report(weight, unit)?;
    if report.error.is_some() {
        return Some(report);
    }
    let is_lit = |lamp: u8| lamps & lamp != 0;
    Some(Report {
        device_id: Some(id.checked_sub(b'0')?),
        zero: is_lit(ZERO).then_some(true),
        tare_active: is_lit(TARE),
        hold: is_lit(HOLD),
        ..report
    })
}

fn eighteen(line: &[u8]) -> Option<Report> {
    let (header, rest) = Header::split(line)?;
    let (weight, unit) = rest.split_at_checked(WEIGHT_COLUMNS)?;
    header.report(weight, unit)
}

fn ten(line: &[u8], unit: Option<Unit>) -> Option<Report> {
    if line.len() != WEIGHT_COLUMNS {
        return None;
    }
    match line.trim_ascii() {
        b"OL" => Some(Report::fault(Fault::Overload)),
        b"UL" => Some(Report::fault(Fault::Underload)),
        number => Report::amount(Decimal::parse_bytes(number).ok()?, unit, None),
    }
}

/// What the letters at the front say.
#[derive(Debug, Clone, Copy)]
struct Header {
    state: State,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Stable,
    Moving,
    Over,
    Under,
}

impl Header {
    fn split(line: &[u8]) -> Option<(Self, &[u8])> {
        let (&[s1, s2, b',', m1, m2, b','], rest) = line.split_first_chunk()? else { return None };
        let state = match &[s1, s2] {
            b"ST" => State::Stable,
            b"US" => State::Moving,
            b"OL" => State::Over,
            b"UL" => State::Under,
            _ => return None,
        };
        let mode = match &[m1, m2] {
            b"GS" => Mode::Gross,
            b"NT" => Mode::Net,
            _ => return None,
        };
        Some((Self { state, mode }, rest))
    }

    fn report(self, weight: &[u8], unit: &[u8]) -> Option<Report> {
        if unit.len() != UNIT_COLUMNS {
            return None;
        }
        let stable = match self.state {
            State::Stable => true,
            State::Moving => false,
            State::Over if weight.trim_ascii_start().starts_with(b"-") => return Some(Report::fault(Fault::Underload)),
            State::Over => return Some(Report::fault(Fault::Overload)),
            State::Under => return Some(Report::fault(Fault::Underload)),
        };
        let report = Report::amount(Decimal::parse_bytes(weight).ok()?, Some(Unit::parse(unit)?), Some(stable))?;
        Some(Report { mode: Some(self.mode), ..report })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::told;

    fn check(layout: Cas, line: &[u8], expect: &str) {
        assert_eq!(told(layout, &[line, b"\r\n"].concat()), [expect], "{}", line.escape_ascii());
    }

    #[test]
    fn the_longest_line_has_an_id_and_lamps() {
        for (line, expect) in [
            (
                b"ST,GS,9\xe5,00000.00 kg",
                r#"{"weight":"0.00","unit":"kg","stable":true,"mode":"gross","zero":true,"device_id":9}"#,
            ),
            (
                b"US,NT,=\xb2,-0002.50  t",
                r#"{"weight":"-2.50","unit":"t","stable":false,"mode":"net","tare_active":true,"hold":true,"device_id":13}"#,
            ),
            (b"ST,GS,1\xc4,00000012 kg", r#"{"weight":"12","unit":"kg","stable":true,"mode":"gross","device_id":1}"#),
            (b"OL,GS,1\xa4,00000.00 kg", r#"{"error":"overload"}"#),
            (b"UL,GS,1\xa4,         kg", r#"{"error":"underload"}"#),
        ] {
            check(Cas::TwentyTwo, line, expect);
        }
    }

    #[test]
    fn the_middle_one_has_neither() {
        for (line, expect) in [
            ("ST,NT,+0000.00 t", r#"{"weight":"0.00","unit":"t","stable":true,"mode":"net"}"#),
            ("US,GS,-0012.34kg", r#"{"weight":"-12.34","unit":"kg","stable":false,"mode":"gross"}"#),
            ("OL,GS,+0000.00kg", r#"{"error":"overload"}"#),
            ("OL,GS,-0000.00kg", r#"{"error":"underload"}"#),
        ] {
            check(Cas::Eighteen, line.as_bytes(), expect);
        }
    }

    #[test]
    fn the_shortest_is_a_weight_in_the_unit_the_site_says() {
        let ten = |unit| Cas::Ten { unit };
        check(ten(Unit::parse(b"kg")), b"  012.50", r#"{"weight":"12.50","unit":"kg"}"#);
        check(ten(None), b"-0012.50", r#"{"weight":"-12.50"}"#);
        check(ten(None), b"   OL   ", r#"{"error":"overload"}"#);
    }

    #[test]
    fn a_line_of_another_length_is_no_weight() {
        for line in [
            &b"ST,GS,1\xe4,000013.5kg"[..],
            b"ST,GS,1\xe4,00013.5 kg",
            b"ST,GS,1\xe4,0000013.5 kg",
            b"ST,GS,1\xe4,000013.5 g",
            b"ST,GS,1\xe4,0000x3.5 kg",
            b"ST,GS,/\xe4,000013.5 kg",
            b"ST,GS,1\xe4 000013.5 kg",
            b"XX,GS,1\xe4,000013.5 kg",
            b"ST,XX,1\xe4,000013.5 kg",
            b"OL,GS,1\xe4,000013.5 k",
            b"ST,GS,+0012.34kg",
            b"000013.5 kg",
            b"",
        ] {
            check(Cas::TwentyTwo, line, "bad-frame");
        }
        for line in [&b"ST,GS,+0012.34g"[..], b"ST,GS,+012.34kg", b"ST,GS,+0012.34 kg", b"ST,+0012.34kg"] {
            check(Cas::Eighteen, line, "bad-frame");
        }
        for line in [&b" 012.50"[..], b"0000012.50", b"  012,50", b"        "] {
            check(Cas::Ten { unit: None }, line, "bad-frame");
        }
    }

    #[test]
    fn the_ringing_of_a_plug_costs_nothing() {
        assert_eq!(told(Cas::Eighteen, b"\xff\x00ST,GS,+0012.34kg\r\n").len(), 1);
    }
}
