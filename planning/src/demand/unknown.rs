//! Days of which it is not known what would have been used. Unknown is never zero.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    bucket::{Bucket, plus_days},
    usage::SeriesKey,
};

/// Why nothing is known of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There was nothing to take: demand may have been there and was not served.
    StockOut,
    /// The site has not been heard of since.
    StaleFeed,
    /// The item or the site was not there yet, or nobody had told of it.
    NotYetKnown,
    /// The site declared records of these days lost.
    Lost,
    /// The site did not trust its clock, and what was used then may lie on any of these days.
    ClockUntrusted,
    /// A planner said so.
    Declared,
}

/// Days of which nothing is known, for everything in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    pub scope: Scope,
    pub from: Date,
    /// The last day, included.
    pub to: Date,
    pub why: Why,
}

/// Which series are meant; `None` means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    pub customer: Option<String>,
    pub site: Option<String>,
    pub item: Option<String>,
}

impl Why {
    /// For people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::StockOut => "stock-out",
            Self::StaleFeed => "not heard of the site",
            Self::NotYetKnown => "not there yet",
            Self::Lost => "records lost",
            Self::ClockUntrusted => "clock not trusted",
            Self::Declared => "said to be unknown",
        }
    }
}

impl Scope {
    /// Exactly one series.
    #[must_use]
    pub fn only(key: &SeriesKey) -> Self {
        Self { customer: Some(key.customer.clone()), site: Some(key.site.clone()), item: Some(key.item.clone()) }
    }

    #[must_use]
    pub fn covers(&self, key: &SeriesKey) -> bool {
        let is = |wanted: &Option<String>, found: &String| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.customer, &key.customer) && is(&self.site, &key.site) && is(&self.item, &key.item)
    }

    /// The one series that is meant, where it is one.
    pub(super) fn key(&self) -> Option<SeriesKey> {
        match (&self.customer, &self.site, &self.item) {
            (Some(customer), Some(site), Some(item)) => {
                Some(SeriesKey { customer: customer.clone(), site: site.clone(), item: item.clone() })
            }
            _ => None,
        }
    }
}

/// Unknown days of one series, each day once, in order.
#[derive(Debug, Default)]
pub(super) struct Days(Vec<(Date, Date, Why)>);

impl Days {
    /// Where spans overlap, a day has the reason of the one that began first, then of the first in the order of [`Why`].
    pub(super) fn of<'a>(spans: impl Iterator<Item = &'a Unknown>) -> Self {
        let mut spans: Vec<_> = spans.map(|span| (span.from, span.to, span.why)).collect();
        spans.sort_by_key(|&(from, to, why)| (from, why, to));
        let mut days: Vec<(Date, Date, Why)> = Vec::with_capacity(spans.len());
        for (from, to, why) in spans {
            let from = match days.last() {
                Some(&(_, last, _)) if last >= from && last == Date::MAX => continue,
                Some(&(_, last, _)) if last >= from => plus_days(last, 1),
                _ => from,
            };
            if from <= to {
                days.push((from, to, why));
            }
        }
        Self(days)
    }

    /// How many days of a bucket are unknown, and why most of them are.
    pub(super) fn within(&self, bucket: Bucket) -> Option<(u32, Why)> {
        let first = self.0.partition_point(|&(_, to, _)| to < bucket.first_day());
        let mut count = 0;
        let mut most = None;
        for &(from, to, why) in self.0[first..].iter().take_while(|&&(from, _, _)| from <= bucket.last_day()) {
            let days = bucket.overlap(from, to);
            count += days;
            if most.is_none_or(|(most, _)| days > most) {
                most = Some((days, why));
            }
        }
        most.map(|(_, why)| (count, why))
    }
}
