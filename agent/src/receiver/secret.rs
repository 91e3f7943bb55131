//! Signatures of webhooks, by Standard Webhooks 1.0: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// Bytes of a secret, by the standard.
const LEN: std::ops::RangeInclusive<usize> = 24..=64;

/// Secrets in use at once: the old and the new while a receiver changes over, and one in reserve.
const SECRETS_MAX: usize = 3;

/// What webhooks to one receiver are signed with. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(Vec<Vec<u8>>);

/// A text that holds no secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("is empty; write the receiver's whsec_… secret")]
    Empty,
    #[error("must begin with whsec_, as in whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    Prefix,
    #[error("is not base64 after whsec_; copy it whole")]
    Base64,
    #[error("has {0} bytes after base64; a secret has {start} to {end}", start = LEN.start(), end = LEN.end())]
    Length(usize),
    #[error("holds more than {SECRETS_MAX} secrets; leave the old ones out")]
    TooMany,
}

impl Secrets {
    /// Reads one or more secrets, separated by white space: a receiver that changes its secret takes a signature by
    /// either.
    ///
    /// # Errors
    /// [`SecretError`], which never shows the text.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let secrets = text.split_whitespace().map(|word| {
            let encoded = word.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
            let secret = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
            if LEN.contains(&secret.len()) { Ok(secret) } else { Err(SecretError::Length(secret.len())) }
        });
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        match secrets.len() {
            0 => Err(SecretError::Empty),
            1..=SECRETS_MAX => Ok(Self(secrets)),
            _ => Err(SecretError::TooMany),
        }
    }

    /// The `webhook-signature` of a body sent at `timestamp` (seconds since 1970): one word for each secret.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let words = self.0.iter().map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
            for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
                mac.update(part);
            }
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn a_signature_is_that_of_the_standards_own_library() {
        // Made with the Python package standardwebhooks 1.1.0.
        for (secret, id, timestamp, body, expect) in [
            (
                SECRET,
                "msg_0001",
                1_795_240_800,
                r#"{"type":"stock.below_min","timestamp":"2026-11-21T06:00:00Z","data":{"site":"SITE01","sku":"VP-100","on_hand":80}}"#,
                "v1,fdQkxyl+Rcqj6eCzX2G98eanh3UnZmfU6y6sGdSANEI=",
            ),
            (
                "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7",
                "msg_0002",
                1_795_240_801,
                "{}",
                "v1,UvO5INwrbXRG3KRVVid67y2QbKZOivrYvha1QvIc1do=",
            ),
            (SECRET, "msg_w", 1_795_240_803, r#"{"a": 1}"#, "v1,KLDm79HXuM09pNp0O/m052lEQTcwNFI0KZ4NTW3s8XM="),
        ] {
            assert_eq!(Secrets::parse(secret).unwrap().sign(id, timestamp, body.as_bytes()), expect, "{id}");
        }
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let text = format!("whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7\n{SECRET}\n");
        let signed = Secrets::parse(&text).unwrap().sign("msg_w", 1_795_240_803, br#"{"a": 1}"#);
        let words: Vec<_> = signed.split(' ').collect();
        assert_eq!(words.len(), 2);
        assert_eq!(words[1], "v1,KLDm79HXuM09pNp0O/m052lEQTcwNFI0KZ4NTW3s8XM=");
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_shown() {
        for (text, expect) in [
            ("", SecretError::Empty),
            (" \n", SecretError::Empty),
            ("hunter2", SecretError::Prefix),
            ("whsec_hunter2!", SecretError::Base64),
            ("whsec_AAAA", SecretError::Length(3)),
        ] {
            let error = Secrets::parse(text).unwrap_err();
            assert_eq!(error, expect);
            assert!(!error.to_string().contains("hunter2"));
        }
        assert_eq!(Secrets::parse(&[SECRET; 4].join(" ")), Err(SecretError::TooMany));
        assert_eq!(format!("{:?}", Secrets::parse(SECRET).unwrap()), "Secrets(1)");
    }
}
