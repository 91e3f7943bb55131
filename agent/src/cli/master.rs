//! `import`, `export`, `parked`, `remove`: the site's master data as files.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use gateway_proto::{name::ItemCode, place::Place};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ask::{AskArgs, read, tell},
    table::{Table, many},
};
use crate::{
    floor::{Command, Look},
    register::{Register, fact::Kind, import::Import, table::FILE_LEN_MAX},
};

/// The file has faults and nothing of it was taken: `EX_DATAERR` of sysexits.h.
const EXIT_FAULTS: u8 = 65;

/// Changes that are told one by one; beyond it they are counted. A person reads no more before the summary.
const CHANGES_SHOWN_MAX: usize = 200;

/// What `import` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct ImportArgs {
    /// items, codes, containers, bins, operators, assets or shipments.
    #[arg(value_parser = kind)]
    kind: Kind,
    /// The CSV file, or `-` for standard input.
    file: PathBuf,
    /// Only say what it would change.
    #[arg(long)]
    dry_run: bool,
    /// Take the rows without faults and leave the others.
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    ask: AskArgs,
}

/// What `export` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct ExportArgs {
    /// items, codes, containers, bins, operators, assets or shipments.
    #[arg(value_parser = kind)]
    kind: Kind,
    /// Where to write; without it to standard output. A file that is there is written over.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    ask: AskArgs,
}

/// What `remove` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct RemoveArgs {
    /// item, code, container, bin, operator, asset or shipment.
    #[arg(value_parser = kind)]
    kind: Kind,
    /// Its name, as `export` has it.
    name: String,
    #[command(flatten)]
    ask: AskArgs,
}

/// What `parked` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct ParkedArgs {
    #[command(flatten)]
    ask: AskArgs,
}

/// What an import came to.
#[derive(Debug, Deserialize)]
struct Report {
    form: Form,
    added: usize,
    changed: usize,
    unchanged: usize,
    bad_rows: usize,
    faults: Vec<Fault>,
    faults_more: usize,
    changes: Vec<Change>,
    taken: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    Whole,
    Broken,
}

#[derive(Debug, Deserialize)]
struct Fault {
    line: u64,
    column: String,
    value: String,
    rule: String,
    remedy: String,
}

#[derive(Debug, Deserialize)]
struct Change {
    line: u64,
    name: String,
    act: Act,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Add,
    Change(Vec<Field>),
}

#[derive(Debug, Deserialize)]
struct Field {
    column: String,
    old: String,
    new: String,
}

#[derive(Debug, Deserialize)]
struct Parked {
    code: ItemCode,
    place: Place,
    units: i64,
}

/// Takes a file in, or says what it would change. Exit status 65 when faults let nothing be taken.
pub(super) fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let bytes = content(&args.file)?;
    let csv = match String::from_utf8(bytes) {
        Ok(csv) => csv,
        Err(error) => {
            // It cannot travel as text; what is wrong with it can be said here.
            let faults = Import::read(args.kind, error.as_bytes(), &Register::default());
            for fault in &faults.faults {
                complain(&fault.to_string());
            }
            complain("error: nothing was taken, since the file cannot be read");
            return Ok(ExitCode::from(EXIT_FAULTS));
        }
    };
    args.ask.with_agent(async |agent| {
        let (dry_run, skip_bad) = (args.dry_run, args.skip_bad);
        let answer = agent.command(&Command::Import { kind: args.kind, csv, dry_run, skip_bad, by: None }).await?;
        let report: Report = read(&answer)?;
        args.ask.tell(&answer, |_| Ok(report.in_words(args.kind)))?;
        if let Some(why) = report.why_nothing(skip_bad) {
            complain(&format!("error: {why}"));
            return Ok(ExitCode::from(EXIT_FAULTS));
        }
        if dry_run && !args.ask.wants_json() {
            tell("dry run: nothing was taken\n")?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Writes all facts of a kind.
pub(super) fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    args.ask.with_agent(async |agent| {
        let answer = agent.look(&Look::Export { kind: args.kind }).await?;
        let csv: String = read(&answer)?;
        match &args.out {
            Some(path) => {
                fs::write(path, &csv).with_context(|| format!("write {}", path.display()))?;
                let rows = csv.lines().count().saturating_sub(1);
                tell(&format!("{}: {}\n", path.display(), many(rows, "row")))?;
            }
            None if args.ask.wants_json() => tell(&format!("{answer}\n"))?,
            None => tell(&csv)?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Takes a fact out.
pub(super) fn remove(args: &RemoveArgs) -> anyhow::Result<ExitCode> {
    let RemoveArgs { kind, name, ask } = args;
    ask.command(&Command::Remove { kind: *kind, name: name.clone(), by: None }, |_| {
        Ok(format!("{kind} {name} is removed\n"))
    })
}

/// Shows codes that nobody knew when they were scanned.
pub(super) fn parked(args: &ParkedArgs) -> anyhow::Result<ExitCode> {
    args.ask.look(&Look::Parked, parked_in_words)
}

fn parked_in_words(answer: &Value) -> anyhow::Result<String> {
    let parked: Vec<Parked> = read(answer)?;
    if parked.is_empty() {
        return Ok("no code is parked\n".to_owned());
    }
    let mut table = Table::new(&["code", "place", ">units"]);
    for Parked { code, place, units } in &parked {
        table.row([code.to_string(), place.to_string(), units.to_string()]);
    }
    Ok(format!("{table}\nsay what they are: binwire-agent import codes codes.csv (or items items.csv)\n"))
}

impl Report {
    fn in_words(&self, kind: Kind) -> String {
        let mut text = String::new();
        for change in self.changes.iter().take(CHANGES_SHOWN_MAX) {
            text.push_str(&change.in_words(kind));
        }
        if let Some(more) = self.changes.len().checked_sub(CHANGES_SHOWN_MAX).filter(|more| *more > 0) {
            text.push_str(&format!("and {more} more changes; --json has them all\n"));
        }
        for fault in &self.faults {
            text.push_str(&fault.in_words());
        }
        if self.faults_more > 0 {
            text.push_str(&format!("and {}\n", many(self.faults_more, "more fault")));
        }
        let Self { added, changed, unchanged, bad_rows, .. } = self;
        text.push_str(&format!(
            "{added} added, {changed} changed, {unchanged} unchanged; rows with faults: {bad_rows}\n"
        ));
        text
    }

    /// Why nothing can be taken, and the way out.
    fn why_nothing(&self, skip_bad: bool) -> Option<String> {
        match self.form {
            Form::Broken => {
                Some("nothing was taken, since the file cannot be read; correct what is wrong with it".into())
            }
            Form::Whole if self.bad_rows > 0 && !skip_bad && !self.taken => Some(format!(
                "nothing was taken, since {} faults; correct them, or take the others with --skip-bad",
                if self.bad_rows == 1 { "1 row has".to_owned() } else { format!("{} rows have", self.bad_rows) },
            )),
            Form::Whole => None,
        }
    }
}

impl Change {
    fn in_words(&self, kind: Kind) -> String {
        let Self { line, name, act } = self;
        match act {
            Act::Add => format!("line {line}: adds {kind} {name:?}\n"),
            Act::Change(fields) => {
                let fields = fields.iter().map(|Field { column, old, new }| format!("{column} {old:?} → {new:?}"));
                format!("line {line}: changes {kind} {name:?}: {}\n", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Fault {
    fn in_words(&self) -> String {
        let Self { line, column, value, rule, remedy } = self;
        let column = if column.is_empty() { String::new() } else { format!(", {column}") };
        let value = if value.is_empty() { String::new() } else { format!(" {value:?}") };
        format!("line {line}{column}{value}: {rule}; {remedy}\n")
    }
}

fn content(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = FILE_LEN_MAX as u64 + 1;
    if path.as_os_str() == "-" {
        std::io::stdin().take(limit).read_to_end(&mut bytes).context("read standard input")?;
    } else {
        let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
        file.take(limit).read_to_end(&mut bytes).with_context(|| format!("read {}", path.display()))?;
    }
    ensure!(bytes.len() <= FILE_LEN_MAX, "{} is larger than 16 MiB; split it", path.display());
    Ok(bytes)
}

fn kind(word: &str) -> anyhow::Result<Kind> {
    let Some(kind) = Kind::named(word) else {
        let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::plural).collect();
        bail!("kinds are {}", kinds.join(", "));
    };
    Ok(kind)
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn complain(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(bad_rows: usize, form: &str, taken: bool) -> Report {
        let answer = json!({
            "kind": "bins", "form": form, "added": 1, "changed": 1, "unchanged": 3, "bad_rows": bad_rows, "taken": taken,
            "faults": [{ "line": 4, "column": "max", "value": "5", "rule": "is 5, below 10 in min", "remedy": "make min ≤ max" }],
            "faults_more": 2,
            "changes": [
                { "line": 2, "name": "A-01", "act": "add" },
                { "line": 3, "name": "A-02", "act": { "change": [{ "column": "min", "old": "", "new": "10" }] } },
            ],
        });
        read(&answer).unwrap()
    }

    #[test]
    fn an_import_says_each_change_and_each_fault() {
        assert_eq!(
            report(1, "whole", false).in_words(Kind::Bin),
            "line 2: adds bin \"A-01\"\n\
             line 3: changes bin \"A-02\": min \"\" → \"10\"\n\
             line 4, max \"5\": is 5, below 10 in min; make min ≤ max\n\
             and 2 more faults\n\
             1 added, 1 changed, 3 unchanged; rows with faults: 1\n"
        );
    }

    #[test]
    fn nothing_taken_says_why_and_the_way_out() {
        for (bad_rows, form, taken, skip_bad, expect) in [
            (2, "whole", false, false, Some("2 rows have faults")),
            (1, "whole", false, false, Some("--skip-bad")),
            (1, "whole", true, true, None),
            // A dry run of what would be taken.
            (1, "whole", false, true, None),
            (0, "whole", false, false, None),
            (0, "broken", false, true, Some("cannot be read")),
        ] {
            let why = report(bad_rows, form, taken).why_nothing(skip_bad);
            match expect {
                Some(text) => assert!(why.as_ref().is_some_and(|why| why.contains(text)), "{why:?}"),
                None => assert_eq!(why, None),
            }
        }
    }

    #[test]
    fn a_long_import_is_cut_where_nobody_reads_on() {
        let mut report = report(0, "whole", true);
        report.changes = (0..CHANGES_SHOWN_MAX as u64 + 7)
            .map(|line| Change { line, name: "X".to_owned(), act: Act::Add })
            .collect();
        let text = report.in_words(Kind::Item);
        assert!(text.contains("and 7 more changes"), "{text}");
    }

    #[test]
    fn parked_codes_say_what_to_do_with_them() {
        let answer = json!([{ "code": "4006381333931", "place": "dock", "units": 3 }]);
        let text = parked_in_words(&answer).unwrap();
        assert!(text.starts_with("code           place  units\n4006381333931  dock       3\n"), "{text}");
        assert!(text.contains("import codes"));
    }
}
