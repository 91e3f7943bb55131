//! Where an entry came from, as a key under which its repetition is recognised.

use sha2::{Digest, Sha256};

/// Where an entry came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// 64 bits of a SHA-256 over the parts, of which the lowest tells the kind.
    pub key: u64,
    /// The key alone proves a repetition: the sender numbers its reports, or the transport says that it repeats.
    pub proves_repeat: bool,
}

/// What an origin is made of, and so how long it means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginKind {
    /// The sender's own id of the report.
    Id,
    /// The transport's number, which is given out anew after a while.
    Packet,
}

impl Origin {
    /// A key over what identifies a report: device, then the sender's own id or what else there is.
    #[must_use]
    pub fn new(kind: OriginKind, parts: &[&[u8]], proves_repeat: bool) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut key = [0; 8];
        key.copy_from_slice(&digest[..8]);
        let key = u64::from_be_bytes(key);
        let key = match kind {
            OriginKind::Id => key & !1,
            OriginKind::Packet => key | 1,
        };
        Self { key, proves_repeat }
    }

    /// The kind of a key.
    #[must_use]
    pub fn kind(key: u64) -> OriginKind {
        if key & 1 == 0 { OriginKind::Id } else { OriginKind::Packet }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_depends_on_where_its_parts_are_cut() {
        let key = |parts: &[&[u8]]| Origin::new(OriginKind::Id, parts, true).key;
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_eq!(Origin::kind(key(&[b"a"])), OriginKind::Id);
    }
}
