//! Lines and brokers at their worst: one bad frame costs one frame, memory stays bounded, what was accepted stays.

use sim::{Dialect, MqttSensor, Scanner, SimScale, Suffix, Tongue};
use tests::{
    Checker, Emitted, Hub, Part, Publisher, Site, broker::Mosquitto, eventually, site::file::SiteFile, skip::say,
};

fn dock(hub: &Hub) -> SiteFile {
    Site::new("plant-7").feed("acme", hub.addr()).items("acme", ["M8-BOLT", "SEAL-40"]).station("goods-in")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_on_a_scanners_line_costs_only_what_it_hit() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = dock(&hub).scanner("scanner-1", "goods-in");
    let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::Cr).unwrap();
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    let mut expected = 0;
    let mut scan_part = async |item: &str| {
        emitted.mean(&Part::new(item, 1));
        scanner.scan(item).await.unwrap();
        expected += 1;
        site.wait_until_accepted(expected).await;
    };
    scan_part("M8-BOLT").await;
    // A large 2-D code: nothing that this site knows, so it is kept whole under its own code.
    scan_part(&"2".repeat(4_096)).await;
    // A cable that rings: zeros and ones before the code.
    scanner.scan_raw(&[0x00, 0xFF, 0x80, 0x00]).await.unwrap();
    scan_part("SEAL-40").await;
    // A frame that never ends, until it does.
    scanner.scan_raw(&[b'x'; 20_000]).await.unwrap();
    scanner.scan_raw(b"\r").await.unwrap();
    let too_long = |status: &tests::site::status::Status| {
        status.devices["scanner-1"].bad_frames_by_reason.get("frame-too-long") == Some(&1)
    };
    site.wait_for_status("the endless frame is counted once, by its name", too_long).await;
    scan_part("M8-BOLT").await;
    // Half a code and a pause: not glued to the next.
    scanner.scan_raw(b"M8-B").await.unwrap();
    site.wait_for_status("the half is thrown away", |status| {
        status.devices["scanner-1"].bad_frames_by_reason.get("unfinished-frame") == Some(&1)
    })
    .await;
    scan_part("SEAL-40").await;
    hub.wait_for_movements(expected - 1).await;
    let problem = site.status().await.devices["scanner-1"].problem.clone();
    assert_eq!(problem, None, "a line that works again is in no doubt");
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_at_another_speed_is_named_as_such_and_counts_nothing() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = Site::new("plant-7").feed("acme", hub.addr());
    let port = file.port("scale-1");
    // It streams at 9600 baud.
    let scale = SimScale::plug(&port, Tongue::ToledoContinuous).unwrap();
    scale.put(1_400.0);
    let section = |baud: u32| {
        format!(
            "[[item]]\ncode = \"WASHER\"\nfeed = \"acme\"\npiece_weight_g = 200\n\
             [[bin]]\nname = \"A-01\"\nitem = \"WASHER\"\ntare_g = 400\n\
             [[scale]]\nname = \"scale-1\"\nbin = \"A-01\"\nport = \"{}\"\nprotocol = \"cas-22\"\nbaud = {baud}\n",
            port.display()
        )
    };
    let mut site = file.section(section(2_400)).start().await;
    let status = site
        .wait_for_status("the speed is in doubt", |status| {
            status.problems.iter().any(|problem| problem.contains("baud"))
        })
        .await;
    assert!(status.devices["scale-1"].bad_frames > 0 || !status.problems.is_empty());
    assert!(site.accepted().is_empty());
    hub.wait_for_movements(0).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_retained_messages_neither_count_nor_stay_in_memory() {
    let test = "ten_thousand_retained_messages_neither_count_nor_stay_in_memory";
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut sensor = MqttSensor::connect(broker.port(), "unused", Dialect::Json).await.unwrap();
    // All under the one node whose scale the site follows, so that every one of them is sent to the agent.
    for number in 0..10_000 {
        let topic = format!("spBv1.0/Plant/DDATA/gw/bin-{number}");
        sensor.publish_raw(&topic, vec![b'x'; 200], true).await.unwrap();
    }
    let port = broker.port();
    let file = dock(&hub).broker(port).scans_on("live", "gateway-live", "goods-in").section(format_args!(
        "[[item]]\ncode = \"WASHER\"\nfeed = \"acme\"\npiece_weight_g = 10\n\
         [[bin]]\nname = \"A-01\"\nitem = \"WASHER\"\n\
         [[broker]]\nname = \"plant\"\nhost = \"127.0.0.1\"\nport = {port}\nsparkplug_host = \"binwire\"\n\
         [[sensor]]\nname = \"scale-1\"\nbroker = \"plant\"\ntopic = \"Plant/gw/bin-7\"\nobject = \"weight\"\n\
         unit = \"g\"\ndialect = \"sparkplug\"\nbin = \"A-01\"\n"
    ));
    let mut site = file.start().await;
    let before = site.resident_bytes();
    let mut publisher = Publisher::connect(port, "live", &["M8-BOLT", "SEAL-40"], 1, &emitted).await;
    site.wait_for_status("the brokers are there", |status| {
        status.devices["gateway-live"].connected && status.devices["plant"].connected
    })
    .await;
    publisher.publish_many(20).await;
    hub.wait_for_movements(20).await;
    let grown = site.resident_bytes().saturating_sub(before);
    say(&format!("{test}: {grown} bytes more than before"));
    assert!(grown < 32 * 1024 * 1024, "{grown} bytes more than before");
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_comes_back_without_its_memory_is_subscribed_to_again() {
    let test = "a_broker_that_comes_back_without_its_memory_is_subscribed_to_again";
    let Some(mut broker) = Mosquitto::start_or_skip(test).await else { return };
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut site = dock(&hub).broker(broker.port()).scans_on("scans", "gateway-1", "goods-in").start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &["M8-BOLT", "SEAL-40"], 1, &emitted).await;
    site.wait_for_status("the broker is there", |status| status.devices["gateway-1"].connected).await;
    publisher.publish_many(20).await;
    site.wait_until_accepted(20).await;
    hub.wait_for_movements(20).await;
    drop(publisher);
    broker.kill_and_forget();
    site.wait_for_status("the broker is gone", |status| !status.devices["gateway-1"].connected).await;
    broker.begin().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &["M8-BOLT", "SEAL-40"], 100, &emitted).await;
    // What comes before we have subscribed again a broker without memory keeps for nobody: one scan, under one id, until
    // it is heard.
    let part = Part::new("M8-BOLT", 99);
    emitted.mean(&part);
    eventually(tests::PATIENCE, "the broker is subscribed to again", async || {
        publisher.publish_raw(r#"{"code":"M8-BOLT","qty":99,"id":"first"}"#, false).await;
        (site.accepted().len() > 20).then_some(())
    })
    .await;
    publisher.publish_many(20).await;
    hub.wait_for_movements(41).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
