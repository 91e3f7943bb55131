//! The parts of the demo, put up and taken down: devices, broker, WAN, hub, agent.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use hub::{
    config::{FeedConfig, HubConfig, ViewerConfig},
    serve::Hub,
    token::Token,
};
use sim::{Broker, MqttSensor, MtSicsScale, Scanner, Wan};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{interval, sleep},
};

use super::{
    Options,
    rack::{CountedBy, PARTS, Part, Truth, VENDORS},
};
use crate::{app::Agent, config::Config, status::Watcher};

/// How often the simulated sensor publishes.
const PUBLISH: Duration = Duration::from_millis(150);

const SITE: &str = "demo-site";
const TOPIC: &str = "bins/B-01/weight";

/// Everything that is running.
pub(super) struct Stage {
    scales: BTreeMap<&'static str, MtSicsScale>,
    /// Grams on the sensor's pan.
    sensor: watch::Sender<f64>,
    publisher: JoinHandle<anyhow::Result<()>>,
    pub(super) scanner: Scanner,
    pub(super) wan: Wan,
    hub: Hub,
    pub(super) watcher: Arc<Watcher>,
    agent: JoinHandle<anyhow::Result<()>>,
    stop_agent: oneshot::Sender<()>,
    viewers: BTreeMap<&'static str, String>,
    client: reqwest::Client,
    _folder: Folder,
}

/// A folder that goes away with the demo.
struct Folder(std::path::PathBuf);

impl Stage {
    pub(super) async fn up(options: &Options) -> anyhow::Result<Self> {
        let folder = Folder::make()?;
        let viewers: BTreeMap<_, _> = VENDORS.iter().map(|vendor| (*vendor, secret(vendor))).collect();
        let hub = start_hub(&folder.0, options.port, &viewers).await?;
        let wan = Wan::to(hub.addr()).await.context("start the WAN")?;
        let broker = Broker::start().await.context("start the broker")?;
        let mut scales = BTreeMap::new();
        for (part, seed) in PARTS.iter().filter(|part| part.counted_by == CountedBy::Scale).zip(options.seed..) {
            let scale = MtSicsScale::plug(&folder.0.join(part.bin), seed).context("plug a scale in")?;
            scale.set_grams(part.grams(i64::try_from(part.opening)?));
            scales.insert(part.bin, scale);
        }
        let scanner = Scanner::plug(&folder.0.join("scanner"), sim::Suffix::Cr).context("plug the scanner in")?;
        let (sensor, grams) = watch::channel(opening_grams(CountedBy::Sensor)?);
        let published = MqttSensor::connect(broker.addr().port(), TOPIC, sim::Dialect::Json).await?;
        let publisher = tokio::spawn(publish(published, grams));
        let site_file = site_file(&folder.0, wan.addr(), broker.addr().port())?;
        let agent = Agent::start(Config::parse(&site_file, &folder.0.join("site.toml"))?).await?;
        let watcher = agent.watcher();
        let (stop_agent, stopped) = oneshot::channel();
        let agent = tokio::spawn(agent.run_until(async {
            // Also when the stage is dropped.
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        Ok(Self {
            scales,
            sensor,
            publisher,
            scanner,
            wan,
            hub,
            watcher,
            agent,
            stop_agent,
            viewers,
            client,
            _folder: folder,
        })
    }

    /// Puts so many pieces of a part in its bin.
    pub(super) fn put(&self, part: &Part, pieces: i64) {
        match part.counted_by {
            CountedBy::Scale => {
                if let Some(scale) = self.scales.get(part.bin) {
                    scale.set_grams(part.grams(pieces));
                }
            }
            CountedBy::Sensor => {
                self.sensor.send_replace(part.grams(pieces));
            }
            CountedBy::Scanner => {}
        }
    }

    /// Where a vendor's page is, with the key to it.
    pub(super) fn page(&self, vendor: &str) -> String {
        let token = self.viewers.get(vendor).map_or("", String::as_str);
        format!("{}view/{vendor}/?key={token}", self.hub.url())
    }

    /// What a vendor sees: base units by item and place.
    pub(super) async fn seen_by(&self, vendor: &str) -> anyhow::Result<BTreeMap<(String, String), i64>> {
        #[derive(serde::Deserialize)]
        struct Answer {
            on_hand: Vec<Held>,
        }
        #[derive(serde::Deserialize)]
        struct Held {
            item: String,
            place: String,
            qty: i64,
        }
        let token = self.viewers.get(vendor).ok_or_else(|| anyhow!("no vendor {vendor}"))?;
        let url = format!("{}v1/on-hand", self.hub.url());
        let answer = self.client.get(url).bearer_auth(token).send().await?.error_for_status()?;
        let answer: Answer = answer.json().await.context("read the vendor's on-hand")?;
        Ok(answer.on_hand.into_iter().map(|held| ((held.item, held.place), held.qty)).collect())
    }

    /// Waits until the site has seen what the picker did and the vendors have it all.
    pub(super) async fn handed_over(&self, truth: &Truth) {
        loop {
            let seen = self.watcher.recorder.on_hand().await.is_ok_and(|on_hand| {
                PARTS.iter().all(|part| {
                    let (Ok(item), Ok(used)) = (part.item.parse(), "used".parse()) else { return false };
                    on_hand.get(&item, &used).unwrap_or(0) == truth.used(part.item)
                })
            });
            if seen && self.waiting() == 0 {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Records that no vendor has yet.
    pub(super) fn waiting(&self) -> u64 {
        self.watcher.status().feeds.values().map(|feed| feed.counts.waiting).sum()
    }

    pub(super) async fn down(self) -> anyhow::Result<()> {
        self.publisher.abort();
        let _ = self.stop_agent.send(());
        drop(self.watcher);
        self.agent.await.context("stop the agent")??;
        self.hub.stop().await.context("stop the hub")
    }
}

async fn start_hub(folder: &Path, port: u16, viewers: &BTreeMap<&str, String>) -> anyhow::Result<Hub> {
    let mut config = HubConfig {
        listen: ([127, 0, 0, 1], port).into(),
        state_dir: folder.join("hub"),
        tls: None,
        feeds: Vec::new(),
        mqtt: None,
        viewers: Vec::new(),
    };
    for (vendor, token) in viewers {
        config.feeds.push(FeedConfig::new(SITE.parse()?, vendor.parse()?, Token::new(&feed_token(vendor))?));
        config.viewers.push(ViewerConfig {
            name: vendor.parse()?,
            token: Token::new(token)?,
            feeds: vec![format!("{SITE}/{vendor}").parse()?],
        });
    }
    let started = match Hub::start(config.clone()).await {
        Err(error) if is_taken(&error) => {
            config.listen.set_port(0);
            Hub::start(config).await
        }
        started => started,
    };
    started.context("start the hub")
}

/// Whether somebody else listens there.
fn is_taken(error: &anyhow::Error) -> bool {
    let in_use = |error: &std::io::Error| error.kind() == std::io::ErrorKind::AddrInUse;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(in_use))
}

async fn publish(mut sensor: MqttSensor, grams: watch::Receiver<f64>) -> anyhow::Result<()> {
    let mut tick = interval(PUBLISH);
    loop {
        tick.tick().await;
        let now = *grams.borrow();
        // A tenth of a gram is the sensor's division.
        sensor.publish((now * 10.0).round() / 10.0, true).await?;
    }
}

fn site_file(folder: &Path, hub: std::net::SocketAddr, broker: u16) -> anyhow::Result<String> {
    let mut file = format!(
        "[site]\nname = \"{SITE}\"\nstate_dir = \"site\"\n\
         [uplink]\nbackoff_first_seconds = 0.2\nbackoff_max_seconds = 1\nrequest_timeout_seconds = 5\n"
    );
    for vendor in VENDORS {
        write!(file, "[[feed]]\nname = \"{vendor}\"\nhub = \"http://{hub}\"\ntoken = \"{}\"\n", feed_token(vendor))?;
    }
    for Part { item, vendor, bin, tare_g, piece_g, counted_by, .. } in &PARTS {
        write!(file, "[[item]]\ncode = \"{item}\"\nfeed = \"{vendor}\"\n")?;
        if *counted_by != CountedBy::Scanner {
            writeln!(file, "piece_weight_g = {piece_g}")?;
        }
        write!(file, "[[bin]]\nname = \"{bin}\"\nitem = \"{item}\"\ntare_g = {tare_g}\n")?;
        writeln!(file, "filled_from = \"vendor\"")?;
    }
    write!(file, "[[station]]\nname = \"bench\"\nplace = \"bin:B-02\"\n")?;
    let port = |name: &str| folder.join(name).display().to_string();
    write!(file, "[[scanner]]\nname = \"scanner\"\nstation = \"bench\"\nport = \"{}\"\n", port("scanner"))?;
    writeln!(file, "repeat_window_ms = 0")?;
    for Part { bin, .. } in PARTS.iter().filter(|part| part.counted_by == CountedBy::Scale) {
        write!(file, "[[scale]]\nname = \"scale {bin}\"\nbin = \"{bin}\"\nport = \"{}\"\npoll_ms = 120\n", port(bin))?;
    }
    write!(
        file,
        "[[broker]]\nname = \"broker\"\nhost = \"127.0.0.1\"\nport = {broker}\n\
         [[sensor]]\nname = \"sensor B-01\"\nbroker = \"broker\"\nbin = \"B-01\"\ntopic = \"{TOPIC}\"\ndialect = \"json\"\n\
         fields = {{ weight = \"weight\", unit = \"unit\", stable = \"stable\" }}\n"
    )?;
    Ok(file)
}

fn opening_grams(counted_by: CountedBy) -> anyhow::Result<f64> {
    let part = PARTS.iter().find(|part| part.counted_by == counted_by).context("no such part in the rack")?;
    Ok(part.grams(i64::try_from(part.opening)?))
}

fn feed_token(vendor: &str) -> String {
    format!("demo-feed-token-of-{vendor}")
}

fn secret(vendor: &str) -> String {
    format!("demo-view-token-of-{vendor}")
}

impl Folder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("binwire-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("make folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind it would only cost space in a temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
