//! Radwag: the makers' own protocol, on scales and indicators alike.
//!
//! Owns the mass frame of 19 fixed columns and the answers of one letter. `S` and `T` answer twice: heard, then done.
//! Source: the communication protocol chapters of Radwag's manuals. Must not know when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// Command, padded to three.
const COMMAND_COLUMNS: usize = 3;
/// Sign and nine digits.
const MASS_COLUMNS: usize = 10;
/// What an answer without a mass never reaches.
const MASS_FRAME_LEN_MIN: usize = 7;

#[derive(Debug, Clone, Copy)]
pub(super) struct Radwag;

impl Grammar for Radwag {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        cut_line(previous, bytes)
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(line(frame)).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(line: &[u8]) -> Option<Report> {
    let columns = line.get(..COMMAND_COLUMNS).map(<[u8]>::trim_ascii_end);
    if line.len() >= MASS_FRAME_LEN_MIN && columns.is_some_and(asks_for_weight) {
        return mass(line);
    }
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let (command, rest) = line.split_at_checked(end)?;
    match command {
        b"ES" if rest.trim_ascii().is_empty() => Some(Report::fault(Fault::UnknownCommand)),
        b"OT" => tare(rest),
        b"NB" => serial(rest.trim_ascii()),
        _ => answer(command, rest.trim_ascii()),
    }
}

/// `SI ?  -  1.2345 kg `: columns, not words, so that a lost byte is noticed.
fn mass(line: &[u8]) -> Option<Report> {
    let (_, rest) = line.split_at_checked(COMMAND_COLUMNS)?;
    let (stability, rest) = match rest {
        [stability, b' ', rest @ ..] => (*stability, rest),
        _ => return None,
    };
    let stable = match stability {
        b' ' => true,
        b'?' => false,
        // The mass beside it is where the scale gave up.
        b'^' => return Some(Report::fault(Fault::Overload)),
        b'v' => return Some(Report::fault(Fault::Underload)),
        _ => return None,
    };
    let (mass, unit) = rest.split_at_checked(MASS_COLUMNS)?;
    match (mass, unit) {
        ([b' ' | b'-' | b'+', ..], [b' ', unit @ ..]) if unit.len() <= 3 => {
            Report::amount(Decimal::parse_bytes(mass).ok()?, Some(Unit::parse(unit)?), Some(stable))
        }
        _ => None,
    }
}

/// `OT     1.200 kg`
fn tare(rest: &[u8]) -> Option<Report> {
    let at = rest.iter().position(u8::is_ascii_alphabetic)?;
    let (number, unit) = rest.split_at_checked(at)?;
    let shown = Decimal::parse_bytes(number).ok()?;
    Some(Report { tare: Some(shown), unit: Some(Unit::parse(unit)?), ..Report::default() })
}

/// `NB A "123456"`
fn serial(rest: &[u8]) -> Option<Report> {
    let text = rest.strip_prefix(b"A \"")?.strip_suffix(b"\"")?;
    let is_plain = text.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let text = std::str::from_utf8(text).ok().filter(|_| is_plain)?;
    Some(Report { serial: Some(text.into()), ..Report::default() })
}

/// `S A`, `Z ^`, `UT OK`
fn answer(command: &[u8], rest: &[u8]) -> Option<Report> {
    let is_command = matches!(command, [b'A'..=b'Z', rest @ ..] if rest.iter().all(u8::is_ascii_alphanumeric));
    if !is_command {
        return None;
    }
    let fault = match rest {
        b"A" => return Some(Report::ack("accepted")),
        b"D" | b"OK" => return Some(Report::ack("done")),
        b"I" => Fault::Busy,
        b"E" => Fault::Timeout,
        b"^" | b"v" if command == b"Z" => Fault::ZeroRange,
        b"^" | b"v" if matches!(command, b"T" | b"UT") => Fault::TareError,
        b"^" => Fault::Overload,
        b"v" => Fault::Underload,
        _ => return None,
    };
    Some(Report { refuses_other: !asks_for_weight(command), ..Report::fault(fault) })
}

const fn asks_for_weight(command: &[u8]) -> bool {
    matches!(command, b"S" | b"SI" | b"SU" | b"SUI" | b"C1" | b"CU1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder;

    fn told(stream: &[u8]) -> Vec<String> {
        decoder::told(Radwag, stream)
    }

    fn check(line: &str, expect: &str) {
        assert_eq!(told(format!("{line}\r\n").as_bytes()), [expect], "{line:?}");
    }

    #[test]
    fn every_weighing_command_is_answered_by_a_mass_frame() {
        check("S        1.2345 kg ", r#"{"weight":"1.2345","unit":"kg","stable":true}"#);
        check("SI ? -     0.35 g  ", r#"{"weight":"-0.35","unit":"g","stable":false}"#);
        check("SU          125 pcs", r#"{"unit":"pcs","stable":true,"count":125}"#);
        check("SUI?       50.0 %  ", r#"{"weight":"50.0","unit":"%","stable":false}"#);
        check("C1         0.00 g", r#"{"weight":"0.00","unit":"g","stable":true}"#);
    }

    #[test]
    fn a_mass_out_of_range_is_no_weight() {
        check("SI ^       60.0 kg ", r#"{"error":"overload"}"#);
        check("SI v -      0.2 kg ", r#"{"error":"underload"}"#);
        check("SI ^               ", r#"{"error":"overload"}"#);
    }

    #[test]
    fn a_letter_says_what_became_of_a_command() {
        for (line, expect) in [
            ("S A", r#"{"ack":"accepted"}"#),
            ("C1 A", r#"{"ack":"accepted"}"#),
            ("Z D", r#"{"ack":"done"}"#),
            ("UT OK", r#"{"ack":"done"}"#),
            ("S I", r#"{"error":"busy"}"#),
            ("S E", r#"{"error":"timeout"}"#),
            ("Z ^", r#"{"error":"zero-range"}"#),
            ("T v", r#"{"error":"tare-error"}"#),
            ("S ^", r#"{"error":"overload"}"#),
            ("ES", r#"{"error":"unknown-command"}"#),
            ("OT     1.200 kg ", r#"{"unit":"kg","tare":"1.200"}"#),
            (r#"NB A "123456""#, r#"{"serial":"123456"}"#),
        ] {
            check(line, expect);
        }
    }

    #[test]
    fn a_refused_zero_says_nothing_about_the_level() {
        assert!(read(b"Z E").unwrap().refuses_other);
        assert!(!read(b"SUI E").unwrap().refuses_other);
    }

    #[test]
    fn a_frame_with_a_lost_byte_is_no_weight() {
        let frame = b"SI ? -  12.3456 kg \r\n";
        for at in 0..15 {
            let mut short = frame.to_vec();
            short.remove(at);
            assert_eq!(told(&short), ["bad-frame"], "without byte {at}");
            assert_eq!(told(&frame[at + 1..]), ["bad-frame"], "after byte {at}");
        }
        for line in ["", "S", "S B", "S  ? xx kg", "S         12,35 kg ", "X        1.2345 kg ", "S        1.2345    "]
        {
            check(line, "bad-frame");
        }
    }
}
