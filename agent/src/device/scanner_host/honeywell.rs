//! Honeywell's menu commands, their replies, and the escapes of Host ACK.
//!
//! Owns the bytes. A command is `SYN M CR`, a tag, a sub-tag, a value, and a storage character: `!` sets it until the
//! power goes, `.` writes flash, which wears out and is never used here. The scanner echoes the command with a status
//! before each punctuation mark: `HSTACK1` 06 `!`. The echo has no terminator, so it must be taken out of the stream or
//! it would stick to the next scan ([`EchoFilter`]).

use std::collections::VecDeque;

/// As if the trigger were pulled.
pub const TRIGGER_ON: &[u8] = b"\x16T\r";
/// ... and let go.
pub const TRIGGER_OFF: &[u8] = b"\x16U\r";

/// Host ACK: the beep of a good read. The comma ends the escape.
pub const GOOD: &[u8] = b"\x1b7,";
/// Host ACK: the error tone.
pub const RAZZ: &[u8] = b"\x1b8,";

/// Host ACK on: after a scan the scanner is mute, and reads no more until told how to sound, for 10 s at most.
pub(super) const HOST_ACK_ON: &str = "HSTACK1";
/// Beep on BEL on.
pub(super) const BEL_ON: &str = "BELBEP1";

const SYN: u8 = 0x16;
const VOLATILE: u8 = b'!';

/// A menu command that is forgotten when the power goes. `settings`: tags with their values, or with `?` (current),
/// `^` (default), `*` (range).
#[must_use]
pub fn menu(settings: &[&str]) -> Vec<u8> {
    let mut bytes = vec![SYN, b'M', b'\r'];
    // A full stop inside would save to flash.
    bytes.extend(settings.join(";").bytes().filter(|byte| *byte != b'.'));
    bytes.push(VOLATILE);
    bytes
}

/// What the scanner made of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Done,
    UnknownTag,
    OutOfRange,
}

impl Status {
    const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0x06 => Self::Done,
            0x05 => Self::UnknownTag,
            0x15 => Self::OutOfRange,
            _ => return None,
        })
    }
}

/// One setting of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The tag and its value as echoed: `CBRENA1`, or `CBRENA0-1` to a question for the range.
    pub setting: String,
    pub status: Status,
}

/// Reads a reply to one or more settings. What has no status is left out: it is no reply.
#[must_use]
pub fn replies(bytes: &[u8]) -> Vec<Reply> {
    let mut found = Vec::new();
    let mut setting = Vec::new();
    for &byte in bytes {
        if let Some(status) = Status::of(byte) {
            let setting = String::from_utf8_lossy(&std::mem::take(&mut setting)).into_owned();
            found.push(Reply { setting, status });
        } else if setting.is_empty() && matches!(byte, b'.' | b'!' | b',' | b';' | b'\r' | b'\n') {
            // The punctuation of the setting before.
        } else {
            setting.push(byte);
        }
    }
    found
}

/// Takes the echo of one command out of a scanner's stream.
#[derive(Debug, Default)]
pub(super) struct EchoFilter {
    /// The setting that is awaited, and until when.
    awaited: Option<(&'static str, u64)>,
    held: Vec<u8>,
    answers: VecDeque<Status>,
}

impl EchoFilter {
    /// An echo comes within some tens of milliseconds, or never.
    const ECHO_MS: u64 = 1_000;

    pub(super) fn expect(&mut self, setting: &'static str, now_ms: u64) {
        self.awaited = Some((setting, now_ms.saturating_add(Self::ECHO_MS)));
        self.held.clear();
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// What the scanner made of an awaited setting; once.
    pub(super) fn answer(&mut self) -> Option<Status> {
        self.answers.pop_front()
    }

    /// Passes on everything that is not the awaited echo.
    pub(super) fn pass(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        let mut passed = self.poll_idle(now_ms);
        for &byte in bytes {
            let Some((setting, _)) = self.awaited else {
                passed.push(byte);
                continue;
            };
            if !is_next(setting, &self.held, byte) {
                passed.append(&mut self.held);
                if !is_next(setting, &[], byte) {
                    passed.push(byte);
                    continue;
                }
            }
            self.held.push(byte);
            if self.held.len() == setting.len() + 2 {
                self.answers.extend(self.held.get(setting.len()).and_then(|status| Status::of(*status)));
                self.held.clear();
                self.awaited = None;
            }
        }
        passed
    }

    /// Gives up on an echo that does not come; returns what was held back for it.
    pub(super) fn poll_idle(&mut self, now_ms: u64) -> Vec<u8> {
        if self.next_deadline().is_some_and(|deadline| now_ms >= deadline) {
            self.awaited = None;
            return std::mem::take(&mut self.held);
        }
        Vec::new()
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.awaited.map(|(_, until_ms)| until_ms)
    }
}

/// Whether `byte` goes on with the echo of `setting` behind `held`: the setting, a status, the storage character.
fn is_next(setting: &str, held: &[u8], byte: u8) -> bool {
    match setting.as_bytes().get(held.len()) {
        Some(expected) => expected.eq_ignore_ascii_case(&byte),
        None if held.len() == setting.len() => Status::of(byte).is_some(),
        None => byte == VOLATILE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_command_is_volatile_whatever_is_asked() {
        assert_eq!(menu(&["232BAD9"]), b"\x16M\r232BAD9!");
        assert_eq!(menu(&["HSTACK1", "BELBEP1."]), b"\x16M\rHSTACK1;BELBEP1!");
    }

    #[test]
    fn a_reply_has_a_status_before_each_punctuation_mark() {
        let check = |bytes: &[u8], expect: &[(&str, Status)]| {
            let found = replies(bytes);
            let found: Vec<(&str, Status)> = found.iter().map(|reply| (reply.setting.as_str(), reply.status)).collect();
            assert_eq!(found, expect, "{}", bytes.escape_ascii());
        };
        check(b"HSTACK1\x06!", &[("HSTACK1", Status::Done)]);
        check(b"CBRENA0-1\x06.", &[("CBRENA0-1", Status::Done)]);
        check(
            b"CBRENA1\x06,SSX0\x06;CK2X\x05,MIN100\x15.",
            &[
                ("CBRENA1", Status::Done),
                ("SSX0", Status::Done),
                ("CK2X", Status::UnknownTag),
                ("MIN100", Status::OutOfRange),
            ],
        );
        check(b"BIN-0042\r", &[]);
        check(b"", &[]);
    }

    #[test]
    fn the_echo_is_taken_out_of_the_stream_and_nothing_else() {
        for (stream, passed, answer) in [
            (&b"HSTACK1\x06!BIN-1\r"[..], &b"BIN-1\r"[..], Some(Status::Done)),
            (b"\x00\xffhstack1\x05!BIN-1\r", b"\x00\xffBIN-1\r", Some(Status::UnknownTag)),
            (b"HSTHSTACK1\x15!", b"HST", Some(Status::OutOfRange)),
            (b"HSTACK1\rHSTACK1\x06!", b"HSTACK1\r", Some(Status::Done)),
            (b"BIN-1\r", b"BIN-1\r", None),
        ] {
            for size in 1..=stream.len() {
                let mut filter = EchoFilter::default();
                filter.expect(HOST_ACK_ON, 0);
                let found: Vec<u8> = stream.chunks(size).flat_map(|chunk| filter.pass(chunk, 1)).collect();
                assert_eq!((found.as_slice(), filter.answer()), (passed, answer), "{}", stream.escape_ascii());
            }
        }
    }

    #[test]
    fn an_echo_that_does_not_come_holds_nothing_back_for_long() {
        let mut filter = EchoFilter::default();
        filter.expect(HOST_ACK_ON, 0);
        assert_eq!(filter.pass(b"HST", 10), b"");
        assert_eq!(filter.next_deadline(), Some(1_000));
        assert_eq!(filter.poll_idle(999), b"");
        assert_eq!(filter.poll_idle(1_000), b"HST");
        assert_eq!(filter.pass(b"HSTACK1\x06!", 1_001), b"HSTACK1\x06!");
    }
}
