//! Buckets of time: a day, an ISO 8601 week (Monday to Sunday) or a calendar month of the site.

use std::{fmt, str::FromStr};

use jiff::{ToSpan as _, civil::Date, civil::ISOWeekDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BucketSize {
    Day,
    /// ISO 8601: Monday to Sunday, belonging to the year of its Thursday.
    Week,
    Month,
}

/// One bucket. Written `2026-11-21`, `2026-W47` or `2026-11`; buckets of one size are ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    start: Date,
    size: BucketSize,
}

/// A text that names no bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no day, week or month; write 2026-11-21, 2026-W47 or 2026-11")]
pub struct BucketError(pub String);

impl BucketSize {
    /// Buckets in a year, rounded: the length of a season.
    #[must_use]
    pub fn per_year(self) -> usize {
        match self {
            Self::Day => 365,
            Self::Week => 52,
            Self::Month => 12,
        }
    }

    /// `day`, `week`, `month`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl FromStr for BucketSize {
    type Err = BucketError;

    fn from_str(text: &str) -> Result<Self, BucketError> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err(BucketError(text.to_owned())),
        }
    }
}

impl Bucket {
    /// The bucket that a day lies in.
    #[must_use]
    pub fn of(day: Date, size: BucketSize) -> Self {
        let start = match size {
            BucketSize::Day => day,
            BucketSize::Week => plus_days(day, -i32::from(day.weekday().to_monday_zero_offset())),
            BucketSize::Month => day.first_of_month(),
        };
        Self { start, size }
    }

    #[must_use]
    pub fn size(self) -> BucketSize {
        self.size
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        self.start
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Date {
        match self.size {
            BucketSize::Day => self.start,
            BucketSize::Week => plus_days(self.start, 6),
            BucketSize::Month => self.start.last_of_month(),
        }
    }

    /// Days in it.
    #[must_use]
    pub fn days(self) -> u32 {
        days_between(self.start, self.last_day()).unsigned_abs() + 1
    }

    /// The bucket so many later, or earlier; stays at the ends of the calendar (years -9999 and 9999).
    #[must_use]
    pub fn plus(self, buckets: i32) -> Self {
        let start = match self.size {
            BucketSize::Day => plus_days(self.start, buckets),
            BucketSize::Week => plus_days(self.start, buckets.saturating_mul(7)),
            BucketSize::Month => plus_months(self.start, buckets),
        };
        Self::of(start, self.size)
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// Buckets from this one to another of the same size; negative where that one is earlier.
    #[must_use]
    pub fn until(self, other: Self) -> i32 {
        match self.size {
            BucketSize::Day => days_between(self.start, other.start),
            BucketSize::Week => days_between(self.start, other.start) / 7,
            BucketSize::Month => {
                (i32::from(other.start.year()) - i32::from(self.start.year())) * 12 + i32::from(other.start.month())
                    - i32::from(self.start.month())
            }
        }
    }

    /// Days that it shares with `from..=to`.
    #[must_use]
    pub fn overlap(self, from: Date, to: Date) -> u32 {
        let (from, to) = (from.max(self.first_day()), to.min(self.last_day()));
        if from > to { 0 } else { days_between(from, to).unsigned_abs() + 1 }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            BucketSize::Day => write!(f, "{}", self.start),
            BucketSize::Week => {
                let week = self.start.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            BucketSize::Month => write!(f, "{:04}-{:02}", self.start.year(), self.start.month()),
        }
    }
}

impl FromStr for Bucket {
    type Err = BucketError;

    fn from_str(text: &str) -> Result<Self, BucketError> {
        let error = || BucketError(text.to_owned());
        let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
        let (year, rest) = text.split_once('-').filter(|(year, _)| is_number(year, 4)).ok_or_else(error)?;
        let year: i16 = year.parse().map_err(|_| error())?;
        if let Some(week) = rest.strip_prefix('W').filter(|week| is_number(week, 2)) {
            let week = week.parse().map_err(|_| error())?;
            let start = ISOWeekDate::new(year, week, jiff::civil::Weekday::Monday).map_err(|_| error())?;
            return Ok(Self { start: start.date(), size: BucketSize::Week });
        }
        if is_number(rest, 2) {
            let month = rest.parse().map_err(|_| error())?;
            let start = Date::new(year, month, 1).map_err(|_| error())?;
            return Ok(Self { start, size: BucketSize::Month });
        }
        if text.len() != 10 {
            return Err(error());
        }
        let start = text.parse().map_err(|_| error())?;
        Ok(Self { start, size: BucketSize::Day })
    }
}

impl Serialize for Bucket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bucket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

pub(super) fn plus_days(day: Date, days: i32) -> Date {
    let end = if days < 0 { Date::MIN } else { Date::MAX };
    // A span holds up to 19,998 years; beyond that the calendar has ended anyway.
    if days.unsigned_abs() > 7_300_000 { end } else { day.checked_add(days.days()).unwrap_or(end) }
}

fn plus_months(day: Date, months: i32) -> Date {
    let end = if months < 0 { Date::MIN } else { Date::MAX };
    if months.unsigned_abs() > 239_000 { end } else { day.checked_add(months.months()).unwrap_or(end) }
}

pub(super) fn days_between(from: Date, to: Date) -> i32 {
    // The difference of two dates is in days unless asked otherwise.
    (to - from).get_days()
}
