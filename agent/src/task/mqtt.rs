//! A broker's session in two tasks: one polls the library and nothing else, the other reads messages, has them
//! recorded and acknowledges them — after the commit, in the order in which they came.
//!
//! ```text
//!   poll ── inbox (bounded) ──▶ handle ── entry ──▶ recorder
//!    ▲                            │  ◀── outcome ──────┘
//!    └───────── ack ──────────────┘
//! ```
//!
//! The poller waits while the inbox is full; the broker then keeps what it has. The handler never waits for the
//! poller: the library's queue has room for the ack of every message that can be without one.
//!
//! After a stop the handler finishes what is queued at the recorder, and only then the poller sends the last acks and
//! says goodbye.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::record::Pipeline;
use crate::{
    config::{BrokerConfig, Dialect},
    device::{Reading, TasmotaError},
    ledger::{
        Outcome,
        recorder::{Answer, Refused},
    },
    movement::entry::{Origin, OriginKind},
    planted::{Defect, is_planted},
    port::mqtt::{Acks, Incoming, Message, Session, explained},
    status::DeviceBoard,
};

/// Messages between the two tasks: a burst of a busy site, some hundred kB at most.
const INBOX_MAX: usize = 256;

/// Messages whose commit is awaited: they commit in groups, so some of them wait together.
const PENDING_MAX: usize = 512;

/// The first wait after the session broke, and the longest.
const RECONNECT_FIRST: Duration = Duration::from_millis(500);
const RECONNECT_MAX: Duration = Duration::from_secs(30);

/// How long a level stands alone before it counts, where one reading is enough. After a reconnect a broker sends the
/// levels of an hour in a burst: only the last is how things are.
const STANDS_FOR: Duration = Duration::from_millis(500);

/// How long the last acks may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// A sensor of this broker.
#[derive(Debug)]
pub struct Sensor {
    pub topic: String,
    pub dialect: Dialect,
    /// One reading counts by itself, so it has to stand for a while.
    pub counts_alone: bool,
    pub pipeline: Pipeline,
}

/// What the poller tells the handler.
#[derive(Debug)]
enum Told {
    Connected,
    Lost(String),
    NotSubscribed(String),
    Message(Message),
}

/// A message whose ack is owed.
#[derive(Debug)]
struct Pending {
    message: Message,
    sensor: usize,
    due: Due,
}

/// When a message may be acknowledged.
#[derive(Debug)]
enum Due {
    /// Nothing had to be recorded.
    Now,
    /// After its commit.
    Committed(Answer<Outcome>),
    /// It stands until then for a newer one of its sensor to take its place.
    Stands(Instant, Reading),
}

/// What became of the oldest message.
enum Settled {
    Nothing,
    Outcome(Result<Outcome, Refused>),
    /// It has stood long enough.
    Stood,
}

/// Follows a broker until stopped.
pub async fn run(broker: BrokerConfig, board: DeviceBoard, mut sensors: Vec<Sensor>, stop: CancellationToken) {
    let mut routes: HashMap<String, usize> = HashMap::new();
    for (index, sensor) in sensors.iter().enumerate() {
        for topic in topics(sensor) {
            routes.insert(topic, index);
        }
    }
    let session = Session::new(&broker, routes.keys().cloned().collect());
    let acks = session.acks();
    let (tell, mut told) = mpsc::channel(INBOX_MAX);
    let handled = CancellationToken::new();
    let poller = tokio::spawn(poll(session, tell, handled.clone(), broker.name.to_string()));
    let mut handler = Handler { broker, board, acks, routes, pending: VecDeque::new(), asked_again: false };
    handler.run(&mut sensors, &mut told, &stop).await;
    handled.cancel();
    if let Err(error) = poller.await
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// The topics to subscribe for a sensor.
fn topics(sensor: &Sensor) -> Vec<String> {
    match &sensor.dialect {
        Dialect::Json(_) => vec![sensor.topic.clone()],
        Dialect::Tasmota(_) => ["tele/{}/SENSOR", "tele/{}/LWT", "stat/{}/RESULT"]
            .iter()
            .map(|pattern| pattern.replace("{}", &sensor.topic))
            .collect(),
    }
}

/// Polls until everything is handled, then sends the last acks.
async fn poll(mut session: Session, tell: mpsc::Sender<Told>, handled: CancellationToken, broker: String) {
    let mut wait = RECONNECT_FIRST;
    loop {
        let next = tokio::select! {
            next = session.next() => next,
            () = handled.cancelled() => break,
        };
        let told = match next {
            Ok(Incoming::Connected) => {
                wait = RECONNECT_FIRST;
                Told::Connected
            }
            Ok(Incoming::Message(message)) => Told::Message(message),
            Ok(Incoming::NotSubscribed(topic)) => Told::NotSubscribed(topic),
            Ok(Incoming::BegunAnew) => {
                error!(
                    broker,
                    "a message over the limit came again and again: the broker was told to forget this session, with whatever else was unacknowledged in it"
                );
                continue;
            }
            Ok(Incoming::Other | Incoming::Goodbye) => continue,
            Err(error) => Told::Lost(explained(&error)),
        };
        let lost = matches!(told, Told::Lost(_));
        tokio::select! {
            _ = tell.send(told) => {}
            () = handled.cancelled() => break,
        }
        if lost {
            tokio::select! {
                () = sleep(wait) => {}
                () = handled.cancelled() => return,
            }
            wait = (wait * 2).min(RECONNECT_MAX);
        }
    }
    session.acks().say_goodbye();
    // What comes meanwhile has no ack, so that it comes again.
    let goodbye = async { while !matches!(session.next().await, Ok(Incoming::Goodbye) | Err(_)) {} };
    let _ = timeout(GOODBYE, goodbye).await;
}

struct Handler {
    broker: BrokerConfig,
    board: DeviceBoard,
    acks: Acks,
    /// Topic → sensor.
    routes: HashMap<String, usize>,
    pending: VecDeque<Pending>,
    /// Something was not committed, and the broker has been asked to send everything again. Until it does, what still
    /// comes would be recorded before what it comes after.
    asked_again: bool,
}

impl Handler {
    async fn run(&mut self, sensors: &mut [Sensor], told: &mut mpsc::Receiver<Told>, stop: &CancellationToken) {
        loop {
            // All branches are cancel-safe: a oneshot and a timer that stay in their place, a channel, a token.
            tokio::select! {
                settled = settled(&mut self.pending) => self.handle_settled(sensors, settled).await,
                next = told.recv(), if self.pending.len() < PENDING_MAX => match next {
                    Some(next) => self.handle_told(sensors, next).await,
                    None => return,
                },
                () = stop.cancelled() => break,
            }
        }
        // What is queued at the recorder will be committed. What only stands is not: the broker sends it again.
        while let Some(pending) = self.pending.front() {
            if matches!(pending.due, Due::Stands(..)) {
                self.pending.pop_front();
                continue;
            }
            let settled = settled(&mut self.pending).await;
            self.handle_settled(sensors, settled).await;
        }
    }

    async fn handle_told(&mut self, sensors: &mut [Sensor], told: Told) {
        match told {
            Told::Connected => {
                self.asked_again = false;
                if self.board.connected() {
                    info!(broker = %self.broker.name, "broker connected");
                }
                for sensor in sensors {
                    sensor.pipeline.connected();
                }
            }
            Told::Lost(why) => {
                let why = format!("{}:{}: {why}", self.broker.host, self.broker.port);
                if self.board.lost(why.clone()) {
                    warn!(broker = %self.broker.name, why, "broker lost");
                }
                for sensor in sensors {
                    sensor.pipeline.lost("its broker is gone");
                }
                // They have no ack, so they come again.
                self.pending.retain(|pending| !matches!(pending.due, Due::Stands(..)));
            }
            Told::NotSubscribed(topic) => {
                let why = format!("broker refuses the subscription to {topic}; allow it in the broker's ACL");
                if self.board.problem(Some(why.clone())) {
                    warn!(broker = %self.broker.name, why, "broker refuses");
                }
            }
            Told::Message(_) if self.asked_again => {}
            Told::Message(message) => self.handle_message(sensors, message).await,
        }
    }

    async fn handle_message(&mut self, sensors: &mut [Sensor], message: Message) {
        let Some(&index) = self.routes.get(message.topic()) else {
            return self.owe(message, 0, Due::Now);
        };
        let Some(Sensor { dialect, pipeline, counts_alone, .. }) = sensors.get_mut(index) else { return };
        let reading = match read(dialect, &message) {
            Ok(Some(reading)) => reading,
            Ok(None) => return self.owe(message, index, Due::Now),
            Err(error) => {
                pipeline.bad_frame(&*error);
                return self.owe(message, index, Due::Now);
            }
        };
        // The last known value from before the subscription: a level still holds, a scan happened long ago.
        if message.is_retained() && matches!(reading, Reading::Scan(_)) {
            return self.owe(message, index, Due::Now);
        }
        if is_planted(Defect::AckBeforeCommit) {
            self.acks.send(&message);
        }
        if *counts_alone && matches!(reading, Reading::Weight(_)) {
            for older in self.pending.iter_mut().filter(|older| older.sensor == index) {
                if matches!(older.due, Due::Stands(..)) {
                    older.due = Due::Now;
                }
            }
            return self.owe(message, index, Due::Stands(Instant::now() + STANDS_FOR, reading));
        }
        let origin = origin(pipeline, &reading, &message);
        let due = pipeline.submit_reading(reading, origin).await.map_or(Due::Now, Due::Committed);
        self.owe(message, index, due);
    }

    fn owe(&mut self, message: Message, sensor: usize, due: Due) {
        self.pending.push_back(Pending { message, sensor, due });
    }

    async fn handle_settled(&mut self, sensors: &mut [Sensor], settled: Settled) {
        let Some(mut pending) = self.pending.pop_front() else { return };
        let Some(Sensor { pipeline, .. }) = sensors.get_mut(pending.sensor) else {
            return self.acks.send(&pending.message);
        };
        match settled {
            Settled::Nothing => self.acks.send(&pending.message),
            Settled::Stood => {
                let Due::Stands(_, reading) = pending.due else { return };
                let answer = pipeline.submit_reading(reading, None).await;
                pending.due = answer.map_or(Due::Now, Due::Committed);
                self.pending.push_front(pending);
            }
            Settled::Outcome(outcome) => {
                pipeline.handle_outcome(&outcome);
                match outcome {
                    // Not committed: the broker keeps it, and sends it again once asked to. The poller waits before
                    // it connects, so a disk that stays full makes no storm.
                    Err(Refused::Ledger(_) | Refused::Closed) => {
                        if !self.asked_again {
                            self.asked_again = true;
                            self.acks.say_goodbye();
                        }
                    }
                    // An entry that breaks a rule would break it again: it is counted, named in the log, done with.
                    Err(Refused::Entry(_)) | Ok(_) => self.acks.send(&pending.message),
                }
            }
        }
    }
}

/// Waits until the oldest message can be dealt with.
async fn settled(pending: &mut VecDeque<Pending>) -> Settled {
    match pending.front_mut().map(|pending| &mut pending.due) {
        Some(Due::Now) => Settled::Nothing,
        Some(Due::Committed(answer)) => Settled::Outcome(answer.await.unwrap_or(Err(Refused::Closed))),
        Some(Due::Stands(until, _)) => {
            sleep_until(*until).await;
            Settled::Stood
        }
        None => std::future::pending().await,
    }
}

fn read(dialect: &Dialect, message: &Message) -> Result<Option<Reading>, Box<dyn std::error::Error + Send + Sync>> {
    match dialect {
        Dialect::Json(json) => Ok(Some(json.read(message.payload())?)),
        Dialect::Tasmota(tasmota) => {
            let reading: Result<_, TasmotaError> = tasmota.read(message.topic(), message.payload());
            Ok(reading?)
        }
    }
}

/// What tells a scan's repetition: the sender's own id, or else the broker's word that it sends a message again.
/// Without either, the same code twice is two parts.
fn origin(pipeline: &Pipeline, reading: &Reading, message: &Message) -> Option<Origin> {
    let Reading::Scan(scan) = reading else { return None };
    let device = pipeline.device().as_str().as_bytes();
    Some(match &scan.id {
        Some(id) => Origin::new(OriginKind::Id, &[device, id.as_bytes()], true),
        None => {
            let packet = message.packet_id().to_be_bytes();
            Origin::new(OriginKind::Packet, &[device, &packet, message.payload()], message.is_repeated())
        }
    })
}
