//! Ohaus: Scout, Navigator, Defender, Ranger and their kin.
//!
//! Owns the printed line: a right-justified weight, a unit, `?` while it moves, a legend. Columns differ from model to
//! model, so the line is read as sign, number, unit and rest; the columns only tell a whole line from the tail of one.
//! Source: Ohaus' RS232 interface manual and those of the Defender 3000 and the Ranger. Must not know when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Mode, Report, Short, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// Sign, space and seven digits of the Defender: no model's number ends further left.
const NUMBER_COLUMNS_MIN: usize = 9;

#[derive(Debug, Clone, Copy)]
pub(super) struct Ohaus;

impl Grammar for Ohaus {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        cut_line(previous, bytes)
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(line(frame)).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(line: &[u8]) -> Option<Report> {
    match line.trim_ascii() {
        b"ES" => Some(Report::fault(Fault::UnknownCommand)),
        b"OK!" => Some(Report::ack("accepted")),
        [b'E', b'r', b'r', ..] | [b'[', b'E', b'r', b'r', ..] => Some(Report::fault(Fault::DeviceError)),
        _ => amount(line),
    }
}

fn amount(line: &[u8]) -> Option<Report> {
    let (number, rest) = line.split_at_checked(line.iter().position(|byte| is_unit(*byte))?)?;
    // A line that begins within its number is the tail of one.
    let is_whole = number.trim_ascii_end().len() >= NUMBER_COLUMNS_MIN;
    if !is_whole || !matches!(number, [b' ' | b'-' | b'+', ..]) {
        return None;
    }
    let shown = Decimal::parse_bytes(number).ok()?;
    let unit_len = rest.iter().position(|byte| !is_unit(*byte)).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(unit_len)?;
    let unit = Some(Unit::parse(unit)?);
    let (stable, rest) = match rest.trim_ascii() {
        [b'?', rest @ ..] => (false, rest.trim_ascii_start()),
        rest => (true, rest),
    };
    if let b"T" | b"PT" = rest {
        return Some(Report { tare: Some(shown), unit, tare_preset: rest == b"PT", ..Report::default() });
    }
    let word_len = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let (word, others) = rest.split_at_checked(word_len)?;
    let (mode, rest) = match word {
        b"G" | b"B" | b"B/G" => (Some(Mode::Gross), others.trim_ascii_start()),
        b"N" | b"NET" => (Some(Mode::Net), others.trim_ascii_start()),
        _ => (None, rest),
    };
    if !is_legend(rest) {
        return None;
    }
    let legend = Short::new(rest.get(..Short::LEN_MAX).unwrap_or(rest));
    Some(Report { mode, legend, ..Report::amount(shown, unit, Some(stable))? })
}

/// A second number would be the ounces of a weight in pounds and ounces, or the line is garbled: the only digits that
/// follow a weight are those of a time.
fn is_legend(text: &[u8]) -> bool {
    let is_time = text.iter().all(|byte| byte.is_ascii_digit() || *byte == b':');
    is_time || text.iter().all(|byte| matches!(byte, b' '..=b'~') && !byte.is_ascii_digit())
}

const fn is_unit(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'%'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder;

    fn told(stream: &[u8]) -> Vec<String> {
        decoder::told(Ohaus, stream)
    }

    fn check(line: &str, expect: &str) {
        assert_eq!(told(format!("{line}\r\n").as_bytes()), [expect], "{line:?}");
    }

    #[test]
    fn a_question_mark_says_that_the_weight_moves() {
        check("     192.30 g ?", r#"{"weight":"192.30","unit":"g","stable":false}"#);
        check("     192.21 g", r#"{"weight":"192.21","unit":"g","stable":true}"#);
        check("    12.50 kg   ?NET", r#"{"weight":"12.50","unit":"kg","stable":false,"mode":"net"}"#);
        check("           3 PCS  ?", r#"{"unit":"pcs","stable":false,"count":3}"#);
        check("       50.0 %", r#"{"weight":"50.0","unit":"%","stable":true}"#);
    }

    #[test]
    fn the_legend_says_which_weight_it_is() {
        check("    12.50 kg    G  ", r#"{"weight":"12.50","unit":"kg","stable":true,"mode":"gross"}"#);
        check("     1.230 kg   B/G", r#"{"weight":"1.230","unit":"kg","stable":true,"mode":"gross"}"#);
        check("-    0.25 kg    NET", r#"{"weight":"-0.25","unit":"kg","stable":true,"mode":"net"}"#);
        check("     1.20 kg    T  ", r#"{"unit":"kg","tare":"1.20"}"#);
        check("     1.20 kg    PT ", r#"{"unit":"kg","tare":"1.20","tare_preset":true}"#);
    }

    #[test]
    fn what_else_stands_on_the_line_is_kept() {
        check("     207.80 g TOTAL", r#"{"weight":"207.80","unit":"g","stable":true,"legend":"TOTAL"}"#);
        check(
            "     207.80 g ? NET TOTAL",
            r#"{"weight":"207.80","unit":"g","stable":false,"mode":"net","legend":"TOTAL"}"#,
        );
        check("     176.30 g   00:00:15", r#"{"weight":"176.30","unit":"g","stable":true,"legend":"00:00:15"}"#);
        check("        0.85 oz     WET WT", r#"{"weight":"0.85","unit":"oz","stable":true,"legend":"WET WT"}"#);
    }

    #[test]
    fn a_refusal_and_a_fault_are_no_weights() {
        check("ES", r#"{"error":"unknown-command"}"#);
        check("Err 8.3", r#"{"error":"device-error"}"#);
        check("[Err 0]", r#"{"error":"device-error"}"#);
        check("OK!", r#"{"ack":"accepted"}"#);
    }

    #[test]
    fn half_a_line_is_no_weight() {
        let line = b"- 1192.21 g ?\r\n";
        for at in 1..line.len() - 2 {
            assert_eq!(told(&line[at..]), ["bad-frame"], "from {at}");
        }
        for line in
            ["", "     192.21", "     192,21 g", "     1x2.21 g", "      2 lb 3.5 oz", "   1 192.21 g", "     1.2.3 kg"]
        {
            check(line, "bad-frame");
        }
    }
}
