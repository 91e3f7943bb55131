//! `binwire-hub whatif`: the same files under other parameters, side by side; docs/planning.md has the keys of a scenario.

use std::{fmt::Write as _, fs::OpenOptions, io::Write as _, num::NonZero, path::PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use jiff::Timestamp;
use planning::{
    replenish::delta::Change,
    scenario::{Baseline, Comparison, Overlay},
};
use serde::Deserialize;

use super::replenish::{Asked, load, shown, write};

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
    /// Make the scenario of this name the plan: written to --out, and on record in audit.jsonl of the data folder
    #[arg(long, value_name = "NAME", requires_all = ["who", "why", "out"])]
    adopt: Option<String>,
    /// Who adopts it
    #[arg(long, requires = "adopt")]
    who: Option<String>,
    /// Why it is adopted
    #[arg(long, requires = "adopt")]
    why: Option<String>,
    /// Write the adopted plan's lines here, as CSV
    #[arg(long, value_name = "PLAN.csv", requires = "adopt")]
    out: Option<PathBuf>,
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
    if let Some(name) = &args.adopt {
        return adopt(args, &baseline, &overlays, name);
    }
    let compared = play(&baseline, &overlays)?;
    if args.json {
        return Ok(serde_json::to_string_pretty(&compared)?);
    }
    let mut out = table(&compared)?;
    if loaded.faults.count > 0 {
        write!(out, "{} rows are not used:\n{}", loaded.faults.count, shown(&loaded.faults))?;
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

/// Plays every scenario, on all cores: they share the baseline and nothing else.
fn play(baseline: &Baseline, overlays: &[Overlay]) -> anyhow::Result<Vec<Comparison>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let one = |overlay: &Overlay| {
        let named = || format!("play scenario {:?}", overlay.name);
        baseline.compare(overlay).with_context(named)
    };
    std::thread::scope(|scope| {
        let parts = overlays.chunks(overlays.len().div_ceil(cores).max(1));
        let playing: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(one).collect::<anyhow::Result<Vec<_>>>())).collect();
        let mut compared = Vec::with_capacity(overlays.len());
        for part in playing {
            compared.extend(part.join().map_err(|_| anyhow!("a scenario ended in a fault of the program"))??);
        }
        Ok(compared)
    })
}

/// One act: the plan is written and its record appended, or neither is.
fn adopt(args: &WhatIfArgs, baseline: &Baseline, overlays: &[Overlay], name: &str) -> anyhow::Result<String> {
    let overlay = overlays.iter().find(|overlay| overlay.name == name).with_context(|| {
        let known: Vec<&str> = overlays.iter().map(|overlay| overlay.name.as_str()).collect();
        format!("there is no scenario {name:?}; {} has: {}", args.scenario.display(), known.join(", "))
    })?;
    let (who, why) = (args.who.as_deref().unwrap_or_default(), args.why.as_deref().unwrap_or_default());
    let (adopted, entry) = baseline.adopt(overlay, who, why, Timestamp::now())?;
    let (out, audit) = (args.out.clone().unwrap_or_default(), args.asked.data.join("audit.jsonl"));
    // The record first: a plan without one must not be found.
    let mut line = serde_json::to_string(&entry)?;
    line.push('\n');
    let recorded = OpenOptions::new().append(true).create(true).open(&audit).and_then(|mut file| {
        file.write_all(line.as_bytes())?;
        file.sync_all()
    });
    recorded.with_context(|| format!("write {}", audit.display()))?;
    write(&out, adopted.plan()).with_context(|| format!("write {}", out.display()))?;
    let lines = adopted.plan().lines.len();
    Ok(format!("{name} is the plan now: {lines} lines in {}, on record in {}\n", out.display(), audit.display()))
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

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: WhatIfArgs,
    }

    const ITEMS: &str =
        "item,on_hand,lead_days,review_days,service,unit_cost\nBOLT,5,10,20,0.95,0.5\nRARE,0,10,20,0.9,4\n";

    const SCENARIOS: &str =
        "[[scenario]]\nname = \"peak\"\ngrowth = 2.0\n[[scenario]]\nname = \"slow\"\nlead_factor = 1.5\n";

    fn folder(scenarios: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("items.csv"), ITEMS).unwrap();
        let periods = (1..=36).map(|at| format!("BOLT,{at},{}\nRARE,{at},{}\n", 20 + at % 5, u8::from(at % 6 == 0)));
        let demand: String = ["series_id,period,quantity\n".to_owned()].into_iter().chain(periods).collect();
        fs::write(folder.path().join("demand.csv"), demand).unwrap();
        fs::write(folder.path().join("what.toml"), scenarios).unwrap();
        folder
    }

    fn asked(folder: &tempfile::TempDir, words: &[&str]) -> Result<WhatIfArgs, clap::Error> {
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (data, scenario) = (folder.path().display().to_string(), at("what.toml"));
        let given = ["whatif", "--data", &data, "--scenario", &scenario, "--today", "2026-11-23"];
        let line = given.iter().chain(words).map(ToString::to_string);
        Line::try_parse_from(line).map(|line| line.args)
    }

    #[test]
    fn each_scenario_stands_beside_the_baseline_with_the_orders_it_changes() {
        let folder = folder(SCENARIOS);
        let text = whatif(&asked(&folder, &[]).unwrap()).unwrap();
        for wanted in ["baseline", "peak", "slow", "value ordered", "units short"] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        let json = whatif(&asked(&folder, &["--json"]).unwrap()).unwrap();
        let compared: serde_json::Value = serde_json::from_str(&json).unwrap();
        let units = |at: usize, side: &str| compared[at][side]["units"].as_i64().unwrap();
        assert!(units(0, "scenario") > units(0, "baseline"), "twice the demand is more to order: {json}");
        assert!(!compared[0]["orders"].as_array().unwrap().is_empty());
        assert_eq!(units(0, "baseline"), units(1, "baseline"), "one baseline");
        assert!(!folder.path().join("audit.jsonl").exists(), "looking adopts nothing");
    }

    #[test]
    fn one_that_is_adopted_is_the_plan_and_on_record_with_who_and_why() {
        let folder = folder(SCENARIOS);
        let out = folder.path().join("plan.csv").display().to_string();
        let words = ["--adopt", "peak", "--who", "Ada", "--why", "the new line starts", "--out", &out];
        let text = whatif(&asked(&folder, &words).unwrap()).unwrap();
        assert!(text.contains("peak is the plan now"), "{text}");
        assert!(fs::read_to_string(&out).unwrap().contains("\nBOLT,"));
        let audit = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
        let entry: serde_json::Value = serde_json::from_str(audit.trim()).unwrap();
        assert_eq!((&entry["who"], &entry["why"]), (&"Ada".into(), &"the new line starts".into()));
        assert_ne!(entry["before"], entry["after"], "the fingerprints of both inputs");
        whatif(&asked(&folder, &words).unwrap()).unwrap();
        let audit = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
        assert_eq!(audit.lines().count(), 2, "what was on record stays");
    }

    #[test]
    fn what_cannot_be_played_or_adopted_says_why_and_writes_nothing() {
        let folder = folder(SCENARIOS);
        let out = folder.path().join("plan.csv").display().to_string();
        let refused = |words: &[&str]| whatif(&asked(&folder, words).unwrap()).unwrap_err().to_string();
        let why = refused(&["--adopt", "other", "--who", "Ada", "--why", "so", "--out", &out]);
        assert!(why.contains("\"other\"") && why.contains("peak, slow"), "{why}");
        let why = refused(&["--adopt", "peak", "--who", " ", "--why", "so", "--out", &out]);
        assert!(why.contains("who does it"), "{why}");
        assert!(asked(&folder, &["--adopt", "peak"]).is_err(), "nobody adopts without a name and a reason");
        for (text, wanted) in [("growht = 2.0\n", "growht"), ("name = \"x\"\ngrowth = -1.0\n", "growth")] {
            fs::write(folder.path().join("what.toml"), text).unwrap();
            let why = format!("{:#}", whatif(&asked(&folder, &[]).unwrap()).unwrap_err());
            assert!(why.contains(wanted), "{wanted} in {why}");
        }
        assert!(!folder.path().join("audit.jsonl").exists() && !folder.path().join("plan.csv").exists());
    }
}
