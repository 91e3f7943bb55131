use gateway_proto::{
    batch::{Batch, Load},
    chain::Link,
    record::{RecordText, Seq},
};
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use super::*;
use crate::{
    clock,
    config::FeedConfig,
    store::{Store, health},
    token::Token,
};

/// A store, its writer worked by hand, and a ledger of records to send.
struct Bench {
    store: Store,
    writer: Writer,
    records: Vec<RecordText>,
    links: Vec<Link>,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, mut writer) = open(folder.path());
        writer.patience = patience;
        let mut links = vec![Link::first(&"e1".parse().unwrap())];
        let mut records = Vec::new();
        for number in 1..=9 {
            let text = format!(r#"{{"type":"health","number":{number}}}"#);
            links.push(links.last().unwrap().then(&text));
            records.push(RecordText::new(text).unwrap());
        }
        Self { store, writer, records, links, folder }
    }

    fn queue(&self, first: usize, last: usize) -> Receiver<Answer> {
        let batch = Batch {
            site: "plant-7".parse().unwrap(),
            feed: "acme".parse().unwrap(),
            epoch: "e1".parse().unwrap(),
            first: Seq(first as u64),
            prev: Some(self.links[first - 1]),
            head: self.links[last],
            load: Load::Records(self.records[first - 1..last].to_vec()),
            ahead: false,
            knows: None,
        };
        self.store.take(&self.store.feeds()[0], batch, clock::now()).unwrap()
    }

    /// The hub ends and begins again.
    fn again(self) -> Self {
        let Self { store, writer, records, links, folder } = self;
        drop((store, writer));
        let (store, mut writer) = open(folder.path());
        writer.patience = Duration::ZERO;
        Self { store, writer, records, links, folder }
    }

    /// A look into the store that does not end until it is dropped.
    fn look(&self) -> Connection {
        let db = Connection::open(self.folder.path().join("hub.db")).unwrap();
        db.execute_batch("BEGIN").unwrap();
        let _: i64 = db.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
        db
    }

    /// One turn of the writer's loop.
    fn turn(&mut self) {
        let group = self.writer.next_group().unwrap();
        self.writer.take(group);
    }
}

fn open(folder: &std::path::Path) -> (Store, Writer) {
    let token = Token::new("token-of-plant-7-acme").unwrap();
    let feed = FeedConfig::new("plant-7".parse().unwrap(), "acme".parse().unwrap(), token);
    Store::open(folder, &[feed], clock::now()).unwrap()
}

#[test]
fn a_batch_that_overtook_its_predecessor_waits_for_it() {
    let mut bench = Bench::new(Duration::from_secs(3_600));
    let mut second = bench.queue(2, 3);
    bench.turn();
    assert_eq!(second.try_recv(), Err(TryRecvError::Empty));
    let mut first = bench.queue(1, 1);
    bench.turn();
    assert_eq!(first.try_recv().unwrap().unwrap().through, Seq(1));
    assert_eq!(second.try_recv().unwrap().unwrap().through, Seq(3));
}

#[test]
fn a_batch_whose_predecessor_does_not_come_is_told_the_gap() {
    let mut bench = Bench::new(Duration::ZERO);
    let mut second = bench.queue(2, 3);
    bench.turn();
    assert_eq!(second.try_recv().unwrap().unwrap_err().expected, Some(Seq(1)));
}

#[test]
fn what_queued_together_is_one_commit_and_one_bad_batch_undoes_no_other() {
    let mut bench = Bench::new(Duration::ZERO);
    let commits = bench.store.commits();
    let mut first = bench.queue(1, 2);
    let mut forked = {
        bench.records[2] = RecordText::new(r#"{"type":"other"}"#.to_owned()).unwrap();
        bench.queue(3, 3)
    };
    let mut repeated = bench.queue(1, 2);
    bench.turn();
    assert_eq!(first.try_recv().unwrap().unwrap().through, Seq(2));
    assert_eq!(repeated.try_recv().unwrap().unwrap().through, Seq(2));
    assert_eq!(forked.try_recv().unwrap().unwrap_err().code, Code::BadChain);
    assert_eq!(*commits.borrow(), 1);
}

#[test]
fn a_store_that_cannot_be_written_tells_sites_to_come_back_and_then_goes_on() {
    let mut bench = Bench::new(Duration::ZERO);
    bench.writer.db.pragma_update(None, "max_page_count", 1).unwrap();
    let pages: i64 = bench.writer.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    bench.writer.db.pragma_update(None, "max_page_count", pages).unwrap();
    let long = RecordText::new(format!(r#"{{"type":"health","note":"{}"}}"#, "x".repeat(60_000))).unwrap();
    bench.records[0] = long.clone();
    bench.links[1] = bench.links[0].then(long.as_str());
    let mut refused = bench.queue(1, 1);
    bench.turn();
    assert_eq!(refused.try_recv().unwrap().unwrap_err().code, Code::Busy);
    bench.writer.db.pragma_update(None, "max_page_count", pages + 1_000).unwrap();
    let mut taken = bench.queue(1, 1);
    bench.turn();
    assert_eq!(taken.try_recv().unwrap().unwrap().through, Seq(1));
}

#[test]
fn a_store_that_somebody_reads_opens_and_takes_what_comes_when_the_look_ends() {
    let mut bench = Bench::new(Duration::ZERO);
    let _taken = bench.queue(1, 1);
    bench.turn();
    let look = bench.look();
    let mut bench = bench.again();
    let mut refused = bench.queue(2, 2);
    bench.turn();
    assert_eq!(refused.try_recv().unwrap().unwrap_err().code, Code::Busy);
    drop(look);
    let mut taken = bench.queue(2, 2);
    bench.turn();
    assert_eq!(taken.try_recv().unwrap().unwrap().through, Seq(2));
}

#[tokio::test]
async fn a_reader_sees_only_what_is_committed() {
    let mut bench = Bench::new(Duration::ZERO);
    let feeds = bench.store.feeds().to_vec();
    let through = async |store: &Store| {
        let feeds = feeds.clone();
        store.read(move |db| health(db, &feeds)).await.unwrap()[0].through
    };
    let _answer = bench.queue(1, 5);
    assert_eq!(through(&bench.store).await, 0);
    bench.turn();
    assert_eq!(through(&bench.store).await, 5);
}
