//! The command line: `binwire-hub serve | check | sites | on-hand | movements | parked | feed | backtest | forecast | replenish | whatif`.
//!
//! Exit codes: 0 done, 1 an error that is printed, 2 a command that clap does not understand, 64 a bad configuration.
//! The reading commands look into the store directly, with the operator's eyes, whether or not a hub is running. So do those
//! that change something, in one short transaction each: whoever may write the file is the operator.

mod backtest;
mod change;
mod check;
mod forecast;
mod look;
mod replenish;
mod whatif;

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    config::{ConfigError, HubConfig},
    feed::FeedKey,
    serve::Hub,
    store::Fact,
    tls,
};

/// Takes the feeds of many sites, keeps them, and shows them live.
#[derive(Parser)]
#[command(name = "binwire-hub", version)]
struct Cli {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    #[command(flatten)]
    Plan(Plan),
    #[command(flatten)]
    Command(Command),
}

/// What a planner asks on files of their own, without a configuration or a store.
#[derive(Subcommand)]
enum Plan {
    /// Try the forecast on a history: what it would have said, and how near it came
    Backtest(backtest::BacktestArgs),
    /// Forecast a history and write the numbers, and a report for people
    Forecast(forecast::ForecastArgs),
    /// Plan what to order on which day, from stock, lead times and a history
    Replenish(replenish::ReplenishArgs),
    /// Play scenarios over the same files and lay them beside the plan
    #[command(name = "whatif")]
    WhatIf(whatif::WhatIfArgs),
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM
    Serve(ConfigArg),
    /// Check a configuration file and list every fault
    Check(ConfigArg),
    /// Show how each feed is, its alarms and what to do about them
    #[command(alias = "status")]
    Sites(LookArgs),
    /// Show what is where
    OnHand(LookArgs),
    /// Show the newest movements
    Movements(LookArgs),
    /// Show records that are kept but not applied, or apply what is wanted now
    Parked {
        #[command(subcommand)]
        act: Option<ParkedAct>,
        #[command(flatten)]
        args: LookArgs,
    },
    /// Take note of what happened to a feed
    Feed {
        #[command(subcommand)]
        act: FeedAct,
    },
}

#[derive(Subcommand)]
enum ParkedAct {
    /// Show them
    List(LookArgs),
    /// Apply those whose items the configuration names now
    Replay(ConfigArg),
}

#[derive(Subcommand)]
enum FeedAct {
    /// Take note of an alarm; what it is about stays on record, with your name
    Acknowledge {
        /// SITE/FEED
        feed: FeedKey,
        /// What to acknowledge
        alarm: Fact,
        /// Who says so
        #[arg(long)]
        by: String,
        /// What was found out
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        config: ConfigArg,
    },
}

#[derive(Args)]
struct ConfigArg {
    /// The configuration file
    #[arg(long, default_value = "/etc/binwire/hub.toml")]
    config: PathBuf,
}

#[derive(Args)]
struct LookArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Print JSON, in the shape of the API
    #[arg(long)]
    json: bool,
}

/// Runs the program.
pub fn main() -> ExitCode {
    tls::install_provider();
    let command = match Cli::parse().act {
        Act::Command(command) => command,
        Act::Plan(Plan::Backtest(args)) => return end(print(backtest::backtest(&args))),
        Act::Plan(Plan::Forecast(args)) => return end(print(forecast::forecast(&args))),
        Act::Plan(Plan::Replenish(args)) => return end(print(replenish::replenish(&args))),
        Act::Plan(Plan::WhatIf(args)) => return end(print(whatif::whatif(&args))),
    };
    let config = config_of(&command);
    let loaded = match load(config) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let done = match &command {
        Command::Serve(_) => serve(loaded, config),
        Command::Check(ConfigArg { config }) => print(check::check(&loaded, config)),
        Command::Sites(args) => print(look::sites(&loaded, args.json)),
        Command::OnHand(args) => print(look::on_hand(&loaded, args.json)),
        Command::Movements(args) => print(look::movements(&loaded, args.json)),
        Command::Parked { act: Some(ParkedAct::Replay(_)), .. } => print(change::replay(&loaded)),
        Command::Parked { act: Some(ParkedAct::List(args)), .. } | Command::Parked { act: None, args } => {
            print(look::parked(&loaded, args.json))
        }
        Command::Feed { act: FeedAct::Acknowledge { feed, alarm, by, note, .. } } => {
            print(change::acknowledge(&loaded, feed, *alarm, by, note))
        }
    };
    end(done)
}

fn end(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn config_of(command: &Command) -> &Path {
    match command {
        Command::Serve(config)
        | Command::Check(config)
        | Command::Sites(LookArgs { config, .. })
        | Command::OnHand(LookArgs { config, .. })
        | Command::Movements(LookArgs { config, .. })
        | Command::Parked { act: Some(ParkedAct::List(LookArgs { config, .. }) | ParkedAct::Replay(config)), .. }
        | Command::Parked { act: None, args: LookArgs { config, .. } }
        | Command::Feed { act: FeedAct::Acknowledge { config, .. } } => &config.config,
    }
}

fn load(path: &Path) -> Result<HubConfig, ExitCode> {
    HubConfig::load(path).map_err(|error| {
        match error {
            ConfigError::Faults(faults) => {
                complain(&faults.to_string());
                complain(&format!("error: {} has {} faults", path.display(), faults.faults.len()));
            }
            ConfigError::Read { .. } => {
                complain(&format!("error: {:#}", anyhow::Error::new(error)));
                complain("try: --config FILE; config/hub.toml of the source is an example with every key");
            }
        }
        ExitCode::from(settings::EXIT_FAULTS)
    })
}

fn serve(config: HubConfig, path: &Path) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut hangup = signal(SignalKind::hangup())?;
        let mut hub = Hub::start(config).await?;
        say(&format!("page: {}", hub.url()));
        notify(sd_notify::NotifyState::Ready);
        loop {
            tokio::select! {
                failure = hub.failed() => return Err(failure),
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                Some(()) = hangup.recv() => reload(&hub, path).await,
            }
        }
        notify(sd_notify::NotifyState::Stopping);
        hub.stop().await
    })
}

/// Reads the file anew. A bad one changes nothing: the hub goes on with what it has.
async fn reload(hub: &Hub, path: &Path) {
    let read = match HubConfig::load(path) {
        Ok(config) => hub.reload(&config).await,
        Err(error) => Err(error.into()),
    };
    match read {
        Ok(replayed) => tracing::info!(replayed, "items and planning folders of the feeds are read anew"),
        Err(error) => tracing::error!(error = %format_args!("{error:#}"), "configuration is not taken on"),
    }
}

fn notify(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd is not told");
    }
}

fn print(text: anyhow::Result<String>) -> anyhow::Result<()> {
    say(text?.trim_end());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command line talks to a person")]
fn say(text: &str) {
    println!("{text}");
}

/// Says how far a long command is, where nothing else is read from.
fn progress(text: &str) {
    complain(text);
}

#[expect(clippy::print_stderr, reason = "the command line talks to a person")]
fn complain(text: &str) {
    eprintln!("{text}");
}
