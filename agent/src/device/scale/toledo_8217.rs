//! Toledo 8217, and 8213 without tare: the checkout scale that is asked with one letter.
//!
//! Owns the layout: STX, the weight with its point, CR; or STX, `?`, a status byte, CR when there is no weight to say.
//! A weight is only sent when it is stable and in range. From Odoo's driver and the manuals of METTLER TOLEDO's DIVA,
//! Rice Lake and Brecknell. Must not know when to ask.

use std::ops::RangeInclusive;

use super::{
    decoder::{Cut, Grammar},
    report::{Fault, Flag, Flags, Mode, Report, Unit},
};
use crate::device::{
    decimal::{Decimal, trim_spaces},
    frame::FrameError,
};

const STX: u8 = 0x02;
const CR: u8 = b'\r';

/// What a host sends after `E` to see it come back: `hello`, by custom. The echo has no end of its own.
const ECHO_LEN: usize = 5;

/// With its point; one more in high resolution. Grams have no point but a leading zero, and six digits at least: what
/// has lost its point is shorter, and no weight a thousand times too large.
const WEIGHT_LEN: RangeInclusive<usize> = 5..=7;

/// Lowest bit first. Bit 5 is "net" with METTLER TOLEDO and always set with Rice Lake and Brecknell, so that it says
/// nothing; bit 6 is always set.
const STATUS: [Flag; 5] =
    [Flag::Motion, Flag::OverCapacity, Flag::UnderZero, Flag::OutsideZeroCapture, Flag::CentreOfZero];
const ALWAYS_SET: u8 = 1 << 6;

#[derive(Debug, Clone, Copy)]
pub(super) struct Toledo8217 {
    unit: Option<Unit>,
}

impl Toledo8217 {
    /// `unit`: what the scale weighs in; it never says.
    pub(super) const fn new(unit: Option<Unit>) -> Self {
        Self { unit }
    }

    fn read(&self, body: &[u8]) -> Option<Report> {
        if let [b'?', status] = trim_spaces(body) {
            return status_report(*status);
        }
        match body {
            [b'E', CR, echo @ ..] => {
                let echo = std::str::from_utf8(echo).ok().filter(|echo| echo.len() == ECHO_LEN)?;
                Some(Report { echo: Some(echo.into()), ..Report::default() })
            }
            weight => self.weight(weight),
        }
    }

    fn weight(&self, field: &[u8]) -> Option<Report> {
        let (field, mode) = match field {
            [field @ .., b'N'] => (field, Some(Mode::Net)),
            field => (field, None),
        };
        let digits = trim_spaces(field);
        if !WEIGHT_LEN.contains(&field.len()) || !digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.')) {
            return None;
        }
        let in_grams = field.len() > *WEIGHT_LEN.start() && field.first() == Some(&b'0');
        if !digits.contains(&b'.') && !in_grams {
            return None;
        }
        let shown = Decimal::parse_bytes(digits).ok()?;
        Some(Report { weight: Some(shown), unit: self.unit, stable: Some(true), mode, ..Report::default() })
    }
}

impl Grammar for Toledo8217 {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        let is_stx = |byte: &u8| *byte == STX;
        match bytes {
            [STX, STX, ..] => Cut::Noise(1),
            [STX, b'E', CR, echo @ ..] => {
                let echo = echo.get(..ECHO_LEN).unwrap_or(echo);
                match echo.iter().position(is_stx) {
                    Some(next) => Cut::Frame(3 + next),
                    None if echo.len() == ECHO_LEN => Cut::Frame(3 + ECHO_LEN),
                    None => Cut::More,
                }
            }
            [STX, rest @ ..] => match rest.iter().position(|byte| matches!(*byte, STX | CR)) {
                Some(at) if rest.get(at) == Some(&CR) => Cut::Frame(at + 2),
                Some(next) => Cut::Frame(next + 1),
                None => Cut::More,
            },
            bytes => Cut::Noise(bytes.iter().position(is_stx).unwrap_or(bytes.len())),
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let body = match frame {
            [STX, body @ .., CR] => Some(body),
            [STX, echo @ ..] if echo.starts_with(b"E\r") => Some(echo),
            _ => None,
        };
        body.and_then(|body| self.read(body)).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn status_report(status: u8) -> Option<Report> {
    let is_set = |bit: usize| status >> bit & 1 != 0;
    let flags: Flags = STATUS.into_iter().enumerate().filter(|(bit, _)| is_set(*bit)).map(|(_, flag)| flag).collect();
    let fault = [
        (Flag::OverCapacity, Fault::Overload),
        (Flag::UnderZero, Fault::Underload),
        (Flag::OutsideZeroCapture, Fault::ZeroRange),
        (Flag::Motion, Fault::Unstable),
    ]
    .into_iter()
    .find_map(|(flag, fault)| flags.contains(flag).then_some(fault));
    if status & ALWAYS_SET == 0 {
        return None;
    }
    Some(match fault {
        Some(fault) => Report { flags, ..Report::fault(fault) },
        None => Report {
            status_only: true,
            stable: Some(true),
            zero: Some(flags.contains(Flag::CentreOfZero)),
            ..Report::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::told;

    fn check(frame: &[u8], expect: &str) {
        assert_eq!(told(Toledo8217::new(Unit::parse(b"kg")), frame), [expect], "{}", frame.escape_ascii());
    }

    #[test]
    fn a_weight_is_in_the_unit_the_site_says() {
        for (frame, weight) in [
            ("\x02 0.000\r", "0.000"),
            ("\x0201.230\r", "1.230"),
            ("\x021.230\r", "1.230"),
            ("\x02012.345\r", "12.345"),
            ("\x02001230\r", "1230"),
        ] {
            check(frame.as_bytes(), &format!(r#"{{"weight":"{weight}","unit":"kg","stable":true}}"#));
        }
        check(b"\x0201.230N\r", r#"{"weight":"1.230","unit":"kg","stable":true,"mode":"net"}"#);
    }

    #[test]
    fn a_torn_weight_is_none() {
        for frame in
            ["\x02\r", "\x021.23\r", "\x0201230\r", "\x02-1.230\r", "\x0201.2x0\r", "\x0201. 30\r", "\x02....0\r"]
        {
            check(frame.as_bytes(), "bad-frame");
        }
    }

    #[test]
    fn of_several_faults_the_worst_for_the_level_is_told() {
        for (status, fault, flags) in [
            (b'a', "unstable", r#""motion""#),
            (b'b', "overload", r#""over-capacity""#),
            (b'D', "underload", r#""under-zero""#),
            (b'H', "zero-range", r#""outside-zero-capture""#),
            (b'C', "overload", r#""motion","over-capacity""#),
            (b'F', "overload", r#""over-capacity","under-zero""#),
            (b'm', "underload", r#""motion","under-zero","outside-zero-capture""#),
            (b'I', "zero-range", r#""motion","outside-zero-capture""#),
        ] {
            check(&[STX, b'?', status, CR], &format!(r#"{{"error":"{fault}","flags":[{flags}]}}"#));
        }
    }

    #[test]
    fn a_status_without_fault_says_whether_it_stands_at_zero() {
        for (status, zero) in [(b'P', true), (b'p', true), (b'@', false), (b'`', false)] {
            check(&[STX, b'?', status, CR], &format!(r#"{{"stable":true,"zero":{zero},"status_only":true}}"#));
        }
        check(b"\x02  ?P\r", r#"{"stable":true,"zero":true,"status_only":true}"#);
        check(b"\x02?\x10\r", "bad-frame");
    }

    #[test]
    fn the_echo_of_a_probe_ends_with_its_length() {
        let found = told(Toledo8217::new(Unit::parse(b"kg")), b"\x02E\rhello\x0201.230\r");
        assert_eq!((found.len(), &*found[0]), (2, r#"{"echo":"hello"}"#));
        check(b"\x02E\rhel\x02", "bad-frame");
    }

    #[test]
    fn the_next_start_ends_a_frame_that_has_lost_its_end() {
        let found = told(Toledo8217::new(Unit::parse(b"kg")), b".230\r\x0201.2\x02\x0201.230\r\xff\x0201.231\r");
        assert_eq!((found.len(), &*found[0]), (3, "bad-frame"));
        assert!(found[1].contains("1.230") && found[2].contains("1.231"), "{found:?}");
    }
}
