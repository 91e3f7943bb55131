//! The whole line on one machine: simulated devices that speak real bytes, this agent, a hub with two vendors, a WAN
//! that fails, and a picker who knows what he took. Nothing here is needed by, or known to, the rest of the agent.
//!
//! [`stage`] puts the parts up · [`rack`] what is in the bins, and the truth · [`picker`] takes parts ·
//! [`talk`] says what happens · [`table`] compares truth, site and vendor

mod picker;
mod rack;
mod stage;
mod table;
mod talk;

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::{picker::Picker, stage::Stage, table::Table, talk::Talk};

/// How long the site may take to hand over what waits, once the WAN is back and nobody takes parts any more.
const HANDOVER: Duration = Duration::from_secs(30);

/// `demo`
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// End after this time with a table of truth, site and vendor; exit 0 only when all three agree. Without it: until Ctrl-C.
    #[arg(long = "for", value_name = "30s|5m", value_parser = duration)]
    pub run_for: Option<Duration>,
    /// The same seed takes the same parts in the same order.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the vendor's page is served; another port is taken when this one is not free.
    #[arg(long, default_value_t = 8470)]
    pub port: u16,
}

/// Runs the demo on a runtime of its own.
///
/// # Errors
/// When a part cannot be put up or fails.
pub fn main(options: &Options) -> anyhow::Result<ExitCode> {
    crate::app::runtime()?.block_on(run(options))
}

async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let talk = Talk::begin();
    talk.say("putting up a rack with two vendors' parts, a gateway and a hub …");
    let stage = Stage::up(options).await.context("put up the demo")?;
    talk.introduce(&stage);
    let follow = talk.follow(&stage);
    let signal = crate::app::stop_signal()?;
    let mut picker = Picker::new(options.seed);
    let stop = CancellationToken::new();
    let day = async {
        tokio::select! {
            () = until(options.run_for) => {}
            () = signal => {}
        }
        stop.cancel();
        std::future::pending().await
    };
    let ended = tokio::select! {
        ended = picker.work(&stage, &talk, &stop) => ended,
        () = weather(&stage, &talk, options.run_for) => Ok(()),
        () = day => Ok(()),
    };
    stage.wan.up();
    ended.context("take parts")?;
    talk.say("the picker goes home; waiting until every vendor has everything …");
    let handed_over = timeout(HANDOVER, stage.handed_over(&picker.truth)).await.is_ok();
    follow.abort();
    let table = Table::of(&stage, &picker.truth).await?;
    talk.result(&table, handed_over);
    stage.down().await?;
    Ok(if table.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A WAN that goes away for the middle third, or, when the demo has no end, for 15 s of every 40.
async fn weather(stage: &Stage, talk: &Talk, run_for: Option<Duration>) {
    let (fair, foul) = match run_for {
        Some(whole) => (whole / 3, whole / 3),
        None => (Duration::from_secs(25), Duration::from_secs(15)),
    };
    let mut at = Instant::now();
    loop {
        at += fair;
        sleep_until(at).await;
        talk.say("--- the WAN goes away ---");
        stage.wan.down();
        at += foul;
        sleep_until(at).await;
        talk.say("--- the WAN is back ---");
        stage.wan.up();
        if run_for.is_some() {
            return std::future::pending().await;
        }
    }
}

async fn until(run_for: Option<Duration>) {
    match run_for {
        Some(whole) => sleep(whole).await,
        None => std::future::pending().await,
    }
}

/// `30s`, `5m`, or seconds alone.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("{text} is no time; write 30s or 5m"))?;
    match unit {
        "" | "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        _ => Err(format!("{text} is no time; write 30s or 5m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_minutes() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert!(duration("5h").is_err());
        assert!(duration("s").is_err());
    }
}
