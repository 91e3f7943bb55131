//! The accept loop: sockets in, HTTP connections out. Knows TLS and time-outs, not what is asked.
//!
//! A peer that is slow, silent or gone must not hold a connection for ever, no number of peers may take all memory, and no
//! peer all connections: there is a bound on connections, on those of one address, on the handshake, on the head of a
//! request and on silence in HTTP/2. Bodies have their own bound where they are read. Every request carries the connection
//! it came over ([`Peer`]).

mod open;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

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
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt as _, service_fn};

use self::open::{Open, Slot};

/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How often a silent HTTP/2 connection is asked whether anybody is there, and how long it has to answer.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_MAX: Duration = Duration::from_secs(20);

/// Pause after the system refused a connection, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What peers may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once. One too many is closed, so that its peer knows.
    pub connections: usize,
    /// Of one address.
    pub of_one_address: usize,
    /// How long the head of a request may take, and how long an HTTP/1.1 connection may idle between two.
    pub head: Duration,
    /// Bytes of a request's head.
    pub head_len: u32,
    /// Requests at once in one HTTP/2 connection.
    pub streams: u32,
    /// How long requests may take to finish at the end.
    pub grace: Duration,
}

/// What each next connection is spoken with: a certificate may be renewed meanwhile.
pub type Acceptor = Arc<dyn Fn() -> TlsAcceptor + Send + Sync>;

/// How a listener is spoken with.
#[derive(Clone)]
pub enum Speech {
    /// HTTP/2 or HTTP/1.1 over TLS, as agreed in its handshake.
    Tls(Acceptor),
    /// HTTP/1.1 in the clear.
    Http1,
    /// Either in the clear, as the peer begins: for what stands in front and takes TLS off. A peer that never says which is not
    /// bounded, so this is for the machine's own.
    Either,
}

/// Over which connection a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub from: SocketAddr,
    /// Our end of it.
    pub local: SocketAddr,
}

/// A bound socket, and how it is spoken on.
pub struct Listener {
    tcp: TcpListener,
    speech: Speech,
    limits: Limits,
    open: Open,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("tcp", &self.tcp).field("open", &self.open).finish_non_exhaustive()
    }
}

impl Listener {
    /// Binds a socket.
    ///
    /// # Errors
    /// The system's.
    pub async fn bind(address: SocketAddr, speech: Speech, limits: Limits) -> io::Result<Self> {
        let open = Open::new(limits.connections, limits.of_one_address);
        Ok(Self { tcp: TcpListener::bind(address).await?, speech, limits, open })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves until `stop`, then lets requests finish for at most [`Limits::grace`]. Dropping it drops every connection.
    pub async fn run(self, router: Router, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut is_accepting = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        tracing::error!(%error, "request panicked");
                    }
                }
                accepted = self.tcp.accept() => match accepted {
                    Ok((stream, from)) => {
                        is_accepting = true;
                        if let Some(slot) = self.open.enter(from.ip().to_canonical()) {
                            let (speech, router) = (self.speech.clone(), router.clone());
                            let connection = Connection { from, limits: self.limits, watcher: graceful.watcher(), _slot: slot };
                            connections.spawn(connection.hold(stream, speech, router));
                        }
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
        let grace = self.limits.grace;
        drop(self);
        if timeout(grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections cut off; their requests did not finish in time");
        }
        connections.shutdown().await;
    }
}

struct Connection {
    from: SocketAddr,
    limits: Limits,
    watcher: Watcher,
    _slot: Slot,
}

impl Connection {
    async fn hold(self, stream: TcpStream, speech: Speech, router: Router) {
        // Answers are small and wanted at once.
        let _best_effort = stream.set_nodelay(true);
        let Ok(local) = stream.local_addr() else { return };
        let peer = Peer { from: self.from, local };
        let builder = builder(self.limits);
        let tls = match speech {
            Speech::Tls(tls) => tls,
            Speech::Http1 => return self.serve(stream, builder.http1_only(), peer, router).await,
            Speech::Either => return self.serve(stream, builder, peer, router).await,
        };
        match timeout(HANDSHAKE_MAX, tls().accept(stream)).await {
            Ok(Ok(stream)) => {
                let builder = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => builder.http2_only(),
                    _ => builder.http1_only(),
                };
                self.serve(stream, builder, peer, router).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "handshake failed"),
            Err(_) => tracing::debug!("handshake timed out"),
        }
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        builder: Builder<TokioExecutor>,
        peer: Peer,
        router: Router,
    ) {
        let answer = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            let router = router.clone();
            async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        });
        let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(answer)).into_owned();
        if let Err(error) = self.watcher.watch(served).await {
            tracing::debug!(%error, "connection ended");
        }
    }
}

fn builder(Limits { head, head_len, streams, .. }: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(head_len as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_MAX)
        .max_concurrent_streams(streams)
        .max_header_list_size(head_len);
    builder
}
