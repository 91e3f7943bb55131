//! What is there and coming, and what one look at it orders.

/// Stock as ordering sees it, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Usable: neither quarantined nor expired nor somebody else's.
    pub on_hand: i64,
    /// Acknowledged or in transit.
    pub on_order: i64,
    pub allocated: i64,
    pub backordered: i64,
}

impl Position {
    /// On hand and on order, less what is allocated and what waits.
    #[must_use]
    pub fn level(&self) -> i64 {
        self.on_hand.saturating_add(self.on_order).saturating_sub(self.allocated).saturating_sub(self.backordered)
    }
}

/// In what quantities an item may be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lots {
    minimum: i64,
    multiple: i64,
}

impl Lots {
    /// At least `minimum`, in whole `multiple`s; what is below 0 or 1 counts as that.
    #[must_use]
    pub fn new(minimum: i64, multiple: i64) -> Self {
        Self { minimum: minimum.max(0), multiple: multiple.max(1) }
    }

    /// The multiple of a pack that is ordered in multiples: the least both divide.
    #[must_use]
    pub fn in_packs(minimum: i64, multiple: i64, pack: i64) -> Self {
        let (multiple, pack) = (multiple.max(1), pack.max(1));
        let (mut a, mut b) = (multiple, pack);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self::new(minimum, (multiple / a).saturating_mul(pack))
    }

    #[must_use]
    pub fn minimum(&self) -> i64 {
        self.minimum
    }

    #[must_use]
    pub fn multiple(&self) -> i64 {
        self.multiple
    }

    /// The least orderable quantity of at least `wanted > 0`; 0 for nothing wanted.
    #[must_use]
    pub fn up(&self, wanted: i64) -> i64 {
        if wanted <= 0 {
            return 0;
        }
        let wanted = wanted.max(self.minimum);
        let packs = wanted / self.multiple + i64::from(wanted % self.multiple != 0);
        packs.checked_mul(self.multiple).unwrap_or((i64::MAX / self.multiple) * self.multiple)
    }

    /// The greatest orderable quantity of at most `room`; 0 where the minimum does not fit.
    #[must_use]
    pub fn down(&self, room: i64) -> i64 {
        let fits = room.max(0) / self.multiple * self.multiple;
        if fits < self.minimum { 0 } else { fits }
    }
}

/// `max(0, S - position)`, rounded up to what may be ordered.
#[must_use]
pub fn order_up_to(position: i64, level: i64, lots: Lots) -> i64 {
    lots.up(level.saturating_sub(position))
}

/// Min/max: at or below `min`, up to `max` by what may be ordered. Rounding up may pass `max`.
#[must_use]
pub fn min_max(position: i64, min: i64, max: i64, lots: Lots) -> i64 {
    // a position at min orders even where max is not above it: the minimum order then
    if position <= min { lots.up(max.saturating_sub(position).max(lots.minimum).max(0)) } else { 0 }
}
