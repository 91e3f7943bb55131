//! Records per second that a hub takes in durably, with chain, repetitions and on-hand: through its store alone and over
//! HTTP, beside raw SQLite that commits the same rows in groups of the same size, in turns, in one run. The disk's
//! pace varies from minute to minute; the ratios are what counts. Senders run in the same process and on the same cores.
//!
//! `cargo bench -p hub --bench intake` (`-- RECORDS PER_BATCH` for other sizes)

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark speaks to a person")]

use std::{
    collections::VecDeque,
    fs,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use gateway_proto::{
    batch::{Batch, Load},
    chain::{Epoch, Link},
    movement::Movement,
    quantity::Quantity,
    record::{RecordText, Seq},
    time::WallTime,
};
use hub::{
    config::{FeedConfig, HubConfig},
    serve::Hub,
    store::Store,
    token::Token,
};
use rusqlite::{Connection, params};

const FEEDS: usize = 4;
const IN_FLIGHT: usize = 4;
const TURNS: usize = 3;
const ITEMS: u64 = 200;

/// What one feed sends, ready to go.
struct Cargo {
    feed: usize,
    rows: Vec<(Link, RecordText)>,
    batches: Vec<Batch>,
    /// The batches as JSON, and packed.
    plain: Vec<Vec<u8>>,
    packed: Vec<Vec<u8>>,
}

/// One turn's figures.
#[derive(Clone, Copy)]
struct Pace {
    per_second: f64,
    bytes_per_record: f64,
    records_per_commit: f64,
}

fn main() {
    let mut numbers = std::env::args().filter_map(|arg| arg.parse().ok());
    let records: usize = numbers.next().unwrap_or(200_000);
    let per_batch: usize = numbers.next().unwrap_or(500);
    hub::tls::install_provider();
    let cargos: Arc<Vec<Cargo>> =
        Arc::new((0..FEEDS).map(|feed| Cargo::new(feed, records / FEEDS, per_batch)).collect());
    let text: usize = cargos[0].rows.iter().map(|(_, text)| text.as_str().len()).sum();
    let packed: usize = cargos[0].packed.iter().map(Vec::len).sum();
    let rows = cargos[0].rows.len();
    println!(
        "{records} records of {} bytes in batches of {per_batch} ({} bytes each packed), {FEEDS} feeds, {IN_FLIGHT} in flight each, medians of {TURNS} turns",
        text / rows,
        packed / rows,
    );
    let (mut store, mut again, mut http, mut http_again, mut raw, mut raw_http) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (fresh, repeated) = through_store(&cargos);
        raw.push(raw_loop(&cargos, fresh.records_per_commit));
        store.push(fresh);
        again.push(repeated);
        let (fresh, repeated) = over_http(&cargos);
        raw_http.push(raw_loop(&cargos, fresh.records_per_commit));
        http.push(fresh);
        http_again.push(repeated);
    }
    println!(
        "{:<16} {:>12} {:>8} {:>10} {:>14} {:>14}",
        "", "records/s", "ratio", "repeated", "bytes/record", "records/commit"
    );
    for (name, fresh, again, raw) in [("store", &store, &again, &raw), ("http", &http, &http_again, &raw_http)] {
        let rate = |paces: &[Pace]| median(paces.iter().map(|pace| pace.per_second));
        println!(
            "{:<16} {:>12.0} {:>8} {:>10} {:>14.0} {:>14.0}",
            format!("raw as {name}"),
            rate(raw),
            "",
            "",
            median(raw.iter().map(|pace| pace.bytes_per_record)),
            median(raw.iter().map(|pace| pace.records_per_commit))
        );
        println!(
            "{:<16} {:>12.0} {:>8.2} {:>10.2} {:>14.0} {:>14.0}",
            name,
            rate(fresh),
            rate(fresh) / rate(raw),
            rate(fresh) / rate(again),
            median(fresh.iter().map(|pace| pace.bytes_per_record)),
            median(fresh.iter().map(|pace| pace.records_per_commit))
        );
        println!("{:<16} {:>12.0}", format!("{name} repeated"), rate(again));
    }
    println!("ratio: to the raw loop; repeated: the time of a repeated batch to that of a fresh one");
}

impl Cargo {
    fn new(feed: usize, records: usize, per_batch: usize) -> Self {
        let epoch: Epoch = format!("e{feed}").parse().unwrap();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64 + feed as u64;
        let mut next = move |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut link = Link::first(&epoch);
        let mut rows = Vec::new();
        for n in 0..records {
            let item = next(ITEMS);
            let (from, to) = match next(3) {
                0 => ("vendor".to_owned(), "dock".to_owned()),
                1 => ("dock".to_owned(), format!("bin:A-{item:03}")),
                _ => (format!("bin:A-{item:03}"), "used".to_owned()),
            };
            let movement = Movement::new(
                WallTime::from_millis(1_795_237_200_000 + n as i64 * 1_013),
                format!("M{}-BOLT-{item:05}", item % 24).parse().unwrap(),
                Quantity::new(1 + next(40)).unwrap(),
                from.parse().unwrap(),
                to.parse().unwrap(),
                format!("scale-{}", next(16)).parse().unwrap(),
            );
            let text = RecordText::of_movement(&movement).unwrap();
            link = link.then(text.as_str());
            rows.push((link, text));
        }
        let mut batches = Vec::new();
        let mut prev = Link::first(&epoch);
        for (n, chunk) in rows.chunks(per_batch).enumerate() {
            let head = chunk.last().unwrap().0;
            batches.push(Batch {
                site: "plant-7".parse().unwrap(),
                feed: format!("feed-{feed}").parse().unwrap(),
                epoch: epoch.clone(),
                first: Seq((n * per_batch) as u64 + 1),
                prev: Some(prev),
                head,
                load: Load::Records(chunk.iter().map(|(_, text)| text.clone()).collect()),
                ahead: false,
                knows: None,
            });
            prev = head;
        }
        let plain: Vec<Vec<u8>> = batches.iter().map(|batch| batch.to_json().unwrap().into_bytes()).collect();
        let packed = plain.iter().map(|json| zstd::encode_all(json.as_slice(), 3).unwrap()).collect();
        Self { feed, rows, batches, plain, packed }
    }

    fn token(&self) -> String {
        format!("token-of-the-feed-{}", self.feed)
    }

    fn config(&self) -> FeedConfig {
        let batch = &self.batches[0];
        FeedConfig::new(batch.site.clone(), batch.feed.clone(), Token::new(&self.token()).unwrap())
    }
}

/// Batches are parsed and handed to the store by one thread a core, committed by the store's own.
fn through_store(cargos: &Arc<Vec<Cargo>>) -> (Pace, Pace) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let feeds: Vec<FeedConfig> = cargos.iter().map(Cargo::config).collect();
    let (store, writer) = Store::open(folder.path(), &feeds, WallTime::from_millis(0)).unwrap();
    let writer = thread::spawn(move || writer.run());
    let send = || {
        let commits = store.commits();
        let before = *commits.borrow();
        let pace = timed(cargos, || {
            thread::scope(|scope| {
                for cargo in cargos.iter() {
                    let store = &store;
                    scope.spawn(move || {
                        let mut flying = VecDeque::new();
                        for json in &cargo.plain {
                            if flying.len() == IN_FLIGHT {
                                land(flying.pop_front().unwrap());
                            }
                            let batch = Batch::parse(json).unwrap();
                            let feed = &store.feeds()[cargo.feed];
                            flying.push_back(store.take(feed, batch, WallTime::from_millis(0)).unwrap());
                        }
                        flying.into_iter().for_each(land);
                    });
                }
            });
        });
        let commits = *commits.borrow() - before;
        Pace { records_per_commit: count(cargos) / commits as f64, ..pace }
    };
    let paces = (send(), send());
    drop(store);
    writer.join().unwrap();
    paces
}

fn land(answered: tokio::sync::oneshot::Receiver<hub::store::Answer>) {
    answered.blocking_recv().unwrap().unwrap();
}

/// The same over HTTP, packed.
fn over_http(cargos: &Arc<Vec<Cargo>>) -> (Pace, Pace) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let hub = Hub::start(HubConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            state_dir: folder.path().to_owned(),
            tls: None,
            feeds: cargos.iter().map(Cargo::config).collect(),
            mqtt: None,
            viewers: Vec::new(),
        })
        .await
        .unwrap();
        let url = hub.url();
        let mut paces = Vec::new();
        for _ in 0..2 {
            let began = (Instant::now(), written());
            let mut feeds = tokio::task::JoinSet::new();
            for n in 0..cargos.len() {
                let (cargos, url) = (Arc::clone(cargos), url.clone());
                feeds.spawn(async move {
                    let cargo = &cargos[n];
                    let client = reqwest::Client::new();
                    let mut flying = VecDeque::new();
                    for packed in &cargo.packed {
                        if flying.len() == IN_FLIGHT {
                            let answered: tokio::task::JoinHandle<u16> = flying.pop_front().unwrap();
                            assert_eq!(answered.await.unwrap(), 200);
                        }
                        let request = client
                            .post(format!("{url}v1/feeds/feed-{n}/batches"))
                            .bearer_auth(cargo.token())
                            .header("content-encoding", "zstd")
                            .body(packed.clone());
                        flying.push_back(tokio::spawn(async move {
                            let response = request.send().await.unwrap();
                            let status = response.status().as_u16();
                            response.bytes().await.unwrap();
                            status
                        }));
                    }
                    for answered in flying {
                        assert_eq!(answered.await.unwrap(), 200);
                    }
                });
            }
            while let Some(ended) = feeds.join_next().await {
                ended.unwrap();
            }
            let pace = pace(cargos, began.0.elapsed(), written() - began.1);
            paces.push(pace);
        }
        hub.stop().await.unwrap();
        (paces[0], paces[1])
    })
}

/// What the disk and SQLite give: the same rows, the same settings, nothing else.
fn raw_loop(cargos: &[Cargo], records_per_commit: f64) -> Pace {
    let folder = tempfile::tempdir_in(".").unwrap();
    let mut db = Connection::open(folder.path().join("raw.db")).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.pragma_update(None, "synchronous", "full").unwrap();
    db.execute_batch(
        "CREATE TABLE record (key INTEGER PRIMARY KEY, state INTEGER NOT NULL, received_at INTEGER NOT NULL,
         link BLOB NOT NULL CHECK (length(link) = 32), text TEXT NOT NULL) STRICT;",
    )
    .unwrap();
    let group = (records_per_commit.round() as usize).max(1);
    let pace = timed(cargos, || {
        for cargo in cargos {
            for (n, rows) in cargo.rows.chunks(group).enumerate() {
                let tx = db.transaction().unwrap();
                {
                    let mut insert = tx.prepare_cached("INSERT INTO record VALUES (?1, 1, 0, ?2, ?3)").unwrap();
                    for (i, (link, text)) in rows.iter().enumerate() {
                        let key = ((cargo.feed as i64 + 1) << 40) + (n * group + i) as i64;
                        insert.execute(params![key, link.as_bytes(), text.as_str()]).unwrap();
                    }
                }
                tx.commit().unwrap();
            }
        }
    });
    Pace { records_per_commit: group as f64, ..pace }
}

fn timed(cargos: &[Cargo], work: impl FnOnce()) -> Pace {
    let (began, before) = (Instant::now(), written());
    work();
    pace(cargos, began.elapsed(), written() - before)
}

fn pace(cargos: &[Cargo], took: Duration, bytes: u64) -> Pace {
    Pace {
        per_second: count(cargos) / took.as_secs_f64(),
        bytes_per_record: bytes as f64 / count(cargos),
        // What one round of windows holds, for those that do not count.
        records_per_commit: (cargos.len() * IN_FLIGHT * cargos[0].rows.len() / cargos[0].batches.len()) as f64 / 2.0,
    }
}

fn count(cargos: &[Cargo]) -> f64 {
    cargos.iter().map(|cargo| cargo.rows.len()).sum::<usize>() as f64
}

/// Bytes this process has handed to the kernel to write to files and sockets of disks.
fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
