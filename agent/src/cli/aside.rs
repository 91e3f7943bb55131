//! `set-aside`, `audit`, `checkpoint`, `send-now`: what people ask of the ledger itself.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use gateway_proto::{
    chain::Epoch,
    name::{FeedName, Text},
    record::Seq,
};
use serde_json::Value;

use super::{
    ask::{AskArgs, read, tell},
    table::{Table, many},
};
use crate::{
    ledger::{Aside, AsideAct, AsideKey, AsideOutcome, AsideState, Audit},
    task::api::ledger::LedgerAsk,
};

/// What `set-aside` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct AsideArgs {
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Subcommand)]
enum Act {
    /// Show one record, whole.
    Show(Which),
    /// Send it again: the hub is asked whether it takes it by now; what it could not read goes out as a new record.
    Retry {
        #[command(flatten)]
        which: Which,
        /// Who says so.
        #[arg(long, value_name = "NAME")]
        by: Text,
    },
    /// Give it up: it stays in the list and in the audit.
    Discard {
        #[command(flatten)]
        which: Which,
        /// Who says so.
        #[arg(long, value_name = "NAME")]
        by: Text,
    },
    /// Print all of them, one JSON object a line, with their records.
    Export,
}

#[derive(Debug, Clone, Args)]
struct Which {
    feed: FeedName,
    /// Its number there, as the list has it.
    seq: u64,
    /// Where the list has the number in more than one epoch.
    #[arg(long)]
    epoch: Option<Epoch>,
}

/// What the others are told.
#[derive(Debug, Clone, Args)]
pub(super) struct PlainArgs {
    #[command(flatten)]
    ask: AskArgs,
}

/// What `checkpoint` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct CheckpointArgs {
    /// One vendor's feed; all of them when left out.
    feed: Option<FeedName>,
    #[command(flatten)]
    ask: AskArgs,
}

/// Lists what is set aside, or does something about one.
pub(super) fn aside(args: &AsideArgs) -> anyhow::Result<ExitCode> {
    args.ask.with_agent(async |agent| {
        let listed: Value = agent.post("/v1/ledger", &LedgerAsk::SetAside).await?;
        let rows: Vec<Aside> = read(&listed)?;
        let (which, act, by) = match &args.act {
            None => return args.ask.tell(&listed, |_| Ok(in_words(&rows))),
            Some(Act::Export) => {
                let lines = rows.iter().map(|row| serde_json::to_string(row).map(|line| line + "\n"));
                tell(&lines.collect::<Result<String, _>>()?)?;
                return Ok(ExitCode::SUCCESS);
            }
            Some(Act::Show(which)) => {
                let row = find(&rows, which)?;
                return args.ask.tell(&serde_json::to_value(row)?, |_| Ok(one_in_words(row)));
            }
            Some(Act::Retry { which, by }) => (which, AsideAct::Retry, by),
            Some(Act::Discard { which, by }) => (which, AsideAct::Discard, by),
        };
        let row = find(&rows, which)?;
        let of = AsideKey { feed: row.feed.clone(), epoch: row.epoch.clone(), seq: row.seq };
        let done: Value = agent.post("/v1/ledger", &LedgerAsk::Tend { of, act, by: by.clone() }).await?;
        args.ask.tell(&done, |done| {
            Ok(match read(done)? {
                AsideOutcome::Ask { seq } => {
                    format!("the hub is asked for record {seq} again; it leaves the list once the hub has taken it\n")
                }
                AsideOutcome::SentAgain { seq } => format!("it goes out once more, as record {seq}\n"),
                AsideOutcome::Discarded => "it is given up; the audit says by whom\n".to_owned(),
                AsideOutcome::Refused(why) => format!("{why}\n"),
            })
        })
    })
}

/// Shows what people did to the ledger.
pub(super) fn audit(args: &PlainArgs) -> anyhow::Result<ExitCode> {
    args.ask.with_agent(async |agent| {
        let answer: Value = agent.post("/v1/ledger", &LedgerAsk::Audit).await?;
        args.ask.tell(&answer, |answer| {
            let mut table = Table::new(&["when", "who", "what", "which"]);
            for Audit { at, actor, act, detail } in read::<Vec<Audit>>(answer)? {
                table.row([at.to_string(), actor, act, detail]);
            }
            Ok(if table.is_empty() { "nobody did anything to the ledger\n".to_owned() } else { table.to_string() })
        })
    })
}

/// Tells the vendors now what the books say.
pub(super) fn checkpoint(args: &CheckpointArgs) -> anyhow::Result<ExitCode> {
    args.ask.with_agent(async |agent| {
        let ask = LedgerAsk::Checkpoint { feed: args.feed.clone() };
        let answer: Value = agent.post("/v1/ledger", &ask).await?;
        args.ask.tell(&answer, |answer| {
            let records = answer["records"].as_object().into_iter().flatten();
            let lines = records.map(|(feed, count)| format!("{feed}: checkpoint recorded ({count} records)\n"));
            Ok(lines.collect())
        })
    })
}

/// Sends all that waits, whatever the line costs.
pub(super) fn send_now(args: &PlainArgs) -> anyhow::Result<ExitCode> {
    args.ask.with_agent(async |agent| {
        let answer: Value = agent.post("/v1/ledger", &LedgerAsk::SendNow).await?;
        args.ask.tell(&answer, |answer| {
            let used = answer["used_bytes"].as_u64().unwrap_or_default() / 1_000;
            Ok(format!("what waits is sent now; the line has carried {used} kB this month\n"))
        })
    })
}

fn find<'a>(rows: &'a [Aside], which: &Which) -> anyhow::Result<&'a Aside> {
    let is_it = |row: &&Aside| {
        row.feed == which.feed
            && row.seq == Seq(which.seq)
            && which.epoch.as_ref().is_none_or(|epoch| row.epoch == *epoch)
    };
    let mut found = rows.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        (Some(_), Some(_)) => {
            anyhow::bail!("more than one epoch of {} has that number; say which with --epoch", which.feed)
        }
        (None, _) => {
            anyhow::bail!("record {} of {} is not set aside; `set-aside` lists what is", which.seq, which.feed)
        }
    }
}

fn in_words(rows: &[Aside]) -> String {
    let mut table = Table::new(&["feed", "seq", "state", "code", "why"]);
    for row in rows {
        let state = state(row.state);
        table.row([row.feed.to_string(), row.seq.to_string(), state, row.code.clone(), row.detail.clone()]);
    }
    if table.is_empty() {
        return "nothing is set aside\n".to_owned();
    }
    format!("{table}{}; `set-aside show`, `retry`, `discard`, `export`\n", many(rows.len(), "record"))
}

fn one_in_words(row: &Aside) -> String {
    let Aside { feed, epoch, seq, code, detail, record, .. } = row;
    let record = record.as_deref().unwrap_or("removed");
    format!("feed {feed}, epoch {epoch}, seq {seq}: {}\n{code}: {detail}\n{record}\n", state(row.state))
}

fn state(state: AsideState) -> String {
    match state {
        AsideState::KeptAtHub => "kept at the hub".to_owned(),
        AsideState::Unreadable => "not readable there".to_owned(),
        AsideState::SentAgain { seq } => format!("sent again as {seq}"),
        AsideState::Discarded => "discarded".to_owned(),
    }
}
