//! Days on which work is done.

use std::collections::BTreeSet;

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

/// Days looked ahead for one that works: longer no place is closed without its calendar being wrong.
const LOOK_DAYS: usize = 800;

/// A week's working days and what is closed beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Monday first.
    week: [Day; 7],
    closed: BTreeSet<Date>,
}

/// What is done on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Working,
    Closed,
}

impl Calendar {
    /// Work every day.
    #[must_use]
    pub fn every_day() -> Self {
        Self { week: [Day::Working; 7], closed: BTreeSet::new() }
    }

    /// Monday to Friday but on these days.
    #[must_use]
    pub fn weekdays(closed: impl IntoIterator<Item = Date>) -> Self {
        let mut week = [Day::Working; 7];
        week[5] = Day::Closed;
        week[6] = Day::Closed;
        Self { week, closed: closed.into_iter().collect() }
    }

    /// This calendar with more closed days.
    #[must_use]
    pub fn but(mut self, closed: impl IntoIterator<Item = Date>) -> Self {
        self.closed.extend(closed);
        self
    }

    #[must_use]
    pub fn day(&self, date: Date) -> Day {
        let of_week = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        if self.closed.contains(&date) { Day::Closed } else { self.week.get(of_week).copied().unwrap_or(Day::Closed) }
    }

    #[must_use]
    pub fn works(&self, date: Date) -> bool {
        self.day(date) == Day::Working
    }

    /// The first working day from `date` on; `None` if there is none in two years.
    #[must_use]
    pub fn working_from(&self, date: Date) -> Option<Date> {
        (0..LOOK_DAYS).map_while(|days| after(date, days)).find(|day| self.works(*day))
    }

    /// The last working day up to `date`; `None` if there is none in two years.
    #[must_use]
    pub fn working_upto(&self, date: Date) -> Option<Date> {
        (0..LOOK_DAYS).map_while(|days| before(date, days)).find(|day| self.works(*day))
    }
}

/// So many days after a date; `None` past the end of dates.
#[must_use]
pub fn after(date: Date, days: usize) -> Option<Date> {
    date.checked_add(Span::new().try_days(i64::try_from(days).ok()?).ok()?).ok()
}

/// So many days before a date; `None` before the begin of dates.
#[must_use]
pub fn before(date: Date, days: usize) -> Option<Date> {
    date.checked_sub(Span::new().try_days(i64::try_from(days).ok()?).ok()?).ok()
}

/// Days from one date to another; 0 if that is not after it.
#[must_use]
pub fn days_between(from: Date, to: Date) -> usize {
    usize::try_from(to.duration_since(from).as_hours() / 24).unwrap_or(0)
}
