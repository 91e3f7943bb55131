//! A site whose ledger's file is damaged while the agent is down: it starts, keeps counting, and tells what is missing.

use std::{fs, path::Path};

use agent::ledger::packed::Unpacked;
use tests::{Broker, Emitted, Hub, PATIENCE, Publisher, Site};

const ITEMS: [&str; 2] = ["M8-BOLT", "SEAL-40"];

/// Scans that are delivered, and scans that still wait, before the damage.
const DELIVERED: u64 = 300;
const WAITING: u64 = 200;

struct Stage {
    emitted: Emitted,
    _broker: Broker,
    hub: Hub,
    site: Site,
    publisher: Publisher,
}

impl Stage {
    /// A site that was killed with a backlog, and its hub.
    async fn set() -> Self {
        let (emitted, broker) = (Emitted::default(), Broker::start().await);
        let mut hub = Hub::start("plant-7", "acme").await;
        let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
        let mut site = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").start().await;
        let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
        publisher.publish_many(DELIVERED).await;
        site.wait_until_accepted(usize::try_from(DELIVERED).unwrap()).await;
        site.wait_until_settled(PATIENCE).await;
        hub.stop().await;
        publisher.publish_many(WAITING).await;
        site.wait_until_accepted(usize::try_from(DELIVERED + WAITING).unwrap()).await;
        site.kill();
        Self { emitted, _broker: broker, hub, site, publisher }
    }

    /// Goes on after the damage; how many movements are missing at the hub in the end.
    async fn go_on(mut self) -> u64 {
        self.site.start().await;
        self.site.wait_until_said("ledger is damaged and set aside").await;
        let status = self.site.status().await;
        assert!(status.names("damaged-1-"), "the status names the folder: {:?}", status.problems);
        self.publisher.publish_many(50).await;
        let all = usize::try_from(DELIVERED + WAITING + 50).unwrap();
        self.site.wait_until_accepted(all).await;
        self.hub.begin().await;
        self.site.wait_until_settled(PATIENCE).await;
        let movements = self.hub.movements().await;
        // The publisher's scans can be told apart, and so can their records.
        let mut records: Vec<_> = movements.iter().map(|seen| seen.record.get()).collect();
        let count = records.len();
        records.sort_unstable();
        records.dedup();
        assert_eq!(count, records.len(), "nothing is there twice");
        let missing = all - count;
        let told: u64 = self.site.status().await.feeds["acme"].lost;
        assert!(missing as u64 <= told, "{missing} are missing, {told} were declared");
        let health = self.hub.health().await;
        // A record that is lost may have come again, from a broker that had not heard of it.
        assert_eq!(health[0].chain != "whole", told > 0, "the vendor sees the gap: {health:?}");
        assert_eq!(self.emitted.meant().values().map(|&n| n as usize).sum::<usize>(), all);
        // And it starts again, from a ledger that is whole.
        self.site.restart().await;
        missing as u64
    }
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_header_costs_no_record() {
    let stage = Stage::set().await;
    edit(&stage.site.state_dir().join("ledger.db"), |bytes| {
        let end = bytes.len().min(100);
        bytes[..end].fill(0);
    });
    // The log may hold a good copy of the first page: then nothing is damaged that counts.
    edit(&stage.site.state_dir().join("ledger.db-wal"), |bytes| bytes[..32].fill(0));
    assert_eq!(stage.go_on().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_byte_in_a_waiting_record_is_a_gap_that_the_vendor_sees() {
    let stage = Stage::set().await;
    let db = rusqlite::Connection::open(stage.site.state_dir().join("ledger.db")).unwrap();
    // SQLite itself sees nothing of this; the chain does.
    let texts: Vec<(i64, Unpacked)> = db
        .prepare("SELECT key, text FROM record WHERE key & 1023 = 400")
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .unwrap();
    assert!(!texts.is_empty());
    for (key, Unpacked(text)) in texts {
        let changed = text.replace("\"qty\":", "\"qty\":1");
        db.execute("UPDATE record SET text = ? WHERE key = ?", rusqlite::params![changed, key]).unwrap();
    }
    drop(db);
    let missing = stage.go_on().await;
    assert!(missing <= 2, "{missing} are missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_in_the_ledgers_place_does_not_keep_the_agent_from_starting() {
    let mut stage = Stage::set().await;
    let ledger = stage.site.state_dir().join("ledger.db");
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(stage.site.state_dir().join(name));
    }
    fs::create_dir(&ledger).unwrap();
    stage.site.start().await;
    stage.publisher.publish_many(20).await;
    stage.hub.begin().await;
    stage.hub.wait_for_movements(usize::try_from(DELIVERED + 20).unwrap()).await;
    assert!(stage.site.status().await.names("damaged-1-"));
}
