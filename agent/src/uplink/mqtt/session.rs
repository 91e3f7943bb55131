//! One session with a vendor's broker: subscribed to the answers, then batches out and answers in.
//!
//! Each session is a new client of the library: what its state, its queue or its packet ids were in the last one cannot
//! hold up the next. A session ends when the line breaks, when an answer does not come in time (a line half open, a
//! subscription the broker has lost), or after it was idle. The library's client is polled by a task alone and never
//! cancelled but to break the connection off; nothing here waits for its queue.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use gateway_proto::{
    answer::{Code, Rejection},
    delivery::{Reply, TroubleKind},
    mqtt::{Answer, CONTENT_TYPE, Correlation, PROOF, Proven},
};
use rumqttc::{
    Outgoing,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, StateError,
        mqttbytes::{
            QoS,
            v5::{ConnectReturnCode, Packet, PubAckReason, Publish, PublishProperties, SubscribeReasonCode},
        },
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{Ask, Line, nothing, random, unsent};
use crate::{
    cause,
    uplink::{Sent, reply},
};

/// Requests towards the library: a subscription, and every attempt there may be.
const REQUESTS_MAX: usize = 64;

/// Events that wait to be looked at; then the poller waits, and with it the broker.
const EVENTS_MAX: usize = 64;

/// After so long without a batch the connection is given up: its signs of life cost more than the next connect.
const IDLE_MAX: Duration = Duration::from_secs(300);

/// What a publication has beside its body: topics, properties, proof.
const HEAD_LEN_MAX: usize = 1_024;

/// A broker that is connected and lets us hear answers.
pub(super) struct Session<'l> {
    line: &'l Line,
    client: AsyncClient,
    events: mpsc::Receiver<Result<Event, Box<ConnectionError>>>,
    /// Dropped, it breaks the connection off.
    _poller: JoinSet<()>,
    /// The largest packet that the broker takes.
    packet_len_max: usize,
    flights: BTreeMap<Correlation, Flight>,
    /// Handed to the library and not numbered by it yet, in order.
    unnumbered: VecDeque<Correlation>,
    numbered: BTreeMap<u16, Correlation>,
}

/// A batch without its answer.
struct Flight {
    answer: oneshot::Sender<Sent>,
    /// Bytes of its body.
    up: u64,
    until: Instant,
    broker: Broker,
}

/// How far a batch is for the broker; it settles nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broker {
    Silent,
    HasIt,
}

impl<'l> Session<'l> {
    /// Connects and subscribes.
    ///
    /// # Errors
    /// What to answer to whoever wanted to send.
    pub(super) async fn open(line: &'l Line) -> Result<Self, Reply> {
        let (client, library) = AsyncClient::new(line.options.clone(), REQUESTS_MAX);
        let (told, events) = mpsc::channel(EVENTS_MAX);
        let mut poller = JoinSet::new();
        poller.spawn(poll(library, told));
        let mut session = Self {
            line,
            client,
            events,
            _poller: poller,
            packet_len_max: usize::MAX,
            flights: BTreeMap::new(),
            unnumbered: VecDeque::new(),
            numbered: BTreeMap::new(),
        };
        match timeout(line.connect_timeout, session.subscribe()).await {
            Ok(Ok(())) => Ok(session),
            Ok(Err(reply)) => Err(reply),
            Err(_) => Err(nothing(TroubleKind::Unreachable, "the broker does not answer".to_owned())),
        }
    }

    async fn subscribe(&mut self) -> Result<(), Reply> {
        loop {
            match self.events.recv().await {
                Some(Ok(Event::Incoming(Packet::ConnAck(ack)))) => {
                    if let Some(len) = ack.properties.and_then(|properties| properties.max_packet_size) {
                        self.packet_len_max = usize::try_from(len).unwrap_or(usize::MAX);
                    }
                    if self.client.try_subscribe(&self.line.answers, QoS::AtLeastOnce).is_err() {
                        return Err(ended());
                    }
                }
                Some(Ok(Event::Incoming(Packet::SubAck(ack)))) => {
                    let is_heard = ack.return_codes.iter().all(|code| matches!(code, SubscribeReasonCode::Success(_)));
                    let detail = || format!("the broker does not let this login hear {}", self.line.answers);
                    return if is_heard { Ok(()) } else { Err(nothing(TroubleKind::Unauthorized, detail())) };
                }
                Some(Ok(Event::Incoming(_) | Event::Outgoing(_))) => {}
                Some(Err(error)) => return Err(broken(&error)),
                None => return Err(ended()),
            }
        }
    }

    /// Sends what is asked and answers it, until the session ends; then everything has its answer.
    pub(super) async fn serve(mut self, first: Ask, asked: &mut mpsc::Receiver<Ask>) {
        let mut renewed = self.line.renewals.subscribe();
        self.launch(first);
        let mut idle_until = Instant::now() + IDLE_MAX;
        loop {
            let until = self.flights.values().map(|flight| flight.until).min().unwrap_or(idle_until);
            // Cancel-safe: channels and a timer.
            tokio::select! {
                event = self.events.recv() => {
                    let why = match event {
                        Some(Ok(event)) => self.handle(event),
                        Some(Err(error)) => Some(broken(&error)),
                        None => Some(ended()),
                    };
                    if let Some(why) = why {
                        return self.end(&why);
                    }
                }
                ask = asked.recv() => match ask {
                    Some(ask) => self.launch(ask),
                    None => return self.end(&ended()),
                },
                // The sender is the line's own: it does not go.
                Ok(()) = renewed.changed() => return self.end(&anew()),
                () = sleep_until(until) => {
                    if self.flights.is_empty() {
                        // A goodbye that is lost costs nothing.
                        let _lost = self.client.try_disconnect();
                        return;
                    }
                    return self.time_out();
                }
            }
            if !self.flights.is_empty() {
                idle_until = Instant::now() + IDLE_MAX;
            }
        }
    }

    fn launch(&mut self, ask: Ask) {
        let Ask { body, answer } = ask;
        if body.len().saturating_add(HEAD_LEN_MAX) > self.packet_len_max {
            let detail = format!("the broker takes {} bytes at most", self.packet_len_max);
            let rejection = Rejection::new(Code::TooLarge, detail);
            let _gone = answer.send(unsent(Reply::Rejected { rejection, retry_after: None }));
            return;
        }
        let Ok(correlation) = random() else {
            let _gone =
                answer.send(unsent(nothing(TroubleKind::Refused, "this machine has no random numbers".to_owned())));
            return;
        };
        let properties = PublishProperties {
            response_topic: Some(self.line.answers.clone()),
            correlation_data: Some(correlation.to_vec().into()),
            user_properties: vec![(PROOF.to_owned(), self.line.key.prove(Proven::Batch, &correlation, &body))],
            content_type: Some(CONTENT_TYPE.to_owned()),
            ..PublishProperties::default()
        };
        let up = body.len() as u64;
        let published =
            self.client.try_publish_with_properties(&self.line.batches, QoS::AtLeastOnce, false, body, properties);
        if published.is_err() {
            let _gone = answer.send(unsent(ended()));
            return;
        }
        let until = Instant::now() + self.line.request_timeout;
        self.flights.insert(correlation, Flight { answer, up, until, broker: Broker::Silent });
        self.unnumbered.push_back(correlation);
    }

    /// What an event means; `Some` when the session is over.
    fn handle(&mut self, event: Event) -> Option<Reply> {
        match event {
            Event::Outgoing(Outgoing::Publish(number)) => {
                if let Some(correlation) = self.unnumbered.pop_front() {
                    self.numbered.insert(number, correlation);
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => {
                let correlation = self.numbered.remove(&ack.pkid)?;
                self.broker_answers(correlation, ack.reason);
            }
            Event::Incoming(Packet::Publish(publish)) => self.hub_answers(&publish),
            Event::Incoming(Packet::Disconnect(disconnect)) => {
                let why = format!("the broker ends the connection: {:?}", disconnect.reason_code);
                return Some(nothing(TroubleKind::Unreachable, why));
            }
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
        None
    }

    fn broker_answers(&mut self, correlation: Correlation, reason: PubAckReason) {
        let trouble = match reason {
            PubAckReason::Success => {
                if let Some(flight) = self.flights.get_mut(&correlation) {
                    flight.broker = Broker::HasIt;
                }
                return;
            }
            PubAckReason::NoMatchingSubscribers => {
                nothing(TroubleKind::Unreachable, "the hub is not at the broker".to_owned())
            }
            PubAckReason::NotAuthorized => {
                let detail = format!("the broker does not let this login publish to {}", self.line.batches);
                nothing(TroubleKind::Unauthorized, detail)
            }
            PubAckReason::QuotaExceeded => nothing(TroubleKind::Busy, "the broker's quota is exceeded".to_owned()),
            PubAckReason::UnspecifiedError
            | PubAckReason::ImplementationSpecificError
            | PubAckReason::TopicNameInvalid
            | PubAckReason::PacketIdentifierInUse
            | PubAckReason::PayloadFormatInvalid => {
                nothing(TroubleKind::Refused, format!("the broker refuses the batch: {reason:?}"))
            }
        };
        if let Some(flight) = self.flights.remove(&correlation) {
            flight.end(trouble, 0);
        }
    }

    /// Takes an answer that is proven and fits an attempt. Anything else is passed over: it may be anybody's.
    fn hub_answers(&mut self, publish: &Publish) {
        if publish.topic != self.line.answers.as_bytes() {
            return;
        }
        let Some(properties) = &publish.properties else { return };
        let correlation = properties.correlation_data.as_deref().and_then(|data| Correlation::try_from(data).ok());
        let Some(correlation) = correlation else { return };
        if !self.flights.contains_key(&correlation) {
            return;
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(&publish.payload) else { return };
        let proof = properties.user_properties.iter().find(|(name, _)| name == PROOF).map_or("", |(_, proof)| proof);
        let is_proven = self.line.key.holds(Proven::Answer, &correlation, &publish.payload, proof);
        // A hub that does not know our token cannot prove itself to us. This says so, and settles nothing.
        if !is_proven && answer.status != Code::Unauthorized.status() {
            tracing::debug!(topic = self.line.answers, "answer without proof");
            return;
        }
        let Some(flight) = self.flights.remove(&correlation) else { return };
        let retry_after = answer.retry_after.map(|seconds| Duration::from_secs(seconds.into()));
        let read = reply::read(answer.status, retry_after, answer.body.get().as_bytes());
        flight.end(read, publish.payload.len() as u64);
    }

    fn time_out(mut self) {
        let now = Instant::now();
        let late: Vec<_> = self.flights.iter().filter(|(_, flight)| flight.until <= now).map(|(id, _)| *id).collect();
        for flight in late.iter().filter_map(|correlation| self.flights.remove(correlation)) {
            let detail = match flight.broker {
                Broker::HasIt => "the broker has the batch and the hub does not answer",
                Broker::Silent => "the broker does not acknowledge the batch",
            };
            flight.end(nothing(TroubleKind::TimedOut, detail.to_owned()), 0);
        }
        self.line.renewals.send_modify(|count| *count += 1);
        self.end(&anew());
    }

    fn end(self, why: &Reply) {
        for (_, flight) in self.flights {
            flight.end(why.clone(), 0);
        }
    }
}

impl Flight {
    fn end(self, reply: Reply, down: u64) {
        // Nobody waits any more where the delivery has begun anew.
        let _gone = self.answer.send(Sent { reply, up: self.up, down });
    }
}

/// Polls the library until the first error: whatever it would do then is ours to decide.
async fn poll(mut library: EventLoop, told: mpsc::Sender<Result<Event, Box<ConnectionError>>>) {
    loop {
        let polled = library.poll().await.map_err(Box::new);
        let is_broken = polled.is_err();
        if told.send(polled).await.is_err() || is_broken {
            return;
        }
    }
}

fn anew() -> Reply {
    nothing(TroubleKind::TimedOut, "the session was begun anew".to_owned())
}

fn ended() -> Reply {
    nothing(TroubleKind::Unreachable, "the session with the broker has ended".to_owned())
}

fn broken(error: &ConnectionError) -> Reply {
    let code = match error {
        ConnectionError::ConnectionRefused(code) => Some(*code),
        ConnectionError::MqttState(StateError::ConnFail { reason }) => Some(*reason),
        ConnectionError::MqttState(_)
        | ConnectionError::Timeout(_)
        | ConnectionError::Tls(_)
        | ConnectionError::Io(_)
        | ConnectionError::NotConnAck(_)
        | ConnectionError::RequestsDone => None,
    };
    match code {
        Some(ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized | ConnectReturnCode::Banned) => {
            nothing(TroubleKind::Unauthorized, "the broker refuses the login".to_owned())
        }
        Some(code) => nothing(TroubleKind::Unreachable, format!("the broker refuses the connection: {code:?}")),
        None => nothing(TroubleKind::Unreachable, format!("broker: {}", cause::root(error))),
    }
}
