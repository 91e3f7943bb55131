//! The check character of HIBC and Code 39: the sum of all characters modulo 43.

/// A character's value is its place here.
const ALPHABET: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

pub(super) fn is_in_alphabet(label: &[u8]) -> bool {
    label.iter().all(|byte| ALPHABET.contains(byte))
}

/// The check character of `covered`, the `+` included; `None` if a character has no value.
pub(super) fn compute(covered: &[u8]) -> Option<char> {
    let sum = covered.iter().try_fold(0, |sum, byte| {
        let value = ALPHABET.iter().position(|known| known == byte)?;
        Some((sum + value) % ALPHABET.len())
    })?;
    ALPHABET.get(sum).copied().map(char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_all_characters_is_the_check_character() {
        for (covered, check) in
            [("+A123BJC5D6E71", 'G'), ("+A99912345/$$52001510X3/16D20111212/S77DE1G45", '-'), ("+/L1BIN42", 'W')]
        {
            assert_eq!(compute(covered.as_bytes()), Some(check), "{covered}");
        }
    }

    #[test]
    fn what_is_not_in_the_alphabet_has_no_value() {
        for covered in ["+a", "+*", "+\u{c4}"] {
            assert_eq!(compute(covered.as_bytes()), None);
            assert!(!is_in_alphabet(covered.as_bytes()));
        }
    }

    #[test]
    fn the_check_character_may_be_a_separator_or_a_space() {
        // 41 for the plus and what is left to the value looked for.
        assert_eq!(compute(b"+Z7"), Some('/'));
        assert_eq!(compute(b"+Z5"), Some(' '));
    }
}
