//! What the ledger is asked to record. A scan says what moved; a settled weight says what is there, and only the
//! ledger, which knows what it holds at that instant, can say what moved.

use gateway_proto::{
    movement::{Movement, Source},
    name::{DeviceName, ItemCode},
    place::Place,
    quantity::Quantity,
    record::{RecordError, RecordText, UntrustedClock},
    time::WallTime,
};
use sha2::{Digest, Sha256};

/// One thing to record, with what tells it from its own repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub origin: Option<Origin>,
    pub statement: Statement,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// A movement with its text: written where it was made, so that the ledger's one thread need not.
    Movement {
        movement: Box<Movement>,
        text: RecordText,
    },
    Level(Level),
}

/// A bin's content as a sensor sees it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub at: WallTime,
    pub clock: Option<UntrustedClock>,
    pub item: ItemCode,
    pub place: Place,
    /// Base units in the place.
    pub pieces: u64,
    pub by: DeviceName,
    /// Where parts that are gone went.
    pub taken_to: Place,
    /// Where parts that came came from.
    pub filled_from: Place,
}

/// Where an entry came from, as a key under which its repetition is recognised.
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

impl Entry {
    /// A movement to record.
    ///
    /// # Errors
    /// [`RecordError`] when the movement table has no such movement, or its text is too long.
    pub fn movement(movement: Movement, origin: Option<Origin>) -> Result<Self, RecordError> {
        movement.act()?;
        let text = RecordText::of_movement(&movement)?;
        Ok(Self { origin, statement: Statement::Movement { movement: Box::new(movement), text } })
    }
}

impl Level {
    /// The movement that makes the ledger agree, given what it holds; `None` when it agrees already. What was never
    /// counted before comes from `variance`: an opening count is no receipt.
    #[must_use]
    pub fn movement(&self, held: Option<i64>) -> Option<Movement> {
        let pieces = i64::try_from(self.pieces).ok()?;
        let change = pieces - held.unwrap_or(0);
        let qty = Quantity::new(change.unsigned_abs()).ok()?;
        let (from, to, source) = match held {
            None => (Place::Variance, self.place.clone(), Source::Count),
            Some(_) if change < 0 => (self.place.clone(), self.taken_to.clone(), Source::Scale),
            Some(_) => (self.filled_from.clone(), self.place.clone(), Source::Scale),
        };
        let mut movement = Movement::new(self.at, self.item.clone(), qty, from, to, self.by.clone());
        movement.source = source;
        movement.clock.clone_from(&self.clock);
        Some(movement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(pieces: u64, held: Option<i64>) -> Option<(u64, String, String)> {
        let level = Level {
            at: WallTime::from_millis(0),
            clock: None,
            item: "M8".parse().unwrap(),
            place: "bin:A".parse().unwrap(),
            pieces,
            by: "scale-1".parse().unwrap(),
            taken_to: Place::Used,
            filled_from: Place::Dock,
        };
        let movement = level.movement(held)?;
        movement.act().unwrap();
        Some((movement.qty.units(), movement.from.to_string(), movement.to.to_string()))
    }

    #[test]
    fn a_level_moves_the_difference_to_what_the_ledger_holds() {
        assert_eq!(moved(88, Some(100)), Some((12, "bin:A".into(), "used".into())));
        assert_eq!(moved(150, Some(100)), Some((50, "dock".into(), "bin:A".into())));
        assert_eq!(moved(100, Some(100)), None);
        assert_eq!(moved(0, Some(3)), Some((3, "bin:A".into(), "used".into())));
        assert_eq!(moved(4, Some(-2)), Some((6, "dock".into(), "bin:A".into())), "the books were below zero");
    }

    #[test]
    fn a_first_level_is_an_opening_count_not_a_receipt() {
        assert_eq!(moved(100, None), Some((100, "variance".into(), "bin:A".into())));
        assert_eq!(moved(0, None), None);
    }

    #[test]
    fn an_origin_depends_on_where_its_parts_are_cut() {
        let key = |parts: &[&[u8]]| Origin::new(OriginKind::Id, parts, true).key;
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_eq!(Origin::kind(key(&[b"a"])), OriginKind::Id);
    }
}
