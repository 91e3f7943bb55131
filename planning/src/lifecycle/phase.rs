//! Where an item is in its life, and what that does to a forecast.

use serde::{Deserialize, Serialize};

/// An item's place in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Too short a history of its own.
    New,
    Growth,
    Mature,
    Decline,
    /// An end is agreed.
    EndOfLife,
}

/// Periods of history under which an item is new.
pub const NEW_UNDER: usize = 6;

/// A later half that is this much above (or its inverse below) the earlier one is growth (or decline).
pub const CHANGE_RATIO: f64 = 1.25;

/// The phase that a history shows; an agreed end wins over it.
#[must_use]
pub fn phase(history: &[f64], ends: Option<u32>) -> Phase {
    if ends.is_some() {
        return Phase::EndOfLife;
    }
    if history.len() < NEW_UNDER {
        return Phase::New;
    }
    let (earlier, later) = history.split_at(history.len() / 2);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let (earlier, later) = (mean(earlier), mean(later));
    if later > earlier * CHANGE_RATIO {
        Phase::Growth
    } else if later * CHANGE_RATIO < earlier {
        Phase::Decline
    } else {
        Phase::Mature
    }
}

/// A new item's demand, borrowed from a like item: its first periods times a ratio, replaced by the item's own mean as its history
/// grows: after `k` of [`NEW_UNDER`] own periods the own mean weighs `k/6`.
#[must_use]
pub fn borrow(like: &[f64], ratio: f64, own: &[f64], periods: usize) -> Vec<f64> {
    let ratio = if ratio >= 0.0 && ratio.is_finite() { ratio } else { 0.0 };
    let last = like.last().copied().unwrap_or(0.0);
    let weight = (own.len() as f64 / NEW_UNDER as f64).min(1.0);
    let own_mean = own.iter().sum::<f64>() / own.len().max(1) as f64;
    let lent = (own.len()..).map(|age| like.get(age).copied().unwrap_or(last) * ratio);
    lent.take(periods).map(|lent| weight * own_mean + (1.0 - weight) * lent).collect()
}

/// A forecast that ends: as it is before `from`, then in equal steps to zero at `end` and after (periods counted from 0).
#[must_use]
pub fn phase_out(forecast: &[f64], from: usize, end: usize) -> Vec<f64> {
    let steps = end.saturating_sub(from) as f64;
    let part = |period: usize| {
        if period >= end {
            0.0
        } else if period < from {
            1.0
        } else {
            (end - period) as f64 / (steps + 1.0)
        }
    };
    forecast.iter().enumerate().map(|(period, base)| base * part(period)).collect()
}
