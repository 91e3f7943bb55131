//! A hub that comes back from an old backup: it asks for what it once had, the site sends what it keeps and declares what it
//! does not, exactly, and a checkpoint says whether the amounts agree.

use agent::ledger::Removal;
use tests::{Broker, Checker, Emitted, Hub, PATIENCE, Publisher, Site, backlog, image, skip::say};

const ITEMS: [&str; 2] = ["M8-BOLT", "SEAL-40"];

/// Movements in the backup, and after it.
const BEFORE: u64 = 60;
const AFTER: u64 = 100;

struct Stage {
    emitted: Emitted,
    _broker: Broker,
    hub: Hub,
    site: Site,
    publisher: Publisher,
}

impl Stage {
    /// A site whose hub has taken everything and then went back to a backup; neither runs.
    async fn set() -> Self {
        let (emitted, broker) = (Emitted::default(), Broker::start().await);
        let mut hub = Hub::start("plant-7", "acme").await;
        let file = Site::new("plant-7").feed("acme", hub.addr()).items("acme", ITEMS).broker(broker.port());
        let file = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").batch_records(20);
        let mut site = file.start().await;
        let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
        publisher.publish_many(BEFORE).await;
        hub.wait_for_movements(usize::try_from(BEFORE).unwrap()).await;
        site.wait_until_settled(PATIENCE).await;
        hub.stop().await;
        let backup = site.folder().join("backup");
        image::copy(&hub.state_dir(), &backup);
        hub.begin().await;
        publisher.publish_many(AFTER).await;
        hub.wait_for_movements(usize::try_from(BEFORE + AFTER).unwrap()).await;
        site.wait_until_settled(PATIENCE).await;
        site.stop().await;
        hub.stop().await;
        image::copy(&backup, &hub.state_dir());
        Self { emitted, _broker: broker, hub, site, publisher }
    }

    async fn begin(&mut self) {
        self.hub.begin().await;
        self.site.start().await;
        // The hub learns that it has less, and the site that it has, with the next batch.
        let last = self.publisher.publish().await;
        self.site.wait_until_accepted_part(&last).await;
        self.site.wait_until_said("hub has less than it acknowledged").await;
        self.site.wait_until_settled(PATIENCE).await;
    }

    /// The hub's verdict on the site's own amounts.
    async fn compared(&self) -> String {
        let told = self.site.command(&["checkpoint", "acme"]);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        self.site.wait_until_settled(PATIENCE).await;
        let health = self.hub.health().await;
        health[0].checkpoint.clone().expect("a checkpoint was compared").verdict
    }

    /// What the operator is shown.
    fn shown(&self) -> String {
        String::from_utf8(self.hub.tool(&["sites"]).stdout).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_from_an_old_backup_gets_again_what_the_site_keeps_and_the_amounts_agree() {
    let test = "a_hub_from_an_old_backup_gets_again_what_the_site_keeps_and_the_amounts_agree";
    let mut stage = Stage::set().await;
    stage.begin().await;
    let all = BEFORE + AFTER + 1;
    assert_eq!(stage.hub.movement_count().await as u64, all);
    assert_eq!(stage.compared().await, "ok");
    let shown = stage.shown();
    assert!(!shown.contains("ALARM"), "nothing is wrong: {shown}");
    let checker = Checker::new(&stage.emitted).expecting("hub has less than it acknowledged");
    let verdict = checker.judge(&mut stage.site, &mut stage.hub).await;
    say(&format!("{test}: {AFTER} sent again; {verdict}"));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_from_a_backup_older_than_what_the_site_keeps_hears_exactly_what_is_lost() {
    let test = "a_hub_from_a_backup_older_than_what_the_site_keeps_hears_exactly_what_is_lost";
    let kept = 30;
    let mut stage = Stage::set().await;
    {
        let mut ledger = backlog::ledger(&stage.site.state_dir(), "acme", &ITEMS);
        let feed = "acme".parse().unwrap();
        let removed = ledger.in_one_commit(|book| book.trim(&feed, Removal::AllBut(kept))).unwrap();
        assert_eq!(removed, BEFORE + AFTER - kept);
    }
    stage.begin().await;
    // Those between the backup and what the site keeps.
    let lost = AFTER - kept;
    let health = stage.hub.health().await;
    assert_eq!((health[0].lost_records, health[0].chain.as_str()), (lost, "lossy"), "{health:?}");
    assert_eq!(stage.hub.movement_count().await as u64, BEFORE + kept + 1);
    let status = stage.site.status().await;
    assert_eq!(status.feeds["acme"].lost, lost, "the site knows it, too");
    assert_eq!(stage.compared().await, "differs", "the amounts of what is lost are missing");
    let shown = stage.shown();
    assert!(shown.contains("ALARM lossy") && shown.contains("ALARM differs"), "{shown}");
    // What is done about it: the amounts are put right by hand, the loss is taken note of.
    let acknowledged = stage.hub.tool(&["feed", "acknowledge", "plant-7/acme", "lossy", "--by", "vera"]);
    assert!(acknowledged.status.success());
    assert!(!stage.shown().contains("ALARM lossy"), "{}", stage.shown());
    // Nothing that is here is here twice, and it goes on.
    let last = stage.publisher.publish().await;
    stage.site.wait_until_accepted_part(&last).await;
    stage.site.wait_until_settled(PATIENCE).await;
    let seen = stage.hub.movements().await;
    let mut texts: Vec<_> = seen.iter().map(|seen| seen.record.get()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), seen.len());
    assert_eq!(texts.len() as u64, BEFORE + kept + 2);
    say(&format!("{test}: {lost} of {AFTER} declared lost, {kept} sent again"));
}
