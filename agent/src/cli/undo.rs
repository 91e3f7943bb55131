//! `undo`: a movement is taken back by the correcting one.

use std::process::ExitCode;

use clap::Args;
use gateway_proto::{
    name::{FeedName, Text},
    record::Seq,
};

use super::ask::AskArgs;
use crate::floor::Command;

/// What `undo` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct UndoArgs {
    /// The vendor's feed it was recorded in.
    feed: FeedName,
    /// Its number there, as the agent's log and the vendor's page have it.
    seq: u64,
    /// The badge of whoever takes it back.
    #[arg(long, value_name = "BADGE")]
    by: Text,
    #[command(flatten)]
    ask: AskArgs,
}

/// Takes a movement back.
pub(super) fn run(args: &UndoArgs) -> anyhow::Result<ExitCode> {
    let UndoArgs { feed, seq, by, ask } = args;
    let command = Command::Undo { feed: feed.clone(), seq: Seq(*seq), by: Some(by.clone()) };
    ask.command(&command, |_| {
        Ok(format!("movement {seq} of {feed} is taken back; a correcting movement is recorded\n"))
    })
}
