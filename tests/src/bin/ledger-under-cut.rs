//! The agent's ledger as a process of its own, for machines whose power is cut: one that writes and says what was promised,
//! one that looks afterwards whether the promise was kept. `tests/vm/run` puts both into a virtual machine.
//!
//! ```text
//! ledger-under-cut write STATE [DEVICE OFFSET]   records until the power goes; prints `ACK n` after each commit
//! ledger-under-cut check STATE [PROMISED]        prints `CHECK …`, and fails where the ledger is not as it was promised
//! ```
//!
//! Movements are numbered without gaps, 1 to n, over two feeds. After a start the writer gives the last ones again with
//! their origins, as a device does that got no answer: none may be there twice. With a `DEVICE` the promise is also written
//! to one of its sectors, past the page cache and after each commit: so it stands in the order of the disk's own writes, and
//! what reads them knows what had been promised at every one. `promised DEVICE OFFSET` prints it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests speaks on its output")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::Write as _,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use agent::{
    ledger::{Ledger, reader::Reader, recorder::Recorder},
    movement::entry::{Entry, Kept, KeptKey, Origin, OriginKind, Outcome, Statement},
    register::catalog::Catalog,
};
use anyhow::{Context as _, bail, ensure};
use gateway_proto::{
    chain::Link,
    delivery::Effect,
    movement::Movement,
    name::FeedName,
    on_hand::OnHand,
    quantity::Quantity,
    record::{Record, Seq},
    time::WallTime,
};
use sim::Random;

/// Movements that a device gives again after a start.
const AGAIN: u64 = 100;

/// Entries that are under way at once, at most: from lone commits to groups.
const BURST_MAX: u64 = 48;

/// What the promise begins with on the disk.
const MARK: &[u8; 8] = b"PROMISE!";

/// A disk's page: writes past the cache are whole and aligned.
#[repr(align(4096))]
struct Page([u8; 4096]);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["write", state] => write(Path::new(state), None),
        ["write", state, device, offset] => {
            Promise::open(device, offset).and_then(|to| write(Path::new(state), Some(to)))
        }
        ["check", state] => check(Path::new(state), 0),
        ["check", state, promised] => {
            promised.parse().context("read what was promised").and_then(|promised| check(Path::new(state), promised))
        }
        ["promised", device, offset] => promised(device, offset),
        _ => Err(anyhow::anyhow!(
            "usage: ledger-under-cut write STATE [DEVICE OFFSET] | check STATE [PROMISED] | promised DEVICE OFFSET"
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("BROKEN {error:#}");
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Where the promise is written.
struct Promise {
    device: File,
    offset: u64,
    page: Box<Page>,
}

impl Promise {
    fn open(device: &str, offset: &str) -> anyhow::Result<Self> {
        const O_DIRECT: i32 = 0o40_000;
        let offset = offset.parse().context("read the offset")?;
        let device = OpenOptions::new().write(true).custom_flags(O_DIRECT).open(device).context("open the device")?;
        Ok(Self { device, offset, page: Box::new(Page([0; 4096])) })
    }

    fn write(&mut self, through: u64) -> anyhow::Result<()> {
        self.page.0[..8].copy_from_slice(MARK);
        self.page.0[8..16].copy_from_slice(&through.to_le_bytes());
        self.device.write_all_at(&self.page.0, self.offset).context("write the promise")
    }
}

fn promised(device: &str, offset: &str) -> anyhow::Result<()> {
    let mut page = [0; 16];
    let offset = offset.parse().context("read the offset")?;
    File::open(device).context("open the device")?.read_exact_at(&mut page, offset).context("read the promise")?;
    let through = if page.starts_with(MARK) { u64::from_le_bytes(page[8..].try_into()?) } else { 0 };
    println!("{through}");
    Ok(())
}

/// Records until the power goes.
fn write(state: &Path, mut promise: Option<Promise>) -> anyhow::Result<()> {
    let ledger = open(state)?;
    let found = numbers(state, &ledger)?.len() as u64;
    let lives: BTreeMap<FeedName, i64> = ledger.standings().into_iter().map(|(feed, at)| (feed, at.life)).collect();
    let (recorder, _thread) = Recorder::start(ledger).context("start the recorder")?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut random = Random::seeded(found);
    runtime.block_on(async {
        let mut next = found.saturating_sub(AGAIN).max(1);
        let mut newest: BTreeMap<FeedName, Seq> = BTreeMap::new();
        let mut out = std::io::stdout();
        loop {
            let mut answers = Vec::new();
            for n in next..=next + random.below(BURST_MAX) {
                answers.push((n, recorder.submit(entry(n)?).await));
            }
            for (n, answer) in answers {
                match answer.await.context("the recorder is gone")?? {
                    Outcome::Recorded(recorded) => {
                        ensure!(n > found, "{n} was there and is recorded again");
                        for recorded in recorded {
                            newest.insert(recorded.feed, recorded.seq);
                        }
                    }
                    Outcome::Repeated => ensure!(n <= found, "{n} was not there and is taken for a repetition"),
                    Outcome::NoChange => bail!("{n} came to nothing"),
                }
                next = n + 1;
            }
            let through = next - 1;
            if through >= found {
                if let Some(promise) = &mut promise {
                    promise.write(through)?;
                }
                writeln!(out, "ACK {through}").and_then(|()| out.flush()).context("say what is promised")?;
            }
            // The hub answers now and then: positions move in commits of their own.
            if random.below(8) == 0
                && let Some((feed, seq)) = newest.iter().nth(usize::try_from(random.below(2))?)
            {
                let through = Seq(seq.0.saturating_sub(random.below(20)));
                let settle = Effect::Settle { through, refused: Vec::new(), lost: None };
                recorder.take_down(feed.clone(), lives[feed], vec![settle]).await?;
            }
        }
    })
}

/// Looks whether all of it is there: the file whole, 1 to n once each, the chain from its beginning, on-hand as the fold,
/// every record accounted for.
fn check(state: &Path, promised: u64) -> anyhow::Result<()> {
    let ledger = open(state)?;
    let numbers = numbers(state, &ledger)?;
    let recorded = numbers.len() as u64;
    ensure!(numbers.iter().copied().eq(1..=recorded), "numbers have gaps: {} of {:?}", recorded, numbers.last());
    let counts = ledger.counts();
    ensure!(counts.feeds.values().all(agent::ledger::FeedCounts::is_conserved), "not conserved: {counts:?}");
    let kept = ledger.kept().context("read what is kept")?;
    let kept = kept.iter().find(|row| row.kind == "last").map_or(Ok(0), |row| row.text.parse::<u64>())?;
    // Kept in the commit of every tenth: never ahead of it, never behind.
    ensure!(kept == recorded / 10 * 10, "kept is {kept} with {recorded} recorded");
    drop(ledger);
    let db = rusqlite::Connection::open(state.join("ledger.db"))?;
    let whole: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(whole == "ok", "integrity: {whole}");
    ensure!(recorded >= promised, "{promised} were promised and {recorded} are there");
    let settled: u64 = counts.feeds.values().map(|feed| feed.acked).sum();
    println!("CHECK recorded={recorded} promised={promised} settled={settled}");
    Ok(())
}

/// The numbers of all movements, after a look at the chain and the fold.
fn numbers(state: &Path, ledger: &Ledger) -> anyhow::Result<BTreeSet<u64>> {
    let reader = Reader::open(state)?;
    let (mut numbers, mut fold) = (BTreeSet::new(), OnHand::default());
    for (feed, at) in ledger.standings() {
        let (epoch, recorded) = (at.standing.epoch.clone(), at.standing.recorded);
        ensure!(at.standing.oldest == Seq(1), "{feed} begins at {}", at.standing.oldest);
        let (mut link, mut next) = (Link::first(&epoch), Seq(1));
        while next <= recorded {
            let stretch = reader.stretch(at.life, &epoch, next, recorded)?;
            ensure!(stretch.prev == link, "{feed} {next}: the chain breaks");
            for text in &stretch.records {
                link = link.then(text.as_str());
                let Record::Movement(movement) =
                    Record::parse(text.as_str()).with_context(|| format!("{feed} {next}"))?
                else {
                    bail!("{feed} {next} is no movement");
                };
                fold.apply(&movement);
                let number = movement.reference.as_ref().and_then(|number| number.as_str().parse().ok());
                let number = number.with_context(|| format!("{feed} {next} has no number"))?;
                ensure!(feed == feed_of(number), "{number} stands in {feed}");
                ensure!(numbers.insert(number), "{number} is there twice");
                next = next.next();
            }
            ensure!(stretch.head == link, "{feed}: the chain does not come to its head at {next}");
        }
    }
    ensure!(fold == *ledger.on_hand(), "on-hand is not the fold of the records");
    Ok(numbers)
}

fn open(state: &Path) -> anyhow::Result<Ledger> {
    let mut catalog = Catalog::default();
    let feeds: [FeedName; 2] = ["acme".parse()?, "boltco".parse()?];
    for (item, feed) in ["M8", "NUT"].into_iter().zip(&feeds) {
        catalog.add(item.parse()?, feed.clone(), []);
    }
    Ok(Ledger::open(state, &feeds, Arc::new(catalog))?)
}

fn feed_of(number: u64) -> FeedName {
    let name = if number.is_multiple_of(3) { "boltco" } else { "acme" };
    name.parse().expect("a feed's name")
}

/// The n-th movement, the same each time. Every tenth also keeps a fact.
fn entry(n: u64) -> anyhow::Result<Entry> {
    let item = if n.is_multiple_of(3) { "NUT" } else { "M8" };
    let (from, to) = [("vendor", "dock"), ("dock", "bin:A-01"), ("bin:A-01", "used")][usize::try_from(n / 3 % 3)?];
    let at = WallTime::from_millis(1_790_000_000_000 + i64::try_from(n)? * 37);
    let (qty, by) = (Quantity::new(1 + n % 9)?, "scanner-1".parse()?);
    let mut movement = Movement::new(at, item.parse()?, qty, from.parse()?, to.parse()?, by);
    movement.reference = Some(n.to_string().parse()?);
    let mut entry = Entry::movement(movement, Some(Origin::new(OriginKind::Id, &[&n.to_le_bytes()], true)))?;
    if n.is_multiple_of(10) {
        let key = KeptKey { kind: "last", name: "number".to_owned() };
        entry.statements.push(Statement::Keep(Kept { key, text: n.to_string() }));
    }
    Ok(entry)
}
