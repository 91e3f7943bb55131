//! Adam Equipment: `CPWplus`, Highland, `AZextra`, and the counting scales CBC and CBD.
//!
//! Owns the single line, with or without a heading before the weight, and the block of several lines that a counting
//! scale prints and ends with an empty one. Source: the RS-232 chapters of Adam's manuals. Must not know when to ask.

use super::{
    decoder::{Cut, Grammar, line},
    report::{Fault, Mode, Report, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

#[derive(Debug, Clone, Copy)]
pub(super) struct Adam;

/// What a line of a block says. A line of any other heading, a date or a name, says nothing about a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Gross,
    Net,
    Tare,
    UnitWeight,
    Pieces,
    /// `Wt.` alone: what was added up in memory, and `PCS` beside it too.
    Total,
}

const ROWS: [(&[u8], Row); 6] = [
    (b"Gross Wt", Row::Gross),
    (b"Net Wt", Row::Net),
    (b"Tare Wt", Row::Tare),
    (b"Unit Wt", Row::UnitWeight),
    (b"PCS", Row::Pieces),
    (b"Wt", Row::Total),
];

/// Headings of lines that go before or after a weight: not errors, and nothing that lies on the scale.
const HEADINGS: [&[u8]; 10] =
    [b"Date", b"Time", b"No", b"Total", b"ID", b"Scale", b"User", b"PLU", b"Local", b"Remote"];

impl Grammar for Adam {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        let empty = bytes.iter().take_while(|byte| is_end(**byte)).count();
        if empty > 0 {
            return Cut::Noise(empty);
        }
        let Some(end) = bytes.iter().position(|byte| is_end(*byte)) else {
            return Cut::More;
        };
        let first = bytes.get(..end).unwrap_or_default();
        match row(first) {
            Some((row, _)) => cut_block(row, bytes, end),
            None if HEADINGS.iter().any(|heading| headed(first, heading).is_some()) => Cut::Noise(end + 1),
            None => Cut::Frame(end + 1),
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let first = frame.split(|byte| is_end(*byte)).next().unwrap_or_default();
        let report = if row(first).is_some() { block(frame) } else { single(line(frame)) };
        report.ok_or_else(|| FrameError::malformed(frame))
    }
}

/// A block ends at an empty line, or where the next begins, if that was lost.
fn cut_block(first: Row, bytes: &[u8], first_end: usize) -> Cut {
    let mut end = first_end;
    loop {
        // CR LF and LF CR are one end of a line.
        let pair = match bytes.get(end..) {
            Some([b'\r', b'\n', ..] | [b'\n', b'\r', ..]) => 2,
            _ => 1,
        };
        let Some([start, ..]) = bytes.get(end + pair..) else {
            return Cut::More;
        };
        if is_end(*start) {
            return Cut::Frame(end + pair + 1);
        }
        let next = bytes.get(end + pair..).unwrap_or_default();
        let Some(len) = next.iter().position(|byte| is_end(*byte)) else {
            return Cut::More;
        };
        if next.get(..len).and_then(row).is_some_and(|(row, _)| row == first) {
            return Cut::Frame(end + pair);
        }
        end += pair + len;
    }
}

const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// The rest of a line under this heading, letter case and a point after it aside.
fn headed<'line>(line: &'line [u8], heading: &[u8]) -> Option<&'line [u8]> {
    let (head, rest) = line.split_at_checked(heading.len())?;
    let rest = rest.strip_prefix(b".").unwrap_or(rest);
    let is_heading = head.eq_ignore_ascii_case(heading) && !matches!(rest, [byte, ..] if byte.is_ascii_alphabetic());
    is_heading.then_some(rest)
}

fn row(line: &[u8]) -> Option<(Row, &[u8])> {
    ROWS.into_iter().find_map(|(heading, row)| headed(line, heading).map(|rest| (row, rest)))
}

fn block(frame: &[u8]) -> Option<Report> {
    let mut amounts: [Option<(Decimal, Unit)>; ROWS.len()] = [None; ROWS.len()];
    for (row, rest) in frame.split(|byte| is_end(*byte)).filter_map(row) {
        *amounts.get_mut(row as usize)? = Some(amount(rest)?);
    }
    let [gross, net, tare, unit_weight, pieces, total] = amounts;
    let pieces = match pieces {
        Some((pieces, unit)) => Some((pieces.whole().filter(|_| unit.is_pieces())?, unit)),
        None => None,
    };
    if total.is_some() {
        return Some(Report { accumulated_count: Some(pieces?.0), ..Report::default() });
    }
    // With a tare the display shows the net weight.
    let shown = net.or(gross);
    let unit = shown.or(tare).map(|(_, unit)| unit);
    let one_unit = [gross, net, tare].iter().flatten().all(|(_, other)| Some(*other) == unit);
    if !one_unit || shown.or(tare).is_none() && pieces.is_none() {
        return None;
    }
    Some(Report {
        weight: shown.map(|(weight, _)| weight),
        unit: unit.or(pieces.map(|(_, unit)| unit)),
        mode: shown.map(|_| if net.is_some() { Mode::Net } else { Mode::Gross }),
        gross: net.and(gross).map(|(gross, _)| gross),
        tare: tare.map(|(tare, _)| tare),
        piece_weight: unit_weight.map(|(weight, _)| weight),
        piece_weight_unit: unit_weight.map(|(_, unit)| unit).filter(|other| Some(*other) != unit),
        count: pieces.map(|(pieces, _)| pieces),
        ..Report::default()
    })
}

/// `G     +  2.00 kg`, `GROSS   123.45 g `, `-      123.45 g `
fn single(line: &[u8]) -> Option<Report> {
    if matches!(line.trim_ascii_end(), b"ER" | [b'E', b'R', b' ', ..]) {
        return Some(Report::fault(Fault::UnknownCommand));
    }
    let (stable, line) = match line {
        [b'S', b'T', b',', rest @ ..] => (Some(true), rest),
        [b'U', b'S', b',', rest @ ..] => (Some(false), rest),
        line => (None, line),
    };
    let label_len = line.iter().position(|byte| !byte.is_ascii_alphabetic())?;
    let (label, rest) = line.split_at_checked(label_len)?;
    // What begins within its number is the tail of a line.
    if !matches!(rest, [b' ' | b'-' | b'+', ..]) {
        return None;
    }
    let (shown, unit) = amount(rest)?;
    let mode = match label {
        b"" => None,
        b"G" | b"GS" | b"GROSS" => Some(Mode::Gross),
        b"N" | b"NT" | b"NET" => Some(Mode::Net),
        b"T" | b"TR" | b"TARE" => return Some(Report { tare: Some(shown), unit: Some(unit), ..Report::default() }),
        _ => return None,
    };
    Some(Report { mode, ..Report::amount(shown, Some(unit), stable)? })
}

fn amount(text: &[u8]) -> Option<(Decimal, Unit)> {
    let is_unit = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'%';
    let (number, unit) = text.split_at_checked(text.iter().position(is_unit)?)?;
    Some((Decimal::parse_bytes(number).ok()?, Unit::parse(unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::{self, Decoder};

    fn told(stream: &[u8]) -> Vec<String> {
        decoder::told(Adam, stream)
    }

    fn check(stream: &str, expect: &[&str]) {
        assert_eq!(told(stream.as_bytes()), expect, "{stream:?}");
    }

    #[test]
    fn a_heading_says_which_weight_a_line_is() {
        check("G     +  2.00 kg\r\n", &[r#"{"weight":"2.00","unit":"kg","mode":"gross"}"#]);
        check("N     -  1.00 kg\r\n", &[r#"{"weight":"-1.00","unit":"kg","mode":"net"}"#]);
        check("T     +  1.00 kg\r\n", &[r#"{"unit":"kg","tare":"1.00"}"#]);
        check("NET     123.45 g \r\n", &[r#"{"weight":"123.45","unit":"g","mode":"net"}"#]);
        check("US,GS  -     123.45 g \r\n", &[r#"{"weight":"-123.45","unit":"g","stable":false,"mode":"gross"}"#]);
    }

    #[test]
    fn without_a_heading_a_line_is_what_the_display_shows() {
        check("       123.45 g \r\n", &[r#"{"weight":"123.45","unit":"g"}"#]);
        check("-      123.45lb \r\n", &[r#"{"weight":"-123.45","unit":"lb"}"#]);
        check("          125PCS\r\n", &[r#"{"unit":"pcs","count":125}"#]);
        check("   1.234kg\r\n", &[r#"{"weight":"1.234","unit":"kg"}"#]);
    }

    #[test]
    fn a_command_that_cannot_be_done_comes_back() {
        check("ER NN\r\n", &[r#"{"error":"unknown-command"}"#]);
        check("ER\r\n", &[r#"{"error":"unknown-command"}"#]);
    }

    const COUNTED: &str =
        r#"{"weight":"1.234","unit":"kg","mode":"gross","count":10,"piece_weight":"123","piece_weight_unit":"g"}"#;

    #[test]
    fn a_block_is_one_report_however_its_lines_end() {
        let lines = ["Gross Wt    1.234 Kg", "Unit Wt.      123 g", "PCS            10 pcs", ""];
        for end in ["\r\n", "\n\r", "\n", "\r"] {
            let stream = lines.join(end) + end;
            check(&stream.repeat(2), &[COUNTED; 2]);
            let whole = stream.len() - end.len() + 1;
            let mut decoder = Decoder::new(Box::new(Adam), false);
            for byte in stream.as_bytes().get(..whole - 1).unwrap() {
                decoder.push(&[*byte]);
                assert!(decoder.poll().is_none());
            }
            decoder.push(&stream.as_bytes()[whole - 1..]);
            assert_eq!(serde_json::to_string(&decoder.poll().unwrap().unwrap()).unwrap(), COUNTED);
        }
    }

    #[test]
    fn a_block_that_lost_its_empty_line_ends_where_the_next_begins() {
        let lines = "Gross Wt    1.234 Kg\r\nUnit Wt.      123 g\r\nPCS            10 pcs\r\n";
        check(&format!("{lines}{lines}\r\n"), &[COUNTED; 2]);
    }

    #[test]
    fn dates_numbers_and_names_around_a_weight_are_passed_over() {
        check(
            "Date 12/09/2006\r\nTime 14:56:27\r\nNet Wt.     1.034 Kg\r\nUnit Wt.      123 g\r\nPCS       8 pcs\r\n\r\n\r\n",
            &[r#"{"weight":"1.034","unit":"kg","mode":"net","count":8,"piece_weight":"123","piece_weight_unit":"g"}"#],
        );
        check(
            "GROSS   123.45 g \r\nNo.         01\r\nTotal   923.45 g \r\n\r\n\r\n",
            &[r#"{"weight":"123.45","unit":"g","mode":"gross"}"#],
        );
        check(
            "Gross Wt    1.5 kg\r\nTare Wt     0.5 kg\r\nNet Wt      1.0 kg\r\nPLU bolts\r\n\r\n",
            &[r#"{"weight":"1.0","unit":"kg","mode":"net","gross":"1.5","tare":"0.5"}"#],
        );
    }

    #[test]
    fn what_was_added_up_in_memory_is_no_level() {
        check("No. 5\r\nWt.         1.234 Kg\r\nPCS            10 pcs\r\n\r\n", &[r#"{"accumulated_count":10}"#]);
    }

    #[test]
    fn half_a_line_is_no_weight() {
        for line in
            ["23.45 g ", "2.00", "G     +  2,00 kg", "X     +  2.00 kg", "G2.00 kg", "kg", "G     +  2.00   ", "-"]
        {
            check(&format!("{line}\r\n"), &["bad-frame"]);
        }
        check("Gross Wt    1.x34 Kg\r\nPCS   10 pcs\r\n\r\n", &["bad-frame"]);
        check("Gross Wt    1.234 Kg\r\nPCS   1.5 pcs\r\n\r\n", &["bad-frame"]);
        check("Gross Wt    1.234 Kg\r\nNet Wt     1.034 lb\r\n\r\n", &["bad-frame"]);
        check("Wt.         1.234 Kg\r\n\r\n", &["bad-frame"]);
    }
}
