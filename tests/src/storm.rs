//! Whole runs in which the worst happens again and again at random moments, up to the checker's judgement.
//!
//! The scenarios run them with a sound agent and hub, the canaries with a planted defect: the same code must find
//! nothing in the one and something in the other. A moment is drawn from a seed. Some lie in the first breath of a
//! process, when it opens its files; others in the middle of commits and acknowledgements.

use std::time::Duration;

use sim::{Random, Wan};
use tokio::time::sleep;

use crate::{
    broker::{Broker, Mosquitto},
    checker::{Checker, Verdict},
    emitted::Emitted,
    eventually::{PATIENCE, eventually},
    hub::Hub,
    publisher::Publisher,
    seed::Seed,
    site::{Site, file::SiteFile},
    technician::Technician,
};

/// The longest first breath: what an agent needs to be up, on a machine with other work.
const BREATH_MICROS: u64 = 150_000;

/// Scans a second of each gateway while an agent is killed: several in every commit, and few enough to recount on each
/// start.
const SCANS_PER_SECOND: u32 = 200;

const ITEMS: [&str; 3] = ["M8-BOLT", "SEAL-40", "O-RING"];

/// A site is killed so many times, in the middle of scans over MQTT and over a serial line and of weights.
pub async fn site_deaths(seed: &Seed, broker: &Mosquitto, plant: Option<&str>, kills: u32) -> Verdict {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let file = Technician::equip(site(broker.port(), &hub), "acme").plant(plant);
    let technician = Technician::of(&file, &emitted, seed.random(1)).begin();
    let mut site = file.start().await;
    let named = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await.keep_on(SCANS_PER_SECOND);
    let nameless = Publisher::connect(broker.port(), "nameless", &ITEMS, 1_000_000, &emitted).await.without_ids();
    let nameless = nameless.keep_on(SCANS_PER_SECOND);
    let mut random = seed.random(2);
    for _ in 0..kills {
        kill_at_a_random_moment(&mut site, &mut random).await;
    }
    site.wait_until_up().await;
    let technician = technician.end().await;
    let (mut named, mut nameless) = (named.stop().await, nameless.stop().await);
    technician.finish(&site).await;
    for publisher in [&mut named, &mut nameless] {
        site.wait_until_accepted_part(&publisher.publish().await).await;
    }
    Checker::new(&emitted).judge(&mut site, &mut hub).await
}

/// A hub is killed so many times while a site delivers to it; half the time in the moment in which the site has been
/// told that everything is safe. The last death is such a one.
pub async fn hub_deaths(seed: &Seed, plant: Option<&str>, kills: u32) -> Verdict {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::of(&[("plant-7", "acme")]).plant(plant);
    hub.begin().await;
    let mut site = site(broker.port(), &hub).batch_records(10).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    let mut random = seed.random(1);
    for left in (0..kills).rev() {
        let burst = 1 + random.below(80);
        if left == 0 || random.below(2) == 0 {
            site.wait_until_accepted_part(&publisher.publish_many(burst).await).await;
            site.wait_until_settled(PATIENCE).await;
        } else {
            let moment = random.below(60_000);
            tokio::join!(publisher.publish_many(burst), sleep(Duration::from_micros(moment)));
        }
        hub.kill();
        hub.begin().await;
    }
    Checker::new(&emitted).judge(&mut site, &mut hub).await
}

/// Agent, hub and broker are killed so many times together, whichever comes next, with the line to the hub up or down.
///
/// A broker that is killed has lost what it acknowledged and had not written down. So its scans are meant, never promised;
/// what holds is the agent's own word, and that what the broker sends again counts once.
pub async fn plant_deaths(seed: &Seed, broker: &mut Mosquitto, kills: u32) -> Verdict {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let wan = Wan::to(hub.addr()).await.expect("a line to the hub");
    let file = with_gateway(Site::new("plant-7").feed("acme", wan.addr()), broker.port()).batch_records(50);
    let file = Technician::equip(file, "acme");
    let technician = Technician::of(&file, &emitted, seed.random(1)).begin();
    let mut site = file.start().await;
    let named = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await.without_promises();
    let named = named.keep_on(SCANS_PER_SECOND);
    let mut random = seed.random(2);
    for _ in 0..kills {
        if random.below(4) == 0 {
            wan.down();
        } else if random.below(3) == 0 {
            wan.up();
        }
        match random.below(5) {
            0 => {
                drawn_moment(&mut random, 60_000).await;
                hub.kill();
                hub.begin().await;
            }
            1 => {
                drawn_moment(&mut random, 60_000).await;
                broker.kill();
                broker.begin().await;
            }
            _ => kill_at_a_random_moment(&mut site, &mut random).await,
        }
    }
    wan.up();
    site.wait_until_up().await;
    let technician = technician.end().await;
    let mut named = named.stop().await;
    technician.finish(&site).await;
    site.wait_until_accepted_part(&named.publish().await).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await
}

/// The hub's replies are lost after its commit, so many times, while a site delivers to it.
pub async fn lost_replies(plant: Option<&str>, count: u64) -> Verdict {
    let (emitted, broker) = (Emitted::default(), Broker::start().await);
    let mut hub = Hub::start("plant-7", "acme").await;
    let wan = Wan::to(hub.addr()).await.expect("a line to the hub");
    let file = Site::new("plant-7").feed("acme", wan.addr());
    let mut site = with_gateway(file, broker.port()).plant(plant).batch_records(10).start().await;
    let mut publisher = Publisher::connect(broker.port(), "scans", &ITEMS, 1, &emitted).await;
    wan.lose_replies(count);
    site.wait_until_accepted_part(&publisher.publish_many(100).await).await;
    site.wait_until_settled(PATIENCE).await;
    assert_eq!(wan.lost_replies(), count, "every fault was played");
    let health = hub.health().await;
    assert!(health[0].repeated > 0, "what was sent again is counted as such: {health:?}");
    Checker::new(&emitted).judge(&mut site, &mut hub).await
}

fn site(port: u16, hub: &Hub) -> SiteFile {
    with_gateway(Site::new("plant-7").feed("acme", hub.addr()), port)
}

fn with_gateway(file: SiteFile, port: u16) -> SiteFile {
    let file = file.items("acme", ITEMS).broker(port).station("goods-in");
    file.scans_on("scans", "gateway-1", "goods-in").scans_on("nameless", "gateway-2", "goods-in")
}

async fn kill_at_a_random_moment(site: &mut Site, random: &mut Random) {
    if random.below(3) == 0 {
        drawn_moment(random, BREATH_MICROS).await;
    } else {
        let wanted = site.log().accepted_count() + 1 + usize::try_from(random.below(40)).expect("small");
        let what = "something is accepted between two deaths";
        eventually(PATIENCE, what, async || (site.log().accepted_count() >= wanted).then_some(())).await;
        drawn_moment(random, 4_000).await;
    }
    site.kill();
    site.begin();
}

/// Not a wait for anything: the moment itself is what is drawn.
async fn drawn_moment(random: &mut Random, micros_max: u64) {
    sleep(Duration::from_micros(random.below(micros_max))).await;
}
