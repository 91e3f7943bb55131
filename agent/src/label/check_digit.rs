//! The GS1 check digit (General Specifications 7.9): weights 3, 1, 3, … from the right, up to the next ten.
//!
//! One rule for GTIN-8 to GTIN-14, SSCC, GLN, GSRN, GRAI and GDTI. Must not know which key it stands in or how long
//! that key should be.

/// Whether the last digit is the check digit of those before it. `false` for fewer than two characters and for
/// anything that is not ASCII digits.
#[must_use]
pub fn is_valid(digits: &[u8]) -> bool {
    match digits.split_last() {
        Some((check, body)) => compute(body) == Some(*check),
        None => false,
    }
}

/// The check digit, as an ASCII digit, of a number without one. `None` if that is empty or not ASCII digits.
#[must_use]
pub fn compute(digits_without_check: &[u8]) -> Option<u8> {
    if digits_without_check.is_empty() {
        return None;
    }
    // The sum is only needed modulo ten, so no length of input can overflow it.
    let mut sum = 0u8;
    let mut weight = 3u8;
    for digit in digits_without_check.iter().rev() {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum = (sum + (digit - b'0') * weight) % 10;
        weight = 4 - weight;
    }
    Some(b'0' + (10 - sum) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_length_is_checked_from_the_right() {
        for key in ["96385074", "036000291452", "4006381333931", "09521234567882", "952123456789000137", "00"] {
            assert!(is_valid(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn a_wrong_digit_anywhere_is_noticed() {
        let key = b"09521234567882";
        for at in 0..key.len() {
            let mut wrong = *key;
            wrong[at] = if wrong[at] == b'9' { b'0' } else { wrong[at] + 1 };
            assert!(!is_valid(&wrong), "{at}");
        }
    }

    #[test]
    fn the_digit_is_computed_as_it_is_checked() {
        assert_eq!(compute(b"0952123456788"), Some(b'2'));
        assert_eq!(compute(b"95212345678900013"), Some(b'7'));
        assert_eq!(compute(&[b'9'; 10_000]), Some(b'0'));
    }

    #[test]
    fn what_is_not_digits_has_no_check_digit() {
        for input in [&b""[..], b"0", b"A", b"123A", b"12 4", b"\xFF\xFF"] {
            assert!(!is_valid(input), "{input:?}");
        }
        assert_eq!(compute(b""), None);
        assert_eq!(compute(b"12A"), None);
    }
}
