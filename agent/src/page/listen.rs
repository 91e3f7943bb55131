//! The accept loop of the page: sockets in, HTTP connections out. Knows TLS and time-outs, not what is asked.
//!
//! A peer that is slow, silent or gone must not hold a connection for ever, and no peer may take them all: there is a bound
//! on connections, on those of one address, on the handshake, and on the head of a request. Bodies have their own bound
//! where they are read. Every request carries the connection it came over ([`Peer`]).

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming};
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
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt as _, service_fn};

use super::{guard::Peer, tls::PageCertificate};

/// Connections at once. A page keeps one over TLS, and up to six without.
const CONNECTIONS_MAX: usize = 128;

/// Of one address: several browsers behind one router.
const CONNECTIONS_OF_ONE_MAX: usize = 64;

/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How long the head of a request may take, and how long an HTTP/1.1 connection may idle between two.
const HEAD_MAX: Duration = Duration::from_secs(30);

/// Bytes of a request's head: cookies and addresses of ours are short.
const HEAD_LEN_MAX: u32 = 16 * 1024;

/// How often a silent HTTP/2 connection is asked whether anybody is there, and how long it has to answer.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_MAX: Duration = Duration::from_secs(20);

/// Requests at once in one HTTP/2 connection.
const STREAMS_MAX: u32 = 32;

/// Pause after the system refused a connection, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How long requests may take to finish when the agent stops; it has ten seconds for everything.
const GRACE: Duration = Duration::from_secs(3);

/// A bound socket, and how it is spoken on.
#[derive(Debug)]
pub(super) struct Listener {
    tcp: TcpListener,
    certificate: Option<Arc<PageCertificate>>,
    open: Open,
}

/// How many connections there are, by address.
#[derive(Debug, Clone, Default)]
struct Open(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them; it counts until it is dropped.
#[derive(Debug)]
struct Slot {
    open: Open,
    from: IpAddr,
}

impl Open {
    /// A place for a connection from this address, if there is one.
    fn enter(&self, from: IpAddr) -> Option<Slot> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let of_one = counts.entry(from).or_default();
        if all >= CONNECTIONS_MAX || *of_one >= CONNECTIONS_OF_ONE_MAX {
            return None;
        }
        *of_one += 1;
        Some(Slot { open: self.clone(), from })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_one) = counts.get_mut(&self.from) {
            *of_one -= 1;
            if *of_one == 0 {
                counts.remove(&self.from);
            }
        }
    }
}

impl Listener {
    pub(super) async fn bind(address: SocketAddr, certificate: Option<Arc<PageCertificate>>) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(address).await?, certificate, open: Open::default() })
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves until `stop`, then lets requests finish for [`GRACE`].
    pub(super) async fn run(self, router: Router, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut is_accepting = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        tracing::error!(%error, "request of the page panicked");
                    }
                }
                accepted = self.tcp.accept() => match accepted {
                    Ok((stream, from)) => {
                        is_accepting = true;
                        // One too many is closed at once, so that its browser knows.
                        if let Some(slot) = self.open.enter(from.ip().to_canonical()) {
                            let (certificate, router) = (self.certificate.clone(), router.clone());
                            connections.spawn(connection(stream, from, certificate, router, graceful.watcher(), slot));
                        }
                    }
                    Err(error) => {
                        if std::mem::replace(&mut is_accepting, false) {
                            tracing::error!(%error, "connections to the page cannot be accepted");
                        }
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
        drop(self);
        if timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections to the page cut off; their requests did not finish in time");
        }
        connections.shutdown().await;
    }
}

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    certificate: Option<Arc<PageCertificate>>,
    router: Router,
    watcher: Watcher,
    _slot: Slot,
) {
    // Answers are small and wanted at once.
    let _best_effort = stream.set_nodelay(true);
    let Ok(local) = stream.local_addr() else { return };
    let peer = Peer { from, local };
    match certificate {
        None => serve(stream, builder().http1_only(), peer, router, watcher).await,
        Some(certificate) => match timeout(HANDSHAKE_MAX, certificate.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => {
                let builder = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => builder().http2_only(),
                    _ => builder().http1_only(),
                };
                serve(stream, builder, peer, router, watcher).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "handshake with the page failed"),
            Err(_) => tracing::debug!("handshake with the page timed out"),
        },
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    builder: Builder<TokioExecutor>,
    peer: Peer,
    router: Router,
    watcher: Watcher,
) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(answer)).into_owned();
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%error, "connection to the page ended");
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
