//! Many sites lose one hub together. They must not come back together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use gateway_proto::backoff::Backoff;
use sim::Wan;
use tests::{Hub, PATIENCE, Seed, chain, site::file::token_of, skip::say};
use tokio::{sync::Barrier, task::JoinSet, time::sleep};

const SITES: usize = 200;

/// The hub is away for an hour. In which second after its return does each site ask for the first time?
///
/// Waits are uniform in 0 to 120 s, so a site asks once in 60 s on average: 200 sites are 3.3 a second, and the most that
/// come in one second of 120 is then around 10.
#[test]
fn a_fleet_that_lost_its_hub_for_an_hour_returns_over_two_minutes() {
    let seed = Seed::of("herd");
    let mut random = seed.random(0);
    let back = Duration::from_hours(1);
    let mut seconds = vec![0; 121];
    for _ in 0..SITES {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(2), random.bits());
        // The hub went away in the middle of whatever each did.
        let mut now = Duration::from_millis(random.below(1_000));
        while now < back {
            now += backoff.failed(Duration::ZERO);
        }
        seconds[usize::try_from((now - back).as_secs()).unwrap()] += 1;
    }
    let (most, first_ten) = (*seconds.iter().max().unwrap(), seconds[..10].iter().sum::<i32>());
    say(&format!("herd: {SITES} sites, most in one second {most}, in the first ten {first_ten}"));
    assert!(most <= 16, "{most} in one second: {seconds:?}");
    assert!(first_ten <= 65, "{first_ten} in the first ten seconds: {seconds:?}");
}

/// The same with a real hub, sixty times as fast: waits up to 2 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_sites_come_back_to_a_real_hub_spread_out_and_each_is_served_once() {
    let seed = Seed::of("herd at a hub");
    let names: Vec<String> = (0..SITES).map(|n| format!("plant-{n:03}")).collect();
    let mut hub = Hub::of(&names.iter().map(|name| (name.as_str(), "acme")).collect::<Vec<_>>());
    hub.begin().await;
    let wan = Wan::to(hub.addr()).await.unwrap();
    wan.down();
    // One client, which keeps no connection: each site has its own.
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(0).build().unwrap();
    let (asked, given_up) = (Arc::new(AtomicU64::new(0)), Arc::new(Barrier::new(SITES + 1)));
    let mut sites = JoinSet::new();
    let mut random = seed.random(0);
    for name in names {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2), random.bits());
        let (url, asked, given_up) = (format!("http://{}", wan.addr()), asked.clone(), given_up.clone());
        sites.spawn(site(client.clone(), name, url, backoff, asked, given_up));
    }
    // Every site has failed often enough for its waits to be the longest.
    given_up.wait().await;
    let before = asked.load(Ordering::SeqCst);
    wan.up();
    let begun = Instant::now();
    let mut told = Vec::new();
    for tenth in 1..=20 {
        sleep(Duration::from_millis(100 * tenth).saturating_sub(begun.elapsed())).await;
        told.push(asked.load(Ordering::SeqCst) - before);
    }
    let mut refused = 0;
    while let Some(site) = sites.join_next().await {
        refused += site.unwrap();
    }
    let took = begun.elapsed();
    say(&format!("herd at a hub: requests after 0.1 s … 2 s {told:?}, all served in {took:?}, {refused} refused"));
    // Uniform waits up to 2 s: after half a second less than half of the sites have asked.
    assert!(told[4] <= SITES as u64 * 6 / 10, "{told:?}");
    assert_eq!(refused, 0, "the hub takes what comes at this pace");
    assert!(took < PATIENCE);
    assert_eq!(hub.movement_count().await, SITES);
    assert!(hub.health().await.iter().all(|feed| feed.records == 1 && feed.repeated == 0));
    hub.stop().await;
}

/// One site with one record. Returns how often the hub was there and did not take it.
async fn site(
    client: reqwest::Client,
    name: String,
    url: String,
    mut backoff: Backoff,
    asked: Arc<AtomicU64>,
    given_up: Arc<Barrier>,
) -> u32 {
    let epoch = format!("00000000-0000-4000-8000-{:0>12}", &name[6..]);
    let record = r#"{"type":"movement","at":"2026-11-21T05:00:00.123Z","item":"M8-BOLT","qty":12,"from":"vendor","to":"dock","by":"scan-1"}"#;
    let first = chain::first(&epoch);
    let (prev, head) = (chain::hex(&first), chain::hex(&chain::after(&first, record)));
    let batch = format!(
        r#"{{"protocol":1,"site":"{name}","feed":"acme","epoch":"{epoch}","first_seq":1,"prev":"{prev}","head":"{head}","records":[{record}]}}"#
    );
    let mut refused = 0;
    loop {
        let request = client.post(format!("{url}/v1/feeds/acme/batches")).bearer_auth(token_of(&name, "acme"));
        let request = request.header("Content-Type", "application/json").body(batch.clone());
        asked.fetch_add(1, Ordering::SeqCst);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => return refused,
            Ok(_) => refused += 1,
            Err(_) => {}
        }
        let wait = backoff.failed(Duration::ZERO);
        if backoff.failures() == 6 {
            given_up.wait().await;
        }
        sleep(wait).await;
    }
}
