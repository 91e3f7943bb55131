//! What the agent does for its ledger unasked: checkpoints and health records for the vendors, acknowledged records
//! removed, and the hub asked again for what it had refused.
//!
//! Everything here can be late or left out without a loss. A look every few seconds costs nothing and writes nothing: an
//! idle site syncs nothing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gateway_proto::{name::FeedName, record::Seq, time::WallTime};
use serde_json::{Map, Value, json};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{
    cause,
    clock::Clock,
    ledger::{
        AsideState, Fullness,
        recorder::{Chore, Done, Recorder, View},
    },
    register::catalog::UNASSIGNED,
    status::{Status, Watcher},
};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Between two rounds of removing what is old: age is in days.
const TRIM_EVERY: Duration = Duration::from_secs(600);

/// Between two rounds of asking again for what was refused.
const ASK_EVERY: Duration = Duration::from_secs(3_600);

/// Records asked for in one round.
const ASK_MAX: usize = 200;

/// Questions on their way to a feed's delivery.
pub const QUESTIONS_MAX: usize = 256;

/// How often what is done.
#[derive(Debug, Clone, Copy)]
pub struct Intervals {
    pub checkpoint: Duration,
    /// `None`: no health records.
    pub health: Option<Duration>,
    /// How long acknowledged records stay.
    pub keep_acknowledged: Duration,
}

/// The loop, ready to run.
#[derive(Debug)]
pub struct Upkeep {
    pub intervals: Intervals,
    pub recorder: Recorder,
    pub clock: Clock,
    pub watcher: Arc<Watcher>,
    /// Where each feed's delivery takes questions.
    pub questions: BTreeMap<FeedName, mpsc::Sender<Seq>>,
}

/// When something is to be done next.
struct Due {
    checkpoints: BTreeMap<FeedName, Duration>,
    health: Duration,
    trim: Duration,
    ask: Duration,
}

impl Upkeep {
    /// Runs until stopped.
    pub async fn run(self, stop: CancellationToken) {
        let now = self.clock.elapsed();
        let mut due = Due {
            checkpoints: BTreeMap::new(),
            // Not at once: a site that starts has other things to do, and one that starts again and again must not fill
            // its feeds with it.
            health: now + self.intervals.health.unwrap_or_default(),
            trim: now + TRIM_EVERY,
            ask: now + ASK_EVERY / 60,
        };
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // What was held at the last look, and at the one before.
        let mut held = (None, None);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            let view = self.recorder.view().borrow().clone();
            if view.room.fullness > Fullness::Roomy || view.room.ballast_released {
                self.recorder.look_for_room().await;
            }
            // A ledger in trouble is left alone.
            if view.trouble.is_some() {
                continue;
            }
            // While records come it rides with one of them; where none does, it is written by itself.
            let recorded: u64 = view.counts.feeds.values().map(|counts| counts.recorded).sum();
            let waits = view.held.map(|serial| (serial, recorded));
            if waits.is_some() && waits == held.1 {
                self.done(Chore::Flush).await;
            }
            held = (waits, held.0);
            self.checkpoints(&view, &mut due).await;
            self.health(&mut due).await;
            self.trim(&view, &mut due).await;
            self.ask_again(&view, &mut due).await;
        }
    }

    async fn checkpoints(&self, view: &View, due: &mut Due) {
        let now = self.clock.elapsed();
        for (feed, movements) in &view.since_checkpoint {
            if *movements == 0 || feed.as_str() == UNASSIGNED {
                due.checkpoints.remove(feed);
                continue;
            }
            let at = *due.checkpoints.entry(feed.clone()).or_insert(now + self.intervals.checkpoint);
            if now >= at {
                due.checkpoints.remove(feed);
                self.done(Chore::Checkpoint { feed: feed.clone(), at: self.clock.wall().0 }).await;
            }
        }
    }

    async fn health(&self, due: &mut Due) {
        let (Some(every), now) = (self.intervals.health, self.clock.elapsed()) else { return };
        if now < due.health {
            return;
        }
        due.health = now + every;
        let status = self.watcher.status();
        for feed in self.questions.keys() {
            let body = health(feed, &status, self.clock.wall().0);
            self.done(Chore::Health { feed: feed.clone(), body }).await;
        }
    }

    async fn trim(&self, view: &View, due: &mut Due) {
        let now = self.clock.elapsed();
        let (wall, doubt) = self.clock.wall();
        // Under a clock that may be wrong nothing is old.
        if now < due.trim || doubt.is_some() {
            return;
        }
        due.trim = now + TRIM_EVERY;
        let kept = i64::try_from(self.intervals.keep_acknowledged.as_millis()).unwrap_or(i64::MAX);
        let before = WallTime::from_millis(wall.millis().saturating_sub(kept));
        for feed in view.standings.keys() {
            let mut removed = 0;
            // A bite at a time, so that scans come in between.
            while let Some(Done::Trimmed(records @ 1..)) = self.done(Chore::Trim { feed: feed.clone(), before }).await {
                removed += records;
            }
            if removed > 0 {
                info!(%feed, removed, "acknowledged records removed");
            }
        }
    }

    async fn ask_again(&self, view: &View, due: &mut Due) {
        let now = self.clock.elapsed();
        if now < due.ask {
            return;
        }
        due.ask = now + ASK_EVERY;
        if view.counts.feeds.values().all(|counts| counts.set_aside == 0) {
            return;
        }
        let Ok(aside) = self.recorder.set_aside(ASK_MAX).await else { return };
        for aside in aside.iter().filter(|aside| aside.state == AsideState::KeptAtHub) {
            let is_now = view.standings.get(&aside.feed).is_some_and(|at| at.standing.epoch == aside.epoch);
            if let Some(questions) = self.questions.get(&aside.feed).filter(|_| is_now) {
                // Full: the next round asks for the rest.
                let _ = questions.try_send(aside.seq);
            }
        }
    }

    async fn done(&self, chore: Chore) -> Option<Done> {
        match self.recorder.tend(chore).await {
            Ok(Done::Waived) => {
                debug!("left out: the disk is short");
                None
            }
            Ok(done) => Some(done),
            Err(refused) => {
                warn!(error = %cause::chain(&refused), "upkeep of the ledger failed");
                None
            }
        }
    }
}

/// How the site is, as far as this feed's vendor is concerned: nothing that tells of other feeds, their volumes or devices.
fn health(feed: &FeedName, status: &Status, at: WallTime) -> Map<String, Value> {
    let counts = status.feeds.get(feed).map(|feed| feed.counts).unwrap_or_default();
    let body = json!({
        "at": at,
        "agent": status.version,
        "uptime_seconds": status.uptime_seconds,
        "disk": status.storage.fullness,
        "clock_trusted": status.clock.trusted,
        "waiting": counts.waiting,
        "set_aside": counts.set_aside,
    });
    match body {
        Value::Object(body) => body,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
