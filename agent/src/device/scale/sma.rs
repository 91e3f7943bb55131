//! SMA SCP-0499: the Scale Manufacturers Association's protocol.
//!
//! Owns the layout: LF, twenty columns, CR; one-character replies to what was not understood; and the lines of the
//! "about" and "info" lists. Must not know when to ask.

use super::{
    decoder::{Cut, Grammar},
    report::{Fault, Mode, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

const LF: u8 = b'\n';
const CR: u8 = b'\r';

/// Between LF and CR: status, range, kind, motion, reserved.
const WEIGHT_COLUMNS: usize = 10;
const UNIT_COLUMNS: usize = 3;

#[derive(Debug, Clone, Copy)]
pub(super) struct Sma;

impl Grammar for Sma {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        let is_lf = |byte: &u8| *byte == LF;
        match bytes {
            [LF, LF, ..] => Cut::Noise(1),
            [LF, rest @ ..] => match rest.iter().position(|byte| matches!(*byte, LF | CR)) {
                Some(at) if rest.get(at) == Some(&CR) => Cut::Frame(at + 2),
                Some(next) => Cut::Frame(next + 1),
                None => Cut::More,
            },
            bytes => Cut::Noise(bytes.iter().position(is_lf).unwrap_or(bytes.len())),
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let read = || match frame {
            [LF, line @ .., CR] => read(line),
            _ => None,
        };
        read().ok_or_else(|| FrameError::malformed(frame))
    }

    fn ends(&self, byte: u8) -> bool {
        byte == CR
    }
}

fn read(line: &[u8]) -> Option<Report> {
    match line {
        b"?" => Some(Report::fault(Fault::UnknownCommand)),
        b"!" => Some(Report::fault(Fault::Transmission)),
        [_, _, _, b':', ..] => info(line),
        [status, range, kind, motion, _reserved, amount @ ..] => weight(*status, *range, *kind, *motion, amount),
        _ => None,
    }
}

/// `MFG:`, `CAP:kg :6000:1:0`, `SN :`, `END:` and the like: the lines of a list, one each.
fn info(line: &[u8]) -> Option<Report> {
    let (key, _) = line.split_at_checked(3)?;
    let is_key = key.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ');
    let text = std::str::from_utf8(line).ok().filter(|_| is_key)?;
    Some(Report { info: Some(text.into()), ..Report::default() })
}

fn weight(status: u8, range: u8, kind: u8, motion: u8, amount: &[u8]) -> Option<Report> {
    let (number, unit) = amount.split_at_checked(WEIGHT_COLUMNS)?;
    let is_whole = unit.len() == UNIT_COLUMNS && matches!(motion, b' ' | b'M');
    let range = match range {
        b'1'..=b'9' => Some(range - b'0'),
        // A scale of one range that does not say so.
        b'0' | b' ' => None,
        _ => return None,
    };
    let (mode, high_resolution) = match kind {
        b'G' => (Some(Mode::Gross), false),
        b'g' => (Some(Mode::Gross), true),
        b'N' => (Some(Mode::Net), false),
        b'n' => (Some(Mode::Net), true),
        b'T' => (None, false),
        _ => return None,
    };
    let fault = match status {
        b' ' | b'Z' => None,
        b'O' => Some(Fault::Overload),
        b'U' => Some(Fault::Underload),
        b'E' => Some(Fault::ZeroError),
        b'I' => Some(Fault::InitialZeroError),
        b'T' => Some(Fault::TareError),
        _ => return None,
    };
    if !is_whole {
        return None;
    }
    // With a fault the weight is dashes, or one that does not count.
    if let Some(fault) = fault {
        return Some(Report::fault(fault));
    }
    let shown = Decimal::parse_bytes(number).ok()?;
    let unit = Some(Unit::parse(unit)?);
    if mode.is_none() {
        return Some(Report { tare: Some(shown), unit, range, ..Report::default() });
    }
    Some(Report {
        mode,
        range,
        high_resolution,
        zero: (status == b'Z').then_some(true),
        ..Report::amount(shown, unit, Some(motion == b' '))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::told;

    fn check(frame: &str, expect: &str) {
        assert_eq!(told(Sma, frame.as_bytes()), [expect], "{frame:?}");
    }

    #[test]
    fn the_columns_say_kind_range_motion_and_zero() {
        for (frame, expect) in [
            ("\n 1G      -0.015kg \r", r#"{"weight":"-0.015","unit":"kg","stable":true,"mode":"gross","range":1}"#),
            (
                "\nZ2N       0.000lb \r",
                r#"{"weight":"0.000","unit":"lb","stable":true,"mode":"net","zero":true,"range":2}"#,
            ),
            (
                "\n 1nM     3.3333kg \r",
                r#"{"weight":"3.3333","unit":"kg","stable":false,"mode":"net","range":1,"high_resolution":true}"#,
            ),
            ("\n 1T       1.200kg \r", r#"{"unit":"kg","tare":"1.200","range":1}"#),
            ("\n 1G         250pcs\r", r#"{"unit":"pcs","stable":true,"mode":"gross","range":1,"count":250}"#),
        ] {
            check(frame, expect);
        }
    }

    #[test]
    fn a_fault_is_told_whatever_stands_for_the_weight() {
        for (status, fault) in [
            ('O', "overload"),
            ('U', "underload"),
            ('E', "zero-error"),
            ('I', "initial-zero-error"),
            ('T', "tare-error"),
        ] {
            for amount in ["----------kg ", "    60.010kg ", "             "] {
                check(&format!("\n{status}1G  {amount}\r"), &format!(r#"{{"error":"{fault}"}}"#));
            }
        }
        check("\n?\r", r#"{"error":"unknown-command"}"#);
        check("\n!\r", r#"{"error":"transmission"}"#);
    }

    #[test]
    fn the_lines_of_a_list_are_information() {
        for line in ["SMA:2/1.0", "CAP:kg :6000:1:0", "SN :12345", "END:"] {
            check(&format!("\n{line}\r"), &format!(r#"{{"info":"{line}"}}"#));
        }
    }

    #[test]
    fn a_weight_with_a_column_missing_is_none() {
        for frame in [
            "\n\r",
            "\n 1G   5.025lb\r",
            "\n 1G      -0.015kg\r",
            "\n 1G     -0.015kg \r",
            "\n 1G       -0.015kg \r",
            "\n 1G  ----------kg \r",
            "\n 1G       5.0 5kg \r",
            "\n 1G       5.025   \r",
            "\n 1X       5.025kg \r",
            "\nX1G       5.025kg \r",
            "\n 1GX      5.025kg \r",
            "\n xG       5.025kg \r",
        ] {
            check(frame, "bad-frame");
        }
    }

    #[test]
    fn the_next_start_ends_a_frame_that_has_lost_its_end() {
        let found = told(Sma, b"25lb \r\n 1G       5.0\n 1G       5.025lb \r\xff\n\n 1G       5.026lb \r");
        assert_eq!((found.len(), &*found[0]), (3, "bad-frame"));
        assert!(found[1].contains("5.025") && found[2].contains("5.026"), "{found:?}");
    }
}
