//! The line between site and hub, with faults to switch.
//!
//! Owns a TCP proxy on a port of 127.0.0.1. Faults of the line (down, black hole, delay) work on any traffic, MQTT and
//! TLS too. Faults of an exchange (a reply lost after the hub has committed, a captive portal in the hub's place; all of
//! them in [`Fault`]) need to see requests, so they work on plain HTTP/1.1 only. They are the ones worth having: a lost
//! reply is the case in which "sent but not acknowledged" and "not sent" look the same. Must not know the feed protocol.
//!
//! | | new connections | open connections |
//! |---|---|---|
//! | up | pass | pass |
//! | down | reset | reset |
//! | black hole | accepted, then silence | silence; what was sent arrives when the line is up again, as with TCP |
//! | noise | accepted, then bytes that no protocol begins with, then the end | pass |
//! | forgotten | pass | silence for good, without an end: a middlebox no longer knows them |

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncWriteExt as _, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

mod fault;
mod http;
mod name_server;
mod play;
mod relay;

pub use fault::Fault;
pub use name_server::{Answers, NameServer};

use crate::random::Random;
use fault::Programme;
use relay::End;

/// How long a lost packet holds up what is behind it: the least time after which TCP sends again (RFC 6298 has a second,
/// Linux a fifth of one).
const SENT_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Bytes of a packet.
const PACKET_LEN: usize = 1_400;

/// What stands where a TLS hub is expected: no record type of TLS, no HTTP.
const NOISE: &[u8] = b"\xFF\xFDSSH-2.0-not-what-you-are-looking-for\r\n";

/// A proxy to one target. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Wan {
    addr: SocketAddr,
    line: Arc<Line>,
    accepting: JoinHandle<()>,
}

/// What the connections share.
#[derive(Debug)]
struct Line {
    target: SocketAddr,
    state: watch::Sender<State>,
    replies_to_lose: AtomicU64,
    portals_to_show: AtomicU64,
    programme: Programme,
    played: AtomicU64,
    chance: Mutex<Random>,
    connections: AtomicU64,
    refused: AtomicU64,
    requests: AtomicU64,
    lost_replies: AtomicU64,
    portals: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct State {
    mode: Mode,
    /// Counts the calls of [`Wan::down`]: a connection older than the last one is cut, even if it missed the moment.
    cuts: u64,
    /// Counts the calls of [`Wan::forget`], in the same way.
    forgotten: u64,
    delay: Duration,
    /// Bytes a second in each direction of each connection; 0 for no limit.
    rate: u32,
    /// Packets of a hundred that are lost on the way.
    loss_percent: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Up,
    Down,
    BlackHole,
    Noise,
}

impl Wan {
    /// A line to `target` that is up. The target need not listen yet.
    ///
    /// # Errors
    /// When this host has no port left.
    pub async fn to(target: SocketAddr) -> anyhow::Result<Self> {
        Self::at((IpAddr::V4(Ipv4Addr::LOCALHOST), 0).into(), target).await
    }

    /// A line to `target` that is up, with the site's end at an address of this host: hubs move from one address to
    /// another and keep their port.
    ///
    /// # Errors
    /// When the address is not to be had.
    pub async fn at(site_end: SocketAddr, target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(site_end).await.context("open the site's end of the line")?;
        let addr = listener.local_addr().context("open the site's end of the line")?;
        let line = Arc::new(Line {
            target,
            state: watch::Sender::new(State {
                mode: Mode::Up,
                cuts: 0,
                forgotten: 0,
                delay: Duration::ZERO,
                rate: 0,
                loss_percent: 0,
            }),
            replies_to_lose: AtomicU64::new(0),
            portals_to_show: AtomicU64::new(0),
            programme: Programme::default(),
            played: AtomicU64::new(0),
            chance: Mutex::new(Random::seeded(1)),
            connections: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            lost_replies: AtomicU64::new(0),
            portals: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&line)));
        Ok(Self { addr, line, accepting })
    }

    /// The site's end: where the site believes the hub to be.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Everything passes, but for forgotten connections. Replies still to lose, portals still to show and faults still to
    /// play stay ordered.
    pub fn up(&self) {
        self.line.state.send_modify(|state| state.mode = Mode::Up);
    }

    /// Resets open connections and refuses new ones.
    pub fn down(&self) {
        self.line.state.send_modify(|state| {
            state.mode = Mode::Down;
            state.cuts += 1;
        });
    }

    /// Accepts connections and bytes, and forwards nothing in either direction.
    pub fn black_hole(&self) {
        self.line.state.send_modify(|state| state.mode = Mode::BlackHole);
    }

    /// Accepts connections, says something that neither TLS nor HTTP begins with, and ends them.
    pub fn noise(&self) {
        self.line.state.send_modify(|state| state.mode = Mode::Noise);
    }

    /// The connections there are carry nothing any more and do not end; new ones are as the line is.
    pub fn forget(&self) {
        self.line.state.send_modify(|state| state.forgotten += 1);
    }

    /// Lets so many bytes a second through in each direction of each connection; 0 for any number.
    pub fn rate(&self, bytes_per_second: u32) {
        self.line.state.send_modify(|state| state.rate = bytes_per_second);
    }

    /// Loses so many packets of a hundred: what is behind one waits until it is sent again, as with TCP.
    pub fn lose_packets(&self, percent: u8) {
        self.line.state.send_modify(|state| state.loss_percent = percent.min(100));
    }

    /// Plays a fault on the next `n` exchanges of HTTP/1.1, in place of what was being played.
    pub fn play(&self, fault: Fault, n: u64) {
        self.line.programme.set(Some((fault, n)));
    }

    /// Plays nothing any more. What has begun goes on.
    pub fn end_play(&self) {
        self.line.programme.set(None);
    }

    /// Faults of exchanges played so far.
    #[must_use]
    pub fn played(&self) -> u64 {
        self.line.played.load(Ordering::SeqCst)
    }

    /// Holds the first byte of each HTTP message, and each piece of other traffic, for this long in each direction;
    /// a round trip takes twice as much. Other traffic gets slower by it, not only later.
    pub fn delay(&self, each_way: Duration) {
        self.line.state.send_modify(|state| state.delay = each_way);
    }

    /// For the next `n` requests: the hub gets it and answers in full, then the connection ends without a reply.
    /// Not for a reply that never ends.
    pub fn lose_replies(&self, n: u64) {
        self.line.replies_to_lose.store(n, Ordering::SeqCst);
    }

    /// For the next `n` requests: the hub gets nothing, the site gets `200 OK` and a login page.
    pub fn portal(&self, n: u64) {
        self.line.portals_to_show.store(n, Ordering::SeqCst);
    }

    /// Connections accepted so far, without those refused.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.line.connections.load(Ordering::SeqCst)
    }

    /// Connections reset at once because the line was down.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.line.refused.load(Ordering::SeqCst)
    }

    /// HTTP requests the line has carried or swallowed.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.line.requests.load(Ordering::SeqCst)
    }

    /// Replies the hub gave in full and the site never got.
    #[must_use]
    pub fn lost_replies(&self) -> u64 {
        self.line.lost_replies.load(Ordering::SeqCst)
    }

    /// Login pages shown.
    #[must_use]
    pub fn portals(&self) -> u64 {
        self.line.portals.load(Ordering::SeqCst)
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts for ever; its connections end with it.
async fn accept(listener: TcpListener, line: Arc<Line>) {
    let mut connections = JoinSet::new();
    loop {
        let client = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => client,
                // A client that gave up while it queued, or no file descriptors left for a moment.
                Err(_) => continue,
            },
            Some(_) = connections.join_next() => continue,
        };
        let state = *line.state.borrow();
        if state.mode == Mode::Down {
            line.refused.fetch_add(1, Ordering::SeqCst);
            // Reset instead of a polite end: what a site sees of a hub that is not there.
            let _ = client.set_zero_linger();
            continue;
        }
        line.connections.fetch_add(1, Ordering::SeqCst);
        connections.spawn(connection(client, Arc::clone(&line), state));
    }
}

/// One connection until either end closes it, the line is cut, or a fault ends it.
async fn connection(mut client: TcpStream, line: Arc<Line>, begun: State) {
    if begun.mode == Mode::Noise {
        let _ = client.write_all(NOISE).await;
        let _ = client.shutdown().await;
        // To the end: closing on unread bytes would reset the connection and take the noise along.
        let _ = copy(&mut client, &mut sink()).await;
        return;
    }
    let (mut cut, mut forgotten) = (line.state.subscribe(), line.state.subscribe());
    let end = {
        let (from_client, to_client) = client.split();
        let running = async {
            // An end that breaks off is an end.
            let end = relay::run(&line, from_client, to_client).await.unwrap_or(End::Close);
            if end == End::Silence {
                std::future::pending::<()>().await;
            }
            end
        };
        // Keeps both sockets and never looks at them again.
        let running_until_forgotten = async {
            let mut running = std::pin::pin!(running);
            let has_been_forgotten = async {
                let _ = forgotten.wait_for(|state| state.forgotten != begun.forgotten).await;
            };
            tokio::select! {
                biased;
                () = has_been_forgotten => std::future::pending().await,
                end = &mut running => end,
            }
        };
        tokio::select! {
            // First in order: nothing is forwarded once the line is down.
            biased;
            _ = cut.wait_for(|state| state.cuts != begun.cuts) => End::Reset,
            end = running_until_forgotten => end,
        }
    };
    if end == End::Reset {
        let _ = client.set_zero_linger();
    }
}

impl Line {
    /// Returns when the line lets bytes through.
    async fn open(&self) {
        // The sender is `self`, so the wait cannot fail.
        let _ = self.state.subscribe().wait_for(|state| state.mode == Mode::Up).await;
    }

    /// Holds a message for the delay of one direction, then until the line is open.
    async fn hold(&self) {
        let delay = self.state.borrow().delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        self.open().await;
    }

    /// Lets a piece of so many bytes through when its time has come.
    async fn pass(&self, len: usize) {
        let State { rate, loss_percent, .. } = *self.state.borrow();
        if rate > 0 {
            sleep(Duration::from_secs_f64(len as f64 / f64::from(rate))).await;
        }
        if loss_percent > 0 {
            let lost = self.chance.lock().unwrap_or_else(PoisonError::into_inner).below(100) < u64::from(loss_percent);
            if lost {
                sleep(SENT_AGAIN_AFTER).await;
            }
        }
        self.open().await;
    }

    /// Bytes that pass at once: packets where their pace or loss counts.
    fn piece_len(&self) -> usize {
        let State { rate, loss_percent, .. } = *self.state.borrow();
        if rate > 0 || loss_percent > 0 { PACKET_LEN.min((rate as usize / 10).max(100)) } else { usize::MAX }
    }

    /// Whether the next reply is one to lose.
    fn takes_reply(&self) -> bool {
        take_one(&self.replies_to_lose)
    }

    /// Whether the next request meets the portal.
    fn shows_portal(&self) -> bool {
        take_one(&self.portals_to_show)
    }
}

fn take_one(count: &AtomicU64) -> bool {
    count.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests;
