//! The same protocol over MQTT 5: topics, properties, and the proof that a batch and an answer are who they say.
//!
//! A broker carries what it is given and tells nobody from whom. So the feed's token never travels: batch and answer each
//! carry an HMAC-SHA256 under the SHA-256 of the token, over the attempt's correlation data and the bytes as they travel.
//! Whoever can publish but does not have the token can neither send a batch nor acknowledge one, and an old answer fits
//! no later attempt. Pure: owns names and proofs, no connection.
//!
//! ```text
//! binwire/{site}/{feed}/batches   zstd of the batch · Response Topic · Correlation Data, 16 random bytes · proof
//! binwire/{site}/{feed}/answers   {"status":…,"retry_after":…,"body":…} · the same Correlation Data · proof
//! ```

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::name::{FeedName, SiteName};

/// What a hub subscribes to.
pub const BATCHES_OF_ALL: &str = "binwire/+/+/batches";

/// Content Type of a batch; its text compressed with zstd.
pub const CONTENT_TYPE: &str = "application/zstd";

/// User Property with the proof, in lower-case hex.
pub const PROOF: &str = "proof";

/// Tells the attempts of a feed apart. Random, so that nobody who has not seen a batch can answer it.
pub type Correlation = [u8; 16];

/// What an answer proves itself with: SHA-256 of the feed's token.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofKey([u8; 32]);

/// An answer as it travels: what HTTP has in its status line, its header and its body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    pub body: Box<RawValue>,
}

/// What is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    Batch,
    Answer,
}

/// Where a feed's batches are published.
#[must_use]
pub fn batches(site: &SiteName, feed: &FeedName) -> String {
    format!("binwire/{site}/{feed}/batches")
}

/// Where a feed's answers are published.
#[must_use]
pub fn answers(site: &SiteName, feed: &FeedName) -> String {
    format!("binwire/{site}/{feed}/answers")
}

/// Whose batches a topic carries.
#[must_use]
pub fn feed_of(topic: &str) -> Option<(SiteName, FeedName)> {
    let mut levels = topic.split('/');
    let (root, site, feed, kind) = (levels.next()?, levels.next()?, levels.next()?, levels.next()?);
    if root != "binwire" || kind != "batches" || levels.next().is_some() {
        return None;
    }
    Some((site.parse().ok()?, feed.parse().ok()?))
}

impl ProofKey {
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The key of a token whose SHA-256 is known.
    #[must_use]
    pub const fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The proof of bytes as they travel.
    #[must_use]
    pub fn prove(&self, what: Proven, correlation: &Correlation, bytes: &[u8]) -> String {
        let code = self.mac(what, correlation, bytes).finalize().into_bytes();
        let mut proof = String::with_capacity(64);
        for byte in code {
            write!(proof, "{byte:02x}").expect("a String takes everything");
        }
        proof
    }

    /// Whether a proof holds, in constant time.
    #[must_use]
    pub fn holds(&self, what: Proven, correlation: &Correlation, bytes: &[u8], proof: &str) -> bool {
        let Some(code) = hex(proof) else { return false };
        self.mac(what, correlation, bytes).verify_slice(&code).is_ok()
    }

    fn mac(&self, what: Proven, correlation: &Correlation, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        // What one says must never be taken for what the other says.
        mac.update(match what {
            Proven::Batch => b"binwire batch 1\0",
            Proven::Answer => b"binwire answer 1",
        });
        mac.update(correlation);
        mac.update(bytes);
        mac
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// As secret as the token.
impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_name_a_feed_and_are_read_back() {
        let (site, feed) = ("plant-7".parse().unwrap(), "acme".parse().unwrap());
        assert_eq!(batches(&site, &feed), "binwire/plant-7/acme/batches");
        assert_eq!(feed_of(&batches(&site, &feed)), Some((site.clone(), feed.clone())));
        for topic in [
            "",
            "binwire",
            "binwire/plant-7/acme",
            "binwire/plant-7/acme/answers",
            "binwire/plant-7/acme/batches/x",
            "binwire/plant 7/acme/batches",
            "binwire//acme/batches",
            "other/plant-7/acme/batches",
        ] {
            assert_eq!(feed_of(topic), None, "{topic}");
        }
    }

    #[test]
    fn a_proof_holds_for_its_key_its_attempt_its_bytes_and_its_direction_alone() {
        let key = ProofKey::of("token-of-acme");
        let proof = key.prove(Proven::Batch, &[7; 16], b"bytes");
        assert!(key.holds(Proven::Batch, &[7; 16], b"bytes", &proof));
        assert!(!ProofKey::of("token-of-acmE").holds(Proven::Batch, &[7; 16], b"bytes", &proof));
        assert!(!key.holds(Proven::Batch, &[8; 16], b"bytes", &proof));
        assert!(!key.holds(Proven::Batch, &[7; 16], b"byteS", &proof));
        assert!(!key.holds(Proven::Answer, &[7; 16], b"bytes", &proof));
        for wrong in ["", "00", &proof.to_uppercase(), &proof[..62], &format!("{proof}0"), &"é".repeat(32)] {
            assert!(!key.holds(Proven::Batch, &[7; 16], b"bytes", wrong), "{wrong}");
        }
        assert_eq!(format!("{key:?}"), "ProofKey(…)");
    }

    /// Pinned: a receiver in another language computes the same.
    #[test]
    fn the_proof_is_hmac_sha256_under_the_tokens_sha256() {
        let proof = ProofKey::of("token").prove(Proven::Answer, b"0123456789abcdef", b"{}");
        assert_eq!(proof, "2f2a22963b3730e5c7a0390c1ec2ef9846dd2d397a96b3fb50b48077713375b3");
    }
}
