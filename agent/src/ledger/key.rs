//! Where a record stands in its table: `life * 2^40 + seq`, so that one tree holds all feeds and grows at its end.

use gateway_proto::record::Seq;

/// Bits that hold the seq: a trillion records a life, eight million lives a site.
const SEQ_BITS: u32 = 40;

/// The last seq of a life that the ledger can hold.
const SEQ_MAX: u64 = (1 << SEQ_BITS) - 1;

/// What is left of a key when its life is taken off, in SQL.
pub(super) const SEQ_MASK: i64 = SEQ_MAX.cast_signed();

/// A record's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) i64);

impl Key {
    pub(super) fn life(self) -> i64 {
        self.0 >> SEQ_BITS
    }

    pub(super) fn seq(self) -> Seq {
        Seq(self.0.cast_unsigned() & SEQ_MAX)
    }
}

/// The key of a record.
pub(super) fn of(life: i64, seq: Seq) -> i64 {
    (life << SEQ_BITS) | seq.0.min(SEQ_MAX).cast_signed()
}

/// The last key that a life can have.
pub(super) fn last(life: i64) -> i64 {
    of(life, Seq(SEQ_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_its_life_and_seq_and_orders_by_them() {
        let mut before = i64::MIN;
        for (life, seq) in [(1, 1), (1, 2), (1, SEQ_MAX), (2, 1), (8_000_000, 7)] {
            let key = Key(of(life, Seq(seq)));
            assert_eq!((key.life(), key.seq()), (life, Seq(seq)));
            assert!(key.0 > before);
            before = key.0;
        }
    }
}
