//! Durable movements per second: the ledger and the recorder beside raw SQLite that commits the same rows in groups of
//! the same size, in turns, in one run. The disk's pace varies from minute to minute; the ratio is what counts.
//!
//! `cargo bench -p agent --bench recorder` (`-- SECONDS` for longer turns)

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to a person")]

use std::{
    collections::VecDeque,
    path::Path,
    time::{Duration, Instant},
};

use agent::{
    ledger::{Ledger, recorder::Recorder},
    movement::entry::Entry,
    register::catalog::Catalog,
};
use gateway_proto::{
    chain::{Epoch, Link},
    movement::Movement,
    quantity::Quantity,
    record::Record,
    time::WallTime,
};
use rusqlite::{Connection, params};

const GROUPS: [usize; 4] = [1, 10, 100, 500];
const TURNS: usize = 5;
const ITEMS: u64 = 200;

fn main() {
    let seconds: f64 = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(0.6);
    let turn = Duration::from_secs_f64(seconds);
    println!("{TURNS} turns of {seconds} s each, medians; rows/s and ratio to raw SQLite in WAL, synchronous=FULL");
    println!(
        "{:>6} {:>12} {:>12} {:>7} {:>12} {:>7} {:>14} {:>14}",
        "group", "raw", "ledger", "ratio", "recorder", "ratio", "raw B/row", "ledger B/row"
    );
    for group in GROUPS {
        let (mut raw, mut ledger, mut recorder) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            raw.push(raw_sqlite(group, turn));
            ledger.push(our_ledger(group, turn));
            recorder.push(our_recorder(group, turn));
        }
        let ratio =
            |ours: &[Turn]| median(ours.iter().zip(&raw).map(|(ours, raw)| ours.rows_per_second / raw.rows_per_second));
        let rate = |turns: &[Turn]| median(turns.iter().map(|turn| turn.rows_per_second));
        let bytes = |turns: &[Turn]| median(turns.iter().map(|turn| turn.bytes_per_row));
        println!(
            "{group:>6} {:>12.0} {:>12.0} {:>7.2} {:>12.0} {:>7.2} {:>14.0} {:>14.0}",
            rate(&raw),
            rate(&ledger),
            ratio(&ledger),
            rate(&recorder),
            ratio(&recorder),
            bytes(&raw),
            bytes(&ledger)
        );
    }
}

struct Turn {
    rows_per_second: f64,
    /// What the kernel was given to write to the disk.
    bytes_per_row: f64,
}

/// Counts rows until the time is over.
fn measured(turn: Duration, mut commit: impl FnMut(u64) -> u64) -> Turn {
    let (begin, written) = (Instant::now(), written());
    let mut rows = 0;
    while begin.elapsed() < turn {
        rows += commit(rows);
    }
    let (elapsed, written) = (begin.elapsed().as_secs_f64(), self::written() - written);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Turn { rows_per_second: rows as f64 / elapsed, bytes_per_row: written as f64 / rows as f64 }
}

/// The same table and rows, with texts and links made beforehand.
fn raw_sqlite(group: usize, turn: Duration) -> Turn {
    let folder = tempfile::tempdir().unwrap();
    let mut db = Connection::open(folder.path().join("raw.db")).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.pragma_update(None, "synchronous", "full").unwrap();
    db.execute_batch(include_str!("../src/ledger/schema.sql")).unwrap();
    db.execute("INSERT INTO life (life, feed, epoch, begun_ms) VALUES (1, 'acme', 'e', 0)", []).unwrap();
    let texts: Vec<_> = (0..1_000).map(|n| Record::Movement(movement(n)).to_text().unwrap()).collect();
    let link = Link::first(&Epoch::new(0, [0; 10]));
    measured(turn, |done| {
        let tx = db.transaction().unwrap();
        {
            let mut insert =
                tx.prepare_cached("INSERT INTO record (life, seq, link, origin, text) VALUES (?, ?, ?, ?, ?)").unwrap();
            for n in done..done + group as u64 {
                let text = texts[n as usize % texts.len()].as_str();
                insert.execute(params![1, n as i64 + 1, link.as_bytes(), None::<i64>, text]).unwrap();
            }
        }
        tx.commit().unwrap();
        group as u64
    })
}

/// Ours, called directly: what the movement's text, its link and the fold cost.
fn our_ledger(group: usize, turn: Duration) -> Turn {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(folder.path());
    let entries: Vec<_> = (0..1_000).map(entry).collect();
    measured(turn, |done| {
        ledger
            .in_one_commit(|ledger| {
                for n in done..done + group as u64 {
                    ledger.append(entries[n as usize % entries.len()].clone())?.unwrap();
                }
                Ok(())
            })
            .unwrap();
        group as u64
    })
}

/// Ours, through the channel and back, with twice the group on the way: one forms while the other syncs.
fn our_recorder(group: usize, turn: Duration) -> Turn {
    let folder = tempfile::tempdir().unwrap();
    let (recorder, thread) = Recorder::start(open(folder.path())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let entries: Vec<_> = (0..1_000).map(entry).collect();
    let mut answers = VecDeque::new();
    let turn = measured(turn, |done| {
        runtime.block_on(async {
            for n in done..done + group as u64 {
                answers.push_back(recorder.submit(entries[n as usize % entries.len()].clone()).await);
            }
            while answers.len() > group {
                answers.pop_front().unwrap().await.unwrap().unwrap();
            }
        });
        group as u64
    });
    drop(recorder);
    thread.join().unwrap();
    turn
}

fn open(folder: &Path) -> Ledger {
    let feed = "acme".parse().unwrap();
    let mut catalog = Catalog::default();
    for n in 0..ITEMS {
        catalog.add(format!("ITEM-{n:04}").parse().unwrap(), "acme".parse().unwrap(), []);
    }
    Ledger::open(folder, &[feed], std::sync::Arc::new(catalog)).unwrap()
}

fn entry(n: u64) -> Entry {
    Entry::movement(movement(n), None).unwrap()
}

fn movement(n: u64) -> Movement {
    Movement::new(
        WallTime::from_millis(1_795_237_200_000 + n as i64 * 37),
        format!("ITEM-{:04}", n * 7 % ITEMS).parse().unwrap(),
        Quantity::new(1 + n % 9).unwrap(),
        "bin:A-01".parse().unwrap(),
        "used".parse().unwrap(),
        "scale-3".parse().unwrap(),
    )
}

fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
