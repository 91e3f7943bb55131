//! `records`: the ledger's records, read from its file. The file holds them packed, so that no other tool shows them.
//!
//! Reads only, and needs no agent: a running one goes on meanwhile.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use gateway_proto::{
    movement::Act,
    name::FeedName,
    record::{Record, Seq},
    time::WallTime,
};

use super::{ask::tell, table::Table};
use crate::{
    config::Config,
    ledger::{SCHEMA, reader::Reader},
};

/// Records of a page: a few hundred kilobytes of text.
const PAGE: u32 = 1_000;

/// What `records` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct RecordsArgs {
    /// One vendor's feed; each of them in turn when left out.
    feed: Option<FeedName>,
    /// The site's file, to find its state folder.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Begin with the record of this number; without it the newest are shown.
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    from: Option<u64>,
    /// How many of a feed.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// For machines: each record exactly as it is chained and sent, one a line.
    #[arg(long)]
    json: bool,
}

/// Prints them, the newest last.
pub(super) fn run(args: &RecordsArgs) -> anyhow::Result<ExitCode> {
    let reader = Reader::open(&Config::load(&args.config)?.state_dir)?;
    match reader.schema()? {
        SCHEMA => {}
        found if found > SCHEMA => {
            bail!("ledger has schema {found}, this program knows {SCHEMA}; use that of the agent")
        }
        found => bail!("ledger has schema {found}, this program reads {SCHEMA}; start the agent once, which renews it"),
    }
    let mut lives = reader.newest_lives()?;
    if let Some(feed) = &args.feed {
        lives.retain(|(name, _)| name == feed);
        if lives.is_empty() {
            bail!("no feed {feed} in the ledger");
        }
    }
    let from = args.from.map(Seq);
    for (feed, life) in &lives {
        if args.json {
            print_texts(&reader, *life, from, args.limit)?;
            continue;
        }
        let mut table = Table::new(&[">seq", "at", "what", "item", ">qty", "from", "to", "by"]);
        reader.each(*life, from, args.limit, |seq, text| table.row(cells(seq, text)))?;
        let title = if args.feed.is_none() { format!("{feed}:\n") } else { String::new() };
        let rows = if table.is_empty() { "no records\n".to_owned() } else { table.to_string() };
        tell(&format!("{title}{rows}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints records a page at a time: whoever reads slowly must not hold the ledger's file meanwhile, for its log could not
/// begin anew.
fn print_texts(reader: &Reader, life: i64, from: Option<Seq>, limit: u32) -> anyhow::Result<()> {
    let mut next = from;
    if next.is_none() {
        reader.each(life, None, limit, |seq, _| next = next.or(Some(seq)))?;
    }
    let mut left = limit;
    while let (Some(from), 1..) = (next.take(), left) {
        let (mut lines, mut last) = (String::new(), None);
        let mut count = 0;
        reader.each(life, Some(from), left.min(PAGE), |seq, text| {
            lines.push_str(text);
            lines.push('\n');
            (last, count) = (Some(seq), count + 1);
        })?;
        tell(&lines).context("write records")?;
        left -= count;
        next = last.map(Seq::next);
    }
    Ok(())
}

/// A record as a row; what it has no cell for is in `--json`.
fn cells(seq: Seq, text: &str) -> [String; 8] {
    let row = |at: Option<WallTime>, what: &str, rest: [String; 5]| {
        let [item, qty, from, to, by] = rest;
        [seq.to_string(), at.map_or_else(String::new, |at| at.to_string()), what.to_owned(), item, qty, from, to, by]
    };
    let none = || std::array::from_fn(|_| String::new());
    match Record::parse(text) {
        Ok(Record::Movement(movement)) => {
            let what = movement.act().map_or("movement", word);
            let [item, by] = [movement.item.to_string(), movement.by.to_string()];
            let qty = movement.qty.units().to_string();
            row(Some(movement.at), what, [item, qty, movement.from.to_string(), movement.to.to_string(), by])
        }
        Ok(Record::Count(count)) => {
            let [item, by] = [count.item.to_string(), count.by.to_string()];
            row(Some(count.at), "count", [item, count.qty.to_string(), String::new(), count.place.to_string(), by])
        }
        Ok(Record::Checkpoint(checkpoint)) => row(Some(checkpoint.at), "checkpoint", none()),
        Ok(Record::Clock(offset)) => row(Some(offset.at), "clock", none()),
        Ok(Record::Order(_)) => row(None, "order", none()),
        Ok(Record::Health(_)) => row(None, "health", none()),
        Ok(Record::Unknown(_)) => row(None, "unknown", none()),
        Err(_) => row(None, "unreadable", none()),
    }
}

/// The word of the documentation for it.
fn word(act: Act) -> &'static str {
    match act {
        Act::Receipt => "receipt",
        Act::PutAway => "put-away",
        Act::Transfer => "transfer",
        Act::Deploy => "deploy",
        Act::TestPass => "test pass",
        Act::TestFail => "test fail",
        Act::Install => "install",
        Act::Uninstall => "uninstall",
        Act::Use => "use",
        Act::Return => "return",
        Act::ReturnToVendor => "return to vendor",
        Act::Scrap => "scrap",
        Act::Adjust => "adjust",
        Act::OwnershipChange => "ownership change",
        Act::Correction => "correction",
    }
}
