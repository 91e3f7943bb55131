//! Access tokens. The hub keeps only their SHA-256, so that neither a log line nor a memory dump gives one away, and
//! compares in constant time, so that an answer's delay says nothing about how close a guess was.

use std::fmt;

use gateway_proto::mqtt::ProofKey;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Characters a token needs at least: 16 random letters and digits are about 95 bits.
pub const TOKEN_LEN_MIN: usize = 16;

/// Characters a token may have at most: it travels in a header.
pub const TOKEN_LEN_MAX: usize = 512;

/// A token, as the hub knows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token([u8; 32]);

/// Why a text is no token. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("a token has {TOKEN_LEN_MIN} to {TOKEN_LEN_MAX} characters, this one has {0}")]
    Length(usize),
    #[error("a token has only printable ASCII characters and no spaces")]
    Character,
}

impl Token {
    /// # Errors
    /// [`TokenError`] when the text is too short, too long, or could not travel in a header.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let len = text.chars().count();
        if !(TOKEN_LEN_MIN..=TOKEN_LEN_MAX).contains(&len) {
            return Err(TokenError::Length(len));
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(TokenError::Character);
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// Whether `presented` is this token, in constant time.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.0.ct_eq(&presented).into()
    }

    /// What batches over MQTT are proven with.
    pub(crate) const fn proof_key(&self) -> ProofKey {
        ProofKey::of_digest(self.0)
    }

    /// What a browser that has shown this token carries instead of it. Derived, not stored: it outlives a restart of
    /// the hub, dies with the token, and does not give the token away.
    pub(crate) fn session(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"binwire-hub session 1\0");
        hash.update(self.0);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether `presented` is [`Token::session`], in constant time.
    pub(crate) fn session_matches(&self, presented: &str) -> bool {
        self.session().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_only_itself_and_never_prints() {
        let token = Token::new("a-token-of-some-length").unwrap();
        assert!(token.matches("a-token-of-some-length"));
        assert!(!token.matches("a-token-of-some-lengtH"));
        assert!(!token.matches(""));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn a_short_token_and_one_with_spaces_are_refused() {
        assert_eq!(Token::new("fifteen-letters"), Err(TokenError::Length(15)));
        assert_eq!(Token::new("a token with spaces in it"), Err(TokenError::Character));
    }

    #[test]
    fn a_session_is_not_the_token_and_changes_with_it() {
        let token = Token::new("a-token-of-some-length").unwrap();
        assert!(token.session_matches(&token.session()));
        assert!(!token.session_matches("a-token-of-some-length"));
        assert!(!Token::new("another-token-of-length").unwrap().session_matches(&token.session()));
    }
}
