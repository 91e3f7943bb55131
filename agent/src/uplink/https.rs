//! What the ways to hubs and to receivers of alarms have in common: a client that follows nobody elsewhere, and how much
//! of what comes back a person is shown. Knows nothing of what is sent.

use std::{path::Path, time::Duration};

use reqwest::{Client, Url, redirect::Policy};

use super::names::Names;
use crate::{
    clock::Clock,
    tls::{self, TlsError},
};

/// How much of a strange answer is shown to a person.
const SHOWN_CHARS: usize = 80;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("prepare HTTPS")]
    Client(#[source] reqwest::Error),
}

/// A client for one address, which the configuration's rule lets pass. `ca`: PEM of the authority to believe in place of
/// the system's; `clock`: what certificates are judged by.
///
/// # Errors
/// [`HttpsError`], all of them faults of the configuration.
pub(super) fn client(
    url: &Url,
    ca: Option<&Path>,
    connect_timeout: Duration,
    request_timeout: Duration,
    clock: &Clock,
) -> Result<Client, HttpsError> {
    let mut client = Client::builder()
        .user_agent(concat!("binwire-agent/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .timeout(request_timeout)
        // The system knows whole seconds from one on.
        .tcp_keepalive((request_timeout / 2).max(Duration::from_secs(1)))
        // Half of it, so that a dead name server is told from a dead hub.
        .dns_resolver(Names::new(connect_timeout / 2))
        // A redirect would carry what is sent, and the token, to whoever asked for it.
        .redirect(Policy::none())
        // When its certificate ends is told before it does.
        .tls_info(true)
        .https_only(url.scheme() == "https");
    if url.scheme() == "http" {
        // This machine only, by the rule: no proxy stands between.
        client = client.no_proxy();
    } else {
        client = client.tls_backend_preconfigured(tls::client(ca, clock)?);
    }
    client.build().map_err(HttpsError::Client)
}

/// What a `Retry-After` header asks for. Seconds only: dates need a clock that may be wrong here, and without a number
/// the own backoff holds.
pub(super) fn retry_after(value: Option<&str>) -> Option<Duration> {
    value.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs)
}

/// `HTTP 503 not now`
pub(super) fn described(status: u16, body: &[u8]) -> String {
    let shown: String = String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect();
    format!("HTTP {status} {shown}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds() {
        for (value, expect) in [(Some(" 30"), Some(30)), (Some("Wed, 21 Oct 2026 07:28:00 GMT"), None), (None, None)] {
            assert_eq!(retry_after(value), expect.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn of_an_answer_its_beginning_is_shown_on_one_line() {
        assert_eq!(described(503, b"not\r\n now"), "HTTP 503 not now");
        assert_eq!(described(500, b""), "HTTP 500");
        assert_eq!(described(500, &[b'a'; 5_000]).len(), "HTTP 500 ".len() + SHOWN_CHARS);
    }
}
