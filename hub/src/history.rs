//! A planner's own history, from CSV: movements or totals of buckets, unknown periods, known events.
//!
//! Owns the forms of the files (docs/demand.md) and what becomes of a row that breaks them: it is named by file and line,
//! it is not used, and the bucket it was meant for is unknown, so that nothing is lost silently. Knows no forecast.

mod amount;
mod axis;
mod error;
mod event;
mod lines;
mod stock;
mod table;

use std::{collections::BTreeMap, path::Path};

use jiff::civil::Date;
use planning::demand::{Bucket, BucketSize, Series, SeriesKey};

use self::lines::Lines;
pub(crate) use self::{
    amount::Amount,
    axis::{Axis, End},
    error::HistoryError,
    event::{EventLine, events, for_pool},
    table::{Faults, Row, RowFault, Table},
};
use crate::restock::Shelf;

/// Rows of one file: a hundred thousand items over eight years of months. More is a file that was not meant for this.
const ROWS_MAX: u64 = 10_000_000;

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
        lines.unknown(folder, axis, &name, &mut history.faults)?;
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
        lines.unknown(folder, axis, &name, &mut history.faults)?;
        lines.strengths(folder, axis, &name, &mut history.faults)?;
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

#[cfg(test)]
mod tests;
