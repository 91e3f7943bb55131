//! A planner's history, read from a folder of CSV files, with every fault named by file and row.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::{Context as _, bail};

use crate::history::{Faults, Row as TableRow, Table};

/// Periods between an item's first and last: a century of days. More is a date where a period's number belongs.
const PERIODS_MAX: i64 = 36_600;

/// How a pool is tried when no datasets.csv says it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub(super) season: usize,
    pub(super) horizon: usize,
    pub(super) tests: usize,
}

/// Items that learn from each other: those whose names begin alike, as datasets.csv says, or all.
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) trial: Trial,
    /// The number of the first period.
    pub(super) first: i64,
    pub(super) items: Vec<Item>,
}

/// One item's demand, from the pool's first period to its last.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) demand: Vec<Option<f64>>,
    pub(super) events: Vec<f64>,
}

/// Reads the folder. Without datasets.csv all items are one pool, tried as `trial` says.
pub(super) fn read(folder: &Path, trial: Trial) -> anyhow::Result<Vec<Pool>> {
    let demand = rows(&folder.join("demand.csv"), Some("quantity"))?;
    let events = match folder.join("events.csv") {
        path if path.exists() => rows(&path, None)?,
        _ => Vec::new(),
    };
    let prefixes = match folder.join("datasets.csv") {
        path if path.exists() => datasets(&path)?,
        _ => vec![("all".to_owned(), String::new(), trial)],
    };
    let mut items: BTreeMap<String, Vec<Reported>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for (id, period, value, row) in demand {
        if let Some(value) = value
            && value < 0.0
        {
            bail!(
                "demand.csv row {row}: quantity {value} of {id} is negative; net returns first, or leave it empty: unknown"
            );
        }
        let entry = items.entry(id.clone()).or_default();
        if entry.is_empty() {
            order.push(id);
        }
        entry.push((period, value, row));
    }
    if order.is_empty() {
        bail!("demand.csv has no rows");
    }
    let mut pools: Vec<(Pool, Vec<String>)> = prefixes
        .iter()
        .map(|(name, _, trial)| (Pool { name: name.clone(), trial: *trial, first: 0, items: Vec::new() }, Vec::new()))
        .collect();
    for id in order {
        let longest = (0..prefixes.len())
            .filter(|index| id.starts_with(&prefixes[*index].1))
            .max_by_key(|index| prefixes[*index].1.len());
        let Some(pool) = longest else {
            bail!("demand.csv: {id} begins with no prefix of datasets.csv");
        };
        pools[pool].1.push(id);
    }
    let mut known: HashMap<String, Vec<(i64, f64)>> = HashMap::new();
    for (id, period, value, row) in events {
        if !items.contains_key(&id) {
            bail!("events.csv row {row}: {id} is not in demand.csv");
        }
        known.entry(id).or_default().push((period, value.unwrap_or(0.0)));
    }
    for (pool, ids) in &mut pools {
        fill(pool, ids, &mut items, &known)?;
    }
    Ok(pools.into_iter().map(|(pool, _)| pool).filter(|pool| !pool.items.is_empty()).collect())
}

/// Lays the rows of `ids` out from the pool's first period to its last; where there is no row, demand is unknown.
fn fill(
    pool: &mut Pool,
    ids: &[String],
    items: &mut BTreeMap<String, Vec<Reported>>,
    events: &HashMap<String, Vec<(i64, f64)>>,
) -> anyhow::Result<()> {
    let periods = || ids.iter().filter_map(|id| items.get(id)).flatten().map(|(period, ..)| *period);
    let (Some(first), Some(last)) = (periods().min(), periods().max()) else { return Ok(()) };
    if last.saturating_sub(first) >= PERIODS_MAX {
        bail!("demand.csv: periods of {} go from {first} to {last}; number them one after the other", pool.name);
    }
    let len = usize::try_from(last - first + 1).unwrap_or(0);
    pool.first = first;
    for id in ids {
        let mut demand: Vec<Option<f64>> = vec![None; len];
        let mut seen = vec![false; len];
        for (period, value, row) in items.remove(id).unwrap_or_default() {
            let at = usize::try_from(period - first).unwrap_or(0);
            if std::mem::replace(&mut seen[at], true) {
                bail!("demand.csv row {row}: {id} has period {period} a second time");
            }
            demand[at] = value;
        }
        let mut strengths = Vec::new();
        for (period, value) in events.get(id).into_iter().flatten() {
            let at = usize::try_from(period.saturating_sub(first)).ok().filter(|at| *at < len);
            if let Some(at) = at {
                strengths.resize(len, 0.0);
                strengths[at] = *value;
            }
        }
        pool.items.push(Item { id: id.clone(), demand, events: strengths });
    }
    Ok(())
}

/// Period, quantity and row of one line of an item.
type Reported = (i64, Option<f64>, u64);

type Row = (String, i64, Option<f64>, u64);

/// Rows of series_id, period and a number; the third column's name is `third`, or any.
fn rows(path: &Path, third: Option<&'static str>) -> anyhow::Result<Vec<Row>> {
    const EXAMPLE: &str = "series_id,period,quantity";
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut table = Table::open(path)?;
    let [id, period] = table.needed(["series_id", "period"], EXAMPLE)?;
    let value = match third {
        Some(third) => table.needed([third], EXAMPLE)?[0],
        None => (0..table.columns().len())
            .find(|index| *index != id && *index != period)
            .with_context(|| format!("{name} row 1: wants a column with the strength of the event"))?,
    };
    let mut rows = Vec::new();
    while let Some(row) = next(&mut table)? {
        let line = row.line();
        if row.get(id).is_empty() {
            bail!("{name} row {line}: series_id is empty");
        }
        let number = row.get(period);
        let Ok(at) = number.parse::<i64>() else {
            bail!("{name} row {line}: period {number:?} is not a whole number");
        };
        let value = quantity(row.get(value)).with_context(|| format!("{name} row {line}"))?;
        rows.push((row.get(id).to_owned(), at, value, line));
    }
    Ok(rows)
}

/// The next row. A trial on part of a history would judge something else, so one that is no text ends it.
fn next(table: &mut Table) -> anyhow::Result<Option<TableRow>> {
    let mut faults = Faults::default();
    let row = table.next(&mut faults)?;
    match faults.kept.first() {
        Some(fault) => bail!("{} row {}: {}", fault.file, fault.line, fault.what),
        None => Ok(row),
    }
}

/// A number, or `None` where nobody knows: empty, NA, NaN or a question mark.
fn quantity(text: &str) -> anyhow::Result<Option<f64>> {
    if text.is_empty() || text == "?" || text.eq_ignore_ascii_case("na") || text.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(_) | Err(_) => bail!("{text:?} is not a number; leave it empty where it is unknown"),
    }
}

/// Name, prefix and trial of each pool.
fn datasets(path: &Path) -> anyhow::Result<Vec<(String, String, Trial)>> {
    let mut table = Table::open(path)?;
    let columns = ["dataset", "prefix", "season", "h", "n_test"];
    let [dataset, prefix, season, horizon, tests] = table.needed(columns, "dataset,prefix,season,h,n_test")?;
    let mut pools = Vec::new();
    while let Some(row) = next(&mut table)? {
        let number = |column: usize, name: &str| {
            let text = row.get(column);
            match text.parse::<usize>() {
                Ok(value) if value > 0 => Ok(value),
                Ok(_) | Err(_) => {
                    bail!("datasets.csv row {}: {name} {text:?} is not a whole number of at least 1", row.line())
                }
            }
        };
        let trial = Trial {
            season: number(season, "season")?,
            horizon: number(horizon, "h")?,
            tests: number(tests, "n_test")?,
        };
        pools.push((row.get(dataset).to_owned(), row.get(prefix).to_owned(), trial));
    }
    if pools.is_empty() {
        bail!("datasets.csv has no rows");
    }
    Ok(pools)
}
