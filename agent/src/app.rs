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
use gateway_proto::{
    name::{DeviceName, FeedName, PlaceName},
    place::Place,
    record::{Record, Seq},
    time::WallTime,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    clock::{Clock, mark::Zero},
    config::{Config, Reports},
    floor::{
        Books, Floor, KeptFact, Setup, Watching,
        moment::Moment,
        moved::{MOVED_MAX, Moved},
    },
    ledger::{
        KeptRow, Ledger,
        reader::Reader,
        recorder::{Chore, Recorder},
    },
    movement::{
        entry::{Entry, Kept, KeptKey, Statement},
        fusion::Attendance,
        rules::{Alarm, State},
    },
    page::{self, Door, Lock, Served},
    port::mqtt::publisher::Publisher,
    receiver::{self, progress::Progress},
    status::{Delivering, DeviceBoard, Watcher},
    tariff::{Tariff, drain::Drain},
    task::{
        api::{self, ledger::LedgerDesk},
        clock,
        delivery::FeedDelivery,
        floor::{FloorTask, FloorWay},
        line,
        metered::{self, Metered},
        mqtt::{self, Sensor},
        notify::{self, Destination, Notifier, Publish, PublishError, Retry, Way},
        record::Pipeline,
        scale::Weighing,
        scanner::Scanning,
        upkeep::{self, Intervals, Upkeep},
    },
    uplink::{
        Uplink,
        webhook::{self, Webhook},
    },
};

/// What all parts of a site share.
#[derive(Debug, Clone)]
struct Site {
    config: Arc<Config>,
    clock: Clock,
    recorder: Recorder,
    floor: FloorWay,
}

/// How long all tasks together may take to stop. A commit takes milliseconds; the rest only has to notice.
const GRACE: Duration = Duration::from_secs(10);

/// The agent, running.
#[derive(Debug)]
pub struct Agent {
    /// Devices and brokers.
    sources: JoinSet<anyhow::Result<&'static str>>,
    /// Deliveries and the local API.
    sinks: JoinSet<anyhow::Result<&'static str>>,
    floor: JoinHandle<()>,
    stop_sources: CancellationToken,
    stop_sinks: CancellationToken,
    recorder: Recorder,
    recorder_thread: thread::JoinHandle<()>,
    metered: Option<Arc<Metered>>,
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
        let feeds: Vec<FeedName> = config.feeds.iter().map(|feed| feed.name.clone()).collect();
        let mut ledger = Ledger::open(&config.state_dir, &feeds, Arc::new(config.register.catalog()))?;
        ledger.limit(config.storage.limits)?;
        let kept: Vec<KeptFact> =
            ledger.kept()?.into_iter().map(|KeptRow { kind, name, text }| KeptFact { kind, name, text }).collect();
        let books = Books { on_hand: ledger.on_hand().clone(), behind: ledger.behind().clone() };
        let newest = WallTime::from_millis(ledger.newest_ms());
        let (recorder, recorder_thread) = Recorder::start(ledger).context("start recorder thread")?;
        let clock = Clock::start_with(&config.clock);
        clock.raise_floor(newest);
        let (wall, trust) = clock.wall();
        let now = Moment { elapsed: clock.elapsed(), wall, clock: trust };
        let mut floor = Floor::new(setup(&config), kept.clone(), books, &now);
        let reader = Reader::open(&config.state_dir)?;
        floor.remember(newest_moves(&reader)?);
        let (way, inputs) = FloorWay::new();
        let site = Site { config: config.clone(), clock: clock.clone(), recorder: recorder.clone(), floor: way };
        let mut wiring = Wiring::new(site);
        wiring.serial();
        wiring.brokers();
        let metered = metered(&config, &kept);
        wiring.deliveries(metered.as_ref())?;
        wiring.clock();
        let alarms = wiring.alarms(&kept)?;
        let Wiring {
            site,
            boards,
            sources,
            mut sinks,
            stop_sources,
            stop_sinks,
            devices,
            deliveries,
            questions,
            receivers,
        } = wiring;
        let (facts, floor_facts) = watch::channel(Arc::default());
        let floor = FloorTask {
            floor,
            clock: clock.clone(),
            recorder: recorder.clone(),
            reader: Arc::new(Mutex::new(reader)),
            boards,
            alarms,
            facts,
        };
        let floor = tokio::spawn(floor.run(inputs));
        let watcher = Arc::new(Watcher {
            site: config.site.clone(),
            state_dir: config.state_dir.clone(),
            clock,
            recorder: recorder.clone(),
            devices,
            deliveries,
            receivers,
            floor: floor_facts,
            page: watch::Sender::default(),
            page_at: Arc::default(),
            seen: Arc::default(),
        });
        let upkeep = Upkeep {
            intervals: Intervals {
                checkpoint: config.uplink.checkpoint_every,
                health: config.uplink.health_every,
                keep_acknowledged: config.storage.keep_acknowledged,
            },
            recorder: recorder.clone(),
            clock: watcher.clock.clone(),
            watcher: watcher.clone(),
            questions: questions.clone(),
        };
        let desk = LedgerDesk {
            recorder: recorder.clone(),
            clock: watcher.clock.clone(),
            questions,
            metered: metered.clone(),
            reader: Arc::new(Mutex::new(Reader::open(&config.state_dir)?)),
        };
        let stop = stop_sinks.clone();
        sinks.spawn(async move {
            upkeep.run(stop).await;
            Ok("upkeep")
        });
        if let Some(folder) = config.socket.parent() {
            fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
        }
        let socket = api::bind(&config.socket).with_context(|| format!("bind socket {}", config.socket.display()))?;
        let door = Arc::new(Door::new(Lock {
            page: config.page.as_ref(),
            kept: &kept,
            recorder: recorder.clone(),
            clock: watcher.clock.clone(),
            floor: site.floor.news(),
            facts: watcher.page.clone(),
        }));
        let (porter, stop) = (door.clone(), stop_sinks.clone());
        sinks.spawn(async move {
            porter.run(stop).await;
            Ok("door")
        });
        if let Some(page) = &config.page {
            let parts = page::Parts {
                config: page.clone(),
                floor: site.floor.clone(),
                desk: desk.clone(),
                watcher: watcher.clone(),
                stations: config.stations.iter().map(|station| station.name.clone()).collect(),
                scanners: scanners(&config),
                door: door.clone(),
            };
            let served = Served::bind(parts, stop_sinks.clone()).await?;
            let _first = watcher.page_at.set(served.status()?);
            sinks.spawn(async move {
                served.run().await;
                Ok("page")
            });
        }
        let (served, way, stop) = (watcher.clone(), site.floor, stop_sinks.clone());
        let further = page::local_routes(door);
        sinks.spawn(async move {
            api::run(socket, served, way, desk, further, stop).await.context("serve local API").map(|()| "local API")
        });
        if let Some(address) = config.metrics_listen {
            let listener = api::bind_metrics(address).await.with_context(|| format!("listen on {address}"))?;
            let (served, stop) = (watcher.clone(), stop_sinks.clone());
            sinks.spawn(async move {
                api::run_metrics(listener, served, stop).await.context("serve metrics").map(|()| "metrics")
            });
        }
        info!(site = %config.site, state = %config.state_dir.display(), "agent started");
        Ok(Self { sources, sinks, floor, stop_sources, stop_sinks, recorder, recorder_thread, metered, watcher })
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
            ended = &mut self.floor => ended.context("floor panicked").and(Err(anyhow!("floor ended before shutdown"))),
            Some(ended) = self.sources.join_next() => unasked(ended),
            Some(ended) = self.sinks.join_next() => unasked(ended),
        };
        let Self { sources, sinks, floor, stop_sources, stop_sinks, recorder, recorder_thread, metered, watcher } =
            self;
        let stopped = timeout(GRACE, async move {
            stop_sources.cancel();
            let first = drained(sources).await;
            stop_sinks.cancel();
            let second = drained(sinks).await;
            if let Some(metered) = metered {
                metered.keep(&recorder).await;
            }
            // The last ways to the floor and to the recorder: their queues end, and what is in them is dealt with.
            drop((recorder, watcher));
            let floored = if floor.is_finished() { Ok(()) } else { floor.await.context("floor panicked") };
            let joined = tokio::task::spawn_blocking(move || recorder_thread.join()).await;
            first.and(second).and(floored)?;
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
    /// Of devices that weigh: where the floor shows what is wrong with their levels.
    boards: BTreeMap<DeviceName, DeviceBoard>,
    receivers: Vec<(String, watch::Receiver<Progress>)>,
    sources: JoinSet<anyhow::Result<&'static str>>,
    sinks: JoinSet<anyhow::Result<&'static str>>,
    stop_sources: CancellationToken,
    stop_sinks: CancellationToken,
    devices: BTreeMap<gateway_proto::name::DeviceName, watch::Receiver<crate::status::DeviceStatus>>,
    deliveries: BTreeMap<FeedName, watch::Receiver<Delivering>>,
    /// Where each feed's delivery is asked.
    questions: BTreeMap<FeedName, mpsc::Sender<Seq>>,
}

impl Wiring {
    fn new(site: Site) -> Self {
        Self {
            site,
            sources: JoinSet::new(),
            sinks: JoinSet::new(),
            stop_sources: CancellationToken::new(),
            stop_sinks: CancellationToken::new(),
            boards: BTreeMap::new(),
            receivers: Vec::new(),
            devices: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            questions: BTreeMap::new(),
        }
    }

    fn serial(&mut self) {
        let config = self.site.config.clone();
        for device in &config.scanners {
            let reports = Reports::Station(device.station.clone());
            let on = device.line.port.to_string();
            let pipeline = self.pipeline(&device.name, on, reports);
            let (line, dialogue, stop) = (device.line.clone(), Scanning::new(device), self.stop_sources.clone());
            self.sources.spawn(async move {
                line::run(line, dialogue, pipeline, stop).await;
                Ok("scanner")
            });
        }
        for device in &config.scales {
            let reports = Reports::Bin(device.bin.clone());
            let on = device.line.port.to_string();
            let pipeline = self.pipeline(&device.name, on, reports);
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
                let pipeline = self.pipeline(&sensor.name, on, sensor.reports.clone());
                sensors.push(Sensor {
                    dialect: sensor.dialect.clone(),
                    counts_alone: sensor.settle_readings == 1,
                    feedback_topic: sensor.feedback_topic.clone(),
                    is_gone: false,
                    pipeline,
                });
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

    fn deliveries(&mut self, metered: Option<&Arc<Metered>>) -> anyhow::Result<()> {
        let config = self.site.config.clone();
        for feed in &config.feeds {
            let (board, seen) = watch::channel(Delivering::default());
            self.deliveries.insert(feed.name.clone(), seen);
            let (ask, questions) = mpsc::channel(upkeep::QUESTIONS_MAX);
            self.questions.insert(feed.name.clone(), ask);
            let delivery = FeedDelivery {
                site: config.site.clone(),
                feed: feed.name.clone(),
                config: config.uplink.clone(),
                uplink: Uplink::new(&config.site, feed, &config.uplink, &self.site.clock)
                    .with_context(|| format!("prepare uplink of feed {}", feed.name))?,
                reader: Arc::new(Mutex::new(Reader::open(&config.state_dir)?)),
                recorder: self.site.recorder.clone(),
                clock: self.site.clock.clone(),
                metered: metered.filter(|_| feed.metered).cloned(),
                questions,
                board,
                drain: Drain::default(),
                turn: None,
            };
            let stop = self.stop_sinks.clone();
            self.sinks.spawn(async move {
                delivery.run(stop).await;
                Ok("delivery")
            });
        }
        Ok(())
    }

    /// Has the times of marked records put right once the clock is trusted.
    fn clock(&mut self) {
        let (clock, recorder, stop) = (self.site.clock.clone(), self.site.recorder.clone(), self.stop_sinks.clone());
        let view = recorder.view();
        let is_due = move || !view.borrow().marks.is_empty();
        let put_right = move |zero| put_right(recorder.clone(), zero);
        self.sinks.spawn(async move {
            clock::run(clock, is_due, put_right, stop).await;
            Ok("clock")
        });
    }

    /// The way of alarms to whoever the site's file names.
    fn alarms(&mut self, kept: &[KeptFact]) -> anyhow::Result<Notifier> {
        let config = self.site.config.clone();
        let told: Vec<Arc<Alarm>> = kept
            .iter()
            .filter(|fact| fact.kind == "alarm-told")
            .filter_map(|fact| serde_json::from_str(&fact.text).ok().map(Arc::new))
            .collect();
        let newest = told.iter().map(|alarm| alarm.id).max().unwrap_or(0);
        let destination = |name: &str, way, events, retry| {
            let known = kept.iter().find(|fact| fact.kind == ALARMS_THROUGH && fact.name == name);
            // A receiver that is new is not told of what was before it.
            let through = known.and_then(|fact| serde_json::from_str(&fact.text).ok()).unwrap_or(newest);
            let backlog = told.iter().filter(|alarm| alarm.id > through).cloned().collect();
            Destination { name: name.to_owned(), way, events, retry, through, backlog }
        };
        let mut destinations = Vec::new();
        for webhook in &config.webhooks {
            let way = Webhook::new(webhook, webhook::REQUEST_TIMEOUT, self.site.clock.clone())
                .with_context(|| format!("prepare webhook {}", webhook.name))?;
            let events = webhook.events.clone();
            destinations.push(destination(webhook.name.as_str(), Way::Webhook(way), events, Retry::WEBHOOK));
        }
        let broker = config.alarms.broker.as_ref();
        if let Some(broker) = config.brokers.iter().find(|known| Some(&known.name) == broker) {
            let way = Way::Topic {
                topic: receiver::topic(&config.alarms.topic, &config.site),
                publish: Publisher::new(broker),
                patience: notify::PUBLISH_TIMEOUT,
            };
            destinations.push(destination("mqtt", way, State::ALL.into(), Retry::BROKER));
        }
        let (notifier, carriers) = notify::prepare(&config.site, &self.site.clock, destinations);
        self.receivers = notifier.boards().map(|(name, board)| (name.to_owned(), board)).collect();
        let stop = self.stop_sinks.clone();
        self.sinks.spawn(async move {
            notify::run(carriers, stop).await;
            Ok("alarms")
        });
        for (name, board) in self.receivers.clone() {
            let (recorder, stop) = (self.site.recorder.clone(), self.stop_sinks.clone());
            self.sinks.spawn(async move {
                keep_progress(&name, board, &recorder, stop).await;
                Ok("progress of alarms")
            });
        }
        Ok(notifier)
    }

    fn pipeline(&mut self, name: &DeviceName, on: String, reports: Reports) -> Pipeline {
        let (board, seen) = DeviceBoard::new(on);
        self.devices.insert(name.clone(), seen);
        if matches!(reports, Reports::Bin(_)) {
            self.boards.insert(name.clone(), board.clone());
        }
        Pipeline::new(name.clone(), reports, board, self.site.clock.clone(), self.site.floor.clone())
    }
}

/// The line that the feeds share, where it costs.
fn metered(config: &Config, kept: &[KeptFact]) -> Option<Arc<Metered>> {
    let known = kept.iter().find(|fact| fact.kind == metered::KIND && fact.name == metered::NAME);
    let feeds = config.feeds.iter().filter(|feed| feed.metered).map(|feed| feed.name.clone());
    let tariff = Tariff::new(config.uplink.tariff.clone(), feeds, known.map(|fact| fact.text.as_str()));
    (!tariff.is_free()).then(|| Arc::new(Metered::new(tariff)))
}

/// What the floor needs of the site's file.
fn setup(config: &Config) -> Setup {
    let attendance = |bin: &PlaceName| {
        let is_scanned = config.stations.iter().any(|station| station.place == Some(Place::Bin(bin.clone())));
        if is_scanned { Attendance::Scanned } else { Attendance::ScaleAlone }
    };
    let watching = |scale: &DeviceName, bin: &PlaceName, settle_readings| Watching {
        scale: scale.clone(),
        bin: bin.clone(),
        settle_readings,
        attendance: attendance(bin),
    };
    let scales = config.scales.iter().map(|scale| watching(&scale.name, &scale.bin, scale.settle_readings));
    let sensors = config.sensors.iter().filter_map(|sensor| match &sensor.reports {
        Reports::Bin(bin) => Some(watching(&sensor.name, bin, sensor.settle_readings)),
        Reports::Station(_) | Reports::Movements => None,
    });
    Setup {
        register: config.register.clone(),
        labels: config.labels.clone(),
        stations: config.stations.clone(),
        scales: scales.chain(sensors).collect(),
        caution: config.alarms.caution,
    }
}

/// Tells each feed with marked records of this boot when the boot began.
async fn put_right(recorder: Recorder, zero: Zero) {
    let due = recorder.view().borrow().marks.due(&zero);
    for (feed, offset) in due {
        let chore = Chore::Clock { feed: feed.clone(), offset };
        // Not written: it stays due.
        if recorder.tend(chore).await.is_ok() {
            info!(%feed, boot_began = %zero.zero, "times of marked records are put right");
        }
    }
}

/// Under what it is kept how far a receiver of alarms is.
const ALARMS_THROUGH: &str = "alarms-through";

/// Keeps how far a receiver is whenever that changes.
async fn keep_progress(name: &str, mut board: watch::Receiver<Progress>, recorder: &Recorder, stop: CancellationToken) {
    let mut kept = board.borrow_and_update().through;
    loop {
        tokio::select! {
            changed = board.changed() => if changed.is_err() { break },
            () = stop.cancelled() => return,
        }
        let through = board.borrow_and_update().through;
        if through != kept {
            let fact = Kept { key: KeptKey::new(ALARMS_THROUGH, name), text: through.to_string() };
            // Not kept: the receiver is told again after a restart, under the same id.
            if recorder.record(Entry::of(vec![Statement::Keep(fact)])).await.is_ok() {
                kept = through;
            }
        }
    }
    stop.cancelled().await;
}

impl Publish for Publisher {
    async fn publish(&self, topic: &str, payload: String) -> Result<(), PublishError> {
        Self::publish(self, topic, payload).await.map_err(|error| PublishError(crate::cause::chain(&error)))
    }
}

/// A task that ended though nobody asked it to.
/// The newest movements of all feeds, oldest first: what pages show of before the start.
fn newest_moves(reader: &Reader) -> anyhow::Result<Vec<Moved>> {
    let mut moves = Vec::new();
    for (feed, life) in reader.newest_lives()? {
        let limit = u32::try_from(MOVED_MAX).unwrap_or(u32::MAX);
        reader.each(life, None, limit, |seq, text| {
            // What cannot be read is told of elsewhere.
            if let Ok(Record::Movement(movement)) = Record::parse(text) {
                moves.push(Moved { feed: feed.clone(), seq, movement });
            }
        })?;
    }
    moves.sort_by_key(|moved| moved.movement.at);
    moves.drain(..moves.len().saturating_sub(MOVED_MAX));
    Ok(moves)
}

/// Scanners, on lines and by MQTT, each with its station.
fn scanners(config: &Config) -> Vec<(DeviceName, DeviceName)> {
    let lines = config.scanners.iter().map(|scanner| (scanner.name.clone(), scanner.station.clone()));
    let sensors = config.sensors.iter().filter_map(|sensor| match &sensor.reports {
        Reports::Station(station) => Some((sensor.name.clone(), station.clone())),
        Reports::Bin(_) | Reports::Movements => None,
    });
    lines.chain(sensors).collect()
}

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
