//! A ledger that comes back from a backup: its seqs have been used since for something else.

use std::path::PathBuf;

use tests::{Broker, Checker, Emitted, Hub, PATIENCE, Publisher, Site, image};

const ITEMS: [&str; 2] = ["M8-BOLT", "SEAL-40"];

/// A site that was backed up while all it had waited for its hub, which has since got that and more. It is stopped.
struct Backlog {
    emitted: Emitted,
    broker: Broker,
    hub: Hub,
    site: Site,
    publisher: Publisher,
    backup: PathBuf,
}

impl Backlog {
    async fn of(waiting: u64, since: u64) -> Self {
        let (emitted, broker) = (Emitted::default(), Broker::start().await);
        let mut hub = Hub::of(&[("plant-7", "acme")]);
        let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
        let file = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").batch_records(10);
        let mut site = file.start().await;
        let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
        publisher.publish_many(waiting).await;
        site.wait_until_accepted(usize::try_from(waiting).unwrap()).await;
        site.stop().await;
        let backup = site.folder().join("backup");
        image::copy(&site.state_dir(), &backup);
        hub.begin().await;
        site.start().await;
        publisher.publish_many(since).await;
        hub.wait_for_movements(usize::try_from(waiting + since).unwrap()).await;
        site.wait_until_settled(PATIENCE).await;
        site.stop().await;
        Self { emitted, broker, hub, site, publisher, backup }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_ledger_begins_a_new_epoch_and_nothing_is_lost_or_doubled() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
    let file = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in");
    let mut site = file.start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    publisher.publish_many(20).await;
    site.wait_until_accepted(20).await;
    site.wait_until_settled(PATIENCE).await;
    site.stop().await;
    let backup = site.folder().join("backup");
    image::copy(&site.state_dir(), &backup);

    site.start().await;
    publisher.publish_many(20).await;
    site.wait_until_accepted(40).await;
    site.wait_until_settled(PATIENCE).await;
    let before = site.status().await.feeds["acme"].epoch.clone();
    site.stop().await;

    image::copy(&backup, &site.state_dir());
    site.start().await;
    publisher.publish_many(20).await;
    site.wait_until_accepted(60).await;
    site.wait_until_said("this ledger was restored or cloned").await;
    hub.wait_for_movements(60).await;
    let status = site.wait_for_status("nothing waits", tests::site::status::Status::is_settled).await;
    assert_ne!(status.feeds["acme"].epoch, before);
    // Through a restart too: the new epoch stands in the ledger.
    site.restart().await;
    publisher.publish_many(20).await;
    hub.wait_for_movements(80).await;
    let health = hub.health().await;
    assert_eq!((health[0].epochs, health[0].chain.as_str()), (2, "forked"), "loud at the hub too: {health:?}");
    let checker = Checker::new(&emitted).expecting("restored or cloned").after_restore();
    let verdict = checker.judge(&mut site, &mut hub).await;
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 80);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_with_a_backlog_sends_nothing_twice() {
    let Backlog { emitted, mut hub, mut site, mut publisher, backup, broker: _broker } = Backlog::of(30, 15).await;

    image::copy(&backup, &site.state_dir());
    site.start().await;
    site.wait_until_said("this ledger was restored or cloned").await;
    publisher.publish_many(15).await;
    hub.wait_for_movements(60).await;
    let checker = Checker::new(&emitted).expecting("restored or cloned").after_restore();
    let verdict = checker.judge(&mut site, &mut hub).await;
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recorded_behind_a_restored_backlog_is_not_passed_over() {
    let Backlog { emitted, mut hub, mut site, mut publisher, backup, broker: _broker } = Backlog::of(10, 35).await;
    hub.stop().await;

    // The first batch that goes out again is the one the hub knows; behind it stand seqs that it knows otherwise.
    image::copy(&backup, &site.state_dir());
    site.start().await;
    publisher.publish_many(20).await;
    site.wait_until_accepted(65).await;
    hub.begin().await;
    hub.wait_for_movements(65).await;
    let checker = Checker::new(&emitted).expecting("restored or cloned").after_restore();
    let verdict = checker.judge(&mut site, &mut hub).await;
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 65);
}
