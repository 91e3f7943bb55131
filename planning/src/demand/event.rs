//! Known events: what a person knows and no history can. The base forecast is kept beside what they make of it.
//!
//! In a bucket where several apply: absolute ones first, then percentages, then units; within one kind in the order in
//! which they were entered, then by id. So a percentage is of the base or of the absolute amount, never of added units,
//! and of two absolute ones the later entered stands. Where an event covers part of a bucket's days, it acts on that part.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    bucket::{Bucket, days_between},
    usage::SeriesKey,
};

/// A known event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownEvent {
    pub id: String,
    /// `None` means every site.
    #[serde(default)]
    pub site: Option<String>,
    #[serde(default)]
    pub items: Items,
    pub from: Date,
    /// The last day, included.
    pub to: Date,
    pub effect: Effect,
    pub author: String,
    pub reason: String,
    /// Orders events of one kind; the later one has the higher number.
    #[serde(default)]
    pub entered: u64,
}

/// Which items an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    #[default]
    All,
    Only(BTreeSet<String>),
}

/// What an event does to demand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The demand of the covered days is this, over all of them together.
    Absolute(f64),
    /// So many percent more, or less where negative.
    Percent(f64),
    /// So many units more, or less where negative, over all covered days together.
    Units(f64),
}

/// Why an event cannot stand.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EventError {
    #[error("event {0} ends before it begins")]
    Ends(String),
    #[error("event {0} takes away more than 100 %")]
    BelowNothing(String),
    #[error("event {0} has a negative absolute demand")]
    Negative(String),
    #[error("event {0} has an amount that is no number")]
    NoNumber(String),
    #[error("event {0} has no author or no reason; give both")]
    Unsigned(String),
    #[error("two events are called {0}")]
    Twice(String),
}

/// One bucket of a forecast and what events make of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overridden {
    pub bucket: Bucket,
    /// The forecast without events.
    pub base: f64,
    pub demand: f64,
    /// What takes a value of the base's distribution to one of this.
    pub adjustment: Adjustment,
    pub steps: Vec<Step>,
}

/// What one event did to one bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub event: String,
    pub author: String,
    pub reason: String,
    pub effect: Effect,
    pub before: f64,
    pub after: f64,
}

/// `x → max(0, scale·x + shift)`: what events make of the mean and of every quantile alike, so that quantiles keep their
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    pub scale: f64,
    pub shift: f64,
}

impl KnownEvent {
    /// Checks one event.
    ///
    /// # Errors
    /// [`EventError`], which names the event.
    pub fn check(&self) -> Result<(), EventError> {
        let id = || self.id.clone();
        if self.to < self.from {
            return Err(EventError::Ends(id()));
        }
        if self.author.trim().is_empty() || self.reason.trim().is_empty() {
            return Err(EventError::Unsigned(id()));
        }
        let (Effect::Absolute(amount) | Effect::Percent(amount) | Effect::Units(amount)) = self.effect;
        if !amount.is_finite() {
            return Err(EventError::NoNumber(id()));
        }
        match self.effect {
            Effect::Absolute(amount) if amount < 0.0 => Err(EventError::Negative(id())),
            Effect::Percent(percent) if percent < -100.0 => Err(EventError::BelowNothing(id())),
            Effect::Absolute(_) | Effect::Percent(_) | Effect::Units(_) => Ok(()),
        }
    }

    /// Whether it is about a series.
    #[must_use]
    pub fn is_about(&self, key: &SeriesKey) -> bool {
        self.site.as_ref().is_none_or(|site| *site == key.site)
            && match &self.items {
                Items::All => true,
                Items::Only(items) => items.contains(&key.item),
            }
    }

    /// Whether it covers any day of a bucket.
    #[must_use]
    pub fn covers(&self, bucket: Bucket) -> bool {
        bucket.overlap(self.from, self.to) > 0
    }

    fn order(&self) -> (u8, u64, &str) {
        let kind = match self.effect {
            Effect::Absolute(_) => 0,
            Effect::Percent(_) => 1,
            Effect::Units(_) => 2,
        };
        (kind, self.entered, &self.id)
    }
}

impl Adjustment {
    /// Changes nothing.
    pub const NONE: Self = Self { scale: 1.0, shift: 0.0 };

    /// A value of the base's distribution, adjusted.
    #[must_use]
    pub fn of(self, value: f64) -> f64 {
        self.scale.mul_add(value, self.shift).max(0.0)
    }

    /// The adjustment of the sum of several buckets, given the base mean of each: scales weigh by what they scale.
    #[must_use]
    pub fn over(parts: &[(f64, Self)]) -> Self {
        let whole: f64 = parts.iter().map(|(mean, _)| mean).sum();
        let scaled: f64 = parts.iter().map(|(mean, part)| part.scale * mean).sum();
        #[expect(clippy::cast_precision_loss, reason = "a few buckets")]
        let plain = parts.iter().map(|(_, part)| part.scale).sum::<f64>() / parts.len().max(1) as f64;
        let scale = if whole > 0.0 { scaled / whole } else { plain };
        Self { scale, shift: parts.iter().map(|(_, part)| part.shift).sum() }
    }
}

/// Applies events to the base forecast of a series, bucket by bucket. A bucket that no event covers keeps its base to the
/// last bit, and without an event everything is as before it was entered.
///
/// # Errors
/// [`EventError`] where an event breaks a rule or two have one id; then nothing is applied.
pub fn override_by(
    key: &SeriesKey,
    base: &[(Bucket, f64)],
    events: &[KnownEvent],
) -> Result<Vec<Overridden>, EventError> {
    let mut ids = BTreeSet::new();
    for event in events {
        event.check()?;
        if !ids.insert(&event.id) {
            return Err(EventError::Twice(event.id.clone()));
        }
    }
    let mut meant: Vec<_> = events.iter().filter(|event| event.is_about(key)).collect();
    meant.sort_by_key(|event| event.order());
    Ok(base.iter().map(|&(bucket, base)| one(bucket, base, &meant)).collect())
}

fn one(bucket: Bucket, base: f64, events: &[&KnownEvent]) -> Overridden {
    let mut adjustment = Adjustment::NONE;
    let mut demand = base;
    let mut steps = Vec::new();
    for event in events.iter().filter(|event| event.covers(bucket)) {
        let covered = f64::from(bucket.overlap(event.from, event.to));
        let of_bucket = covered / f64::from(bucket.days());
        let of_event = covered / f64::from(days_between(event.from, event.to).unsigned_abs() + 1);
        let before = demand;
        adjustment = match event.effect {
            Effect::Absolute(amount) => {
                let wanted = demand.mul_add(1.0 - of_bucket, amount * of_event);
                // The spread of the base is kept in proportion where it has any.
                if base > 0.0 {
                    Adjustment { scale: wanted / base, shift: 0.0 }
                } else {
                    Adjustment { scale: 0.0, shift: wanted }
                }
            }
            Effect::Percent(percent) => {
                let factor = 1.0 + percent / 100.0 * of_bucket;
                Adjustment { scale: adjustment.scale * factor, shift: adjustment.shift * factor }
            }
            Effect::Units(units) => Adjustment { shift: adjustment.shift + units * of_event, ..adjustment },
        };
        demand = adjustment.of(base);
        steps.push(Step {
            event: event.id.clone(),
            author: event.author.clone(),
            reason: event.reason.clone(),
            effect: event.effect,
            before,
            after: demand,
        });
    }
    Overridden { bucket, base, demand, adjustment, steps }
}
