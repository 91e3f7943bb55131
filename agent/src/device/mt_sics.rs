//! MT-SICS: the replies of Mettler-Toledo scales, and of KERN's under the name KCP.
//!
//! Owns the reply grammar: `S S     100.00 g` CRLF and its kin. Written to the command reference in the makers' manuals,
//! with the tolerance the field needs: fields are split on runs of spaces since older devices do not pad, a lone CR or
//! LF ends a frame, bytes before the first letter are noise. Must not know when to ask: that is
//! [`sics_poller`](super::sics_poller).

use std::collections::VecDeque;

use super::decimal::Decimal;
use super::frame::FrameError;
use super::mass::MassUnit;
use super::reading::{Cause, Reading, Weight};

/// The longest reply in the reference is an I-command's text of well under 100 characters.
const FRAME_LEN_MAX: usize = 256;

/// Turns one scale's byte stream into replies.
#[derive(Debug, Default)]
pub struct MtSics {
    partial: Vec<u8>,
    skipping: bool,
    previous: u8,
    ready: VecDeque<Result<SicsReply, FrameError>>,
}

impl MtSics {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came off the line. Drain [`Self::poll`] after each push: complete replies wait there.
    pub fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.take(byte);
        }
    }

    /// The next reply; `None` until more bytes arrive. An `Err` costs one frame, never the stream.
    pub fn poll(&mut self) -> Option<Result<SicsReply, FrameError>> {
        self.ready.pop_front()
    }

    /// What is held between two pushes.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.partial.capacity() + self.ready.len() * size_of::<SicsReply>()
    }

    fn take(&mut self, byte: u8) {
        let previous = std::mem::replace(&mut self.previous, byte);
        match byte {
            b'\n' if previous == b'\r' => {}
            b'\r' | b'\n' if self.skipping => self.skipping = false,
            b'\r' | b'\n' => {
                self.ready.push_back(SicsReply::parse(&self.partial));
                self.partial.clear();
            }
            _ if self.skipping => {}
            // Every reply begins with a letter: what comes before it is the ringing of a plug.
            _ if self.partial.is_empty() && !byte.is_ascii_alphabetic() => {}
            _ if self.partial.len() == FRAME_LEN_MAX => {
                self.partial = Vec::new();
                self.skipping = true;
                self.ready.push_back(Err(FrameError::TooLong { max: FRAME_LEN_MAX }));
            }
            _ => self.partial.push(byte),
        }
    }
}

/// What a scale answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SicsReply {
    Weight(Weight),
    /// An amount in a unit that is no mass: the scale is set to counting (`PCS`), percent or carats.
    NotAMass {
        amount: Amount,
        stable: bool,
    },
    /// A command was carried out; `stable` where the reply says so, `amount` of tare and piece weight.
    Done {
        command: Command,
        stable: Option<bool>,
        amount: Option<Amount>,
    },
    /// A command was not carried out; `None` when the scale did not even recognise one.
    Refused {
        command: Option<Command>,
        why: Refusal,
    },
    /// `I4`, the serial number: also sent unasked when the scale starts.
    Serial(String),
    /// `I2`, type and capacity.
    Info(String),
}

/// A number with its unit as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    pub shown: Decimal,
    pub unit: String,
}

/// The command a reply names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `S`, `SI`, `SIR` and their kin in the display's unit: all answer as `S`.
    Weigh,
    Zero,
    ZeroImmediate,
    Tare,
    TareImmediate,
    TareValue,
    TareClear,
    PieceWeight,
    Serial,
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `I`: another command runs, or stability was not reached in time.
    Busy,
    /// `+`
    Overload,
    /// `-`
    Underload,
    /// `L`, `EL`: the command's parameter makes no sense here.
    Logical,
    /// `ES`: no such command.
    Syntax,
    /// `ET`: parity or framing went wrong on the way there.
    Transmission,
}

impl SicsReply {
    /// Reads one frame without its terminator.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] when it is no reply: never a weight that was not sent in full.
    pub fn parse(frame: &[u8]) -> Result<Self, FrameError> {
        Self::read(&String::from_utf8_lossy(frame)).ok_or_else(|| FrameError::malformed(frame))
    }

    /// What this reply says about the level, if anything.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        match self {
            Self::Weight(weight) => Some(Reading::Weight(*weight)),
            // It answers, but not with what it carries: somebody has switched the unit at the scale.
            Self::NotAMass { .. } => Some(Reading::Unknown(Cause::DeviceError)),
            Self::Refused { command, why } => {
                let asked_for_weight = matches!(command, None | Some(Command::Weigh));
                match why {
                    Refusal::Overload => Some(Reading::Unknown(Cause::Overload)),
                    Refusal::Underload => Some(Reading::Unknown(Cause::Underload)),
                    Refusal::Busy => asked_for_weight.then_some(Reading::Unknown(Cause::Busy)),
                    Refusal::Logical | Refusal::Syntax | Refusal::Transmission => {
                        asked_for_weight.then_some(Reading::Unknown(Cause::DeviceError))
                    }
                }
            }
            Self::Done { .. } | Self::Serial(_) | Self::Info(_) => None,
        }
    }

    fn read(frame: &str) -> Option<Self> {
        let fields: Vec<&str> = frame.split(' ').filter(|field| !field.is_empty()).collect();
        let (name, fields) = fields.split_first()?;
        if let Some(why) = global_refusal(name) {
            return fields.is_empty().then_some(Self::Refused { command: None, why });
        }
        let command = Command::named(name)?;
        let (status, rest) = fields.split_first()?;
        if let Some(why) = refusal(status) {
            return rest.is_empty().then_some(Self::Refused { command: Some(command), why });
        }
        let stable = match *status {
            "S" => Some(true),
            "D" => Some(false),
            "A" => None,
            _ => return None,
        };
        match command {
            Command::Weigh => Self::weight(Amount::read(rest)?, stable?),
            Command::Serial => Some(Self::Serial(quoted(frame)?)),
            Command::Info => Some(Self::Info(quoted(frame)?)),
            Command::Zero
            | Command::ZeroImmediate
            | Command::Tare
            | Command::TareImmediate
            | Command::TareValue
            | Command::TareClear
            | Command::PieceWeight => {
                let amount = if rest.is_empty() { None } else { Some(Amount::read(rest)?) };
                Some(Self::Done { command, stable, amount })
            }
        }
    }

    fn weight(amount: Amount, stable: bool) -> Option<Self> {
        match MassUnit::parse(&amount.unit) {
            Some(unit) => Some(Self::Weight(Weight::new(amount.shown, unit, Some(stable))?)),
            None => Some(Self::NotAMass { amount, stable }),
        }
    }
}

impl Amount {
    /// The pieces of a counting scale.
    #[must_use]
    pub fn pieces(&self) -> Option<i64> {
        self.unit.eq_ignore_ascii_case("pcs").then(|| self.shown.whole()).flatten()
    }

    /// A number, its sign maybe apart from it, and a unit.
    fn read(fields: &[&str]) -> Option<Self> {
        let (unit, number) = fields.split_last()?;
        let is_unit = unit.chars().all(|c| c.is_alphanumeric() || c == '%');
        if !is_unit {
            return None;
        }
        let shown = Decimal::parse(&number.join(" ")).ok()?;
        Some(Self { shown, unit: (*unit).to_owned() })
    }
}

impl Command {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "S" | "SI" | "SIR" | "SR" | "SU" | "SIU" | "SIRU" | "SRU" => Self::Weigh,
            "Z" => Self::Zero,
            "ZI" => Self::ZeroImmediate,
            "T" => Self::Tare,
            "TI" => Self::TareImmediate,
            "TA" => Self::TareValue,
            "TAC" => Self::TareClear,
            "PW" => Self::PieceWeight,
            "I4" => Self::Serial,
            "I2" => Self::Info,
            _ => return None,
        })
    }
}

fn refusal(status: &str) -> Option<Refusal> {
    Some(match status {
        "I" => Refusal::Busy,
        "+" => Refusal::Overload,
        "-" => Refusal::Underload,
        "L" => Refusal::Logical,
        _ => return None,
    })
}

fn global_refusal(name: &str) -> Option<Refusal> {
    Some(match name {
        "ES" => Refusal::Syntax,
        "ET" => Refusal::Transmission,
        "EL" => Refusal::Logical,
        _ => return None,
    })
}

/// What stands between the first and the last quotation mark, spaces and all.
fn quoted(frame: &str) -> Option<String> {
    let (_, rest) = frame.split_once('"')?;
    let (text, after) = rest.rsplit_once('"')?;
    after.trim_matches(' ').is_empty().then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
