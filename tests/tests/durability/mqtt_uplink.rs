//! Batches over the vendor's broker, MQTT 5 with TLS: nothing counts as delivered before the hub has said so, whatever
//! the broker says, loses, refuses or lets strangers do.

#[path = "mqtt_uplink/outage.rs"]
mod outage;
#[path = "mqtt_uplink/stranger.rs"]
mod stranger;
#[path = "mqtt_uplink/turned_away.rs"]
mod turned_away;
#[path = "mqtt_uplink/vendor_broker.rs"]
mod vendor_broker;

use std::{fs, io::Write as _};

use tests::{
    Broker, Emitted, Hub, Publisher, Site,
    site::{
        Site as Running,
        file::{SiteFile, token_of},
    },
};

use self::vendor_broker::VendorBroker;

const ITEMS: [&str; 3] = ["M8-BOLT", "SEAL-40", "O-RING"];

const SITE: &str = "plant-7";
const FEED: &str = "acme";

/// A vendor with hub and broker, not started the hub; a site with a gateway of scanners.
struct Stage {
    emitted: Emitted,
    sensors: Broker,
    vendor: VendorBroker,
    hub: Hub,
}

impl Stage {
    /// `None` after saying that `test` is skipped.
    async fn set_or_skip(test: &str) -> Option<Self> {
        let vendor = VendorBroker::start_or_skip(test).await?;
        let hub = Hub::of(&[(SITE, FEED)]);
        // The hub's file lies beside its state.
        let file = hub.state_dir().with_file_name("hub.toml");
        let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(file, "{}", vendor.hub_section()).unwrap();
        Some(Self { emitted: Emitted::default(), sensors: Broker::start().await, vendor, hub })
    }

    /// A site whose feed goes over the vendor's broker, with this token.
    fn site_with_token(&self, token: &str) -> SiteFile {
        let file = Site::new(SITE).section(self.vendor.feed_section(FEED, SITE, token)).items(FEED, ITEMS);
        let file = file.broker(self.sensors.port()).station("goods-in").scans_on("scans", "gateway-1", "goods-in");
        file.batch_records(10).request_timeout_seconds(2.0)
    }

    fn site(&self) -> SiteFile {
        self.site_with_token(&token_of(SITE, FEED))
    }

    /// The site, once its broker knows what it wants to hear: what is published before that, nobody keeps for it.
    async fn start_site(&self) -> Running {
        let site = self.site().start().await;
        site.wait_for_status("its gateway is heard", |status| status.devices["gateway-1"].connected).await;
        site
    }

    async fn scanner(&self) -> Publisher {
        Publisher::connect(self.sensors.port(), "scans", &ITEMS, 1, &self.emitted).await
    }
}
