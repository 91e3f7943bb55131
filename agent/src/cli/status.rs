//! `status`: asks the agent over its socket and says it in words.

use std::{fmt::Write as _, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, bail};

use crate::status::Status;

/// How long the agent may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks and prints. Exit status 1 when somebody has to do something.
#[expect(clippy::print_stdout, reason = "the command line speaks to a person")]
pub(super) async fn show(socket: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let client = reqwest::Client::builder()
        .unix_socket(socket.to_owned())
        .timeout(PATIENCE)
        .build()
        .context("prepare request")?;
    let answer = client.get("http://agent/status").send().await;
    let answer = answer
        .with_context(|| format!("no agent answers on {}; try: systemctl status binwire-agent", socket.display()))?;
    if !answer.status().is_success() {
        bail!("agent answered {}", answer.status());
    }
    let body = answer.text().await.context("read answer")?;
    let status: Status = serde_json::from_str(&body).context("understand answer")?;
    if json {
        println!("{body}");
    } else {
        print!("{}", in_words(&status));
    }
    let is_well = !status.problems.iter().any(|problem| problem.level.needs_somebody());
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn in_words(status: &Status) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "site {}, agent {}, up {} s, ledger {} kB",
        status.site,
        status.version,
        status.uptime_seconds,
        status.ledger_bytes / 1024
    );
    let clock = &status.clock;
    let _ = writeln!(
        out,
        "clock {} {}, since {} s: {}; set {} times, boot {}",
        clock.wall,
        if clock.trusted { "trusted" } else { "NOT TRUSTED" },
        clock.since_seconds,
        clock.why,
        clock.steps,
        clock.boot
    );
    let _ = writeln!(
        out,
        "\n{:<20}{:>10}{:>10}{:>10}{:>10}{:>10}",
        "feed", "recorded", "acked", "waiting", "aside", "lost"
    );
    for (feed, of) in &status.feeds {
        let counts = of.counts;
        let mark = if of.conserved { "" } else { "  NOT ACCOUNTED FOR" };
        let _ = writeln!(
            out,
            "{feed:<20}{:>10}{:>10}{:>10}{:>10}{:>10}{mark}",
            counts.recorded, counts.acked, counts.waiting, counts.set_aside, counts.lost
        );
    }
    let _ = writeln!(out, "\n{:<20}{:<14}{:>10}{:>10}{:>10}  on", "device", "state", "readings", "bad", "refused");
    for (device, of) in &status.devices {
        let state = match (of.connected, of.problem.as_ref().or(of.level_problem.as_ref())) {
            (true, None) => "ok",
            (true, Some(_)) => "unknown",
            (false, _) => "away",
        };
        let _ = writeln!(
            out,
            "{device:<20}{state:<14}{:>10}{:>10}{:>10}  {}",
            of.readings, of.bad_frames, of.refused, of.on
        );
    }
    if let Some(page) = &status.page {
        let _ = writeln!(out, "\npage {}", page.address);
        if let Some(fingerprint) = &page.fingerprint {
            let _ = writeln!(out, "its authority, SHA-256 {fingerprint}");
        }
    }
    if !status.problems.is_empty() {
        let _ = writeln!(out, "\nproblems:");
    }
    for problem in &status.problems {
        let _ = writeln!(out, "  {:<5}{problem}", problem.level.word());
    }
    out
}
