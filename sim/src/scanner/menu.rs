//! Honeywell's menu and trigger commands.
//!
//! SYN `M` CR opens a menu, in which tag, subtag and value follow, several with semicolons between; `!` keeps them
//! until the power goes, `.` for good. The reply echoes each with a verdict before its mark: 06 done, 05 unknown, 15 a
//! value that it cannot have. SYN `T` CR pulls the trigger and SYN `U` CR lets it go.

use super::heard::{Heard, Record};

const SYN: u8 = 0x16;
const ENQ: u8 = 0x05;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;

/// Longer than any command.
const COMMAND_LEN_MAX: usize = 128;

/// How far a command has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Menu {
    Closed,
    /// SYN, and maybe the letter behind it.
    Opening(Option<u8>),
    Open(Vec<u8>),
}

impl Menu {
    /// Whether the byte belongs to a command.
    pub(super) fn hear(&mut self, byte: u8, record: &Record, say: &mut Vec<u8>) -> bool {
        match (&mut *self, byte) {
            (_, SYN) => *self = Self::Opening(None),
            (Self::Closed, _) => return false,
            (Self::Opening(letter @ None), _) => *letter = Some(byte),
            (Self::Opening(Some(b'M')), b'\r') => *self = Self::Open(Vec::new()),
            (Self::Opening(Some(letter)), b'\r') => {
                record.add(match letter {
                    b'T' => Heard::TriggerPulled,
                    b'U' => Heard::TriggerReleased,
                    other => Heard::Unknown(vec![SYN, *other]),
                });
                *self = Self::Closed;
            }
            (Self::Open(command), b'!' | b'.') => {
                let command = String::from_utf8_lossy(command).into_owned();
                *self = Self::Closed;
                for (place, setting) in command.split(';').enumerate() {
                    if place > 0 {
                        say.push(b';');
                    }
                    say.extend(setting.as_bytes());
                    say.push(verdict(setting));
                }
                say.push(byte);
                record.add(Heard::Setting(command + if byte == b'!' { "!" } else { "." }));
            }
            (Self::Open(command), _) if command.len() < COMMAND_LEN_MAX => command.push(byte),
            (Self::Opening(Some(_)) | Self::Open(_), _) => *self = Self::Closed,
        }
        true
    }
}

fn verdict(setting: &str) -> u8 {
    const TAGS: [&str; 8] = ["232", "AOS", "BEP", "DFT", "PRE", "SUF", "TRG", "TRM"];
    let is_known = setting.get(..3).is_some_and(|tag| TAGS.contains(&tag.to_ascii_uppercase().as_str()));
    // A value, or a question: the current one, the default, the range.
    let is_value = |value: &str| value.bytes().all(|byte| byte.is_ascii_hexdigit() || b"?^*".contains(&byte));
    match (is_known, setting.get(6..)) {
        (false, _) => ENQ,
        (true, value) if value.is_none_or(is_value) => ACK,
        (true, _) => NAK,
    }
}
