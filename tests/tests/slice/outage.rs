//! The way to the hub fails: not there, a login page, silence, cut.

use sim::Wan;
use tests::{Broker, Checker, Emitted, Hub, PATIENCE, Publisher, Site, site::file::SiteFile};

const ITEMS: [&str; 3] = ["M8-BOLT", "SEAL-40", "O-RING"];

/// A site of one vendor, one broker and one gateway of scanners.
fn site(broker: &Broker, hub: std::net::SocketAddr) -> SiteFile {
    Site::new("plant-7").feed("acme", hub).items("acme", ITEMS).broker(broker.port()).station("goods-in").scans_on(
        "scans",
        "gateway-1",
        "goods-in",
    )
}

async fn publisher(broker: &Broker, emitted: &Emitted) -> Publisher {
    Publisher::connect(broker.port(), "scans", &ITEMS, 1, emitted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn movements_made_offline_reach_the_hub_once_it_returns() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::of(&[("plant-7", "acme")]);
    let mut site = site(&broker, hub.addr()).batch_records(20).start().await;
    let mut publisher = publisher(&broker, &emitted).await;
    publisher.publish_many(150).await;
    site.wait_until_accepted(150).await;
    site.restart().await;
    publisher.publish_many(50).await;
    site.wait_until_accepted(200).await;
    let counts = site.status().await.feeds["acme"].clone();
    assert_eq!((counts.recorded, counts.waiting, counts.acked), (200, 200, 0));
    hub.begin().await;
    hub.wait_for_movements(200).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_captive_portal_is_no_ack() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let wan = Wan::to(hub.addr()).await.unwrap();
    wan.portal(u64::MAX);
    let mut site = site(&broker, wan.addr()).start().await;
    let mut publisher = publisher(&broker, &emitted).await;
    publisher.publish_many(40).await;
    site.wait_until_accepted(40).await;
    let status =
        site.wait_for_status("the portal is named", |status| status.feeds["acme"].is_troubled_by("login page")).await;
    assert_eq!((status.feeds["acme"].waiting, status.feeds["acme"].acked), (40, 0));
    assert!(wan.portals() > 0);
    assert_eq!(hub.movement_count().await, 0);
    wan.portal(0);
    hub.wait_for_movements(40).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_is_silent_is_given_up_and_asked_again_later() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let wan = Wan::to(hub.addr()).await.unwrap();
    let mut site = site(&broker, wan.addr()).request_timeout_seconds(1.0).start().await;
    let mut publisher = publisher(&broker, &emitted).await;
    publisher.publish_many(10).await;
    site.wait_until_accepted(10).await;
    site.wait_until_settled(PATIENCE).await;
    // In the middle of a connection that has worked: nothing tells the site that the line is dead.
    wan.black_hole();
    publisher.publish_many(30).await;
    site.wait_until_accepted(40).await;
    let status = site
        .wait_for_status("the silence is named", |status| status.feeds["acme"].is_troubled_by("does not answer"))
        .await;
    assert_eq!(status.feeds["acme"].waiting, 30);
    wan.up();
    hub.wait_for_movements(40).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_cut_again_and_again_delivers_in_the_end() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let wan = Wan::to(hub.addr()).await.unwrap();
    let mut site = site(&broker, wan.addr()).batch_records(5).start().await;
    let mut publisher = publisher(&broker, &emitted).await;
    for _ in 0..20 {
        publisher.publish_many(10).await;
        wan.down();
        publisher.publish_many(5).await;
        wan.up();
    }
    site.wait_until_accepted(300).await;
    hub.wait_for_movements(300).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
