//! Several vendors share a rack, and none of them can tell.

use tests::{Broker, Checker, Emitted, Hub, Part, Publisher, Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_vendor_sees_its_own_and_nobody_the_unknown() {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::of(&[("plant-7", "acme"), ("plant-7", "boltco")]);
    hub.begin().await;
    let file = Site::new("plant-7").feed("acme", hub.addr()).feed("boltco", hub.addr());
    let file = file.items("acme", ["M8-BOLT"]).items("boltco", ["SEAL-40"]).broker(broker.port());
    let mut site = file.station("goods-in").scans_on("scans", "gateway-1", "goods-in").start().await;

    let items = ["M8-BOLT", "SEAL-40", "NOBODY-KNOWS-4711"];
    let mut publisher = Publisher::connect(broker.port(), "scans", &items, 1, &emitted).await;
    publisher.publish_many(90).await;
    site.wait_until_accepted(90).await;
    hub.wait_for_movements(60).await;

    for (viewer, own, other) in [("acme", "M8-BOLT", "SEAL-40"), ("boltco", "SEAL-40", "M8-BOLT")] {
        let seen = hub.movements_for(viewer).await;
        assert_eq!(seen.len(), 30);
        // Seqs count the feed's own records: their gaps would tell of the others.
        let seqs: Vec<u64> = seen.iter().map(|seen| seen.seq).collect();
        assert_eq!(seqs, (1..=30).collect::<Vec<_>>());
        let stranger = if viewer == "acme" { "boltco" } else { "acme" };
        for path in ["sites", "on-hand", "movements?limit=1000&after=", "parked"] {
            let text = hub.text_for(viewer, path).await;
            assert!(!text.contains(other) && !text.contains("NOBODY"), "{viewer} reads of {other} in {path}: {text}");
            assert!(!text.contains(stranger), "{viewer} reads of {stranger} in {path}: {text}");
        }
        assert!(hub.text_for(viewer, "on-hand").await.contains(own));
    }
    let named = "1 code that nobody knows";
    let status = site.wait_for_status("the unknown code is named", |status| status.names(named)).await;
    let unassigned = &status.feeds["unassigned"];
    assert_eq!((unassigned.recorded, unassigned.waiting, unassigned.acked), (30, 30, 0));
    let raw = Part::new("NOBODY-KNOWS-4711", 2);
    assert!(site.accepted().iter().any(|seen| (&seen.item, seen.qty) == (&raw.item, raw.qty)), "under its raw code");
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
