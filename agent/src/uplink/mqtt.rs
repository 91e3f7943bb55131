//! Batches over MQTT 5: published at the vendor's broker, answered by the hub over the broker.
//!
//! The broker's acknowledgement says only that the broker has a batch; nothing is delivered until the hub's own answer is
//! here, proven and for this attempt. Knows requests and answers, not when to send what: a connection is made when
//! something is sent, and the delivery's backoff is the only one. See [`gateway_proto::mqtt`] for what travels, [`session`]
//! for the connection.

mod session;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_proto::{
    delivery::{Reply, TroubleKind},
    mqtt::{self, ProofKey},
    name::SiteName,
};
use rumqttc::{TlsConfiguration, Transport, v5::MqttOptions};
use tokio::sync::{mpsc, oneshot, watch};

use self::session::Session;
use super::{Sent, UplinkError};
use crate::{
    clock::Clock,
    config::{FeedConfig, UplinkConfig},
    tls,
};

/// zstd's default, as over HTTPS.
const ZSTD_LEVEL: i32 = 3;

/// IANA's port for MQTT over TLS, and without.
const PORT_TLS: u16 = 8_883;
const PORT_PLAIN: u16 = 1_883;

/// Bytes of an answer that are taken, as over HTTPS. The broker drops what is larger.
const ANSWER_LEN_MAX: u32 = 1_024 * 1_024;

/// Quiet time after which the broker is asked for a sign of life. Metered lines pay for each; what is half open is found
/// by the answer that does not come.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Attempts that wait for the session: as many as a hub ever lets fly, and one.
const ASKS_MAX: usize = 16;

/// The way to one feed's hub over its vendor's broker.
#[derive(Debug, Clone)]
pub struct MqttBatches {
    asks: mpsc::Sender<Ask>,
    renewals: Arc<watch::Sender<u64>>,
}

/// A batch on its way out, and where its answer is waited for.
#[derive(Debug)]
struct Ask {
    body: Bytes,
    answer: oneshot::Sender<Sent>,
}

/// Everything a session is made from.
struct Line {
    options: MqttOptions,
    batches: String,
    answers: String,
    key: ProofKey,
    connect_timeout: Duration,
    request_timeout: Duration,
    /// How often the session was begun anew; a change ends it.
    renewals: Arc<watch::Sender<u64>>,
}

impl MqttBatches {
    /// Prepares the way. Connects when something is sent. To be called in a runtime; the session ends with the last clone.
    ///
    /// # Errors
    /// [`UplinkError`], all of them faults of the configuration.
    pub fn new(site: &SiteName, feed: &FeedConfig, config: &UplinkConfig, clock: &Clock) -> Result<Self, UplinkError> {
        let renewals = Arc::new(watch::Sender::new(0));
        let line = Line {
            options: options(site, feed, clock)?,
            batches: mqtt::batches(site, &feed.name),
            answers: mqtt::answers(site, &feed.name),
            key: ProofKey::of(feed.token.reveal()),
            connect_timeout: config.connect_timeout,
            request_timeout: config.request_timeout,
            renewals: Arc::clone(&renewals),
        };
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        tokio::spawn(run(line, asked));
        Ok(Self { asks, renewals })
    }

    /// Sends a batch and says what came of it. Never an error: whatever happens is an answer or the lack of one.
    pub async fn send(&self, json: &str) -> Sent {
        let body = match zstd::bulk::compress(json.as_bytes(), ZSTD_LEVEL) {
            Ok(body) => body.into(),
            Err(error) => return unsent(nothing(TroubleKind::Refused, format!("compress batch: {error}"))),
        };
        let (answer, answered) = oneshot::channel();
        let gone = || unsent(nothing(TroubleKind::Unreachable, "the session with the broker has ended".to_owned()));
        if self.asks.send(Ask { body, answer }).await.is_err() {
            return gone();
        }
        answered.await.unwrap_or_else(|_| gone())
    }

    /// Ends the session, so that the next batch begins one anew.
    pub fn renew(&self) {
        self.renewals.send_modify(|count| *count += 1);
    }

    /// How often the session was begun anew, here and by itself after an answer that did not come.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        *self.renewals.borrow()
    }
}

/// Connects for what is asked, and again for the next when the session has ended.
async fn run(line: Line, mut asked: mpsc::Receiver<Ask>) {
    while let Some(ask) = asked.recv().await {
        match Session::open(&line).await {
            Ok(session) => session.serve(ask, &mut asked).await,
            Err(reply) => {
                // The others would find the same; the delivery decides when to try again.
                let _gone = ask.answer.send(unsent(reply.clone()));
                while let Ok(ask) = asked.try_recv() {
                    let _gone = ask.answer.send(unsent(reply.clone()));
                }
            }
        }
    }
}

fn options(site: &SiteName, feed: &FeedConfig, clock: &Clock) -> Result<MqttOptions, UplinkError> {
    let address = || UplinkError::Address { hub: feed.hub.clone() };
    let host = feed.hub.host_str().ok_or_else(address)?;
    let is_secure = feed.hub.scheme() == "mqtts";
    let port = feed.hub.port().unwrap_or(if is_secure { PORT_TLS } else { PORT_PLAIN });
    // A name of its own for each start: with a shared one a cloned gateway and its original would throw each other out for
    // ever, and the hub would never get to see the fork.
    let name = random().map_err(|_| UplinkError::Random)?;
    let name = name.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut options = MqttOptions::new(format!("binwire-{site}-{}-{name}", feed.name), host, port);
    options.set_keep_alive(KEEP_ALIVE);
    // Nothing of ours is to be kept by the broker: the ledger is the outbox.
    options.set_clean_start(true);
    options.set_max_packet_size(Some(ANSWER_LEN_MAX));
    options.set_outgoing_inflight_upper_limit(u16::try_from(2 * ASKS_MAX).unwrap_or(u16::MAX));
    if let Some((username, password)) = &feed.login {
        options.set_credentials(username, password.reveal());
    }
    if is_secure {
        let config = Arc::new(tls::client(feed.ca.as_deref(), clock)?);
        options.set_transport(Transport::Tls(TlsConfiguration::Rustls(config)));
    }
    Ok(options)
}

/// Bytes that nobody can guess.
fn random() -> Result<mqtt::Correlation, rustls::crypto::GetRandomFailed> {
    let mut bytes = mqtt::Correlation::default();
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes)?;
    Ok(bytes)
}

/// An attempt that never left this machine.
fn unsent(reply: Reply) -> Sent {
    Sent { reply, up: 0, down: 0 }
}

fn nothing(kind: TroubleKind, detail: String) -> Reply {
    Reply::Nothing { kind, detail, retry_after: None }
}
