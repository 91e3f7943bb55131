//! Demand: what was used, per customer, site, item and bucket, with what is unknown kept apart from zero.
//!
//! Takes dated usage and spans of days of which nothing is known; gives series whose every bucket says how much is known
//! of it. Owns the buckets, the rule that scales a bucket that is partly unknown, the marks (outliers, level shifts), the
//! quality score and known events. Marks never change a value: whoever forecasts decides what to do about them.
//!
//! Must not know ledgers, feeds, files, clocks or time zones: a date is the site's own, worked out by the caller.

mod bucket;
mod event;
mod mark;
mod quality;
mod series;
mod unknown;
mod usage;

pub use self::{
    bucket::{Bucket, BucketError, BucketSize},
    event::{Adjustment, Effect, EventError, Items, KnownEvent, Overridden, Step, override_by},
    mark::{Mark, Shift},
    quality::{Deduction, Flaw, Quality, Verdict},
    series::{BUCKETS_MAX, Cell, Returned, Series, Window, build},
    unknown::{Scope, Unknown, Why},
    usage::{SeriesKey, Usage},
};

#[cfg(test)]
mod tests;
