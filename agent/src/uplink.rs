//! The ways to a hub: a batch out, an answer back. [`webhook`] is the same to a receiver of alarms. Knows what travels,
//! not when to send what.

pub mod batches;
mod failure;
pub mod https;
pub mod mqtt;
mod names;
pub mod reply;
mod retry_after;
pub mod watchdog;
pub mod webhook;

use gateway_proto::{delivery::Reply, name::SiteName, time::WallTime};
use reqwest::Url;

use self::{batches::HttpsBatches, https::HttpsError, mqtt::MqttBatches};
use crate::{
    clock::Clock,
    config::{FeedConfig, UplinkConfig, Via},
    tls::TlsError,
};

/// How one feed's batches reach its hub.
#[derive(Debug, Clone)]
pub enum Uplink {
    Https(HttpsBatches),
    Mqtt(MqttBatches),
}

/// What came of sending a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub reply: Reply,
    /// Bytes of the body up and of its answer down.
    pub up: u64,
    pub down: u64,
}

/// Why a feed has no uplink.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    #[error(transparent)]
    Https(#[from] HttpsError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("no random numbers to be had for a session's name")]
    Random,
    #[error("hub address {hub} cannot carry a path")]
    Address { hub: Url },
}

impl Uplink {
    /// Prepares the way to a feed's hub. Connects when something is sent.
    ///
    /// # Errors
    /// [`UplinkError`], all of them faults of the configuration.
    pub fn new(site: &SiteName, feed: &FeedConfig, config: &UplinkConfig, clock: &Clock) -> Result<Self, UplinkError> {
        match feed.via {
            Via::Https => HttpsBatches::new(feed, config, clock).map(Self::Https),
            Via::Mqtt => MqttBatches::new(site, feed, config, clock).map(Self::Mqtt),
        }
    }

    /// Sends a batch and says what came of it. Never an error: whatever happens is an answer or the lack of one.
    pub async fn send(&self, json: &str) -> Sent {
        match self {
            Self::Https(batches) => batches.send(json).await,
            Self::Mqtt(batches) => batches.send(json).await,
        }
    }

    /// When the hub's certificate ends, as it was last seen; `None` over MQTT, where it is the broker's.
    #[must_use]
    pub fn certificate_until(&self) -> Option<WallTime> {
        match self {
            Self::Https(batches) => batches.certificate_until(),
            Self::Mqtt(_) => None,
        }
    }

    /// Forgets every connection and begins anew: nothing has been settled for too long.
    pub fn renew(&self) {
        match self {
            Self::Https(batches) => batches.renew(),
            Self::Mqtt(batches) => batches.renew(),
        }
    }

    /// How often the way was begun anew, here and by itself after a silence.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        match self {
            Self::Https(batches) => batches.renewals(),
            Self::Mqtt(batches) => batches.renewals(),
        }
    }
}
