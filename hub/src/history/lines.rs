//! One file's lines on their way into series, and what is said of them beside: unknown spans, strengths of events.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::civil::Date;
use planning::demand::{self, Bucket, Scope, Series, SeriesKey, Unknown, Usage, Why, Window};

use super::{
    HistoryError, Item, Pool,
    amount::Amount,
    axis::{Axis, End},
    table::{Faults, Table},
};

/// Numbered periods, at most: what planning keeps of a series.
const PERIODS_MAX: i32 = 4_000;

/// One file's lines on their way into series.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Day, thousandths of a unit.
    used: BTreeMap<SeriesKey, Vec<(Date, i64)>>,
    decimals: BTreeMap<SeriesKey, u32>,
    unknown: Vec<Unknown>,
    strengths: BTreeMap<SeriesKey, BTreeMap<Bucket, f64>>,
}

impl Lines {
    pub(super) fn add(&mut self, key: SeriesKey, day: Date, amount: Amount) {
        let decimals = self.decimals.entry(key.clone()).or_default();
        *decimals = amount.decimals().max(*decimals);
        self.used.entry(key).or_default().push((day, amount.thousandths()));
    }

    pub(super) fn lose(&mut self, key: &SeriesKey, bucket: Bucket) {
        self.used.entry(key.clone()).or_default().push((bucket.first_day(), 0));
        self.unknown.push(Unknown {
            scope: Scope::only(key),
            from: bucket.first_day(),
            to: bucket.last_day(),
            why: Why::Lost,
        });
    }

    /// Buckets without a row, from a series' first to the pool's last, become unknown; says how many.
    pub(super) fn miss<'a>(
        &mut self,
        axis: Axis,
        seen: impl Iterator<Item = (&'a SeriesKey, &'a BTreeMap<Bucket, Amount>)>,
    ) -> usize {
        let Some(last) = self.last_day().map(|day| axis.bucket(day)) else { return 0 };
        let known: BTreeSet<(SeriesKey, Date, Date)> = self
            .unknown
            .iter()
            .filter_map(|span| {
                let Scope { customer: Some(customer), site: Some(site), item: Some(item) } = span.scope.clone() else {
                    return None;
                };
                Some((SeriesKey { customer, site, item }, span.from, span.to))
            })
            .collect();
        let mut missing = 0;
        for (key, rows) in seen {
            let Some((&first, _)) = rows.first_key_value() else { continue };
            for number in 0..=first.until(last).min(PERIODS_MAX) {
                let bucket = first.plus(number);
                let span = (key.clone(), bucket.first_day(), bucket.last_day());
                if rows.contains_key(&bucket) || known.contains(&span) {
                    continue;
                }
                missing += 1;
                let scope = Scope::only(key);
                self.unknown.push(Unknown { scope, from: span.1, to: span.2, why: Why::Declared });
            }
        }
        missing
    }

    /// Reads unknown.csv into a pool.
    pub(super) fn unknown(
        &mut self,
        folder: &Path,
        axis: Axis,
        pool: &str,
        faults: &mut Faults,
    ) -> Result<(), HistoryError> {
        let path = folder.join("unknown.csv");
        if !path.is_file() {
            return Ok(());
        }
        let mut table = Table::open(&path)?;
        let [from, to] = table.needed(["from", "to"], "customer,site,item,from,to,why")?;
        let [customer, site, why] = ["customer", "site", "why"].map(|name| table.column(name));
        let item = table.column("item").or(table.column("series_id"));
        while let Some(row) = table.next(faults)? {
            let named = |column| Some(row.or(column, "")).filter(|text| !text.is_empty() && text != "*");
            if named(customer).is_some_and(|customer| customer != pool) {
                continue;
            }
            let (Some(from), Some(to)) = (axis.day(row.get(from), End::First), axis.day(row.get(to), End::Last)) else {
                faults.add(&row, format!("from or to is no period; {}", axis.example()));
                continue;
            };
            if to < from {
                faults.add(&row, "ends before it begins");
                continue;
            }
            let why = match row.or(why, "").as_str() {
                "stock_out" => Why::StockOut,
                "stale_feed" => Why::StaleFeed,
                "not_yet_known" => Why::NotYetKnown,
                "lost" => Why::Lost,
                _ => Why::Declared,
            };
            let scope = Scope { customer: Some(pool.to_owned()), site: named(site), item: named(item) };
            self.unknown.push(Unknown { scope, from, to, why });
        }
        Ok(())
    }

    /// Reads events.csv, `series_id,period` and one number, into a pool: how strong an event was in each bucket.
    pub(super) fn strengths(
        &mut self,
        folder: &Path,
        axis: Axis,
        pool: &str,
        faults: &mut Faults,
    ) -> Result<(), HistoryError> {
        let path = folder.join("events.csv");
        if !path.is_file() {
            return Ok(());
        }
        let mut table = Table::open(&path)?;
        let [series, period] = table.needed(["series_id", "period"], "series_id,period,promo_days")?;
        while let Some(row) = table.next(faults)? {
            let key = SeriesKey { customer: pool.to_owned(), site: "-".to_owned(), item: row.get(series).to_owned() };
            if !self.used.contains_key(&key) {
                continue;
            }
            let strength: Option<f64> = row.get(2).parse().ok().filter(|strength: &f64| strength.is_finite());
            let bucket = axis.day(row.get(period), End::First).map(|day| axis.bucket(day));
            match (bucket, strength) {
                (Some(bucket), Some(strength)) => {
                    self.strengths.entry(key).or_default().insert(bucket, strength);
                }
                _ => faults.add(&row, "has no period or no strength"),
            }
        }
        Ok(())
    }

    fn last_day(&self) -> Option<Date> {
        self.used.values().flatten().map(|(day, _)| *day).max()
    }

    pub(super) fn pool(self, name: String, axis: Axis, season: usize, through: Option<Date>) -> Option<Pool> {
        let last = self.last_day()?;
        let last = if axis.is_of_totals() { axis.bucket(last).last_day() } else { last };
        let window = Window { size: axis.size(), through: through.unwrap_or(last), from: None };
        let mut items = Vec::new();
        let mut usage = Vec::new();
        for (key, used) in &self.used {
            let unit = 10_i64.pow(3 - self.decimals.get(key).copied().unwrap_or(0));
            let line = |&(day, amount): &(Date, i64)| Usage { key: key.clone(), day: Some(day), units: amount / unit };
            usage.extend(used.iter().map(line));
        }
        for (key, series) in demand::build(&usage, &self.unknown, window) {
            let strengths = self.strengths.get(&key).map(|found| reach(&series, found)).unwrap_or_default();
            let decimals = self.decimals.get(&key).copied().unwrap_or(0);
            items.push(Item { id: format!("{} / {}", key.site, key.item), decimals, series, strengths, shelf: None });
        }
        let today = window.through.tomorrow().unwrap_or(window.through);
        Some(Pool { name, axis, season, today, items })
    }
}

/// Strengths as a list from a series' first bucket on.
fn reach(series: &Series, found: &BTreeMap<Bucket, f64>) -> Vec<f64> {
    let mut list = Vec::new();
    for (bucket, strength) in found {
        let Ok(place) = usize::try_from(series.first.until(*bucket)) else { continue };
        if place < 2 * demand::BUCKETS_MAX {
            list.resize(list.len().max(place + 1), 0.0);
            list[place] = *strength;
        }
    }
    list
}
