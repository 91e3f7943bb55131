//! The command line: `binwire-hub serve | check | sites | on-hand | movements | parked`.
//!
//! Exit codes: 0 done, 1 an error that is printed, 2 a command that clap does not understand, 64 a bad configuration.
//! The reading commands look into the store directly, with the operator's eyes, whether or not a hub is running.

mod look;

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
    serve::Hub,
    tls,
};

/// Takes the feeds of many sites, keeps them, and shows them live.
#[derive(Parser)]
#[command(name = "binwire-hub", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM
    Serve(ConfigArg),
    /// Check a configuration file and list every fault
    Check(ConfigArg),
    /// Show how each feed is
    Sites(LookArgs),
    /// Show what is where
    OnHand(LookArgs),
    /// Show the newest movements
    Movements(LookArgs),
    /// Show records that are kept but not applied
    Parked(LookArgs),
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
    let cli = Cli::parse();
    let (Command::Serve(ConfigArg { config })
    | Command::Check(ConfigArg { config })
    | Command::Sites(LookArgs { config: ConfigArg { config }, .. })
    | Command::OnHand(LookArgs { config: ConfigArg { config }, .. })
    | Command::Movements(LookArgs { config: ConfigArg { config }, .. })
    | Command::Parked(LookArgs { config: ConfigArg { config }, .. })) = &cli.command;
    let loaded = match load(config) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let done = match &cli.command {
        Command::Serve(_) => serve(loaded),
        Command::Check(ConfigArg { config }) => {
            say(&format!(
                "{} is good: {} feeds, {} viewers",
                config.display(),
                loaded.feeds.len(),
                loaded.viewers.len()
            ));
            Ok(())
        }
        Command::Sites(args) => print(look::sites(&loaded, args.json)),
        Command::OnHand(args) => print(look::on_hand(&loaded, args.json)),
        Command::Movements(args) => print(look::movements(&loaded, args.json)),
        Command::Parked(args) => print(look::parked(&loaded, args.json)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
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

fn serve(config: HubConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut hub = Hub::start(config).await?;
        say(&format!("page: {}", hub.url()));
        notify(sd_notify::NotifyState::Ready);
        tokio::select! {
            failure = hub.failed() => return Err(failure),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        notify(sd_notify::NotifyState::Stopping);
        hub.stop().await
    })
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

#[expect(clippy::print_stderr, reason = "the command line talks to a person")]
fn complain(text: &str) {
    eprintln!("{text}");
}
