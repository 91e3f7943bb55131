//! What is due to be counted, most urgent first, and why.

use std::{cmp::Ordering, fmt, time::Duration};

use gateway_proto::{name::ItemCode, place::Place, time::WallTime};
use serde::{Deserialize, Serialize};

const DAY: Duration = Duration::from_hours(24);

/// Disagreements beyond this make nothing more urgent, or one wild sensor would hold the top of the list for ever.
const DISAGREEMENTS_MAX: u32 = 6;

/// How much of a cadence a disagreement, a zero, and a level that is anybody's guess are worth.
const DISAGREEMENT_WORTH: f64 = 0.5;
const ZERO_WORTH: f64 = 0.5;
const GUESS_WORTH: f64 = 1.0;

/// How much an item matters: A the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    A,
    B,
    #[default]
    C,
}

/// How often to count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cadence {
    pub a: Duration,
    pub b: Duration,
    pub c: Duration,
    /// An empty bin is looked at when its last count is older than this.
    pub zero: Duration,
    /// So many disagreements since the last count make a bin due.
    pub disagreements: u32,
    /// A level less sure than this makes a bin due. 0 to 1.
    pub sure: f64,
}

/// What could be counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub item: ItemCode,
    pub place: Place,
    pub class: Class,
    pub last_count: Option<WallTime>,
    /// Times that scan and scale did not agree since the last count.
    pub disagreements: u32,
    /// Books or scale say that nothing is there.
    pub at_zero: bool,
    /// How sure the level is, where something says so: 0 to 1.
    pub sure: Option<f64>,
    /// What lies there, in thousandths of the currency.
    pub value: Option<u64>,
}

/// Something to count.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    pub item: ItemCode,
    pub place: Place,
    pub class: Class,
    /// Never empty; the weightiest first.
    pub why: Vec<Why>,
    /// In cadences; never counted is above all.
    pub urgency: f64,
}

/// Why something is to be counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Why {
    NeverCounted,
    Disagreed { times: u32 },
    Overdue { days: u64, cadence_days: u64 },
    AtZero,
    Unsure { sure: f64 },
}

impl Default for Cadence {
    /// Monthly what matters most, quarterly and half-yearly the rest; what should be empty weekly.
    fn default() -> Self {
        Self { a: 30 * DAY, b: 90 * DAY, c: 180 * DAY, zero: 7 * DAY, disagreements: 1, sure: 0.8 }
    }
}

impl Cadence {
    fn of(&self, class: Class) -> Duration {
        match class {
            Class::A => self.a,
            Class::B => self.b,
            Class::C => self.c,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverCounted => f.write_str("never counted"),
            Self::Disagreed { times: 1 } => f.write_str("scan and scale disagreed since the last count"),
            Self::Disagreed { times } => write!(f, "scan and scale disagreed {times} times since the last count"),
            Self::Overdue { days, cadence_days } => write!(f, "counted {days} days ago, due every {cadence_days}"),
            Self::AtZero => f.write_str("should be empty: confirm"),
            Self::Unsure { sure } => write!(f, "level is only {:.0} % sure", 100.0 * sure),
        }
    }
}

/// What is due at `now`, most urgent first: what was never counted, then by age in cadences, disagreements, zero and
/// doubt together; among equals by class, by value, by place and item.
#[must_use]
pub fn due(candidates: &[Candidate], now: WallTime, cadence: &Cadence) -> Vec<Due> {
    let mut list: Vec<(Due, u64)> = candidates
        .iter()
        .filter_map(|candidate| Some((judge(candidate, now, cadence)?, candidate.value.unwrap_or(0))))
        .collect();
    list.sort_by(|(a, a_value), (b, b_value)| {
        b.urgency
            .total_cmp(&a.urgency)
            .then(a.class.cmp(&b.class))
            .then(b_value.cmp(a_value))
            .then_with(|| Ord::cmp(&(&a.place, &a.item), &(&b.place, &b.item)))
    });
    list.into_iter().map(|(due, _)| due).collect()
}

fn judge(candidate: &Candidate, now: WallTime, cadence: &Cadence) -> Option<Due> {
    let every = cadence.of(candidate.class);
    let mut why = Vec::new();
    let mut urgency = 0.0;
    let age = candidate.last_count.map(|last| age(last, now));
    match age {
        None => {
            why.push(Why::NeverCounted);
            urgency = f64::INFINITY;
        }
        Some(age) => {
            // A cadence of nothing: always due.
            urgency += age.as_secs_f64() / every.max(Duration::from_secs(1)).as_secs_f64();
        }
    }
    let times = candidate.disagreements;
    if times > 0 {
        urgency += DISAGREEMENT_WORTH * f64::from(times.min(DISAGREEMENTS_MAX));
        if times >= cadence.disagreements {
            why.push(Why::Disagreed { times });
        }
    }
    if let Some(age) = age.filter(|age| *age >= every) {
        why.push(Why::Overdue { days: days(age), cadence_days: days(every) });
    }
    if candidate.at_zero && age.is_none_or(|age| age >= cadence.zero) {
        urgency += ZERO_WORTH;
        why.push(Why::AtZero);
    }
    // Not a number is no certainty.
    if let Some(sure) = candidate.sure.map(|sure| if sure.is_nan() { 0.0 } else { sure.clamp(0.0, 1.0) })
        && sure.total_cmp(&cadence.sure) == Ordering::Less
    {
        urgency += GUESS_WORTH * (1.0 - sure);
        why.push(Why::Unsure { sure });
    }
    let Candidate { item, place, class, .. } = candidate;
    (!why.is_empty()).then(|| Due { item: item.clone(), place: place.clone(), class: *class, why, urgency })
}

/// A count from the future, by a clock that was wrong, is one of now.
fn age(last: WallTime, now: WallTime) -> Duration {
    Duration::from_millis(u64::try_from(now.millis() - last.millis()).unwrap_or(0))
}

fn days(age: Duration) -> u64 {
    age.as_secs() / DAY.as_secs()
}

#[cfg(test)]
mod tests;
