//! The character sets of GS1 values (General Specifications 7.11).

use super::Fault;

/// The characters a component may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CharSet {
    /// N: digits.
    Digits = 1,
    /// X: the 82 characters of ISO/IEC 646 without space, `#`, `$`, `@`, brackets, `^`, backtick, braces, `|`, `~`.
    Set82 = 2,
    /// Y: `#`, `-`, `/`, digits and capitals, for part numbers.
    Set39 = 4,
    /// Z: URL-safe base64 with optional padding.
    Set64 = 8,
}

static CHARACTERS: [u8; 256] = characters();

const SET_82: &[u8; 82] = b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

const fn characters() -> [u8; 256] {
    let mut sets = [0; 256];
    let mut at = 0;
    while at < SET_82.len() {
        let byte = SET_82[at];
        sets[byte as usize] |= CharSet::Set82 as u8;
        if byte.is_ascii_digit() {
            sets[byte as usize] |= CharSet::Digits as u8;
        }
        if byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-' || byte == b'/' {
            sets[byte as usize] |= CharSet::Set39 as u8;
        }
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            sets[byte as usize] |= CharSet::Set64 as u8;
        }
        at += 1;
    }
    sets[b'#' as usize] |= CharSet::Set39 as u8;
    sets
}

impl CharSet {
    /// Whether `byte` may stand in a value of this set.
    #[must_use]
    pub fn contains(self, byte: u8) -> bool {
        CHARACTERS[usize::from(byte)] & self as u8 != 0
    }

    /// The value of `byte` in check character sums: its place in set 82.
    pub(super) fn value_in_set_82(byte: u8) -> Option<u32> {
        SET_82.iter().position(|known| *known == byte).and_then(|value| u32::try_from(value).ok())
    }

    /// Where the first wrong character stands, and what is wrong with it.
    pub(super) fn check(self, data: &[u8]) -> Result<(), (Fault, usize)> {
        let mut body = data;
        if self == Self::Set64 {
            let len = data.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
            body = &data[..len];
            let padding = data.len() - body.len();
            if padding > 2 || (padding > 0 && !data.len().is_multiple_of(3)) {
                return Err((Fault::Base64Padding, body.len()));
            }
        }
        match body.iter().position(|byte| !self.contains(*byte)) {
            None => Ok(()),
            Some(at) if self == Self::Digits => Err((Fault::NonDigit, at)),
            Some(at) => Err((Fault::OutsideCharSet(self), at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_its_characters_only() {
        for (set, size) in [(CharSet::Digits, 10), (CharSet::Set82, 82), (CharSet::Set39, 39), (CharSet::Set64, 64)] {
            assert_eq!((0..=255).filter(|byte| set.contains(*byte)).count(), size, "{set:?}");
        }
        for refused in *b" #$@[]^`{|}~\\\x1D\x00\xC3" {
            assert!(!CharSet::Set82.contains(refused), "{refused:?}");
        }
    }

    #[test]
    fn base64_is_padded_to_threes_or_not_at_all() {
        for good in ["", "123", "12", "12=", "1==", "abc-_9"] {
            assert_eq!(CharSet::Set64.check(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, fault) in [
            ("===", Fault::Base64Padding),
            ("123=", Fault::Base64Padding),
            ("12==", Fault::Base64Padding),
            ("1=2", Fault::OutsideCharSet(CharSet::Set64)),
            ("AB C", Fault::OutsideCharSet(CharSet::Set64)),
        ] {
            assert_eq!(CharSet::Set64.check(bad.as_bytes()).map_err(|(fault, _)| fault), Err(fault), "{bad}");
        }
    }
}
