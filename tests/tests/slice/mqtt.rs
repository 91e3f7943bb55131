//! What MQTT does to those who trust it: repetitions, messages too large to take, a broker that goes.

use std::net::SocketAddr;

use sim::Wan;
use tests::{
    Broker, Checker, Emitted, Hub, PATIENCE, Part, Publisher, Site, broker::Mosquitto, eventually,
    site::file::SiteFile, skip::say,
};

const ITEMS: [&str; 2] = ["M8-BOLT", "SEAL-40"];

fn site(port: u16, hub: SocketAddr) -> SiteFile {
    Site::new("plant-7")
        .feed("acme", hub)
        .items("acme", ITEMS)
        .broker(port)
        .station("goods-in")
        .scans_on("scans", "gateway-1", "goods-in")
        .scans_on("other", "gateway-2", "goods-in")
}

/// A message of `len` bytes that says a scan, with most of it in a field that nobody reads.
fn long_scan(part: &Part, id: &str, len: usize) -> String {
    let head = format!(r#"{{"code":"{}","qty":{},"id":"{id}","image":""#, part.item, part.qty);
    let filler = "x".repeat(len - head.len() - 2);
    format!("{head}{filler}\"}}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_repeated_under_its_id_is_one_part_and_without_an_id_two() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), hub.addr()).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 100, &emitted).await;
    let once = Part::new("M8-BOLT", 7);
    publisher.publish_as(&once, Some("scan-7")).await;
    publisher.repeat(&once, Some("scan-7")).await;
    let twice = Part::new("SEAL-40", 3);
    publisher.publish_as(&twice, None).await;
    publisher.publish_as(&twice, None).await;
    let last = publisher.publish().await;
    site.wait_until_accepted(4).await;
    // Repeated also across a life of the agent.
    site.restart().await;
    publisher.repeat(&once, Some("scan-7")).await;
    publisher.repeat(&last, Some("100")).await;
    publisher.publish().await;
    hub.wait_for_movements(5).await;
    let verdict = Checker::new(&emitted).judge(&mut site, &mut hub).await;
    verdict.assert_clean();
    assert_eq!((verdict.promised, verdict.delivered), (5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_costs_itself_alone() {
    let Some(broker) = Mosquitto::start_or_skip("a_long_message_costs_itself_alone").await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), hub.addr()).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    let mut other = Publisher::connect(broker.port(), "other", &ITEMS, 1_000, &emitted).await;
    publisher.publish_many(3).await;
    // 20 kB is long and readable. 300 kB is more than a reading may have, and less than closes the connection.
    let readable = Part::new("M8-BOLT", 500);
    emitted.mean(&readable);
    publisher.publish_raw(long_scan(&readable, "long", 20_000), false).await;
    emitted.promise(&readable);
    publisher.publish_raw(long_scan(&Part::new("M8-BOLT", 501), "longer", 300_000), false).await;
    publisher.publish_many(3).await;
    other.publish_many(3).await;
    hub.wait_for_movements(10).await;
    // Retained: they come again at every connect.
    publisher.publish_raw(long_scan(&Part::new("M8-BOLT", 502), "kept", 20_000), true).await;
    other.publish_raw(long_scan(&Part::new("M8-BOLT", 503), "kept longer", 300_000), true).await;
    site.restart().await;
    publisher.publish_many(3).await;
    other.publish_many(3).await;
    hub.wait_for_movements(16).await;
    // A retained message that arrives while somebody listens is no last known value: the scan is new.
    emitted.mean(&Part::new("M8-BOLT", 502));
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_limit_does_not_stop_the_others_for_good() {
    let test = "a_message_over_the_limit_does_not_stop_the_others_for_good";
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), hub.addr()).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    publisher.publish_many(20).await;
    hub.wait_for_movements(20).await;
    publisher.publish_raw(long_scan(&Part::new("M8-BOLT", 501), "too long", 600_000), false).await;
    let tried = received_again(&mut publisher, &hub).await;
    // More than a broker sends without acknowledgements: these are given again too.
    publisher.publish_many(300).await;
    hub.wait_for_movements(320).await;
    let given_up = "a message over the limit came again and again";
    assert_eq!(site.log().lines_with(given_up).len(), 1, "the agent says what it had to give up");
    let verdict = Checker::new(&emitted).expecting(given_up).judge(&mut site, &mut hub).await;
    let lost = emitted.meant().len() - verdict.delivered;
    say(&format!("{test}: of {tried} scans behind the message {lost} went with its session"));
    verdict.assert_clean();
}

/// A limit of today: with MQTT 3.1.1 the agent cannot tell a broker what it takes, so that a retained message over the
/// limit stops its broker's other sensors until somebody takes it away. The status names it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retained_message_over_the_limit_is_named_and_forgotten_once_it_is_gone() {
    let test = "a_retained_message_over_the_limit_is_named_and_forgotten_once_it_is_gone";
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), hub.addr()).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    let mut other = Publisher::connect(broker.port(), "other", &ITEMS, 1_000, &emitted).await;
    publisher.publish_many(20).await;
    hub.wait_for_movements(20).await;
    other.publish_raw(long_scan(&Part::new("M8-BOLT", 501), "too long", 600_000), true).await;
    site.wait_for_status("the message is named", |status| status.names("a message cannot be taken: message of 600"))
        .await;
    // Somebody takes it away.
    other.publish_raw("", true).await;
    received_again(&mut publisher, &hub).await;
    publisher.publish_many(300).await;
    hub.wait_for_movements(320).await;
    let given_up = "a message over the limit came again and again";
    Checker::new(&emitted).expecting(given_up).judge(&mut site, &mut hub).await.assert_clean();
}

/// Publishes scans until one of them is at the hub, and says how many. They are not promised: the broker may have kept
/// them for a session that the agent has to give up.
async fn received_again(publisher: &mut Publisher, hub: &Hub) -> usize {
    let before = hub.movement_count().await;
    let mut tried = 0;
    eventually(PATIENCE, "scans are received again", async || {
        publisher.try_one().await;
        tried += 1;
        (hub.movement_count().await > before).then_some(())
    })
    .await;
    tried
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_restarted_takes_nothing_along() {
    let Some(mut broker) = Mosquitto::start_or_skip("a_broker_that_is_restarted_takes_nothing_along").await else {
        return;
    };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), hub.addr()).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    for _ in 0..3 {
        publisher.publish_many(100).await;
        // In the middle of them: some the agent has not acknowledged yet.
        broker.stop().await;
        site.wait_for_status("the broker is away, and what to do is said", |status| {
            !status.devices["local"].connected && status.names("start the broker")
        })
        .await;
        broker.begin().await;
        publisher.publish_many(100).await;
    }
    site.wait_until_accepted_part(&publisher.publish().await).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_that_a_broker_sends_at_once_is_taken_once_through_kills() {
    let test = "a_backlog_that_a_broker_sends_at_once_is_taken_once_through_kills";
    let Some(broker) = Mosquitto::start_with_window_or_skip(test, 0).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = site(broker.port(), hub.addr()).start().await;
    site.wait_for_status("the broker is there", |status| status.devices["local"].connected).await;
    let mut named = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    let nameless = Publisher::connect(broker.port(), "other", &ITEMS, 1_000_000, &emitted).await;
    let mut nameless = nameless.without_ids();
    site.wait_until_accepted_part(&named.publish().await).await;
    site.stop().await;
    tokio::join!(named.publish_many(2_000), nameless.publish_many(4_000));
    // Each life commits more than it comes to acknowledge, or to tell; the rest is sent again under its packet ids. One
    // that was quick may leave nothing to tell to those after it: they are killed in the middle of what is sent again.
    let all = 6_001;
    for life in 1..=4 {
        site.start().await;
        eventually(PATIENCE, "it tells of some more, or has all", async || {
            let has_some = site.log().accepted_count() >= life * 400;
            (has_some || site.status().await.feeds["acme"].recorded >= all).then_some(())
        })
        .await;
        site.kill();
    }
    site.start().await;
    site.wait_until_accepted_part(&named.publish().await).await;
    let verdict = Checker::new(&emitted).judge(&mut site, &mut hub).await;
    say(&format!("{test}: {verdict}"));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_reset_again_and_again_costs_nothing_that_the_broker_keeps() {
    let test = "a_connection_that_is_reset_again_and_again_costs_nothing_that_the_broker_keeps";
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let line = Wan::to(broker.addr()).await.unwrap();
    let mut site = site(line.addr().port(), hub.addr()).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    for quiet_resets in 3..=6 {
        for _ in 0..quiet_resets {
            reset(&line, &site).await;
            line.up();
            site.wait_for_status("the broker is back", |status| status.devices["local"].connected).await;
        }
        reset(&line, &site).await;
        publisher.publish_many(20).await;
        line.up();
        site.wait_until_accepted_part(&publisher.publish().await).await;
    }
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

async fn reset(line: &Wan, site: &Site) {
    line.down();
    let status = site.wait_for_status("the broker is away", |status| !status.devices["local"].connected).await;
    assert!(!status.names("message"), "a broken line is no message: {:?}", status.problems);
}
