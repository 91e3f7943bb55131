//! A disk that is full, that refuses writes, that goes read-only, and a log that somebody's long look keeps from shrinking:
//! what was accepted stays, what cannot be accepted is refused where it is scanned, and it goes on when it can.

#[path = "full_disk/long_look.rs"]
mod long_look;
#[path = "full_disk/no_room.rs"]
mod no_room;
#[path = "full_disk/refused_writes.rs"]
mod refused_writes;

use std::{fs, path::Path};

use rusqlite::{Connection, OpenFlags};
use sim::{ListeningScanner, Manners, Outcome, Suffix};
use tests::{
    Checker, Emitted, Hub, LoopDisk, PATIENCE, Part, Publisher, Site, broker::Mosquitto, eventually,
    site::file::SiteFile,
};

const ITEMS: [&str; 3] = ["M8-BOLT", "SEAL-40", "O-RING"];

/// Scans of the serial scanner, each of an item of its own.
const SCANS_MAX: usize = 400;

/// What the agent says while the disk refuses.
const EXPECTED: [&str; 4] = ["ledger cannot write", "ledger is full", "settlement not recorded", "ledger not readable"];

/// The site's disk, in MiB.
const DISK_MIB: u64 = 16;

/// Bytes that nobody has taken of it when a scenario begins: enough for some thousand movements and no more.
const LEFT: u64 = 2 * 1024 * 1024;

/// A site on a small disk with a scanner that hears refusals and a gateway of scanners on MQTT; its hub is not there yet.
struct Stage {
    emitted: Emitted,
    broker: Mosquitto,
    hub: Hub,
    site: Site,
    scanner: ListeningScanner,
    scanned: usize,
    // Last: it is taken away when the agent is dead.
    disk: LoopDisk,
}

impl Stage {
    /// `None` after saying that `test` is skipped.
    async fn set_or_skip(test: &str) -> Option<Self> {
        let broker = Mosquitto::start_or_skip(test).await?;
        let hub = Hub::of(&[("plant-7", "acme")]);
        let file = site(&broker, &hub).section("[storage]\nballast_mb = 2\n");
        let disk = LoopDisk::mount_or_skip(test, &file.state_dir(), DISK_MIB)?;
        let scanner = plug(&file);
        let site = file.start().await;
        // Behind the ballast, which takes an eighth of what is free.
        let _somebody = disk.fill_but(LEFT);
        site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
        Some(Self { emitted: Emitted::default(), broker, hub, site, scanner, scanned: 0, disk })
    }

    async fn gateway(&self) -> Publisher {
        Publisher::connect(self.broker.port(), "scans", &ITEMS, 1_000_000, &self.emitted).await
    }

    /// Scans a part of its own. What is acknowledged is promised.
    async fn scan(&mut self) -> Outcome {
        // The item tells it: a scanner has no ids.
        let part = Part::new(scanned(self.scanned), 1);
        self.scanned += 1;
        self.emitted.mean(&part);
        let outcome = self.scanner.scan(&part.item).await.unwrap();
        if outcome == Outcome::Taken {
            self.emitted.promise(&part);
        }
        outcome
    }

    /// Scans until a scan ends like this. None is taken where another end is waited for.
    async fn scan_until(&mut self, wanted: Outcome) {
        eventually(PATIENCE, "a scan ends as wanted", async || {
            assert!(self.scanned < SCANS_MAX, "a scan ends as wanted in time");
            let outcome = self.scan().await;
            assert!(outcome == wanted || outcome != Outcome::Taken, "nothing is taken before it is {wanted:?}");
            (outcome == wanted).then_some(())
        })
        .await;
    }
}

/// What the agent says while it cannot record is no fault, and what was acknowledged makes room.
fn checker(emitted: &Emitted) -> Checker<'_> {
    EXPECTED.iter().fold(Checker::new(emitted).after_removal(), |checker, text| checker.expecting(text))
}

fn log_bytes(state_dir: &Path) -> u64 {
    fs::metadata(state_dir.join("ledger.db-wal")).map_or(0, |meta| meta.len())
}

/// A look that does not end until it is dropped.
fn look(state_dir: &Path) -> Connection {
    let ledger = Connection::open_with_flags(state_dir.join("ledger.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    ledger.execute_batch("BEGIN").unwrap();
    let _: i64 = ledger.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
    ledger
}

fn scanned(number: usize) -> String {
    format!("IT-{number:03}")
}

fn site(broker: &Mosquitto, hub: &Hub) -> SiteFile {
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
    let file = file.items("acme", (0..SCANS_MAX).map(scanned));
    let file = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in");
    let port = file.port("scanner-1").display().to_string();
    file.section(format_args!(
        "[[scanner]]\nname = \"scanner-1\"\nstation = \"goods-in\"\nport = \"{port}\"\ndialogue = \"ack-nak\"\n\
         repeat_window_ms = 0\n"
    ))
}

fn plug(file: &SiteFile) -> ListeningScanner {
    ListeningScanner::plug(&file.port("scanner-1"), Suffix::Cr, Manners::ZEBRA.ack_nak()).unwrap()
}
