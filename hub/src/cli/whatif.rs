//! `binwire-hub whatif`: the same files under other parameters, side by side; docs/planning.md has the keys of a scenario.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use planning::{
    replenish::delta::Change,
    scenario::{Baseline, Comparison, Overlay},
};
use serde::Deserialize;

use super::replenish::{Asked, load, shown};

/// Changed orders printed of each scenario; JSON has all.
const CHANGES_SHOWN: usize = 10;

#[derive(Args)]
pub(super) struct WhatIfArgs {
    #[command(flatten)]
    asked: Asked,
    /// A scenario, or several as [[scenario]]: name, items, method, horizon_days, lead_days, lead_sd, lead_factor,
    /// review_days, cycle_service, fill_rate, growth, [[events]]
    #[arg(long, value_name = "FILE.toml")]
    scenario: PathBuf,
    /// Print JSON: the figures of both, and every order that changes
    #[arg(long)]
    json: bool,
}

/// A file with several scenarios.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    scenario: Vec<Overlay>,
}

pub(super) fn whatif(args: &WhatIfArgs) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(&args.scenario).with_context(|| format!("read {}", args.scenario.display()))?;
    let overlays = scenarios(&text).with_context(|| format!("read {}", args.scenario.display()))?;
    let loaded = load(&args.asked)?;
    let baseline = Baseline::new(loaded.site, loaded.methods)?;
    let compared = overlays.iter().map(|overlay| {
        let named = || format!("play scenario {:?}", overlay.name);
        baseline.compare(overlay).with_context(named)
    });
    let compared = compared.collect::<anyhow::Result<Vec<_>>>()?;
    if args.json {
        return Ok(serde_json::to_string_pretty(&compared)?);
    }
    let mut out = table(&compared)?;
    if !loaded.faults.is_empty() {
        write!(out, "{} rows are not planned:\n{}", loaded.faults.len(), shown(&loaded.faults))?;
    }
    Ok(out)
}

fn scenarios(text: &str) -> Result<Vec<Overlay>, toml::de::Error> {
    let table: toml::Table = toml::from_str(text)?;
    if table.contains_key("scenario") {
        return toml::from_str::<Several>(text).map(|several| several.scenario);
    }
    toml::from_str(text).map(|one| vec![one])
}

/// Figures of the baseline and each scenario, and what changes of the orders.
fn table(compared: &[Comparison]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let Some(first) = compared.first() else { return Ok("no scenario\n".to_owned()) };
    write!(out, "{:20}{:>16}", "", "baseline")?;
    for one in compared {
        write!(out, "{:>16}{:>12}", clip(&one.name), "change")?;
    }
    writeln!(out)?;
    for (at, (name, base, decimals)) in first.baseline.rows().into_iter().enumerate() {
        write!(out, "{name:20}{base:>16.decimals$}")?;
        for one in compared {
            let value = one.scenario.rows().get(at).map_or(base, |row| row.1);
            write!(out, "{value:>16.decimals$}{:>+12.decimals$}", value - base)?;
        }
        writeln!(out)?;
    }
    for one in compared {
        writeln!(out, "\n{}: {} orders change", one.name, one.orders.len())?;
        for change in one.orders.iter().take(CHANGES_SHOWN) {
            match change {
                Change::Keep(_) => {}
                Change::Add(line) => writeln!(out, "  add     {} {} for {}", line.quantity, line.item, line.receipt)?,
                Change::Drop(old) => writeln!(out, "  drop    {} {} for {}", old.quantity, old.item, old.receipt)?,
                Change::Change { from, to } => writeln!(
                    out,
                    "  change  {} {} for {} to {} for {}",
                    from.quantity, from.item, from.receipt, to.quantity, to.receipt
                )?,
            }
        }
        if one.orders.len() > CHANGES_SHOWN {
            writeln!(out, "  and {} more", one.orders.len() - CHANGES_SHOWN)?;
        }
    }
    Ok(out)
}

fn clip(name: &str) -> String {
    if name.is_empty() { "scenario".to_owned() } else { name.chars().take(15).collect() }
}
