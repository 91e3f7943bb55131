//! The way to one webhook: a signed request out, an answer back. Knows requests and answers, not when to send what.
//!
//! Headers by Standard Webhooks 1.0. Only 2xx is success; a redirect is never followed, since it would carry the alarm
//! to whoever asked for it.

use std::time::Duration;

use reqwest::{
    Client, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
};

use super::https::{self, HttpsError};
use crate::{
    address, cause,
    clock::Clock,
    config::WebhookConfig,
    receiver::{Answer, letter::Letter, secret::Secrets},
};

/// From the first byte sent to the last received, unless told otherwise: the standard's 15 to 30 s.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read, to show the beginning of it.
const ANSWER_LEN_MAX: usize = 2 * 1024;

/// A receiver of webhooks.
#[derive(Debug, Clone)]
pub struct Webhook {
    client: Client,
    url: Url,
    secrets: Option<Secrets>,
    clock: Clock,
}

/// Why there is no way to a webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("webhook address {0}")]
    Address(String),
    #[error(transparent)]
    Https(#[from] HttpsError),
}

impl Webhook {
    /// Prepares the way to a receiver. Connects when something is sent. `request_timeout`: [`REQUEST_TIMEOUT`] unless told
    /// otherwise.
    ///
    /// # Errors
    /// [`WebhookError`], all of them faults of the configuration.
    pub fn new(receiver: &WebhookConfig, request_timeout: Duration, clock: Clock) -> Result<Self, WebhookError> {
        let WebhookConfig { url, secrets, ca, .. } = receiver;
        if let Some(fault) = address::fault(url, "alarms") {
            return Err(WebhookError::Address(fault));
        }
        let connect_timeout = CONNECT_TIMEOUT.min(request_timeout);
        let client = https::client(url, ca.as_deref(), connect_timeout, request_timeout, &clock)?;
        Ok(Self { client, url: url.clone(), secrets: secrets.clone(), clock })
    }

    /// Sends a letter and says what came of it. Never an error: whatever happens is an answer or the lack of one.
    pub async fn send(&self, letter: Letter) -> Answer {
        let (wall, untrusted) = self.clock.wall();
        if self.secrets.is_some() && untrusted.is_some() {
            // A receiver takes a signature of the wrong time for a replay, and refuses it for good.
            return failed("this machine's clock is not set, so nothing can be signed; check its NTP server");
        }
        let timestamp = wall.millis() / 1_000;
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &letter.id)
            .header("webhook-timestamp", timestamp);
        if let Some(secrets) = &self.secrets {
            request = request.header("webhook-signature", secrets.sign(&letter.id, timestamp, letter.body.as_bytes()));
        }
        match request.body(letter.body).send().await {
            Ok(response) => answered(response).await,
            Err(error) if error.is_timeout() && !error.is_connect() => failed("no answer in time"),
            // What stands before the root names the address, which may hold a key.
            Err(error) => failed(cause::root(&error)),
        }
    }
}

async fn answered(mut response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    if (200..300).contains(&status) {
        return Answer::Taken;
    }
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    // What breaks off here has said enough: the status is known.
    while body.len() < ANSWER_LEN_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend(chunk.iter().take(ANSWER_LEN_MAX - body.len()));
    }
    read(status, retry_after.as_deref(), &body)
}

/// Reads an answer: status, the `Retry-After` header, and the beginning of the body.
#[must_use]
pub fn read(status: u16, retry_after: Option<&str>, body: &[u8]) -> Answer {
    let (why, retry_after) = (https::described(status, body), https::retry_after(retry_after));
    match status {
        200..300 => Answer::Taken,
        300..400 => Answer::Failed {
            why: format!("HTTP {status} leads elsewhere, where no alarm is sent; write the address that it leads to"),
            retry_after,
        },
        410 => Answer::Gone,
        408 | 429 => Answer::Failed { why, retry_after },
        400..500 => Answer::Refused { why },
        _ => Answer::Failed { why, retry_after },
    }
}

fn failed(why: impl Into<String>) -> Answer {
    Answer::Failed { why: why.into(), retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_taken_and_only_410_ends_it() {
        let word = |status| match read(status, None, b"") {
            Answer::Taken => "taken",
            Answer::Refused { .. } => "refused",
            Answer::Failed { .. } => "failed",
            Answer::Gone => "gone",
        };
        for (statuses, expect) in [
            (&[200, 201, 202, 204][..], "taken"),
            (&[400, 401, 403, 404, 405, 413, 422], "refused"),
            (&[301, 302, 307, 308, 408, 429, 500, 502, 503, 504, 101, 999], "failed"),
            (&[410], "gone"),
        ] {
            for &status in statuses {
                assert_eq!(word(status), expect, "{status}");
            }
        }
    }

    #[test]
    fn an_address_in_the_clear_makes_no_webhook() {
        crate::tls::install_provider();
        let receiver = WebhookConfig {
            name: "erp".parse().unwrap(),
            url: "http://erp.example/".parse().unwrap(),
            secrets: None,
            ca: None,
            events: std::collections::BTreeSet::new(),
        };
        let error = Webhook::new(&receiver, REQUEST_TIMEOUT, Clock::start()).unwrap_err();
        assert!(error.to_string().contains("use https://"), "{error}");
    }
}
