//! How a fault of an exchange is played.
//!
//! Owns what both ends see while one lasts. Whatever is played, the proxy reads a request to its end before it answers
//! and closes: closing on unread bytes resets the connection and takes the answer along.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, ReadHalf, WriteHalf};
use tokio::time::sleep;

use super::Line;
use super::fault::Fault;
use super::http::{Body, Head};
use super::relay::{Next, Upstream};

/// Bytes of an endless reply at a time.
const ENDLESS_PIECE: usize = 16 * 1024;

/// Between two pieces of an endless reply: 160 kB a second.
const ENDLESS_PACE: Duration = Duration::from_millis(100);

/// A hub's reply, whole.
struct Reply {
    head: Head,
    body: Vec<u8>,
}

/// Plays a fault on a request whose head has been read.
pub(super) async fn play(
    line: &Line,
    fault: Fault,
    request: &Head,
    from: &mut BufReader<ReadHalf<'_>>,
    to: &mut WriteHalf<'_>,
    upstream: &mut Option<Upstream>,
) -> io::Result<Next> {
    line.played.fetch_add(1, Ordering::SeqCst);
    match fault {
        Fault::Answer(judge) => {
            let body = collect(line, request.request_body(), from).await?;
            match judge(&body) {
                Some(message) => say(to, &message).await,
                None => {
                    let reply = ask(line, request, &body, upstream).await?;
                    to.write_all(&reply.as_sent()).await?;
                    Ok(Next::Request)
                }
            }
        }
        Fault::ResetRequest => {
            half(line, request, from, upstream).await?;
            Ok(Next::Reset)
        }
        Fault::SwallowRequest => {
            half(line, request, from, upstream).await?;
            Ok(Next::Silence)
        }
        Fault::Double => {
            let body = collect(line, request.request_body(), from).await?;
            ask(line, request, &body, upstream).await?;
            let second = ask(line, request, &body, &mut None).await?;
            to.write_all(&second.as_sent()).await?;
            Ok(Next::Request)
        }
        Fault::Silence
        | Fault::Forge(_)
        | Fault::ResetReply(_)
        | Fault::CutReply(_)
        | Fault::Drip(_)
        | Fault::Endless
        | Fault::Late(_)
        | Fault::Close => {
            let body = collect(line, request.request_body(), from).await?;
            let reply = ask(line, request, &body, upstream).await?;
            bring(fault, &reply, to).await
        }
    }
}

/// Brings a reply back, one way or another.
async fn bring(fault: Fault, reply: &Reply, to: &mut WriteHalf<'_>) -> io::Result<Next> {
    let sent = reply.as_sent();
    match fault {
        Fault::Silence => Ok(Next::Silence),
        Fault::Forge(forge) => say(to, &forge(&reply.body)).await,
        Fault::ResetReply(len) => {
            to.write_all(&sent[..len.min(sent.len())]).await?;
            to.flush().await?;
            Ok(Next::Reset)
        }
        Fault::CutReply(len) => say(to, &sent[..len.min(sent.len())]).await,
        Fault::Drip(each) => {
            for byte in sent {
                to.write_all(&[byte]).await?;
                sleep(each).await;
            }
            Ok(Next::Request)
        }
        Fault::Endless => {
            to.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n").await?;
            let piece = vec![b' '; ENDLESS_PIECE];
            loop {
                to.write_all(&piece).await?;
                sleep(ENDLESS_PACE).await;
            }
        }
        Fault::Late(by) => {
            sleep(by).await;
            to.write_all(&sent).await?;
            Ok(Next::Request)
        }
        Fault::Answer(_) | Fault::ResetRequest | Fault::SwallowRequest | Fault::Double | Fault::Close => {
            say(to, &sent).await
        }
    }
}

/// Carries the head and half of the body: a hub that is asked so has nothing to commit.
async fn half(
    line: &Line,
    request: &Head,
    from: &mut BufReader<ReadHalf<'_>>,
    upstream: &mut Option<Upstream>,
) -> io::Result<()> {
    let to = &mut Upstream::get(upstream, line).await?.to;
    to.write_all(request.bytes()).await?;
    let Body::Length(len) = request.request_body() else { return Ok(()) };
    Body::Length(len / 2).carry(line, from, to).await
}

async fn ask(line: &Line, request: &Head, body: &[u8], upstream: &mut Option<Upstream>) -> io::Result<Reply> {
    let Upstream { from, to } = Upstream::get(upstream, line).await?;
    to.write_all(request.bytes()).await?;
    to.write_all(body).await?;
    Reply::read(line, from, request.is_head_request()).await
}

async fn collect(line: &Line, body: Body, from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    body.carry(line, from, &mut bytes).await?;
    Ok(bytes)
}

/// Says something and ends the connection.
async fn say(to: &mut WriteHalf<'_>, message: &[u8]) -> io::Result<Next> {
    to.write_all(message).await?;
    to.shutdown().await?;
    Ok(Next::Close)
}

impl Reply {
    async fn read(line: &Line, from: &mut BufReader<OwnedReadHalf>, to_head_request: bool) -> io::Result<Self> {
        loop {
            let head = Head::read(from).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if (100..200).contains(&head.status()) {
                continue;
            }
            let body = collect(line, head.response_body(to_head_request), from).await?;
            return Ok(Self { head, body });
        }
    }

    fn as_sent(&self) -> Vec<u8> {
        [self.head.bytes(), &self.body].concat()
    }
}
