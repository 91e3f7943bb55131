//! A clock that is wrong, and one that is set while people work.
//!
//! The agent runs under libfaketime: its wall clock is ours to set, its monotonic clocks are the machine's, as with any
//! clock that somebody sets. What synchronizes it is a file that we touch.

#[path = "clock/machine.rs"]
mod machine;
#[path = "clock/steps.rs"]
mod steps;
#[path = "clock/tls.rs"]
mod tls;

use serde_json::Value;
use sim::Scanner;
use tests::{Emitted, Hub, Part, Site, site::file::SiteFile};

use self::machine::Machine;

/// Scans a part of its own: the item tells it, one piece each.
async fn scan(scanner: &Scanner, emitted: &Emitted, item: &str) {
    let part = Part::new(item, 1);
    emitted.mean(&part);
    scanner.scan(item).await.unwrap();
}

fn items(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("IT-{number:04}")).collect()
}

/// A site with a scanner at its dock, on this machine. `trust`: what it makes of a clock that nobody synchronizes.
fn site(machine: &Machine, trust: &str, items: &[String]) -> SiteFile {
    let file = Site::new("plant-7").items("acme", items).station("goods-in").scanner("scanner-1", "goods-in");
    let synchronized = machine.synchronized_file().display().to_string();
    let file = file.section(format_args!("[clock]\ntrust = \"{trust}\"\nsynchronized_file = \"{synchronized}\"\n"));
    machine.environment().into_iter().fold(file, |file, (name, value)| file.environment(name, value))
}

/// The records that a hub has, in their order.
fn records(hub: &Hub) -> Vec<Value> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let store = rusqlite::Connection::open_with_flags(hub.state_dir().join("hub.db"), flags).unwrap();
    let mut rows = store.prepare("SELECT text FROM record ORDER BY key").unwrap();
    let texts = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    texts.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
}

/// Milliseconds since 1970 of a record's time.
fn millis(time: &Value) -> i64 {
    gateway_proto::time::WallTime::parse(time.as_str().unwrap()).unwrap().millis()
}

/// Of each movement: what its clock said, and, where that was not trusted, its time since boot.
fn times(records: &[Value]) -> Vec<(i64, Option<i64>)> {
    let movements = records.iter().filter(|record| record["type"] == "movement");
    movements.map(|record| (millis(&record["at"]), record["clock"]["mono_ms"].as_i64())).collect()
}

/// The `clock` records: which record they are, from 0, and when they say that the boot began.
fn put_right(records: &[Value]) -> Vec<(usize, i64)> {
    let all = records.iter().enumerate().filter(|(_, record)| record["type"] == "clock");
    all.map(|(index, record)| (index, millis(&record["zero"]))).collect()
}
