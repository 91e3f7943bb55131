//! The door for sites at a broker: batches come in on topics, answers go out on others, MQTT 5. The words are in
//! [`gateway_proto::mqtt`].
//!
//! ```text
//! topic → feed → proof (is it the holder of this feed's token?) → unpacked (≤ 4 MiB) → intake → commit → answer → PUBACK
//! ```
//!
//! The broker's session is nothing: it is begun anew at each connect, and what came meanwhile was not answered, so the
//! site sends it again. A batch is acknowledged to the broker after its answer, so that the broker's window bounds what is
//! worked on at once. A proof that does not hold is refused with the same words whether or not there is such a feed.

mod session;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use gateway_proto::{
    answer::{Code, Rejection},
    backoff::Backoff,
    limits::BATCH_LEN_MAX,
    mqtt::{self, Answer, CONTENT_TYPE, Correlation, PROOF, ProofKey, Proven},
};
use rumqttc::{
    TlsConfiguration, Transport,
    v5::{MqttOptions, mqttbytes::v5::Publish},
};
use serde_json::value::RawValue;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{FeedConfig, HubConfig, MqttConfig},
    feed::FeedKey,
    intake,
    store::{Store, StoredFeed},
    tls,
};

/// Batches worked on at once: each may hold the compressed and the plain text of 4 MiB.
const INTAKES_MAX: u16 = 32;

/// A batch has at most 4 MiB when it is unpacked, and some properties.
const PACKET_LEN_MAX: usize = BATCH_LEN_MAX + 64 * 1_024;

/// Quiet time after which the broker is asked for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Waits after a broker was not reached: random up to this, doubling up to the second.
const BACKOFF_FIRST: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// What a site that is turned away waits at least, in seconds.
const RETRY_AFTER: u32 = 1;

/// The door, ready to be opened.
pub(crate) struct Door {
    options: MqttOptions,
    intake: Arc<Intake>,
}

/// What a batch is judged by.
struct Intake {
    store: Store,
    feeds: BTreeMap<FeedKey, (StoredFeed, ProofKey)>,
}

/// An answer on its way out.
struct Outgoing {
    topic: String,
    correlation: Correlation,
    payload: Vec<u8>,
    /// `None`: nobody's token was shown, so there is no key to prove it with.
    proof: Option<String>,
}

impl Door {
    /// # Errors
    /// When the broker's authority cannot be used.
    pub(crate) fn new(broker: &MqttConfig, config: &HubConfig, store: Store) -> anyhow::Result<Self> {
        let key =
            |(stored, feed): (&StoredFeed, &FeedConfig)| (stored.key.clone(), (stored.clone(), feed.token.proof_key()));
        let feeds = store.feeds().iter().zip(&config.feeds).map(key).collect();
        Ok(Self { options: options(broker)?, intake: Arc::new(Intake { store, feeds }) })
    }

    /// Takes batches until `shutdown`; connects again whenever the broker is lost.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), self.options.client_id());
        let mut backoff = Backoff::new(BACKOFF_FIRST, BACKOFF_MAX, seed);
        let mut told = None;
        loop {
            let served = tokio::select! {
                served = session::serve(self.options.clone(), &self.intake, || {
                    tracing::info!("taking batches at the broker");
                    told = None;
                    backoff.succeeded();
                }) => served,
                () = shutdown.cancelled() => return,
            };
            // Told on a change: a broker that is away for a day is one line.
            if told.as_ref() != Some(&served) {
                tracing::warn!(why = served, "broker lost");
                told = Some(served);
            }
            let wait = backoff.failed(Duration::ZERO);
            tokio::select! {
                () = sleep(wait) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }
}

impl Intake {
    /// What a publication is answered with; `None` where it is nothing that can be answered.
    async fn answer(&self, publish: &Publish) -> Option<Outgoing> {
        // What a broker has kept is no batch of now.
        if publish.retain {
            return None;
        }
        let (site, feed) = mqtt::feed_of(std::str::from_utf8(&publish.topic).ok()?)?;
        let properties = publish.properties.as_ref()?;
        let correlation = Correlation::try_from(properties.correlation_data.as_deref()?).ok()?;
        // The answer goes where this feed's answers go, wherever the batch would like it to.
        let topic = mqtt::answers(&site, &feed);
        let proof = properties.user_properties.iter().find(|(name, _)| name == PROOF).map_or("", |(_, proof)| proof);
        let known = self.feeds.get(&FeedKey { site, name: feed });
        let proven = known.filter(|(_, key)| key.holds(Proven::Batch, &correlation, &publish.payload, proof));
        let Some((feed, key)) = proven else {
            let rejection = Rejection::new(Code::Unauthorized, "this token is not this feed's");
            return Some(Outgoing { topic, correlation, payload: rejected(&rejection), proof: None });
        };
        let payload = match self.take(feed, properties.content_type.as_deref(), &publish.payload).await {
            Ok(ack) => ack,
            Err(rejection) => rejected(&rejection),
        };
        let proof = Some(key.prove(Proven::Answer, &correlation, &payload));
        Some(Outgoing { topic, correlation, payload, proof })
    }

    async fn take(&self, feed: &StoredFeed, content: Option<&str>, packed: &[u8]) -> Result<Vec<u8>, Rejection> {
        let json = match content {
            Some(CONTENT_TYPE) => unpack(packed)?,
            other => {
                let detail = format!("Content Type {other:?} is not understood; use {CONTENT_TYPE}");
                return Err(Rejection::new(Code::BadBatch, detail));
            }
        };
        let ack = intake::take(&self.store, feed, json).await?;
        Ok(payload(200, None, &ack))
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, Rejection> {
    zstd::bulk::decompress(packed, BATCH_LEN_MAX).map_err(|error| {
        let detail = format!("body is not readable, or more than {BATCH_LEN_MAX} bytes: {error}");
        Rejection::new(Code::BadBatch, detail)
    })
}

fn rejected(rejection: &Rejection) -> Vec<u8> {
    let retry_after = matches!(rejection.code, Code::Busy | Code::Limit).then_some(RETRY_AFTER);
    payload(rejection.code.status(), retry_after, rejection)
}

fn payload(status: u16, retry_after: Option<u32>, body: &impl serde::Serialize) -> Vec<u8> {
    let body = serde_json::to_string(body).and_then(RawValue::from_string).expect("an answer is JSON");
    serde_json::to_vec(&Answer { status, retry_after, body }).expect("an answer is JSON")
}

fn options(broker: &MqttConfig) -> anyhow::Result<MqttOptions> {
    let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
    options.set_keep_alive(KEEP_ALIVE);
    options.set_clean_start(true);
    options.set_manual_acks(true);
    options.set_receive_maximum(Some(INTAKES_MAX));
    options.set_max_packet_size(u32::try_from(PACKET_LEN_MAX).ok());
    // As many answers as batches, twice: a broker may be slow to acknowledge.
    options.set_outgoing_inflight_upper_limit(4 * INTAKES_MAX);
    if let Some((username, password)) = &broker.login {
        options.set_credentials(username, password.reveal());
    }
    if let Some(path) = &broker.ca {
        let ca = std::fs::read(path).with_context(|| format!("read certificate authority {}", path.display()))?;
        tls::install_provider();
        options.set_transport(Transport::Tls(TlsConfiguration::Simple { ca, alpn: None, client_auth: None }));
    }
    Ok(options)
}
