//! What was used this month, by a clock that may jump and an agent that may be restarted.
//!
//! A month that has had its budget never gets it again, and a clock that goes back frees nothing: the bytes stay on the
//! bill. A later month gets a new budget when it is the latest ever seen, or the one that follows the current: so a clock
//! that was years ahead for an hour costs one budget and is forgotten with the next month. Between two budgets lies a day
//! of running, whatever the clock says. While no clock is trusted a month is [`RUNNING_MONTH`] of running time.

use std::{collections::VecDeque, time::Duration};

use gateway_proto::time::WallTime;
use serde::{Deserialize, Serialize};

use super::quiet::UtcOffset;

/// A month where no clock tells: the longest there is, so that it is never too short.
pub(super) const RUNNING_MONTH: Duration = Duration::from_secs(31 * 86_400);

/// Between two budgets at least, of running time: what a clock that runs wild can free.
const BETWEEN_BUDGETS: Duration = Duration::from_secs(86_400);

/// Months that are remembered as having had their budget; the earliest goes first. A year and what a wrong clock visits.
const HAD_MAX: usize = 24;

/// A month, counted from year 0.
type Period = i32;

/// The bill of the current month.
#[derive(Debug, Clone, Default)]
pub(super) struct Month {
    /// `None` until a clock was trusted.
    current: Option<Period>,
    /// Those that have had their budget, ascending.
    had: VecDeque<Period>,
    used: u64,
    /// Since the first start, restarts in between.
    running: Duration,
    /// When the current budget began, in running time; zero for the first.
    began: Duration,
    /// Budgets since this start.
    count: u64,
}

/// As it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    period: Option<Period>,
    #[serde(default)]
    had: VecDeque<Period>,
    used: u64,
    running_seconds: u64,
    #[serde(default)]
    began_seconds: u64,
}

/// The month of a wall time, where months begin on `day` at local midnight.
#[must_use]
pub(super) fn period(wall: WallTime, offset: UtcOffset, day: u8) -> Period {
    const DAY_MILLIS: i64 = 86_400_000;
    let millis = wall.millis() + offset.millis() - i64::from(day.saturating_sub(1)) * DAY_MILLIS;
    let date = jiff::Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).date();
    Period::from(date.year()) * 12 + Period::from(date.month()) - 1
}

impl Month {
    pub(super) fn of(kept: Kept) -> Self {
        let running = Duration::from_secs(kept.running_seconds);
        let mut had: Vec<Period> = kept.had.into_iter().collect();
        had.sort_unstable();
        had.dedup();
        let excess = had.len().saturating_sub(HAD_MAX);
        Self {
            current: kept.period,
            had: had.split_off(excess).into(),
            used: kept.used,
            running,
            began: Duration::from_secs(kept.began_seconds).min(running),
            count: 0,
        }
    }

    pub(super) fn to_keep(&self) -> Kept {
        Kept {
            period: self.current,
            had: self.had.clone(),
            used: self.used,
            running_seconds: self.running.as_secs(),
            began_seconds: self.began.as_secs(),
        }
    }

    pub(super) fn use_up(&mut self, bytes: u64) {
        self.used = self.used.saturating_add(bytes);
    }

    pub(super) fn run(&mut self, passed: Duration) {
        self.running = self.running.saturating_add(passed);
    }

    /// Looks at the clock; `None`: it is not trusted.
    pub(super) fn roll(&mut self, period: Option<Period>) {
        let ran = self.running.saturating_sub(self.began);
        let Some(period) = period else {
            if ran >= RUNNING_MONTH {
                self.begin();
            }
            return;
        };
        let Some(current) = self.current else {
            // The first that is known: what was used before is on its bill.
            self.stand_in(period);
            return;
        };
        if period == current {
            return;
        }
        let is_latest = self.had.back().is_none_or(|latest| period > *latest);
        let follows = current.checked_add(1) == Some(period);
        if self.had.contains(&period) || !(is_latest || follows) {
            self.stand_in(period);
        } else if self.began.is_zero() || ran >= BETWEEN_BUDGETS {
            self.stand_in(period);
            self.begin();
        }
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn running(&self) -> Duration {
        self.running
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    fn begin(&mut self) {
        self.used = 0;
        // Zero stands for the first, which any month may follow.
        self.began = self.running.max(Duration::from_secs(1));
        self.count += 1;
    }

    /// The bill goes on under this month.
    fn stand_in(&mut self, period: Period) {
        self.current = Some(period);
        let at = self.had.partition_point(|had| *had < period);
        if self.had.get(at) != Some(&period) {
            self.had.insert(at, period);
            if self.had.len() > HAD_MAX {
                self.had.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    /// Plays months, a day of running before each look, with a byte used after; says on which the bill began anew.
    fn fresh(months: &[Period]) -> Vec<usize> {
        let mut month = Month::default();
        let mut fresh = Vec::new();
        for (index, period) in months.iter().enumerate() {
            month.run(DAY);
            month.roll(Some(*period));
            if month.used() == 0 && index > 0 {
                fresh.push(index);
            }
            month.use_up(1);
        }
        fresh
    }

    #[test]
    fn each_month_has_one_budget() {
        assert_eq!(fresh(&[10, 10, 11, 11, 12]), [2, 4]);
        assert_eq!(fresh(&[10, 14, 15]), [1, 2], "switched off for months");
    }

    #[test]
    fn a_clock_that_goes_back_frees_nothing() {
        assert_eq!(fresh(&[10, 9, 10, 9, 10]), [0; 0]);
        assert_eq!(fresh(&[130, 10, 130]), [0; 0]);
    }

    #[test]
    fn a_clock_that_is_years_ahead_costs_one_budget_and_the_next_month_is_as_always() {
        assert_eq!(fresh(&[10, 130, 10, 130, 10, 130, 10]), [1]);
        assert_eq!(fresh(&[10, 130, 10, 11, 12]), [1, 3, 4]);
    }

    #[test]
    fn a_clock_that_runs_wild_frees_one_budget_a_day() {
        let mut month = Month::default();
        month.roll(Some(0));
        let mut budgets = 0;
        for minute in 1..=3 * 1_440 {
            month.use_up(1);
            month.run(Duration::from_secs(60));
            month.roll(Some(minute));
            budgets += u32::from(month.used() == 0);
        }
        assert!(budgets <= 4, "{budgets}");
    }

    #[test]
    fn without_a_trusted_clock_a_month_is_thirty_one_days_of_running() {
        let mut month = Month::default();
        month.use_up(7);
        for _ in 0..30 {
            month.run(DAY);
            month.roll(None);
        }
        assert_eq!(month.used(), 7);
        month = Month::of(month.to_keep());
        month.run(DAY);
        month.roll(None);
        assert_eq!(month.used(), 0);
    }

    #[test]
    fn months_begin_on_their_day_at_local_midnight() {
        let at = |text: &str, offset: &str, day| {
            period(WallTime::parse(text).unwrap(), offset.parse().unwrap(), day) - 2026 * 12
        };
        assert_eq!(at("2026-01-31T23:30:00Z", "Z", 1), 0);
        assert_eq!(at("2026-01-31T23:30:00Z", "+01:00", 1), 1);
        assert_eq!(at("2026-01-14T23:59:59Z", "Z", 15), -1);
        assert_eq!(at("2026-01-15T00:00:00Z", "Z", 15), 0);
        assert_eq!(at("1970-01-01T00:00:00Z", "-14:00", 28), (1969 - 2026) * 12 + 11);
    }
}
