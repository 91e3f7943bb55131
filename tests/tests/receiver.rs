//! A day of movements into the independent receiver, under each of its faults in turn.
//!
//! It prints each record that it accepts once, so what it prints is what a vendor would have booked.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::collections::BTreeMap;

use agent::ledger::packed::Unpacked;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tests::{
    Broker, Emitted, PATIENCE, Part, Publisher, Site, chain, eventually, image,
    receiver::{Printed, Receiver, Toolbox},
    site::file::SiteFile,
    skip::{say, skip},
};

/// Movements of a day at a busy site.
const DAY: usize = 2_000;

const ITEMS: [&str; 4] = ["M8-BOLT", "SEAL-40", "O-RING", "FUSE-10A"];

/// A site, its receiver and its gateways.
struct Day {
    site: Site,
    receiver: Receiver,
    broker: Broker,
    emitted: Emitted,
}

impl Day {
    /// `None` after saying that the test is skipped.
    async fn begin(test: &str, faults: &[&str], adjust: impl FnOnce(SiteFile) -> SiteFile) -> Option<Self> {
        let toolbox = match Toolbox::find() {
            Ok(toolbox) => toolbox,
            Err(why) => {
                skip(test, &why);
                return None;
            }
        };
        let receiver = Receiver::start(&toolbox, "plant-7", "acme", faults).await;
        let broker = Broker::start().await;
        let file = Site::new("plant-7").feed("acme", receiver.addr()).items("acme", ITEMS).broker(broker.port());
        let file = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").batch_records(100);
        let site = adjust(file).start().await;
        Some(Self { site, receiver, broker, emitted: Emitted::default() })
    }

    /// Scans `first..=last`, from four gateways at once.
    async fn scan(&self, first: usize, last: usize) {
        let port = self.broker.port();
        let quarter = (last + 1 - first) / 4;
        let gateway = async |number: usize| {
            let from = (first + number * quarter) as u64;
            let mut publisher = Publisher::connect(port, "scans", &ITEMS, from, &self.emitted).await;
            publisher.publish_many(quarter as u64).await;
        };
        tokio::join!(gateway(0), gateway(1), gateway(2), gateway(3));
        self.site.wait_until_accepted(last).await;
    }

    /// Waits until the receiver has it all, ends both, and hands back what was printed.
    async fn end(&mut self, printed: usize) -> Vec<Printed> {
        let receiver = &self.receiver;
        let what = format!("the receiver prints {printed} records");
        eventually(PATIENCE, &what, async || (receiver.printed_count() >= printed).then_some(())).await;
        self.site.wait_until_settled(PATIENCE).await;
        self.site.stop().await;
        self.receiver.end();
        self.receiver.printed()
    }

    /// The ledger's records of the feed's only epoch: its id, and the texts from seq 1 on.
    fn ledger(&self) -> (String, Vec<String>) {
        let path = self.site.state_dir().join("ledger.db");
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let epoch = db.query_row("SELECT epoch FROM life WHERE feed = 'acme'", [], |row| row.get(0)).unwrap();
        let sql = "SELECT text FROM record JOIN life ON record.key >> 40 = life WHERE feed = 'acme' ORDER BY key";
        let mut select = db.prepare(sql).unwrap();
        let texts =
            select.query_map([], |row| row.get(0)).unwrap().map(|text| Result::<Unpacked, _>::unwrap(text).0).collect();
        (epoch, texts)
    }

    /// The receiver's links are those of the ledger's texts, recomputed here.
    fn assert_chain(&self) {
        let (epoch, texts) = self.ledger();
        let mut link = chain::first(&epoch);
        let mut links = vec![chain::hex(&link)];
        for text in &texts {
            link = chain::after(&link, text);
            links.push(chain::hex(&link));
        }
        assert_eq!(self.receiver.links("acme", &epoch), links);
    }

    /// Every scan of the day is among the printed, and as often as was meant; but for one item.
    fn assert_parts(&self, printed: &[Printed], without: Option<&str>) {
        let mut there: BTreeMap<Part, u32> = BTreeMap::new();
        for printed in printed {
            let (item, qty) = (printed.record["item"].as_str().unwrap(), printed.record["qty"].as_u64().unwrap());
            *there.entry(Part::new(item, qty)).or_default() += 1;
        }
        let mut meant = self.emitted.meant();
        assert_eq!(meant, self.emitted.promised());
        meant.retain(|part, _| Some(part.item.as_str()) != without);
        assert_eq!(there, meant);
    }
}

/// What is printed are the ledger's records, each once and in order.
fn assert_printed_once_in_order(printed: &[Printed], texts: &[String]) {
    let seqs: Vec<u64> = printed.iter().map(|printed| printed.seq).collect();
    assert_eq!(seqs, (1..=texts.len() as u64).collect::<Vec<_>>());
    for (printed, text) in printed.iter().zip(texts) {
        assert_eq!(printed.record, serde_json::from_str::<Value>(text).unwrap());
    }
}

/// A day under a fault that the receiver plays a few times, and that costs nothing in the end.
async fn a_day_under(test: &str, fault: &str, played: usize, adjust: impl FnOnce(SiteFile) -> SiteFile) {
    let Some(mut day) = Day::begin(test, &[fault], adjust).await else { return };
    day.scan(1, DAY).await;
    let printed = day.end(DAY).await;
    assert_eq!(day.receiver.faults_played(), played, "the fault was played");
    assert_printed_once_in_order(&printed, &day.ledger().1);
    day.assert_parts(&printed, None);
    day.assert_chain();
    say(&format!("receiver, {fault}: {} records, each once and in order, chain right", printed.len()));
}

macro_rules! days {
    ($($test:ident: $fault:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let (_, times) = $fault.split_once(':').unwrap();
            a_day_under(stringify!($test), $fault, times.parse().unwrap(), |file| file).await;
        }
    )*};
}

days! {
    a_day_arrives_once_though_replies_are_lost: "lose-reply:3";
    a_day_arrives_once_though_the_hub_is_busy: "busy:2";
    a_day_arrives_once_though_the_hub_sets_a_limit: "limit:2";
    a_day_arrives_once_though_a_portal_answers: "portal:5";
    a_day_arrives_once_though_the_answer_is_garbage: "garbage:5";
    a_day_arrives_once_though_the_answer_is_a_redirect: "redirect:5";
    a_day_arrives_once_though_connections_are_reset: "reset:5";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_arrives_once_without_any_fault() {
    let test = "a_day_arrives_once_without_any_fault";
    let Some(mut day) = Day::begin(test, &[], |file| file).await else { return };
    day.scan(1, DAY).await;
    let printed = day.end(DAY).await;
    assert_printed_once_in_order(&printed, &day.ledger().1);
    day.assert_parts(&printed, None);
    day.assert_chain();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_arrives_once_though_answers_come_too_late() {
    // It commits and then answers after ten seconds; the site gives up after one and asks again.
    let test = "a_day_arrives_once_though_answers_come_too_late";
    a_day_under(test, "slow:2", 2, |file| file.request_timeout_seconds(1.0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_arrives_once_though_batches_are_called_too_large() {
    let test = "a_day_arrives_once_though_batches_are_called_too_large";
    let Some(mut day) = Day::begin(test, &[], |file| file).await else { return };
    // While nobody receives, so that there are batches to be cut smaller: 100, 50, 25, 12. One record alone that is too
    // large would rightly be set aside.
    day.receiver.end();
    day.scan(1, DAY).await;
    day.receiver.begin(&["too-large:4"]).await;
    let printed = day.end(DAY).await;
    assert_eq!(day.receiver.faults_played(), 4);
    assert_printed_once_in_order(&printed, &day.ledger().1);
    day.assert_parts(&printed, None);
    day.assert_chain();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_forgets_a_hundred_records_gets_those_again_and_no_others() {
    let test = "a_receiver_that_forgets_a_hundred_records_gets_those_again_and_no_others";
    let Some(mut day) = Day::begin(test, &[], |file| file).await else { return };
    day.scan(1, DAY / 2).await;
    day.site.wait_until_settled(PATIENCE).await;
    // A receiver that was restored from a backup: at its next request it has forgotten the last hundred.
    day.receiver.end();
    day.receiver.begin(&["rollback:1"]).await;
    day.scan(DAY / 2 + 1, DAY).await;
    let printed = day.end(DAY + 100).await;
    assert_eq!(day.receiver.faults_played(), 1);
    let texts = day.ledger().1;
    let (half, forgotten) = (DAY / 2, DAY / 2 - 100);
    // First 1..=1000; then, from where it has forgotten, 901 and on to the end.
    assert_eq!(printed.len(), DAY + 100);
    assert_printed_once_in_order(&printed[..half], &texts[..half]);
    assert_eq!(printed[half..half + 100], printed[forgotten..half], "the same hundred, as they were");
    let without_the_first_time = [&printed[..forgotten], &printed[half..]].concat();
    assert_printed_once_in_order(&without_the_first_time, &texts);
    day.assert_parts(&without_the_first_time, None);
    day.assert_chain();
    assert!(!day.site.log().lines_with("hub has less than it acknowledged").is_empty(), "the agent says so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_the_receiver_refuses_is_set_aside_and_stops_nothing() {
    let test = "an_item_that_the_receiver_refuses_is_set_aside_and_stops_nothing";
    // The answers with refusals are lost too: a repeated batch repeats them.
    let Some(mut day) = Day::begin(test, &["refuse-SEAL-40", "lose-reply:2"], |file| file).await else { return };
    day.scan(1, DAY).await;
    let refused = DAY / ITEMS.len();
    let status = day.site.wait_for_status("nothing waits", tests::site::status::Status::is_settled).await;
    let counts = &status.feeds["acme"];
    assert_eq!((counts.recorded, counts.set_aside, counts.acked), (2_000, refused as u64, 1_500), "{counts:?}");
    assert!(status.names("500 records set aside"), "{:?}", status.problems);
    let printed = day.end(DAY - refused).await;
    let texts = day.ledger().1;
    let expected: Vec<(u64, Value)> = (1..)
        .zip(&texts)
        .map(|(seq, text)| (seq, serde_json::from_str::<Value>(text).unwrap()))
        .filter(|(_, record)| record["item"] != "SEAL-40")
        .collect();
    let printed_pairs: Vec<(u64, Value)> = printed.iter().map(|p| (p.seq, p.record.clone())).collect();
    assert_eq!(printed_pairs, expected);
    day.assert_parts(&printed, Some("SEAL-40"));
    day.assert_chain();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_was_put_back_says_that_its_receiver_does_not_tell_what_it_has() {
    const WORDS: &str = "does not say what it has beside this ledger";
    let test = "a_site_that_was_put_back_says_that_its_receiver_does_not_tell_what_it_has";
    let Some(mut day) = Day::begin(test, &[], |file| file).await else { return };
    day.scan(1, 40).await;
    day.site.wait_until_settled(PATIENCE).await;
    assert!(!day.site.status().await.names(WORDS), "a ledger without a past has nothing to ask for");
    day.site.stop().await;
    let backup = day.site.folder().join("backup");
    image::copy(&day.site.state_dir(), &backup);
    day.site.start().await;
    day.scan(41, 80).await;
    day.site.wait_until_settled(PATIENCE).await;
    day.site.stop().await;

    image::copy(&backup, &day.site.state_dir());
    day.site.start().await;
    day.scan(81, 120).await;
    day.site.wait_for_status("what the receiver does not say is named", |status| status.names(WORDS)).await;
    assert_eq!(day.end(120).await.len(), 120);
}
