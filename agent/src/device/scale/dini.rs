//! Dini Argeo: 3590, DGT, DFW and their kin.
//!
//! Owns the three strings of comma-separated fields (standard, extended, AF), with or without the address that comes
//! before them on a shared line, and the answers to commands. Source: Dini Argeo's serial protocol manuals. Must not
//! know when to ask.

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Mode, Report, Short, Unit},
};
use crate::device::{decimal::Decimal, frame::FrameError};

/// The extended string has the most.
const FIELDS_MAX: usize = 7;
/// Of the weight in the standard string, sign and point included. A narrower field has lost a byte, maybe a digit.
const STANDARD_COLUMNS_MIN: usize = 8;
/// Of a number in the other strings.
const NUMBER_COLUMNS_MIN: usize = 10;

#[derive(Debug, Clone, Copy)]
pub(super) struct Dini;

impl Grammar for Dini {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        cut_line(previous, bytes)
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(line(frame)).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(line: &[u8]) -> Option<Report> {
    // The platform's number is a digit of its own before a comma: two digits before anything else are an address.
    let (address, text) = match line {
        [tens, ones, rest @ ..] if tens.is_ascii_digit() && ones.is_ascii_digit() && !rest.starts_with(b",") => {
            (Short::new(&[*tens, *ones]), rest)
        }
        line => (None, line),
    };
    let mut fields: [&[u8]; FIELDS_MAX] = [&[]; FIELDS_MAX];
    let mut len = 0;
    for field in text.split(|byte| *byte == b',') {
        *fields.get_mut(len)? = field;
        len += 1;
    }
    let report = match fields.get(..len)? {
        [answer] => command(answer.trim_ascii_end()),
        [status, [platform @ b'0'..=b'9'], gross, tare] => af(status, *platform, gross, tare),
        [status, kind, weight, unit] => standard(status, kind, weight, unit),
        [[platform @ b'0'..=b'9'], status, net, tare, pieces, piece_weight, unit] => {
            extended(*platform, status, net, tare, [pieces, piece_weight], unit)
        }
        _ => None,
    }?;
    // A fault is the same fault from whomever; what it says beside is of no use.
    let address = address.filter(|_| report.error.is_none());
    Some(Report { address, ..report })
}

/// `OK`: heard and well formed, not yet carried out.
fn command(answer: &[u8]) -> Option<Report> {
    match answer {
        b"OK" => Some(Report::ack("accepted")),
        [b'E', b'R', b'R', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(Report::fault(match [*tens, *ones] {
            [b'0', b'1'] => Fault::Syntax,
            [b'0', b'2'] => Fault::Logical,
            [b'0', b'3'] => Fault::Busy,
            [b'0', b'4'] => Fault::UnknownCommand,
            _ => Fault::DeviceError,
        })),
        _ => None,
    }
}

/// Whether it is stable, or why there is no weight.
const fn status(text: &[u8]) -> Option<Result<bool, Fault>> {
    Some(match text {
        b"ST" => Ok(true),
        b"US" => Ok(false),
        b"OL" => Err(Fault::Overload),
        b"UL" => Err(Fault::Underload),
        // It stands askew and says so by its inclination switch.
        b"TL" => Err(Fault::DeviceError),
        _ => return None,
    })
}

/// `ST,GS,   12.35,kg`
fn standard(status_text: &[u8], kind: &[u8], weight: &[u8], unit: &[u8]) -> Option<Report> {
    let mode = match kind {
        b"GS" | b"GX" => Some(Mode::Gross),
        b"NT" => Some(Mode::Net),
        // Microvolts and converter points: what the cell says, not what it carries.
        b"VL" | b"RZ" => None,
        _ => return None,
    };
    let stable = match status(status_text)? {
        Ok(stable) => stable,
        Err(fault) => return Some(Report::fault(fault)),
    };
    let unit = Unit::parse(unit)?;
    if mode.is_none() && unit.mass().is_some() {
        return None;
    }
    let legend = if mode.is_none() { Short::new(kind) } else { None };
    let report = Report::amount(number(weight, STANDARD_COLUMNS_MIN)?, Some(unit), Some(stable))?;
    Some(Report { mode, legend, high_resolution: kind == b"GX", ..report })
}

/// `1,ST,     1.250,PT      0.100,       250,     5.000,kg`
fn extended(
    platform: u8,
    status_text: &[u8],
    net: &[u8],
    tare: &[u8],
    [pieces, piece_weight]: [&[u8]; 2],
    unit: &[u8],
) -> Option<Report> {
    let stable = match status(status_text)? {
        Ok(stable) => stable,
        Err(fault) => return Some(Report::fault(fault)),
    };
    let (tare, tare_preset) = preset(tare)?;
    let pieces = number(pieces, NUMBER_COLUMNS_MIN)?.whole()?;
    let piece_weight = number(piece_weight, NUMBER_COLUMNS_MIN)?;
    // Firmware that does not count leaves both at zero; a scale that counts has a piece weight even when it is empty.
    let counts = pieces != 0 || piece_weight.mantissa() != 0;
    Some(Report {
        weight: Some(number(net, NUMBER_COLUMNS_MIN)?),
        unit: Some(Unit::parse(unit)?),
        stable: Some(stable),
        mode: Some(Mode::Net),
        tare: Some(number(tare, NUMBER_COLUMNS_MIN)?),
        tare_preset,
        count: counts.then_some(pieces),
        piece_weight: counts.then_some(piece_weight),
        scale: Some(platform - b'0'),
        ..Report::default()
    })
}

/// `US,1,      12.4kg,PT       1.5kg`
fn af(status_text: &[u8], platform: u8, gross: &[u8], tare: &[u8]) -> Option<Report> {
    let stable = match status(status_text)? {
        Ok(stable) => stable,
        Err(fault) => return Some(Report::fault(fault)),
    };
    let (tare, tare_preset) = preset(tare)?;
    let (gross, unit) = amount(gross)?;
    let (tare, tare_unit) = amount(tare)?;
    if unit != tare_unit {
        return None;
    }
    Some(Report {
        weight: Some(gross),
        unit: Some(unit),
        stable: Some(stable),
        mode: Some(Mode::Gross),
        tare: Some(tare),
        tare_preset,
        scale: Some(platform - b'0'),
        ..Report::default()
    })
}

fn amount(text: &[u8]) -> Option<(Decimal, Unit)> {
    // The unit has two columns of its own, the first of them blank for a gram or a tonne.
    let (columns, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
    Some((number(columns, NUMBER_COLUMNS_MIN)?, Unit::parse(unit)?))
}

fn number(columns: &[u8], columns_min: usize) -> Option<Decimal> {
    if columns.len() < columns_min {
        return None;
    }
    Decimal::parse_bytes(columns).ok()
}

/// The two columns before a tare say whether it was keyed in.
fn preset(tare: &[u8]) -> Option<(&[u8], bool)> {
    let weighed = || tare.strip_prefix(b"  ").map(|tare| (tare, false));
    tare.strip_prefix(b"PT").map(|tare| (tare, true)).or_else(weighed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder;

    fn told(stream: &[u8]) -> Vec<String> {
        decoder::told(Dini, stream)
    }

    fn check(line: &str, expect: &str) {
        assert_eq!(told(format!("{line}\r\n").as_bytes()), [expect], "{line:?}");
    }

    #[test]
    fn the_standard_string_says_which_weight_it_is() {
        check("ST,GS,     0.0,Kg", r#"{"weight":"0.0","unit":"kg","stable":true,"mode":"gross"}"#);
        check("US,NT,   -1.25, t", r#"{"weight":"-1.25","unit":"t","stable":false,"mode":"net"}"#);
        check(
            "ST,GX, 12.3456,kg",
            r#"{"weight":"12.3456","unit":"kg","stable":true,"mode":"gross","high_resolution":true}"#,
        );
        check("ST,RZ,  123456,vv", r#"{"weight":"123456","unit":"vv","stable":true,"legend":"RZ"}"#);
        check("ST,VL,    1234,kg", "bad-frame");
    }

    #[test]
    fn out_of_range_there_is_no_weight_in_any_string() {
        for (status, fault) in [("OL", "overload"), ("UL", "underload"), ("TL", "device-error")] {
            let expect = format!(r#"{{"error":"{fault}"}}"#);
            check(&format!("{status},GS,        ,kg"), &expect);
            check(&format!("03{status},NT,   99.99,kg"), &expect);
            check(&format!("1,{status},          ,        0.00,         0,         0,kg"), &expect);
            check(&format!("{status},1,          kg,         0.0kg"), &expect);
        }
    }

    #[test]
    fn the_extended_string_counts_where_the_firmware_does() {
        check(
            "1,ST,     1.250,       0.000,       250,     5.000,kg",
            r#"{"weight":"1.250","unit":"kg","stable":true,"mode":"net","tare":"0.000","count":250,"piece_weight":"5.000","scale":1}"#,
        );
        check(
            "1,US,     0.000,PT     0.100,         0,     5.000,kg",
            r#"{"weight":"0.000","unit":"kg","stable":false,"mode":"net","tare":"0.100","tare_preset":true,"count":0,"piece_weight":"5.000","scale":1}"#,
        );
        check(
            "2,ST,     10.50,        0.00,         0,         0,kg",
            r#"{"weight":"10.50","unit":"kg","stable":true,"mode":"net","tare":"0.00","scale":2}"#,
        );
    }

    #[test]
    fn the_af_string_carries_a_unit_with_each_weight() {
        check(
            "US,1,      12.4kg,PT       1.5kg",
            r#"{"weight":"12.4","unit":"kg","stable":false,"mode":"gross","tare":"1.5","tare_preset":true,"scale":1}"#,
        );
        check("ST,1,      12.4kg,         0.0 g", "bad-frame");
    }

    #[test]
    fn on_a_shared_line_the_address_comes_first() {
        check("03ST,GS,   12.35,kg", r#"{"weight":"12.35","unit":"kg","stable":true,"mode":"gross","address":"03"}"#);
        check(
            "032,ST,      7.00,        0.00,         0,         0,kg",
            r#"{"weight":"7.00","unit":"kg","stable":true,"mode":"net","tare":"0.00","scale":2,"address":"03"}"#,
        );
        check(
            "12ST,1,       7.0kg,         0.0kg",
            r#"{"weight":"7.0","unit":"kg","stable":true,"mode":"gross","tare":"0.0","scale":1,"address":"12"}"#,
        );
        check("03OK", r#"{"address":"03","ack":"accepted"}"#);
        check("03ERR03", r#"{"error":"busy"}"#);
    }

    #[test]
    fn a_command_that_fails_says_why() {
        for (line, expect) in [
            ("OK", r#"{"ack":"accepted"}"#),
            ("ERR01", r#"{"error":"syntax"}"#),
            ("ERR02", r#"{"error":"logical"}"#),
            ("ERR03", r#"{"error":"busy"}"#),
            ("ERR04", r#"{"error":"unknown-command"}"#),
            ("ERR05", r#"{"error":"device-error"}"#),
            ("ERR", "bad-frame"),
        ] {
            check(line, expect);
        }
    }

    #[test]
    fn a_lost_byte_is_no_other_weight() {
        for line in [
            "ST,GS,-1234.56,kg",
            "1,ST,-123456.78,PT 123456.78, 123456789,  12345.67,kg",
            "ST,1, 123456.78kg,   123456.78kg",
        ] {
            assert!(read(line.as_bytes()).is_some_and(|report| report.weight.is_some()), "{line}");
            let digits = |at: &usize| line.as_bytes()[*at].is_ascii_digit() && *at > 4;
            for at in (0..line.len()).filter(digits) {
                let mut short = line.to_owned();
                short.remove(at);
                check(&short, "bad-frame");
            }
        }
    }

    #[test]
    fn half_a_string_is_no_weight() {
        for line in [
            "",
            ",",
            "ST,GS,   12.35",
            "S,   12.35,kg",
            "GS,   12.35,kg",
            "XX,GS,   12.35,kg",
            "ST,XX,   12.35,kg",
            "ST,GS,   12,35,kg",
            "ST,GS,        ,kg",
            "ST,GS,   12.35,  ",
            "12,ST,     10.50,        0.00,         0,         0,kg",
            "1,ST,     10.50,        0.00,         0,         0",
            "1,ST,     10.50,        0.00,         x,         0,kg",
            "1,ST,     10.50,        0.00,         0,         0,kg,",
        ] {
            check(line, "bad-frame");
        }
    }
}
