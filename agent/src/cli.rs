//! The command line: parse, load the configuration, start tracing, run.

mod alarms;
mod aside;
mod ask;
mod bins;
mod calibrate;
mod count;
mod decode;
mod device_args;
mod devices;
mod labels;
mod listen;
mod master;
mod operator;
mod paint;
mod playback;
mod probe;
mod records;
mod replay;
mod status;
mod table;
mod telling;
mod trace;
mod undo;

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use device_args::{DecodingArgs, DeviceArgs, LineArgs};
use listen::Listening;
use replay::Speed;

use crate::{
    app::{self, Agent},
    config::{Config, ConfigError},
    register::fact::Kind,
};

/// Counts parts where they are used and tells each vendor, exactly once, what was used.
#[derive(Debug, Parser)]
#[command(name = "binwire-agent", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the site daemon until SIGTERM or SIGINT.
    Run {
        /// The site's file.
        #[arg(long)]
        config: PathBuf,
        /// How to write the log to standard error. What is logged: RUST_LOG, default `info`.
        #[arg(long, value_enum, default_value_t = LogFormat::Text)]
        log: LogFormat,
    },
    /// List everything wrong with a site's file; exit 64 when there is anything.
    Check {
        /// The site's file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Ask a running agent how it is.
    Status {
        /// The site's file, to find the agent's socket.
        #[arg(long, required_unless_present = "socket")]
        config: Option<PathBuf>,
        /// The agent's socket.
        #[arg(long)]
        socket: Option<PathBuf>,
        /// For machines: as one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List what is plugged in, and what to write into the site's file for it.
    Devices {
        /// For machines: one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Find out at which speed and in which language the scale on a port speaks.
    Probe {
        /// `/dev/serial/by-id/…`, `tcp:HOST:PORT` or `/dev/hidraw…`
        port: String,
        /// Speeds to try, with commas between. Default: all that scales come with.
        #[arg(long, value_delimiter = ',', value_parser = device_args::baud())]
        baud: Vec<u32>,
        /// For machines: as one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show what a device says, live. The agent must not hold the port at the same time.
    Listen {
        /// `/dev/serial/by-id/…`, `tcp:HOST:PORT`, `/dev/hidraw…`, `/dev/input/…`, `replay:FILE`
        port: String,
        #[command(flatten)]
        device: DeviceArgs,
        #[command(flatten)]
        line: LineArgs,
        /// Stop after so many seconds.
        #[arg(long = "for", value_name = "SECONDS", value_parser = listen::seconds)]
        time: Option<Duration>,
        /// Stop after so many readings.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
        count: Option<u64>,
        /// For machines: one JSON object a line; in a pipe always.
        #[arg(long)]
        json: bool,
    },
    /// As `listen`, and keep what goes over the line in a file.
    Capture {
        /// As for `listen`.
        port: String,
        /// Where to keep it. Made anew; a file that is there is not written over.
        file: PathBuf,
        #[command(flatten)]
        device: DeviceArgs,
        #[command(flatten)]
        line: LineArgs,
        /// Stop after so many seconds.
        #[arg(long = "for", value_name = "SECONDS", value_parser = listen::seconds)]
        time: Option<Duration>,
        /// Stop after so many readings.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
        count: Option<u64>,
        /// For machines: one JSON object a line; in a pipe always.
        #[arg(long)]
        json: bool,
    },
    /// Read a capture again, with its timing: what the agent would have read.
    Replay {
        /// What `capture` has kept; with --bin the weights of a bin, a CSV with the columns t_ms, gross and maybe stable.
        file: PathBuf,
        /// What the bin is, a JSON file: the weights are counted, and each act is told as a JSON line.
        #[arg(long, value_name = "FILE")]
        bin: Option<PathBuf>,
        #[command(flatten)]
        device: DeviceArgs,
        /// How many times as fast, from 0.001 to 1000000; 0 without any wait.
        #[arg(long, default_value = "1", value_parser = Speed::parse)]
        speed: Speed,
        /// For machines: one JSON object a line; in a pipe always.
        #[arg(long)]
        json: bool,
    },
    /// Say what bytes on standard input mean, as JSON lines.
    Decode {
        /// What they are: a scale protocol, `scan`, `gs1`, `iso15434`, `ssi`, `tasmota`, `sparkplug`, … A wrong word
        /// lists them all.
        #[arg(value_name = "AS")]
        what: String,
        #[command(flatten)]
        decoding: DecodingArgs,
        /// The topic an MQTT payload came on.
        #[arg(long)]
        topic: Option<String>,
        /// The input is hex.
        #[arg(long)]
        hex: bool,
    },
    /// Show every bin: what the books say, what its scale says and how sure, alarms, what is wrong and what to do.
    Bins(bins::BinsArgs),
    /// Teach a bin's scale what the empty container and a piece weigh; without a step it asks.
    Calibrate(calibrate::CalibrateArgs),
    /// Show the library of containers, or weigh one for it.
    Containers(calibrate::ContainerArgs),
    /// Count stock: say what is there, and the books are corrected by the difference.
    Count(count::CountArgs),
    /// Take in a CSV of items, codes, containers, bins, operators, assets or shipments; exit 65 when faults let nothing
    /// be taken.
    Import(master::ImportArgs),
    /// Write all facts of a kind as CSV.
    Export(master::ExportArgs),
    /// Take a fact out of the master data.
    Remove(master::RemoveArgs),
    /// Set or take away the PIN of an operator, for the page at the bin.
    Operator(operator::OperatorArgs),
    /// Show codes that nobody knew when they were scanned.
    Parked(master::ParkedArgs),
    /// Show the open alarms, or say that somebody knows of one.
    Alarms(alarms::AlarmArgs),
    /// Show what people should look at, or dismiss it.
    Notices(alarms::NoticeArgs),
    /// Take a movement back by a correcting one.
    Undo(undo::UndoArgs),
    /// Show what the hub refused, and decide about it.
    SetAside(aside::AsideArgs),
    /// Show what people did to the ledger.
    Audit(aside::PlainArgs),
    /// Show the records of the ledger as they go to the vendors, also while no agent runs.
    Records(records::RecordsArgs),
    /// Tell the vendors now what the books say, for their hubs to compare.
    Checkpoint(aside::CheckpointArgs),
    /// Send all that waits now, also in quiet hours and beyond the month's budget.
    SendNow(aside::PlainArgs),
    /// Show every station: who stands there, and what it waits for.
    Stations(bins::StationsArgs),
    /// Scan a code at a station, without a scanner. Exit 1 when it is refused.
    Scan(bins::ScanArgs),
    /// Print labels for bins, items, badges, assets and commands.
    Labels(labels::LabelArgs),
    /// Show the whole line on this machine: simulated devices, this agent, a hub, two vendors, a WAN that fails.
    #[cfg(feature = "demo")]
    Demo(crate::demo::Options),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    crate::tls::install_provider();
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run { config, log } => run(&config, log),
        Command::Check { config } => check(&config),
        Command::Status { config, socket, json } => status(config.as_deref(), socket, json),
        Command::Devices { json } => devices::show(json),
        Command::Probe { port, baud, json } => probe::run(&port, &baud, json),
        Command::Listen { port, device, line, time, count, json } => {
            listen::run(Listening { port, device, line, json, time, count, capture: None })
        }
        Command::Capture { port, file, device, line, time, count, json } => {
            listen::run(Listening { port, device, line, json, time, count, capture: Some(file) })
        }
        Command::Replay { file, bin: Some(bin), .. } => trace::run(&bin, &file),
        Command::Replay { file, bin: None, device, speed, json } => replay::run(&file, &device, speed, json),
        Command::Decode { what, decoding, topic, hex } => decode::run(&what, &decoding, topic.as_deref(), hex),
        Command::Bins(args) => bins::bins(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Containers(args) => calibrate::containers(&args),
        Command::Count(args) => count::run(&args),
        Command::Import(args) => master::import(&args),
        Command::Export(args) => master::export(&args),
        Command::Remove(args) => master::remove(&args),
        Command::Operator(args) => operator::run(&args),
        Command::Parked(args) => master::parked(&args),
        Command::Alarms(args) => alarms::alarms(&args),
        Command::Notices(args) => alarms::notices(&args),
        Command::Undo(args) => undo::run(&args),
        Command::SetAside(args) => aside::aside(&args),
        Command::Audit(args) => aside::audit(&args),
        Command::Records(args) => records::run(&args),
        Command::Checkpoint(args) => aside::checkpoint(&args),
        Command::SendNow(args) => aside::send_now(&args),
        Command::Stations(args) => bins::stations(&args),
        Command::Scan(args) => bins::scan(&args),
        Command::Labels(args) => labels::run(&args),
        #[cfg(feature = "demo")]
        Command::Demo(options) => crate::demo::main(&options),
    };
    match done {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(ConfigError::Faults(faults)) = error.downcast_ref() {
        eprintln!("{faults}\nerror: {} faults; nothing was started", faults.faults.len());
        return ExitCode::from(settings::EXIT_FAULTS);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

fn run(config: &Path, log: LogFormat) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let filter = EnvFilter::builder().with_default_directive(tracing::Level::INFO.into()).from_env_lossy();
    let on_terminal = std::io::stderr().is_terminal();
    let log_to = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(on_terminal);
    match log {
        LogFormat::Text => log_to.with_target(false).init(),
        LogFormat::Json => log_to.json().flatten_event(true).init(),
    }
    app::runtime()?.block_on(async {
        let agent = Agent::start(config).await?;
        let stop = app::stop_signal()?;
        // Not run by systemd: there is nobody to tell.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        agent
            .run_until(async {
                stop.await;
                let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
            })
            .await
    })?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the command line speaks to a person")]
fn check(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    for warning in &config.warnings {
        println!("warning: {warning}");
    }
    println!(
        "{}: ok: site {}, {} feeds, {} items, {} bins, {} stations, {} devices",
        path.display(),
        config.site,
        config.feeds.len(),
        config.register.len(Kind::Item),
        config.register.len(Kind::Bin),
        config.stations.len(),
        config.scanners.len() + config.scales.len() + config.sensors.len(),
    );
    Ok(ExitCode::SUCCESS)
}

fn status(config: Option<&Path>, socket: Option<PathBuf>, json: bool) -> anyhow::Result<ExitCode> {
    let socket = match (socket, config) {
        (Some(socket), _) => socket,
        (None, Some(config)) => Config::load(config)?.socket,
        (None, None) => anyhow::bail!("give --config or --socket"),
    };
    app::runtime()?.block_on(status::show(&socket, json))
}
