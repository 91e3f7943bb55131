//! The local API: status, metrics and on-hand over a socket that only the agent's user may use, and the metrics over
//! TCP where the configuration says so.

pub mod ledger;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use gateway_proto::name::DeviceName;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;

use self::ledger::LedgerDesk;
use super::floor::{FloorWay, unheard};
use crate::{
    device::Scan,
    floor::{Command, Look},
    movement::entry::{Origin, OriginKind},
    status::{Watcher, metrics},
};

/// Bytes of a request's body: a hundred thousand rows of master data.
const BODY_LEN_MAX: usize = 32 * 1024 * 1024;

/// Characters at either end of a refusal that are always shown: the longest sentences have three hundred.
const END_CHARS: usize = 400;

/// Binds the socket, mode 0600. One from before is removed: the ledger's lock says that nobody uses it.
///
/// # Errors
/// The system's.
pub fn bind(socket: &Path) -> io::Result<UnixListener> {
    // Only a socket is ours to remove: the path comes from a file that people write.
    if fs::symlink_metadata(socket).is_ok_and(|meta| meta.file_type().is_socket()) {
        fs::remove_file(socket)?;
    }
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Binds the address for Prometheus.
///
/// # Errors
/// The system's.
pub async fn bind_metrics(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves the socket until stopped: what the watcher sees, what people ask of the floor, and what floors above add.
///
/// # Errors
/// The system's.
pub async fn run(
    listener: UnixListener,
    watcher: Arc<Watcher>,
    floor: FloorWay,
    desk: LedgerDesk,
    further: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let seen = Router::new()
        .route("/status", get(status))
        .route("/metrics", get(prometheus))
        .route("/on-hand", get(on_hand))
        .with_state(watcher);
    axum::serve(listener, seen.merge(asked(floor)).merge(ledger::routes(desk)).merge(further))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// Serves the metrics over TCP until stopped.
///
/// # Errors
/// The system's.
pub async fn run_metrics(listener: TcpListener, watcher: Arc<Watcher>, stop: CancellationToken) -> io::Result<()> {
    let router = Router::new().route("/metrics", get(prometheus)).with_state(watcher);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// What goes to the floor.
fn asked(floor: FloorWay) -> Router {
    Router::new()
        .route("/v1/command", post(command))
        .route("/v1/look", post(look))
        .route("/v1/scan", post(scan))
        // A file of master data is the largest body.
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(floor)
}

/// Something that changes the site. The answer comes after its commit.
async fn command(State(floor): State<FloorWay>, body: axum::body::Bytes) -> axum::response::Response {
    match Command::read(&body) {
        Ok(command) => answer(floor.command(command).await),
        Err(error) => refused(StatusCode::BAD_REQUEST, &format!("no such command: {error}")),
    }
}

/// A question; it changes nothing.
async fn look(State(floor): State<FloorWay>, body: axum::body::Bytes) -> axum::response::Response {
    match serde_json::from_slice::<Look>(&body) {
        Ok(look) => answer(floor.look(look).await),
        Err(error) => refused(StatusCode::BAD_REQUEST, &format!("no such question: {error}")),
    }
}

/// A scan that a page makes at a station.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PageScan {
    station: DeviceName,
    code: String,
    /// The page's own id of the scan, by which its repetition is told.
    id: Option<String>,
}

async fn scan(State(floor): State<FloorWay>, body: axum::body::Bytes) -> axum::response::Response {
    let PageScan { station, code, id } = match serde_json::from_slice(&body) {
        Ok(scan) => scan,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("no such scan: {error}")),
    };
    let origin = id.map(|id| Origin::new(OriginKind::Id, &[b"page", station.as_str().as_bytes(), id.as_bytes()], true));
    let scan = Scan::from_frame(code.as_bytes());
    let mut heard = floor.scan(station, scan, origin).await.await.unwrap_or_else(|_| unheard());
    heard.text = cut(&heard.text).into_owned();
    Json(heard).into_response()
}

fn answer(came: Result<serde_json::Value, String>) -> axum::response::Response {
    match came {
        Ok(value) => Json(value).into_response(),
        Err(why) => refused(StatusCode::CONFLICT, &why),
    }
}

fn refused(status: StatusCode, why: &str) -> axum::response::Response {
    (status, Json(serde_json::json!({ "error": cut(why) }))).into_response()
}

/// A text that may repeat what it was about, which may be megabytes: of one that is too long, the beginning (what is
/// wrong) and the end (the way out).
fn cut(text: &str) -> Cow<'_, str> {
    let begins = text.char_indices().nth(END_CHARS);
    let ends = text.char_indices().rev().nth(END_CHARS - 1);
    match (begins, ends) {
        (Some((begins, _)), Some((ends, _))) if begins < ends => {
            Cow::Owned(format!("{} … {}", &text[..begins], &text[ends..]))
        }
        _ => Cow::Borrowed(text),
    }
}

async fn status(State(watcher): State<Arc<Watcher>>) -> impl IntoResponse {
    Json(watcher.status())
}

async fn prometheus(State(watcher): State<Arc<Watcher>>) -> impl IntoResponse {
    ([("content-type", "text/plain; version=0.0.4")], metrics::text(&watcher.status()))
}

async fn on_hand(State(watcher): State<Arc<Watcher>>) -> axum::response::Response {
    match watcher.recorder.on_hand().await {
        Ok(on_hand) => {
            let mut items: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
            for (item, place, units) in on_hand.iter() {
                items.entry(item.to_string()).or_default().insert(place.to_string(), units);
            }
            Json(items).into_response()
        }
        Err(refused) => (StatusCode::SERVICE_UNAVAILABLE, refused.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Bytes, to_bytes};

    use super::*;

    #[test]
    fn a_long_refusal_keeps_its_beginning_and_its_end() {
        let text = |between: usize| format!("no {}; call it otherwise", "ü".repeat(between));
        let long = cut(&text(1_000_000)).into_owned();
        assert!(long.starts_with("no üü") && long.ends_with("üü; call it otherwise"), "{long}");
        assert_eq!(long.chars().count(), 2 * END_CHARS + " … ".chars().count());
        for len in [0, END_CHARS, 2 * END_CHARS - text(0).len(), 2 * END_CHARS - text(0).len() + 1] {
            let text = text(len);
            let is_whole = text.chars().count() <= 2 * END_CHARS;
            assert_eq!(cut(&text) == text, is_whole, "{len}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_repeated_whole() {
        let long = "A".repeat(1_000_000);
        let body = |json: String| (State(FloorWay::new().0), Bytes::from(json));
        let (way, json) = body(format!(r#"{{"do":"{long}"}}"#));
        let unknown_command = command(way, json).await;
        let (way, json) = body(format!(r#"{{"do":"dismiss","notice":1,"{long}":2}}"#));
        let unknown_field = command(way, json).await;
        let (way, json) = body(format!(r#"{{"what":"{long}"}}"#));
        let unknown_question = look(way, json).await;
        let (way, json) = body(format!(r#"{{"station":"s","code":"c","{long}":1}}"#));
        let unknown_scan = scan(way, json).await;
        for response in [unknown_command, unknown_field, unknown_question, unknown_scan] {
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            let text = to_bytes(response.into_body(), 4_096).await.expect("a short answer");
            assert!(text.starts_with(br#"{"error":"no such "#), "{text:?}");
        }
    }
}
