//! The hash chain once more, from the protocol's page: `h(0) = sha256(epoch)`, `h(n) = sha256(h(n−1) ‖ text)`.
//!
//! Shares nothing with the code under test but the hash function itself: a mistake there must not check itself.

use sha2::{Digest as _, Sha256};

/// A link, as bytes.
pub type Link = [u8; 32];

/// The link before the first record of an epoch.
#[must_use]
pub fn first(epoch: &str) -> Link {
    Sha256::digest(epoch.as_bytes()).into()
}

/// The link after a record.
#[must_use]
pub fn after(link: &Link, text: &str) -> Link {
    let bytes = [link.as_slice(), text.as_bytes()].concat();
    Sha256::digest(bytes).into()
}

/// A link in hex.
#[must_use]
pub fn hex(link: &Link) -> String {
    link.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_that_of_sha256sum() {
        // printf e1 | sha256sum; then (that | xxd -r -p; printf '{"type":"x"}') | sha256sum
        let link = first("e1");
        assert_eq!(hex(&link), "8b5cc4df7eec7d32a7814eca4af047ae33b2d52342667715682e19c25b0b9faa");
        let next = after(&link, r#"{"type":"x"}"#);
        assert_eq!(hex(&next), "a47faa00e1819dd9f7816f3df752d01408c6e6f2928d73df9b3a9bf01fefa509");
    }
}
