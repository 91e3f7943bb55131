//! The line between site and hub, with faults to switch.
//!
//! Owns a TCP proxy on a port of 127.0.0.1. Faults of the line (down, black hole, delay) work on any traffic, MQTT and
//! TLS too. Faults of an exchange (a reply lost after the hub has committed, a captive portal in the hub's place) need
//! to see requests, so they work on plain HTTP/1.1 only. They are the ones worth having: a lost reply is the case in
//! which "sent but not acknowledged" and "not sent" look the same. Must not know the feed protocol.
//!
//! | | new connections | open connections |
//! |---|---|---|
//! | up | pass | pass |
//! | down | reset | reset |
//! | black hole | accepted, then silence | silence; what was sent arrives when the line is up again, as with TCP |

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

mod http;
mod relay;

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
    delay: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Up,
    Down,
    BlackHole,
}

impl Wan {
    /// A line to `target` that is up. The target need not listen yet.
    ///
    /// # Errors
    /// When this host has no port left.
    pub async fn to(target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("open the site's end of the line")?;
        let addr = listener.local_addr().context("open the site's end of the line")?;
        let line = Arc::new(Line {
            target,
            state: watch::Sender::new(State { mode: Mode::Up, cuts: 0, delay: Duration::ZERO }),
            replies_to_lose: AtomicU64::new(0),
            portals_to_show: AtomicU64::new(0),
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

    /// Everything passes. Replies still to lose and portals still to show stay ordered.
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
        connections.spawn(connection(client, Arc::clone(&line), state.cuts));
    }
}

/// One connection until either end closes it or the line is cut.
async fn connection(mut client: TcpStream, line: Arc<Line>, cuts: u64) {
    let mut state = line.state.subscribe();
    let is_cut = {
        let (from_client, to_client) = client.split();
        tokio::select! {
            // First in order: nothing is forwarded once the line is down.
            biased;
            _ = state.wait_for(|state| state.cuts != cuts) => true,
            // An end that breaks off is an end.
            _ = relay::run(&line, from_client, to_client) => false,
        }
    };
    if is_cut {
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
