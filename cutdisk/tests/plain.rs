//! Plain SQLite on the disk. It must lose what it is known to lose, keep what it is known to keep, and hear of every error:
//! a disk on which nothing is ever lost would prove nothing about anybody.

#![allow(clippy::unwrap_used, reason = "test code")]

use cutdisk::{Lasting, Survival, Trouble, World};
use rusqlite::Connection;

/// Cuts of each canary; the losses are in the tens of percent.
const CUTS: u64 = 300;

fn open(world: &World, synchronous: &str) -> rusqlite::Result<Connection> {
    let db = Connection::open(world.folder().join("plain.db"))?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", synchronous)?;
    // Small, so that lives of a few dozen operations have checkpoints.
    db.pragma_update(None, "wal_autocheckpoint", 8)?;
    db.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, v BLOB)")?;
    Ok(db)
}

/// Rows and whether the database is whole.
fn look(world: &World) -> rusqlite::Result<(i64, bool)> {
    let db = Connection::open(world.folder().join("plain.db"))?;
    let whole: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let rows = db.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
    Ok((rows, whole == "ok"))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    lost: u64,
    corrupt: u64,
}

fn cuts(synchronous: &str, prepare: impl Fn(&World)) -> Verdict {
    let mut verdict = Verdict::default();
    for seed in 0..CUTS {
        let world = World::new().unwrap();
        prepare(&world);
        world.cut_at(12 + seed * 7 % 240);
        let mut committed = 0;
        let _: rusqlite::Result<()> = (|| {
            let db = open(&world, synchronous)?;
            loop {
                db.execute("INSERT INTO t (v) VALUES (randomblob(300))", [])?;
                committed += 1;
            }
        })();
        world.restart(Survival::by(seed));
        match look(&world) {
            Ok((_, false)) => verdict.corrupt += 1,
            Ok((rows, true)) if rows < committed => verdict.lost += 1,
            Ok(_) => {}
            Err(_) if committed == 0 => {}
            Err(error) if error.to_string().contains("no such table") => verdict.lost += 1,
            Err(_) => verdict.corrupt += 1,
        }
    }
    verdict
}

#[test]
fn with_full_syncs_no_cut_takes_a_commit() {
    assert_eq!(cuts("full", |_| ()), Verdict::default());
    assert_eq!(cuts("full", World::lose_names), Verdict::default());
}

#[test]
fn with_normal_syncs_cuts_take_commits_but_never_the_whole() {
    let verdict = cuts("normal", |_| ());
    assert!(verdict.lost > CUTS / 10 && verdict.corrupt == 0, "{verdict:?}");
}

#[test]
fn without_syncs_cuts_leave_a_corrupt_database() {
    let verdict = cuts("off", |_| ());
    assert!(verdict.corrupt > CUTS / 10, "{verdict:?}");
}

#[test]
fn a_drive_that_lies_takes_commits_whatever_sqlite_asks_for() {
    let verdict = cuts("full", |world| world.lies_about("-wal"));
    assert!(verdict.lost > CUTS / 10, "{verdict:?}");
}

#[test]
fn a_reader_beside_the_writer_sees_what_was_committed_and_waits_for_nobody() {
    let world = World::new().unwrap();
    let writer = open(&world, "full").unwrap();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let reader = Connection::open_with_flags(world.folder().join("plain.db"), flags).unwrap();
    let seen = || reader.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).unwrap();
    writer.execute("INSERT INTO t (v) VALUES (1)", []).unwrap();
    assert_eq!(seen(), 1);
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO t (v) VALUES (2)").unwrap();
    assert_eq!(seen(), 1);
    let second = Connection::open(world.folder().join("plain.db")).unwrap();
    second.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(second.execute_batch("BEGIN IMMEDIATE").unwrap_err().to_string().contains("locked"));
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(seen(), 2);
    second.execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
}

#[test]
fn a_wal_outlives_its_last_reader_only_as_long_as_it_is_needed() {
    let world = World::new().unwrap();
    let db = open(&world, "full").unwrap();
    assert!(world.bytes("plain.db-wal").is_some_and(|wal| !wal.is_empty()));
    drop(db);
    assert_eq!(world.bytes("plain.db-wal"), None, "the last one to close tidies up, as it may only when it is alone");
}

#[test]
fn every_write_sync_and_delete_that_fails_is_told_and_leaves_what_was_committed() {
    let mut told = 0;
    for trouble in [Trouble::Io, Trouble::Full, Trouble::Short, Trouble::SyncFails, Trouble::ReadOnly] {
        for lasting in [Lasting::Once, Lasting::FromThenOn] {
            for n in 1.. {
                let world = World::new().unwrap();
                let db = open(&world, "full").unwrap();
                db.execute("INSERT INTO t (v) VALUES (1)", []).unwrap();
                world.plan(trouble, n, lasting);
                let outcome = db.execute("INSERT INTO t (v) VALUES (2)", []);
                let came = world.troubles() > 0;
                world.heal();
                assert_eq!(outcome.is_err(), came, "{trouble:?} {lasting:?} {n}: {outcome:?}");
                let again = db.execute("INSERT INTO t (n, v) VALUES (3, 3)", []);
                assert_eq!(again, Ok(1), "{trouble:?} {lasting:?} {n}");
                drop(db);
                let (rows, whole) = look(&world).unwrap();
                assert_eq!((rows, whole), (if came { 2 } else { 3 }, true), "{trouble:?} {lasting:?} {n}");
                if !came {
                    break;
                }
                told += 1;
            }
        }
    }
    assert!(told > 15, "{told}");
}

#[test]
fn a_disk_that_fills_up_says_so_and_takes_no_more() {
    let world = World::new().unwrap();
    let db = open(&world, "full").unwrap();
    world.space(200_000);
    let mut rows = 0;
    let full = loop {
        match db.execute("INSERT INTO t (v) VALUES (randomblob(3000))", []) {
            Ok(_) => rows += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull), "{full}");
    let on_disk = |name| world.folder().join(name).metadata().map_or(0, |real| real.len());
    let len = on_disk("plain.db") + on_disk("plain.db-wal");
    assert!((150_000..=200_000).contains(&len), "the real folder shows the length: {len}");
    drop(db);
    world.heal();
    assert_eq!(look(&world).unwrap(), (rows, true));
}

#[test]
fn a_file_that_is_renamed_by_others_takes_its_contents_along() {
    let world = World::new().unwrap();
    drop(open(&world, "full").unwrap());
    std::fs::rename(world.folder().join("plain.db"), world.folder().join("aside.db")).unwrap();
    assert!(look(&world).unwrap_err().to_string().contains("no such table"));
    let aside = Connection::open(world.folder().join("aside.db")).unwrap();
    aside.query_row("SELECT count(*) FROM t", [], |_| Ok(())).unwrap();
}

#[test]
fn damage_is_found_by_those_who_look() {
    let world = World::new().unwrap();
    let db = open(&world, "full").unwrap();
    db.execute("INSERT INTO t (v) VALUES (randomblob(9000))", []).unwrap();
    drop(db);
    world.zero("plain.db", 4_096, 4_096);
    assert!(!matches!(look(&world), Ok((_, true))));
}

#[test]
fn a_world_begins_with_what_another_held() {
    let world = World::new().unwrap();
    let db = open(&world, "full").unwrap();
    db.execute("INSERT INTO t (v) VALUES (1)", []).unwrap();
    drop(db);
    let copy = World::with(&world.image().unwrap()).unwrap();
    drop(world);
    assert_eq!(look(&copy).unwrap(), (1, true));
}

#[test]
fn what_is_in_no_world_is_a_real_file() {
    drop(World::new().unwrap());
    let folder = std::env::temp_dir().join(format!("cutdisk-real-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    Connection::open(folder.join("real.db")).unwrap().execute_batch("CREATE TABLE t (n)").unwrap();
    assert!(std::fs::read(folder.join("real.db")).unwrap().starts_with(b"SQLite format 3"));
    std::fs::remove_dir_all(folder).unwrap();
}
