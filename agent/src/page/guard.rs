//! What is answered at all, decided before anything is dispatched.
//!
//! Three layers, each of which alone would do against its attack: a request is for us only under a name of ours
//! (`Host`, else 421: a page of somebody else's whose name was bound to our address gets nothing); what changes something comes
//! from a page of ours (`Origin`, and `Sec-Fetch-Site` where the browser sends it); and the session's cookie is `SameSite=Strict`
//! (see [`door`](super::door)). Beside that the headers with which browsers let nothing foreign in, and bounds on requests.
//!
//! [`judge`] is pure, over the few things of a request that matter. Sources: Fetch Metadata (W3C), RFC 9110 §7.2 and
//! §15.5.20, RFC 6454.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use listener::Peer;
use tokio::{sync::Semaphore, time::timeout};

use crate::config::{HostName, Kiosk, PageConfig, PageTls};

/// Requests worked on at once: what a gateway with one core answers within a second.
const REQUESTS_MAX: usize = 32;

/// How long an answer may take to begin. A commit on a slow card takes seconds; more is a fault.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// What a listener lets through.
#[derive(Debug)]
pub(crate) struct Guard {
    hosts: Vec<HostName>,
    scheme: &'static str,
    kiosk: Kiosk,
    requests: Semaphore,
}

/// What of a request matters to the guard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) changes: bool,
    /// Every `Host`, or the authority of HTTP/2.
    pub(crate) hosts: Vec<&'a str>,
    pub(crate) origins: Vec<&'a str>,
    pub(crate) fetch_site: Option<&'a str>,
    pub(crate) fetch_mode: Option<&'a str>,
    pub(crate) fetch_dest: Option<&'a str>,
    /// From an address that may only look.
    pub(crate) from_kiosk: bool,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is for somebody else, by its `Host`.
    NotUs,
    /// No page of ours sent it.
    Foreign,
    /// A display may only look.
    OnlyLooking,
}

impl Guard {
    pub(crate) fn new(config: &PageConfig) -> Self {
        Self {
            hosts: config.hosts.clone(),
            scheme: if config.tls == PageTls::Plain { "http" } else { "https" },
            kiosk: config.kiosk.clone(),
            requests: Semaphore::new(REQUESTS_MAX),
        }
    }

    /// Whether a request over a connection to `local` may be dispatched.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) fn judge(&self, local: SocketAddr, asked: &Asked<'_>) -> Result<(), Refusal> {
        let host = match asked.hosts[..] {
            [host] => host.parse::<HostName>().map_err(|_| Refusal::NotUs)?,
            _ => return Err(Refusal::NotUs),
        };
        if !self.is_ours(local, &host) {
            return Err(Refusal::NotUs);
        }
        if asked.changes {
            let origin = match asked.origins[..] {
                [origin] => origin.strip_prefix(self.scheme).and_then(|rest| rest.strip_prefix("://")),
                _ => None,
            };
            let origin = origin.and_then(|origin| origin.parse::<HostName>().ok()).ok_or(Refusal::Foreign)?;
            if self.with_port(origin) != self.with_port(host)
                || asked.fetch_site.is_some_and(|site| site != "same-origin")
            {
                return Err(Refusal::Foreign);
            }
            if asked.from_kiosk {
                return Err(Refusal::OnlyLooking);
            }
            return Ok(());
        }
        // A link from elsewhere may lead here; nothing of ours may be built into a page of theirs.
        let is_link = asked.fetch_mode == Some("navigate") && matches!(asked.fetch_dest, None | Some("document"));
        match asked.fetch_site {
            Some("cross-site" | "same-site" | "?") if !is_link => Err(Refusal::Foreign),
            _ => Ok(()),
        }
    }

    /// Names of the file, and the address that this connection came to.
    fn is_ours(&self, local: SocketAddr, host: &HostName) -> bool {
        let here = HostName::from(local);
        let asked = self.with_port(host.clone());
        let is_loopback_name = local.ip().to_canonical().is_loopback() && host.host == "localhost";
        let is_this_address = asked.host == here.host || is_loopback_name;
        if is_this_address && asked.port == here.port {
            return true;
        }
        // A name without a port is ours on the port we listen on, and on the scheme's own: something in front forwards it.
        self.hosts.iter().any(|known| {
            known.host == asked.host
                && match known.port {
                    Some(port) => asked.port == Some(port),
                    None => asked.port == here.port || asked.port == Some(self.port()),
                }
        })
    }

    /// A host without a port means the scheme's own.
    fn with_port(&self, host: HostName) -> HostName {
        HostName { port: host.port.or(Some(self.port())), ..host }
    }

    fn port(&self) -> u16 {
        if self.scheme == "https" { 443 } else { 80 }
    }
}

/// Judges a request, has it answered within bounds, and adds what browsers are told with every answer.
pub(crate) async fn watch(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guarded(&guard, request, next).await {
        Ok(response) => response,
        Err(refused) => refused,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn guarded(guard: &Guard, request: Request, next: Next) -> Result<Response, Response> {
    // Every connection has it from the accept loop.
    let peer =
        request.extensions().get::<Peer>().copied().ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
    let asked = asked(&request, guard.kiosk.holds(peer.from.ip()));
    if let Err(refusal) = guard.judge(peer.local, &asked) {
        tracing::debug!(from = %peer.from, ?refusal, "request refused");
        return Err(refusal.into_response());
    }
    let Ok(_permit) = guard.requests.try_acquire() else {
        return Err((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response());
    };
    timeout(ANSWER_MAX, next.run(request)).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

fn asked(request: &Request, from_kiosk: bool) -> Asked<'_> {
    fn all(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
        // What is no text is no name of ours, and still counts as one.
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect()
    }
    let headers = request.headers();
    // Browsers send each once: twice is nothing that they say.
    let one = |name: &'static str| match all(headers, HeaderName::from_static(name))[..] {
        [] => None,
        [value] => Some(value),
        _ => Some("?"),
    };
    let mut hosts = all(headers, header::HOST);
    if let Some(authority) = request.uri().authority()
        && !hosts.contains(&authority.as_str())
    {
        hosts.push(authority.as_str());
    }
    Asked {
        changes: !matches!(*request.method(), Method::GET | Method::HEAD),
        hosts,
        origins: all(headers, header::ORIGIN),
        fetch_site: one("sec-fetch-site"),
        fetch_mode: one("sec-fetch-mode"),
        fetch_dest: one("sec-fetch-dest"),
        from_kiosk,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotUs => StatusCode::MISDIRECTED_REQUEST,
            Self::Foreign | Self::OnlyLooking => StatusCode::FORBIDDEN,
        }
        .into_response()
    }
}

/// Nothing from elsewhere, nothing inline, in no frame, and no address passed on. The camera is for reading labels.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; \
             worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=()"),
    ),
];

#[cfg(test)]
mod tests;
