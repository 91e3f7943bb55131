//! `count`: a person says what is there; sessions over bins, items, or what is due.
//!
//! Owns the words of the command line and the walk along a list, line by line. What the books say is shown only where
//! it is asked for with `--review`: who knows the answer finds it.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use gateway_proto::{
    name::{ItemCode, PlaceName, Text},
    place::Place,
    time::WallTime,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    alarms::minute,
    ask::{AskArgs, read},
    table::{Table, many, or_dash},
};
use crate::{
    floor::{Command, CountCommand, Look},
    movement::counting::{Class, LineNo, Reason, SessionId, Sight, State},
};

mod walk;

/// What `count` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct CountArgs {
    #[command(subcommand)]
    act: CountAct,
    #[command(flatten)]
    ask: AskArgs,
}

/// Who speaks.
#[derive(Debug, Clone, Args)]
struct By {
    /// Your badge.
    #[arg(long, value_name = "BADGE")]
    by: Text,
}

#[derive(Debug, Clone, Subcommand)]
enum CountAct {
    /// Open a count: of bins, of items wherever they are, or of what is due.
    Open {
        #[command(flatten)]
        by: By,
        /// These bins, with commas between.
        #[arg(long, value_delimiter = ',', value_name = "BIN", required_unless_present_any = ["items", "due"])]
        bins: Vec<PlaceName>,
        /// These items, wherever the books have them.
        #[arg(long, value_delimiter = ',', value_name = "ITEM", conflicts_with = "bins")]
        items: Vec<ItemCode>,
        /// So many lines of what is due.
        #[arg(long, value_name = "LINES", conflicts_with_all = ["bins", "items"])]
        due: Option<usize>,
        /// Bins that should be empty are asked with yes and no. Else nobody is told what the books say.
        #[arg(long)]
        open_sight: bool,
    },
    /// List the counts.
    List,
    /// Show one: your sheet, or with --review all that was counted.
    Show {
        #[arg(value_parser = session)]
        session: SessionId,
        /// Your badge: the sheet shows what you are asked.
        #[arg(long, value_name = "BADGE", required_unless_present = "review")]
        by: Option<Text>,
        /// What the books say, and every count.
        #[arg(long)]
        review: bool,
    },
    /// Count line by line, asked and answered.
    Walk {
        #[arg(value_parser = session)]
        session: SessionId,
        #[command(flatten)]
        by: By,
    },
    /// You stand there and begin to count a line: what moves until you say the number is noticed.
    Begin {
        #[arg(value_parser = session)]
        session: SessionId,
        line: u32,
        #[command(flatten)]
        by: By,
    },
    /// So many lie at a place.
    Line {
        #[arg(value_parser = session)]
        session: SessionId,
        /// A bin (`A-01`), or another place (`dock`, `field:van-3`).
        #[arg(value_parser = place)]
        place: Place,
        pieces: u64,
        /// The item, where it is not the bin's own.
        #[arg(long)]
        item: Option<ItemCode>,
        /// Beside what you said before: a second box.
        #[arg(long)]
        plus: bool,
        #[command(flatten)]
        by: By,
    },
    /// After a zero: is it empty?
    Zero {
        #[arg(value_parser = session)]
        session: SessionId,
        line: u32,
        #[arg(value_enum)]
        empty: YesNo,
        #[command(flatten)]
        by: By,
    },
    /// A line cannot be counted.
    Skip {
        #[arg(value_parser = session)]
        session: SessionId,
        line: u32,
        why: Text,
        #[command(flatten)]
        by: By,
    },
    /// All is counted.
    Finish {
        #[arg(value_parser = session)]
        session: SessionId,
        #[command(flatten)]
        by: By,
    },
    /// The reviewer wants a line counted once more.
    Recount {
        #[arg(value_parser = session)]
        session: SessionId,
        line: u32,
        #[command(flatten)]
        by: By,
    },
    /// The reviewer decides for one of a line's counts.
    Accept {
        #[arg(value_parser = session)]
        session: SessionId,
        line: u32,
        /// The number before it in `count show --review`.
        tally: usize,
        #[command(flatten)]
        by: By,
    },
    /// Why the books were wrong.
    Explain {
        #[arg(value_parser = session)]
        session: SessionId,
        line: u32,
        /// missing-transaction, miscount, found, expired, lost, unit-error or wrong-bin.
        #[arg(value_parser = reason)]
        reason: Reason,
        #[arg(long)]
        note: Option<Text>,
        #[command(flatten)]
        by: By,
    },
    /// Post the differences.
    Complete {
        #[arg(value_parser = session)]
        session: SessionId,
        #[command(flatten)]
        by: By,
    },
    /// Give the count up; nothing is posted.
    Cancel {
        #[arg(value_parser = session)]
        session: SessionId,
        #[command(flatten)]
        by: By,
    },
    /// List what is due to be counted.
    Due,
    /// How good the books were.
    Accuracy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum YesNo {
    Yes,
    No,
}

/// A session in the list.
#[derive(Debug, Deserialize)]
struct Listed {
    session: SessionId,
    state: State,
    opened: WallTime,
    by: Text,
    lines: usize,
}

/// A counter's sheet.
#[derive(Debug, Deserialize)]
struct Sheet {
    session: SessionId,
    state: State,
    lines: Vec<SheetLine>,
}

#[derive(Debug, Deserialize)]
struct SheetLine {
    line: LineNo,
    item: ItemCode,
    place: Place,
    ask: Ask,
    yours: Option<u64>,
}

/// What a counter is asked about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ask {
    HowMany,
    IsItEmpty,
    CountAgain,
    Nothing,
}

/// What a reviewer sees.
#[derive(Debug, Deserialize)]
struct Review {
    session: SessionId,
    state: State,
    lines: Vec<ReviewLine>,
}

#[derive(Debug, Deserialize)]
struct ReviewLine {
    line: LineNo,
    item: ItemCode,
    place: Place,
    standing: Value,
    expected: i64,
    variance: Option<i64>,
    reason: Option<Reason>,
    lacks_reason: bool,
    tallies: Vec<Tally>,
}

#[derive(Debug, Deserialize)]
struct Tally {
    by: Text,
    at: WallTime,
    counted: u64,
    books: i64,
    variance: i64,
    moved: i64,
    superseded: bool,
}

/// What a step of a count came to.
#[derive(Debug, Deserialize)]
struct Came {
    #[serde(default)]
    state: Option<State>,
    text: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    posts: Vec<Post>,
}

#[derive(Debug, Deserialize)]
struct Post {
    item: ItemCode,
    place: Place,
    delta: i64,
    facts: PostFacts,
}

#[derive(Debug, Deserialize)]
struct PostFacts {
    counted: u64,
    expected: i64,
}

#[derive(Debug, Deserialize)]
struct Due {
    item: ItemCode,
    place: Place,
    class: Class,
    why: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Accuracy {
    records: u32,
    within_tolerance: Option<f64>,
    mean: Option<f64>,
    items: std::collections::BTreeMap<String, f64>,
}

/// Asks or tells the agent about counts.
pub(super) fn run(args: &CountArgs) -> anyhow::Result<ExitCode> {
    let ask = &args.ask;
    let (By { by }, step) = match args.act.clone() {
        CountAct::List => return ask.look(&Look::Counts, list_in_words),
        CountAct::Due => return ask.look(&Look::Due, due_in_words),
        CountAct::Accuracy => return ask.look(&Look::Accuracy, accuracy_in_words),
        CountAct::Show { session, by, review } => {
            let words = if review { review_in_words } else { sheet_in_words };
            return ask.look(&Look::Count { session, by, review }, words);
        }
        CountAct::Walk { session, by } => return walk::walk(ask, &session, &by.by),
        CountAct::Open { by, bins, items, due, open_sight } => {
            let sight = if open_sight { Sight::Open } else { Sight::Blind };
            (by, CountCommand::Open { bins, items, due, sight })
        }
        CountAct::Begin { session, line, by } => (by, CountCommand::Begin { session, line: LineNo(line) }),
        CountAct::Line { session, place, pieces, item, plus, by } => {
            (by, CountCommand::Line { session, place, item, pieces, plus })
        }
        CountAct::Zero { session, line, empty, by } => {
            (by, CountCommand::Zero { session, line: LineNo(line), empty: empty == YesNo::Yes })
        }
        CountAct::Skip { session, line, why, by } => (by, CountCommand::Skip { session, line: LineNo(line), why }),
        CountAct::Finish { session, by } => (by, CountCommand::Finish { session }),
        CountAct::Recount { session, line, by } => (by, CountCommand::Recount { session, line: LineNo(line) }),
        CountAct::Accept { session, line, tally, by } => {
            (by, CountCommand::Accept { session, line: LineNo(line), tally })
        }
        CountAct::Explain { session, line, reason, note, by } => {
            (by, CountCommand::Explain { session, line: LineNo(line), reason, note })
        }
        CountAct::Complete { session, by } => (by, CountCommand::Complete { session }),
        CountAct::Cancel { session, by } => (by, CountCommand::Cancel { session }),
    };
    ask.command(&Command::Count { by, step }, came_in_words)
}

fn came_in_words(answer: &Value) -> anyhow::Result<String> {
    let Came { state, text, warnings, posts } = read(answer)?;
    let mut told = format!("{text}\n");
    for warning in warnings {
        told.push_str(&format!("note: {warning}\n"));
    }
    if !posts.is_empty() {
        let mut table = Table::new(&["place", "item", ">books", ">counted", ">posted"]);
        for Post { item, place, delta, facts } in posts {
            let PostFacts { counted, expected } = facts;
            table.row([place.to_string(), item.to_string(), expected.to_string(), counted.to_string(), signed(delta)]);
        }
        told.push_str(&table.to_string());
    }
    if let Some(next) = state.and_then(next) {
        told.push_str(&format!("{next}\n"));
    }
    Ok(told)
}

/// What is to be done in a state, where that is not said already.
fn next(state: State) -> Option<&'static str> {
    match state {
        State::Counted => Some("all lines are counted: count finish"),
        State::ReadyToReview => Some("next: count show --review, count explain what it asks for, count complete"),
        State::Requested | State::Counting | State::Investigating | State::Completed | State::Cancelled => None,
    }
}

fn list_in_words(answer: &Value) -> anyhow::Result<String> {
    let listed: Vec<Listed> = read(answer)?;
    if listed.is_empty() {
        return Ok("there are no counts; try: binwire-agent count open --by BADGE --due 20\n".to_owned());
    }
    let mut table = Table::new(&["count", "state", "opened", "by", ">lines"]);
    for Listed { session, state, opened, by, lines } in listed {
        table.row([session.0.to_string(), state.to_string(), minute(opened), by.to_string(), lines.to_string()]);
    }
    Ok(table.to_string())
}

fn sheet_in_words(answer: &Value) -> anyhow::Result<String> {
    let Sheet { session, state, lines } = read(answer)?;
    let mut table = Table::new(&[">line", "place", "item", ">yours", "asked"]);
    for SheetLine { line, item, place, ask, yours } in &lines {
        table.row([line.0.to_string(), place.to_string(), item.to_string(), or_dash(*yours), ask.words().to_owned()]);
    }
    Ok(format!("count {} is {state}\n{table}", session.0))
}

fn review_in_words(answer: &Value) -> anyhow::Result<String> {
    let Review { session, state, lines } = read(answer)?;
    let mut text = format!("count {} is {state}\n", session.0);
    let mut table = Table::new(&[">line", "place", "item", ">books", ">counted", ">difference", "stands", "reason"]);
    for line in &lines {
        let held = line.held();
        table.row([
            line.line.0.to_string(),
            line.place.to_string(),
            line.item.to_string(),
            held.map_or(line.expected, |tally| tally.books).to_string(),
            or_dash(held.map(|tally| tally.counted)),
            line.variance.map_or_else(|| "-".to_owned(), signed),
            line.stands(),
            match line.reason {
                Some(reason) => reason.words().to_owned(),
                None if line.lacks_reason => "is needed".to_owned(),
                None => "-".to_owned(),
            },
        ]);
    }
    text.push_str(&table.to_string());
    let mut tallies = Table::new(&[">line", ">count", "by", "at", ">books", ">counted", ">difference", ">moved", ""]);
    for line in lines.iter().filter(|line| line.tallies.len() > 1 || line.tallies.iter().any(|tally| tally.moved != 0))
    {
        for (number, tally) in line.tallies.iter().enumerate() {
            tallies.row([
                line.line.0.to_string(),
                number.to_string(),
                tally.by.to_string(),
                minute(tally.at),
                tally.books.to_string(),
                tally.counted.to_string(),
                signed(tally.variance),
                tally.moved.to_string(),
                if tally.superseded { "said anew".to_owned() } else { String::new() },
            ]);
        }
    }
    if !tallies.is_empty() {
        text.push_str(&format!("\neach count of these lines:\n{tallies}"));
    }
    let lacking: Vec<String> =
        lines.iter().filter(|line| line.lacks_reason).map(|line| line.line.0.to_string()).collect();
    if !lacking.is_empty() && state == State::ReadyToReview {
        let reasons: Vec<String> = Reason::ALL.into_iter().map(reason_word).collect();
        text.push_str(&format!(
            "\nlines that need a reason: {}\n  binwire-agent count explain {} LINE REASON --by BADGE\n  reasons: {}\n",
            lacking.join(", "),
            session.0,
            reasons.join(", "),
        ));
    }
    Ok(text)
}

fn due_in_words(answer: &Value) -> anyhow::Result<String> {
    let due: Vec<Due> = read(answer)?;
    if due.is_empty() {
        return Ok("nothing is due to be counted\n".to_owned());
    }
    let mut table = Table::new(&["place", "item", "class", "why"]);
    for Due { item, place, class, why } in &due {
        table.row([place.to_string(), item.to_string(), format!("{class:?}"), why.join("; ")]);
    }
    let lines = many(due.len(), "line");
    Ok(format!("{table}\n{lines} due; count them: binwire-agent count open --by BADGE --due {}\n", due.len().min(20)))
}

fn accuracy_in_words(answer: &Value) -> anyhow::Result<String> {
    let Accuracy { records, within_tolerance, mean, items } = read(answer)?;
    let (Some(within), Some(mean)) = (within_tolerance, mean) else {
        return Ok("nothing was counted yet\n".to_owned());
    };
    let mut table = Table::new(&["item", ">accuracy"]);
    for (item, share) in items {
        table.row([item, format!("{:.1} %", 100.0 * share)]);
    }
    let records = many(records as usize, "record");
    Ok(format!(
        "{records} counted, {:.1} % within tolerance, accuracy {:.1} %\n\n{table}",
        100.0 * within,
        100.0 * mean
    ))
}

impl Ask {
    const fn words(self) -> &'static str {
        match self {
            Self::HowMany => "how many?",
            Self::IsItEmpty => "is it empty?",
            Self::CountAgain => "count again",
            Self::Nothing => "-",
        }
    }
}

impl ReviewLine {
    /// The count that holds, else the newest.
    fn held(&self) -> Option<&Tally> {
        let settled = self.standing["settled"].as_u64().and_then(|at| self.tallies.get(usize::try_from(at).ok()?));
        settled.or(self.tallies.iter().rfind(|tally| !tally.superseded))
    }

    fn stands(&self) -> String {
        if let Some(word) = self.standing.as_str() {
            return word.replace('_', " ");
        }
        match self.standing["recount"].as_str() {
            Some(why) => format!("count again: {}", why.replace('_', " ")),
            None => "settled".to_owned(),
        }
    }
}

fn signed(change: i64) -> String {
    if change == 0 { "0".to_owned() } else { format!("{change:+}") }
}

fn session(word: &str) -> anyhow::Result<SessionId> {
    Ok(SessionId(word.parse()?))
}

/// A place in its own words, or a bin by its name.
fn place(word: &str) -> anyhow::Result<Place> {
    word.parse().or_else(|_| Ok(Place::Bin(word.parse()?)))
}

fn reason_word(reason: Reason) -> String {
    let word = serde_json::to_value(reason).unwrap_or_default();
    word.as_str().unwrap_or_default().replace('_', "-")
}

fn reason(word: &str) -> anyhow::Result<Reason> {
    let found = Reason::ALL.into_iter().find(|reason| reason_word(*reason) == word.replace('_', "-"));
    found.ok_or_else(|| anyhow!("reasons are {}", Reason::ALL.map(reason_word).join(", "))).context("no such reason")
}

#[cfg(test)]
mod tests;
