//! Items that do not move.

/// Days without an issue after which stock does not move at all.
pub const NON_MOVING_DAYS: i64 = 180;

/// An item younger than this many days is neither.
pub const NEW_DAYS: i64 = 90;

/// Over so many days usage is summed.
pub const USAGE_DAYS: f64 = 180.0;

/// How an item moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    NoStock,
    NonMoving,
    Slow,
    Moving,
}

impl Movement {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoStock => "no_stock",
            Self::NonMoving => "non_moving",
            Self::Slow => "slow",
            Self::Moving => "moving",
        }
    }
}

/// An item as of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    pub on_hand: f64,
    /// Since the last issue; `None` if there was none.
    pub days_since_issue: Option<i64>,
    pub usage_180_days: f64,
    /// Since the item was first there; `None` where that is not known.
    pub age_days: Option<i64>,
}

/// Non-moving: stock, and no issue for [`NON_MOVING_DAYS`]. Slow: none for `no_move_days`, or stock for more than `cover_max_days` at the
/// rate of [`USAGE_DAYS`]. New items are exempt.
#[must_use]
pub fn classify(item: Held, no_move_days: i64, cover_max_days: f64) -> Movement {
    if item.on_hand <= 0.0 {
        return Movement::NoStock;
    }
    if item.age_days.is_some_and(|age| age < NEW_DAYS) {
        return Movement::Moving;
    }
    let idle = |days: i64| item.days_since_issue.is_none_or(|since| since >= days);
    if idle(NON_MOVING_DAYS) {
        Movement::NonMoving
    } else if idle(no_move_days) || item.on_hand * USAGE_DAYS > cover_max_days * item.usage_180_days {
        Movement::Slow
    } else {
        Movement::Moving
    }
}
