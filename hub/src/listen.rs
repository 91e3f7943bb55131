//! The accept loop: sockets in, HTTP connections out. Knows TLS and time-outs, not what is asked.
//!
//! A peer that is slow, silent or gone must not hold a connection for ever, and no number of peers may take all memory:
//! there is a bound on connections, on the handshake, on the head of a request and on silence in HTTP/2. Bodies have
//! their own bound where they are read.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Connections at once. A site keeps one, a browser a few.
const CONNECTIONS_MAX: usize = 1_024;

/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How long the head of a request may take, and how long an HTTP/1.1 connection may idle between two.
const HEAD_MAX: Duration = Duration::from_secs(60);

/// Bytes of a request's head: room for the cursor of a viewer of a thousand feeds.
const HEAD_LEN_MAX: u32 = 64 * 1024;

/// How often a silent HTTP/2 connection is asked whether anybody is there, and how long it has to answer.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_MAX: Duration = Duration::from_secs(20);

/// Requests at once in one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// Pause after the system refused a connection, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A bound socket, and how it is spoken on.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(address).await?, tls })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves until `shutdown`, then lets requests finish for at most `grace`. Dropping it drops every connection.
    pub(crate) async fn run(self, router: Router, shutdown: CancellationToken, grace: Duration) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut is_accepting = true;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        tracing::error!(%error, "request panicked");
                    }
                }
                accepted = accept(&self.tcp, &slots) => match accepted {
                    Ok((stream, slot)) => {
                        is_accepting = true;
                        let (tls, router, watcher) = (self.tls.clone(), router.clone(), graceful.watcher());
                        connections.spawn(connection(stream, tls, router, watcher, slot));
                    }
                    Err(error) => {
                        if std::mem::replace(&mut is_accepting, false) {
                            tracing::error!(%error, "connections cannot be accepted");
                        }
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
        drop(self);
        if timeout(grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections cut off; their requests did not finish in time");
        }
        connections.shutdown().await;
    }
}

/// The next connection, once there is room for it.
async fn accept(tcp: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = tcp.accept().await?;
    Ok((stream, slot))
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    watcher: Watcher,
    _slot: OwnedSemaphorePermit,
) {
    // Answers are small and wanted at once.
    let _best_effort = stream.set_nodelay(true);
    match tls {
        // Plain HTTP is on loopback only, so a peer that never says which version it speaks is one of ours.
        None => serve(stream, builder(), router, watcher).await,
        Some(tls) => match timeout(HANDSHAKE_MAX, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                let builder = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => builder().http2_only(),
                    _ => builder().http1_only(),
                };
                serve(stream, builder, router, watcher).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "handshake failed"),
            Err(_) => tracing::debug!("handshake timed out"),
        },
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    builder: Builder<TokioExecutor>,
    router: Router,
    watcher: Watcher,
) {
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).into_owned();
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%error, "connection ended");
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_LEN_MAX as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_MAX)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_LEN_MAX);
    builder
}
