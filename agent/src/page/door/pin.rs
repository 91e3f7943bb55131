//! What a PIN is, and how it is kept: argon2id with a salt of its own.
//!
//! 7 MiB, five passes, one lane: the smallest set that OWASP's Password Storage Cheat Sheet names as as good as the larger
//! ones. Some 0.03 s on a server's core, about a third of a second on a Cortex-A53; one at a time, so that a gateway of
//! 128 MB bears it. A PIN of six digits has a million values: what keeps it is that nobody may try often
//! ([`backoff`](super::backoff)); the hash keeps whoever has stolen the disk busy, no more.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version, password_hash::phc::PasswordHash,
};

use crate::floor::why::Why;

/// KiB, passes, lanes.
const MEMORY_KIB: u32 = 7 * 1_024;
const PASSES: u32 = 5;
const LANES: u32 = 1;

/// Digits of a PIN; of one whose role needs it.
const DIGITS_MIN: usize = 4;
const DIGITS_MIN_NEEDED: usize = 6;
const DIGITS_MAX: usize = 12;

/// A hash that no PIN has: what a badge is held against that nobody has.
pub(super) const NOBODY: &str =
    "$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a PIN is not set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum PinError {
    #[error("there is no operator with badge {0}; import operators first (binwire-agent import operators FILE)")]
    NoOperator(String),
    #[error("the PIN must be digits alone")]
    NotDigits,
    #[error("the PIN must have {least} to {most} digits")]
    Length { least: usize, most: usize },
    #[error("the PIN is one of the first that anybody tries; take digits that are neither all the same nor in a row")]
    Obvious,
    #[error("the PIN cannot be hashed; is there memory?")]
    Hash,
    #[error("the PIN is not kept: {0}")]
    NotKept(Why),
}

/// Whether these digits may be a PIN.
///
/// # Errors
/// What is wrong with them.
pub(super) fn check(pin: &str, is_needed: bool) -> Result<(), PinError> {
    if !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PinError::NotDigits);
    }
    let least = if is_needed { DIGITS_MIN_NEEDED } else { DIGITS_MIN };
    if !(least..=DIGITS_MAX).contains(&pin.len()) {
        return Err(PinError::Length { least, most: DIGITS_MAX });
    }
    let steps = |by: u8| pin.as_bytes().windows(2).all(|pair| (pair[0] - b'0' + by) % 10 == pair[1] - b'0');
    if steps(0) || steps(1) || steps(9) { Err(PinError::Obvious) } else { Ok(()) }
}

/// The text under which a PIN is kept (PHC string). Takes a fraction of a second and [`MEMORY_KIB`].
///
/// # Errors
/// [`PinError::Hash`]
pub(super) fn hash(pin: &str, salt: &[u8; 16]) -> Result<String, PinError> {
    let hash = argon().and_then(|argon| argon.hash_password_with_salt(pin.as_bytes(), salt).ok());
    hash.map(|hash| hash.to_string()).ok_or(PinError::Hash)
}

/// Whether a PIN is the one that was hashed. Compared without telling by the time how far it fits.
pub(super) fn matches(pin: &str, hash: &str) -> bool {
    // More than any PIN has: not worth the work.
    if pin.len() > DIGITS_MAX {
        return false;
    }
    match (argon(), PasswordHash::new(hash)) {
        // The parameters are those of the hash: older ones stay right.
        (Some(argon), Ok(hash)) => argon.verify_password(pin.as_bytes(), &hash).is_ok(),
        _ => false,
    }
}

fn argon() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_opens_its_own_hash_and_no_other_does() {
        let kept = hash("280471", b"0123456789abcdef").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{kept}");
        assert!(matches("280471", &kept));
        for wrong in ["280472", "28047", "2804711", "", &"2".repeat(100_000)] {
            assert!(!matches(wrong, &kept));
        }
        assert_ne!(kept, hash("280471", b"another salt of ").unwrap(), "the salt is in it");
        assert!(!matches("280471", NOBODY) && !matches("280471", "no hash") && !matches("280471", ""));
        assert!(PasswordHash::new(NOBODY).is_ok(), "it takes as long as any");
    }

    #[test]
    fn a_pin_is_digits_enough_and_not_the_first_that_comes_to_mind() {
        use PinError::{Length, NotDigits, Obvious};
        let length = |least| Err(Length { least, most: 12 });
        for (pin, needed, expect) in [
            ("280471", true, Ok(())),
            ("2804", false, Ok(())),
            ("2804", true, length(6)),
            ("280", false, length(4)),
            ("2804712804712", false, length(4)),
            ("", false, length(4)),
            ("28047a", true, Err(NotDigits)),
            ("٢٨٠٤٧١", true, Err(NotDigits)),
            ("111111", true, Err(Obvious)),
            ("123456", true, Err(Obvious)),
            ("8901", false, Err(Obvious)),
            ("654321", true, Err(Obvious)),
        ] {
            assert_eq!(check(pin, needed), expect, "{pin}");
        }
    }
}
