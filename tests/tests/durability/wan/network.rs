//! A host whose names the test gives: a program started here asks our name server instead of the machine's.
//!
//! A thread gets a view of the file system of its own (Linux: a mount namespace) in which `/etc/resolv.conf` is another
//! file; what is started from it inherits that. Nothing outside sees any of it. Takes root, and port 53 of an address of
//! this host.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::atomic::{AtomicU8, Ordering},
    thread,
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};
use sim::wan::{Answers, NameServer};
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};

/// The name by which sites know their hub.
pub(super) const HUB: &str = "hub.test";

/// Hosts of this process so far; each has a name server of its own.
static HOSTS: AtomicU8 = AtomicU8::new(1);

/// A host with a name server of its own.
#[derive(Debug)]
pub(super) struct Network {
    folder: TempDir,
    pub(super) names: NameServer,
}

impl Network {
    /// A host on which every name is 127.0.0.1.
    ///
    /// # Errors
    /// Why that cannot be had here.
    pub(super) async fn make() -> Result<Self, String> {
        let [high, low] = u16::try_from(std::process::id() % 0xFFFF).unwrap().to_be_bytes();
        let server = Ipv4Addr::new(127, high | 0x80, low, HOSTS.fetch_add(1, Ordering::Relaxed));
        let names = NameServer::at((server, 53).into(), Answers::At(Ipv4Addr::LOCALHOST)).await;
        let names = names.map_err(|error| format!("no name server at {server}:53: {error}"))?;
        let folder = tempfile::tempdir().unwrap();
        let text = format!("nameserver {server}\noptions timeout:2 attempts:1\n");
        fs::write(folder.path().join("resolv.conf"), text).unwrap();
        let network = Self { folder, names };
        network.within(|| ())?;
        Ok(network)
    }

    /// Does something on this host: what it starts, stays there.
    ///
    /// # Errors
    /// Why that cannot be had here.
    pub(super) fn within<T: Send>(&self, doing: impl FnOnce() -> T + Send) -> Result<T, String> {
        let file = self.folder.path().join("resolv.conf");
        thread::scope(|scope| {
            let done = scope.spawn(|| enter(&file).map(|()| doing())).join().expect("a thread that did not panic");
            done.map_err(|error| format!("no file system of its own: {error}"))
        })
    }
}

fn enter(file: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS)?;
    let none: Option<&str> = None;
    // What is mounted here must not be seen outside.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    mount(Some(file), "/etc/resolv.conf", none, MsFlags::MS_BIND, none)
}

/// A port that neither takes a connection nor refuses it: the queue before it is full, so what comes is dropped.
#[derive(Debug)]
pub(super) struct Deaf {
    _listener: tokio::net::TcpListener,
    _queued: Vec<tokio::task::JoinHandle<std::io::Result<TcpStream>>>,
}

impl Deaf {
    pub(super) fn at(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(addr).unwrap();
        let listener = socket.listen(1).unwrap();
        // Linux queues one more than it is asked to, and answers one more handshake than it queues.
        let queued = (0..8).map(|_| tokio::spawn(TcpStream::connect(addr))).collect();
        Self { _listener: listener, _queued: queued }
    }
}
