//! A technician who goes on whatever happens to the agent: scans parts, takes pieces from a weighed bin, and now and
//! then pulls a plug and puts it back.
//!
//! A serial line acknowledges nothing: what is on it while nobody reads is lost, as physics wants it. So these scans are
//! meant, never promised; but the bin's last level must be known in the end.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sim::{MtSicsScale, Random, Scanner, Suffix};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use crate::{
    emitted::{Emitted, Part},
    eventually::{PATIENCE, eventually},
    site::{Site, file::SiteFile},
};

/// Items that are scanned once each: the item is what tells one scan from the others.
const ITEMS: usize = 2_000;

/// Between two things that a technician does.
const PACE: Duration = Duration::from_millis(30);

/// Steps between two pulled plugs.
const PLUG_STEPS: u64 = 15;

/// The weighed bin, and what is in it.
const BIN: &str = "T-01";
const WEIGHED: &str = "WASHER";

/// A technician with a scanner and a bin.
#[derive(Debug)]
pub struct Technician {
    scanner: Scanner,
    scale: MtSicsScale,
    scanner_port: PathBuf,
    scale_port: PathBuf,
    emitted: Emitted,
    random: Random,
    scanned: usize,
    pieces: u32,
}

/// A technician at work.
#[derive(Debug)]
pub struct Shift {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Technician>,
}

impl Technician {
    /// Adds what a technician uses to a site's file.
    #[must_use]
    pub fn equip(file: SiteFile, feed: &str) -> SiteFile {
        let file = file.items(feed, (0..ITEMS).map(item)).station("rack").scanner("tech-scanner", "rack");
        file.scale("tech-scale", BIN, WEIGHED, feed)
    }

    /// Plugs the devices of a site in.
    ///
    /// # Panics
    /// When the system has no terminals.
    #[must_use]
    pub fn of(file: &SiteFile, emitted: &Emitted, random: Random) -> Self {
        let (scanner_port, scale_port) = (file.port("tech-scanner"), file.port("tech-scale"));
        let scanner = Scanner::plug(&scanner_port, Suffix::Cr).expect("plug the scanner in");
        let scale = MtSicsScale::plug(&scale_port, 7).expect("plug the scale in");
        scale.set_settling_replies(1);
        let emitted = emitted.clone();
        let mut technician = Self { scanner, scale, scanner_port, scale_port, emitted, random, scanned: 0, pieces: 0 };
        technician.fill(200);
        technician
    }

    /// Works until the shift ends.
    #[must_use]
    pub fn begin(mut self) -> Shift {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut pace = interval(PACE);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !stopped.load(Ordering::Relaxed) {
                pace.tick().await;
                self.step().await;
            }
            self
        });
        Shift { stop, task }
    }

    /// Plugs everything in for good, and returns when the agent knows the bin's last level.
    ///
    /// # Panics
    /// When it never does.
    pub async fn finish(mut self, site: &Site) {
        self.replug().await;
        let pieces = self.pieces + 3;
        self.fill(pieces);
        eventually(PATIENCE, "the bin's last level is known", async || {
            let held: serde_json::Value = serde_json::from_str(&site.on_hand().await).expect("the agent's on-hand");
            (held[WEIGHED][format!("bin:{BIN}")] == pieces).then_some(())
        })
        .await;
    }

    async fn step(&mut self) {
        if self.random.below(PLUG_STEPS) == 0 {
            self.replug().await;
        }
        let taken = u32::try_from(self.random.below(11)).expect("small");
        self.fill((self.pieces + 5).saturating_sub(taken));
        if self.scanned < ITEMS {
            let item = item(self.scanned);
            self.scanned += 1;
            self.emitted.mean(&Part::new(item.clone(), 1));
            self.scanner.scan(&item).await.expect("a scanner that is plugged in");
        }
    }

    async fn replug(&mut self) {
        self.scanner.replug(&self.scanner_port).expect("plug the scanner in");
        self.scale.replug(&self.scale_port).await.expect("plug the scale in");
    }

    fn fill(&mut self, pieces: u32) {
        self.pieces = pieces;
        // Said before it is so: the agent may see it at once.
        self.emitted.level(WEIGHED, BIN, pieces.into());
        self.scale.set_grams(f64::from(100 + 10 * pieces));
    }
}

impl Shift {
    /// Ends the shift after the step that is being done.
    ///
    /// # Panics
    /// When a step has failed.
    pub async fn end(self) -> Technician {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("a technician who did not fail")
    }
}

fn item(number: usize) -> String {
    format!("IT-{number:04}")
}
