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

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::record::Pipeline;
use crate::{
    config::{BrokerConfig, Dialect},
    device::{Reading, TasmotaError},
    ledger::{
        Outcome,
        recorder::{Answer, Refused},
    },
    movement::entry::Origin,
    planted::{Defect, is_planted},
    port::mqtt::{Acks, Incoming, Message, Session},
    status::{DeviceBoard, chain},
};

/// Messages between the two tasks: a burst of a busy site, some hundred kB at most.
const INBOX_MAX: usize = 256;

/// Messages whose commit is awaited: they commit in groups, so some of them wait together.
const PENDING_MAX: usize = 512;

/// The first wait after the session broke, and the longest.
const RECONNECT_FIRST: Duration = Duration::from_millis(500);
const RECONNECT_MAX: Duration = Duration::from_secs(30);

/// How long a session that cannot connect may try: the library has no limit of its own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(90);

/// A sensor of this broker.
#[derive(Debug)]
pub struct Sensor {
    pub topic: String,
    pub dialect: Dialect,
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
    /// `None`: nothing had to be recorded.
    answer: Option<Answer<Outcome>>,
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
    let poller = tokio::spawn(poll(session, tell, stop.clone()));
    let mut handler = Handler { broker, board, acks, routes, pending: VecDeque::new(), asked_again: false };
    handler.run(&mut sensors, &mut told, &stop).await;
    // The poller ends by the token, or because nobody listens any more.
    drop(told);
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

async fn poll(mut session: Session, tell: mpsc::Sender<Told>, stop: CancellationToken) {
    let mut wait = RECONNECT_FIRST;
    loop {
        let next = tokio::select! {
            next = timeout(CONNECT_TIMEOUT, session.next()) => next,
            () = stop.cancelled() => return,
        };
        let told = match next {
            // Silence for longer than the keep-alive: not possible on a living session.
            Err(_) => continue,
            Ok(Ok(Incoming::Connected)) => {
                wait = RECONNECT_FIRST;
                Told::Connected
            }
            Ok(Ok(Incoming::Message(message))) => Told::Message(message),
            Ok(Ok(Incoming::NotSubscribed(topic))) => Told::NotSubscribed(topic),
            Ok(Ok(Incoming::Other)) => continue,
            Ok(Err(error)) => Told::Lost(chain(&error)),
        };
        let lost = matches!(told, Told::Lost(_));
        if tell.send(told).await.is_err() {
            return;
        }
        if lost {
            tokio::select! {
                () = sleep(wait) => {}
                () = stop.cancelled() => return,
            }
            wait = (wait * 2).min(RECONNECT_MAX);
        }
    }
}

struct Handler {
    broker: BrokerConfig,
    board: DeviceBoard,
    acks: Acks,
    /// Topic → sensor.
    routes: HashMap<String, usize>,
    pending: VecDeque<Pending>,
    /// Something was not committed, and the broker has been asked to send everything again.
    asked_again: bool,
}

impl Handler {
    async fn run(&mut self, sensors: &mut [Sensor], told: &mut mpsc::Receiver<Told>, stop: &CancellationToken) {
        loop {
            // Both branches are cancel-safe: a channel's receive, and a oneshot's that stays in its place.
            tokio::select! {
                outcome = settled(&mut self.pending) => self.handle_settled(sensors, outcome),
                next = told.recv(), if self.pending.len() < PENDING_MAX => match next {
                    Some(next) => self.handle_told(sensors, next).await,
                    None => return,
                },
                () = stop.cancelled() => break,
            }
        }
        // What is queued at the recorder will be committed; those that are can still be acknowledged. The others
        // the broker sends again.
        while let Some(Pending { answer: Some(_), .. }) = self.pending.front() {
            let outcome = settled(&mut self.pending).await;
            self.handle_settled(sensors, outcome);
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
                let why = format!("{why}; start the broker at {}:{}", self.broker.host, self.broker.port);
                if self.board.lost(why.clone()) {
                    warn!(broker = %self.broker.name, why, "broker lost");
                }
                for sensor in sensors {
                    sensor.pipeline.lost("its broker is gone");
                }
            }
            Told::NotSubscribed(topic) => {
                let why = format!("broker refuses the subscription to {topic}; allow it in the broker's ACL");
                if self.board.problem(Some(why.clone())) {
                    warn!(broker = %self.broker.name, why, "broker refuses");
                }
            }
            Told::Message(message) => self.handle_message(sensors, message).await,
        }
    }

    async fn handle_message(&mut self, sensors: &mut [Sensor], message: Message) {
        let Some(&index) = self.routes.get(message.topic()) else {
            self.owe(message, 0, None);
            return;
        };
        let Some(Sensor { dialect, pipeline, .. }) = sensors.get_mut(index) else { return };
        let reading = match read(dialect, &message) {
            Ok(Some(reading)) => reading,
            Ok(None) => return self.owe(message, index, None),
            Err(error) => {
                pipeline.bad_frame(&*error);
                return self.owe(message, index, None);
            }
        };
        // The last known value from before the subscription: a level still holds, a scan happened long ago.
        if message.is_retained() && matches!(reading, Reading::Scan(_)) {
            return self.owe(message, index, None);
        }
        let origin = origin(pipeline, &reading, &message);
        if is_planted(Defect::AckBeforeCommit) {
            self.acks.send(&message);
        }
        let answer = pipeline.submit_reading(reading, origin).await;
        self.owe(message, index, answer);
    }

    fn owe(&mut self, message: Message, sensor: usize, answer: Option<Answer<Outcome>>) {
        self.pending.push_back(Pending { message, sensor, answer });
    }

    fn handle_settled(&mut self, sensors: &mut [Sensor], outcome: Option<Result<Outcome, Refused>>) {
        let Some(pending) = self.pending.pop_front() else { return };
        if let Some(outcome) = &outcome
            && let Some(sensor) = sensors.get_mut(pending.sensor)
        {
            sensor.pipeline.handle_outcome(outcome);
        }
        match outcome {
            // Not committed: the broker keeps it, and sends it again once asked to. The poller waits before it
            // connects, so a disk that stays full makes no storm.
            Some(Err(Refused::Ledger(_) | Refused::Closed)) => {
                if !self.asked_again {
                    self.asked_again = true;
                    self.acks.ask_again();
                }
            }
            // An entry that breaks a rule would break it again: it is counted, named in the log, and done with.
            Some(Err(Refused::Entry(_)) | Ok(_)) | None => self.acks.send(&pending.message),
        }
    }
}

/// Waits for the outcome of the oldest message; `None` when nothing had to be recorded for it.
async fn settled(pending: &mut VecDeque<Pending>) -> Option<Result<Outcome, Refused>> {
    match pending.front_mut() {
        Some(Pending { answer: Some(answer), .. }) => Some(answer.await.unwrap_or(Err(Refused::Closed))),
        Some(Pending { answer: None, .. }) => None,
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
        Some(id) => Origin::new(&[device, b"id", id.as_bytes()], true),
        None => {
            let packet = message.packet_id().to_be_bytes();
            Origin::new(&[device, b"packet", &packet, message.payload()], message.is_repeated())
        }
    })
}
