//! Sartorius SBI, the balance interface: Entris, Cubis, Combics, Master and older ones.
//!
//! Owns the line of 16 characters, that of 22 which says before it what the number is, and the words that stand in
//! place of a number. A blank unit means that the weight moves. Source: the data output chapters of Sartorius' manuals.
//! Must not know when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Mode, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// Sign, nine digits, space, unit; CR and LF make it 16.
const VALUE_COLUMNS: usize = 14;
const ID_COLUMNS: usize = 6;

#[derive(Debug, Clone, Copy)]
pub(super) struct Sartorius;

impl Grammar for Sartorius {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        cut_line(previous, bytes)
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(line(frame)).ok_or_else(|| FrameError::malformed(frame))
    }
}

/// What the number of a line is. The other identifiers are of limits and statistics: weights that lie on no pan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    Display(Option<Mode>),
    Count,
    Tare { preset: bool },
    PieceWeight,
    ReferencePieces,
    Status,
}

impl Id {
    const fn parse(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"N" | b"N1" | b"N2" => Self::Display(Some(Mode::Net)),
            b"G" | b"G#" | b"G1" | b"G2" => Self::Display(Some(Mode::Gross)),
            b"Prc" => Self::Display(None),
            b"Qnt" => Self::Count,
            b"T" | b"T1" | b"T2" => Self::Tare { preset: false },
            b"PT" | b"PT1" | b"PT2" => Self::Tare { preset: true },
            b"wRef" => Self::PieceWeight,
            b"nRef" => Self::ReferencePieces,
            b"Stat" => Self::Status,
            _ => return None,
        })
    }
}

fn read(line: &[u8]) -> Option<Report> {
    let word = line.trim_ascii_start();
    let word = word.get(..word.iter().position(|byte| *byte == b' ').unwrap_or(word.len()))?;
    match Id::parse(word) {
        None if word.iter().any(u8::is_ascii_digit) || matches!(word, b"+" | b"-") => {
            value(line, Id::Display(None)).or_else(|| special(line.trim_ascii()).map(Report::fault))
        }
        // Nothing at all is shown: it stands by, or has just been switched on.
        None if word.is_empty() => (line.len() == VALUE_COLUMNS).then(|| Report::fault(Fault::Busy)),
        None => special(line.trim_ascii()).map(Report::fault),
        // A status word that is not known is none that goes with a weight.
        Some(Id::Status) => {
            let text = line.get(line.len().min(ID_COLUMNS)..).unwrap_or_default();
            Some(Report::fault(special(text.trim_ascii()).unwrap_or(Fault::DeviceError)))
        }
        Some(id) => {
            let (_, rest) = line.split_at_checked(ID_COLUMNS)?;
            value(rest, id).or_else(|| special(rest.trim_ascii()).map(Report::fault))
        }
    }
}

/// The columns of a number: exactly as many as there are, so that the tail of a line is never taken for a whole one.
fn value(columns: &[u8], id: Id) -> Option<Report> {
    let is_unit = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'%';
    let at = columns.iter().position(is_unit).unwrap_or(columns.len());
    let (number, unit) = columns.split_at_checked(at)?;
    let is_marked = number.contains(&b'[');
    // The brackets stand in columns of their own on some models.
    let is_whole = columns.len() == VALUE_COLUMNS || is_marked && columns.len() == VALUE_COLUMNS + 2;
    if !is_whole {
        return None;
    }
    let shown = if is_marked { unmarked(number)? } else { Decimal::parse_bytes(number).ok()? };
    let is_blank = unit.is_empty();
    let unit = if is_blank { None } else { Some(Unit::parse(unit)?) };
    let stable = Some(!is_blank);
    Some(match id {
        Id::Display(mode) => Report { mode, ..Report::amount(shown, unit, stable)? },
        Id::Count => Report { count: Some(shown.whole()?), unit, stable, ..Report::default() },
        Id::Tare { preset } => Report { tare: Some(shown), tare_preset: preset, unit, ..Report::default() },
        Id::PieceWeight => Report { piece_weight: Some(shown), unit, ..Report::default() },
        Id::ReferencePieces => Report { reference_pieces: Some(shown.whole()?), ..Report::default() },
        Id::Status => return None,
    })
}

/// A number whose last digits are in brackets: shown, but not verified. They are digits all the same.
fn unmarked(number: &[u8]) -> Option<Decimal> {
    let opens = number.iter().position(|byte| *byte == b'[')?;
    let closes = number.iter().position(|byte| *byte == b']')?;
    let mut digits = [0; VALUE_COLUMNS + 2];
    let mut len = 0;
    for (at, byte) in number.iter().enumerate().filter(|(at, _)| *at != opens && *at != closes) {
        // Within the brackets a space pads.
        if *byte == b' ' && (opens..closes).contains(&at) {
            continue;
        }
        *digits.get_mut(len)? = *byte;
        len += 1;
    }
    if closes < opens {
        return None;
    }
    Decimal::parse_bytes(digits.get(..len)?).ok()
}

/// What stands in place of a number. The column varies by model, so does the wording.
fn special(text: &[u8]) -> Option<Fault> {
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    // HH and LL: beyond the limits of a checkweigher's range.
    if is(b"High") || is(b"H") || is(b"HH") {
        Some(Fault::Overload)
    } else if is(b"Low") || is(b"L") || is(b"LL") {
        Some(Fault::Underload)
    } else if is(b"OFF") {
        Some(Fault::DeviceOff)
    } else if is(b"C") || begins(b"Cal") || is(b"--") || is(b"- -") || text.is_empty() {
        // It adjusts itself, or takes a tare.
        Some(Fault::Busy)
    } else if begins(b"Err") || text.windows(3).any(|part| part.eq_ignore_ascii_case(b".ER")) {
        Some(Fault::DeviceError)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder;

    fn told(stream: &[u8]) -> Vec<String> {
        decoder::told(Sartorius, stream)
    }

    fn check(line: &str, expect: &str) {
        assert_eq!(told(format!("{line}\r\n").as_bytes()), [expect], "{line:?}");
    }

    #[test]
    fn a_blank_unit_says_that_the_weight_moves() {
        check("+    12.47 g  ", r#"{"weight":"12.47","unit":"g","stable":true}"#);
        check("+    12.47    ", r#"{"weight":"12.47","stable":false}"#);
        check("N     -   123.51    ", r#"{"weight":"-123.51","stable":false,"mode":"net"}"#);
        check("Qnt   +      253    ", r#"{"stable":false,"count":253}"#);
    }

    #[test]
    fn the_identifier_says_what_the_number_is() {
        check("N1    +   123.56 g  ", r#"{"weight":"123.56","unit":"g","stable":true,"mode":"net"}"#);
        check("G#    +   1255.7 g  ", r#"{"weight":"1255.7","unit":"g","stable":true,"mode":"gross"}"#);
        check("T1    +    12.50 g  ", r#"{"unit":"g","tare":"12.50"}"#);
        check("PT2   +    12.50 g  ", r#"{"unit":"g","tare":"12.50","tare_preset":true}"#);
        check("Qnt   +      253 pcs", r#"{"unit":"pcs","stable":true,"count":253}"#);
        check("wRef  +  1.23456 g  ", r#"{"unit":"g","piece_weight":"1.23456"}"#);
        check("nRef  +       10 pcs", r#"{"reference_pieces":10}"#);
        check("Prc   +    50.00 %  ", r#"{"weight":"50.00","unit":"%","stable":true}"#);
    }

    #[test]
    fn a_limit_or_a_statistic_is_no_weight() {
        for id in ["Setp", "Min", "Max", "Diff", "Total", "Avg."] {
            check(&format!("{id:<6}+   123.56 g  "), "bad-frame");
        }
    }

    #[test]
    fn digits_that_are_not_verified_are_digits() {
        check("N     +  123.5[6]g  ", r#"{"weight":"123.56","unit":"g","stable":true,"mode":"net"}"#);
        check("+  123.5[6] g  ", "bad-frame");
        check("+   123.5[6] g  ", r#"{"weight":"123.56","unit":"g","stable":true}"#);
        check("-  123.[56]   ", r#"{"weight":"-123.56","stable":false}"#);
        for line in ["+  123.5]6[ g  ", "+  12[3.[5] g  ", "+   123.5[6 g ", "+    123.56] g  "] {
            check(line, "bad-frame");
        }
    }

    #[test]
    fn a_word_in_place_of_the_number_is_a_fault_in_any_column() {
        for (text, fault) in [
            ("High", "overload"),
            ("H", "overload"),
            ("HH", "overload"),
            ("Low", "underload"),
            ("L", "underload"),
            ("OFF", "device-off"),
            ("Cal.", "busy"),
            ("Cal. Ext.", "busy"),
            ("--", "busy"),
            ("Err   54", "device-error"),
            ("ERR 101", "device-error"),
            ("DIS.ER", "device-error"),
        ] {
            let expect = format!(r#"{{"error":"{fault}"}}"#);
            check(&format!("{text:^14}"), &expect);
            check(&format!("    {text:<10}"), &expect);
            check(&format!("Stat  {text:^14}"), &expect);
            check(&format!("N     {text:^14}"), &expect);
        }
        check("Stat     what       ", r#"{"error":"device-error"}"#);
        check("              ", r#"{"error":"busy"}"#);
    }

    #[test]
    fn the_tail_of_a_line_is_no_weight() {
        let line = b"wRef  +  1.23456 g  \r\n";
        // From column 6 on it is a whole line of the short form.
        for at in (1..6).chain(7..18) {
            assert_eq!(told(&line[at..]), ["bad-frame"], "from {at}");
        }
        for line in ["", "+   12,56 g   ", "N     +   12,56 g  ", "+    12.47 g g", "+   1 2.47 g  ", "     what     "]
        {
            check(line, "bad-frame");
        }
    }
}
