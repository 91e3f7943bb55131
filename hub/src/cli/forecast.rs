//! `binwire-hub forecast`: a planner's own history in, forecasts and a report out, so that they can be tried before they are
//! believed. Files in and out; every number comes from [`crate::outlook`].

mod tables;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use jiff::civil::Date;
use planning::{
    demand::{BucketSize, KnownEvent},
    replenish::plan::Plan,
};

use crate::{
    history::{self, Axis, History, Item, Reading},
    outlook::{self, Judged, METHODS, Outlook, Said, Span, Subject, Trial},
    report::{self, PlanSheet, PoolSheet, Report, Sheet},
    restock::{Aim, Wanted, projected, restock},
    terms::{
        Spoken,
        site::{self, SiteFile},
    },
};

/// Buckets ahead, at most: two years of weeks. Nobody's history says more.
const HORIZON_MAX: usize = 104;

/// Origins of a trial, at most.
const ORIGINS_MAX: usize = 52;

#[derive(Args)]
pub(super) struct ForecastArgs {
    /// Folder with usage.csv (customer,site,item,date,quantity) or demand.csv (series_id,period,quantity); docs/demand.md
    #[arg(long)]
    data: PathBuf,
    /// Only this item is written and shown; may be given more than once. All are learned from
    #[arg(long, value_name = "ID")]
    series: Vec<String>,
    /// Buckets ahead
    #[arg(long, default_value_t = 12)]
    horizon: usize,
    /// Buckets that an order made now must last for: lead time plus review period
    #[arg(long, default_value_t = 2)]
    interval: usize,
    /// Lead time of these, in buckets; the rest is the review period
    #[arg(long, default_value_t = 1)]
    lead: usize,
    /// Probability that stock lasts through an interval, for items with stock in stock.csv
    #[arg(long, default_value_t = 0.95)]
    service: f64,
    /// Size of the buckets, where the files do not say it: day, week or month
    #[arg(long, default_value = "month")]
    bucket: BucketSize,
    /// The last day that is over; else the last in the files
    #[arg(long)]
    through: Option<Date>,
    /// Known events: id,site,items,from,to,effect,amount,author,reason
    #[arg(long)]
    events: Option<PathBuf>,
    /// How many of the last buckets are forecast again to see how near it would have come; 0 for none
    #[arg(long, default_value_t = 6)]
    origins: usize,
    /// Write forecast.csv, demand.csv, marks.csv, refused.csv, accuracy.csv, plan.csv and faults.csv here
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write a report for people here
    #[arg(long)]
    html: Option<PathBuf>,
    /// Items with a chart in the report, at most
    #[arg(long, default_value_t = 100)]
    charts: usize,
}

/// What was found of one pool.
struct Found {
    outlooks: Vec<Outlook>,
    judged: Vec<Option<Judged>>,
    whole: Option<Judged>,
    origins: usize,
    plan: Option<Plan>,
}

pub(super) fn forecast(args: &ForecastArgs) -> anyhow::Result<String> {
    ensure!((1..=HORIZON_MAX).contains(&args.horizon), "--horizon is 1 to {HORIZON_MAX}");
    ensure!((1..=HORIZON_MAX).contains(&args.interval), "--interval is 1 to {HORIZON_MAX}");
    ensure!((1..=args.interval).contains(&args.lead), "--lead is 1 to --interval");
    ensure!((0.5..=0.999).contains(&args.service), "--service is 0.5 to 0.999");
    ensure!(args.origins <= ORIGINS_MAX, "--origins is 0 to {ORIGINS_MAX}");
    ensure!(args.out.is_some() || args.html.is_some(), "say where to write: --out FOLDER or --html FILE, or both");
    let mut history = history::read(&args.data, &Reading { size: args.bucket, through: args.through })?;
    super::progress(&format!("read {} rows, {} at fault", history.rows, history.faults.count));
    let site = SiteFile::read(&args.data).with_context(|| format!("read {}", args.data.join(site::NAME).display()))?;
    let spoken = Spoken::read(&args.data, args.events.as_deref(), &mut history.faults)?;
    let items = history.pools.iter().flat_map(|pool| &pool.items);
    let known: BTreeSet<&str> = items.map(|item| item.series.key.item.as_str()).collect();
    if let Some(unknown) = args.series.iter().find(|wanted| !known.contains(wanted.as_str())) {
        bail!("there is no item {unknown} in {}; it has {} others", args.data.display(), known.len());
    }
    let mut found = Vec::new();
    for pool in &mut history.pools {
        let said = spoken.of(&pool.name, pool.axis, &site, &mut history.faults);
        explain(&mut pool.items, &said.events);
        found.push(look_ahead(pool, args, &said)?);
    }
    let pools = history.pools.iter().zip(&found).map(|(pool, found)| sheets(pool, found, &args.series)).collect();
    let report = Report {
        source: args
            .data
            .file_name()
            .map_or_else(|| args.data.display().to_string(), |name| name.to_string_lossy().into_owned()),
        rows: history.rows,
        faults: &history.faults,
        notes: &history.notes,
        pools,
        horizon: args.horizon,
        interval: args.interval,
        charts_max: args.charts,
    };
    if let Some(folder) = &args.out {
        tables::write(folder, &report)?;
    }
    if let Some(path) = &args.html {
        fs::write(path, report::render(&report)).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(said(args, &history, &report))
}

/// What an event of the past explains is no outlier.
fn explain(items: &mut [Item], events: &[KnownEvent]) {
    for item in items {
        let first = item.series.first;
        let strengths = &item.strengths;
        let is_strong = |bucket| {
            let strength = usize::try_from(first.until(bucket)).ok().and_then(|place| strengths.get(place));
            strength.is_some_and(|strength| *strength > 0.0)
        };
        outlook::explain(&mut item.series, events, (!strengths.is_empty()).then_some(&is_strong));
    }
}

fn look_ahead(pool: &history::Pool, args: &ForecastArgs, said: &Said) -> anyhow::Result<Found> {
    let subjects: Vec<_> = pool
        .items
        .iter()
        .map(|item| Subject { series: &item.series, unit: item.unit(), strengths: &item.strengths })
        .collect();
    let span = Span { horizon: args.horizon, interval: args.interval, season: pool.season };
    super::progress(&format!("{}: forecast {} items", pool.name, pool.items.len()));
    let outlooks = outlook::outlook(&subjects, span, said)?;
    let foreseen: Vec<usize> = (0..subjects.len()).filter(|&at| matches!(outlooks[at], Outlook::Foreseen(_))).collect();
    let tried: Vec<_> = foreseen.iter().map(|&at| &subjects[at]).collect();
    let mut judged = vec![None; subjects.len()];
    let plan = plan(pool, &outlooks, span, args)?;
    if args.origins == 0 {
        return Ok(Found { outlooks, judged, whole: None, origins: 0, plan });
    }
    let trial = Trial { origins: args.origins, span };
    let (each, whole) =
        trial.run(&tried, |number, of| super::progress(&format!("{}: try origin {number} of {of}", pool.name)));
    for (at, one) in foreseen.into_iter().zip(each) {
        judged[at] = one;
    }
    Ok(Found { outlooks, judged, whole: Some(whole), origins: args.origins, plan })
}

/// The items whose stock is known.
fn wanted<'a>(pool: &'a history::Pool, outlooks: &'a [Outlook]) -> Vec<Option<Wanted<'a>>> {
    let one = |(item, outlook): (&'a Item, &'a Outlook)| match outlook {
        Outlook::Refused(_) => None,
        Outlook::Foreseen(seen) => Some(Wanted { id: &item.id, seen, shelf: item.shelf?, unit: item.unit() }),
    };
    pool.items.iter().zip(outlooks).map(one).collect()
}

/// A plan where stock is known, and days.
fn plan(pool: &history::Pool, outlooks: &[Outlook], span: Span, args: &ForecastArgs) -> anyhow::Result<Option<Plan>> {
    let wanted: Vec<_> = wanted(pool, outlooks).into_iter().flatten().collect();
    if wanted.is_empty() || matches!(pool.axis, Axis::Numbered(_)) {
        return Ok(None);
    }
    let aim = Aim { today: pool.today, size: pool.axis.size(), span, lead: args.lead, service: args.service };
    Ok(Some(restock(&wanted, aim)?))
}

fn plan_sheet<'a>(plan: &'a Plan, wanted: &Wanted<'a>, today: Date) -> PlanSheet<'a> {
    PlanSheet {
        outcome: plan.outcomes.iter().find(|outcome| outcome.item == wanted.id),
        lines: plan.lines.iter().filter(|line| line.item == wanted.id).collect(),
        withheld: plan.withheld.iter().filter(|withheld| withheld.item == wanted.id).collect(),
        projected: projected(plan, wanted, today),
        on_hand: wanted.shelf.on_hand.quantity(),
        refused: plan.refused.iter().find(|refused| refused.item == wanted.id).map(|refused| refused.why.as_str()),
    }
}

fn sheets<'a>(pool: &'a history::Pool, found: &'a Found, wanted: &[String]) -> PoolSheet<'a> {
    let planned = self::wanted(pool, &found.outlooks);
    let sheet = |(place, item): (usize, &'a Item)| {
        let is_wanted = wanted.is_empty() || wanted.contains(&item.series.key.item);
        let plan = found.plan.as_ref().zip(planned[place].as_ref());
        is_wanted.then(|| Sheet {
            item,
            outlook: &found.outlooks[place],
            judged: found.judged[place].as_ref(),
            plan: plan.map(|(plan, wanted)| plan_sheet(plan, wanted, pool.today)),
        })
    };
    PoolSheet {
        name: &pool.name,
        axis: pool.axis,
        judged: found.whole.clone(),
        origins: found.origins,
        sheets: pool.items.iter().enumerate().filter_map(sheet).collect(),
    }
}

/// What the command says in the end.
fn said(args: &ForecastArgs, history: &History, report: &Report<'_>) -> String {
    let sheets = || report.pools.iter().flat_map(|pool| &pool.sheets);
    let refused = sheets().filter(|sheet| matches!(sheet.outlook, Outlook::Refused(_))).count();
    let mut text = format!("{} items forecast, {refused} refused\n", sheets().count() - refused);
    for pool in &report.pools {
        let Some(judged) = pool.judged.as_ref().filter(|judged| judged.series > 0) else { continue };
        let _ = writeln!(
            text,
            "{:<12} {:<8} {:>6} {:>7} {:>7} {:>7} {:>7} {:>8}",
            "pool", "method", "items", "WAPE", "RMSSE", "SPL", "bias", "in 95 %"
        );
        for (method, figures) in METHODS.into_iter().zip(judged.methods) {
            let _ = writeln!(
                text,
                "{:<12} {method:<8} {:>6} {:>7.3} {:>7.3} {:>7.3} {:>+7.3} {:>8.3}",
                pool.name, judged.series, figures.wape, figures.rmsse, figures.spl, figures.bias, figures.covered
            );
        }
    }
    for fault in history.faults.kept.iter().take(10) {
        let _ = writeln!(text, "at fault: {fault}");
    }
    if history.faults.count > 10 {
        let _ = writeln!(text, "at fault: {} rows in all", history.faults.count);
    }
    for note in &history.notes {
        let _ = writeln!(text, "note: {note}");
    }
    for path in [&args.out, &args.html].into_iter().flatten() {
        let _ = writeln!(text, "wrote {}", path.display());
    }
    text
}

#[cfg(test)]
mod tests;
