//! The US keyboard: which key types what.
//!
//! Owns the numbers of Linux' `input-event-codes.h` and the layout scanners ship with. A scanner set to another country
//! types other keys for the same code; it is to be set back, not imitated.

/// Key codes, by the names in `input-event-codes.h`.
pub mod key {
    pub const ESC: u16 = 1;
    pub const DIGIT_1: u16 = 2;
    pub const DIGIT_2: u16 = 3;
    pub const DIGIT_6: u16 = 7;
    pub const DIGIT_0: u16 = 11;
    pub const MINUS: u16 = 12;
    pub const EQUAL: u16 = 13;
    pub const BACKSPACE: u16 = 14;
    pub const TAB: u16 = 15;
    pub const Q: u16 = 16;
    pub const P: u16 = 25;
    pub const LEFT_BRACE: u16 = 26;
    pub const RIGHT_BRACE: u16 = 27;
    pub const ENTER: u16 = 28;
    pub const LEFT_CTRL: u16 = 29;
    pub const A: u16 = 30;
    pub const D: u16 = 32;
    pub const GRAVE: u16 = 41;
    pub const LEFT_SHIFT: u16 = 42;
    pub const BACKSLASH: u16 = 43;
    pub const Z: u16 = 44;
    pub const SLASH: u16 = 53;
    pub const RIGHT_SHIFT: u16 = 54;
    pub const KP_ASTERISK: u16 = 55;
    pub const LEFT_ALT: u16 = 56;
    pub const SPACE: u16 = 57;
    pub const CAPS_LOCK: u16 = 58;
    pub const F1: u16 = 59;
    pub const F8: u16 = 66;
    pub const F10: u16 = 68;
    pub const NUM_LOCK: u16 = 69;
    pub const KP_7: u16 = 71;
    pub const KP_8: u16 = 72;
    pub const KP_9: u16 = 73;
    pub const KP_MINUS: u16 = 74;
    pub const KP_4: u16 = 75;
    pub const KP_5: u16 = 76;
    pub const KP_6: u16 = 77;
    pub const KP_PLUS: u16 = 78;
    pub const KP_1: u16 = 79;
    pub const KP_2: u16 = 80;
    pub const KP_3: u16 = 81;
    pub const KP_0: u16 = 82;
    pub const KP_DOT: u16 = 83;
    pub const F11: u16 = 87;
    pub const F12: u16 = 88;
    pub const KP_ENTER: u16 = 96;
    pub const RIGHT_CTRL: u16 = 97;
    pub const KP_SLASH: u16 = 98;
    pub const RIGHT_ALT: u16 = 100;
    pub const KP_EQUAL: u16 = 117;
    pub const LEFT_META: u16 = 125;
    pub const RIGHT_META: u16 = 126;
}

/// From [`key::DIGIT_1`] to [`key::EQUAL`], and so on for each row of keys; with shift below.
const DIGITS: (&[u8; 12], &[u8; 12]) = (b"1234567890-=", b"!@#$%^&*()_+");
const UPPER_ROW: (&[u8; 12], &[u8; 12]) = (b"qwertyuiop[]", b"QWERTYUIOP{}");
const HOME_ROW: (&[u8; 12], &[u8; 12]) = (b"asdfghjkl;'`", b"ASDFGHJKL:\"~");
const LOWER_ROW: (&[u8; 11], &[u8; 11]) = (b"\\zxcvbnm,./", b"|ZXCVBNM<>?");

/// What a key types, without Ctrl and Alt. `None`: nothing.
#[must_use]
pub fn character(code: u16, shift: bool, caps: bool) -> Option<u8> {
    let (plain, shifted) = match code {
        key::DIGIT_1..=key::EQUAL => at(DIGITS, code - key::DIGIT_1)?,
        key::Q..=key::RIGHT_BRACE => at(UPPER_ROW, code - key::Q)?,
        key::A..=key::GRAVE => at(HOME_ROW, code - key::A)?,
        key::BACKSLASH..=key::SLASH => at(LOWER_ROW, code - key::BACKSLASH)?,
        key::SPACE => (b' ', b' '),
        key::ESC => (0x1B, 0x1B),
        key::BACKSPACE => (0x08, 0x08),
        key::KP_ASTERISK => (b'*', b'*'),
        key::KP_MINUS => (b'-', b'-'),
        key::KP_PLUS => (b'+', b'+'),
        key::KP_DOT => (b'.', b'.'),
        key::KP_SLASH => (b'/', b'/'),
        key::KP_EQUAL => (b'=', b'='),
        _ => {
            let digit = b'0' + pad_digit(code)?;
            (digit, digit)
        }
    };
    let is_upper = shift != (caps && plain.is_ascii_alphabetic());
    Some(if is_upper { shifted } else { plain })
}

/// The control character that Ctrl makes of a key's character: Ctrl+] is GS, Ctrl+^ RS, Ctrl+D EOT. Ctrl+6 and Ctrl+-
/// are Ctrl+^ and Ctrl+_ of a scanner that leaves out the shift. `None`: there is none.
#[must_use]
pub const fn control(character: u8) -> Option<u8> {
    match character {
        b'@'..=b'~' => Some(character & 0x1F),
        b'2' => Some(0x00),
        b'6' => Some(0x1E),
        b'-' => Some(0x1F),
        _ => None,
    }
}

/// The digit of a key on the number pad.
#[must_use]
pub const fn pad_digit(code: u16) -> Option<u8> {
    Some(match code {
        key::KP_0 => 0,
        key::KP_1 => 1,
        key::KP_2 => 2,
        key::KP_3 => 3,
        key::KP_4 => 4,
        key::KP_5 => 5,
        key::KP_6 => 6,
        key::KP_7 => 7,
        key::KP_8 => 8,
        key::KP_9 => 9,
        _ => return None,
    })
}

/// F1 is 0, F12 is 11.
#[must_use]
pub fn function_key(code: u16) -> Option<usize> {
    match code {
        key::F1..=key::F10 => Some(usize::from(code - key::F1)),
        key::F11 => Some(10),
        key::F12 => Some(11),
        _ => None,
    }
}

fn at<const N: usize>(row: (&[u8; N], &[u8; N]), index: u16) -> Option<(u8, u8)> {
    let index = usize::from(index);
    Some((*row.0.get(index)?, *row.1.get(index)?))
}
