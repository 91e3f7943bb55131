//! The hub's store on a disk of ours, its backups, and all that is in its file.

use std::collections::{BTreeMap, BTreeSet};

use cutdisk::{Image, Survival, World};
use gateway_proto::{batch::Batch, time::WallTime};
use hub::{
    config::FeedConfig,
    store::{Answer, Store, StoreError, Writer},
    token::Token,
};
use rusqlite::{Connection, OpenFlags};
use tests::chain;

use super::{
    FEEDS, ITEMS, SITE, STRANGE,
    act::{ActNumber, Amounts, Said},
};

/// Turns of the writer until it must have answered.
const TURNS_MAX: u32 = 10;

/// How far the hub has answered, by feed and epoch.
pub(super) type Acked = BTreeMap<(String, String), u64>;

/// A hub with its disk.
pub(super) struct Hub {
    pub(super) world: World,
    running: Option<(Store, Writer)>,
    /// Whether somebody has told it of the item that it did not know.
    pub(super) knows_all: bool,
    pub(super) acked: Acked,
}

/// A hub's disk at some time.
#[derive(Clone)]
pub(super) struct Backup {
    image: Image,
    pub(super) acked: Acked,
    pub(super) made_at: u64,
}

/// What is in a store's file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By feed and epoch, in the order in which they began.
    pub(super) epochs: Vec<Epoch>,
    pub(super) applied: Amounts,
    pub(super) on_hand: Amounts,
    /// Verdicts on the last checkpoints, by feed: its seq and how many amounts differ.
    pub(super) verdicts: BTreeMap<String, (u64, usize)>,
}

#[derive(Debug)]
pub(super) struct Epoch {
    pub(super) feed: String,
    pub(super) name: String,
    pub(super) texts: BTreeMap<u64, Row>,
    pub(super) lost: Vec<(u64, u64, String)>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) is_parked: bool,
}

impl Hub {
    pub(super) fn new() -> Self {
        let mut hub = Self { world: World::new().unwrap(), running: None, knows_all: false, acked: Acked::new() };
        hub.open().unwrap();
        hub
    }

    pub(super) fn is_open(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn open(&mut self) -> Result<(), StoreError> {
        self.running = None;
        let configured = FEEDS.map(|feed| {
            let token = Token::new(&format!("token-of-plant-7-{feed}")).unwrap();
            let mut config = FeedConfig::new(SITE.parse().unwrap(), feed.parse().unwrap(), token);
            let items = ITEMS.iter().filter(|(of, item)| *of == feed && (self.knows_all || *item != STRANGE));
            config.items = Some(items.map(|(_, item)| item.parse().unwrap()).collect::<BTreeSet<_>>());
            config
        });
        let (store, mut writer) = Store::open(self.world.folder(), &configured, received())?;
        writer.hurry();
        self.running = Some((store, writer));
        self.check_acked();
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.running = None;
    }

    pub(super) fn restart(&mut self, survival: Survival) {
        self.world.cut();
        self.running = None;
        self.world.restart(survival);
    }

    /// Takes a batch and waits for the answer. `None`: there was none.
    pub(super) fn take(&mut self, batch: &Batch) -> Option<Answer> {
        let (store, writer) = self.running.as_mut()?;
        let feed = FEEDS.iter().position(|feed| *feed == batch.feed.as_str()).unwrap();
        let mut answer = store.take(&store.feeds()[feed], batch.clone(), received()).unwrap();
        for _ in 0..TURNS_MAX {
            if let Ok(answer) = answer.try_recv() {
                if let Ok(ack) = &answer {
                    self.answered(batch, ack.through.0);
                }
                return Some(answer);
            }
            assert!(writer.turn(), "the store has ended");
        }
        panic!("the store does not answer");
    }

    /// Answers for a batch, whether it has it or not.
    pub(super) fn answered(&mut self, batch: &Batch, through: u64) {
        let acked = self.acked.entry((batch.feed.to_string(), batch.epoch.to_string())).or_default();
        *acked = (*acked).max(through);
    }

    pub(super) fn back_up(&self, now: u64) -> Backup {
        Backup { image: self.world.image().unwrap(), acked: self.acked.clone(), made_at: now }
    }

    pub(super) fn put_back(&mut self, backup: &Backup) {
        self.running = None;
        self.world = World::with(&backup.image).unwrap();
        self.acked = backup.acked.clone();
    }

    /// What was answered for is there.
    fn check_acked(&self) {
        let db = self.look();
        for ((feed, epoch), acked) in &self.acked {
            let through: i64 = db
                .query_row(
                    "SELECT coalesce(max(through), 0) FROM epoch JOIN feed ON feed.id = epoch.feed
                     WHERE feed.name = ? AND epoch.name = ?",
                    [feed, epoch],
                    |row| row.get(0),
                )
                .unwrap();
            assert!(through >= acked.cast_signed(), "the hub has answered for {acked} of {feed} and has {through}");
        }
    }

    fn look(&self) -> Connection {
        let path = self.world.folder().join("hub.db");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    /// All that is in the file. Proves that it is whole, the chains, and on-hand.
    pub(super) fn find(&self) -> Found {
        let db = self.look();
        let whole: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
        let mut found = Found::default();
        let mut epochs = db
            .prepare(
                "SELECT feed.name, epoch.name, epoch.id, through, head FROM epoch JOIN feed ON feed.id = epoch.feed
                 ORDER BY feed.name, number",
            )
            .unwrap();
        let mut rows = epochs.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (id, through): (i64, i64) = (row.get(2).unwrap(), row.get(3).unwrap());
            let head: [u8; 32] = row.get(4).unwrap();
            let mut epoch = Epoch {
                feed: row.get(0).unwrap(),
                name: row.get(1).unwrap(),
                texts: BTreeMap::new(),
                lost: Vec::new(),
            };
            read_epoch(&db, &mut epoch, id, through.cast_unsigned(), head, &mut found.applied);
            found.epochs.push(epoch);
        }
        let mut select = db.prepare("SELECT item, place, qty FROM on_hand").unwrap();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (item, place): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
            found.on_hand.add(&item, &place, row.get(2).unwrap());
        }
        assert!(found.on_hand == found.applied, "the hub's on-hand is not the fold of its movements");
        let mut select = db
            .prepare("SELECT feed.name, seq, differing FROM checkpoint JOIN feed ON feed.id = checkpoint.feed")
            .unwrap();
        let verdict = |row: &rusqlite::Row<'_>| {
            Ok((row.get(0)?, (row.get::<_, i64>(1)?.cast_unsigned(), row.get::<_, i64>(2)?.try_into().unwrap())))
        };
        found.verdicts = select.query_map([], verdict).unwrap().collect::<Result<_, _>>().unwrap();
        found
    }
}

impl Found {
    /// Where each act counts at the hub; parked ones do not.
    pub(super) fn acts(&self) -> BTreeMap<(ActNumber, bool), Vec<(&str, &str, u64)>> {
        let mut acts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for epoch in &self.epochs {
            for (seq, row) in &epoch.texts {
                let said = Said::of(&row.text);
                if let Some(number) = said.number() {
                    let key = (number, matches!(said, Said::Moved(_)));
                    acts.entry(key).or_default().push((epoch.feed.as_str(), epoch.name.as_str(), *seq));
                }
            }
        }
        acts
    }

    pub(super) fn parked(&self) -> usize {
        self.epochs.iter().flat_map(|epoch| epoch.texts.values()).filter(|row| row.is_parked).count()
    }
}

fn read_epoch(db: &Connection, epoch: &mut Epoch, id: i64, through: u64, head: [u8; 32], applied: &mut Amounts) {
    let mut select =
        db.prepare_cached("SELECT first, last, head, why FROM lost WHERE epoch = ? ORDER BY first").unwrap();
    let mut rows = select.query([id]).unwrap();
    let mut jumps: BTreeMap<u64, (u64, [u8; 32])> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let (first, last) =
            (row.get::<_, i64>(0).unwrap().cast_unsigned(), row.get::<_, i64>(1).unwrap().cast_unsigned());
        jumps.insert(first, (last, row.get(2).unwrap()));
        epoch.lost.push((first, last, row.get(3).unwrap()));
    }
    let (mut link, mut next) = (chain::first(&epoch.name), 1);
    let mut select = db
        .prepare_cached(
            "SELECT record.key & ((1 << 40) - 1), link, text, refused.key IS NOT NULL AND replay IS NULL
             FROM record LEFT JOIN refused USING (key) WHERE record.key >> 40 = ? ORDER BY record.key",
        )
        .unwrap();
    let mut rows = select.query([id]).unwrap();
    loop {
        while let Some((last, head)) = jumps.remove(&next) {
            (link, next) = (head, last + 1);
        }
        let Some(row) = rows.next().unwrap() else { break };
        let seq = row.get::<_, i64>(0).unwrap().cast_unsigned();
        assert_eq!(seq, next, "{}: a record is missing or there twice", epoch.feed);
        let (text, is_parked): (String, bool) = (row.get(2).unwrap(), row.get(3).unwrap());
        link = chain::after(&link, &text);
        assert_eq!(row.get::<_, [u8; 32]>(1).unwrap(), link, "{} {seq}: the chain does not follow", epoch.feed);
        if let (Some(moved), false) = (Said::of(&text).moved(), is_parked) {
            applied.apply(moved);
        }
        epoch.texts.insert(seq, Row { text, is_parked });
        next = seq + 1;
    }
    assert!(jumps.is_empty(), "{}: a loss that covers records", epoch.feed);
    assert_eq!((through, head), (next - 1, link), "{}: the position is not that of the records", epoch.feed);
}

fn received() -> WallTime {
    WallTime::from_millis(1_795_237_200_000)
}
