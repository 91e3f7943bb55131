//! Batches over HTTPS: one `POST` out, its answer back. Knows requests and answers, not when to send what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_proto::{
    delivery::{Reply, TroubleKind},
    name::FeedName,
    time::WallTime,
};
use reqwest::{
    Client, Url,
    header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, RETRY_AFTER},
    tls::TlsInfo,
};

use super::{Sent, UplinkError, failure, https, reply, retry_after};
use crate::{
    clock::Clock,
    config::{FeedConfig, UplinkConfig},
    tls,
};

/// Records are short texts of ever the same fields: on them level 1 makes smaller bodies than 3 does (of 500 records
/// 16.4 bytes each, level 3 18.5); 9 saves a byte for ten times the time, 15 three for a hundred.
const ZSTD_LEVEL: i32 = 1;

/// Bytes of an answer that are read. A full batch of refusals has 100 kB; a captive portal's page may have any size.
const ANSWER_LEN_MAX: usize = 1024 * 1024;

/// The way to one feed's hub over HTTPS. Clones share it.
#[derive(Debug, Clone)]
pub struct HttpsBatches {
    way: Arc<Way>,
}

#[derive(Debug)]
struct Way {
    feed: FeedConfig,
    config: UplinkConfig,
    clock: Clock,
    batches: Url,
    /// Locked for a clone or an exchange only.
    fresh: Mutex<Fresh>,
    /// When the hub's certificate ends, as it was last seen.
    certificate_until: Mutex<Option<WallTime>>,
}

/// A client with its connections, and how many there were before it.
#[derive(Debug, Clone)]
struct Fresh {
    client: Client,
    nth: u64,
}

impl HttpsBatches {
    /// Prepares the way to a feed's hub. Connects when something is sent.
    ///
    /// # Errors
    /// [`UplinkError`], all of them faults of the configuration.
    pub fn new(feed: &FeedConfig, config: &UplinkConfig, clock: &Clock) -> Result<Self, UplinkError> {
        let client = client(feed, config, clock)?;
        let batches = batches(&feed.hub, &feed.name).ok_or_else(|| UplinkError::Address { hub: feed.hub.clone() })?;
        let fresh = Mutex::new(Fresh { client, nth: 0 });
        let (feed, config, clock) = (feed.clone(), config.clone(), clock.clone());
        let certificate_until = Mutex::default();
        Ok(Self { way: Arc::new(Way { feed, config, clock, batches, fresh, certificate_until }) })
    }

    /// Sends a batch and says what came of it. Never an error: whatever happens is an answer or the lack of one.
    pub async fn send(&self, json: &str) -> Sent {
        let body = match zstd::bulk::compress(json.as_bytes(), ZSTD_LEVEL) {
            Ok(body) => body,
            Err(error) => {
                let reply = nothing(TroubleKind::Refused, format!("compress batch: {error}"));
                return Sent { reply, up: 0, down: 0 };
            }
        };
        let up = body.len() as u64;
        let Fresh { client, nth } = self.way.fresh().clone();
        let request = client
            .post(self.way.batches.clone())
            .bearer_auth(self.way.feed.token.reveal())
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, "zstd")
            .body(body);
        let (reply, down) = match request.send().await {
            Ok(response) => {
                let seen = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
                if let Some(until) = seen.and_then(tls::ends) {
                    *self.way.certificate_until() = Some(until);
                }
                answered(response).await
            }
            Err(error) => (self.way.failed(&error), 0),
        };
        if matches!(reply, Reply::Nothing { kind: TroubleKind::TimedOut, .. }) {
            // The connection may be dead without knowing it. HTTP/2 would send the next request into it, and the
            // system takes a quarter of an hour to give it up.
            self.way.renew(nth);
        }
        Sent { reply, up, down }
    }

    /// Forgets every connection and begins anew, from the look-up of the name on.
    pub fn renew(&self) {
        let nth = self.way.fresh().nth;
        self.way.renew(nth);
    }

    /// When the hub's certificate ends, as it was last seen.
    #[must_use]
    pub fn certificate_until(&self) -> Option<WallTime> {
        *self.way.certificate_until()
    }

    /// How often the way was begun anew.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.way.fresh().nth
    }
}

impl Way {
    fn certificate_until(&self) -> MutexGuard<'_, Option<WallTime>> {
        self.certificate_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &reqwest::Error) -> Reply {
        let (kind, detail) = failure::read(error);
        // Whoever reads that a certificate has run out should know where the time comes from.
        let doubt = self.clock.doubt().filter(|_| kind == TroubleKind::CertificateTime);
        nothing(kind, doubt.map_or(detail.clone(), |doubt| format!("{detail}; {doubt}")))
    }

    /// Replaces the `nth` client, unless another has done so: of several requests that a dead connection takes along,
    /// the first one renews.
    fn renew(&self, nth: u64) {
        if self.fresh().nth != nth {
            return;
        }
        // Reads the authority's file, which may have been exchanged since. If it cannot be read now, what is there goes on.
        let Ok(client) = client(&self.feed, &self.config, &self.clock) else { return };
        let mut fresh = self.fresh();
        if fresh.nth == nth {
            *fresh = Fresh { client, nth: nth + 1 };
        }
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(feed: &FeedConfig, config: &UplinkConfig, clock: &Clock) -> Result<Client, https::HttpsError> {
    https::client(&feed.hub, feed.ca.as_deref(), config.connect_timeout, config.request_timeout, clock)
}

/// The answer, and the bytes of it that came.
async fn answered(mut response: reqwest::Response) -> (Reply, u64) {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = retry_after::read(header(RETRY_AFTER), header(DATE));
    let mut body = Vec::new();
    let reply = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_LEN_MAX => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                break nothing(TroubleKind::NotAHub, format!("HTTP {status} with more than {ANSWER_LEN_MAX} bytes"));
            }
            Ok(None) => break reply::read(status, retry_after, &body),
            Err(error) => break failed(&error),
        }
    };
    (reply, body.len() as u64)
}

fn failed(error: &reqwest::Error) -> Reply {
    let (kind, detail) = failure::read(error);
    nothing(kind, detail)
}

fn nothing(kind: TroubleKind, detail: String) -> Reply {
    Reply::Nothing { kind, detail, retry_after: None }
}

fn batches(hub: &Url, feed: &FeedName) -> Option<Url> {
    let mut url = hub.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(["v1", "feeds", feed.as_str(), "batches"]);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feed_stands_in_the_path_of_the_hub() {
        for (hub, expected) in [
            ("https://hub.example", "https://hub.example/v1/feeds/acme/batches"),
            ("https://hub.example/", "https://hub.example/v1/feeds/acme/batches"),
            ("https://hub.example/binwire/", "https://hub.example/binwire/v1/feeds/acme/batches"),
        ] {
            let url = batches(&hub.parse().unwrap(), &"acme".parse().unwrap()).unwrap();
            assert_eq!(url.as_str(), expected);
        }
    }
}
