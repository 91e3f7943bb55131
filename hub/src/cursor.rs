//! Where a reader of movements stands.
//!
//! The obvious cursor, one position for the whole hub, would tell a vendor how much the other vendors' feeds carry:
//! the jumps between two of its own movements are theirs. So a cursor names only what its reader may see, one
//! position per **strand**:
//!
//! - `plant-7/acme:2:1042`: everything of that feed's second epoch through seq 1,042;
//! - `plant-7/acme:r:3`: the first three parked movements of that feed that were replayed.
//!
//! A strand only ever grows at its end, whatever the others do: two gateways cloned from one image may write two
//! epochs of a feed at the same time, and a parked movement is applied long after its neighbours. A cursor is the list
//! of its strands, comma separated. A strand that is not in it has not been read, so the empty cursor is the
//! beginning, and a new epoch is read from its first record without anybody announcing it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::feed::FeedKey;

/// An ordered sequence of movements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Strand {
    pub(crate) feed: FeedKey,
    pub(crate) kind: StrandKind,
}

/// What orders a strand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StrandKind {
    /// The records of a feed's n-th epoch, by seq. Epochs are counted per feed, from 1.
    Epoch(u32),
    /// The feed's parked movements that were applied later, in that order, from 1.
    Replays,
}

/// A position in each strand that has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cursor(BTreeMap<Strand, u64>);

/// A text that is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor; use one that the hub gave, or an empty one for the beginning")]
pub(crate) struct CursorError;

impl Cursor {
    /// Everything through this position of the strand has been read; 0 before the first.
    pub(crate) fn position(&self, strand: &Strand) -> u64 {
        self.0.get(strand).copied().unwrap_or(0)
    }

    /// Notes that a strand has been read through a position. Never goes back.
    pub(crate) fn advance(&mut self, strand: &Strand, position: u64) {
        match self.0.get_mut(strand) {
            Some(at) => *at = position.max(*at),
            None if position > 0 => {
                self.0.insert(strand.clone(), position);
            }
            None => {}
        }
    }

    /// Every strand that has been read, and how far.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Strand, u64)> {
        self.0.iter().map(|(strand, &position)| (strand, position))
    }

    /// Forgets every strand of a feed that `keep` does not name: a cursor may be older than a grant.
    pub(crate) fn retain(&mut self, keep: impl Fn(&FeedKey) -> bool) {
        self.0.retain(|strand, _| keep(&strand.feed));
    }
}

impl fmt::Display for Strand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            StrandKind::Epoch(number) => write!(f, "{}:{number}", self.feed),
            StrandKind::Replays => write!(f, "{}:r", self.feed),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (strand, position)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{strand}:{position}")?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut cursor = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let mut fields = part.split(':');
            let (Some(feed), Some(kind), Some(position), None) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                return Err(CursorError);
            };
            let kind = match kind {
                "r" => StrandKind::Replays,
                number => StrandKind::Epoch(number.parse().map_err(|_| CursorError)?),
            };
            let strand = Strand { feed: feed.parse().map_err(|_| CursorError)?, kind };
            cursor.advance(&strand, position.parse().map_err(|_| CursorError)?);
        }
        Ok(cursor)
    }
}

#[cfg(test)]
mod tests;
