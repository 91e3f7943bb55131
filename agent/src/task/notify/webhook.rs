//! The way to one webhook: a signed request out, an answer back. Knows requests and answers, not when to send what.
//!
//! Headers by Standard Webhooks 1.0. Only 2xx is success; a redirect is never followed, since it would carry the alarm
//! to whoever asked for it.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use reqwest::{
    Client, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};

use super::{letter::Letter, outbox::Answer, secret::Secrets};
use crate::{
    clock::Clock,
    tls::{self, AuthorityError},
};

/// From the first byte sent to the last received, unless told otherwise: the standard's 15 to 30 s.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a strange answer is shown to a person.
const SHOWN_CHARS: usize = 80;

/// Bytes of an answer that are read, to show the beginning of it.
const ANSWER_LEN_MAX: usize = 2 * 1024;

/// Where one webhook goes.
#[derive(Debug, Clone)]
pub struct Address {
    /// [`address_fault`] has nothing against it.
    pub url: Url,
    /// `None`: not signed.
    pub secrets: Option<Secrets>,
    /// PEM of the authority that signed the receiver's certificate. `None`: the system's authorities.
    pub ca: Option<PathBuf>,
    /// [`REQUEST_TIMEOUT`] unless told otherwise.
    pub timeout: Duration,
}

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
    Authority(#[from] AuthorityError),
    #[error("prepare HTTPS")]
    Client(#[source] reqwest::Error),
}

/// What speaks against an address, as a rule for the settings file: `https://`, or `http://` to this machine.
#[must_use]
pub fn address_fault(url: &Url) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "http" if !loopback => {
            return Some("would send alarms in the clear; use https:// (http:// only to 127.0.0.1)".to_owned());
        }
        "https" | "http" => {}
        other => return Some(format!("begins with {other}:; write https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("holds a login; leave it out, the receiver knows us by the signature".to_owned());
    }
    None
}

impl Webhook {
    /// Prepares the way to a receiver. Connects when something is sent.
    ///
    /// # Errors
    /// [`WebhookError`], all of them faults of the configuration.
    pub fn new(address: Address, clock: Clock) -> Result<Self, WebhookError> {
        let Address { url, secrets, ca, timeout } = address;
        if let Some(fault) = address_fault(&url) {
            return Err(WebhookError::Address(fault));
        }
        let mut client = Client::builder()
            .user_agent(concat!("binwire-agent/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .redirect(Policy::none())
            .https_only(url.scheme() == "https");
        if url.scheme() == "http" {
            // This machine only: no proxy stands between.
            client = client.no_proxy();
        }
        if let Some(path) = &ca {
            client = client.tls_certs_only(tls::authorities(path)?);
        }
        Ok(Self { client: client.build().map_err(WebhookError::Client)?, url, secrets, clock })
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
            Err(error) => failed(cause(&error)),
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
fn read(status: u16, retry_after: Option<&str>, body: &[u8]) -> Answer {
    let shown: String = String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect();
    let why = format!("HTTP {status} {shown}").trim_end().to_owned();
    // Seconds only. Dates need a clock that may be wrong here; without a number the own backoff holds.
    let retry_after = retry_after.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
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

/// The last cause. What stands before it names the address, which may hold a key.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() && !error.is_connect() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
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
    fn retry_after_is_seconds() {
        let wait = |value| match read(503, Some(value), b"") {
            Answer::Failed { retry_after, .. } => retry_after,
            _ => panic!(),
        };
        assert_eq!(wait(" 30"), Some(Duration::from_secs(30)));
        assert_eq!(wait("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }

    #[test]
    fn an_address_is_https_or_this_machine() {
        for (url, expect) in [
            ("https://erp.example/hooks?key=1", None),
            ("http://127.0.0.1:8080/", None),
            ("http://[::1]/", None),
            ("http://localhost/", None),
            ("http://erp.example/", Some("in the clear")),
            ("http://10.0.0.5/", Some("in the clear")),
            ("ftp://erp.example/", Some("begins with ftp:")),
            ("https://me:pw@erp.example/", Some("holds a login")),
        ] {
            let fault = address_fault(&url.parse().unwrap());
            assert_eq!(fault.is_some(), expect.is_some(), "{url}: {fault:?}");
            assert!(fault.unwrap_or_default().contains(expect.unwrap_or_default()), "{url}");
        }
    }
}
