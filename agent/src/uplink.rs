//! The ways to a hub: a batch out, an answer back. [`webhook`] is the same to a receiver of alarms. Knows what travels,
//! not when to send what.

pub mod batches;
pub mod https;
pub mod reply;
pub mod webhook;

use gateway_proto::delivery::Reply;
use reqwest::Url;

use self::{batches::HttpsBatches, https::HttpsError};
use crate::config::{FeedConfig, UplinkConfig};

/// How one feed's batches reach its hub.
#[derive(Debug, Clone)]
pub enum Uplink {
    Https(HttpsBatches),
}

/// Why a feed has no uplink.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    #[error(transparent)]
    Https(#[from] HttpsError),
    #[error("hub address {hub} cannot carry a path")]
    Address { hub: Url },
}

impl Uplink {
    /// Prepares the way to a feed's hub. Connects when something is sent.
    ///
    /// # Errors
    /// [`UplinkError`], all of them faults of the configuration.
    pub fn new(feed: &FeedConfig, config: &UplinkConfig) -> Result<Self, UplinkError> {
        HttpsBatches::new(feed, config).map(Self::Https)
    }

    /// Sends a batch and says what came of it. Never an error: whatever happens is an answer or the lack of one.
    pub async fn send(&self, json: &str) -> Reply {
        match self {
            Self::Https(batches) => batches.send(json).await,
        }
    }
}
