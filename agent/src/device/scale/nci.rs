//! NCI, also SCP-01: bench scales of Avery Weigh-Tronix, Brecknell, Adam, Fairbanks.
//!
//! Owns the layout: LF, weight and unit, CR, then LF, two to four status bytes, CR, ETX; without the weight where only
//! the status was asked for. From the manuals of those makers. Must not know when to ask.

use super::{
    decoder::{Cut, Grammar},
    report::{Fault, Flag, Flags, Mode, Report, Unit},
};
use crate::device::{
    decimal::{Decimal, trim_spaces},
    frame::FrameError,
};

const LF: u8 = b'\n';
const CR: u8 = b'\r';
const ETX: u8 = 0x03;

/// Set in every status byte, so that it is a character.
const ALWAYS_SET: u8 = 0b11_0000;
/// From the second byte on: another one follows.
const MORE: u8 = 1 << 6;
/// "lb", "kg", "g ": a gram is padded, so that a kilogram that has lost its first letter is none.
const UNIT_COLUMNS: usize = 2;

#[derive(Debug, Clone, Copy)]
pub(super) struct Nci;

impl Grammar for Nci {
    fn cut(&self, _previous: u8, bytes: &[u8]) -> Cut {
        match bytes {
            [LF, LF, ..] => return Cut::Noise(1),
            [LF, ..] => {}
            bytes => return Cut::Noise(bytes.iter().position(|byte| *byte == LF).unwrap_or(bytes.len())),
        }
        let mut lines = 1;
        for (at, pair) in bytes.windows(2).enumerate() {
            match *pair {
                [_, ETX] => return Cut::Frame(at + 2),
                [CR, LF] if lines == 1 => lines = 2,
                // A third line, or one that begins before the last has ended: the next frame.
                [_, LF] => return Cut::Frame(at + 1),
                _ => {}
            }
        }
        Cut::More
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(frame).ok_or_else(|| FrameError::malformed(frame))
    }

    fn ends(&self, byte: u8) -> bool {
        byte == ETX
    }
}

fn read(frame: &[u8]) -> Option<Report> {
    let lines = frame.strip_prefix(&[LF])?.strip_suffix(&[CR, ETX])?;
    if lines == b"?" {
        return Some(Report::fault(Fault::UnknownCommand));
    }
    if let Some(end) = lines.iter().position(|byte| *byte == CR) {
        let (weight, rest) = lines.split_at_checked(end)?;
        return with_weight(weight, Status::read(rest.strip_prefix(&[CR, LF])?)?);
    }
    let status = Status::read(lines)?;
    Some(status.fault().unwrap_or_else(|| Report {
        status_only: true,
        stable: Some(!status.in_motion()),
        zero: Some(status.at_zero()),
        mode: status.mode(),
        ..Report::default()
    }))
}

fn with_weight(line: &[u8], status: Status) -> Option<Report> {
    if let Some(fault) = status.fault() {
        return Some(fault);
    }
    let number_len = line.iter().rposition(|byte| !matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'%' | b' '))? + 1;
    let (number, unit) = line.split_at_checked(number_len)?;
    if unit.len() < UNIT_COLUMNS {
        return None;
    }
    if let Some(fault) = filled_with(number) {
        return Some(Report::fault(fault));
    }
    let report =
        Report::amount(Decimal::parse_bytes(number).ok()?, Some(Unit::parse(unit)?), Some(!status.in_motion()))?;
    Some(Report {
        mode: status.mode(),
        zero: status.at_zero().then_some(true),
        range: status.range(),
        hold: status.on_hold(),
        ..report
    })
}

/// The display shows one character in place of every digit.
fn filled_with(number: &[u8]) -> Option<Fault> {
    let (first, rest) = trim_spaces(number).split_first()?;
    let fault = match first {
        b'^' => Fault::Overload,
        b'_' => Fault::Underload,
        b'-' => Fault::ZeroError,
        _ => return None,
    };
    (!rest.is_empty() && rest.iter().all(|byte| byte == first)).then_some(fault)
}

/// The status bytes as sent; 0 where there is none.
#[derive(Debug, Clone, Copy)]
struct Status([u8; 4]);

impl Status {
    fn read(line: &[u8]) -> Option<Self> {
        // Brecknell's 67xxU.
        let line = line.strip_prefix(b"S").unwrap_or(line);
        let are_status = line.iter().all(|byte| byte & (ALWAYS_SET | 0x80) == ALWAYS_SET);
        let is_cut_off = line.last()? & MORE != 0;
        if line.len() < 2 || !are_status || is_cut_off {
            return None;
        }
        let mut bytes = [0; 4];
        bytes.get_mut(..line.len())?.copy_from_slice(line);
        Some(Self(bytes))
    }

    const fn in_motion(self) -> bool {
        self.0[0] & 1 != 0
    }

    const fn at_zero(self) -> bool {
        self.0[0] & 1 << 1 != 0
    }

    const fn mode(self) -> Option<Mode> {
        match self.0[2] {
            0 => None,
            third if third & 1 << 2 != 0 => Some(Mode::Net),
            _ => Some(Mode::Gross),
        }
    }

    /// `None` for the low one: a scale with one range stands there too.
    const fn range(self) -> Option<u8> {
        if self.0[2] & 0b11 == 0b11 { Some(2) } else { None }
    }

    /// Adam's MDW says 01 for "normal" and 10 for "hold" where others say the range.
    const fn on_hold(self) -> bool {
        self.0[2] & 0b11 == 0b10
    }

    /// A scale whose memory fails may show any weight.
    fn fault(self) -> Option<Report> {
        let Self([first, second, third, _]) = self;
        let broken: Flags = [
            (first & 1 << 2, Flag::Ram),
            (first & 1 << 3, Flag::Eeprom),
            (second & 1 << 2, Flag::Rom),
            (second & 1 << 3, Flag::Calibration),
        ]
        .into_iter()
        .filter_map(|(bit, flag)| (bit != 0).then_some(flag))
        .collect();
        if !broken.is_empty() {
            return Some(Report { flags: broken, ..Report::fault(Fault::DeviceError) });
        }
        let fault = [
            (second & 1 << 1, Fault::Overload),
            (second & 1, Fault::Underload),
            (third & 1 << 3, Fault::InitialZeroError),
        ];
        fault.into_iter().find_map(|(bit, fault)| (bit != 0).then(|| Report::fault(fault)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::scale::decoder::told;

    fn check(frame: &str, expect: &str) {
        assert_eq!(told(Nci, frame.as_bytes()), [expect], "{frame:?}");
    }

    #[test]
    fn the_status_bytes_say_what_the_weight_is() {
        for (status, rest) in [
            ("00", r#""stable":true"#),
            ("10", r#""stable":false"#),
            ("20", r#""stable":true,"zero":true"#),
            ("S00", r#""stable":true"#),
            ("0p0", r#""stable":true,"mode":"gross""#),
            ("0p1", r#""stable":true,"mode":"gross""#),
            ("0p2", r#""stable":true,"mode":"gross","hold":true"#),
            ("0p3", r#""stable":true,"mode":"gross","range":2"#),
            ("0p4", r#""stable":true,"mode":"net""#),
            ("0pt4", r#""stable":true,"mode":"net""#),
        ] {
            let frame = format!("\n  12.34lb\r\n{status}\r\x03");
            check(&frame, &format!(r#"{{"weight":"12.34","unit":"lb",{rest}}}"#));
        }
    }

    #[test]
    fn a_fault_stands_in_the_status_or_in_the_digits() {
        for (weight, status, expect) in [
            ("  12.34lb", "02", r#"{"error":"overload"}"#),
            ("  -0.50kg", "11", r#"{"error":"underload"}"#),
            ("  12.34lb", "40", r#"{"error":"device-error","flags":["ram"]}"#),
            ("  12.34lb", "80", r#"{"error":"device-error","flags":["eeprom"]}"#),
            ("  12.34lb", "04", r#"{"error":"device-error","flags":["rom"]}"#),
            ("  12.34lb", "08", r#"{"error":"device-error","flags":["calibration"]}"#),
            ("  12.34lb", "<>", r#"{"error":"device-error","flags":["ram","eeprom","rom","calibration"]}"#),
            ("  12.34lb", "0p8", r#"{"error":"initial-zero-error"}"#),
            ("^^^^^^^^kg", "00", r#"{"error":"overload"}"#),
            ("________lb", "00", r#"{"error":"underload"}"#),
            ("  ----  kg", "00", r#"{"error":"zero-error"}"#),
        ] {
            check(&format!("\n{weight}\r\n{status}\r\x03"), expect);
        }
        check("\n?\r\x03", r#"{"error":"unknown-command"}"#);
        check("\n02\r\x03", r#"{"error":"overload"}"#);
    }

    #[test]
    fn a_status_alone_says_motion_and_zero_either_way() {
        check("\n20\r\x03", r#"{"stable":true,"zero":true,"status_only":true}"#);
        check("\n10\r\x03", r#"{"stable":false,"zero":false,"status_only":true}"#);
    }

    #[test]
    fn a_frame_with_a_part_missing_is_no_weight() {
        for frame in [
            "\n\r\x03",
            "\n  12.34lb\r\n\r\x03",
            "\n  12.34lb\r\n0\r\x03",
            "\n  12.34lb\r\n0p\r\x03",
            "\n  12.34lb\r\n0pp00\r\x03",
            "\n  12.34lb\r\n0@\r\x03",
            "\n  12.34lb\r\x03",
            "\n  12.34\r\n00\r\x03",
            "\n  12.34g\r\n00\r\x03",
            "\n  12. 4kg\r\n00\r\x03",
            "\n  -kg\r\n00\r\x03",
            "\n  12.34lb\r\n00\x03",
            "\n  12.34lb 3.1oz\r\n00\r\x03",
        ] {
            check(frame, "bad-frame");
        }
    }

    #[test]
    fn a_frame_that_has_lost_its_end_costs_no_other() {
        let good = "\n   5.30kg\r\n10\r\x03";
        for torn in ["\n   5.2", "\n   5.25kg\r\n0", "\n   5.25kg\r\n00\r"] {
            let found = told(Nci, format!("25kg\r{torn}{good}\n{good}").as_bytes());
            assert!(found.len() == 3 && found[0] == "bad-frame" && found[2].contains("5.30"), "{torn:?}: {found:?}");
            assert_eq!(found[1], found[2], "{torn:?}");
        }
    }
}
