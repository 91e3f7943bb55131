//! From a feed's movements to demand: the site's own days, what nobody can know, and series.
//!
//! - Usage is what `Movement::usage` says; a correction counts on the day of what it corrects, since that usage never was.
//! - A movement made by a clock that was not trusted, and not corrected since, is counted in no bucket.
//! - Days after the hub last heard of the site are unknown, and so are days whose records the site declared lost.
//! - An item is known from its first movement on. Days on which nothing of it was there to be taken, from the day after the
//!   last was taken to the day before the next came, are stock-outs; where the books ever went below nothing, or records were
//!   lost, they say nothing about stock and no stock-out is read from them.
//!
//! Pure. Knows neither the store nor forecasts.

use std::collections::{BTreeMap, HashMap};

use gateway_proto::time::WallTime;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use planning::demand::{BucketSize, Scope, Series, SeriesKey, Unknown, Usage, Why, Window, build};

use crate::{
    feed::FeedKey,
    store::{Hole, Moved, Past},
};

/// The key of an item's series. A hub knows no customers: a feed of a site stands for one, and nothing is learned across.
pub(crate) fn series_key(feed: &FeedKey, item: &str) -> SeriesKey {
    SeriesKey { customer: feed.name.to_string(), site: feed.site.to_string(), item: item.to_owned() }
}

/// The site's date at a time.
pub(crate) fn local(at: WallTime, zone: &TimeZone) -> Date {
    let timestamp = Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    timestamp.to_zoned(zone.clone()).date()
}

/// Every item of a feed, by its code.
pub(crate) fn demand(
    feed: &FeedKey,
    past: &Past,
    zone: &TimeZone,
    size: BucketSize,
    now: WallTime,
) -> BTreeMap<SeriesKey, Series> {
    let through = before(local(now, zone));
    let mut usage = Vec::new();
    let mut unknown = wide(feed, past, zone, through);
    for (item, moves) in &past.items {
        let key = series_key(feed, item);
        let times: HashMap<_, _> = moves.iter().map(|moved| (moved.name, moved.at)).collect();
        let first = moves.iter().filter_map(|moved| moved.at).min();
        // A line of nothing makes the item known from the day it was first moved.
        usage.extend(first.map(|at| Usage { key: key.clone(), day: Some(local(at, zone)), units: 0 }));
        for moved in moves.iter().filter(|moved| moved.usage != 0) {
            let at = moved.corrects.and_then(|corrected| times.get(&corrected).copied()).unwrap_or(moved.at);
            usage.push(Usage { key: key.clone(), day: at.map(|at| local(at, zone)), units: moved.usage });
        }
        if past.holes.is_empty() && !past.is_cut {
            let span = |(from, to)| Unknown { scope: Scope::only(&key), from, to, why: Why::StockOut };
            unknown.extend(stock_outs(moves, zone, through).into_iter().map(span));
        }
    }
    build(&usage, &unknown, Window { size, through, from: None })
}

/// What is unknown of every item of the feed.
fn wide(feed: &FeedKey, past: &Past, zone: &TimeZone, through: Date) -> Vec<Unknown> {
    let scope = || Scope { customer: Some(feed.name.to_string()), site: Some(feed.site.to_string()), item: None };
    let mut unknown = Vec::new();
    if let Some(from) = past.known_until.map(|at| local(at, zone)).filter(|from| *from <= through) {
        // Of the day itself only a part is known.
        unknown.push(Unknown { scope: scope(), from, to: through, why: Why::StaleFeed });
    }
    for Hole { after, before } in &past.holes {
        let from = after.map_or(Date::MIN, |at| local(at, zone));
        let to = before.map_or(through, |at| local(at, zone));
        if from <= to {
            unknown.push(Unknown { scope: scope(), from, to, why: Why::Lost });
        }
    }
    let oldest = past.items.values().flatten().filter_map(|moved| moved.at).min();
    if let Some(oldest) = oldest.filter(|_| past.is_cut) {
        // The oldest that was read may be in the middle of its day.
        unknown.push(Unknown { scope: scope(), from: Date::MIN, to: local(oldest, zone), why: Why::NotYetKnown });
    }
    unknown
}

/// Whole days without stock, first and last.
fn stock_outs(moves: &[Moved], zone: &TimeZone, through: Date) -> Vec<(Date, Date)> {
    let mut dated = Vec::with_capacity(moves.len());
    for moved in moves {
        let Some(at) = moved.at else { return Vec::new() };
        dated.push((at, moved.name, moved.stock));
    }
    dated.sort_unstable();
    let mut outs = Vec::new();
    let mut held = 0_i64;
    let mut empty_since: Option<Date> = None;
    for (at, _, change) in dated.into_iter().filter(|(_, _, change)| *change != 0) {
        let day = local(at, zone);
        if held == 0
            && let Some(since) = empty_since.take()
        {
            outs.push((after(since), before(day)));
        }
        held = held.saturating_add(change);
        match held {
            ..0 => return Vec::new(),
            0 => empty_since = Some(day),
            1.. => {}
        }
    }
    outs.extend(empty_since.map(|since| (after(since), through)));
    outs.retain(|(from, to)| from <= to);
    outs
}

fn before(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}

fn after(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

#[cfg(test)]
mod tests;
