//! `operator`: the PINs of people. Whoever reaches the agent's socket may set them; so the first parts manager comes in.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use serde_json::{Value, json};

use super::ask::{AskArgs, tell};

/// Bytes of a line with a PIN: more is something else.
const LINE_LEN_MAX: u64 = 256;

/// What `operator` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct OperatorArgs {
    #[command(subcommand)]
    step: Step,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Debug, Clone, Subcommand)]
enum Step {
    /// Set the PIN of an operator: asked for twice on a terminal, else read from standard input.
    Pin {
        /// Badge, or the name if only one operator has it.
        operator: String,
    },
    /// Take the PIN away. Whose role needs one is shut out until there is another.
    NoPin {
        /// Badge, or the name if only one operator has it.
        operator: String,
    },
}

pub(super) fn run(args: &OperatorArgs) -> anyhow::Result<ExitCode> {
    let wish = match &args.step {
        Step::Pin { operator } => json!({ "operator": operator, "pin": asked_for()? }),
        Step::NoPin { operator } => json!({ "operator": operator, "pin": null }),
    };
    args.ask.with_agent(async |agent| {
        let answer: Value = agent.post("/v1/pin", &wish).await?;
        args.ask.tell(&answer, |answer| {
            let badge = answer["badge"].as_str().unwrap_or_default();
            let word = if answer["has_pin"] == true { "has a PIN now" } else { "has no PIN any more" };
            Ok(format!("badge {badge} {word}\n"))
        })
    })
}

/// The PIN, from whoever sits at the terminal or from standard input.
fn asked_for() -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let first = hidden("PIN: ")?;
    let second = hidden("again: ")?;
    ensure!(first == second, "the two are not the same; nothing was changed");
    Ok(first)
}

/// A line that is not shown while it is typed.
fn hidden(prompt: &str) -> anyhow::Result<String> {
    tell(prompt)?;
    let stdin = io::stdin();
    let before = tcgetattr(&stdin).context("ask the terminal")?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &silent).context("silence the terminal")?;
    let _back = Loud(before);
    let typed = line();
    tell("\n")?;
    typed
}

/// Gives the terminal its voice back, also when nothing could be read.
struct Loud(Termios);

impl Drop for Loud {
    fn drop(&mut self) {
        // A terminal that is gone needs none.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().take(LINE_LEN_MAX).read_line(&mut line).context("read the PIN")?;
    Ok(line.trim().to_owned())
}
