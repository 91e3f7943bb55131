//! One MQTT session: subscribed anew at every connect, nothing acknowledged before it is told to.
//!
//! The session belongs to the broker's memory, not ours: `clean_session(false)` and a stable client id make it keep
//! what was not acknowledged. rumqttc's own queue is never an outbox. [`Session::next`] must be polled by one task
//! alone and is not cancel-safe (the library connects and flushes inside): race it against shutdown only.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use rumqttc::{
    AsyncClient, ConnectReturnCode, Event, EventLoop, MqttOptions, Outgoing, Packet, Publish, QoS, SubscribeFilter,
    SubscribeReasonCode,
};

use crate::config::BrokerConfig;

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
    client: AsyncClient,
    events: EventLoop,
    topics: Vec<String>,
    /// Counts connects: an ack of an earlier one could hit a packet id that was given out anew.
    connect: Arc<AtomicU64>,
    unreadable: u32,
}

/// What came over the session.
#[derive(Debug)]
pub enum Incoming {
    Connected,
    Message(Message),
    /// The broker refused a subscription: nothing will come on this topic.
    NotSubscribed(String),
    /// The broker has forgotten the session, because a message in it could not be taken.
    BegunAnew,
    /// We have said goodbye: everything queued before is sent.
    Goodbye,
    /// Nothing that concerns anyone.
    Other,
}

/// A message, with what its ack needs.
#[derive(Debug, Clone)]
pub struct Message {
    publish: Publish,
    connect: u64,
}

/// The way to acknowledge.
#[derive(Debug, Clone)]
pub struct Acks {
    client: AsyncClient,
    connect: Arc<AtomicU64>,
}

/// Why a session broke, and what to do.
#[must_use]
pub fn explained(error: &rumqttc::ConnectionError) -> String {
    use rumqttc::ConnectionError;
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => "broker does not accept the login; check username and password".to_owned(),
        ConnectionError::ConnectionRefused(code) => format!("broker refuses the connection: {code:?}"),
        error if is_unreadable(error) => {
            format!("a message cannot be taken: {error}; messages may have {MESSAGE_LEN_MAX} bytes")
        }
        ConnectionError::Io(_)
        | ConnectionError::MqttState(_)
        | ConnectionError::NetworkTimeout
        | ConnectionError::FlushTimeout
        | ConnectionError::Tls(_)
        | ConnectionError::NotConnAck(_)
        | ConnectionError::RequestsDone => {
            format!("{}; start the broker, or check host and port", crate::cause::chain(error))
        }
    }
}

/// Whether it is a message, not the line, that the session broke on: the same message will break the next one. The
/// library files a line that breaks in the middle of a packet under the same heading.
fn is_unreadable(error: &rumqttc::ConnectionError) -> bool {
    use rumqttc::{ConnectionError, StateError, mqttbytes};
    let ConnectionError::MqttState(StateError::Deserialization(error)) = error else { return false };
    !matches!(error, mqttbytes::Error::Io(_) | mqttbytes::Error::InsufficientBytes(_))
}

impl Session {
    /// A session that will subscribe to `topics` at QoS 1.
    #[must_use]
    pub fn new(broker: &BrokerConfig, topics: Vec<String>) -> Self {
        let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
        options.set_keep_alive(KEEP_ALIVE);
        options.set_clean_session(false);
        options.set_manual_acks(true);
        options.set_max_packet_size(MESSAGE_LEN_MAX, MESSAGE_LEN_MAX);
        if let Some((username, password)) = &broker.login {
            options.set_credentials(username, password.reveal());
        }
        let (client, events) = AsyncClient::new(options, REQUESTS_MAX);
        Self { client, events, topics, connect: Arc::default(), unreadable: 0 }
    }

    #[must_use]
    pub fn acks(&self) -> Acks {
        Acks { client: self.client.clone(), connect: self.connect.clone() }
    }

    /// The next thing that happens. After an error call again, later: the wait is the caller's.
    ///
    /// # Errors
    /// The session broke, or could not be made.
    pub async fn next(&mut self) -> Result<Incoming, rumqttc::ConnectionError> {
        let event = match self.events.poll().await {
            Ok(event) => event,
            Err(error) => {
                // Acks from here on are void, and what was read but not looked at will come again.
                self.connect.fetch_add(1, Ordering::Relaxed);
                self.events.state.events.clear();
                self.begin_anew_when_poisoned(&error);
                return Err(error);
            }
        };
        Ok(match event {
            Event::Incoming(Packet::ConnAck(ack)) if ack.code == ConnectReturnCode::Success => self.connected(),
            Event::Incoming(Packet::Publish(publish)) => {
                Incoming::Message(Message { publish, connect: self.connect.load(Ordering::Relaxed) })
            }
            Event::Incoming(Packet::SubAck(ack)) => {
                let refused = ack.return_codes.iter().position(|code| *code == SubscribeReasonCode::Failure);
                refused
                    .and_then(|index| self.topics.get(index))
                    .map_or(Incoming::Other, |topic| Incoming::NotSubscribed(topic.clone()))
            }
            Event::Incoming(Packet::PingResp) => {
                // Lived for a whole keep-alive. Messages alone do not say so: some come before the bad one each time.
                self.unreadable = 0;
                Incoming::Other
            }
            Event::Outgoing(Outgoing::Disconnect) => Incoming::Goodbye,
            Event::Incoming(_) | Event::Outgoing(_) => Incoming::Other,
        })
    }

    fn connected(&mut self) -> Incoming {
        self.connect.fetch_add(1, Ordering::Relaxed);
        if self.events.mqtt_options.clean_session() {
            // The broker has forgotten the session with the message that could not be read. The next one it keeps.
            self.events.mqtt_options.set_clean_session(false);
            let _ = self.client.try_disconnect();
            return Incoming::BegunAnew;
        }
        // Also when the broker says that it kept the session: it may have kept it without these topics.
        let filters = self.topics.iter().map(|topic| SubscribeFilter::new(topic.clone(), QoS::AtLeastOnce));
        if !self.topics.is_empty() && self.client.try_subscribe_many(filters).is_err() {
            // Full of acks of the connect before: break off, the next connect begins with an empty queue.
            self.events.clean();
            self.events.pending.clear();
        }
        Incoming::Connected
    }

    /// A message that cannot be read comes again after each connect. Some times over, the session is begun anew
    /// without what the broker keeps for it. Other unacknowledged messages go with it: less than receiving nothing
    /// ever again, and the caller says so.
    fn begin_anew_when_poisoned(&mut self, error: &rumqttc::ConnectionError) {
        if is_unreadable(error) {
            self.unreadable += 1;
        }
        if self.unreadable >= POISONED {
            self.unreadable = 0;
            self.events.mqtt_options.set_clean_session(true);
        }
    }
}

impl Message {
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.publish.topic
    }

    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.publish.payload
    }

    /// The last known value from before the subscription, not something that happened.
    #[must_use]
    pub fn is_retained(&self) -> bool {
        self.publish.retain
    }

    /// The broker says that it sent this before. Brokers may leave it out.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.publish.dup
    }

    /// The number under which it waits for its ack; the same when it is sent again in a session.
    #[must_use]
    pub fn packet_id(&self) -> u16 {
        self.publish.pkid
    }
}

impl Acks {
    /// Hands an ack to the session, which sends it with its next poll. The ack of a message of an earlier connect is
    /// void: the broker sends that message again.
    pub fn send(&self, message: &Message) {
        let is_void = message.connect != self.connect.load(Ordering::Relaxed);
        if message.publish.qos != QoS::AtMostOnce && !is_void {
            // Fails only when the session has ended; the broker then sends the message again to the next one.
            let _ = self.client.try_ack(&message.publish);
        }
    }

    /// Ends the connection after what is queued. The broker keeps the session, and sends everything again that has no
    /// ack when we connect again.
    pub fn say_goodbye(&self) {
        // No room means that the connection is broken already or busy; it will be asked again.
        let _ = self.client.try_disconnect();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("topics", &self.topics).finish_non_exhaustive()
    }
}
