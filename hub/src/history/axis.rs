//! How a file counts time: by dates, or by numbers of periods that no date is known of.

use jiff::civil::{Date, date};
use planning::demand::{Bucket, BucketSize};

/// Where number 1 is put: a Monday and the first of a month and year. No reader ever sees it.
const NUMBER_ONE: Date = date(2001, 1, 1);

/// How time is written in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Days of movements, summed into buckets.
    Calendar(BucketSize),
    /// Totals of buckets that are dated.
    Dated(BucketSize),
    /// Totals of periods 1, 2, 3 …
    Numbered(BucketSize),
}

/// Which end of a bucket a word for it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    First,
    Last,
}

impl Axis {
    /// The way in which a period is written; a bucket's own form says its size.
    pub(super) fn like(text: &str, size: BucketSize) -> Self {
        if text.parse::<i32>().is_ok() {
            return Self::Numbered(size);
        }
        match text.parse::<Bucket>() {
            // A date stands for the bucket it begins, unless days are asked for.
            Ok(bucket) if bucket.size() == BucketSize::Day => Self::Dated(size),
            Ok(bucket) => Self::Dated(bucket.size()),
            Err(_) => Self::Dated(size),
        }
    }

    pub(crate) fn size(self) -> BucketSize {
        let (Self::Calendar(size) | Self::Dated(size) | Self::Numbered(size)) = self;
        size
    }

    pub(super) fn is_of_totals(self) -> bool {
        !matches!(self, Self::Calendar(_))
    }

    pub(super) fn bucket(self, day: Date) -> Bucket {
        Bucket::of(day, self.size())
    }

    /// The day that a text means: a date, or an end of a week, month or numbered period.
    pub(crate) fn day(self, text: &str, end: End) -> Option<Date> {
        let bucket = match self {
            Self::Numbered(size) => {
                let number: i32 = text.parse().ok().filter(|number| (-100_000..=100_000).contains(number))?;
                Bucket::of(NUMBER_ONE, size).plus(number - 1)
            }
            Self::Calendar(_) | Self::Dated(_) => text.parse().ok()?,
        };
        Some(match end {
            End::First => bucket.first_day(),
            End::Last => bucket.last_day(),
        })
    }

    /// What a bucket is called.
    pub(crate) fn label(self, bucket: Bucket) -> String {
        match self {
            Self::Calendar(_) | Self::Dated(_) => bucket.to_string(),
            Self::Numbered(size) => (Bucket::of(NUMBER_ONE, size).until(bucket) + 1).to_string(),
        }
    }

    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Calendar(_) | Self::Dated(_) => "write 2026-11-21, 2026-W47 or 2026-11",
            Self::Numbered(_) => "write its number, as in the first row",
        }
    }
}
