//! `binwire-hub replenish`: stock, lead times and a history in, a plan out; docs/planning.md has the files and their columns.
//!
//! Files in and out: what is demanded comes from [`crate::outlook`], the plan from `planning::replenish`.

mod needs;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use jiff::civil::Date;
use planning::{
    demand::BucketSize,
    replenish::{
        agreement::{Act, Authority},
        item::Owner,
        plan::{HORIZON_MAX, Plan, Site, plan},
    },
    scenario::Methods,
};

use crate::{
    history::Faults,
    terms::{
        Spoken,
        item::{self, Counted, PolicyName},
        site::{self, SiteFile},
    },
};

/// Faults printed; all are counted.
const FAULTS_SHOWN: usize = 20;

/// Lines printed; all are written.
const LINES_SHOWN: usize = 20;

/// What a plan is made from.
#[derive(Args)]
pub(super) struct Asked {
    /// Folder with items.csv, usage.csv or demand.csv, and where there is something to say site.toml, sources.csv, orders.csv;
    /// docs/planning.md
    #[arg(long)]
    pub(super) data: PathBuf,
    /// How items are ordered that name no policy of their own
    #[arg(long, value_enum, default_value_t = PolicyName::Review)]
    policy: PolicyName,
    /// First day of the plan; else the day after the history
    #[arg(long)]
    today: Option<Date>,
    /// Days ahead
    #[arg(long)]
    horizon_days: Option<usize>,
    /// Size of the history's buckets, where the files do not say it: day, week or month
    #[arg(long, default_value = "month")]
    bucket: BucketSize,
    /// Known events: id,site,items,from,to,effect,amount,author,reason
    #[arg(long)]
    events: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct ReplenishArgs {
    #[command(flatten)]
    asked: Asked,
    /// Write the plan's lines here, as CSV
    #[arg(long, value_name = "PLAN.csv")]
    out: PathBuf,
    /// Print the whole plan as JSON: lines with reasons, what is withheld, levels of each item
    #[arg(long)]
    json: bool,
}

/// A site that was read, and what of its files was not used.
pub(super) struct Loaded {
    pub(super) site: Site,
    /// Needs by other methods than the one chosen.
    pub(super) methods: Methods,
    pub(super) faults: Faults,
}

pub(super) fn replenish(args: &ReplenishArgs) -> anyhow::Result<String> {
    let loaded = load(&args.asked)?;
    let plan = plan(&loaded.site)?;
    write(&args.out, &plan).with_context(|| format!("write {}", args.out.display()))?;
    if args.json {
        return Ok(serde_json::to_string_pretty(&plan)?);
    }
    Ok(said(&loaded, &plan, &args.out)?)
}

/// Reads a folder into a site.
pub(super) fn load(asked: &Asked) -> anyhow::Result<Loaded> {
    let file =
        SiteFile::read(&asked.data).with_context(|| format!("read {}", asked.data.join(site::NAME).display()))?;
    let horizon_days = asked.horizon_days.or(file.horizon_days).unwrap_or(90);
    ensure!((1..=HORIZON_MAX).contains(&horizon_days), "--horizon-days is 1 to {HORIZON_MAX}");
    let mut faults = Faults::default();
    let rows = item::read(&asked.data.join("items.csv"), asked.policy, Counted::InFile, &mut faults)?.rows;
    ensure!(!rows.is_empty(), "items.csv has no row that can be planned\n{}", shown(&faults));
    let spoken = Spoken::read(&asked.data, asked.events.as_deref(), &mut faults)?;
    let needs = needs::needs(asked, horizon_days, &rows, (&file, &spoken), &mut faults)?;
    let site = file.site(needs.today, horizon_days, needs.items, Authority::PlanApproval);
    Ok(Loaded { site, methods: needs.methods, faults })
}

pub(super) fn shown(faults: &Faults) -> String {
    let mut text: String = faults.kept.iter().take(FAULTS_SHOWN).map(|fault| format!("  {fault}\n")).collect();
    if let Some(more) = faults.count.checked_sub(FAULTS_SHOWN as u64 + 1) {
        text.push_str(&format!("  and {} more\n", more + 1));
    }
    text
}

/// Writes a plan's lines as CSV.
pub(super) fn write(path: &Path, plan: &Plan) -> anyhow::Result<()> {
    let mut out = csv::Writer::from_path(path)?;
    let columns = ["item", "owner", "bucket", "release", "receipt", "quantity", "value", "act", "reason", "notes"];
    out.write_record(columns)?;
    for line in &plan.lines {
        let notes: Vec<String> = line.notes.iter().map(ToString::to_string).collect();
        out.write_record([
            line.item.clone(),
            owner(&line.owner).to_owned(),
            line.bucket.to_string(),
            line.release.to_string(),
            line.receipt.to_string(),
            line.quantity.to_string(),
            format!("{:.2}", line.value),
            act(line.act).to_owned(),
            line.reason.to_string(),
            notes.join("; "),
        ])?;
    }
    out.flush()?;
    Ok(())
}

fn said(loaded: &Loaded, plan: &Plan, out: &Path) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let today = plan.lines.iter().filter(|line| line.release == plan.today).count();
    writeln!(
        text,
        "{} items from {} over {} days: {} lines in {}, {today} to release today",
        loaded.site.items.len(),
        plan.today,
        loaded.site.horizon_days,
        plan.lines.len(),
        out.display(),
    )?;
    for line in plan.lines.iter().take(LINES_SHOWN) {
        let (release, receipt, quantity) = (line.release, line.receipt, line.quantity);
        writeln!(text, "  {release} → {receipt}  {:>8}  {}: {}", quantity, line.item, line.reason)?;
        for note in &line.notes {
            writeln!(text, "                                      {note}")?;
        }
    }
    if plan.lines.len() > LINES_SHOWN {
        writeln!(text, "  and {} more", plan.lines.len() - LINES_SHOWN)?;
    }
    for withheld in &plan.withheld {
        writeln!(
            text,
            "withheld: {} {} on {}: {}",
            withheld.wanted,
            withheld.item,
            withheld.day,
            withheld.hold.text()
        )?;
    }
    for refused in &plan.refused {
        writeln!(text, "refused: {}: {}", refused.item, refused.why)?;
    }
    if loaded.faults.count > 0 {
        write!(text, "{} rows are not used:\n{}", loaded.faults.count, shown(&loaded.faults))?;
    }
    writeln!(text, "inputs {}", plan.inputs)?;
    Ok(text)
}

fn owner(owner: &Owner) -> &str {
    match owner {
        Owner::Customer => "customer",
        Owner::Vendor => "vendor",
        Owner::ThirdParty(name) => name,
    }
}

fn act(act: Act) -> &'static str {
    match act {
        Act::RequestOrder => "request order",
        Act::AwaitApproval => "await approval",
        Act::Order => "order",
        Act::Advise => "advise",
    }
}

#[cfg(test)]
mod tests;
