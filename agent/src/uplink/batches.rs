//! Batches over HTTPS: one `POST` out, its answer back. Knows requests and answers, not when to send what.

use gateway_proto::{
    delivery::{Reply, TroubleKind},
    name::FeedName,
};
use reqwest::{
    Client, Url,
    header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
};

use super::{UplinkError, https, reply};
use crate::{
    cause,
    config::{FeedConfig, Token, UplinkConfig},
};

/// zstd's default: 15 % better than level 1 on batches for the same time on a gateway's CPU.
const ZSTD_LEVEL: i32 = 3;

/// Bytes of an answer that are read. A full batch of refusals has 100 kB; a captive portal's page may have any size.
const ANSWER_LEN_MAX: usize = 1024 * 1024;

/// The way to one feed's hub over HTTPS.
#[derive(Debug, Clone)]
pub struct HttpsBatches {
    client: Client,
    batches: Url,
    token: Token,
}

impl HttpsBatches {
    /// Prepares the way to a feed's hub. Connects when something is sent.
    ///
    /// # Errors
    /// [`UplinkError`], all of them faults of the configuration.
    pub fn new(feed: &FeedConfig, config: &UplinkConfig) -> Result<Self, UplinkError> {
        Ok(Self {
            client: https::client(&feed.hub, feed.ca.as_deref(), config.connect_timeout, config.request_timeout)?,
            batches: batches(&feed.hub, &feed.name).ok_or_else(|| UplinkError::Address { hub: feed.hub.clone() })?,
            token: feed.token.clone(),
        })
    }

    /// Sends a batch and says what came of it. Never an error: whatever happens is an answer or the lack of one.
    pub async fn send(&self, json: &str) -> Reply {
        let body = match zstd::bulk::compress(json.as_bytes(), ZSTD_LEVEL) {
            Ok(body) => body,
            Err(error) => return nothing(TroubleKind::Refused, format!("compress batch: {error}")),
        };
        let request = self
            .client
            .post(self.batches.clone())
            .bearer_auth(self.token.reveal())
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, "zstd")
            .body(body);
        match request.send().await {
            Ok(response) => answered(response).await,
            Err(error) => failed(&error),
        }
    }
}

async fn answered(mut response: reqwest::Response) -> Reply {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_LEN_MAX => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                return nothing(TroubleKind::NotAHub, format!("HTTP {status} with more than {ANSWER_LEN_MAX} bytes"));
            }
            Ok(None) => return reply::read(status, retry_after.as_deref(), &body),
            Err(error) => return failed(&error),
        }
    }
}

fn failed(error: &reqwest::Error) -> Reply {
    let kind = if error.is_timeout() && !error.is_connect() { TroubleKind::TimedOut } else { TroubleKind::Unreachable };
    // The error's own text is "error sending request for url"; the root is what a person can act on.
    nothing(kind, cause::root(error))
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
