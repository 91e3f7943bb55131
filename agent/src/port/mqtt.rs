//! One MQTT session: subscribed anew at every connect, nothing acknowledged before it is told to.
//!
//! The session belongs to the broker's memory, not ours: a kept session and a stable client id make it keep what was not
//! acknowledged. The library's own queue is never an outbox. [`Session::next`] must be polled by one task alone and is
//! not cancel-safe (the library connects and flushes inside): race it against shutdown only.
//!
//! 3.1.1 is spoken by ourselves, on [`packet`], and 5 by the library; [`v3`] and [`v5`] make one of them.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;

use crate::config::{BrokerConfig, MqttVersion};

mod packet;
pub mod publisher;
mod v3;
mod v5;

/// The largest message taken. A scan or weight has some hundred bytes; the library's own 10 KiB makes one large
/// retained message an endless loop of reconnects.
const MESSAGE_LEN_MAX: usize = 512 * 1024;

/// Requests that may queue towards the library: an ack for every message that a session can leave unacknowledged
/// (packet ids have 16 bits), and the subscriptions. So an ack never waits for the poller, which may itself be waiting
/// for whoever acknowledges. The queue takes memory only for what is in it.
const REQUESTS_MAX: usize = 65_536 + 64;

/// Quiet time after which the broker is asked for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Times that a message may break the session, without a keep-alive passing in between, before the session is begun anew
/// without it.
const POISONED: u32 = 5;

/// A session with a broker.
pub struct Session {
    wire: Wire,
    topics: Vec<String>,
    /// Counts connects: an ack of an earlier one could hit a packet id that was given out anew.
    connect: Arc<AtomicU64>,
    asked: Arc<Asked>,
    unreadable: u32,
    /// The session is kept by the broker while we are away.
    is_kept: bool,
    /// This connect is the one that tells the broker to forget.
    forgetting: bool,
}

enum Wire {
    V3(Box<v3::Wire>),
    V5(Box<v5::Wire>),
}

/// What came over the session.
#[derive(Debug)]
pub enum Incoming {
    Connected,
    Message(Message),
    /// The broker refused subscriptions: nothing will come on these topics.
    NotSubscribed(Vec<String>),
    /// The broker has forgotten the session, because a message in it could not be taken.
    BegunAnew,
    /// We have said goodbye: everything queued before is sent.
    Goodbye,
    /// Nothing that concerns anyone.
    Other,
}

/// Why a session broke, or could not be made, and what to do.
#[derive(Debug)]
pub struct Broken {
    pub why: String,
    /// It is a message, not the line, that the session broke on: the same message will break the next one.
    is_unreadable: bool,
}

/// What one poll of a wire gives.
enum Polled {
    Connected,
    Message(Message),
    /// Which of the topics of the subscription were refused.
    Subscribed(Vec<usize>),
    Alive,
    Goodbye,
    Other,
}

/// A message, with what its ack needs.
#[derive(Debug, Clone)]
pub struct Message {
    topic: Arc<str>,
    payload: Bytes,
    retained: bool,
    repeated: bool,
    packet_id: u16,
    connect: u64,
    receipt: Receipt,
}

/// What is wanted back for an ack. `None` at QoS 0.
#[derive(Debug, Clone)]
enum Receipt {
    None,
    /// The packet id is enough.
    V3,
    V5(Box<rumqttc::v5::mqttbytes::v5::Publish>),
}

/// The way to the broker: acks, subscriptions, publications. None of them waits; the session sends them with its next
/// poll.
#[derive(Debug, Clone)]
pub struct Outbox {
    client: Client,
    connect: Arc<AtomicU64>,
    asked: Arc<Asked>,
}

/// What was subscribed to and is not answered yet, in order: a broker answers by position.
type Asked = Mutex<VecDeque<Vec<String>>>;

fn lock(asked: &Asked) -> MutexGuard<'_, VecDeque<Vec<String>>> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Clone)]
enum Client {
    V3(v3::Client),
    V5(rumqttc::v5::AsyncClient),
}

/// What the broker publishes for us when we are gone, and what it shall forget of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    pub topic: String,
    pub payload: Vec<u8>,
}

impl Session {
    /// A session that will subscribe to `topics` at QoS 1. `is_kept`: the broker keeps what comes while we are away.
    #[must_use]
    pub fn new(broker: &BrokerConfig, topics: Vec<String>, is_kept: bool) -> Self {
        let wire = match broker.version {
            MqttVersion::V3 => Wire::V3(Box::new(v3::Wire::new(broker, is_kept))),
            MqttVersion::V5 => Wire::V5(Box::new(v5::Wire::new(broker, is_kept))),
        };
        let (connect, asked) = (Arc::default(), Arc::default());
        Self { wire, topics, connect, asked, unreadable: 0, is_kept, forgetting: false }
    }

    #[must_use]
    pub fn outbox(&self) -> Outbox {
        let client = match &self.wire {
            Wire::V3(wire) => Client::V3(wire.client()),
            Wire::V5(wire) => Client::V5(wire.client()),
        };
        Outbox { client, connect: self.connect.clone(), asked: self.asked.clone() }
    }

    /// Sets what the broker publishes, retained and at QoS 1, when the next connection is lost.
    pub fn set_will(&mut self, will: &Will) {
        match &mut self.wire {
            Wire::V3(wire) => wire.set_will(will),
            Wire::V5(wire) => wire.set_will(will),
        }
    }

    /// The next thing that happens. After an error call again, later: the wait is the caller's.
    ///
    /// # Errors
    /// The session broke, or could not be made.
    pub async fn next(&mut self) -> Result<Incoming, Broken> {
        let connect = self.connect.load(Ordering::Relaxed);
        let polled = match &mut self.wire {
            Wire::V3(wire) => wire.poll(connect).await,
            Wire::V5(wire) => wire.poll(connect).await,
        };
        match polled {
            Ok(Polled::Connected) => Ok(self.connected()),
            Ok(Polled::Message(message)) => Ok(Incoming::Message(message)),
            Ok(Polled::Subscribed(refused)) => {
                let asked = lock(&self.asked).pop_front().unwrap_or_default();
                let refused: Vec<String> = refused.iter().filter_map(|index| asked.get(*index).cloned()).collect();
                Ok(if refused.is_empty() { Incoming::Other } else { Incoming::NotSubscribed(refused) })
            }
            Ok(Polled::Alive) => {
                // Lived for a whole keep-alive. Messages alone do not say so: some come before the bad one each time.
                self.unreadable = 0;
                Ok(Incoming::Other)
            }
            Ok(Polled::Goodbye) => Ok(Incoming::Goodbye),
            Ok(Polled::Other) => Ok(Incoming::Other),
            Err(broken) => {
                // Acks from here on are void, and what was read but not looked at will come again.
                self.connect.fetch_add(1, Ordering::Relaxed);
                lock(&self.asked).clear();
                self.begin_anew_when_poisoned(&broken);
                Err(broken)
            }
        }
    }

    fn connected(&mut self) -> Incoming {
        self.connect.fetch_add(1, Ordering::Relaxed);
        let outbox = self.outbox();
        if std::mem::take(&mut self.forgetting) {
            // The broker has forgotten the session with the message that could not be read. The next one it keeps.
            self.set_kept(self.is_kept);
            outbox.say_goodbye();
            return Incoming::BegunAnew;
        }
        // Also when the broker says that it kept the session: it may have kept it without these topics.
        if !outbox.subscribe(&self.topics) {
            // Full of acks of the connect before: break off, the next connect begins with an empty queue.
            match &mut self.wire {
                Wire::V3(wire) => wire.break_off(),
                Wire::V5(wire) => wire.break_off(),
            }
        }
        Incoming::Connected
    }

    /// A message that cannot be read comes again after each connect. Some times over, the session is begun anew
    /// without what the broker keeps for it. Other unacknowledged messages go with it: less than receiving nothing
    /// ever again, and the caller says so.
    fn begin_anew_when_poisoned(&mut self, broken: &Broken) {
        if broken.is_unreadable {
            self.unreadable += 1;
        }
        if self.unreadable >= POISONED {
            self.unreadable = 0;
            self.forgetting = true;
            self.set_kept(false);
        }
    }

    fn set_kept(&mut self, is_kept: bool) {
        match &mut self.wire {
            Wire::V3(wire) => wire.set_kept(is_kept),
            Wire::V5(wire) => wire.set_kept(is_kept),
        }
    }
}

impl Broken {
    fn login() -> Self {
        let why = "broker does not accept the login; check username and password".to_owned();
        Self { why, is_unreadable: false }
    }

    fn unreadable(why: &dyn std::fmt::Display) -> Self {
        let why = format!("a message cannot be taken: {why}; messages may have {MESSAGE_LEN_MAX} bytes");
        Self { why, is_unreadable: true }
    }

    fn line(error: &(dyn std::error::Error + 'static)) -> Self {
        let why = format!("{}; start the broker, or check host and port", crate::cause::chain(error));
        Self { why, is_unreadable: false }
    }
}

impl Message {
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The last known value from before the subscription, not something that happened.
    #[must_use]
    pub fn is_retained(&self) -> bool {
        self.retained
    }

    /// The broker says that it sent this before. Brokers may leave it out.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }

    /// The number under which it waits for its ack; the same when it is sent again in a session.
    #[must_use]
    pub fn packet_id(&self) -> u16 {
        self.packet_id
    }
}

impl Outbox {
    /// Hands an ack to the session. The ack of a message of an earlier connect is void: the broker sends that message
    /// again.
    pub fn ack(&self, message: &Message) {
        if message.connect != self.connect.load(Ordering::Relaxed) {
            return;
        }
        // Fails only when the session has ended; the broker then sends the message again to the next one.
        match (&self.client, &message.receipt) {
            (Client::V3(client), Receipt::V3) => {
                client.ack(message.packet_id, || message.connect == self.connect.load(Ordering::Relaxed));
            }
            (Client::V5(client), Receipt::V5(publish)) => drop(client.try_ack(publish)),
            (Client::V3(_) | Client::V5(_), Receipt::None | Receipt::V3 | Receipt::V5(_)) => {}
        }
    }

    /// Subscribes at QoS 1. `false`: no room.
    #[must_use]
    pub fn subscribe(&self, topics: &[String]) -> bool {
        if topics.is_empty() {
            return true;
        }
        // Held while it is queued, so that both queues have one order.
        let mut asked = lock(&self.asked);
        let is_queued = match &self.client {
            Client::V3(client) => client.subscribe(topics),
            Client::V5(client) => client.try_subscribe_many(v5::filters(topics)).is_ok(),
        };
        if is_queued {
            asked.push_back(topics.to_vec());
        }
        is_queued
    }

    /// Publishes, retained at QoS 1 or else at QoS 0. `false`: no room, or no topic to publish on.
    #[must_use]
    pub fn publish(&self, topic: &str, payload: Vec<u8>, retained: bool) -> bool {
        match &self.client {
            Client::V3(client) => client.publish(topic, &payload, retained),
            Client::V5(client) => {
                use rumqttc::v5::mqttbytes::QoS;
                let qos = if retained { QoS::AtLeastOnce } else { QoS::AtMostOnce };
                client.try_publish(topic, qos, retained, payload).is_ok()
            }
        }
    }

    /// Ends the connection after what is queued. The broker keeps the session, and sends everything again that has no
    /// ack when we connect again.
    pub fn say_goodbye(&self) {
        // No room means that the connection is broken already or busy; it will be asked again.
        match &self.client {
            Client::V3(client) => client.disconnect(),
            Client::V5(client) => drop(client.try_disconnect()),
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("topics", &self.topics).finish_non_exhaustive()
    }
}
