//! `binwire-hub backtest`: the forecast as it would have been, on a planner's own history, beside what really came.
//!
//! At every origin the forecast sees demand up to that origin, nothing after it but events that are known ahead. What a pool
//! teaches is learned anew at each origin, from that pool's own past.

mod accuracy;
mod input;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context as _, bail};
use clap::Args;
use planning::{
    choice::{self, Series},
    method::{Ask, Distribution, Forecast, Method},
};

use self::{
    accuracy::{Errors, Table},
    input::{Pool, Trial},
};

/// Review period plus lead time, in periods, that horizon 0 of the output covers.
const INTERVAL: usize = 2;

/// The levels written out and judged.
const LEVELS: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// Textbook methods to compare with, as planning systems ship them.
const PEERS: [(&str, Method); 4] = [
    ("Avg3", Method::MovingAverage(3)),
    ("SBA", Method::Sba(0.1)),
    ("TSB", Method::Tsb { size: 0.1, probability: 0.1 }),
    ("IMAPA", Method::Imapa),
];

#[derive(Args)]
pub(super) struct BacktestArgs {
    /// Folder with demand.csv (series_id,period,quantity), and datasets.csv and events.csv if there are any
    #[arg(long)]
    data: PathBuf,
    /// Where to write the forecasts: series_id,origin,horizon,mean,q50,q90,q95,q99; horizon 0 is the protection interval
    #[arg(long)]
    out: PathBuf,
    /// Forecast with textbook methods too and show them beside
    #[arg(long)]
    compare: bool,
    /// Print the accuracy as JSON
    #[arg(long)]
    json: bool,
    /// Periods in a cycle, where datasets.csv does not say it
    #[arg(long, default_value_t = 12)]
    season: usize,
    /// Periods forecast ahead, where datasets.csv does not say it
    #[arg(long, default_value_t = 6)]
    horizon: usize,
    /// Last periods that are tried, where datasets.csv does not say it
    #[arg(long, default_value_t = 12)]
    tests: usize,
}

pub(super) fn backtest(args: &BacktestArgs) -> anyhow::Result<String> {
    if args.season == 0 || args.horizon == 0 || args.tests == 0 {
        bail!("--season, --horizon and --tests are at least 1");
    }
    let trial = Trial { season: args.season, horizon: args.horizon, tests: args.tests };
    let pools = input::read(&args.data, trial)?;
    let written = || format!("write {}", args.out.display());
    let mut out = BufWriter::new(File::create(&args.out).with_context(written)?);
    writeln!(out, "series_id,origin,horizon,mean,q50,q90,q95,q99").with_context(written)?;
    let mut table = Table::default();
    for pool in &pools {
        run(pool, &mut out, &mut table, args.compare).with_context(written)?;
    }
    out.flush().with_context(written)?;
    if args.json { table.json() } else { Ok(table.text()) }
}

/// Forecasts one pool at each of its origins.
fn run(pool: &Pool, out: &mut impl Write, table: &mut Table, compare: bool) -> std::io::Result<()> {
    let len = pool.items.first().map_or(0, |item| item.demand.len());
    let tests = pool.trial.tests.min(len.saturating_sub(1));
    let peers = if compare { PEERS.as_slice() } else { &[] };
    let mut errors = vec![Errors::default(); pool.items.len()];
    let mut errors_of_peers = vec![errors.clone(); peers.len()];
    for origin in len - tests..len {
        let (items, tried) = (pool.items.len(), origin + tests + 1 - len);
        super::progress(&format!("{}: {items} items, origin {tried} of {tests}", pool.name));
        let ask = Ask { horizon: pool.trial.horizon.min(len - origin), interval: INTERVAL, season: pool.trial.season };
        let known_ahead = origin + ask.horizon.max(INTERVAL);
        let seen: Vec<Series<'_>> = pool
            .items
            .iter()
            .map(|item| Series {
                history: &item.demand[..origin],
                events: &item.events[..item.events.len().min(known_ahead)],
            })
            .collect();
        let period = pool.first + i64::try_from(origin).unwrap_or(i64::MAX) - 1;
        for ((item, chosen), errors) in pool.items.iter().zip(choice::forecast(&seen, ask)).zip(&mut errors) {
            errors.add(&chosen.forecast, &item.demand[origin..]);
            write(out, &item.id, period, &chosen.forecast)?;
        }
        for ((_, method), errors) in peers.iter().zip(&mut errors_of_peers) {
            for (item, errors) in pool.items.iter().zip(errors) {
                let (forecast, _) = method.forecast(&item.demand[..origin], ask);
                errors.add(&forecast, &item.demand[origin..]);
            }
        }
    }
    let mut judge = |name: &str, errors: &[Errors]| {
        let judged = pool.items.iter().zip(errors).map(|(item, errors)| (errors, item.demand.as_slice(), len - tests));
        table.add(&pool.name, name, judged);
    };
    judge("binwire", &errors);
    for ((name, _), errors) in peers.iter().zip(&errors_of_peers) {
        judge(name, errors);
    }
    Ok(())
}

fn write(out: &mut impl Write, id: &str, origin: i64, forecast: &Forecast) -> std::io::Result<()> {
    row(out, id, origin, 0, &forecast.cumulative)?;
    for (index, ahead) in forecast.periods.iter().enumerate() {
        row(out, id, origin, index + 1, ahead)?;
    }
    Ok(())
}

fn row(out: &mut impl Write, id: &str, origin: i64, horizon: usize, ahead: &Distribution) -> std::io::Result<()> {
    write!(out, "{id},{origin},{horizon},{}", (ahead.mean() * 1e4).round() / 1e4)?;
    for level in LEVELS {
        write!(out, ",{}", (ahead.quantile(level) * 1e4).round() / 1e4)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests;
