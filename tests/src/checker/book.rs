//! Reading the books of a run: the site's ledger and the hub's store, straight from their files.

use std::path::Path;

use agent::ledger::packed::Unpacked;
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;

use crate::{chain::Link, emitted::Part};

/// One epoch of one feed, as one side has it.
#[derive(Debug)]
pub(super) struct Strand {
    pub(super) feed: String,
    pub(super) epoch: String,
    pub(super) rows: Vec<Row>,
}

/// One record.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) seq: u64,
    pub(super) link: Link,
    pub(super) text: String,
    /// At the hub: whether it counts. At the site always.
    pub(super) is_applied: bool,
}

/// One side's file.
#[derive(Debug)]
pub(super) struct Book {
    /// In the order in which the epochs began.
    pub(super) strands: Vec<Strand>,
    /// What SQLite says of the file: `ok`.
    pub(super) integrity: String,
}

/// A movement, as far as the checker looks at it.
#[derive(Debug, Deserialize)]
pub(super) struct Moved {
    pub(super) item: String,
    pub(super) qty: u64,
    pub(super) from: String,
    pub(super) to: String,
    #[serde(default)]
    source: Option<String>,
}

#[derive(Deserialize)]
struct Typed {
    r#type: String,
}

impl Book {
    /// A site's ledger.
    pub(super) fn ledger(state_dir: &Path) -> rusqlite::Result<Self> {
        let sql = "SELECT life.feed, life.epoch, record.key & ((1 << 40) - 1), record.link, record.text, 1
                   FROM life LEFT JOIN record ON record.key >> 40 = life.life ORDER BY life.life, record.key";
        Self::read(&state_dir.join("ledger.db"), sql, [])
    }

    /// What a hub's store has of a site.
    pub(super) fn store(state_dir: &Path, site: &str) -> rusqlite::Result<Self> {
        let sql = "SELECT feed.name, epoch.name, record.key & ((1 << 40) - 1), record.link, record.text,
                          record.state = 1 OR EXISTS
                          (SELECT 1 FROM refused WHERE refused.key = record.key AND refused.replay IS NOT NULL)
                   FROM feed JOIN epoch ON epoch.feed = feed.id LEFT JOIN record ON record.key >> 40 = epoch.id
                   WHERE feed.site = ?1 ORDER BY feed.id, epoch.number, record.key";
        Self::read(&state_dir.join("hub.db"), sql, [site])
    }

    /// With the records that this ledger has removed, as the hub has them. What is left in the ledger follows from them by
    /// its links, so they are the same or the chain breaks.
    pub(super) fn with_removed(mut self, state_dir: &Path, store: &Self) -> rusqlite::Result<Self> {
        let db = Connection::open_with_flags(state_dir.join("ledger.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut select = db.prepare("SELECT epoch, trimmed FROM life WHERE trimmed > 0")?;
        let trimmed = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
        for (epoch, trimmed) in trimmed.collect::<Result<Vec<(String, u64)>, _>>()? {
            let is_it = |strand: &&Strand| strand.epoch == epoch;
            let at_hub = store.strands.iter().find(is_it).map_or(&[][..], |strand| &strand.rows);
            let Some(strand) = self.strands.iter_mut().find(|strand| strand.epoch == epoch) else { continue };
            let is_here: Vec<u64> = strand.rows.iter().map(|row| row.seq).take_while(|&seq| seq <= trimmed).collect();
            let gone = at_hub.iter().filter(|row| row.seq <= trimmed && !is_here.contains(&row.seq));
            strand.rows.extend(gone.cloned());
            strand.rows.sort_by_key(|row| row.seq);
        }
        Ok(self)
    }

    /// All rows of a feed, epoch after epoch.
    pub(super) fn rows<'b>(&'b self, feed: &'b str) -> impl Iterator<Item = &'b Row> {
        self.strands.iter().filter(move |strand| strand.feed == feed).flat_map(|strand| &strand.rows)
    }

    /// The feeds, each once.
    pub(super) fn feeds(&self) -> Vec<&str> {
        let mut feeds: Vec<&str> = self.strands.iter().map(|strand| strand.feed.as_str()).collect();
        feeds.sort_unstable();
        feeds.dedup();
        feeds
    }

    fn read(path: &Path, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<Self> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let integrity = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let mut strands: Vec<Strand> = Vec::new();
        let mut select = db.prepare(sql)?;
        let mut rows = select.query(params)?;
        while let Some(row) = rows.next()? {
            let (feed, epoch): (String, String) = (row.get(0)?, row.get(1)?);
            if strands.last().is_none_or(|strand| strand.feed != feed || strand.epoch != epoch) {
                strands.push(Strand { feed, epoch, rows: Vec::new() });
            }
            let strand = strands.last_mut().expect("one was pushed");
            // An epoch without records is one row of nothing.
            if let Some(seq) = row.get::<_, Option<i64>>(2)? {
                // A site's ledger packs its texts, a hub's store does not.
                let (link, Unpacked(text), is_applied) = (row.get(3)?, row.get(4)?, row.get(5)?);
                strand.rows.push(Row { seq: seq.cast_unsigned(), link, text, is_applied });
            }
        }
        Ok(Self { strands, integrity })
    }
}

impl Moved {
    /// The movement in a record's text; `None` when it is a record of another type.
    pub(super) fn read(text: &str) -> Option<Self> {
        let typed: Typed = serde_json::from_str(text).ok()?;
        (typed.r#type == "movement").then(|| serde_json::from_str(text).ok()).flatten()
    }

    /// What was scanned; `None` when a level has changed instead.
    pub(super) fn part(&self) -> Option<Part> {
        matches!(self.source.as_deref(), None | Some("import")).then(|| Part::new(self.item.clone(), self.qty))
    }

    /// The amount as a signed number; none that a test makes is larger.
    pub(super) fn signed(&self) -> i64 {
        i64::try_from(self.qty).unwrap_or(i64::MAX)
    }
}
