//! A&D: balances, counting scales and indicators in the maker's standard format.
//!
//! Owns the layout: `ST,+00123.45  g` CRLF and its kin, in columns; ACK where a command was heard. Columns are counted,
//! so that a number that has lost a digit is none. From the manuals of the EK, HC, FC, GC and AD series. Must not know
//! when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Mode, Report, Short, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

const ACK: u8 = 0x06;

#[derive(Debug, Clone, Copy)]
pub(super) struct And;

/// How wide number and unit are: scales and indicators differ.
#[derive(Debug, Clone, Copy)]
struct Columns {
    number: usize,
    unit: usize,
}

const SCALE: Columns = Columns { number: 9, unit: 3 };
const INDICATOR: Columns = Columns { number: 8, unit: 2 };
/// Fine balances have more digits.
const NUMBER_EXTRA_MAX: usize = 2;

impl Grammar for And {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        match bytes.first() {
            // Some models send ACK alone, some a line of it.
            Some(&ACK) => Cut::Frame(1),
            Some(b'\r') if previous == ACK => Cut::Noise(1),
            Some(b' '..=b'~' | b'\r' | b'\n') => cut_line(previous, bytes),
            Some(_) | None => Cut::Noise(1),
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let read = || match frame {
            [ACK] => Some(Report::ack("command")),
            frame => read(line(frame)),
        };
        read().ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(line: &[u8]) -> Option<Report> {
    let (header, rest) = field(line)?;
    let stable = match header {
        b"ST" | b"QT" => true,
        b"US" => false,
        b"OL" => return out_of_range(rest),
        b"EC" => return Some(Report::fault(fault(rest)?)),
        b"TR" | b"PT" => return tare(rest, SCALE, header == b"PT"),
        b"UW" => {
            let (piece_weight, unit) = amount(rest, SCALE)?;
            return Some(Report { piece_weight: Some(piece_weight), unit: Some(unit), ..Report::default() });
        }
        b"AQ" => {
            let (total, unit) = amount(rest, SCALE)?;
            let pieces = Some(total.whole().filter(|_| unit.is_pieces())?);
            return Some(Report { accumulated_count: pieces, ..Report::default() });
        }
        b"ID" | b"TN" | b"SN" => {
            let text = std::str::from_utf8(line).ok()?;
            return Some(Report { info: Some(text.into()), ..Report::default() });
        }
        _ => return None,
    };
    let Some((kind, rest)) = field(rest) else {
        return weight(rest, SCALE, stable);
    };
    let mode = match kind {
        b"GS" | b"G " => Mode::Gross,
        b"NT" | b"N " => Mode::Net,
        b"TR" | b"T " => return tare(rest, INDICATOR, false),
        b"PT" => return tare(rest, INDICATOR, true),
        b"LO" | b"OK" | b"HI" | b"--" => {
            return Some(Report { comparator: Short::new(kind), ..weight(rest, SCALE, stable)? });
        }
        _ => return None,
    };
    Some(Report { mode: Some(mode), ..weight(rest, INDICATOR, stable)? })
}

/// The two letters before a comma, and what comes after it.
fn field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text {
        [_, _, b',', rest @ ..] => Some((text.get(..2)?, rest)),
        _ => None,
    }
}

fn weight(text: &[u8], columns: Columns, stable: bool) -> Option<Report> {
    let (shown, unit) = amount(text, columns)?;
    Report::amount(shown, Some(unit), Some(stable))
}

fn tare(text: &[u8], columns: Columns, is_preset: bool) -> Option<Report> {
    let (tare, unit) = amount(text, columns)?;
    Some(Report { tare: Some(tare), tare_preset: is_preset, unit: Some(unit), ..Report::default() })
}

/// A signed number filled with zeros, and its unit.
fn amount(text: &[u8], columns: Columns) -> Option<(Decimal, Unit)> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(columns.unit)?)?;
    let is_whole = (columns.number..=columns.number + NUMBER_EXTRA_MAX).contains(&number.len());
    let is_filled = matches!(number, [b'+' | b'-', b'0'..=b'9' | b'.', ..]);
    if !is_whole || !is_filled {
        return None;
    }
    Some((Decimal::parse_bytes(number).ok()?, Unit::parse(unit)?))
}

/// `OL`: the sign says which way; nines or blanks stand for the digits.
fn out_of_range(rest: &[u8]) -> Option<Report> {
    let data = field(rest).map_or(rest, |(_, data)| data);
    let is_under = data.trim_ascii_start().starts_with(b"-");
    let fault = if is_under { Fault::Underload } else { Fault::Overload };
    (!data.is_empty()).then(|| Report::fault(fault))
}

/// The maker's error codes: `E4`, `E04`.
fn fault(code: &[u8]) -> Option<Fault> {
    let number = std::str::from_utf8(code.strip_prefix(b"E")?).ok()?;
    Some(match number.parse::<u8>().ok()? {
        // Parity and framing; the characters of a command came too slowly.
        0 | 3 => Fault::Transmission,
        1 => Fault::UnknownCommand,
        2 => Fault::Busy,
        // Too many characters, a wrong form.
        4 | 6 => Fault::Syntax,
        // No such ID, a number out of range.
        5 | 7 => Fault::Logical,
        11 => Fault::Unstable,
        _ => Fault::DeviceError,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::told;

    fn check(line: &str, expect: &str) {
        assert_eq!(told(And, format!("{line}\r\n").as_bytes()), [expect], "{line:?}");
    }

    #[test]
    fn a_scale_says_weight_or_pieces_and_whether_they_are_stable() {
        for (line, expect) in [
            ("ST,+000123.4  %", r#"{"weight":"123.4","unit":"%","stable":true}"#),
            ("US,-00000.50 kg", r#"{"weight":"-0.50","unit":"kg","stable":false}"#),
            ("ST,+0012.3456ozt", r#"{"weight":"12.3456","unit":"ozt","stable":true}"#),
            ("QT,+00012345 PC", r#"{"unit":"pcs","stable":true,"count":12345}"#),
            ("US,+00000003 PC", r#"{"unit":"pcs","stable":false,"count":3}"#),
        ] {
            check(line, expect);
        }
    }

    #[test]
    fn a_field_before_the_number_is_the_comparator_or_the_kind_of_weight() {
        for (line, expect) in [
            ("ST,HI,+0001.234 kg", r#"{"weight":"1.234","unit":"kg","stable":true,"comparator":"HI"}"#),
            ("QT,--,+00001234 PC", r#"{"unit":"pcs","stable":true,"count":1234,"comparator":"--"}"#),
            ("ST,NT,+0012.34kg", r#"{"weight":"12.34","unit":"kg","stable":true,"mode":"net"}"#),
            ("US,G ,-00012.5kg", r#"{"weight":"-12.5","unit":"kg","stable":false,"mode":"gross"}"#),
            ("ST,TR,+0001.20kg", r#"{"unit":"kg","tare":"1.20"}"#),
            ("ST,PT,+0001.20 t", r#"{"unit":"t","tare":"1.20","tare_preset":true}"#),
        ] {
            check(line, expect);
        }
    }

    #[test]
    fn other_questions_have_answers_of_their_own() {
        for (line, expect) in [
            ("TR,+001.2346 kg", r#"{"unit":"kg","tare":"1.2346"}"#),
            ("PT,+001.2346 kg", r#"{"unit":"kg","tare":"1.2346","tare_preset":true}"#),
            ("UW,+1.234567  g", r#"{"unit":"g","piece_weight":"1.234567"}"#),
            ("AQ,+00999999 PC", r#"{"accumulated_count":999999}"#),
            ("ID,000012", r#"{"info":"ID,000012"}"#),
        ] {
            check(line, expect);
        }
    }

    #[test]
    fn an_acknowledgement_comes_alone_or_as_a_line() {
        let ack = r#"{"ack":"command"}"#;
        let weight = r#"{"weight":"5.00","unit":"g","stable":true}"#;
        assert_eq!(told(And, b"\x06\r\n\x06ST,+00005.00  g\r\n\x06\r\n"), [ack, ack, weight, ack]);
    }

    #[test]
    fn the_sign_says_which_way_it_is_out_of_range() {
        for (line, fault) in [
            ("OL,+999999.9  g", "overload"),
            ("OL,-99999999 PC", "underload"),
            ("OL,OK,+999999.9  g", "overload"),
            ("OL,G ,-    .  kg", "underload"),
            ("OL,GS,         ", "overload"),
        ] {
            check(line, &format!(r#"{{"error":"{fault}"}}"#));
        }
    }

    #[test]
    fn error_codes_are_told_apart_with_and_without_a_zero() {
        for (code, fault) in [
            ("E0", "transmission"),
            ("E00", "transmission"),
            ("E01", "unknown-command"),
            ("E2", "busy"),
            ("E04", "syntax"),
            ("E6", "syntax"),
            ("E07", "logical"),
            ("E11", "unstable"),
            ("E20", "device-error"),
        ] {
            check(&format!("EC,{code}"), &format!(r#"{{"error":"{fault}"}}"#));
        }
    }

    #[test]
    fn a_line_with_a_column_missing_is_no_weight() {
        for line in [
            "",
            "ST",
            "ST,",
            "+000123.4  g",
            "ST,+00123.4  g",
            "ST,+000123.4 g",
            "ST,+0001.234kg",
            "ST,0000123.4  g",
            "ST,+    23.4  g",
            "ST,+00012x.4  g",
            "ST,+000123.4   ",
            "ST,+0001234.567890 kg",
            "QT,+000012.5 PC",
            "AQ,+00999999 kg",
            "ST,NT,+0012.34g",
            "ST,NT,+012.34kg",
            "ST,XX,+0012.34kg",
            "XX,+000123.4  g",
            "OL,",
            "EC,4",
            "EC,E",
        ] {
            check(line, "bad-frame");
        }
    }

    #[test]
    fn the_ringing_of_a_plug_costs_nothing() {
        assert_eq!(told(And, b"\xff\x00US,+00005.00  g\r\n").len(), 1);
    }
}
