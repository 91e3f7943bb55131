//! A planner's own history, from CSV: movements or totals of buckets, unknown periods, known events.
//!
//! Owns the forms of the files (docs/demand.md) and what becomes of a row that breaks them: it is named by file and line,
//! it is not used, and the bucket it was meant for is unknown, so that nothing is lost silently. Knows no forecast.

mod amount;
mod axis;
mod event;
mod stock;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use planning::demand::{self, Bucket, BucketSize, Scope, Series, SeriesKey, Unknown, Usage, Why, Window};

pub(crate) use self::{
    amount::Amount,
    axis::{Axis, End},
    event::{EventLine, events, for_pool},
    table::{Faults, Row, RowFault, Table},
};
use crate::restock::Shelf;

/// Rows of one file: a hundred thousand items over eight years of months. More is a file that was not meant for this.
const ROWS_MAX: u64 = 10_000_000;

/// Numbered periods, at most: what planning keeps of a series.
const PERIODS_MAX: i32 = 4_000;

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) pools: Vec<Pool>,
    pub(crate) rows: u64,
    pub(crate) faults: Faults,
    /// What a reader should know beside faults.
    pub(crate) notes: Vec<String>,
}

/// Series that are counted in the same buckets and may learn from each other: a customer's.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) name: String,
    pub(crate) axis: Axis,
    /// Buckets of a season.
    pub(crate) season: usize,
    /// The day after the last that is over.
    pub(crate) today: Date,
    pub(crate) items: Vec<Item>,
}

/// One series.
#[derive(Debug)]
pub(crate) struct Item {
    /// Names it in its pool: item and, where there are several, site.
    pub(crate) id: String,
    /// In units of the last decimal; see `decimals`.
    pub(crate) series: Series,
    /// Decimals of its quantities, 0 to 3: an amount is `units / 10^decimals`.
    pub(crate) decimals: u32,
    /// Strength of events by bucket, from the series' first on; may reach beyond its end.
    pub(crate) strengths: Vec<f64>,
    /// What is there now, where somebody has said so.
    pub(crate) shelf: Option<Shelf>,
}

impl Item {
    /// What one unit of the series is in the item's units.
    pub(crate) fn unit(&self) -> f64 {
        [1.0, 0.1, 0.01, 0.001][usize::try_from(self.decimals).unwrap_or(0).min(3)]
    }
}

/// How the history is read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Size of the buckets, where the files do not say it.
    pub(crate) size: BucketSize,
    /// The last day that is over; else the last in the files.
    pub(crate) through: Option<Date>,
}

/// Why a history cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error("read {path}")]
    Read { path: PathBuf, source: csv::Error },
    #[error("{path} has no column {column}; its first line must name its columns, for example {example}")]
    Column { path: PathBuf, column: &'static str, example: &'static str },
    #[error("{path} has an unknown column {column}; docs/planning.md names them")]
    Unknown { path: PathBuf, column: String },
    #[error("{0} has neither usage.csv nor demand.csv; docs/demand.md shows both forms")]
    Nothing(PathBuf),
    #[error("{0} has usage.csv and demand.csv; keep the one that is meant")]
    Both(PathBuf),
    #[error("{path} has more than {ROWS_MAX} rows; cut it by customer or by time")]
    Long { path: PathBuf },
}

impl HistoryError {
    /// What is wrong, for readers who need not know where the hub keeps its files.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Read { source, .. } => format!("cannot be read: {source}"),
            Self::Column { column, example, .. } => {
                format!("has no column {column}; its first line must name its columns, for example {example}")
            }
            Self::Unknown { column, .. } => format!("has an unknown column {column}; docs/planning.md names them"),
            Self::Nothing(_) => "has neither usage.csv nor demand.csv".to_owned(),
            Self::Both(_) => "has usage.csv and demand.csv; keep the one that is meant".to_owned(),
            Self::Long { .. } => format!("has more than {ROWS_MAX} rows"),
        }
    }
}

/// One file's lines on their way into series.
#[derive(Debug, Default)]
struct Lines {
    /// Day, thousandths of a unit.
    used: BTreeMap<SeriesKey, Vec<(Date, i64)>>,
    decimals: BTreeMap<SeriesKey, u32>,
    unknown: Vec<Unknown>,
    strengths: BTreeMap<SeriesKey, BTreeMap<Bucket, f64>>,
}

/// Reads a folder.
///
/// # Errors
/// [`HistoryError`] where a file cannot be read or has not the columns; single rows are faults in the answer.
pub(crate) fn read(folder: &Path, reading: &Reading) -> Result<History, HistoryError> {
    let mut history = History::default();
    let (usage, demand) = (folder.join("usage.csv"), folder.join("demand.csv"));
    match (usage.is_file(), demand.is_file()) {
        (true, true) => return Err(HistoryError::Both(folder.to_owned())),
        (false, false) => return Err(HistoryError::Nothing(folder.to_owned())),
        (true, false) => movements(folder, &usage, reading, &mut history)?,
        (false, true) => totals(folder, &demand, reading, &mut history)?,
    }
    Ok(history)
}

fn movements(folder: &Path, path: &Path, reading: &Reading, history: &mut History) -> Result<(), HistoryError> {
    const EXAMPLE: &str = "customer,site,item,date,quantity";
    let mut table = Table::open(path)?;
    let [item, date, quantity] = table.needed(["item", "date", "quantity"], EXAMPLE)?;
    let [customer, site] = ["customer", "site"].map(|name| table.column(name));
    let axis = Axis::Calendar(reading.size);
    let mut pools: BTreeMap<String, Lines> = BTreeMap::new();
    while let Some(row) = table.next(&mut history.faults)? {
        history.rows += 1;
        let key =
            SeriesKey { customer: row.or(customer, "-"), site: row.or(site, "-"), item: row.get(item).to_owned() };
        if key.item.is_empty() {
            history.faults.add(&row, "item is empty");
            continue;
        }
        let lines = pools.entry(key.customer.clone()).or_default();
        let Some(day) = axis.day(row.get(date), End::First) else {
            history.faults.add(&row, format!("{:?} is no date; write 2026-11-21", row.get(date)));
            continue;
        };
        match Amount::read(row.get(quantity), table.decimal_comma()) {
            Ok(amount) => lines.add(key, day, amount),
            Err(fault) => {
                history.faults.add(&row, format!("quantity {fault}; that {} is taken as unknown", reading.size.word()));
                lines.lose(&key, axis.bucket(day));
            }
        }
    }
    for (name, mut lines) in pools {
        unknown(folder, axis, &name, &mut lines, history)?;
        if let Some(mut pool) = lines.pool(name, axis, reading.size.per_year(), reading.through) {
            stock::stock(folder, &pool.name, &mut pool.items, &mut history.faults)?;
            history.pools.push(pool);
        }
    }
    Ok(())
}

fn totals(folder: &Path, path: &Path, reading: &Reading, history: &mut History) -> Result<(), HistoryError> {
    const EXAMPLE: &str = "series_id,period,quantity";
    let kinds = kinds(folder, reading, history)?;
    let mut table = Table::open(path)?;
    let [series, period, quantity] = table.needed(["series_id", "period", "quantity"], EXAMPLE)?;
    let mut pools: BTreeMap<String, (Axis, usize, Lines)> = BTreeMap::new();
    let mut seen: BTreeMap<SeriesKey, BTreeMap<Bucket, Amount>> = BTreeMap::new();
    while let Some(row) = table.next(&mut history.faults)? {
        history.rows += 1;
        let id = row.get(series);
        if id.is_empty() {
            history.faults.add(&row, "series_id is empty");
            continue;
        }
        let kind = kinds.iter().find(|kind| id.starts_with(&kind.prefix));
        let name = kind.map_or("all", |kind| kind.name.as_str());
        let key = SeriesKey { customer: name.to_owned(), site: "-".to_owned(), item: id.to_owned() };
        let text = row.get(period);
        let (axis, _, lines) = pools.entry(name.to_owned()).or_insert_with(|| {
            let size = kind.map_or(reading.size, |kind| kind.size);
            let season = kind.map_or(size.per_year(), |kind| kind.season);
            (Axis::like(text, size), season, Lines::default())
        });
        let Some(bucket) = axis.day(text, End::First).map(|day| axis.bucket(day)) else {
            history.faults.add(&row, format!("{text:?} is no period; {}", axis.example()));
            continue;
        };
        let fault = match Amount::read(row.get(quantity), table.decimal_comma()) {
            Ok(amount) => match seen.entry(key.clone()).or_default().insert(bucket, amount) {
                None => {
                    lines.add(key, bucket.first_day(), amount);
                    continue;
                }
                Some(before) if before == amount => {
                    history.faults.add(&row, "stands here twice; counted once");
                    continue;
                }
                Some(before) => format!("says {amount} where an earlier row says {before}"),
            },
            Err(_) if row.get(quantity).is_empty() => {
                lines.lose(&key, bucket);
                continue;
            }
            Err(fault) => format!("quantity {fault}"),
        };
        history.faults.add(&row, format!("{fault}; that {} is taken as unknown", axis.size().word()));
        lines.lose(&key, bucket);
    }
    for (name, (axis, season, mut lines)) in pools {
        let missing = lines.miss(axis, seen.iter().filter(|(key, _)| key.customer == name));
        if missing > 0 {
            history.notes.push(format!(
                "{name}: {missing} {}s between the first and the last have no row and are taken as unknown; write 0 where nothing was used",
                axis.size().word()
            ));
        }
        unknown(folder, axis, &name, &mut lines, history)?;
        strengths(folder, axis, &name, &mut lines, history)?;
        if let Some(mut pool) = lines.pool(name, axis, season, reading.through) {
            stock::stock(folder, &pool.name, &mut pool.items, &mut history.faults)?;
            history.pools.push(pool);
        }
    }
    Ok(())
}

/// A line of datasets.csv: which series are counted how.
struct Kind {
    prefix: String,
    name: String,
    size: BucketSize,
    season: usize,
}

fn kinds(folder: &Path, reading: &Reading, history: &mut History) -> Result<Vec<Kind>, HistoryError> {
    let path = folder.join("datasets.csv");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let mut table = Table::open(&path)?;
    let [prefix, freq] = table.needed(["prefix", "freq"], "dataset,prefix,freq,season")?;
    let [name, season] = ["dataset", "season"].map(|name| table.column(name));
    let mut kinds = Vec::new();
    while let Some(row) = table.next(&mut history.faults)? {
        let size = match row.get(freq) {
            "D" | "day" => BucketSize::Day,
            "W" | "week" => BucketSize::Week,
            "M" | "month" => BucketSize::Month,
            other => {
                history
                    .faults
                    .add(&row, format!("freq {other:?} is none of D, W, M; taken as {}", reading.size.word()));
                reading.size
            }
        };
        let prefix = row.get(prefix).to_owned();
        let season = row.or(season, "").parse().ok().filter(|&season| season > 0).unwrap_or(size.per_year());
        kinds.push(Kind { name: row.or(name, &prefix), prefix, size, season });
    }
    Ok(kinds)
}

/// Reads unknown.csv into a pool.
fn unknown(
    folder: &Path,
    axis: Axis,
    pool: &str,
    lines: &mut Lines,
    history: &mut History,
) -> Result<(), HistoryError> {
    let path = folder.join("unknown.csv");
    if !path.is_file() {
        return Ok(());
    }
    let mut table = Table::open(&path)?;
    let [from, to] = table.needed(["from", "to"], "customer,site,item,from,to,why")?;
    let [customer, site, why] = ["customer", "site", "why"].map(|name| table.column(name));
    let item = table.column("item").or(table.column("series_id"));
    while let Some(row) = table.next(&mut history.faults)? {
        let named = |column| Some(row.or(column, "")).filter(|text| !text.is_empty() && text != "*");
        if named(customer).is_some_and(|customer| customer != pool) {
            continue;
        }
        let (Some(from), Some(to)) = (axis.day(row.get(from), End::First), axis.day(row.get(to), End::Last)) else {
            history.faults.add(&row, format!("from or to is no period; {}", axis.example()));
            continue;
        };
        if to < from {
            history.faults.add(&row, "ends before it begins");
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
        lines.unknown.push(Unknown { scope, from, to, why });
    }
    Ok(())
}

/// Reads events.csv, `series_id,period` and one number, into a pool: how strong an event was in each bucket.
fn strengths(
    folder: &Path,
    axis: Axis,
    pool: &str,
    lines: &mut Lines,
    history: &mut History,
) -> Result<(), HistoryError> {
    let path = folder.join("events.csv");
    if !path.is_file() {
        return Ok(());
    }
    let mut table = Table::open(&path)?;
    let [series, period] = table.needed(["series_id", "period"], "series_id,period,promo_days")?;
    while let Some(row) = table.next(&mut history.faults)? {
        let key = SeriesKey { customer: pool.to_owned(), site: "-".to_owned(), item: row.get(series).to_owned() };
        if !lines.used.contains_key(&key) {
            continue;
        }
        let strength: Option<f64> = row.get(2).parse().ok().filter(|strength: &f64| strength.is_finite());
        let bucket = axis.day(row.get(period), End::First).map(|day| axis.bucket(day));
        match (bucket, strength) {
            (Some(bucket), Some(strength)) => {
                lines.strengths.entry(key).or_default().insert(bucket, strength);
            }
            _ => history.faults.add(&row, "has no period or no strength"),
        }
    }
    Ok(())
}

impl Lines {
    fn add(&mut self, key: SeriesKey, day: Date, amount: Amount) {
        let decimals = self.decimals.entry(key.clone()).or_default();
        *decimals = amount.decimals().max(*decimals);
        self.used.entry(key).or_default().push((day, amount.thousandths()));
    }

    fn lose(&mut self, key: &SeriesKey, bucket: Bucket) {
        self.used.entry(key.clone()).or_default().push((bucket.first_day(), 0));
        self.unknown.push(Unknown {
            scope: Scope::only(key),
            from: bucket.first_day(),
            to: bucket.last_day(),
            why: Why::Lost,
        });
    }

    /// Buckets without a row, from a series' first to the pool's last, become unknown; says how many.
    fn miss<'a>(
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

    fn last_day(&self) -> Option<Date> {
        self.used.values().flatten().map(|(day, _)| *day).max()
    }

    fn pool(self, name: String, axis: Axis, season: usize, through: Option<Date>) -> Option<Pool> {
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

#[cfg(test)]
mod tests;
