//! When an order can be promised: lead time and calendar, and what can be made on a day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, after};

#[cfg(test)]
mod tests;

/// Days looked ahead for capacity.
const LOOK_DAYS: usize = 1_100;

/// What a place can make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Days of work.
    pub calendar: Calendar,
    /// Units on a day of work.
    pub per_day: i64,
    /// Days with another capacity; 0 is none.
    pub days: BTreeMap<Date, i64>,
    /// Days from made to received.
    pub lead_days: usize,
    /// Days on which the receiver takes in.
    pub receiving: Calendar,
}

/// A line that wants a date. One that has been promised keeps its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub line: String,
    pub quantity: i64,
    pub kept: Option<Promise>,
}

/// A promise: what is made when, and when it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub made: BTreeMap<Date, i64>,
    pub date: Date,
}

impl Capacity {
    /// Promises for lines in their order, from `today` on; `None` where capacity does not suffice in three years. What is kept is
    /// kept, so that asking again with the answers gives the same dates.
    #[must_use]
    pub fn promise(&self, today: Date, wanted: &[Wanted]) -> Vec<Option<Promise>> {
        let mut taken: BTreeMap<Date, i64> = BTreeMap::new();
        for (day, made) in wanted.iter().filter_map(|line| line.kept.as_ref()).flat_map(|kept| &kept.made) {
            *taken.entry(*day).or_default() += made;
        }
        wanted.iter().map(|line| line.kept.clone().or_else(|| self.find(today, line.quantity, &mut taken))).collect()
    }

    fn find(&self, today: Date, quantity: i64, taken: &mut BTreeMap<Date, i64>) -> Option<Promise> {
        let mut left = quantity.max(0);
        let mut made = BTreeMap::new();
        let mut last = today;
        for day in (0..LOOK_DAYS).map_while(|days| after(today, days)) {
            if left == 0 {
                break;
            }
            let of_day = self.days.get(&day).copied().unwrap_or(self.per_day);
            let free = if self.calendar.works(day) { of_day - taken.get(&day).copied().unwrap_or(0) } else { 0 };
            let take = free.clamp(0, left);
            if take > 0 {
                made.insert(day, take);
                left -= take;
                last = day;
            }
        }
        if left > 0 {
            return None;
        }
        let date = self.receiving.working_from(after(last, self.lead_days)?)?;
        for (day, made) in &made {
            *taken.entry(*day).or_default() += made;
        }
        Some(Promise { made, date })
    }
}
