//! One connection across the line: requests and replies if it is HTTP/1.1, else bytes both ways.
//!
//! Owns the order of an exchange and with it the two oldest faults that need one, the lost reply and the portal; the
//! others are [`play`](super::play)'s. An end that
//! closes is passed on at once, also in the middle of a long poll: a hub must notice that a site has gone.

use std::io;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, sink};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};

use super::Line;
use super::http::{Body, Head};
use super::play::play;

/// What stands between many a gateway and its hub until somebody clicks "accept".
const PORTAL: &str = "<!doctype html><title>Guest network</title><h1>Please log in</h1>\n";

/// The hub's side of a connection.
pub(super) struct Upstream {
    pub(super) from: BufReader<OwnedReadHalf>,
    pub(super) to: OwnedWriteHalf,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
    /// Never, as far as its ends can see.
    Silence,
}

/// What becomes of a connection after an exchange.
pub(super) enum Next {
    Request,
    Close,
    Reset,
    /// Open, and nothing comes any more.
    Silence,
    /// Both ends have left HTTP/1.1.
    Bytes,
}

/// Relays until either end closes.
///
/// # Errors
/// When an end breaks off in the middle of a message; the caller closes the other.
pub(super) async fn run(line: &Line, from_client: ReadHalf<'_>, mut to_client: WriteHalf<'_>) -> io::Result<End> {
    let mut from_client = BufReader::new(from_client);
    // MQTT and TLS begin with a low byte, every HTTP method with a capital.
    let is_http = match from_client.fill_buf().await?.first() {
        Some(first) => first.is_ascii_uppercase(),
        None => return Ok(End::Close),
    };
    let mut upstream = None;
    if is_http {
        loop {
            match exchange(line, &mut from_client, &mut to_client, &mut upstream).await? {
                Next::Request => {}
                Next::Close => return Ok(End::Close),
                Next::Reset => return Ok(End::Reset),
                Next::Silence => return Ok(End::Silence),
                Next::Bytes => break,
            }
        }
    }
    let Upstream { from, to } = Upstream::get(&mut upstream, line).await?;
    tokio::try_join!(carry(line, &mut from_client, to), carry(line, from, &mut to_client))?;
    Ok(End::Close)
}

/// One request and its reply.
async fn exchange(
    line: &Line,
    from_client: &mut BufReader<ReadHalf<'_>>,
    to_client: &mut WriteHalf<'_>,
    upstream: &mut Option<Upstream>,
) -> io::Result<Next> {
    let request = tokio::select! {
        request = Head::read(from_client) => request?,
        () = hub_gone(upstream) => return Ok(Next::Close),
    };
    let Some(request) = request else { return Ok(Next::Close) };
    if request.is_http2() {
        Upstream::get(upstream, line).await?.to.write_all(request.bytes()).await?;
        return Ok(Next::Bytes);
    }
    line.requests.fetch_add(1, Ordering::SeqCst);
    line.hold().await;
    if line.shows_portal() {
        // Read to the end first: closing on unread bytes would reset the connection and take the page with it.
        request.request_body().carry(line, from_client, &mut sink()).await?;
        let len = PORTAL.len();
        let page = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{PORTAL}"
        );
        to_client.write_all(page.as_bytes()).await?;
        to_client.shutdown().await?;
        line.portals.fetch_add(1, Ordering::SeqCst);
        return Ok(Next::Close);
    }
    if let Some(fault) = line.programme.take() {
        return play(line, fault, &request, from_client, to_client, upstream).await;
    }

    let Upstream { from, to } = Upstream::get(upstream, line).await?;
    to.write_all(request.bytes()).await?;
    request.request_body().carry(line, from_client, to).await?;
    tokio::select! {
        next = reply(line, from, to_client, request.is_head_request()) => next,
        () = gone(from_client) => Ok(Next::Close),
    }
}

/// Brings a reply back, or loses it.
async fn reply(
    line: &Line,
    from: &mut BufReader<OwnedReadHalf>,
    to_client: &mut WriteHalf<'_>,
    to_head_request: bool,
) -> io::Result<Next> {
    let head = loop {
        let Some(head) = Head::read(from).await? else { return Ok(Next::Close) };
        match head.status() {
            101 => {
                to_client.write_all(head.bytes()).await?;
                return Ok(Next::Bytes);
            }
            100..=199 => to_client.write_all(head.bytes()).await?,
            _ => break head,
        }
    };
    let body = head.response_body(to_head_request);
    if line.takes_reply() {
        body.carry(line, from, &mut sink()).await?;
        line.lost_replies.fetch_add(1, Ordering::SeqCst);
        return Ok(Next::Close);
    }
    line.hold().await;
    to_client.write_all(head.bytes()).await?;
    body.carry(line, from, to_client).await?;
    Ok(if body == Body::UntilClosed { Next::Close } else { Next::Request })
}

impl Upstream {
    /// The connection to the hub, made when it is first needed.
    pub(super) async fn get<'a>(upstream: &'a mut Option<Self>, line: &Line) -> io::Result<&'a mut Self> {
        if upstream.is_none() {
            line.open().await;
            let stream = TcpStream::connect(line.target).await?;
            stream.set_nodelay(true)?;
            let (from, to) = stream.into_split();
            *upstream = Some(Self { from: BufReader::new(from), to });
        }
        upstream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

/// Carries bytes of any protocol until the end closes, then closes the other one's half.
async fn carry(
    line: &Line,
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    loop {
        let piece = from.fill_buf().await?;
        if piece.is_empty() {
            line.open().await;
            return to.shutdown().await;
        }
        let len = piece.len().min(line.piece_len());
        line.hold().await;
        line.pass(len).await;
        to.write_all(&piece[..len]).await?;
        from.consume(len);
    }
}

/// Returns when the hub closes a connection nothing is asked on; never while there is none.
async fn hub_gone(upstream: &mut Option<Upstream>) {
    match upstream {
        Some(upstream) => gone(&mut upstream.from).await,
        None => std::future::pending().await,
    }
}

/// Returns when the end has closed. Bytes that come meanwhile stay in the buffer for whoever reads next.
async fn gone(from: &mut (impl AsyncBufRead + Unpin)) {
    if from.fill_buf().await.is_ok_and(|piece| !piece.is_empty()) {
        std::future::pending().await
    }
}
