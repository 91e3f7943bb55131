//! A broker's session in two tasks: one polls the library and nothing else, the other reads messages, has them
//! recorded and acknowledges them — after the commit, in the order in which they came.
//!
//! ```text
//!   poll ── inbox (bounded) ──▶ handle ── entry ──▶ recorder
//!    ▲                            │  ◀── outcome ──────┘
//!    └── ack, subscribe, publish ─┘
//! ```
//!
//! The poller waits while the inbox is full; the broker then keeps what it has. The handler never waits for the
//! poller: the library's queue has room for the ack of every message that can be without one.
//!
//! A message may speak of several sensors (a node's JSON with two load cells, a bridge that goes down): it has a part for
//! each reading, and is acknowledged when the last of them is settled.
//!
//! After a stop the handler finishes what is queued at the recorder, and only then the poller sends the last acks and
//! says goodbye.

mod poll;
mod routes;

use std::{collections::VecDeque, time::Duration};

use tokio::{
    sync::{mpsc, oneshot::error::TryRecvError},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use poll::{Told, poll};
use routes::Routes;

use super::{
    floor::{HeardLater, unheard},
    hush::Hush,
    record::{Pipeline, Submitted},
    sparkplug::{Heard, Sparkplug},
};
use crate::{
    clock::Clock,
    config::BrokerConfig,
    device::{Reading, dialect::Dialect, scanner_host::Verdict},
    floor::order,
    movement::entry::{Origin, OriginKind},
    planted::{Defect, is_planted},
    port::mqtt::{Message, Outbox, Session},
    status::DeviceBoard,
};

/// Messages between the two tasks: a burst of a busy site, some hundred kB at most.
const INBOX_MAX: usize = 256;

/// Messages whose commit is awaited, and their bytes: while one group syncs the next one forms, so that there are two
/// groups of them at the most.
const PENDING_MAX: usize = 2_048;
const PENDING_LEN_MAX: usize = 4 * 1024 * 1024;

/// Messages taken, or answers heard, in one go: a burst costs one turn of the loop.
const TURN_MAX: usize = 128;

/// How long a level stands alone before it counts, where one reading is enough. After a reconnect a broker sends the
/// levels of an hour in a burst: only the last is how things are.
const STANDS_FOR: Duration = Duration::from_millis(500);

/// How long newer ones may take the place of a level before one of them counts: a sensor that never pauses counts too.
const STANDS_MAX: Duration = Duration::from_secs(5);

/// A sensor of this broker.
#[derive(Debug)]
pub struct Sensor {
    pub dialect: Dialect,
    /// One reading counts by itself, so it has to stand for a while.
    pub counts_alone: bool,
    pub feedback_topic: Option<String>,
    /// It has said itself, or its broker for it, that it is not there.
    pub is_gone: bool,
    pub pipeline: Pipeline,
}

/// A message whose ack is owed.
#[derive(Debug)]
struct Pending {
    message: Message,
    /// One for each reading in it that is not settled yet, in their order.
    parts: VecDeque<Part>,
    /// A part could not be committed: it comes again, so it has no ack.
    failed: bool,
}

/// One reading of a message.
#[derive(Debug)]
struct Part {
    sensor: usize,
    due: Due,
    /// A sender of scans or movements is told what became of it.
    is_answered: bool,
    /// The sender's id of it.
    id: Option<String>,
}

/// When a part is settled.
#[derive(Debug)]
enum Due {
    /// Nothing had to be recorded.
    Now(Option<Verdict>),
    /// After its commit.
    Committed(HeardLater),
    /// It stands for a newer one of its sensor to take its place.
    Stands(Standing),
}

/// A level that nothing newer has replaced yet.
#[derive(Debug)]
struct Standing {
    until: Instant,
    /// Since when it or those that it replaced stand.
    since: Instant,
    reading: Reading,
}

/// What became of the oldest part of the oldest message.
enum Settled {
    /// It has no parts.
    Empty,
    Nothing(Option<Verdict>),
    Heard(order::Heard),
    /// It has stood long enough.
    Stood,
}

/// Follows a broker until stopped.
pub async fn run(
    broker: BrokerConfig,
    board: DeviceBoard,
    clock: Clock,
    mut sensors: Vec<Sensor>,
    stop: CancellationToken,
) {
    let mut routes = Routes::default();
    for (index, sensor) in sensors.iter().enumerate() {
        routes.add(&sensor.dialect.topics(), index);
    }
    let mut watches = Vec::new();
    for (index, sensor) in sensors.iter().enumerate() {
        if let Dialect::Sparkplug(watch) = &sensor.dialect {
            watches.push((index, watch.clone()));
        }
    }
    let sparkplug = broker.sparkplug_host.as_deref().and_then(|host| Sparkplug::new(host, watches));
    let mut topics = routes.topics();
    topics.extend(sparkplug.iter().flat_map(Sparkplug::topics));
    // A Sparkplug host begins each session anew, by its specification: what it missed it asks for.
    let mut session = Session::new(&broker, topics, sparkplug.is_none());
    let presence = sparkplug.as_ref().map(|sparkplug| sparkplug.presence(clock.clone()));
    if let Some(presence) = &presence {
        session.set_will(&presence.renewed());
    }
    let outbox = session.outbox();
    let (tell, mut told) = mpsc::channel(INBOX_MAX);
    let handled = CancellationToken::new();
    let poller = tokio::spawn(poll(session, presence, tell, handled.clone(), broker.name.to_string()));
    let mut handler = Handler {
        broker,
        board,
        clock,
        outbox,
        routes,
        found_topics: Vec::new(),
        sparkplug,
        pending: VecDeque::new(),
        pending_len: 0,
        asked_again: false,
        hush: Hush::default(),
    };
    handler.run(&mut sensors, &mut told, &stop).await;
    handled.cancel();
    if let Err(error) = poller.await
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

struct Handler {
    broker: BrokerConfig,
    board: DeviceBoard,
    clock: Clock,
    outbox: Outbox,
    routes: Routes,
    /// Topics that sensors have announced since.
    found_topics: Vec<String>,
    sparkplug: Option<Sparkplug>,
    pending: VecDeque<Pending>,
    /// Bytes of their payloads.
    pending_len: usize,
    /// Something was not committed, and the broker has been asked to send everything again. Until it does, what still
    /// comes would be recorded before what it comes after.
    asked_again: bool,
    hush: Hush,
}

impl Handler {
    async fn run(&mut self, sensors: &mut [Sensor], told: &mut mpsc::Receiver<Told>, stop: &CancellationToken) {
        let mut came = Vec::with_capacity(TURN_MAX);
        loop {
            let silence = self.next_silence(sensors);
            let has_room = self.pending.len() < PENDING_MAX && self.pending_len < PENDING_LEN_MAX;
            // All branches are cancel-safe: a oneshot and a timer that stay in their place, a channel, a token.
            tokio::select! {
                settled = settled(&mut self.pending) => {
                    self.handle_settled(sensors, settled).await;
                    // What was committed together is answered together.
                    for _ in 1..TURN_MAX {
                        let Some(settled) = settled_already(&mut self.pending) else { break };
                        self.handle_settled(sensors, settled).await;
                    }
                }
                count = told.recv_many(&mut came, TURN_MAX), if has_room => {
                    if count == 0 {
                        return;
                    }
                    for next in came.drain(..) {
                        self.handle_told(sensors, next).await;
                    }
                }
                () = sleep(silence.unwrap_or_default()), if silence.is_some() => self.handle_silence(sensors).await,
                () = stop.cancelled() => break,
            }
        }
        // What is queued at the recorder will be committed. What only stands is not: the broker sends it again.
        while let Some(pending) = self.pending.front_mut() {
            if pending.parts.front().is_some_and(|part| matches!(part.due, Due::Stands(..))) {
                pending.parts.pop_front();
                pending.failed = true;
                continue;
            }
            let settled = settled(&mut self.pending).await;
            self.handle_settled(sensors, settled).await;
        }
        if let Some(sparkplug) = &self.sparkplug {
            sparkplug.say_offline(&self.outbox);
        }
    }

    async fn handle_told(&mut self, sensors: &mut [Sensor], told: Told) {
        match told {
            Told::Connected => {
                self.asked_again = false;
                // A broker without memory has forgotten what was subscribed to later.
                let _ = self.outbox.subscribe(&self.found_topics);
                if self.board.connected()
                    && let Some(hushed) = self.hush.may_say(self.clock.elapsed())
                {
                    info!(broker = %self.broker.name, hushed, "broker connected");
                }
                if let Some(sparkplug) = &mut self.sparkplug {
                    let heard = sparkplug.connected(self.clock.elapsed(), &self.outbox);
                    self.handle_heard(sensors, heard).await;
                } else {
                    for sensor in sensors {
                        sensor.pipeline.connected();
                    }
                }
            }
            Told::Lost(why) => {
                let why = format!("{}:{}: {why}", self.broker.host, self.broker.port);
                if self.board.lost(why.clone())
                    && let Some(hushed) = self.hush.may_say(self.clock.elapsed())
                {
                    warn!(broker = %self.broker.name, why, hushed, "broker lost");
                }
                for sensor in sensors.iter_mut() {
                    sensor.pipeline.lost("its broker is gone").await;
                }
                if let Some(sparkplug) = &mut self.sparkplug {
                    // What its nodes said is unknown from here; the sensors have heard it above.
                    drop(sparkplug.lost());
                }
                // They have no ack, so they come again.
                for pending in &mut self.pending {
                    let before = pending.parts.len();
                    pending.parts.retain(|part| !matches!(part.due, Due::Stands(..)));
                    pending.failed |= pending.parts.len() < before;
                }
            }
            Told::NotSubscribed(topics) => {
                let topics = topics.join(", ");
                let why = format!("broker refuses the subscription to {topics}; allow it in the broker's ACL");
                if self.board.problem(Some(why.clone())) {
                    warn!(broker = %self.broker.name, why, "broker refuses");
                }
            }
            Told::Message(_) if self.asked_again => {}
            Told::Message(message) => self.handle_message(sensors, message).await,
        }
    }

    async fn handle_message(&mut self, sensors: &mut [Sensor], message: Message) {
        let readings = match &mut self.sparkplug {
            Some(sparkplug) => {
                let heard = sparkplug.handle(self.clock.elapsed(), &self.outbox, &message);
                if let Some(code) = heard.refused {
                    self.board.count_bad_frame(code);
                }
                heard.readings
            }
            None => self.readings(sensors, &message),
        };
        let mut parts = VecDeque::with_capacity(readings.len());
        for (index, reading) in readings {
            // The last known value from before the subscription: a level still holds, a scan happened long ago.
            if message.is_retained() && matches!(reading, Reading::Scan(_) | Reading::Movement(_)) {
                continue;
            }
            if is_planted(Defect::AckBeforeCommit) {
                self.outbox.ack(&message);
            }
            self.void_standing(index, &reading);
            let Some(sensor) = sensors.get_mut(index) else { continue };
            if let Reading::Online(online) = reading {
                sensor.is_gone = !online;
            }
            // What the broker kept of a sensor that is known to be gone is what it last said before it went.
            if sensor.is_gone && message.is_retained() && matches!(reading, Reading::Weight(_)) {
                continue;
            }
            if sensor.counts_alone && matches!(reading, Reading::Weight(_)) {
                let now = Instant::now();
                let since = self.replace_standing(index).unwrap_or(now);
                let until = (now + STANDS_FOR).min(since + STANDS_MAX);
                parts.push_back(Part {
                    sensor: index,
                    due: Due::Stands(Standing { until, since, reading }),
                    is_answered: false,
                    id: None,
                });
                continue;
            }
            let id = match &reading {
                Reading::Scan(scan) => scan.id.clone(),
                Reading::Movement(stated) => stated.id.clone(),
                Reading::Weight(_) | Reading::Unknown(_) | Reading::Online(_) => None,
            };
            let is_answered = matches!(reading, Reading::Scan(_) | Reading::Movement(_));
            let origin = origin(&sensor.pipeline, &reading, &message);
            let due = match sensor.pipeline.submit_reading(reading, origin).await {
                Submitted::Queued(heard) => Due::Committed(heard),
                Submitted::Done(verdict) => Due::Now(Some(verdict)),
            };
            parts.push_back(Part { sensor: index, due, is_answered, id });
        }
        self.pending_len += message.payload().len();
        self.pending.push_back(Pending { message, parts, failed: false });
    }

    /// A level that is known to be wrong since must not count, though it stands.
    fn void_standing(&mut self, sensor: usize, reading: &Reading) {
        if matches!(reading, Reading::Unknown(_) | Reading::Online(_)) {
            let _ = self.replace_standing(sensor);
        }
    }

    /// What a message says of each sensor that it concerns.
    fn readings(&mut self, sensors: &mut [Sensor], message: &Message) -> Vec<(usize, Reading)> {
        let mut readings = Vec::new();
        for index in self.routes.of(message.topic()) {
            let Some(sensor) = sensors.get_mut(index) else { continue };
            let now = self.clock.elapsed();
            match sensor.dialect.handle(now, message.topic(), message.payload(), message.is_retained()) {
                Ok(step) => {
                    if step.topics_changed {
                        let topics = sensor.dialect.topics();
                        self.routes.add(&topics, index);
                        let _ = self.outbox.subscribe(&topics);
                        self.found_topics.extend(topics);
                        self.found_topics.sort();
                        self.found_topics.dedup();
                    }
                    readings.extend(step.readings.into_iter().map(|reading| (index, reading)));
                }
                Err(error) if matches!(sensor.dialect, Dialect::Movements { .. }) => {
                    let verdict = sensor.pipeline.refused_message(&*error);
                    if let Some(topic) = &sensor.feedback_topic {
                        let _ = self.outbox.publish(topic, feedback(verdict, None), false);
                    }
                }
                Err(error) => sensor.pipeline.bad_message(&*error),
            }
        }
        readings
    }

    /// A newer level takes the place of one that stands; since when that one or its forerunners stood.
    fn replace_standing(&mut self, sensor: usize) -> Option<Instant> {
        let mut replaced = None;
        for part in self.pending.iter_mut().flat_map(|pending| &mut pending.parts) {
            if let Due::Stands(standing) = &part.due
                && part.sensor == sensor
            {
                replaced = Some(standing.since);
                part.due = Due::Now(None);
            }
        }
        replaced
    }

    /// How long until some sensor's silence means something.
    fn next_silence(&self, sensors: &[Sensor]) -> Option<Duration> {
        let soonest = sensors.iter().filter_map(|sensor| sensor.dialect.deadline()).min();
        let rebirth = self.sparkplug.as_ref().and_then(Sparkplug::deadline);
        let soonest = soonest.into_iter().chain(rebirth).min()?;
        Some(soonest.saturating_sub(self.clock.elapsed()))
    }

    async fn handle_silence(&mut self, sensors: &mut [Sensor]) {
        let now = self.clock.elapsed();
        for (index, sensor) in sensors.iter_mut().enumerate() {
            if let Some(reading) = sensor.dialect.poll(now) {
                self.void_standing(index, &reading);
                // Silence is an unknown level, which asks nothing of the ledger.
                let _ = sensor.pipeline.submit_reading(reading, None).await;
            }
        }
        if let Some(sparkplug) = &mut self.sparkplug {
            let heard = sparkplug.poll(now, &self.outbox);
            self.handle_heard(sensors, heard).await;
        }
    }

    /// What has become known without a message: unknown levels and nodes that are gone, which ask nothing of the ledger.
    async fn handle_heard(&mut self, sensors: &mut [Sensor], heard: Heard) {
        for (index, reading) in heard.readings {
            self.void_standing(index, &reading);
            if let Some(sensor) = sensors.get_mut(index) {
                let _ = sensor.pipeline.submit_reading(reading, None).await;
            }
        }
    }

    async fn handle_settled(&mut self, sensors: &mut [Sensor], settled: Settled) {
        let Some(pending) = self.pending.front_mut() else { return };
        let Some(part) = pending.parts.pop_front() else {
            if !pending.failed {
                self.outbox.ack(&pending.message);
            }
            self.pending_len = self.pending_len.saturating_sub(pending.message.payload().len());
            self.pending.pop_front();
            return;
        };
        let Some(sensor) = sensors.get_mut(part.sensor) else { return };
        let verdict = match settled {
            Settled::Empty => None,
            Settled::Nothing(verdict) => verdict,
            Settled::Stood => {
                let Due::Stands(Standing { reading, .. }) = part.due else { return };
                let due = match sensor.pipeline.submit_reading(reading, None).await {
                    Submitted::Queued(heard) => Due::Committed(heard),
                    Submitted::Done(_) => Due::Now(None),
                };
                pending.parts.push_front(Part { due, ..part });
                return;
            }
            Settled::Heard(heard) => {
                let verdict = sensor.pipeline.handle_heard(&heard);
                // An entry that breaks a rule would break it again: it is counted, named in the log, done with.
                if verdict == Verdict::NotRecorded {
                    // Not committed: the broker keeps it, and sends it again once asked to. The poller waits before it
                    // connects, so a disk that stays full makes no storm.
                    pending.failed = true;
                    if !self.asked_again {
                        self.asked_again = true;
                        // A goodbye takes the will along, so it is said before.
                        if let Some(sparkplug) = &self.sparkplug {
                            sparkplug.say_offline(&self.outbox);
                        }
                        self.outbox.say_goodbye();
                    }
                }
                Some(verdict)
            }
        };
        if let (Some(verdict), Some(topic), true) = (verdict, &sensor.feedback_topic, part.is_answered) {
            let _ = self.outbox.publish(topic, feedback(verdict, part.id.as_deref()), false);
        }
    }
}

/// What a sensor hears of its scan.
fn feedback(verdict: Verdict, id: Option<&str>) -> Vec<u8> {
    let word = match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::NotRecorded => "not-recorded",
    };
    serde_json::json!({"id": id, "verdict": word}).to_string().into_bytes()
}

/// Waits until the oldest part can be dealt with.
async fn settled(pending: &mut VecDeque<Pending>) -> Settled {
    let Some(oldest) = pending.front_mut() else { return std::future::pending().await };
    match oldest.parts.front_mut().map(|part| &mut part.due) {
        None => Settled::Empty,
        Some(Due::Now(verdict)) => Settled::Nothing(*verdict),
        Some(Due::Committed(heard)) => Settled::Heard(heard.await.unwrap_or_else(|_| unheard())),
        Some(Due::Stands(standing)) => {
            sleep_until(standing.until).await;
            Settled::Stood
        }
    }
}

/// The same, if it can be dealt with without waiting.
fn settled_already(pending: &mut VecDeque<Pending>) -> Option<Settled> {
    let oldest = pending.front_mut()?;
    match oldest.parts.front_mut().map(|part| &mut part.due) {
        None => Some(Settled::Empty),
        Some(Due::Now(verdict)) => Some(Settled::Nothing(*verdict)),
        Some(Due::Committed(heard)) => match heard.try_recv() {
            Ok(heard) => Some(Settled::Heard(heard)),
            Err(TryRecvError::Closed) => Some(Settled::Heard(unheard())),
            Err(TryRecvError::Empty) => None,
        },
        Some(Due::Stands(_)) => None,
    }
}

/// What tells the repetition of a scan or a stated movement: the sender's own id, or else the broker's word that it sends a message again.
/// Without either, the same code twice is two parts.
fn origin(pipeline: &Pipeline, reading: &Reading, message: &Message) -> Option<Origin> {
    let id = match reading {
        Reading::Scan(scan) => &scan.id,
        Reading::Movement(stated) => &stated.id,
        Reading::Weight(_) | Reading::Unknown(_) | Reading::Online(_) => return None,
    };
    let device = pipeline.device().as_str().as_bytes();
    Some(match id {
        Some(id) => Origin::new(OriginKind::Id, &[device, id.as_bytes()], true),
        None => {
            let packet = message.packet_id().to_be_bytes();
            Origin::new(OriginKind::Packet, &[device, &packet, message.payload()], message.is_repeated())
        }
    })
}
