//! The agent as a whole: the parts built, wired, watched, and stopped in order.
//!
//! Stopping goes with the stream: the sources first, then what they feed. The ledger closes last, when everything
//! that was handed to it is committed. A device that is gone is not the end of anything; a task that ends unasked is
//! the end of the process, for the service manager to begin anew.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use anyhow::{Context, anyhow};
use gateway_proto::name::FeedName;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    clock::Clock,
    config::{Config, Reports},
    ledger::{Ledger, reader::Reader, recorder::Recorder},
    status::{DeviceBoard, Watcher},
    task::{
        api,
        delivery::FeedDelivery,
        line,
        mqtt::{self, Sensor},
        record::{Pipeline, Site},
        scale::Weighing,
        scanner::Scanning,
    },
    uplink::Uplink,
};

/// How long all tasks together may take to stop. A commit takes milliseconds; the rest only has to notice.
const GRACE: Duration = Duration::from_secs(10);

/// The agent, running.
#[derive(Debug)]
pub struct Agent {
    /// Devices and brokers.
    sources: JoinSet<anyhow::Result<&'static str>>,
    /// Deliveries and the local API.
    sinks: JoinSet<anyhow::Result<&'static str>>,
    stop_sources: CancellationToken,
    stop_sinks: CancellationToken,
    recorder: Recorder,
    recorder_thread: thread::JoinHandle<()>,
    watcher: Arc<Watcher>,
}

impl Agent {
    /// Opens the ledger and starts everything. What is not there yet (a port, a broker, a hub) is waited for.
    ///
    /// # Errors
    /// What the agent cannot be without: its ledger, its socket, certificates it was told to use.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        for warning in &config.warnings {
            warn!(warning, "configuration");
        }
        let config = Arc::new(config);
        let catalog = config.catalog();
        let feeds: Vec<FeedName> = config.feeds.iter().map(|feed| feed.name.clone()).collect();
        let ledger = Ledger::open(&config.state_dir, &feeds, catalog.clone())?;
        let (recorder, recorder_thread) = Recorder::start(ledger).context("start recorder thread")?;
        let site = Site {
            config: config.clone(),
            catalog: Arc::new(catalog),
            clock: Clock::start(),
            recorder: recorder.clone(),
        };
        let mut wiring = Wiring::new(site);
        wiring.serial();
        wiring.brokers();
        wiring.deliveries()?;
        let Wiring { site, sources, mut sinks, stop_sources, stop_sinks, devices, troubles } = wiring;
        let watcher = Arc::new(Watcher {
            site: config.site.clone(),
            state_dir: config.state_dir.clone(),
            clock: site.clock,
            recorder: recorder.clone(),
            devices,
            troubles,
        });
        if let Some(folder) = config.socket.parent() {
            fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
        }
        let socket = api::bind(&config.socket).with_context(|| format!("bind socket {}", config.socket.display()))?;
        let (served, stop) = (watcher.clone(), stop_sinks.clone());
        sinks.spawn(
            async move { api::run(socket, served, stop).await.context("serve local API").map(|()| "local API") },
        );
        if let Some(address) = config.metrics_listen {
            let listener = api::bind_metrics(address).await.with_context(|| format!("listen on {address}"))?;
            let (served, stop) = (watcher.clone(), stop_sinks.clone());
            sinks.spawn(async move {
                api::run_metrics(listener, served, stop).await.context("serve metrics").map(|()| "metrics")
            });
        }
        info!(site = %config.site, state = %config.state_dir.display(), "agent started");
        Ok(Self { sources, sinks, stop_sources, stop_sinks, recorder, recorder_thread, watcher })
    }

    /// What the agent says of itself.
    #[must_use]
    pub fn watcher(&self) -> Arc<Watcher> {
        self.watcher.clone()
    }

    /// Runs until `stop` resolves or a task ends unasked; then stops everything in order.
    ///
    /// # Errors
    /// The task that ended, or what did not stop in time.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let ended = tokio::select! {
            () = stop => Ok(()),
            Some(ended) = self.sources.join_next() => unasked(ended),
            Some(ended) = self.sinks.join_next() => unasked(ended),
        };
        let Self { sources, sinks, stop_sources, stop_sinks, recorder, recorder_thread, watcher } = self;
        let stopped = timeout(GRACE, async move {
            stop_sources.cancel();
            let first = drained(sources).await;
            stop_sinks.cancel();
            let second = drained(sinks).await;
            // The last ways to the recorder: its queue ends, and it commits what is in it.
            drop((recorder, watcher));
            let joined = tokio::task::spawn_blocking(move || recorder_thread.join()).await;
            first.and(second)?;
            joined.context("join recorder")?.map_err(|_| anyhow!("recorder panicked"))
        });
        let stopped = stopped.await.unwrap_or_else(|_| Err(anyhow!("not stopped within {GRACE:?}")));
        info!("agent stopped");
        ended.and(stopped)
    }
}

/// The parts while they are put together.
struct Wiring {
    site: Site,
    sources: JoinSet<anyhow::Result<&'static str>>,
    sinks: JoinSet<anyhow::Result<&'static str>>,
    stop_sources: CancellationToken,
    stop_sinks: CancellationToken,
    devices: BTreeMap<gateway_proto::name::DeviceName, watch::Receiver<crate::status::DeviceStatus>>,
    troubles: BTreeMap<FeedName, watch::Receiver<Option<gateway_proto::delivery::Trouble>>>,
}

impl Wiring {
    fn new(site: Site) -> Self {
        Self {
            site,
            sources: JoinSet::new(),
            sinks: JoinSet::new(),
            stop_sources: CancellationToken::new(),
            stop_sinks: CancellationToken::new(),
            devices: BTreeMap::new(),
            troubles: BTreeMap::new(),
        }
    }

    fn serial(&mut self) {
        let config = self.site.config.clone();
        for device in &config.scanners {
            let reports = Reports::Station(device.station.clone());
            let on = device.line.port.to_string();
            let Some(pipeline) = self.pipeline(&device.name, on, &reports, 1) else { continue };
            let (line, dialogue, stop) = (device.line.clone(), Scanning::new(device), self.stop_sources.clone());
            self.sources.spawn(async move {
                line::run(line, dialogue, pipeline, stop).await;
                Ok("scanner")
            });
        }
        for device in &config.scales {
            let reports = Reports::Bin(device.bin.clone());
            let on = device.line.port.to_string();
            let Some(pipeline) = self.pipeline(&device.name, on, &reports, device.settle_readings) else { continue };
            let (line, dialogue, stop) = (device.line.clone(), Weighing::new(device), self.stop_sources.clone());
            self.sources.spawn(async move {
                line::run(line, dialogue, pipeline, stop).await;
                Ok("scale")
            });
        }
    }

    fn brokers(&mut self) {
        let config = self.site.config.clone();
        for broker in &config.brokers {
            let mut sensors = Vec::new();
            for sensor in config.sensors.iter().filter(|sensor| sensor.broker == broker.name) {
                let topics = sensor.dialect.topics();
                let on = format!("{} of {}", topics.first().map_or("", String::as_str), broker.name);
                let pipeline = self.pipeline(&sensor.name, on, &sensor.reports, sensor.settle_readings);
                sensors.extend(pipeline.map(|pipeline| Sensor {
                    dialect: sensor.dialect.clone(),
                    counts_alone: sensor.settle_readings == 1,
                    feedback_topic: sensor.feedback_topic.clone(),
                    is_gone: false,
                    pipeline,
                }));
            }
            let (board, seen) = DeviceBoard::new(format!("{}:{}", broker.host, broker.port));
            self.devices.insert(broker.name.clone(), seen);
            let (broker, clock, stop) = (broker.clone(), self.site.clock.clone(), self.stop_sources.clone());
            self.sources.spawn(async move {
                mqtt::run(broker, board, clock, sensors, stop).await;
                Ok("broker")
            });
        }
    }

    fn deliveries(&mut self) -> anyhow::Result<()> {
        let config = self.site.config.clone();
        for feed in &config.feeds {
            let (board, seen) = watch::channel(None);
            self.troubles.insert(feed.name.clone(), seen);
            let delivery = FeedDelivery {
                site: config.site.clone(),
                feed: feed.name.clone(),
                config: config.uplink.clone(),
                uplink: Uplink::new(feed, &config.uplink)
                    .with_context(|| format!("prepare uplink of feed {}", feed.name))?,
                reader: Arc::new(Mutex::new(Reader::open(&config.state_dir)?)),
                recorder: self.site.recorder.clone(),
                clock: self.site.clock.clone(),
                board,
            };
            let stop = self.stop_sinks.clone();
            self.sinks.spawn(async move {
                delivery.run(stop).await;
                Ok("delivery")
            });
        }
        Ok(())
    }

    fn pipeline(
        &mut self,
        name: &gateway_proto::name::DeviceName,
        on: String,
        reports: &Reports,
        readings: u32,
    ) -> Option<Pipeline> {
        let (board, seen) = DeviceBoard::new(on);
        let pipeline = self.site.pipeline(name.clone(), reports, readings, board);
        if pipeline.is_none() {
            // The configuration was checked: this is a fault of ours, but no reason to leave the others alone.
            warn!(device = %name, "device reports on nothing that is there");
        }
        self.devices.insert(name.clone(), seen);
        pipeline
    }
}

/// A task that ended though nobody asked it to.
fn unasked(ended: Result<anyhow::Result<&'static str>, tokio::task::JoinError>) -> anyhow::Result<()> {
    let name = ended.context("task panicked")??;
    Err(anyhow!("{name} ended before shutdown"))
}

/// Waits for all tasks; the first error of any.
async fn drained(mut tasks: JoinSet<anyhow::Result<&'static str>>) -> anyhow::Result<()> {
    let mut first = Ok(());
    while let Some(ended) = tasks.join_next().await {
        first = first.and(ended.context("task panicked").and_then(|ended| ended).map(drop));
    }
    first
}

/// Two workers: the devices of a site wait far more than they work.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("start runtime")
}

/// Resolves at the first SIGTERM or SIGINT.
pub(crate) fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
