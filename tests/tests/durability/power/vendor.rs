//! The hub's store on a disk of ours: batches in, answers out, and what is in the file held against what was answered.

use std::collections::{BTreeMap, BTreeSet};

use cutdisk::{Survival, World};
use gateway_proto::{
    answer::Ack,
    batch::{Batch, Load, Lost},
    chain::{Epoch, Link},
    movement::Movement,
    name::{FeedName, SiteName},
    quantity::Quantity,
    record::{Record, RecordText, Seq},
    time::WallTime,
};
use hub::{
    config::FeedConfig,
    store::{Answer, Store, StoreError, Writer},
    token::Token,
};
use rusqlite::{Connection, OpenFlags};
use sim::Random;
use tests::chain;
use tokio::sync::oneshot;

use super::{
    Tally,
    book::Moved,
    index, percent,
    site::{FEEDS, moved},
};

pub(super) const SITE: &str = "plant-7";

/// An item that no feed here carries: its movements are parked.
const STRANGE: &str = "STRANGE";

/// A hub with its disk.
pub(super) struct Vendor {
    pub(super) world: World,
    running: Option<(Store, Writer)>,
    /// What was answered.
    pub(super) book: Held,
    /// What the file may hold as well.
    doubts: Vec<Held>,
}

/// What a store must hold: by feed and epoch the texts, `None` where one was declared lost.
pub(super) type Held = BTreeMap<(String, String), Vec<Option<String>>>;

/// What is in a store's file.
pub(super) struct Found {
    pub(super) held: Held,
    /// Movements that count, by feed.
    pub(super) applied: BTreeMap<String, Vec<Moved>>,
}

/// A site as the hub sees it: records in epochs, sent in order, some of it again.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    feed: String,
    epoch: Epoch,
    epochs: u64,
    /// Text and the link after it; `None` where it was lost.
    records: Vec<(Option<RecordText>, Link)>,
    number: u64,
    /// How many are in batches of this commit or before.
    sent: usize,
    /// How many were answered.
    acked: usize,
}

fn configured() -> Vec<FeedConfig> {
    let feed = |(feed, item): (&str, &str)| {
        let token = Token::new(&format!("token-of-plant-7-{feed}")).unwrap();
        let mut config = FeedConfig::new(site_name(), feed.parse().unwrap(), token);
        config.items = Some(BTreeSet::from([item.parse().unwrap()]));
        config
    };
    FEEDS.map(feed).to_vec()
}

pub(super) fn site_name() -> SiteName {
    SITE.parse().unwrap()
}

fn now() -> WallTime {
    WallTime::from_millis(1_795_237_200_000)
}

impl Vendor {
    pub(super) fn unmade() -> Self {
        Self::on(World::new().unwrap())
    }

    pub(super) fn on(world: World) -> Self {
        Self { world, running: None, book: Held::new(), doubts: Vec::new() }
    }

    pub(super) fn try_open(&mut self) -> Result<(), StoreError> {
        self.running = None;
        let (store, mut writer) = Store::open(self.world.folder(), &configured(), now())?;
        // Nobody else sends what a batch may come before.
        writer.hurry();
        self.running = Some((store, writer));
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.running.is_some()
    }

    /// Opens the store and holds it against what was answered.
    pub(super) fn reopen(&mut self) {
        self.try_open().unwrap_or_else(|error| panic!("the store does not open: {error:?}"));
        self.check();
    }

    pub(super) fn restart(&mut self, survival: Survival) {
        self.world.cut();
        self.running = None;
        self.world.restart(survival);
    }

    /// Gives the store some batches at once and waits for its answers.
    pub(super) fn take(&mut self, batches: &[Batch]) -> Vec<Answer> {
        let (store, writer) = self.running.as_mut().unwrap();
        let mut answers: Vec<_> = batches
            .iter()
            .map(|batch| {
                let feed = FEEDS.iter().position(|(feed, _)| *feed == batch.feed.as_str()).unwrap();
                store.take(&store.feeds()[feed], batch.clone(), now()).unwrap()
            })
            .collect();
        // One turn is one commit.
        let mut all = Vec::new();
        while all.len() < answers.len() {
            assert!(writer.turn(), "the store has ended");
            while let Some(Ok(answer)) = answers.get_mut(all.len()).map(oneshot::Receiver::try_recv) {
                all.push(answer);
            }
        }
        all
    }

    /// As [`Vendor::take`], for batches that the store has no reason to reject; books what was answered. `None` when the
    /// store could not write.
    pub(super) fn must_take(&mut self, batches: &[Batch]) -> Option<Vec<Ack>> {
        let mut next = self.book.clone();
        batches.iter().for_each(|batch| book(&mut next, batch));
        let answers: Result<Vec<_>, _> = self.take(batches).into_iter().collect();
        match answers {
            Ok(acks) => {
                for (batch, ack) in batches.iter().zip(&acks) {
                    let through = next[&key(batch)].len() as u64;
                    assert!(ack.through.0 <= through && ack.through >= batch.last(), "{ack:?} to {through}");
                }
                self.book = next;
                self.doubts.clear();
                Some(acks)
            }
            Err(rejection) => {
                assert_eq!(rejection.code, gateway_proto::answer::Code::Busy, "{rejection:?}");
                self.doubts.push(next);
                None
            }
        }
    }

    /// A look into the file that does not end until it is dropped.
    pub(super) fn look(&self) -> Connection {
        super::look(&self.world.folder().join("hub.db"))
    }

    /// Holds the file against the book: all that was answered, or that and the commit that was under way, whole.
    pub(super) fn check(&mut self) {
        let found = self.find().held;
        if found != self.book {
            let Some(doubt) = self.doubts.iter().position(|doubt| *doubt == found) else {
                let lens = |held: &Held| held.iter().map(|(key, rows)| (key.clone(), rows.len())).collect::<Vec<_>>();
                panic!(
                    "the store is neither what was answered nor that with the commit under way:\nanswered {:?}\nfound    {:?}",
                    lens(&self.book),
                    lens(&found)
                );
            };
            self.book = self.doubts.swap_remove(doubt);
        }
        self.doubts.clear();
    }

    /// All that is in the file. Proves that it is whole, the chain, that each record is there once, and on-hand.
    pub(super) fn find(&self) -> Found {
        let path = self.world.folder().join("hub.db");
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let whole: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
        let orphans = db.prepare("PRAGMA foreign_key_check").unwrap().query([]).unwrap().next().unwrap().is_some();
        assert!(!orphans, "a row refers to one that is not there");
        let mut found = Found { held: Held::new(), applied: BTreeMap::new() };
        let mut epochs = db
            .prepare(
                "SELECT feed.name, epoch.name, epoch.id, through, head FROM epoch JOIN feed ON feed.id = epoch.feed
                 ORDER BY feed.id, number",
            )
            .unwrap();
        let mut rows = epochs.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (feed, epoch): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
            let (id, through): (i64, i64) = (row.get(2).unwrap(), row.get(3).unwrap());
            let head: [u8; 32] = row.get(4).unwrap();
            let texts = strand(&db, (&feed, &epoch), id, through, head, found.applied.entry(feed.clone()).or_default());
            found.held.insert((feed, epoch), texts);
        }
        check_on_hand(&db, &found.applied);
        found
    }
}

/// One epoch's texts in order; what of it counts goes to `applied`.
fn strand(
    db: &Connection,
    (feed, epoch): (&str, &str),
    id: i64,
    through: i64,
    head: [u8; 32],
    applied: &mut Vec<Moved>,
) -> Vec<Option<String>> {
    let mut lost: BTreeMap<i64, (i64, [u8; 32])> = BTreeMap::new();
    let mut select = db.prepare_cached("SELECT first, last, head FROM lost WHERE epoch = ?").unwrap();
    let mut rows = select.query([id]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        lost.insert(row.get(0).unwrap(), (row.get(1).unwrap(), row.get(2).unwrap()));
    }
    let mut texts = Vec::new();
    let mut link = chain::first(epoch);
    let mut next = 1;
    let mut skip = |texts: &mut Vec<Option<String>>, link: &mut [u8; 32], next: &mut i64| {
        while let Some((last, head)) = lost.remove(next) {
            texts.resize(usize::try_from(last).unwrap(), None);
            (*link, *next) = (head, last + 1);
        }
    };
    let mut select = db
        .prepare_cached(
            "SELECT record.key & ((1 << 40) - 1), link, text, state, code FROM record LEFT JOIN refused USING (key)
             WHERE record.key >> 40 = ? ORDER BY record.key",
        )
        .unwrap();
    let mut rows = select.query([id]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        skip(&mut texts, &mut link, &mut next);
        let seq: i64 = row.get(0).unwrap();
        assert_eq!(seq, next, "{feed} {epoch}: a record is missing or there twice");
        let text: String = row.get(2).unwrap();
        link = chain::after(&link, &text);
        assert_eq!(row.get::<_, [u8; 32]>(1).unwrap(), link, "{feed} {epoch} {seq}: the chain does not follow");
        let refused: Option<String> = row.get(4).unwrap();
        if let Ok(Record::Movement(movement)) = Record::parse(&text) {
            let is_strange = movement.item.as_str() == STRANGE;
            assert_eq!(refused.as_deref(), is_strange.then_some("unknown_item"), "{feed} {epoch} {seq}");
            assert_eq!(row.get::<_, i64>(3).unwrap(), if is_strange { 2 } else { 1 }, "{feed} {epoch} {seq}");
            applied.extend((!is_strange).then(|| moved(&movement)));
        }
        texts.push(Some(text));
        next = seq + 1;
    }
    skip(&mut texts, &mut link, &mut next);
    assert!(lost.is_empty(), "{feed} {epoch}: a loss that covers records: {lost:?}");
    assert_eq!((through, head), (next - 1, link), "{feed} {epoch}: the position is not that of the records");
    texts
}

fn check_on_hand(db: &Connection, applied: &BTreeMap<String, Vec<Moved>>) {
    let mut fold: BTreeMap<(String, String, String), i64> = BTreeMap::new();
    for (feed, moved) in applied.iter().flat_map(|(feed, all)| all.iter().map(move |moved| (feed, moved))) {
        let qty = i64::try_from(moved.qty).unwrap();
        *fold.entry((feed.clone(), moved.item.clone(), moved.from.clone())).or_default() -= qty;
        *fold.entry((feed.clone(), moved.item.clone(), moved.to.clone())).or_default() += qty;
    }
    fold.retain(|_, units| *units != 0);
    let mut select = db
        .prepare("SELECT feed.name, item, place, qty FROM on_hand JOIN feed ON feed.id = on_hand.feed WHERE qty <> 0")
        .unwrap();
    let held = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?));
    let held: BTreeMap<_, _> = select.query_map([], held).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(held, fold, "on-hand is not the fold of the movements");
}

fn key(batch: &Batch) -> (String, String) {
    (batch.feed.to_string(), batch.epoch.to_string())
}

/// Books a batch that was taken: what was not there before.
fn book(held: &mut Held, batch: &Batch) {
    let rows = held.entry(key(batch)).or_default();
    let first = usize::try_from(batch.first.0).unwrap() - 1;
    assert!(first <= rows.len(), "a gap");
    match &batch.load {
        Load::Records(records) => {
            let fresh = records.iter().skip(rows.len() - first);
            rows.extend(fresh.map(|text| Some(text.as_str().to_owned())));
        }
        Load::Lost(lost) => rows.resize(rows.len().max(usize::try_from(lost.to.0).unwrap()), None),
    }
}

impl Sender {
    pub(super) fn new(feed: &str) -> Self {
        let mut sender = Self {
            feed: feed.to_owned(),
            epoch: "e-0".parse().unwrap(),
            epochs: 0,
            records: Vec::new(),
            number: 0,
            sent: 0,
            acked: 0,
        };
        sender.new_epoch();
        sender
    }

    fn new_epoch(&mut self) {
        self.epochs += 1;
        self.epoch = format!("e-{}-{}", self.feed, self.epochs).parse().unwrap();
        self.records.clear();
        (self.sent, self.acked) = (0, 0);
    }

    /// All that was sent was answered, or none of it.
    pub(super) fn answered(&mut self, is_acked: bool) {
        if is_acked {
            self.acked = self.sent;
        }
        self.sent = self.acked;
    }

    /// The next batch in order; after a cut it begins with what was not answered.
    fn ships(&mut self, random: &mut Random) -> Batch {
        if self.sent == self.records.len() || percent(random, 70) {
            for _ in 0..1 + random.below(12) {
                self.record(random);
            }
        }
        let is_lost = self.records[self.sent].0.is_none();
        let alike = self.records[self.sent..].iter().take_while(|(text, _)| text.is_none() == is_lost).count();
        let (mut first, end) = (self.sent, self.sent + alike);
        self.sent = end;
        if is_lost {
            let load = Load::Lost(Lost { to: Seq(end as u64), why: "retention".parse().unwrap() });
            return self.batch(first, end, load);
        }
        // At times with some that were answered before. Never from inside a loss: its links are not known.
        let before = self.records[..first].iter().rev().take_while(|(text, _)| text.is_some()).count();
        if percent(random, 30) {
            first -= index(random, before + 1);
        }
        self.records_batch(first, end)
    }

    /// Ships what was shipped before, and nothing new.
    fn repeats(&self, random: &mut Random) -> Option<Batch> {
        let before = self.records[..self.sent].iter().rev().take_while(|(text, _)| text.is_some()).count();
        (before > 0).then(|| self.records_batch(self.sent - 1 - index(random, before), self.sent))
    }

    /// Loses some records before they are shipped.
    fn loses(&mut self, random: &mut Random) {
        for _ in 0..1 + random.below(4) {
            self.record(random);
            self.records.last_mut().unwrap().0 = None;
        }
    }

    fn record(&mut self, random: &mut Random) {
        self.number += 1;
        let own = FEEDS.iter().find(|(feed, _)| *feed == self.feed).unwrap().1;
        let item = if percent(random, 10) { STRANGE } else { own };
        let text = if percent(random, 5) {
            RecordText::new(format!(r#"{{"type":"health","n":{}}}"#, self.number)).unwrap()
        } else {
            let movement = Movement::new(
                now(),
                item.parse().unwrap(),
                Quantity::new(1 + random.below(9)).unwrap(),
                "bin:A".parse().unwrap(),
                ["used", "bench"][index(random, 2)].parse().unwrap(),
                format!("{}-{}-{}", self.feed, self.epochs, self.number).parse().unwrap(),
            );
            Record::Movement(movement).to_text().unwrap()
        };
        let link = self.link(self.records.len()).then(text.as_str());
        self.records.push((Some(text), link));
    }

    fn link(&self, len: usize) -> Link {
        len.checked_sub(1).map_or_else(|| Link::first(&self.epoch), |last| self.records[last].1)
    }

    fn records_batch(&self, first: usize, end: usize) -> Batch {
        let records = self.records[first..end].iter().map(|(text, _)| text.clone().unwrap()).collect();
        self.batch(first, end, Load::Records(records))
    }

    fn batch(&self, first: usize, end: usize, load: Load) -> Batch {
        Batch {
            site: site_name(),
            feed: self.feed.parse::<FeedName>().unwrap(),
            epoch: self.epoch.clone(),
            first: Seq(first as u64 + 1),
            prev: Some(self.link(first)),
            head: self.link(end),
            load,
            ahead: false,
            knows: None,
        }
    }
}

/// What the senders have for one commit.
pub(super) fn batches(senders: &mut [Sender], random: &mut Random, tally: &mut Tally) -> Vec<Batch> {
    let mut batches = Vec::new();
    while batches.is_empty() {
        for sender in &mut *senders {
            for _ in 0..random.below(3) {
                match random.below(20) {
                    0 if sender.sent == sender.acked => {
                        sender.new_epoch();
                        tally.one("new epochs");
                    }
                    1 => {
                        sender.loses(random);
                        tally.one("declared losses");
                    }
                    2..5 => {
                        batches.extend(sender.repeats(random).inspect(|_| tally.one("batches repeated")));
                        continue;
                    }
                    _ => {}
                }
                batches.push(sender.ships(random));
                tally.one("batches");
            }
        }
    }
    batches
}

/// Random batches until the power is gone, or for `commits`.
pub(super) fn work(vendor: &mut Vendor, senders: &mut [Sender], commits: u64, random: &mut Random, tally: &mut Tally) {
    for _ in 0..commits {
        let batches = batches(senders, random, tally);
        let taken = vendor.must_take(&batches);
        senders.iter_mut().for_each(|sender| sender.answered(taken.is_some()));
        if taken.is_none() {
            assert!(!vendor.world.has_power(), "busy with power");
            return;
        }
        tally.one("commits");
        match random.below(20) {
            0 => checkpoint(vendor, "PASSIVE"),
            1 => checkpoint(vendor, "TRUNCATE"),
            2 if vendor.try_open().is_err() => return,
            _ => {}
        }
    }
}

fn checkpoint(vendor: &Vendor, how: &str) {
    let done = Connection::open(vendor.world.folder().join("hub.db"))
        .and_then(|db| db.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(())));
    assert!(done.is_ok() || !vendor.world.has_power(), "{done:?}");
}
