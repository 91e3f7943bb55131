//! A site that forgets: its ledger is put back to an image, or its disk is a new one. Its scale finds at once what the image
//! does not know. The vendor was told that before, and must not count it twice.

use std::{collections::BTreeMap, fs};

use sim::{SimScale, Tongue};
use tests::{Hub, PATIENCE, Site, eventually, image};

const ITEM: &str = "M8-BOLT";
const TARE: f64 = 210.0;
const PIECE: f64 = 8.05;

struct World {
    site: Site,
    hub: Hub,
    scale: SimScale,
}

impl World {
    async fn begin(pieces: i32) -> Self {
        let hub = Hub::start("plant-7", "acme").await;
        let file = Site::new("plant-7").feed("acme", hub.addr());
        let port = file.port("scale-1");
        let file = file.section(format_args!(
            "[[item]]\ncode = \"{ITEM}\"\nfeed = \"acme\"\npiece_weight_g = {PIECE}\npiece_cv = 0.003\n\
             piece_sample = 100\n\
             [[bin]]\nname = \"A-01\"\nitem = \"{ITEM}\"\ntare_g = {TARE}\n\
             [[scale]]\nname = \"scale-1\"\nbin = \"A-01\"\nport = \"{}\"\npoll_ms = 100\n",
            port.display()
        ));
        let scale = SimScale::plug(&port, Tongue::MtSics).unwrap();
        scale.put(grams(pieces));
        Self { site: file.start().await, hub, scale }
    }

    /// Waits until site and vendor hold this, and nothing else.
    async fn both_hold(&self, stage: &str, amounts: &[(&str, i64)]) {
        let truth: BTreeMap<String, i64> = amounts.iter().map(|(place, units)| ((*place).to_owned(), *units)).collect();
        eventually(PATIENCE, &format!("{stage}: site and vendor hold {truth:?}"), async || {
            let vendor = self.hub.on_hand().await;
            let vendor: BTreeMap<String, i64> = vendor.into_iter().map(|((.., place), units)| (place, units)).collect();
            (self.here().await == truth && vendor == truth).then_some(())
        })
        .await;
    }

    async fn here(&self) -> BTreeMap<String, i64> {
        let mut all: BTreeMap<String, BTreeMap<String, i64>> =
            serde_json::from_str(&self.site.on_hand().await).unwrap();
        all.remove(ITEM).unwrap_or_default().into_iter().filter(|(_, units)| *units != 0).collect()
    }

    async fn wait_until_used_here(&self, units: i64) {
        let what = format!("the site holds {units} for used");
        eventually(PATIENCE, &what, async || (self.here().await.get("used") == Some(&units)).then_some(())).await;
    }

    /// The ledger as it is, copied while nobody has it open.
    async fn image(&mut self) -> std::path::PathBuf {
        self.site.stop().await;
        let image = self.site.folder().join("image");
        image::copy(&self.site.state_dir(), &image);
        self.site.start().await;
        image
    }

    async fn checkpoint_agrees(&self) {
        assert!(self.site.command(&["checkpoint"]).status.success());
        self.site.wait_until_settled(PATIENCE).await;
        eventually(PATIENCE, "the hub's verdict on the site's checkpoint is good", async || {
            let health = self.hub.health().await;
            let compared = health[0].checkpoint.as_ref()?;
            (compared.verdict == "ok" && compared.seq == health[0].through).then_some(())
        })
        .await;
    }
}

fn grams(pieces: i32) -> f64 {
    TARE + PIECE * f64::from(pieces)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_vendor_knew_and_the_ledger_forgot_is_counted_once() {
    let mut world = World::begin(100).await;
    world.both_hold("opening count", &[("variance", -100), ("bin:A-01", 100)]).await;
    let image = world.image().await;
    world.scale.put(grams(70));
    world.both_hold("30 used", &[("variance", -100), ("bin:A-01", 70), ("used", 30)]).await;

    // The image says 100, the scale 70: told as used once more, and taken back when the vendor has said what it knew.
    world.site.stop().await;
    image::copy(&image, &world.site.state_dir());
    world.site.start().await;
    world.site.wait_until_said("this ledger was restored or cloned").await;
    world.site.wait_until_said("amounts carried forward").await;
    world.both_hold("put back", &[("variance", -100), ("bin:A-01", 70), ("used", 30)]).await;
    world.scale.put(grams(64));
    world.both_hold("6 more used", &[("variance", -100), ("bin:A-01", 64), ("used", 36)]).await;
    world.checkpoint_agrees().await;

    // Once more, with the vendor out of reach until parts were used: two lives of the ledger are forgotten.
    world.site.stop().await;
    world.hub.stop().await;
    image::copy(&image, &world.site.state_dir());
    world.site.start().await;
    world.wait_until_used_here(36).await;
    world.scale.put(grams(60));
    world.wait_until_used_here(40).await;
    world.hub.begin().await;
    world.both_hold("put back out of reach", &[("variance", -100), ("bin:A-01", 60), ("used", 40)]).await;
    world.checkpoint_agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_disk_goes_on_from_what_the_vendor_knows() {
    let mut world = World::begin(100).await;
    world.scale.put(grams(100));
    world.both_hold("opening count", &[("variance", -100), ("bin:A-01", 100)]).await;
    world.scale.put(grams(60));
    world.both_hold("40 used", &[("variance", -100), ("bin:A-01", 60), ("used", 40)]).await;

    world.site.stop().await;
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(world.site.state_dir().join(name));
    }
    world.site.start().await;
    world.both_hold("new disk", &[("variance", -100), ("bin:A-01", 60), ("used", 40)]).await;
    world.scale.put(grams(50));
    world.both_hold("10 more used", &[("variance", -100), ("bin:A-01", 50), ("used", 50)]).await;
    world.checkpoint_agrees().await;
}
