//! What the demo says, in plain words, as it happens.

use std::{io::IsTerminal, sync::Arc, time::Instant};

use gateway_proto::{movement::Source, place::Place};
use tokio::{
    sync::broadcast::error::RecvError,
    task::JoinHandle,
    time::{Duration, interval},
};

use super::{rack::VENDORS, stage::Stage, table::Table};
use crate::{ledger::Recorded, status::Watcher};

/// How often a line says that things go on, when nothing else does.
const PROGRESS: Duration = Duration::from_secs(5);

/// The demo's voice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    begun: Instant,
}

#[expect(clippy::print_stdout, reason = "the demo speaks to a person")]
impl Talk {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    pub(super) fn say(&self, text: &str) {
        println!("{:>6.1} s  {text}", self.begun.elapsed().as_secs_f64());
    }

    pub(super) fn introduce(&self, stage: &Stage) {
        self.say("ready. Each vendor's page, live and of its own parts only:");
        for vendor in VENDORS {
            self.say(&format!("  {vendor:<8}{}", stage.page(vendor)));
        }
        if std::io::stdout().is_terminal() {
            self.say("Ctrl-C ends the demo with a comparison of truth, site and vendor");
        }
    }

    /// Says every movement as the site commits it, and that nothing happens when nothing does.
    pub(super) fn follow(self, stage: &Stage) -> JoinHandle<()> {
        let watcher = stage.watcher.clone();
        let mut news = watcher.recorder.news();
        tokio::spawn(async move {
            let mut progress = interval(PROGRESS);
            progress.reset();
            loop {
                tokio::select! {
                    recorded = news.recv() => match recorded {
                        Ok(recorded) => {
                            self.say(&format!("{} → {}", words(&recorded), uplink(&watcher)));
                            progress.reset();
                        }
                        Err(RecvError::Lagged(missed)) => self.say(&format!("… {missed} more")),
                        Err(RecvError::Closed) => return,
                    },
                    _ = progress.tick() => self.say(&format!("… {}", uplink(&watcher))),
                }
            }
        })
    }

    pub(super) fn result(&self, table: &Table, handed_over: bool) {
        println!("\n{table}");
        match (table.agrees(), handed_over) {
            (true, _) => println!("truth, site and vendor agree on every item"),
            (false, true) => println!("truth, site and vendor DIFFER"),
            (false, false) => println!("truth, site and vendor DIFFER; not everything was handed over in time"),
        }
    }
}

/// `bin A-01: 12 M8-BOLT used (scale)`
fn words(recorded: &Arc<Recorded>) -> String {
    let movement = &recorded.movement;
    let act = movement.act().map_or("moved", gateway_proto::movement::Act::word);
    let (place, held) = match (&movement.from, &movement.to) {
        (Place::Bin(bin), _) => (format!("bin {bin}"), recorded.left),
        (_, Place::Bin(bin)) => (format!("bin {bin}"), recorded.reached),
        (from, to) => (format!("{from} to {to}"), recorded.reached),
    };
    let source = match movement.source {
        Source::Scan => "scan",
        Source::Scale => "scale",
        Source::Count => "first count",
        Source::Manual => "by hand",
        Source::Import => "import",
    };
    format!("{place}: {} {} {act} ({source}), now {held}", movement.qty, movement.item)
}

/// `waiting 37, WAN down since 20 s`
fn uplink(watcher: &Watcher) -> String {
    let status = watcher.status();
    let waiting: u64 = status.feeds.values().map(|feed| feed.counts.waiting).sum();
    let down = status.feeds.values().filter_map(|feed| feed.trouble.as_ref()).map(|(_, seconds)| *seconds).max();
    match down {
        Some(seconds) => format!("waiting {waiting}, WAN down since {seconds} s"),
        None => format!("waiting {waiting}, WAN up"),
    }
}
