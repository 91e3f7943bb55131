//! MT-SICS: the replies of Mettler-Toledo scales, and of KERN's under the name KCP.
//!
//! Owns the reply grammar: `S S     100.00 g` CRLF and its kin. Written to the command reference in the makers' manuals,
//! with the tolerance the field needs: fields are split on runs of spaces since older devices do not pad, a lone CR or
//! LF ends a frame, bytes before the first letter are noise. Must not know when to ask: that is
//! [`poller`](super::poller).

use super::{
    decoder::{Cut, Grammar, cut_line, line},
    report::{Fault, Report, Unit},
};
use crate::device::{
    decimal::{Decimal, trim_spaces},
    frame::FrameError,
};

#[derive(Debug, Clone, Copy)]
pub(super) struct MtSics;

/// What a reply is a reply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    /// `S`, `SI`, `SIR` and their kin in the display's unit: all answer as `S`.
    Weigh,
    /// Zero and clear: carried out, and no more to say.
    Order(&'static str),
    /// Says the tare it has taken.
    Tare(&'static str),
    PieceWeight,
    /// `I4`: also sent unasked when the scale starts.
    Serial,
    /// Any other `I`: type and capacity, software, levels.
    Info,
}

impl Grammar for MtSics {
    fn cut(&self, previous: u8, bytes: &[u8]) -> Cut {
        match bytes.first() {
            Some(first) if first.is_ascii_alphabetic() || matches!(first, b'\r' | b'\n') => cut_line(previous, bytes),
            // Every reply begins with a letter: what comes before it is the ringing of a plug.
            Some(_) | None => Cut::Noise(1),
        }
    }

    fn parse(&self, frame: &[u8]) -> Result<Report, FrameError> {
        read(trim_spaces(line(frame))).ok_or_else(|| FrameError::malformed(frame))
    }
}

fn read(reply: &[u8]) -> Option<Report> {
    let mut rest = reply;
    let name = next_field(&mut rest)?;
    if let Some(fault) = global_refusal(name) {
        return rest.is_empty().then(|| Report::fault(fault));
    }
    let command = Command::named(name)?;
    let status = next_field(&mut rest)?;
    if let Some(fault) = refusal(status) {
        let refused = Report { refuses_other: command != Command::Weigh, ..Report::fault(fault) };
        return rest.is_empty().then_some(refused);
    }
    let stable = match status {
        b"S" => Some(true),
        b"D" => Some(false),
        b"A" => None,
        _ => return None,
    };
    let (ack, says_tare) = match command {
        Command::Weigh => {
            let (shown, unit) = amount(rest)?;
            return Report::amount(shown, Some(unit), Some(stable?));
        }
        Command::Serial => return Some(Report { serial: Some(quoted(rest)?), ..Report::default() }),
        Command::Info => return Some(Report { info: Some(quoted(rest)?), ..Report::default() }),
        Command::Order(ack) => return rest.is_empty().then(|| Report { stable, ..Report::ack(ack) }),
        Command::Tare(ack) => (ack, true),
        Command::PieceWeight => ("piece-weight", false),
    };
    let mut report = Report { stable, ..Report::ack(ack) };
    if !rest.is_empty() {
        let (shown, unit) = amount(rest)?;
        report.unit = Some(unit);
        *(if says_tare { &mut report.tare } else { &mut report.piece_weight }) = Some(shown);
    }
    Some(report)
}

impl Command {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"S" | b"SI" | b"SIR" | b"SR" | b"SU" | b"SIU" | b"SIRU" | b"SRU" => Self::Weigh,
            b"Z" => Self::Order("zero"),
            b"ZI" => Self::Order("zero-immediate"),
            b"T" => Self::Tare("tare"),
            b"TI" => Self::Tare("tare-immediate"),
            b"TA" => Self::Tare("tare-value"),
            b"TAC" => Self::Order("tare-clear"),
            b"PW" => Self::PieceWeight,
            b"I4" => Self::Serial,
            [b'I', number @ ..] if !number.is_empty() && number.iter().all(u8::is_ascii_digit) => Self::Info,
            _ => return None,
        })
    }
}

const fn refusal(status: &[u8]) -> Option<Fault> {
    Some(match status {
        b"I" => Fault::Busy,
        b"+" => Fault::Overload,
        b"-" => Fault::Underload,
        b"L" => Fault::Logical,
        _ => return None,
    })
}

const fn global_refusal(name: &[u8]) -> Option<Fault> {
    Some(match name {
        b"ES" => Fault::Syntax,
        b"ET" => Fault::Transmission,
        b"EL" => Fault::Logical,
        _ => return None,
    })
}

/// Takes the field at the front of `rest` and the spaces after it.
fn next_field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let (field, after) = rest.split_at_checked(len)?;
    *rest = trim_spaces(after);
    (!field.is_empty()).then_some(field)
}

/// A number, its sign maybe apart from it, and a unit.
fn amount(text: &[u8]) -> Option<(Decimal, Unit)> {
    let at = text.iter().rposition(|byte| *byte == b' ')?;
    let (number, unit) = text.split_at_checked(at)?;
    Some((Decimal::parse_bytes(number).ok()?, Unit::parse(unit)?))
}

/// What stands between the first and the last quotation mark, spaces and all.
fn quoted(text: &[u8]) -> Option<Box<str>> {
    let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(String::from_utf8_lossy(inner).into())
}

#[cfg(test)]
mod tests;
