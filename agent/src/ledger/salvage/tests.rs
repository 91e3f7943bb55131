#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, clippy::print_stdout, reason = "test code")]

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use gateway_proto::{
    answer::Refusal,
    batch::{Batch, Load, Lost},
    chain::{Epoch, Link},
    delivery::Effect,
    intake::{Decision, Position, decide},
    movement::Movement,
    name::FeedName,
    quantity::Quantity,
    record::{RecordText, Seq},
    time::WallTime,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Report, Terms, apart, image::Image, log_hides_commits, restore_into, rows::Rows, salvage, set_aside};
use crate::{
    ledger::{Ledger, Purpose, file, key::Key, packed::Unpacked},
    movement::entry::{Entry, Origin, OriginKind},
    register::catalog::Catalog,
};

const FEEDS: [&str; 2] = ["acme", "boltco"];

/// Records of the ledger that is damaged over and over.
const RECORDS: u64 = 5_000;

/// Small steps of a generator, so that a failure names its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

fn feeds() -> Vec<FeedName> {
    FEEDS.iter().map(|name| name.parse().unwrap()).collect()
}

fn catalog() -> Arc<Catalog> {
    let mut catalog = Catalog::default();
    for (item, feed) in ["M8", "SEAL"].iter().zip(FEEDS) {
        catalog.add(item.parse().unwrap(), feed.parse().unwrap(), []);
    }
    Arc::new(catalog)
}

fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, &feeds(), catalog()).unwrap()
}

/// A number for each, so that two are never alike.
fn used(n: u64) -> Movement {
    let place = |text: &str| text.parse().unwrap();
    let item = ["M8", "SEAL"][usize::from(n.is_multiple_of(3))].parse().unwrap();
    let at = WallTime::from_millis(1_795_237_200_000 + n.cast_signed());
    let mut movement =
        Movement::new(at, item, Quantity::new(1 + n % 7).unwrap(), place("bin:A"), place("used"), "s".parse().unwrap());
    movement.reference = Some(format!("n{n}").parse().unwrap());
    movement
}

fn record(ledger: &mut Ledger, range: std::ops::Range<u64>) {
    for group in range.collect::<Vec<_>>().chunks(50) {
        ledger
            .in_one_commit(|book| {
                for &n in group {
                    let origin = Origin::new(OriginKind::Id, &[b"s", n.to_string().as_bytes()], true);
                    book.append(Entry::movement(used(n), Some(origin)).unwrap())?.unwrap();
                }
                Ok(())
            })
            .unwrap();
    }
}

fn settle(ledger: &mut Ledger, feed: &FeedName, through: u64, refused: &[u64]) {
    let life = ledger.standings()[feed].life;
    let refused = refused
        .iter()
        .map(|&seq| Refusal { seq: Seq(seq), code: "unknown_item".to_owned(), detail: String::new() })
        .collect();
    let effect = Effect::Settle { through: Seq(through), refused, lost: None };
    ledger.in_one_commit(|book| book.take_down(feed, life, &effect)).unwrap();
}

/// Records of an epoch: link and text by seq.
type Texts = BTreeMap<u64, ([u8; 32], String)>;

/// What a hub has of an epoch, `None` where a loss was declared.
type Taken = Vec<Option<(String, Link)>>;

/// What the file says, all of it, by SQLite's own word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Truth {
    /// By feed and epoch: (seq, link, text).
    epochs: BTreeMap<(String, String), Texts>,
    through: BTreeMap<(String, String), u64>,
    kept: BTreeMap<(String, String), String>,
}

fn truth(folder: &Path) -> Truth {
    let db = Connection::open(folder.join("ledger.db")).unwrap();
    let mut truth = Truth::default();
    let mut lives = BTreeMap::new();
    let mut select = db.prepare("SELECT life, feed, epoch, through FROM life").unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let of: (String, String) = (row.get(1).unwrap(), row.get(2).unwrap());
        truth.through.insert(of.clone(), row.get::<_, i64>(3).unwrap().cast_unsigned());
        truth.epochs.insert(of.clone(), BTreeMap::new());
        lives.insert(row.get::<_, i64>(0).unwrap(), of);
    }
    let mut select = db.prepare("SELECT key, link, text FROM record").unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let key = Key(row.get(0).unwrap());
        let of = truth.epochs.get_mut(&lives[&key.life()]).unwrap();
        of.insert(key.seq().0, (row.get(1).unwrap(), row.get::<_, Unpacked>(2).unwrap().0));
    }
    let mut select = db.prepare("SELECT kind, name, text FROM kept").unwrap();
    let rows = select.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
    truth.kept = rows.map(Result::unwrap).collect();
    truth
}

/// A ledger as a power cut leaves it: a file, and a log with the last commits. And what it says.
struct Original {
    folder: TempDir,
    truth: Truth,
    /// Bytes of a page.
    page: usize,
}

impl Original {
    fn of(records: u64) -> Self {
        Self::with_pages_of(file::PAGE_LEN as usize, records)
    }

    fn with_pages_of(page: usize, records: u64) -> Self {
        let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let db = Connection::open(folder.path().join("ledger.db")).unwrap();
        db.execute_batch(&format!("PRAGMA page_size = {page}; PRAGMA journal_mode = wal")).unwrap();
        drop(db);
        let mut ledger = open(folder.path());
        for n in 0..4 {
            let (from, to) = (records * n / 4, records * (n + 1) / 4);
            record(&mut ledger, from..to);
            for feed in feeds() {
                let recorded = ledger.standings()[&feed].standing.recorded.0;
                settle(&mut ledger, &feed, recorded * 9 / 10, &[recorded / 2]);
            }
            if n == 1 {
                // The rest of the first half goes on in a new epoch.
                let life = ledger.standings()[&feeds()[0]].life;
                ledger.in_one_commit(|book| book.take_down(&feeds()[0], life, &Effect::NewEpoch)).unwrap();
            }
        }
        {
            let db = Connection::open(folder.path().join("ledger.db")).unwrap();
            let facts = (0..200).map(|n| format!("('item', 'i{n}', '{{\"a\":\"{}\"}}')", "x".repeat(n * 3)));
            let facts = facts.chain([format!("('count', 'long', '\"{}\"')", "y".repeat(20_000))]);
            db.execute_batch(&format!("INSERT INTO kept VALUES {}", facts.collect::<Vec<_>>().join(","))).unwrap();
            // What was written so far stands in the file, and the log begins anew over its old frames.
            db.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
        }
        record(&mut ledger, records..records + 100);
        copy_files(folder.path(), copy.path());
        drop(ledger);
        let truth = truth(folder.path());
        Self { folder: copy, truth, page }
    }

    /// The same files in a state folder of their own.
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_files(self.folder.path(), copy.path());
        copy
    }
}

fn copy_files(from: &Path, to: &Path) {
    for name in ["ledger.db", "ledger.db-wal"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// Sets a damaged ledger aside, restores it into a new one, and returns what that says.
fn restored(state: &Path) -> (Truth, Report) {
    let now = WallTime::from_millis(1_795_300_000_000);
    let folder = set_aside(state, now).unwrap();
    let mut db = file::open(state, Purpose::Write).unwrap();
    let mut n = 0u8;
    let mut epoch = || {
        n += 1;
        Ok(Epoch::new(1_795_300_000_000, [n; 10]))
    };
    let found = salvage(&folder);
    let report = {
        let mut terms = Terms { now, feeds: &feeds(), epoch: &mut epoch, room: u64::MAX };
        restore_into(&mut db, &found, &mut terms).unwrap()
    };
    drop(db);
    (truth(state), report)
}

/// Nothing is in the new ledger that was not in the old one, but the notices; what is missing is a hole, or is beyond an end
/// that is said to be unknown.
fn check(before: &Truth, after: &Truth, report: &Report, what: &str) {
    for (of, records) in &after.epochs {
        let Some((was_of, was)) = before.epochs.iter().find(|(was, _)| was.1 == of.1) else {
            assert!(records.len() <= 1, "{what}: a new epoch has more than its notice");
            continue;
        };
        if was_of.0 != of.0 {
            assert!(!FEEDS.contains(&of.0.as_str()), "{what}: records went to another vendor");
            continue;
        }
        let feed = &report.feeds[&of.0];
        for (seq, (link, text)) in records.iter().filter(|(_, (_, text))| !is_notice(text)) {
            assert_eq!(Some(&(*link, text.clone())), was.get(seq), "{what}: {of:?} {seq}");
        }
        if feed.epoch != of.1 {
            continue;
        }
        let holes: BTreeSet<u64> = feed.missing.iter().flat_map(|&(first, last)| first..=last).collect();
        let last = was.keys().next_back().copied().unwrap_or(0);
        let kept = records.iter().filter(|(_, (_, text))| !is_notice(text)).map(|(seq, _)| seq);
        let end = holes.iter().chain(kept).max().copied().unwrap_or(0);
        assert!(end <= last, "{what}: more is missing than there was: {end} after {last}");
        for seq in 1..=end {
            assert!(holes.contains(&seq) != records.contains_key(&seq), "{what}: {of:?} {seq} is neither");
        }
        assert!(
            end == last || !feed.end_is_known,
            "{what}: {of:?} ends at {end}, ended at {last}, and is called whole"
        );
        let more = feed.settled_is_known && after.through[of] > before.through[of];
        assert!(!more, "{what}: more is settled than was");
    }
}

fn is_notice(text: &str) -> bool {
    text.contains("\"ledger\":{")
}

/// A hub as the protocol has it: by epoch what it has at each seq, `None` where a loss was declared.
#[derive(Default)]
struct Hub {
    epochs: BTreeMap<Epoch, (Taken, Link)>,
}

impl Hub {
    /// Takes a batch; how far it has come, or the seq at which it has something else.
    fn take(&mut self, batch: &Batch) -> Result<u64, Option<u64>> {
        let batch = &Batch::parse(batch.to_json().unwrap().as_bytes()).unwrap();
        let first = || (Vec::new(), Link::first(&batch.epoch));
        let (kept, head) = self.epochs.entry(batch.epoch.clone()).or_insert_with(first);
        let position = Position { through: Seq(kept.len() as u64), head: *head };
        let link_at = |seq: Seq| {
            Ok::<_, Infallible>(kept.get(seq.0 as usize - 1).and_then(|kept| kept.as_ref().map(|(_, link)| *link)))
        };
        match decide(batch, Some(position), link_at).unwrap() {
            Decision::Reject(rejection) => return Err(rejection.seq.map(|seq| seq.0)),
            Decision::Append(fresh) => {
                *head = fresh.last().unwrap().link;
                kept.extend(fresh.iter().map(|fresh| Some((fresh.text.to_string(), fresh.link))));
            }
            Decision::Lose { lost, head: on, .. } => {
                kept.resize(lost.to.0 as usize, None);
                *head = on;
            }
            _ => {}
        }
        Ok(kept.len() as u64)
    }
}

/// Delivers a feed from a restored file as the protocol says, with a hub that has `had` of the old history; then nothing is
/// there twice, and what is missing was declared or is behind an end that is not known.
fn deliver(before: &Truth, state: &Path, report: &Report, feed: &str, ahead: u64, what: &str) {
    let db = Connection::open(state.join("ledger.db")).unwrap();
    let mut hub = Hub::default();
    let batch = |epoch: &Epoch, first: u64, prev: Option<Link>, head: Link, load: Load| Batch {
        site: "s".parse().unwrap(),
        feed: feed.parse().unwrap(),
        epoch: epoch.clone(),
        first: Seq(first),
        prev,
        head,
        load,
        ahead: false,
        knows: None,
    };
    // The hub has everything that was settled, and of the newest epoch some that the site had not heard of.
    let mut lives: Vec<_> = before.epochs.iter().filter(|(of, _)| of.0 == feed).collect();
    lives.sort_by_key(|(of, _)| of.1.clone());
    for (i, (of, records)) in lives.iter().enumerate() {
        let epoch: Epoch = of.1.parse().unwrap();
        let had = before.through[*of] + if i + 1 == lives.len() { ahead } else { 0 };
        let mut prev = Link::first(&epoch);
        for (seq, (link, text)) in records.iter().take_while(|(seq, _)| **seq <= had) {
            let head = Link::from_bytes(*link);
            hub.take(&batch(
                &epoch,
                *seq,
                Some(prev),
                head,
                Load::Records(vec![RecordText::new(text.clone()).unwrap()]),
            ))
            .unwrap();
            prev = head;
        }
    }
    let (life, epoch, mut next, recorded): (i64, String, u64, u64) = db
        .query_row(
            "SELECT life, epoch, through + 1, (SELECT max(key) & ((1 << 40) - 1) FROM record WHERE key >> 40 = life)
             FROM life WHERE feed = ? ORDER BY life DESC LIMIT 1",
            [feed],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get::<_, i64>(2)?.cast_unsigned(),
                    row.get::<_, i64>(3)?.cast_unsigned(),
                ))
            },
        )
        .unwrap();
    let mut epoch: Epoch = epoch.parse().unwrap();
    let at = |seq: u64| {
        db.query_row("SELECT link, text FROM record WHERE key = ?", [(life << 40) + seq.cast_signed()], |row| {
            Ok((Link::from_bytes(row.get(0)?), row.get::<_, Unpacked>(1)?.0))
        })
        .ok()
    };
    let hole = |seq: u64| {
        let sql = "SELECT last_seq, link FROM hole WHERE life = ?1 AND ?2 BETWEEN first_seq AND last_seq";
        db.query_row(sql, [life, seq.cast_signed()], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), Link::from_bytes(row.get(1)?)))
        })
        .ok()
    };
    let mut prev = match next - 1 {
        0 => Some(Link::first(&epoch)),
        seq => at(seq).map(|(link, _)| link).or(hole(seq).filter(|(last, _)| *last == seq).map(|(_, link)| link)),
    };
    // In a new epoch the seqs begin anew.
    let mut moved = 0;
    while next <= recorded {
        let (load, last, mut head) = match (hole(next), at(next)) {
            (Some((last, link)), _) => (Load::Lost(Lost { to: Seq(last), why: "damage".parse().unwrap() }), last, link),
            (None, Some((link, text))) => (Load::Records(vec![RecordText::new(text).unwrap()]), next, link),
            (None, None) => panic!("{what}: {feed} {next} is nowhere"),
        };
        if moved > 0 {
            let Load::Records(records) = &load else { panic!("{what}: a hole behind a fork") };
            head = prev.unwrap().then(records[0].as_str());
        }
        match hub.take(&batch(&epoch, next - moved, prev, head, load)) {
            Ok(through) => {
                (prev, next) = (Some(head), last + 1);
                assert!(moved == 0 || through == last - moved, "{what}");
            }
            // The rule for restored ledgers: what is not settled goes on in a new epoch.
            Err(Some(_)) => {
                let known = at(next).is_some_and(|(_, text)| is_notice(&text)) || hole(next).is_some();
                assert!(known && moved == 0, "{what}: {feed} forks at {next}, which is no news");
                let (_, tail) = (hole(next), recorded);
                next = tail;
                moved = next - 1;
                epoch = Epoch::new(1_795_400_000_000, [9; 10]);
                prev = Some(Link::first(&epoch));
            }
            Err(None) => panic!("{what}: {feed} {next} is not taken"),
        }
    }
    let mut times = BTreeMap::<&str, u32>::new();
    for (text, _) in hub.epochs.values().flat_map(|(kept, _)| kept).flatten() {
        *times.entry(text).or_default() += 1;
    }
    assert!(times.values().all(|&n| n == 1), "{what}: counted twice: {:?}", times.iter().find(|(_, n)| **n > 1));
    // Every record is there, or its place was declared lost, or it stood behind an end that is said to be unknown.
    for (of, records) in lives {
        let kept = hub.epochs.get(&of.1.parse::<Epoch>().unwrap());
        for (seq, (_, text)) in records {
            let is_declared = kept.is_some_and(|(kept, _)| kept.get(*seq as usize - 1).is_some_and(Option::is_none));
            let is_told = is_declared || !report.feeds[feed].end_is_known;
            assert!(times.contains_key(text.as_str()) || is_told, "{what}: {feed} {seq} is lost and not declared");
        }
    }
}

/// Whether damage can be seen. A log that was cut is a shorter log, to SQLite as to us: then the hub's history is the longer
/// one, which the protocol settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Yes,
    No,
}

/// Damages a copy, restores it, and checks all there is to check. How many records are missing.
fn ordeal(
    original: &Original,
    random: &mut Random,
    what: &str,
    damage: impl FnOnce(&Path, &mut Random) -> Seen,
) -> u64 {
    let state = original.copy();
    let seen = damage(state.path(), random);
    let (after, mut report) = restored(state.path());
    if seen == Seen::No {
        report.feeds.values_mut().for_each(|feed| feed.end_is_known = false);
    }
    check(&original.truth, &after, &report, what);
    for feed in FEEDS {
        let ahead = [0, 3, 40, 10_000][random.below(4) as usize];
        deliver(&original.truth, state.path(), &report, feed, ahead, what);
    }
    // It is a ledger, and takes records.
    let mut ledger = open(state.path());
    assert!(
        ledger.counts().feeds.values().all(crate::ledger::FeedCounts::is_conserved),
        "{what}: {:?}",
        ledger.counts()
    );
    record(&mut ledger, 1_000_000..1_000_002);
    let known = |records: &BTreeMap<u64, ([u8; 32], String)>| records.len() as u64;
    let sum = |truth: &Truth| truth.epochs.values().map(known).sum::<u64>();
    sum(&original.truth).saturating_sub(sum(&after))
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    match std::env::var("SEED") {
        Ok(seed) => seed.parse::<u64>().map(|seed| seed..seed + 1).unwrap(),
        Err(_) => 0..if std::env::var_os("BINWIRE_LONG").is_some() { count * 10 } else { count },
    }
}

#[test]
fn a_whole_ledger_is_read_as_sqlite_reads_it() {
    let original = Original::of(RECORDS);
    let image = Image::open(original.folder.path());
    let rows = Rows::of(&image);
    assert_eq!(rows.kept, original.truth.kept);
    assert!(!image.log_is_damaged && rows.bad_pages == 0);
    let state = original.copy();
    let (after, report) = restored(state.path());
    assert!(report.is_whole(), "{report:?}");
    check(&original.truth, &after, &report, "whole");
    for (of, records) in &original.truth.epochs {
        let mut now = after.epochs[of].clone();
        if FEEDS.contains(&of.0.as_str()) && report.feeds[&of.0].epoch == of.1 {
            let (_, notice) = now.pop_last().unwrap();
            assert!(notice.1.starts_with(r#"{"type":"health","at":"#), "{notice:?}");
        }
        assert_eq!((&now, after.through[of]), (records, original.truth.through[of]), "{of:?}");
    }
    // And it is a ledger.
    let ledger = open(state.path());
    assert!(ledger.counts().feeds.values().all(crate::ledger::FeedCounts::is_conserved), "{:?}", ledger.counts());
}

#[test]
fn whichever_page_is_gone_the_rest_is_there_and_what_is_missing_is_told() {
    let records = if std::env::var_os("BINWIRE_LONG").is_some() { RECORDS } else { RECORDS / 10 };
    zero_each_page(&Original::of(records), |_| true);
}

/// Ledgers that were begun by an earlier agent keep their longer pages; without the first nothing says how long they are.
#[test]
fn a_ledger_with_longer_pages_is_salvaged_too() {
    let original = Original::with_pages_of(4_096, RECORDS / 10);
    let kept: u32 = Connection::open(original.copy().path().join("ledger.db"))
        .and_then(|db| db.pragma_query_value(None, "page_size", |row| row.get(0)))
        .unwrap();
    assert_eq!(kept, 4_096);
    zero_each_page(&original, |page| page < 4);
}

#[test]
fn a_file_without_its_first_page_and_log_shows_how_long_its_pages_are() {
    for len in [2_048, 4_096] {
        let state = Original::with_pages_of(len, RECORDS / 10).copy();
        // Closing puts the log into the file.
        Connection::open(state.path().join("ledger.db")).unwrap().execute_batch("SELECT * FROM life").unwrap();
        assert!(!state.path().join("ledger.db-wal").exists());
        edit(&state.path().join("ledger.db"), |bytes| bytes[..len].fill(0));
        assert_eq!(Image::open(state.path()).page_size(), len);
    }
}

/// Zeroes one page after the other, each in a copy.
fn zero_each_page(original: &Original, is_wanted: impl Fn(u64) -> bool) {
    let len = original.page;
    let pages = fs::metadata(original.folder.path().join("ledger.db")).unwrap().len() / len as u64;
    let mut missing = 0;
    for page in (0..pages).filter(|page| is_wanted(*page)) {
        let what = format!("page {} of {pages} is zero", page + 1);
        let at = page as usize * len;
        let gone = ordeal(original, &mut Random(page), &what, |state, _| {
            edit(&state.join("ledger.db"), |bytes| bytes[at..at + len].fill(0));
            Seen::Yes
        });
        assert!(gone as usize <= 2 * len / 60, "{what}: {gone} records are gone with it");
        missing += gone;
    }
    println!("{pages} pages zeroed one at a time: {missing} records missing in all");
}

#[test]
fn what_went_on_to_a_new_epoch_does_not_come_back_when_the_page_of_epochs_is_gone() {
    // Of so many, pages that are in use no more still show what went on.
    let original = Original::of(RECORDS);
    let life = "SELECT rootpage FROM sqlite_schema WHERE name = 'life'";
    let copy = original.copy();
    let db = Connection::open(copy.path().join("ledger.db")).unwrap();
    let page = usize::try_from(db.query_row(life, [], |row| row.get::<_, i64>(0)).unwrap()).unwrap();
    ordeal(&original, &mut Random(0), "page of epochs is zero", |state, _| {
        edit(&state.join("ledger.db"), |bytes| bytes[(page - 1) * original.page..page * original.page].fill(0));
        Seen::Yes
    });
}

#[test]
fn whichever_bytes_are_flipped_nothing_wrong_is_salvaged() {
    let original = Original::of(RECORDS / 10);
    let (mut missing, seeds) = (0, seeds(60));
    for seed in seeds.clone() {
        let what = format!("SEED={seed}: flipped");
        missing += ordeal(&original, &mut Random(seed), &what, |state, random| {
            let name = ["ledger.db", "ledger.db", "ledger.db-wal"][random.below(3) as usize];
            edit(&state.join(name), |bytes| {
                for _ in 0..=random.below(30) {
                    let at = random.below(bytes.len() as u64) as usize;
                    bytes[at] ^= 1 << random.below(8);
                }
            });
            // The last commit of a log may be damaged or cut off by the power: that is one and the same.
            if name == "ledger.db" { Seen::Yes } else { Seen::No }
        });
    }
    println!("seeds {seeds:?} of up to 30 bits flipped: {missing} records missing in all");
}

#[test]
fn wherever_the_files_are_cut_what_is_before_is_there() {
    let original = Original::of(RECORDS / 10);
    for seed in seeds(40) {
        let what = format!("SEED={seed}: cut");
        ordeal(&original, &mut Random(seed), &what, |state, random| {
            let name = ["ledger.db", "ledger.db-wal"][random.below(2) as usize];
            edit(&state.join(name), |bytes| bytes.truncate(random.below(bytes.len() as u64) as usize));
            if name == "ledger.db" { Seen::Yes } else { Seen::No }
        });
    }
}

#[test]
fn whatever_lies_in_the_ledgers_place_the_agent_gets_one() {
    let (original, other) = (Original::of(RECORDS / 10), Original::of(300));
    let mut random = Random(1);
    type Damage<'a> = Box<dyn Fn(&Path) + 'a>;
    let damages: Vec<(&str, Damage<'_>)> = vec![
        ("the header is zero", Box::new(|state| edit(&state.join("ledger.db"), |bytes| bytes[..100].fill(0)))),
        ("the header is noise", Box::new(|state| edit(&state.join("ledger.db"), |bytes| bytes[..100].fill(0xA5)))),
        ("the file is empty", Box::new(|state| fs::write(state.join("ledger.db"), b"").unwrap())),
        ("the file is zeros", Box::new(|state| edit(&state.join("ledger.db"), |bytes| bytes.fill(0)))),
        (
            "the file is another's text",
            Box::new(|state| fs::write(state.join("ledger.db"), "x".repeat(99_999)).unwrap()),
        ),
        ("the log is zeros", Box::new(|state| edit(&state.join("ledger.db-wal"), |bytes| bytes.fill(0)))),
        ("the log has no header", Box::new(|state| edit(&state.join("ledger.db-wal"), |bytes| bytes[..32].fill(0)))),
        ("the log is gone", Box::new(|state| fs::remove_file(state.join("ledger.db-wal")).unwrap())),
        ("the log is empty", Box::new(|state| fs::write(state.join("ledger.db-wal"), b"").unwrap())),
        (
            "the log is another ledger's",
            Box::new(|state| {
                assert!(fs::copy(other.folder.path().join("ledger.db-wal"), state.join("ledger.db-wal")).is_ok())
            }),
        ),
        (
            "the index is noise",
            Box::new(|state| fs::write(state.join("ledger.db-shm"), "noise".repeat(9_999)).unwrap()),
        ),
        (
            "a folder stands there",
            Box::new(|state| {
                fs::remove_file(state.join("ledger.db")).unwrap();
                fs::create_dir(state.join("ledger.db")).unwrap();
            }),
        ),
        (
            "both are gone",
            Box::new(|state| {
                fs::remove_file(state.join("ledger.db")).unwrap();
                fs::remove_file(state.join("ledger.db-wal")).unwrap();
            }),
        ),
    ];
    for (what, damage) in damages {
        // Without a log nobody can see that it was there: the hub's history is longer then, which the protocol settles.
        let state = original.copy();
        damage(state.path());
        let (after, mut report) = restored(state.path());
        if what.starts_with("the log is gone") || what.starts_with("the log is empty") {
            report.feeds.values_mut().for_each(|feed| feed.end_is_known = false);
        }
        check(&original.truth, &after, &report, what);
        for feed in FEEDS {
            deliver(&original.truth, state.path(), &report, feed, random.below(60), what);
        }
        let ledger = open(state.path());
        assert!(ledger.counts().feeds.values().all(crate::ledger::FeedCounts::is_conserved), "{what}");
    }
}

#[test]
fn a_damaged_commit_in_the_log_costs_that_commit_and_not_those_behind_it() {
    let original = Original::of(RECORDS / 10);
    let state = original.copy();
    edit(&state.path().join("ledger.db-wal"), |bytes| bytes[32 + 2_000] ^= 0xFF);
    let (after, report) = restored(state.path());
    assert!(report.log_is_damaged);
    check(&original.truth, &after, &report, "one frame");
    let (of, last) = original.truth.epochs.iter().rfind(|(of, _)| of.0 == FEEDS[0]).unwrap();
    let (_, now) = after.epochs.iter().find(|(now, _)| now.1 == of.1).unwrap();
    assert!(now.contains_key(last.keys().next_back().unwrap()), "the newest record stands behind the damage");
}

#[test]
fn what_there_is_no_room_for_is_only_added_up() {
    let original = Original::of(RECORDS / 10);
    let state = original.copy();
    let on_hand = open(original.copy().path()).on_hand().clone();
    let folder = set_aside(state.path(), WallTime::from_millis(0)).unwrap();
    let mut db = file::open(state.path(), Purpose::Write).unwrap();
    let mut epoch = || Ok(Epoch::new(0, [1; 10]));
    let mut terms = Terms { now: WallTime::from_millis(0), feeds: &feeds(), epoch: &mut epoch, room: 20_000 };
    restore_into(&mut db, &salvage(&folder), &mut terms).unwrap();
    drop(db);
    let ledger = open(state.path());
    assert_eq!(*ledger.on_hand(), on_hand);
    assert!(ledger.counts().feeds.values().all(crate::ledger::FeedCounts::is_conserved), "{:?}", ledger.counts());
    let records: i64 = Connection::open(state.path().join("ledger.db"))
        .and_then(|db| db.query_row("SELECT sum(length(text)) FROM record", [], |row| row.get(0)))
        .unwrap();
    assert!(records < 40_000, "{records} bytes of records are kept");
}

#[test]
fn a_ledger_that_was_salvaged_can_be_salvaged_again() {
    let original = Original::of(RECORDS / 10);
    let state = original.copy();
    // In the middle stand records of the vendor whose feed never began anew. Closing puts the log into the file.
    let leaves = "FROM dbstat WHERE name = 'record' AND pagetype = 'leaf'";
    let leaf = format!("SELECT pageno {leaves} ORDER BY path LIMIT 1 OFFSET (SELECT count(*) / 2 {leaves})");
    let leaf: i64 = Connection::open(state.path().join("ledger.db"))
        .and_then(|db| db.query_row(&leaf, [], |row| row.get(0)))
        .unwrap();
    let end = usize::try_from(leaf).unwrap() * original.page;
    edit(&state.path().join("ledger.db"), |bytes| bytes[end - original.page..end].fill(0));
    let (first, report) = restored(state.path());
    assert!(report.feeds.values().any(|feed| feed.missing_records > 0), "{report:?}");
    let (second, again) = restored(state.path());
    for (of, records) in &first.epochs {
        let more = second.epochs[of].len() - records.len();
        assert!(more <= 1 && records.iter().all(|(seq, record)| second.epochs[of].get(seq) == Some(record)), "{of:?}");
    }
    let missing = |report: &Report| report.feeds.values().map(|feed| feed.missing.clone()).collect::<Vec<_>>();
    assert_eq!(missing(&report), missing(&again));
}

#[test]
fn a_cut_while_a_ledger_is_set_aside_never_leaves_its_log_to_the_next() {
    let original = Original::of(200);
    for moved in 0..=3 {
        let state = original.copy();
        super::note(state.path(), "test").unwrap();
        fs::write(state.path().join("ledger.db-shm"), b"index").unwrap();
        let folder = set_aside(state.path(), WallTime::from_millis(1_795_300_000_000)).unwrap();
        assert_eq!(folder.file_name().unwrap(), "damaged-1-20261121T222640Z".to_owned().as_str());
        // As if the power had gone after so many of the renames.
        for name in ["ledger.damaged", "ledger.db-shm", "ledger.db-wal", "ledger.db"].iter().take(4 - moved) {
            fs::rename(folder.join(name), state.path().join(name)).unwrap();
        }
        super::resume(state.path()).unwrap();
        let here: Vec<PathBuf> = fs::read_dir(state.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        if moved == 0 {
            assert_eq!(here.len(), 4, "nothing was moved yet, and the note says what to do");
            continue;
        }
        assert_eq!(here, Vec::<PathBuf>::new());
        assert_eq!(super::apart(state.path()).len(), 1);
        let found = salvage(&folder);
        assert_eq!(found.lives.iter().map(|life| life.records.len()).sum::<usize>(), {
            original.truth.epochs.values().map(BTreeMap::len).sum::<usize>()
        });
    }
}

#[test]
fn a_log_that_sqlite_would_pass_over_is_salvaged_before_sqlite_sees_it() {
    let original = Original::of(RECORDS / 10);
    let newest = original.truth.epochs.values().map(BTreeMap::len).sum::<usize>();
    for (what, at, is_hidden) in
        [("a broken header", 0..32, true), ("a broken frame", 32 + 2_000..32 + 2_001, true), ("nothing", 0..0, false)]
    {
        let state = original.copy();
        edit(&state.path().join("ledger.db-wal"), |bytes| bytes[at].iter_mut().for_each(|byte| *byte ^= 0xFF));
        assert_eq!(log_hides_commits(state.path()), is_hidden, "{what}");
        drop(open(state.path()));
        assert_eq!(apart(state.path()).len(), usize::from(is_hidden), "{what}");
        let found: usize = truth(state.path()).epochs.values().map(std::collections::BTreeMap::len).sum();
        // A frame's own commit is lost with it; each feed's notice is new.
        assert!(found + 20 >= newest, "{what}: {found} of {newest}");
    }
}

#[test]
fn a_log_whose_end_or_new_header_was_cut_is_no_damage() {
    let original = Original::of(RECORDS / 10);
    let state = original.copy();
    let log = state.path().join("ledger.db-wal");
    // The power was cut in the last commit.
    edit(&log, |bytes| bytes.truncate(bytes.len() - 1_000));
    assert!(!log_hides_commits(state.path()));
    // It was cut while the log began anew: all that its old frames say is in the file.
    let state = original.copy();
    let db = Connection::open(state.path().join("ledger.db")).unwrap();
    db.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
    let copy = tempfile::tempdir().unwrap();
    copy_files(state.path(), copy.path());
    edit(&copy.path().join("ledger.db-wal"), |bytes| bytes[8..20].fill(7));
    assert!(!log_hides_commits(copy.path()));
}
