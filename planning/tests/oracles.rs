//! Every row of the oracle folders: replenishment cases, life-cycle series, agreed KPI figures.
//!
//! `CASES=<dir> cargo test -p planning --test oracles` runs every row of `replenish/*.jsonl`, `lifecycle/*.jsonl`,
//! `lifecycle/*.json` and `kpi/vectors.json` found in the folder, prints passed/total per kind, and fails on any miss, unknown kind or
//! unknown field. Without `CASES` it takes `../shared/data` beside the repository; without that it is skipped, by name.

#![allow(clippy::unwrap_used, reason = "test code")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

#[path = "oracles/kpi.rs"]
mod kpi;
#[path = "oracles/lifecycle.rs"]
mod lifecycle;
#[path = "oracles/replenish.rs"]
mod replenish;
#[path = "oracles/row.rs"]
mod row;

/// Misses printed; the count is always whole.
const MISSES_SHOWN: usize = 40;

#[derive(Default)]
struct Tally {
    passed: BTreeMap<String, usize>,
    total: BTreeMap<String, usize>,
    misses: Vec<String>,
}

impl Tally {
    fn note(&mut self, kind: &str, id: &str, answer: Result<(), String>) {
        *self.total.entry(kind.to_owned()).or_default() += 1;
        match answer {
            Ok(()) => *self.passed.entry(kind.to_owned()).or_default() += 1,
            Err(why) => self.misses.push(format!("{kind} {id}: {why}")),
        }
    }

    fn table(&self) -> String {
        let mut out = String::new();
        for (kind, total) in &self.total {
            writeln!(out, "{kind:34} {}/{total}", self.passed.get(kind).copied().unwrap_or(0)).unwrap();
        }
        let (passed, total) = (self.passed.values().sum::<usize>(), self.total.values().sum::<usize>());
        writeln!(out, "{:34} {passed}/{total}", "TOTAL").unwrap();
        for miss in self.misses.iter().take(MISSES_SHOWN) {
            writeln!(out, "  MISS {miss}").unwrap();
        }
        out
    }
}

fn folder() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("CASES") {
        return Some(PathBuf::from(dir));
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    beside.is_dir().then_some(beside)
}

/// Straight to the terminal: a table that only shows on failure would prove nothing.
fn say(text: &str) {
    std::io::stdout().lock().write_all(text.as_bytes()).unwrap();
}

/// The objects of a file of one document or of one per line.
fn objects(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(all)) => all,
        Ok(one) => vec![one],
        Err(_) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("read {}: {error}", path.display())))
            .collect(),
    }
}

fn files(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let wanted = |path: &PathBuf| path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted));
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(wanted).collect();
    found.sort();
    found
}

#[test]
fn every_row_of_the_oracles_is_answered_as_expected() {
    let Some(dir) = folder() else {
        say("skipped: oracles: no folder; set CASES=<dir with replenish, lifecycle, kpi>\n");
        return;
    };
    let mut tally = Tally::default();
    for row in files(&dir.join("replenish"), &["jsonl"]).iter().flat_map(|path| objects(path)) {
        let (kind, id) = (row::text(&row, "kind"), row::text(&row, "id"));
        tally.note(&kind, &id, replenish::check(&row));
    }
    for row in files(&dir.join("lifecycle"), &["jsonl", "json"]).iter().flat_map(|path| objects(path)) {
        let id = row::text(&row, "id");
        for (kind, answer) in lifecycle::check(&row) {
            tally.note(&kind, &id, answer);
        }
    }
    for row in files(&dir.join("kpi"), &["json", "jsonl"]).iter().flat_map(|path| objects(path)) {
        let name = row::text(&row, "name");
        tally.note(&format!("kpi {name}"), &name, kpi::check(&row));
    }
    say(&tally.table());
    assert!(!tally.total.is_empty(), "{} has no rows", dir.display());
    assert!(tally.misses.is_empty(), "{} rows are missed:\n{}", tally.misses.len(), tally.table());
}
