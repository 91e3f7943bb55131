//! The hash chain that makes a feed provable: `h(n) = sha256(h(n−1) ‖ text of record n)`, over the 32 raw bytes and
//! the record's UTF-8 text as sent; `h(0)` is the sha256 of the epoch id's text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::told::Shortened;

/// One life of a ledger. A site takes a new one when its ledger begins and when its chain has forked. Made as a
/// UUIDv7; any text of 1 to 64 letters, digits and `-` is understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Epoch(Box<str>);

/// A text that is no epoch id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{:?} is no epoch id: 1 to 64 letters, digits and '-'", Shortened(.0).to_string())]
pub struct EpochError(String);

impl Epoch {
    /// A new epoch id, a UUIDv7. `entropy` must come from the system's random source: two gateways cloned from one
    /// image tell themselves apart by it.
    #[must_use]
    pub fn new(unix_millis: u64, entropy: [u8; 10]) -> Self {
        let id = uuid::Builder::from_unix_timestamp_millis(unix_millis, &entropy).into_uuid();
        Self(id.to_string().into_boxed_str())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Epoch {
    type Error = EpochError;

    fn try_from(text: String) -> Result<Self, EpochError> {
        let fits = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if fits { Ok(Self(text.into_boxed_str())) } else { Err(EpochError(text)) }
    }
}

impl FromStr for Epoch {
    type Err = EpochError;

    fn from_str(text: &str) -> Result<Self, EpochError> {
        Self::try_from(text.to_owned())
    }
}

impl From<Epoch> for String {
    fn from(epoch: Epoch) -> Self {
        epoch.0.into_string()
    }
}

/// A link of the chain: the hash after some record. On the wire 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link([u8; 32]);

/// A text that is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no link: 64 hex digits")]
pub struct LinkError(String);

impl Link {
    /// `h(0)` of an epoch.
    #[must_use]
    pub fn first(epoch: &Epoch) -> Self {
        Self(Sha256::digest(epoch.as_str()).into())
    }

    /// The link after the next record.
    #[must_use]
    pub fn then(&self, record: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(record);
        Self(hash.finalize().into())
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let wrong = || LinkError(text.chars().take(80).collect());
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |d: u8| char::from(d).to_digit(16).ok_or_else(wrong);
            *byte = u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).expect("two hex digits make a byte");
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Link {
    type Error = LinkError;

    fn try_from(text: String) -> Result<Self, LinkError> {
        text.parse()
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_sha256_over_the_link_before_and_the_text() {
        // printf e1 | sha256sum; then (that | xxd -r -p; printf '{"type":"x"}') | sha256sum
        let first = Link::first(&"e1".parse().unwrap());
        assert_eq!(first.to_string(), "8b5cc4df7eec7d32a7814eca4af047ae33b2d52342667715682e19c25b0b9faa");
        let next = first.then(r#"{"type":"x"}"#);
        assert_eq!(next.to_string(), "a47faa00e1819dd9f7816f3df752d01408c6e6f2928d73df9b3a9bf01fefa509");
        assert_eq!(next.to_string().parse(), Ok(next));
    }

    #[test]
    fn an_epoch_is_a_uuid_of_version_seven() {
        let epoch = Epoch::new(1_795_237_200_123, [7; 10]);
        assert_eq!(epoch.as_str().len(), 36);
        assert_eq!(&epoch.as_str()[14..15], "7");
        assert!("not an id".parse::<Epoch>().is_err());
    }
}
