//! Toledo continuous: fixed columns sent again and again, by METTLER TOLEDO indicators and many that imitate them.
//!
//! Owns the layout: STX, three status words, six digits of weight, six of tare, CR, and a checksum where the scale is
//! set so. Frames are found by their length, never by their end: a checksum and a status word can be any byte, STX and
//! CR too. From the manuals of METTLER TOLEDO's IND445, KERN's FTC, Rice Lake's 520, Fairbanks' FB3000, and Cardinal's
//! 225, which puts `>` between weight and tare. Must not know when to ask: nobody does.

use super::{
    decoder::{Cut, Grammar},
    report::{Fault, Mode, Report, Unit},
};
use crate::device::{
    decimal::{Decimal, trim_spaces},
    frame::FrameError,
    mass::MassUnit,
};

const STX: u8 = 0x02;
const CR: u8 = b'\r';

/// Where the weight stands, after STX and the status words; the short form ends with it.
const WEIGHT_AT: usize = 4;
const DIGITS: usize = 6;

/// Bits of the second status word.
const NET: u8 = 1;
const NEGATIVE: u8 = 1 << 1;
const OUT_OF_RANGE: u8 = 1 << 2;
const MOTION: u8 = 1 << 3;
const KILOGRAMS: u8 = 1 << 4;
/// Switched on and not zeroed yet.
const NOT_ZEROED: u8 = 1 << 6;

/// Bits of the third.
const TIMES_TEN: u8 = 1 << 4;
const MANUAL_TARE: u8 = 1 << 6;

#[derive(Debug, Clone, Copy)]
pub(super) struct ToledoContinuous {
    checksum: bool,
}

/// What the bytes from an STX on are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// As far as it goes, a frame.
    Open,
    /// This many bytes with the CR, without a checksum.
    Closed(usize),
    /// No frame: the byte at this place cannot stand there.
    Broken(usize),
}

impl ToledoContinuous {
    /// `checksum`: a frame ends with one. The frame does not tell.
    pub(super) const fn new(checksum: bool) -> Self {
        Self { checksum }
    }
}

impl Grammar for ToledoContinuous {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        let start = bytes.iter().position(|byte| *byte == STX).unwrap_or(bytes.len());
        if start > 0 {
            return Cut::Noise(start);
        }
        let next = |at: usize| bytes.get(at).copied();
        match extent(bytes) {
            Extent::Open => Cut::More,
            Extent::Broken(1) if next(1) == Some(STX) => Cut::Noise(1),
            // The byte that broke it may begin the next.
            Extent::Broken(at) => Cut::Frame(if next(at) == Some(STX) { at } else { at + 1 }),
            Extent::Closed(len) if !self.checksum => Cut::Frame(len),
            Extent::Closed(len) => match next(len) {
                None => Cut::More,
                // A scale that is not set to send checksums begins its next frame here.
                Some(STX) if sum(bytes.get(..=len).unwrap_or_default()) != 0 => Cut::Frame(len),
                Some(_) => Cut::Frame(len + 1),
            },
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        let body = match extent(frame) {
            Extent::Closed(len) => frame.get(1..len - 1),
            Extent::Open | Extent::Broken(_) => None,
        };
        let malformed = || FrameError::malformed(frame);
        let body = body.ok_or_else(malformed)?;
        // Around the body: STX, CR and the checksum.
        if self.checksum && (frame.len() != body.len() + 3 || sum(frame) != 0) {
            return Err(FrameError::checksum(frame));
        }
        read(body).ok_or_else(malformed)
    }
}

/// How far the frame at the front of `bytes`, which begin with STX, goes.
fn extent(bytes: &[u8]) -> Extent {
    // Bit 5 is set in the first status word; makers differ on that of the others.
    match bytes.get(1) {
        Some(0x20..=0x3F) => {}
        Some(_) => return Extent::Broken(1),
        None => return Extent::Open,
    }
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b' ');
    let mut at = WEIGHT_AT;
    for field in 0..2 {
        let Some(rest) = bytes.get(at..) else { return Extent::Open };
        let digits = rest.get(..DIGITS).unwrap_or(rest);
        if let Some(bad) = digits.iter().position(|byte| !is_digit(byte)) {
            return Extent::Broken(at + bad);
        }
        if digits.len() < DIGITS {
            return Extent::Open;
        }
        at += DIGITS;
        match bytes.get(at) {
            None => return Extent::Open,
            Some(&CR) => return Extent::Closed(at + 1),
            Some(b'>') if field == 0 => at += 1,
            Some(byte) if field == 0 && is_digit(byte) => {}
            Some(_) => break,
        }
    }
    Extent::Broken(at)
}

/// The sum of the low seven bits: 0 over a frame and its checksum.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) & 0x7F
}

/// Status words, weight and, in the long form, tare.
fn read(body: &[u8]) -> Option<Report> {
    let (&[point, state, detail], fields) = body.split_first_chunk()?;
    let is_negative = state & NEGATIVE != 0;
    if state & OUT_OF_RANGE != 0 {
        return Some(Report::fault(if is_negative { Fault::Underload } else { Fault::Overload }));
    }
    if state & NOT_ZEROED != 0 {
        return Some(Report::fault(Fault::InitialZeroError));
    }
    let (weight, tare) = fields.split_at_checked(DIGITS)?;
    let tare = match tare.strip_prefix(b">").unwrap_or(tare) {
        blank if trim_spaces(blank).is_empty() => None,
        tare => Some(number(tare, point, false)?),
    };
    let tare = tare.filter(|tare| tare.mantissa() != 0);
    Some(Report {
        weight: Some(number(weight, point, is_negative)?),
        unit: unit(state, detail),
        stable: Some(state & MOTION == 0),
        mode: Some(if state & NET == 0 { Mode::Gross } else { Mode::Net }),
        tare,
        tare_preset: tare.is_some() && detail & MANUAL_TARE != 0,
        high_resolution: detail & TIMES_TEN != 0,
        ..Report::default()
    })
}

/// A field of digits, filled with zeros or spaces, with the point where the first status word puts it.
fn number(field: &[u8], point: u8, is_negative: bool) -> Option<Decimal> {
    if field.ends_with(b" ") {
        return None;
    }
    let digits = Decimal::parse_bytes(field).ok()?.mantissa();
    let (factor, fraction) = match point & 0b111 {
        0 => (100, 0),
        1 => (10, 0),
        places => (1, places - 2),
    };
    let mantissa = digits * if is_negative { -factor } else { factor };
    Decimal::new(mantissa, fraction).ok()
}

fn unit(state: u8, detail: u8) -> Option<Unit> {
    let mass = match detail & 0b111 {
        0 if state & KILOGRAMS != 0 => MassUnit::Kilogram,
        0 => MassUnit::Pound,
        1 => MassUnit::Gram,
        2 => MassUnit::Tonne,
        3 => MassUnit::Ounce,
        4 => return Unit::parse(b"ozt"),
        5 => return Unit::parse(b"dwt"),
        // Short tons.
        6 => return Unit::parse(b"ton"),
        _ => return Unit::parse(b"custom"),
    };
    Some(Unit::of(mass))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::told;

    fn check(frame: &str, expect: &str) {
        assert_eq!(told(ToledoContinuous::new(false), frame.as_bytes()), [expect], "{frame:?}");
    }

    fn with_checksum(frame: &str) -> Vec<u8> {
        let mut bytes = frame.as_bytes().to_vec();
        bytes.push(0_u8.wrapping_sub(sum(&bytes)) & 0x7F);
        bytes
    }

    const GOOD: &str = "\x02,0 001250000000\r";
    const TOLD: &str = r#"{"weight":"12.50","unit":"kg","stable":true,"mode":"gross"}"#;

    #[test]
    fn the_first_status_word_says_where_the_point_stands() {
        for (point, weight) in [
            (' ', "125000"),
            ('!', "12500"),
            ('*', "1250"),
            ('3', "125.0"),
            (',', "12.50"),
            ('-', "1.250"),
            ('.', "0.1250"),
            ('/', "0.01250"),
        ] {
            let frame = format!("\x02{point}0   1250     0\r");
            check(&frame, &format!(r#"{{"weight":"{weight}","unit":"kg","stable":true,"mode":"gross"}}"#));
        }
    }

    #[test]
    fn the_other_status_words_say_the_rest() {
        for (frame, expect) in [
            ("\x02,; 001250000250\r", r#"{"weight":"-12.50","unit":"kg","stable":false,"mode":"net","tare":"2.50"}"#),
            (
                "\x02,1p001250000250\r",
                r#"{"weight":"12.50","unit":"kg","stable":true,"mode":"net","tare":"2.50","tare_preset":true,"high_resolution":true}"#,
            ),
            ("\x02,  001250000000\r", r#"{"weight":"12.50","unit":"lb","stable":true,"mode":"gross"}"#),
            ("\x02,\0#001250000000\r", r#"{"weight":"12.50","unit":"oz","stable":true,"mode":"gross"}"#),
            ("\x02,0\"001250000000\r", r#"{"weight":"12.50","unit":"t","stable":true,"mode":"gross"}"#),
            ("\x02,2 000000000000\r", r#"{"weight":"0.00","unit":"kg","stable":true,"mode":"gross"}"#),
            ("\x02,4       000000\r", r#"{"error":"overload"}"#),
            ("\x02,> 000005000000\r", r#"{"error":"underload"}"#),
            ("\x02,p 000005000000\r", r#"{"error":"initial-zero-error"}"#),
        ] {
            check(frame, expect);
        }
    }

    #[test]
    fn a_frame_may_be_short_or_have_a_bracket_in_the_middle() {
        check("\x02,0 001250\r", TOLD);
        check("\x02,0 001250>000000\r", TOLD);
        assert_eq!(told(ToledoContinuous::new(true), &with_checksum("\x02,0 001250\r")), [TOLD]);
    }

    #[test]
    fn what_cannot_stand_in_a_frame_breaks_it_and_the_next_start_is_found() {
        for broken in [
            "\x02,0 00125\r",
            "\x02,0 0012x0000000\r",
            "\x02,0 0012500000001\r",
            "\x02,0 00125000\r",
            "\x02,0 001250>>00000\r",
            "\x02,0 12 345000000\r",
            "\x02,0 1250  000000\r",
            "\x02,0       000000\r",
            "\x02L0 001250000000\r",
        ] {
            assert_eq!(
                told(ToledoContinuous::new(false), format!("{broken}{GOOD}").as_bytes()),
                ["bad-frame", TOLD],
                "{broken:?}"
            );
        }
        assert_eq!(
            told(ToledoContinuous::new(false), format!("1250000000\r{GOOD}\x02,0 0012{GOOD}").as_bytes()),
            [TOLD, "bad-frame", TOLD]
        );
    }

    #[test]
    fn start_and_end_are_told_by_place_where_a_status_word_or_a_checksum_looks_like_them() {
        // Net, out of range, motion, and no bit that is always set.
        check("\x02,\r 001250000000\r", r#"{"error":"overload"}"#);
        check("\x02,\x02 001250000000\r", r#"{"weight":"-12.50","unit":"lb","stable":true,"mode":"gross"}"#);
        for end in [STX, CR] {
            let frame = (0..1_000_000)
                .map(|weight| with_checksum(&format!("\x02,0 {weight:06}000000\r")))
                .find(|frame| frame.last() == Some(&end))
                .unwrap();
            let found = told(ToledoContinuous::new(true), &[&frame[..], &with_checksum(GOOD)].concat());
            assert!(found.len() == 2 && found[0].contains("weight") && found[1] == TOLD, "{found:?}");
        }
    }

    #[test]
    fn a_wrong_checksum_costs_its_frame_alone() {
        let good = with_checksum(GOOD);
        let mut bad = good.clone();
        bad[8] ^= 1;
        assert_eq!(told(ToledoContinuous::new(true), &[&good[..], &bad, &good].concat()), [TOLD, "checksum", TOLD]);
    }

    #[test]
    fn a_checksum_that_is_set_otherwise_here_and_there_is_told_or_stepped_over() {
        let good = with_checksum(GOOD);
        assert_eq!(told(ToledoContinuous::new(false), &[&good[..], &good].concat()), [TOLD, TOLD]);
        assert_eq!(
            told(ToledoContinuous::new(true), format!("{GOOD}{GOOD}{GOOD}").as_bytes()),
            ["checksum", "checksum"]
        );
    }
}
