//! The picker: takes parts from the rack as a technician would, and remembers what he did.

use std::time::Duration;

use anyhow::bail;
use sim::Random;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    rack::{CountedBy, PARTS, Part, Truth},
    stage::Stage,
    talk::Talk,
};

/// How long the site may take to see an act. A weight settles in two seconds; a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two acts.
const BREATH: Duration = Duration::from_millis(200);

/// Pieces of a delivery.
const DELIVERY: i64 = 200;

/// Below this many pieces the bin is filled up.
const LOW: i64 = 20;

/// Someone with hands and a memory.
pub(super) struct Picker {
    random: Random,
    pub(super) truth: Truth,
}

impl Picker {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::seeded(seed), truth: Truth::opening() }
    }

    /// Takes parts until stopped; what was begun is finished.
    ///
    /// # Errors
    /// When the site does not see an act in time.
    pub(super) async fn work(&mut self, stage: &Stage, talk: &Talk, stop: &CancellationToken) -> anyhow::Result<()> {
        // The day begins when the site knows what is in the bins, and with a delivery for the one nobody weighs.
        self.seen(stage).await?;
        for part in PARTS.iter().filter(|part| part.counted_by == CountedBy::Scanner) {
            self.truth.fill(part, DELIVERY);
            talk.say(&format!("the storekeeper scans a delivery of {DELIVERY} {} into bin {}", part.item, part.bin));
            stage.scanner.scan("BW:RECEIVE").await?;
            stage.scanner.scan(&format!("BW:QTY:{DELIVERY}")).await?;
            stage.scanner.scan(part.item).await?;
            stage.scanner.scan("BW:DONE").await?;
        }
        self.seen(stage).await?;
        while !stop.is_cancelled() {
            let part = &PARTS[usize::try_from(self.random.below(PARTS.len() as u64))?];
            let pieces = i64::try_from(1 + self.random.below(12))?;
            match part.counted_by {
                CountedBy::Scanner => {
                    self.truth.take(part, pieces);
                    stage.scanner.scan(&format!("BW:QTY:{pieces}")).await?;
                    stage.scanner.scan(part.item).await?;
                }
                CountedBy::Scale | CountedBy::Sensor if self.truth.in_bin(part.item) < LOW => {
                    self.truth.fill(part, DELIVERY);
                    talk.say(&format!("the storekeeper fills bin {} up with {DELIVERY} {}", part.bin, part.item));
                    stage.put(part, self.truth.in_bin(part.item));
                }
                CountedBy::Scale | CountedBy::Sensor => {
                    self.truth.take(part, pieces);
                    stage.put(part, self.truth.in_bin(part.item));
                }
            }
            self.seen(stage).await?;
            sleep(BREATH).await;
        }
        Ok(())
    }

    /// Waits until the site's ledger says what the picker did.
    async fn seen(&self, stage: &Stage) -> anyhow::Result<()> {
        let mut view = stage.watcher.recorder.view();
        let agrees = async {
            loop {
                view.borrow_and_update();
                let on_hand = stage.watcher.recorder.on_hand().await?;
                let held = |item: &str, place: String| -> anyhow::Result<Option<i64>> {
                    Ok(on_hand.get(&item.parse()?, &place.parse()?))
                };
                let mut all = true;
                for part in &PARTS {
                    let in_bin = held(part.item, format!("bin:{}", part.bin))?;
                    all &= in_bin.unwrap_or(0) == self.truth.in_bin(part.item);
                }
                if all {
                    return Ok(());
                }
                // Every commit makes a new view; on-hand is asked for only then.
                view.changed().await?;
            }
        };
        match timeout(PATIENCE, agrees).await {
            Ok(seen) => seen,
            Err(_) => bail!("the site has not seen an act within {PATIENCE:?}: {}", self.difference(stage).await?),
        }
    }

    async fn difference(&self, stage: &Stage) -> anyhow::Result<String> {
        let on_hand = stage.watcher.recorder.on_hand().await?;
        let mut lines = Vec::new();
        for Part { item, bin, .. } in &PARTS {
            let site = on_hand.get(&item.parse()?, &format!("bin:{bin}").parse()?);
            lines.push(format!("bin {bin} holds {} {item}, the site says {site:?}", self.truth.in_bin(item)));
        }
        let problems = stage.watcher.status().problems;
        lines.extend(problems.iter().filter(|problem| problem.level.needs_somebody()).map(ToString::to_string));
        Ok(lines.join("; "))
    }
}
