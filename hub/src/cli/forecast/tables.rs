//! What `binwire-hub forecast --out` writes: one CSV file for each kind of thing that was found.

use std::{fs, path::Path};

use anyhow::Context as _;
use planning::demand::Cell;

use crate::{
    history::Axis,
    outlook::{Judged, METHODS, Outlook},
    report::{self, Report, Sheet},
};

/// Writes every table into a folder, which is made when absent.
pub(super) fn write(folder: &Path, report: &Report<'_>) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let tables: [(&str, &[&str], Rows<'_>); 7] = [
        (
            "forecast.csv",
            &["pool", "site", "item", "bucket", "base", "mean", "q50", "q90", "q95", "q99", "events", "reason"],
            forecasts,
        ),
        ("demand.csv", &["pool", "site", "item", "bucket", "quantity", "seen", "known"], demands),
        ("marks.csv", &["pool", "site", "item", "bucket", "mark"], marks),
        ("refused.csv", &["pool", "site", "item", "why"], refused),
        ("accuracy.csv", &["pool", "site", "item", "method", "wape", "rmsse", "spl", "bias", "covered95"], accuracies),
        ("plan.csv", &["pool", "site", "item", "release", "receipt", "quantity", "why"], plans),
        ("faults.csv", &["file", "line", "what"], faults),
    ];
    for (name, columns, rows) in tables {
        let path = folder.join(name);
        let wrote = || format!("write {}", path.display());
        let mut out = csv::Writer::from_path(&path).with_context(wrote)?;
        out.write_record(columns).with_context(wrote)?;
        rows(report, &mut |row| out.write_record(row)).with_context(wrote)?;
        out.flush().with_context(wrote)?;
    }
    Ok(())
}

type Write<'a> = dyn FnMut(&[String]) -> csv::Result<()> + 'a;
type Rows<'a> = fn(&Report<'a>, &mut Write<'_>) -> csv::Result<()>;

/// Runs over all items, each with its pool and the fields that name it.
fn each<'a>(
    report: &Report<'a>,
    mut act: impl FnMut(Axis, &Sheet<'a>, &[String]) -> csv::Result<()>,
) -> csv::Result<()> {
    for pool in &report.pools {
        for sheet in &pool.sheets {
            let key = &sheet.item.series.key;
            act(pool.axis, sheet, &[pool.name.to_owned(), key.site.clone(), key.item.clone()])?;
        }
    }
    Ok(())
}

fn forecasts(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    each(report, |axis, sheet, named| {
        let Outlook::Foreseen(seen) = sheet.outlook else { return Ok(()) };
        let quantiles =
            |of: &planning::method::Distribution| [0.5, 0.9, 0.95, 0.99].map(|level| round(of.quantile(level)));
        let interval = format!("next {}", report.interval);
        let together = (interval, &seen.base_interval, &seen.interval, String::new());
        let ahead = seen.ahead.iter().map(|ahead| {
            let events: Vec<&str> = ahead.events.steps.iter().map(|step| step.event.as_str()).collect();
            (axis.label(ahead.bucket), &ahead.base, &ahead.demand, events.join(";"))
        });
        for (bucket, base, demand, events) in std::iter::once(together).chain(ahead) {
            let figures = [bucket, round(base.mean()), round(demand.mean())].into_iter().chain(quantiles(demand));
            let row: Vec<String> = named.iter().cloned().chain(figures).chain([events, seen.reason.clone()]).collect();
            write(&row)?;
        }
        Ok(())
    })
}

fn demands(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    each(report, |axis, sheet, named| {
        let series = &sheet.item.series;
        #[expect(clippy::cast_precision_loss, reason = "units of a bucket are far below 2^53")]
        let amount = |units: u64| round(units as f64 * sheet.item.unit());
        for (place, cell) in series.cells.iter().enumerate() {
            let (seen, known) = match cell {
                Cell::Known { units } => (*units, "whole".to_owned()),
                Cell::Scaled { seen, why, .. } => (*seen, format!("partly: {}", why.text())),
                Cell::Unknown { seen, why } => (*seen, format!("unknown: {}", why.text())),
            };
            let quantity = cell.units().map_or(String::new(), amount);
            let row = [axis.label(series.bucket(place)), quantity, amount(seen), known];
            write(&named.iter().cloned().chain(row).collect::<Vec<_>>())?;
        }
        Ok(())
    })
}

fn marks(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    each(report, |axis, sheet, named| {
        for mark in &sheet.item.series.marks {
            let row = [axis.label(mark.bucket()), report::marked(axis, mark, sheet.item.unit())];
            write(&named.iter().cloned().chain(row).collect::<Vec<_>>())?;
        }
        Ok(())
    })
}

fn refused(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    each(report, |_, sheet, named| match sheet.outlook {
        Outlook::Refused(why) => write(&named.iter().cloned().chain([why.clone()]).collect::<Vec<_>>()),
        Outlook::Foreseen(_) => Ok(()),
    })
}

fn accuracies(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    let mut lines = |named: &[String], judged: &Judged| {
        for (method, figures) in METHODS.into_iter().zip(judged.methods) {
            let figures = [figures.wape, figures.rmsse, figures.spl, figures.bias, figures.covered].map(round);
            write(&named.iter().cloned().chain([method.to_owned()]).chain(figures).collect::<Vec<_>>())?;
        }
        csv::Result::Ok(())
    };
    for pool in &report.pools {
        if let Some(judged) = &pool.judged {
            lines(&[pool.name.to_owned(), String::new(), "all".to_owned()], judged)?;
        }
    }
    each(report, |_, sheet, named| sheet.judged.map_or(Ok(()), |judged| lines(named, judged)))
}

#[expect(clippy::cast_precision_loss, reason = "units of an order are far below 2^53")]
fn plans(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    each(report, |_, sheet, named| {
        for line in sheet.plan.iter().flat_map(|plan| &plan.lines) {
            let quantity = round(line.quantity as f64 * sheet.item.unit());
            let row = [line.release.to_string(), line.receipt.to_string(), quantity, line.reason.to_string()];
            write(&named.iter().cloned().chain(row).collect::<Vec<_>>())?;
        }
        Ok(())
    })
}

fn faults(report: &Report<'_>, write: &mut Write<'_>) -> csv::Result<()> {
    for fault in &report.faults.kept {
        write(&[fault.file.clone(), fault.line.to_string(), fault.what.clone()])?;
    }
    let beyond = report.faults.count - report.faults.kept.len() as u64;
    if beyond > 0 {
        write(&[String::new(), String::new(), format!("and {beyond} more of the same kinds")])?;
    }
    Ok(())
}

/// Four decimals: more is noise, and files of two runs should be easy to compare.
fn round(value: f64) -> String {
    ((value * 1e4).round() / 1e4).to_string()
}
