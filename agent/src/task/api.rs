//! The local API: status, metrics and on-hand over a socket that only the agent's user may use, and the metrics over
//! TCP where the configuration says so.

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;

use crate::status::{Watcher, metrics};

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

/// Serves the socket until stopped.
///
/// # Errors
/// The system's.
pub async fn run(listener: UnixListener, watcher: Arc<Watcher>, stop: CancellationToken) -> io::Result<()> {
    let router = Router::new()
        .route("/status", get(status))
        .route("/metrics", get(prometheus))
        .route("/on-hand", get(on_hand))
        .with_state(watcher);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// Serves the metrics over TCP until stopped.
///
/// # Errors
/// The system's.
pub async fn run_metrics(listener: TcpListener, watcher: Arc<Watcher>, stop: CancellationToken) -> io::Result<()> {
    let router = Router::new().route("/metrics", get(prometheus)).with_state(watcher);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
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
