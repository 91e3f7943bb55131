//! A site's file that is wrong, and one that is right while nothing in it is there.

use sim::Wan;
use tests::{Hub, Site, port::Port};

#[tokio::test]
async fn a_file_with_faults_starts_nothing_and_is_told_whole() {
    let port = Port::reserve();
    let site = Site::new("plant-7")
        .feed("acme", port.addr())
        .items("nobody", ["M8-BOLT"])
        .section("[[feed]]\nname = \"acme\"\nhub = \"http://hub.example\"\n")
        .section("[[scanner]]\nname = \"scanner-1\"\nstation = \"nowhere\"\nport = \"dev/x\"\nbaud = 7\n")
        .section("[page]\ncolour = \"red\"\n")
        .stopped();
    for words in [vec!["check"], vec!["run", "--log", "json"]] {
        let output = site.command(&words);
        assert_eq!(output.status.code(), Some(64), "{words:?}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        for part in [
            "there is no [[feed]] nobody",
            "feed acme stands here twice",
            "token: is missing",
            "would send the token in the clear",
            "there is no [[station]] nowhere",
            "scanner[0].baud",
            "page",
            "nothing was started",
        ] {
            assert!(said.contains(part), "{words:?}: {part:?} is not in {said}");
        }
    }
    assert!(!site.state_dir().exists(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_where_nothing_is_there_yet_runs_and_names_each() {
    let (no_hub, no_broker) = (Port::reserve(), Port::reserve());
    let file = Site::new("plant-7").feed("acme", no_hub.addr()).items("acme", ["M8-BOLT"]);
    let file = file.broker(no_broker.number()).station("goods-in").scanner("scanner-1", "goods-in");
    let file = file.scans_on("scans", "gateway-1", "goods-in").scale("scale-1", "A-01", "WASHER", "acme");
    let mut site = file.start().await;
    site.wait_for_status("each missing thing is named", |status| {
        let named = ["scanner-1 on", "scale-1 on", "local on", "gateway-1 on", "start the broker"];
        named.iter().all(|part| status.names(part))
    })
    .await;
    let output = site.command(&["status", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["devices"]["scanner-1"]["connected"], false);
    site.stop().await;
    assert!(site.log().lines_with(r#""level":"ERROR""#).is_empty());
    let asked = site.command(&["status"]);
    assert_eq!(asked.status.code(), Some(1), "nobody answers");
    assert!(String::from_utf8(asked.stderr).unwrap().contains("no agent answers"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_is_not_there_is_named_once_something_waits_for_it() {
    let mut hub = Hub::of(&[("plant-7", "acme")]);
    let wan = Wan::to(hub.addr()).await.unwrap();
    let file = Site::new("plant-7").feed("acme", wan.addr()).items("acme", ["IT-0001"]);
    let file = file.station("goods-in").scanner("scanner-1", "goods-in");
    let scanner = sim::Scanner::plug(&file.port("scanner-1"), sim::Suffix::Cr).unwrap();
    let emitted = tests::Emitted::default();
    let mut site = file.start().await;
    site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
    let well = site.command(&["status"]);
    assert_eq!(well.status.code(), Some(0), "{}", String::from_utf8_lossy(&well.stdout));
    emitted.mean(&tests::Part::new("IT-0001", 1));
    scanner.scan("IT-0001").await.unwrap();
    site.wait_for_status("the hub is named", |status| status.names("feed acme: connection to the hub breaks off"))
        .await;
    let told = site.command(&["status"]);
    assert_eq!(told.status.code(), Some(0), "it may come back by itself, so nobody has to act");
    assert!(String::from_utf8(told.stdout).unwrap().contains("breaks off"), "it is worth knowing all the same");
    hub.begin().await;
    hub.wait_for_movements(1).await;
    tests::Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
