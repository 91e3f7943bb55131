//! The store's file: how it is opened, what is in it, how an older one becomes a newer one.
//!
//! The writer's connection syncs every commit (`synchronous=FULL` in WAL: without it a power cut takes commits that were
//! already acknowledged). Settings that matter are read back, because SQLite passes over a setting it cannot honour.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;

/// From empty to the schema this hub knows; never edited once released, only added to.
const MIGRATIONS: [&str; 2] = [include_str!("schema/v1.sql"), include_str!("schema/v2.sql")];

/// How long a statement waits for another process's lock: a person with the `sqlite3` shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the log waits for somebody's look to end before the hub goes on without it.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// Bytes of WAL kept on disk after a checkpoint, so that one burst does not hold its space for ever.
const JOURNAL_BYTES_MAX: i64 = 64 * 1024 * 1024;

/// Pages of the writer's connection kept in memory, in KiB: the inner pages of every table and the ends that grow.
const CACHE_KIB: i64 = 32 * 1024;

/// Opens the store for the one writer, making or migrating it.
pub(super) fn open_writer(path: &Path) -> Result<(Connection, Log), StoreError> {
    let open = |source| StoreError::Open { path: path.to_owned(), source };
    // Made here first: SQLite would make it readable for everybody.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::Folder { path: path.to_owned(), source })?;
    let mut db = Connection::open(path).map_err(open)?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(open)?;
    refuse_newer(&db, path)?;
    set(&db, "journal_mode", "wal", "wal")?;
    set(&db, "synchronous", "full", "2")?;
    set(&db, "foreign_keys", "on", "1")?;
    db.pragma_update(None, "journal_size_limit", JOURNAL_BYTES_MAX).map_err(open)?;
    db.pragma_update(None, "cache_size", -CACHE_KIB).map_err(open)?;
    migrate(&mut db).map_err(open)?;
    let log = begin_log(&db).map_err(open)?;
    Ok((db, log))
}

/// Begins the log anew. What an earlier process could not sync may stand in it all the same, readable until the next power
/// cut, and would take along whatever was written behind it.
fn begin_log(db: &Connection) -> Result<Log, rusqlite::Error> {
    db.busy_timeout(LOOK_MAX)?;
    let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    db.busy_timeout(BUSY_TIMEOUT)?;
    Ok(if busy? == 0 { Log::Begun } else { Log::Held })
}

/// Whether the log of an opened file was begun anew. Before that nothing may be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    Begun,
    /// Somebody reads the file.
    Held,
}

/// Opens the store for a short change beside a hub that may be serving it. Makes and migrates nothing.
pub(super) fn open_beside(path: &Path) -> Result<Connection, StoreError> {
    let open = |source| StoreError::Open { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(open)?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(open)?;
    refuse_newer(&db, path)?;
    let (found, known) = (version(&db).map_err(open)?, MIGRATIONS.len());
    if found < known {
        return Err(StoreError::SchemaTooOld { found, known });
    }
    set(&db, "synchronous", "full", "2")?;
    set(&db, "foreign_keys", "on", "1")?;
    Ok(db)
}

/// Opens the store for looking only.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let open = |source| StoreError::Open { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(open)?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(open)?;
    refuse_newer(&db, path)?;
    Ok(db)
}

fn refuse_newer(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(db).map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
    let known = MIGRATIONS.len();
    if found > known { Err(StoreError::SchemaTooNew { found, known }) } else { Ok(()) }
}

fn migrate(db: &mut Connection) -> Result<(), rusqlite::Error> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(version(&tx)?) {
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", i64::try_from(number + 1).expect("few migrations"))?;
    }
    tx.commit()
}

fn version(db: &Connection) -> Result<usize, rusqlite::Error> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A negative number was not written by a hub of any age: treated as the newest of all.
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn set(db: &Connection, pragma: &'static str, value: &str, reads: &str) -> Result<(), StoreError> {
    // `journal_mode` answers with a row, the others do not.
    db.pragma_update_and_check(None, pragma, value, |_| Ok(()))
        .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) })?;
    let found = db.pragma_query_value(None, pragma, |row| {
        row.get::<_, String>(0).or_else(|_| row.get::<_, i64>(0).map(|number| number.to_string()))
    })?;
    if found == reads { Ok(()) } else { Err(StoreError::Setting { pragma, wanted: reads.to_owned(), found }) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_store_syncs_every_commit_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let (db, _) = open_writer(&path).unwrap();
        let synchronous: i64 = db.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(folder.path().join("hub.db-wal").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_newer_schema_is_refused_in_words_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        open_writer(&path).unwrap().0.pragma_update(None, "user_version", 7).unwrap();
        for error in [open_writer(&path).unwrap_err(), open_reader(&path).unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "store has schema 7, this hub knows up to 2; install a newer hub, or restore the store of before"
            );
        }
        assert_eq!(version(&Connection::open(&path).unwrap()).unwrap(), 7);
    }

    #[test]
    fn a_store_of_the_first_schema_is_brought_up_to_date_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.execute_batch(
            "INSERT INTO feed (id, site, name, heard_at) VALUES (1, 'plant-7', 'acme', 5);
             INSERT INTO epoch VALUES (1, 1, 1, 'e1', 2, zeroblob(32), 5);
             INSERT INTO record VALUES ((1 << 40) + 1, 1, 5, zeroblob(32), '{}'), ((1 << 40) + 2, 2, 5, zeroblob(32), '{}');
             INSERT INTO refused (key, feed, code, detail) VALUES ((1 << 40) + 2, 1, 'bad_record', '');
             INSERT INTO lost VALUES (1, 3, 4, 'retention', zeroblob(32), 6);
             INSERT INTO checkpoint VALUES (1, 1, 2, 5, 1, 0, '[]');
             PRAGMA user_version = 1;",
        )
        .unwrap();
        drop(old);
        assert!(matches!(open_beside(&path), Err(StoreError::SchemaTooOld { found: 1, known: 2 })));
        let (db, _) = open_writer(&path).unwrap();
        assert_eq!(version(&db).unwrap(), MIGRATIONS.len());
        let kept: (i64, i64, i64, Option<i64>) = db
            .query_row(
                "SELECT (SELECT count(*) FROM record), (SELECT unknown FROM feed), (SELECT extent FROM checkpoint),
                 (SELECT since FROM checkpoint)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        assert_eq!(kept, (2, 0, 0, None));
    }

    #[test]
    fn opening_again_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        drop(open_writer(&path).unwrap());
        assert_eq!(version(&open_writer(&path).unwrap().0).unwrap(), MIGRATIONS.len());
    }
}
